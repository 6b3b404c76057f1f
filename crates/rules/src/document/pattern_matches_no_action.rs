//! Patterns that match no action of the catalog (DOC-21).

use super::Subject;
use super::names::{self, Known, quoted};
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "pattern-matches-no-action",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Document],
    title: "A pattern that matches no action",
    text: "No action of the catalog matches the pattern.",
    remedy: "correct the spelling, or delete it",
    risk_note: "; *low* for an unknown service without a near name",
    evidence: "snapshot, depends on the catalog",
    found_if: "",
    semantics: &["DOC-21"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for (place, text, known) in names::unknown(subject) {
        let cause = names::cause(text, &known);
        let (message, near, is_slip) = match known {
            Known::NoService(near) if text.contains(['*', '?']) => {
                let is_slip = !near.is_empty();
                (names::no_service(text), near, is_slip)
            }
            Known::NoMatch => (format!("{} matches no known action", quoted(text)), Vec::new(), true),
            Known::NoService(_) | Known::NoAction(_) | Known::Operation(_) | Known::Yes => continue,
        };
        let mut one = names::action(subject, &RULE, place, message, &near, is_slip);
        one.cause = Some(cause);
        found.push(one);
    }
}
