//! From ids as text to checked ids and places in the tree; finds every fault of an inventory.

mod references;
mod tree;

use rustc_hash::FxHashMap;
use scproof_policy_parser::{PolicyKind, PolicyPath};
use scproof_text::{Faults, LoadError, Message, shorten, wrong_format};

use crate::codes;
use crate::id::{AccountId, IdError, OrganizationId, OuId, PolicyId, RootId, Target};
use crate::inventory::{FORMAT, Inventory, RootRecord};
use crate::organization::{FeatureSet, PolicyTypeStatus};
use crate::policy_type;

/// How many faults get a "did you mean": each costs a comparison with every id.
pub(crate) const SUGGESTIONS: usize = 16;

/// The number of a record among roots, then units, then accounts, in the order of the snapshot.
pub(crate) type Place = u32;

/// What a failed call leaves unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnreadablePart {
    /// The attachments of one node (K3-13).
    AttachmentsOf(Place),
    /// The attachments of every node: any of them may have a policy more.
    AllAttachments,
    /// The text of one policy, by its record.
    Content(usize),
    /// Where a node is: its parent is a node above it, but perhaps not the next one, so units may be missing between.
    PlaceOf(Place),
    /// Something that no answer about a known account depends on, such as the accounts of a parent.
    Other,
}

/// An inventory without faults: each list is parallel to the snapshot's.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) id: OrganizationId,
    pub(crate) feature_set: FeatureSet,
    pub(crate) management_account: Option<AccountId>,
    pub(crate) scp_status: PolicyTypeStatus,
    /// By place.
    pub(crate) targets: Vec<Target>,
    /// By place; none for the root.
    pub(crate) parents: Vec<Option<Place>>,
    /// By record; none for a policy type that is ignored.
    pub(crate) policies: Vec<Option<(PolicyId, PolicyKind)>>,
    /// By record: place and policy record.
    pub(crate) attachments: Vec<(Place, usize)>,
    /// By record.
    pub(crate) unreadable: Vec<UnreadablePart>,
}

/// Checks everything.
///
/// Linear in the size of the inventory, apart from the first sixteen suggestions.
pub(crate) fn resolve(inventory: &Inventory) -> Result<Resolved, LoadError> {
    if let Some(fault) = wrong_format(&inventory.format, FORMAT, "snapshot") {
        return Err(LoadError::single(fault.at(path("Format"))));
    }
    let mut resolver = Resolver::new(inventory);
    let organization = resolver.organization();
    let scp_status = resolver.roots();
    resolver.units();
    resolver.accounts();
    let parents = resolver.parents();
    resolver.cycles(&parents);
    let policies = resolver.policies();
    let attachments = resolver.attachments();
    let unreadable = resolver.unreadable();

    let targets: Option<Vec<Target>> = resolver.targets.into_iter().collect();
    resolver.faults.into_result()?;
    // INVARIANT: a part that is missing here has a fault, so the line before has returned.
    match (organization, targets) {
        (Some((id, feature_set, management_account)), Some(targets)) => Ok(Resolved {
            id,
            feature_set,
            management_account,
            scp_status,
            targets,
            parents,
            policies,
            attachments,
            unreadable,
        }),
        _ => Err(LoadError::single(
            codes::INTERNAL
                .at(PolicyPath::default(), "a part of the snapshot has no meaning")
                .help("report this as a bug"),
        )),
    }
}

fn path(member: &str) -> PolicyPath {
    PolicyPath::default().key(member)
}

fn record(list: &str, index: usize) -> PolicyPath {
    path(list).index(index)
}

fn bad_id(at: PolicyPath, rule: &'static str, error: &IdError) -> Message {
    codes::BAD_ID.at(at, error.to_string()).rule(rule).item(error.found()).expected(error.expected())
}

#[expect(clippy::cast_possible_truncation, reason = "2^32 records would need more than 128 GB of text")]
fn place(count: usize) -> Place {
    count as Place
}

struct Resolver<'a> {
    inventory: &'a Inventory,
    faults: Faults,
    first_unit: Place,
    first_account: Place,
    /// Also has the ids that are malformed, so that one fault does not bring others.
    places: FxHashMap<&'a str, Place>,
    /// None where the id is malformed.
    targets: Vec<Option<Target>>,
    policy_records: FxHashMap<&'a str, usize>,
    suggestions: usize,
}

impl<'a> Resolver<'a> {
    fn new(inventory: &'a Inventory) -> Self {
        let containers = inventory.roots.len() + inventory.organizational_units.len();
        let nodes = containers + inventory.accounts.len();
        Self {
            inventory,
            first_unit: place(inventory.roots.len()),
            first_account: place(containers),
            faults: Faults::default(),
            places: FxHashMap::with_capacity_and_hasher(nodes, rustc_hash::FxBuildHasher),
            targets: Vec::with_capacity(nodes),
            policy_records: FxHashMap::default(),
            suggestions: SUGGESTIONS,
        }
    }

