//! Deny statements that stop the roles by which a landing zone sets up accounts.

use scproof_evaluator::{Decision, Request, StatementRef};
use scproof_organization::{NodeId, PolicyIndex};

use super::exemption::{Exempting, PRINCIPAL_ARN};
use super::index::{Draft, Index, quoted};
use super::levels::denies_everything;
use super::request::role;
use crate::Risk;
use crate::model::{Evidence, Finding, Witness};

/// A landing zone: what its policies are called, and the role that works in accounts.
struct Zone {
    name: &'static str,
    policies: &'static str,
    role: &'static str,
    /// What exemptions of the role have in their pattern.
    exempt_as: &'static str,
}

const ZONES: [Zone; 2] = [
    Zone {
        name: "AWS Control Tower",
        policies: "aws-guardrails-",
        role: "AWSControlTowerExecution",
        exempt_as: "role/AWSControlTowerExecution",
    },
    Zone {
        name: "the Landing Zone Accelerator",
        policies: "AWSAccelerator-",
        role: "AWSAccelerator-DeploymentRole",
        exempt_as: "role/AWSAccelerator",
    },
];

/// What both set up in an account, by their documentation: stacks, roles, trails, recorders and what carries their
/// news.
const CALLS: [&str; 14] = [
    "cloudformation:CreateStack",
    "cloudformation:UpdateStack",
    "iam:CreateRole",
    "iam:AttachRolePolicy",
    "iam:PutRolePolicy",
    "config:PutConfigurationRecorder",
    "config:PutDeliveryChannel",
    "config:StartConfigurationRecorder",
    "cloudtrail:CreateTrail",
    "cloudtrail:UpdateTrail",
    "sns:CreateTopic",
    "lambda:CreateFunction",
    "logs:CreateLogGroup",
    "events:PutRule",
];

pub(super) fn findings(index: &Index<'_>, exemptions: &[Exempting]) -> Vec<Finding> {
    ZONES.iter().filter(|zone| is_in_use(index, exemptions, zone)).flat_map(|zone| of_zone(index, zone)).collect()
}

fn is_in_use(index: &Index<'_>, exemptions: &[Exempting], zone: &Zone) -> bool {
    let has_policy = index.policies().any(|(_, policy)| policy.display_name().starts_with(zone.policies));
    let is_role = |text: &str| text.contains(zone.exempt_as);
    let mut exempt = exemptions.iter().flat_map(|exempting| &exempting.list);
    has_policy || exempt.any(|exemption| exemption.key == PRINCIPAL_ARN && is_role(&exemption.text))
}

/// One finding for each statement that stops the role.
fn of_zone(index: &Index<'_>, zone: &Zone) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (policy, found) in index.policies() {
        let is_own = ZONES.iter().any(|zone| found.display_name().starts_with(zone.policies));
        if is_own || found.aws_managed || !index.reach(policy).governs {
            continue;
        }
        let below = index.targets(policy).iter().flat_map(|&target| index.organization.subtree(target));
        let Some(account) = below.into_iter().find(|&node| index.is_governed(node)) else { continue };
        let mut told: Vec<usize> = Vec::new();
        for action in CALLS {
            for (number, witness) in stopped(index, policy, account, zone, action) {
                if !told.contains(&number) {
                    told.push(number);
                    findings.extend(finding(index, policy, number, zone, witness));
                }
            }
        }
    }
    findings
}

/// The statements of a policy that certainly deny the role a call.
fn stopped(
    index: &Index<'_>,
    policy: PolicyIndex,
    account: NodeId,
    zone: &Zone,
    action: &str,
) -> Vec<(usize, Witness)> {
    let mut request = Request::new(index.organization.node(account).target.as_str(), action);
    request.principal = Some(role(index, account, zone.role));
    // Deciding is cheaper than explaining.
    if index.compiled.ask(&request).ok() != Some(Decision::ExplicitDeny) {
        return Vec::new();
    }
    let Ok(query) = index.compiled.prepare(&request) else { return Vec::new() };
    let explanation = index.compiled.explain(&query);
    let of_policy = explanation.determining.iter().filter(|found: &&StatementRef| found.policy == policy);
    let statements = &index.organization.policy(policy).document.statements;
    let such = of_policy.filter(|found| statements.get(found.statement).is_some_and(|it| !denies_everything(it)));
    such.map(|found| (found.statement, Witness { request: request.clone(), decision: Decision::ExplicitDeny }))
        .collect()
}

fn finding(index: &Index<'_>, policy: PolicyIndex, number: usize, zone: &Zone, witness: Witness) -> Option<Finding> {
    let found = index.organization.policy(policy);
    let name = quoted(found.display_name());
    let action = &witness.request.action;
    let message = format!("a Deny of {name} stops the role `{}` of {} in `{action}`", zone.role, zone.name);
    let key = format!("{}#{number}:{}", found.id.as_str(), zone.role);
    let words = "the role makes the call when it sets up an account, and the statement denies it".to_owned();
    Draft::new("blocks-landing-zone", key, Risk::Medium, message)
        .why(
            "enrolling accounts, updating the landing zone or repairing drift fails in the accounts below",
            format!("exempt `arn:{}:iam::*:role/{}` by `ArnNotLike`", index.partition(), zone.role),
        )
        .rule("EVAL-3")
        .place(index.place_at(policy, number, &index.statement_path(policy, number)))
        .evidence(Evidence::Witness(words, vec![witness]))
        .of_policy(index)
}
