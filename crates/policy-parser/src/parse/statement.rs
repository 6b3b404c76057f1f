//! One statement: its elements and the parts they give.

use std::collections::BTreeMap;
use std::ops::Range;

use scproof_text::{Code, Fix, Member, Node, Route, Value, Wording, quoted};

use super::Walker;
use super::document::meant;
use crate::action::ActionPattern;

use crate::codes;
use crate::condition::Condition;
use crate::document::{ActionElement, Effect, ResourceElement, Statement};
use crate::resource::ResourcePattern;

const SCP_ELEMENTS: [&str; 7] = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];
const RCP_ELEMENTS: [&str; 7] = ["Sid", "Effect", "Principal", "Action", "Resource", "NotResource", "Condition"];
const ACTION_FAULTS: (Code, Code) = (codes::MISSING_ACTION, codes::TWO_ACTIONS);
const RESOURCE_FAULTS: (Code, Code) = (codes::MISSING_RESOURCE, codes::TWO_RESOURCES);
const EFFECTS: &str = "`Allow` or `Deny`";
const REFUSED_IN_SCP: [&str; 2] = ["Principal", "NotPrincipal"];
const REFUSED_IN_RCP: [&str; 2] = ["NotPrincipal", "NotAction"];

/// The elements of a statement.
#[derive(Clone, Copy)]
struct Elements<'n, 't> {
    members: &'n [Member<'t>],
    /// The statement's opening brace, for faults that have no other place.
    brace: &'n Range<usize>,
    /// Elements that unknown names are nearly: they are told as misspelt, not as missing, too.
    meant: &'n [&'static str],
}

impl<'n, 't> Elements<'n, 't> {
    /// All elements of a name; more than one is a fault that has been reported.
    fn all(self, name: &str) -> impl Iterator<Item = &'n Member<'t>> {
        self.members.iter().filter(move |member| member.name == name)
    }
}

