//! What differs between two organizations, for whom: exact over all requests.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use scproof_evaluator::symbolic::{CompiledViews, View};
use scproof_evaluator::{EvaluationOptions, Explanation, RequestError};
use scproof_organization::{AccountId, NodeId, Organization};
use scproof_prover::{ComparisonOptions, Region, Transition, Witness, difference};

/// How to compare.
#[derive(Debug, Clone, Default)]
pub struct ImpactOptions {
    /// How rules that are not certain are read.
    pub evaluation: EvaluationOptions,
    /// Bounds, and the actions to look at.
    pub comparison: ComparisonOptions,
    /// The accounts to look at; all if none is given.
    pub accounts: Option<Vec<AccountId>>,
}

/// An account as reports name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountRef {
    /// The account id.
    pub id: String,
    /// Its name, if the snapshot has it.
    pub name: Option<String>,
    /// The names of the nodes above it, such as `Root/Workloads/Prod`, after the change; before it for an account that
    /// is gone.
    pub path: String,
}

/// A region of requests whose verdict changes, with every cause that its witness meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionReport {
    /// The region.
    pub region: Arc<Region>,
    /// The answer to the witness before, with its causes.
    pub before: Option<Explanation>,
    /// The answer to the witness after, with its causes.
    pub after: Option<Explanation>,
}

/// Accounts with the same before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImpactGroup {
    /// The accounts, in the order of the snapshot.
    pub accounts: Vec<AccountRef>,
    /// What changes for each of them, the gravest first.
    pub regions: Vec<Arc<RegionReport>>,
}

/// What differs between two organizations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Impact {
    /// The accounts for which something changes, or may change.
    pub changed: Vec<ImpactGroup>,
    /// The accounts for which it is proved that nothing changes.
    pub unchanged: Vec<AccountRef>,
    /// The management account, if it is among the accounts: SCPs never restrict it (EXM-4, PRE-4).
    pub management: Option<AccountRef>,
    /// Accounts that only the second organization has.
    pub added: Vec<AccountRef>,
    /// Accounts that only the first organization has.
    pub removed: Vec<AccountRef>,
    /// Services whose names beyond the catalog are so many-sided that nothing is said of them.
    pub uncut_services: Vec<String>,
}

impl Impact {
    /// The accounts of each group with a transition, and the regions of this transition.
    pub fn with(&self, transition: Transition) -> impl Iterator<Item = (&[AccountRef], Vec<&RegionReport>)> {
        self.changed.iter().filter_map(move |group| {
            let regions: Vec<&RegionReport> = group
                .regions
                .iter()
                .map(AsRef::as_ref)
                .filter(|report| report.region.transition() == transition)
                .collect();
            (!regions.is_empty()).then_some((&group.accounts[..], regions))
        })
    }

    /// In how many accounts something changes in this way.
    pub fn account_count(&self, transition: Transition) -> usize {
        self.with(transition).map(|(accounts, _)| accounts.len()).sum()
    }

    /// Whether it is proved that no request of any account comes out differently.
    pub fn is_none(&self) -> bool {
        self.changed.is_empty() && self.uncut_services.is_empty()
    }
}

/// What differs between two organizations for every account that both have; see [`impact_with`].
///
/// # Errors
///
/// None that organizations can cause; see [`impact_with`].
///
/// ```
/// use scproof_organization::Organization;
/// use scproof_simulator::impact;
/// let organization = Organization::load("../../fixtures/organizations/example.json")?;
/// assert!(impact(&organization, &organization)?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn impact(before: &Organization, after: &Organization) -> Result<Impact, RequestError> {
    impact_with(Arc::new(before.clone()), Arc::new(after.clone()), &ImpactOptions::default())
}

/// What differs between two organizations, exact over all requests: every action, known to the catalog or not, every
/// resource, every context, every caller that SCPs govern. Keys that follow from account and caller have the values
/// that follow.
///
/// Accounts with the same before and after are one group. Takes time in proportion to the distinct documents, paths and
/// formulas, not to accounts × actions.
///
/// # Errors
///
/// None that organizations can cause: the questions that a comparison asks are well-formed.
pub fn impact_with(
    before: Arc<Organization>,
    after: Arc<Organization>,
    options: &ImpactOptions,
) -> Result<Impact, RequestError> {
    compare_views(&CompiledViews::two(before, after, options.evaluation), options)
}

