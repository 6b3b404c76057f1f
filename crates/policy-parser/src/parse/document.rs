//! The policy level: `Version`, `Id`, `Statement`.

use std::collections::BTreeMap;

use scproof_text::{Fix, Member, Node, Route, Value, Wording, did_you_mean, is_blank, nearest, quoted};

use super::{Walker, other};
use crate::codes;
use crate::document::{PolicyDocument, PolicyKind, Statement, Version};

const ELEMENTS: [&str; 3] = ["Version", "Id", "Statement"];

impl Walker<'_> {
    /// Reads the top-level value.
    pub(super) fn document(&mut self, text: &str, root: &Node<'_>) -> PolicyDocument {
        let route = Route::Root;
        let Value::Object(members) = &root.value else {
            if root.value != Value::Broken {
                self.sink.report(codes::NOT_AN_OBJECT, route, &root.span, || {
                    Wording::new(format!("the document is {}", root.value.type_name())).expected("a JSON object")
                });
            }
            return PolicyDocument::without_meaning(self.kind);
        };
        let is_named = meant(members, &ELEMENTS).contains(&"Statement") || member(members, "Statement").is_some();
        if !is_named && let Some(found) = other::of_members(members) {
            self.report_other(found, &(root.span.start..root.span.start + 1));
            return PolicyDocument::without_meaning(self.kind);
        }
        if self.is_scp()
            && let Some(statements) = member(members, "Statement")
            && let Some(found) = other::of_statements(&statements.value)
        {
            self.report_other(found, &(root.span.start..root.span.start + 1));
            self.is_other = true;
        }
        let mut without_meaning = self.policy_level_names(route, members);

        let version_member = member(members, "Version");
        let version = match version_member {
            None => Version::Missing,
            Some(member) => version_of(text, &member.value),
        };
        if version_member.is_some() || !meant(members, &ELEMENTS).contains(&"Version") {
            self.check_version(route, root, version_member, &version);
        }
        without_meaning |= matches!(version, Version::Other(_));
        self.variables = version.has_variables();
        let id = member(members, "Id").and_then(|member| self.id(route, member));
        self.full_access = self.kind == PolicyKind::ResourceControl && is_full_access(members);

        let mut document = PolicyDocument { kind: self.kind, version, id, ..PolicyDocument::default() };
        let mut statements = members.iter().filter(|member| member.name == "Statement");
        let meant = meant(members, &ELEMENTS);
        let Some(first) = statements.next() else {
            if !meant.contains(&"Statement") {
                self.sink.report(codes::MISSING_STATEMENT, route, &(root.span.start..root.span.start + 1), || {
                    Wording::new("the document has no `Statement`").expected("a `Statement` object or a list of them")
                });
            }
            return PolicyDocument {
                id: document.id,
                version: document.version,
                ..PolicyDocument::without_meaning(self.kind)
            };
        };
        let mut is_repeated = false;
        (document.statements, document.single_statement) = self.statements(route, first);
        for again in statements {
            is_repeated = true;
            drop(self.statements(route, again));
        }
        if is_repeated || !matches!(first.value.value, Value::Object(_) | Value::Array(_)) {
            (document.statements, document.single_statement) = (vec![Statement::without_meaning()], true);
        }
        if without_meaning {
            for statement in &mut document.statements {
                statement.without_meaning = true;
                forget_variables(statement);
            }
        }
        document
    }

    /// Reports unknown and repeated names; whether they take the meaning of the whole document (SP-2).
    fn policy_level_names(&mut self, route: Route<'_>, members: &[Member<'_>]) -> bool {
        let mut spoilt = false;
        let mut seen: Vec<&str> = Vec::new();
        for member in members {
            let name = &*member.name;
            if !ELEMENTS.contains(&name) {
                spoilt = true;
                self.unknown_element(route, (member, members), &ELEMENTS, "policy");
            } else if seen.contains(&name) {
                spoilt |= name != "Statement";
                self.duplicate_name(route, member);
            } else {
                seen.push(name);
            }
        }
        spoilt
    }

    /// Reports an element that does not exist at its level.
    pub(super) fn unknown_element(
        &mut self,
        route: Route<'_>,
        (member, members): (&Member<'_>, &[Member<'_>]),
        known: &[&'static str],
        level: &str,
    ) {
        let name = &*member.name;
        self.sink.report(codes::UNKNOWN_ELEMENT, route.key(name), &member.name_span, || {
            let near = known.iter().copied().find(|element| element.eq_ignore_ascii_case(name));
            let help = match near {
                Some(element) => Some(format!("write it as `{element}`: element names are case-sensitive")),
                None => did_you_mean(name, known.iter().copied()),
            };
            Wording::new(format!("unknown {level} element {}", quoted(name)))
                .expected(format!("one of `{}`", known.join("`, `")))
                .maybe_help(help)
                .maybe_fix(only_meaning(member, members, known).map(|it| Fix::string(member.name_span.clone(), it)))
        });
    }

    /// Reports a name that occurs a second time.
    pub(super) fn duplicate_name(&mut self, route: Route<'_>, member: &Member<'_>) {
        self.sink.report(codes::DUPLICATE_NAME, route.key(&member.name), &member.name_span, || {
            Wording::new(format!("{} occurs twice in the same object", quoted(&member.name)))
                .help("merge the two, or delete one")
        });
    }

    /// Reports a value that should be a string.
    pub(super) fn not_a_string(&mut self, route: Route<'_>, node: &Node<'_>, expected: &str) {
        if node.value != Value::Broken {
            self.sink.report(codes::NOT_A_STRING, route, &node.span, || {
                Wording::new(format!("{} stands where a string is required", node.value.type_name())).expected(expected)
            });
        }
    }

    fn check_version(&mut self, route: Route<'_>, root: &Node<'_>, member: Option<&Member<'_>>, version: &Version) {
        const EXPECTED: &str = "`2012-10-17`";
        let place = member.map_or(root.span.start..root.span.start + 1, |member| member.value.span.clone());
        let here = if member.is_some() { route.key("Version") } else { route };
        if self.kind == PolicyKind::ResourceControl && matches!(version, Version::Missing | Version::V2008) {
            self.sink.report(codes::RCP_VERSION, here, &place, || {
                Wording::new("an RCP must have the version `2012-10-17`").expected(EXPECTED)
            });
            return;
        }
        let text = self.text;
        match (version, member) {
            (Version::Missing, _) => self.sink.report(codes::MISSING_VERSION, here, &place, || {
                Wording::new("the document has no `Version`, which means `2008-10-17`")
                    .expected(EXPECTED)
                    .help("add `\"Version\": \"2012-10-17\"`; without it policy variables are plain text")
                    .maybe_fix(with_version(text, root))
            }),
            (Version::V2008, _) => self.sink.report(codes::OLD_VERSION, here, &place, || {
                // Without variables both versions say the same.
                let fix = (!text.contains("${")).then(|| Fix::string(place.clone(), "2012-10-17"));
                Wording::new("the version `2008-10-17` turns policy variables into plain text")
                    .expected(EXPECTED)
                    .maybe_fix(fix)
            }),
            (Version::Other(_), Some(member)) => match member.value.value.as_string() {
                Some(text) => self.sink.report(codes::UNKNOWN_VERSION, here, &place, || {
                    Wording::new(format!("unknown version {}", quoted(text)))
                        .expected(EXPECTED)
                        .help("the version names the policy language, not the date of the policy")
                }),
                None => self.not_a_string(here, &member.value, EXPECTED),
            },
            (Version::Other(_), None) | (Version::V2012, _) => {}
        }
    }

    fn id(&mut self, route: Route<'_>, member: &Member<'_>) -> Option<String> {
        let here = route.key("Id");
        self.sink.report(codes::ID_ELEMENT, here, &member.name_span, || {
            Wording::new("`Id` has no meaning in this kind of policy").help("delete it; `Sid` names a statement")
        });
        let id = member.value.value.as_string();
        if id.is_none() {
            self.not_a_string(here, &member.value, "a string");
        }
        id.map(|id| id.clone().into_owned())
    }

    /// Reads the value of `Statement`: the statements, and whether it is a bare object.
    fn statements(&mut self, route: Route<'_>, member: &Member<'_>) -> (Vec<Statement>, bool) {
        let here = route.key("Statement");
        let node = &member.value;
        let mut sids = BTreeMap::new();
        let Some(elements) = node.value.as_array() else {
            return (vec![self.statement(here, node, &mut sids, 0)], true);
        };
        if elements.is_empty() {
            self.sink.report(codes::EMPTY_STATEMENT_LIST, here, &node.span, || {
                Wording::new("the `Statement` list is empty").expected("at least one statement")
            });
        }
        let statements = elements.iter().enumerate();
        (
            statements.map(|(index, element)| self.statement(here.index(index), element, &mut sids, index)).collect(),
            false,
        )
    }
}

