//! The calls of a log of CloudTrail, before and after changes.
//!
//! ```
//! use std::sync::Arc;
//!
//! use scproof::compare::ChangeSetBuilder;
//! use scproof::replay::{Candidate, Class, Reader, Replay, ReplayOptions, read_records};
//!
//! let log = br#"{"Records": [{"eventID": "1", "eventTime": "2026-11-01T10:00:00Z", "eventType": "AwsApiCall",
//!     "eventSource": "sqs.amazonaws.com", "eventName": "ListQueues", "awsRegion": "eu-west-1",
//!     "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::215000000001:user/bob", "accountId": "215000000001"}}]}"#;
//! # let log = String::from_utf8_lossy(log).replace("215000000001", scproof::example::organization()?.accounts()
//! #     .map(|node| scproof::example::organization().map(|it| it.node(node).target.as_str().to_owned()))
//! #     .last().ok_or("an account")??.as_str());
//! let before = Arc::new(scproof::example::organization()?);
//! let mut changes = ChangeSetBuilder::new(&before);
//! let deny = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}}"#;
//! changes.attach_text("no-queues", deny, "Root")?;
//! let after = Arc::new(changes.finish().apply(&before));
//! let candidate = Candidate { name: "no-queues".to_owned(), organization: after };
//! let replay = Replay::new(before, vec![candidate], ReplayOptions::default());
//!
//! let (mut reader, mut part) = (Reader::new(), replay.part());
//! read_records(log.as_bytes(), &mut |record| replay.take(&mut part, &reader.read(&record)));
//! let report = replay.report(part);
//! assert_eq!(report.candidates[0].count(Class::NewlyBlocked), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use scproof_policy_parser::{DateReading, format_date, parse_date};
pub use scproof_replay::{
    Agreement, Answer, At, Caller, Candidate, CandidateReport, Cause, Changes, Class, Contradiction, Disagreement,
    EXPECTED_CALLS_FORMAT, Ended, EventClass, EventReason, Example, Expected, ExpectedCall, ExpectedCalls, GroupReport,
    LogCoverage, LogFiles, Progress, RegionCoverage, Replay, ReplayOptions, ReplayPart, ReplayReport, verify_files,
};
pub use scproof_trail::{
    Ask, Call, DigestFault, DigestReport, Event, Fault, Foreign, HashedFile, Identity, Outcome, Reader, Reading,
    Record, Source, SourceError, Sources, Standing, Tally, read_records, verify_digests,
};
