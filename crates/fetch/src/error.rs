//! Why a fetch stopped: what happened, at which call, and what to do about it.

use std::path::PathBuf;
use std::time::Duration;

use crate::operation::Operation;

/// What a call was about: a target, parent or policy; none for a call about the whole organization.
pub type Subject = Option<String>;

/// Why a fetch stopped.
///
/// The message says what happened; [`help`](Self::help) what to do. Nothing of it holds credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The profile, the region or the endpoint makes no sense.
    #[error("{message}")]
    Configuration {
        /// What is wrong.
        message: String,
    },
    /// No part of the credential chain gave any.
    #[error("there are no AWS credentials: {cause}")]
    NoCredentials {
        /// What the chain said last.
        cause: String,
    },
    /// The credentials were good once.
    #[error("the AWS credentials have expired")]
    ExpiredCredentials {
        /// What AWS, or the provider, said.
        message: String,
    },
    /// AWS does not know the credentials, or the signature made with them is wrong.
    #[error("AWS does not accept the credentials ({code}): {message}")]
    RejectedCredentials {
        /// AWS's name of the error.
        code: String,
        /// What AWS said.
        message: String,
    },
    /// The account of the credentials is in no organization.
    #[error("the account of these credentials is not in an organization")]
    NotInOrganization,
    /// A call that nothing works without is not allowed.
    #[error("`{operation}`{} is not allowed: {message}", about(subject))]
    AccessDenied {
        /// The call.
        operation: Operation,
        /// What it was about.
        subject: Subject,
        /// What AWS said.
        message: String,
    },
    /// There is no way to the endpoint.
    #[error("cannot reach {host}: {cause}")]
    Unreachable {
        /// The endpoint's host, or "the endpoint".
        host: String,
        /// What the system said.
        cause: String,
    },
    /// The endpoint was reached, but no secure connection came about.
    #[error("no secure connection to {host}: {cause}")]
    Tls {
        /// The endpoint's host, or "the endpoint".
        host: String,
        /// What is wrong with the connection or the certificate.
        cause: String,
    },
    /// The answer is none that AWS Organizations gives.
    #[error("the answer to `{operation}`{} makes no sense: {what}", about(subject))]
    UnexpectedAnswer {
        /// The call.
        operation: Operation,
        /// What it was about.
        subject: Subject,
        /// What is wrong with the answer.
        what: String,
    },
    /// AWS answered with an error that repeating does not help.
    #[error("`{operation}`{} failed ({code}): {message}", about(subject))]
    Service {
        /// The call.
        operation: Operation,
        /// What it was about.
        subject: Subject,
        /// AWS's name of the error.
        code: String,
        /// What AWS said.
        message: String,
    },
    /// A call failed again and again.
    #[error("`{operation}`{} failed {attempts} times in {} s, at last with {last}", about(subject), waited.as_secs())]
    GaveUp {
        /// The call.
        operation: Operation,
        /// What it was about.
        subject: Subject,
        /// How often it was made.
        attempts: u32,
        /// Since the first attempt.
        waited: Duration,
        /// The last failure.
        last: String,
    },
    /// The whole fetch took too long.
    #[error("not finished within the deadline of {} s, after {calls} calls", deadline.as_secs())]
    Deadline {
        /// The deadline.
        deadline: Duration,
        /// The calls made.
        calls: u64,
    },
    /// The user broke it off.
    #[error("interrupted after {calls} calls")]
    Interrupted {
        /// The calls made.
        calls: u64,
    },
    /// The organization changed while it was read, and again when the changed parts were read anew.
    #[error("the organization does not hold together: {}", what.join("; "))]
    Inconsistent {
        /// What does not fit, item by item.
        what: Vec<String>,
    },
    /// The work file cannot be used.
    #[error("the work file `{}` {what}", path.display())]
    WorkFile {
        /// The file.
        path: PathBuf,
        /// What is the matter with it.
        what: String,
        /// What to do.
        help: &'static str,
    },
}

