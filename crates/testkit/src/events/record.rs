//! The text of a record.

use std::fmt::Write;

use scproof_catalog::Catalog;

use super::callers::{Caller, mark};
use super::date;
use super::fleet::weighted;
use super::operations::Operation;
use crate::random::Random;

const NAMES: [&str; 12] = [
    "orders",
    "search",
    "invoices",
    "thumbnails",
    "ledger",
    "reports",
    "sessions",
    "catalog",
    "exports",
    "audit",
    "features",
    "mail",
];
const TEAMS: [&str; 4] = ["shop", "data", "platform", "payments"];
const TYPES: [&str; 4] = ["t3.micro", "m7g.large", "c7i.xlarge", "p4d.24xlarge"];
/// Errors that are no denial.
const ERRORS: [&str; 6] = [
    "ThrottlingException",
    "NoSuchEntityException",
    "ResourceNotFoundException",
    "Client.InvalidInstanceID.NotFound",
    "NoSuchTagSet",
    "ValidationException",
];

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    Passed,
    DryRun,
    Failed(&'static str),
    /// The action, if AWS names it, and why AWS says that it denied it.
    Denied(String, String),
}

impl Ending {
    /// One in ten fails. No denial is for a service control policy: that follows from policies.
    pub(crate) fn draw(caller: &Caller, operation: Operation, random: &mut Random) -> Self {
        let denied = if caller.is_person() { 60 } else { 12 };
        let shares = [(0, 900), (1, denied), (2, 70), (3, usize::from(operation.source == "ec2"))];
        match weighted(&shares, random) {
            1 => {
                let action = format!("{}:{}", operation.source, operation.name);
                let why = format!("because no identity-based policy allows the {action} action");
                // AWS names the action, which the operation's name is not always.
                let is_action = Catalog::embedded().find_action(&action).is_some();
                Self::Denied(if is_action { action } else { String::new() }, why)
            }
            2 => Self::Failed(random.pick(&ERRORS).copied().unwrap_or_default()),
            3 => Self::DryRun,
            _ => Self::Passed,
        }
    }
}

/// A call of which records are written.
#[derive(Debug)]
pub(crate) struct Written<'a> {
    caller: &'a Caller,
    operation: Operation,
    region: &'a str,
    time: u64,
    number: u128,
    parameters: String,
    resources: String,
    endpoint: Option<String>,
    has_tls: bool,
    hides_parameters: bool,
}

