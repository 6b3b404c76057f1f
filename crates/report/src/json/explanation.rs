//! `scproof-explain/1`: what a code means.

use serde::Serialize;

use super::Document;
use crate::explanation::Explanation;

/// The version of the format.
pub const FORMAT: &str = "scproof-explain/1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    code: &'static str,
    title: &'static str,
    /// Markdown, as the next two.
    text: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found_if: Option<&'static str>,
    at_most: &'static str,
    rules: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    example: Option<&'static str>,
}

pub(crate) fn document(explanation: &Explanation) -> impl Serialize + use<> {
    let view = View {
        code: explanation.code(),
        title: explanation.title(),
        text: explanation.text(),
        remedy: explanation.remedy(),
        found_if: explanation.found_if(),
        at_most: explanation.weight(),
        rules: explanation.semantics(),
        example: explanation.example(),
    };
    Document::of(FORMAT, &[], view)
}
