//! One operator applied to one key: the truth tables of part D.2 over the states of K3-3 and K3-5.

use std::sync::LazyLock;

use scproof_catalog::ValueType;
use scproof_policy_parser::{BaseOperator, Condition, ConditionOperator, SetPrefix, parse_bool};

use crate::state::{Domain, DomainValues, KeyState, Value, Values};
use crate::trace::{Evaluation, KeySlot, NoTrace, Trace};
use crate::truth::Truth;
use crate::values::{CompiledValue, compile_value, value_truth};

/// The empty text as the value of a key (CALL-23).
static EMPTY_TEXT: LazyLock<Values> =
    LazyLock::new(|| Values { texts: Box::new([Value::from("")]), multivalued: false });

/// A condition ready to evaluate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct CompiledCondition {
    /// Its number among the conditions of the organization.
    pub(crate) id: u32,
    pub(crate) slot: KeySlot,
    /// Whether its values match every text or none, where it means the same in every request (K3-8).
    pub(crate) any_truth: Truth,
    /// Unknown operators and unreadable values leave the condition unknown (DOC-29, K3-14).
    pub(crate) body: ConditionBody,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum ConditionBody {
    Unreadable,
    /// `Null` (SET-16).
    Presence {
        prefixed: bool,
        wants_absent: bool,
        wants_present: bool,
        malformed: bool,
        empty: bool,
    },
    Comparison {
        operator: ConditionOperator,
        values: Box<[CompiledValue]>,
        key_type: Option<ValueType>,
    },
}

impl CompiledCondition {
    /// Compiles a condition of a document with or without variables (VAR-3).
    pub(crate) fn compile(
        id: u32,
        condition: &Condition,
        variables: bool,
        assume_preferred: bool,
        key_type: impl FnOnce(&str) -> Option<ValueType>,
        slot_of: &mut impl FnMut(&str) -> KeySlot,
    ) -> Self {
        let slot = slot_of(&condition.key);
        let (Some(operator), Some(values)) = (condition.operator, &condition.values) else {
            return Self { id, slot, any_truth: Truth::Unknown, body: ConditionBody::Unreadable };
        };
        if operator.base == BaseOperator::Null {
            let wants = |wanted| values.iter().any(|value| parse_bool(&value.text) == Some(wanted));
            let body = ConditionBody::Presence {
                prefixed: operator.set.is_some(),
                wants_absent: wants(true),
                wants_present: wants(false),
                malformed: values.iter().any(|value| parse_bool(&value.text).is_none()),
                empty: values.is_empty(),
            };
            return Self { id, slot, any_truth: Truth::Unknown, body };
        }
        let compiled =
            values.iter().map(|value| compile_value(operator.base, &value.text, variables, slot_of)).collect();
        let key_type = key_type(&condition.key);
        let body = ConditionBody::Comparison { operator, values: compiled, key_type };
        let mut condition = Self { id, slot, any_truth: Truth::Unknown, body };
        if condition.is_static() {
            let truth = condition.domain_truth(&DomainValues::Any, &[], assume_preferred);
            condition.any_truth = truth.unwrap_or(Truth::Unknown);
        }
        condition
    }

    /// The key, and the keys that the variables of its values name.
    pub(crate) fn slots(&self) -> impl Iterator<Item = KeySlot> {
        let values = match &self.body {
            ConditionBody::Comparison { values, .. } => &values[..],
            ConditionBody::Unreadable | ConditionBody::Presence { .. } => &[],
        };
        let named = values.iter().flat_map(CompiledValue::templates).map(|template| &template.slots);
        std::iter::once(self.slot).chain(named.flatten().copied())
    }

    /// The truth of the condition in a request.
    pub(crate) fn truth<T: Trace>(&self, eval: &mut Evaluation<'_, T>) -> Truth {
        self.truth_of_state(eval.state(self.slot), eval)
    }

    /// The truth if the key had this state; for conditions without variables. A value that stands for a class of values
    /// is present, also if it is the empty text (K3-8).
    pub(crate) fn truth_in_case(&self, state: &KeyState, assume_preferred: bool) -> Truth {
        self.truth_in_class(state, &mut Evaluation { states: &[], assume_preferred, trace: NoTrace })
    }

    /// The same, with the states of the keys that variables name.
    pub(crate) fn truth_in_class<T: Trace>(&self, state: &KeyState, eval: &mut Evaluation<'_, T>) -> Truth {
        if let (
            ConditionBody::Presence { wants_present, prefixed: false, malformed: false, empty: false, .. },
            KeyState::Present(values),
        ) = (&self.body, state)
            && !values.texts.is_empty()
        {
            return (*wants_present).into();
        }
        self.truth_of_state(state, eval)
    }

