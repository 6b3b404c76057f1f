//! The tree: levels that allow nothing, accounts outside every unit, units without accounts.

use scproof_evaluator::{Decision, Request};
use scproof_organization::{NodeId, PolicyIndex, Target};
use scproof_policy_parser::{ActionShape, Effect, Statement};

use super::index::{Draft, Index, quoted};
use crate::Risk;
use crate::model::{Evidence, Finding, Place, Witness};

/// Calls that anybody makes; whichever of them the level alone blocks is the witness.
const ORDINARY_ACTIONS: [&str; 3] = ["s3:ListAllMyBuckets", "ec2:DescribeInstances", "iam:GetUser"];

pub(super) fn findings(index: &Index<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        index.organization.nodes().filter_map(|(id, _)| level_without_allow(index, id)).collect();
    findings.extend(accounts_under_root(index));
    findings.extend(only_full_access(index));
    findings.extend(empty_units(index));
    findings
}

/// A level with SCPs none of which allows anything (EVAL-5, EVAL-14). One without any SCP is `no-scp-attached`.
fn level_without_allow(index: &Index<'_>, id: NodeId) -> Option<Finding> {
    let organization = index.organization;
    let node = organization.node(id);
    let statements = || node.scps.iter().flat_map(|&policy| organization.policy(policy).document.statements.iter());
    // A statement without readable effect may allow.
    let may_allow = statements().any(|statement| statement.effect != Some(Effect::Deny));
    if node.scps.is_empty() || node.unreadable.is_some() || may_allow {
        return None;
    }
    let name = quoted(node.display_name());
    let below = match node.target {
        Target::Account(_) => "the account",
        Target::Root(_) | Target::Ou(_) => "the accounts below",
    };
    let message = format!("the SCPs attached to {name} allow nothing, so every call of {below} is blocked");
    let mut draft = Draft::new("no-allow", node.target.as_str(), Risk::High, message)
        .why(
            "every level of the path must allow a call; where `FullAWSAccess` was detached and nothing that allows took its place, nothing passes",
            format!("attach `FullAWSAccess`, or a policy that allows what should pass, to {name}"),
        )
        .rule("EVAL-5")
        .place(Place { targets: vec![id], ..Place::default() });
    if statements().any(denies_everything) {
        // It is meant: what an Allow would let pass is denied all the same.
        draft.risk = Risk::Info;
        draft.remedy = format!(
            "nothing, if {name} is meant to block everything; to let calls pass again, a policy that allows is needed, too"
        );
    }
    let account = organization.subtree(id).find(|&node| index.is_governed(node));
    let draft = match account.and_then(|account| blocked_here(index, id, account)) {
        Some(witness) => {
            let words = format!("no statement of the level {name} allows the call");
            draft.evidence(Evidence::Witness(words, vec![witness]))
        }
        None => draft,
    };
    draft.of_targets(index)
}

/// A Deny of every action on every resource, whatever the context.
pub(super) fn denies_everything(statement: &Statement) -> bool {
    let any_action = statement.action.as_ref().is_some_and(|element| {
        !element.negated && element.patterns.iter().any(|pattern| pattern.shape() == ActionShape::Any)
    });
    let any_resource = statement
        .resource
        .as_ref()
        .is_some_and(|element| !element.negated && element.patterns.iter().any(|pattern| pattern.text == "*"));
    let no_condition = statement.condition.as_ref().is_some_and(Vec::is_empty);
    statement.is_readable() && statement.effect == Some(Effect::Deny) && any_action && any_resource && no_condition
}

/// A call that is denied, with this level among those without an Allow; one that only lacks an Allow, if there is one.
fn blocked_here(index: &Index<'_>, level: NodeId, account: NodeId) -> Option<Witness> {
    let id = index.organization.node(account).target.as_str();
    let answers = ORDINARY_ACTIONS.iter().filter_map(|action| {
        let request = Request::new(id, *action).beyond_catalog();
        let explanation = index.compiled.explain(&index.compiled.prepare(&request).ok()?);
        let here = explanation.decision != Decision::ImplicitDeny || explanation.levels_without_allow.contains(&level);
        (explanation.decision.is_denied() && here).then_some(Witness { request, decision: explanation.decision })
    });
    answers.min_by_key(|witness| witness.decision != Decision::ImplicitDeny)
}

