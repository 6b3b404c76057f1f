//! What the tables of codes and rules say, as rules of SARIF.

use scproof_organization::{CHANGE_CODES, FINDING_CODES, SNAPSHOT_CODES};
use scproof_policy_parser::diagnostic_codes;
use scproof_text::Code;
use scproof_text::codes::FILE_CODES;

use super::model::{Configuration, Message, Rule, RuleProperties};
use super::{PROJECT, sentences};
use crate::names::capitalised;

/// What is always true of a code.
pub(super) struct Explained {
    code: &'static str,
    title: String,
    /// Why it matters, as Markdown; may be empty.
    text: &'static str,
    /// What to do, as Markdown; may be empty.
    remedy: String,
    /// The page that says so, and where on it.
    page: Option<String>,
}

impl Explained {
    /// What a rule of ours says of itself.
    pub(super) fn of_rule(rule: &'static scproof_rules::Rule) -> Self {
        Self {
            code: rule.code,
            title: rule.title.to_owned(),
            text: rule.text,
            remedy: format!("remedy: {}", rule.remedy),
            page: Some(format!("findings.md#{}", rule.code)),
        }
    }

    /// What the tables say of a code of the parser, or of the reader of snapshots.
    pub(super) fn of_text(code: &str) -> Option<Self> {
        let of_snapshots = || FILE_CODES.iter().chain(SNAPSHOT_CODES).chain(FINDING_CODES).chain(CHANGE_CODES);
        let of_page = |found: &'static Code, page: String| Self {
            code: found.code,
            title: found.summary.to_owned(),
            text: found.text,
            remedy: String::new(),
            page: Some(page),
        };
        let diagnostic = diagnostic_codes().find(|known| known.code == code);
        let diagnostic = diagnostic.map(|found| of_page(found, format!("diagnostics.md#{}", found.code)));
        diagnostic.or_else(|| {
            of_snapshots().find(|known| known.code == code).map(|found| of_page(found, "snapshot-format.md".to_owned()))
        })
    }

    /// A code that no table has.
    pub(super) fn bare(code: &'static str) -> Self {
        Self { code, title: code.replace('-', " "), text: "", remedy: String::new(), page: None }
    }

    pub(super) fn rule(self, level: &'static str, properties: RuleProperties) -> Rule {
        let text = if self.text.is_empty() { self.title.as_str() } else { self.text };
        let plain = [text, &self.remedy].map(scproof_rules::Rule::plain);
        let plain: Vec<&String> = plain.iter().filter(|text| !text.is_empty()).collect();
        // Links between pages lead nowhere from here.
        let paragraphs = plain.iter().map(|text| format!("{}.", capitalised(text.trim_end_matches('.'))));
        Rule {
            id: self.code.to_owned(),
            short_description: sentences([&self.title]),
            full_description: sentences(plain.iter().take(1)),
            help: Message { markdown: Some(paragraphs.collect::<Vec<_>>().join("\n\n")), ..sentences(&plain) },
            help_uri: self.page.map(|page| format!("{PROJECT}/blob/main/docs/{page}")),
            default_configuration: Configuration { level },
            properties,
        }
    }
}
