//! Elements of a list that say nothing beside another one.

use std::collections::BTreeMap;

use scproof_policy_parser::{ActionShape, OperatorFamily, PolicyPath, WildcardPattern, covers};
use scproof_text::PartChange;

use super::Subject;
use super::names::quoted;
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

/// The most patterns of one list that others are held against.
const MOST_PATTERNS: usize = 256;

pub(crate) const RULE: Rule = Rule {
    code: "redundant-element",
    risk: Risk::Low,
    looks_at: &[LooksAt::Document],
    title: "An element of a list that another one says already",
    text: "An action, or a value of a condition, stands in a list beside a pattern that matches all that it matches, or \
        stands there twice. It changes nothing, costs characters of a text whose length is limited, and makes readers look \
        for the difference.",
    remedy: "delete it",
    risk_note: "",
    evidence: "proof",
    found_if: "another element of the same list covers it; there is one finding a list, at the first such element.",
    semantics: &["COND-1"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    if let Some(element) = &subject.statement.action {
        let is_sure = |pattern: &ActionShape<'_>| matches!(pattern, ActionShape::Any | ActionShape::Named { .. });
        let texts: Vec<(usize, &str, WildcardPattern)> = element
            .patterns
            .iter()
            .enumerate()
            .filter(|(_, pattern)| is_sure(&pattern.shape()))
            .map(|(place, it)| (place, it.text.as_str(), WildcardPattern::flat(&it.text.to_ascii_lowercase())))
            .collect();
        add(subject, &texts, &|place| subject.action_path(place), found);
    }
    for condition in subject.statement.condition.iter().flatten() {
        let (Some(operator), Some(values)) = (condition.operator, &condition.values) else { continue };
        let is_flat = operator.base.takes_patterns() && operator.base.family() == OperatorFamily::String;
        let values = values.iter().enumerate().filter(|(_, value)| !value.text.contains("${"));
        let texts: Vec<(usize, &str, WildcardPattern)> = values
            .map(|(place, value)| {
                let text = value.text.as_str();
                (place, text, if is_flat { WildcardPattern::flat(text) } else { WildcardPattern::literal(text) })
            })
            .collect();
        add(subject, &texts, &|place| subject.condition_path(condition).index(place), found);
    }
}

/// Adds a finding for the elements of a list that others cover; of equal ones the first stays.
fn add(
    subject: &Subject<'_>,
    texts: &[(usize, &str, WildcardPattern)],
    path: &dyn Fn(usize) -> PolicyPath,
    found: &mut Vec<Found>,
) {
    // Plain names are many in a hostile text: they are looked up, and held against the patterns only.
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    let mut redundant: Vec<(usize, &str, &str)> = Vec::new();
    let patterns: Vec<&(usize, &str, WildcardPattern)> =
        texts.iter().filter(|(_, _, pattern)| pattern.as_literal().is_none()).take(MOST_PATTERNS).collect();
    for (at, (place, text, pattern)) in texts.iter().enumerate() {
        let name = pattern.as_literal();
        let equal = name.and_then(|name| texts.get(*names.get(name)?));
        let says_it = |(other_place, _, other): &&&(usize, &str, WildcardPattern)| {
            other_place != place && covers(other, pattern) && (other_place < place || !covers(pattern, other))
        };
        if let Some((_, by, _)) = patterns.iter().find(says_it).copied().or(equal) {
            redundant.push((*place, text, by));
        }
        if let Some(name) = name {
            names.entry(name).or_insert(at);
        }
    }
    let Some((first, text, by)) = redundant.first() else { return };
    let more = match redundant.len() {
        1 => String::new(),
        2 => " (and 1 more)".to_owned(),
        count => format!(" (and {} more)", count - 1),
    };
    let says = if text.eq_ignore_ascii_case(by) {
        "stands there twice".to_owned()
    } else {
        format!("is part of {}", quoted(by))
    };
    let message = format!("{}{more} changes nothing: it {says}", quoted(text));
    let mut one = subject.found(&RULE, RULE.risk, path(*first), message);
    let changes = redundant.iter().map(|(place, _, _)| PartChange::Gone(path(*place))).collect();
    one.fix = Some((format!("delete {}{more}", quoted(text)), changes));
    "readers look for a difference that is not there".clone_into(&mut one.reason);
    found.push(one);
}