fn about(subject: &Subject) -> String {
    subject.as_ref().map(|subject| format!(" for `{subject}`")).unwrap_or_default()
}

impl FetchError {
    /// The call that failed, if one did.
    pub fn operation(&self) -> Option<Operation> {
        match self {
            Self::AccessDenied { operation, .. }
            | Self::UnexpectedAnswer { operation, .. }
            | Self::Service { operation, .. }
            | Self::GaveUp { operation, .. } => Some(*operation),
            Self::NotInOrganization => Some(Operation::DescribeOrganization),
            Self::Configuration { .. }
            | Self::NoCredentials { .. }
            | Self::ExpiredCredentials { .. }
            | Self::RejectedCredentials { .. }
            | Self::Unreachable { .. }
            | Self::Tls { .. }
            | Self::Deadline { .. }
            | Self::Interrupted { .. }
            | Self::Inconsistent { .. }
            | Self::WorkFile { .. } => None,
        }
    }

    /// The IAM action that is missing, such as `organizations:ListRoots`.
    pub fn missing_permission(&self) -> Option<String> {
        if let Self::AccessDenied { operation, .. } = self { Some(operation.permission()) } else { None }
    }

    /// Whether the same fetch, repeated, goes on where this one stopped and may succeed.
    pub fn can_go_on(&self) -> bool {
        matches!(
            self,
            Self::ExpiredCredentials { .. }
                | Self::Unreachable { .. }
                | Self::GaveUp { .. }
                | Self::Deadline { .. }
                | Self::Interrupted { .. }
                | Self::AccessDenied { .. }
                | Self::UnexpectedAnswer { .. }
        )
    }

    /// What to do about it.
    pub fn help(&self) -> Vec<String> {
        let help: &[&str] = match self {
            Self::Configuration { .. } => &["see `aws configure list` and `~/.aws/config`"],
            Self::NoCredentials { .. } => &[
                "choose a profile with `--profile NAME`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY; with IAM Identity Center, `aws sso login --profile NAME` first",
                "`aws sts get-caller-identity` tells who you are",
            ],
            Self::ExpiredCredentials { .. } => {
                &["get fresh credentials (`aws sso login`, or assume the role again) and give the same command"]
            }
            Self::RejectedCredentials { .. } => {
                &["check the credentials with `aws sts get-caller-identity`, the clock of this machine, and that the \
                 region belongs to the organization's partition"]
            }
            Self::NotInOrganization => {
                &["use credentials of the organization's management account, or of a delegated administrator"]
            }
            Self::AccessDenied { operation, .. } => {
                return vec![
                    format!(
                        "allow `{}` on resource `*`; `scproof fetch --dry-run` prints the whole policy",
                        operation.permission()
                    ),
                    "AWS answers only the management account and delegated administrators of the organization, \
                     whatever their IAM policies say; in a delegated administrator's account its own SCPs count too"
                        .to_owned(),
                ];
            }
            Self::Unreachable { .. } => {
                &["check the network, HTTPS_PROXY, and the endpoint (`--endpoint-url`, AWS_ENDPOINT_URL)"]
            }
            Self::Tls { .. } => {
                &["behind a proxy that opens TLS, let SSL_CERT_FILE name its certificate; a plain HTTP endpoint needs \
                 `http://`"]
            }
            Self::UnexpectedAnswer { .. } => &[
                "does the endpoint (`--endpoint-url`, AWS_ENDPOINT_URL) speak the API of AWS Organizations, and is no \
                 proxy or login page in between?",
            ],
            Self::Service { .. } => &["if this is the real AWS, report it as a bug of scproof"],
            Self::GaveUp { .. } => &["AWS, or the network, is in trouble; try again in a while"],
            Self::Deadline { .. } => &["allow more time (`--deadline`), or leave the limit out"],
            Self::Interrupted { .. } => &[],
            Self::Inconsistent { .. } => {
                &["somebody is changing the organization just now; try again in a while with `--refresh`"]
            }
            Self::WorkFile { help, .. } => &[help],
        };
        help.iter().map(|&line| line.to_owned()).collect()
    }
}
