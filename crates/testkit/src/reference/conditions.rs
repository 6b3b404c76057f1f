//! Conditions: blocks, missing keys, sets (D.1, D.2, H.2).

use scproof_evaluator::Truth;
use scproof_policy_parser::{BaseOperator, Condition, ConditionOperator, ConditionValue, SetPrefix};

use super::facts::{Candidate, Domain, Facts, State};
use super::keys::Kind;
use super::operators::{self, Comparison, Subject};
use super::readings::{Readings, Settler};
use super::value::{Undecided, Value};

/// COND-1: one operator on one key.
pub(crate) fn condition_holds(
    condition: &Condition,
    facts: &Facts<'_>,
    has_variables: bool,
    policy: &str,
    settler: &Settler,
) -> Value {
    // DOC-29, K3-14: what could not be read is unknown.
    let (Some(operator), Some(values)) = (condition.operator, &condition.values) else {
        return Value::unknown(Undecided::Policy(policy.to_owned()));
    };
    let evaluation = Evaluation { operator, values, key: &condition.key, facts, has_variables, settler };
    settler.settle(|readings| match facts.candidate(&condition.key, readings) {
        // COND-5.
        Some(state) => evaluation.of_state(&state, readings),
        None => Value::unknown_rule("GEN-7"),
    })
}

struct Evaluation<'a> {
    operator: ConditionOperator,
    values: &'a [ConditionValue],
    key: &'a str,
    facts: &'a Facts<'a>,
    has_variables: bool,
    settler: &'a Settler,
}

