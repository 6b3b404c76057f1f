//! From AWS's sentence to the cause.
//!
//! [`Denial::read`] takes what people have in hand when AWS has denied a call: the error message, in the forms that AWS
//! gives it, an event of CloudTrail, or an authorization message that was decoded. [`diagnose`] asks the policies of a
//! snapshot about the same call, says whether AWS and the snapshot agree, and who would pass.
//!
//! ```
//! use scproof_denial::Denial;
//! use scproof_trail::PolicyType;
//!
//! let denial = Denial::read(
//!     "An error occurred (AccessDenied) when calling the CreateUser operation: User: \
//!      arn:aws:sts::111111111111:assumed-role/dev/ann is not authorized to perform: iam:CreateUser on resource: \
//!      arn:aws:iam::111111111111:user/bob with an explicit deny in a service control policy",
//! )?;
//! assert_eq!((&*denial.account, &*denial.action), ("111111111111", "iam:CreateUser"));
//! let cause = denial.cause.ok_or("AWS names a cause")?;
//! assert!(cause.is_explicit && cause.policy_type == PolicyType::ServiceControlPolicy);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod denial;
mod diagnosis;
mod error;
mod event;
mod message;

pub use denial::Denial;
pub use diagnosis::{Agreement, Diagnosis, NamedPolicy, Passing, diagnose};
pub use error::DenialError;