    /// The truth if the key had this state.
    pub(crate) fn truth_of_state<T: Trace>(&self, state: &KeyState, eval: &mut Evaluation<'_, T>) -> Truth {
        match (&self.body, state) {
            (ConditionBody::Unreadable, _) => eval.open("DOC-29"),
            (_, KeyState::Candidates(states)) => {
                let mut agreed: Option<Truth> = None;
                for state in states {
                    let truth = self.truth_of_state(state, eval);
                    agreed = Some(agreed.map_or(truth, |agreed| agreed.agree(truth)));
                }
                match agreed {
                    Some(Truth::True) => Truth::True,
                    Some(Truth::False) => Truth::False,
                    Some(Truth::Unknown) | None => eval.open("COND-5"),
                }
            }
            (_, KeyState::Either(state)) => {
                let truth = self.truth_of_state(state, eval);
                let truth = truth.agree(self.truth_of_state(&KeyState::Absent, eval));
                if truth == Truth::Unknown {
                    eval.trace.key(self.slot);
                }
                truth
            }
            (_, KeyState::OtherFold) => eval.open("GEN-7"),
            (ConditionBody::Presence { prefixed, wants_absent, wants_present, malformed, empty }, state) => {
                if *malformed {
                    return eval.open("SET-16");
                }
                if *empty {
                    return eval.readings("DOC-28", Truth::False, Truth::Unknown);
                }
                let truth = presence_truth(*wants_absent, *wants_present, state, self.slot, eval);
                if *prefixed && truth != Truth::Unknown {
                    eval.readings("SET-16", truth, Truth::Unknown)
                } else {
                    truth
                }
            }
            (ConditionBody::Comparison { operator, values, .. }, state) => {
                let comparison = Comparison { id: self.id, operator: *operator, values, any_truth: self.any_truth };
                comparison.truth(state, self.slot, eval)
            }
        }
    }
}

/// SET-16: presence, and what an empty string counts as.
fn presence_truth<T: Trace>(
    wants_absent: bool,
    wants_present: bool,
    state: &KeyState,
    slot: KeySlot,
    eval: &mut Evaluation<'_, T>,
) -> Truth {
    let by_presence = |present: bool| Truth::from(if present { wants_present } else { wants_absent });
    match state {
        KeyState::Present(values) if !values.texts.is_empty() => {
            if values.texts.iter().all(|value| value.text.is_empty()) {
                eval.readings("VAR-9", by_presence(false), by_presence(true))
            } else {
                by_presence(true)
            }
        }
        KeyState::Absent | KeyState::Present(_) => by_presence(false),
        KeyState::Unknown(domain) => {
            // An unknown list may be empty, which counts as absent (SET-11).
            let maybe_absent = domain.may_be_absent || (domain.may_be_list && !domain.is_filled);
            let mut truth = if maybe_absent { by_presence(true).agree(by_presence(false)) } else { by_presence(true) };
            if domain.may_be_empty_text {
                truth = truth.agree(eval.readings("VAR-9", by_presence(false), by_presence(true)));
            }
            if truth == Truth::Unknown {
                eval.trace.key(slot);
            }
            truth
        }
        KeyState::Either(_) | KeyState::Candidates(_) | KeyState::OtherFold => Truth::Unknown,
    }
}

/// A comparison with its operator.
#[derive(Debug, Clone, Copy)]
struct Comparison<'a> {
    id: u32,
    operator: ConditionOperator,
    values: &'a [CompiledValue],
    any_truth: Truth,
}

