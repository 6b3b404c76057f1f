//! The resources of a call (CT-37): those of `resources[]` that fit a row of the action, else what a table reads off
//! `requestParameters`.

use rustc_hash::FxHashMap;
use scproof_catalog::{ActionId, Catalog, Row, arn_forms};
use scproof_policy_parser::WildcardPattern;
use serde::Deserialize;
use serde_json::Value;

use crate::parameters::texts_at;
use crate::record::Text;

/// Lines of actions and ARNs, see its top.
const RESOURCES: &str = include_str!("../data/resources.txt");
/// A call with more is asked about any resource.
const MAX_RESOURCES: usize = 16;

/// A resource of a record.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Listed<'t> {
    #[serde(borrow, rename = "ARN", alias = "arn")]
    pub(crate) arn: Text<'t>,
    #[serde(borrow, rename = "accountId")]
    pub(crate) account: Text<'t>,
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Text<'t>,
}

/// Where a call was made, which names in it take for granted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) partition: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
}

/// The forms of ARNs that actions have, and what the table says of them.
#[derive(Debug, Default)]
pub(crate) struct Resources {
    forms: FxHashMap<ActionId, Vec<WildcardPattern>>,
    /// The forms of each type that calls may use besides the required ones.
    optional: FxHashMap<ActionId, Vec<Vec<WildcardPattern>>>,
    templates: FxHashMap<&'static str, Vec<&'static str>>,
}

impl Resources {
    pub(crate) fn new() -> Self {
        let mut templates: FxHashMap<&'static str, Vec<&'static str>> = FxHashMap::default();
        for (actions, template) in lines(RESOURCES) {
            for action in actions.split(' ') {
                templates.entry(action).or_default().push(template);
            }
        }
        Self { forms: FxHashMap::default(), optional: FxHashMap::default(), templates }
    }

    /// The listed ARNs that fit a row of an action.
    pub(crate) fn fitting(&mut self, action: ActionId, listed: &[Listed<'_>]) -> Vec<String> {
        let forms = self.forms.entry(action).or_insert_with(|| forms(action));
        let is_whole = |arn: &&str| arn.starts_with("arn:") && !arn.contains(['*', '?']);
        let arns = listed.iter().filter_map(|resource| resource.arn.get()).filter(is_whole);
        let mut found: Vec<String> =
            arns.filter(|arn| forms.iter().any(|form| form.is_match(arn))).map(str::to_owned).collect();
        found.dedup();
        cut(found)
    }

    /// Whether a call may be checked against an optional type of resources of which none of these is. Where no type is
    /// required the types are alternatives, of which the one that is listed was it (CALL-3, CALL-4).
    pub(crate) fn may_have_more(&mut self, action: ActionId, arns: &[String]) -> bool {
        let optional = self.optional.entry(action).or_insert_with(|| {
            let rows = Catalog::embedded().action(action).rows();
            let has_required = rows.clone().any(Row::is_required);
            let optional = rows.filter(|row| has_required && !row.is_required());
            optional.map(|row| patterns(row.resource_type().arn_pattern())).collect()
        });
        let is_listed =
            |forms: &Vec<WildcardPattern>| arns.iter().any(|arn| forms.iter().any(|form| form.is_match(arn)));
        !optional.iter().all(is_listed)
    }

    /// Whether the table reads anything off the parameters of an action.
    pub(crate) fn reads(&self, action: &str, service: &str) -> bool {
        self.templates_of(action, service).next().is_some()
    }

    fn templates_of(&self, action: &str, service: &str) -> impl Iterator<Item = &'static str> + '_ {
        let of = |name: &str| self.templates.get(name).into_iter().flatten().copied();
        of(action).chain(of(&format!("{service}:*")))
    }

    /// The ARNs that the parameters name, by the first line that fits a row of the action.
    pub(crate) fn named(&mut self, action: ActionId, parameters: &Value, place: Place<'_>) -> Vec<String> {
        let catalog = Catalog::embedded();
        let found = catalog.action(action);
        let templates: Vec<&str> = self.templates_of(&found.full_name(), found.service()).collect();
        let forms = self.forms.entry(action).or_insert_with(|| forms(action));
        for template in templates {
            let mut arns = filled(template, parameters, place);
            arns.retain(|arn| forms.iter().any(|form| form.is_match(arn)));
            if !arns.is_empty() {
                return cut(arns);
            }
        }
        Vec::new()
    }
}

/// All or nothing: some of the resources of a call say less than none.
fn cut(arns: Vec<String>) -> Vec<String> {
    if arns.len() > MAX_RESOURCES { Vec::new() } else { arns }
}

pub(crate) fn lines(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
}

/// The ARNs that an action's rows have, as patterns.
fn forms(action: ActionId) -> Vec<WildcardPattern> {
    Catalog::embedded().action(action).rows().flat_map(|row| patterns(row.resource_type().arn_pattern())).collect()
}

/// The forms of one type.
fn patterns(forms: &str) -> Vec<WildcardPattern> {
    arn_forms(forms).map(|form| WildcardPattern::flat(&generalized(form))).collect()
}

/// The form with `*` in place of its placeholders.
fn generalized(form: &str) -> String {
    let mut found = String::with_capacity(form.len());
    let mut rest = form;
    while let Some((before, after)) = rest.split_once("${") {
        found.push_str(before);
        found.push('*');
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    found + rest
}

/// The ARNs of a template, one for each value of its list; none where a member is missing.
fn filled(template: &str, parameters: &Value, place: Place<'_>) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        for text in &mut found {
            text.push_str(before);
        }
        rest = after;
        let values = match name {
            "partition" => vec![place.partition.to_owned()],
            "region" => vec![place.region.to_owned()],
            "account" => vec![place.account.to_owned()],
            path => texts_at(parameters, path),
        };
        let is_free = !matches!(name, "partition" | "region" | "account");
        if is_free && values.iter().all(|value| value.starts_with("arn:")) && !values.is_empty() {
            // A value that is an ARN stands for itself.
            return values.into_iter().filter(|arn| !arn.contains(['*', '?'])).collect();
        }
        let of_name = |value: &String| {
            !value.is_empty() && !value.contains(['*', '?']) && (!is_free || name == "key" || !value.contains(':'))
        };
        let values: Vec<&String> = values.iter().filter(|value| of_name(value)).collect();
        found = found.iter().flat_map(|text| values.iter().map(move |value| format!("{text}{value}"))).collect();
    }
    for text in &mut found {
        text.push_str(rest);
    }
    found.retain(|arn| arn.starts_with("arn:"));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PLACE: Place<'static> = Place { partition: "aws", region: "eu-west-1", account: "222222222222" };