/// What differs between two organizations that were compiled together; see [`impact_with`].
pub(crate) fn compare_views(views: &CompiledViews, options: &ImpactOptions) -> Result<Impact, RequestError> {
    let (before, after) = (views.view(View::BEFORE).organization(), views.view(View::AFTER).organization());
    let mut impact = Impact::default();
    let mut accounts: Vec<[NodeId; 2]> = Vec::new();
    let chosen: Option<BTreeSet<AccountId>> = options.accounts.as_ref().map(|ids| ids.iter().copied().collect());
    let wanted = |organization: &Organization, node: NodeId| {
        let id = organization.node(node).target.account();
        chosen.as_ref().is_none_or(|chosen| id.is_some_and(|id| chosen.contains(&id)))
    };
    for node in before.accounts().filter(|node| wanted(before, *node)) {
        let target = &before.node(node).target;
        let Some(there) = after.find_node(target) else {
            impact.removed.push(account_ref(before, node));
            continue;
        };
        let id = target.account();
        if id.is_some() && id == before.management_account() && id == after.management_account() {
            impact.management = Some(account_ref(after, there));
            continue;
        }
        accounts.push([node, there]);
    }
    let added = after.accounts().filter(|node| wanted(after, *node));
    let added = added.filter(|node| before.find_node(&after.node(*node).target).is_none());
    impact.added = added.map(|node| account_ref(after, node)).collect();

    let found = difference(views, &accounts, &options.comparison);
    // Groups share regions; each is explained once.
    let mut reports: FxHashMap<*const Region, Arc<RegionReport>> = FxHashMap::default();
    let mut explained: FxHashMap<String, Explained> = FxHashMap::default();
    impact.uncut_services = found.uncut_services;
    for group in found.groups {
        let members = group.accounts.iter().filter_map(|index| accounts.get(*index));
        let members: Vec<AccountRef> = members.map(|[_, node]| account_ref(after, *node)).collect();
        if group.regions.is_empty() {
            impact.unchanged.extend(members);
        } else {
            let mut regions = Vec::with_capacity(group.regions.len());
            for region in group.regions {
                let place = Arc::as_ptr(&region);
                let report = if let Some(report) = reports.get(&place) {
                    Arc::clone(report)
                } else {
                    let (before, after) = explain(views, &region, &mut explained)?;
                    Arc::new(RegionReport { region, before, after })
                };
                reports.insert(place, Arc::clone(&report));
                regions.push(report);
            }
            impact.changed.push(ImpactGroup { accounts: members, regions });
        }
    }
    Ok(impact)
}

/// The answers to a witness before and after.
type Explained = (Option<Explanation>, Option<Explanation>);

/// Explains a region's witness; regions that differ only in their actions share one.
fn explain(
    views: &CompiledViews,
    region: &Region,
    known: &mut FxHashMap<String, Explained>,
) -> Result<Explained, RequestError> {
    let Some(Witness { request, .. }) = &region.witness else { return Ok((None, None)) };
    let key = format!("{request:?}");
    if let Some(found) = known.get(&key) {
        return Ok(found.clone());
    }
    let explanation = |view: View| -> Result<Option<Explanation>, RequestError> {
        let compiled = views.view(view);
        Ok(Some(compiled.explain(&compiled.prepare(request)?)))
    };
    let found = (explanation(View::BEFORE)?, explanation(View::AFTER)?);
    known.insert(key, found.clone());
    Ok(found)
}

pub(crate) fn account_ref(organization: &Organization, node: NodeId) -> AccountRef {
    let found = organization.node(node);
    let path = found.parent.map_or_else(String::new, |parent| organization.ou_path(parent));
    AccountRef { id: found.target.as_str().to_owned(), name: found.name.clone(), path }
}
