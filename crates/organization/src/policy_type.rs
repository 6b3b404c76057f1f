//! The names of policy types, to tell a misspelt one from one that is not looked at.

use scproof_policy_parser::{PolicyKind, PolicyPath};
use scproof_text::{Message, near_names, shorten};

use crate::codes;

/// The types of AWS Organizations that are neither SCPs nor RCPs (API-4).
const OTHERS: [&str; 13] = [
    "AISERVICES_OPT_OUT_POLICY",
    "BACKUP_POLICY",
    "BEDROCK_POLICY",
    "CHATBOT_POLICY",
    "DECLARATIVE_POLICY_EC2",
    "GUARDDUTY_POLICY",
    "INSPECTOR_POLICY",
    "NETWORK_SECURITY_DIRECTOR_POLICY",
    "S3_POLICY",
    "SECURITYHUB_CSPM_POLICY",
    "SECURITYHUB_POLICY",
    "TAG_POLICY",
    "UPGRADE_ROLLOUT_POLICY",
];

/// How many letters a misspelt name may be away from the one that was meant.
const NEAR: usize = 4;

fn control_policies() -> impl Iterator<Item = &'static str> {
    [PolicyKind::ServiceControl, PolicyKind::ResourceControl].into_iter().map(PolicyKind::as_str)
}

/// The fault that a text is no policy type; `None` for one that AWS has.
pub(crate) fn fault(text: &str, at: PolicyPath) -> Option<Message> {
    if control_policies().chain(OTHERS).any(|name| name == text) {
        return None;
    }
    let fault = codes::UNKNOWN_POLICY_TYPE
        .at(at, format!("`{}` is not a policy type", shorten(text)))
        .rule("API-4")
        .expected("`SERVICE_CONTROL_POLICY`, `RESOURCE_CONTROL_POLICY` or another type of AWS Organizations");
    Some(fault.help(near(text, control_policies().chain(OTHERS)).map_or_else(
        || "leave policies of other types out: only SCPs and RCPs are looked at".to_owned(),
        |near| format!("did you mean `{near}`?"),
    )))
}

/// The fault that a text is one of the control policies misspelt. Any other text is none: AWS adds types now and then.
pub(crate) fn misspelt(text: &str, at: PolicyPath) -> Option<Message> {
    near(text, control_policies()).and_then(|_| fault(text, at))
}

fn near(text: &str, names: impl Iterator<Item = &'static str>) -> Option<String> {
    near_names(&text.to_ascii_uppercase(), names, NEAR).into_iter().next()
}