    fn organization(&mut self) -> Option<(OrganizationId, FeatureSet, Option<AccountId>)> {
        let organization = &self.inventory.organization;
        let at = path("Organization");
        let id = OrganizationId::parse(&organization.id)
            .map_err(|error| self.faults.push(bad_id(at.key("Id"), "ID-1", &error)))
            .ok();
        let feature_set = match organization.feature_set.as_str() {
            "ALL" => Some(FeatureSet::All),
            "CONSOLIDATED_BILLING" => Some(FeatureSet::ConsolidatedBilling),
            other => {
                let message = format!("`{}` is not a feature set", shorten(other));
                self.faults.push(
                    codes::UNKNOWN_FEATURE_SET
                        .at(at.key("FeatureSet"), message)
                        .rule("EXM-1")
                        .expected("`ALL` or `CONSOLIDATED_BILLING`"),
                );
                None
            }
        };
        Some((id?, feature_set?, self.management_account()))
    }

    fn management_account(&mut self) -> Option<AccountId> {
        let organization = &self.inventory.organization;
        let at = path("Organization");
        let own = organization.master_account_id.as_deref().and_then(|text| {
            AccountId::parse(text)
                .map_err(|error| self.faults.push(bad_id(at.key("MasterAccountId"), "ID-4", &error)))
                .ok()
        });
        let from_arn = organization.master_account_arn.as_deref().and_then(|arn| {
            let id = arn.rsplit('/').next().and_then(|id| AccountId::parse(id).ok());
            if id.is_none() {
                let message = format!("`{}` does not end in an account id", shorten(arn));
                self.faults.push(
                    codes::BAD_ARN
                        .at(at.key("MasterAccountArn"), message)
                        .rule("API-29")
                        .expected("`arn:PARTITION:organizations::ACCOUNT:account/ORGANIZATION/ACCOUNT`"),
                );
            }
            id
        });
        if let (Some(own), Some(from_arn)) = (own, from_arn)
            && own != from_arn
        {
            let message = format!("the management account is `{own}` by its id, but `{from_arn}` by its ARN");
            self.faults.push(codes::MANAGEMENT_ACCOUNT_DIFFERS.at(at.key("MasterAccountArn"), message).rule("API-29"));
        }
        own.or(from_arn)
    }

    fn roots(&mut self) -> PolicyTypeStatus {
        for (index, root) in self.inventory.roots.iter().enumerate() {
            self.declare(&root.id, RootId::parse(&root.id).map(Target::Root), "ID-2", None);
            if index > 0 {
                let message = format!("`{}` is a second root", shorten(&root.id));
                self.faults.push(
                    codes::SEVERAL_ROOTS
                        .at(record("Roots", index).key("Id"), message)
                        .rule("LIM-6")
                        .item(shorten(&root.id))
                        .expected("exactly one root"),
                );
            }
        }
        let Some(root) = self.inventory.roots.first() else {
            self.faults.push(
                codes::NO_ROOT
                    .at(path("Roots"), "the snapshot has no root")
                    .rule("LIM-6")
                    .expected("exactly one root")
                    .help("add what `aws organizations list-roots` returns"),
            );
            return PolicyTypeStatus::Disabled;
        };
        self.scp_status(root)
    }

    fn scp_status(&mut self, root: &RootRecord) -> PolicyTypeStatus {
        let Some(types) = &root.policy_types else { return PolicyTypeStatus::Enabled };
        let mut found: Option<PolicyTypeStatus> = None;
        for (index, entry) in types.iter().enumerate() {
            let at = record("Roots", 0).key("PolicyTypes").index(index);
            if entry.policy_type != PolicyKind::ServiceControl.as_str() {
                // AWS's own list, in which new types come up; but a misspelt one would switch SCPs off.
                if let Some(fault) = policy_type::misspelt(&entry.policy_type, at.key("Type")) {
                    self.faults.push(fault);
                }
                continue;
            }
            let at = at.key("Status");
            let status = match entry.status.as_str() {
                "ENABLED" => PolicyTypeStatus::Enabled,
                "PENDING_ENABLE" => PolicyTypeStatus::PendingEnable,
                "PENDING_DISABLE" => PolicyTypeStatus::PendingDisable,
                "DISABLED" => PolicyTypeStatus::Disabled,
                other => {
                    self.faults.push(
                        codes::UNKNOWN_POLICY_TYPE_STATUS
                            .at(at, format!("`{}` is not a policy type status", shorten(other)))
                            .rule("API-28")
                            .expected("`ENABLED`, `PENDING_ENABLE` or `PENDING_DISABLE`"),
                    );
                    continue;
                }
            };
            if found.is_some_and(|earlier| earlier != status) {
                self.faults.push(
                    codes::POLICY_TYPE_STATUS_DIFFERS
                        .at(at, "service control policies are listed with two statuses")
                        .rule("EXM-2"),
                );
            }
            found = Some(status);
        }
        found.unwrap_or(PolicyTypeStatus::Disabled)
    }

