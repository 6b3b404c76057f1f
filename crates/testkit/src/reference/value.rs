//! Three-valued truth with the reasons of what is open (H.1).

use std::collections::BTreeSet;

use scproof_evaluator::Truth;

/// One open question (K3-2), by ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Undecided {
    /// The value of a context key.
    Key(String),
    /// Which resource the call is about.
    Resource,
    /// Who calls (K3-12).
    Principal,
    /// What AWS does at a point that its documentation leaves open; the rule's id (GEN-3).
    Rule(&'static str),
    /// What a policy says that could not be read (K3-14).
    Policy(String),
    /// Which policies are attached to a target that could not be read (K3-13).
    Attachments(String),
}

/// A truth value; [K3-2](super): only an unknown one has reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) truth: Truth,
    pub(crate) reasons: BTreeSet<Undecided>,
}

impl Value {
    pub(crate) fn certain(holds: bool) -> Self {
        Self { truth: Truth::from(holds), reasons: BTreeSet::new() }
    }

    pub(crate) fn unknown(reason: Undecided) -> Self {
        Self { truth: Truth::Unknown, reasons: BTreeSet::from([reason]) }
    }

    pub(crate) fn unknown_key(key: &str) -> Self {
        Self::unknown(Undecided::Key(key.to_owned()))
    }

    pub(crate) fn unknown_rule(rule: &'static str) -> Self {
        Self::unknown(Undecided::Rule(rule))
    }

    /// K3-1: F if any F; else U if any U; else T. The conjunction of nothing is T.
    pub(crate) fn all(values: impl IntoIterator<Item = Self>) -> Self {
        let values: Vec<Self> = values.into_iter().collect();
        if values.iter().any(|value| value.truth == Truth::False) {
            return Self::certain(false);
        }
        Self::unknown_if_any_is(values).unwrap_or_else(|| Self::certain(true))
    }

    /// K3-1: T if any T; else U if any U; else F. The disjunction of nothing is F.
    pub(crate) fn any(values: impl IntoIterator<Item = Self>) -> Self {
        let values: Vec<Self> = values.into_iter().collect();
        if values.iter().any(|value| value.truth == Truth::True) {
            return Self::certain(true);
        }
        Self::unknown_if_any_is(values).unwrap_or_else(|| Self::certain(false))
    }

    /// K3-2: the reasons of the unknown operands only.
    fn unknown_if_any_is(values: Vec<Self>) -> Option<Self> {
        let unknown: Vec<Self> = values.into_iter().filter(|value| value.truth == Truth::Unknown).collect();
        if unknown.is_empty() {
            return None;
        }
        let reasons = unknown.into_iter().flat_map(|value| value.reasons).collect();
        Some(Self { truth: Truth::Unknown, reasons })
    }

    /// K3-1: NOT.
    pub(crate) fn negate(self) -> Self {
        Self { truth: self.truth.negate(), reasons: self.reasons }
    }

    pub(crate) fn negate_if(self, negated: bool) -> Self {
        if negated { self.negate() } else { self }
    }

    /// K3-5: the results for every possible state of a key. If they are one definite value, that is the value; else the
    /// value of the key is an open question, unless all results are open for reasons of their own.
    pub(crate) fn over_states(values: Vec<Self>, key: &str) -> Self {
        let first = values.first().map(|value| value.truth);
        let same = values.iter().all(|value| Some(value.truth) == first);
        if same && let Some(value) = values.first().filter(|value| value.truth != Truth::Unknown) {
            return value.clone();
        }
        let mut reasons: BTreeSet<Undecided> = values.into_iter().flat_map(|value| value.reasons).collect();
        if !same {
            reasons.insert(Undecided::Key(key.to_owned()));
        }
        Self { truth: Truth::Unknown, reasons }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k3_1_and_of_nothing_is_true_and_or_of_nothing_is_false() {
        assert_eq!(Value::all([]), Value::certain(true));
        assert_eq!(Value::any([]), Value::certain(false));
    }

    #[test]
    fn k3_2_reasons_come_from_unknown_operands_that_matter() {
        let open = || Value::unknown_key("a:b");
        assert_eq!(Value::all([open(), Value::certain(false)]), Value::certain(false));
        assert_eq!(Value::any([open(), Value::certain(true)]), Value::certain(true));
        assert_eq!(Value::all([open(), Value::certain(true)]), open());
        assert_eq!(Value::any([open(), Value::certain(false)]).negate(), open());
    }

    #[test]
    fn k3_5_all_possible_results_must_agree() {
        let yes = || Value::certain(true);
        assert_eq!(Value::over_states(vec![yes(), yes()], "k"), yes());
        assert_eq!(Value::over_states(vec![yes(), Value::certain(false)], "k"), Value::unknown_key("k"));
        assert_eq!(Value::over_states(vec![Value::unknown_rule("OP-30")], "k"), Value::unknown_rule("OP-30"));
    }
}