/// The one known name that an unknown one can be: no other is near, and no member takes its place already.
fn only_meaning(member: &Member<'_>, members: &[Member<'_>], known: &[&'static str]) -> Option<&'static str> {
    let is_meant = |member: &Member<'_>, name: &str| nearest(&member.name, [name]).is_some();
    let mut near = known.iter().copied().filter(|name| is_meant(member, name));
    let (Some(only), None) = (near.next(), near.next()) else { return None };
    // `Action` and `NotAction` take the same place.
    let place = |name: &str| name.strip_prefix("Not").unwrap_or(name).to_owned();
    let is_taken = |other: &Member<'_>| {
        other.name_span != member.name_span
            && (place(&other.name) == place(only) || (!known.contains(&&*other.name) && is_meant(other, only)))
    };
    (!members.iter().any(is_taken)).then_some(only)
}

/// The known names that unknown ones are nearly.
pub(super) fn meant(members: &[Member<'_>], known: &[&'static str]) -> Vec<&'static str> {
    let unknown = members.iter().filter(|member| !known.contains(&&*member.name));
    unknown.filter_map(|member| nearest(&member.name, known.iter().copied())).collect()
}

/// The version before the first member, if that changes nothing that the document says: without variables both
/// versions say the same.
fn with_version(text: &str, root: &Node<'_>) -> Option<Fix> {
    let Value::Object(members) = &root.value else { return None };
    let (first, start) = (members.first()?, root.span.start + 1);
    if text.contains("${") || members.iter().any(|member| nearest(&member.name, ["Version"]).is_some()) {
        return None;
    }
    let space = text.get(start..first.name_span.start).filter(|space| is_blank(space))?;
    // As the first member is written.
    let colon = text.get(first.name_span.end..first.value.span.start)?.trim_start();
    let separator = if space.is_empty() && colon != ":" { " " } else { "" };
    let version = format!("{space}\"Version\"{colon}\"2012-10-17\",{separator}");
    Some(Fix::new("add `\"Version\": \"2012-10-17\"`", start..start, version))
}