impl Evaluation<'_> {
    fn of_state(&self, state: &State, readings: &Readings) -> Value {
        // K3-5.
        if let State::Either(states) = state {
            return Value::over_states(states.iter().map(|one| self.of_state(one, readings)).collect(), self.key);
        }
        if self.operator.base == BaseOperator::Null {
            return self.null(state, readings);
        }
        if self.values.is_empty() {
            return self.without_values(state, readings);
        }
        match state {
            State::Absent => self.when_absent(readings),
            State::Present { values, multivalued } => self.when_present(values, *multivalued, readings),
            State::Either(_) => Value::unknown_key(self.key),
            State::Unknown { absence_possible, domain, possibly_multivalued, holds, empty_text_possible } => {
                // K3-5: every possible state.
                let mut results = Vec::new();
                if *absence_possible {
                    results.push(self.when_absent(readings));
                }
                // CALL-23.
                if *empty_text_possible {
                    results.push(self.when_present(&[String::new()], false, readings));
                }
                results.push(self.when_present_unknown(domain, *possibly_multivalued, holds));
                Value::over_states(results, self.key)
            }
        }
    }

    /// SET-1 to SET-8, SET-13: the column "key absent".
    fn when_absent(&self, readings: &Readings) -> Value {
        Value::certain(match (self.operator.set, self.operator.if_exists) {
            (Some(SetPrefix::ForAllValues), _) | (None, true) => true,
            (Some(SetPrefix::ForAnyValue), true) => readings.preferred("SET-13"),
            (Some(SetPrefix::ForAnyValue), false) => false,
            (None, false) => self.operator.base.is_negated(),
        })
    }

    /// SET-1 to SET-12: the columns "key present".
    fn when_present(&self, texts: &[String], multivalued: bool, readings: &Readings) -> Value {
        let each = || texts.iter().map(|text| self.result(&Subject::Text(text.clone())));
        match self.operator.set {
            Some(SetPrefix::ForAllValues) => {
                // SET-11: older pages count empty texts as an empty set.
                let only_empty = !texts.is_empty() && texts.iter().all(String::is_empty);
                if only_empty && !readings.preferred("SET-11") { Value::certain(true) } else { Value::all(each()) }
            }
            Some(SetPrefix::ForAnyValue) => Value::any(each()),
            None => match texts {
                [] => self.when_absent(readings),
                [text] if !multivalued => self.result(&Subject::Text(text.clone())),
                // SET-9, SET-10: as a single value (preferred), or false.
                [text] => {
                    let rule = if self.operator.base.is_negated() { "SET-10" } else { "SET-9" };
                    let as_single = readings.preferred(rule);
                    if as_single { self.result(&Subject::Text(text.clone())) } else { Value::certain(false) }
                }
                // SET-10: no reading is preferred.
                _ if self.operator.base.is_negated() => match readings.choose_without_preference("SET-10", "", 3) {
                    0 => Value::all(each()),
                    1 => Value::any(each()),
                    _ => Value::certain(false),
                },
                // SET-9: false (preferred), or as `ForAnyValue`.
                _ if readings.preferred("SET-9") => Value::certain(false),
                _ => Value::any(each()),
            },
        }
    }

    /// K3-8, K3-10, SP-33: the key is there, its values are unknown.
    fn when_present_unknown(&self, domain: &Domain, possibly_multivalued: bool, holds: &[String]) -> Value {
        let of_one_value = || {
            let results = match domain {
                Domain::Any(kind) => vec![self.result(&Subject::Any(*kind))],
                Domain::NoneOf(texts) => vec![self.result(&Subject::NoneOf(texts.clone()))],
                Domain::OneOf(candidates) => candidates
                    .iter()
                    .map(|candidate| match candidate {
                        Candidate::Text(text) => self.result(&Subject::Text(text.clone())),
                        Candidate::Like(pieces) => self.result(&Subject::Like(pieces.clone())),
                    })
                    .collect(),
            };
            Value::over_states(results, self.key)
        };
        match (self.operator.set, possibly_multivalued) {
            // CLR-2, SP-33.
            (None, true) => Value::unknown_key(self.key),
            (None | Some(_), false) => of_one_value(),
            // K3-10: it may be an empty list (SET-11).
            (Some(SetPrefix::ForAllValues), true) if holds.iter().any(|text| self.held(text) == Truth::False) => {
                Value::certain(false)
            }
            (Some(SetPrefix::ForAnyValue), true) if holds.iter().any(|text| self.held(text) == Truth::True) => {
                Value::certain(true)
            }
            (Some(SetPrefix::ForAllValues), true) => {
                Value::over_states(vec![Value::certain(true), of_one_value()], self.key)
            }
            (Some(SetPrefix::ForAnyValue), true) => {
                Value::over_states(vec![Value::certain(false), of_one_value()], self.key)
            }
        }
    }

    /// What the condition says of a value that the list certainly has (LAW-2, LAW-3).
    fn held(&self, text: &str) -> Truth {
        self.result(&Subject::Text(text.to_owned())).truth
    }

    /// COND-1, K3-10: OR over the policy values for positive operators, NOR for negated ones.
    fn result(&self, subject: &Subject) -> Value {
        let base = self.operator.base;
        // K3-8: a Bool key is `true` or `false`, whichever it is.
        let lists = |word: &str| self.values.iter().any(|value| value.text.eq_ignore_ascii_case(word));
        if base == BaseOperator::Bool && *subject == Subject::Any(Kind::Bool) && lists("true") && lists("false") {
            return Value::certain(true);
        }
        let comparison = Comparison { base, key: self.key, facts: self.facts, has_variables: self.has_variables };
        let one = |value: &ConditionValue| {
            self.settler.settle(|readings| operators::matches(&comparison, subject, &value.text, readings))
        };
        Value::any(self.values.iter().map(one)).negate_if(base.is_negated())
    }

    /// DOC-28, CLR-3, SP-15: an empty list of policy values.
    fn without_values(&self, state: &State, readings: &Readings) -> Value {
        let is_bare = self.operator.set.is_none();
        if is_bare && !self.operator.if_exists {
            // False for positive operators and true for negated ones (preferred), or the opposite.
            return Value::certain(readings.preferred("DOC-28") == self.operator.base.is_negated());
        }
        match state {
            State::Absent => self.when_absent(readings),
            State::Present { values, .. } if is_bare && values.is_empty() => self.when_absent(readings),
            State::Present { .. } => Value::certain(false),
            State::Either(_) => Value::unknown_key(self.key),
            State::Unknown { absence_possible, possibly_multivalued, .. } => {
                let mut results = vec![Value::certain(false)];
                if *absence_possible || (is_bare && *possibly_multivalued) {
                    results.push(self.when_absent(readings));
                }
                Value::over_states(results, self.key)
            }
        }
    }

    /// SET-16, SP-15, SP-23.
    fn null(&self, state: &State, readings: &Readings) -> Value {
        // A set prefix is ignored (preferred), or makes the condition unknown.
        if self.operator.set.is_some() && !readings.preferred("SET-16") {
            return Value::unknown_rule("SET-16");
        }
        if self.values.is_empty() {
            return Value::certain(!readings.preferred("DOC-28"));
        }
        let lists = |word: &str| self.values.iter().any(|value| value.text.eq_ignore_ascii_case(word));
        let is_word = |text: &str| ["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word));
        if !self.values.iter().all(|value| is_word(&value.text)) {
            return Value::unknown_rule("SET-16");
        }
        let when = |is_absent: bool| Value::certain(lists(if is_absent { "true" } else { "false" }));
        match state {
            State::Absent => when(true),
            State::Present { values, .. } => {
                // SET-11, SP-23: an empty text is absent for Null (preferred), or present.
                let only_empty = values.iter().all(String::is_empty);
                when(values.is_empty() || (only_empty && readings.preferred("SET-11")))
            }
            State::Either(_) => Value::unknown_key(self.key),
            State::Unknown { absence_possible, possibly_multivalued, holds, empty_text_possible, .. } => {
                let mut results = vec![when(false)];
                // SET-11: a list may be empty.
                if *absence_possible || (*possibly_multivalued && holds.is_empty()) {
                    results.push(when(true));
                }
                // CALL-23, VAR-9.
                if *empty_text_possible {
                    results.push(when(readings.preferred("SET-11")));
                }
                Value::over_states(results, self.key)
            }
        }
    }
}
