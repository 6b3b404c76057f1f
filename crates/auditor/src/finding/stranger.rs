//! Exemptions of callers whom no SCP restricts, or who are not of the organization (CTX-60, EXM-4).

use std::collections::BTreeSet;

use scproof_evaluator::{Truth, truth_of_value};
use scproof_organization::PolicyIndex;
use scproof_policy_parser::Condition;

use super::exemption::PRINCIPAL_ARN;
use super::index::{Draft, Index, quoted};
use super::texts;
use crate::Risk;
use crate::model::{Evidence, Finding};

pub(super) fn findings(index: &Index<'_>) -> Vec<Finding> {
    let organization = index.organization;
    let with_account = organization.nodes().filter(|(_, node)| node.account.is_some());
    let accounts: BTreeSet<&str> = with_account.map(|(_, node)| node.target.as_str()).collect();
    let mut findings = Vec::new();
    for (policy, number, statement) in index.deny_statements() {
        if organization.policy(policy).aws_managed {
            continue;
        }
        for condition in statement.condition.iter().flatten() {
            findings.extend(of_condition(index, &accounts, policy, number, condition));
        }
    }
    findings
}

fn of_condition(
    index: &Index<'_>,
    accounts: &BTreeSet<&str>,
    policy: PolicyIndex,
    number: usize,
    condition: &Condition,
) -> Vec<Finding> {
    let key = condition.key.to_ascii_lowercase();
    let is_negated = condition.operator.is_some_and(|operator| operator.base.is_negated());
    if !is_negated || ![PRINCIPAL_ARN, "aws:principalaccount", "aws:principalorgid"].contains(&key.as_str()) {
        return Vec::new();
    }
    let management = index.organization.management_account().map(|account| account.as_str().to_owned());
    let own = index.organization.id().as_str();
    let mut findings = Vec::new();
    for (place, value) in condition.values.iter().flatten().enumerate() {
        let text = value.text.as_str();
        let (risk, why, remedy) = if key == "aws:principalorgid" {
            let is_id = text.starts_with("o-") && !text.contains(['*', '?', '$']);
            // Where another value is that of ours, callers are exempt all the same.
            if !is_id || truth_of_value(condition, own) != Truth::True {
                continue;
            }
            (Risk::High, "it is another organization, and all callers are of ours", format!("write `{own}`"))
        } else {
            let account = if key == PRINCIPAL_ARN { text.split(':').nth(4).unwrap_or_default() } else { text };
            let is_id = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
            if !is_id {
                continue;
            }
            if management.as_deref() == Some(account) {
                (Risk::Low, "SCPs do not restrict the management account", "delete it".to_owned())
            } else if index.is_complete && !accounts.contains(account) {
                let remedy = "write an account of the organization, or delete it".to_owned();
                (Risk::Medium, "the account is not in the organization", remedy)
            } else {
                continue;
            }
        };
        let list = index
            .statement_path(policy, number)
            .key("Condition")
            .key(condition.operator_text.as_str())
            .key(condition.key.as_str());
        let path = index.element_path(policy, &list, place);
        let found = index.organization.policy(policy);
        let message = format!("{} exempts nobody from the Deny of {}", quoted(text), quoted(found.display_name()));
        let reason = if risk == Risk::Low {
            "readers take it for a way round that somebody has"
        } else {
            "those who were to be exempt are denied"
        };
        let draft = Draft::new("exemption-never-matches", texts::key(found, Some(number), &path), risk, message)
            .why(format!("{why}; {reason}"), remedy)
            .rule(if risk == Risk::Low { "EXM-4" } else { "CTX-60" })
            .place(index.place_at(policy, number, &path))
            .evidence(Evidence::Proof(why.to_owned()));
        findings.extend(draft.of_policy(index));
    }
    findings
}
