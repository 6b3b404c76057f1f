//! What is said about names in objects, and values of another type.

scproof_text::codes! {
    /// What is said about names in objects, and values of another type, in the order of the page.
    pub(crate) NAMES:
    DUPLICATE_NAME Error "JSON-3" "duplicate-name" "a name occurs twice in one object"
        => "Most JSON readers silently keep one of the two, and not all the same one. scproof treats what the name \
               stands for as unknown: a repeated `Effect`, `Action`, `Resource`, `Condition`, operator or key makes \
               that part of the statement unknown; a repeated `Sid` its statement; a repeated `Version` or \
               `Statement` the document."
        ["statement" r#""Effect": "Deny", "Effect": "Allow", "Action": "s3:*", "Resource": "*""#];
    DUPLICATE_KEY_CASE Error "JSON-4" "duplicate-key-case" "two condition keys differ only in letter case"
        => "Condition keys ignore letter case, so these are the same key twice. The condition counts as unknown."
        ["condition" r#""StringEquals": {"aws:PrincipalTag/team": "a", "aws:principaltag/Team": "b"}"#];
    UNKNOWN_ELEMENT Error "JSON-5" "unknown-element" "an element that the policy language does not have"
        => "An element that the language does not have, also one in other letter case. Its statement counts as \
               unknown, narrowed by what is readable; on policy level all statements do."
        ["statement" r#""Efect": "Deny", "Effect": "Deny", "Action": "s3:*", "Resource": "*""#];
    NOT_A_STRING Error "JSON-7" "not-a-string" "a value of another type where a string is required"
        => "Only condition values may be numbers or booleans. The part counts as unknown."
        ["statement" r#""Effect": "Deny", "Action": ["s3:*", 5], "Resource": "*""#];
}
