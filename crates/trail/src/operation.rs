//! From an operation to the actions that AWS checks (CT-1, CT-30): by source and name, never by the source alone.

use rustc_hash::FxHashMap;
use scproof_catalog::{ActionId, Catalog};

use crate::event::Standing;
use crate::parameters::{Parameters, text_at};
use crate::resources::lines;

/// One line a source that is no prefix of actions, see its top.
const SOURCES: &str = include_str!("../data/sources.txt");
/// Operations of which all listed actions are checked; of the others that have several, one is.
const ALL_OF: [&str; 3] = ["kms:ReEncrypt", "s3:CopyObject", "s3:UploadPartCopy"];

/// The actions of an operation.
pub(crate) type Mapping = Vec<(ActionId, Standing)>;

/// What the tables say, looked up once for each operation.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    sources: FxHashMap<&'static str, Vec<&'static str>>,
    known: FxHashMap<String, FxHashMap<String, Option<Mapping>>>,
}

impl Operations {
    pub(crate) fn new() -> Self {
        let sources = lines(SOURCES).map(|(source, services)| (source, services.split(' ').collect())).collect();
        Self { sources, known: FxHashMap::default() }
    }

    /// The actions of an operation; `None` if no table has it.
    pub(crate) fn actions(&mut self, source: &str, name: &str, parameters: &Parameters<'_>) -> Option<Mapping> {
        let source = source.trim_end_matches(".cn").trim_end_matches(".amazonaws.com");
        if source == "apigateway" {
            return verbs(name);
        }
        // A bulky log has few operations: none of them is made anew.
        let of_source = match self.known.get_mut(source) {
            Some(known) => known,
            None => self.known.entry(source.to_owned()).or_default(),
        };
        if !of_source.contains_key(name) {
            let services = self.sources.get(source).map_or_else(|| vec![source], Clone::clone);
            of_source.insert(name.to_owned(), mapping(&services, name));
        }
        let mapping = of_source.get(name)?.as_ref()?;
        match source {
            "s3" if name.contains("Object") => Some(versioned(mapping, parameters)),
            "autoscaling" if mapping.len() > 1 => Some(of_namespace(mapping, parameters)),
            _ => Some(mapping.clone()),
        }
    }
}

