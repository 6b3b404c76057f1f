//! From ids as text to checked ids and places in the tree; finds every fault of an inventory.

use rustc_hash::FxHashMap;
use scproof_policy_parser::{PolicyKind, PolicyPath};

use crate::fault::{Fault, Faults, LoadError};
use crate::id::{AccountId, IdError, OrganizationId, OuId, PolicyId, RootId, Target};
use crate::inventory::{FORMAT, Inventory, RootRecord};
use crate::organization::{FeatureSet, PolicyTypeStatus};

/// Deepest nesting of units that is read. AWS allows five levels (LIM-6); more only warns, but a chain of thousands would make
/// every path thousands long.
const DEEPEST: u32 = 100;

/// How many faults get a "did you mean": each costs a comparison with every id.
const SUGGESTIONS: usize = 16;

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
    let mut resolver = Resolver::new(inventory);
    resolver.format();
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
    let policies: Option<Vec<_>> = policies.into_iter().collect();
    resolver.faults.into_result()?;
    // INVARIANT: a part that is missing here has a fault, so the line before has returned.
    match (organization, targets, policies) {
        (Some((id, feature_set, management_account)), Some(targets), Some(policies)) => Ok(Resolved {
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
            Fault::new("internal", path(""), "a part of the snapshot has no meaning").help("report this as a bug"),
        )),
    }
}

fn path(member: &str) -> PolicyPath {
    if member.is_empty() { PolicyPath::default() } else { PolicyPath::default().key(member) }
}

fn record(list: &str, index: usize) -> PolicyPath {
    path(list).index(index)
}

fn bad_id(at: PolicyPath, rule: &'static str, error: &IdError) -> Fault {
    Fault::new("bad-id", at, error.to_string()).rule(rule).item(error.found()).expected(error.expected())
}

struct Resolver<'a> {
    inventory: &'a Inventory,
    faults: Faults,
    /// Also has the ids that are malformed, so that one fault does not bring others.
    places: FxHashMap<&'a str, Place>,
    /// None where the id is malformed.
    targets: Vec<Option<Target>>,
    policy_records: FxHashMap<&'a str, usize>,
    suggestions: usize,
}

impl<'a> Resolver<'a> {
    fn new(inventory: &'a Inventory) -> Self {
        let nodes = inventory.roots.len() + inventory.organizational_units.len() + inventory.accounts.len();
        Self {
            inventory,
            faults: Faults::default(),
            places: FxHashMap::with_capacity_and_hasher(nodes, rustc_hash::FxBuildHasher),
            targets: Vec::with_capacity(nodes),
            policy_records: FxHashMap::default(),
            suggestions: SUGGESTIONS,
        }
    }

    fn format(&mut self) {
        let found = &self.inventory.format;
        if found == FORMAT {
            return;
        }
        let newer = found
            .strip_prefix("scproof-inventory/")
            .and_then(|version| version.parse::<u32>().ok())
            .is_some_and(|version| version > 1);
        let fault = if newer {
            Fault::new("newer-format", path("Format"), format!("the snapshot has the newer format `{found}`"))
                .help("update scproof, or take the snapshot with this version")
        } else {
            Fault::new("unknown-format", path("Format"), format!("`{found}` is not a known snapshot format"))
        };
        self.faults.push(fault.expected(format!("`{FORMAT}`")));
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
                let message = format!("`{other}` is not a feature set");
                self.faults.push(
                    Fault::new("unknown-feature-set", at.key("FeatureSet"), message)
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
                    Fault::new("bad-arn", at.key("MasterAccountArn"), message)
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
            self.faults
                .push(Fault::new("management-account-differs", at.key("MasterAccountArn"), message).rule("API-29"));
        }
        own.or(from_arn)
    }

