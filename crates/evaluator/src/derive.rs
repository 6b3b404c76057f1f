//! Context keys that follow from account, caller, organization and resource (parts E.1 and E.2).

use scproof_organization::{AccountId, NodeId, Organization};
use scproof_policy_parser::{DateReading, Piece, WildcardPattern, format_date, parse_date};

use crate::keys::{KeyRow, Model};
use crate::principal::{Principal, PrincipalKind};
use crate::request::{ContextValue, RequestResource};
use crate::state::{Domain, DomainValues, KeyState};

/// Everything that derived keys follow from.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) organization: &'a Organization,
    /// The caller's account in the tree.
    pub(crate) account: NodeId,
    pub(crate) principal: Option<&'a Principal>,
    /// The action, lower case.
    pub(crate) action: &'a str,
    pub(crate) resource: &'a RequestResource,
    /// The given state of `aws:CurrentTime` and `aws:EpochTime`, for each other (CLR-12).
    pub(crate) current_time: Option<&'a ContextValue>,
    pub(crate) epoch_time: Option<&'a ContextValue>,
}

/// Services with one endpoint for all Regions (CTX-67).
pub(crate) const GLOBAL_SERVICES: [&str; 4] = ["cloudfront", "iam", "organizations", "route53"];

/// Actions that do not support the three keys about the owner of the resource (CTX-66); a final `:` means a whole service.
const NO_OWNER_KEYS: [&str; 17] = [
    "auditmanager:updateassessmentframeworkshare",
    "detective:acceptinvitation",
    "ds:acceptshareddirectory",
    "ebs:",
    "ec2:accepttransitgatewaypeeringattachment",
    "ec2:acceptvpcendpointconnections",
    "ec2:acceptvpcpeeringconnection",
    "ec2:createtransitgatewaypeeringattachment",
    "ec2:createvpcendpoint",
    "ec2:createvpcpeeringconnection",
    "es:acceptinboundconnection",
    "events:putevents",
    "guardduty:acceptadministratorinvitation",
    "macie2:acceptinvitation",
    "route53:associatevpcwithhostedzone",
    "route53:createvpcassociationauthorization",
    "securityhub:acceptadministratorinvitation",
];

