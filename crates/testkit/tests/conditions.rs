//! Conditions of answers say when the verdict is which, and accounts are told together only where they have the same
//! (K3-17, K3-18).

#![expect(clippy::unwrap_used, reason = "a test helper fails the test by panicking")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use scproof_catalog::Catalog;
use scproof_evaluator::{
    Caller, CompiledOrganization, ContextValue, Decision, EvaluationOptions, Predicate, PredicateAtom, Request, Truth,
};
use scproof_organization::{AttachmentRecord, Inventory, NodeId, Organization, PolicyRecord};
use scproof_testkit::comparison::{is_derived, may_be_absent};
use scproof_testkit::strategies;
use serde_json::{Value, json};

/// Asks the evaluator whether atoms hold of a request: whether a Deny with nothing else matches it.
struct Judge<'a> {
    inventory: &'a Inventory,
    options: EvaluationOptions,
    request: &'a Request,
}

impl Judge<'_> {
    fn truth(&self, predicate: &Predicate) -> Truth {
        predicate.truth(&|part| match part {
            Predicate::Atom(atom) => self.atom(atom),
            Predicate::All(_) | Predicate::Any(_) | Predicate::Not(_) | Predicate::Open(_) => Truth::Unknown,
        })
    }

    fn atom(&self, atom: &PredicateAtom) -> Truth {
        let (resource, condition, is_literal) = match atom {
            PredicateAtom::Key(atom) => {
                let condition = json!({atom.operator.to_string(): {atom.key.as_str(): atom.values}});
                (json!("*"), Some(condition), atom.is_literal)
            }
            PredicateAtom::Resource(atom) => (json!(atom.patterns), None, atom.is_literal),
            PredicateAtom::Caller(_) => return Truth::Unknown,
        };
        let version = if is_literal { "2008-10-17" } else { "2012-10-17" };
        let statement = match condition {
            Some(condition) => json!({"Effect": "Deny", "Action": "*", "Resource": resource, "Condition": condition}),
            None => json!({"Effect": "Deny", "Action": "*", "Resource": resource}),
        };
        let deny = json!({"Version": version, "Statement": [statement]});
        let allow =
            json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        let compiled = CompiledOrganization::compile(self.organization(&allow, &deny), self.options);
        match compiled.ask(self.request).unwrap() {
            Decision::ExplicitDeny => Truth::True,
            Decision::Allowed => Truth::False,
            Decision::ImplicitDeny | Decision::Deny | Decision::Unknown | Decision::NotApplicable => Truth::Unknown,
        }
    }

    /// The same tree with one policy everywhere and another one at the root.
    fn organization(&self, everywhere: &Value, root: &Value) -> Organization {
        let mut inventory = self.inventory.clone();
        let policy = |id: &str, content: &Value| PolicyRecord {
            id: id.to_owned(),
            policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
            content: Some(content.to_string()),
            ..PolicyRecord::default()
        };
        inventory.policies = vec![policy("p-everywhere", everywhere), policy("p-atroot00", root)];
        inventory.unreadable.clear();
        let organization = Organization::from_inventory(&Inventory { attachments: Vec::new(), ..inventory.clone() });
        let attach = |target: &str, policy: &str| AttachmentRecord {
            target_id: target.to_owned(),
            policy_id: policy.to_owned(),
        };
        let organization = organization.unwrap();
        inventory.attachments =
            organization.nodes().map(|(_, node)| attach(node.target.as_str(), "p-everywhere")).collect();
        let at_root = attach(organization.node(organization.root()).target.as_str(), "p-atroot00");
        inventory.attachments.push(at_root);
        Organization::from_inventory(&inventory).unwrap()
    }
}

