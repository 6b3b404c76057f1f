//! Statements that another statement of the same policy says already.

use scproof_policy_parser::{
    ActionElement, Condition, ConditionOperator, ResourceElement, Statement, WildcardPattern, covers, overlaps,
};

use super::Subject;
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

/// The most statements, and elements of a list, that are compared with one another.
const MOST: usize = 64;

pub(crate) const RULE: Rule = Rule {
    code: "redundant-statement",
    risk: Risk::Low,
    looks_at: &[LooksAt::Document],
    title: "A statement that another one says already",
    text: "Another statement of the same policy has the same effect, on all that this one names, under conditions that hold \
        whenever those of this one do. This one changes nothing, and costs characters of a text whose length is limited.",
    remedy: "delete it, or the other one",
    risk_note: "",
    evidence: "proof",
    found_if: "actions and resources of the one cover those of the other, and each of its conditions stands in the other, \
        too. Of two equal statements the second is told. An audit tells a Deny that changes nothing as \
        `deny-without-effect`.",
    semantics: &["EVAL-4", "COND-1"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let (statement, statements) = (subject.statement, &subject.document.statements);
    if !statement.is_readable() || statements.len() > MOST || is_long(statement) {
        return;
    }
    let others = statements.iter().enumerate().filter(|(number, other)| {
        *number != subject.number
            && other.effect == statement.effect
            && other.is_readable()
            && !is_long(other)
            && says(other, statement)
            && (*number < subject.number || !says(statement, other))
    });
    let Some((number, _)) = others.into_iter().next() else { return };
    let other = subject.document.statement_path(number);
    let message = format!("{} changes nothing: `{other}` says the same", subject.name());
    let mut one = subject.found(&RULE, RULE.risk, subject.path(), message);
    "readers look for a difference that is not there".clone_into(&mut one.reason);
    one.remedy = format!("delete it, or `{other}`");
    found.push(one);
}

fn is_long(statement: &Statement) -> bool {
    statement.action.as_ref().is_none_or(|element| element.patterns.len() > MOST)
        || statement.resource.as_ref().is_none_or(|element| element.patterns.len() > MOST)
        || statement.condition.as_ref().is_none_or(|conditions| conditions.len() > MOST)
}

/// Whether the first matches wherever the second does.
fn says(one: &Statement, other: &Statement) -> bool {
    let (Some(actions), Some(other_actions)) = (&one.action, &other.action) else { return false };
    let (Some(resources), Some(other_resources)) = (&one.resource, &other.resource) else { return false };
    let conditions = one.condition.as_deref().unwrap_or_default();
    let other_conditions = other.condition.as_deref().unwrap_or_default();
    conditions.iter().all(|condition| other_conditions.iter().any(|known| is_same(condition, known)))
        && names_resources(resources, other_resources)
        && names_actions(actions, other_actions)
}

fn names_actions(one: &ActionElement, other: &ActionElement) -> bool {
    let read = |element: &ActionElement| -> Vec<WildcardPattern> {
        element.patterns.iter().map(|pattern| WildcardPattern::flat(&pattern.text.to_ascii_lowercase())).collect()
    };
    let (patterns, others) = (read(one), read(other));
    match (one.negated, other.negated) {
        (false, false) => others.iter().all(|other| patterns.iter().any(|pattern| covers(pattern, other))),
        (true, true) => patterns.iter().all(|pattern| others.iter().any(|other| covers(other, pattern))),
        (true, false) => !others.iter().any(|other| patterns.iter().any(|pattern| overlaps(pattern, other))),
        (false, true) => one.patterns.iter().any(|pattern| pattern.text == "*"),
    }
}

/// Wildcards of ARNs do not cross colons everywhere (RES-12): only equal texts, and `*`, are compared.
fn names_resources(one: &ResourceElement, other: &ResourceElement) -> bool {
    let has = |element: &ResourceElement, text: &str| element.patterns.iter().any(|pattern| pattern.text == text);
    let is_any = !one.negated && has(one, "*");
    let is_part =
        |one: &ResourceElement, other: &ResourceElement| one.patterns.iter().all(|pattern| has(other, &pattern.text));
    is_any
        || match (one.negated, other.negated) {
            (false, false) => is_part(other, one),
            (true, true) => is_part(one, other),
            (true, false) | (false, true) => false,
        }
}

fn is_same(one: &Condition, other: &Condition) -> bool {
    let parts = |operator: Option<ConditionOperator>| operator.map(|it| (it.base, it.set, it.if_exists));
    let texts = |condition: &Condition| {
        let mut texts: Vec<String> = condition.values.iter().flatten().map(|value| value.text.clone()).collect();
        texts.sort();
        texts.dedup();
        texts
    };
    parts(one.operator) == parts(other.operator)
        && one.key.eq_ignore_ascii_case(&other.key)
        && texts(one) == texts(other)
}
