//! All requests of a class as assignments of variables: one variable a fact, its values the cells; one variable of two
//! values for each question that cells do not settle.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use scproof_evaluator::symbolic::{
    Applicability, Atom, AtomForm, CallCheck, Candidate, Cell, CellId, CompiledViews, ContextValue, Exclusion, Facts,
    LevelId, MAX_CELLS, Openness, PairId, PairShape, RequestResource, Setting, ShapeId, Subject, View,
};
use scproof_evaluator::{Predicate, Truth, Undecided};
use scproof_policy_parser::Effect;

use crate::diagram::{Diagrams, Done, Function, TooLarge, Variable, Variables};
use crate::region::{Test, Why};
use crate::shorten::{Rest, Shape};

/// A question that cells do not settle; it has one answer in each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Question {
    /// An atom that compares two keys by a policy variable: part of the description, not open.
    Related(Atom),
    /// An atom that an unsure rule or a limit leaves open.
    Atom(Atom),
    /// The same where the views differ in what they know of the key.
    AtomOn(Atom, View),
    /// A statement that is not certain to apply, as a Deny or as an Allow (K3-14, GEN-3).
    Statement(u32, Effect),
    /// Whether unreadable attachments deny, or allow (K3-13).
    Denies(LevelId),
    /// See `Denies`.
    Allows(LevelId),
    /// Whether the policy type is on (EXM-2).
    PolicyType,
    /// Whether SCPs can restrict the action at all, by the rule (CALL-15).
    Restricts(&'static str),
}

impl Question {
    /// Whether the facts of a request answer it.
    pub(crate) fn is_related(self) -> bool {
        matches!(self, Self::Related(_))
    }
}

/// Whether some Deny matches, and whether every level has an Allow that matches (K3-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Outcome {
    pub(crate) denied: Function,
    pub(crate) allowed: Function,
}

/// The variables of one comparison and the functions over them.
pub(crate) struct RequestSpace<'p> {
    views: &'p CompiledViews,
    pub(crate) diagrams: Diagrams,
    pub(crate) facts: Arc<Facts>,
    questions: Vec<(Question, Variable)>,
    question_ids: FxHashMap<Question, Variable>,
    atoms: FxHashMap<(Atom, View), Function>,
    statements: FxHashMap<(u32, bool, Effect, View), Function>,
    /// The combinations of cells that some request has.
    pub(crate) possible: Function,
    /// The facts that may differ from check to check of one call (CALL-7).
    own_facts: Vec<Variable>,
    checks: FxHashMap<ShapeId, Arc<Checks>>,
    pairs: FxHashMap<PairId, Function>,
    /// The facts that sets of possible requests ask about.
    supports: FxHashMap<Function, Arc<[Variable]>>,
    called: FxHashMap<(ShapeId, Function), Function>,
    /// What functions are for some facts of a check's own.
    owned: Done,
    /// The id of the account for which the facts were cut.
    pub(crate) account: String,
    /// Whether there was no room for the comparison.
    pub(crate) over_limit: bool,
    /// What functions are whatever the answers of open questions are, for some answers, and whatever those of all
    /// questions are.
    certain: Done,
    possibly: Done,
    unasked: Done,
    /// What functions are for some answers of all questions.
    asked: Done,
    /// Sets of cells as conditions and as tests.
    pub(crate) told: FxHashMap<(Variable, Vec<u32>), (Predicate, Arc<Test>)>,
    /// What was left of witnesses of a shape.
    pub(crate) shortened: FxHashMap<Shape, Rest>,
    /// The groups of the cells of facts, and how many atoms were in use then.
    alike: FxHashMap<Variable, (usize, Arc<[usize]>)>,
}

