//! The reference reader: what a record says, straight from the wording of E.3 and K.5, over a tree of JSON.
//!
//! It is slow and obvious on purpose, and shares nothing with the reader that it checks but tables of data. Rule ids in
//! comments name the rule that a function implements.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use scproof_catalog::{ActionId, Catalog, arn_forms};
use serde_json::Value;

const SOURCES: &str = include_str!("../../../trail/data/sources.txt");
const RESOURCES: &str = include_str!("../../../trail/data/resources.txt");
const KEYS: &str = include_str!("../../../trail/data/keys.txt");
/// CT-34, and what the policy of a VPC endpoint denies.
const DENIALS: [&str; 5] = [
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "Client.UnauthorizedOperation",
    "VpceAccessDenied",
];
/// A call with more resources is asked about any.
const MAX_RESOURCES: usize = 16;

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plain {
    /// No call.
    Skipped,
    /// A call by somebody whom no policy governs.
    NotGoverned,
    /// A call that cannot be asked about.
    NotReplayable,
    /// A call.
    Call(Box<PlainCall>),
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlainCall {
    /// The caller's account.
    pub account: String,
    /// `userIdentity.arn`.
    pub principal: Option<String>,
    /// The Region.
    pub region: Option<String>,
    /// Whether it succeeded or was denied; neither if it failed otherwise.
    pub passed: Option<bool>,
    /// What must be asked: the action, whether it is one of several of which one is asked, and its resources.
    pub asks: BTreeSet<(String, bool, Vec<String>)>,
    /// What may be asked, too.
    pub possible: BTreeSet<String>,
    /// Keys, by their names in lower case; `None` is a key that is certainly absent. Those of one action have it before
    /// their name, with a blank between.
    pub keys: BTreeMap<String, Option<Vec<String>>>,
}

/// Reads a record.
pub fn plain(record: &Value) -> Plain {
    // CT-32; records of the first versions have no type of event, and all are calls.
    if !matches!(text(record, "eventType").as_deref(), None | Some("AwsApiCall")) {
        return Plain::Skipped;
    }
    let Some(identity) = record.get("userIdentity").filter(|it| it.is_object()) else { return Plain::NotReplayable };
    // CT-2, CT-31.
    match text(identity, "type").as_deref() {
        None => return Plain::Skipped,
        Some("AWSService") => return Plain::NotGoverned,
        Some("Root" | "IAMUser" | "AssumedRole" | "Role" | "FederatedUser" | "AWSAccount") => {}
        Some(_) => return Plain::NotReplayable,
    }
    if text(record, "eventTime").and_then(|time| instant(&time)).is_none() {
        return Plain::NotReplayable;
    }
    let session = identity.get("sessionContext");
    let issuer = session.and_then(|session| session.get("sessionIssuer"));
    let arn = text(identity, "arn");
    // CT-3.
    let account = text(identity, "accountId")
        .or_else(|| text(issuer?, "accountId"))
        .or_else(|| arn.as_deref()?.split(':').nth(4).map(str::to_owned));
    let Some(account) = account.filter(|it| it.len() == 12 && it.bytes().all(|byte| byte.is_ascii_digit())) else {
        return Plain::NotReplayable;
    };
    let (Some(source), Some(name)) = (text(record, "eventSource"), text(record, "eventName")) else {
        return Plain::NotReplayable;
    };
    let parameters = parameters(record);
    let mut actions = actions(&source, &name, parameters);
    if actions.found.is_empty() {
        // AWS's own word tells the action where no table has the operation (CT-20).
        actions.found.extend(named_by_aws(record));
    }
    if actions.found.is_empty() {
        return Plain::NotReplayable;
    }
    let mut call = PlainCall {
        account,
        principal: arn,
        region: text(record, "awsRegion"),
        // CT-34.
        passed: match text(record, "errorCode").as_deref() {
            None | Some("Client.DryRunOperation") => Some(true),
            Some(code) => DENIALS.contains(&code).then_some(false),
        },
        keys: keys(record, identity),
        ..PlainCall::default()
    };
    let is_one_of = actions.is_one_of;
    for action in &actions.found {
        let found = Catalog::embedded().action(*action);
        // Which resource is whose is not told where all of several are asked.
        let is_told = actions.found.len() == 1 || is_one_of;
        let resources = if is_told { resources(*action, record, &call) } else { Vec::new() };
        call.asks.insert((found.full_name(), is_one_of, resources));
        call.possible.extend(found.dependent_actions().map(str::to_owned));
        own_keys(*action, parameters, &mut call.keys);
    }
    Plain::Call(Box::new(call))
}

/// The actions of an operation.
struct Actions {
    found: Vec<ActionId>,
    /// Whether one of them is asked, and not all.
    is_one_of: bool,
}

/// `requestParameters`; what is no object tells nothing.
fn parameters(record: &Value) -> &Value {
    record.get("requestParameters").filter(|it| it.is_object()).unwrap_or(&Value::Null)
}

/// The action that stands in the message of a denial.
fn named_by_aws(record: &Value) -> Option<ActionId> {
    if !DENIALS.contains(&text(record, "errorCode")?.as_str()) {
        return None;
    }
    let message = text(record, "errorMessage")?;
    let action = message.split("is not authorized to perform: ").nth(1)?.split(' ').next()?.to_owned();
    Catalog::embedded().find_action(&action)
}

/// CT-1, CT-30.
fn actions(source: &str, name: &str, parameters: &Value) -> Actions {
    let catalog = Catalog::embedded();
    let source = source.trim_end_matches(".cn").trim_end_matches(".amazonaws.com");
    let bare = bare(name);
    let mut found = Vec::new();
    let mut all = false;
    if source == "apigateway" {
        let starts = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
        let verbs = [
            ("GET", starts(&["Get"])),
            ("DELETE", starts(&["Delete", "Untag", "Flush"])),
            ("PATCH", starts(&["Update"])),
            ("PUT", starts(&["Tag", "Put", "Import"])),
            ("POST", starts(&["Create", "Test", "Generate", "Import"])),
        ];
        let fitting = verbs.iter().filter(|(_, fits)| *fits);
        found.extend(fitting.filter_map(|(verb, _)| catalog.find_action(&format!("apigateway:{verb}"))));
    } else {
        let services: Vec<&str> =
            lines(SOURCES).find(|(other, _)| *other == source).map_or(vec![source], |(_, of)| of.split(' ').collect());
        for service in services {
            for name in [name, bare.as_str()] {
                let operation = format!("{service}:{name}");
                let of_name: Vec<ActionId> = catalog
                    .find_action(&operation)
                    .map_or_else(|| catalog.actions_for_operation(&operation), |action| vec![action]);
                all |= ["kms:ReEncrypt", "s3:CopyObject", "s3:UploadPartCopy"].contains(&operation.as_str());
                found.extend(of_name.iter().copied());
                if !of_name.is_empty() {
                    break;
                }
            }
        }
    }
    if source == "autoscaling" && found.len() > 1 && !parameters.is_null() {
        let is_application = text(parameters, "serviceNamespace").is_some();
        let fitting: Vec<ActionId> = found
            .iter()
            .copied()
            .filter(|action| (catalog.action(*action).service() == "application-autoscaling") == is_application)
            .collect();
        found = if fitting.is_empty() { found } else { fitting };
    }
    if source == "s3" && name.contains("Object") {
        let of_version = |action: ActionId| {
            let name = catalog.action(action).name().replacen("Object", "ObjectVersion", 1);
            catalog.find_action(&format!("s3:{name}"))
        };
        if text(parameters, "versionId").is_some() {
            found = found.into_iter().map(|action| of_version(action).unwrap_or(action)).collect();
        } else if let (true, [action]) = (parameters.is_null(), found.as_slice()) {
            found.extend(of_version(*action));
        }
    }
    found.sort_unstable();
    found.dedup();
    let is_one_of = found.len() > 1 && !all;
    Actions { found, is_one_of }
}

/// `CreateFunction20150331`, `UpdateFunctionCode20150331v2`, `GetDistribution2020_05_31`.
fn bare(name: &str) -> String {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit());
    let unversioned = match name.rfind('v').map(|place| name.split_at(place)) {
        Some((before, version)) if digits(version.trim_start_matches('v')) && version.matches('v').count() == 1 => {
            before
        }
        _ => name,
    };
    let letters: Vec<char> = unversioned.chars().collect();
    let dated = letters.iter().rev().take_while(|letter| letter.is_ascii_digit() || **letter == '_').count();
    if (8..=11).contains(&dated) { letters.iter().take(letters.len() - dated).collect() } else { name.to_owned() }
}