/// The request with what another one knows more of its context; of a closed one nothing more can be known. What no call
/// has is no knowledge: that a key is absent which is always there, or a value that does not follow from caller and
/// account.
fn completed(request: &Request, other: &Request) -> Request {
    let mut completed = request.clone();
    for (key, value) in other.context.iter().filter(|_| !request.closed_context) {
        let is_possible = !is_derived(key) && (*value != ContextValue::Absent || may_be_absent(key));
        if is_possible && !request.context.iter().any(|(known, _)| known.eq_ignore_ascii_case(key)) {
            completed.context.insert(key, value.clone());
        }
    }
    completed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn k3_17_what_a_verdict_depends_on_decides_it(scenario in strategies::scenario(6)) {
        let organization = Organization::from_inventory(&scenario.inventory).unwrap();
        let options = EvaluationOptions { refine: true, ..scenario.options };
        let compiled = CompiledOrganization::compile(organization, options);
        // One check with one resource: each of several has facts of its own, which no condition tells apart (CALL-7).
        let questions: Vec<Request> = scenario
            .requests
            .iter()
            .filter(|request| request.resources.len() == 1)
            .map(|request| Request { beyond_catalog: true, ..request.clone() })
            .collect();
        for request in &questions {
            let Ok(query) = compiled.prepare(request) else { continue };
            let explanation = compiled.explain(&query);
            let Some(condition) = explanation.depends_on.filter(|_| explanation.decision == Decision::Unknown) else {
                continue;
            };
            for other in &scenario.requests {
                let completed = completed(request, other);
                let Ok(decision) = compiled.ask(&completed) else { continue };
                let judge = Judge { inventory: &scenario.inventory, options, request: &completed };
                let wrong = match judge.truth(&condition) {
                    Truth::True => decision.is_denied(),
                    Truth::False => decision.is_passing(),
                    Truth::Unknown => false,
                };
                prop_assert!(!wrong, "{decision} though {condition:#?}\n{completed:#?}");
            }
        }
    }
}

/// Whether something asks for the value of another key, or for an owner, which may be the account's own.
fn asks_for_own_facts(condition: &Predicate) -> bool {
    condition.atoms().into_iter().any(|atom| match atom {
        PredicateAtom::Key(atom) => {
            let key = atom.key.to_ascii_lowercase();
            let has_variables = !atom.is_literal && atom.values.iter().any(|value| value.contains("${"));
            has_variables || key.contains("resourceaccount") || key.contains("resourceorg")
        }
        PredicateAtom::Resource(atom) => !atom.is_literal && atom.patterns.iter().any(|text| text.contains("${")),
        PredicateAtom::Caller(_) => false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn k3_18_accounts_of_one_group_have_the_same_verdicts(scenario in strategies::scenario(8)) {
        let organization = Organization::from_inventory(&scenario.inventory).unwrap();
        let options = EvaluationOptions { refine: true, ..scenario.options };
        let compiled = CompiledOrganization::compile(organization.clone(), options);
        let accounts: Vec<NodeId> = organization.accounts().collect();
        let groups = compiled.effective_set(&Caller { beyond_catalog: true, ..Caller::default() }, &accounts).unwrap();
        for group in &groups {
            let conditions = group.permissions.groups.iter().filter_map(|group| group.depends_on.as_ref());
            if conditions.into_iter().any(asks_for_own_facts) {
                continue;
            }
            // Groups are made of the actions that the catalog or a policy names, not of all names that there may be.
            let is_known = |request: &&Request| Catalog::embedded().find_action(&request.action).is_some();
            for request in scenario.requests.iter().filter(is_known) {
                // Any caller: one of a name in each account has an ARN of its own.
                let question = Request {
                    principal: None,
                    account: String::new(),
                    beyond_catalog: true,
                    ..request.clone()
                };
                let mut verdicts: BTreeMap<Decision, &str> = BTreeMap::new();
                for &account in &group.accounts {
                    let id = organization.node(account).target.as_str();
                    if let Ok(decision) = compiled.ask(&Request { account: id.to_owned(), ..question.clone() }) {
                        verdicts.insert(decision, id);
                    }
                }
                prop_assert!(verdicts.len() <= 1, "{verdicts:?} {question:#?}");
            }
        }
        // Accounts are told apart only by what is told of them.
        for (index, group) in groups.iter().enumerate() {
            for other in groups.iter().skip(index + 1) {
                let told = |group: &scproof_evaluator::EffectiveSetGroup| {
                    let permissions = &group.permissions;
                    let groups: Vec<_> = permissions.groups.iter().map(|group| (
                        group.access,
                        (group.decision, group.reason, group.other_services),
                        group.depends_on.clone(),
                        group.actions.clone(),
                        (group.unlisted_actions.clone(), group.future_actions_of.clone()),
                        group.determining.iter().map(|found| (found.policy, found.statement)).collect::<Vec<_>>(),
                    )).collect();
                    (permissions.not_applicable, groups)
                };
                prop_assert_ne!(told(group), told(other));
            }
        }
    }
}
