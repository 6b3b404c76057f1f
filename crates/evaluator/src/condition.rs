//! One operator applied to one key: the truth tables of part D.2 over the states of K3-3 and K3-5.

use scproof_catalog::ValueType;
use scproof_policy_parser::{BaseOperator, Condition, ConditionOperator, SetPrefix, parse_bool};

use crate::state::{Domain, DomainValues, KeyState, Value, Values};
use crate::trace::{Evaluation, KeySlot, NoTrace, Trace};
use crate::truth::Truth;
use crate::values::{CompiledValue, TextMode, compile_value, domain_truth, text_mode, value_truth};

/// A condition ready to evaluate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct CompiledCondition {
    /// Its number among the conditions of the organization.
    pub(crate) id: u32,
    pub(crate) slot: KeySlot,
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
        arn_key: bool,
    },
}

impl CompiledCondition {
    /// Compiles a condition of a document with or without variables (VAR-3).
    pub(crate) fn compile(
        id: u32,
        condition: &Condition,
        variables: bool,
        key_type: impl FnOnce(&str) -> Option<ValueType>,
        slot_of: &mut impl FnMut(&str) -> KeySlot,
    ) -> Self {
        let slot = slot_of(&condition.key);
        let (Some(operator), Some(values)) = (condition.operator, &condition.values) else {
            return Self { id, slot, body: ConditionBody::Unreadable };
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
            return Self { id, slot, body };
        }
        let compiled =
            values.iter().map(|value| compile_value(operator.base, &value.text, variables, slot_of)).collect();
        let arn_key = key_type(&condition.key).is_some_and(|value_type| value_type.element() == ValueType::Arn);
        Self { id, slot, body: ConditionBody::Comparison { operator, values: compiled, arn_key } }
    }

    /// The truth of the condition in a request.
    pub(crate) fn truth<T: Trace>(&self, eval: &mut Evaluation<'_, T>) -> Truth {
        self.truth_of_state(eval.state(self.slot), eval)
    }

    /// The truth if the key had this state; for conditions without variables. A value that stands for a class of values is
    /// present, also if it is the empty text (K3-8).
    pub(crate) fn truth_in_case(&self, state: &KeyState, assume_preferred: bool) -> Truth {
        if let (ConditionBody::Presence { wants_present, .. }, KeyState::Present(values)) = (&self.body, state)
            && !values.texts.is_empty()
        {
            return (*wants_present).into();
        }
        self.truth_of_state(state, &mut Evaluation { states: &[], assume_preferred, trace: NoTrace })
    }

    fn truth_of_state<T: Trace>(&self, state: &KeyState, eval: &mut Evaluation<'_, T>) -> Truth {
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
            (ConditionBody::Comparison { operator, values, arn_key }, state) => {
                let comparison = Comparison { id: self.id, operator: *operator, values, arn_key: *arn_key };
                comparison.truth(state, self.slot, eval)
            }
        }
    }

    /// For a key known only to match one of some patterns: what its values have in common (K3-7); computed once a request.
    pub(crate) fn like_truth(&self, domain: &[scproof_policy_parser::WildcardPattern]) -> Truth {
        let ConditionBody::Comparison { operator, values, .. } = &self.body else { return Truth::Unknown };
        match text_mode(operator.base) {
            Some(TextMode::Equal | TextMode::Like | TextMode::Arn) => {
                values.iter().fold(Truth::False, |truth, value| truth.or(domain_truth(value, domain)))
            }
            Some(TextMode::EqualIgnoreCase) | None => Truth::Unknown,
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
            let maybe_absent = domain.may_be_absent || domain.may_be_list;
            let truth = if maybe_absent { by_presence(true).agree(by_presence(false)) } else { by_presence(true) };
            if truth == Truth::Unknown {
                eval.trace.key(slot);
            }
            truth
        }
        KeyState::Candidates(_) | KeyState::OtherFold => Truth::Unknown,
    }
}