    fn roots(&mut self) -> PolicyTypeStatus {
        for (index, root) in self.inventory.roots.iter().enumerate() {
            let at = record("Roots", index);
            let id = RootId::parse(&root.id);
            self.declare(&root.id, id.map(Target::Root), "ID-2", &at, None);
            if index > 0 {
                let message = format!("`{}` is a second root", shorten(&root.id));
                self.faults.push(
                    Fault::new("several-roots", at.key("Id"), message)
                        .rule("LIM-6")
                        .item(shorten(&root.id))
                        .expected("exactly one root"),
                );
            }
        }
        let Some(root) = self.inventory.roots.first() else {
            self.faults.push(
                Fault::new("no-root", path("Roots"), "the snapshot has no root")
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
            if entry.policy_type != PolicyKind::ServiceControl.as_str() {
                continue;
            }
            let at = record("Roots", 0).key("PolicyTypes").index(index).key("Status");
            let status = match entry.status.as_str() {
                "ENABLED" => PolicyTypeStatus::Enabled,
                "PENDING_ENABLE" => PolicyTypeStatus::PendingEnable,
                "PENDING_DISABLE" => PolicyTypeStatus::PendingDisable,
                "DISABLED" => PolicyTypeStatus::Disabled,
                other => {
                    self.faults.push(
                        Fault::new(
                            "unknown-policy-type-status",
                            at,
                            format!("`{}` is not a policy type status", shorten(other)),
                        )
                        .rule("API-28")
                        .expected("`ENABLED`, `PENDING_ENABLE` or `PENDING_DISABLE`"),
                    );
                    continue;
                }
            };
            if found.is_some_and(|earlier| earlier != status) {
                self.faults.push(
                    Fault::new(
                        "policy-type-status-differs",
                        at,
                        "service control policies are listed with two statuses",
                    )
                    .rule("EXM-2"),
                );
            }
            found = Some(status);
        }
        found.unwrap_or(PolicyTypeStatus::Disabled)
    }

    fn units(&mut self) {
        for (index, unit) in self.inventory.organizational_units.iter().enumerate() {
            let at = record("OrganizationalUnits", index);
            let id = OuId::parse(&unit.id);
            self.declare(&unit.id, id.map(Target::Ou), "ID-3", &at, Some(&unit.parent_id));
        }
    }

    fn accounts(&mut self) {
        for (index, account) in self.inventory.accounts.iter().enumerate() {
            let id = AccountId::parse(&account.id);
            // PERF: the route is only built on a fault; there are fifty thousand accounts.
            let place = self.next_place();
            match id {
                Ok(id) => {
                    self.targets.push(Some(Target::Account(id)));
                    if let Some(earlier) = self.places.insert(&account.id, place) {
                        self.places.insert(&account.id, earlier);
                        self.double(&account.id, earlier, &record("Accounts", index), Some(&account.parent_id));
                    }
                }
                Err(error) => {
                    self.declare(&account.id, Err(error), "ID-4", &record("Accounts", index), Some(&account.parent_id));
                }
            }
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a snapshot with 2^32 records would need more than 128 GB of text"
    )]
    fn next_place(&self) -> Place {
        self.targets.len() as Place
    }

    /// Enters a record's id; a malformed one is entered too, so that what refers to it is not called dangling.
    fn declare(
        &mut self,
        id: &'a str,
        target: Result<Target, IdError>,
        rule: &'static str,
        at: &PolicyPath,
        parent: Option<&str>,
    ) {
        if let Err(error) = &target {
            self.faults.push(bad_id(at.key("Id"), rule, error));
        }
        let place = self.next_place();
        self.targets.push(target.ok());
        let earlier = *self.places.entry(id).or_insert(place);
        if earlier != place {
            self.double(id, earlier, at, parent);
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
                Fault::new("second-parent", at.key("ParentId"), message).rule("API-41").help(
                    "keep the entry that is right; if the item moved while the snapshot was taken, take a new one",
                )
            }
            _ => Fault::new("duplicate-id", at.key("Id"), format!("`{id}` is listed twice, first at {first_at}"))
                .rule("API-33")
                .help("remove one of the two entries"),
        };
        self.faults.push(fault.item(id));
    }

