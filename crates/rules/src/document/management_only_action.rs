//! Actions that only the management account may call, which no SCP restricts (EXM-4).

use scproof_policy_parser::Effect;

use super::{Subject, named};
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

/// Operations of AWS Organizations that only the management account can call, lower case: its API reference says so of
/// each, and names no delegated administrator beside it (model of the API as of the AWS SDK for Rust 1.137, read in
/// November 2026).
const MANAGEMENT_ONLY: [&str; 15] = [
    "organizations:createaccount",
    "organizations:createorganizationalunit",
    "organizations:deleteorganizationalunit",
    "organizations:deleteresourcepolicy",
    "organizations:deregisterdelegatedadministrator",
    "organizations:disableawsserviceaccess",
    "organizations:enableallfeatures",
    "organizations:enableawsserviceaccess",
    "organizations:inviteaccounttoorganization",
    "organizations:inviteorganizationtotransferresponsibility",
    "organizations:moveaccount",
    "organizations:putresourcepolicy",
    "organizations:registerdelegatedadministrator",
    "organizations:removeaccountfromorganization",
    "organizations:updateorganizationalunit",
];

pub(crate) const RULE: Rule = Rule {
    code: "management-only-action",
    risk: Risk::Low,
    looks_at: &[LooksAt::Document],
    title: "A Deny of what only the management account can do",
    text: "A Deny names an operation that AWS Organizations lets only the management account call. Member accounts cannot \
        call it whatever SCPs say, and SCPs do not restrict the management account: the Deny changes nothing, and readers \
        take it for a control.",
    remedy: "delete it; restrict who may do this by policies in the management account",
    risk_note: "",
    evidence: "snapshot",
    found_if: "a Deny names such an operation without wildcards. Operations that delegated administrators can call, too, \
        are left out.",
    semantics: &["EXM-4", "EXM-5"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let Some(element) = &subject.statement.action else { return };
    if subject.statement.effect != Some(Effect::Deny) || element.negated {
        return;
    }
    let such = |text: &str| MANAGEMENT_ONLY.contains(&text.to_ascii_lowercase().as_str());
    let patterns = element.patterns.iter().enumerate();
    let places: Vec<(usize, &str)> =
        patterns.map(|(place, pattern)| (place, pattern.text.as_str())).filter(|(_, text)| such(text)).collect();
    let Some((first, _)) = places.first() else { return };
    let names: Vec<&str> = places.iter().map(|(_, text)| *text).collect();
    let message = format!("only the management account can call {}, and no SCP restricts it", named(&names));
    let mut one = subject.found(&RULE, RULE.risk, subject.action_path(*first), message);
    "the Deny changes nothing, and readers take it for a control".clone_into(&mut one.reason);
    found.push(one);
}
