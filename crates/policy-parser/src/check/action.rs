//! Action strings (DOC-13, DOC-18 to DOC-20, DOC-25, RCP-2).

use std::ops::Range;

use scproof_text::{Fix, Route, Wording, quoted};

use crate::action::{ActionPattern, ActionShape};
use crate::codes;
use crate::parse::Walker;

impl Walker<'_> {
    /// Checks one string of `Action` or `NotAction`.
    pub(crate) fn check_action(&mut self, route: Route<'_>, span: &Range<usize>, text: &str) {
        const EXPECTED: &str = "`*` or a service prefix, a colon and a name, such as `s3:GetObject`";
        if self.variables && text.contains("${") {
            self.misplaced_variable(route, span, "an action");
            return;
        }
        let pattern = ActionPattern::new(text);
        match pattern.shape() {
            ActionShape::Any => {
                if !self.is_scp() && !self.full_access {
                    self.sink.report(codes::RCP_ANY_ACTION, route, span, || {
                        Wording::new("an RCP cannot have the action `*`")
                            .expected("actions with a service prefix, such as `s3:*`")
                    });
                }
            }
            ActionShape::AnyPreferred | ActionShape::WildcardPrefix { .. } if text.contains(':') => {
                self.sink.report(codes::WILDCARD_PREFIX, route, span, || {
                    Wording::new(format!("the action {} has a wildcard in its service prefix", quoted(text)))
                        .expected("`*` alone, or a service prefix without wildcards")
                        .maybe_fix((text == "*:*").then(|| Fix::string(span.clone(), "*")))
                });
            }
            ActionShape::NoColon | ActionShape::AnyPreferred | ActionShape::WildcardPrefix { .. } => {
                self.sink.report(codes::BAD_ACTION, route, span, || {
                    Wording::new(format!("the action {} has no colon", quoted(text))).expected(EXPECTED)
                });
            }
            ActionShape::SeveralColons => self.sink.report(codes::BAD_ACTION, route, span, || {
                Wording::new(format!("the action {} has several colons", quoted(text))).expected(EXPECTED)
            }),
            ActionShape::Spaced { .. } | ActionShape::SpacedStars => {
                self.sink.report(codes::ACTION_WHITE_SPACE, route, span, || {
                    Wording::new(format!("the action {} holds white space and matches nothing", quoted(text)))
                        .help("delete the white space")
                        .maybe_fix(unspaced(text).map(|text| Fix::string(span.clone(), &text)))
                });
            }
            ActionShape::Named { prefix: "", .. } => self.sink.report(codes::BAD_ACTION, route, span, || {
                Wording::new(format!("the action {} has no service prefix", quoted(text))).expected(EXPECTED)
            }),
            ActionShape::Named { name: "", .. } => self.sink.report(codes::EMPTY_ACTION_NAME, route, span, || {
                Wording::new(format!("the action {} has no name and matches nothing", quoted(text)))
                    .help(format!("write {} for all actions of the service", quoted(&format!("{text}*"))))
            }),
            ActionShape::Named { prefix, name } => {
                let wrong = |c: &char| !c.is_ascii_alphanumeric() && *c != '-';
                let found = prefix.chars().find(wrong);
                let found = found.or_else(|| name.chars().find(|c| wrong(c) && !matches!(c, '*' | '?')));
                if let Some(character) = found {
                    self.sink.report(codes::ACTION_CHARACTER, route, span, || {
                        let shown = quoted(character.encode_utf8(&mut [0; 4]));
                        Wording::new(format!("the action {} holds {shown}, which no action has", quoted(text)))
                            .expected("letters, digits, hyphens, and `*` or `?` in the name")
                    });
                }
            }
        }
        if self.options.legacy_scp_language && self.is_scp() && text.trim_end_matches(['*', '?']).contains(['*', '?']) {
            self.sink.report(codes::LEGACY_ACTION_WILDCARD, route, span, || {
                Wording::new(format!(
                    "a wildcard inside the action {} is not in the SCP language before 2025-09-19",
                    quoted(text)
                ))
                .expected("wildcards at the end only")
            });
        }
    }
}

/// The action without the white space around it and its colon, if that is all it has.
fn unspaced(text: &str) -> Option<String> {
    let (prefix, name) = text.split_once(':')?;
    let text = format!("{}:{}", prefix.trim(), name.trim());
    let is_action = matches!(ActionPattern::new(&text).shape(), ActionShape::Named { prefix, name }
        if !prefix.is_empty() && !name.is_empty());
    is_action.then_some(text)
}
