//! Regions of requests in which a verdict changes: which actions, when, and one request that shows it.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashSet;
use scproof_evaluator::symbolic::{
    ActionClass, Atom, AtomForm, CallerKind, CompiledViews, ContextValue, LevelId, MAX_STATES, Setting, ShapeId,
    Subject, View,
};
use scproof_evaluator::{Decision, Predicate, Request, RequestError, Truth, Undecided};
use scproof_organization::NodeId;

use crate::actions::{ActionIndex, ActionSet, ActionTerm};
use crate::condition::condition_of;
use crate::diagram::{Cube, Function, Variable};
use crate::limits::Limits;
use crate::space::{Question, RequestSpace};
use crate::witness::{Seeker, Witness};

/// What SCPs do with every request of a region, on one side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// They let it pass.
    Passes,
    /// A Deny statement blocks it (EVAL-4).
    ExplicitDeny,
    /// Some level has no Allow for it (EVAL-5).
    ImplicitDeny,
    /// They block it; which kind of denial differs from request to request, or is open.
    Deny,
    /// Not to be settled.
    Open,
}

impl Verdict {
    /// Whether a decision of the evaluator is of this kind.
    pub fn agrees(self, decision: Decision) -> bool {
        match self {
            Self::Passes => decision.is_passing(),
            Self::ExplicitDeny => decision == Decision::ExplicitDeny,
            Self::ImplicitDeny => decision == Decision::ImplicitDeny,
            Self::Deny => decision.is_denied(),
            Self::Open => true,
        }
    }

    /// Whether every request is blocked.
    pub fn is_blocked(self) -> bool {
        matches!(self, Self::ExplicitDeny | Self::ImplicitDeny | Self::Deny)
    }

    /// The stable spelling of machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passes => "allowed",
            Self::ExplicitDeny => "explicitDeny",
            Self::ImplicitDeny => "implicitDeny",
            Self::Deny => "deny",
            Self::Open => "unknown",
        }
    }
}

/// How a verdict changes (PRE-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transition {
    /// It passed and is now blocked.
    NewlyBlocked,
    /// It was blocked and passes now.
    NewlyPassing,
    /// Whether something changes could not be settled.
    Unknown,
    /// It is blocked before and after, for another kind of reason.
    OtherReason,
}

impl Transition {
    /// All, the gravest first.
    pub const ALL: [Self; 4] = [Self::NewlyBlocked, Self::NewlyPassing, Self::Unknown, Self::OtherReason];

    /// The stable spelling of machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewlyBlocked => "newlyBlocked",
            Self::NewlyPassing => "newlyPassing",
            Self::Unknown => "unknown",
            Self::OtherReason => "otherReason",
        }
    }

    /// Reads what [`as_str`](Self::as_str) writes.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|transition| transition.as_str() == text)
    }
}

impl std::fmt::Display for Transition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why something could not be settled.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// A fact or a rule is open, as in answers to questions.
    Open(Undecided),
    /// Keys are compared with each other, and no request was found that shows the difference.
    Relation(Vec<String>),
    /// A limit was met; its name and value.
    Limit(&'static str, usize),
    /// The work was ended before ([`Limits::stop`]).
    Stopped,
    /// No request was found that the evaluator confirms. Most are calls of several checks, of which the others stay
    /// open in the request that shows one of them.
    Unconfirmed,
}

/// What must hold together: as a condition, and as tests of requests.
type Alternative = (Predicate, Vec<Arc<Test>>);

/// Atoms that ask about one fact, and the combinations of their truths that are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Test {
    /// The key that the fact is, or nothing.
    key: String,
    atoms: Vec<Atom>,
    rows: Vec<Row>,
}

/// The truths of atoms, and where they are not meant for all requests, the kind of caller, and whether the key is
/// there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Row {
    truths: Vec<Truth>,
    kind: Option<CallerKind>,
    is_present: Option<bool>,
}

impl Test {
    /// Whether a request is meant, as far as it tells.
    pub(crate) fn holds_for(&self, views: &CompiledViews, request: &Request) -> Result<Truth, RequestError> {
        let caller = request.principal.as_deref().and_then(CallerKind::of_principal);
        let (truths, presence) = views.atom_truths_and_presence(View::FIRST, request, &self.atoms, &self.key)?;
        Ok(self.truth(&truths, presence, caller))
    }

