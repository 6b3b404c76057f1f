//! What can be wrong with any text.

use crate::message::CodeGroup;

/// Faults of a text that keep it from being JSON: a section of `docs/diagnostics.md`, which is written from it.
pub const TEXT: CodeGroup = CodeGroup {
    title: "The text",
    text: "Faults of the JSON itself. Whatever else the text says, it then counts as one statement without meaning; the \
        faults further on are reported all the same.",
    codes: JSON_CODES,
};

crate::codes! {
    /// Faults of a text that keep it from being JSON, in the order of the page.
    pub JSON_CODES:
    INVALID_UTF8 Error "JSON-1" "invalid-utf8" "the bytes are not UTF-8"
        => "A policy is UTF-8 text. Reading stops at the first byte that is not. Save the file as UTF-8.";
    EMPTY_TEXT Error "JSON-1" "empty-text" "there is no JSON value"
        => "An empty file, or one of white space only, is no policy.";
    TRAILING_TEXT Error "JSON-1" "trailing-text" "text follows the document"
        => "A second object, or anything else behind the document, is not read. Put further statements into the \
               `Statement` list."
        ["" r#"{"Version": "2012-10-17", "Statement": []} {"Version": "2012-10-17"}"#];
    COMMENT Error "JSON-2" "comment" "a comment, which JSON does not have"
        => "Neither `//` nor `/* */` nor `#` is a comment in JSON. Use the `Sid` to name a statement."
        ["" r#"{"Version": "2012-10-17", /* draft */ "Statement": []}"#];
    TRAILING_COMMA Error "JSON-2" "trailing-comma" "a comma before a closing bracket"
        => "No comma may follow the last item of a list or object."
        ["statement" r#""Effect": "Deny", "Action": ["s3:*",], "Resource": "*""#];
    EXTRA_COMMA Error "JSON-2" "extra-comma" "a comma where a value or a name should be"
        => "Between two commas, or an opening bracket and a comma, an item is missing."
        ["statement" r#""Effect": "Deny", "Action": [,"s3:*"], "Resource": "*""#];
    MISSING_COMMA Error "JSON-2" "missing-comma" "two values without a comma between them"
        => "Two items of a list or object need a comma between them."
        ["statement" r#""Effect": "Deny" "Action": "s3:*", "Resource": "*""#];
    MISSING_COLON Error "JSON-2" "missing-colon" "a name without a colon behind it"
        => "A name in an object needs a colon and a value."
        ["statement" r#""Effect" = "Deny", "Action": "s3:*", "Resource": "*""#];
    MISSING_VALUE Error "JSON-2" "missing-value" "a value is missing"
        => "A colon, or the end of the text, where a value should be."
        ["statement" r#""Effect": , "Action": "s3:*", "Resource": "*""#];
    WRONG_QUOTES Error "JSON-2" "wrong-quotes" "single or typographic quotes"
        => "JSON knows only the straight double quote. Word processors and chat programs replace it by typographic \
               ones."
        ["statement" r#""Effect": “Deny”, "Action": "s3:*", "Resource": "*""#];
    UNQUOTED_TEXT Error "JSON-2" "unquoted-text" "text without quotes"
        => "Names and texts need double quotes; `true`, `false` and `null` are written in lower case. A placeholder \
               of a template, such as `${Region}`, must be filled in first."
        ["condition" r#""Bool": {"aws:SecureTransport": False}"#];
    UNCLOSED_STRING Error "JSON-2" "unclosed-string" "a string without closing quote"
        => "A string must be closed on the line it starts on. A line break inside a string is written `\\n`."
        ["" r#"{"Version": "2012-10-17
}"#];
    UNCLOSED_BRACKET Error "JSON-2" "unclosed-bracket" "a bracket that is never closed"
        => "A `{` or `[` has no counterpart. The place is the opening bracket."
        ["" r#"{"Version": "2012-10-17", "Statement": ["#];
    UNEXPECTED_CHARACTER Error "JSON-2" "unexpected-character" "a character that cannot stand here"
        => "A character that has no meaning in JSON where it stands. White space other than space, tab and line \
               break is reported here too: no-break spaces come with text copied from web pages."
        ["statement" r#""Effect": "Deny", "Action": ("s3:*"), "Resource": "*""#];
    CONTROL_CHARACTER Error "JSON-2" "control-character" "a raw control character in a string"
        => "Characters below U+0020, the tab among them, must be escaped inside a string.";
    BAD_ESCAPE Error "JSON-2" "bad-escape" "an escape sequence that JSON does not have"
        => "After a backslash JSON knows `\" \\ / b f n r t` and `u` with four hexadecimal digits; characters \
               beyond U+FFFF are a *pair* of `\\u` escapes."
        ["statement" r#""Sid": "a\x41", "Effect": "Deny", "Action": "s3:*", "Resource": "*""#];
    BAD_NUMBER Error "JSON-2" "bad-number" "a number that JSON does not have"
        => "Numbers have no leading zeros, no `+`, and digits on both sides of the point."
        ["condition" r#""NumericLessThan": {"s3:max-keys": 010}"#];
    NUMBER_OUT_OF_RANGE Error "JSON-10" "number-out-of-range" "a number beyond the range of double precision"
        => "Readers of JSON differ on numbers beyond about 10^308, so they are refused."
        ["condition" r#""NumericLessThan": {"s3:max-keys": 1e999}"#];
    TOO_DEEP Error "JSON-10" "too-deep" "nesting beyond 64 levels"
        => "Arrays and objects nest at most 64 levels deep. No policy needs more than six.";
    TEXT_TOO_LONG Error "JSON-10" "text-too-long" "a text that is too long"
        => "A policy beyond 1 MiB, a snapshot beyond 1 GiB, and any other file beyond 64 MiB are not read at all.";
    DIAGNOSTICS_CUT Note "JSON-10" "diagnostics-cut" "more diagnostics of the same kind are not shown"
        => "At most 200 diagnostics of one code are listed.";
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

crate::codes! {
    /// Faults of an entry in which somebody writes down a decision: guardrails, suppressions, expected calls.
    pub ENTRY_CODES:
    BLANK_TEXT Error "" "blank-text" "a text that must say something says nothing";
    BAD_DATE Error "" "bad-date" "a day that the calendar does not have";
}
