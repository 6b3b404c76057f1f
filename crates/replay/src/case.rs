//! What all organizations say to calls that no policy can tell apart: worked out once, for all events of the kind.

use scproof_evaluator::symbolic::{CompiledViews, View};
use scproof_evaluator::{
    CompiledOrganization, Decision, Explanation, Predicate, Query, Reason, Request, RequestError, StatementRef,
};
use scproof_organization::{Organization, PolicyIndex};
use scproof_trail::Standing;

use crate::answer::{Answer, Cause, Class, Open};
use crate::replay::Replay;

/// A call, and the answers to it.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) account: Box<str>,
    pub(crate) principal: Option<Box<str>>,
    /// What is asked, without facts that no policy looks at. The first is what the call is called by.
    pub(crate) asks: Box<[(Standing, Request)]>,
    pub(crate) before: Answer,
    /// Why SCPs do not govern the caller.
    pub(crate) exempt: Option<Reason>,
    /// The policies that block the call as the organization is.
    pub(crate) blocking: Box<[PolicyIndex]>,
    /// What each candidate does.
    pub(crate) changes: Box<[Change]>,
}

/// What a candidate does to a call.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) after: Answer,
    pub(crate) class: Class,
    pub(crate) causes: Box<[Cause]>,
    /// Where the candidate's answer is open: when the call passes.
    pub(crate) condition: Option<Predicate>,
    /// Which of the questions shows it.
    pub(crate) shown: usize,
    /// Which entry says that it is meant.
    pub(crate) expected: Option<usize>,
}

/// Questions, and the same prepared for the organization as it is.
pub(crate) struct Askable {
    asks: Vec<(Standing, Request)>,
    queries: Vec<Option<Query>>,
}

/// The questions of a call in one organization.
struct Answered<'a> {
    compiled: &'a CompiledOrganization,
    queries: Vec<Option<Query>>,
    asks: Vec<(Standing, Decision)>,
    answer: Answer,
}

impl<'a> Answered<'a> {
    fn new(compiled: &'a CompiledOrganization, asks: &[(Standing, Request)]) -> Self {
        let queries = asks.iter().map(|(_, request)| compiled.prepare(request).ok()).collect();
        Self::of(compiled, asks, queries)
    }

    fn of(compiled: &'a CompiledOrganization, asks: &[(Standing, Request)], queries: Vec<Option<Query>>) -> Self {
        // What a candidate cannot be asked, such as of an account that it lacks, is open.
        let decision = |request: &Request, query: &Option<Query>| {
            let found = query.as_ref().map_or(Decision::Unknown, |query| compiled.decide(query));
            // Whether a caller who is not named is exempt is not known (CT-31); what passes, passes for both.
            if request.principal.is_none() && found.is_denied() { Decision::Unknown } else { found }
        };
        let asked = asks.iter().zip(&queries);
        let asks: Vec<_> = asked.map(|((standing, request), query)| (*standing, decision(request, query))).collect();
        let answer = Answer::of(&asks);
        Self { compiled, queries, asks, answer }
    }

    fn decision(&self, ask: usize) -> Decision {
        self.asks.get(ask).map_or(Decision::Unknown, |(_, decision)| *decision)
    }

    fn explanation(&self, ask: usize) -> Option<Explanation> {
        self.queries.get(ask)?.as_ref().map(|query| self.compiled.explain(query))
    }

    fn organization(&self) -> &'a Organization {
        self.compiled.organization()
    }
}

impl Case {
    /// Asks all organizations. The questions are those that [`askable`] leaves.
    pub(crate) fn work_out(replay: &Replay, views: &CompiledViews, Askable { asks, queries }: Askable) -> Self {
        let before = Answered::of(views.view(View::BEFORE), &asks, queries);
        let candidates = views.views().skip(1).zip(replay.candidates());
        let changes = candidates.map(|(view, candidate)| {
            let mut change = change(&before, &Answered::new(views.view(view), &asks));
            change.look_up(replay, &candidate.name, &asks);
            change
        });
        let changes = changes.collect();
        let mut blocking: Vec<PolicyIndex> = Vec::new();
        let mut exempt = None;
        for index in 0..asks.len() {
            if before.answer == Answer::Blocked && before.decision(index).is_denied() {
                let found = before.explanation(index).map(|it| it.determining).unwrap_or_default();
                blocking.extend(found.iter().map(|statement| statement.policy));
            }
            if before.answer == Answer::NotGoverned && exempt.is_none() {
                exempt = before.explanation(index).map(|it| it.reason);
            }
        }
        blocking.sort_unstable();
        blocking.dedup();
        let first = asks.first().map(|(_, request)| request);
        Self {
            account: first.map_or_else(Box::default, |request| request.account.as_str().into()),
            principal: first.and_then(|request| request.principal.as_deref()).map(Into::into),
            before: before.answer,
            exempt,
            blocking: blocking.into(),
            changes,
            asks: asks.into(),
        }
    }

