//! What a condition says of a key whose value is not known: the common result of all values it may have (K3-8, K3-9).
//!
//! Worked out when an organization is compiled or a request prepared, never in a decision.

use scproof_catalog::ValueType;
use scproof_policy_parser::{BaseOperator, Piece, WildcardPattern, covers, overlaps};

use crate::condition::{CompiledCondition, ConditionBody};
use crate::state::{DomainValues, KeyState, Value};
use crate::template::expansions;
use crate::truth::Truth;
use crate::values::{CompiledValue, TextMode, text_mode};

/// The values that a key may have, one kind of description at a time.
#[derive(Debug, Clone, Copy)]
enum Subject<'a> {
    Any,
    NoneOf(&'a [Value]),
    Like(&'a WildcardPattern),
}

/// One condition over unknown values.
struct Question<'a> {
    base: BaseOperator,
    values: &'a [CompiledValue],
    key_type: Option<ValueType>,
    states: &'a [KeyState],
    assume_preferred: bool,
}

impl CompiledCondition {
    /// Whether some value of the domain matches, by the positive operator: true if each does, false if none does.
    /// `None` where it has to be asked value by value.
    pub(crate) fn domain_truth(
        &self,
        values: &DomainValues,
        states: &[KeyState],
        assume_preferred: bool,
    ) -> Option<Truth> {
        let ConditionBody::Comparison { operator, values: policy, key_type } = &self.body else { return None };
        let question = Question { base: operator.base, values: policy, key_type: *key_type, states, assume_preferred };
        match values {
            DomainValues::OneOf(_) => None,
            DomainValues::Any => Some(question.truth(Subject::Any)),
            DomainValues::NoneOf(texts) => Some(question.truth(Subject::NoneOf(texts))),
            DomainValues::Like(patterns) => {
                patterns.iter().map(|pattern| question.truth(Subject::Like(pattern))).reduce(Truth::agree)
            }
        }
    }

    /// Whether the condition means the same in every request, so that its truth over any value is known beforehand.
    pub(crate) fn is_static(&self) -> bool {
        match &self.body {
            ConditionBody::Comparison { values, .. } => !values.iter().any(|value| value.templates().next().is_some()),
            ConditionBody::Unreadable | ConditionBody::Presence { .. } => true,
        }
    }
}

