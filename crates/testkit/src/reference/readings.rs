//! The readings of unsure rules (GEN-3).
//!
//! A function that meets an unsure rule asks [`Readings::choose`] which reading to take. [`Settler::settle`] runs it
//! under every combination of readings and compares the results.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use scproof_evaluator::Truth;

use super::value::{Undecided, Value};

/// A rule, and what the question is about where one value raises the same rule for different things.
type Question = (&'static str, String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Alternatives {
    count: usize,
    /// Whether reading 0 is the preferred one; otherwise the rule has none.
    preferred: bool,
}

/// One combination of readings, and the questions met while it was in force.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    chosen: BTreeMap<Question, usize>,
    met: RefCell<BTreeMap<Question, Alternatives>>,
}

impl Readings {
    /// The reading to take: from 0 to `count - 1`, where 0 is the preferred one.
    pub(crate) fn choose(&self, rule: &'static str, count: usize) -> usize {
        self.ask(rule, "", count, true)
    }

    /// Two readings, of which the preferred one is `true`.
    pub(crate) fn preferred(&self, rule: &'static str) -> bool {
        self.choose(rule, 2) == 0
    }

    /// Two readings of a part of a rule, of which the preferred one is `true`.
    pub(crate) fn preferred_about(&self, rule: &'static str, about: &str) -> bool {
        self.ask(rule, about, 2, true) == 0
    }

    /// As [`choose`](Self::choose), for a rule without a preferred reading.
    pub(crate) fn choose_without_preference(&self, rule: &'static str, about: &str, count: usize) -> usize {
        self.ask(rule, about, count, false)
    }

    fn ask(&self, rule: &'static str, about: &str, count: usize, preferred: bool) -> usize {
        let question = (rule, about.to_owned());
        let reading = self.chosen.get(&question).copied().unwrap_or(0);
        self.met.borrow_mut().insert(question, Alternatives { count, preferred });
        reading
    }
}

/// Decides what to do where readings differ, and remembers the rules assumed.
#[derive(Debug, Default)]
pub(crate) struct Settler {
    assume_preferred: bool,
    assumed: RefCell<BTreeSet<&'static str>>,
}

impl Settler {
    pub(crate) fn new(assume_preferred: bool) -> Self {
        Self { assume_preferred, assumed: RefCell::default() }
    }

    /// The rules whose preferred reading was taken where another reading gives another value.
    pub(crate) fn assumed(&self) -> BTreeSet<&'static str> {
        self.assumed.borrow().clone()
    }

    /// GEN-3, SP-10: the common value of all combinations of readings, else unknown because of each rule that makes a
    /// difference while the others stand. With `assume_preferred`, rules that have a preferred reading are held at it.
    pub(crate) fn settle(&self, evaluate: impl Fn(&Readings) -> Value) -> Value {
        let (questions, outcomes) = explore(&evaluate);
        let differing = |outcomes: &[Outcome]| -> BTreeSet<Question> {
            questions.keys().filter(|question| makes_a_difference(question, outcomes)).cloned().collect()
        };
        if !self.assume_preferred {
            return combine(&outcomes, &differing(&outcomes));
        }
        let has_preferred = |question: &Question| questions.get(question).is_some_and(|one| one.preferred);
        for question in differing(&outcomes).into_iter().filter(|question| has_preferred(question)) {
            self.assumed.borrow_mut().insert(question.0);
        }
        let held: Vec<Outcome> = outcomes
            .into_iter()
            .filter(|outcome| {
                outcome.chosen.iter().all(|(question, reading)| *reading == 0 || !has_preferred(question))
            })
            .collect();
        combine(&held, &differing(&held))
    }
}

struct Outcome {
    chosen: BTreeMap<Question, usize>,
    value: Value,
}