    fn named(action: &str, parameters: &Value) -> Vec<String> {
        let action = Catalog::embedded().find_action(action).unwrap();
        Resources::new().named(action, parameters, PLACE)
    }

    #[test]
    fn ct_37_parameters_name_resources() {
        let instances = json!({"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}});
        let arn = |rest: &str| format!("arn:aws:{rest}");
        assert_eq!(
            named("ec2:StopInstances", &instances),
            [arn("ec2:eu-west-1:222222222222:instance/i-1"), arn("ec2:eu-west-1:222222222222:instance/i-2")]
        );
        assert_eq!(named("s3:PutObject", &json!({"bucketName": "b", "key": "a:b/c"})), [arn("s3:::b/a:b/c")]);
        assert_eq!(named("s3:PutBucketTagging", &json!({"bucketName": "b"})), [arn("s3:::b")]);
        let key = "arn:aws:kms:eu-west-1:333333333333:key/1";
        assert_eq!(named("kms:Decrypt", &json!({"keyId": key})), [key]);
        // An alias is no ARN of a key, and a bare id does not tell the account.
        assert_eq!(named("kms:Decrypt", &json!({"keyId": "alias/x"})), [""; 0]);
        assert_eq!(named("ec2:StopInstances", &json!({"instancesSet": {"items": []}})), [""; 0]);
        assert_eq!(named("ec2:StopInstances", &Value::Null), [""; 0]);
        // The path of a role is not told.
        assert_eq!(named("iam:DeleteRole", &json!({"roleName": "x"})), [""; 0]);
    }

    #[test]
    fn ct_37_listed_resources_count_where_they_fit() {
        let text = r#"[{"ARN": "arn:aws:s3:::b/k", "type": "AWS::S3::Object"}, {"ARN": "arn:aws:s3:::b", "accountId": "222222222222"}]"#;
        let listed: Vec<Listed<'_>> = serde_json::from_str(text).unwrap();
        let fitting = |name: &str| {
            let action = Catalog::embedded().find_action(name).unwrap();
            Resources::new().fitting(action, &listed)
        };
        assert_eq!(fitting("s3:GetObject"), ["arn:aws:s3:::b/k"]);
        assert_eq!(fitting("ec2:StopInstances"), [""; 0]);
    }

    #[test]
    fn the_table_is_about_actions_that_exist() {
        let catalog = Catalog::embedded();
        for (actions, template) in lines(RESOURCES) {
            for name in actions.split(' ') {
                let exists = match name.strip_suffix(":*") {
                    Some(service) => catalog.service(service).is_some(),
                    None => catalog.find_action(name).is_some(),
                };
                assert!(exists, "{name}");
            }
            assert!(template.contains('{'), "{template}");
        }
    }
}
