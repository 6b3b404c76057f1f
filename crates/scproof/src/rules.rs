//! Policies as texts: reading, checking and printing a document, its statements and conditions, and the rules that
//! texts are held to.
//!
//! ```
//! use scproof::rules::{Effect, PolicyDocument, PolicyKind, Severity};
//!
//! let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*",
//!     "Condition": {"StringNotEquals": {"aws:RequestRegion": "eu-west-1"}}}}"#;
//! let parsed = PolicyDocument::parse(text, PolicyKind::ServiceControl);
//! let statement = &parsed.document.statements[0];
//! assert_eq!(statement.effect, Some(Effect::Deny));
//! assert_eq!(statement.condition.as_ref().map(|conditions| conditions[0].key.as_str()), Some("aws:RequestRegion"));
//! assert!(parsed.diagnostics.iter().all(|diagnostic| diagnostic.severity < Severity::Error));
//!
//! let found = scproof::rules::check(&parsed.document, None);
//! assert_eq!(found[0].rule.code, "unknown-condition-key");
//! ```

pub use scproof_policy_parser::{
    ActionElement, ActionPattern, ActionShape, BaseOperator, Condition, ConditionOperator, ConditionValue,
    DIAGNOSTIC_GROUPS, Effect, Message, OperatorFamily, Parsed, PathError, PathStep, PolicyDocument, PolicyKind,
    PolicyPath, Quota, QuotaError, QuotaName, Quotas, ResourceElement, ResourcePattern, SetPrefix, Severity, Statement,
    ValidationOptions, Version, WildcardPattern, diagnostic_codes, fill_placeholders, placeholders, validate,
};
pub use scproof_rules::{
    Checker, Found, Guard, LooksAt, RULE_GROUPS, Risk, Rule, RuleGroup, check, document_rules, guard_on, risk_of_text,
    rule, rules, text_risks,
};
pub use scproof_text::{Code, CodeGroup, Edit, Example, Fix, Repaired, nearest, repair};
