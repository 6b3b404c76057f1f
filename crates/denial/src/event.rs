//! Events of CloudTrail (E.3, K.5), and authorization messages that were decoded.

use std::net::IpAddr;

use scproof_catalog::Catalog;
use scproof_evaluator::{Context, ContextValue};
use scproof_text::{JsonText, Node, TextKind, Value};

use crate::denial::{Denial, account_of};
use crate::error::DenialError;
use crate::message::{Sentence, sentence};

/// The errors of calls that AWS denied (CT-7, CT-34).
const DENIALS: [&str; 4] =
    ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Client.UnauthorizedOperation"];

/// JSON in texts of JSON is looked into so far.
const MAX_DEPTH: usize = 4;

pub(crate) fn read(text: &str) -> Result<Denial, DenialError> {
    within(text, 0)
}

fn within(text: &str, depth: usize) -> Result<Denial, DenialError> {
    let json = JsonText::new(text, &TextKind::FILE);
    let root = json.root().filter(|_| json.is_whole());
    let Some(root) = root else {
        return Err(json.error([], 0).map_or(DenialError::OtherJson, DenialError::Json));
    };
    find(root, depth)
}

/// Looks for the one event in what carries events.
fn find(node: &Node<'_>, depth: usize) -> Result<Denial, DenialError> {
    if depth > MAX_DEPTH {
        return Err(DenialError::OtherJson);
    }
    if let Value::Array(events) = &node.value {
        return match events.as_slice() {
            [only] => find(only, depth + 1),
            events => Err(DenialError::SeveralEvents(events.len())),
        };
    }
    if member(node, "userIdentity").is_some() {
        return event(node);
    }
    if member(node, "context").is_some_and(|context| member(context, "action").is_some()) {
        return decoded(node);
    }
    for name in ["Records", "Events", "detail", "CloudTrailEvent", "DecodedMessage"] {
        let Some(inside) = member(node, name) else { continue };
        return match inside.value.as_string() {
            Some(text) => within(text, depth + 1),
            None => find(inside, depth + 1),
        };
    }
    Err(DenialError::OtherJson)
}

fn member<'n, 't>(node: &'n Node<'t>, name: &str) -> Option<&'n Node<'t>> {
    let Value::Object(members) = &node.value else { return None };
    members.iter().find(|member| member.name == name).map(|member| &member.value)
}

/// The text at a path of members; booleans and numbers as their words.
fn text(node: &Node<'_>, path: &[&str]) -> Option<String> {
    let node = path.iter().try_fold(node, |node, name| member(node, name))?;
    scalar(node).filter(|text| !text.is_empty())
}

fn scalar(node: &Node<'_>) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(token) => Some((*token).to_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) | Value::Broken => None,
    }
}

fn event(event: &Node<'_>) -> Result<Denial, DenialError> {
    let code = text(event, &["errorCode"]);
    if !code.as_deref().is_some_and(|code| DENIALS.contains(&code)) {
        return Err(DenialError::NotDenied(code));
    }
    let Sentence { action, resource, cause, .. } =
        text(event, &["errorMessage"]).and_then(|message| sentence(&message)).unwrap_or_default();
    let principal = text(event, &["userIdentity", "arn"]).ok_or(DenialError::NoCaller)?;
    // The chain is that of the caller's account, wherever the event was written (CT-3).
    let account = text(event, &["userIdentity", "accountId"]).or_else(|| account_of(&principal).map(str::to_owned));
    let account = account.ok_or_else(|| DenialError::NoAccount(principal.clone()))?;
    let action = action.map_or_else(|| action_of(event), Ok)?;
    Ok(Denial {
        account,
        action,
        resource,
        region: text(event, &["awsRegion"]),
        context: context(event),
        principal,
        cause,
        time: text(event, &["eventTime"]),
    })
}

