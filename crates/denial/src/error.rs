//! What is wrong with a text that should tell of a denial.

use scproof_text::LoadError;
use thiserror::Error;

/// Why a text does not tell which call AWS denied.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DenialError {
    /// There is nothing to read.
    #[error("there is no text")]
    Empty,
    /// It is JSON with faults.
    #[error(transparent)]
    Json(#[from] LoadError),
    /// It is JSON, but none that is known.
    #[error("the JSON is no event of CloudTrail")]
    OtherJson,
    /// It has several events.
    #[error("there are {0} events, and one is wanted")]
    SeveralEvents(usize),
    /// It is no message that AWS writes when it denies a call.
    #[error("the text does not say `is not authorized to perform`")]
    OtherText,
    /// The message is encoded.
    #[error("the authorization message is encoded")]
    Encoded,
    /// The event tells of a call that AWS did not deny.
    #[error("AWS did not deny the call: the event has {}", .0.as_ref().map_or_else(|| "no error".to_owned(), |code| format!("the error `{code}`")))]
    NotDenied(Option<String>),
    /// The caller is in no account.
    #[error("the caller `{0}` is in no account")]
    NoAccount(String),
    /// Nobody is said to have called.
    #[error("the text does not say who called")]
    NoCaller,
    /// No action is said.
    #[error("the text does not say which action was denied")]
    NoAction,
    /// The event is none about which policies can be asked.
    #[error("policies cannot be asked about the event `{event}`: {why}")]
    NotAsked {
        /// The operation and its source.
        event: String,
        /// Why not.
        why: &'static str,
    },
    /// An operation that needs several actions.
    #[error("`{operation}` needs several actions: {}", .actions.join(", "))]
    SeveralActions {
        /// The operation.
        operation: String,
        /// Its actions.
        actions: Vec<String>,
    },
}

impl DenialError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::Json(_) => return None,
            Self::Empty | Self::OtherText => {
                "give the whole message, such as `User: arn:aws:iam::111111111111:user/ann is not authorized to perform: \
                 s3:GetObject on resource: arn:aws:s3:::b/x with an explicit deny in a service control policy`, or the \
                 event of CloudTrail as JSON"
            }
            Self::OtherJson => {
                "give one event with `userIdentity`, `eventSource` and `eventName`, alone or in `Records`, `Events` or \
                 `detail`, or the output of `aws sts decode-authorization-message`"
            }
            Self::SeveralEvents(_) => "cut out the event that is meant",
            Self::Encoded => {
                "decode it with `aws sts decode-authorization-message --encoded-message MESSAGE`, and give the output of \
                 that"
            }
            Self::NotDenied(_) => "to see what service control policies say to a call, ask `scproof can`",
            Self::NoAccount(_) => {
                "service control policies decide over principals of member accounts; ask `scproof can ACCOUNT ACTION` if \
                 the account is known"
            }
            Self::NoCaller | Self::NoAction | Self::NotAsked { .. } => {
                "ask `scproof can ACCOUNT ACTION --principal ARN` with what you know"
            }
            Self::SeveralActions { .. } => "ask `scproof can ACCOUNT ACTION --principal ARN` for each",
        };
        Some(help.to_owned())
    }
}
