//! Which exceptions AWS would answer a change with, in the state that it meets (PRE-3).
//!
//! Names and reasons are those of the API's own model. AWS reports one exception at a time; here are all of them.

use scproof_organization::{
    AccountId, Change, Draft, FeatureSet, Node, NodeId, OuId, Policy, PolicyId, PolicyIndex, PolicyTypeStatus, Target,
};
use scproof_policy_parser::{PolicyKind, QuotaName, Quotas};

use crate::codes::{self, Exception};
use crate::content;
use crate::failure::PredictedFailure;

/// Never to be detached (RCP-3).
const RCP_FULL_ACCESS: &str = "p-RCPFullAWSAccess";

/// How many targets a message names.
const NAMED: usize = 3;

/// Every exception that AWS would have for a change, in the state of the draft before it. Empty: AWS would make it, as
/// far as the snapshot tells.
///
/// Linear in the number of nodes and policies at worst; O(policies at the target) for attachments.
pub fn predict(draft: &Draft, change: &Change, quotas: &Quotas) -> Vec<PredictedFailure> {
    let mut check = Check { draft, quotas, found: Vec::new() };
    match change {
        Change::AttachPolicy { policy, target } => check.attach(policy, target),
        Change::DetachPolicy { policy, target } => check.detach(policy, target),
        Change::UpdatePolicy { policy, content, name, description } => {
            check.update(policy, content.as_deref(), name.as_deref(), description.as_deref());
        }
        Change::CreatePolicy { id, name, description, kind, content } => {
            check.create_policy(id, name, description.as_deref(), *kind, content);
        }
        Change::DeletePolicy { policy } => check.delete(policy),
        Change::MoveAccount { account, source, destination } => {
            check.move_account(*account, source.as_ref(), destination);
        }
        Change::MoveOrganizationalUnit { unit, destination } => check.move_unit(unit, destination),
        Change::CreateOrganizationalUnit { id, name, parent } => check.create_unit(id, name, parent),
        Change::CreateAccount { id, name, email } => check.create_account(*id, name, email.as_deref()),
        Change::EnablePolicyType => check.enable_policy_type(),
        Change::DisablePolicyType => check.disable_policy_type(),
        Change::EnableAllFeatures => {
            if draft.feature_set() == FeatureSet::All {
                check.fail(
                    PredictedFailure::new(&codes::HAS_ALL_FEATURES, "the organization has all features already")
                        .without_effect(),
                );
            }
        }
        // What is not known yet is not predicted; a notice says so.
        Change::Unknown(_) => {}
    }
    check.found
}

/// The policies of a kind attached directly to a node; none if the type is not in force and what the data has is
/// ignored (EXM-2).
pub(crate) fn attached<'n>(draft: &Draft, node: &'n Node, kind: PolicyKind) -> &'n [PolicyIndex] {
    match kind {
        PolicyKind::ServiceControl if is_off(draft) => &[],
        PolicyKind::ServiceControl => &node.scps,
        PolicyKind::ResourceControl => &node.rcps,
    }
}

/// Whether SCPs are certainly not in force (EXM-1, EXM-2).
pub(crate) fn is_off(draft: &Draft) -> bool {
    draft.feature_set() == FeatureSet::ConsolidatedBilling || draft.scp_status() == PolicyTypeStatus::Disabled
}

pub(crate) fn kind_name(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::ServiceControl => "SCP",
        PolicyKind::ResourceControl => "RCP",
    }
}

pub(crate) fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

struct Check<'a> {
    draft: &'a Draft,
    quotas: &'a Quotas,
    found: Vec<PredictedFailure>,
}

impl<'a> Check<'a> {
    fn fail(&mut self, failure: PredictedFailure) {
        self.found.push(failure);
    }

    fn policy(&mut self, id: &PolicyId) -> Option<(PolicyIndex, &'a Policy)> {
        let found = self.draft.find_policy(id).map(|index| (index, self.draft.policy(index)));
        if found.is_none() {
            let message = format!("there is no policy `{id}` at this point");
            self.fail(PredictedFailure::new(&codes::POLICY_NOT_FOUND, message).without_effect());
        }
        found
    }

