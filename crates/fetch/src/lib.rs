//! Reads a live AWS organization into a snapshot ([`Inventory`]): complete, within AWS's published rates, or a precise
//! error.
//!
//! [`connect`] makes a client with the SDK's credential chain, [`fetch()`] reads the organization with it. Every page
//! is followed, calls are paced by operation ([`Rates`]) and repeated where that helps; an interrupted fetch goes on
//! from its work file; everything is read again until two passes agree; what may not be read is said to be unknown.
//! Nothing is written to AWS.
//!
//! This crate alone knows the AWS SDK and tokio. It prints nothing and reads the environment only through the SDK.
//!
//! ```no_run
//! use scproof_fetch::{ConnectOptions, FetchOptions, Recorder, fetch_blocking};
//!
//! let recorder = Recorder::default();
//! let options = FetchOptions { work_file: Some("org.json.fetch-work".into()), ..FetchOptions::default() };
//! let inventory = fetch_blocking(&ConnectOptions::default(), &options, &recorder)?;
//! inventory.save("org.json")?;
//! scproof_fetch::remove_work_file("org.json.fetch-work".as_ref())?;
//! println!("{} calls", recorder.status().statistics.total().calls);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod api;
mod blocking;
mod compose;
mod connect;
mod error;
mod estimate;
mod failure;
mod fetch;
mod journal;
mod limiter;
mod operation;
mod options;
mod paging;
mod passes;
mod policies;
mod progress;
mod rates;
mod session;
mod settle;
mod walk;
mod watch;

pub use aws_sdk_organizations::Client;
pub use blocking::fetch_blocking;
pub use connect::{ConnectOptions, connect, http_client};
pub use error::{FetchError, Subject};
pub use estimate::{Estimate, Sizes, iam_policy};
pub use fetch::fetch;
pub use journal::remove_work_file;
pub use operation::Operation;
pub use options::{AttachmentsBy, FetchOptions};
pub use progress::{Note, NoteKind, OperationCounts, Progress, Recorder, Statistics, Status};
pub use rates::{Bucket, Rates};
pub use scproof_organization::Inventory;
