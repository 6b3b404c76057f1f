//! `scproof-validate/1`: all diagnostics of documents and snapshots in one list.

use serde::Serialize;

use super::Document;
use crate::validation::{Item, Source, Validation};

/// The version of the format.
pub const FORMAT: &str = "scproof-validate/1";

#[derive(Serialize)]
struct View<'a> {
    summary: Summary,
    diagnostics: Vec<ItemView<'a>>,
    /// With `--fix`: what was repaired.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixed: Vec<FixedView<'a>>,
}

#[derive(Serialize)]
struct FixedView<'a> {
    file: &'a str,
    code: &'a str,
    path: String,
    message: &'a str,
    fix: &'a str,
}

#[derive(Serialize)]
struct Summary {
    policies: usize,
    snapshots: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    fixable: usize,
    fixed: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemView<'a> {
    file: &'a str,
    /// Line and column count in the policy's own text then, not in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_name: Option<&'a str>,
    severity: &'static str,
    code: &'a str,
    rule: Option<&'a str>,
    item: Option<&'a str>,
    path: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    message: &'a str,
    expected: Option<&'a str>,
    help: Option<&'a str>,
    /// What repairs it, if it has exactly one meaning.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'a str>,
    /// Where else the same is so for the same cause.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<PlaceView>,
}

#[derive(Serialize)]
struct PlaceView {
    line: usize,
    column: usize,
}

impl<'a> From<Item<'a>> for ItemView<'a> {
    fn from(item: Item<'a>) -> Self {
        let policy = item.source.policy.as_ref();
        Self {
            file: &item.source.file,
            policy_id: policy.map(|policy| policy.id.as_str()),
            policy_name: policy.and_then(|policy| policy.name.as_deref()),
            severity: item.message.severity.as_str(),
            code: item.message.code,
            rule: item.rule(),
            item: item.about(),
            path: item.path(),
            line: item.message.line_and_column().map(|(line, _)| line),
            column: item.message.line_and_column().map(|(_, column)| column),
            message: &item.message.message,
            expected: item.message.expected.as_deref(),
            help: item.message.help.as_deref(),
            fix: item.fix(),
            also: item.message.also.iter().map(|at| PlaceView { line: at.line, column: at.column }).collect(),
        }
    }
}

/// The summary and every diagnostic.
pub(crate) fn document(validation: &Validation) -> impl Serialize + use<'_> {
    let totals = validation.totals();
    let view = View {
        summary: Summary {
            policies: totals.policies,
            snapshots: totals.snapshots,
            errors: totals.errors,
            warnings: totals.warnings,
            notes: totals.notes,
            fixable: totals.fixable,
            fixed: totals.fixed,
        },
        diagnostics: validation.items().map(ItemView::from).collect(),
        fixed: validation.sources.iter().flat_map(fixed).collect(),
    };
    Document::of(FORMAT, &[], view)
}

fn fixed(source: &Source) -> impl Iterator<Item = FixedView<'_>> {
    source.fixed.iter().map(|message| FixedView {
        file: &source.file,
        code: message.code,
        path: message.path.to_string(),
        message: &message.message,
        fix: message.fix.as_ref().map(|fix| fix.what.as_str()).unwrap_or_default(),
    })
}