/// The checks of calls of a shape, as functions.
#[derive(Debug)]
struct Checks {
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

/// One level's part for one cell of actions.
pub(crate) type Part = (LevelId, CellId);

impl<'p> RequestSpace<'p> {
    pub(crate) fn new(
        views: &'p CompiledViews,
        facts: impl Into<Arc<Facts>>,
        account: String,
        node_limit: usize,
    ) -> Result<Self, TooLarge> {
        let facts: Arc<Facts> = facts.into();
        // Without a cell there would be no request at all, and of none everything holds: better nothing is settled.
        if facts.facts.iter().any(|fact| fact.cells.is_empty()) {
            return Err(TooLarge(node_limit));
        }
        let own_facts = (0..).zip(&facts.facts).filter(|(_, fact)| match &fact.subject {
            Subject::Resource => true,
            Subject::Key(name) => views.differs_by_check(name),
            Subject::Principal | Subject::Instant => false,
        });
        let own_facts = own_facts.map(|(variable, _)| variable).collect();
        let mut diagrams = Diagrams::new(node_limit);
        for fact in &facts.facts {
            diagrams.variable(fact.cells.len());
        }
        let mut possible = Function::TRUE;
        for exclusion in &facts.exclusions {
            let mut together = Function::TRUE;
            for (fact, cells) in &exclusion.0 {
                let variable = Variable::try_from(*fact).unwrap_or(Variable::MAX);
                let here = diagrams.literal(variable, |cell| cells.contains(&(cell as usize)))?;
                together = diagrams.and(together, here)?;
            }
            possible = diagrams.and_not(possible, together)?;
        }
        Ok(Self {
            views,
            diagrams,
            facts,
            questions: Vec::new(),
            question_ids: FxHashMap::default(),
            atoms: FxHashMap::default(),
            statements: FxHashMap::default(),
            possible,
            own_facts,
            checks: FxHashMap::default(),
            pairs: FxHashMap::default(),
            supports: FxHashMap::default(),
            called: FxHashMap::default(),
            owned: Done::default(),
            account,
            over_limit: false,
            certain: Done::default(),
            possibly: Done::default(),
            unasked: Done::default(),
            asked: Done::default(),
            told: FxHashMap::default(),
            shortened: FxHashMap::default(),
            alike: FxHashMap::default(),
        })
    }

    /// A space in which nothing is settled.
    pub(crate) fn over_limit(views: &'p CompiledViews) -> Self {
        Self {
            views,
            diagrams: Diagrams::new(2),
            facts: Arc::default(),
            questions: Vec::new(),
            question_ids: FxHashMap::default(),
            atoms: FxHashMap::default(),
            statements: FxHashMap::default(),
            possible: Function::TRUE,
            own_facts: Vec::new(),
            checks: FxHashMap::default(),
            pairs: FxHashMap::default(),
            supports: FxHashMap::default(),
            called: FxHashMap::default(),
            owned: Done::default(),
            account: String::new(),
            over_limit: true,
            certain: Done::default(),
            possibly: Done::default(),
            unasked: Done::default(),
            asked: Done::default(),
            told: FxHashMap::default(),
            shortened: FxHashMap::default(),
            alike: FxHashMap::default(),
        }
    }

    pub(crate) fn views(&self) -> &'p CompiledViews {
        self.views
    }

    /// The atoms that ask about a fact, those first that were used first.
    pub(crate) fn atoms_in_use(&self, fact: usize) -> Vec<Atom> {
        let mut atoms: Vec<Atom> = self
            .atoms
            .keys()
            .map(|(atom, _)| *atom)
            .filter(|atom| {
                matches!(
                    self.facts.truth(*atom, View::FIRST).map(|truth| &truth.form),
                    Some(AtomForm::Cells { fact: of, .. }) if *of == fact
                )
            })
            .collect();
        atoms.sort_unstable();
        atoms.dedup();
        atoms
    }

    /// Whether a request may lack a key; a key that is no fact here may be lacking.
    pub(crate) fn may_be_absent(&self, key: &str) -> bool {
        let of_key = self.facts.facts.iter().find(|fact| match &fact.subject {
            Subject::Key(name) => name.eq_ignore_ascii_case(key),
            Subject::Resource | Subject::Principal | Subject::Instant => false,
        });
        of_key.is_none_or(|fact| {
            fact.cells
                .iter()
                .flat_map(|cell| &cell.settings)
                .any(|setting| matches!(setting, Setting::Key(_, ContextValue::Absent)))
        })
    }