    /// The action that the call is called by.
    pub(crate) fn action(&self) -> &str {
        self.asks.first().map_or("", |(_, request)| &request.action)
    }
}

/// The questions that can be asked, ready to be: resources that the catalog does not know for the action are left open,
/// as if the event did not tell them (CT-37), and what is perhaps asked is left out if it makes no sense.
pub(crate) fn askable(
    compiled: &CompiledOrganization,
    asks: Vec<(Standing, Request)>,
) -> Result<Askable, &'static str> {
    let mut kept = Askable { asks: Vec::with_capacity(asks.len()), queries: Vec::with_capacity(asks.len()) };
    for (standing, mut request) in asks {
        let mut asked = compiled.prepare(&request);
        if !request.resources.is_empty() && asked.is_err() {
            request.resources.clear();
            request.resources_complete = false;
            asked = compiled.prepare(&request);
        }
        match asked {
            Ok(query) => {
                kept.asks.push((standing, request));
                kept.queries.push(Some(query));
            }
            Err(_) if standing == Standing::Possible => {}
            Err(error) => return Err(words(&error)),
        }
    }
    if kept.asks.is_empty() { Err("no action is known for the call") } else { Ok(kept) }
}

/// Why calls by others cannot be asked about.
pub(crate) const NO_ACCOUNT: &str = "the caller's account is not known";

fn words(error: &RequestError) -> &'static str {
    match error {
        RequestError::Account(_) | RequestError::NoAccount { .. } => NO_ACCOUNT,
        RequestError::Principal { .. } | RequestError::NoPartition { .. } => "the caller's ARN cannot be read",
        RequestError::PrincipalAccount { .. } => "the caller's ARN names another account",
        RequestError::PrincipalPartition { .. } => "the caller belongs to another partition",
        RequestError::Action { .. } => "the action cannot be read",
        RequestError::Resource { .. }
        | RequestError::ForeignResource { .. }
        | RequestError::NeedsResource { .. }
        | RequestError::SeveralValues { .. }
        | RequestError::DuplicateKey { .. }
        | RequestError::Key { .. }
        | _ => "the event's facts contradict what AWS documents",
    }
}

fn change(before: &Answered<'_>, after: &Answered<'_>) -> Change {
    let class = Class::of(before.answer, after.answer, || {
        let open = (0..before.asks.len()).map(|ask| compared(before, after, ask));
        open.fold(Open::Same, |worst, open| match (worst, open) {
            (Open::PassesLess, _) | (_, Open::PassesLess) => Open::PassesLess,
            (Open::PassesMore, _) | (_, Open::PassesMore) => Open::PassesMore,
            (Open::Same, Open::Same) => Open::Same,
        })
    });
    let mut change =
        Change { after: after.answer, class, causes: Box::default(), condition: None, shown: 0, expected: None };
    if !class.is_change() {
        return change;
    }
    let (blocks, passes) = if class.is_blocking() { (after, before) } else { (before, after) };
    let differs = |ask: &usize| {
        !blocks.decision(*ask).is_passing()
            && (blocks.decision(*ask) != passes.decision(*ask) || compared(before, after, *ask) != Open::Same)
    };
    let mut concerned: Vec<usize> = (0..before.asks.len()).filter(differs).collect();
    // Where a denial is certain, what is perhaps asked as well is none of its causes.
    if blocks.answer == Answer::Blocked {
        let certain = |ask: &usize| {
            blocks.asks.get(*ask).is_some_and(|(standing, it)| *standing != Standing::Possible && it.is_denied())
        };
        if concerned.iter().any(certain) {
            concerned.retain(certain);
        }
    }
    change.shown = concerned.first().copied().unwrap_or_default();
    let mut causes: Vec<Cause> = Vec::new();
    for &ask in &concerned {
        let Some(found) = blocks.explanation(ask) else { continue };
        let known = passes.explanation(ask).map(|it| causes_of(&it)).unwrap_or_default();
        let all = causes_of(&found);
        let new: Vec<Cause> = all
            .iter()
            .filter(|cause| {
                !known.iter().any(|other| is_same((blocks.organization(), **cause), (passes.organization(), *other)))
            })
            .copied()
            .collect();
        causes.extend(if new.is_empty() { all } else { new });
    }
    causes.sort_unstable();
    causes.dedup();
    if causes.is_empty() {
        causes.push(Cause::Other);
    }
    change.causes = causes.into();
    if after.answer == Answer::Depends {
        change.condition = after.explanation(change.shown).and_then(|it| it.depends_on);
    }
    change
}

