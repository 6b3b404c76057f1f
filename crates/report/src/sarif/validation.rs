//! SARIF 2.1.0 of checked documents and snapshots: a result a diagnostic, at its line and column.
//!
//! A policy of a snapshot is a text inside the file: an artifact of its own with its text, and a related location says
//! the line and column in that text, as in an audit.

use std::collections::BTreeMap;
use std::io::{self, Write};

use scproof_text::{Place, Severity};

use super::explained::Explained;
use super::model::{
    Artifact, ArtifactLocation, Content, Location, LogicalLocation, PartialFingerprints, PhysicalLocation, Region,
    Rule, RuleProperties, SarifResult,
};
use super::{message, policy_uri, sentences, uri, write_log};
use crate::audit::line_and_column;
use crate::layout::clean;
use crate::validation::{Item, Source, Validation};

/// Writes the log: one run.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn render(validation: &Validation, out: &mut dyn Write) -> io::Result<()> {
    let mut builder = Builder::default();
    for source in &validation.sources {
        let place = builder.artifact(source);
        for item in source.items() {
            builder.item(&item, place);
        }
    }
    write_log(builder.rules, builder.artifacts, builder.results, None, out)
}

/// The places of a source among the artifacts: its file, and its text within the file.
type Artifacts = (usize, Option<usize>);

#[derive(Default)]
struct Builder {
    rules: Vec<Rule>,
    artifacts: Vec<Artifact>,
    results: Vec<SarifResult>,
    /// How often a fingerprint was given already.
    given: BTreeMap<String, usize>,
}

impl Builder {
    fn artifact(&mut self, source: &Source) -> Artifacts {
        let file = uri(&source.file);
        let known = self.artifacts.iter().position(|artifact| artifact.location.uri == file);
        let file = known.unwrap_or_else(|| self.push(file, None, "a text that was checked", None));
        let policy = source.policy.as_ref().map(|policy| {
            let words = format!("the text of policy {}", policy.name.as_deref().unwrap_or(&policy.id));
            self.push(policy_uri(&policy.id), Some(file), &words, Some(source.text.clone()))
        });
        (file, policy)
    }

    fn push(&mut self, uri: String, parent: Option<usize>, words: &str, text: Option<String>) -> usize {
        self.artifacts.push(Artifact {
            location: ArtifactLocation { uri, index: None },
            parent_index: parent,
            mime_type: "application/json",
            description: message(clean(words)),
            contents: text.map(|text| Content { text }),
        });
        self.artifacts.len() - 1
    }

    fn item(&mut self, item: &Item<'_>, (file, policy): Artifacts) {
        let (found, about, path) = (item.message, item.about(), item.path());
        let rule_index = self.rules.iter().position(|rule| rule.id == found.code).unwrap_or_else(|| {
            self.rules.push(rule(item));
            self.rules.len() - 1
        });
        let label = |label: &str, text: &Option<String>| text.as_ref().map(|text| format!("{label}: {text}"));
        let texts = [Some(found.message.clone()), label("expected", &found.expected), label("help", &found.help)];
        let region = region(item);
        let start = region.is_none() || policy.is_some();
        // Readers of SARIF want a line.
        let line = Region { start_line: 1, start_column: None, end_line: None, end_column: None };
        let (own, inside) = if start { (Some(line), region) } else { (region, None) };
        let logical = path.as_deref().or(about).map(|path| LogicalLocation {
            name: clean(path).into_owned(),
            fully_qualified_name: clean(&[about, Some(path)].map(Option::unwrap_or_default).join("/")).into_owned(),
            kind: "member",
        });
        let location = |index: usize, region: Option<Region>, id: Option<usize>, logical: Option<LogicalLocation>| {
            let uri = self.artifacts.get(index).map(|artifact| artifact.location.uri.clone()).unwrap_or_default();
            Location {
                id,
                message: None,
                physical_location: PhysicalLocation {
                    artifact_location: ArtifactLocation { uri, index: Some(index) },
                    region,
                },
                logical_locations: logical.into_iter().collect(),
            }
        };
        let inner = policy.map(|index| location(index, inside, Some(1), None));
        // Further places, numbered after the text of the policy.
        let others = found.also.iter().zip(2..).map(|(place, id)| {
            location(policy.unwrap_or(file), Some(region_of(place, &item.source.text)), Some(id), None)
        });
        let related: Vec<Location> = inner.into_iter().chain(others).collect();
        let fingerprint =
            [found.code, &item.source.file, about.unwrap_or_default()].join("#") + path.as_deref().unwrap_or_default();
        let locations = vec![location(file, own, None, logical)];
        let nth = self.given.entry(fingerprint.clone()).or_default();
        *nth += 1;
        self.results.push(SarifResult {
            rule_id: found.code.to_owned(),
            rule_index,
            kind: "fail",
            level: level(found.severity),
            message: sentences(texts.into_iter().flatten()),
            locations,
            related_locations: related,
            partial_fingerprints: PartialFingerprints::of(format!("{fingerprint}#{nth}")),
            suppressions: None,
            properties: None,
        });
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn region(item: &Item<'_>) -> Option<Region> {
    Some(region_of(item.message.place.as_ref()?, &item.source.text))
}

fn region_of(place: &Place, text: &str) -> Region {
    let (end_line, end_column) = line_and_column(text, place.span.end.max(place.span.start));
    Region {
        start_line: place.line,
        start_column: Some(place.column),
        end_line: Some(end_line),
        end_column: Some(end_column),
    }
}

/// What the table says of the code: a remark of the parser, or a rule on documents.
fn rule(item: &Item<'_>) -> Rule {
    let code = item.message.code;
    let explained = Explained::of_text(code).or_else(|| scproof_rules::rule(code).map(Explained::of_rule));
    let properties = RuleProperties {
        tags: ["aws", "scp"].map(str::to_owned).to_vec(),
        precision: "very-high",
        security_severity: None,
    };
    explained.unwrap_or_else(|| Explained::bare(code)).rule(level(item.message.severity), properties)
}
