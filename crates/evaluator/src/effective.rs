//! What an account can do at most: every action, known or not, in a handful of groups (H.4, K3-18).

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use scproof_catalog::{ActionId, is_checked_elsewhere, single_endpoint_region, single_endpoint_services};
use scproof_organization::NodeId;

use crate::action::CellId;
use crate::applicability::{SESSION_TOKEN_ACTION, UNDENIABLE_ACTION};
use crate::chain::Applicability;
use crate::compile::CompiledOrganization;
use crate::decision::{Decision, Explanation, Reason, StatementRef, Undecided};
use crate::predicate::Predicate;
use crate::prepare::{ActionCell, Query};
use crate::request::{Context, Request};
use crate::request_error::{RequestError, parse_action};
use crate::shape::{AskedOfCell, Shape, Shapes};

/// Who is asked about: an account, and what is known of every call it makes.
///
/// The resource is always unknown, and so is every key that is not given or derived.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller {
    /// The account: its id, or its name if unique.
    pub account: String,
    /// The caller, as in [`Request::principal`](crate::Request::principal).
    pub principal: Option<String>,
    /// What is known of the context of every call.
    pub context: Context,
    /// Whether to take every action as one that the catalog lacks, as in
    /// [`Request::beyond_catalog`](crate::Request::beyond_catalog).
    pub beyond_catalog: bool,
    /// The Region that is called, as in [`Request::region`](crate::Request::region).
    pub region: Option<String>,
    /// Whether keys that are neither given nor derived are absent.
    pub closed_context: bool,
}

/// How service control policies treat a group of actions (K3-18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Access {
    /// No SCP blocks them, whatever resource and context.
    NeverBlocked,
    /// SCPs block them, whatever resource and context.
    AlwaysBlocked,
    /// It depends on resource or context.
    Conditional,
}

impl Access {
    /// The stable spelling of machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NeverBlocked => "neverBlocked",
            Self::AlwaysBlocked => "alwaysBlocked",
            Self::Conditional => "conditional",
        }
    }
}

/// Actions that are treated alike, for the same reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveGroup {
    /// How they are treated.
    pub access: Access,
    /// The verdict they share.
    pub decision: Decision,
    /// Why, in one word.
    pub reason: Reason,
    /// When they pass, as in [`Explanation::depends_on`](crate::Explanation::depends_on).
    pub depends_on: Option<Predicate>,
    /// The open questions behind the condition.
    pub undecided: Vec<Undecided>,
    /// The statements that decide, as in [`Explanation::determining`](crate::Explanation::determining).
    pub determining: Vec<StatementRef>,
    /// The levels without an Allow.
    pub levels_without_allow: Vec<NodeId>,
    /// The actions of the catalog, in its order.
    pub actions: Vec<ActionId>,
    /// Actions that policies spell out and the catalog does not know, lower case.
    pub unlisted_actions: Vec<String>,
    /// Services whose names that neither catalog nor policies mention belong here.
    pub future_actions_of: Vec<String>,
    /// Whether the actions of services that neither catalog nor policies mention belong here.
    pub other_services: bool,
}

/// What an account can do at most. An SCP grants nothing: *never blocked* is not *allowed* (GEN-1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectivePermissions {
    /// The account id.
    pub account: String,
    /// Its name, if the snapshot has it.
    pub account_name: Option<String>,
    /// Why SCPs do not apply at all, if they do not; then there are no groups.
    pub not_applicable: Option<Reason>,
    /// Remarks that change no verdict.
    pub notes: Vec<String>,
    /// The groups: always blocked first, then conditional, then never blocked; the largest first among equals.
    pub groups: Vec<EffectiveGroup>,
}

/// Actions of one cell whose derived context is the same (CTX-46, CTX-67): asked about once.
#[derive(Debug, Default)]
struct Batch {
    /// An action of the batch, lower case.
    representative: String,
    actions: Vec<ActionId>,
    unlisted_actions: Vec<String>,
    future_actions_of: Vec<String>,
    other_services: bool,
}

/// A service that exists nowhere: stands for all that neither catalog nor policies mention.
const OTHER_SERVICE: &str = "another-service";
/// An action name that exists nowhere.
const OTHER_NAME: &str = "another-action";

