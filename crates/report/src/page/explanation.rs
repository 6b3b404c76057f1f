//! What a code means.

use scproof_rules::Rule;

use crate::doc::{Doc, Fact, Line};
use crate::explanation::Explanation;
use crate::names::capitalised;
use crate::style::Role;

pub(crate) fn page(explanation: &Explanation) -> Doc {
    let mut doc = Doc::default();
    doc.headline(Role::Heading, explanation.code());
    doc.paragraph(capitalised(explanation.title()));
    // Links between pages lead nowhere from here.
    if !explanation.text().is_empty() {
        doc.paragraph(Rule::plain(explanation.text()));
    }
    let line = |label: &'static str, text: Option<String>| text.map(|text| Fact::line(label, text));
    let found_if = explanation.found_if().map(Rule::plain);
    let semantics = Some(explanation.semantics().join(", ")).filter(|text| !text.is_empty());
    let facts = [
        line("at most", Some(explanation.weight().to_owned())),
        line("remedy", explanation.remedy().map(Rule::plain)),
        line("found if", found_if),
        line("rules", semantics),
        explanation.example().map(|example| Fact::line("example", Line::code(example))),
    ];
    doc.facts(facts.into_iter().flatten());
    doc
}