    /// Whether the truths of a request are one of the rows, as far as they are known.
    fn truth(&self, truths: &[Truth], presence: Truth, caller: Option<CallerKind>) -> Truth {
        let of_row = |row: &Row| {
            let kind = match (row.kind, caller) {
                (None, _) => Truth::True,
                (Some(_), None) => Truth::Unknown,
                (Some(wanted), Some(caller)) => Truth::from(wanted == caller),
            };
            let same = row.truths.iter().zip(truths).fold(Truth::True, |same, (expected, found)| {
                same.and(match found {
                    found if found == expected => Truth::True,
                    Truth::Unknown => Truth::Unknown,
                    Truth::True | Truth::False => Truth::False,
                })
            });
            let there = match row.is_present {
                None => Truth::True,
                Some(true) => presence,
                Some(false) => presence.negate(),
            };
            same.and(kind).and(there)
        };
        self.rows.iter().fold(Truth::False, |any, row| any.or(of_row(row)))
    }
}

/// Requests whose verdicts change alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// The verdict before.
    pub before: Verdict,
    /// The verdict after.
    pub after: Verdict,
    /// Which actions, exactly.
    pub actions: ActionSet,
    /// When: [any](Predicate::Any) of alternatives, or the only one.
    pub when: Arc<Predicate>,
    /// Whether `when` is exact. If not, there were too many alternatives: each of those listed is inside the region,
    /// and the region has more.
    pub when_is_complete: bool,
    /// A request inside the region; confirmed by the evaluator unless the region is undetermined.
    pub witness: Option<Witness>,
    /// For an undetermined region why; empty otherwise.
    pub why: Vec<Why>,
    /// For an undetermined region what it may be.
    pub(crate) perhaps: Perhaps,
    pub(crate) classes: Vec<usize>,
    /// The alternatives as tests of requests.
    pub(crate) tests: Arc<[Vec<Arc<Test>>]>,
}

impl Region {
    /// The names of services that were not looked at, for want of room.
    pub(crate) fn of_uncut_names(services: &[String]) -> Self {
        let terms =
            services.iter().map(|service| ActionTerm { all_of: vec![format!("{service}:*")], except: Vec::new() });
        Self {
            before: Verdict::Open,
            after: Verdict::Open,
            actions: ActionSet { terms: terms.collect(), listed: 0 },
            when: Arc::new(Predicate::ALWAYS),
            when_is_complete: true,
            witness: None,
            why: vec![Why::Limit("states", MAX_STATES)],
            perhaps: Perhaps::ANY,
            classes: Vec::new(),
            tests: Arc::from([Vec::new()]),
        }
    }

    /// How the verdict changes.
    pub fn transition(&self) -> Transition {
        match (self.before, self.after) {
            (Verdict::Open, _) | (_, Verdict::Open) => Transition::Unknown,
            (Verdict::Passes, _) => Transition::NewlyBlocked,
            (_, Verdict::Passes) => Transition::NewlyPassing,
            _ => Transition::OtherReason,
        }
    }

    /// Whether a request, whose action belongs to the region, has the facts of one of its alternatives; unknown where
    /// the request does not say enough, or a rule is open.
    ///
    /// # Errors
    ///
    /// If the request cannot be understood.
    pub fn holds_for(&self, views: &CompiledViews, request: &Request) -> Result<Truth, RequestError> {
        let mut holds = if self.when_is_complete { Truth::False } else { Truth::Unknown };
        for tests in self.tests.iter() {
            let mut inside = Truth::True;
            for test in tests {
                inside = inside.and(test.holds_for(views, request)?);
            }
            holds = holds.or(inside);
        }
        Ok(holds)
    }

    /// The gravest first, then what is about most actions.
    pub(crate) fn order(&self, other: &Self) -> std::cmp::Ordering {
        let key = |region: &Self| {
            (region.transition(), region.before, region.after, std::cmp::Reverse(region.actions.listed))
        };
        key(self)
            .cmp(&key(other))
            .then_with(|| self.actions.cmp(&other.actions))
            .then_with(|| self.when.cmp(&other.when))
    }

    /// What it says beside its actions; witnesses and examples aside.
    pub(crate) fn saying(&self) -> Saying {
        let Self { before, after, when, when_is_complete, why, .. } = self;
        Saying {
            verdicts: [*before, *after],
            when: Arc::clone(when),
            when_is_complete: *when_is_complete,
            why: why.clone(),
        }
    }
}

