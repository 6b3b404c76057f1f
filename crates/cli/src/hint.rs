//! What people who leave out an option probably meant: `can shop s3:GetObject eu-west-1` means `--region eu-west-1`.

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use scproof::snapshot::Target;

/// Adds what an argument too many was probably meant to be, if its look tells and the command has the option.
pub(crate) fn add_to(error: &mut clap::Error, command: &Command, args: &[std::ffi::OsString]) {
    if error.kind() == ErrorKind::InvalidValue {
        return shorten(error);
    }
    if error.kind() != ErrorKind::UnknownArgument {
        return;
    }
    let Some(ContextValue::String(found)) = error.get(ContextKind::InvalidArg) else { return };
    let Some(option) = option_for(found) else { return };
    let names: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    let is_called = |sub: &&Command| names.contains(&sub.get_name());
    let Some(called) = command.get_subcommands().find(is_called) else { return };
    let mut options = called.get_arguments().chain(command.get_arguments().filter(|arg| arg.is_global_set()));
    if options.any(|arg| arg.get_long() == Some(option)) {
        let hint = format!("did you mean `--{option} {found}`?");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
    }
}

/// Leaves a list of possible values out that would not fit a line: the help has them, and a near one is told.
fn shorten(error: &mut clap::Error) {
    let Some(ContextValue::Strings(values)) = error.get(ContextKind::ValidValue) else { return };
    if values.iter().map(|value| value.len() + 2).sum::<usize>() > 56 {
        error.remove(ContextKind::ValidValue);
    }
}

/// The option that has values of such a look.
fn option_for(argument: &str) -> Option<&'static str> {
    let principals = ["role/", "user/", "assumed-role/", "federated-user/"];
    if argument.starts_with('-') {
        None
    } else if is_region(argument) {
        Some("region")
    } else if principals.iter().any(|prefix| argument.starts_with(prefix)) || argument == "root" {
        Some("principal")
    } else if argument.starts_with("arn:") {
        let is_principal = argument.contains(":iam::") || argument.contains(":sts::");
        Some(if is_principal { "principal" } else { "resource" })
    } else if argument.rsplit_once('.').is_some_and(|(_, extension)| extension == "json") {
        Some("org")
    } else if argument.split_once('=').is_some_and(|(key, _)| key.contains(':')) {
        Some("context")
    } else if Target::parse(argument).is_ok() {
        Some("account")
    } else {
        None
    }
}

/// `eu-west-1`, `us-gov-east-1`: letters, letters, a number.
fn is_region(argument: &str) -> bool {
    let parts: Vec<&str> = argument.split('-').collect();
    match parts.as_slice() {
        [places @ .., number] if places.len() >= 2 => {
            let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
            places.iter().all(is_word)
                && places.first().is_some_and(|first| first.len() <= 4)
                && number.len() == 1
                && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::option_for;

    #[test]
    fn arguments_are_known_by_their_look() {
        for (argument, option) in [
            ("eu-west-1", Some("region")),
            ("us-gov-east-1", Some("region")),
            ("team-alpha", None),
            ("role/path/dev", Some("principal")),
            ("arn:aws:iam::222222222222:role/dev", Some("principal")),
            ("arn:aws:s3:::bucket/key", Some("resource")),
            ("aws:PrincipalTag/team=red", Some("context")),
            ("team=red", None),
            ("org.json", Some("org")),
            ("222222222222", Some("account")),
            ("--regoin", None),
            ("s3:GetObject", None),
        ] {
            assert_eq!(option_for(argument), option, "{argument}");
        }
    }
}
