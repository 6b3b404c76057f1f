//! What is said about policy variables.

scproof_text::codes! {
    /// What is said about policy variables, in the order of the page.
    pub(crate) VARIABLE:
    LITERAL_VARIABLE Warning "DOC-4" "literal-variable" "a policy variable that the version turns into plain text"
        => "Variables came with the version `2012-10-17`. In older documents, and in those without `Version`, the \
               text stands for itself."
        ["" r#"{"Version": "2008-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::home/${aws:username}/*"}}"#];
    MISPLACED_VARIABLE Error "DOC-25" "misplaced-variable" "a policy variable where none is allowed"
        => "Variables work after the fifth colon of a resource, and in the values of string and ARN conditions. \
               Elsewhere the text stands for itself."
        ["statement" r#""Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:${aws:RequestedRegion}::logs/*""#];
    MALFORMED_VARIABLE Error "VAR-13" "malformed-variable" "a policy variable that is not well formed"
        => "What the text matches is unknown."
        ["condition" r#""StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team, none}"}"#];
    BAD_VARIABLE_KEY Error "VAR-1" "bad-variable-key" "a policy variable whose key is not `prefix:name`"
        => "Keys have a prefix and a name. What the text matches is unknown."
        ["condition" r#""ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/${:role}"}"#];
    TEMPLATE_PLACEHOLDER Error "DOC-25" "template-placeholder" "a placeholder of a template that was not filled in"
        => "`${NAME}`, `${AWS::Partition}` or `{{ name }}`: a tool puts a value in its place before AWS sees the text. \
               Each is told once, with all its places; what is wrong with the parts that hold it shows when it is \
               filled in."
        ["statement" r#""Effect": "Deny", "Action": "s3:*", "Resource": "arn:${PARTITION}:s3:::logs/*""#];
    VARIABLE_NOT_SUPPORTED Error "VAR-4" "variable-not-supported"
        "a policy variable under an operator that takes none"
        => "The text stands for itself, which is no value of the operator."
        ["condition" r#""NumericLessThan": {"s3:max-keys": "${aws:PrincipalTag/max}"}"#];
    VARIABLE_IN_BOOL Warning "VAR-5" "variable-in-bool"
        "a policy variable under `Bool`, on which AWS's pages disagree"
        => "The preferred reading is that the variable works."
        ["condition" r#""Bool": {"aws:SecureTransport": "${aws:PrincipalTag/secure}"}"#];
    MULTIVALUED_VARIABLE Warning "VAR-7" "multivalued-variable"
        "a policy variable with a multivalued key, which never has a value"
        => ""
        ["condition" r#""StringEquals": {"aws:ResourceTag/path": "${aws:PrincipalOrgPaths}"}"#];
}