/// Accounts that are in no unit: only the policies of the root and their own apply.
fn accounts_under_root(index: &Index<'_>) -> Option<Finding> {
    let organization = index.organization;
    let root = organization.node(organization.root());
    let is_outside = |&account: &NodeId| index.is_governed(account) && !organization.node(account).place_unknown;
    let all: Vec<NodeId> = root.children.iter().copied().filter(is_outside).collect();
    let mut accounts: Vec<NodeId> = all.iter().copied().filter(|&account| index.is_in_scope(account)).collect();
    index.sort(&mut accounts);
    let names: Vec<String> =
        accounts.iter().take(3).map(|&account| quoted(organization.node(account).display_name())).collect();
    if names.is_empty() {
        return None;
    }
    let more = if accounts.len() > 3 { format!(" and {} more", accounts.len() - 3) } else { String::new() };
    let are = if accounts.len() == 1 { "is" } else { "are" };
    let message = format!("{}{more} {are} directly under the root, in no organizational unit", names.join(", "));
    Draft::new("account-under-root", root.target.as_str(), Risk::Low, message)
        .why(
            "policies that are attached to units do not reach an account outside all of them; accounts are often created there and forgotten",
            "move each account into the unit that it belongs to, or attach policies to it",
        )
        .rule("EVAL-2")
        .place(Place { targets: accounts.clone(), ..Place::default() })
        .finish(index, accounts)
}

/// Accounts on whose path nothing is attached that denies, or that allows less than everything.
fn only_full_access(index: &Index<'_>) -> Option<Finding> {
    let organization = index.organization;
    if !index.is_complete {
        return None;
    }
    let is_open: Vec<bool> = organization
        .policies()
        .map(|(_, policy)| {
            !policy.document.statements.is_empty() && policy.document.statements.iter().all(allows_everything)
        })
        .collect();
    let has_open = |policy: &PolicyIndex| is_open.get(policy.index()) == Some(&true);
    // A parent stands before its children.
    let mut open = vec![false; organization.node_count()];
    let mut accounts = Vec::new();
    for (id, node) in organization.nodes() {
        let above = node.parent.is_none_or(|parent| open.get(parent.index()) == Some(&true));
        let is_free = above && node.unreadable.is_none() && !node.scps.is_empty() && node.scps.iter().all(has_open);
        if let Some(slot) = open.get_mut(id.index()) {
            *slot = is_free;
        }
        if is_free && index.is_governed(id) && index.is_in_scope(id) && !node.place_unknown {
            accounts.push(id);
        }
    }
    index.sort(&mut accounts);
    let names: Vec<String> =
        accounts.iter().take(3).map(|&account| quoted(organization.node(account).display_name())).collect();
    if names.is_empty() {
        return None;
    }
    let more = if accounts.len() > 3 { format!(" and {} more", accounts.len() - 3) } else { String::new() };
    let message = format!("no SCP restricts {}{more}: nothing but full access is attached above", names.join(", "));
    let root = organization.node(organization.root());
    Draft::new("only-full-access", root.target.as_str(), Risk::Medium, message)
        .why(
            "guardrails that people take for granted are not in force there; new accounts often begin so",
            "move them into a unit with guardrails, or attach policies above them",
        )
        .rule("EVAL-5")
        .place(Place { targets: accounts.clone(), ..Place::default() })
        .evidence(Evidence::Proof("each level of the path allows everything, and nothing denies".to_owned()))
        .finish(index, accounts)
}

/// An Allow of every action on every resource, whatever the context.
fn allows_everything(statement: &Statement) -> bool {
    statement.effect == Some(Effect::Allow)
        && denies_everything(&Statement { effect: Some(Effect::Deny), ..statement.clone() })
}

/// Units without any account below, the topmost of a branch; only where the tree could be read.
fn empty_units(index: &Index<'_>) -> Vec<Finding> {
    let organization = index.organization;
    if !index.is_complete || !index.is_whole {
        return Vec::new();
    }
    let is_empty = |unit: NodeId| organization.subtree(unit).all(|node| organization.node(node).account.is_none());
    let units = organization.nodes().filter(|(_, node)| matches!(node.target, Target::Ou(_)));
    units
        .filter(|&(id, node)| is_empty(id) && !node.parent.is_some_and(is_empty))
        .filter_map(|(id, node)| {
            let message = format!("no account is in {} or below", quoted(node.display_name()));
            Draft::new("empty-unit", node.target.as_str(), Risk::Info, message)
                .why("its policies govern nobody", "delete the unit, if it is not kept for accounts to come")
                .place(Place { targets: vec![id], ..Place::default() })
                .finish(index, Vec::new())
        })
        .collect()
}
