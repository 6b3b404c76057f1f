//! `Resource` and `NotResource` (C.3).

use scproof_evaluator::{RequestResource, Truth};
use scproof_policy_parser::ResourceElement;

use super::actions::empty_list;
use super::facts::Facts;
use super::glob::{self, Class, Unit, is_only_stars};
use super::operators::has_upper_prefix;
use super::readings::{Readings, Settler};
use super::value::{Undecided, Value};
use super::variables::{self, Part, Piece, Substituted, unknown_keys};

/// What matching a resource needs to know besides the resource.
#[derive(Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) facts: &'a Facts<'a>,
    /// VAR-3: whether the document has policy variables.
    pub(crate) has_variables: bool,
    pub(crate) settler: &'a Settler,
}

/// What is matched.
#[derive(Debug, Clone)]
pub(crate) enum Resource {
    Text(String),
    /// RES-3: the one-character text `*`.
    NotScoped,
    /// K3-6.
    Unknown,
    /// CALL-3: any ARN that is like one of these.
    Like(Vec<Vec<Unit>>),
}

impl From<&RequestResource> for Resource {
    fn from(resource: &RequestResource) -> Self {
        match resource {
            RequestResource::Arn(text) => Self::Text(text.clone()),
            RequestResource::NotScoped => Self::NotScoped,
            RequestResource::Unknown => Self::Unknown,
        }
    }
}

/// RES-10, K3-6, DOC-26: whether the element covers a resource.
pub(crate) fn element_matches(
    element: &ResourceElement,
    resource: &Resource,
    surroundings: &Surroundings<'_>,
) -> Value {
    if element.patterns.is_empty() {
        return empty_list(element.negated, surroundings.settler);
    }
    if matches!(resource, Resource::Unknown) {
        // K3-6: only a pattern that matches everything decides.
        let has_star = element.patterns.iter().any(|pattern| is_only_stars(&pattern.text));
        let value = if has_star { Value::certain(true) } else { Value::unknown(Undecided::Resource) };
        return value.negate_if(element.negated);
    }
    let settle = |pattern: &str| {
        surroundings.settler.settle(|readings| pattern_matches(pattern, resource, surroundings, readings))
    };
    Value::any(element.patterns.iter().map(|pattern| settle(&pattern.text))).negate_if(element.negated)
}

/// Whether the units match the resource; CALL-3: of any resource of a type, whether they match all, none or some.
fn relation(units: &[Unit], resource: &Resource, readings: &Readings) -> Truth {
    match resource {
        Resource::Text(text) => Truth::from(glob::matches(units, text, readings)),
        Resource::NotScoped => Truth::from(glob::matches(units, "*", readings)),
        Resource::Like(types) if types.iter().all(|one| glob::covers(units, one)) => Truth::True,
        Resource::Like(types) if types.iter().all(|one| !meets_in_order(units, one)) => Truth::False,
        Resource::Like(_) | Resource::Unknown => Truth::Unknown,
    }
}

/// Whether a pattern matches a resource of a type; SP-58: its first five components end before the first name of the
/// type begins, so no name is taken to be made to look like the end of another ARN, unless a caller writes what they
/// like (CALL-4).
fn meets_in_order(pattern: &[Unit], of_type: &[Unit]) -> bool {
    if of_type.contains(&Unit::Of(Class::Written)) {
        return !glob::are_disjoint(pattern, of_type);
    }
    let is_colon = |unit: &&Unit| **unit == Unit::Exactly(':');
    let fifth = |units: &[Unit]| -> Option<usize> {
        let places = units.iter().enumerate().filter(|(_, unit)| is_colon(unit)).map(|(place, _)| place + 1);
        places.take(5).collect::<Vec<_>>().get(4).copied()
    };
    let (Some(head), Some(name)) = (fifth(pattern), fifth(of_type)) else {
        return !glob::are_disjoint(pattern, of_type);
    };
    let fixed = of_type.iter().skip(name).take_while(|unit| matches!(unit, Unit::Exactly(_))).count() + name;
    (1..=fixed).any(|split| {
        let (Some((before, after)), Some((head, tail))) =
            (of_type.split_at_checked(split), pattern.split_at_checked(head))
        else {
            return false;
        };
        before.ends_with(&[Unit::Exactly(':')]) && !glob::are_disjoint(head, before) && !glob::are_disjoint(tail, after)
    })
}

