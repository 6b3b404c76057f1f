//! References by id: attachments, unreadable parts, and what is said about an id that leads nowhere.

use scproof_policy_parser::{PolicyKind, PolicyPath};
use scproof_text::{Code, Message, near_names, shorten};

use super::{Place, Resolver, UnreadablePart, record};
use crate::codes;
use crate::id::{PolicyId, RootId, Target};
use crate::names;
use crate::policy_type;

/// The read operations that a snapshot is made of (API-12 to API-22).
const OPERATIONS: [&str; 15] = [
    "ListPoliciesForTarget",
    "ListTargetsForPolicy",
    "ListPolicies",
    "DescribePolicy",
    "ListAccountsForParent",
    "ListOrganizationalUnitsForParent",
    "ListChildren",
    "ListAccounts",
    "ListRoots",
    "ListParents",
    "ListTagsForResource",
    "ListDelegatedAdministrators",
    "DescribeOrganization",
    "DescribeOrganizationalUnit",
    "DescribeAccount",
];

impl<'a> Resolver<'a> {
    pub(super) fn attachments(&mut self) -> Vec<(Place, usize)> {
        let mut resolved = Vec::with_capacity(self.inventory.attachments.len());
        for (index, attachment) in self.inventory.attachments.iter().enumerate() {
            let place = self.places.get(attachment.target_id.as_str()).copied();
            let policy = self.policy_records.get(attachment.policy_id.as_str()).copied();
            if place.is_none() {
                let at = record("Attachments", index).key("TargetId");
                let fault = self.dangling(codes::UNKNOWN_TARGET, at, &attachment.target_id, "target");
                self.faults.push(fault.item(shorten(&attachment.target_id)));
            }
            if policy.is_none() {
                let at = record("Attachments", index).key("PolicyId");
                let fault = self.dangling_policy(at, &attachment.policy_id);
                self.faults.push(fault);
            }
            resolved.extend(place.zip(policy));
        }
        resolved
    }

    pub(super) fn dangling_policy(&mut self, at: PolicyPath, text: &str) -> Message {
        let shown = shorten(text);
        match PolicyId::parse(text) {
            Ok(_) => {
                let ids = self.inventory.policies.iter().map(|policy| policy.id.as_str());
                let near = self.near(text, ids);
                let fault = codes::UNKNOWN_POLICY
                    .at(at, format!("the policy `{shown}` is not in the snapshot"))
                    .rule("API-41")
                    .item(shown);
                with_near(fault, &near, "add the policy to `Policies`, or correct the id")
            }
            Err(error) => codes::UNKNOWN_POLICY
                .at(at, format!("the policy `{shown}` is not in the snapshot"))
                .rule("ID-5")
                .item(shown)
                .expected(format!("a policy id: {}, or the name of one policy", error.expected()))
                .help(self.by_id(text, true)),
        }
    }

    pub(super) fn unreadable(&mut self) -> Vec<UnreadablePart> {
        let mut resolved = Vec::with_capacity(self.inventory.unreadable.len());
        for (index, entry) in self.inventory.unreadable.iter().enumerate() {
            let at = record("Unreadable", index);
            let id = entry.target_id.as_deref();
            // A misspelt type would say that SCPs are known.
            let fault = entry.policy_type.as_deref().and_then(|name| policy_type::fault(name, at.key("PolicyType")));
            if let Some(fault) = fault {
                self.faults.push(fault);
            }
            let scps = entry.policy_type.as_deref().is_none_or(|name| name == PolicyKind::ServiceControl.as_str());
            let part = match (entry.operation.as_str(), id) {
                ("ListPoliciesForTarget", Some(id)) => self
                    .unreadable_target(&at, id)
                    .map(|place| if scps { UnreadablePart::AttachmentsOf(place) } else { UnreadablePart::Other }),
                ("ListParents", Some(id)) => self.unreadable_target(&at, id).map(UnreadablePart::PlaceOf),
                ("ListAccountsForParent" | "ListOrganizationalUnitsForParent" | "ListChildren", Some(id)) => {
                    self.unreadable_target(&at, id).map(|_| UnreadablePart::Other)
                }
                ("ListTargetsForPolicy", Some(id)) => {
                    self.unreadable_policy(&at, id).map(|policy| self.attachments_of_policy(policy))
                }
                ("DescribePolicy", Some(id)) => self.unreadable_policy(&at, id).map(UnreadablePart::Content),
                ("ListPolicies", _) if scps => Some(UnreadablePart::AllAttachments),
                (
                    "ListPolicies"
                    | "ListAccounts"
                    | "ListRoots"
                    | "ListParents"
                    | "ListTagsForResource"
                    | "ListDelegatedAdministrators"
                    | "DescribeOrganization"
                    | "DescribeOrganizationalUnit"
                    | "DescribeAccount",
                    _,
                ) => Some(UnreadablePart::Other),
                (
                    operation @ ("ListPoliciesForTarget"
                    | "ListTargetsForPolicy"
                    | "DescribePolicy"
                    | "ListAccountsForParent"
                    | "ListOrganizationalUnitsForParent"
                    | "ListChildren"),
                    None,
                ) => {
                    let message = format!("`{operation}` does not say what it was about");
                    self.faults.push(
                        codes::UNREADABLE_WITHOUT_TARGET
                            .at(at, message)
                            .rule("API-42")
                            .expected("the id in a member `TargetId`"),
                    );
                    None
                }
                (other, _) => {
                    // Not ignored: a misspelt call would turn "unknown" into "empty".
                    let shown = shorten(other);
                    let near = self.near(other, OPERATIONS.into_iter());
                    let fault = codes::UNKNOWN_OPERATION
                        .at(at.key("Operation"), format!("`{shown}` is not a call that a snapshot is made of"))
                        .rule("API-42")
                        .item(shown);
                    self.faults.push(with_near(fault, &near, "use the name of a read operation of AWS Organizations"));
                    None
                }
            };
            resolved.extend(part);
        }
        resolved
    }

