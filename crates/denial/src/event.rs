//! Events of CloudTrail, as the crate `trail` reads them, and authorization messages that were decoded.

use scproof_evaluator::{Context, ContextValue, RequestResource};
use scproof_text::{JsonText, Node, TextKind, Value};
use scproof_trail::{Ask, Outcome, Reader, Reading, Record, Standing, read_records, read_sentence};

use crate::denial::{Denial, account_of};
use crate::error::DenialError;

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
    if member(root, "context").is_some_and(|context| member(context, "action").is_some()) {
        return decoded(root);
    }
    if let Some(inside) = member(root, "DecodedMessage").and_then(|it| it.value.as_string())
        && depth < MAX_DEPTH
    {
        return within(inside, depth + 1);
    }
    only_event(text)
}

/// The one event in what carries events.
fn only_event(text: &str) -> Result<Denial, DenialError> {
    let mut count = 0;
    let mut found = Err(DenialError::OtherJson);
    read_records(text.as_bytes(), &mut |record| {
        count += 1;
        if count == 1 {
            found = event(&record);
        }
    });
    if count > 1 { Err(DenialError::SeveralEvents(count)) } else { found }
}

fn event(record: &Record<'_>) -> Result<Denial, DenialError> {
    if !record.has_caller() {
        return Err(DenialError::OtherJson);
    }
    let call = match Reader::new().asked(record) {
        Reading::Call(call) => call,
        // What AWS did not deny needs no further reason.
        _ if !record.is_denied() => return Err(DenialError::NotDenied(record.error_code().map(str::to_owned))),
        Reading::Skipped(why) | Reading::NotGoverned(why) | Reading::NotReplayable(why) => {
            return Err(DenialError::NotAsked { event: operation(record), why });
        }
    };
    let Outcome::Denied { cause, action: named } = call.outcome else {
        return Err(DenialError::NotDenied(record.error_code().map(str::to_owned)));
    };
    let principal = call.principal.ok_or(DenialError::NoCaller)?;
    let said = record.error_message().and_then(read_sentence).unwrap_or_default();
    let action = named.map_or_else(|| only_action(record, &call.asks), Ok)?;
    let ask = call.asks.iter().find(|ask| ask.action.eq_ignore_ascii_case(&action));
    let mut context = call.context;
    for (key, value) in ask.iter().flat_map(|ask| ask.context.iter()) {
        context.insert(key, value.clone());
    }
    let resource = said.resource.or_else(|| ask.and_then(only_resource));
    let time = record.time().map(str::to_owned);
    Ok(Denial { account: call.account, principal, action, resource, region: call.region, context, cause, time })
}

/// An operation as people write it, `s3:GetObject`.
fn operation(record: &Record<'_>) -> String {
    let source = record.source().and_then(|source| source.split('.').next()).unwrap_or_default();
    format!("{source}:{}", record.name().unwrap_or_default())
}

/// The action of an operation that needs one.
fn only_action(record: &Record<'_>, asks: &[Ask]) -> Result<String, DenialError> {
    let asked = asks.iter().filter(|ask| ask.standing != Standing::Possible);
    let mut actions: Vec<String> = asked.map(|ask| ask.action.clone()).collect();
    actions.dedup();
    match actions.as_slice() {
        [] => Err(DenialError::NoAction),
        [only] => Ok(only.clone()),
        _ => Err(DenialError::SeveralActions { operation: operation(record), actions }),
    }
}

/// The resource that an event names, if it is one.
fn only_resource(ask: &Ask) -> Option<String> {
    match ask.resources.as_slice() {
        [only] => match &only.resource {
            RequestResource::Arn(arn) => Some(arn.clone()),
            RequestResource::NotScoped | RequestResource::Unknown => None,
        },
        _ => None,
    }
}

fn member<'n, 't>(node: &'n Node<'t>, name: &str) -> Option<&'n Node<'t>> {
    let Value::Object(members) = &node.value else { return None };
    members.iter().find(|member| member.name == name).map(|member| &member.value)
}

/// The text at a path of members; booleans and numbers as their words.
fn text(node: &Node<'_>, path: &[&str]) -> Option<String> {
    let node = path.iter().try_fold(node, |node, name| member(node, name))?;
    let text = match &node.value {
        Value::String(text) => text.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Number(token) => (*token).to_owned(),
        Value::Null | Value::Array(_) | Value::Object(_) | Value::Broken => return None,
    };
    Some(text).filter(|text| !text.is_empty())
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
        assert!(matches!(Denial::read(&event.to_string()), Err(DenialError::NotAsked { .. })));
    }

    /// What AWS's own words tell is enough, whatever the tables lack.
    #[test]
    fn ct_20_ct_30_the_action_that_aws_names_counts() {
        let message = format!("User: {USER} is not authorized to perform: ec2:StopInstances");
        let identity = json!({"type": "IAMUser", "arn": USER, "accountId": "111111111111"});
        let named = event(identity, &[("eventName", json!("NewOperation")), ("errorMessage", json!(message))]);
        assert_eq!((&*named.action, named.resource), ("ec2:StopInstances", None));
    }

    #[test]
    fn ct_37_the_resource_that_an_event_names() {
        let identity = json!({"type": "IAMUser", "arn": USER, "accountId": "111111111111"});
        let parameters = json!({"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111111111111/q"});
        let of = |name: &str| {
            event(
                identity.clone(),
                &[
                    ("eventName", json!(name)),
                    ("requestParameters", parameters.clone()),
                    ("awsRegion", json!("eu-west-1")),
                ],
            )
            .resource
        };
        assert_eq!(of("ListQueues"), None);
        let listed = json!([{"type": "AWS::SQS::Queue", "ARN": "arn:aws:sqs:eu-west-1:111111111111:q"}]);
        let named = event(identity, &[("eventName", json!("SendMessage")), ("resources", listed)]);
        assert_eq!(named.resource.as_deref(), Some("arn:aws:sqs:eu-west-1:111111111111:q"));
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
