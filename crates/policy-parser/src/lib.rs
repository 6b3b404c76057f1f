//! Parses AWS service control policies (SCPs) into typed documents with exact diagnostics.

mod action;
mod condition;
mod diagnostic;
mod document;
mod parse;
mod resource;

pub use action::{ActionPattern, ActionShape};
pub use condition::{BaseOperator, Condition, ConditionOperator, ConditionValue, OperatorFamily, SetPrefix, ValueKind};
pub use diagnostic::{Diagnostic, PathStep, PolicyPath, Severity};
pub use document::{ActionElement, Effect, PolicyDocument, PolicyKind, ResourceElement, Statement, Version};
pub use parse::Parsed;
pub use resource::ResourcePattern;
