//! What may be wrong with a question, and how to repair it.

use scproof_organization::SelectError;
use thiserror::Error;

use crate::request::RequestResource;

/// What is wrong with a question.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The account is not in the organization, or its name is not unique.
    #[error(transparent)]
    Account(#[from] SelectError),
    /// No account is named, neither as such nor by the principal's ARN.
    #[error("the question names no account")]
    NoAccount {
        /// The principal, if one was given.
        principal: Option<String>,
    },
    /// The action is no `prefix:Name`, or holds wildcards (ACT-1).
    #[error("`{text}` is not an action")]
    Action {
        /// The text given.
        text: String,
        /// Whether it would be a pattern in a policy.
        pattern: bool,
    },
    /// The resource is neither `*` nor an ARN of six components (RES-9).
    #[error("`{text}` is not a resource: an ARN has six parts, this has {parts}")]
    Resource {
        /// The text given.
        text: String,
        /// Its number of colon-separated parts.
        parts: usize,
    },
    /// The action cannot be about such a resource (CALL-2, CALL-5).
    #[error("`{text}` is no resource of `{action}`")]
    ForeignResource {
        /// The text given.
        text: String,
        /// The action.
        action: String,
        /// The types of resources that it has, by name, with the form of their ARNs.
        types: Vec<(String, String)>,
    },
    /// `*` is given for an action that is always checked against some resource (CALL-4, CALL-5).
    #[error("`{action}` is never checked against `*` alone")]
    NeedsResource {
        /// The action.
        action: String,
    },
    /// The principal is none that can make a request.
    #[error("`{text}` is not a principal that can make a request")]
    Principal {
        /// The text given.
        text: String,
    },
    /// The principal belongs to another account than the one asked about (EVAL-21).
    #[error("the principal belongs to account {principal_account}, the question is about account {account}")]
    PrincipalAccount {
        /// The account of the principal.
        principal_account: String,
        /// The account asked about.
        account: String,
    },
    /// The principal belongs to another partition than the organization (CALL-21).
    #[error("the principal belongs to the partition `{partition}`, the organization to `{expected}`")]
    PrincipalPartition {
        /// The partition of the principal.
        partition: String,
        /// That of the organization.
        expected: String,
    },
    /// The principal is given by its name alone, and the snapshot tells no partition, without which its ARN is not
    /// known.
    #[error("`{text}` is no whole ARN, and nothing in the snapshot tells the partition")]
    NoPartition {
        /// The text given.
        text: String,
    },
    /// A key that has one value is given several (CALL-20).
    #[error("the context key `{key}` has one value, {count} are given")]
    SeveralValues {
        /// The key as given.
        key: String,
        /// How many values are given.
        count: usize,
    },
    /// A context key is given twice.
    #[error("the context key `{key}` is given twice")]
    DuplicateKey {
        /// The key as given the second time.
        key: String,
    },
    /// A context key is no `prefix:name`.
    #[error("`{key}` is not a context key")]
    Key {
        /// The key as given.
        key: String,
    },
}

impl RequestError {
    /// How to repair the question.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Account(error) => match error {
                SelectError::Unknown { near, .. } if !near.is_empty() => {
                    let names: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
                    Some(format!("did you mean {}? `scproof tree` lists all accounts", names.join(" or ")))
                }
                SelectError::Unknown { .. }
                | SelectError::Ambiguous { .. }
                | SelectError::Nothing { .. }
                | SelectError::NothingBelow { .. }
                | SelectError::Pattern { .. }
                | _ => Some(
                    "give the 12-digit account id, or its name if only one account has it; `scproof tree` lists them"
                        .to_owned(),
                ),
            },
            Self::NoAccount { principal: None } => {
                Some("name the account, or give the caller's ARN as principal, which names it".to_owned())
            }
            Self::NoAccount { principal: Some(principal) } => {
                Some(format!("`{principal}` may be in any account: name the account, or give the whole ARN"))
            }
            Self::Action { pattern: true, .. } => Some(
                "a question is about one action, such as `s3:GetObject`; for patterns ask `scproof effective`"
                    .to_owned(),
            ),
            Self::Action { .. } => {
                Some("write the service prefix, a colon and the action name: `s3:GetObject`".to_owned())
            }
            Self::Resource { .. } => Some(
                "write a whole ARN, `arn:aws:s3:::bucket/key`, or `*` for an action that takes no resource".to_owned(),
            ),
            Self::ForeignResource { types, .. } if types.is_empty() => {
                Some("the action takes no resource; leave the resource out".to_owned())
            }
            Self::ForeignResource { types, .. } => {
                let types: Vec<String> = types.iter().map(|(name, pattern)| format!("{name} `{pattern}`")).collect();
                Some(format!(
                    "its resources are: {}; if AWS has more by now, ask beyond the catalog",
                    types.join(", ")
                ))
            }
            Self::NeedsResource { .. } => Some("leave the resource out to ask about any".to_owned()),
            Self::Principal { .. } => Some(
                "write a name such as `role/deploy`, `user/alice`, `assumed-role/deploy/session` or `root`, a whole ARN, the \
                 name of an AWS service, or `anonymous`"
                    .to_owned(),
            ),
            Self::PrincipalAccount { .. } => {
                Some("SCPs of the caller's account decide; ask about that account".to_owned())
            }
            Self::PrincipalPartition { .. } => {
                Some("an organization lies in one partition; write the ARN of one of its principals".to_owned())
            }
            Self::NoPartition { text } => {
                let service = if text.starts_with("assumed-role/") || text.starts_with("federated-user/") { "sts" } else { "iam" };
                Some(format!(
                    "write the whole ARN, such as `arn:aws:{service}::222222222222:{text}`, or give the organization its `Arn`"
                ))
            }
            Self::SeveralValues { .. } => Some("give one value; ask once for each of several".to_owned()),
            Self::DuplicateKey { .. } => Some("keys ignore case; give each once, several values as a list".to_owned()),
            Self::Key { .. } => Some("keys look like `aws:RequestedRegion` or `ec2:InstanceType`".to_owned()),
        }
    }
}

/// Checks ACT-1 and folds case.
pub(crate) fn parse_action(text: &str) -> Result<String, RequestError> {
    let fault = |pattern| RequestError::Action { text: text.to_owned(), pattern };
    let legal = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match text.split_once(':') {
        Some((prefix, name)) if legal(prefix) && legal(name) => Ok(text.to_ascii_lowercase()),
        _ => Err(fault(text.contains(['*', '?']))),
    }
}

pub(crate) fn check_resource(resource: &RequestResource) -> Result<(), RequestError> {
    match resource {
        RequestResource::Arn(text) => {
            let parts = text.split(':').count();
            if parts >= 6 && text.starts_with("arn:") {
                Ok(())
            } else {
                Err(RequestError::Resource { text: text.clone(), parts })
            }
        }
        RequestResource::Unknown | RequestResource::NotScoped => Ok(()),
    }
}