fn pattern_matches(pattern: &str, resource: &Resource, surroundings: &Surroundings<'_>, readings: &Readings) -> Value {
    // RES-2, SP-14.
    if is_only_stars(pattern) {
        return Value::certain(true);
    }
    // RES-3: an all-wildcard text matches the one character; any other pattern has a character that does not.
    if matches!(resource, Resource::NotScoped) && pattern.chars().all(|character| matches!(character, '*' | '?')) {
        return Value::certain(glob::matches(&glob::flat(pattern), "*", readings));
    }
    // DOC-23, SP-14: fewer than six components: filled with `*` (preferred), nothing, or matched as it is.
    let colons = pattern.matches(':').count();
    let filled = format!("{pattern}{}", ":*".repeat(5_usize.saturating_sub(colons)));
    let pattern_in_force = match if colons < 5 { readings.choose("DOC-23", 3) } else { 0 } {
        0 => filled.as_str(),
        1 => return Value::certain(false),
        _ => pattern,
    };
    // CALL-19: `ARN` in capitals is no ARN (preferred), or one.
    let lower;
    let pattern_in_force = match pattern_in_force.split_at_checked(3) {
        Some((_, rest)) if has_upper_prefix(pattern_in_force) && !readings.preferred_about("CALL-19", "prefix") => {
            lower = format!("arn{rest}");
            lower.as_str()
        }
        _ => pattern_in_force,
    };
    let (head, tail) = split_after_fifth_colon(pattern_in_force);
    // VAR-13; variables before the fifth colon are literal text (CLR-5, SP-26, preferred), or variables (CALL-19).
    let Ok(mut parts) = variables::parse(tail, surroundings.has_variables, readings) else {
        return Value::unknown_rule("VAR-13");
    };
    let mut early = None;
    if colons >= 5
        && let Some((components, after)) = with_early_variables(pattern_in_force, surroundings, readings)
        && !readings.preferred_about("CALL-19", "variable")
    {
        early = Some(components);
        parts = after;
    }
    // DOC-24: a wildcard in the service or in the resource type: ordinary (preferred), or matches nothing.
    let written_tail = if colons < 5 { &[] } else { parts.as_slice() };
    let is_suspicious = has_wildcard_service(pattern) || has_wildcard_type(pattern, written_tail, surroundings);
    if is_suspicious && !readings.preferred("DOC-24") {
        return Value::certain(false);
    }
    let pieces = match variables::substitute(&parts, surroundings.facts, readings) {
        Substituted::Pieces(pieces) => pieces,
        // VAR-12.
        Substituted::Nothing => return Value::certain(false),
        Substituted::UnclearKey => return Value::unknown_rule("GEN-7"),
    };
    let mut parts: Vec<Value> = unknown_keys(&pieces).map(Value::unknown_key).collect();
    let mut units = Vec::new();
    if let Some(components) = early {
        for component in components {
            match variables::substitute(&component, surroundings.facts, readings) {
                Substituted::Pieces(pieces) => {
                    parts.extend(unknown_keys(&pieces).map(Value::unknown_key));
                    units.extend(component_units(&pieces));
                }
                Substituted::Nothing => return Value::certain(false),
                Substituted::UnclearKey => return Value::unknown_rule("GEN-7"),
            }
            units.push(Unit::Exactly(':'));
        }
    } else {
        units.extend(head_units(head, readings));
    }
    units.extend(tail_units(&pieces));
    let matched = relation(&units, resource, readings);
    if matched == Truth::False {
        return Value::certain(false);
    }
    // VAR-15, SP-24.
    if matched == Truth::Unknown {
        parts.push(Value::unknown(Undecided::Resource));
    }
    Value::all(parts)
}

