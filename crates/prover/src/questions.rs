//! Questions with an answer and a witness: do two sets of policies mean the same, does one let pass no more than the
//! other, does anything pass at all?

use std::sync::Arc;

use scproof_evaluator::symbolic::{CompiledViews, View};
use scproof_evaluator::{EvaluationOptions, RequestError, Undecided};
use scproof_organization::{
    AccountRecord, AttachmentRecord, Inventory, LoadError, NodeId, Organization, OrganizationRecord, OuRecord,
    PolicyRecord, RootRecord, SelectError, Target, UnreadableRecord,
};
use thiserror::Error;

use crate::difference::{ComparisonOptions, difference};
use crate::region::{Region, Transition, Why};

/// The account that documents are looked at in.
const ACCOUNT: &str = "222222222222";
const ROOT: &str = "r-ab12";
const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const NOTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;

/// What some policies let pass: those of one level, or all along the path of an account.
#[derive(Debug, Clone)]
pub struct Permissions {
    inventory: Inventory,
    /// Whether the kind of a denial counts: two documents are interchangeable only if they deny explicitly alike.
    by_kind: bool,
}

/// Why policies could not be compared. Policies themselves cannot cause it: what cannot be read stays unknown.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CompareError {
    /// The path that was taken out of an organization does not stand on its own.
    #[error(transparent)]
    Path(#[from] LoadError),
    /// The account is not where it was put.
    #[error("the account `{0}` is not on its own path")]
    Account(String),
    /// A question of the comparison was not understood.
    #[error(transparent)]
    Request(#[from] RequestError),
}

/// An answer, with its proof or its counterexample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Yes, for every request.
    Yes,
    /// No: the region of requests for which it does not hold, with a witness.
    No(Arc<Region>),
    /// It could not be settled, and why.
    Unknown(Vec<Why>),
}

impl Answer {
    /// Whether it is proved.
    pub fn is_yes(&self) -> bool {
        *self == Self::Yes
    }
}

impl Permissions {
    /// The policies attached to one target, by their texts; every other level lets everything pass. A level without an
    /// Allow lets nothing pass, so put an Allow beside a list of denials.
    ///
    /// # Errors
    ///
    /// None that texts can cause: what cannot be read stays unknown (K3-14).
    pub fn of_level(documents: &[&str]) -> Result<Self, LoadError> {
        let mut inventory = Inventory::new(OrganizationRecord {
            id: "o-exampleorg1".to_owned(),
            arn: Some("arn:aws:organizations::111111111111:organization/o-exampleorg1".to_owned()),
            feature_set: "ALL".to_owned(),
            master_account_id: Some("111111111111".to_owned()),
            master_account_arn: None,
        });
        inventory.roots.push(RootRecord { id: ROOT.to_owned(), arn: None, name: None, policy_types: None });
        inventory.accounts.push(account(ACCOUNT, ROOT));
        attach(&mut inventory, "p-everything0", EVERYTHING, ROOT);
        for (number, document) in documents.iter().enumerate() {
            attach(&mut inventory, &format!("p-document{number:04}"), document, ACCOUNT);
        }
        Organization::from_inventory(&inventory)?;
        Ok(Self { inventory, by_kind: true })
    }

    /// The policies along the path of an account, given by its id or its name.
    ///
    /// # Errors
    ///
    /// If the account is not in the organization, or its name is not unique.
    pub fn of_account(organization: &Organization, account: &str) -> Result<Self, SelectError> {
        let node = organization.resolve_account(account)?;
        Ok(Self { inventory: path_of(organization, node), by_kind: false })
    }

    /// The same policies for the callers of another account, so that paths of two accounts can be compared.
    fn for_account(&self, id: &str) -> Self {
        let mut moved = self.clone();
        let own = moved.inventory.accounts.first().map(|account| account.id.clone()).unwrap_or_default();
        for account in &mut moved.inventory.accounts {
            id.clone_into(&mut account.id);
        }
        for attachment in moved.inventory.attachments.iter_mut().filter(|attachment| attachment.target_id == own) {
            id.clone_into(&mut attachment.target_id);
        }
        for unreadable in &mut moved.inventory.unreadable {
            if unreadable.target_id.as_deref() == Some(own.as_str()) {
                unreadable.target_id = Some(id.to_owned());
            }
        }
        moved
    }