    /// The atoms that compare keys with each other and that a function depends on.
    pub(crate) fn related_in(&self, function: Function) -> Vec<Atom> {
        let support = self.diagrams.support(function);
        let related = support.into_iter().filter_map(|variable| match self.question_of(variable)? {
            Question::Related(atom) => Some(atom),
            Question::Atom(_)
            | Question::AtomOn(..)
            | Question::Statement(..)
            | Question::Denies(_)
            | Question::Allows(_)
            | Question::PolicyType
            | Question::Restricts(_) => None,
        });
        related.collect()
    }

    /// The limit behind a question, if it is open for want of room.
    pub(crate) fn limit_of(&self, question: Question) -> Option<Why> {
        let (Question::Atom(atom) | Question::AtomOn(atom, _)) = question else { return None };
        match self.facts.truth(atom, View::FIRST)?.form {
            AtomForm::Open(Openness::Limit) => Some(Why::Limit("cells", MAX_CELLS)),
            AtomForm::Open(Openness::MixedKinds | Openness::Related | Openness::PerView | Openness::Nameless)
            | AtomForm::Constant(_)
            | AtomForm::Cells { .. } => None,
        }
    }

    /// The variable of a question.
    pub(crate) fn question(&mut self, question: Question) -> Result<Function, TooLarge> {
        let variable = if let Some(variable) = self.question_ids.get(&question) {
            *variable
        } else {
            let variable = self.diagrams.variable(2);
            self.question_ids.insert(question, variable);
            self.questions.push((question, variable));
            variable
        };
        self.diagrams.literal(variable, |value| value == 1)
    }

    /// The question behind a variable, if it is no fact.
    pub(crate) fn question_of(&self, variable: Variable) -> Option<Question> {
        self.questions.iter().find(|(_, found)| *found == variable).map(|(question, _)| *question)
    }

    /// How many questions that the facts of a request do not answer a function depends on.
    pub(crate) fn open_questions(&self, function: Function) -> usize {
        let open = self.open_variables();
        self.diagrams.support(function).into_iter().filter(|variable| open.contains(*variable)).count()
    }

    /// The questions that the facts of a request do not answer.
    fn open_variables(&self) -> Variables {
        let open = self.questions.iter().filter(|(question, _)| !question.is_related());
        open.map(|(_, variable)| *variable).collect()
    }

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

    /// What to say of a function: one that is the same on all `possible` requests and that asks about no fact which
    /// matters only for what is possible, and what it may be stretched to. Neither tells cells apart of which no
    /// condition says anything else, though laws may exclude one of them only: what is said of the one is said of the
    /// other.
    pub(crate) fn sayable(&mut self, function: Function, possible: Function) -> Result<(Function, Function), TooLarge> {
        let alike = self.alike_cells(function);
        let told = self.diagrams.for_some_of_group(function, &alike, &mut Done::default())?;
        let is_same = self.diagrams.and(told, possible)? == function;
        let mut told = if is_same { told } else { function };
        if !self.supports.contains_key(&possible) {
            self.supports.insert(possible, self.diagrams.support(possible).into());
        }
        let asked = self.supports.get(&possible).map(Arc::clone).unwrap_or_default();
        for variable in self.diagrams.support(told) {
            // What is possible says nothing of the others, so that the function asks about them for its own sake.
            if self.question_of(variable).is_some() || asked.binary_search(&variable).is_err() {
                continue;
            }
            let without = self.diagrams.some(told, &Variables::from_iter([variable]), &mut Done::default())?;
            if self.diagrams.and(without, possible)? == function {
                told = without;
            }
        }
        let not_told = self.diagrams.not(told)?;
        let mut never = self.diagrams.and(not_told, possible)?;
        if is_same {
            never = self.diagrams.for_some_of_group(never, &alike, &mut Done::default())?;
        }
        let may = self.diagrams.not(never)?;
        Ok((told, may))
    }

