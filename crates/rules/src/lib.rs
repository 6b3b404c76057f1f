//! What is wrong with service control policies, rule by rule.
//!
//! A [`Rule`] has a code, a risk, the text of its section in `docs/findings.md`, and says what it looks at. Rules that
//! look at a *document* are here, one file each with its check ([`check`]): a text and the catalog are all they need,
//! so that every command can run them. Rules that look at an organization, or that compare what passes, have their text
//! here and their check in the auditor, where the organization is known.
//!
//! To add a rule on documents: a file in `document/` with a `RULE` and a check, its row in the list of `document.rs`,
//! its place in a group of `groups.rs`, and a fixture that has the fault beside one that nearly has it. `UPDATE_DOCS=1`
//! with the tests of this crate writes its section of `docs/findings.md`. Where the fault has exactly one meaning, the
//! check says so in `Found::fix`, and `docs/validate.md` has a row.
//!
//! ```
//! use scproof_policy_parser::{PolicyDocument, PolicyKind};
//! let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"ec2:RunInstances","Resource":"*",
//!     "Condition":{"StringNotEquals":{"ec2:InstanceType":"t3.micro"}}}}"#;
//! let document = PolicyDocument::parse(text, PolicyKind::ServiceControl).document;
//! let found = scproof_rules::check(&document, None);
//! assert_eq!(found[0].rule.code, "unsatisfiable-guard");
//! ```
//!
//! Modules: `rule` (what a rule is), `document` (those on documents), `found` (what they find), `organization` and
//! `proof` (the others), `groups` (all in the order of the page), `texts` (how grave it is what the parser says).

mod document;
mod found;
mod groups;
pub mod organization;
pub mod proof;
mod rule;
mod texts;

pub use document::{Checker, Guard, check, document_rules, guard_on, unknown_names};
pub use found::{Found, FoundCall};
pub use groups::{RULE_GROUPS, RuleGroup};
pub use rule::{LooksAt, Risk, Rule};
pub use texts::{risk_of_text, text_risks};

/// All rules: those on documents, on organizations, and those that compare.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    RULE_GROUPS.iter().flat_map(|group| group.rules.iter().copied())
}

/// The rule with a code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.code == code)
}
