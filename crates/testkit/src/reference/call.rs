//! What one call is checked against (K.1): resources given, resources of the types that the catalog's rows name.

use scproof_catalog::{Action, Row};
use scproof_evaluator::{Context, Request, RequestResource};

use super::glob::{self, Class, Unit};
use super::readings::Readings;

/// A resource that a pair is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target<'a> {
    /// As the request says it.
    Given(&'a RequestResource),
    /// The resource of an action that has none, or is called without one: the text `*` (RES-1, CALL-2, CALL-4).
    NotScoped,
    /// Any resource of a type (CALL-3).
    OfType(Row<'a>),
}

/// One of the things that a check may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alternative<'a> {
    pub(crate) target: Target<'a>,
    /// The row whose keys it carries; none for the action as a whole.
    pub(crate) row: Option<Row<'a>>,
    /// SP-56: in a Region that the call is passed on to, whatever the Region of the call is.
    pub(crate) passed_on: bool,
}

/// A resource that the call is checked against; which of the alternatives it is, is not known.
#[derive(Debug, Clone)]
pub(crate) struct Check<'a> {
    pub(crate) alternatives: Vec<Alternative<'a>>,
    /// The keys that the request gives for this resource alone.
    pub(crate) own: Option<&'a Context>,
    /// Whether every such call makes this check (CALL-3: not that of an optional type).
    pub(crate) certain: bool,
}

/// CALL-1 to CALL-5: everything that a call of an action which the catalog knows is checked against.
pub(crate) fn checks<'a>(
    request: &'a Request,
    action: Action<'a>,
    partition: Option<&str>,
    only_given: bool,
) -> Result<Vec<Check<'a>>, String> {
    let rows: Vec<Row<'a>> = action.rows().collect();
    let has_required = rows.iter().any(|row| row.is_required());
    // CALL-2, CALL-4: a bucket, object or access point of S3 is always there.
    let may_be_without = !has_required && (rows.is_empty() || action.service() != "s3");
    let any = || {
        let mut alternatives: Vec<Alternative<'a>> = rows.iter().map(|row| of_row(*row)).collect();
        if may_be_without {
            alternatives.push(Alternative { target: Target::NotScoped, row: None, passed_on: false });
        }
        alternatives
    };
    let says_nothing =
        request.resources.iter().all(|input| input.resource == RequestResource::Unknown && input.context.is_empty());
    if says_nothing {
        let mut found: Vec<Check<'a>> = if has_required {
            // CALL-3.
            rows.iter().map(|row| unknown_of(*row, row.is_required())).collect()
        } else {
            // CALL-2, CALL-4: exactly one of them.
            vec![Check { alternatives: any(), own: None, certain: true }]
        };
        // SP-56: perhaps a model in another Region as well.
        let is_passed_on = ["bedrock:invokemodel", "bedrock:invokemodelwithresponsestream"];
        if is_passed_on.contains(&action.full_name().to_ascii_lowercase().as_str()) {
            let models = rows.iter().filter(|row| row.resource_type().name() == "foundation-model");
            found.extend(models.map(|row| Check {
                alternatives: vec![Alternative { passed_on: true, ..of_row(*row) }],
                own: None,
                certain: false,
            }));
        }
        return Ok(found);
    }
    let mut found = Vec::new();
    let mut covered: Vec<&str> = Vec::new();
    for input in &request.resources {
        let alternatives = match &input.resource {
            RequestResource::Unknown => any(),
            RequestResource::NotScoped if may_be_without => {
                vec![Alternative { target: Target::NotScoped, row: None, passed_on: false }]
            }
            RequestResource::NotScoped => return Err(format!("`{action}` is never checked against `*` alone")),
            // CALL-2, CALL-5. An ARN that fits several types has the possibilities of all of them.
            RequestResource::Arn(arn) => {
                let fitting: Vec<Row<'a>> = rows
                    .iter()
                    .copied()
                    .filter(|row| fits(arn, row.resource_type().arn_pattern(), partition))
                    .collect();
                if fitting.is_empty() {
                    return Err(format!("`{arn}` is no resource of `{action}`"));
                }
                covered.extend(fitting.iter().map(|row| row.resource_type().name()));
                let target = Target::Given(&input.resource);
                fitting.into_iter().map(|row| Alternative { target, row: Some(row), passed_on: false }).collect()
            }
        };
        found.push(Check { alternatives, own: Some(&input.context), certain: true });
    }
    // CALL-5: required types that nothing given covers are added; optional ones are not used.
    if !only_given {
        let missing = rows.iter().filter(|row| row.is_required() && !covered.contains(&row.resource_type().name()));
        found.extend(missing.map(|row| unknown_of(*row, true)));
    }
    Ok(found)
}

