//! Who calls.

use super::date;
use super::fleet::{Fleet, weighted};
use super::operations::Group;
use crate::random::Random;

/// How many events in a thousand are of which kind of caller.
const KINDS: [(Kind, usize); 20] = [
    (Kind::App, 330),
    (Kind::Instance, 100),
    (Kind::Pipeline, 80),
    (Kind::Service, 150),
    (Kind::ServiceLinked, 80),
    (Kind::IdentityCenter, 110),
    (Kind::Forwarded, 40),
    (Kind::User, 36),
    (Kind::Neighbour, 20),
    (Kind::Stranger, 8),
    (Kind::Named, 12),
    (Kind::WebIdentity, 10),
    (Kind::Saml, 2),
    (Kind::Root, 3),
    (Kind::Federated, 2),
    (Kind::IdentityCenterUser, 2),
    (Kind::Untyped, 7),
    (Kind::SignIn, 5),
    (Kind::AccountLess, 2),
    (Kind::Insight, 1),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    #[default]
    App,
    Instance,
    Pipeline,
    Service,
    ServiceLinked,
    IdentityCenter,
    /// A service that calls with somebody's credentials.
    Forwarded,
    User,
    /// A role of another account of the organization.
    Neighbour,
    /// An account of which nothing more is told.
    Stranger,
    /// A role that policies name.
    Named,
    WebIdentity,
    Saml,
    Root,
    Federated,
    IdentityCenterUser,
    Untyped,
    SignIn,
    AccountLess,
    Insight,
}

/// Roles of applications and pipelines, with their paths.
const APPS: [&str; 8] = [
    "OrderService-TaskRole",
    "service-role/invoice-export-role-3k2j9x1p",
    "node-group",
    "apps/search/indexer",
    "apps/search/api",
    "service-role/thumbnails-role-77ab2c01",
    "metrics-collector",
    "platform/event-router",
];
const PIPELINES: [&str; 4] = ["delivery/deploy", "terraform", "OrganizationAccountAccessRole", "delivery/db/migrate"];
/// Names of permission sets, and people.
const SETS: [&str; 4] = ["AdministratorAccess", "ReadOnly", "Developer", "Billing"];
const PEOPLE: [&str; 6] = ["ann", "bob", "chen", "dilek", "eva", "farid"];
const LINKED: [(&str, &str); 5] = [
    ("autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling"),
    ("config.amazonaws.com", "AWSServiceRoleForConfig"),
    ("ecs.amazonaws.com", "AWSServiceRoleForECS"),
    ("rds.amazonaws.com", "AWSServiceRoleForRDS"),
    ("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing"),
];
const SERVICES: [&str; 7] = [
    "lambda.amazonaws.com",
    "ec2.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "delivery.logs.amazonaws.com",
    "cloudformation.amazonaws.com",
    "AWS Internal",
];
const AGENTS: [&str; 5] = [
    "aws-sdk-java/2.29.1 ua/2.1 os/Linux lang/java#21",
    "Boto3/1.35.90 md/Botocore#1.35.90 lang/python#3.13",
    "APN/1.0 HashiCorp/1.0 Terraform/1.10.2 aws-sdk-go-v2/1.32.7",
    "aws-cli/2.22.20 md/installer#exe prompt/off",
    "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/133.0",
];

/// Who made a call, as a record says it.
#[derive(Debug)]
pub(crate) struct Caller {
    kind: Kind,
    /// `userIdentity`, as JSON.
    pub(crate) identity: String,
    /// The account, if the caller has one.
    pub(crate) account: Option<String>,
    /// Who a message says was denied.
    pub(crate) arn: Option<String>,
    pub(crate) address: String,
    pub(crate) agent: String,
    /// The one operation that such a caller calls.
    pub(crate) only: Option<(&'static str, &'static str)>,
    pub(crate) event_type: &'static str,
}