/// How the answers to one question compare, where that to the call is open both times.
fn compared(before: &Answered<'_>, after: &Answered<'_>, ask: usize) -> Open {
    match (before.decision(ask), after.decision(ask)) {
        (Decision::Unknown, Decision::Unknown) => {}
        (was, is) if was.is_passing() == is.is_passing() && was.is_denied() == is.is_denied() => return Open::Same,
        (was, is) if is.is_passing() || was.is_denied() => return Open::PassesMore,
        _ => return Open::PassesLess,
    }
    let condition = |answered: &Answered<'_>| answered.explanation(ask).and_then(|it| it.depends_on);
    let (Some(was), Some(is)) = (condition(before), condition(after)) else { return Open::PassesLess };
    if was == is {
        return Open::Same;
    }
    let parts = |predicate: &Predicate| match predicate.conjuncts() {
        [] => vec![predicate.clone()],
        parts => parts.to_vec(),
    };
    let (was, is) = (parts(&was), parts(&is));
    if is.iter().all(|part| was.contains(part)) { Open::PassesMore } else { Open::PassesLess }
}

/// What blocks a call, or may.
fn causes_of(explanation: &Explanation) -> Vec<Cause> {
    let deny = |statement: &StatementRef| Cause::Deny(*statement);
    match explanation.decision {
        Decision::Allowed | Decision::NotApplicable => Vec::new(),
        Decision::ExplicitDeny => explanation.determining.iter().map(deny).collect(),
        Decision::ImplicitDeny => explanation.levels_without_allow.iter().map(|node| Cause::NoAllow(*node)).collect(),
        Decision::Deny | Decision::Unknown => {
            let mut causes = Vec::new();
            for level in &explanation.levels {
                causes.extend(level.denied_by.iter().map(deny));
                causes.extend(level.maybe_denied_by.iter().map(|(statement, _)| deny(statement)));
                if level.allowed_by.is_empty() {
                    causes.push(Cause::NoAllow(level.node));
                }
            }
            causes
        }
    }
}

/// Whether two causes are the same thing in two organizations.
fn is_same((one, cause): (&Organization, Cause), (other, known): (&Organization, Cause)) -> bool {
    match (cause, known) {
        (Cause::Deny(a), Cause::Deny(b)) => {
            let (policy, same) = (one.policy(a.policy), other.policy(b.policy));
            one.node(a.node).target == other.node(b.node).target
                && policy.id == same.id
                && a.statement == b.statement
                && policy.content == same.content
        }
        (Cause::NoAllow(a), Cause::NoAllow(b)) => one.node(a).target == other.node(b).target,
        (Cause::Other, Cause::Other) => true,
        _ => false,
    }
}

impl Change {
    /// Looks whether it is meant.
    pub(crate) fn look_up(&mut self, replay: &Replay, candidate: &str, asks: &[(Standing, Request)]) {
        if let Some((_, request)) = asks.get(self.shown).filter(|_| self.class.is_change()) {
            let call = (request.account.as_str(), request.principal.as_deref(), request.action.as_str());
            self.expected = replay.options().expected.find(replay.before(), candidate, call);
        }
    }

    /// The question that shows it.
    pub(crate) fn shown_request<'c>(&self, case: &'c Case) -> Option<&'c Request> {
        case.asks.get(self.shown).map(|(_, request)| request)
    }
}