    /// A node, or a failure of the given name.
    fn node(&mut self, target: &Target, exception: &'static Exception, container: bool) -> Option<(NodeId, &'a Node)> {
        let found = self.draft.find_node(target).map(|id| (id, self.draft.node(id)));
        let found = found.filter(|(_, node)| !container || node.account.is_none());
        if found.is_none() {
            let message = if container && target.account().is_some() {
                format!("`{target}` is an account, not a root or organizational unit")
            } else {
                format!("there is no {} `{target}` at this point", target.kind())
            };
            self.fail(PredictedFailure::new(exception, message).without_effect());
        }
        found
    }

    fn quota(&self, name: QuotaName) -> Option<u64> {
        self.quotas.value(name)
    }

    fn attach(&mut self, id: &PolicyId, target: &Target) {
        let (policy, node) = (self.policy(id), self.node(target, &codes::TARGET_NOT_FOUND, false));
        let Some(((index, policy), (_, node))) = policy.zip(node) else { return };
        self.type_in_force(policy.kind);
        let list = attached(self.draft, node, policy.kind);
        if list.contains(&index) {
            let message = format!(
                "{} is attached to the {} already",
                self.draft.describe_policy(id),
                self.draft.describe_target(target)
            );
            let failure = PredictedFailure::new(&codes::DUPLICATE_ATTACHMENT, message);
            self.fail(failure.without_effect());
            return;
        }
        let (name, rule) = match policy.kind {
            PolicyKind::ServiceControl => (QuotaName::ScpsPerTarget, "LIM-4"),
            PolicyKind::ResourceControl => (QuotaName::RcpsPerTarget, "LIM-7"),
        };
        let count = number(list.len()) + 1;
        if let Some(limit) = self.quota(name).filter(|&limit| count > limit) {
            let message = format!(
                "the {} would have {count} {}s, of at most {limit}",
                self.draft.describe_target(target),
                kind_name(policy.kind)
            );
            let mut failure = PredictedFailure::new(&codes::TOO_MANY_ATTACHED, message)
                .rule(rule)
                .help("detach another one first, or join two policies; inherited ones do not count");
            failure.unsure = policy.kind == PolicyKind::ResourceControl;
            self.fail(failure);
        }
    }

    /// Attaching needs the type in force (EXM-1, EXM-2).
    fn type_in_force(&mut self, kind: PolicyKind) {
        if kind != PolicyKind::ServiceControl {
            // The snapshot does not say whether the other type is enabled.
            return;
        }
        let off = |reason: &str, rule| {
            PredictedFailure::new(&codes::TYPE_NOT_ENABLED, reason)
                .rule(rule)
                .without_effect()
                .help("enable the type first: `EnablePolicyType`")
        };
        match (self.draft.feature_set(), self.draft.scp_status()) {
            (FeatureSet::ConsolidatedBilling, _) => {
                self.fail(off("the organization has only consolidated billing", "EXM-1"));
            }
            (FeatureSet::All, PolicyTypeStatus::Disabled) => {
                self.fail(off("service control policies are not enabled in the root", "EXM-2"));
            }
            (FeatureSet::All, PolicyTypeStatus::PendingEnable | PolicyTypeStatus::PendingDisable) => self.pending(),
            (FeatureSet::All, PolicyTypeStatus::Enabled) => {}
        }
    }

    fn pending(&mut self) {
        let message = format!("service control policies are `{}` in the root", self.draft.scp_status().as_str());
        self.fail(PredictedFailure::new(&codes::CHANGES_IN_PROGRESS, message).unsure());
    }

    fn detach(&mut self, id: &PolicyId, target: &Target) {
        let (policy, node) = (self.policy(id), self.node(target, &codes::TARGET_NOT_FOUND, false));
        let Some(((index, policy), (_, node))) = policy.zip(node) else { return };
        if id.as_str() == RCP_FULL_ACCESS {
            let message = format!("{} can never be detached", self.draft.describe_policy(id));
            self.fail(PredictedFailure::new(&codes::NON_DETACHABLE_POLICY, message));
        }
        let list = attached(self.draft, node, policy.kind);
        if !list.contains(&index) {
            // What could not be read may be attached: nothing is predicted then, a notice says so.
            if node.unreadable.is_none() {
                let message = format!(
                    "{} is not attached directly to the {}",
                    self.draft.describe_policy(id),
                    self.draft.describe_target(target)
                );
                let failure = PredictedFailure::new(&codes::NOT_ATTACHED, message);
                self.fail(failure.without_effect());
            }
            return;
        }
        let left = number(list.len()) - 1;
        let fewest = match policy.kind {
            PolicyKind::ServiceControl => self.quota(QuotaName::FewestScpsPerTarget).unwrap_or(1),
            PolicyKind::ResourceControl => 0,
        };
        if left < fewest && node.unreadable.is_none() {
            let message =
                format!("the {} would have {left} SCPs, of at least {fewest}", self.draft.describe_target(target));
            self.fail(PredictedFailure::new(&codes::TOO_FEW_ATTACHED, message).help("attach another one first"));
        }
    }