impl Comparison<'_> {
    fn truth<T: Trace>(self, state: &KeyState, slot: KeySlot, eval: &mut Evaluation<'_, T>) -> Truth {
        if self.values.is_empty() && self.operator.set.is_none() && !self.operator.if_exists {
            // DOC-28: the two sentences of the reference contradict each other.
            let preferred = Truth::from(self.operator.base.is_negated());
            return eval.readings("DOC-28", preferred, preferred.negate());
        }
        match state {
            KeyState::Absent => self.absent(eval),
            KeyState::Present(values) => self.present(values, eval),
            KeyState::Unknown(domain) => {
                let truth = self.unknown(domain, eval);
                if truth == Truth::Unknown {
                    eval.trace.key(slot);
                }
                truth
            }
            KeyState::Either(_) | KeyState::Candidates(_) | KeyState::OtherFold => Truth::Unknown,
        }
    }

    /// The column "key absent" of D.2.
    fn absent<T: Trace>(self, eval: &mut Evaluation<'_, T>) -> Truth {
        match (self.operator.set, self.operator.if_exists) {
            (Some(SetPrefix::ForAllValues), _) | (None, true) => Truth::True,
            (Some(SetPrefix::ForAnyValue), true) => eval.readings("SET-13", Truth::True, Truth::False),
            (Some(SetPrefix::ForAnyValue), false) => Truth::False,
            (None, false) => self.operator.base.is_negated().into(),
        }
    }

    /// The columns "key present" of D.2.
    fn present<T: Trace>(self, values: &Values, eval: &mut Evaluation<'_, T>) -> Truth {
        match (self.operator.set, &*values.texts) {
            // CLR-3: an empty policy list is false for every present key, also negated.
            (Some(_), _) | (None, [_, ..]) if self.values.is_empty() => Truth::False,
            (Some(SetPrefix::ForAllValues), []) => Truth::True,
            (Some(SetPrefix::ForAnyValue), []) => Truth::False,
            (None, []) => self.absent(eval),
            (Some(SetPrefix::ForAllValues), texts) => {
                let mut truth = Truth::True;
                for text in texts {
                    truth = truth.and(self.one(text, eval));
                }
                // Older pages count empty texts as an empty set (SET-11).
                let only_empty = texts.iter().all(|value| value.text.is_empty());
                if only_empty { eval.readings("SET-11", truth, Truth::True) } else { truth }
            }
            (Some(SetPrefix::ForAnyValue), texts) => {
                let mut truth = Truth::False;
                for text in texts {
                    truth = truth.or(self.one(text, eval));
                }
                truth
            }
            (None, [text]) if !values.multivalued => self.one(text, eval),
            (None, [text]) => {
                let truth = self.one(text, eval);
                let rule = if self.operator.base.is_negated() { "SET-10" } else { "SET-9" };
                if truth == Truth::Unknown { truth } else { eval.readings(rule, truth, Truth::False) }
            }
            (None, texts) => self.bare_on_list(texts, eval),
        }
    }

    /// SET-9 and SET-10: a bare operator on several values.
    fn bare_on_list<T: Trace>(self, texts: &[Value], eval: &mut Evaluation<'_, T>) -> Truth {
        let (mut all, mut any) = (Truth::True, Truth::False);
        for text in texts {
            let truth = self.one(text, eval);
            (all, any) = (all.and(truth), any.or(truth));
        }
        if !self.operator.base.is_negated() {
            return eval.readings("SET-9", Truth::False, any);
        }
        if all == Truth::False && any == Truth::False { Truth::False } else { eval.open("SET-10") }
    }

    /// P(x), or its negation under a negated operator: OR or NOR over the policy values (COND-1, K3-10).
    fn one<T: Trace>(self, given: &Value, eval: &mut Evaluation<'_, T>) -> Truth {
        let base = self.operator.base;
        let mut truth = Truth::False;
        for value in self.values {
            truth = truth.or(value_truth(base, value, given, eval));
            if truth == Truth::True {
                break;
            }
        }
        truth.negate_if(base.is_negated())
    }

    /// K3-5: the common result of all states that the key may have.
    fn unknown<T: Trace>(self, domain: &Domain, eval: &mut Evaluation<'_, T>) -> Truth {
        let mut present = self.unknown_present(domain, eval);
        if domain.may_be_empty_text {
            present = present.agree(self.present(&EMPTY_TEXT, eval));
        }
        if domain.may_be_absent { present.agree(self.absent(eval)) } else { present }
    }

    fn unknown_present<T: Trace>(self, domain: &Domain, eval: &mut Evaluation<'_, T>) -> Truth {
        if self.values.is_empty() {
            // CLR-3, and the empty list.
            return match self.operator.set {
                None if domain.may_be_list => Truth::Unknown,
                _ => Truth::False,
            };
        }
        let one = self.one_of_domain(domain, eval);
        if !domain.may_be_list {
            return one;
        }
        let mut held = domain.holds.iter().map(|value| self.one(value, eval));
        match (self.operator.set, one) {
            (Some(SetPrefix::ForAllValues), Truth::True) => Truth::True,
            (Some(SetPrefix::ForAnyValue), Truth::False) => Truth::False,
            (Some(SetPrefix::ForAllValues), _) if held.any(|truth| truth == Truth::False) => Truth::False,
            (Some(SetPrefix::ForAnyValue), _) if held.any(|truth| truth == Truth::True) => Truth::True,
            // A list may be empty, or meet a bare operator (SET-9, CLR-2).
            _ => Truth::Unknown,
        }
    }

    /// K3-8: the operator's result if it is the same for every value of the domain.
    fn one_of_domain<T: Trace>(self, domain: &Domain, eval: &mut Evaluation<'_, T>) -> Truth {
        if let DomainValues::OneOf(texts) = &domain.values {
            let mut common: Option<Truth> = None;
            for text in texts {
                let truth = self.one(text, eval);
                common = Some(common.map_or(truth, |common| common.agree(truth)));
            }
            return common.unwrap_or(Truth::Unknown);
        }
        let listed = domain.truths.iter().find(|(id, _)| *id == self.id).map(|(_, truth)| *truth);
        listed.unwrap_or(self.any_truth).negate_if(self.operator.base.is_negated())
    }
}
