//! What is said about the language of SCPs before 2025-09-19.

scproof_text::codes! {
    /// What is said about the language of SCPs before 2025-09-19, in the order of the page.
    pub(crate) LEGACY:
    LEGACY_ACTION_WILDCARD Error "DOC-13" "legacy-action-wildcard" "before 2025-09-19: a wildcard inside an action"
        => ""
        ["legacy" r#""Effect": "Deny", "Action": "iam:*Role", "Resource": "*""#];
    LEGACY_NOT_ACTION Error "DOC-14" "legacy-not-action" "before 2025-09-19: `NotAction` with `Allow`"
        => ""
        ["legacy" r#""Effect": "Allow", "NotAction": "iam:*", "Resource": "*""#];
    LEGACY_RESOURCE Error "DOC-15" "legacy-resource" "before 2025-09-19: a resource with `Allow`"
        => ""
        ["legacy" r#""Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::logs/*""#];
    LEGACY_CONDITION Error "DOC-16" "legacy-condition" "before 2025-09-19: `Condition` with `Allow`"
        => ""
        ["legacy" r#""Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}"#];
    LEGACY_NOT_RESOURCE Error "DOC-17" "legacy-not-resource" "before 2025-09-19: `NotResource`"
        => ""
        ["legacy" r#""Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::logs/*""#];
}
