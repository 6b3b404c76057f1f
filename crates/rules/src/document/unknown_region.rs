//! Regions that AWS does not have, in conditions on `aws:RequestedRegion`.

use scproof_catalog::{is_region, nearest_regions};
use scproof_policy_parser::{BaseOperator, OperatorFamily};

use super::Subject;
use super::names::quoted;
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "unknown-region",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Document],
    title: "A Region that AWS does not have",
    text: "A condition on `aws:RequestedRegion` names a Region that is none: no call has it. What was to be excepted is \
        denied, or what was to be denied is not.",
    remedy: "write the code of the Region, such as `eu-west-1`",
    risk_note: "",
    evidence: "snapshot, depends on the catalog",
    found_if: "the text is near to the code of a Region, or has not the form of one: a Region may be newer than the list.",
    semantics: &["CTX-50"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for condition in subject.statement.condition.iter().flatten() {
        let (Some(operator), Some(values)) = (condition.operator, &condition.values) else { continue };
        let compares_texts = operator.base.family() == OperatorFamily::String;
        if !compares_texts || !condition.key.eq_ignore_ascii_case("aws:RequestedRegion") {
            continue;
        }
        let ignores_case =
            matches!(operator.base, BaseOperator::StringEqualsIgnoreCase | BaseOperator::StringNotEqualsIgnoreCase);
        for (place, value) in values.iter().enumerate() {
            let text = value.text.as_str();
            let folded = text.to_ascii_lowercase();
            let is_known = is_region(text) || (ignores_case && is_region(&folded));
            // Wildcards have rules of their own, and a Region may be newer than the list.
            if is_known || text.contains(['*', '?', '$', '<', '[', '{']) || text == "unspecified" {
                continue;
            }
            let near = nearest_regions(&folded);
            if near.is_empty() && has_form(text) {
                continue;
            }
            let path = subject.condition_path(condition).index(place);
            let mut one = subject.found(&RULE, RULE.risk, path, format!("{} is no Region", quoted(text)));
            if !near.is_empty() {
                let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
                one.remedy = format!("did you mean {}?", near.join(" or "));
            }
            one.depends_on_catalog = true;
            one.cause = Some(text.to_owned());
            found.push(one);
        }
    }
}

/// Whether a text has the form of a Region's code: letters, words, a number.
fn has_form(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, middle @ .., last] = parts.as_slice() else { return false };
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    is_word(first) && !middle.is_empty() && middle.iter().all(is_word) && last.len() == 1 && last.parse::<u8>().is_ok()
}