impl Scene<'_> {
    fn account_id(&self) -> &str {
        self.organization.node(self.account).target.as_str()
    }

    fn service(&self) -> &str {
        self.action.split_once(':').map_or("", |(prefix, _)| prefix)
    }

    /// The account that owns the resource, if its ARN says so (CTX-37, CTX-65, CTX-66).
    fn resource_account(&self) -> Option<&str> {
        if NO_OWNER_KEYS
            .iter()
            .any(|entry| self.action == *entry || (entry.ends_with(':') && self.action.starts_with(entry)))
        {
            return None;
        }
        let RequestResource::Arn(arn) = self.resource else { return None };
        arn.split(':').nth(4).filter(|account| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// The path of an account; unknown where the snapshot does not know its place (K3-13).
    fn organization_path(&self, account: NodeId) -> KeyState {
        if self.organization.is_place_known(account) {
            KeyState::list([self.organization.entity_path(account).as_str()])
        } else {
            KeyState::any(false, true)
        }
    }

    /// The state of a key of table E.1 that was not given; `None` where the model says nothing, so that the key is unknown,
    /// or absent in a closed context (CLR-1).
    pub(crate) fn derive(&self, row: &KeyRow) -> Option<KeyState> {
        match row.model {
            Model::Unknown => None,
            Model::PrincipalArn => Some(self.principal_arn()),
            Model::PrincipalAccount => Some(KeyState::single(self.account_id())),
            Model::PrincipalOrgId => Some(KeyState::single(self.organization.id().as_str())),
            Model::PrincipalOrgPaths => Some(self.organization_path(self.account)),
            Model::PrincipalIsAwsService => Some(KeyState::single("false")),
            Model::PrincipalType => Some(self.principal_type()),
            Model::UserId => Some(self.user_id()),
            Model::UserName => Some(match self.principal.map(|principal| &principal.kind) {
                None => KeyState::any(true, false),
                Some(PrincipalKind::User(name)) => KeyState::single(name),
                Some(_) => KeyState::Absent,
            }),
            Model::AssumedRoot => Some(match self.principal {
                None => KeyState::one_of(["true", "false"], true),
                Some(_) => KeyState::Absent,
            }),
            Model::FederatedProvider => match self.principal.map(|principal| &principal.kind) {
                None => Some(KeyState::any(true, false)),
                Some(PrincipalKind::Root | PrincipalKind::User(_)) => Some(KeyState::Absent),
                Some(_) => None,
            },
            Model::TokenIssueTime => match self.principal.map(|principal| &principal.kind) {
                None => Some(KeyState::any(true, false)),
                Some(PrincipalKind::Root | PrincipalKind::User(_)) => None,
                Some(_) => Some(KeyState::any(false, false)),
            },
            Model::ServicePrincipalOnly => Some(KeyState::Absent),
            Model::ResourceAccount => self.resource_account().map(KeyState::single),
            Model::ResourceOrgId => self.resource_account().map(|owner| match self.member(owner) {
                Some(_) => KeyState::single(self.organization.id().as_str()),
                // Another organization, or none: certainly not ours (CTX-64).
                None => KeyState::Unknown(Domain::new(
                    true,
                    false,
                    DomainValues::NoneOf(Box::new([self.organization.id().as_str().into()])),
                )),
            }),
            Model::ResourceOrgPaths => self.resource_account().map(|owner| match self.member(owner) {
                Some(node) => self.organization_path(node),
                None => KeyState::any(true, true),
            }),
            Model::IsMcpServiceAction => Some(if self.service().ends_with("-mcp") {
                KeyState::one_of(["true", "false"], true)
            } else {
                KeyState::Absent
            }),
            Model::CurrentTime => Some(instant(self.epoch_time, format_date)),
            Model::EpochTime => Some(instant(self.current_time, |seconds| Some(seconds.to_string()))),
            Model::RequestedRegion => {
                let region = match self.organization.partition() {
                    Some("aws") => "us-east-1",
                    Some("aws-us-gov") => "us-gov-west-1",
                    _ => return None,
                };
                GLOBAL_SERVICES.contains(&self.service()).then(|| KeyState::single(region))
            }
        }
    }

    fn member(&self, account: &str) -> Option<NodeId> {
        AccountId::parse(account).ok().and_then(|id| self.organization.account(&id))
    }

    /// CTX-60, CTX-61; without a caller any principal of the account that SCPs govern.
    fn principal_arn(&self) -> KeyState {
        let arn = |partition: Piece<'_>, service: &str, account: &str, rest: &str| {
            let middle = format!(":{service}::{account}:");
            let head = [Piece::Literal("arn:"), partition, Piece::Literal(&middle)];
            WildcardPattern::from_pieces(head.into_iter().chain(scproof_policy_parser::flat_pieces(rest)))
        };
        let Some(principal) = self.principal else {
            let partition = self.organization.partition().map_or(Piece::Run { wide: true }, Piece::Literal);
            let account = self.account_id();
            return KeyState::like([
                arn(partition, "iam", account, "root"),
                arn(partition, "iam", account, "user/*"),
                arn(partition, "iam", account, "role/*"),
                arn(partition, "sts", account, "federated-user/*"),
            ]);
        };
        match &principal.kind {
            PrincipalKind::Session { role, .. } => {
                let prefix = format!("arn:{}:iam::{}:role/", principal.partition, principal.account);
                let name = Piece::Literal(role);
                KeyState::like([
                    WildcardPattern::from_pieces([Piece::Literal(&prefix), name]),
                    WildcardPattern::from_pieces([
                        Piece::Literal(&prefix),
                        Piece::Run { wide: true },
                        Piece::Literal("/"),
                        name,
                    ]),
                ])
            }
            PrincipalKind::Root
            | PrincipalKind::User(_)
            | PrincipalKind::Role { .. }
            | PrincipalKind::Federated(_)
            | PrincipalKind::Service
            | PrincipalKind::Anonymous => KeyState::single(&principal.text),
        }
    }

    /// CTX-63.
    fn principal_type(&self) -> KeyState {
        let Some(principal) = self.principal else {
            return KeyState::one_of(["Account", "User", "AssumedRole", "FederatedUser"], false);
        };
        KeyState::single(match principal.kind {
            PrincipalKind::Root => "Account",
            PrincipalKind::User(_) => "User",
            PrincipalKind::Role { .. } | PrincipalKind::Session { .. } => "AssumedRole",
            PrincipalKind::Federated(_) => "FederatedUser",
            PrincipalKind::Service | PrincipalKind::Anonymous => "Anonymous",
        })
    }

    /// CTX-62.
    fn user_id(&self) -> KeyState {
        match self.principal.map(|principal| (&principal.kind, principal)) {
            Some((PrincipalKind::Root, principal)) => KeyState::single(&principal.account),
            Some((PrincipalKind::Session { session, .. }, _)) => KeyState::like([WildcardPattern::from_pieces([
                Piece::Run { wide: true },
                Piece::Literal(&format!(":{session}")),
            ])]),
            Some((PrincipalKind::Federated(name), principal)) => {
                KeyState::single(&format!("{}:{name}", principal.account))
            }
            _ => KeyState::any(false, false),
        }
    }
}

/// One instant in two spellings: the other one decides, if it was given and can be read (CLR-12).
fn instant(other: Option<&ContextValue>, spell: impl Fn(i64) -> Option<String>) -> KeyState {
    let given = match other {
        Some(ContextValue::Single(text)) => parse_date(text, DateReading::default()),
        Some(ContextValue::List(_) | ContextValue::Absent) | None => None,
    };
    given
        .and_then(|(seconds, _)| spell(seconds))
        .map_or_else(|| KeyState::any(false, false), |text| KeyState::single(&text))
}
