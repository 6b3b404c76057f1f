//! What is known of a call or a caller: arguments that several commands share.

use clap::Args;
use scproof::ask::{Context, ContextValue, UnknownName, unknown_key};

use crate::args::Color;
use crate::error::CommandError;
use crate::ui;

/// Facts about the caller and the context of its calls.
#[derive(Debug, Args)]
pub(crate) struct FactArgs {
    /// Who calls: the ARN of a role, user, session or root, or a name in the account
    /// such as role/deploy, user/alice, assumed-role/deploy/session or root
    #[arg(long, short, value_name = "ARN")]
    pub(crate) principal: Option<String>,
    /// The region that is called; services with one endpoint are called there all the same
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// The value of a context key; repeat it for a list, `KEY=` is the empty text
    #[arg(long, short, value_name = "KEY=VALUE")]
    context: Vec<String>,
    /// The request does not carry this context key (can be repeated)
    #[arg(long, value_name = "KEY")]
    absent: Vec<String>,
    /// Ask as if the catalog lacked the action: about any resource, with any keys
    #[arg(long)]
    pub(crate) beyond_catalog: bool,
    /// All keys that are neither given nor derived are absent
    #[arg(long)]
    pub(crate) closed_context: bool,
}

impl FactArgs {
    /// The context that the arguments give. Warns of keys that look misspelt.
    pub(crate) fn context(&self, color: Color) -> Result<Context, CommandError> {
        let mut values: Vec<(&str, Vec<String>)> = Vec::new();
        for argument in &self.context {
            let Some((key, value)) = argument.split_once('=') else {
                return Err(CommandError::usage(format!("`{argument}` gives a context key no value")).help(format!(
                    "write `--context {argument}=VALUE`, or `--absent {argument}` if the request lacks it"
                )));
            };
            match values.iter_mut().find(|(other, _)| *other == key) {
                Some((_, list)) => list.push(value.to_owned()),
                None => values.push((key, vec![value.to_owned()])),
            }
        }
        let mut context = Context::new();
        for (key, mut list) in values {
            warn_of_unknown_name(unknown_key(key), color);
            let value = match list.len() {
                1 => ContextValue::Single(list.pop().unwrap_or_default()),
                _ => ContextValue::List(list),
            };
            context.insert(key, value);
        }
        for key in &self.absent {
            warn_of_unknown_name(unknown_key(key), color);
            context.insert(key.as_str(), ContextValue::Absent);
        }
        Ok(context)
    }
}

/// A misspelt name decides nothing, and nobody would notice.
pub(crate) fn warn_of_unknown_name(name: Option<UnknownName>, color: Color) {
    if let Some(name) = name {
        ui::warning(color, &name.to_string(), name.help().as_deref());
    }
}
