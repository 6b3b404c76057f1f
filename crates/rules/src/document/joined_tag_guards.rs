//! Tags that a call must have, joined in one statement: one of them is enough (COND-1).

use scproof_evaluator::{Truth, truth_of_value, truth_when_absent};

use super::{Subject, named};
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

const REQUEST_TAG: &str = "aws:requesttag/";

pub(crate) const RULE: Rule = Rule {
    code: "joined-tag-guards",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Document],
    title: "Required tags of which one is enough",
    text: "A Deny statement asks for several tags of the request. Conditions of one statement hold together, so it denies \
        only calls that lack all of them: one tag is enough to pass.",
    remedy: "make a statement of its own for each tag",
    risk_note: "",
    evidence: "proof",
    found_if: "a Deny has conditions on several `aws:RequestTag/…` that all hold where the tag is missing.",
    semantics: &["COND-1"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let Some(statement) = subject.deny() else { return };
    let conditions = statement.condition.iter().flatten();
    let guards: Vec<_> = conditions
        .filter(|condition| {
            condition.key.to_ascii_lowercase().starts_with(REQUEST_TAG) && truth_when_absent(condition) == Truth::True
        })
        .collect();
    let mut keys: Vec<&str> = guards.iter().map(|condition| condition.key.as_str()).collect();
    keys.sort_unstable_by_key(|key| key.to_ascii_lowercase());
    // `Null` beside a list of values is about one tag.
    keys.dedup_by(|one, other| one.eq_ignore_ascii_case(other));
    let [first, ..] = guards.as_slice() else { return };
    if keys.len() < 2 {
        return;
    }
    // The first tag as it should be, none of the others.
    let of_first = guards.iter().filter(|condition| condition.key.eq_ignore_ascii_case(&first.key));
    let listed = guards.iter().flat_map(|condition| condition.values.iter().flatten()).map(|value| value.text.as_str());
    let value = std::iter::once("example")
        .chain(listed)
        .find(|value| of_first.clone().any(|condition| truth_of_value(condition, value) == Truth::False));
    let call = value.and_then(|value| {
        let states =
            keys.iter().map(|key| ((*key).to_owned(), key.eq_ignore_ascii_case(&first.key).then(|| value.to_owned())));
        subject.call(states.collect())
    });
    let shown = call.as_ref().map_or_else(String::new, |call| format!(", such as {}", call.words()));
    let message = format!(
        "{} denies only calls that meet all of its conditions: of {} one is enough to pass{shown}",
        subject.name(),
        named(&keys)
    );
    let mut one = subject.found(&RULE, RULE.risk, subject.condition_path(first), message);
    "a call with one of the tags, as it should be, passes without the others".clone_into(&mut one.reason);
    one.call = call;
    found.push(one);
}