impl Caller {
    /// What kind of operation is called.
    pub(crate) fn group(&self, random: &mut Random) -> Group {
        let shares: &[(Group, usize)] = match self.kind {
            Kind::App | Kind::Federated => &[(Group::App, 50), (Group::Data, 30), (Group::Read, 20)],
            Kind::Instance => &[(Group::App, 60), (Group::Read, 38), (Group::Manage, 2)],
            Kind::Pipeline | Kind::Named => &[(Group::Read, 60), (Group::Manage, 36), (Group::GlobalManage, 4)],
            Kind::ServiceLinked => &[(Group::Read, 85), (Group::Manage, 15)],
            Kind::Service => &[(Group::App, 80), (Group::Data, 20)],
            Kind::Neighbour | Kind::Stranger => &[(Group::Data, 60), (Group::App, 40)],
            Kind::IdentityCenter
            | Kind::Forwarded
            | Kind::User
            | Kind::WebIdentity
            | Kind::Saml
            | Kind::Root
            | Kind::IdentityCenterUser
            | Kind::Untyped
            | Kind::SignIn
            | Kind::AccountLess
            | Kind::Insight => &[(Group::Read, 88), (Group::Manage, 11), (Group::GlobalManage, 1)],
        };
        weighted(shares, random)
    }

    /// Whether a person could mend a failure: such callers fail more often.
    pub(crate) fn is_person(&self) -> bool {
        matches!(self.kind, Kind::IdentityCenter | Kind::User | Kind::Root | Kind::Federated)
    }

    /// Whether a record of it is shared with the caller's account.
    pub(crate) fn is_foreign(&self) -> bool {
        self.kind == Kind::Neighbour
    }
}

