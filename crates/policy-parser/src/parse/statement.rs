//! One statement: its elements and the parts they give.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Walker;
use super::document::member;
use crate::action::ActionPattern;
use crate::codes::{self, DiagnosticCode};
use crate::document::{ActionElement, Effect, ResourceElement, Statement};
use crate::json::{Member, Node, Value};
use crate::resource::ResourcePattern;
use crate::sink::{Route, Wording, quoted};

const SCP_ELEMENTS: [&str; 7] = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];
const RCP_ELEMENTS: [&str; 7] = ["Sid", "Effect", "Principal", "Action", "Resource", "NotResource", "Condition"];
const REFUSED_IN_SCP: [&str; 2] = ["Principal", "NotPrincipal"];
const REFUSED_IN_RCP: [&str; 2] = ["NotPrincipal", "NotAction"];

/// What is known about a statement as a whole while its parts are read.
struct Facts<'n, 't> {
    members: &'n [Member<'t>],
    /// Names that occur more than once.
    repeated: Vec<&'n str>,
    /// The opening brace, for faults that have no other place.
    brace: Range<usize>,
}

impl<'n, 't> Facts<'n, 't> {
    /// The element of a name, and whether it occurs once only.
    fn get(&self, name: &str) -> Option<(&'n Member<'t>, bool)> {
        member(self.members, name).map(|member| (member, !self.repeated.contains(&name)))
    }
}

