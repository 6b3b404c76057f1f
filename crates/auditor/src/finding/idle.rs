//! What changes nothing, and what blocks everything: proved by comparing what passes with and without a part.

use std::collections::BTreeMap;

use scproof_evaluator::Access;
use scproof_evaluator::symbolic::{CompiledViews, View};
use scproof_organization::{NodeId, Organization, PolicyIndex};
use scproof_policy_parser::{Effect, Statement};
use scproof_prover::{NoEffect, PolicyProof, Removal, SameAccess};

use super::index::{Draft, Index, quoted};
use super::levels::denies_everything;
use crate::Risk;
use crate::model::{Evidence, Finding, Place};

const IDLE: &str = "the same calls pass with and without it, in every account below";

/// The findings that a comparison proves. Nothing is found where only some accounts are looked at: what changes nothing
/// for them may change something for others.
pub(super) fn findings(
    index: &Index<'_>,
    proof: &mut PolicyProof<'_>,
    views: &CompiledViews,
    alike: &[SameAccess],
) -> Vec<Finding> {
    let mut findings = blocked_accounts(index, proof, alike);
    if !index.is_whole {
        return findings;
    }
    for (policy, found) in index.policies() {
        // AWS's own policy is detached or kept, not edited.
        if found.aws_managed || !index.reach(policy).governs {
            continue;
        }
        let numbers = views.policy_statements(View::FIRST, policy);
        let mut idle = 0;
        for (place, number) in numbers.clone().enumerate() {
            let finding = idle_statement(index, proof, policy, place, number);
            idle += usize::from(finding.is_some());
            findings.extend(finding);
        }
        if idle == numbers.len() {
            continue;
        }
        for &target in index.targets(policy) {
            let same_text = index
                .organization
                .node(target)
                .scps
                .iter()
                .any(|other| *other != policy && views.policy_statements(View::FIRST, *other) == numbers);
            if !same_text && proof.has_no_effect(&Removal::At(target, numbers.clone())) {
                findings.extend(idle_attachment(index, policy, target));
            }
        }
    }
    findings
}

fn idle_statement(
    index: &Index<'_>,
    proof: &mut PolicyProof<'_>,
    policy: PolicyIndex,
    place: usize,
    number: u32,
) -> Option<Finding> {
    let found = index.organization.policy(policy);
    let statement = found.document.statements.get(place)?;
    if !statement.is_readable() {
        return None;
    }
    let key = format!("{}#{place}", found.id.as_str());
    let name = quoted(found.display_name());
    let draft = match statement.effect? {
        Effect::Deny if proof.matches_no_action(number) => Draft::new(
            "deny-never-matches",
            key,
            Risk::High,
            format!("`Statement[{place}]` of {name} denies nothing: nothing in its list of actions is the name of one"),
        )
        .why("the control that the statement stands for is not in force", "correct the actions")
        .rule("EVAL-3")
        .evidence(Evidence::Proof("no call matches the statement, in any account below".to_owned())),
        Effect::Deny if proof.never_matches(number) => Draft::new(
            "deny-never-matches",
            key,
            Risk::High,
            format!("`Statement[{place}]` of {name} denies nothing: no call can meet {}", what_is_asked(statement)),
        )
        .why("the control that the statement stands for is not in force", remedy_of_never(statement))
        .rule("EVAL-3")
        .evidence(Evidence::Proof("no call matches the statement, in any account below".to_owned())),
        effect @ (Effect::Deny | Effect::Allow) => {
            if !proof.has_no_effect(&Removal::Statements(number..number.saturating_add(1))) {
                return None;
            }
            let (code, why, remedy) = match effect {
                Effect::Deny => {
                    let why = match proof.why_no_effect(number) {
                        Some(NoEffect::By(other)) => match place_of(index, proof, other) {
                            Some(words) => format!("{words} denies all of it already"),
                            None => "another statement denies all of it already".to_owned(),
                        },
                        Some(NoEffect::NotAllowed) => {
                            "some level of each path allows none of what it denies".to_owned()
                        }
                        Some(NoEffect::Together) | None => {
                            "other statements and levels block all of it already".to_owned()
                        }
                    };
                    ("deny-without-effect", why, "delete the statement, or the one that repeats it")
                }
                Effect::Allow => (
                    "allow-without-effect",
                    "the same level allows these calls anyway, or another level blocks them".to_owned(),
                    "delete the statement; to let its calls pass, allow them at every level of the path and remove what denies them",
                ),
            };
            let verb = if effect == Effect::Deny { "denies" } else { "allows" };
            Draft::new(
                code,
                key,
                Risk::Low,
                format!("`Statement[{place}]` of {name} {verb} nothing that would come out differently without it"),
            )
            .why(why, remedy)
            .rule("EVAL-7")
            .evidence(Evidence::Proof(IDLE.to_owned()))
        }
    };
    let path = index.statement_path(policy, place);
    draft.place(index.place_at(policy, place, &path)).of_policy(index)
}