/// Who makes the next call in an account. `neighbour`: another account, some of whose callers come here.
pub(crate) fn caller(fleet: &Fleet, account: &str, neighbour: &str, time: u64, random: &mut Random) -> Caller {
    let kind = weighted(&KINDS, random);
    let mut session = Session { account, time, ..Session::default() };
    let person = random.pick(&PEOPLE).copied().unwrap_or_default();
    let mut caller = Caller {
        kind,
        identity: String::new(),
        account: Some(account.to_owned()),
        arn: None,
        address: format!("203.0.113.{}", random.below(250)),
        agent: (*random.pick(&AGENTS).unwrap_or(&"")).to_owned(),
        only: None,
        event_type: "AwsApiCall",
    };
    match kind {
        Kind::App | Kind::Instance | Kind::Pipeline | Kind::Named | Kind::ServiceLinked | Kind::Neighbour => {
            let own = if kind == Kind::Neighbour { neighbour } else { account };
            caller.account = Some(own.to_owned());
            session.account = own;
            let (role, name) = role(kind, fleet, random);
            if kind == Kind::ServiceLinked {
                let by = role.split('/').nth(1).unwrap_or_default();
                by.clone_into(&mut session.invoked_by);
                by.clone_into(&mut caller.address);
                by.clone_into(&mut caller.agent);
            }
            session.is_delivered = kind == Kind::Instance;
            caller.arn = Some(session.arn(&role, &name));
            caller.identity = session.identity(&role, &name);
        }
        Kind::IdentityCenter => {
            let set = random.pick(&SETS).copied().unwrap_or_default();
            let mark = mark(&format!("{account}{set}"));
            let role = format!("aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_{set}_{mark:016x}");
            session.on_behalf_of = true;
            let name = format!("{person}@example.com");
            caller.arn = Some(session.arn(&role, &name));
            caller.identity = session.identity(&role, &name);
        }
        Kind::Forwarded => {
            "cloudformation.amazonaws.com".clone_into(&mut session.invoked_by);
            "cloudformation.amazonaws.com".clone_into(&mut caller.address);
            "cloudformation.amazonaws.com".clone_into(&mut caller.agent);
            if random.chance(75) {
                caller.arn = Some(session.arn("terraform", "apply"));
                caller.identity = session.identity("terraform", "apply");
            } else {
                caller.arn = Some(format!("arn:aws:iam::{account}:user/ops/{person}"));
                caller.identity = user(account, person, time, Some("cloudformation.amazonaws.com"), random);
            }
        }
        Kind::User => {
            caller.arn = Some(format!("arn:aws:iam::{account}:user/ops/{person}"));
            caller.identity = user(account, person, time, None, random);
        }
        Kind::Root => {
            let assumed = if random.chance(50) { r#""assumedRoot":"true","# } else { "" };
            caller.arn = Some(format!("arn:aws:iam::{account}:root"));
            caller.identity = format!(
                r#"{{"type":"Root","principalId":"{account}","arn":"arn:aws:iam::{account}:root","accountId":"{account}","accessKeyId":"ASIA{:016X}","sessionContext":{{"sessionIssuer":{{}},{assumed}"attributes":{{"creationDate":"{}","mfaAuthenticated":"true"}}}}}}"#,
                mark(account),
                date(time - time % 3_600)
            );
        }
        Kind::Federated => {
            let arn = format!("arn:aws:sts::{account}:federated-user/{person}");
            caller.identity = format!(
                r#"{{"type":"FederatedUser","principalId":"{account}:{person}","arn":"{arn}","accountId":"{account}","accessKeyId":"ASIA{:016X}","sessionContext":{{"sessionIssuer":{{"type":"IAMUser","principalId":"AIDAEXAMPLEBROKER0001","arn":"arn:aws:iam::{account}:user/broker","accountId":"{account}","userName":"broker"}},"attributes":{{"creationDate":"{}","mfaAuthenticated":"false"}}}}}}"#,
                mark(person),
                date(time - time % 3_600)
            );
            caller.arn = Some(arn);
        }
        Kind::Stranger => {
            let stranger = format!("9{:011}", random.below(100_000_000_000));
            caller.identity = format!(
                r#"{{"type":"AWSAccount","principalId":"AROA{:017X}:s","accountId":"{stranger}"}}"#,
                mark(&stranger)
            );
            caller.account = Some(stranger);
            caller.only = Some(("sts", "AssumeRole"));
        }
        Kind::Service | Kind::Untyped | Kind::AccountLess => {
            let service = random.pick(&SERVICES).copied().unwrap_or_default();
            service.clone_into(&mut caller.address);
            service.clone_into(&mut caller.agent);
            caller.account = None;
            caller.identity = if kind == Kind::AccountLess {
                r#"{"type":"IAMUser","userName":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#.to_owned()
            } else {
                format!(r#"{{"type":"AWSService","invokedBy":"{service}"}}"#)
            };
            if kind == Kind::Untyped {
                caller.identity = format!(r#"{{"accountId":"{account}","invokedBy":"{service}"}}"#);
                caller.event_type = "AwsServiceEvent";
                caller.only = Some(("kms", "RotateKey"));
            }
        }
        Kind::WebIdentity | Kind::Saml => {
            let (what, only) = if kind == Kind::Saml {
                ("SAMLUser", ("sts", "AssumeRoleWithSAML"))
            } else {
                ("WebIdentityUser", ("sts", "AssumeRoleWithWebIdentity"))
            };
            caller.account = None;
            caller.identity = format!(
                r#"{{"type":"{what}","principalId":"arn:aws:iam::{account}:oidc-provider/token.example.com:sts.amazonaws.com:{person}","userName":"{person}","identityProvider":"arn:aws:iam::{account}:oidc-provider/token.example.com"}}"#
            );
            caller.only = Some(only);
        }
        Kind::IdentityCenterUser => {
            caller.account = None;
            caller.identity = format!(
                r#"{{"type":"IdentityCenterUser","accountId":"{account}","onBehalfOf":{{"userId":"{:016x}","identityStoreArn":"arn:aws:identitystore::{account}:identitystore/d-0123456789"}},"credentialId":"c"}}"#,
                mark(person)
            );
            caller.only = Some(("sso", "ListApplications"));
        }
        Kind::SignIn => {
            caller.arn = Some(format!("arn:aws:iam::{account}:user/ops/{person}"));
            caller.identity = user(account, person, time, None, random);
            caller.event_type = "AwsConsoleSignIn";
            caller.only = Some(("signin", "ConsoleLogin"));
        }
        Kind::Insight => {
            caller.account = None;
            "{}".clone_into(&mut caller.identity);
            caller.event_type = "AwsCloudTrailInsight";
            caller.only = Some(("autoscaling", "CompleteLifecycleAction"));
        }
    }
    caller
}

/// A session of a role that calls by itself.
pub(crate) fn session_of(account: &str, role: &str, name: &str, time: u64) -> Caller {
    let session = Session { account, time, ..Session::default() };
    Caller {
        kind: Kind::Pipeline,
        identity: session.identity(role, name),
        account: Some(account.to_owned()),
        arn: Some(session.arn(role, name)),
        address: "203.0.113.7".to_owned(),
        agent: "Boto3/1.35.90 md/Botocore#1.35.90 lang/python#3.13".to_owned(),
        only: None,
        event_type: "AwsApiCall",
    }
}

/// A role with its path, and the name of a session.
fn role(kind: Kind, fleet: &Fleet, random: &mut Random) -> (String, String) {
    match kind {
        Kind::Instance => ("web-instance".to_owned(), format!("i-{:017x}", random.below(40) + 0x00a1_b2c3_d4e5)),
        Kind::Pipeline => (random.pick(&PIPELINES).copied().unwrap_or_default().to_owned(), "pipeline".to_owned()),
        Kind::Named => (random.pick(&fleet.named).map_or("break-glass", String::as_str).to_owned(), "s".to_owned()),
        Kind::ServiceLinked => {
            let (service, name) = random.pick(&LINKED).copied().unwrap_or_default();
            (format!("aws-service-role/{service}/{name}"), name.trim_start_matches("AWSServiceRoleFor").to_owned())
        }
        Kind::App
        | Kind::Service
        | Kind::IdentityCenter
        | Kind::Forwarded
        | Kind::User
        | Kind::Neighbour
        | Kind::Stranger
        | Kind::WebIdentity
        | Kind::Saml
        | Kind::Root
        | Kind::Federated
        | Kind::IdentityCenterUser
        | Kind::Untyped
        | Kind::SignIn
        | Kind::AccountLess
        | Kind::Insight => {
            (APPS.get(random.skewed(APPS.len())).copied().unwrap_or_default().to_owned(), "app".to_owned())
        }
    }
}

fn user(account: &str, name: &str, time: u64, invoked_by: Option<&str>, random: &mut Random) -> String {
    let by = invoked_by.map(|by| format!(r#","invokedBy":"{by}""#)).unwrap_or_default();
    let session = if random.chance(40) {
        let mfa = random.chance(70);
        format!(
            r#","sessionContext":{{"attributes":{{"creationDate":"{}","mfaAuthenticated":"{mfa}"}}}}"#,
            date(time - time % 7_200)
        )
    } else {
        String::new()
    };
    format!(
        r#"{{"type":"IAMUser","principalId":"AIDA{:017X}","arn":"arn:aws:iam::{account}:user/ops/{name}","accountId":"{account}","accessKeyId":"AKIA{:016X}","userName":"{name}"{session}{by}}}"#,
        mark(name),
        mark(account)
    )
}

/// A session of a role.
#[derive(Debug, Default)]
struct Session<'a> {
    account: &'a str,
    time: u64,
    invoked_by: String,
    is_delivered: bool,
    on_behalf_of: bool,
}

impl Session<'_> {
    fn arn(&self, role: &str, name: &str) -> String {
        let bare = role.rsplit('/').next().unwrap_or_default();
        format!("arn:aws:sts::{}:assumed-role/{bare}/{name}", self.account)
    }

    fn identity(&self, role: &str, name: &str) -> String {
        let Self { account, time, .. } = self;
        let bare = role.rsplit('/').next().unwrap_or_default();
        let id = mark(&format!("{account}{role}"));
        let by =
            if self.invoked_by.is_empty() { String::new() } else { format!(r#","invokedBy":"{}""#, self.invoked_by) };
        let delivered = if self.is_delivered { r#","ec2RoleDelivery":"2.0""# } else { "" };
        let behalf = if self.on_behalf_of {
            format!(
                r#","onBehalfOf":{{"userId":"{:016x}","identityStoreArn":"arn:aws:identitystore::{account}:identitystore/d-0123456789"}}"#,
                mark(name)
            )
        } else {
            String::new()
        };
        format!(
            r#"{{"type":"AssumedRole","principalId":"AROA{id:017X}:{name}","arn":"{}","accountId":"{account}","accessKeyId":"ASIA{:016X}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROA{id:017X}","arn":"arn:aws:iam::{account}:role/{role}","accountId":"{account}","userName":"{bare}"}},"attributes":{{"creationDate":"{}","mfaAuthenticated":"false"}}{delivered}}}{behalf}{by}}}"#,
            self.arn(role, name),
            id ^ (time / 3_600),
            date(time - time % 3_600)
        )
    }
}

/// A number that stands for a text: FNV-1a.
pub(crate) fn mark(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}