/// CALL-19: the first five components with variables, and what follows the fifth colon; none if no variable is among
/// the five.
fn with_early_variables(
    pattern: &str,
    surroundings: &Surroundings<'_>,
    readings: &Readings,
) -> Option<(Vec<Vec<Part>>, Vec<Part>)> {
    if !surroundings.has_variables {
        return None;
    }
    let parts = variables::parse(pattern, true, readings).ok()?;
    let mut components: Vec<Vec<Part>> =
        parts.splitn(6, |part| *part == Part::Char(':')).map(<[Part]>::to_vec).collect();
    let after = components.pop().filter(|_| components.len() == 5)?;
    let is_variable = |part: &Part| matches!(part, Part::Variable { .. });
    components.iter().flatten().any(is_variable).then_some((components, after))
}

/// RES-6, RES-8: as `head_units`, for one component with its variables filled in.
fn component_units(pieces: &[Piece]) -> Vec<Unit> {
    let unit = |(position, piece): (usize, &Piece)| match piece {
        Piece::Char(character) => Unit::Exactly(*character),
        Piece::Star => Unit::Run { colons: position + 1 == pieces.len() },
        Piece::Question => Unit::One { colons: false },
        Piece::AnyText(_) | Piece::AnyRegion => Unit::Run { colons: false },
    };
    pieces.iter().enumerate().map(unit).collect()
}

/// The text up to and with its fifth colon, and the rest: nothing if there are fewer colons.
fn split_after_fifth_colon(pattern: &str) -> (&str, &str) {
    match pattern.match_indices(':').nth(4) {
        Some((position, _)) => pattern.split_at_checked(position + 1).unwrap_or((pattern, "")),
        None => (pattern, ""),
    }
}

/// SP-13.
fn has_wildcard_service(pattern: &str) -> bool {
    pattern.split(':').nth(2).is_some_and(|service| service.contains(['*', '?']))
}

/// SP-13: what stands before the first `/` or `:` of the sixth component.
fn has_wildcard_type(pattern: &str, tail: &[Part], surroundings: &Surroundings<'_>) -> bool {
    if tail.iter().all(|part| *part == Part::Star) {
        return false;
    }
    let service = pattern.split(':').nth(2).unwrap_or_default();
    let untyped = surroundings.facts.catalog().services_without_resource_type_prefix();
    if untyped.iter().any(|known| known.eq_ignore_ascii_case(service)) {
        return false;
    }
    let mut resource_type = tail.iter().take_while(|part| !matches!(part, Part::Char('/' | ':')));
    resource_type.any(|part| matches!(part, Part::Star | Part::Question))
}

/// RES-6, RES-8: in the first five components a `*` is wide if it ends its component; `?` is narrow. RES-4, SP-12:
/// partition, service and region are compared exactly (preferred), or ignoring case.
fn head_units(head: &str, readings: &Readings) -> Vec<Unit> {
    let components: Vec<&str> = head.split(':').collect();
    let has_letters = |text: &&str| text.contains(|character: char| character.is_ascii_alphabetic());
    let any_case = components.iter().skip(1).take(3).any(has_letters) && !readings.preferred("RES-4");
    let mut units = Vec::new();
    for (number, component) in components.iter().enumerate() {
        if number > 0 {
            units.push(Unit::Exactly(':'));
        }
        let length = component.chars().count();
        for (position, character) in component.chars().enumerate() {
            units.push(match character {
                '*' => Unit::Run { colons: position + 1 == length },
                '?' => Unit::One { colons: false },
                other if any_case && (1..4).contains(&number) => Unit::AnyCase(other),
                other => Unit::Exactly(other),
            });
        }
    }
    units
}