    /// A policy that is no SCP, wherever it is attached, changes no answer.
    fn attachments_of_policy(&self, policy: usize) -> UnreadablePart {
        let policy = self.inventory.policies.get(policy);
        if policy.is_some_and(|policy| policy.policy_type == PolicyKind::ServiceControl.as_str()) {
            UnreadablePart::AllAttachments
        } else {
            UnreadablePart::Other
        }
    }

    fn unreadable_target(&mut self, at: &PolicyPath, id: &str) -> Option<Place> {
        let place = self.places.get(id).copied();
        if place.is_none() {
            let fault = self.dangling(codes::UNKNOWN_TARGET, at.key("TargetId"), id, "target");
            self.faults.push(fault.item(shorten(id)));
        }
        place
    }

    fn unreadable_policy(&mut self, at: &PolicyPath, id: &str) -> Option<usize> {
        let policy = self.policy_records.get(id).copied();
        if policy.is_none() {
            let fault = self.dangling_policy(at.key("TargetId"), id);
            self.faults.push(fault);
        }
        policy
    }

    /// A reference to a target that is not there.
    pub(super) fn dangling(&mut self, code: Code, at: PolicyPath, text: &str, what: &str) -> Message {
        let shown = shorten(text);
        let form = if what == "parent" {
            Target::parse(text).and_then(|target| match target {
                Target::Account(_) => RootId::parse(text).map(Target::Root),
                Target::Root(_) | Target::Ou(_) => Ok(target),
            })
        } else {
            Target::parse(text)
        };
        match form {
            Ok(target) => {
                let message = format!("the {what} `{shown}` is no {} of the snapshot", target.kind());
                let near = self.near_target(text);
                let fault = code.at(at, message).rule("API-41");
                with_near(fault, &near, "add the missing item, or correct the id")
            }
            Err(_) => code
                .at(at, format!("the {what} `{shown}` is not in the snapshot"))
                .rule("ID-6")
                .expected(if what == "parent" {
                    "the id or name of the root or of an organizational unit"
                } else {
                    "the id or name of a root, an organizational unit or an account"
                })
                .help(self.by_id(text, false)),
        }
    }

    /// What to do about a name that is not that of one item.
    fn by_id(&mut self, name: &str, of_policies: bool) -> String {
        let count = names::count(self.inventory, name, of_policies);
        if count > 1 {
            return format!("{count} are called so: use the id");
        }
        let inventory = self.inventory;
        let policies = inventory.policies.iter().filter(|_| of_policies).filter_map(|policy| policy.name.as_deref());
        let units = inventory.organizational_units.iter().filter_map(|unit| unit.name.as_deref());
        let accounts = inventory.accounts.iter().filter_map(|account| account.name.as_deref());
        let near = self.near(name, policies.chain(units.chain(accounts).filter(|_| !of_policies)));
        match near.as_slice() {
            [] => "use the id, or a name that one item has".to_owned(),
            near => {
                let names: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
                format!("did you mean {}?", names.join(" or "))
            }
        }
    }

    fn near_target(&mut self, text: &str) -> Vec<String> {
        let inventory = self.inventory;
        let ids = inventory
            .roots
            .iter()
            .map(|root| root.id.as_str())
            .chain(inventory.organizational_units.iter().map(|unit| unit.id.as_str()))
            .chain(inventory.accounts.iter().map(|account| account.id.as_str()));
        self.near(text, ids)
    }

    fn near(&mut self, text: &str, ids: impl Iterator<Item = &'a str>) -> Vec<String> {
        if self.suggestions == 0 {
            return Vec::new();
        }
        self.suggestions -= 1;
        near_names(text, ids, 2)
    }
}

fn with_near(fault: Message, near: &[String], otherwise: &str) -> Message {
    match near {
        [] => fault.help(otherwise),
        near => {
            let names: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
            fault.help(format!("did you mean {}?", names.join(" or ")))
        }
    }
}