/// The first member of a name.
pub(super) fn member<'n, 't>(members: &'n [Member<'t>], name: &str) -> Option<&'n Member<'t>> {
    members.iter().find(|member| member.name == name)
}

fn version_of(text: &str, node: &Node<'_>) -> Version {
    match node.value.as_string().map(|text| &**text) {
        Some("2012-10-17") => Version::V2012,
        Some("2008-10-17") => Version::V2008,
        Some(other) => Version::Other(other.to_owned()),
        None => Version::Other(text.get(node.span.clone()).unwrap_or_default().to_owned()),
    }
}

/// With the language version in doubt, `${` may be a variable or plain text: a part that holds one says nothing
/// certain.
fn forget_variables(statement: &mut Statement) {
    statement.resource.take_if(|element| element.patterns.iter().any(|pattern| pattern.text.contains("${")));
    for condition in statement.condition.iter_mut().flatten() {
        condition.values.take_if(|values| values.iter().any(|value| value.text.contains("${")));
    }
}

/// Whether the members say what AWS's own `RCPFullAWSAccess` says (RCP-3).
fn is_full_access(members: &[Member<'_>]) -> bool {
    let Some(statement) = member(members, "Statement").map(|member| &member.value) else { return false };
    let only = |node: &'_ Node<'_>| node.value.as_array().is_none_or(|elements| elements.len() == 1);
    let statement = match statement.value.as_array() {
        Some([only]) => only,
        Some(_) => return false,
        None => statement,
    };
    let Value::Object(members) = &statement.value else { return false };
    let says = |name, text: &str| {
        member(members, name).is_some_and(|member| {
            let route = Route::Root;
            only(&member.value)
                && member.value.items(&route).all(|(_, item)| item.value.as_string().is_some_and(|item| item == text))
        })
    };
    let expected = [("Effect", "Allow"), ("Principal", "*"), ("Action", "*"), ("Resource", "*")];
    expected.iter().all(|(name, text)| says(name, text))
        && members.iter().all(|member| member.name == "Sid" || expected.iter().any(|(name, _)| member.name == *name))
}
