//! Reads CloudTrail: every carrier of its records, and what each call asked of the policies (E.3, K.5).
//!
//! [`Sources`] finds the files of a log, [`read_records`] the records in one of them, and a [`Reader`] says of each
//! record what was asked: a [`Call`] of a caller, with one [`Ask`] for each action that AWS checks. What a record does
//! not tell stays unknown; what no table maps to an action is not replayable, never guessed (CT-30).
//!
//! ```
//! use scproof_trail::{Reader, Reading, read_records};
//!
//! let log = r#"{"Records": [{"eventID": "1", "eventTime": "2026-11-01T10:00:00Z", "eventType": "AwsApiCall",
//!     "eventSource": "monitoring.amazonaws.com", "eventName": "DeleteAlarms", "awsRegion": "eu-west-1",
//!     "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::222222222222:user/ann", "accountId": "222222222222"}}]}"#;
//! let mut reader = Reader::new();
//! let mut actions = Vec::new();
//! let tally = read_records(log.as_bytes(), &mut |record| {
//!     if let Reading::Call(call) = reader.read(&record).reading {
//!         actions.extend(call.asks.into_iter().map(|ask| ask.action));
//!     }
//! });
//! assert_eq!((tally.records, actions), (1, vec!["cloudwatch:DeleteAlarms".to_owned()]));
//! ```

mod asks;
mod context;
mod digest;
mod event;
mod operation;
mod parameters;
mod read;
mod reader;
mod record;
mod resources;
mod rows;
mod sentence;
mod sources;
mod window;

pub use digest::{DigestFault, DigestReport, HashedFile, verify_digests};
pub use event::{Ask, Call, Event, Outcome, Reading, Standing};
pub use read::{Fault, Foreign, Tally, read_records};
pub use reader::Reader;
pub use record::{Identity, Record};
pub use sentence::{Cause, PolicyType, Sentence, read_sentence};
pub use sources::{Source, SourceError, Sources};