/// What a region says beside its actions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Saying {
    verdicts: [Verdict; 2],
    when: Arc<Predicate>,
    when_is_complete: bool,
    why: Vec<Why>,
}

/// Puts regions into words and finds their witnesses.
pub(crate) struct Describer<'c, 'p> {
    views: &'p CompiledViews,
    classes: &'c [ActionClass],
    index: Arc<OnceLock<ActionIndex<'p>>>,
    limits: Limits,
    /// What stands on the path after, and not before; else the two views are compared.
    hypothetical: Option<LevelId>,
}

impl<'c, 'p> Describer<'c, 'p> {
    pub(crate) fn new(views: &'p CompiledViews, classes: &'c [ActionClass], limits: Limits) -> Self {
        Self { views, classes, index: Arc::default(), limits, hypothetical: None }
    }

    /// The same for what changes if one more level stands on every path.
    pub(crate) fn with(self, level: LevelId) -> Self {
        Self { hypothetical: Some(level), ..self }
    }

    /// The same with an index that others fill as well; it must be of the same classes.
    pub(crate) fn sharing(self, index: &Arc<OnceLock<ActionIndex<'p>>>) -> Self {
        Self { index: Arc::clone(index), ..self }
    }

    /// The actions of some classes in patterns; the classes in ascending order.
    pub(crate) fn actions(&self, classes: &[usize]) -> ActionSet {
        let index = self.index.get_or_init(|| ActionIndex::new(self.views, self.classes));
        let mut is_in = vec![false; self.classes.len()];
        for class in classes {
            if let Some(slot) = is_in.get_mut(*class) {
                *slot = true;
            }
        }
        index.describe(&|class| is_in.get(class) == Some(&true))
    }

    /// The class whose action stands for all: one that the catalog lists, if there is one.
    pub(crate) fn class_to_show(&self, classes: &[usize]) -> usize {
        let is_listed = |class: &&usize| self.classes.get(**class).is_some_and(|class| !class.actions.is_empty());
        classes.iter().find(is_listed).or_else(|| classes.first()).copied().unwrap_or(0)
    }

