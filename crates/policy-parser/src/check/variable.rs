//! Policy variables in texts (VAR-1, VAR-4 to VAR-7, VAR-13, DOC-4, DOC-25).

use std::ops::Range;

use scproof_text::{Route, Wording, quoted};

use super::global_key;
use super::placeholder::has_placeholders_only;
use crate::codes;
use crate::parse::Walker;
use crate::template::{Template, TemplatePart};

impl Walker<'_> {
    /// Reports `${` in a place that takes no variables (DOC-25).
    pub(crate) fn misplaced_variable(&mut self, route: Route<'_>, span: &Range<usize>, place: &str) {
        // A placeholder is told once, with all its places.
        if self.text.get(span.clone()).is_some_and(has_placeholders_only) {
            return;
        }
        self.sink.report(codes::MISPLACED_VARIABLE, route, span, || {
            Wording::new(format!("a policy variable cannot stand in {place}"))
                .expected("variables after the fifth colon of a resource, or in values of string and ARN conditions")
                .help("restrict callers by `aws:PrincipalArn`, resources behind the fifth colon")
        });
    }

    /// Checks the variables of a text in a place that takes them; in an old document reports that they are plain text.
    pub(crate) fn check_variables(&mut self, route: Route<'_>, span: &Range<usize>, text: &str) {
        if !text.contains("${") {
            return;
        }
        if !self.variables {
            self.sink.report(codes::LITERAL_VARIABLE, route, span, || {
                Wording::new(format!("{} is plain text in a document of this version", quoted(text)))
                    .help("set `Version` to `2012-10-17` to make it a policy variable")
            });
            return;
        }
        for part in Template::parse(text, true, false).parts {
            match part {
                TemplatePart::Malformed(variable) => self.sink.report(codes::MALFORMED_VARIABLE, route, span, || {
                    Wording::new(format!("the policy variable {} is not well formed", quoted(&variable)))
                        .expected("`${key}` or `${key, 'default'}`, or one of `${*}`, `${?}`, `${$}`")
                }),
                TemplatePart::Variable { key, .. } => self.check_variable_key(route, span, &key),
                TemplatePart::Literal(_) | TemplatePart::Run | TemplatePart::One | TemplatePart::Escape(_) => {}
            }
        }
    }

    fn check_variable_key(&mut self, route: Route<'_>, span: &Range<usize>, key: &str) {
        let shown = || quoted(&format!("${{{key}}}"));
        let is_key = key.split_once(':').is_some_and(|(prefix, name)| !prefix.is_empty() && !name.is_empty());
        if has_placeholders_only(&format!("${{{key}}}")) {
            return;
        }
        if !is_key || key.contains("::") {
            self.sink.report(codes::BAD_VARIABLE_KEY, route, span, || {
                Wording::new(format!("the policy variable {} names no condition key", shown()))
                    .expected("a key of the form `prefix:name`, such as `aws:username`")
            });
            return;
        }
        self.check_global_key(route, span, key);
        if global_key::is_multivalued(key) == Some(true) {
            self.sink.report(codes::MULTIVALUED_VARIABLE, route, span, || {
                Wording::new(format!("the key of the policy variable {} is multivalued, so it has no value", shown()))
                    .help("only single-valued keys work as variables")
            });
        }
    }
}