    fn units(&mut self) {
        for unit in &self.inventory.organizational_units {
            self.declare(&unit.id, OuId::parse(&unit.id).map(Target::Ou), "ID-3", Some(&unit.parent_id));
        }
    }

    fn accounts(&mut self) {
        for account in &self.inventory.accounts {
            self.declare(
                &account.id,
                AccountId::parse(&account.id).map(Target::Account),
                "ID-4",
                Some(&account.parent_id),
            );
        }
    }

    fn next_place(&self) -> Place {
        place(self.targets.len())
    }

    /// Enters a record's id; a malformed one is entered too, so that what refers to it is not called dangling.
    fn declare(&mut self, id: &'a str, target: Result<Target, IdError>, rule: &'static str, parent: Option<&str>) {
        let place = self.next_place();
        if let Err(error) = &target {
            self.faults.push(bad_id(self.place_path(place).key("Id"), rule, error));
        }
        self.targets.push(target.ok());
        let earlier = *self.places.entry(id).or_insert(place);
        if earlier != place {
            let at = self.place_path(place);
            self.double(id, earlier, &at, parent);
        }
    }

    fn double(&mut self, id: &str, earlier: Place, at: &PolicyPath, parent: Option<&str>) {
        let first_parent = self.parent_text(earlier);
        let (first_at, id) = (self.place_path(earlier), shorten(id));
        let fault = match (parent, first_parent) {
            (Some(second), Some(first)) if first != second => {
                let message = format!(
                    "`{id}` has a second parent: `{}` here, `{}` at {first_at}",
                    shorten(second),
                    shorten(first)
                );
                codes::SECOND_PARENT.at(at.key("ParentId"), message).rule("API-41").help(
                    "keep the entry that is right; if the item moved while the snapshot was taken, take a new one",
                )
            }
            _ => codes::DUPLICATE_ID
                .at(at.key("Id"), format!("`{id}` is listed twice, first at {first_at}"))
                .rule("API-33")
                .help("remove one of the two entries"),
        };
        self.faults.push(fault.item(id));
    }

    /// The list and position of a place.
    fn place_path(&self, place: Place) -> PolicyPath {
        if place < self.first_unit {
            record("Roots", place as usize)
        } else if place < self.first_account {
            record("OrganizationalUnits", (place - self.first_unit) as usize)
        } else {
            record("Accounts", (place - self.first_account) as usize)
        }
    }

    fn parent_text(&self, place: Place) -> Option<&'a str> {
        if place < self.first_account {
            let unit = place.checked_sub(self.first_unit)?;
            self.inventory.organizational_units.get(unit as usize).map(|unit| unit.parent_id.as_str())
        } else {
            self.inventory.accounts.get((place - self.first_account) as usize).map(|account| account.parent_id.as_str())
        }
    }

    /// The id of a unit or account, for messages.
    fn item(&self, place: Place) -> String {
        let id = if place < self.first_account {
            let unit = place.saturating_sub(self.first_unit) as usize;
            self.inventory.organizational_units.get(unit).map(|unit| unit.id.as_str())
        } else {
            self.inventory.accounts.get((place - self.first_account) as usize).map(|account| account.id.as_str())
        };
        shorten(id.unwrap_or_default())
    }

    /// One entry a record; none for ignored types (and for faulty records, which keep the inventory from being used).
    fn policies(&mut self) -> Vec<Option<(PolicyId, PolicyKind)>> {
        let mut resolved = Vec::with_capacity(self.inventory.policies.len());
        for (index, policy) in self.inventory.policies.iter().enumerate() {
            if let Some(earlier) = self.policy_records.insert(&policy.id, index) {
                self.policy_records.insert(&policy.id, earlier);
                let id = shorten(&policy.id);
                let message = format!("`{id}` is listed twice, first at {}", record("Policies", earlier));
                self.faults.push(
                    codes::DUPLICATE_ID
                        .at(record("Policies", index).key("Id"), message)
                        .rule("API-33")
                        .item(id)
                        .help("remove one of the two entries"),
                );
            }
            let kind = [PolicyKind::ServiceControl, PolicyKind::ResourceControl]
                .into_iter()
                .find(|kind| kind.as_str() == policy.policy_type);
            if let Some(fault) = policy_type::fault(&policy.policy_type, record("Policies", index).key("Type")) {
                self.faults.push(fault.item(shorten(&policy.id)));
            }
            resolved.push(match (PolicyId::parse(&policy.id), kind) {
                (Ok(id), kind) => kind.map(|kind| (id, kind)),
                (Err(error), _) => {
                    self.faults.push(bad_id(record("Policies", index).key("Id"), "ID-5", &error));
                    None
                }
            });
        }
        resolved
    }
}