    /// The groups of cells that what can be said tells apart, of the facts that a function asks about; of those alone
    /// which have several cells in one group, and of which something is excluded.
    fn alike_cells(&mut self, function: Function) -> BTreeMap<Variable, Arc<[usize]>> {
        let mut found = BTreeMap::new();
        for variable in self.diagrams.support(function) {
            let place = variable as usize;
            let Some(fact) = self.facts.facts.get(place) else { continue };
            let is_excluded = |exclusion: &Exclusion| exclusion.0.iter().any(|(fact, _)| *fact == place);
            if fact.subject != Subject::Resource && !self.facts.exclusions.iter().any(is_excluded) {
                continue;
            }
            // More may be asked about a fact from formula to formula.
            let (asked, groups) = match self.alike.get(&variable) {
                Some((asked, groups)) if *asked == self.atoms.len() => (*asked, Arc::clone(groups)),
                _ => (self.atoms.len(), self.groups_of(place)),
            };
            self.alike.insert(variable, (asked, Arc::clone(&groups)));
            if groups.iter().enumerate().any(|(cell, group)| cell != *group) {
                found.insert(variable, groups);
            }
        }
        found
    }

    /// For each cell of a fact the first of which the same can be said.
    fn groups_of(&self, fact: usize) -> Arc<[usize]> {
        let atoms = self.atoms_in_use(fact);
        let rows: Vec<&[Truth]> = self
            .facts
            .atoms_of(fact)
            .into_iter()
            .filter(|(atom, _)| atoms.contains(atom))
            .map(|(_, row)| row)
            .collect();
        let mut seen = FxHashMap::default();
        let cells = self.facts.facts.get(fact).map_or(&[][..], |fact| &fact.cells);
        let group = |(index, cell): (usize, &Cell)| {
            let truths: Vec<Option<Truth>> = rows.iter().map(|row| row.get(index).copied()).collect();
            let is_absent = matches!(cell.settings.as_slice(), [Setting::Key(_, ContextValue::Absent)]);
            *seen.entry((truths, cell.kind, is_absent)).or_insert(index)
        };
        cells.iter().enumerate().map(group).collect()
    }

    /// What holds whatever the open questions' answers are.
    pub(crate) fn certainly(&mut self, function: Function) -> Result<Function, TooLarge> {
        let open = self.open_variables();
        self.diagrams.every(function, &open, &mut self.certain)
    }

    /// What holds for some answers of the open questions.
    pub(crate) fn maybe(&mut self, function: Function) -> Result<Function, TooLarge> {
        let open = self.open_variables();
        self.diagrams.some(function, &open, &mut self.possibly)
    }

    /// Whether a function, of calls that are `possible`, holds in some combinations of cells whatever the answers of
    /// all questions are, and in some does not. What is possible depends on no question. Questions that compare keys
    /// count as well: not every answer may go with every cell.
    pub(crate) fn has_both(&mut self, function: Function, possible: Function) -> Result<bool, TooLarge> {
        let questions: Variables = self.questions.iter().map(|(_, variable)| *variable).collect();
        Ok(self.diagrams.every(function, &questions, &mut self.unasked)? != Function::FALSE
            && self.diagrams.some(function, &questions, &mut self.asked)? != possible)
    }

