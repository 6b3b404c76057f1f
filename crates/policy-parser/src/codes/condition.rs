//! What is said about conditions.

scproof_text::codes! {
    /// What is said about conditions, in the order of the page.
    pub(crate) CONDITION:
    CONDITION_NOT_OBJECT Error "DOC-10" "condition-not-object" "a condition or operator whose value is no object"
        => "`Condition` is an object of operators, an operator is an object of keys; only a key has a list. The \
               block counts as unknown."
        ["statement" r#""Effect": "Deny", "Action": "*", "Resource": "*", "Condition": [{"Bool": {"aws:SecureTransport": "false"}}]"#];
    EMPTY_CONDITION Warning "DOC-27" "empty-condition"
        "a condition or operator without content, which restricts nothing"
        => "It restricts nothing, so that a `Deny` hits everything else that the statement says."
        ["condition" r#""StringEquals": {}"#];
    EMPTY_VALUE_LIST Error "DOC-28" "empty-value-list" "a condition key with an empty list of values"
        => "AWS's reference contradicts itself on it."
        ["condition" r#""StringEquals": {"aws:RequestedRegion": []}"#];
    BAD_CONDITION_VALUE Error "JSON-7" "bad-condition-value" "null, an object or a nested list as condition value"
        => "The condition counts as unknown."
        ["condition" r#""StringEquals": {"aws:RequestedRegion": null}"#];
    MIXED_VALUE_TYPES Warning "JSON-7" "mixed-value-types" "condition values of different JSON types in one list"
        => "The values are compared by their text, so `10` and `\"10\"` are the same; a mixture is often a slip."
        ["condition" r#""StringEquals": {"aws:PrincipalAccount": ["111122223333", 444455556666]}"#];
    UNKNOWN_OPERATOR Error "DOC-29" "unknown-operator" "a condition operator that does not exist"
        => "The condition counts as unknown."
        ["condition" r#""StringEqual": {"aws:RequestedRegion": "eu-west-1"}"#];
    UNKNOWN_SET_PREFIX Error "DOC-29" "unknown-set-prefix"
        "an operator prefix other than `ForAllValues` and `ForAnyValue`"
        => "The condition counts as unknown."
        ["condition" r#""ForAnyValues:StringEquals": {"aws:TagKeys": "team"}"#];
    NULL_IF_EXISTS Error "DOC-29" "null-if-exists" "`Null` with `IfExists`"
        => "`Null` asks whether the key exists, so `IfExists` makes no sense with it. The condition counts as \
               unknown."
        ["condition" r#""NullIfExists": {"aws:SourceVpce": "true"}"#];
    OPERATOR_CASE Warning "DOC-30" "operator-case" "an operator in other letter case than AWS's"
        => "The preferred reading is that AWS accepts it."
        ["condition" r#""stringequals": {"aws:RequestedRegion": "eu-west-1"}"#];
    DUPLICATE_OPERATOR Error "DOC-30" "duplicate-operator" "the same operator twice, in different letter case"
        => "Both blocks hold together."
        ["condition" r#""StringEquals": {"aws:RequestedRegion": "eu-west-1"}, "stringEquals": {"aws:PrincipalAccount": "111122223333"}"#];
    BAD_CONDITION_KEY Error "DOC-31" "bad-condition-key" "a condition key that is not `prefix:name`"
        => "No request ever has such a key."
        ["condition" r#""StringEquals": {"RequestedRegion": "eu-west-1"}"#];
    MISSING_TAG_KEY Error "DOC-31" "missing-tag-key" "a tag condition key without `/` and the tag's key"
        => "No request ever has such a key."
        ["condition" r#""StringEquals": {"aws:PrincipalTag": "team"}"#];
    UNKNOWN_GLOBAL_KEY Warning "DOC-32" "unknown-global-key" "an `aws:` condition key that AWS does not document"
        => "AWS accepts any name. If the key does not exist, no request has it: a negated operator is then always \
               true. The list of keys in scproof may also be older than the key."
        ["condition" r#""StringNotEquals": {"aws:RequestRegion": "eu-west-1"}"#];
    SET_ON_SINGLE_VALUE Warning "SET-12" "set-operator-on-single-value"
        "a set operator on a key that has one value at most"
        => "The key has one value at most, so that the prefix only changes what happens if the key is absent: \
               `ForAllValues` is then true."
        ["condition" r#""ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}"#];
    MALFORMED_OPERAND Error "OP-30" "malformed-operand" "a condition value that its operator cannot read"
        => "The value matches nothing. Under a negated operator AWS's behaviour is not documented."
        ["condition" r#""IpAddress": {"aws:SourceIp": "10.0.0.0-10.0.0.255"}"#];
    BOOL_BOTH Error "OP-12" "bool-both-values" "`Bool` with both `true` and `false`"
        => ""
        ["condition" r#""Bool": {"aws:SecureTransport": ["true", "false"]}"#];
    BAD_NULL_VALUE Error "SET-16" "bad-null-value" "a value of `Null` other than `true` and `false`"
        => "The condition counts as unknown."
        ["condition" r#""Null": {"aws:SourceVpce": "yes"}"#];
    NULL_SET_PREFIX Warning "SET-16" "null-with-set-prefix" "`Null` with a set prefix"
        => "The preferred reading is that AWS ignores the prefix."
        ["condition" r#""ForAnyValue:Null": {"aws:TagKeys": "false"}"#];
    NULL_BOTH Warning "SET-16" "null-both-values" "`Null` with both `true` and `false`, which is always true"
        => ""
        ["condition" r#""Null": {"aws:TokenIssueTime": ["true", "false"]}"#];
    DATE_MILLISECONDS Warning "OP-9" "date-milliseconds" "a date that looks like milliseconds and is read as seconds"
        => ""
        ["condition" r#""DateLessThan": {"aws:CurrentTime": "1767225600000"}"#];
    DATE_FOUR_DIGITS Warning "OP-9" "date-four-digits" "a date of four digits, a year or epoch seconds"
        => "Read as epoch seconds the date is early in 1970. If both readings give the same answer, it is taken."
        ["condition" r#""DateLessThan": {"aws:CurrentTime": "2027"}"#];
    DATE_ZONE Warning "OP-10" "date-without-zone" "a time without zone designator"
        => "The preferred reading is UTC."
        ["condition" r#""DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00"}"#];
    IPV6_WITHOUT_LENGTH Warning "OP-16" "ipv6-without-prefix-length" "an IPv6 address without prefix length"
        => "AWS's page says `/32`, surely with IPv4 in mind. The preferred reading is the one address."
        ["condition" r#""IpAddress": {"aws:SourceIp": "2001:db8::1"}"#];
    ARN_ONLY_STARS Warning "OP-22" "arn-only-stars" "a value of only `*` under an ARN operator"
        => ""
        ["condition" r#""ArnLike": {"aws:PrincipalArn": "*"}"#];
}