/// The action of an operation (CT-30): of the same name, or as AWS's tables have it.
fn action_of(event: &Node<'_>) -> Result<String, DenialError> {
    let (Some(source), Some(operation)) = (text(event, &["eventSource"]), text(event, &["eventName"])) else {
        return Err(DenialError::NoAction);
    };
    let service = source.split('.').next().unwrap_or_default();
    let name = format!("{service}:{operation}");
    let catalog = Catalog::embedded();
    // Some services share the source of Auto Scaling.
    if catalog.find_action(&name).is_some() && service != "autoscaling" {
        return Ok(name);
    }
    let actions: Vec<String> =
        catalog.actions_for_operation(&name).into_iter().map(|action| catalog.action(action).full_name()).collect();
    match actions.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(DenialError::UnknownOperation(name)),
        _ => Err(DenialError::SeveralActions { operation: name, actions }),
    }
}

/// What an event tells of the keys of its call; all others stay unknown (CT-6).
fn context(event: &Node<'_>) -> Context {
    let of = |path: &[&str]| text(event, path);
    let mut context = Context::new();
    let mut give = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            context.insert(key, ContextValue::Single(value));
        }
    };
    let kind = of(&["userIdentity", "type"]).unwrap_or_default();
    let session = &["userIdentity", "sessionContext"];
    let of_session = |path: &[&str]| of(&[session.as_slice(), path].concat());
    let is_session = kind == "AssumedRole";
    // The ARN of a session lacks the path of its role (CT-4).
    if is_session {
        give("aws:PrincipalArn", of_session(&["sessionIssuer", "arn"]));
        give("aws:TokenIssueTime", of_session(&["attributes", "creationDate"]));
        give("aws:SourceIdentity", of_session(&["sourceIdentity"]));
        give("aws:FederatedProvider", of_session(&["webIdFederationData", "federatedProvider"]));
    }
    give("aws:CurrentTime", of(&["eventTime"]));
    give("aws:UserAgent", of(&["userAgent"]));
    give("aws:SecureTransport", of(&["tlsDetails", "tlsVersion"]).map(|_| "true".to_owned()));
    let mut absent: Vec<&str> = Vec::new();
    // CT-8.
    let mfa = of_session(&["attributes", "mfaAuthenticated"]);
    match (mfa.as_deref(), kind.as_str()) {
        (Some("true"), _) | (Some("false"), "IAMUser") => give("aws:MultiFactorAuthPresent", mfa),
        (None, "IAMUser") if member(event, "userIdentity").is_some_and(|it| member(it, "sessionContext").is_none()) => {
            absent.push("aws:MultiFactorAuthPresent");
        }
        _ => {}
    }
    // CT-31.
    if is_session || kind == "Root" {
        match of_session(&["assumedRoot"]) {
            Some(value) => give("aws:AssumedRoot", Some(value)),
            None => absent.push("aws:AssumedRoot"),
        }
    }
    // CT-9.
    let address = of(&["sourceIPAddress"]).filter(|address| address.parse::<IpAddr>().is_ok());
    let endpoint = of(&["vpcEndpointId"]);
    if endpoint.is_some() {
        give("aws:SourceVpce", endpoint);
        give("aws:VpcSourceIp", address);
        absent.push("aws:SourceIp");
    } else {
        give("aws:SourceIp", address);
    }
    // CT-10.
    match (of(&["userIdentity", "invokedBy"]), kind.as_str()) {
        (None, _) => {
            give("aws:ViaAWSService", Some("false".to_owned()));
            absent.extend(["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"]);
        }
        (Some(by), "IAMUser" | "Root") => {
            give("aws:ViaAWSService", Some("true".to_owned()));
            give("aws:CalledViaLast", Some(by).filter(|by| by.ends_with(".amazonaws.com")));
        }
        (Some(_), _) => {}
    }
    for key in absent {
        context.insert(key, ContextValue::Absent);
    }
    let mut known = given_by_aws(event);
    let is_given = |key: &str| known.iter().any(|(given, _)| given.eq_ignore_ascii_case(key));
    let derived: Vec<_> = context.iter().filter(|(key, _)| !is_given(key)).collect();
    for (key, value) in derived {
        known.insert(key, value.clone());
    }
    known
}

