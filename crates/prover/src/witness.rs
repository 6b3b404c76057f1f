//! Requests that show a difference, replayed by the evaluator before anybody sees them.

use std::sync::Arc;

use scproof_evaluator::symbolic::{
    Atom, CallCheck, Cell, CompiledViews, ContextValue, Fact, LevelId, RequestResource, Setting, Subject, View,
};
use scproof_evaluator::{Context, Decision, Request, ResourceInput, Truth};
use scproof_organization::NodeId;

use crate::diagram::{Cube, Function, Variable};
use crate::one_call::of_one_call;
use crate::region::{Test, Verdict};
use crate::space::{Question, RequestSpace};

/// The most relations that are settled although the difference does not depend on them.
const MAX_RELATIONS: usize = 8;

/// A request and what the evaluator says of it before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The request; no longer than it must be.
    pub request: Request,
    /// The decision before.
    pub before: Decision,
    /// The decision after.
    pub after: Decision,
}

/// Looks for witnesses for one account and one action.
pub(crate) struct Seeker<'a> {
    pub(crate) views: &'a CompiledViews,
    /// What stands on the path after, and not before; else the two views are compared.
    pub(crate) hypothetical: Option<LevelId>,
    /// The account in the first view.
    pub(crate) node: NodeId,
    pub(crate) action: &'a str,
    /// What calls of the action are checked against; nothing is known of it beyond the catalog.
    pub(crate) checks: &'a [CallCheck],
    /// The pairs among which the other checks of a call are.
    pub(crate) passing: Function,
}

/// How much a request says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Extent {
    /// What the cube names: mostly enough.
    Named,
    /// And the resource.
    NamedOfPair,
    /// Everything about one check.
    Pair,
    /// Everything about all checks that every call makes.
    Call,
}

