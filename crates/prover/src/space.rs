//! All requests of a class as assignments of variables: one variable a fact, its values the cells; one variable of two
//! values for each question that cells do not settle.

mod calls;
mod telling;

use std::sync::Arc;

use rustc_hash::FxHashMap;
use scproof_evaluator::symbolic::{
    Applicability, Atom, AtomForm, Candidate, CellId, CompiledViews, Facts, LevelId, MAX_CELLS, Openness, PairId,
    ShapeId, Subject, View,
};
use scproof_evaluator::{Predicate, Truth, Undecided};
use scproof_policy_parser::Effect;

use self::calls::Checks;
use crate::diagram::{Diagrams, Done, Function, TooLarge, Variable, Variables};
use crate::limits::Limits;
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

/// One level's part for one cell of actions.
pub(crate) type Part = (LevelId, CellId);

impl<'p> RequestSpace<'p> {
    pub(crate) fn new(
        views: &'p CompiledViews,
        facts: impl Into<Arc<Facts>>,
        account: String,
        limits: &Limits,
    ) -> Result<Self, TooLarge> {
        let facts: Arc<Facts> = facts.into();
        // Without a cell there would be no request at all, and of none everything holds: better nothing is settled.
        if facts.facts.iter().any(|fact| fact.cells.is_empty()) {
            return Err(TooLarge(limits.nodes));
        }
        let own_facts = (0..).zip(&facts.facts).filter(|(_, fact)| match &fact.subject {
            Subject::Resource => true,
            Subject::Key(name) => views.differs_by_check(name),
            Subject::Principal | Subject::Instant => false,
        });
        let own_facts = own_facts.map(|(variable, _)| variable).collect();
        let mut diagrams = Diagrams::new(limits);
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
        Ok(Self { possible, own_facts, ..Self::empty(views, diagrams, facts, account) })
    }

    /// A space in which nothing is settled.
    pub(crate) fn over_limit(views: &'p CompiledViews) -> Self {
        let diagrams = Diagrams::new(&Limits { nodes: 2, ..Limits::default() });
        Self { over_limit: true, ..Self::empty(views, diagrams, Arc::default(), String::new()) }
    }

    fn empty(views: &'p CompiledViews, diagrams: Diagrams, facts: Arc<Facts>, account: String) -> Self {
        Self {
            views,
            diagrams,
            facts,
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
            account,
            over_limit: false,
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
        let mut space =
            RequestSpace::new(&one, Facts::default(), String::new(), &Limits { nodes: 100, ..Limits::default() })
                .unwrap();
        let Outcome { denied, allowed } = space.outcome(View::FIRST, Applicability::Decides, &[(level, cell)]).unwrap();
        let passes = space.diagrams.and_not(allowed, denied).unwrap();
        let blocked = space.diagrams.not(passes).unwrap();
        for verdict in [passes, blocked] {
            assert_eq!(space.certainly(verdict), Ok(Function::FALSE));
            assert_eq!(space.maybe(verdict), Ok(Function::TRUE));
        }
    }
}
