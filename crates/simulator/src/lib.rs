//! What a change to an AWS organization would do, and what AWS would say to it.
//!
//! Attaching a policy has no dry run at AWS. This crate tries changes on a copy: it predicts the exceptions of the AWS
//! Organizations API step by step ([`Rehearsal`]), says what is odd although AWS accepts it ([`Step::notices`]), lists
//! what differs between two organizations ([`structural_difference`]), and holds differences against those that were
//! expected ([`Expectations`]).
//!
//! ```
//! use scproof_organization::{Change, ChangeSet, Organization, PolicyId, Target};
//! use scproof_policy_parser::Quotas;
//! use scproof_simulator::Rehearsal;
//!
//! let before = Organization::from_json(r#"{
//!   "Format": "scproof-inventory/1",
//!   "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
//!   "Roots": [{"Id": "r-ab12", "Name": "Root"}],
//!   "OrganizationalUnits": [],
//!   "Accounts": [{"Id": "222222222222", "Name": "shop", "ParentId": "r-ab12"}],
//!   "Policies": [{"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true,
//!                 "Content": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}],
//!   "Attachments": [{"TargetId": "r-ab12", "PolicyId": "p-FullAWSAccess"}, {"TargetId": "222222222222", "PolicyId": "p-FullAWSAccess"}]
//! }"#)?;
//! let detach = Change::DetachPolicy { policy: PolicyId::parse("p-FullAWSAccess")?, target: Target::parse("222222222222")? };
//! let changes = ChangeSet::from_iter([detach]);
//! let mut rehearsal = Rehearsal::new(&before, &changes, Quotas::current());
//! let step = rehearsal.next().unwrap();
//! assert_eq!(step.failures[0].exception.reason, Some("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"));
//! assert_eq!(step.notices[0].code, "no-allow");
//! let after = rehearsal.finish();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to do | use |
//! |---|---|
//! | know what a change set does, from beginning to end | [`simulate`] |
//! | know what differs for whom, exact over all requests | [`impact`] |
//! | predict AWS's exceptions, step by step | [`Rehearsal`], [`predict`] |
//! | know what is odd about a step | [`Step::notices`] |
//! | list what differs in two organizations | [`structural_difference`] |
//! | hold differences against expected ones | [`Expectations`], [`hold`] |
//!
//! The crate prints nothing and asks AWS nothing; it reads a file only in [`Expectations::load`].

mod allowing;
mod brought;
mod choose;
mod codes;
mod content;
mod difference;
mod expect;
mod failure;
mod held;
mod impact;
mod notice;
mod precondition;
mod rehearsal;
mod simulation;

pub use choose::{choose_accounts, choose_accounts_below};
pub use codes::{EXCEPTIONS, EXPECT_CODES, Exception, NOTICE_CODES};
pub use content::malformed;
pub use difference::{Changed, Moved, PolicyDifference, StructuralDifference, TargetDifference, structural_difference};
pub use expect::{Beyond, BoundExpectations, EXPECT_FORMAT, Expectations};
pub use failure::PredictedFailure;
pub use held::{Held, HeldImpact, hold};
pub use impact::{AccountRef, Impact, ImpactGroup, ImpactOptions, RegionReport, impact, impact_with};
pub use precondition::predict;
pub use rehearsal::{Rehearsal, Step};
pub use scproof_prover::{ActionSet, ActionTerm, ComparisonOptions, Limits, Region, Transition, Verdict, Why, Witness};
pub use simulation::{Rehearsed, Simulation, SimulationOptions, Transient, simulate};
