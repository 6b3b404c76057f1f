//! Command lines that can be copied into a POSIX shell and pasted from any page.

use std::fmt::Write as _;

use scproof_catalog::single_endpoint_region;
use scproof_evaluator::{ContextValue, Request, RequestResource};

use crate::layout::is_unsafe;

/// A word as it can be typed into a shell.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The words of a command line that asks a question, each quoted; `program` has the words up to `can`.
///
/// A question that has no command line – a list of one value, a resource with keys of its own, a character that a
/// terminal would not show – is asked in the batch form.
pub(crate) fn can(program: &[String], request: &Request) -> Vec<String> {
    let mut words: Vec<String> = program.iter().map(|word| quoted(word)).collect();
    words.push("can".to_owned());
    if let Some(arguments) = arguments(request) {
        words.extend(arguments.iter().map(|(name, value)| match name {
            Some(name) => format!("{name} {}", quoted(value)),
            None => quoted(value),
        }));
        return words;
    }
    words.push("--requests -".to_owned());
    let question = ascii(&crate::json::answer::question(request));
    let mut pipe = vec![r"printf '%s\n'".to_owned(), format!("'{}'", question.replace('\'', r"'\''")), "|".to_owned()];
    pipe.append(&mut words);
    pipe
}

/// The arguments that give a question, if arguments can.
fn arguments(request: &Request) -> Option<Vec<(Option<&'static str>, String)>> {
    let mut arguments = vec![(None, request.account.clone()), (None, request.action.clone())];
    if let Some(principal) = &request.principal {
        arguments.push((Some("--principal"), principal.clone()));
    }
    for input in &request.resources {
        let text = match &input.resource {
            RequestResource::Unknown => return None,
            RequestResource::NotScoped => "*".to_owned(),
            RequestResource::Arn(arn) => arn.clone(),
        };
        if !input.context.is_empty() {
            return None;
        }
        arguments.push((Some("--resource"), text));
    }
    if let Some(region) = &request.region {
        arguments.push((Some("--region"), region.clone()));
    }
    // A service with one endpoint is called there whatever `--region` says; the context counts everywhere (CALL-11).
    let has_regions = single_endpoint_region(&request.action, "aws").is_none() && request.region.is_none();
    for (key, value) in request.context.iter() {
        if key.contains('=') {
            return None;
        }
        match value {
            ContextValue::Single(text) if key == "aws:RequestedRegion" && has_regions => {
                arguments.push((Some("--region"), text.clone()));
            }
            ContextValue::Single(text) => arguments.push((Some("--context"), format!("{key}={text}"))),
            ContextValue::Absent => arguments.push((Some("--absent"), key.to_owned())),
            ContextValue::List(texts) if texts.len() > 1 => {
                arguments.extend(texts.iter().map(|text| (Some("--context"), format!("{key}={text}"))));
            }
            ContextValue::List(_) => return None,
        }
    }
    let can_be_typed = |text: &str| !text.is_empty() && !text.starts_with('-') && !text.chars().any(is_unsafe);
    if !arguments.iter().all(|(_, text)| can_be_typed(text)) {
        return None;
    }
    let switches = [
        (request.resources_complete, "--only-these-resources"),
        (request.closed_context, "--closed-context"),
        (request.beyond_catalog, "--beyond-catalog"),
    ];
    arguments.extend(switches.into_iter().filter(|(on, _)| *on).map(|(_, name)| (None, name.to_owned())));
    Some(arguments)
}

/// JSON in ASCII: what a terminal or an editor may not show is escaped.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii_graphic() || character == ' ' {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // A text takes everything.
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use scproof_evaluator::Context;

    use super::*;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("aws:RequestedRegion=eu-west-1"), "aws:RequestedRegion=eu-west-1");
        assert_eq!(quoted("aws:PrincipalTag/team=a b"), "'aws:PrincipalTag/team=a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn a_question_as_a_command() {
        let context = Context::new()
            .with("aws:RequestedRegion", "eu-west-1")
            .with("aws:PrincipalTag/team", "it's $(rm) `x`")
            .with_list("aws:TagKeys", ["a", "b"])
            .without("aws:SourceVpce");
        let request =
            Request::new("shop", "s3:GetObject").with_resource(RequestResource::NotScoped).with_context(context);
        let program = ["scproof", "--org", "my org.json"].map(str::to_owned);
        assert_eq!(
            can(&program, &request).join(" "),
            r"scproof --org 'my org.json' can shop s3:GetObject --resource '*' --region eu-west-1 --context 'aws:PrincipalTag/team=it'\''s $(rm) `x`' --context aws:TagKeys=a --context aws:TagKeys=b --absent aws:SourceVpce"
        );
    }

    /// What is said of the Region reaches the question as it was meant: `--region` does not hold of a service with one
    /// endpoint.
    #[test]
    fn call_11_the_region_of_a_question() {
        let command = |request: &Request| can(&["scproof".to_owned()], request).join(" ");
        let region = |name: &str| Context::new().with("aws:RequestedRegion", name);
        let mut request = Request::new("shop", "sqs:SendMessage");
        request.region = Some("eu-west-1".to_owned());
        assert_eq!(command(&request), "scproof can shop sqs:SendMessage --region eu-west-1");
        request.context = region("eu-west-3");
        assert_eq!(
            command(&request),
            "scproof can shop sqs:SendMessage --region eu-west-1 --context aws:RequestedRegion=eu-west-3"
        );
        let request = Request::new("shop", "iam:CreateUser").with_context(region("eu-west-1"));
        assert_eq!(command(&request), "scproof can shop iam:CreateUser --context aws:RequestedRegion=eu-west-1");
    }

    #[test]
    fn what_has_no_arguments_is_asked_in_the_batch_form() {
        let program = ["scproof".to_owned()];
        let request =
            Request::new("shop", "s3:GetObject").with_context(Context::new().with_list("aws:TagKeys", ["it's"]));
        assert_eq!(
            can(&program, &request).join(" "),
            r#"printf '%s\n' '{"account":"shop","action":"s3:GetObject","context":{"aws:TagKeys":["it'\''s"]}}' | scproof can --requests -"#
        );
        let request = Request::new("shop", "s3:GetObject")
            .with_context(Context::new().with("aws:SourceIdentity", "a\u{1b}\u{202e}😀"));
        assert!(can(&program, &request).join(" ").contains(r"a\u001b\u202e\ud83d\ude00"));
    }
}