/// A comparison with its operator.
#[derive(Debug, Clone, Copy)]
struct Comparison<'a> {
    id: u32,
    operator: ConditionOperator,
    values: &'a [CompiledValue],
    arn_key: bool,
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
            KeyState::Candidates(_) | KeyState::OtherFold => Truth::Unknown,
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
            (Some(SetPrefix::ForAllValues), []) => Truth::True,
            (Some(SetPrefix::ForAnyValue), []) => Truth::False,
            (None, []) => self.absent(eval),
            // CLR-3: an empty policy list is false for every present key, also negated.
            _ if self.values.is_empty() => Truth::False,
            (Some(SetPrefix::ForAllValues), texts) => {
                let mut truth = Truth::True;
                for text in texts {
                    truth = truth.and(self.one(text, eval));
                }
                truth
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
        let present = self.unknown_present(domain, eval);
        if domain.may_be_absent { present.agree(self.absent(eval)) } else { present }
    }

    fn unknown_present<T: Trace>(self, domain: &Domain, eval: &mut Evaluation<'_, T>) -> Truth {
        if self.values.is_empty() {
            // CLR-3, and the empty list.
            return match self.operator.set {
                Some(SetPrefix::ForAllValues) if domain.may_be_list => Truth::Unknown,
                None if domain.may_be_list => Truth::Unknown,
                _ => Truth::False,
            };
        }
        let one = self.one_of_domain(&domain.values, eval);
        if !domain.may_be_list {
            return one;
        }
        match (self.operator.set, one) {
            (Some(SetPrefix::ForAllValues), Truth::True) => Truth::True,
            (Some(SetPrefix::ForAnyValue), Truth::False) => Truth::False,
            // A list may be empty, or meet a bare operator (SET-9, CLR-2).
            _ => Truth::Unknown,
        }
    }

    /// K3-8: the operator's result if it is the same for every value of the domain.
    fn one_of_domain<T: Trace>(self, values: &DomainValues, eval: &mut Evaluation<'_, T>) -> Truth {
        let base = self.operator.base;
        let always = self.values.iter().any(|value| self.matches_every_text(value))
            || (base == BaseOperator::Bool
                && [true, false].iter().all(|wanted| self.values.contains(&CompiledValue::Bool(*wanted))));
        if always {
            return Truth::True.negate_if(base.is_negated());
        }
        match values {
            DomainValues::Any => Truth::Unknown,
            DomainValues::OneOf(texts) => {
                let mut common: Option<Truth> = None;
                for text in texts {
                    let truth = self.one(text, eval);
                    common = Some(common.map_or(truth, |common| common.agree(truth)));
                }
                common.unwrap_or(Truth::Unknown)
            }
            DomainValues::NoneOf(excluded) => {
                if text_mode(base) == Some(TextMode::Equal) && self.all_values_are_among(excluded, eval) {
                    Truth::False.negate_if(base.is_negated())
                } else {
                    Truth::Unknown
                }
            }
            // Computed when the request was prepared; see `Query`.
            DomainValues::Like { truths, .. } => truths
                .iter()
                .find(|(id, _)| *id == self.id)
                .map_or(Truth::Unknown, |(_, truth)| truth.negate_if(base.is_negated())),
        }
    }

    fn matches_every_text(self, value: &CompiledValue) -> bool {
        let CompiledValue::Text { pattern, other: None } = value else { return false };
        match text_mode(self.operator.base) {
            Some(TextMode::Like) => pattern.is_any(),
            Some(TextMode::Arn) => self.arn_key && is_any_arn(pattern),
            Some(TextMode::Equal | TextMode::EqualIgnoreCase) | None => false,
        }
    }

    fn all_values_are_among<T: Trace>(self, excluded: &[Value], eval: &mut Evaluation<'_, T>) -> bool {
        self.values.iter().all(|value| {
            excluded.iter().any(|given| value_truth(self.operator.base, value, given, eval) == Truth::True)
        })
    }
}

/// Whether an ARN pattern is a star in each component (K3-8).
fn is_any_arn(pattern: &scproof_policy_parser::WildcardPattern) -> bool {
    use scproof_policy_parser::Piece;
    let mut text = String::new();
    for piece in pattern.pieces() {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Run { .. } => text.push('*'),
            Piece::One { .. } => text.push('?'),
        }
    }
    matches!(text.as_str(), "arn:*:*:*:*:*" | "*:*:*:*:*:*")
}
