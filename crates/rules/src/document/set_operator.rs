//! Set operators on keys of services that have one value at most (SET-12). Of global keys the parser tells.

use scproof_catalog::ConditionKey;
use scproof_policy_parser::{BaseOperator, SetPrefix};

use super::Subject;
use super::names::quoted;
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "set-operator-on-single-value",
    risk: Risk::High,
    looks_at: &[LooksAt::Document, LooksAt::Organization],
    title: "A set operator on a key with a single value",
    text: "`ForAllValues:` on a key that has one value at most also holds where the key is absent. An Allow \
        then lets calls pass that do not send the key at all, a Deny blocks them. `ForAnyValue:` has no use \
        on such a key.",
    remedy: "delete the prefix",
    risk_note: " in an Allow, *medium* in a Deny, with a witness in an audit; otherwise *low*",
    evidence: "",
    found_if: "a global key, or by AWS's tables that of a service, has one value; names in the plural are left out, since \
        tables give some of them the wrong type. The *witness* is a call without the key that the statement allows or \
        denies, and that no other Allow of the level lets pass. A negated operator and `IfExists` hold for an absent key \
        in any case.",
    semantics: &["SET-12"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for condition in subject.statement.condition.iter().flatten() {
        let Some(operator) = condition.operator.filter(|operator| operator.base != BaseOperator::Null) else {
            continue;
        };
        let (Some(set), Some(key)) = (operator.set, subject.catalog.condition_key(&condition.key)) else { continue };
        if key.is_global() || !has_one_value(key) {
            continue;
        }
        let message =
            format!("`{}:` has no use on {}, which has one value at most", set.as_str(), quoted(&condition.key));
        let mut one = subject.found(&RULE, Risk::Low, subject.condition_path(condition), message);
        let reason = match set {
            SetPrefix::ForAllValues => "the condition also holds where the key is absent",
            SetPrefix::ForAnyValue => "the prefix is for keys with several values",
        };
        reason.clone_into(&mut one.reason);
        one.depends_on_catalog = true;
        found.push(one);
    }
}

/// Whether a key of a service has one value at most. The tables call some lists text, and keys of identity providers.
fn has_one_value(key: ConditionKey<'_>) -> bool {
    let (prefix, name) = key.name().split_once(':').unwrap_or_default();
    !key.is_multivalued() && !name.ends_with('s') && !prefix.contains('.') && prefix != "saml"
}