    fn immutable(&mut self, policy: &Policy) {
        if policy.aws_managed {
            let message = format!("`{}` is AWS's own policy", policy.display_name());
            self.fail(
                PredictedFailure::new(&codes::IMMUTABLE_POLICY, message)
                    .help("create a policy of your own and attach that in its place"),
            );
        }
    }

    fn update(&mut self, id: &PolicyId, content: Option<&str>, name: Option<&str>, description: Option<&str>) {
        let Some((index, policy)) = self.policy(id) else { return };
        self.immutable(policy);
        if let Some(content) = content {
            content::failures(content, policy.kind, self.quotas, &mut self.found);
        }
        if let Some(name) = name {
            self.policy_name(name, Some(index));
        }
        self.description(description);
    }

    fn create_policy(&mut self, id: &PolicyId, name: &str, description: Option<&str>, kind: PolicyKind, content: &str) {
        if self.draft.find_policy(id).is_some() {
            let message = format!("the id `{id}` is that of {}", self.draft.describe_policy(id));
            self.fail(PredictedFailure::new(&codes::DUPLICATE_POLICY, message).rule("PRE-3").without_effect());
        }
        if self.draft.feature_set() == FeatureSet::ConsolidatedBilling {
            self.not_available();
        }
        self.policy_name(name, None);
        self.description(description);
        content::failures(content, kind, self.quotas, &mut self.found);
        let name = match kind {
            PolicyKind::ServiceControl => QuotaName::Scps,
            PolicyKind::ResourceControl => QuotaName::Rcps,
        };
        let own = self.draft.policies().filter(|(_, policy)| policy.kind == kind && !policy.aws_managed);
        let count = number(own.count()) + 1;
        if let Some(limit) = self.quota(name).filter(|&limit| count > limit) {
            let message = format!("the organization would have {count} {}s, of at most {limit}", kind_name(kind));
            self.fail(PredictedFailure::new(&codes::TOO_MANY_POLICIES, message));
        }
    }

    fn not_available(&mut self) {
        let message = "the organization has only consolidated billing";
        self.fail(
            PredictedFailure::new(&codes::TYPE_NOT_AVAILABLE, message)
                .help("enable all features first: `EnableAllFeatures`"),
        );
    }

    /// A policy's name is short enough and no other policy has it (LIM-8).
    fn policy_name(&mut self, name: &str, own: Option<PolicyIndex>) {
        self.length("the policy's name", name, QuotaName::PolicyNameCharacters, 1);
        let same =
            self.draft.policies().find(|(index, policy)| Some(*index) != own && policy.name.as_deref() == Some(name));
        if let Some((_, other)) = same {
            let message =
                format!("the policy `{}` has the name `{name}`; names are unique in an organization", other.id);
            self.fail(
                PredictedFailure::new(&codes::DUPLICATE_POLICY, message)
                    .help("choose another name, or replace the text of that policy"),
            );
        }
    }

    fn description(&mut self, description: Option<&str>) {
        if let Some(description) = description {
            self.length("the policy's description", description, QuotaName::PolicyDescriptionCharacters, 0);
        }
    }

    /// A name's length is within its limits (LIM-8).
    fn length(&mut self, what: &str, text: &str, most: QuotaName, fewest: u64) {
        let characters = number(text.chars().count());
        if characters < fewest {
            let message = format!("{what} is empty");
            self.fail(PredictedFailure::new(&codes::TEXT_TOO_SHORT, message));
        }
        if let Some(limit) = self.quota(most).filter(|&limit| characters > limit) {
            let message = format!("{what} has {characters} of at most {limit} characters");
            self.fail(PredictedFailure::new(&codes::TEXT_TOO_LONG, message));
        }
    }

