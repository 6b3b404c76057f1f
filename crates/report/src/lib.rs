//! Renders scproof's answers: text and Markdown for people, versioned JSON for programs, and what pipelines,
//! spreadsheets and browsers read.
//!
//! Each subject is plain data, such as an [`Answer`] or an [`AuditReport`], and a [`Report`] prints it in any
//! [`Format`] that the subject has. For people an answer becomes a page of headings, lists and tables (`page`, one file
//! a subject), which one writer a format writes (`doc`); for programs it becomes JSON ([`json`]) or a table. Nothing
//! here decides, reads files, or knows about terminals: a [`Style`] says how wide text is and whether it has colour,
//! and what it says never rests on that.
//!
//! Words are never broken: one that is longer than its line, such as an ARN, stays whole so that it can be copied.
//! Control characters in names and policies are shown as escapes.

mod answer;
mod audit;
mod command_line;
mod doc;
mod effective;
mod explanation;
mod impact;
mod layout;
mod names;
mod page;
mod replay;
mod report;
mod show;
mod style;
mod tree;
mod validation;
mod who_can;
mod why;
mod words;

mod csv;
mod html;
pub mod json;
mod junit;
mod lines;
mod sarif;

pub use answer::{Answer, OpenQuestion};
pub use audit::{AuditBaseline, AuditBaselineError, AuditDetail, AuditGate, AuditReport};
pub use doc::text::message;
pub use effective::{Effective, EffectiveSet, retain};
pub use explanation::Explanation;
pub use impact::{Gate, ImpactReport, Scope};
pub use layout::{WIDTH, clean as seen};
pub use page::validation::faults;
pub use replay::{ReplayGate, Replayed, event_reason_words};
pub use report::{Format, Report, Subject};
pub use scproof_text::is_unseen;
pub use show::{Show, Shown};
pub use style::{Role, Style};
pub use tree::Tree;
pub use validation::{PolicyLabel, Source, SourceFindings, Totals, Validation};
pub use who_can::WhoCanReport;
pub use why::Why;
pub use words::condition_words;