impl Seeker<'_> {
    /// A request inside a cube of the function, confirmed by the evaluator; not shortened.
    pub(crate) fn confirm(
        &self,
        space: &mut RequestSpace<'_>,
        function: Function,
        cube: &Cube,
        before: Verdict,
        after: Verdict,
    ) -> Option<Witness> {
        let agrees = |witness: &Witness| before.agrees(witness.before) && after.agrees(witness.after);
        for extent in [Extent::Named, Extent::NamedOfPair, Extent::Pair, Extent::Call] {
            let requests = self.request(space, function, cube, extent).into_iter().flat_map(of_one_call);
            if let Some(found) = requests.filter_map(|request| self.replay(&request)).find(agrees) {
                return Some(found);
            }
        }
        let base = of_one_call(self.request(space, function, cube, Extent::Pair)?).into_iter().next()?;
        let wanted: Vec<(Atom, bool)> = cube
            .iter()
            .filter_map(|(variable, values)| match space.question_of(*variable) {
                Some(Question::Related(atom)) => Some((atom, values.contains(&1))),
                _ => None,
            })
            .collect();
        // The function may leave relations open that the request has to settle all the same.
        let others =
            space.related_in(function).into_iter().filter(|atom| !wanted.iter().any(|(known, _)| known == atom));
        let others: Vec<Atom> = others.take(MAX_RELATIONS).collect();
        let request = self.relate(space, base, &wanted, &others);
        self.replay(&request).filter(agrees)
    }

    /// A request inside a cube that shows nothing yet: what it would take is open.
    pub(crate) fn example(
        &self,
        space: &mut RequestSpace<'_>,
        function: Function,
        cube: &Cube,
        tests: &[Arc<Test>],
    ) -> Option<Witness> {
        // Mostly what the cube names is enough to leave the verdict open; everything else stays unknown.
        let is_open = |witness: &Witness| [witness.before, witness.after].contains(&Decision::Unknown);
        let mut replay = |extent: Extent| {
            let request = of_one_call(self.request(space, function, cube, extent)?).into_iter().next();
            self.replay(&request?)
        };
        let found = replay(Extent::Named).filter(is_open).or_else(|| replay(Extent::Pair))?;
        Some(self.shortest(space, cube, tests, found))
    }

    pub(crate) fn account(&self) -> String {
        self.views.view(View::FIRST).organization().node(self.node).target.as_str().to_owned()
    }

    fn request(
        &self,
        space: &mut RequestSpace<'_>,
        function: Function,
        cube: &Cube,
        extent: Extent,
    ) -> Option<Request> {
        let inside = space.diagrams.cube(cube).ok()?;
        let inside = space.diagrams.and(function, inside).ok()?;
        let values = space.diagrams.example(inside)?;
        let check = if self.checks.is_empty() { None } else { Some(space.check_of(self.checks, &values)?) };
        let mut request = Request::new(self.account(), self.action);
        let is_named = |variable: Variable| extent >= Extent::Pair || cube.contains_key(&variable);
        self.say(space, &values, check, &mut request, &is_named);
        let Some(check) = check else { return Some(request) };
        if extent >= Extent::NamedOfPair || !request.resources.is_empty() {
            let resource = space.resource_of(check, &values)?.clone();
            request.resources = vec![ResourceInput { resource, context: Context::new() }];
        }
        if extent == Extent::Call {
            self.complete(space, check, &values, &mut request)?;
        }
        Some(request)
    }

    /// Says of a request what cells say, as far as facts are named.
    fn say(
        &self,
        space: &RequestSpace<'_>,
        values: &[u32],
        check: Option<&CallCheck>,
        request: &mut Request,
        is_named: &dyn Fn(Variable) -> bool,
    ) {
        let chosen = |(fact, value): (&Fact, &u32)| fact.cells.get(*value as usize)?.kind;
        let kind = space.facts.facts.iter().zip(values).find_map(chosen);
        let lacks = |fact: &Fact| match &fact.subject {
            Subject::Key(key) => check.is_some_and(|check| {
                check.pair.lacks.iter().any(|slot| self.views.key_name(*slot).eq_ignore_ascii_case(key))
            }),
            Subject::Resource | Subject::Principal | Subject::Instant => false,
        };
        for (variable, (fact, value)) in (0..).zip(space.facts.facts.iter().zip(values)) {
            if !is_named(variable) || lacks(fact) {
                continue;
            }
            let Some(Cell { settings, by_kind, .. }) = fact.cells.get(*value as usize) else { continue };
            match by_kind.iter().find(|(of, _)| Some(*of) == kind) {
                Some((_, setting)) => apply(request, setting, &space.account),
                None => settings.iter().for_each(|setting| apply(request, setting, &space.account)),
            }
        }
    }

    /// Adds the other checks that every call makes, each with keys of its own. Where none goes with a check that a call
    /// may make in another Region (SP-56), they are made in a Region of their own.
    fn complete(
        &self,
        space: &mut RequestSpace<'_>,
        check: &CallCheck,
        values: &[u32],
        request: &mut Request,
    ) -> Option<()> {
        let region = space.region_fact().filter(|_| check.is_passed_on);
        let (mut shared, mut own) = (Context::new(), Context::new());
        for (key, value) in request.context.iter() {
            let to = if self.views.differs_by_check(key) { &mut own } else { &mut shared };
            to.insert(key, value.clone());
        }
        let mut call = space.diagrams.and(self.passing, space.possible).ok()?;
        for (variable, value) in (0..).zip(values.iter().take(space.facts.facts.len())) {
            if !space.is_own(variable) && Some(variable) != region {
                let same = space.diagrams.literal(variable, |other| other == *value).ok()?;
                call = space.diagrams.and(call, same).ok()?;
            }
        }
        let here = values.get(region.unwrap_or_default() as usize).copied().unwrap_or_default();
        let regions = if let Some(region) = region {
            let count = space.facts.facts.get(region as usize).map_or(0, |fact| fact.cells.len());
            let count = u32::try_from(count).unwrap_or_default();
            std::iter::once(here).chain((0..count).filter(|cell| *cell != here)).collect()
        } else {
            vec![here]
        };
        let (others, in_region) = regions.into_iter().find_map(|cell| {
            let mut call = call;
            if let Some(region) = region {
                let same = space.diagrams.literal(region, |other| other == cell).ok()?;
                call = space.diagrams.and(call, same).ok()?;
            }
            Some((self.others(space, check, call, region.is_some_and(|_| cell != here))?, cell))
        })?;
        if let Some(region) = region.filter(|_| in_region != here) {
            let settings = &space.facts.facts.get(region as usize)?.cells.get(in_region as usize)?.settings;
            let Some(Setting::Key(key, value)) = settings.first() else { return None };
            let (_, of_check) = shared.iter().find(|(known, _)| known.eq_ignore_ascii_case(key))?;
            own.insert(key, of_check.clone());
            shared = with(&shared, key, value.clone());
        }
        request.context = shared;
        request.resources.first_mut()?.context = own;
        request.resources.extend(others);
        Some(())
    }

    /// The checks that every call makes beside one, out of some pairs; one in another Region is none of them.
    fn others(
        &self,
        space: &mut RequestSpace<'_>,
        check: &CallCheck,
        call: Function,
        is_elsewhere: bool,
    ) -> Option<Vec<ResourceInput>> {
        let is_other =
            |other: &&CallCheck| other.required && !other.is_alternative && (is_elsewhere || *other != check);
        self.checks
            .iter()
            .filter(is_other)
            .map(|other| {
                let pairs = space.pairs_of(other).ok()?;
                let pairs = space.diagrams.and(call, pairs).ok()?;
                let values = space.diagrams.example(pairs)?;
                let mut of_other = Request::new(self.account(), self.action);
                self.say(space, &values, Some(other), &mut of_other, &|variable| space.is_own(variable));
                let resource = space.resource_of(other, &values)?.clone();
                Some(ResourceInput { resource, context: of_other.context })
            })
            .collect()
    }

    /// What the evaluator says of a request before and after.
    pub(crate) fn replay(&self, request: &Request) -> Option<Witness> {
        // What no call can be shows nothing (K.4).
        let [before, after] = if let Some(level) = self.hypothetical {
            self.views.ask_both(View::FIRST, request, level).ok()??
        } else {
            let compiled = self.views.view(View::BEFORE);
            let query = compiled.prepare(request).ok().filter(|query| query.broken_laws().is_empty())?;
            [compiled.decide(&query), self.views.view(View::AFTER).ask(request).ok()?]
        };
        Some(Witness { request: request.clone(), before, after })
    }

    /// The request with values under which keys that are compared with each other are related as wanted, one atom after
    /// the other; those that do not matter are settled either way.
    fn relate(&self, space: &RequestSpace<'_>, base: Request, wanted: &[(Atom, bool)], others: &[Atom]) -> Request {
        let account = self.account();
        let mut request = base;
        let mut kept: Vec<(Atom, Truth)> = Vec::new();
        let goals = wanted.iter().map(|(atom, holds)| (*atom, Some(Truth::from(*holds))));
        for (atom, goal) in goals.chain(others.iter().map(|atom| (*atom, None))) {
            let keys: Vec<String> = self.views.atom_keys(atom).into_iter().map(str::to_owned).collect();
            let texts = self.views.atom_texts(atom);
            let atoms: Vec<Atom> = kept.iter().map(|(atom, _)| *atom).chain([atom]).collect();
            let tries =
                vary(&request, self.views.is_resource(atom), &keys, &texts, &account, &|key| space.may_be_absent(key));
            let found = std::iter::once(request.clone()).chain(tries).find_map(|candidate| {
                let truths = self.views.atom_truths(View::FIRST, &candidate, &atoms).ok()?;
                let (own, earlier) = truths.split_last()?;
                let keeps = kept.iter().zip(earlier).all(|((_, truth), now)| truth == now);
                let reached = goal.map_or(*own != Truth::Unknown, |goal| goal == *own);
                (keeps && reached).then_some((candidate, *own))
            });
            if let Some((candidate, truth)) = found {
                request = candidate;
                kept.push((atom, truth));
            }
        }
        request
    }
}

