//! What is said about actions.

scproof_text::codes! {
    /// What is said about actions, in the order of the page.
    pub(crate) ACTION:
    BAD_ACTION Error "DOC-18" "bad-action" "an action that is not `prefix:name`"
        => "An action is `*`, or a service prefix, one colon and a name."
        ["statement" r#""Effect": "Deny", "Action": "DeleteBucket", "Resource": "*""#];
    ACTION_CHARACTER Error "DOC-18" "action-character" "a character that actions do not have"
        => "Actions consist of letters, digits and hyphens; the name may hold `*` and `?`."
        ["statement" r#""Effect": "Deny", "Action": "s3:Delete_Bucket", "Resource": "*""#];
    WILDCARD_PREFIX Error "DOC-19" "wildcard-prefix" "a wildcard in the service prefix of an action"
        => "Wildcards belong into the name. For `*:*` the preferred reading is `*`; for others it is a wildcard, \
               and AWS may also match nothing."
        ["statement" r#""Effect": "Deny", "Action": "*:Delete*", "Resource": "*""#];
    ACTION_WHITE_SPACE Warning "DOC-20" "action-white-space" "white space in an action, which then matches nothing"
        => "AWS accepts the text and matches it with no action. In `NotAction` it therefore excepts nothing."
        ["statement" r#""Effect": "Deny", "Action": "s3: DeleteBucket", "Resource": "*""#];
    EMPTY_ACTION_NAME Warning "DOC-20" "empty-action-name" "an action without name, which matches nothing"
        => "AWS accepts the text and matches it with no action."
        ["statement" r#""Effect": "Deny", "Action": "s3:", "Resource": "*""#];
}