/// CT-37.
fn resources(action: ActionId, record: &Value, call: &PlainCall) -> Vec<String> {
    let catalog = Catalog::embedded();
    let found = catalog.action(action);
    let forms: Vec<String> = found
        .rows()
        .flat_map(|row| arn_forms(row.resource_type().arn_pattern()).map(without_names).collect::<Vec<_>>())
        .collect();
    let fits = |arn: &String| {
        arn.starts_with("arn:") && !arn.contains(['*', '?']) && forms.iter().any(|form| is_like(form, arn))
    };
    let listed = record.get("resources").and_then(Value::as_array).into_iter().flatten();
    let mut arns: Vec<String> =
        listed.filter_map(|item| text(item, "ARN").or_else(|| text(item, "arn"))).filter(&fits).collect();
    if arns.is_empty() {
        let parameters = parameters(record);
        let titles = [found.full_name(), format!("{}:*", found.service())];
        let own =
            titles.iter().flat_map(|name| lines(RESOURCES).filter(move |(of, _)| of.split(' ').any(|it| it == name)));
        let templates = own.map(|(_, template)| filled(template, parameters, call).into_iter().filter(&fits).collect());
        arns = templates.into_iter().find(|arns: &Vec<String>| !arns.is_empty()).unwrap_or_default();
    }
    arns.sort();
    arns.dedup();
    if arns.len() > MAX_RESOURCES { Vec::new() } else { arns }
}

