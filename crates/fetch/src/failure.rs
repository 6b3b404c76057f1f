//! What a failed attempt means: passing, for the caller, or the end.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_organizations::config::http::HttpResponse;
use aws_sdk_organizations::error::{ProvideErrorMetadata, SdkError};
use http_body_util::LengthLimitError;

use crate::connect::{chain, credentials_error, deepest};
use crate::error::FetchError;

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Too many calls: repeat, slower.
    Throttled { code: String },
    /// Something that may be gone at the next attempt.
    Passing { what: String, kind: Passing },
    /// Not allowed; the snapshot may do without it (API-42).
    Denied { code: String, message: String },
    /// The item is gone, perhaps since a moment ago (API-41).
    NotFound { code: String, message: String },
    /// AWS does not like the request, perhaps since its token is stale.
    Invalid { code: String, message: String },
    /// An answer without end.
    TooLong,
    /// Nothing more can be done.
    Stop(FetchError),
}

/// What becomes of a passing failure that does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passing {
    /// An error of the service.
    Service,
    /// No connection, or it broke.
    Connection,
    /// A connection, but no secure one.
    Tls,
    /// An answer that is none.
    Nonsense,
}

/// Codes of a rate that is too high; `TooManyRequestsException` is Organizations' own, the others come from the front
/// door (API-23).
const THROTTLED: [&str; 8] = [
    "TooManyRequestsException",
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "RequestThrottledException",
    "RequestThrottled",
    "RequestLimitExceeded",
    "SlowDown",
];

/// Codes of failures that pass (API-36).
const PASSING: [&str; 7] = [
    "ServiceException",
    "InternalFailure",
    "InternalServerError",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "ConcurrentModificationException",
    "RequestTimeout",
];

const EXPIRED: [&str; 4] = ["ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired", "RequestExpired"];

const REJECTED: [&str; 9] = [
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "MissingAuthenticationTokenException",
    "MissingAuthenticationToken",
    "OptInRequired",
];

impl Failure {
    /// With what others have said told in another way.
    #[must_use]
    pub(crate) fn map(self, tell: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Throttled { code } => Self::Throttled { code: tell(&code) },
            Self::Passing { what, kind } => Self::Passing { what: tell(&what), kind },
            Self::Denied { code, message } => Self::Denied { code: tell(&code), message: tell(&message) },
            Self::NotFound { code, message } => Self::NotFound { code: tell(&code), message: tell(&message) },
            Self::Invalid { code, message } => Self::Invalid { code: tell(&code), message: tell(&message) },
            Self::Stop(FetchError::RejectedCredentials { code, message }) => {
                Self::Stop(FetchError::RejectedCredentials { code: tell(&code), message: tell(&message) })
            }
            Self::Stop(FetchError::ExpiredCredentials { message }) => {
                Self::Stop(FetchError::ExpiredCredentials { message: tell(&message) })
            }
            Self::Stop(FetchError::NoCredentials { cause }) => {
                Self::Stop(FetchError::NoCredentials { cause: tell(&cause) })
            }
            Self::Stop(FetchError::Configuration { message }) => {
                Self::Stop(FetchError::Configuration { message: tell(&message) })
            }
            other @ (Self::TooLong | Self::Stop(_)) => other,
        }
    }

    /// An answer that AWS does not give.
    pub(crate) fn nonsense(what: impl Into<String>) -> Self {
        Self::Passing { what: what.into(), kind: Passing::Nonsense }
    }

    /// What the SDK's error means.
    pub(crate) fn from_sdk<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        if let Some(credentials) = find::<CredentialsError>(error) {
            return Self::Stop(credentials_error(credentials));
        }
        if find::<LengthLimitError>(error).is_some() {
            return Self::TooLong;
        }
        match error {
            SdkError::ServiceError(context) => {
                let status = context.raw().status().as_u16();
                let message = context.err().message().unwrap_or_default().to_owned();
                match context.err().code() {
                    Some(code) => Self::from_code(status, &short(code), message),
                    None => Self::from_status(status, context.raw()),
                }
            }
            // The head of an answer came, and then the connection broke. The HTTP library has no public type for its
            // part of it.
            SdkError::ResponseError(_)
                if find::<std::io::Error>(error).is_some() || chain(error).contains("end of file before message") =>
            {
                Self::Passing { what: format!("a broken connection: {}", deepest(error)), kind: Passing::Connection }
            }
            SdkError::ResponseError(context) => Self::nonsense(not_json(context.raw(), &deepest(error))),
            SdkError::TimeoutError(_) => {
                Self::Passing { what: "no answer in time".to_owned(), kind: Passing::Connection }
            }
            SdkError::DispatchFailure(_) => Self::from_connection(&chain(error), deepest(error)),
            // Also what later versions of the SDK may add.
            SdkError::ConstructionFailure(_) | _ => {
                Self::Stop(FetchError::Configuration { message: format!("no request can be made: {}", deepest(error)) })
            }
        }
    }

    fn from_code(status: u16, code: &str, message: String) -> Self {
        let code = code.to_owned();
        let is = |list: &[&str]| list.contains(&code.as_str());
        if is(&THROTTLED) || status == 429 {
            Self::Throttled { code }
        } else if is(&EXPIRED) {
            Self::Stop(FetchError::ExpiredCredentials { message })
        } else if code == "RequestTimeTooSkewed" || (is(&REJECTED) && is_skew(&message)) {
            // The SDK has just learnt the difference of the clocks from the answer.
            Self::Passing { what: format!("`{code}`"), kind: Passing::Service }
        } else if is(&REJECTED) {
            Self::Stop(FetchError::RejectedCredentials { code, message })
        } else if code == "AWSOrganizationsNotInUseException" {
            Self::Stop(FetchError::NotInOrganization)
        } else if code.starts_with("AccessDenied") {
            Self::Denied { code, message }
        } else if code.ends_with("NotFoundException") {
            Self::NotFound { code, message }
        } else if is(&PASSING) || status >= 500 {
            let what = if message.is_empty() { format!("`{code}`") } else { format!("`{code}` ({message})") };
            Self::Passing { what, kind: Passing::Service }
        } else {
            Self::Invalid { code, message }
        }
    }

    /// An error without a name: not from AWS Organizations, or from something before it.
    fn from_status(status: u16, raw: &HttpResponse) -> Self {
        if status == 429 {
            return Self::Throttled { code: "429".to_owned() };
        }
        let kind = if status >= 500 { Passing::Service } else { Passing::Nonsense };
        Self::Passing { what: not_json(raw, "an error without a name"), kind }
    }

    fn from_connection(chain: &str, cause: String) -> Self {
        let lower = chain.to_lowercase();
        let tls = ["certificate", "tls", "handshake", "corrupt message"].iter().any(|word| lower.contains(word));
        Self::Passing { what: cause, kind: if tls { Passing::Tls } else { Passing::Connection } }
    }
}