/// What the names say.
fn mapping(services: &[&str], name: &str) -> Option<Mapping> {
    let catalog = Catalog::embedded();
    let plain = without_version(name);
    let mut found: Vec<ActionId> = Vec::new();
    let mut all = true;
    for service in services {
        for name in [name, plain] {
            let full = format!("{service}:{name}");
            let actions = match catalog.find_action(&full) {
                Some(action) => vec![action],
                None => catalog.actions_for_operation(&full),
            };
            if !actions.is_empty() {
                all &= actions.len() == 1 || ALL_OF.contains(&full.as_str());
                found.extend(actions);
                break;
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    let is_one = found.len() == 1 || (services.len() == 1 && all);
    let standing = if is_one { Standing::Certain } else { Standing::OneOf(0) };
    (!found.is_empty()).then(|| found.into_iter().map(|action| (action, standing)).collect())
}

/// The name without the date of an old version of the API: `CreateFunction20150331`, `UpdateFunctionCode20150331v2`,
/// `GetDistribution2020_05_31`.
fn without_version(name: &str) -> &str {
    let bare = match name.rsplit_once('v') {
        Some((before, digits)) if !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit()) => before,
        _ => name,
    };
    let rest = bare.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '_');
    let digits = bare.len() - rest.len();
    if (8..=11).contains(&digits) { rest } else { name }
}

/// The actions on a version of an object, where the call names one.
fn versioned(mapping: &Mapping, parameters: &Parameters<'_>) -> Mapping {
    let catalog = Catalog::embedded();
    let given = parameters.get();
    let is_told = !given.is_null();
    let has_version = text_at(given, "versionId").is_some();
    let of_version = |action: ActionId| {
        let name = catalog.action(action).name();
        let name = name.replacen("Object", "ObjectVersion", 1);
        catalog.find_action(&format!("s3:{name}"))
    };
    match mapping.as_slice() {
        // Where the parameters are not there, as in some denials, it is one of both.
        [(action, _)] if !is_told => of_version(*action)
            .map_or_else(|| mapping.clone(), |other| vec![(*action, Standing::OneOf(0)), (other, Standing::OneOf(0))]),
        mapping if has_version => {
            mapping.iter().map(|(action, standing)| (of_version(*action).unwrap_or(*action), *standing)).collect()
        }
        mapping => mapping.to_vec(),
    }
}

/// Application Auto Scaling says which namespace it is about, the others do not.
fn of_namespace(mapping: &Mapping, parameters: &Parameters<'_>) -> Mapping {
    let catalog = Catalog::embedded();
    let given = parameters.get();
    if given.is_null() {
        return mapping.clone();
    }
    let is_application = text_at(given, "serviceNamespace").is_some();
    let fits = |(action, _): &&(ActionId, Standing)| {
        (catalog.action(*action).service() == "application-autoscaling") == is_application
    };
    let mut kept: Mapping = mapping.iter().filter(fits).copied().collect();
    if kept.is_empty() {
        return mapping.clone();
    }
    if let [(_, standing)] = kept.as_mut_slice() {
        *standing = Standing::Certain;
    }
    kept
}

/// API Gateway has the verbs of HTTP as actions; names of operations tell which it may be.
fn verbs(name: &str) -> Option<Mapping> {
    let catalog = Catalog::embedded();
    let verbs: &[&str] = match name {
        _ if name.starts_with("Get") => &["GET"],
        _ if name.starts_with("Delete") || name.starts_with("Untag") || name.starts_with("Flush") => &["DELETE"],
        _ if name.starts_with("Update") => &["PATCH"],
        _ if name.starts_with("Tag") || name.starts_with("Put") => &["PUT"],
        _ if name.starts_with("Create") || name.starts_with("Test") || name.starts_with("Generate") => &["POST"],
        _ if name.starts_with("Import") => &["POST", "PUT"],
        _ => return None,
    };
    let found: Vec<ActionId> =
        verbs.iter().filter_map(|verb| catalog.find_action(&format!("apigateway:{verb}"))).collect();
    let standing = if found.len() == 1 { Standing::Certain } else { Standing::OneOf(0) };
    (!found.is_empty()).then(|| found.into_iter().map(|action| (action, standing)).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn actions(source: &str, name: &str, parameters: &Value) -> Option<Vec<(String, Standing)>> {
        let source = format!("{source}.amazonaws.com");
        let found = Operations::new().actions(&source, name, &parameters.into())?;
        Some(found.into_iter().map(|(id, standing)| (Catalog::embedded().action(id).full_name(), standing)).collect())
    }

    fn certain(source: &str, name: &str) -> Vec<String> {
        let found = actions(source, name, &json!({})).unwrap_or_default();
        assert!(found.iter().all(|(_, standing)| *standing == Standing::Certain), "{found:?}");
        found.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn ct_1_ct_30_operations_of_other_names() {
        for (source, name, wanted) in [
            ("monitoring", "DeleteAlarms", &["cloudwatch:DeleteAlarms"][..]),
            ("s3", "PutBucketEncryption", &["s3:PutEncryptionConfiguration"]),
            ("s3", "DeleteBucketTagging", &["s3:PutBucketTagging"]),
            ("email", "SendEmail", &["ses:SendEmail"]),
            ("tagging", "GetResources", &["tag:GetResources"]),
            ("lambda", "CreateFunction20150331", &["lambda:CreateFunction"]),
            ("lambda", "UpdateFunctionCode20150331v2", &["lambda:UpdateFunctionCode"]),
            ("cloudfront", "GetDistribution2020_05_31", &["cloudfront:GetDistribution"]),
            ("kms", "ReEncrypt", &["kms:ReEncryptFrom", "kms:ReEncryptTo"]),
            ("s3", "CopyObject", &["s3:GetObject", "s3:PutObject"]),
            ("s3", "DeleteObjects", &["s3:DeleteObject"]),
            ("autoscaling", "CreateScalingPlan", &["autoscaling-plans:CreateScalingPlan"]),
            ("autoscaling", "RegisterScalableTarget", &["application-autoscaling:RegisterScalableTarget"]),
            ("autoscaling", "CreateAutoScalingGroup", &["autoscaling:CreateAutoScalingGroup"]),
            ("apigateway", "CreateRestApi", &["apigateway:POST"]),
            ("dynamodb", "TransactGetItems", &["dynamodb:GetItem"]),
        ] {
            assert_eq!(certain(source, name), wanted, "{source} {name}");
        }
        for (source, name) in [("signin", "ConsoleLogin"), ("acme", "Do"), ("s3", "Xyzzy"), ("", "")] {
            assert_eq!(actions(source, name, &Value::Null), None, "{source} {name}");
        }
    }

    #[test]
    fn ct_30_parameters_tell_what_names_do_not() {
        let names = |found: Option<Vec<(String, Standing)>>| -> Vec<String> {
            found.unwrap_or_default().into_iter().map(|(name, _)| name).collect()
        };
        let version = json!({"versionId": "3"});
        assert_eq!(names(actions("s3", "GetObject", &version)), ["s3:GetObjectVersion"]);
        assert_eq!(names(actions("s3", "GetObject", &json!({}))), ["s3:GetObject"]);
        assert_eq!(names(actions("s3", "PutObjectTagging", &version)), ["s3:PutObjectVersionTagging"]);
        let both = actions("autoscaling", "PutScalingPolicy", &json!({"serviceNamespace": "ecs"})).unwrap();
        assert_eq!(both, [("application-autoscaling:PutScalingPolicy".to_owned(), Standing::Certain)]);
        let own = actions("autoscaling", "PutScalingPolicy", &json!({})).unwrap();
        assert_eq!(own, [("autoscaling:PutScalingPolicy".to_owned(), Standing::Certain)]);
        // Nothing tells which statement was run.
        let any = actions("dynamodb", "ExecuteStatement", &Value::Null).unwrap();
        assert!(any.len() == 4 && any.iter().all(|(_, standing)| matches!(standing, Standing::OneOf(_))), "{any:?}");
    }

    #[test]
    fn the_sources_are_no_services_and_stand_for_some() {
        let catalog = Catalog::embedded();
        for (source, services) in lines(SOURCES) {
            let services: Vec<&str> = services.split(' ').collect();
            assert!(services.iter().all(|service| catalog.service(service).is_some()), "{source}: {services:?}");
        }
    }
}
