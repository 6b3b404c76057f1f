//! Asks `can`, `who-can` and `effective` the same generated questions, with facts added one by one, and `audit` and
//! `simulate` about their organization: they must not contradict each other, and a fact more must never turn one
//! definite answer into another.
//!
//! `cargo run --release -p scproof-testkit --example added_facts -- QUESTIONS [SEED]`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a development program that stops when it cannot go on")]

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use scproof_catalog::Catalog;
use scproof_evaluator::symbolic::CompiledViews;
use scproof_evaluator::{Access, Caller, CompiledOrganization, Decision, EvaluationOptions, Predicate, Request};
use scproof_organization::{Inventory, NodeId, Organization};
use scproof_prover::{ComparisonOptions, Limits, PolicyProof, Transition, difference};
use scproof_testkit::strategies::{CallScenario, Chance};

/// Who calls, as who-can and audit are asked; `can` is asked about the same user by its ARN.
const CALLER: &str = "user/alice";
/// Of one organization, whose proofs take long.
const SCENARIOS_PER_ORGANIZATION: usize = 64;
/// One of so many is asked of `effective` as well, which sorts all actions each time.
const EFFECTIVE_EVERY: usize = 8;
/// More faults than this say nothing new.
const MAX_SHOWN: u64 = 10;
const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// Whether a verdict stands when more is known, and so does the kind of a denial (EVAL-10, CLR-7). What is settled by
/// cases may be less of a kind with a fact more: fewer facts are asked about twice.
fn is_compatible(before: Decision, after: Decision) -> bool {
    match (before, after) {
        (Decision::Unknown, _) | (_, Decision::Unknown) => true,
        (Decision::Deny, _) | (_, Decision::Deny) => before.is_denied() == after.is_denied(),
        _ => before == after,
    }
}

/// What proofs say of all calls of an action by an account.
#[derive(Debug)]
struct Proved {
    /// What an audit says of the calls of one caller, and of any.
    of_caller: Access,
    of_any: Access,
    /// How calls change where the policies take the place of ones that let everything pass, and whether all do.
    transitions: Vec<Transition>,
    all_blocked: bool,
}

impl Proved {
    fn new(inventory: &Inventory, account: &str, action: &str) -> Self {
        let options = EvaluationOptions::default();
        let organization = Arc::new(Organization::from_inventory(inventory).unwrap());
        let mut open = inventory.clone();
        open.policies.iter_mut().for_each(|policy| policy.content = Some(EVERYTHING.to_owned()));
        let open = Organization::from_inventory(&open).unwrap();
        let views = CompiledViews::one(Arc::clone(&organization), options);
        let accounts: Vec<NodeId> = organization.accounts().collect();
        let place = accounts.iter().position(|node| organization.node(*node).target.as_str() == account).unwrap();
        let key = views.class_key(action).unwrap();
        let access = |caller: Option<&str>| {
            let mut proof = PolicyProof::new(&views, &accounts, &[], Limits::default());
            let alike = proof.by_access(caller).unwrap();
            let class = proof.action_classes().iter().position(|class| class.key() == key).unwrap();
            let found = alike.iter().find(|found| found.accounts.contains(&place)).unwrap();
            found.by_class.get(class).unwrap().access
        };
        let (of_caller, of_any) = (access(Some(CALLER)), access(None));
        let nodes = |node: NodeId| Some([open.find_node(&organization.node(node).target)?, node]);
        let nodes: Vec<[NodeId; 2]> = accounts.iter().filter_map(|node| nodes(*node)).collect();
        let views = CompiledViews::two(open, (*organization).clone(), options);
        let found = difference(&views, &nodes, &ComparisonOptions::default());
        let group = found.groups.iter().find(|group| group.accounts.contains(&place)).unwrap();
        let regions: Vec<_> = group.regions.iter().filter(|region| found.concerns(&views, region, action)).collect();
        let transitions = regions.iter().map(|region| region.transition()).collect();
        let all_blocked = regions.iter().any(|region| {
            region.transition() == Transition::NewlyBlocked
                && region.when_is_complete
                && *region.when == Predicate::ALWAYS
        });
        Self { of_caller, of_any, transitions, all_blocked }
    }

    /// Whether a call may be decided so.
    fn fits(&self, decision: Decision) -> bool {
        let by_access = [self.of_caller, self.of_any].into_iter().all(|access| match access {
            Access::NeverBlocked => !decision.is_denied(),
            Access::AlwaysBlocked => !decision.is_passing(),
            Access::Depends => true,
        });
        let is_told = self
            .transitions
            .iter()
            .any(|transition| matches!(transition, Transition::NewlyBlocked | Transition::Unknown));
        by_access && (is_told || !decision.is_denied()) && !(self.all_blocked && decision.is_passing())
    }