    fn atom(&mut self, atom: Atom, view: View) -> Result<Function, TooLarge> {
        if let Some(found) = self.atoms.get(&(atom, view)) {
            return Ok(*found);
        }
        let truth = self.facts.truth(atom, view).cloned();
        let same = self.facts.is_shared(atom);
        let per_view = truth.as_ref().is_some_and(|truth| truth.form == AtomForm::Open(Openness::PerView));
        let open = if same && !per_view { Question::Atom(atom) } else { Question::AtomOn(atom, view) };
        let function = match truth.map(|truth| truth.form) {
            Some(AtomForm::Constant(Truth::True)) => Function::TRUE,
            Some(AtomForm::Constant(Truth::False)) => Function::FALSE,
            Some(AtomForm::Open(Openness::Related)) if same => self.question(Question::Related(atom))?,
            Some(AtomForm::Constant(Truth::Unknown) | AtomForm::Open(_)) | None => self.question(open)?,
            Some(AtomForm::Cells { fact, truths }) => {
                let mut children = Vec::with_capacity(truths.len());
                for truth in truths {
                    children.push(match truth {
                        Truth::True => Function::TRUE,
                        Truth::False => Function::FALSE,
                        Truth::Unknown => self.question(open)?,
                    });
                }
                self.diagrams.choose(Variable::try_from(fact).unwrap_or(Variable::MAX), children)?
            }
        };
        self.atoms.insert((atom, view), function);
        Ok(function)
    }

    /// EVAL-3: all parts hold.
    pub(crate) fn candidate(&mut self, candidate: Candidate, effect: Effect, view: View) -> Result<Function, TooLarge> {
        let key = (candidate.statement(), candidate.is_uncertain(), effect, view);
        if let Some(found) = self.statements.get(&key) {
            return Ok(*found);
        }
        let mut function = Function::TRUE;
        let views = self.views;
        for atom in views.statement_atoms(candidate.statement()) {
            let atom = self.atom(*atom, view)?;
            function = self.diagrams.and(function, atom)?;
        }
        if candidate.is_uncertain() {
            let question = self.question(Question::Statement(candidate.statement(), effect))?;
            function = self.diagrams.and(function, question)?;
        }
        self.statements.insert(key, function);
        Ok(function)
    }

    /// D and A of K3-11 for the parts of all levels of a path.
    pub(crate) fn outcome(
        &mut self,
        view: View,
        applicability: Applicability,
        parts: &[Part],
    ) -> Result<Outcome, TooLarge> {
        if let Applicability::Settled(..) = applicability {
            return Ok(Outcome { denied: Function::FALSE, allowed: Function::TRUE });
        }
        let (mut denied, mut allowed) = (Function::FALSE, Function::TRUE);
        let views = self.views;
        for &(level, cell) in parts {
            let Some(entry) = views.entry(level, cell) else {
                // What a level holds is never guessed.
                let open = self.question(Question::Denies(level))?;
                denied = self.diagrams.or(denied, open)?;
                let open = self.question(Question::Allows(level))?;
                allowed = self.diagrams.and(allowed, open)?;
                continue;
            };
            let mut here = if entry.denies { Function::TRUE } else { Function::FALSE };
            if entry.unreadable {
                let question = self.question(Question::Denies(level))?;
                here = self.diagrams.or(here, question)?;
            }
            for candidate in &*entry.deny {
                let matches = self.candidate(*candidate, Effect::Deny, view)?;
                here = self.diagrams.or(here, matches)?;
            }
            denied = self.diagrams.or(denied, here)?;
            let mut here = if entry.allows { Function::TRUE } else { Function::FALSE };
            if entry.unreadable {
                let question = self.question(Question::Allows(level))?;
                here = self.diagrams.or(here, question)?;
            }
            for candidate in &*entry.allow {
                let matches = self.candidate(*candidate, Effect::Allow, view)?;
                here = self.diagrams.or(here, matches)?;
            }
            allowed = self.diagrams.and(allowed, here)?;
        }
        if let Some(question) = Self::question_whether(applicability) {
            let on = self.question(question)?;
            denied = self.diagrams.and(denied, on)?;
            let off = self.diagrams.not(on)?;
            allowed = self.diagrams.or(allowed, off)?;
        }
        Ok(Outcome { denied, allowed })
    }

    /// The question whether SCPs decide, if it is open.
    pub(crate) fn question_whether(applicability: Applicability) -> Option<Question> {
        match applicability {
            Applicability::Pending => Some(Question::PolicyType),
            Applicability::Unsure(rule) => Some(Question::Restricts(rule)),
            Applicability::Decides | Applicability::Settled(..) => None,
        }
    }