/// Runs the function under every combination of readings of the questions that it meets under any of them.
fn explore(evaluate: &impl Fn(&Readings) -> Value) -> (BTreeMap<Question, Alternatives>, Vec<Outcome>) {
    let mut questions: BTreeMap<Question, Alternatives> = BTreeMap::new();
    loop {
        let mut met = questions.clone();
        let mut outcomes = Vec::new();
        for chosen in combinations(&questions) {
            let readings = Readings { chosen: chosen.clone(), met: RefCell::default() };
            let value = evaluate(&readings);
            met.extend(readings.met.into_inner());
            outcomes.push(Outcome { chosen, value });
        }
        if met.len() == questions.len() {
            return (questions, outcomes);
        }
        questions = met;
    }
}

fn combinations(questions: &BTreeMap<Question, Alternatives>) -> Vec<BTreeMap<Question, usize>> {
    let mut combinations = vec![BTreeMap::new()];
    for (question, alternatives) in questions {
        let mut longer = Vec::new();
        for combination in &combinations {
            for reading in 0..alternatives.count {
                let mut combination = combination.clone();
                combination.insert(question.clone(), reading);
                longer.push(combination);
            }
        }
        combinations = longer;
    }
    combinations
}

/// Whether two combinations that differ in this question only have different truth values.
fn makes_a_difference(question: &Question, outcomes: &[Outcome]) -> bool {
    let mut by_rest: BTreeMap<BTreeMap<Question, usize>, Truth> = BTreeMap::new();
    for outcome in outcomes {
        let mut rest = outcome.chosen.clone();
        rest.remove(question);
        if *by_rest.entry(rest).or_insert(outcome.value.truth) != outcome.value.truth {
            return true;
        }
    }
    false
}

fn combine(outcomes: &[Outcome], differing: &BTreeSet<Question>) -> Value {
    if differing.is_empty()
        && let Some(outcome) = outcomes.first().filter(|outcome| outcome.value.truth != Truth::Unknown)
    {
        return outcome.value.clone();
    }
    let of_values = outcomes.iter().flat_map(|outcome| outcome.value.reasons.iter().cloned());
    let of_rules = differing.iter().map(|question| Undecided::Rule(question.0));
    Value { truth: Truth::Unknown, reasons: of_values.chain(of_rules).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gen_3_agreeing_readings_are_definite() {
        let settler = Settler::new(false);
        let value = settler.settle(|readings| {
            readings.choose("OP-9", 2);
            Value::certain(true)
        });
        assert_eq!(value, Value::certain(true));
    }

    #[test]
    fn gen_3_differing_readings_are_unknown_and_name_only_the_rules_that_matter() {
        let settler = Settler::new(false);
        let value = settler.settle(|readings| {
            readings.choose("OP-9", 2);
            Value::certain(readings.preferred("DOC-23"))
        });
        assert_eq!(value, Value::unknown_rule("DOC-23"));
    }

    #[test]
    fn gen_3_preferred_reading_is_taken_and_recorded_on_request() {
        let settler = Settler::new(true);
        assert_eq!(settler.settle(|readings| Value::certain(readings.preferred("DOC-23"))), Value::certain(true));
        assert_eq!(settler.assumed(), BTreeSet::from(["DOC-23"]));
    }

    #[test]
    fn sp_10_a_rule_without_preferred_reading_stays_open_under_assume_preferred() {
        let settler = Settler::new(true);
        let value = settler.settle(|readings| Value::certain(readings.choose_without_preference("SET-10", "", 3) == 0));
        assert_eq!(value, Value::unknown_rule("SET-10"));
        assert!(settler.assumed().is_empty());
    }

    #[test]
    fn questions_met_only_under_some_readings_are_explored_too() {
        let settler = Settler::new(false);
        let value =
            settler.settle(|readings| Value::certain(readings.preferred("VAR-9") || readings.preferred("VAR-8")));
        assert_eq!(value.truth, Truth::Unknown);
        assert_eq!(value.reasons.len(), 2);
    }
}