/// What no call can meet: the resources or the condition where the statement has nothing else.
fn what_is_asked(statement: &Statement) -> &'static str {
    let any_resource = statement
        .resource
        .as_ref()
        .is_some_and(|element| !element.negated && element.patterns.iter().any(|pattern| pattern.text == "*"));
    match (statement.condition.as_deref().map_or(0, <[_]>::len), any_resource) {
        (0, _) => "its resources",
        (1, true) => "its condition",
        (_, true) => "its conditions together",
        (_, false) => "its resources and conditions together",
    }
}

fn remedy_of_never(statement: &Statement) -> &'static str {
    match what_is_asked(statement) {
        "its resources" => "correct the resources: none that its actions take fits",
        "its condition" => "correct the condition: no call that SCPs govern has such a key and value",
        _ => {
            "conditions of one statement hold together; write a statement for each alternative, or put the values of one key into one list"
        }
    }
}

/// A statement in words, by its number.
fn place_of(index: &Index<'_>, proof: &PolicyProof<'_>, number: u32) -> Option<String> {
    let views = proof.views();
    let (policy, found) =
        index.policies().find(|(policy, _)| views.policy_statements(View::FIRST, *policy).contains(&number))?;
    let place = number - views.policy_statements(View::FIRST, policy).start;
    Some(format!("`Statement[{place}]` of {}", quoted(found.display_name())))
}

fn idle_attachment(index: &Index<'_>, policy: PolicyIndex, target: NodeId) -> Option<Finding> {
    let found = index.organization.policy(policy);
    let node = index.organization.node(target);
    let (name, at) = (quoted(found.display_name()), quoted(node.display_name()));
    Draft::new(
        "attachment-without-effect",
        format!("{}@{}", found.id.as_str(), node.target.as_str()),
        Risk::Low,
        format!("{name} changes nothing at {at}: without it the same calls pass"),
    )
    .why(
        "what it blocks there is blocked at another level already; it takes one of the few places for policies and misleads readers",
        format!("detach {name} from {at}"),
    )
    .rule("EVAL-7")
    .place(Place { targets: vec![target], ..index.place(policy, None) })
    .evidence(Evidence::Proof(IDLE.to_owned()))
    .of_targets(index)
}

