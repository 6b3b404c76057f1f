//! What AWS tells of a call that it denied.

use scproof_evaluator::{Context, Request, RequestResource};
use scproof_trail::Cause;

use crate::error::DenialError;
use crate::{event, message};

/// A call that AWS denied, as far as its words tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Who called: the ARN that AWS names.
    pub principal: String,
    /// The caller's account, whose service control policies decide (CT-3).
    pub account: String,
    /// The action that was not allowed.
    pub action: String,
    /// The resource, if AWS names one.
    pub resource: Option<String>,
    /// The Region that was called.
    pub region: Option<String>,
    /// What else is known of the request.
    pub context: Context,
    /// Which policy AWS names as the cause.
    pub cause: Option<Cause>,
    /// When the call was made, as AWS writes it.
    pub time: Option<String>,
}

impl Denial {
    /// Reads an error message, an event of CloudTrail as JSON, or the output of `aws sts decode-authorization-message`.
    ///
    /// Takes time in proportion to the text.
    ///
    /// # Errors
    ///
    /// If the text is none of these, or does not say who called, what, or that AWS denied it.
    pub fn read(text: &str) -> Result<Self, DenialError> {
        let text = text.trim();
        if text.starts_with(['{', '[']) { event::read(text) } else { message::read(text) }
    }

    /// The call as a question. A resource with `*` stands for some resource that AWS does not name.
    pub fn request(&self) -> Request {
        let mut request = Request::new(&self.account, &self.action).with_principal(&self.principal);
        if let Some(arn) = self.resource.as_ref().filter(|arn| arn.starts_with("arn:") && !arn.contains(['*', '?'])) {
            request = request.with_resource(RequestResource::Arn(arn.clone()));
        }
        request.region.clone_from(&self.region);
        request.with_context(self.context.clone())
    }
}

/// The account in a principal's ARN.
pub(crate) fn account_of(principal: &str) -> Option<&str> {
    let mut parts = principal.split(':');
    let is_arn = parts.next() == Some("arn");
    let account = parts.nth(3)?;
    (is_arn && account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}
