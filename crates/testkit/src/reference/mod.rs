//! The reference evaluator: the rules of the specification, one function a rule, as plainly as they can be written.
//!
//! It is slow and obvious on purpose, and shares no code with the evaluator that it checks, except for the types of
//! questions and answers and the syntax tree of policies. It knows no cells, no caches and no case splitting (K3-16):
//! an answer is what three-valued logic alone gives. Rule ids in comments (`EVAL-5`, `SP-14`) name the rule that a
//! function implements.
//!
//! | module | rules |
//! |---|---|
//! | `statements` | statements, levels, verdicts: B.1, H.3 |
//! | `caller` | who is exempt: B.2 |
//! | `call`, `carried` | what a call is checked against, and which keys each check carries: K.1, K.2 |
//! | `actions`, `resources`, `glob`, `variables` | matching: part C |
//! | `conditions`, `operators`, `numbers`, `dates`, `addresses`, `base64` | conditions: part D |
//! | `keys`, `facts`, `derive` | context keys: part E |
//! | `laws` | laws between keys: K.4 |
//! | `value`, `readings` | three-valued truth, unsure rules: H.1, GEN-3 |

mod actions;
mod addresses;
mod base64;
mod call;
mod caller;
mod carried;
mod conditions;
mod dates;
mod derive;
mod facts;
mod glob;
mod keys;
mod laws;
mod numbers;
mod operators;
mod readings;
mod resources;
mod statements;
#[cfg(test)]
mod tests;
mod value;
mod variables;

use std::collections::BTreeSet;

use scproof_catalog::{Action, Catalog};
use scproof_evaluator::{Context, Decision, EvaluationOptions, Reason, Request, RequestResource};
use scproof_organization::Organization;

use call::{Alternative, Check, Target};
use caller::Standing;
use carried::Carried;
use facts::Facts;
use readings::Settler;
use resources::Resource;
use statements::{Judgement, Pair};
pub use value::Undecided;

/// A Deny statement: the target that its policy is attached to, the policy, and its index in the document.
pub type Determining = (String, String, usize);

/// What the reference evaluator says about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceAnswer {
    /// The verdict.
    pub decision: Decision,
    /// Why.
    pub reason: Reason,
    /// For an explicit denial: all Deny statements that certainly match, for any of the resources.
    pub determining: BTreeSet<Determining>,
    /// For an implicit denial, and a denial of unknown kind: the targets without a matching Allow, root first.
    pub levels_without_allow: Vec<String>,
    /// For an open verdict, and a denial of unknown kind: the reasons of what is unknown (K3-2).
    pub undecided: BTreeSet<Undecided>,
    /// The rules whose preferred reading was taken somewhere where another reading gives another value (GEN-3).
    pub assumed: BTreeSet<&'static str>,
}

impl ReferenceAnswer {
    fn plain(decision: Decision, reason: Reason) -> Self {
        Self {
            decision,
            reason,
            determining: BTreeSet::new(),
            levels_without_allow: Vec::new(),
            undecided: BTreeSet::new(),
            assumed: BTreeSet::new(),
        }
    }
}

/// Decides a request, by plain three-valued logic; `options.refine` makes no difference.
///
/// A call of an action that the catalog knows is checked against the resources of its rows, and each check carries the
/// keys of its row (K.1, K.2), unless the catalog is not to be asked (CALL-1).
///
/// Takes time exponential in the number of unsure rules that one value raises.
///
/// # Errors
///
/// In words, if the request is malformed, names an account or principal that cannot be, or a resource that the action
/// cannot have: SP-25, SP-27, SP-31, SP-45, CALL-2, CALL-5.
pub fn decide(
    organization: &Organization,
    catalog: &Catalog,
    options: EvaluationOptions,
    request: &Request,
) -> Result<ReferenceAnswer, String> {
    check_action(&request.action)?;
    for input in &request.resources {
        check_resource(&input.resource)?;
    }
    let is_beyond = options.beyond_catalog || request.beyond_catalog;
    let action = catalog.find_action(&request.action).map(|id| catalog.action(id)).filter(|_| !is_beyond);
    let partition = organization.partition();
    let checks =
        action.map(|action| call::checks(request, action, partition, request.resources_complete)).transpose()?;
    decide_checks(organization, catalog, options, request, action.zip(checks))
}