/// The only item, if there is just one.
fn only<T>(mut items: Vec<T>) -> Option<T> {
    items.pop().filter(|_| items.is_empty())
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
        let brace = node.span.start..(node.span.start + 1).min(node.span.end);
        let known = if self.is_scp() { &SCP_ELEMENTS } else { &RCP_ELEMENTS };
        let meant = meant(members, known);
        let elements = Elements { members, brace: &brace, meant: &meant };
        let without_meaning = self.statement_names(route, elements);
        let sid = self.sid(route, elements, sids, index);
        let effect = self.effect(route, elements);
        let mut statement = Statement {
            sid,
            effect,
            action: self.action_element(route, elements, effect),
            resource: self.resource_element(route, elements, effect),
            condition: self.condition_element(route, elements, effect),
            without_meaning,
        };
        if !self.is_scp() {
            statement.without_meaning |= !self.principal(route, elements);
        }
        statement
    }

    /// Reports names that are unknown, refused or repeated; whether they take the statement's meaning (SP-3).
    fn statement_names(&mut self, route: Route<'_>, elements: Elements<'_, '_>) -> bool {
        let (known, refused) =
            if self.is_scp() { (&SCP_ELEMENTS, &REFUSED_IN_SCP) } else { (&RCP_ELEMENTS, &REFUSED_IN_RCP) };
        let mut spoilt = false;
        let mut seen: Vec<&str> = Vec::new();
        for member in elements.members {
            let name = &*member.name;
            if refused.contains(&name) {
                spoilt = true;
                self.refused_element(route, member);
            } else if !known.contains(&name) {
                spoilt = true;
                self.unknown_element(route, (member, elements.members), known, "statement");
                continue;
            }
            if seen.contains(&name) {
                spoilt |= name == "Sid" || name == "Principal";
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
        if self.is_other {
            return;
        }
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
        elements: Elements<'_, '_>,
        sids: &mut BTreeMap<String, usize>,
        index: usize,
    ) -> Option<String> {
        let here = route.key("Sid");
        let member = elements.all("Sid").next()?;
        let span = &member.value.span;
        let Some(sid) = member.value.value.as_string() else {
            self.not_a_string(here, &member.value, "a string of letters and digits");
            return None;
        };
        if sid.is_empty() {
            self.sink.report(codes::EMPTY_SID, here, span, || Wording::new("the `Sid` is empty").help("delete it"));
            return Some(String::new());
        }
        if self.variables && sid.contains("${") {
            self.misplaced_variable(here, span, "a `Sid`");
        } else if !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            self.sink.report(codes::BAD_SID, here, span, || {
                Wording::new(format!("the `Sid` {} has other characters than letters and digits", quoted(sid)))
                    .expected("letters A-Z, a-z and digits")
            });
        }
        let first = *sids.entry(sid.clone().into_owned()).or_insert(index);
        if first != index {
            self.sink.report(codes::DUPLICATE_SID, here, span, || {
                Wording::new(format!("the `Sid` {} is used by `Statement[{first}]` too", quoted(sid)))
                    .expected("a `Sid` that is unique in the document")
            });
        }
        Some(sid.clone().into_owned())
    }

    fn effect(&mut self, route: Route<'_>, elements: Elements<'_, '_>) -> Option<Effect> {
        let found: Vec<_> =
            elements.all("Effect").map(|member| self.effect_value(route.key("Effect"), &member.value)).collect();
        if found.is_empty() && !elements.meant.contains(&"Effect") {
            self.sink.report(codes::MISSING_EFFECT, route, elements.brace, || {
                Wording::new("the statement has no `Effect`").expected(EFFECTS)
            });
        }
        only(found).flatten()
    }

    fn effect_value(&mut self, here: Route<'_>, node: &Node<'_>) -> Option<Effect> {
        let effect = match node.value.as_string().map(|text| &**text) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            Some(text) => {
                self.bad_effect(here, &node.span, text);
                return None;
            }
            None => {
                self.not_a_string(here, node, EFFECTS);
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
        Some(effect)
    }

    fn bad_effect(&mut self, here: Route<'_>, span: &Range<usize>, text: &str) {
        if self.variables && text.contains("${") {
            self.misplaced_variable(here, span, "an `Effect`");
            return;
        }
        self.sink.report(codes::BAD_EFFECT, here, span, || {
            let near = ["Allow", "Deny"].into_iter().find(|effect| effect.eq_ignore_ascii_case(text.trim()));
            Wording::new(format!("unknown effect {}", quoted(text)))
                .expected(EFFECTS)
                .maybe_help(near.map(|effect| format!("write it as `{effect}`: effects are case-sensitive")))
                .maybe_fix(near.map(|effect| Fix::string(span.clone(), effect)))
        });
    }

    fn action_element(
        &mut self,
        route: Route<'_>,
        elements: Elements<'_, '_>,
        effect: Option<Effect>,
    ) -> Option<ActionElement> {
        const EXPECTED: &str = "an action such as `s3:GetObject`";
        let (member, texts) =
            self.either(route, elements, "Action", "NotAction", ACTION_FAULTS, |walker, here, node| {
                walker.strings(here, node, EXPECTED, Self::check_action)
            })?;
        let negated = member.name == "NotAction";
        if negated && effect == Some(Effect::Allow) {
            self.legacy(codes::LEGACY_NOT_ACTION, route.key("NotAction"), member, "`NotAction` with `Allow`");
        }
        Some(ActionElement { negated, patterns: texts?.into_iter().map(ActionPattern::new).collect() })
    }

    fn resource_element(
        &mut self,
        route: Route<'_>,
        elements: Elements<'_, '_>,
        effect: Option<Effect>,
    ) -> Option<ResourceElement> {
        const EXPECTED: &str = "`*` or an ARN";
        let (member, texts) =
            self.either(route, elements, "Resource", "NotResource", RESOURCE_FAULTS, |walker, here, node| {
                walker.strings(here, node, EXPECTED, Self::check_resource)
            })?;
        let texts = texts?;
        let negated = member.name == "NotResource";
        self.resource_in_allow(route.key(&member.name), member, negated, effect, &texts);
        Some(ResourceElement { negated, patterns: texts.into_iter().map(ResourcePattern::new).collect() })
    }

    fn condition_element(
        &mut self,
        route: Route<'_>,
        elements: Elements<'_, '_>,
        effect: Option<Effect>,
    ) -> Option<Vec<Condition>> {
        let here = route.key("Condition");
        let mut found = Vec::new();
        for member in elements.all("Condition") {
            if effect == Some(Effect::Allow) {
                self.legacy(codes::LEGACY_CONDITION, here, member, "`Condition` with `Allow`");
            }
            found.push(self.conditions(here, &member.value));
        }
        if found.is_empty() { Some(Vec::new()) } else { only(found).flatten() }
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

    /// Reads every element of two names that exclude each other, and reports none and both. `None` unless there is
    /// exactly one: with two, what AWS would take is not known (SP-3).
    fn either<'n, 't, T>(
        &mut self,
        route: Route<'_>,
        elements: Elements<'n, 't>,
        name: &'static str,
        negated: &'static str,
        (missing, both): (Code, Code),
        mut read: impl FnMut(&mut Self, Route<'_>, &Node<'t>) -> T,
    ) -> Option<(&'n Member<'t>, T)> {
        let mut found = Vec::new();
        for member in elements.members.iter().filter(|member| member.name == name || member.name == negated) {
            found.push((member, read(self, route.key(&member.name), &member.value)));
        }
        let one_of = || format!("exactly one of `{name}` and `{negated}`");
        match found.as_slice() {
            [] if elements.meant.contains(&name) || elements.meant.contains(&negated) => {}
            [] => self.sink.report(missing, route, elements.brace, || {
                Wording::new(format!("the statement has neither `{name}` nor `{negated}`")).expected(one_of())
            }),
            [(first, _), rest @ ..] => {
                if let Some((other, _)) = rest.iter().find(|(member, _)| member.name != first.name) {
                    self.sink.report(both, route.key(&other.name), &other.name_span, || {
                        Wording::new(format!("the statement has both `{name}` and `{negated}`")).expected(one_of())
                    });
                }
            }
        }
        only(found)
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
    fn principal(&mut self, route: Route<'_>, elements: Elements<'_, '_>) -> bool {
        const EXPECTED: &str = "`\"Principal\": \"*\"`";
        let Some(member) = elements.all("Principal").next() else {
            self.sink.report(codes::RCP_MISSING_PRINCIPAL, route, elements.brace, || {
                Wording::new("the statement has no `Principal`").expected(EXPECTED)
            });
            return false;
        };
        let is_any = member.value.value.as_string().is_some_and(|text| text == "*");
        if !is_any && member.value.value != Value::Broken {
            self.sink.report(codes::RCP_PRINCIPAL, route.key("Principal"), &member.value.span, || {
                Wording::new("the `Principal` of an RCP must be exactly `*`")
                    .expected(EXPECTED)
                    .help("restrict principals with a condition")
            });
        }
        is_any
    }

    /// Reports what the SCP language did not have before 2025-09-19, if asked to.
    pub(super) fn legacy(&mut self, code: Code, here: Route<'_>, member: &Member<'_>, what: &str) {
        if self.options.legacy_scp_language && self.is_scp() {
            self.sink.report(code, here, &member.name_span, || {
                Wording::new(format!("{what} is not in the SCP language before 2025-09-19"))
            });
        }
    }
}