    /// The regions that one function describes: the confirmed part, and the part that stays open.
    pub(crate) fn describe(
        &self,
        space: &mut RequestSpace<'p>,
        node: NodeId,
        change: Change,
        class: usize,
    ) -> Vec<Region> {
        let Change { before, after, function, because, perhaps, shape, passing } = change;
        let region = |alternatives: Vec<Alternative>, complete: bool| {
            let (mut when, tests): (Vec<Predicate>, Vec<Vec<Arc<Test>>>) = alternatives.into_iter().unzip();
            // The order of cubes follows from that of facts, which differs from space to space.
            when.sort_unstable();
            Region {
                before,
                after,
                actions: ActionSet::default(),
                when: Arc::new(Predicate::any(when)),
                when_is_complete: complete,
                witness: None,
                why: Vec::new(),
                perhaps,
                classes: Vec::new(),
                tests: tests.into(),
            }
        };
        let always = || vec![(Predicate::ALWAYS, Vec::new())];
        let action = self.action_of(class);
        if space.over_limit {
            let why = vec![self.limit()];
            return vec![Region { why, ..region(always(), true) }];
        }
        let possible = space.possible_calls(shape).unwrap_or(space.possible);
        let cover = space
            .sayable(function, possible)
            .and_then(|(told, may)| space.diagrams.cover(told, may, self.limits.alternatives));
        let (cubes, complete) = match cover {
            Ok(Some(cubes)) => (cubes, true),
            Ok(None) | Err(_) => (space.diagrams.paths(function, self.limits.alternatives), false),
        };
        // What no request can meet is no part of it (LAW-9, LAW-10): diagrams do not see that two relations exclude
        // each other.
        let told = cubes.into_iter().map(|cube| (self.alternative(space, &cube), cube));
        let cubes: Vec<(Alternative, Cube)> = told.filter(|((condition, _), _)| !condition.is_never()).collect();
        if cubes.is_empty() && complete {
            return Vec::new();
        }
        let (views, hypothetical) = (self.views, self.hypothetical);
        let checks = views.call_checks(&action.to_ascii_lowercase());
        let seeker = Seeker { views, hypothetical, node, action: &action, checks: &checks, passing };
        if before == Verdict::Open {
            let why = Self::reasons(space, because, &action);
            let witness = cubes.first().and_then(|((_, tests), cube)| seeker.example(space, function, cube, tests));
            let when = cubes.into_iter().map(|(alternative, _)| alternative).collect();
            return vec![Region { witness, why, ..region(when, complete) }];
        }
        let (mut sure, mut unsure): (Vec<Alternative>, Vec<(Alternative, Cube)>) = (Vec::new(), Vec::new());
        let mut witness: Option<Witness> = None;
        let mut is_stopped = false;
        for (alternative, cube) in cubes {
            let related = cube.keys().any(|variable| space.question_of(*variable).is_some());
            if !related && witness.is_some() {
                sure.push(alternative);
                continue;
            }
            // The requests that show it best, if some are in the cube.
            let inside = space.diagrams.cube(&cube).and_then(|cube| space.diagrams.and(because, cube));
            let from = if inside == Ok(Function::FALSE) { function } else { because };
            is_stopped = self.limits.stop.is_stopped();
            let found = if is_stopped { None } else { seeker.confirm(space, from, &cube, before, after) };
            match found {
                Some(found) => {
                    if witness.is_none() {
                        witness = Some(seeker.shortest(space, &cube, &alternative.1, found));
                    }
                    sure.push(alternative);
                }
                None => unsure.push((alternative, cube)),
            }
        }
        let mut regions = Vec::new();
        if !sure.is_empty() {
            regions.push(Region { witness, ..region(sure, complete) });
        }
        if !unsure.is_empty() {
            let mut why: Vec<Why> = unsure
                .iter()
                .flat_map(|(_, cube)| cube.keys())
                .filter_map(|variable| match space.question_of(*variable) {
                    Some(Question::Related(atom)) => {
                        Some(Why::Relation(self.views.atom_keys(atom).into_iter().map(str::to_owned).collect()))
                    }
                    _ => None,
                })
                .collect();
            why.sort();
            why.dedup();
            if is_stopped {
                why = vec![Why::Stopped];
            } else if why.is_empty() {
                why.push(Why::Unconfirmed);
            }
            // Whether the calls pass is open; that only exempt callers could make them is not.
            let after = if self.hypothetical.is_some() && after == Verdict::Deny { after } else { Verdict::Open };
            let example = unsure.first().and_then(|((_, tests), cube)| seeker.example(space, function, cube, tests));
            let when = unsure.into_iter().map(|(alternative, _)| alternative).collect();
            let unsure = region(when, complete);
            let perhaps = Perhaps::default().with(unsure.transition());
            regions.push(Region { before: Verdict::Open, after, witness: example, why, perhaps, ..unsure });
        }
        regions
    }

    /// Why there was no room.
    fn limit(&self) -> Why {
        if self.limits.stop.is_stopped() { Why::Stopped } else { Why::Limit("nodes", self.limits.nodes) }
    }

    fn action_of(&self, class: usize) -> String {
        let Some(class) = self.classes.get(class) else { return String::new() };
        let action = class.actions.first().map(|action| self.views.catalog().action(*action).full_name());
        action.unwrap_or_else(|| class.representative.clone())
    }

    fn reasons(space: &RequestSpace<'p>, because: Function, action: &str) -> Vec<Why> {
        let mut why: Vec<Why> = Vec::new();
        for variable in space.diagrams.support(because) {
            let Some(question) = space.question_of(variable).filter(|question| !question.is_related()) else {
                continue;
            };
            if let Some(limit) = space.limit_of(question) {
                why.push(limit);
            }
            why.extend(space.reasons(question, &action.to_ascii_lowercase()).into_iter().map(Why::Open));
        }
        why.sort();
        why.dedup();
        why
    }

    /// A cube as a condition and as a test of requests.
    fn alternative(&self, space: &mut RequestSpace<'p>, cube: &Cube) -> Alternative {
        let mut conditions = Vec::new();
        let mut tests = Vec::new();
        for (variable, values) in cube {
            match space.question_of(*variable) {
                Some(Question::Related(atom)) => {
                    let holds = values.contains(&1);
                    conditions.push(self.views.predicate(atom, !holds));
                    let row = Row { truths: vec![Truth::from(holds)], kind: None, is_present: None };
                    tests.push(Arc::new(Test { key: String::new(), atoms: vec![atom], rows: vec![row] }));
                }
                Some(_) => {}
                None => {
                    let (condition, test) = self.cells(space, *variable, values);
                    conditions.push(condition);
                    tests.push(test);
                }
            }
        }
        // A request has one value of each key: what two conditions say of it together may be shorter.
        (Predicate::all(conditions).simplified(), tests)
    }

