//! How grave it is what the parser says about the text of a policy.

use crate::rule::Risk;

/// What becomes a finding. Sizes are counted against the limits of the audit, unknown keys are looked up in the
/// catalog, and both have findings of their own; notes, resource control policies and the language of the past are left
/// to `validate`.
///
/// Medium: the part matches nothing, or something that was not meant, or what it does is unknown. Low: it works, and
/// should be tidied up.
const RISKS: &[(&str, Risk)] = &[
    ("action-and-not-action", Risk::Medium),
    ("action-character", Risk::Medium),
    ("action-white-space", Risk::Medium),
    ("another-kind-of-file", Risk::Medium),
    ("arn-only-stars", Risk::Medium),
    ("bad-action", Risk::Medium),
    ("bad-condition-key", Risk::Medium),
    ("bad-condition-value", Risk::Medium),
    ("bad-effect", Risk::Medium),
    ("bad-escape", Risk::Medium),
    ("bad-null-value", Risk::Medium),
    ("bad-number", Risk::Medium),
    ("bad-resource", Risk::Medium),
    ("bad-sid", Risk::Low),
    ("bad-statement", Risk::Medium),
    ("bad-variable-key", Risk::Medium),
    ("bool-both-values", Risk::Medium),
    ("byte-order-mark", Risk::Low),
    ("comment", Risk::Medium),
    ("condition-not-object", Risk::Medium),
    ("control-character", Risk::Medium),
    ("date-four-digits", Risk::Medium),
    ("date-milliseconds", Risk::Medium),
    ("date-without-zone", Risk::Low),
    ("duplicate-key-case", Risk::Medium),
    ("duplicate-name", Risk::Medium),
    ("duplicate-operator", Risk::Medium),
    ("duplicate-sid", Risk::Low),
    ("empty-action-name", Risk::Medium),
    ("empty-condition", Risk::Medium),
    ("empty-list", Risk::Medium),
    ("empty-sid", Risk::Low),
    ("empty-statement-list", Risk::Medium),
    ("empty-text", Risk::Medium),
    ("empty-value-list", Risk::Medium),
    ("extra-comma", Risk::Medium),
    ("id-element", Risk::Low),
    ("incomplete-arn", Risk::Medium),
    ("invalid-utf8", Risk::Medium),
    ("ipv6-without-prefix-length", Risk::Low),
    ("literal-variable", Risk::Medium),
    ("malformed-operand", Risk::Medium),
    ("malformed-variable", Risk::Medium),
    ("misplaced-variable", Risk::Medium),
    ("missing-action", Risk::Medium),
    ("missing-colon", Risk::Medium),
    ("missing-comma", Risk::Medium),
    ("missing-effect", Risk::Medium),
    ("missing-resource", Risk::Medium),
    ("missing-statement", Risk::Medium),
    ("missing-tag-key", Risk::Medium),
    ("missing-value", Risk::Medium),
    ("missing-version", Risk::Low),
    ("mixed-value-types", Risk::Low),
    ("multivalued-variable", Risk::Medium),
    ("not-a-string", Risk::Medium),
    ("not-an-object", Risk::Medium),
    ("null-both-values", Risk::Medium),
    ("null-if-exists", Risk::Medium),
    ("null-with-set-prefix", Risk::Low),
    ("number-out-of-range", Risk::Medium),
    ("old-version", Risk::Low),
    ("operator-case", Risk::Low),
    ("principal-in-scp", Risk::Medium),
    ("resource-and-not-resource", Risk::Medium),
    ("template-placeholder", Risk::Medium),
    ("text-too-long", Risk::Medium),
    ("too-deep", Risk::Medium),
    ("trailing-comma", Risk::Medium),
    ("trailing-text", Risk::Medium),
    ("unclosed-bracket", Risk::Medium),
    ("unclosed-string", Risk::Medium),
    ("unexpected-character", Risk::Medium),
    ("unknown-element", Risk::Medium),
    ("unknown-operator", Risk::Medium),
    ("unknown-set-prefix", Risk::Medium),
    ("unknown-version", Risk::Medium),
    ("unquoted-text", Risk::Medium),
    ("upper-case-arn", Risk::Medium),
    ("variable-in-bool", Risk::Medium),
    ("variable-not-supported", Risk::Medium),
    ("wildcard-prefix", Risk::Medium),
    ("wildcard-resource-type", Risk::Low),
    ("wildcard-service", Risk::Medium),
    ("wrong-quotes", Risk::Medium),
];

/// The codes of the parser that are findings, and how grave each is; in the order of the alphabet.
pub fn text_risks() -> impl Iterator<Item = (&'static str, Risk)> {
    RISKS.iter().copied()
}

/// How grave it is what the parser says with a code; `None` if it is no finding.
pub fn risk_of_text(code: &str) -> Option<Risk> {
    let found = RISKS.binary_search_by_key(&code, |(known, _)| known).ok()?;
    RISKS.get(found).map(|(_, risk)| *risk)
}
