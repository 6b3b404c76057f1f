//! Single decisions. An iteration is one decision; the questions take turns, so that none is learnt by heart.
//!
//! - `known`: 64 questions with principal, resource and twelve context keys, on a chain of four levels with ten
//!   policies.
//! - `unknown`: the same calls with nothing known but account and action.
//! - `organization`: 4,096 prepared questions on as many accounts of a generated organization: more than the first
//!   caches hold.
//!
//! `prepared` decides a question that was read before, `ask` reads it from strings each time; `unrefined` is `prepared`
//! without the case splitting that turns correlated unknowns into answers.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up must stop")]

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use scproof_benches::{Random, Shape, chain, generate};
use scproof_catalog::Catalog;
use scproof_evaluator::{
    CompiledOrganization, Context, ContextValue, EvaluationOptions, Query, Request, RequestResource,
};
use scproof_organization::Organization;
use scproof_testkit::reference;

/// Measures one decision after the other, each question in turn.
fn in_turn<T, R>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    questions: &[T],
    mut decide: impl FnMut(&T) -> R,
) {
    let mut turns = questions.iter().cycle();
    group.bench_function(name, |bencher| bencher.iter(|| decide(black_box(turns.next().unwrap()))));
}

fn on_the_chain(criterion: &mut Criterion, name: &str, requests: &[Request]) {
    let organization = Organization::from_inventory(&chain::inventory()).unwrap();
    let options = EvaluationOptions::default();
    let compiled = CompiledOrganization::compile(organization.clone(), options);
    let queries: Vec<Query> = requests.iter().map(|request| compiled.prepare(request).unwrap()).collect();
    let mut group = criterion.benchmark_group(format!("decide/{name}"));
    group.throughput(Throughput::Elements(1));
    in_turn(&mut group, "prepared", &queries, |query| compiled.decide(query));
    in_turn(&mut group, "ask", requests, |request| compiled.ask(request));
    let unrefined = CompiledOrganization::compile(organization.clone(), EvaluationOptions { refine: false, ..options });
    let plain: Vec<Query> = requests.iter().map(|request| unrefined.prepare(request).unwrap()).collect();
    in_turn(&mut group, "unrefined", &plain, |query| unrefined.decide(query));
    in_turn(&mut group, "reference", requests, |request| {
        reference::decide(&organization, Catalog::embedded(), options, request)
    });
    let peer = peer_policies();
    let peer_requests: Vec<iam_rs::IAMRequest> = requests.iter().map(peer_request).collect();
    assert!(peer_requests.iter().all(|request| peer.evaluate(request).is_ok()));
    in_turn(&mut group, "iam-rs", &peer_requests, |request| peer.evaluate(request));
    group.finish();
}

fn known(criterion: &mut Criterion) {
    on_the_chain(criterion, "known", &chain::known_requests());
}

fn unknown(criterion: &mut Criterion) {
    on_the_chain(criterion, "unknown", &chain::unknown_requests());
}

fn organization(criterion: &mut Criterion) {
    let organization = Organization::from_inventory(&generate(&Shape::with_accounts(10_000, 1))).unwrap();
    let accounts: Vec<String> =
        organization.accounts().map(|id| organization.node(id).target.as_str().to_owned()).collect();
    let compiled = CompiledOrganization::compile(organization, EvaluationOptions::default());
    let mut random = Random::new(9);
    let mut queries = Vec::new();
    for request in chain::known_requests().iter().cycle().take(4_096) {
        let account = random.pick(&accounts).unwrap();
        let own = |text: &str| text.replace(chain::ACCOUNT, account);
        let request =
            Request { account: account.clone(), principal: request.principal.as_deref().map(own), ..request.clone() };
        queries.push(compiled.prepare(&request).unwrap());
    }
    let mut group = criterion.benchmark_group("decide/organization");
    group.throughput(Throughput::Elements(1));
    in_turn(&mut group, "prepared", &queries, |query| compiled.decide(query));
    group.finish();
}

/// All ten policies in one flat list: `iam-rs` knows no levels, so it does less than is asked of the others.
fn peer_policies() -> iam_rs::PolicyEvaluator {
    let policies = chain::policy_texts().iter().map(|text| iam_rs::IAMPolicy::from_json(text).unwrap()).collect();
    iam_rs::PolicyEvaluator::with_policies(policies)
}

/// The question in the form of `iam-rs`. What is unknown is absent there, and a missing resource some ARN.
fn peer_request(request: &Request) -> iam_rs::IAMRequest {
    let principal = request.principal.clone().unwrap_or_else(|| format!("arn:aws:iam::{}:role/any", chain::ACCOUNT));
    let service = request.action.split(':').next().unwrap_or_default();
    let arn = match request.resources.first().map(|input| &input.resource) {
        Some(RequestResource::Arn(arn)) => arn.clone(),
        Some(RequestResource::NotScoped | RequestResource::Unknown) | None => {
            format!("arn:aws:{service}:eu-west-1:{}:any/thing", chain::ACCOUNT)
        }
    };
    let mut context = peer_context(&request.context);
    if let Some(principal) = &request.principal {
        context.insert("aws:PrincipalArn".to_owned(), iam_rs::ContextValue::String(principal.clone()));
    }
    iam_rs::IAMRequest::new_with_context(
        iam_rs::Principal::Aws(iam_rs::PrincipalId::String(principal)),
        request.action.as_str(),
        iam_rs::Arn::parse(&arn).unwrap(),
        context,
    )
}

fn peer_context(context: &Context) -> iam_rs::Context {
    let mut peer = iam_rs::Context::new();
    for (key, value) in context.iter() {
        let value = match value {
            ContextValue::Absent => continue,
            ContextValue::Single(text) => match text.parse() {
                Ok(truth) => iam_rs::ContextValue::Boolean(truth),
                Err(_) => iam_rs::ContextValue::String(text.clone()),
            },
            ContextValue::List(texts) => iam_rs::ContextValue::StringList(texts.clone()),
        };
        peer.insert(key.to_owned(), value);
    }
    peer
}

criterion_group!(benches, known, unknown, organization);
criterion_main!(benches);
