//! What is said about the elements of a statement.

scproof_text::codes! {
    /// What is said about the elements of a statement, in the order of the page.
    pub(crate) STATEMENT:
    BAD_SID Error "DOC-6" "bad-sid" "a `Sid` with characters other than letters and digits"
        => "A `Sid` consists of letters and digits. It has no effect on what the statement does."
        ["statement" r#""Sid": "deny s3", "Effect": "Deny", "Action": "s3:*", "Resource": "*""#];
    EMPTY_SID Warning "DOC-6" "empty-sid" "an empty `Sid`"
        => ""
        ["statement" r#""Sid": "", "Effect": "Deny", "Action": "s3:*", "Resource": "*""#];
    DUPLICATE_SID Error "DOC-6" "duplicate-sid" "two statements with the same `Sid`"
        => "A `Sid` must be unique in its document. The place is the second one. It has no effect on what the \
               statements do."
        ["" r#"{"Version": "2012-10-17", "Statement": [
  {"Sid": "A", "Effect": "Deny", "Action": "s3:*", "Resource": "*"},
  {"Sid": "A", "Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
]}"#];
    MISSING_EFFECT Error "DOC-7" "missing-effect" "a statement without `Effect`"
        => "The statement counts as an unknown `Deny` and an unknown `Allow`."
        ["statement" r#""Action": "s3:*", "Resource": "*""#];
    BAD_EFFECT Error "DOC-7" "bad-effect" "an `Effect` other than `Allow` and `Deny`"
        => "Exactly `Allow` or `Deny`, letter case included. The statement counts as an unknown `Deny` and an \
               unknown `Allow`."
        ["statement" r#""Effect": "deny", "Action": "s3:*", "Resource": "*""#];
    MISSING_ACTION Error "DOC-8" "missing-action" "neither `Action` nor `NotAction`"
        => "What the statement is about is unknown."
        ["statement" r#""Effect": "Deny", "Resource": "*""#];
    TWO_ACTIONS Error "DOC-8" "action-and-not-action" "both `Action` and `NotAction`"
        => "What the statement is about is unknown."
        ["statement" r#""Effect": "Deny", "Action": "s3:*", "NotAction": "s3:GetObject", "Resource": "*""#];
    MISSING_RESOURCE Error "DOC-8" "missing-resource" "neither `Resource` nor `NotResource`"
        => "There is no default: every statement must say `\"Resource\": \"*\"` if that is meant."
        ["statement" r#""Effect": "Deny", "Action": "s3:*""#];
    TWO_RESOURCES Error "DOC-8" "resource-and-not-resource" "both `Resource` and `NotResource`"
        => "Which resources the statement is about is unknown."
        ["statement" r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "NotResource": "arn:aws:s3:::logs/*""#];
    PRINCIPAL_IN_SCP Error "DOC-9" "principal-in-scp" "`Principal` or `NotPrincipal` in an SCP"
        => "An SCP binds the principals of the accounts below it. To spare some of them, use a condition on \
               `aws:PrincipalArn`. The statement counts as unknown."
        ["statement" r#""Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*""#];
    RESOURCE_IN_ALLOW Note "DOC-12" "resource-in-allow"
        "an `Allow` for certain resources, on which AWS's pages disagree"
        => "Since 2025-09-19 an `Allow` may name resources: the announcement and the table of AWS's syntax page say \
               so. One paragraph of that page still says the opposite."
        ["statement" r#""Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::logs/*""#];
    EMPTY_LIST Error "DOC-26" "empty-list" "an empty list of actions or resources"
        => "An empty `Action` or `Resource` matches nothing. What an empty `NotAction` or `NotResource` does is not \
               documented."
        ["statement" r#""Effect": "Deny", "Action": [], "Resource": "*""#];
}