/// Requests in which the subject of an atom does and does not equal what its texts say for some values of their
/// variables.
fn vary(
    base: &Request,
    resource: bool,
    keys: &[String],
    texts: &[String],
    account: &str,
    may_be_absent: &impl Fn(&str) -> bool,
) -> Vec<Request> {
    let own = if resource { None } else { keys.first() };
    let variables: Vec<&String> = keys.iter().skip(usize::from(!resource)).collect();
    let mut requests = Vec::new();
    for value in ["example", "other"] {
        let mut set = base.clone();
        for key in &variables {
            if !is_derived(key) && !base.context.iter().any(|(known, _)| known.eq_ignore_ascii_case(key)) {
                set.context.insert((*key).clone(), ContextValue::Single(value.to_owned()));
            }
        }
        let lookup = |key: &str| {
            if key.eq_ignore_ascii_case("aws:PrincipalAccount") {
                return Some(account.to_owned());
            }
            set.context.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).and_then(|(_, value)| match value {
                ContextValue::Single(text) => Some(text.clone()),
                ContextValue::Absent | ContextValue::List(_) => None,
            })
        };
        let mut subjects: Vec<Option<String>> = texts.iter().map(|text| substitute(text, &lookup)).collect();
        subjects.push(Some(if resource { "arn:aws:s3:::another/example".to_owned() } else { "different".to_owned() }));
        subjects.push(None);
        for subject in subjects {
            let mut request = set.clone();
            match (own, subject) {
                (Some(key), Some(text)) => request.context = with(&request.context, key, ContextValue::Single(text)),
                (Some(key), None) if !may_be_absent(key) => continue,
                (Some(key), None) => request.context = with(&request.context, key, ContextValue::Absent),
                (None, Some(text)) => {
                    request.resources =
                        vec![ResourceInput { resource: RequestResource::Arn(text), context: Context::new() }];
                }
                (None, None) => {}
            }
            requests.push(request);
        }
    }
    let mut absent = base.clone();
    for key in &variables {
        if !is_derived(key) && may_be_absent(key) {
            absent.context = with(&absent.context, key, ContextValue::Absent);
        }
    }
    requests.push(absent);
    requests
}