fn unknown_of(row: Row<'_>, certain: bool) -> Check<'_> {
    Check { alternatives: vec![of_row(row)], own: None, certain }
}

fn of_row(row: Row<'_>) -> Alternative<'_> {
    Alternative { target: Target::OfType(row), row: Some(row), passed_on: false }
}

fn fits(arn: &str, pattern: &str, partition: Option<&str>) -> bool {
    of_type(pattern, partition).iter().any(|units| glob::matches(units, arn, &Readings::default()))
}

/// CALL-4, CALL-6: the ARNs of a type, as patterns of which each is one of.
pub(crate) fn of_type(patterns: &str, partition: Option<&str>) -> Vec<Vec<Unit>> {
    // A few types have several patterns, with a comma between.
    let starts = patterns.match_indices("arn:").map(|(start, _)| start);
    let starts: Vec<usize> = starts
        .filter(|start| *start == 0 || patterns.get(..*start).is_some_and(|before| before.ends_with(", ")))
        .collect();
    let ends = starts.iter().skip(1).map(|next| next - 2).chain([patterns.len()]);
    let each = starts.iter().zip(ends).filter_map(|(start, end)| patterns.get(*start..end));
    each.flat_map(|pattern| of_pattern(pattern, partition)).collect()
}

fn of_pattern(pattern: &str, partition: Option<&str>) -> Vec<Vec<Unit>> {
    let mut found = vec![Vec::new()];
    for (number, component) in pattern.splitn(6, ':').enumerate() {
        if number > 0 {
            for units in &mut found {
                units.push(Unit::Exactly(':'));
            }
        }
        let is_open = component.starts_with("${") || component == "*";
        let choices = match (number, partition) {
            (1, Some(partition)) => vec![glob::flat_literal(partition)],
            (1, None) => vec![some(Class::Region)],
            // SP-56: the models of global inference profiles have no Region.
            (3, _) if is_open && pattern.contains(":bedrock:") && pattern.contains("::foundation-model/") => {
                vec![some(Class::Region), Vec::new()]
            }
            (2 | 3, _) if is_open => vec![some(Class::Region)],
            (4, _) if is_open => vec![vec![Unit::Of(Class::Digit); 12], glob::flat_literal("aws")],
            (5, _) => vec![name_of(component, pattern.contains(":iot:"))],
            _ => vec![glob::flat_literal(component)],
        };
        found = found
            .into_iter()
            .flat_map(|units| choices.iter().map(move |choice| [units.clone(), choice.clone()].concat()))
            .collect();
    }
    found
}

/// The sixth component: a bucket's name has letters of its own, all other placeholders hold any text that is not empty.
/// SP-58: some texts are what a caller writes.
fn name_of(component: &str, is_of_mqtt: bool) -> Vec<Unit> {
    const WRITTEN: [&str; 3] = ["ObjectName", "ApiSpecificResourcePath", "TopicFilter"];
    let mut units = Vec::new();
    let mut rest = component;
    while let Some(first) = rest.chars().next() {
        let placeholder = rest.strip_prefix("${").and_then(|inside| inside.split_once('}'));
        if let Some((name, after)) = placeholder {
            units.extend(some(if name.ends_with("BucketName") {
                Class::Bucket
            } else if WRITTEN.contains(&name) || (is_of_mqtt && name == "TopicName") {
                Class::Written
            } else {
                Class::Any
            }));
            rest = after;
        } else {
            if first == '*' {
                units.extend(some(Class::Any));
            } else {
                units.push(Unit::Exactly(first));
            }
            rest = rest.strip_prefix(first).unwrap_or_default();
        }
    }
    units
}

/// One or more characters of a class.
fn some(class: Class) -> Vec<Unit> {
    vec![Unit::Of(class), Unit::RunOf(class)]
}

#[cfg(test)]
mod tests {
    use scproof_catalog::Catalog;

    use super::*;

    fn of(name: &str, resources: &[&str], only_given: bool) -> Result<Vec<(usize, bool)>, String> {
        let catalog = Catalog::embedded();
        let action = catalog.action(catalog.find_action(name).unwrap());
        let request = resources.iter().fold(Request::new("222222222222", name), |request, text| {
            request.with_resource(match *text {
                "*" => RequestResource::NotScoped,
                "" => RequestResource::Unknown,
                arn => RequestResource::Arn(arn.to_owned()),
            })
        });
        let found = checks(&request, action, Some("aws"), only_given)?;
        Ok(found.iter().map(|check| (check.alternatives.len(), check.certain)).collect())
    }

    #[test]
    fn call_2_an_action_without_types_takes_no_arn() {
        assert_eq!(of("iam:ListRoles", &[], false), Ok(vec![(1, true)]));
        assert_eq!(of("iam:ListRoles", &["*"], false), Ok(vec![(1, true)]));
        assert!(of("iam:ListRoles", &["arn:aws:iam::222222222222:role/r"], false).is_err());
    }

    #[test]
    fn call_3_each_required_type_is_checked_and_each_optional_one_may_be() {
        let found = of("ec2:RunInstances", &[], false).unwrap();
        assert_eq!(found.iter().filter(|(_, certain)| *certain).count(), 5);
        assert!(found.iter().any(|(_, certain)| !certain));
        assert!(found.iter().all(|(alternatives, _)| *alternatives == 1));
    }

    #[test]
    fn call_4_optional_types_are_alternatives_and_those_of_s3_without_none() {
        assert_eq!(of("s3:GetObject", &[], false), Ok(vec![(2, true)]));
        assert!(of("s3:GetObject", &["*"], false).is_err());
        let without_required = of("events:PutEvents", &[], false).unwrap();
        assert_eq!(without_required, vec![(3, true)]);
        assert_eq!(of("events:PutEvents", &["*"], false), Ok(vec![(1, true)]));
    }

    #[test]
    fn call_5_given_resources_must_fit_and_required_types_are_completed() {
        let instance = "arn:aws:ec2:eu-west-1:222222222222:instance/*";
        assert_eq!(of("ec2:RunInstances", &[instance], false).unwrap().len(), 5);
        assert_eq!(of("ec2:RunInstances", &[instance], true), Ok(vec![(1, true)]));
        assert!(of("ec2:RunInstances", &["*"], false).is_err());
        assert!(of("ec2:RunInstances", &["arn:aws:s3:::b"], false).is_err());
        assert!(of("s3:DeleteObject", &["arn:aws:s3:::b"], false).is_err());
        assert!(of("iam:CreateAccessKey", &["arn:aws:iam::222222222222:root"], false).is_err());
        assert!(of("s3:GetObject", &["arn:aws-cn:s3:::b/x"], false).is_err());
        // Whoever writes nothing about a resource asks about any.
        assert_eq!(of("s3:GetObject", &[""], false), of("s3:GetObject", &[], false));
    }

    #[test]
    fn call_6_the_account_of_an_arn_may_be_aws() {
        let policy = |account: &str| of("iam:GetPolicy", &[&format!("arn:aws:iam::{account}:policy/p")], false);
        assert!(policy("aws").is_ok() && policy("222222222222").is_ok());
        assert!(policy("").is_err() && policy("2222").is_err());
    }
}