/// AWS's own values of keys, which enriched events carry: they count before all others (CT-35).
fn given_by_aws(event: &Node<'_>) -> Context {
    let mut context = Context::new();
    let found = ["eventContext", "requestContext"].iter().try_fold(event, |node, name| member(node, name));
    let Some(Value::Object(members)) = found.map(|node| &node.value) else { return context };
    for member in members {
        let value = match (member.value.value.as_array(), scalar(&member.value)) {
            (Some(values), _) => ContextValue::List(values.iter().filter_map(scalar).collect()),
            (None, Some(text)) => ContextValue::Single(text),
            (None, None) => continue,
        };
        context.insert(member.name.to_string(), value);
    }
    context
}

/// The output of `aws sts decode-authorization-message`: who, what and where, and the keys of the request.
fn decoded(node: &Node<'_>) -> Result<Denial, DenialError> {
    if text(node, &["allowed"]).as_deref() == Some("true") {
        return Err(DenialError::NotDenied(None));
    }
    let of = |path: &[&str]| text(node, &[&["context"], path].concat());
    let principal = of(&["principal", "arn"]).ok_or(DenialError::NoCaller)?;
    let account = account_of(&principal).ok_or_else(|| DenialError::NoAccount(principal.clone()))?.to_owned();
    let mut context = Context::new();
    let conditions = ["context", "conditions", "items"].iter().try_fold(node, |node, name| member(node, name));
    for item in conditions.and_then(|items| items.value.as_array()).unwrap_or_default() {
        let Some(key) = text(item, &["key"]) else { continue };
        let values = ["values", "items"].iter().try_fold(item, |node, name| member(node, name));
        let values = values.and_then(|values| values.value.as_array()).unwrap_or_default();
        let mut values: Vec<String> = values.iter().filter_map(|value| text(value, &["value"])).collect();
        let value = if values.len() == 1 { values.pop().map(ContextValue::Single) } else { None };
        context.insert(key, value.unwrap_or(ContextValue::List(values)));
    }
    Ok(Denial {
        account,
        principal,
        action: of(&["action"]).ok_or(DenialError::NoAction)?,
        resource: of(&["resource"]),
        region: None,
        context,
        cause: None,
        time: None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const USER: &str = "arn:aws:iam::111111111111:user/ann";

    fn event(identity: Value, more: &[(&str, Value)]) -> Denial {
        let mut event =
            json!({"eventSource": "sqs.amazonaws.com", "eventName": "ListQueues", "errorCode": "AccessDenied"});
        event["userIdentity"] = identity;
        for (name, value) in more {
            event[name] = value.clone();
        }
        Denial::read(&event.to_string()).unwrap()
    }

    fn user(more: &[(&str, Value)]) -> Denial {
        event(json!({"type": "IAMUser", "arn": USER, "accountId": "111111111111"}), more)
    }

    fn key(denial: &Denial, key: &str) -> Option<ContextValue> {
        denial.context.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone())
    }

    fn single(text: &str) -> ContextValue {
        ContextValue::Single(text.to_owned())
    }

    #[test]
    fn ct_3_the_caller_s_account_decides() {
        let role = "arn:aws:sts::111111111111:assumed-role/dev/ann";
        let identity = json!({"type": "AssumedRole", "arn": role, "accountId": "111111111111",
            "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111111111111:role/team/dev"}}});
        let denial = event(identity, &[("recipientAccountId", json!("222222222222"))]);
        assert_eq!(denial.account, "111111111111");
        // CT-4.
        assert_eq!(key(&denial, "aws:PrincipalArn"), Some(single("arn:aws:iam::111111111111:role/team/dev")));
        // CT-31.
        assert_eq!(key(&denial, "aws:AssumedRoot"), Some(ContextValue::Absent));
    }

    #[test]
    fn ct_8_mfa_is_absent_without_a_session_and_open_in_a_role_s() {
        assert_eq!(key(&user(&[]), "aws:MultiFactorAuthPresent"), Some(ContextValue::Absent));
        let of = |kind: &str, value: &str| {
            let session = json!({"attributes": {"mfaAuthenticated": value}});
            let identity = json!({"type": kind, "arn": USER, "accountId": "111111111111", "sessionContext": session});
            key(&event(identity, &[]), "aws:MultiFactorAuthPresent")
        };
        assert_eq!(of("IAMUser", "false"), Some(single("false")));
        assert_eq!(of("AssumedRole", "true"), Some(single("true")));
        assert_eq!(of("AssumedRole", "false"), None);
    }

    #[test]
    fn ct_9_an_endpoint_takes_the_place_of_the_address() {
        let address = ("sourceIPAddress", json!("203.0.113.7"));
        assert_eq!(key(&user(std::slice::from_ref(&address)), "aws:SourceIp"), Some(single("203.0.113.7")));
        let denial = user(&[address, ("vpcEndpointId", json!("vpce-1"))]);
        assert_eq!(key(&denial, "aws:SourceIp"), Some(ContextValue::Absent));
        assert_eq!(
            (key(&denial, "aws:SourceVpce"), key(&denial, "aws:VpcSourceIp")),
            (Some(single("vpce-1")), Some(single("203.0.113.7")))
        );
        let service = user(&[("sourceIPAddress", json!("cloudformation.amazonaws.com"))]);
        assert_eq!(key(&service, "aws:SourceIp"), None);
    }

    #[test]
    fn ct_10_calls_by_services() {
        let by = |kind: &str| {
            event(
                json!({"type": kind, "arn": USER, "accountId": "111111111111", "invokedBy": "athena.amazonaws.com"}),
                &[],
            )
        };
        assert_eq!(key(&user(&[]), "aws:ViaAWSService"), Some(single("false")));
        assert_eq!(key(&user(&[]), "aws:CalledVia"), Some(ContextValue::Absent));
        assert_eq!(key(&by("IAMUser"), "aws:ViaAWSService"), Some(single("true")));
        assert_eq!(key(&by("IAMUser"), "aws:CalledViaLast"), Some(single("athena.amazonaws.com")));
        assert_eq!(key(&by("AssumedRole"), "aws:ViaAWSService"), None);
    }

    #[test]
    fn ct_35_what_aws_tells_of_keys_counts_first() {
        let enriched = json!({"requestContext": {"aws:ViaAWSService": "true", "aws:CalledVia": ["a", "b"]}});
        let denial = user(&[("eventContext", enriched)]);
        let values = denial.context.iter().filter(|(key, _)| *key == "aws:ViaAWSService").count();
        assert_eq!((values, key(&denial, "aws:ViaAWSService")), (1, Some(single("true"))));
        assert_eq!(key(&denial, "aws:CalledVia"), Some(ContextValue::List(vec!["a".to_owned(), "b".to_owned()])));
    }

    #[test]
    fn ct_34_only_denials() {
        let event =
            json!({"userIdentity": {"arn": USER}, "eventName": "ListQueues", "errorCode": "ThrottlingException"});
        assert!(matches!(Denial::read(&event.to_string()), Err(DenialError::NotDenied(Some(_)))));
    }

    #[test]
    fn ct_30_one_source_may_carry_several_services() {
        let event = json!({"userIdentity": {"arn": USER}, "errorCode": "AccessDenied",
            "eventSource": "autoscaling.amazonaws.com", "eventName": "DescribeScalingPlans"});
        assert!(matches!(Denial::read(&event.to_string()), Err(DenialError::UnknownOperation(_))));
    }

    #[test]
    fn a_decoded_message() {
        let message = json!({"allowed": false, "context": {"principal": {"arn": USER}, "action": "ec2:StopInstances",
            "resource": "arn:aws:ec2:eu-west-1:111111111111:instance/i-1",
            "conditions": {"items": [{"key": "ec2:Tenancy", "values": {"items": [{"value": "default"}]}}]}}});
        let output = json!({"DecodedMessage": message.to_string()});
        let denial = Denial::read(&output.to_string()).unwrap();
        assert_eq!((&*denial.action, &*denial.account), ("ec2:StopInstances", "111111111111"));
        assert_eq!(key(&denial, "ec2:Tenancy"), Some(single("default")));
    }

    proptest! {
        /// Whatever stands there is read or refused.
        #[test]
        fn no_text_is_too_odd(text in "(User: )?[a-z:/ .\"{}\\[\\]é-]{0,40}( is not authorized to perform: )?[a-z:*/ ]{0,30}( on resource: )?.{0,40}") {
            if let Err(error) = Denial::read(&text) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
