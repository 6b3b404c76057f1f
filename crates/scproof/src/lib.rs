//! What do AWS service control policies let pass, and why? Offline, from a snapshot of an organization.
//!
//! This is the library's front door: everything that is needed for the questions below, under one name. An SCP grants
//! nothing: *allowed* here means *not blocked by SCPs*, never that AWS will allow a call.
//!
//! # Can an account make a call?
//!
//! ```
//! use scproof::{CompiledOrganization, Context, Decision, EvaluationOptions, Request};
//!
//! let organization = scproof::example::organization()?; // or scproof::load_organization("org.json")?
//! let compiled = CompiledOrganization::compile(organization, EvaluationOptions::default());
//!
//! let request = Request::new("shop", "ec2:RunInstances")
//!     .with_context(Context::new().with("aws:RequestedRegion", "us-east-1"));
//! assert_eq!(compiled.ask(&request)?, Decision::ExplicitDeny);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # And why?
//!
//! What a question does not say is unknown, not absent. An answer that rests on it is [`Decision::Unknown`], and the
//! explanation has the condition that decides; a definite answer holds whatever the unknown facts are.
//!
//! ```
//! # use scproof::{CompiledOrganization, EvaluationOptions};
//! use scproof::{Decision, Request};
//!
//! # let compiled = CompiledOrganization::compile(scproof::example::organization()?, EvaluationOptions::default());
//! let query = compiled.prepare(&Request::new("shop", "s3:DeleteBucket"))?;
//! let explanation = compiled.explain(&query);
//! assert_eq!(explanation.decision, Decision::Unknown);
//! assert!(explanation.depends_on.is_some_and(|words| words.contains("role/break-glass")));
//!
//! let request = Request::new("sandbox-alice", "redshift:CreateCluster");
//! let explanation = compiled.explain(&compiled.prepare(&request)?);
//! assert!(explanation.decision.is_denied());
//! assert_eq!(explanation.levels_without_allow, ["ou-ex01-sandbox1"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which accounts can?
//!
//! One call, asked of many accounts at once, which come back in groups with the causes they share.
//!
//! ```
//! # use scproof::{CompiledOrganization, EvaluationOptions};
//! use scproof::{Answered, Request};
//!
//! # let compiled = CompiledOrganization::compile(scproof::example::organization()?, EvaluationOptions::default());
//! let accounts: Vec<_> = compiled.organization().accounts().collect();
//! let question = Request::new("", "redshift:CreateCluster").with_principal("role/deploy");
//! let found = compiled.who_can(&question, &accounts)?;
//! let blocked = found.groups.iter().filter(|group| group.answered() == Answered::Blocked);
//! assert!(blocked.map(|group| group.accounts.len()).sum::<usize>() >= 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What can an account do at most?
//!
//! ```
//! # use scproof::{CompiledOrganization, EvaluationOptions};
//! use scproof::{Access, Caller};
//!
//! # let compiled = CompiledOrganization::compile(scproof::example::organization()?, EvaluationOptions::default());
//! let caller = Caller { account: "payments".to_owned(), ..Caller::default() };
//! let permissions = compiled.effective(&caller)?;
//! let blocked = permissions.groups.iter().filter(|group| group.access == Access::AlwaysBlocked);
//! let count: usize = blocked.map(|group| group.actions.len()).sum();
//! assert!(count > 10_000, "an allow list lets few services pass: {count}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What would a change do?
//!
//! Changes are tried on a copy. The impact is exact over all calls, and each difference has a call that shows it; if there is
//! none, that is proved.
//!
//! ```
//! use scproof::{ChangeSetBuilder, SimulationOptions, Transition, simulate};
//!
//! let organization = scproof::example::organization()?;
//! let mut changes = ChangeSetBuilder::new(&organization);
//! changes.attach("cost-tags-pilot", "NonProd")?;
//! let simulation = simulate(&organization, &changes.finish(), &SimulationOptions::default())?;
//!
//! assert_eq!(simulation.impact.account_count(Transition::NewlyBlocked), 5);
//! let (accounts, regions) = simulation.impact.with(Transition::NewlyBlocked).next().ok_or("a group")?;
//! assert_eq!(accounts[0].name.as_deref(), Some("shop-dev"));
//! let witness = regions[0].region.witness.as_ref().ok_or("a witness")?;
//! assert!(witness.before.is_passing() && witness.after.is_denied());
//! // The guard asks for a tag on resources that cannot carry it.
//! assert_eq!(simulation.warnings[0].code, "unsatisfiable-guard");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`impact`] compares two organizations, [`ChangeSet::load`] reads a file of changes, and [`Expectations`] hold an impact
//! against what was meant to change.
//!
//! # What do SCPs do in the whole organization?
//!
//! [`auditor::audit`] sorts all accounts into classes that SCPs treat alike, holds them against guardrails, and lists findings about
//! the policies.
//!
//! # More
//!
//! [`answer_lines`] answers a file of questions, one JSON object a line. [`validate`] checks the text of a policy,
//! [`Inventory`] is the snapshot format, [`report`] renders answers as text and JSON. A [`CompiledOrganization`] is
//! immutable and can be shared by threads; [`CompiledOrganization::decide`] allocates nothing for most questions.
//! [`Redactor`] takes the names out of a snapshot.
//!
//! The feature `fetch` adds the module `fetch`, which reads a live organization into a snapshot; without it, nothing here
//! knows a network.