impl<'a> Written<'a> {
    pub(crate) fn new(
        caller: &'a Caller,
        operation: Operation,
        (account, region, time): (&str, &'a str, u64),
        random: &mut Random,
    ) -> Self {
        let number = (u128::from(random.next_u64()) << 64) | u128::from(random.next_u64());
        let draw = Draw::new(account, region, random);
        let uses_endpoint = matches!(operation.source, "s3" | "kms" | "sts" | "secretsmanager") && random.chance(12);
        Self {
            caller,
            operation,
            region,
            time,
            number,
            parameters: if operation.parameters == "-" { "null".to_owned() } else { draw.fill(operation.parameters) },
            resources: draw.fill(operation.resources),
            endpoint: uses_endpoint.then(|| format!("vpce-{:017x}", mark(account))),
            has_tls: random.chance(79),
            hides_parameters: random.chance(30),
        }
    }

    /// The record in the log of an account. `addendum`: why it comes late.
    pub(crate) fn text(&self, ending: &Ending, recipient: &str, addendum: Option<&str>) -> String {
        let Self { caller, operation, region, number, .. } = self;
        let mut text = String::with_capacity(2_048);
        // Writing to a `String` does not fail.
        let _ = write!(
            text,
            r#"{{"eventVersion":"1.11","userIdentity":{},"eventTime":"{}","eventSource":"{}.amazonaws.com","eventName":"{}","awsRegion":"{region}","sourceIPAddress":"{}","userAgent":"{}""#,
            caller.identity,
            date(self.time),
            operation.source,
            operation.name,
            caller.address,
            caller.agent,
        );
        let code = match ending {
            Ending::Passed => None,
            Ending::DryRun => Some("Client.DryRunOperation"),
            Ending::Failed(code) => Some(*code),
            Ending::Denied(..) if operation.source == "ec2" => Some("Client.UnauthorizedOperation"),
            Ending::Denied(..) if operation.source == "s3" => Some("AccessDenied"),
            Ending::Denied(..) => Some("AccessDeniedException"),
        };
        if let Some(code) = code {
            let _ = write!(text, r#","errorCode":"{code}""#);
        }
        match ending {
            Ending::Denied(action, _) if action.is_empty() => text.push_str(r#","errorMessage":"Access Denied""#),
            Ending::Denied(action, why) => {
                let who = caller.arn.as_deref().unwrap_or("anonymous");
                let _ = write!(text, r#","errorMessage":"User: {who} is not authorized to perform: {action} {why}""#);
            }
            Ending::Passed | Ending::DryRun | Ending::Failed(_) => {}
        }
        let hides = matches!(ending, Ending::Denied(..)) && self.hides_parameters;
        let parameters = if hides { "null" } else { self.parameters.as_str() };
        let _ = write!(
            text,
            r#","requestParameters":{parameters},"responseElements":null,"requestID":"{}","eventID":"{}","readOnly":{}"#,
            uuid(number.rotate_left(17)),
            uuid(number ^ u128::from(mark(recipient)).rotate_left(40)),
            operation.is_reading(),
        );
        if !self.resources.is_empty() && (!hides || operation.is_data()) {
            let _ = write!(text, r#","resources":[{}]"#, self.resources);
        }
        let category = match (caller.event_type, operation.is_data()) {
            ("AwsCloudTrailInsight", _) => "Insight",
            (_, true) => "Data",
            (_, false) => "Management",
        };
        let _ = write!(
            text,
            r#","eventType":"{}","managementEvent":{},"recipientAccountId":"{recipient}""#,
            caller.event_type,
            category == "Management",
        );
        if caller.is_foreign() {
            let _ = write!(text, r#","sharedEventID":"{}""#, uuid(number.rotate_left(64)));
        }
        if let Some(reason) = addendum {
            let _ = write!(
                text,
                r#","addendum":{{"reason":"{reason}","updatedFields":"responseElements","originalEventID":"{}"}}"#,
                uuid(*number)
            );
        }
        if let Some(endpoint) = &self.endpoint {
            let _ = write!(text, r#","vpcEndpointId":"{endpoint}","vpcEndpointAccountId":"{recipient}""#);
        }
        let _ = write!(text, r#","eventCategory":"{category}""#);
        if self.has_tls {
            let (source, region) = (operation.source, self.region);
            let _ = write!(
                text,
                r#","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"{source}.{region}.amazonaws.com"}}"#
            );
        }
        text.push('}');
        text
    }
}

/// What stands in the places of templates, the same in all of one record.
struct Draw<'a> {
    account: &'a str,
    region: &'a str,
    name: &'static str,
    team: &'static str,
    machine: &'static str,
    id: String,
    uuid: String,
    key: String,
}

impl<'a> Draw<'a> {
    fn new(account: &'a str, region: &'a str, random: &mut Random) -> Self {
        let pick =
            |of: &[&'static str], random: &mut Random| of.get(random.skewed(of.len())).copied().unwrap_or_default();
        let name = pick(&NAMES, random);
        let thing = mark(&format!("{account}{name}")) ^ random.below(24) as u64;
        Self {
            account,
            region,
            name,
            team: pick(&TEAMS, random),
            machine: pick(&TYPES, random),
            id: format!("{thing:017x}"),
            uuid: uuid(u128::from(thing) << 64 | u128::from(mark(account))),
            key: format!("2026/{:02}/{:06x}.json", random.below(12) + 1, random.below(100_000)),
        }
    }

    fn fill(&self, template: &str) -> String {
        let mut text = String::with_capacity(template.len() + 64);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('<') {
            text.push_str(before);
            let (name, after) = after.split_once('>').unwrap_or((after, ""));
            text.push_str(match name {
                "account" => self.account,
                "region" => self.region,
                "name" => self.name,
                "team" => self.team,
                "type" => self.machine,
                "id" => &self.id,
                "uuid" => &self.uuid,
                _ => &self.key,
            });
            rest = after;
        }
        text + rest
    }
}

fn uuid(number: u128) -> String {
    let digits = format!("{number:032x}");
    let mut text = String::with_capacity(36);
    for (place, digit) in digits.chars().enumerate() {
        if [8, 12, 16, 20].contains(&place) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}