impl CompiledOrganization {
    /// Sorts every action into groups by what service control policies do with it (K3-18). Asks once a cell, so its
    /// cost does not grow with the number of actions.
    ///
    /// # Errors
    ///
    /// If account, principal or context cannot be understood; see [`prepare`](Self::prepare).
    pub fn effective(&self, caller: &Caller) -> Result<EffectivePermissions, RequestError> {
        let request = |action: &str| Request {
            account: caller.account.clone(),
            principal: caller.principal.clone(),
            action: action.to_owned(),
            context: caller.context.clone(),
            region: caller.region.clone(),
            closed_context: caller.closed_context,
            beyond_catalog: caller.beyond_catalog,
            ..Request::default()
        };
        let probe = self.prepare(&request(&format!("{OTHER_SERVICE}:{OTHER_NAME}")))?;
        let node = probe.account.map(|account| self.organization.node(account));
        let mut permissions = EffectivePermissions {
            account: node.map_or_else(|| caller.account.trim().to_owned(), |node| node.target.as_str().to_owned()),
            account_name: node.and_then(|node| node.name.clone()),
            not_applicable: None,
            groups: Vec::new(),
            notes: Vec::new(),
        };
        if let Applicability::Settled(_, reason) = probe.applicability {
            permissions.not_applicable = Some(reason);
            return Ok(permissions);
        }
        let batches: Vec<(CellId, Batch)> = self.batches(&probe, caller);
        let mut groups: Vec<EffectiveGroup> = batches
            .into_par_iter()
            .map(|(cell, batch)| {
                let mut query = self.prepare(&request(&batch.representative))?;
                query.cell = ActionCell::Known(cell);
                Ok(group_of(self.explain(&query), batch))
            })
            .collect::<Result<_, RequestError>>()?;
        groups = merge_equal(groups);
        for group in &mut groups {
            group.actions.sort_unstable();
            group.unlisted_actions.sort_unstable();
            group.future_actions_of.sort_unstable();
        }
        groups.sort_by_key(|group| {
            let order = match group.access {
                Access::AlwaysBlocked => 0,
                Access::Conditional => 1,
                Access::NeverBlocked => 2,
            };
            (order, std::cmp::Reverse(group.actions.len()), group.depends_on.clone(), group.actions.first().copied())
        });
        permissions.groups = groups;
        permissions.notes = self.endpoint_notes(caller);
        Ok(permissions)
    }

    /// For which services the Region asked about is not that of their calls (CALL-11).
    fn endpoint_notes(&self, caller: &Caller) -> Vec<String> {
        let Some(region) = &caller.region else { return Vec::new() };
        let partition = self.organization.partition().unwrap_or_default();
        let mut by_region: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (service, own) in single_endpoint_services(partition).filter(|(_, own)| own != region) {
            by_region.entry(own).or_default().push(service);
        }
        let note = |(own, services): (&str, Vec<&str>)| {
            format!("called at one endpoint in {own}, not in {region}: {}", services.join(", "))
        };
        by_region.into_iter().map(note).collect()
    }

    /// All actions by cell, and within a cell by what their name alone derives.
    fn batches(&self, probe: &Query, caller: &Caller) -> Vec<(CellId, Batch)> {
        let catalog = self.actions.catalog;
        let mut batches = Batches::new();
        let mut cells: FxHashMap<CellId, (AskedOfCell, Shapes)> = FxHashMap::default();
        for action in catalog.actions() {
            let Some(cell) = self.actions.cell_of_action(action) else { continue };
            let (asked, shapes) =
                cells.entry(cell).or_insert_with(|| (self.asked_of_cell(cell, probe), Shapes::default()));
            let shape = if caller.beyond_catalog {
                Shape::default()
            } else {
                self.shape(action, asked, &caller.context, shapes)
            };
            let found = catalog.action(action);
            let name = format!("{}:{}", found.service(), found.lower_name());
            batch_of(&mut batches, cell, Some(shape), name).actions.push(action);
        }
        for (full_name, cell) in self.actions.extra_actions() {
            // Policies may spell what no call can have, such as `:GetObject` (ACT-1).
            if parse_action(full_name).is_err() {
                continue;
            }
            batch_of(&mut batches, *cell, None, full_name.to_string()).unlisted_actions.push(full_name.to_string());
        }
        for (service, cell) in self.actions.services_with_other_names() {
            let representative = format!("{service}:{OTHER_NAME}");
            if parse_action(&representative).is_ok() {
                batch_of(&mut batches, cell, None, representative).future_actions_of.push(service.to_owned());
            }
        }
        let other = format!("{OTHER_SERVICE}:{OTHER_NAME}");
        batch_of(&mut batches, self.actions.cell_of_other_services(), None, other).other_services = true;
        batches.into_iter().map(|((cell, ..), batch)| (cell, batch)).collect()
    }
}

