//! The table of codes of what can be wrong with guardrails and suppressions.

scproof_text::codes! {
    /// What keeps a file of guardrails or suppressions from being used, beside what any file can have.
    /// `docs/guardrails.md` and `docs/suppressions.md` describe each.
    pub FILE_CODES:
    BAD_ID Error "" "bad-id" "the id of a guardrail has other characters than small letters, digits and hyphens";
    DUPLICATE_ID Error "" "duplicate-id" "two guardrails have one id";
    UNKNOWN_RISK Error "" "unknown-risk" "a risk that does not exist";
    BAD_SOURCE Error "" "bad-source" "a source that is no web page";
    TOO_MANY_GUARDRAILS Error "" "too-many-guardrails" "a file has more than 1,000 guardrails";
    TOO_MANY_STATEMENTS Error "" "too-many-statements" "a guardrail has more than 100 statements";
    NO_STATEMENTS Error "" "empty-list" "a guardrail without statements";
    BAD_STATEMENTS Error "" "bad-statement" "statements without a meaning";
    BAD_EFFECT Error "DOC-7" "bad-effect" "a statement of a guardrail with another effect than `Deny`";
    TOO_MANY_SUPPRESSIONS Error "" "too-many-suppressions" "a file has more than 10,000 suppressions";
}