/// Accounts in which nothing passes.
fn blocked_accounts(index: &Index<'_>, proof: &PolicyProof<'_>, alike: &[SameAccess]) -> Vec<Finding> {
    let is_blocked = |found: &&SameAccess| {
        let classes = proof.action_classes().iter().zip(found.by_class.iter());
        found.not_applicable.is_none()
            && classes.filter(|(class, _)| class.traits.is_deniable()).all(|(_, it)| it.access == Access::AlwaysBlocked)
    };
    let mut by_statement: BTreeMap<(PolicyIndex, usize), Vec<NodeId>> = BTreeMap::new();
    let mut together: Vec<NodeId> = Vec::new();
    for account in alike.iter().filter(is_blocked).flat_map(|found| &found.accounts) {
        let Some(&account) = index.scope.get(*account) else { continue };
        match single_cause(index.organization, account) {
            Cause::Statement(policy, place) => by_statement.entry((policy, place)).or_default().push(account),
            Cause::Together if proof.has_all_names() => together.push(account),
            // Not proved of names that were not looked at; and said by `no-allow` and `no-scp-attached`.
            Cause::Together | Cause::NoAllow => {}
        }
    }
    let mut findings = Vec::new();
    for ((policy, place), accounts) in by_statement {
        let found = index.organization.policy(policy);
        let message =
            format!("`Statement[{place}]` of {} blocks every call of the accounts below", quoted(found.display_name()));
        findings.extend(
            Draft::new("blocks-everything", format!("{}#{place}", found.id.as_str()), Risk::Info, message)
                .why(
                    "nothing works in these accounts; for accounts that are suspended or quarantined that is meant",
                    "none, if it is meant",
                )
                .rule("EVAL-4")
                .place(index.place_at(policy, place, &index.statement_path(policy, place)))
                .evidence(Evidence::Proof("every call is denied, whatever its action, resource and context".to_owned()))
                .finish(index, accounts),
        );
    }
    for (target, accounts) in by_target(index, &together) {
        let node = index.organization.node(target);
        let message = format!(
            "no call of {} passes, though no single statement blocks everything",
            if node.account.is_some() {
                quoted(node.display_name())
            } else {
                format!("the accounts of {}", quoted(node.display_name()))
            }
        );
        findings.extend(
            Draft::new("blocks-everything-together", node.target.as_str(), Risk::High, message)
                .why(
                    "statements that look harmless one by one leave nothing together: Denies with `NotAction` that spare different actions, or allow lists of two levels that have nothing in common",
                    "compare the statements level by level; what should pass must be allowed at each level, and spared by every Deny",
                )
                .rule("EVAL-7")
                .place(Place { targets: vec![target], ..Place::default() })
                .evidence(Evidence::Proof("every call is blocked, whatever its action, resource and context".to_owned()))
                .finish(index, accounts),
        );
    }
    findings
}

/// Why nothing passes in an account.
enum Cause {
    Statement(PolicyIndex, usize),
    NoAllow,
    Together,
}

fn single_cause(organization: &Organization, account: NodeId) -> Cause {
    let mut cause = Cause::Together;
    for node in organization.inheritance_path(account) {
        let node = organization.node(node);
        let mut allows = node.unreadable.is_some();
        for &policy in &node.scps {
            for (place, statement) in organization.policy(policy).document.statements.iter().enumerate() {
                if denies_everything(statement) {
                    return Cause::Statement(policy, place);
                }
                allows |= statement.effect != Some(Effect::Deny);
            }
        }
        if !allows {
            cause = Cause::NoAllow;
        }
    }
    cause
}

/// Accounts by the topmost node below the root all of whose accounts are among them.
fn by_target(index: &Index<'_>, accounts: &[NodeId]) -> BTreeMap<NodeId, Vec<NodeId>> {
    let organization = index.organization;
    let mut chosen = vec![false; organization.node_count()];
    for account in accounts {
        if let Some(slot) = chosen.get_mut(account.index()) {
            *slot = true;
        }
    }
    let mut targets: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
    for &account in accounts {
        let is_whole = |node: &NodeId| {
            let governed = organization.subtree(*node).filter(|node| index.is_governed(*node));
            governed.into_iter().all(|node| chosen.get(node.index()) == Some(&true))
        };
        let path = organization.inheritance_path(account);
        let target = path.into_iter().find(is_whole).unwrap_or(account);
        targets.entry(target).or_default().push(account);
    }
    targets
}
