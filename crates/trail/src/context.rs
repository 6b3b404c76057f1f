//! What a record tells of the keys of its call (E.1, E.3); all others stay unknown (CT-6).

use std::net::IpAddr;

use jiff::Timestamp;
use scproof_evaluator::{Context, ContextValue};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::parameters::scalar;
use crate::record::{Identity, Record};

/// What is known of the keys.
pub(crate) fn context(record: &Record<'_>, identity: &Identity<'_>) -> Context {
    let is_row = record.name_in_row.get().is_some();
    let mut known = Known { is_row, ..Known::default() };
    let kind = identity.kind.get().unwrap_or_default();
    let session = identity.session.as_ref();
    let attributes = session.and_then(|session| session.attributes.as_ref());
    let is_session = kind == "AssumedRole";
    if is_session && let Some(session) = session {
        // The ARN of a session lacks the path of its role (CT-4).
        known.give("aws:PrincipalArn", session.issuer.as_ref().and_then(|issuer| issuer.arn.get()));
        let created = attributes.and_then(|it| it.creation_date.get()).and_then(instant);
        known.give("aws:TokenIssueTime", created.as_deref());
        known.give("aws:SourceIdentity", session.source_identity.get());
        known.give("aws:FederatedProvider", session.federation.as_ref().and_then(|it| it.provider.get()));
        known.give("ec2:RoleDelivery", session.role_delivery.get());
        known.give("aws:SignInSessionArn", session.sign_in_arn.get());
    }
    // CTX-10. What is no caller of an account has an id of another kind.
    if matches!(kind, "Root" | "IAMUser" | "AssumedRole" | "FederatedUser") {
        known.give("aws:userid", identity.principal_id.get());
    }
    known.give("aws:CurrentTime", record.event_time.get().and_then(instant).as_deref());
    known.give("aws:UserAgent", record.user_agent.get());
    known.give("aws:SecureTransport", record.tls.as_ref().and_then(|tls| tls.version.get()).map(|_| "true"));
    known.give("identitystore:UserId", identity.on_behalf_of.as_ref().and_then(|it| it.user_id.get()));
    if let Some(scope) = &identity.in_scope_of {
        let of_function = scope.issuer_type.get() == Some("AWS::Lambda::Function");
        known.give("lambda:SourceFunctionArn", scope.issued_to.get().filter(|_| of_function));
    }
    // CT-8.
    match (attributes.and_then(|it| it.mfa.get()), kind) {
        (Some("true"), _) => known.give("aws:MultiFactorAuthPresent", Some("true")),
        (Some("false"), "IAMUser") => known.give("aws:MultiFactorAuthPresent", Some("false")),
        (None, "IAMUser") if session.is_none() => known.lack(&["aws:MultiFactorAuthPresent"]),
        _ => {}
    }
    // CT-31.
    if is_session || kind == "Root" {
        match session.and_then(|session| session.assumed_root.get()) {
            Some(value) => known.give("aws:AssumedRoot", Some(value)),
            None => known.lack(&["aws:AssumedRoot"]),
        }
    }
    // CT-9.
    let address = record.source_address.get().filter(|address| address.parse::<IpAddr>().is_ok());
    if let Some(endpoint) = record.vpc_endpoint.get() {
        known.give("aws:SourceVpce", Some(endpoint));
        known.give("aws:VpcSourceIp", address);
        known.give("aws:VpceAccount", record.vpc_endpoint_account.get());
        known.lack(&["aws:SourceIp"]);
    } else {
        known.give("aws:SourceIp", address.filter(|_| !is_row));
        // A service that calls for somebody may keep the way on which it was called.
        if identity.invoked_by.get().is_none() && address.is_some() {
            known.lack(&["aws:SourceVpce", "aws:SourceVpc"]);
        }
    }
    // CT-10.
    match (identity.invoked_by.get(), kind) {
        (None, _) => {
            known.give("aws:ViaAWSService", Some("false").filter(|_| !is_row));
            known.lack(&["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"]);
        }
        (Some(by), "IAMUser" | "Root") => {
            known.give("aws:ViaAWSService", Some("true"));
            known.give("aws:CalledViaLast", Some(by).filter(|by| by.ends_with(".amazonaws.com")));
        }
        (Some(_), _) => {}
    }
    known.with_given_by_aws(record.enriched)
}

/// A time as policies spell it; records have it in extended or basic notation (CT-11).
fn instant(text: &str) -> Option<String> {
    text.parse::<Timestamp>().ok().map(|time| time.to_string())
}

#[derive(Default)]
struct Known {
    keys: Vec<(&'static str, ContextValue)>,
    /// Of a row of a table, whose missing columns tell nothing.
    is_row: bool,
}

impl Known {
    fn give(&mut self, key: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.keys.push((key, ContextValue::Single(value.to_owned())));
        }
    }

    fn lack(&mut self, keys: &[&'static str]) {
        let told: &[&'static str] = if self.is_row { &[] } else { keys };
        self.keys.extend(told.iter().map(|key| (*key, ContextValue::Absent)));
    }

    /// AWS's own values of keys, which enriched events carry, count before all others (CT-35).
    fn with_given_by_aws(self, event_context: Option<&RawValue>) -> Context {
        let mut context = Context::new();
        let given = event_context.and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
        let given = given.and_then(|given| given.get("requestContext")?.as_object().cloned());
        let given: Map<String, Value> = given.unwrap_or_default();
        let is_given = |key: &str| given.keys().any(|name| name.eq_ignore_ascii_case(key));
        let derived = self.keys.into_iter().filter(|(key, _)| !is_given(key));
        let derived: Vec<_> = derived.collect();
        for (name, value) in &given {
            let list = |values: &Vec<Value>| ContextValue::List(values.iter().filter_map(scalar).collect());
            let value = value.as_array().map(list).or_else(|| scalar(value).map(ContextValue::Single));
            if let Some(value) = value {
                context.insert(name.clone(), value);
            }
        }
        for (key, value) in derived {
            context.insert(key, value);
        }
        context
    }
}