/// Keys that follow from the account: they are not to be chosen.
fn is_derived(key: &str) -> bool {
    ["aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths"]
        .iter()
        .any(|derived| derived.eq_ignore_ascii_case(key))
}

/// A policy text with its variables replaced and its wildcards filled.
fn substitute(text: &str, lookup: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        result.push_str(&before.replace('*', "example").replace('?', "x"));
        let (variable, tail) = after.split_once('}')?;
        rest = tail;
        match variable {
            "*" | "?" | "$" => result.push_str(variable),
            _ => {
                let (key, default) = variable.split_once(',').unwrap_or((variable, ""));
                let default = default.trim().trim_matches('\'');
                let value = lookup(key.trim()).or_else(|| (!default.is_empty()).then(|| default.to_owned()))?;
                result.push_str(&value);
            }
        }
    }
    result.push_str(&rest.replace('*', "example").replace('?', "x"));
    Some(result)
}

fn apply(request: &mut Request, setting: &Setting, own: &str) {
    let localize = |text: &str| if text == own { request.account.clone() } else { text.to_owned() };
    match setting {
        Setting::Resource(resource) => {
            request.resources = vec![ResourceInput { resource: resource.clone(), context: Context::new() }];
        }
        // The facts were cut for an account that stands for all of its kind.
        Setting::Principal(arn) => {
            let parts: Vec<String> = arn.splitn(6, ':').map(localize).collect();
            request.principal = Some(parts.join(":"));
        }
        Setting::Key(key, value) => {
            let value = match value {
                // A root user's id is that of the account (CTX-62).
                ContextValue::Single(text) if key.eq_ignore_ascii_case("aws:userid") => {
                    ContextValue::Single(localize(text))
                }
                ContextValue::Absent | ContextValue::Single(_) | ContextValue::List(_) => value.clone(),
            };
            request.context.insert(key.clone(), value);
        }
    }
}

fn with(context: &Context, key: &str, value: ContextValue) -> Context {
    let mut changed = Context::new();
    for (known, old) in context.iter().filter(|(known, _)| !known.eq_ignore_ascii_case(key)) {
        changed.insert(known, old.clone());
    }
    changed.insert(key, value);
    changed
}