    /// Some cells of a fact as a condition and as a test; most stand in many cubes.
    fn cells(&self, space: &mut RequestSpace<'p>, variable: Variable, values: &[u32]) -> (Predicate, Arc<Test>) {
        let key = (variable, values.to_vec());
        if let Some(known) = space.told.get(&key) {
            return known.clone();
        }
        let fact = variable as usize;
        let atoms = space.atoms_in_use(fact);
        let condition = condition_of(self.views, &space.facts, fact, values, &atoms);
        let told = (condition, Arc::new(test(space, variable, values, atoms)));
        space.told.insert(key, told.clone());
        told
    }
}

fn test(space: &RequestSpace<'_>, variable: Variable, values: &[u32], atoms: Vec<Atom>) -> Test {
    let truths: Vec<Vec<Truth>> = atoms
        .iter()
        .map(|atom| match space.facts.truth(*atom, View::FIRST).map(|truth| &truth.form) {
            Some(AtomForm::Cells { fact, truths }) if *fact == variable as usize => truths.clone(),
            _ => Vec::new(),
        })
        .collect();
    let row = |cell: usize| -> Vec<Truth> {
        truths.iter().map(|row| row.get(cell).copied().unwrap_or(Truth::Unknown)).collect()
    };
    let cells = space.facts.facts.get(variable as usize).map_or(&[][..], |fact| &fact.cells);
    let inside: FxHashSet<usize> = values.iter().map(|value| *value as usize).collect();
    let outside: FxHashSet<Vec<Truth>> = (0..cells.len()).filter(|cell| !inside.contains(cell)).map(row).collect();
    let key = match space.facts.facts.get(variable as usize).map(|fact| &fact.subject) {
        Some(Subject::Key(key)) => key.clone(),
        Some(Subject::Resource | Subject::Principal | Subject::Instant) | None => String::new(),
    };
    let mut seen: FxHashSet<Row> = FxHashSet::default();
    let mut rows: Vec<Row> = Vec::new();
    for (cell, found) in cells.iter().enumerate().filter(|(cell, _)| inside.contains(cell)) {
        let truths = row(cell);
        // The kind of caller, and that the key is there, matter where others with the same truths are not meant.
        let other = outside.contains(&truths);
        let is_absent = matches!(found.settings.as_slice(), [Setting::Key(_, ContextValue::Absent)]);
        let is_present = (other && !key.is_empty()).then_some(!is_absent);
        let new = Row { truths, kind: if other { found.kind } else { None }, is_present };
        if seen.insert(new.clone()) {
            rows.push(new);
        }
    }
    Test { key, atoms, rows }
}

/// A part of a formula in which the verdict changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Change {
    pub(crate) before: Verdict,
    pub(crate) after: Verdict,
    pub(crate) function: Function,
    /// For an open part the function whose open questions leave it open; else the requests that show it best.
    pub(crate) because: Function,
    /// For an open part what it may be.
    pub(crate) perhaps: Perhaps,
    /// What the calls are checked against.
    pub(crate) shape: ShapeId,
    /// The pairs among which the other checks of a call are that shows it.
    pub(crate) passing: Function,
}

impl Change {
    /// A change that is certain, shown by any of its requests.
    pub(crate) fn certain(before: Verdict, after: Verdict, function: Function) -> Self {
        Self {
            before,
            after,
            function,
            because: function,
            perhaps: Perhaps::default(),
            shape: ShapeId::ANY,
            passing: Function::TRUE,
        }
    }
}

/// Which ways a verdict may change, where that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Perhaps(u8);

impl Perhaps {
    pub(crate) const ANY: Self = Self(u8::MAX);

    fn bit(transition: Transition) -> u8 {
        match transition {
            Transition::NewlyBlocked => 1,
            Transition::NewlyPassing => 2,
            Transition::OtherReason => 4,
            Transition::Unknown => u8::MAX,
        }
    }

    pub(crate) fn with(self, transition: Transition) -> Self {
        Self(self.0 | Self::bit(transition))
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn may_be(self, transition: Transition) -> bool {
        self.0 & Self::bit(transition) != 0
    }
}
