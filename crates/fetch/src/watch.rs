//! What the fetch sees of the SDK's requests and answers: where they go, what must not be told on, how long they are.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_organizations::config::interceptors::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_organizations::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_organizations::error::BoxError;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

/// The longest answer that is read. A page of AWS's has less than 1 MB.
pub(crate) const LONGEST_ANSWER: usize = 10_000_000;

/// The most of what others print that is told, in characters.
const MOST_TOLD: usize = 500;

/// Sees each request before it is sent, and each answer before it is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    /// Where requests go: scheme and host, with the port if one is given.
    endpoint: Option<(String, String)>,
    /// What requests are signed with, as far as they show it.
    secrets: Vec<String>,
}

impl Watch {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The host that requests go to, with the port if one is given.
    pub(crate) fn host(&self) -> Option<String> {
        self.seen().endpoint.as_ref().map(|(_, host)| host.clone())
    }

    /// The URL that requests go to.
    pub(crate) fn url(&self) -> Option<String> {
        self.seen().endpoint.as_ref().map(|(scheme, host)| format!("{scheme}://{host}"))
    }

    /// What somebody else has said, as it may be told: not for ever, and without our credentials.
    pub(crate) fn told(&self, text: &str) -> String {
        let seen = self.seen();
        let blanked = seen.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "[credentials]"));
        cut(&blanked)
    }
}

/// The beginning of a long text.
pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_TOLD) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The user and password before the host of a URL, if there are any.
pub(crate) fn has_credentials(authority: &str) -> bool {
    authority.contains('@')
}

impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "Watch"
    }

    /// The SDK alone knows what endpoint it has chosen, and with what it signs.
    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let mut seen = self.seen();
        for header in ["x-amz-security-token", "authorization"] {
            if let Some(value) = request.headers().get(header)
                && !seen.secrets.iter().any(|known| known == value)
            {
                // Signatures differ; the token lasts.
                seen.secrets.retain(|known| header != "authorization" || !known.starts_with("AWS4-"));
                seen.secrets.push(value.to_owned());
            }
        }
        if seen.endpoint.is_none() {
            let (scheme, rest) = request.uri().split_once("://").unwrap_or(("https", request.uri()));
            let authority = rest.split(['/', '?']).next().unwrap_or(rest);
            if has_credentials(authority) {
                return Err("the endpoint of the AWS configuration holds a user or password".into());
            }
            seen.endpoint = Some((scheme.to_owned(), authority.to_owned()));
        }
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response_mut().body_mut();
        let whole = std::mem::replace(body, SdkBody::taken());
        *body = SdkBody::from_body_1_x(Limited::new(whole, LONGEST_ANSWER));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_is_cut_and_our_secrets_are_blanked() {
        let watch = Watch::default();
        watch.seen().secrets.push("FwoGZXIvYXdzEXAMPLE".to_owned());
        assert_eq!(watch.told("bad token FwoGZXIvYXdzEXAMPLE!"), "bad token [credentials]!");
        assert_eq!(watch.told(&"é".repeat(501)).chars().count(), 501);
        assert!(watch.told(&"é".repeat(501)).ends_with("é…"));
    }
}