fn decide_checks(
    organization: &Organization,
    catalog: &Catalog,
    options: EvaluationOptions,
    request: &Request,
    by_rows: Option<(Action<'_>, Vec<Check<'_>>)>,
) -> Result<ReferenceAnswer, String> {
    check_action(&request.action)?;
    let action = by_rows.as_ref().map(|(action, _)| *action);
    let checks = by_rows.map_or_else(|| beyond_catalog(request), |(_, checks)| checks);
    let nothing = Context::new();
    facts::given(&request.context, &nothing, catalog, None)?;
    for input in &request.resources {
        check_resource(&input.resource)?;
        facts::given(&request.context, &input.context, catalog, None)?;
    }
    let caller = caller::find(organization, request)?;
    let (account, pending) = match caller::standing(organization, &caller) {
        Standing::Exempt(reason) => return Ok(ReferenceAnswer::plain(Decision::NotApplicable, reason)),
        Standing::Lost => {
            let mut answer = ReferenceAnswer::plain(Decision::Unknown, Reason::Undecided);
            answer.undecided.insert(Undecided::Attachments(caller.account.to_string()));
            return Ok(answer);
        }
        Standing::Governed { node, pending } => (node, pending),
    };
    // EXM-15, SP-41.
    if request.action.eq_ignore_ascii_case("sts:GetCallerIdentity") {
        return Ok(ReferenceAnswer::plain(Decision::Allowed, Reason::CannotBeDenied));
    }
    // CALL-15, CALL-16: in the preferred reading SCPs do not restrict the call, in the other one they do.
    let freed = if caller.principal.may_be_service_linked() {
        Some(("CALL-16", Decision::NotApplicable, Reason::ServiceLinkedRole))
    } else if request.action.eq_ignore_ascii_case("sts:GetSessionToken") {
        Some(("CALL-15", Decision::Allowed, Reason::CannotBeDenied))
    } else {
        None
    };
    if let Some((rule, decision, reason)) = freed.filter(|_| options.assume_preferred) {
        let mut answer = ReferenceAnswer::plain(decision, reason);
        answer.assumed.insert(rule);
        return Ok(answer);
    }
    let settler = Settler::new(options.assume_preferred);
    let judge = |check: &Check<'_>| {
        let mut judgements = Vec::new();
        for alternative in &check.alternatives {
            let (given_resource, resource) = match alternative.target {
                Target::Given(resource) => (resource, resource.into()),
                Target::NotScoped => (&RequestResource::NotScoped, Resource::NotScoped),
                Target::OfType(row) => {
                    let like = call::of_type(row.resource_type().arn_pattern(), organization.partition());
                    (&RequestResource::Unknown, Resource::Like(like))
                }
            };
            let carried = action.map(|action| Carried { catalog, action, row: alternative.row });
            let mut given = facts::given(&request.context, check.own.unwrap_or(&nothing), catalog, carried)?;
            let mut elsewhere = request.clone();
            if alternative.passed_on {
                given.retain(|(key, _)| !key.eq_ignore_ascii_case("aws:RequestedRegion"));
                elsewhere.region = None;
            }
            let (derived, callers) = derive::derive(organization, &caller, &elsewhere, given_resource, &given);
            let facts = Facts::new(given, derived, callers, catalog, options, request.closed_context).of_pair(carried);
            let pair = Pair { action: &request.action, resource: &resource, facts: &facts, settler: &settler };
            judgements.push(statements::judge(organization, account, &pair));
        }
        Ok(statements::join(judgements))
    };
    let (certain, possible): (Vec<&Check<'_>>, Vec<&Check<'_>>) = checks.iter().partition(|check| check.certain);
    let certain = certain.into_iter().map(judge).collect::<Result<Vec<_>, String>>()?;
    let possible = possible.into_iter().map(judge).collect::<Result<Vec<_>, String>>()?;
    let mut answer = of_call(organization, &certain, &possible);
    // EXM-2, SP-40, TRAP-15a: while the type is being switched, only what passes either way is known to pass.
    let rule = if pending { Some("EXM-2") } else { freed.map(|(rule, ..)| rule) };
    if let Some(rule) = rule.filter(|_| answer.decision != Decision::Allowed) {
        answer.decision = Decision::Unknown;
        answer.reason = Reason::Undecided;
        answer.determining.clear();
        answer.levels_without_allow.clear();
        answer.undecided.insert(Undecided::Rule(rule));
    }
    answer.assumed = settler.assumed();
    Ok(answer)
}