    fn delete(&mut self, id: &PolicyId) {
        let Some((index, policy)) = self.policy(id) else { return };
        self.immutable(policy);
        let mut targets = self
            .draft
            .nodes()
            .filter(|(_, node)| attached(self.draft, node, policy.kind).contains(&index))
            .map(|(_, node)| format!("`{}`", node.display_name()));
        let shown: Vec<String> = targets.by_ref().take(NAMED).collect();
        if shown.is_empty() {
            return;
        }
        let (policy, shown, more) = (self.draft.describe_policy(id), shown.join(", "), targets.count());
        let message = if more == 0 {
            format!("{policy} is attached to {shown}")
        } else {
            format!("{policy} is attached to {shown} and {more} more")
        };
        let help = "detach it everywhere first; the simulation does so";
        self.fail(PredictedFailure::new(&codes::POLICY_IN_USE, message).help(help));
    }

    fn move_account(&mut self, account: AccountId, source: Option<&Target>, destination: &Target) {
        let node = self.node(&Target::Account(account), &codes::ACCOUNT_NOT_FOUND, false);
        let known = self.found.len();
        let source = source.map(|source| self.node(source, &codes::SOURCE_NOT_FOUND, true));
        // Where the account is does not depend on where somebody says it is.
        self.found.iter_mut().skip(known).for_each(|failure| failure.simulated = true);
        let to = self.node(destination, &codes::DESTINATION_NOT_FOUND, true);
        let Some(((_, node), (to, _))) = node.zip(to) else {
            return;
        };
        if let Some(Some((source, _))) = source
            && node.parent != Some(source)
        {
            // AWS documents no exception of its own for this.
            let actual = node.parent.map(|parent| self.draft.node(parent).display_name()).unwrap_or_default();
            let message = format!(
                "the account `{}` is in `{actual}`, not in `{}`",
                node.display_name(),
                self.draft.node(source).display_name()
            );
            self.fail(PredictedFailure::new(&codes::ACCOUNT_NOT_FOUND, message).unsure());
        }
        if node.parent == Some(to) {
            let message =
                format!("the account `{}` is in `{}` already", node.display_name(), self.draft.node(to).display_name());
            self.fail(PredictedFailure::new(&codes::DUPLICATE_ACCOUNT, message).without_effect());
        }
    }

    /// Whether a unit with a name fits below a parent, with so many levels of units below itself (LIM-6).
    fn unit_fits(&mut self, name: &str, parent: NodeId, levels_below: usize, own: Option<NodeId>) {
        let node = self.draft.node(parent);
        let twin =
            node.children.iter().copied().filter(|&child| Some(child) != own).map(|child| self.draft.node(child));
        let twin = twin.filter(|child| child.account.is_none()).find(|child| child.name.as_deref() == Some(name));
        if let Some(twin) = twin {
            let message = format!("`{}` has a unit `{name}` already: `{}`", node.display_name(), twin.target);
            self.fail(
                PredictedFailure::new(&codes::DUPLICATE_UNIT, message)
                    .help("names are unique below one parent; choose another one"),
            );
        }
        // The path has the root, which is no unit: so many units stand above, and the unit is one more.
        let depth = number(self.draft.inheritance_path(parent).len() + levels_below);
        if let Some(limit) = self.quota(QuotaName::OrganizationalUnitLevels).filter(|&limit| depth > limit) {
            let message = format!("units would be nested {depth} levels deep, of at most {limit}");
            self.fail(PredictedFailure::new(&codes::UNITS_TOO_DEEP, message));
        }
    }

    /// As AWS would answer to creating the unit anew below the other parent: it has no operation that moves one.
    fn move_unit(&mut self, unit: &OuId, destination: &Target) {
        let node = self.node(&Target::Ou(unit.clone()), &codes::UNIT_NOT_FOUND, false);
        let to = self.node(destination, &codes::PARENT_NOT_FOUND, true);
        let Some(((id, node), (to, _))) = node.zip(to) else { return };
        if self.draft.is_within(to, id) {
            let message = format!("`{}` would be below itself", node.display_name());
            self.fail(PredictedFailure::new(&codes::PARENT_NOT_FOUND, message).rule("PRE-1").unsure().without_effect());
            return;
        }
        if node.parent == Some(to) {
            let to = self.draft.node(to).display_name();
            let message = format!("`{}` is below `{to}` already", node.display_name());
            let failure = PredictedFailure::new(&codes::DUPLICATE_UNIT, message).rule("PRE-1");
            self.fail(failure.unsure().without_effect());
            return;
        }
        self.unit_fits(node.display_name(), to, self.levels_below(id), Some(id));
    }

