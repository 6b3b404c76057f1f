//! `Action` and `NotAction` (A.2, C.2).

use scproof_policy_parser::ActionElement;

use super::glob::{flat_any_case, is_only_stars, matches};
use super::readings::{Readings, Settler};
use super::value::Value;

/// ACT-4, DOC-26: whether the element covers an action `prefix:Name`.
pub(crate) fn element_matches(element: &ActionElement, action: &str, settler: &Settler) -> Value {
    if element.patterns.is_empty() {
        return empty_list(element.negated, settler);
    }
    let patterns = element.patterns.iter();
    Value::any(patterns.map(|pattern| settler.settle(|readings| pattern_matches(&pattern.text, action, readings))))
        .negate_if(element.negated)
}

/// DOC-26: an empty list never matches; an empty `Not…` list matches everything (preferred), or the statement has no
/// effect.
pub(crate) fn empty_list(negated: bool, settler: &Settler) -> Value {
    settler.settle(|readings| Value::certain(negated && readings.preferred("DOC-26")))
}

/// ACT-2, ACT-3, DOC-18 to DOC-20, CLR-13, SP-27.
fn pattern_matches(pattern: &str, action: &str, readings: &Readings) -> Value {
    if pattern.matches(':').count() > 1 {
        // CLR-13: nothing (preferred), or anything.
        return if readings.preferred("CLR-13") { Value::certain(false) } else { Value::unknown_rule("CLR-13") };
    }
    if !pattern.contains(char::is_whitespace) {
        return Value::certain(unspaced_matches(pattern, action, readings));
    }
    // DOC-20: nothing (preferred), or the text trimmed around the colon and at its ends.
    let trimmed = match pattern.split_once(':') {
        None => pattern.trim().to_owned(),
        Some((prefix, _)) if prefix.contains(['*', '?']) => return Value::certain(false),
        Some((prefix, name)) => format!("{}:{}", prefix.trim(), name.trim()),
    };
    Value::certain(!readings.preferred("DOC-20") && unspaced_matches(&trimmed, action, readings))
}

fn unspaced_matches(pattern: &str, action: &str, readings: &Readings) -> bool {
    // CALL-18: `*:*` is every action too.
    if pattern == "*" || pattern == "*:*" {
        return true;
    }
    if is_only_stars(pattern) {
        // DOC-19: `*` (preferred), or nothing.
        return readings.preferred("DOC-19");
    }
    let (Some((prefix, name)), Some((service, operation))) = (pattern.split_once(':'), action.split_once(':')) else {
        // DOC-19: no colon matches nothing.
        return false;
    };
    if prefix.contains(['*', '?']) && !readings.preferred("DOC-19") {
        // DOC-19: a glob on the prefix (preferred), or nothing.
        return false;
    }
    matches(&flat_any_case(prefix), service, readings) && matches(&flat_any_case(name), operation, readings)
}

#[cfg(test)]
mod tests {
    use scproof_evaluator::Truth;
    use scproof_policy_parser::ActionPattern;

    use super::*;

    fn truth(pattern: &str, action: &str) -> Truth {
        listed(false, &[pattern], action).truth
    }

    fn listed(negated: bool, patterns: &[&str], action: &str) -> Value {
        let patterns = patterns.iter().map(|text| ActionPattern { text: (*text).to_owned() }).collect();
        element_matches(&ActionElement { negated, patterns }, action, &Settler::new(false))
    }

    #[test]
    fn act_3_ignores_case_and_is_anchored() {
        for (pattern, action, expected) in [
            ("S3:getobject", "s3:GetObject", Truth::True),
            ("s3:Get", "s3:GetObject", Truth::False),
            ("s3:GetObjec?", "s3:GetObject", Truth::True),
            ("s3:GetObjec?", "s3:GetObjectAcl", Truth::False),
            ("s3:GetObjec?", "s3:GetObjec", Truth::False),
            ("iam:*AccessKey*", "iam:createaccesskeyx", Truth::True),
            ("ec2:Desc.ibe*", "ec2:DescribeVpcs", Truth::False),
            ("*", "a:B", Truth::True),
            ("s3:*", "s3x:Get", Truth::False),
        ] {
            assert_eq!(truth(pattern, action), expected, "{pattern} {action}");
        }
    }

    #[test]
    fn doc_19_wildcard_prefixes_are_unsure_only_where_they_would_match() {
        for (pattern, expected) in [
            ("**", Truth::Unknown),
            ("*:**", Truth::Unknown),
            ("s*:Get*", Truth::Unknown),
            ("e*:Get*", Truth::False),
            ("s3*", Truth::False),
            (":GetObject", Truth::False),
        ] {
            assert_eq!(truth(pattern, "s3:GetObject"), expected, "{pattern}");
        }
    }

    #[test]
    fn call_18_every_service_and_every_name() {
        assert_eq!(truth("*:*", "s3:GetObject"), Truth::True);
        assert_eq!(truth("*:*", "new-service:DoIt"), Truth::True);
    }

    #[test]
    fn doc_20_sp_27_white_space() {
        for (pattern, expected) in [
            ("s3: Get*", Truth::Unknown),
            ("s3:GetObject ", Truth::Unknown),
            (" * ", Truth::Unknown),
            ("s3: Put*", Truth::False),
            ("s3:", Truth::False),
            ("s3:Get Object", Truth::False),
            ("s*: Get*", Truth::False),
        ] {
            assert_eq!(truth(pattern, "s3:GetObject"), expected, "{pattern}");
        }
    }

    #[test]
    fn clr_13_several_colons_are_open() {
        assert_eq!(listed(false, &["a:b:c"], "s3:GetObject"), Value::unknown_rule("CLR-13"));
        assert_eq!(listed(true, &["a:b:c", "s3:*"], "s3:GetObject"), Value::certain(false));
    }

    #[test]
    fn act_4_not_action_is_the_negation_of_the_union() {
        assert_eq!(listed(true, &["iam:*", "s3:*"], "s3:GetObject"), Value::certain(false));
        assert_eq!(listed(true, &["iam:*", "s3:*"], "ec2:RunInstances"), Value::certain(true));
    }

    #[test]
    fn doc_26_empty_lists() {
        assert_eq!(listed(false, &[], "s3:GetObject"), Value::certain(false));
        assert_eq!(listed(true, &[], "s3:GetObject"), Value::unknown_rule("DOC-26"));
    }
}
