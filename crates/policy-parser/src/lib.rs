//! Parses AWS service control policies (SCPs) into typed documents with exact diagnostics.

mod action;
mod check;
mod codes;
mod condition;
mod diagnostic;
mod document;
mod json;
mod language;
mod operand;
mod parse;
mod path;
mod print;
mod quota;
mod resource;
mod sink;
mod template;
mod wildcard;

pub use action::{ActionPattern, ActionShape};
pub use codes::{DIAGNOSTIC_CODES, DiagnosticCode};
pub use condition::{BaseOperator, Condition, ConditionOperator, ConditionValue, OperatorFamily, SetPrefix, ValueKind};
pub use diagnostic::{Diagnostic, Severity};
pub use document::{ActionElement, Effect, PolicyDocument, PolicyKind, ResourceElement, Statement, Version};
pub use language::{LanguagePattern, TextCell, covers, overlaps, text_cells};
pub use operand::{
    AddressBlock, AddressReading, DateReading, Decimal, Instant, date_is_ambiguous, decode_base64, format_date,
    is_mapped, lenient_decimal, parse_address, parse_bool, parse_date,
};
pub use parse::{Parsed, ValidationOptions, validate};
pub use path::{PathError, PathStep, PolicyPath, locate};
pub use print::minified_len;
pub use quota::{Quota, QuotaError, QuotaName, Quotas};
pub use resource::ResourcePattern;
pub use template::{Template, TemplatePart};
pub use wildcard::{
    AsPiece, CharacterUnit, Piece, WildcardPattern, flat_pieces, matches_pieces, matches_pieces_exhaustively,
};