mod batch;
mod strict_json;

pub mod example;

use std::path::Path;

pub use batch::{BatchError, BatchSummary, LineError, MAX_LINE, answer_lines};
/// What SCPs do in a whole organization: permission classes, guardrails, findings.
pub use scproof_auditor as auditor;
pub use scproof_catalog::{ActionFilter, ActionFilterError, ActionGlob, ActionId, Catalog};
pub use scproof_evaluator::{
    Access, Answered, Caller, CompiledOrganization, Context, ContextValue, Decision, EffectiveGroup,
    EffectivePermissions, EffectiveSetGroup, EvaluationOptions, Explanation, LevelRef, LevelTrace, PlacedStatement,
    Query, Reason, Request, RequestError, RequestFormatError, RequestResource, ResourceInput, StatementRef, Truth,
    Undecided, WhoCan, WhoCanGroup,
};
/// Reading a live organization into a snapshot (feature `fetch`).
#[cfg(feature = "fetch")]
pub use scproof_fetch as fetch;
pub use scproof_organization::{
    AccountId, AccountState, CHANGES_FORMAT, Change, ChangeSet, ChangeSetBuilder, Fault, Finding, Inventory, Left,
    LeftReason, LoadError, Node, NodeId, Organization, OrganizationId, OuId, Policy, PolicyId, PolicyIndex,
    Quotas as OrganizationQuotas, RedactionKey, RedactionKeyError, Redactor, RootId, SaveError, SelectError, Target,
};
pub use scproof_policy_parser::{
    ActionShape, Diagnostic, Parsed, PolicyDocument, PolicyKind, PolicyPath, QuotaError, QuotaName, Quotas, Severity,
    ValidationOptions, WildcardPattern, validate,
};
pub use scproof_report as report;
pub use scproof_simulator::{
    AccountRef, ActionSet, ActionTerm, Alternative, ComparisonOptions, EXPECT_FORMAT, Expectations, HeldImpact, Impact,
    ImpactGroup, ImpactOptions, Limits, Notice, PredictedFailure, Region, RegionReport, Simulation, SimulationOptions,
    Step, StructuralDifference, Transient, Transition, Verdict, Why, Witness, choose_accounts, choose_accounts_below,
    hold, impact, impact_with, simulate, structural_difference,
};

/// Reads a snapshot from a file and checks it.
///
/// # Errors
///
/// Every fault of the snapshot, with its line and column; see [`Organization::load`].
///
/// ```no_run
/// let organization = scproof::load_organization("org.json")?;
/// println!("{} accounts", organization.accounts().len());
/// # Ok::<(), scproof::LoadError>(())
/// ```
pub fn load_organization(path: impl AsRef<Path>) -> Result<Organization, LoadError> {
    Organization::load(path)
}

/// The full names of actions that the policies of an organization spell out, as they do, each once: those that the catalog lacks are
/// actions too, for [`ActionFilter::check`].
pub fn spelt_actions(organization: &Organization) -> Vec<String> {
    let documents = organization.policies().map(|(_, policy)| &policy.document);
    let elements =
        documents.flat_map(|document| &document.statements).filter_map(|statement| statement.action.as_ref());
    let mut names: Vec<String> = elements
        .flat_map(|element| &element.patterns)
        .filter(|pattern| matches!(pattern.shape(), ActionShape::Named { name, .. } if !name.contains(['*', '?'])))
        .map(|pattern| pattern.text.clone())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