    /// The list and position of a place.
    fn place_path(&self, place: Place) -> PolicyPath {
        let (roots, units) = (self.inventory.roots.len(), self.inventory.organizational_units.len());
        let place = place as usize;
        if place < roots {
            record("Roots", place)
        } else if place < roots + units {
            record("OrganizationalUnits", place - roots)
        } else {
            record("Accounts", place - roots - units)
        }
    }

    fn parent_text(&self, place: Place) -> Option<&'a str> {
        let (roots, units) = (self.inventory.roots.len(), self.inventory.organizational_units.len());
        let below_roots = (place as usize).checked_sub(roots)?;
        match self.inventory.organizational_units.get(below_roots) {
            Some(unit) => Some(&unit.parent_id),
            None => {
                self.inventory.accounts.get(below_roots.checked_sub(units)?).map(|account| account.parent_id.as_str())
            }
        }
    }

    fn parents(&mut self) -> Vec<Option<Place>> {
        let first_account = self.inventory.roots.len() + self.inventory.organizational_units.len();
        let parents: Vec<Option<&'a str>> = (0..self.next_place()).map(|place| self.parent_text(place)).collect();
        let mut resolved = Vec::with_capacity(parents.len());
        for (place, parent) in (0..).zip(parents) {
            let found = parent.and_then(|parent| self.places.get(parent).copied());
            match (parent, found) {
                (Some(parent), Some(found)) if found as usize >= first_account => {
                    let message = format!("the parent `{}` is an account", shorten(parent));
                    let at = self.place_path(place).key("ParentId");
                    let item = self.item(place);
                    self.faults.push(
                        Fault::new("parent-is-account", at, message)
                            .rule("EVAL-2")
                            .item(item)
                            .expected("the id of the root or of an organizational unit"),
                    );
                }
                (Some(parent), None) => {
                    let at = self.place_path(place).key("ParentId");
                    let item = self.item(place);
                    let fault = self.dangling("unknown-parent", at, parent, "parent");
                    self.faults.push(fault.item(item));
                }
                (Some(_), Some(_)) | (None, _) => {}
            }
            resolved.push(found);
        }
        resolved
    }

    fn item(&self, place: Place) -> String {
        let units = self.inventory.organizational_units.as_slice();
        let below_roots = (place as usize).saturating_sub(self.inventory.roots.len());
        let id = units.get(below_roots).map(|unit| unit.id.as_str()).or_else(|| {
            self.inventory.accounts.get(below_roots.saturating_sub(units.len())).map(|account| account.id.as_str())
        });
        shorten(id.unwrap_or_default())
    }

    /// A reference to a target that is not there.
    fn dangling(&mut self, code: &'static str, at: PolicyPath, text: &str, what: &str) -> Fault {
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
                let fault = Fault::new(code, at, message).rule("API-41");
                with_near(fault, near, "add the missing item, or correct the id")
            }
            Err(_) => Fault::new(code, at, format!("the {what} `{shown}` is not in the snapshot"))
                .rule("ID-6")
                .expected(if what == "parent" {
                    "the id of the root or of an organizational unit"
                } else {
                    "the id of a root, an organizational unit or an account"
                })
                .help("refer to items by id, not by name"),
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
        near_texts(text, ids, 2)
    }

    /// Finds cycles of units and chains that are too deep; iterative, each unit is walked once.
    fn cycles(&mut self, parents: &[Option<Place>]) {
        const UNSEEN: u32 = u32::MAX;
        const ON_WALK: u32 = u32::MAX - 1;
        let first_unit = self.inventory.roots.len();
        let first_account = first_unit + self.inventory.organizational_units.len();
        let is_unit = |place: Place| (first_unit..first_account).contains(&(place as usize));
        let mut depths = vec![UNSEEN; first_account];
        let mut walk = Vec::new();
        for start in (0..).zip(parents).map(|(place, _)| place).take(first_account).skip(first_unit) {
            let mut at = start;
            // Up to the first place that is no unit or has been settled; `base` is its depth.
            let base = loop {
                match depths.get_mut(at as usize) {
                    Some(depth) if is_unit(at) => match *depth {
                        UNSEEN => {
                            *depth = ON_WALK;
                            walk.push(at);
                        }
                        ON_WALK => {
                            self.cycle(&walk, at);
                            break 0;
                        }
                        settled => break settled,
                    },
                    Some(_) | None => break 0,
                }
                match parents.get(at as usize).copied().flatten() {
                    Some(parent) => at = parent,
                    None => break 0,
                }
            };
            let mut depth = base;
            while let Some(place) = walk.pop() {
                depth = (depth + 1).min(DEEPEST + 2);
                if let Some(slot) = depths.get_mut(place as usize) {
                    *slot = depth;
                }
                if depth == DEEPEST + 1 {
                    let message = format!("`{}` is nested deeper than {DEEPEST} levels", self.item(place));
                    let fault = Fault::new("nested-too-deep", self.place_path(place).key("ParentId"), message)
                        .rule("LIM-6")
                        .item(self.item(place))
                        .expected("at most 5 levels of units below the root, as AWS allows");
                    self.faults.push(fault);
                }
            }
        }
    }

    fn cycle(&mut self, walk: &[Place], entry: Place) {
        let cycle = walk.iter().skip_while(|&&place| place != entry);
        let mut names: Vec<String> = cycle.take(8).map(|&place| format!("`{}`", self.item(place))).collect();
        let length = walk.iter().skip_while(|&&place| place != entry).count();
        if length > names.len() {
            names.push(format!("{} more", length - names.len()));
        }
        names.push(format!("`{}`", self.item(entry)));
        let message = format!("the units are each other's parents: {}", names.join(" in "));
        let at = self.place_path(entry).key("ParentId");
        let item = self.item(entry);
        self.faults
            .push(Fault::new("parent-cycle", at, message).rule("EVAL-2").item(item).expected("a way up to the root"));
    }

    /// One entry a record; `None` inside for ignored types, outside for a faulty record.
    fn policies(&mut self) -> Vec<Option<Option<(PolicyId, PolicyKind)>>> {
        let mut resolved = Vec::with_capacity(self.inventory.policies.len());
        for (index, policy) in self.inventory.policies.iter().enumerate() {
            if let Some(earlier) = self.policy_records.insert(&policy.id, index) {
                self.policy_records.insert(&policy.id, earlier);
                let id = shorten(&policy.id);
                let message = format!("`{id}` is listed twice, first at {}", record("Policies", earlier));
                self.faults.push(
                    Fault::new("duplicate-id", record("Policies", index).key("Id"), message)
                        .rule("API-33")
                        .item(id)
                        .help("remove one of the two entries"),
                );
            }
            let kind = [PolicyKind::ServiceControl, PolicyKind::ResourceControl]
                .into_iter()
                .find(|kind| kind.as_str() == policy.policy_type);
            resolved.push(match (PolicyId::parse(&policy.id), kind) {
                (Ok(id), kind) => Some(kind.map(|kind| (id, kind))),
                (Err(error), _) => {
                    self.faults.push(bad_id(record("Policies", index).key("Id"), "ID-5", &error));
                    None
                }
            });
        }
        resolved
    }

    fn attachments(&mut self) -> Vec<(Place, usize)> {
        let mut resolved = Vec::with_capacity(self.inventory.attachments.len());
        for (index, attachment) in self.inventory.attachments.iter().enumerate() {
            let place = self.places.get(attachment.target_id.as_str()).copied();
            let policy = self.policy_records.get(attachment.policy_id.as_str()).copied();
            if place.is_none() {
                let at = record("Attachments", index).key("TargetId");
                let fault = self.dangling("unknown-target", at, &attachment.target_id, "target");
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

    fn dangling_policy(&mut self, at: PolicyPath, text: &str) -> Fault {
        let shown = shorten(text);
        match PolicyId::parse(text) {
            Ok(_) => {
                let ids = self.inventory.policies.iter().map(|policy| policy.id.as_str());
                let near = self.near(text, ids);
                let fault = Fault::new("unknown-policy", at, format!("the policy `{shown}` is not in the snapshot"))
                    .rule("API-41")
                    .item(shown);
                with_near(fault, near, "add the policy to `Policies`, or correct the id")
            }
            Err(error) => Fault::new("unknown-policy", at, format!("the policy `{shown}` is not in the snapshot"))
                .rule("ID-5")
                .item(shown)
                .expected(format!("a policy id: {}", error.expected()))
                .help("refer to policies by id, not by name"),
        }
    }

    fn unreadable(&mut self) -> Vec<UnreadablePart> {
        let mut resolved = Vec::with_capacity(self.inventory.unreadable.len());
        for (index, entry) in self.inventory.unreadable.iter().enumerate() {
            let at = record("Unreadable", index);
            let id = entry.target_id.as_deref();
            let part = match (entry.operation.as_str(), id) {
                ("ListPoliciesForTarget", Some(id)) => {
                    self.unreadable_target(&at, id).map(UnreadablePart::AttachmentsOf)
                }
                ("ListAccountsForParent" | "ListOrganizationalUnitsForParent" | "ListChildren", Some(id)) => {
                    self.unreadable_target(&at, id).map(|_| UnreadablePart::Other)
                }
                ("ListTargetsForPolicy", Some(id)) => {
                    self.unreadable_policy(&at, id).map(|_| UnreadablePart::AllAttachments)
                }
                ("DescribePolicy", Some(id)) => self.unreadable_policy(&at, id).map(UnreadablePart::Content),
                ("ListPolicies", _) => Some(UnreadablePart::AllAttachments),
                (
                    "ListAccounts"
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
                        Fault::new("unreadable-without-target", at, message)
                            .rule("API-42")
                            .expected("the id in a member `TargetId`"),
                    );
                    None
                }
                (other, _) => {
                    // Not ignored: a misspelt call would turn "unknown" into "empty".
                    let shown = shorten(other);
                    let near = self.near(other, OPERATIONS.into_iter());
                    let fault = Fault::new(
                        "unknown-operation",
                        at.key("Operation"),
                        format!("`{shown}` is not a call that a snapshot is made of"),
                    )
                    .rule("API-42")
                    .item(shown);
                    self.faults.push(with_near(fault, near, "use the name of a read operation of AWS Organizations"));
                    None
                }
            };
            resolved.extend(part);
        }
        resolved
    }

    fn unreadable_target(&mut self, at: &PolicyPath, id: &str) -> Option<Place> {
        let place = self.places.get(id).copied();
        if place.is_none() {
            let fault = self.dangling("unknown-target", at.key("TargetId"), id, "target");
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
}

/// The read operations that a snapshot is made of (API-12 to API-22).
const OPERATIONS: [&str; 14] = [
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
    "DescribeAccount",
];

fn with_near(fault: Fault, near: Vec<String>, otherwise: &str) -> Fault {
    match near.as_slice() {
        [] => fault.help(otherwise),
        near => {
            let names: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
            fault.help(format!("did you mean {}?", names.join(" or ")))
        }
    }
}

/// The texts within a distance, nearest first, at most three.
pub(crate) fn near_texts<'t>(text: &str, candidates: impl Iterator<Item = &'t str>, distance: usize) -> Vec<String> {
    let length = text.chars().count();
    if length > 128 {
        return Vec::new();
    }
    let mut near: Vec<(usize, &str)> = candidates
        .filter(|candidate| candidate.len() <= 512 && candidate.chars().count().abs_diff(length) <= distance)
        .map(|candidate| (strsim::osa_distance(text, candidate), candidate))
        .filter(|&(found, _)| found <= distance)
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// A text for a message, cut if absurdly long.
pub(crate) fn shorten(text: &str) -> String {
    const SHOWN: usize = 140;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