/// The ARNs of a template.
fn filled(template: &str, parameters: &Value, call: &PlainCall) -> Vec<String> {
    let partition = call.principal.as_deref().and_then(|arn| arn.split(':').nth(1)).unwrap_or("aws");
    let region = call.region.as_deref().unwrap_or_default();
    let known =
        template.replace("{partition}", partition).replace("{region}", region).replace("{account}", &call.account);
    let mut texts = vec![String::new()];
    for (number, part) in known.split(['{', '}']).enumerate() {
        let parts = if number % 2 == 0 { vec![part.to_owned()] } else { at(parameters, part) };
        if number % 2 == 1 && !parts.is_empty() && parts.iter().all(|it| it.starts_with("arn:")) {
            return parts;
        }
        let is_name =
            |it: &&String| number % 2 == 0 || (!it.contains(['*', '?']) && (part == "key" || !it.contains(':')));
        let parts: Vec<&String> = parts.iter().filter(is_name).collect();
        texts = texts.iter().flat_map(|text| parts.iter().map(move |part| format!("{text}{part}"))).collect();
    }
    if region.is_empty() && template.contains("{region}") { Vec::new() } else { texts }
}

/// The texts at a path of members; `[]` goes through a list.
fn at(value: &Value, path: &str) -> Vec<String> {
    let mut values = vec![value];
    for step in path.split('.') {
        let name = step.trim_end_matches("[]");
        values = values.into_iter().filter_map(|value| value.get(name)).collect();
        if name != step {
            values = values.into_iter().filter_map(Value::as_array).flatten().collect();
        }
    }
    values.into_iter().filter_map(word).collect()
}

fn lines(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
}

/// The form of an ARN with `*` in the places of names.
fn without_names(form: &str) -> String {
    let parts = form.split("${").enumerate();
    parts
        .map(|(number, part)| match (number, part.split_once('}')) {
            (0, _) => part.to_owned(),
            (_, Some((_, rest))) => format!("*{rest}"),
            (_, None) => "*".to_owned(),
        })
        .collect()
}

/// Whether a text is like a pattern, in which `*` stands for any text.
fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text
            .strip_prefix(start)
            .is_some_and(|text| (0..=text.len()).filter_map(|place| text.get(place..)).any(|text| is_like(rest, text))),
    }
}

