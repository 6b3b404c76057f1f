//! Changes to an organization: what an administrator is about to do, tried on a copy.

mod apply;
mod builder;
mod create;
mod draft;
mod file;
mod reference;

use std::fmt;
use std::sync::Arc;

use scproof_policy_parser::PolicyKind;

pub use builder::{ChangeSetBuilder, read_policy};
pub use draft::Draft;
pub use file::CHANGES_FORMAT;

use crate::id::{AccountId, OuId, PolicyId, Target};
use crate::organization::Organization;

/// One change, named after the AWS Organizations operation that makes it.
///
/// Things are named by id. An id that nothing has is no fault here: by the time of the change the thing may be gone, or
/// not be there yet. Such a change has no effect, as AWS would refuse it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Change {
    /// Attaches a policy to a root, unit or account.
    AttachPolicy {
        /// The policy.
        policy: PolicyId,
        /// Where to.
        target: Target,
    },
    /// Takes a policy off a root, unit or account.
    DetachPolicy {
        /// The policy.
        policy: PolicyId,
        /// Where from.
        target: Target,
    },
    /// Gives a policy another text, name or description; what is `None` stays.
    UpdatePolicy {
        /// The policy.
        policy: PolicyId,
        /// The exact new text.
        content: Option<Arc<str>>,
        /// The new name.
        name: Option<String>,
        /// The new description.
        description: Option<String>,
    },
    /// Creates a policy that is attached nowhere.
    CreatePolicy {
        /// The id it gets here; AWS will choose another one.
        id: PolicyId,
        /// Its name.
        name: String,
        /// What it is for.
        description: Option<String>,
        /// Its type.
        kind: PolicyKind,
        /// Its exact text.
        content: Arc<str>,
    },
    /// Deletes a policy. AWS refuses while it is attached; here it is detached everywhere.
    DeletePolicy {
        /// The policy.
        policy: PolicyId,
    },
    /// Moves an account with the policies attached to it (EVAL-16).
    MoveAccount {
        /// The account.
        account: AccountId,
        /// The root or unit that should hold it now, which AWS asks for. `None`: wherever it is.
        source: Option<Target>,
        /// The root or unit that will hold it.
        destination: Target,
    },
    /// Hangs a unit with everything below it under another parent.
    ///
    /// AWS has no such operation: there one creates a new unit, attaches the same policies, and moves the accounts one
    /// by one. This is the result of that, without the intermediate states.
    MoveOrganizationalUnit {
        /// The unit.
        unit: OuId,
        /// The root or unit that will hold it.
        destination: Target,
    },
    /// Creates an empty unit with `FullAWSAccess` attached (DOC-33).
    CreateOrganizationalUnit {
        /// The id it gets here; AWS will choose another one.
        id: OuId,
        /// Its name.
        name: String,
        /// The root or unit above.
        parent: Target,
    },
    /// Creates an account directly under the root with `FullAWSAccess` attached (DOC-33, EVAL-16).
    CreateAccount {
        /// The id it gets here; AWS will choose another one.
        id: AccountId,
        /// Its name.
        name: String,
        /// The root user's address.
        email: Option<String>,
    },
    /// Puts service control policies into force, with `FullAWSAccess` attached to every node and nothing else (EXM-3).
    EnablePolicyType,
    /// Puts service control policies out of force, which detaches all of them everywhere (EXM-3).
    DisablePolicyType,
    /// From consolidated billing to all features (EXM-1). Service control policies are then still to be enabled.
    EnableAllFeatures,
    /// A change of which something is not known before it is made.
    Unknown(Unknown),
}

/// What is not known of a change before it is made. It stays unknown in the organization that results.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Unknown {
    /// `UpdatePolicy` with a text that is not known.
    Content {
        /// The policy.
        policy: PolicyId,
    },
    /// `CreatePolicy` with a text that is not known.
    Policy {
        /// The id it gets here; AWS will choose another one.
        id: PolicyId,
        /// Its name.
        name: String,
        /// Its type.
        kind: PolicyKind,
    },
    /// `AttachPolicy` to one of some targets, or to none of them: at each the policy may be attached.
    Target {
        /// The policy.
        policy: PolicyId,
        /// Every target that may be meant.
        targets: Vec<Target>,
    },
    /// `AttachPolicy` of a policy that is not known: anything may be attached there.
    Attached {
        /// Every target that may be meant.
        targets: Vec<Target>,
    },
    /// `MoveAccount`, or the parent of a new unit: it is somewhere below the root.
    Place {
        /// The account or unit.
        node: Target,
    },
}

