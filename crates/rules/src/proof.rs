//! Rules that compare what passes with and without a part; their checks ask the prover, in the auditor.

use crate::rule::{LooksAt, Risk, Rule};

/// An Allow that changes nothing.
pub const ALLOW_WITHOUT_EFFECT: Rule = Rule {
    code: "allow-without-effect",
    risk: Risk::Low,
    looks_at: &[LooksAt::Proof],
    title: "An Allow that changes nothing",
    text: "Without an Allow statement exactly the same calls pass in every account below: the same level allows \
        them anyway, or another level blocks them.",
    remedy: "delete the statement; or, if it was meant to let calls pass, allow them at every level of the path",
    risk_note: "",
    evidence: "proof",
    found_if: "the prover shows no difference between the organization with and without the statement.",
    semantics: &["EVAL-7"],
};

/// An attachment that changes nothing.
pub const ATTACHMENT_WITHOUT_EFFECT: Rule = Rule {
    code: "attachment-without-effect",
    risk: Risk::Low,
    looks_at: &[LooksAt::Proof],
    title: "An attachment that changes nothing",
    text: "Without the attachment of a policy to a target exactly the same calls pass in every account below.",
    remedy: "detach the policy there",
    risk_note: "",
    evidence: "proof",
    found_if: "the prover shows no difference between the organization with and without the attachment.",
    semantics: &["EVAL-7"],
};

/// A statement that blocks every call of some accounts.
pub const BLOCKS_EVERYTHING: Rule = Rule {
    code: "blocks-everything",
    risk: Risk::Info,
    looks_at: &[LooksAt::Proof],
    title: "A statement that blocks every call of some accounts",
    text: "One statement denies every call of the accounts below, whoever makes it: a unit for suspended \
        accounts, for instance. It is meant, so it is worth knowing only.",
    remedy: "none, if it is meant",
    risk_note: "",
    evidence: "proof",
    found_if: "the statement alone leaves no call that passes.",
    semantics: &["EVAL-4"],
};

/// Statements that together block every call of some accounts.
pub const BLOCKS_EVERYTHING_TOGETHER: Rule = Rule {
    code: "blocks-everything-together",
    risk: Risk::High,
    looks_at: &[LooksAt::Proof],
    title: "Statements that together block every call of some accounts",
    text: "No call of the accounts below passes, though no single statement blocks everything: several \
        statements or levels do it together, such as two allow lists that have nothing in common.",
    remedy: "compare the Allow statements level by level; what should pass must be allowed at each",
    risk_note: "",
    evidence: "proof",
    found_if: "the prover shows that no call passes, and that one passes without any one of the statements.",
    semantics: &["EVAL-7"],
};

/// A Deny that changes nothing.
pub const DENY_WITHOUT_EFFECT: Rule = Rule {
    code: "deny-without-effect",
    risk: Risk::Low,
    looks_at: &[LooksAt::Proof],
    title: "A Deny that changes nothing",
    text: "Without a Deny statement exactly the same calls pass in every account below: other statements block \
        what it blocks, or nothing allows it.",
    remedy: "delete the statement, or the one that repeats it",
    risk_note: "",
    evidence: "proof",
    found_if: "the prover shows no difference between the organization with and without the statement.",
    semantics: &["EVAL-7"],
};