/// E.1, CT-6 to CT-10, CT-31, CT-35.
fn keys(record: &Value, identity: &Value) -> BTreeMap<String, Option<Vec<String>>> {
    let mut keys: BTreeMap<String, Option<Vec<String>>> = BTreeMap::new();
    let mut give = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            keys.insert(key.to_owned(), Some(vec![value]));
        }
    };
    let kind = text(identity, "type").unwrap_or_default();
    let session = identity.get("sessionContext").unwrap_or(&Value::Null);
    let inside = |name: &str| session.get(name).unwrap_or(&Value::Null);
    if kind == "AssumedRole" {
        give("aws:principalarn", text(inside("sessionIssuer"), "arn"));
    } else {
        give("aws:principalarn", text(identity, "arn"));
    }
    give("aws:tokenissuetime", text(inside("attributes"), "creationDate").and_then(|time| instant(&time)));
    give("aws:sourceidentity", text(session, "sourceIdentity"));
    give("aws:federatedprovider", text(inside("webIdFederationData"), "federatedProvider"));
    give("ec2:roledelivery", text(session, "ec2RoleDelivery"));
    give("aws:signinsessionarn", text(session, "signInSessionArn"));
    give("aws:userid", text(identity, "principalId"));
    give("aws:username", text(identity, "userName").filter(|_| kind == "IAMUser"));
    give("aws:currenttime", text(record, "eventTime").and_then(|time| instant(&time)));
    give("aws:epochtime", text(record, "eventTime").and_then(|time| instant(&time)));
    give("aws:useragent", text(record, "userAgent"));
    give(
        "aws:securetransport",
        text(record.get("tlsDetails").unwrap_or(&Value::Null), "tlsVersion").map(|_| "true".to_owned()),
    );
    give("identitystore:userid", text(identity.get("onBehalfOf").unwrap_or(&Value::Null), "userId"));
    let scope = identity.get("inScopeOf").unwrap_or(&Value::Null);
    if text(scope, "issuerType").as_deref() == Some("AWS::Lambda::Function") {
        give("lambda:sourcefunctionarn", text(scope, "credentialsIssuedTo"));
    }
    give("aws:assumedroot", text(session, "assumedRoot"));
    let endpoint = text(record, "vpcEndpointId");
    let address = text(record, "sourceIPAddress").filter(|it| it.parse::<IpAddr>().is_ok());
    give("aws:sourcevpce", endpoint.clone());
    give("aws:vpceaccount", text(record, "vpcEndpointAccountId").filter(|_| endpoint.is_some()));
    give(if endpoint.is_some() { "aws:vpcsourceip" } else { "aws:sourceip" }, address);
    let by = text(identity, "invokedBy");
    let is_forwarded = by.is_some() && ["IAMUser", "Root"].contains(&kind.as_str());
    if by.is_none() || is_forwarded {
        give("aws:viaawsservice", Some(is_forwarded.to_string()));
    }
    if is_forwarded {
        give("aws:calledvialast", by.clone().filter(|by| by.ends_with(".amazonaws.com")));
    }
    let mfa = text(inside("attributes"), "mfaAuthenticated");
    match (mfa.as_deref(), kind.as_str()) {
        (Some("true"), _) => give("aws:multifactorauthpresent", Some("true".to_owned())),
        (Some("false"), "IAMUser") => give("aws:multifactorauthpresent", Some("false".to_owned())),
        _ => {}
    }
    let mut lack = |names: &[&str]| keys.extend(names.iter().map(|name| ((*name).to_owned(), None)));
    if !session.is_object() {
        lack(&["aws:multifactorauthpresent"]);
    }
    if ["AssumedRole", "Root"].contains(&kind.as_str()) && text(session, "assumedRoot").is_none() {
        lack(&["aws:assumedroot"]);
    }
    if endpoint.is_some() {
        lack(&["aws:sourceip"]);
    } else {
        lack(&["aws:sourcevpce", "aws:sourcevpc"]);
    }
    if by.is_none() {
        lack(&["aws:calledvia", "aws:calledviafirst", "aws:calledvialast"]);
    }
    let given = record.get("eventContext").and_then(|it| it.get("requestContext")).and_then(Value::as_object);
    for (name, value) in given.into_iter().flatten() {
        let values = value.as_array().map(|list| list.iter().filter_map(word).collect());
        if let Some(values) = values.or_else(|| word(value).map(|value| vec![value])) {
            keys.insert(name.to_ascii_lowercase(), Some(values));
        }
    }
    keys
}

/// Keys of one action that its parameters tell: by table, and tags (CTX-51).
fn own_keys(action: ActionId, parameters: &Value, keys: &mut BTreeMap<String, Option<Vec<String>>>) {
    let found = Catalog::embedded().action(action);
    let name = found.full_name();
    for (_, rest) in lines(KEYS).filter(|(actions, _)| actions.split(' ').any(|it| it == name)) {
        let Some((key, member)) = rest.split_once('\t') else { continue };
        if let Some(value) = text(parameters, member) {
            keys.insert(format!("{name} {}", key.to_ascii_lowercase()), Some(vec![value]));
        }
    }
    let tags = ["tags", "Tags", "tagSet", "tagList"].iter().find_map(|member| parameters.get(member));
    let tags = tags.and_then(|tags| tags.get("items").filter(|items| items.is_array()).or(Some(tags)));
    let part = |tag: &Value, names: [&str; 3]| names.iter().find_map(|name| tag.get(name)).cloned();
    let pairs: Vec<(String, String)> = match tags {
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(|tag| {
                let key = word(&part(tag, ["key", "Key", "tagKey"])?)?;
                let value = part(tag, ["value", "Value", "tagValue"]).as_ref().and_then(word).unwrap_or_default();
                Some((key, value))
            })
            .collect(),
        Some(Value::Object(tags)) => {
            tags.iter().map(|(key, value)| (key.clone(), word(value).unwrap_or_default())).collect()
        }
        _ => Vec::new(),
    };
    if !pairs.is_empty() {
        let names = pairs.iter().map(|(key, _)| key.clone()).collect();
        keys.insert(format!("{name} aws:tagkeys"), Some(names));
    }
    for (key, value) in pairs {
        keys.insert(format!("{name} aws:requesttag/{}", key.to_ascii_lowercase()), Some(vec![value]));
    }
}

/// A time as policies spell it (CT-11).
fn instant(text: &str) -> Option<String> {
    text.parse::<jiff::Timestamp>().ok().map(|time| time.to_string())
}

/// A member that says something: a text that is not empty, a number, a boolean.
fn text(value: &Value, member: &str) -> Option<String> {
    word(value.get(member)?)
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => (!text.is_empty()).then(|| text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => {
            number.as_f64().filter(|_| number.is_f64()).map(|it| it.to_string()).or_else(|| Some(number.to_string()))
        }
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
