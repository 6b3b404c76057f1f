//! Condition keys that neither the catalog nor the table of global keys has (DOC-32).

use scproof_text::PartChange;

use super::Subject;
use super::names::{self, quoted};
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "unknown-condition-key",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Document],
    title: "A condition key that AWS does not list",
    text: "Neither the table of global keys nor the catalog has the condition key. AWS accepts any key; one that does not \
        exist is in no request, so that the condition always or never holds.",
    remedy: "correct the spelling",
    risk_note: " if a known key has nearly the same name, or the condition is the only one of a Deny, else *low*",
    evidence: "snapshot, depends on the catalog",
    found_if: "",
    semantics: &["DOC-32"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for condition in subject.statement.condition.iter().flatten() {
        let name = condition.key.as_str();
        let is_key = name.trim() == name
            && !name.contains("${")
            && name.split_once(':').is_some_and(|(prefix, name)| !prefix.is_empty() && !name.is_empty());
        // Keys of an identity provider are named after its address, which can be any (`accounts.example.com:sub`).
        let is_of_provider = name.split(':').next().is_some_and(|prefix| {
            prefix.contains('.') && prefix.chars().all(|it| it.is_ascii_alphanumeric() || "-._/".contains(it))
        });
        if !is_key || is_of_provider || subject.catalog.condition_key(name).is_some() || is_bare_tag_family(name) {
            continue;
        }
        let near = subject.names.keys_near(subject.catalog, name);
        let message = format!("{} is no known condition key", quoted(name));
        let otherwise = "check its spelling in AWS's Service Authorization Reference";
        let mut one = names::finding(subject, &RULE, subject.condition_path(condition), message, (&near, otherwise));
        // A Deny that asks for nothing else rests on the name.
        let is_all =
            subject.deny().is_some_and(|statement| statement.condition.as_ref().is_some_and(|all| all.len() == 1));
        if near.is_empty() && !is_all {
            one.risk = Risk::Low;
        }
        "AWS accepts any key; one that does not exist is in no request, so that the condition always or never holds"
            .clone_into(&mut one.reason);
        // White space alone has one meaning; what has another name may be any of those near to it.
        let meant: String = name.split_whitespace().collect();
        if subject.catalog.condition_key(&meant).is_some() {
            one.remedy = format!("did you mean {}?", quoted(&meant));
            let change = PartChange::Name(one.path.clone(), meant.clone());
            one.fix = Some((format!("write {}", quoted(&meant)), vec![change]));
        }
        one.cause = Some(name.to_ascii_lowercase());
        found.push(one);
    }
}

/// `aws:PrincipalTag` without a tag's key, which the parser reports (DOC-31).
fn is_bare_tag_family(name: &str) -> bool {
    let bare = name.strip_suffix('/').unwrap_or(name);
    ["aws:PrincipalTag", "aws:RequestTag", "aws:ResourceTag"].iter().any(|family| family.eq_ignore_ascii_case(bare))
}
