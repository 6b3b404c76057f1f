//! From pairs of a resource with its keys to calls, which have several of them (K.1, K.2).

use std::sync::Arc;

use scproof_evaluator::Truth;
use scproof_evaluator::symbolic::{
    Atom, AtomForm, CallCheck, ContextValue, PairShape, RequestResource, Setting, ShapeId, Subject, View,
};

use crate::diagram::{Done, Function, TooLarge, Variable, Variables};
use crate::space::{Question, RequestSpace};

/// The checks of calls of a shape, as functions.
#[derive(Debug)]
pub(super) struct Checks {
    /// The pairs that any of them may be.
    any: Function,
    /// For each check that every call makes the pairs that it may be.
    required: Vec<Function>,
    /// The pairs that may be checks in another Region than the others of their call (SP-56).
    passed_on: Function,
}

fn is_region(key: &str) -> bool {
    key.eq_ignore_ascii_case("aws:RequestedRegion")
}

impl RequestSpace<'_> {
    /// Which of some pairs of a resource with its keys are checks of calls all of whose checks are among these pairs:
    /// of pairs that pass, those of calls that pass (EVAL-10). Facts about the call as a whole are the same in all its
    /// checks, the others may differ (CALL-7), so that each check of the call needs some pair for these facts.
    ///
    /// An open question about facts of a check's own may have another answer in each.
    pub(crate) fn calls(&mut self, shape: ShapeId, pairs: Function) -> Result<Function, TooLarge> {
        if shape == ShapeId::ANY || pairs == Function::FALSE {
            return Ok(pairs);
        }
        if let Some(known) = self.called.get(&(shape, pairs)) {
            return Ok(*known);
        }
        let checks = self.checks_of(shape)?;
        let mut found = self.diagrams.and(pairs, checks.any)?;
        if checks.required.iter().any(|check| *check != checks.any) {
            let own = self.own_variables();
            let mut others = Function::TRUE;
            for check in &checks.required {
                let of_check = self.diagrams.and(pairs, *check)?;
                let some = self.diagrams.some(of_check, &own, &mut self.owned)?;
                others = self.diagrams.and(others, some)?;
            }
            found = self.diagrams.and(found, others)?;
            if checks.passed_on != Function::FALSE {
                // The others are made in some Region.
                let regions = self.region_variables();
                let others = self.diagrams.some(others, &regions, &mut Done::default())?;
                let passed_on = self.diagrams.and(pairs, checks.passed_on)?;
                let passed_on = self.diagrams.and(passed_on, others)?;
                found = self.diagrams.or(found, passed_on)?;
            }
        }
        self.called.insert((shape, pairs), found);
        Ok(found)
    }

    /// The pairs among which the other checks of a call are: any where there is only one check.
    pub(crate) fn for_others(&mut self, shape: ShapeId, passing: Function) -> Result<Function, TooLarge> {
        let is_single = shape == ShapeId::ANY || self.checks_of(shape)?.required.len() < 2;
        Ok(if is_single { Function::TRUE } else { passing })
    }

    /// The pairs beside which a call may have another check among some pairs.
    pub(crate) fn beside(&mut self, shape: ShapeId, pairs: Function) -> Result<Function, TooLarge> {
        if shape == ShapeId::ANY || pairs == Function::FALSE {
            return Ok(Function::FALSE);
        }
        let checks = self.checks_of(shape)?;
        if let [only] = checks.required.as_slice()
            && *only == checks.any
        {
            return Ok(Function::FALSE);
        }
        let others = self.diagrams.and(pairs, checks.any)?;
        let own = self.own_variables();
        let found = self.diagrams.some(others, &own, &mut self.owned)?;
        if checks.passed_on == Function::FALSE {
            return Ok(found);
        }
        let regions = self.region_variables();
        self.diagrams.some(found, &regions, &mut Done::default())
    }

    /// All pairs that are checks of calls of a shape.
    pub(crate) fn possible_calls(&mut self, shape: ShapeId) -> Result<Function, TooLarge> {
        self.calls(shape, self.possible)
    }

    fn checks_of(&mut self, shape: ShapeId) -> Result<Arc<Checks>, TooLarge> {
        if let Some(known) = self.checks.get(&shape) {
            return Ok(Arc::clone(known));
        }
        let of = self.views.call_shape(shape);
        let mut any = Function::FALSE;
        let mut required = Vec::with_capacity(of.required.len());
        for alternatives in &of.required {
            let mut check = Function::FALSE;
            for pair in alternatives {
                let pair = self.pair(pair)?;
                check = self.diagrams.or(check, pair)?;
            }
            any = self.diagrams.or(any, check)?;
            required.push(check);
        }
        for pair in &of.optional {
            let pair = self.pair(pair)?;
            any = self.diagrams.or(any, pair)?;
        }
        let mut passed_on = Function::FALSE;
        for pair in &of.passed_on {
            let pair = self.pair(pair)?;
            passed_on = self.diagrams.or(passed_on, pair)?;
        }
        let checks = Arc::new(Checks { any, required, passed_on });
        self.checks.insert(shape, Arc::clone(&checks));
        Ok(checks)
    }

    /// The combinations of cells that a pair may have (CALL-10).
    fn pair(&mut self, pair: &PairShape) -> Result<Function, TooLarge> {
        let (views, facts) = (self.views, Arc::clone(&self.facts));
        let mut found = Function::TRUE;
        for (element, holds) in &pair.fixed {
            let here = match facts.truth(*element, View::FIRST).map(|truth| &truth.form) {
                Some(AtomForm::Cells { fact, truths }) => {
                    let is_so = |cell: u32| {
                        let truth = truths.get(cell as usize).copied().unwrap_or(Truth::Unknown);
                        truth == Truth::Unknown || truth == Truth::from(*holds)
                    };
                    self.diagrams.literal(Variable::try_from(*fact).unwrap_or(Variable::MAX), is_so)?
                }
                Some(AtomForm::Open(_)) => {
                    let matches = self.atom(*element, View::FIRST)?;
                    if *holds { matches } else { self.diagrams.not(matches)? }
                }
                Some(AtomForm::Constant(_)) | None => continue,
            };
            found = self.diagrams.and(found, here)?;
        }
        let mut resource = None;
        let mut cut: Vec<(usize, &[Truth])> = Vec::new();
        for (place, element) in pair.cut.iter().enumerate() {
            if let Some(AtomForm::Cells { fact, truths }) = facts.truth(*element, View::FIRST).map(|truth| &truth.form)
            {
                resource = Some(*fact);
                cut.push((place, truths));
            }
        }
        if let Some(fact) = resource {
            let is_one = |cell: u32| {
                let is_like =
                    |row: &Vec<Truth>| cut.iter().all(|(place, truths)| row.get(*place) == truths.get(cell as usize));
                pair.rows.iter().any(is_like)
            };
            let here = self.diagrams.literal(Variable::try_from(fact).unwrap_or(Variable::MAX), is_one)?;
            found = self.diagrams.and(found, here)?;
        }
        let open = facts.open_atoms();
        for slot in &pair.lacks {
            let name = views.key_name(*slot);
            let is_of_key = |subject: &Subject| matches!(subject, Subject::Key(key) if key.eq_ignore_ascii_case(name));
            for (variable, fact) in (0..).zip(&facts.facts).filter(|(_, fact)| is_of_key(&fact.subject)) {
                let is_absent = |cell: u32| {
                    let cell = fact.cells.get(cell as usize);
                    cell.is_some_and(|cell| {
                        cell.settings.iter().any(|it| matches!(it, Setting::Key(_, ContextValue::Absent)))
                    })
                };
                let here = self.diagrams.literal(variable, is_absent)?;
                found = self.diagrams.and(found, here)?;
            }
            for atom in &open {
                let holds = match views.truth_if_absent(*atom, *slot) {
                    Truth::Unknown => continue,
                    Truth::True => self.atom(*atom, View::FIRST)?,
                    Truth::False => {
                        let holds = self.atom(*atom, View::FIRST)?;
                        self.diagrams.not(holds)?
                    }
                };
                found = self.diagrams.and(found, holds)?;
            }
        }
        Ok(found)
    }

    /// The facts of a check's own, and the questions about them.
    fn own_variables(&self) -> Variables {
        let views = self.views;
        let questions = self.questions_about(|atom| {
            views.is_resource(atom) || views.atom_keys(atom).into_iter().any(|key| views.differs_by_check(key))
        });
        self.own_facts.iter().copied().chain(questions).collect()
    }

    /// The Region of the call, and the questions about it.
    fn region_variables(&self) -> Variables {
        let questions = self.questions_about(|atom| self.views.atom_keys(atom).into_iter().any(is_region));
        self.region_fact().into_iter().chain(questions).collect()
    }

    /// The fact that the Region of the call is, if policies ask for it.
    pub(crate) fn region_fact(&self) -> Option<Variable> {
        let is_it = |subject: &Subject| matches!(subject, Subject::Key(key) if is_region(key));
        (0..).zip(&self.facts.facts).find(|(_, fact)| is_it(&fact.subject)).map(|(variable, _)| variable)
    }

    fn questions_about(&self, is_meant: impl Fn(Atom) -> bool) -> impl Iterator<Item = Variable> {
        let is_it = move |question: &Question| match question {
            Question::Related(atom) | Question::Atom(atom) | Question::AtomOn(atom, _) => is_meant(*atom),
            Question::Statement(..)
            | Question::Denies(_)
            | Question::Allows(_)
            | Question::PolicyType
            | Question::Restricts(_) => false,
        };
        self.questions.iter().filter(move |(question, _)| is_it(question)).map(|(_, variable)| *variable)
    }

    /// Whether a fact is one of a check's own.
    pub(crate) fn is_own(&self, variable: Variable) -> bool {
        self.own_facts.contains(&variable)
    }

    /// Which of some checks a combination of cells may be.
    pub(crate) fn check_of<'c>(&mut self, checks: &'c [CallCheck], values: &[u32]) -> Option<&'c CallCheck> {
        checks.iter().find(|check| self.pairs_of(check).is_ok_and(|pair| self.diagrams.holds(pair, values)))
    }

    /// The pairs that a check may be.
    pub(crate) fn pairs_of(&mut self, check: &CallCheck) -> Result<Function, TooLarge> {
        if let Some(known) = self.pairs.get(&check.pair_id) {
            return Ok(*known);
        }
        let found = self.pair(&check.pair)?;
        self.pairs.insert(check.pair_id, found);
        Ok(found)
    }

    /// A resource that a check may be about in a combination of cells. Elements that are not asked about here do not
    /// matter.
    pub(crate) fn resource_of<'c>(&self, check: &'c CallCheck, values: &[u32]) -> Option<&'c RequestResource> {
        let known: Vec<(usize, Truth)> = check
            .pair
            .cut
            .iter()
            .enumerate()
            .filter_map(|(place, element)| match &self.facts.truth(*element, View::FIRST)?.form {
                AtomForm::Cells { fact, truths } => {
                    let cell = values.get(*fact).copied().unwrap_or(0);
                    Some((place, truths.get(cell as usize).copied()?))
                }
                AtomForm::Constant(_) | AtomForm::Open(_) => None,
            })
            .collect();
        let is_like = |row: &[Truth]| known.iter().all(|(place, truth)| row.get(*place) == Some(truth));
        check.resources().find(|(row, _)| is_like(row)).map(|(_, resource)| resource)
    }
}