    /// How many levels of units hang below a unit.
    fn levels_below(&self, id: NodeId) -> usize {
        let mut deepest = 0;
        let mut open = vec![(id, 0)];
        while let Some((id, depth)) = open.pop() {
            deepest = deepest.max(depth);
            let units = self.draft.node(id).children.iter().filter(|&&child| self.draft.node(child).account.is_none());
            open.extend(units.map(|&child| (child, depth + 1)));
        }
        deepest
    }

    fn create_unit(&mut self, id: &OuId, name: &str, parent: &Target) {
        if self.draft.find_node(&Target::Ou(id.clone())).is_some() {
            let message = format!("the id `{id}` is that of another unit");
            let failure = PredictedFailure::new(&codes::DUPLICATE_UNIT, message);
            self.fail(failure.without_effect());
        }
        self.length("the unit's name", name, QuotaName::OrganizationalUnitNameCharacters, 1);
        if let Some((parent, _)) = self.node(parent, &codes::PARENT_NOT_FOUND, true) {
            self.unit_fits(name, parent, 0, None);
        }
        let count = number(self.draft.unit_count()) + 1;
        if let Some(limit) = self.quota(QuotaName::OrganizationalUnits).filter(|&limit| count > limit) {
            let message = format!("the organization would have {count} organizational units, of at most {limit}");
            self.fail(PredictedFailure::new(&codes::TOO_MANY_UNITS, message));
        }
    }

    fn create_account(&mut self, id: AccountId, name: &str, email: Option<&str>) {
        if self.draft.find_node(&Target::Account(id)).is_some() {
            let message = format!("the id `{id}` is that of another account");
            self.fail(PredictedFailure::new(&codes::ID_TAKEN, message).without_effect());
        }
        self.length("the account's name", name, QuotaName::AccountNameCharacters, 1);
        if !name.chars().all(|character| matches!(character, ' '..='~')) {
            let message = format!("the account's name `{name}` has characters other than printable ASCII");
            self.fail(PredictedFailure::new(&codes::BAD_CHARACTERS, message));
        }
        let twin = email.and_then(|email| {
            let same = |node: &Node| {
                let own = node.account.as_ref().and_then(|account| account.email.as_deref());
                own.is_some_and(|own| own.eq_ignore_ascii_case(email))
            };
            self.draft.nodes().map(|(_, node)| node).find(|node| same(node)).zip(Some(email))
        });
        if let Some((twin, email)) = twin {
            // Not an exception: the status of the creation says so later.
            let message = format!("the account `{}` has the address `{email}`", twin.display_name());
            self.fail(PredictedFailure::new(&codes::EMAIL_TAKEN, message));
        }
        self.account_count();
    }

    fn account_count(&mut self) {
        let count = number(self.draft.account_count()) + 1;
        let most = self.quota(QuotaName::AccountsAtMost).filter(|&limit| count > limit);
        // An organization with more accounts than the default has had its quota raised; to what, only AWS knows.
        let default = self.quota(QuotaName::Accounts).filter(|&limit| count == limit + 1);
        let Some(limit) = most.or(default) else { return };
        let message = format!("the organization would have {count} accounts, of at most {limit}");
        let failure = PredictedFailure::new(&codes::TOO_MANY_ACCOUNTS, message);
        self.fail(if most.is_some() {
            failure
        } else {
            failure.unsure().help("that is AWS's default, which it raises on request")
        });
    }

    fn enable_policy_type(&mut self) {
        match (self.draft.feature_set(), self.draft.scp_status()) {
            (FeatureSet::ConsolidatedBilling, _) => {
                self.not_available();
                self.found.iter_mut().for_each(|failure| failure.simulated = false);
            }
            (FeatureSet::All, PolicyTypeStatus::Enabled) => {
                let message = "service control policies are enabled already";
                let failure = PredictedFailure::new(&codes::TYPE_ENABLED, message);
                self.fail(failure.without_effect());
            }
            (FeatureSet::All, PolicyTypeStatus::PendingEnable | PolicyTypeStatus::PendingDisable) => self.pending(),
            (FeatureSet::All, PolicyTypeStatus::Disabled) => {}
        }
    }

    fn disable_policy_type(&mut self) {
        if is_off(self.draft) {
            let message = "service control policies are not enabled in the root";
            let failure = PredictedFailure::new(&codes::TYPE_NOT_ENABLED, message).rule("EXM-3");
            self.fail(failure.without_effect());
        } else if self.draft.scp_status() != PolicyTypeStatus::Enabled {
            self.pending();
        }
    }
}