    /// Why a question is open, for an explanation.
    pub(crate) fn reasons(&self, question: Question, action: &str) -> Vec<Undecided> {
        match question {
            Question::Related(atom) | Question::Atom(atom) | Question::AtomOn(atom, _) => {
                let mut reasons: Vec<Undecided> = Vec::new();
                for truth in self.facts.truths(atom) {
                    reasons.extend(truth.rules.iter().copied().map(Undecided::Rule));
                    if let AtomForm::Open(why) = truth.form {
                        // Of a comparison that differs by view only the key that does is to blame.
                        let owners = if why == Openness::PerView { self.views.owner_keys(atom) } else { Vec::new() };
                        let keys = if owners.is_empty() { self.views.atom_keys(atom) } else { owners };
                        reasons.extend(keys.into_iter().map(|key| Undecided::Key(key.to_owned())));
                        if self.views.is_resource(atom) {
                            reasons.push(Undecided::Resource);
                        }
                    }
                }
                reasons
            }
            Question::Statement(statement, _) => self.views.uncertainty(statement, action),
            Question::Denies(_) | Question::Allows(_) => vec![Undecided::Rule("K3-13")],
            Question::PolicyType => vec![Undecided::Rule("EXM-2")],
            Question::Restricts(rule) => vec![Undecided::Rule(rule)],
        }
    }
}

#[cfg(test)]
mod tests {
    use scproof_evaluator::EvaluationOptions;
    use scproof_organization::Organization;

    use super::*;

    /// One account below a root, each with a Deny of one action beside an Allow of all.
    fn views(denied: [&str; 2]) -> CompiledViews {
        let policy = |id: &str, action: &str| {
            format!(
                r#"{{
                    "Id": "{id}", "Type": "SERVICE_CONTROL_POLICY",
                    "Content": {{"Version": "2012-10-17", "Statement": [
                        {{"Effect": "Allow", "Action": "*", "Resource": "*"}},
                        {{"Effect": "Deny", "Action": "{action}", "Resource": "*"}}
                    ]}}
                }}"#
            )
        };
        let [of_root, of_account] = denied;
        let organization = format!(
            r#"{{
                "Format": "scproof-inventory/1",
                "Organization": {{"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"}},
                "Roots": [{{"Id": "r-ab12"}}],
                "OrganizationalUnits": [],
                "Accounts": [{{"Id": "222222222222", "ParentId": "r-ab12"}}],
                "Policies": [{}, {}],
                "Attachments": [
                    {{"TargetId": "r-ab12", "PolicyId": "p-example001"}},
                    {{"TargetId": "222222222222", "PolicyId": "p-example002"}}
                ]
            }}"#,
            policy("p-example001", of_root),
            policy("p-example002", of_account)
        );
        CompiledViews::one(Organization::from_json(&organization).unwrap(), EvaluationOptions::default())
    }

    #[test]
    fn eval_5_what_a_level_holds_for_an_action_is_never_guessed() {
        let (one, two) = (views(["s3:PutObject", "s3:PutObject"]), views(["s3:PutObject", "s3:GetObject"]));
        let account = two.view(View::FIRST).organization().accounts().next().unwrap();
        let level = two.levels(View::FIRST, account).iter().copied().max().unwrap();
        let cell = one.action_classes().first().unwrap().cell;
        // A level that the other organization does not have.
        assert!(two.entry(level, cell).is_some() && one.entry(level, cell).is_none());
        let mut space = RequestSpace::new(&one, Facts::default(), String::new(), 100).unwrap();
        let Outcome { denied, allowed } = space.outcome(View::FIRST, Applicability::Decides, &[(level, cell)]).unwrap();
        let passes = space.diagrams.and_not(allowed, denied).unwrap();
        let blocked = space.diagrams.not(passes).unwrap();
        for verdict in [passes, blocked] {
            assert_eq!(space.certainly(verdict), Ok(Function::FALSE));
            assert_eq!(space.maybe(verdict), Ok(Function::TRUE));
        }
    }
}
