//! Parses AWS service control policies (SCPs) and resource control policies (RCPs) into typed documents with exact
//! diagnostics, and holds the small languages inside them: wildcards, policy variables, dates, numbers, addresses.
//!
//! [`PolicyDocument::parse`] never fails. It gives a document in which every part without a meaning is marked, and all
//! faults of the text at once, each with a stable code ([`diagnostic_codes`]), a route ([`PolicyPath`]) and bytes. What
//! AWS accepted must be evaluated even if it looks wrong, and what cannot be read must be *unknown* to the evaluator
//! rather than missing.
//!
//! ```
//! use scproof_policy_parser::{PolicyDocument, PolicyKind};
//! let text = r#"{"Version": "2012-10-17", "Statement": [
//!   {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEqual": {"aws:PrincipalOrgID": "o-1"}}}
//! ]}"#;
//! let parsed = PolicyDocument::parse(text, PolicyKind::ServiceControl);
//! assert!(!parsed.document.statements[0].is_readable());
//! let fault = &parsed.diagnostics[0];
//! assert_eq!((fault.code, fault.line_and_column()), ("unknown-operator", Some((2, 71))));
//! assert_eq!(fault.path.to_string(), "Statement[0].Condition.StringEqual");
//! assert_eq!(fault.help.as_deref(), Some("did you mean `StringEquals`?"));
//! ```
//!
//! # What it does not do
//!
//! - It decides no request: which statements match, and what follows, is the evaluator's work.
//! - It knows no actions. A pattern for an action that does not exist is fine (DOC-21).
//! - It does not render diagnostics. They are plain data; messages are one line, and the remedy stands in `help`.
//! - It reads no files and knows no organization. Limits that concern attachments are in [`Quotas`], and checked
//!   elsewhere.
//!
//! # Where things are
//!
//! | to do | use |
//! |---|---|
//! | read a text, or bytes | [`PolicyDocument::parse`], [`PolicyDocument::parse_bytes`] |
//! | check it against other limits, or the language before 2025-09-19 | [`validate`] with [`ValidationOptions`] |
//! | find the bytes of a route | [`locate`] |
//! | print a document | [`PolicyDocument::to_json`], [`PolicyDocument::to_minified_json`] |
//! | know AWS's limits, now or on a day | [`Quotas`] |
//! | match and compare patterns | [`WildcardPattern`], [`covers`], [`overlaps`], [`name_cells, text_cells`] |
//! | split texts with policy variables | [`Template`] |
//!
//! Ids such as DOC-21 name rules of the semantic specification that the tests cite, too.

mod action;
mod check;
mod codes;
mod condition;
mod document;
mod language;
mod operand;
mod parse;
mod print;
mod quota;
mod resource;
mod template;
mod wildcard;

pub use action::{ActionPattern, ActionShape};
pub use check::placeholder::{Placeholder, fill_placeholders, placeholders};
pub use codes::{DIAGNOSTIC_GROUPS, diagnostic_codes};
pub use condition::{BaseOperator, Condition, ConditionOperator, ConditionValue, OperatorFamily, SetPrefix, ValueKind};
pub use document::{ActionElement, Effect, PolicyDocument, PolicyKind, ResourceElement, Statement, Version};
pub use language::{LanguagePattern, TextCell, covers, name_cells, overlaps, text_cells};
pub use operand::{
    AddressBlock, AddressReading, DateReading, Decimal, Instant, decode_base64, evident_base64, evident_date,
    format_date, lenient_decimal, parse_address, parse_bool, parse_date,
};
pub use parse::{Parsed, ValidationOptions, validate};
pub use print::minified_len;
pub use quota::{Quota, QuotaError, QuotaName, Quotas};
pub use resource::ResourcePattern;
pub use scproof_text::{Message, PathError, PathStep, PolicyPath, Severity, locate};
pub use template::{Template, TemplatePart};
pub use wildcard::{AsPiece, CharacterUnit, Piece, WildcardPattern, flat_pieces, matches_pieces};
