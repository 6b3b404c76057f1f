//! Renders scproof's answers: text and Markdown for people, versioned JSON for programs, and what pipelines, spreadsheets and
//! browsers read.
//!
//! Each subject is plain data ([`Answer`], [`Effective`], [`ImpactReport`], [`AuditReport`], [`Tree`], [`Validation`]), and each format has one file a subject
//! with one function, `render`, that writes it. Nothing here decides, reads files, or knows about terminals: a [`Style`] says
//! whether text has colour, and what it says never rests on that.
//!
//! | subject | text | JSON |
//! |---|---|---|
//! | one question | [`text::answer`] | [`json::answer`], `scproof-answer/2` |
//! | one call, asked of many accounts | [`text::who_can`], [`markdown::who_can`], [`csv::who_can`] | [`json::who_can`], `scproof-who-can/2` |
//! | what an account can do | [`text::effective`] | [`json::effective`], `scproof-effective/2` |
//! | what the accounts of a unit can do | [`text::effective_set`] | [`json::effective_set`], `scproof-effective-set/2` |
//! | what a change does | [`text::impact`], [`markdown::impact`] | [`json::impact`], `scproof-impact/2` |
//! | what SCPs do everywhere | [`text::audit`], [`markdown::audit`], [`html::audit`], [`csv::audit`], [`sarif`], [`junit`] | [`json::audit`], `scproof-audit/2` |
//! | the organization | [`text::tree`] | [`json::tree`], `scproof-tree/1` |
//! | checked documents and snapshots | [`text::validation`], [`text::faults`] | [`json::validation`], `scproof-validate/1` |
//!
//! Text fits 80 columns, apart from words that are longer, such as ARNs: they stay whole so that they can be copied.
//! Control characters in names and policies are shown as escapes.

mod answer;
mod audit;
mod command_line;
mod effective;
mod impact;
mod layout;
mod style;
mod tree;
mod validation;
mod who_can;
mod words;

pub mod csv;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod sarif;
pub mod text;

pub use answer::{Answer, OpenQuestion};
pub use audit::{AuditGate, AuditReport};
pub use effective::{Effective, EffectiveSet, retain};
pub use impact::{Gate, ImpactReport, Scope};
pub use layout::{WIDTH, message};
pub use style::{Role, Style};
pub use tree::Tree;
pub use validation::{PolicyLabel, Source, SourceFindings, Totals, Validation};
pub use who_can::WhoCanReport;
pub use words::condition_words;
