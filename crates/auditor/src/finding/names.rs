//! Actions and condition keys that the catalog does not know: slips of spelling, mostly (DOC-21, DOC-32).

use rustc_hash::FxHashMap;
use scproof_catalog::Catalog;
use scproof_organization::PolicyIndex;
use scproof_policy_parser::{ActionShape, Effect, Statement, WildcardPattern};

use super::index::{Draft, Index, quoted};
use crate::model::{Finding, Severity};

/// How many names are suggested.
const NEAR: usize = 3;

/// What the catalog says about an action or a pattern.
#[derive(Clone)]
enum Known {
    Yes,
    /// The service prefix is not in the catalog; prefixes near to it.
    NoService(Vec<String>),
    /// The service has no such action; actions near to it.
    NoAction(Vec<String>),
    /// The pattern matches no action of the service.
    NoMatch,
}

pub(super) fn findings(index: &Index<'_>) -> Vec<Finding> {
    let mut memory: FxHashMap<&str, Known> = FxHashMap::default();
    let mut near_keys: FxHashMap<&str, Vec<String>> = FxHashMap::default();
    let mut findings = Vec::new();
    for (id, policy) in index.policies().filter(|(_, policy)| !policy.aws_managed) {
        for (number, statement) in policy.document.statements.iter().enumerate() {
            let patterns = statement.action.iter().flat_map(|element| element.patterns.iter().enumerate());
            for (element, pattern) in patterns {
                let ActionShape::Named { prefix, name } = pattern.shape() else { continue };
                if prefix.is_empty() || name.is_empty() || !is_plain(prefix) || !is_plain(name) {
                    continue;
                }
                let known =
                    memory.entry(&pattern.text).or_insert_with(|| look_up(index.catalog, &pattern.text, prefix, name));
                findings.extend(action(index, id, (number, statement), (element, &pattern.text), known));
            }
            findings.extend(keys(index, id, number, statement, &mut near_keys));
        }
    }
    findings
}

/// What else the parser reports.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'*' | b'?'))
}

fn look_up(catalog: &Catalog, text: &str, prefix: &str, name: &str) -> Known {
    let is_pattern = name.contains(['*', '?']);
    let full_names = |text: &str| -> Vec<String> {
        catalog.nearest_actions(text, NEAR).into_iter().map(|id| catalog.action(id).full_name()).collect()
    };
    let Some(service) = catalog.service(prefix) else {
        let near = if is_pattern {
            let services = catalog.nearest_services(prefix, NEAR);
            services.into_iter().map(|id| catalog.service_prefix(id).to_owned()).collect()
        } else {
            full_names(text)
        };
        return Known::NoService(near);
    };
    if !is_pattern {
        return if catalog.find_action(text).is_some() { Known::Yes } else { Known::NoAction(full_names(text)) };
    }
    let name = name.to_ascii_lowercase();
    let start = name.split(['*', '?']).next().unwrap_or_default();
    let pattern = WildcardPattern::flat(&name);
    let mut actions = catalog.actions_with_name_prefix(service, start).iter();
    if actions.any(|id| pattern.is_match(catalog.action(id).lower_name())) { Known::Yes } else { Known::NoMatch }
}

fn action(
    index: &Index<'_>,
    policy: PolicyIndex,
    (number, statement): (usize, &Statement),
    (element, text): (usize, &str),
    known: &Known,
) -> Option<Finding> {
    let negated = statement.action.as_ref().is_some_and(|element| element.negated);
    let (code, message, near) = match known {
        Known::Yes => return None,
        Known::NoService(near) => {
            let prefix = text.split(':').next().unwrap_or_default();
            let code = if text.contains(['*', '?']) { "pattern-matches-no-action" } else { "unknown-action" };
            (
                code,
                format!("{} names no known action: no service has the prefix {}", quoted(text), quoted(prefix)),
                near.as_slice(),
            )
        }
        Known::NoAction(near) => ("unknown-action", format!("{} is no known action", quoted(text)), near.as_slice()),
        Known::NoMatch => ("pattern-matches-no-action", format!("{} matches no known action", quoted(text)), &[][..]),
    };
    // A name that is near to one is a slip. An action without such a name may be new, or of the past.
    let slip = !near.is_empty() || matches!(known, Known::NoMatch);
    let severity = if slip { Severity::Medium } else { Severity::Low };
    let reason = match (statement.effect, negated) {
        (Some(Effect::Deny), false) => {
            "a Deny of an action that does not exist blocks nothing; what was meant is not blocked here"
        }
        (Some(Effect::Deny), true) => {
            "an exception of an action that does not exist excepts nothing; what was meant is denied"
        }
        (_, false) => "an Allow of an action that does not exist lets nothing pass; what was meant is not allowed here",
        (_, true) => "an exception of an action that does not exist excepts nothing; what was meant is allowed here",
    };
    let list = index.statement_path(policy, number).key(if negated { "NotAction" } else { "Action" });
    let path = index.element_path(policy, &list, element);
    let draft = Draft::new(code, key(index, policy, number, &path), severity, message)
        .why(reason, remedy(near, "delete it, or check its spelling in AWS's Service Authorization Reference"))
        .rule("DOC-21")
        .place(index.place_at(policy, number, &path))
        .depends_on_catalog();
    draft.of_policy(index)
}

/// Condition keys that neither the catalog nor the table of global keys has.
fn keys<'a>(
    index: &Index<'_>,
    policy: PolicyIndex,
    number: usize,
    statement: &'a Statement,
    memory: &mut FxHashMap<&'a str, Vec<String>>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for condition in statement.condition.iter().flatten() {
        let name = condition.key.as_str();
        let is_key = name.trim() == name
            && !name.contains("${")
            && name.split_once(':').is_some_and(|(prefix, name)| !prefix.is_empty() && !name.is_empty());
        if !is_key || index.catalog.condition_key(name).is_some() || is_bare_tag_family(name) {
            continue;
        }
        let near = memory.entry(name).or_insert_with(|| {
            index.catalog.nearest_condition_keys(name, NEAR).into_iter().map(|key| key.name().to_owned()).collect()
        });
        let severity = if near.is_empty() { Severity::Low } else { Severity::Medium };
        let path =
            index.statement_path(policy, number).key("Condition").key(condition.operator_text.as_str()).key(name);
        let draft = Draft::new(
            "unknown-condition-key",
            key(index, policy, number, &path),
            severity,
            format!("{} is no known condition key", quoted(name)),
        )
        .why(
            "AWS accepts any key; one that does not exist is in no request, so that the condition always or never holds",
            remedy(near, "check its spelling in AWS's Service Authorization Reference"),
        )
        .rule("DOC-32")
        .place(index.place_at(policy, number, &path))
        .depends_on_catalog();
        findings.extend(draft.of_policy(index));
    }
    findings
}

/// `aws:PrincipalTag` without a tag's key, which the parser reports (DOC-31).
fn is_bare_tag_family(name: &str) -> bool {
    let bare = name.strip_suffix('/').unwrap_or(name);
    ["aws:PrincipalTag", "aws:RequestTag", "aws:ResourceTag"].iter().any(|family| family.eq_ignore_ascii_case(bare))
}

fn key(index: &Index<'_>, policy: PolicyIndex, number: usize, path: &scproof_policy_parser::PolicyPath) -> String {
    super::texts::key(index.organization.policy(policy), Some(number), path)
}

fn remedy(near: &[String], otherwise: &str) -> String {
    match near {
        [] => otherwise.to_owned(),
        names => {
            let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
            format!("did you mean {}?", names.join(" or "))
        }
    }
}
