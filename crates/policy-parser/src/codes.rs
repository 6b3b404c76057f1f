//! The central table of diagnostic codes.

use crate::diagnostic::Severity;

/// A kind of diagnostic: its stable code and what is always true of it. See [`DIAGNOSTIC_CODES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiagnosticCode {
    /// The stable kebab-case code, such as `duplicate-name`.
    pub code: &'static str,
    /// The rule behind it, such as `JSON-3`.
    pub rule: &'static str,
    /// How serious it is.
    pub severity: Severity,
    /// What it means, in one line.
    pub summary: &'static str,
}

macro_rules! codes {
    ($($name:ident $severity:ident $rule:literal $code:literal $summary:literal;)+) => {
        $(pub(crate) const $name: DiagnosticCode =
            DiagnosticCode { code: $code, rule: $rule, severity: Severity::$severity, summary: $summary };)+

        /// Every code that parsing a document can report, in the order of the rules. `docs/diagnostics.md` describes each.
        pub const DIAGNOSTIC_CODES: &[DiagnosticCode] = &[$($name),+];
    };
}

codes! {
    INVALID_UTF8 Error "JSON-1" "invalid-utf8" "the bytes are not UTF-8";
    EMPTY_TEXT Error "JSON-1" "empty-text" "there is no JSON value";
    NOT_AN_OBJECT Error "JSON-1" "not-an-object" "the document is a JSON value other than an object";
    TRAILING_TEXT Error "JSON-1" "trailing-text" "text follows the document";
    COMMENT Error "JSON-2" "comment" "a comment, which JSON does not have";
    TRAILING_COMMA Error "JSON-2" "trailing-comma" "a comma before a closing bracket";
    EXTRA_COMMA Error "JSON-2" "extra-comma" "a comma where a value or a name should be";
    MISSING_COMMA Error "JSON-2" "missing-comma" "two values without a comma between them";
    MISSING_COLON Error "JSON-2" "missing-colon" "a name without a colon behind it";
    MISSING_VALUE Error "JSON-2" "missing-value" "a value is missing";
    WRONG_QUOTES Error "JSON-2" "wrong-quotes" "single or typographic quotes";
    UNQUOTED_TEXT Error "JSON-2" "unquoted-text" "text without quotes";
    UNCLOSED_STRING Error "JSON-2" "unclosed-string" "a string without closing quote";
    UNCLOSED_BRACKET Error "JSON-2" "unclosed-bracket" "a bracket that is never closed";
    UNEXPECTED_CHARACTER Error "JSON-2" "unexpected-character" "a character that cannot stand here";
    CONTROL_CHARACTER Error "JSON-2" "control-character" "a raw control character in a string";
    BAD_ESCAPE Error "JSON-2" "bad-escape" "an escape sequence that JSON does not have";
    BAD_NUMBER Error "JSON-2" "bad-number" "a number that JSON does not have";
    NUMBER_OUT_OF_RANGE Error "JSON-10" "number-out-of-range" "a number beyond the range of double precision";
    DUPLICATE_NAME Error "JSON-3" "duplicate-name" "a name occurs twice in one object";
    DUPLICATE_KEY_CASE Error "JSON-4" "duplicate-key-case" "two condition keys differ only in letter case";
    UNKNOWN_ELEMENT Error "JSON-5" "unknown-element" "an element that the policy language does not have";
    NOT_A_STRING Error "JSON-7" "not-a-string" "a value of another type where a string is required";
    BAD_CONDITION_VALUE Error "JSON-7" "bad-condition-value" "null, an object or a nested list as condition value";
    MIXED_VALUE_TYPES Warning "JSON-7" "mixed-value-types" "condition values of different JSON types in one list";
    BYTE_ORDER_MARK Warning "JSON-8" "byte-order-mark" "a byte order mark precedes the document";
    TOO_DEEP Error "JSON-10" "too-deep" "nesting beyond 64 levels";
    TEXT_TOO_LONG Error "JSON-10" "text-too-long" "a text beyond 1 MiB";
    MISSING_STATEMENT Error "DOC-1" "missing-statement" "the document has no `Statement`";
    BAD_STATEMENT Error "DOC-1" "bad-statement" "a statement that is no object";
    EMPTY_STATEMENT_LIST Error "DOC-2" "empty-statement-list" "a `Statement` list without statements";
    MISSING_VERSION Warning "DOC-3" "missing-version" "the document has no `Version`";
    OLD_VERSION Warning "DOC-3" "old-version" "the version `2008-10-17`";
    UNKNOWN_VERSION Error "DOC-3" "unknown-version" "a version that does not exist";
    LITERAL_VARIABLE Warning "DOC-4" "literal-variable" "a policy variable that the version turns into plain text";
    ID_ELEMENT Warning "DOC-5" "id-element" "an `Id`, which has no meaning";
    BAD_SID Error "DOC-6" "bad-sid" "a `Sid` with characters other than letters and digits";
    EMPTY_SID Warning "DOC-6" "empty-sid" "an empty `Sid`";
    DUPLICATE_SID Error "DOC-6" "duplicate-sid" "two statements with the same `Sid`";
    MISSING_EFFECT Error "DOC-7" "missing-effect" "a statement without `Effect`";
    BAD_EFFECT Error "DOC-7" "bad-effect" "an `Effect` other than `Allow` and `Deny`";
    MISSING_ACTION Error "DOC-8" "missing-action" "neither `Action` nor `NotAction`";
    TWO_ACTIONS Error "DOC-8" "action-and-not-action" "both `Action` and `NotAction`";
    MISSING_RESOURCE Error "DOC-8" "missing-resource" "neither `Resource` nor `NotResource`";
    TWO_RESOURCES Error "DOC-8" "resource-and-not-resource" "both `Resource` and `NotResource`";
    PRINCIPAL_IN_SCP Error "DOC-9" "principal-in-scp" "`Principal` or `NotPrincipal` in an SCP";
    CONDITION_NOT_OBJECT Error "DOC-10" "condition-not-object" "a condition or operator whose value is no object";
    RESOURCE_IN_ALLOW Note "DOC-12" "resource-in-allow" "an `Allow` for certain resources, on which AWS's pages disagree";
    LEGACY_ACTION_WILDCARD Error "DOC-13" "legacy-action-wildcard" "before 2025-09-19: a wildcard inside an action";
    LEGACY_NOT_ACTION Error "DOC-14" "legacy-not-action" "before 2025-09-19: `NotAction` with `Allow`";
    LEGACY_RESOURCE Error "DOC-15" "legacy-resource" "before 2025-09-19: a resource with `Allow`";
    LEGACY_CONDITION Error "DOC-16" "legacy-condition" "before 2025-09-19: `Condition` with `Allow`";
    LEGACY_NOT_RESOURCE Error "DOC-17" "legacy-not-resource" "before 2025-09-19: `NotResource`";
    BAD_ACTION Error "DOC-18" "bad-action" "an action that is not `prefix:name`";
    ACTION_CHARACTER Error "DOC-18" "action-character" "a character that actions do not have";
    WILDCARD_PREFIX Error "DOC-19" "wildcard-prefix" "a wildcard in the service prefix of an action";
    ACTION_WHITE_SPACE Warning "DOC-20" "action-white-space" "white space in an action, which then matches nothing";
    EMPTY_ACTION_NAME Warning "DOC-20" "empty-action-name" "an action without name, which matches nothing";
    BAD_RESOURCE Error "DOC-22" "bad-resource" "a resource that is neither `*` nor an ARN";
    INCOMPLETE_ARN Warning "DOC-23" "incomplete-arn" "a resource ARN with fewer than six components";
    WILDCARD_SERVICE Warning "DOC-24" "wildcard-service" "a wildcard in the service component of a resource";
    WILDCARD_RESOURCE_TYPE Warning "DOC-24" "wildcard-resource-type" "a wildcard in the type part of a resource";
    MISPLACED_VARIABLE Error "DOC-25" "misplaced-variable" "a policy variable where none is allowed";
    EMPTY_LIST Error "DOC-26" "empty-list" "an empty list of actions or resources";
    EMPTY_CONDITION Warning "DOC-27" "empty-condition" "a condition or operator without content, which restricts nothing";
    EMPTY_VALUE_LIST Error "DOC-28" "empty-value-list" "a condition key with an empty list of values";
    UNKNOWN_OPERATOR Error "DOC-29" "unknown-operator" "a condition operator that does not exist";
    UNKNOWN_SET_PREFIX Error "DOC-29" "unknown-set-prefix" "an operator prefix other than `ForAllValues` and `ForAnyValue`";
    NULL_IF_EXISTS Error "DOC-29" "null-if-exists" "`Null` with `IfExists`";
    OPERATOR_CASE Warning "DOC-30" "operator-case" "an operator in other letter case than AWS's";
    DUPLICATE_OPERATOR Error "DOC-30" "duplicate-operator" "the same operator twice, in different letter case";
    BAD_CONDITION_KEY Error "DOC-31" "bad-condition-key" "a condition key that is not `prefix:name`";
    MISSING_TAG_KEY Error "DOC-31" "missing-tag-key" "a tag condition key without `/` and the tag's key";
    UNKNOWN_GLOBAL_KEY Warning "DOC-32" "unknown-global-key" "an `aws:` condition key that AWS does not document";
    MINIFIED_FITS Note "LIM-1" "minified-fits" "too long as written, short enough without white space";
    SCP_TOO_LONG Error "LIM-2" "scp-too-long" "an SCP with more characters than AWS stores";
    TOO_MANY_BYTES Warning "LIM-3" "too-many-bytes" "short enough in characters, too long in bytes";
    RCP_TOO_LONG Warning "LIM-7" "rcp-too-long" "an RCP with more characters than the documented limit";
    UPPER_CASE_ARN Warning "RES-4" "upper-case-arn" "upper-case letters in partition, service or region of a resource";
    RCP_MISSING_PRINCIPAL Error "RCP-1" "rcp-missing-principal" "an RCP statement without `Principal`";
    RCP_PRINCIPAL Error "RCP-1" "rcp-principal" "a `Principal` other than `*` in an RCP";
    RCP_EFFECT Error "RCP-1" "rcp-effect" "an `Effect` other than `Deny` in an RCP";
    RCP_UNSUPPORTED Error "RCP-1" "rcp-unsupported-element" "`NotPrincipal` or `NotAction` in an RCP";
    RCP_VERSION Error "RCP-1" "rcp-version" "an RCP without version `2012-10-17`";
    RCP_ANY_ACTION Error "RCP-2" "rcp-any-action" "the action `*` in an RCP";
    RCP_FULL_ACCESS Note "RCP-3" "rcp-full-access" "the content of AWS's own `RCPFullAWSAccess`";
    MALFORMED_VARIABLE Error "VAR-13" "malformed-variable" "a policy variable that is not well formed";
    BAD_VARIABLE_KEY Error "VAR-1" "bad-variable-key" "a policy variable whose key is not `prefix:name`";
    VARIABLE_NOT_SUPPORTED Error "VAR-4" "variable-not-supported" "a policy variable under an operator that takes none";
    VARIABLE_IN_BOOL Warning "VAR-5" "variable-in-bool" "a policy variable under `Bool`, on which AWS's pages disagree";
    MULTIVALUED_VARIABLE Warning "VAR-7" "multivalued-variable" "a policy variable with a multivalued key, which never has a value";
    SET_ON_SINGLE_VALUE Warning "SET-12" "set-operator-on-single-value" "a set operator on a key that has one value at most";
    BAD_NULL_VALUE Error "SET-16" "bad-null-value" "a value of `Null` other than `true` and `false`";
    NULL_SET_PREFIX Warning "SET-16" "null-with-set-prefix" "`Null` with a set prefix";
    NULL_BOTH Warning "SET-16" "null-both-values" "`Null` with both `true` and `false`, which is always true";
    BOOL_BOTH Error "OP-12" "bool-both-values" "`Bool` with both `true` and `false`";
    DATE_MILLISECONDS Warning "OP-9" "date-milliseconds" "a date that looks like milliseconds and is read as seconds";
    DATE_FOUR_DIGITS Warning "OP-9" "date-four-digits" "a date of four digits, a year or epoch seconds";
    DATE_ZONE Warning "OP-10" "date-without-zone" "a time without zone designator";
    IPV6_WITHOUT_LENGTH Warning "OP-16" "ipv6-without-prefix-length" "an IPv6 address without prefix length";
    ARN_ONLY_STARS Warning "OP-22" "arn-only-stars" "a value of only `*` under an ARN operator";
    MALFORMED_OPERAND Error "OP-30" "malformed-operand" "a condition value that its operator cannot read";
    DIAGNOSTICS_CUT Note "JSON-10" "diagnostics-cut" "more diagnostics of the same kind are not shown";
}
