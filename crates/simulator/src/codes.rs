//! The table of codes of what can be wrong with expectations.

scproof_text::codes! {
    /// What keeps a file of expectations from being used, beside what any file can have; `docs/expect.md` describes each.
    pub EXPECT_CODES:
    TOO_MANY_PATTERNS Error "" "too-many-patterns" "the file has more than 1,000 patterns for accounts or 10,000 for actions";
    AMBIGUOUS_NAME Error "" "ambiguous-name" "several accounts or units have the name";
    UNKNOWN_ACCOUNT Error "" "unknown-account" "a text that chooses no account";
    EMPTY_LIST Error "" "empty-list" "a list without anything in it, so that the entry allows nothing";
    UNKNOWN_TRANSITION Error "" "unknown-transition" "a transition that does not exist";
    BAD_ACTION Error "DOC-18" "bad-action" "a text that is no pattern of actions";
}