/// RES-8, CALL-22: in the sixth component wildcards cross colons wherever they stand.
fn tail_units(pieces: &[Piece]) -> Vec<Unit> {
    let unit = |piece: &Piece| match piece {
        Piece::Char(character) => Unit::Exactly(*character),
        Piece::Star | Piece::AnyText(_) => Unit::Run { colons: true },
        Piece::Question => Unit::One { colons: true },
        Piece::AnyRegion => Unit::Run { colons: false },
    };
    pieces.iter().map(unit).collect()
}

#[cfg(test)]
mod tests {
    use scproof_policy_parser::ResourcePattern;

    use super::super::tests::facts;
    use super::*;

    fn value(negated: bool, patterns: &[&str], resource: &RequestResource, has_variables: bool) -> Value {
        let (facts, settler) =
            (facts(&[("aws:PrincipalTag/team", "red"), ("aws:PrincipalTag/star", "*")]), Settler::new(false));
        let patterns = patterns.iter().map(|text| ResourcePattern { text: (*text).to_owned() }).collect();
        let surroundings = Surroundings { facts: &facts, has_variables, settler: &settler };
        element_matches(&ResourceElement { negated, patterns }, &resource.into(), &surroundings)
    }

    fn truth(pattern: &str, resource: &str) -> Truth {
        value(false, &[pattern], &RequestResource::Arn(resource.to_owned()), true).truth
    }

    #[test]
    fn res_5_a_star_spans_slashes() {
        let keys = ["1/2/test/o", "/test/o", "1/test/", "1-test/o", "test/o"];
        let found = keys.map(|key| truth("arn:aws:s3:::b/*/test/*", &format!("arn:aws:s3:::b/{key}")));
        assert_eq!(found, [Truth::True, Truth::True, Truth::True, Truth::False, Truth::False]);
    }

    #[test]
    fn res_6_res_14_a_star_at_the_end_of_its_component_crosses_colons() {
        let pattern = "arn:aws:logs:*:log-group:prod:*";
        assert_eq!(truth(pattern, "arn:aws:logs:eu-west-1:222222222222:log-group:prod:s"), Truth::True);
        let pattern = "arn:aws:svc:*:111122223333:finance/*";
        let resource = "arn:aws:svc:us-east-2:999999999999:store/abc:111122223333:finance/doc.txt";
        assert_eq!(truth(pattern, resource), Truth::True);
        assert_eq!(truth("arn:aws:svc:a*b:1:x", "arn:aws:svc:a:b:1:x"), Truth::False);
    }

    #[test]
    fn res_7_call_22_wildcards_of_the_sixth_component_cross_colons() {
        assert_eq!(truth("arn:aws:s3:::b/*", "arn:aws:s3:::b/2026-01-01T10:00:00/x"), Truth::True);
        assert_eq!(truth("arn:aws:s3:::b/*x", "arn:aws:s3:::b/1:2x"), Truth::True);
        assert_eq!(truth("arn:aws:s3:::b/1?2x", "arn:aws:s3:::b/1:2x"), Truth::True);
        assert_eq!(truth("arn:aws:s3:::b/*x", "arn:aws:s3:::b/1:2y"), Truth::False);
        // Not those before it.
        assert_eq!(truth("arn:aws:sns:?:222222222222:x", "arn:aws:sns:::222222222222:x"), Truth::False);
    }

    #[test]
    fn res_3_an_action_without_resource_is_matched_by_stars_only() {
        let one = |negated, pattern: &str| value(negated, &[pattern], &RequestResource::NotScoped, true);
        assert_eq!(one(false, "arn:aws:s3:::*"), Value::certain(false));
        assert_eq!(one(true, "arn:aws:s3:::ok"), Value::certain(true));
        assert_eq!(one(false, "**"), Value::certain(true));
        assert_eq!(one(false, "?"), Value::certain(true));
    }