impl Question<'_> {
    fn truth(&self, subject: Subject<'_>) -> Truth {
        let lists = |wanted| self.values.contains(&CompiledValue::Bool(wanted));
        let is_bool = self.key_type.is_some_and(|key_type| key_type.element() == ValueType::Bool);
        if self.base == BaseOperator::Bool && is_bool && matches!(subject, Subject::Any) && lists(true) && lists(false)
        {
            return Truth::True;
        }
        self.values.iter().fold(Truth::False, |truth, value| truth.or(self.value(value, subject)))
    }

    /// The readings of a rule without anybody listening (GEN-3).
    fn readings(&self, preferred: Truth, other: Truth) -> Truth {
        if self.assume_preferred { preferred } else { preferred.agree(other) }
    }

    /// What does not parse matches nothing under a positive operator (OP-30).
    fn malformed(&self) -> Truth {
        if self.base.is_negated() { Truth::Unknown } else { Truth::False }
    }

    fn value(&self, value: &CompiledValue, subject: Subject<'_>) -> Truth {
        let typed = |parses: bool| if parses { Truth::Unknown } else { self.malformed() };
        match value {
            CompiledValue::Text { pattern, other } => {
                let truth = self.pattern(pattern, subject);
                other.as_ref().map_or(truth, |other| self.readings(truth, self.pattern(other, subject)))
            }
            CompiledValue::Template { template, widths } => {
                let mode = text_mode(self.base);
                let wildcards = matches!(mode, Some(TextMode::Like | TextMode::Arn));
                let Some(forms) = expansions(template, widths, wildcards, self.states, self.assume_preferred) else {
                    return Truth::Unknown;
                };
                let truth = |(pattern, open): &(Option<WildcardPattern>, bool)| match pattern {
                    None => Truth::False,
                    Some(pattern) => {
                        let truth = self.pattern(pattern, subject);
                        if *open && truth == Truth::True { Truth::Unknown } else { truth }
                    }
                };
                let mut forms = forms.iter().map(truth);
                let first = forms.next().unwrap_or(Truth::Unknown);
                forms.fold(first, Truth::agree)
            }
            CompiledValue::BoolTemplate(template) => {
                let Some(forms) = expansions(template, &[], false, self.states, self.assume_preferred) else {
                    return Truth::Unknown;
                };
                let may_be_bool = |(pattern, _): &(Option<WildcardPattern>, bool)| {
                    pattern.as_ref().is_some_and(|pattern| {
                        let pattern = lower(pattern);
                        pattern.is_match("true") || pattern.is_match("false")
                    })
                };
                if forms.iter().any(may_be_bool) { Truth::Unknown } else { Truth::False }
            }
            CompiledValue::AnyArn => {
                let preferred = match subject {
                    Subject::Any if self.is_arn_key() => Truth::True,
                    Subject::Like(pattern) if has_six_components(pattern) => Truth::True,
                    Subject::Any | Subject::Like(_) | Subject::NoneOf(_) => Truth::Unknown,
                };
                self.readings(preferred, Truth::False)
            }
            CompiledValue::Malformed => self.malformed(),
            CompiledValue::Evident(meanings) => {
                let meant = meanings.iter().fold(Truth::False, |truth, meant| truth.or(self.value(meant, subject)));
                self.readings(Truth::False, meant)
            }
            CompiledValue::Number { text, lenient } => {
                let strict = scproof_policy_parser::Decimal::parse(text).is_some();
                self.readings(typed(strict), typed(strict || lenient.is_some()))
            }
            CompiledValue::Date { readings, .. } => {
                let others = readings.iter().map(|reading| typed(reading.is_some())).reduce(Truth::agree);
                self.readings(typed(readings.first().is_some_and(Option::is_some)), others.unwrap_or(Truth::Unknown))
            }
            CompiledValue::Address { readings, .. } => {
                let others = readings.iter().map(|reading| typed(reading.is_some())).reduce(Truth::agree);
                self.readings(typed(readings.first().is_some_and(Option::is_some)), others.unwrap_or(Truth::Unknown))
            }
            CompiledValue::MalformedVariable | CompiledValue::Bool(_) | CompiledValue::Binary(_) => Truth::Unknown,
        }
    }

    fn is_arn_key(&self) -> bool {
        self.key_type.is_some_and(|key_type| key_type.element() == ValueType::Arn)
    }

    fn pattern(&self, pattern: &WildcardPattern, subject: Subject<'_>) -> Truth {
        let compare = |pattern: &WildcardPattern, domain: &WildcardPattern| {
            if !overlaps(pattern, domain) {
                Truth::False
            } else if covers(pattern, domain) {
                Truth::True
            } else {
                Truth::Unknown
            }
        };
        match (subject, text_mode(self.base)) {
            (Subject::Like(domain), Some(TextMode::Equal | TextMode::Like)) => compare(pattern, domain),
            (Subject::Like(domain), Some(TextMode::EqualIgnoreCase)) => compare(&lower(pattern), &lower(domain)),
            (Subject::Like(domain), Some(TextMode::Arn)) if has_six_components(domain) => {
                compare(pattern, &by_component(domain))
            }
            (Subject::Any, Some(TextMode::Arn)) if self.is_arn_key() && covers(pattern, &any_arn()) => Truth::True,
            (_, Some(TextMode::Arn)) => Truth::Unknown,
            (Subject::Any | Subject::NoneOf(_), _) if pattern.is_any() => Truth::True,
            (Subject::NoneOf(excluded), Some(TextMode::Equal | TextMode::Like)) => {
                let literal = pattern.as_literal();
                if excluded.iter().any(|value| literal == Some(&value.text)) { Truth::False } else { Truth::Unknown }
            }
            _ => Truth::Unknown,
        }
    }
}

fn any_arn() -> WildcardPattern {
    let component = [Piece::Literal(":"), Piece::Run { wide: false }];
    let head = std::iter::once(Piece::Literal("arn")).chain(component.into_iter().cycle().take(8));
    WildcardPattern::from_pieces(head.chain([Piece::Literal(":"), Piece::Run { wide: true }]))
}

/// Whether every text of the pattern has six components.
fn has_six_components(pattern: &WildcardPattern) -> bool {
    pattern
        .pieces()
        .map(|piece| if let Piece::Literal(text) = piece { text.matches(':').count() } else { 0 })
        .sum::<usize>()
        >= 5
}

/// The pattern with its first five components kept apart, as the ARN operators do (RES-13).
fn by_component(pattern: &WildcardPattern) -> WildcardPattern {
    let mut colons = 0;
    WildcardPattern::from_pieces(pattern.pieces().map(|piece| match piece {
        Piece::Literal(text) => {
            colons += text.matches(':').count();
            piece
        }
        Piece::Run { wide } => Piece::Run { wide: wide && colons >= 5 },
        Piece::One { wide } => Piece::One { wide: wide && colons >= 5 },
    }))
}

fn lower(pattern: &WildcardPattern) -> WildcardPattern {
    let folded: Vec<String> = pattern
        .pieces()
        .map(|piece| if let Piece::Literal(text) = piece { text.to_ascii_lowercase() } else { String::new() })
        .collect();
    WildcardPattern::from_pieces(pattern.pieces().zip(&folded).map(|(piece, literal)| match piece {
        Piece::Literal(_) => Piece::Literal(literal),
        Piece::Run { .. } | Piece::One { .. } => piece,
    }))
}
