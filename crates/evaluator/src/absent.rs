//! What a condition says of a call that lacks its key, or has some value of it, for those who look at documents alone.

use scproof_policy_parser::Condition;

use crate::condition::CompiledCondition;
use crate::state::KeyState;
use crate::trace::KeySlot;
use crate::truth::Truth;

/// The truth of a condition in a call that lacks its key (D.2, the column "key absent"): unknown where AWS's
/// documentation leaves it open, or the condition cannot be read.
///
/// ```
/// use scproof_evaluator::{Truth, truth_when_absent};
/// use scproof_policy_parser::{PolicyDocument, PolicyKind};
/// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{
///     "StringNotEquals":{"aws:SourceVpc":"vpc-1"},"Bool":{"aws:MultiFactorAuthPresent":"false"}}}}"#;
/// let document = PolicyDocument::parse(text, PolicyKind::ServiceControl).document;
/// let conditions = document.statements[0].condition.as_deref().unwrap_or_default();
/// let truths: Vec<Truth> = conditions.iter().map(truth_when_absent).collect();
/// assert_eq!(truths, [Truth::True, Truth::False]);
/// ```
pub fn truth_when_absent(condition: &Condition) -> Truth {
    truth_in(condition, &KeyState::Absent)
}

/// The truth of a condition in a call that has one value of its key (D.2); policy variables are taken as text.
pub fn truth_of_value(condition: &Condition, value: &str) -> Truth {
    truth_in(condition, &KeyState::single(value))
}

fn truth_in(condition: &Condition, state: &KeyState) -> Truth {
    let compiled = CompiledCondition::compile(0, condition, false, false, |_| None, &mut |_| KeySlot(0));
    compiled.truth_in_case(state, false)
}