    /// Whether proofs settle what a question does that says nothing but who calls.
    fn settles(&self, decision: Decision) -> bool {
        match decision {
            Decision::Allowed | Decision::NotApplicable => self.of_caller == Access::NeverBlocked,
            Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny => self.of_caller == Access::AlwaysBlocked,
            Decision::Unknown => true,
        }
    }
}

/// What those say that answer questions; `effective` only of one that names no resource.
fn answers(
    compiled: &CompiledOrganization,
    question: &Request,
    with_effective: bool,
) -> Option<Vec<(&'static str, Decision)>> {
    let mut found = vec![("can", compiled.ask(question).ok()?)];
    let accounts: Vec<_> = compiled.organization().accounts().collect();
    // Who calls is asked by name there: it is the same user in each account.
    let asked = Request { account: String::new(), principal: Some(CALLER.to_owned()), ..question.clone() };
    let together = compiled.who_can(&asked, &accounts).ok()?;
    let of_account = together.groups.iter().find(|group| {
        group.accounts.iter().any(|node| compiled.organization().node(*node).target.as_str() == question.account)
    });
    found.extend(of_account.map(|group| ("who-can", group.decision)));
    if with_effective && question.resources.is_empty() {
        let caller = Caller {
            account: question.account.clone(),
            principal: question.principal.clone(),
            context: question.context.clone(),
            ..Caller::default()
        };
        let permissions = compiled.effective(&caller).ok()?;
        let action = Catalog::embedded().find_action(&question.action)?;
        let of_action = permissions.groups.iter().find(|group| group.actions.contains(&action));
        found.extend(of_action.map(|group| ("effective", group.decision)));
    }
    Some(found)
}

/// Asks one question, with one fact more each time; how often, and the contradictions.
fn ask(
    compiled: &CompiledOrganization,
    proved: &Proved,
    scenario: &CallScenario,
    with_effective: bool,
) -> (u64, Vec<String>) {
    let (mut asked, mut faults) = (0, Vec::new());
    let mut before: Option<Decision> = None;
    for count in 0..=scenario.facts.len() {
        let question = scenario.with_facts(count);
        let Some(found) = answers(compiled, &question, with_effective) else { continue };
        asked += 1;
        let Some((_, can)) = found.first().copied() else { continue };
        let agree = found.iter().all(|(_, decision)| *decision == can);
        let is_bare = question.context.is_empty() && question.resources.is_empty();
        let proofs_agree = proved.fits(can) && (!is_bare || proved.settles(can));
        if !agree || !proofs_agree || before.is_some_and(|before| !is_compatible(before, can)) {
            let text = scenario.inventory.to_json();
            faults.push(format!("{found:?} after {before:?}, {proved:?}\n{text}\n{question:#?}\n"));
        }
        before = Some(can);
    }
    (asked, faults)
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut number = |otherwise: u64| arguments.next().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (wanted, seed) = (number(10_000), number(1));
    let (all, contradictions) = (AtomicU64::new(0), AtomicU64::new(0));
    let start = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (all, contradictions) = (&all, &contradictions);
            scope.spawn(move || {
                // Far apart, so that no thread repeats what another has.
                let mut chance = Chance::new(seed.wrapping_add(thread << 48));
                while all.load(Ordering::Relaxed) < wanted && contradictions.load(Ordering::Relaxed) < MAX_SHOWN {
                    let Some(mut scenario) = CallScenario::generate(&mut chance) else { continue };
                    let proved =
                        Proved::new(&scenario.inventory, &scenario.question.account, &scenario.question.action);
                    let organization = Organization::from_inventory(&scenario.inventory).unwrap();
                    let compiled = CompiledOrganization::compile(organization, EvaluationOptions::default());
                    for number in 0..SCENARIOS_PER_ORGANIZATION {
                        let with_effective = number % EFFECTIVE_EVERY == 0;
                        let (asked, faults) = ask(&compiled, &proved, &scenario, with_effective);
                        all.fetch_add(asked, Ordering::Relaxed);
                        contradictions.fetch_add(faults.len() as u64, Ordering::Relaxed);
                        for fault in faults {
                            println!("{fault}");
                        }
                        scenario = scenario.another(&mut chance);
                    }
                }
            });
        }
    });
    let (all, found) = (all.into_inner(), contradictions.into_inner());
    println!("{all} questions, {found} contradictions, {:.0} s, seed {seed}", start.elapsed().as_secs_f64());
    if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