    fn account_id(&self) -> &str {
        self.inventory.accounts.first().map_or(ACCOUNT, |account| &account.id)
    }
}

/// What differs between two sets of policies, for the callers of the first one's account: the regions in which the
/// verdict changes, each with a witness. None means that it is proved that nothing differs.
///
/// Names that no catalog lists, of services whose patterns are too many-sided to be cut, are one undetermined region.
///
/// # Errors
///
/// None that policies can cause; see [`CompareError`].
pub fn compare(
    before: &Permissions,
    after: &Permissions,
    options: &ComparisonOptions,
) -> Result<Vec<Arc<Region>>, CompareError> {
    let after = after.for_account(before.account_id());
    let first = Organization::from_inventory(&before.inventory)?;
    let second = Organization::from_inventory(&after.inventory)?;
    let views = CompiledViews::two(first, second, EvaluationOptions::default());
    let lost = || CompareError::Account(before.account_id().to_owned());
    let target = Target::parse(before.account_id()).map_err(|_| lost())?;
    let node = |view: View| views.view(view).organization().find_node(&target).ok_or_else(lost);
    let found = difference(&views, &[[node(View::BEFORE)?, node(View::AFTER)?]], options);
    let uncut = found.uncut_services;
    let mut regions: Vec<Arc<Region>> = found.groups.into_iter().flat_map(|group| group.regions).collect();
    if !uncut.is_empty() {
        regions.push(Arc::new(Region::of_uncut_names(&uncut)));
    }
    Ok(regions)
}

/// Whether two sets of policies treat every request alike. For [levels](Permissions::of_level) the kind of a denial
/// counts, so that equivalent documents can take each other's place anywhere; for paths of accounts it does not.
///
/// # Errors
///
/// None that policies can cause; see [`CompareError`].
///
/// ```
/// use scproof_prover::{Permissions, equivalent};
/// let one = Permissions::of_level(&[r#"{"Version": "2012-10-17", "Statement": [
///   {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}, {"Effect": "Deny", "NotAction": "sts:*", "Resource": "*"}]}"#])?;
/// let merged = Permissions::of_level(&[r#"{"Version": "2012-10-17", "Statement":
///   {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}}"#])?;
/// assert!(!equivalent(&one, &merged)?.is_yes());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn equivalent(one: &Permissions, other: &Permissions) -> Result<Answer, CompareError> {
    let kinds = one.by_kind && other.by_kind;
    let regions = compare(one, other, &ComparisonOptions::default())?;
    Ok(answer(&regions, |transition| kinds || transition != Transition::OtherReason))
}

/// Whether everything that passes the first passes the second, too.
///
/// # Errors
///
/// None that policies can cause; see [`CompareError`].
pub fn implies(narrow: &Permissions, wide: &Permissions) -> Result<Answer, CompareError> {
    let regions = compare(narrow, wide, &ComparisonOptions::default())?;
    Ok(answer(&regions, |transition| transition == Transition::NewlyBlocked))
}

/// Whether nothing passes – `sts:GetCallerIdentity` aside, which no policy stops (EXM-15), and `sts:GetSessionToken`,
/// of which that is unsure (CALL-15).
///
/// # Errors
///
/// None that policies can cause; see [`CompareError`].
pub fn is_empty(permissions: &Permissions) -> Result<Answer, CompareError> {
    let mut blocked = permissions.clone();
    let target = permissions.account_id().to_owned();
    attach(&mut blocked.inventory, "p-nothing0000", NOTHING, &target);
    let mut regions = compare(permissions, &blocked, &ComparisonOptions::default())?;
    regions.retain(|region| region.why != [Why::Open(Undecided::Rule("CALL-15"))]);
    Ok(answer(&regions, |transition| transition == Transition::NewlyBlocked))
}

