//! Statements, levels and the table of verdicts (B.1, H.3).

use std::collections::BTreeSet;
use std::sync::Arc;

use scproof_evaluator::{Decision, Truth};
use scproof_organization::{NodeId, Organization};
use scproof_policy_parser::{Effect, PolicyDocument, Statement, Version};

use super::facts::Facts;
use super::readings::Settler;
use super::resources::{Resource, Surroundings};
use super::value::{Undecided, Value};
use super::{Determining, actions, conditions, resources};

/// One action on one resource.
#[derive(Debug)]
pub(crate) struct Pair<'a> {
    pub(crate) action: &'a str,
    pub(crate) resource: &'a Resource,
    pub(crate) facts: &'a Facts<'a>,
    pub(crate) settler: &'a Settler,
}

/// The judgement of one pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) decision: Decision,
    /// What it may come to.
    pub(crate) possible: Possible,
    pub(crate) determining: BTreeSet<Determining>,
    /// The levels that certainly have no Allow, root first.
    pub(crate) levels_without_allow: Vec<NodeId>,
    pub(crate) undecided: BTreeSet<Undecided>,
}

/// What may come of a call or a check, as far as the facts tell: some of allowed, explicit and implicit denial.
pub(crate) type Possible = BTreeSet<Decision>;

/// The table of K3-11: for each way in which the unknown may turn out.
fn possible(denied: Truth, allowed: Truth) -> Possible {
    let ways = |truth: Truth| match truth {
        Truth::True => vec![true],
        Truth::False => vec![false],
        Truth::Unknown => vec![true, false],
    };
    let mut found = Possible::new();
    for denies in ways(denied) {
        for allows in ways(allowed) {
            found.insert(match (denies, allows) {
                (true, _) => Decision::ExplicitDeny,
                (false, true) => Decision::Allowed,
                (false, false) => Decision::ImplicitDeny,
            });
        }
    }
    found
}

/// The verdict, if one of these holds and it is not known which.
pub(crate) fn verdict(possible: &Possible) -> Decision {
    match possible.iter().collect::<Vec<_>>().as_slice() {
        [only] => **only,
        _ if possible.iter().all(|one| one.is_denied()) => Decision::Deny,
        _ => Decision::Unknown,
    }
}

/// EVAL-10, CLR-7: what may come of a call, by what may come of each of its checks. It passes if all do, and is denied
/// explicitly if one is.
pub(crate) fn of_all<'a>(checks: impl IntoIterator<Item = &'a Possible>) -> Possible {
    let mut call = Possible::from([Decision::Allowed]);
    for check in checks {
        let pairs = call.iter().flat_map(|one| check.iter().map(move |other| [*one, *other]));
        let worst = |both: [Decision; 2]| {
            [Decision::ExplicitDeny, Decision::ImplicitDeny].into_iter().find(|worse| both.contains(worse))
        };
        call = pairs.map(|both| worst(both).unwrap_or(Decision::Allowed)).collect();
    }
    call
}

/// EVAL-3, K3-11, K3-14: AND of the parts; a part that could not be read is unknown, as is what lies outside the parts.
fn statement_matches(statement: &Statement, document: &PolicyDocument, policy: &str, pair: &Pair<'_>) -> Value {
    let unreadable = || Value::unknown(Undecided::Policy(policy.to_owned()));
    let has_variables = document.version == Version::V2012;
    let surroundings = Surroundings { facts: pair.facts, has_variables, settler: pair.settler };
    let action = match &statement.action {
        Some(element) => actions::element_matches(element, pair.action, pair.settler),
        None => unreadable(),
    };
    let resource = match &statement.resource {
        Some(element) => resources::element_matches(element, pair.resource, &surroundings),
        None => unreadable(),
    };
    let mut parts = vec![action, resource];
    match &statement.condition {
        None => parts.push(unreadable()),
        Some(list) => {
            for condition in list {
                let holds = conditions::condition_holds(condition, pair.facts, has_variables, policy, pair.settler);
                parts.push(holds);
            }
        }
    }
    // DOC-7: an unreadable effect is an unknown Deny and an unknown Allow. CLR-13: an unknown version takes every
    // meaning.
    let has_unknown_version = matches!(document.version, Version::Other(_));
    if statement.without_meaning || statement.effect.is_none() || has_unknown_version {
        parts.push(unreadable());
    }
    Value::all(parts)
}

/// EVAL-2 to EVAL-7, K3-11, K3-13: one pair on one chain.
pub(crate) fn judge(organization: &Organization, account: NodeId, pair: &Pair<'_>) -> Judgement {
    let mut deny_values = Vec::new();
    let mut levels = Vec::new();
    let mut determining = BTreeSet::new();
    let mut levels_without_allow = Vec::new();
    for node in organization.inheritance_path(account) {
        let target = organization.node(node);
        let mut allows = Vec::new();
        for &index in &target.scps {
            let policy = organization.policy(index);
            let document = Arc::clone(&policy.document);
            for (number, statement) in document.statements.iter().enumerate() {
                let value = statement_matches(statement, &document, policy.id.as_str(), pair);
                if statement.effect != Some(Effect::Allow) {
                    if value.truth == Truth::True {
                        determining.insert((target.target.as_str().to_owned(), policy.id.as_str().to_owned(), number));
                    }
                    deny_values.push(value.clone());
                }
                if statement.effect != Some(Effect::Deny) {
                    allows.push(value);
                }
            }
        }
        if target.unreadable.is_some() {
            let unknown = || Value::unknown(Undecided::Attachments(target.target.as_str().to_owned()));
            deny_values.push(unknown());
            allows.push(unknown());
        }
        let allowed = Value::any(allows);
        if allowed.truth == Truth::False {
            levels_without_allow.push(node);
        }
        levels.push(allowed);
    }
    let (denied, allowed) = (Value::any(deny_values), Value::all(levels));
    let possible = possible(denied.truth, allowed.truth);
    let decision = verdict(&possible);
    let undecided = match decision {
        Decision::Deny | Decision::Unknown => denied.reasons.into_iter().chain(allowed.reasons).collect(),
        Decision::Allowed | Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::NotApplicable => {
            BTreeSet::new()
        }
    };
    if decision != Decision::ExplicitDeny {
        determining.clear();
    }
    if !matches!(decision, Decision::ImplicitDeny | Decision::Deny) {
        levels_without_allow.clear();
    }
    Judgement { decision, possible, determining, levels_without_allow, undecided }
}

/// CALL-4, CALL-5: one check, of which it is not known which of these pairs it is.
pub(crate) fn join(judgements: Vec<Judgement>) -> Judgement {
    let possible: Possible = judgements.iter().flat_map(|judgement| judgement.possible.iter().copied()).collect();
    let decision = verdict(&possible);
    let differ = judgements.windows(2).any(|pair| matches!(pair, [one, other] if one.decision != other.decision));
    let mut joined = Judgement {
        decision,
        possible,
        determining: BTreeSet::new(),
        levels_without_allow: Vec::new(),
        undecided: BTreeSet::new(),
    };
    for judgement in judgements {
        joined.determining.extend(judgement.determining);
        joined.undecided.extend(judgement.undecided);
        joined.levels_without_allow.extend(judgement.levels_without_allow);
    }
    if differ {
        joined.undecided.insert(Undecided::Resource);
    }
    if decision != Decision::ExplicitDeny {
        joined.determining.clear();
    }
    if !matches!(decision, Decision::ImplicitDeny | Decision::Deny) {
        joined.levels_without_allow.clear();
    }
    joined
}