/// CALL-1: the resources given, or one unknown one (K3-6).
fn beyond_catalog(request: &Request) -> Vec<Check<'_>> {
    let of = |resource, own| {
        let alternatives = vec![Alternative { target: Target::Given(resource), row: None, passed_on: false }];
        Check { alternatives, own, certain: true }
    };
    if request.resources.is_empty() {
        return vec![of(&RequestResource::Unknown, None)];
    }
    request.resources.iter().map(|input| of(&input.resource, Some(&input.context))).collect()
}

/// ACT-1, SP-27.
fn check_action(action: &str) -> Result<(), String> {
    let is_part = |part: &str| {
        !part.is_empty() && part.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
    };
    match action.split_once(':') {
        Some((prefix, name)) if is_part(prefix) && is_part(name) => Ok(()),
        Some(_) | None => Err(format!("`{action}` is no action")),
    }
}

/// RES-9, SP-45.
fn check_resource(resource: &RequestResource) -> Result<(), String> {
    match resource {
        RequestResource::Arn(text) if !text.starts_with("arn:") || text.matches(':').count() < 5 => {
            Err(format!("`{text}` is no ARN"))
        }
        RequestResource::Arn(_) | RequestResource::NotScoped | RequestResource::Unknown => Ok(()),
    }
}

/// EVAL-10, CLR-7, SP-43: the worst of the checks. CALL-3: a check that only some calls make may be missing.
fn of_call(organization: &Organization, certain: &[Judgement], possible: &[Judgement]) -> ReferenceAnswer {
    let or_none = |check: &Judgement| {
        let mut outcomes = check.possible.clone();
        outcomes.insert(Decision::Allowed);
        outcomes
    };
    let without = statements::of_all(certain.iter().map(|check| &check.possible));
    let optional: Vec<_> = possible.iter().map(or_none).collect();
    let with = statements::of_all([&without].into_iter().chain(&optional));
    let decision = statements::verdict(&with);
    let reason = match decision {
        Decision::ExplicitDeny => Reason::DenyStatement,
        Decision::ImplicitDeny => Reason::NoAllow,
        Decision::Deny => Reason::DeniedEitherWay,
        Decision::Unknown => Reason::Undecided,
        Decision::Allowed | Decision::NotApplicable => Reason::AllowedAtEveryLevel,
    };
    let mut answer = ReferenceAnswer::plain(decision, reason);
    // What explains the verdict are the checks that have it; a denial of unknown kind those that may deny explicitly,
    // and those without an Allow.
    for judgement in certain {
        let may_deny = judgement.possible.contains(&Decision::ExplicitDeny);
        let is_cause = if decision == Decision::Deny {
            may_deny || judgement.decision == Decision::ImplicitDeny
        } else {
            judgement.decision == decision
        };
        if !is_cause {
            continue;
        }
        answer.determining.extend(judgement.determining.iter().cloned());
        answer.undecided.extend(judgement.undecided.iter().cloned());
        for node in &judgement.levels_without_allow {
            let target = organization.node(*node).target.as_str();
            if !answer.levels_without_allow.iter().any(|listed| listed == target) {
                answer.levels_without_allow.push(target.to_owned());
            }
        }
    }
    if statements::verdict(&without) != decision {
        answer.undecided.insert(Undecided::Resource);
        answer.undecided.extend(possible.iter().flat_map(|check| check.undecided.iter().cloned()));
    }
    // Root first: a target's place on the chain is the length of its path.
    let depth = |target: &String| {
        let node = organization.nodes().find(|(_, node)| node.target.as_str() == target);
        node.map_or(0, |(id, _)| organization.inheritance_path(id).len())
    };
    answer.levels_without_allow.sort_by_key(depth);
    answer
}
