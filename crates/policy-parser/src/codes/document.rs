//! What is said about the document as a whole.

scproof_text::codes! {
    /// What is said about the document as a whole, in the order of the page.
    pub(crate) DOCUMENT:
    NOT_AN_OBJECT Error "JSON-1" "not-an-object" "the document is a JSON value other than an object"
        => "A policy is exactly one JSON object."
        ["" r#"[{"Effect": "Deny", "Action": "*", "Resource": "*"}]"#];
    ANOTHER_KIND Error "DOC-1" "another-kind-of-file" "a file that is no service control policy but something else"
        => "A snapshot without its `Format`, a configuration or template that makes policies, output of the AWS CLI that holds \
               one, a policy of another type, or one of a resource or role. It is told by its members; the help says how to \
               get at the text of the policy."
        ["" r#"{"tags": {"owner": {"tag_key": {"@@assign": "Owner"}}}}"#];
    BYTE_ORDER_MARK Warning "JSON-8" "byte-order-mark" "a byte order mark precedes the document"
        => "Some editors put U+FEFF before the text. It is skipped and changes nothing else; AWS's behaviour is not \
               documented.";
    MISSING_STATEMENT Error "DOC-1" "missing-statement" "the document has no `Statement`"
        => "`Statement` is required. The document counts as one statement without meaning."
        ["" r#"{"Version": "2012-10-17"}"#];
    BAD_STATEMENT Error "DOC-1" "bad-statement" "a statement that is no object"
        => "`Statement` is an object or a list of objects. What is neither counts as a statement without meaning in \
               its place."
        ["" r#"{"Version": "2012-10-17", "Statement": ["Deny"]}"#];
    EMPTY_STATEMENT_LIST Error "DOC-2" "empty-statement-list" "a `Statement` list without statements"
        => "A policy without statements allows nothing and denies nothing. Whether AWS accepts it is not documented."
        ["" r#"{"Version": "2012-10-17", "Statement": []}"#];
    MISSING_VERSION Warning "DOC-3" "missing-version" "the document has no `Version`"
        => "A document without `Version` means the language of 2008, in which policy variables are plain text."
        ["" r#"{"Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}"#];
    OLD_VERSION Warning "DOC-3" "old-version" "the version `2008-10-17`"
        => "The language of 2008 has no policy variables."
        ["" r#"{"Version": "2008-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}"#];
    UNKNOWN_VERSION Error "DOC-3" "unknown-version" "a version that does not exist"
        => "`Version` names the language, not the date of the policy. All statements of the document count as \
               unknown, narrowed by what is readable."
        ["" r#"{"Version": "2026-01-31", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}"#];
    ID_ELEMENT Warning "DOC-5" "id-element" "an `Id`, which has no meaning"
        => "The general grammar of IAM knows `Id`; the page on SCPs does not. It changes nothing."
        ["" r#"{"Version": "2012-10-17", "Id": "guardrails", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}"#];
}