impl Walker<'_> {
    /// Reads one statement.
    pub(super) fn statement(
        &mut self,
        route: Route<'_>,
        node: &Node<'_>,
        sids: &mut BTreeMap<String, usize>,
        index: usize,
    ) -> Statement {
        let Value::Object(members) = &node.value else {
            if node.value != Value::Broken {
                self.sink.report(codes::BAD_STATEMENT, route, &node.span, || {
                    Wording::new(format!("the statement is {}", node.value.type_name())).expected("a statement object")
                });
            }
            return Statement::without_meaning();
        };
        let mut statement = Statement::default();
        let mut facts =
            Facts { members, repeated: Vec::new(), brace: node.span.start..(node.span.start + 1).min(node.span.end) };
        statement.without_meaning = self.statement_names(route, &mut facts);
        statement.sid = facts.get("Sid").and_then(|(member, _)| self.sid(route, member, sids, index));
        statement.effect = self.effect(route, &facts);
        statement.action = self.action_element(route, &facts, statement.effect);
        statement.resource = self.resource_element(route, &facts, statement.effect);
        statement.condition = match facts.get("Condition") {
            None => Some(Vec::new()),
            Some((member, is_single)) => {
                if statement.effect == Some(Effect::Allow) {
                    self.legacy(codes::LEGACY_CONDITION, route.key("Condition"), member, "`Condition` with `Allow`");
                }
                self.conditions(route.key("Condition"), &member.value).filter(|_| is_single)
            }
        };
        if !self.is_scp() {
            statement.without_meaning |= !self.principal(route, &facts);
        }
        statement
    }

    /// Reports names that are unknown, refused or repeated; whether they take the statement's meaning (SP-3).
    fn statement_names<'n>(&mut self, route: Route<'_>, facts: &mut Facts<'n, '_>) -> bool {
        let (known, refused) =
            if self.is_scp() { (&SCP_ELEMENTS, &REFUSED_IN_SCP) } else { (&RCP_ELEMENTS, &REFUSED_IN_RCP) };
        let mut spoilt = false;
        let mut seen: Vec<&'n str> = Vec::new();
        for member in facts.members {
            let name = &*member.name;
            if refused.contains(&name) {
                spoilt = true;
                self.refused_element(route, member);
            } else if !known.contains(&name) {
                spoilt = true;
                self.unknown_element(route, member, known, "statement");
                continue;
            }
            if seen.contains(&name) {
                spoilt |= name == "Sid" || name == "Principal";
                facts.repeated.push(name);
                self.duplicate_name(route, member);
            } else {
                seen.push(name);
            }
        }
        spoilt
    }

    fn refused_element(&mut self, route: Route<'_>, member: &Member<'_>) {
        let here = route.key(&member.name);
        let name = &member.name;
        if self.is_scp() {
            self.sink.report(codes::PRINCIPAL_IN_SCP, here, &member.name_span, || {
                Wording::new(format!("an SCP cannot have {}", quoted(name)))
                    .help("delete it; restrict principals with a condition on `aws:PrincipalArn`")
            });
        } else {
            self.sink.report(codes::RCP_UNSUPPORTED, here, &member.name_span, || {
                Wording::new(format!("an RCP cannot have {}", quoted(name)))
                    .help("use `Principal`: `*` and `Action`, and except principals with a condition")
            });
        }
    }

    fn sid(
        &mut self,
        route: Route<'_>,
        member: &Member<'_>,
        sids: &mut BTreeMap<String, usize>,
        index: usize,
    ) -> Option<String> {
        let here = route.key("Sid");
        let span = &member.value.span;
        let Value::String(sid) = &member.value.value else {
            self.not_a_string(here, &member.value, "a string of letters and digits");
            return None;
        };
        if sid.is_empty() {
            self.sink.report(codes::EMPTY_SID, here, span, || Wording::new("the `Sid` is empty").help("delete it"));
        } else if self.variables && sid.contains("${") {
            self.misplaced_variable(here, span, "a `Sid`");
        } else if !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            self.sink.report(codes::BAD_SID, here, span, || {
                Wording::new(format!("the `Sid` {} has other characters than letters and digits", quoted(sid)))
                    .expected("letters A-Z, a-z and digits")
            });
        }
        match sids.get(&**sid) {
            Some(first) if !sid.is_empty() => self.sink.report(codes::DUPLICATE_SID, here, span, || {
                Wording::new(format!("the `Sid` {} is used by `Statement[{first}]` too", quoted(sid)))
                    .expected("a `Sid` that is unique in the document")
            }),
            _ => {
                sids.insert(sid.clone().into_owned(), index);
            }
        }
        Some(sid.clone().into_owned())
    }

    fn effect(&mut self, route: Route<'_>, facts: &Facts<'_, '_>) -> Option<Effect> {
        const EXPECTED: &str = "`Allow` or `Deny`";
        let Some((member, is_single)) = facts.get("Effect") else {
            self.sink.report(codes::MISSING_EFFECT, route, &facts.brace, || {
                Wording::new("the statement has no `Effect`").expected(EXPECTED)
            });
            return None;
        };
        let here = route.key("Effect");
        let node = &member.value;
        let effect = match node.value.as_string().map(|text| &**text) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            Some(text) => {
                self.bad_effect(here, &node.span, text);
                return None;
            }
            None => {
                self.not_a_string(here, node, EXPECTED);
                return None;
            }
        };
        if !self.is_scp() && effect == Effect::Allow {
            if self.full_access {
                self.sink.report(codes::RCP_FULL_ACCESS, here, &node.span, || {
                    Wording::new("this is the content of AWS's own `RCPFullAWSAccess`; a customer's RCP cannot have it")
                });
            } else {
                self.sink.report(codes::RCP_EFFECT, here, &node.span, || {
                    Wording::new("an RCP cannot have the effect `Allow`").expected("`Deny`")
                });
            }
        }
        is_single.then_some(effect)
    }

    fn bad_effect(&mut self, here: Route<'_>, span: &Range<usize>, text: &str) {
        if self.variables && text.contains("${") {
            self.misplaced_variable(here, span, "an `Effect`");
            return;
        }
        self.sink.report(codes::BAD_EFFECT, here, span, || {
            let near = ["Allow", "Deny"].into_iter().find(|effect| effect.eq_ignore_ascii_case(text.trim()));
            Wording::new(format!("unknown effect {}", quoted(text)))
                .expected("`Allow` or `Deny`")
                .maybe_help(near.map(|effect| format!("write it as `{effect}`: effects are case-sensitive")))
        });
    }

    fn action_element(
        &mut self,
        route: Route<'_>,
        facts: &Facts<'_, '_>,
        effect: Option<Effect>,
    ) -> Option<ActionElement> {
        let (member, negated) = self.either(route, facts, "Action", codes::MISSING_ACTION, codes::TWO_ACTIONS)?;
        let here = route.key(&member.name);
        if negated && effect == Some(Effect::Allow) {
            self.legacy(codes::LEGACY_NOT_ACTION, here, member, "`NotAction` with `Allow`");
        }
        let patterns = self.strings(here, &member.value, "an action such as `s3:GetObject`", Self::check_action)?;
        facts.get(&member.name).filter(|(_, is_single)| *is_single)?;
        Some(ActionElement { negated, patterns: patterns.into_iter().map(ActionPattern::new).collect() })
    }

    fn resource_element(
        &mut self,
        route: Route<'_>,
        facts: &Facts<'_, '_>,
        effect: Option<Effect>,
    ) -> Option<ResourceElement> {
        let (member, negated) = self.either(route, facts, "Resource", codes::MISSING_RESOURCE, codes::TWO_RESOURCES)?;
        let here = route.key(&member.name);
        let patterns = self.strings(here, &member.value, "`*` or an ARN", Self::check_resource)?;
        self.resource_in_allow(here, member, negated, effect, &patterns);
        facts.get(&member.name).filter(|(_, is_single)| *is_single)?;
        Some(ResourceElement { negated, patterns: patterns.into_iter().map(ResourcePattern::new).collect() })
    }

    /// DOC-12, DOC-15 and DOC-17: what was or is said against resources.
    fn resource_in_allow(
        &mut self,
        here: Route<'_>,
        member: &Member<'_>,
        negated: bool,
        effect: Option<Effect>,
        patterns: &[String],
    ) {
        let is_allow = effect == Some(Effect::Allow);
        let is_any = !negated && patterns.iter().all(|pattern| pattern == "*");
        if negated {
            self.legacy(codes::LEGACY_NOT_RESOURCE, here, member, "`NotResource`");
        } else if is_allow && !is_any {
            self.legacy(codes::LEGACY_RESOURCE, here, member, "a `Resource` other than `*` with `Allow`");
        }
        if is_allow && !is_any && self.is_scp() && !self.options.legacy_scp_language {
            self.sink.report(codes::RESOURCE_IN_ALLOW, here, &member.name_span, || {
                Wording::new("an `Allow` for certain resources: part of the SCP language since 2025-09-19, though one paragraph of AWS's syntax page still denies it")
            });
        }
    }

    /// The one of `name` and `Not{name}` that is there; reports none and both. Both: neither is returned (SP-3).
    fn either<'n, 't>(
        &mut self,
        route: Route<'_>,
        facts: &Facts<'n, 't>,
        name: &'static str,
        missing: DiagnosticCode,
        both: DiagnosticCode,
    ) -> Option<(&'n Member<'t>, bool)> {
        let negated_name = format!("Not{name}");
        match (facts.get(name), facts.get(&negated_name)) {
            (Some((plain, _)), None) => Some((plain, false)),
            (None, Some((negated, _))) => Some((negated, true)),
            (None, None) => {
                self.sink.report(missing, route, &facts.brace, || {
                    Wording::new(format!("the statement has neither `{name}` nor `{negated_name}`"))
                        .expected(format!("exactly one of `{name}` and `{negated_name}`"))
                });
                None
            }
            (Some((plain, _)), Some((negated, _))) => {
                let later = if plain.name_span.start > negated.name_span.start { plain } else { negated };
                self.sink.report(both, route.key(&later.name), &later.name_span, || {
                    Wording::new(format!("the statement has both `{name}` and `{negated_name}`"))
                        .expected(format!("exactly one of `{name}` and `{negated_name}`"))
                });
                None
            }
        }
    }

    /// Reads a string or a list of strings, and checks each; `None` if any is not a string.
    fn strings(
        &mut self,
        route: Route<'_>,
        node: &Node<'_>,
        expected: &str,
        check: impl Fn(&mut Self, Route<'_>, &Range<usize>, &str),
    ) -> Option<Vec<String>> {
        if matches!(&node.value, Value::Array(elements) if elements.is_empty()) {
            self.sink
                .report(codes::EMPTY_LIST, route, &node.span, || Wording::new("the list is empty").expected(expected));
        }
        let mut all_strings = true;
        let mut texts = Vec::new();
        for (route, item) in node.items(&route) {
            if let Value::String(text) = &item.value {
                check(self, route, &item.span, text);
                texts.push(text.clone().into_owned());
            } else {
                all_strings = false;
                self.not_a_string(route, item, expected);
            }
        }
        all_strings.then_some(texts)
    }

    /// Checks the `Principal` of an RCP statement; whether it is as it must be (RCP-1).
    fn principal(&mut self, route: Route<'_>, facts: &Facts<'_, '_>) -> bool {
        const EXPECTED: &str = "`\"Principal\": \"*\"`";
        match facts.get("Principal") {
            None => {
                self.sink.report(codes::RCP_MISSING_PRINCIPAL, route, &facts.brace, || {
                    Wording::new("the statement has no `Principal`").expected(EXPECTED)
                });
                false
            }
            Some((member, _)) if matches!(&member.value.value, Value::String(text) if text == "*") => true,
            Some((member, _)) => {
                if member.value.value != Value::Broken {
                    self.sink.report(codes::RCP_PRINCIPAL, route.key("Principal"), &member.value.span, || {
                        Wording::new("the `Principal` of an RCP must be exactly `*`")
                            .expected(EXPECTED)
                            .help("restrict principals with a condition")
                    });
                }
                false
            }
        }
    }

    /// Reports what the SCP language did not have before 2025-09-19, if asked to.
    pub(super) fn legacy(&mut self, code: DiagnosticCode, here: Route<'_>, member: &Member<'_>, what: &str) {
        if self.options.legacy_scp_language && self.is_scp() {
            self.sink.report(code, here, &member.name_span, || {
                Wording::new(format!("{what} is not in the SCP language before 2025-09-19"))
            });
        }
    }
}
