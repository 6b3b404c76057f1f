//! The tables of codes of what the parser says about policies, one file a section of `docs/diagnostics.md`, which is
//! written from them.

mod action;
mod condition;
mod document;
mod legacy;
mod names;
mod rcp;
mod resource;
mod size;
mod statement;
mod variable;

use scproof_text::codes::TEXT;
use scproof_text::{Code, CodeGroup};

pub(crate) use action::*;
pub(crate) use condition::*;
pub(crate) use document::*;
pub(crate) use legacy::*;
pub(crate) use names::*;
pub(crate) use rcp::*;
pub(crate) use resource::*;
pub(crate) use size::*;
pub(crate) use statement::*;
pub(crate) use variable::*;

/// Everything that can be said about the text of a policy, in sections: faults of the JSON first.
pub const DIAGNOSTIC_GROUPS: &[CodeGroup] = &[
    TEXT,
    CodeGroup { title: "Names", text: "Element names are matched exactly, letter case included.", codes: NAMES },
    CodeGroup { title: "The document", text: "", codes: DOCUMENT },
    CodeGroup { title: "Statements", text: "", codes: STATEMENT },
    CodeGroup {
        title: "Actions",
        text: "An action need not exist: AWS accepts unknown ones, and they match nothing.",
        codes: ACTION,
    },
    CodeGroup { title: "Resources", text: "", codes: RESOURCE },
    CodeGroup { title: "Conditions", text: "", codes: CONDITION },
    CodeGroup {
        title: "Policy variables",
        text: "A policy variable `${key}` stands for the value that the request has under a condition key.",
        codes: VARIABLE,
    },
    CodeGroup {
        title: "Sizes",
        text: "The limits are data with dates: see `crates/policy-parser/data/quotas.json`. Another file can take its \
            place.",
        codes: SIZE,
    },
    CodeGroup {
        title: "Resource control policies",
        text: "The same language, with less of it. These are reported only for RCPs.",
        codes: RCP,
    },
    CodeGroup {
        title: "The language before 2025-09-19",
        text: "Reported only if asked for (`legacy_scp_language`): for tools that still check the old rules.",
        codes: LEGACY,
    },
];

/// Every code that a policy can have.
///
/// ```
/// let comment = scproof_policy_parser::diagnostic_codes().find(|code| code.code == "comment");
/// assert_eq!(comment.map(|code| code.rule), Some("JSON-2"));
/// ```
pub fn diagnostic_codes() -> impl Iterator<Item = &'static Code> {
    DIAGNOSTIC_GROUPS.iter().flat_map(|group| group.codes)
}
