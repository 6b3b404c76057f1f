//! The causes of an answer of the compiled evaluator by ids, as the reference evaluator and the fixtures have them.

use std::collections::BTreeSet;

use scproof_evaluator::{Explanation, StatementRef};
use scproof_organization::Organization;

use crate::reference::{Determining, Undecided};

/// A statement by the ids of target and policy.
pub fn statement(organization: &Organization, statement: &StatementRef) -> Determining {
    let (node, policy) = (organization.node(statement.node), organization.policy(statement.policy));
    (node.target.as_str().to_owned(), policy.id.as_str().to_owned(), statement.statement)
}

/// The statements that decide.
pub fn determining(organization: &Organization, explanation: &Explanation) -> BTreeSet<Determining> {
    explanation.determining.iter().map(|found| statement(organization, found)).collect()
}

/// The ids of the levels without an Allow, root first.
pub fn levels_without_allow(organization: &Organization, explanation: &Explanation) -> Vec<String> {
    let levels = explanation.levels_without_allow.iter();
    levels.map(|&node| organization.node(node).target.as_str().to_owned()).collect()
}

/// The open questions.
pub fn undecided(organization: &Organization, explanation: &Explanation) -> Vec<Undecided> {
    use scproof_evaluator::Undecided as Found;
    let question = |found: &Found| match found {
        Found::Key(key) => Undecided::Key(key.clone()),
        Found::Resource => Undecided::Resource,
        Found::Principal => Undecided::Principal,
        Found::Rule(rule) => Undecided::Rule(rule),
        Found::Policy(policy) => Undecided::Policy(organization.policy(*policy).id.as_str().to_owned()),
        Found::Membership(account) => Undecided::Attachments(account.clone()),
        Found::Attachments(node) => Undecided::Attachments(organization.node(*node).target.as_str().to_owned()),
    };
    explanation.undecided.iter().map(question).collect()
}