fn answer(regions: &[Arc<Region>], counts: impl Fn(Transition) -> bool) -> Answer {
    let is_shown = |region: &Region| region.transition() != Transition::Unknown && counts(region.transition());
    if let Some(found) = regions.iter().find(|region| is_shown(region)) {
        return Answer::No(Arc::clone(found));
    }
    let matters = |region: &Region| Transition::ALL.into_iter().any(|it| counts(it) && region.perhaps.may_be(it));
    let is_open = |region: &Region| region.transition() == Transition::Unknown && matters(region);
    let open: Vec<&Arc<Region>> = regions.iter().filter(|region| is_open(region)).collect();
    if open.is_empty() {
        return Answer::Yes;
    }
    let mut why: Vec<Why> = open.into_iter().flat_map(|region| region.why.iter().cloned()).collect();
    why.sort();
    why.dedup();
    if why.is_empty() {
        // An open region without a reason is still open.
        why.push(Why::Unconfirmed);
    }
    Answer::Unknown(why)
}

/// One path of an organization, as an organization of its own.
fn path_of(organization: &Organization, account_node: NodeId) -> Inventory {
    let mut inventory = Inventory::new(OrganizationRecord {
        id: organization.id().as_str().to_owned(),
        arn: organization.partition().map(|partition| {
            format!("arn:{partition}:organizations::111111111111:organization/{}", organization.id().as_str())
        }),
        feature_set: organization.feature_set().as_str().to_owned(),
        master_account_id: organization.management_account().map(|id| id.as_str().to_owned()),
        master_account_arn: None,
    });
    inventory.made_up = organization.made_up_ids().into_iter().map(str::to_owned).collect();
    let mut parent = String::new();
    for node_id in organization.inheritance_path(account_node) {
        let node = organization.node(node_id);
        let id = node.target.as_str().to_owned();
        match &node.target {
            Target::Root(_) => {
                inventory.roots.push(RootRecord {
                    id: id.clone(),
                    arn: None,
                    name: node.name.clone(),
                    policy_types: Some(vec![scproof_organization::PolicyTypeRecord {
                        policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
                        status: organization.scp_status().as_str().to_owned(),
                    }]),
                });
            }
            Target::Ou(_) => inventory.organizational_units.push(OuRecord {
                id: id.clone(),
                arn: None,
                name: node.name.clone(),
                parent_id: parent.clone(),
                path: None,
            }),
            Target::Account(_) => inventory.accounts.push(account(&id, &parent)),
        }
        if let Some(unreadable) = &node.unreadable {
            inventory.unreadable.push(UnreadableRecord {
                target_id: Some(id.clone()),
                policy_type: None,
                operation: "ListPoliciesForTarget".to_owned(),
                error: unreadable.error.clone(),
            });
        }
        for &index in &node.scps {
            let policy = organization.policy(index);
            let known = inventory.policies.iter().any(|known| known.id == policy.id.as_str());
            if !known {
                inventory.policies.push(record(policy.id.as_str(), policy.content.as_deref(), policy.name.clone()));
            }
            inventory
                .attachments
                .push(AttachmentRecord { target_id: id.clone(), policy_id: policy.id.as_str().to_owned() });
        }
        parent = id;
    }
    inventory
}

fn account(id: &str, parent: &str) -> AccountRecord {
    AccountRecord {
        id: id.to_owned(),
        arn: None,
        name: None,
        email: None,
        state: None,
        status: None,
        parent_id: parent.to_owned(),
        tags: Vec::new(),
        paths: Vec::new(),
    }
}

fn record(id: &str, content: Option<&str>, name: Option<String>) -> PolicyRecord {
    PolicyRecord {
        id: id.to_owned(),
        arn: None,
        name,
        description: None,
        policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
        aws_managed: Some(false),
        content: content.map(str::to_owned),
    }
}

fn attach(inventory: &mut Inventory, id: &str, content: &str, target: &str) {
    inventory.policies.push(record(id, Some(content), None));
    inventory.attachments.push(AttachmentRecord { target_id: target.to_owned(), policy_id: id.to_owned() });
}