/// The name after the last `#`, cut at `:` (API-3).
fn short(code: &str) -> String {
    let name = code.rsplit('#').next().unwrap_or(code);
    name.split(':').next().unwrap_or(name).to_owned()
}

/// Whether a signature is refused for the time in it.
fn is_skew(message: &str) -> bool {
    message.contains("Signature expired") || message.contains("Signature not yet current")
}

fn not_json(raw: &HttpResponse, cause: &str) -> String {
    let kind = raw.headers().get("content-type").unwrap_or("no content type");
    format!("status {}, {kind}: {cause}", raw.status().as_u16())
}

/// An error of a type among an error and what is behind it.
fn find<'a, T: std::error::Error + 'static>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(status: u16, code: &str) -> Failure {
        Failure::from_code(status, &short(code), String::new())
    }

    #[test]
    fn api_36_what_passes_and_what_does_not() {
        assert!(matches!(code(400, "TooManyRequestsException"), Failure::Throttled { .. }));
        assert!(matches!(code(400, "ThrottlingException"), Failure::Throttled { .. }));
        assert!(matches!(code(429, "Whatever"), Failure::Throttled { .. }));
        assert!(matches!(code(400, "ConcurrentModificationException"), Failure::Passing { .. }));
        assert!(matches!(code(500, "ServiceException"), Failure::Passing { .. }));
        assert!(matches!(code(503, "Unheard"), Failure::Passing { .. }));
        assert!(matches!(code(400, "AccessDeniedException"), Failure::Denied { .. }));
        assert!(matches!(code(400, "ParentNotFoundException"), Failure::NotFound { .. }));
        assert!(matches!(code(400, "InvalidInputException"), Failure::Invalid { .. }));
        let expired = code(400, "ExpiredTokenException");
        assert!(matches!(expired, Failure::Stop(FetchError::ExpiredCredentials { .. })));
        let nowhere = code(400, "AWSOrganizationsNotInUseException");
        assert_eq!(nowhere, Failure::Stop(FetchError::NotInOrganization));
    }

    #[test]
    fn api_3_names_are_cut_out() {
        assert_eq!(short("com.amazonaws.organizations#AccessDeniedException"), "AccessDeniedException");
        assert_eq!(short("TooManyRequestsException:http://internal/coral"), "TooManyRequestsException");
    }

    #[test]
    fn a_wrong_clock_is_no_wrong_key() {
        let skew = Failure::from_code(400, "InvalidSignatureException", "Signature expired: 2026…".to_owned());
        assert!(matches!(skew, Failure::Passing { .. }));
        assert!(matches!(code(400, "InvalidSignatureException"), Failure::Stop(_)));
    }
}