    #[test]
    fn k3_6_an_unknown_resource_is_decided_by_a_star_only() {
        let one = |negated, pattern: &str| value(negated, &[pattern], &RequestResource::Unknown, true);
        assert_eq!(one(false, "*"), Value::certain(true));
        assert_eq!(one(true, "*"), Value::certain(false));
        assert_eq!(one(false, "arn:aws:s3:::*"), Value::unknown(Undecided::Resource));
    }

    #[test]
    fn res_4_case_is_exact_in_the_resource_and_open_before_the_account() {
        assert_eq!(truth("arn:aws:s3:::b/Secret", "arn:aws:s3:::b/secret"), Truth::False);
        assert_eq!(truth("arn:aws:S3:::b", "arn:aws:s3:::b"), Truth::Unknown);
        // CALL-19.
        assert_eq!(truth("ARN:aws:s3:::b", "arn:aws:s3:::b"), Truth::Unknown);
        assert_eq!(truth("ARN:aws:s3:::b", "arn:aws:s3:::c"), Truth::False);
    }

    #[test]
    fn doc_23_sp_14_short_arns_are_open_where_the_readings_differ() {
        assert_eq!(truth("arn:aws:sns", "arn:aws:sns:eu-west-1:222222222222:orders"), Truth::Unknown);
        assert_eq!(truth("arn:aws:sns:*:orders", "arn:aws:sns:eu-west-1:222222222222:orders"), Truth::Unknown);
        assert_eq!(truth("arn:aws:sqs", "arn:aws:sns:eu-west-1:222222222222:orders"), Truth::False);
    }

    #[test]
    fn doc_24_a_wildcard_in_service_or_type_is_open() {
        assert_eq!(truth("arn:aws:*:::b", "arn:aws:s3:::b"), Truth::Unknown);
        assert_eq!(truth("arn:aws:iam::1:u*", "arn:aws:iam::1:user/x"), Truth::Unknown);
        assert_eq!(truth("arn:aws:iam::1:*", "arn:aws:iam::1:user/x"), Truth::True);
        assert_eq!(truth("arn:aws:s3:::b*", "arn:aws:s3:::bucket"), Truth::True);
    }

    #[test]
    fn var_2_var_3_var_8_var_12_variables() {
        let pattern = "arn:aws:s3:::b/${aws:PrincipalTag/team}/*";
        assert_eq!(truth(pattern, "arn:aws:s3:::b/red/x"), Truth::True);
        assert_eq!(truth(pattern, "arn:aws:s3:::b/blue/x"), Truth::False);
        let red = RequestResource::Arn("arn:aws:s3:::b/red/x".to_owned());
        assert_eq!(value(false, &[pattern], &red, false), Value::certain(false));
        let absent = "arn:aws:s3:::b/${aws:PrincipalTag/none}/*";
        assert_eq!(value(false, &[absent], &red, true), Value::certain(false));
        assert_eq!(value(true, &[absent], &red, true), Value::certain(true));
        let with_default = "arn:aws:s3:::b-${aws:PrincipalTag/none, 'common'}/*";
        assert_eq!(truth(with_default, "arn:aws:s3:::b-common/x"), Truth::True);
        assert_eq!(truth("arn:aws:s3:::b/${aws:PrincipalTag/star}", "arn:aws:s3:::b/x"), Truth::Unknown);
        assert_eq!(truth("arn:aws:s3:::b/${aws:PrincipalTag/star}", "arn:aws:s3:::b/*"), Truth::True);
        assert_eq!(truth("arn:aws:s3:::b/${", "arn:aws:s3:::b/x"), Truth::Unknown);
        // SP-26, CLR-5, CALL-19.
        assert_eq!(truth("arn:aws:s3::${aws:PrincipalTag/team}:b", "arn:aws:s3::red:b"), Truth::Unknown);
        assert_eq!(truth("arn:aws:s3::${aws:PrincipalTag/team}:b", "arn:aws:s3::blue:b"), Truth::False);
    }
}
