//! What do AWS service control policies let pass, and why? Offline, from a snapshot of an organization.
//!
//! This is the library's front door: everything that is needed for the questions below, under one name. An SCP grants
//! nothing: *allowed* here means *not blocked by SCPs*, never that AWS will allow a call.
//!
//! # Can an account make a call?
//!
//! ```
//! use scproof::ask::{CompiledOrganization, Context, Decision, EvaluationOptions, Request};
//!
//! let organization = scproof::example::organization()?; // or scproof::snapshot::load("org.json")?
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
//! What a question does not say is unknown, not absent. An answer that rests on it is
//! [`Decision::Unknown`](ask::Decision::Unknown), and the explanation has the condition that decides; a definite answer
//! holds whatever the unknown facts are.
//!
//! ```
//! # use scproof::ask::{CompiledOrganization, EvaluationOptions};
//! use scproof::ask::{Decision, Request};
//!
//! # let compiled = CompiledOrganization::compile(scproof::example::organization()?, EvaluationOptions::default());
//! let query = compiled.prepare(&Request::new("shop", "s3:DeleteBucket"))?;
//! let explanation = compiled.explain(&query);
//! assert_eq!(explanation.decision, Decision::Unknown);
//! let condition = explanation.depends_on.ok_or("open verdicts have a condition")?;
//! let words = scproof::report::condition_words(compiled.organization(), &condition);
//! assert!(words.contains("role/break-glass"));
//!
//! let request = Request::new("sandbox-alice", "redshift:CreateCluster");
//! let explanation = compiled.explain(&compiled.prepare(&request)?);
//! assert!(explanation.decision.is_denied());
//! let organization = compiled.organization();
//! let levels = explanation.levels_without_allow.iter().map(|level| organization.node(*level).display_name());
//! assert!(levels.eq(["Sandbox"]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which accounts can?
//!
//! One call, asked of many accounts at once, which come back in groups with the causes they share.
//!
//! ```
//! # use scproof::ask::{CompiledOrganization, EvaluationOptions};
//! use scproof::ask::{Answered, Request};
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
//! # use scproof::ask::{CompiledOrganization, EvaluationOptions};
//! use scproof::ask::{Access, Caller};
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
//! Changes are tried on a copy. The impact is exact over all calls, and each difference has a call that shows it; if
//! there is none, that is proved.
//!
//! ```
//! use scproof::compare::{ChangeSetBuilder, SimulationOptions, Transition, simulate};
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
//! [`impact`](compare::impact) compares two organizations, [`ChangeSet::load`](compare::ChangeSet::load) reads a file
//! of changes, and [`Expectations`](compare::Expectations) hold an impact against what was meant to change.
//!
//! # What do SCPs do in the whole organization?
//!
//! [`audit::audit`] sorts all accounts into classes that SCPs treat alike, holds them against guardrails, and lists
//! findings about the policies.
//!
//! # The modules
//!
//! | module | for |
//! |---|---|
//! | [`snapshot`] | reading, checking, writing an organization; its records; choosing accounts; taking names out |
//! | [`ask`] | one call, many calls, many accounts, all actions of an account |
//! | [`compare`] | a change before it is made, two organizations, two sets of policies |
//! | [`audit`] | classes of accounts, guardrails, findings |
//! | [`import`] | an organization from what repositories hold: files by names |
//! | [`replay`] | the calls of a log of CloudTrail, before and after changes |
//! | [`rules`] | a policy as text: statements, conditions, diagnostics, and what is wrong with them |
//! | [`report`] | any answer as text, JSON, Markdown, CSV |
//!
//! A [`CompiledOrganization`](ask::CompiledOrganization) is immutable and can be shared by threads;
//! [`decide`](ask::CompiledOrganization::decide) allocates nothing for most questions. Errors have a `help` that says
//! how to repair what is wrong, with names that are spelt nearly so.
//!
//! # As JSON
//!
//! With the feature `serde` every report serializes as exactly what the command prints with `--format json`, versioned
//! and described by a schema in `docs/schemas`.
//!
//! ```
//! # #[cfg(feature = "serde")] {
//! # use scproof::ask::{CompiledOrganization, EvaluationOptions};
//! use scproof::ask::Request;
//! use scproof::report::Answer;
//!
//! # let compiled = CompiledOrganization::compile(scproof::example::organization()?, EvaluationOptions::default());
//! let request = Request::new("sandbox-alice", "redshift:CreateCluster");
//! let explanation = compiled.answer(&request)?;
//! let organization = compiled.organization();
//! let answer = Answer { organization, request: &request, explanation: &explanation, if_role_has_no_path: None };
//! let json = serde_json::to_value(answer)?;
//! assert_eq!(json["format"], "scproof-answer/2");
//! assert_eq!(json["levelsWithoutAllow"][0], "ou-ex01-sandbox1");
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The feature `fetch` adds the module `fetch`, which reads a live organization into a snapshot; without it, nothing
//! here knows a network.

mod batch;
mod guard_notes;

pub mod ask;
pub mod audit;
pub mod compare;
pub mod example;
pub mod import;
pub mod replay;
pub mod rules;
pub mod snapshot;

/// Reading a live organization into a snapshot (feature `fetch`).
#[cfg(feature = "fetch")]
pub use scproof_fetch as fetch;
pub use scproof_report as report;