/// The batch of an action; the first one stands for it, so that a catalog action goes before an invented one.
fn batch_of(batches: &mut Batches, cell: CellId, shape: Option<Shape>, full_name: String) -> &mut Batch {
    let batch = batches.entry((cell, ActionTraits::of(&full_name), shape)).or_default();
    if batch.representative.is_empty() {
        batch.representative = full_name;
    }
    batch
}

/// By cell, by what the names derive, and by what calls are checked against; nothing is known of the latter beyond the
/// catalog.
type Batches = BTreeMap<(CellId, ActionTraits, Option<Shape>), Batch>;

/// What an action's name derives beside the policies: keys of its service, and whether it can be denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActionTraits {
    /// The Region of every call, in the partitions that have one (CTX-67).
    regions: [Option<&'static str>; 2],
    mcp: bool,
    undeniable: bool,
    /// The rule by which it is unsure whether it can be denied.
    unsure: Option<&'static str>,
}

impl ActionTraits {
    /// What an action's full name, lower case, derives.
    pub fn of(full_name: &str) -> Self {
        let service = full_name.split_once(':').map_or(full_name, |(service, _)| service);
        Self {
            regions: ["aws", "aws-us-gov"].map(|partition| single_endpoint_region(full_name, partition)),
            mcp: service.ends_with("-mcp"),
            undeniable: full_name == UNDENIABLE_ACTION,
            unsure: (full_name == SESSION_TOKEN_ACTION).then_some("CALL-15"),
        }
    }

    /// The same for a name of a service whose traits these are.
    pub(crate) fn of_name(self, service: &str, name: &str) -> Self {
        let is_named = |action: &str| action.split_once(':') == Some((service, name));
        let undeniable = is_named(UNDENIABLE_ACTION);
        let unsure = is_named(SESSION_TOKEN_ACTION).then_some("CALL-15");
        let regions = if is_checked_elsewhere(service, name) { [None; 2] } else { self.regions };
        Self { regions, undeniable, unsure, ..self }
    }

    /// Whether no policy can deny the action (EXM-15).
    pub(crate) fn is_undeniable(self) -> bool {
        self.undeniable
    }

    /// Whether a policy can deny the action for certain (EXM-15, CALL-15).
    pub fn is_deniable(self) -> bool {
        !self.undeniable && self.unsure.is_none()
    }

    /// The rule by which it is unsure whether a policy can deny the action (CALL-15).
    pub(crate) fn unsure_rule(self) -> Option<&'static str> {
        self.unsure
    }
}

fn group_of(explanation: Explanation, batch: Batch) -> EffectiveGroup {
    EffectiveGroup {
        access: match explanation.decision {
            Decision::Allowed | Decision::NotApplicable => Access::NeverBlocked,
            Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny => Access::AlwaysBlocked,
            Decision::Unknown => Access::Conditional,
        },
        decision: explanation.decision,
        reason: explanation.reason,
        depends_on: explanation.depends_on,
        undecided: explanation.undecided,
        determining: explanation.determining,
        levels_without_allow: explanation.levels_without_allow,
        actions: batch.actions,
        unlisted_actions: batch.unlisted_actions,
        future_actions_of: batch.future_actions_of,
        other_services: batch.other_services,
    }
}

/// Joins groups that say the same; which Allow lets an action pass makes no difference to a reader.
fn merge_equal(groups: Vec<EffectiveGroup>) -> Vec<EffectiveGroup> {
    let mut merged: Vec<EffectiveGroup> = Vec::new();
    for mut group in groups {
        if group.access == Access::NeverBlocked {
            group.determining.clear();
        }
        let same = merged.iter_mut().find(|other| {
            other.access == group.access
                && other.decision == group.decision
                && other.reason == group.reason
                && other.depends_on == group.depends_on
                && other.determining == group.determining
                && other.levels_without_allow == group.levels_without_allow
        });
        match same {
            None => merged.push(group),
            Some(other) => {
                other.actions.append(&mut group.actions);
                other.unlisted_actions.append(&mut group.unlisted_actions);
                other.future_actions_of.append(&mut group.future_actions_of);
                other.other_services |= group.other_services;
                for undecided in group.undecided {
                    if !other.undecided.contains(&undecided) {
                        other.undecided.push(undecided);
                    }
                }
            }
        }
    }
    merged
}