impl Unknown {
    fn operation(&self) -> &'static str {
        match self {
            Self::Content { .. } => "UpdatePolicy",
            Self::Policy { .. } => "CreatePolicy",
            Self::Target { .. } | Self::Attached { .. } => "AttachPolicy",
            Self::Place { .. } => "MoveAccount",
        }
    }
}

impl Change {
    /// The operation of the AWS Organizations API; `MoveOrganizationalUnit` is none.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::AttachPolicy { .. } => "AttachPolicy",
            Self::DetachPolicy { .. } => "DetachPolicy",
            Self::UpdatePolicy { .. } => "UpdatePolicy",
            Self::CreatePolicy { .. } => "CreatePolicy",
            Self::DeletePolicy { .. } => "DeletePolicy",
            Self::MoveAccount { .. } => "MoveAccount",
            Self::MoveOrganizationalUnit { .. } => "MoveOrganizationalUnit",
            Self::CreateOrganizationalUnit { .. } => "CreateOrganizationalUnit",
            Self::CreateAccount { .. } => "CreateAccount",
            Self::EnablePolicyType => "EnablePolicyType",
            Self::DisablePolicyType => "DisablePolicyType",
            Self::EnableAllFeatures => "EnableAllFeatures",
            Self::Unknown(unknown) => unknown.operation(),
        }
    }
}

/// In ids, such as `AttachPolicy p-denys3aaaa to ou-ab12-prod0001`; [`Draft::describe`] has names.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation())?;
        match self {
            Self::AttachPolicy { policy, target } => write!(f, " {policy} to {target}"),
            Self::DetachPolicy { policy, target } => write!(f, " {policy} from {target}"),
            Self::UpdatePolicy { policy, .. } | Self::DeletePolicy { policy } => write!(f, " {policy}"),
            Self::CreatePolicy { id, name, .. } => write!(f, " {name} ({id})"),
            Self::MoveAccount { account, destination, .. } => write!(f, " {account} to {destination}"),
            Self::MoveOrganizationalUnit { unit, destination } => write!(f, " {unit} to {destination}"),
            Self::CreateOrganizationalUnit { id, name, parent } => write!(f, " {name} ({id}) in {parent}"),
            Self::CreateAccount { id, name, .. } => write!(f, " {name} ({id})"),
            Self::EnablePolicyType | Self::DisablePolicyType => f.write_str(" SERVICE_CONTROL_POLICY"),
            Self::EnableAllFeatures => Ok(()),
            Self::Unknown(_) => f.write_str(" of something unknown"),
        }
    }
}

/// Changes in their order: each one meets what the earlier ones left.
///
/// ```
/// # use scproof_organization::{AccountId, Inventory, Organization};
/// use scproof_organization::{Change, ChangeSet, PolicyId, Target};
/// # let before = Organization::from_json(r#"{"Format": "scproof-inventory/1",
/// #   "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL"}, "Roots": [{"Id": "r-ab12"}], "OrganizationalUnits": [],
/// #   "Accounts": [{"Id": "222222222222", "ParentId": "r-ab12"}],
/// #   "Policies": [{"Id": "p-denys3aaaa", "Type": "SERVICE_CONTROL_POLICY", "Content": "{}"}], "Attachments": []}"#)?;
///
/// let policy = PolicyId::parse("p-denys3aaaa")?;
/// let target = Target::parse("222222222222")?;
/// let changes = ChangeSet::from_iter([Change::AttachPolicy { policy: policy.clone(), target: target.clone() }]);
/// let after = changes.apply(&before);
/// let account = after.node(after.find_node(&target).unwrap());
/// assert_eq!(account.scps, [after.find_policy(&policy).unwrap()]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangeSet {
    changes: Vec<Change>,
}

impl ChangeSet {
    /// The changes in their order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether there is no change at all.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Adds a change after all others.
    pub fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// The organization after all changes; the one given stays as it is.
    ///
    /// A change that has no meaning, such as one about a policy that is not there, has no effect; what AWS would say to
    /// each change is predicted elsewhere. Costs one copy of the organization, O(1) for most changes, and one
    /// renumbering if nodes or policies were added, moved or removed. Only texts that are new are parsed.
    pub fn apply(&self, organization: &Organization) -> Organization {
        let mut draft = Draft::new(organization);
        for change in &self.changes {
            draft.apply(change);
        }
        draft.finish()
    }
}

impl FromIterator<Change> for ChangeSet {
    fn from_iter<I: IntoIterator<Item = Change>>(changes: I) -> Self {
        Self { changes: changes.into_iter().collect() }
    }
}

impl Extend<Change> for ChangeSet {
    fn extend<I: IntoIterator<Item = Change>>(&mut self, changes: I) {
        self.changes.extend(changes);
    }
}
