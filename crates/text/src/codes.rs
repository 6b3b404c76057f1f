//! What can be wrong with any text.

crate::codes! {
    /// Faults of a text that keep it from being JSON, in the order of the rules. `docs/diagnostics.md` describes each.
    pub JSON_CODES:
    INVALID_UTF8 Error "JSON-1" "invalid-utf8" "the bytes are not UTF-8";
    EMPTY_TEXT Error "JSON-1" "empty-text" "there is no JSON value";
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
    TOO_DEEP Error "JSON-10" "too-deep" "nesting beyond 64 levels";
    TEXT_TOO_LONG Error "JSON-10" "text-too-long" "a text beyond 1 MiB";
    DIAGNOSTICS_CUT Note "JSON-10" "diagnostics-cut" "more diagnostics of the same kind are not shown";
}

crate::codes! {
    /// Faults of a file whose members are known, whatever it is about: snapshots, change files, guardrails and others.
    pub FILE_CODES:
    UNREADABLE_FILE Error "" "unreadable-file" "the file does not exist or cannot be read";
    WRONG_TYPE Error "" "wrong-type" "a member has another type than it should have";
    MISSING_MEMBER Error "" "missing-member" "a member that must be there is missing";
    DUPLICATE_MEMBER Error "JSON-3" "duplicate-member" "a member stands twice in one object";
    UNKNOWN_MEMBER Error "JSON-5" "unknown-member" "a member that the format does not have";
    UNKNOWN_FORMAT Error "" "unknown-format" "the `Format` of another file";
    NEWER_FORMAT Error "" "newer-format" "the `Format` of a newer version";
}
