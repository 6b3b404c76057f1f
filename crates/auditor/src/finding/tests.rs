//! Small organizations, each with one fault, and near misses without.

#![expect(clippy::needless_pass_by_value, reason = "`json!` makes values that nobody else needs")]

mod aims;
mod callers;
mod example;
mod idle;
mod policies;
mod strangers;
mod tree;

use scproof_evaluator::{CompiledOrganization, Decision, EvaluationOptions};
use scproof_organization::{NodeId, Organization};
use scproof_policy_parser::Quotas;
use serde_json::{Value, json};

use super::Subject;
use crate::Risk;
use crate::model::{Evidence, Finding};

const FULL: &str = "p-FullAWSAccess";
const SHOP: &str = "222222222222";

/// Root with the management account, the unit `Prod` with the account `shop`, and the unit `Dev` with the account
/// `lab`; everywhere `FullAWSAccess`.
pub(super) struct World(pub(super) Value);

impl World {
    pub(super) fn new() -> Self {
        let targets = ["r-ab12", "ou-ab12-prod0001", "ou-ab12-dev00001", "111111111111", SHOP, "333333333333"];
        let attachments: Vec<Value> =
            targets.iter().map(|target| json!({"TargetId": target, "PolicyId": FULL})).collect();
        Self(json!({
            "Format": "scproof-inventory/1",
            "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
            "Roots": [{"Id": "r-ab12", "Name": "Root", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}],
            "OrganizationalUnits": [
                {"Id": "ou-ab12-prod0001", "Name": "Prod", "ParentId": "r-ab12"},
                {"Id": "ou-ab12-dev00001", "Name": "Dev", "ParentId": "r-ab12"},
            ],
            "Accounts": [
                {"Id": "111111111111", "Name": "management", "ParentId": "r-ab12"},
                {"Id": SHOP, "Name": "shop", "ParentId": "ou-ab12-prod0001"},
                {"Id": "333333333333", "Name": "lab", "ParentId": "ou-ab12-dev00001"},
            ],
            "Policies": [{
                "Id": FULL, "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true,
                "Content": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
            }],
            "Attachments": attachments,
        }))
    }

    /// Adds a policy of these statements, with its id as its name too, attached to the targets.
    pub(super) fn policy(self, id: &str, targets: &[&str], statements: Value) -> Self {
        self.content(id, targets, json!({"Version": "2012-10-17", "Statement": statements}))
    }

    pub(super) fn content(mut self, id: &str, targets: &[&str], content: Value) -> Self {
        self.push("Policies", json!({"Id": id, "Name": id, "Type": "SERVICE_CONTROL_POLICY", "Content": content}));
        for target in targets {
            self.push("Attachments", json!({"TargetId": target, "PolicyId": id}));
        }
        self
    }

    pub(super) fn push(&mut self, list: &str, item: Value) {
        self.0[list].as_array_mut().unwrap().push(item);
    }

    pub(super) fn with(mut self, list: &str, item: Value) -> Self {
        self.push(list, item);
        self
    }

    pub(super) fn without(mut self, target: &str, policy: &str) -> Self {
        let attachments = self.0["Attachments"].as_array_mut().unwrap();
        attachments.retain(|item| item["TargetId"] != target || item["PolicyId"] != policy);
        self
    }

    pub(super) fn set(mut self, pointer: &str, value: Value) -> Self {
        *self.0.pointer_mut(pointer).unwrap() = value;
        self
    }

    pub(super) fn compile(&self) -> CompiledOrganization {
        let organization = Organization::from_json(&self.0.to_string()).unwrap();
        CompiledOrganization::compile(organization, EvaluationOptions::default())
    }

    pub(super) fn findings(&self) -> Found {
        let compiled = self.compile();
        let found = all(&compiled);
        Found { compiled, found }
    }
}

/// Findings, each witness of which was asked again.
pub(super) struct Found {
    pub(super) compiled: CompiledOrganization,
    pub(super) found: Vec<Finding>,
}

impl Found {
    pub(super) fn of(&self, code: &str) -> Vec<&Finding> {
        self.found.iter().filter(|finding| finding.code == code).collect()
    }

    pub(super) fn one(&self, code: &str) -> &Finding {
        let found = self.of(code);
        assert_eq!(found.len(), 1, "{code}: {:#?}", self.fingerprints());
        found[0]
    }

    pub(super) fn fingerprints(&self) -> Vec<&str> {
        self.found.iter().map(|finding| finding.fingerprint.as_str()).collect()
    }

    pub(super) fn accounts(&self, finding: &Finding) -> Vec<String> {
        let name = |account: &NodeId| self.compiled.organization().node(*account).display_name().to_owned();
        finding.accounts.iter().map(name).collect()
    }
}

pub(super) fn all(compiled: &CompiledOrganization) -> Vec<Finding> {
    let accounts: Vec<NodeId> = compiled.organization().accounts().collect();
    let subject = Subject { compiled, quotas: &Quotas::current(), accounts: &accounts };
    let found = super::findings(&subject);
    for finding in &found {
        replay(compiled, finding);
    }
    found
}

/// Each witness is answered as it says, and messages are in the style of the house.
fn replay(compiled: &CompiledOrganization, finding: &Finding) {
    if let Evidence::Witness(words, witnesses) | Evidence::Condition(words, _, witnesses) = &finding.evidence {
        assert!(!words.is_empty() && !witnesses.is_empty(), "{finding:#?}");
        for witness in witnesses {
            assert_eq!(compiled.ask(&witness.request).unwrap(), witness.decision, "{finding:#?}");
            assert_ne!(witness.decision, Decision::NotApplicable, "{finding:#?}");
        }
    }
    assert!(!finding.message.ends_with('.') && !finding.message.contains('\n'), "{}", finding.message);
    assert!(!finding.message.starts_with(|letter: char| letter.is_ascii_uppercase()), "{}", finding.message);
    assert!(!finding.reason.is_empty() && !finding.remedy.is_empty(), "{finding:#?}");
    assert!(finding.fingerprint.starts_with(&format!("{}:", finding.code)), "{}", finding.fingerprint);
}

pub(super) fn witnesses(finding: &Finding) -> &[crate::model::Witness] {
    finding.evidence.witnesses()
}

pub(super) fn deny(action: &str, condition: Value) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition})
}

pub(super) fn plain(action: &str) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": "*"})
}

pub(super) const fn is_grave(finding: &Finding) -> bool {
    matches!(finding.risk, Risk::High)
}
