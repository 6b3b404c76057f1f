//! Context keys that follow from account, caller, organization and resource (parts E.1 and E.2).

use scproof_catalog::single_endpoint_region;
use scproof_organization::{AccountId, NodeId, Organization};
use scproof_policy_parser::{DateReading, Piece, WildcardPattern, format_date, parse_date};

use crate::keys::{KeyRow, Law, Model};
use crate::laws::{Kinds, Laws, Owner};
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
    /// The Region that was given for services that have several (CALL-11).
    pub(crate) region: Option<&'a str>,
    /// What follows from the given facts by the laws.
    pub(crate) laws: &'a Laws<'a>,
    /// The given state of `aws:CurrentTime` and `aws:EpochTime`, for each other.
    pub(crate) current_time: Option<&'a ContextValue>,
    pub(crate) epoch_time: Option<&'a ContextValue>,
}

/// Actions that do not support the three keys about the owner of the resource (CTX-66); a final `:` means a whole
/// service.
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

    /// The account that owns the resource: as given (LAW-4), or if its ARN says so (CTX-37, CTX-65, CTX-66).
    fn resource_account(&self) -> Option<&str> {
        match self.laws.owner {
            Owner::Account(account) => return Some(account).filter(|account| is_account(account)),
            Owner::Absent => return None,
            Owner::NotGiven => {}
        }
        if NO_OWNER_KEYS
            .iter()
            .any(|entry| self.action == *entry || (entry.ends_with(':') && self.action.starts_with(entry)))
        {
            return None;
        }
        let RequestResource::Arn(arn) = self.resource else { return None };
        let mut parts = arn.splitn(6, ':');
        let (service, account, name) = (parts.nth(2)?, parts.nth(1)?, parts.next()?);
        // An access point's ARN names the access point's account, not that of the bucket behind it (CALL-6).
        let of_access_point = service == "s3" && name.starts_with("accesspoint");
        Some(account).filter(|account| !of_access_point && is_account(account))
    }

    /// The path of an account; unknown where the snapshot does not know its place (K3-13).
    fn organization_path(&self, account: NodeId) -> KeyState {
        if self.organization.is_place_known(account) {
            KeyState::list([self.organization.entity_path(account).as_str()])
        } else {
            KeyState::any(false, true)
        }
    }

    /// Who may call, by principal and given facts (LAW-5, LAW-7).
    fn kinds(&self) -> Kinds {
        self.laws.kinds
    }

    /// The state of a key of table E.1 that was not given; `None` where the model says nothing, so that the key is
    /// unknown, or absent in a closed context (CLR-1).
    pub(crate) fn derive(&self, row: &KeyRow, folded: &str) -> Option<KeyState> {
        if row.law != Law::None {
            return self.laws.derive(row.law, folded);
        }
        match row.model {
            Model::Unknown => None,
            Model::PrincipalArn => Some(self.principal_arn()),
            Model::PrincipalAccount => Some(KeyState::single(self.account_id())),
            Model::PrincipalOrgId => Some(KeyState::single(self.organization.id().as_str())),
            Model::PrincipalOrgPaths => Some(self.organization_path(self.account)),
            Model::PrincipalIsAwsService => Some(KeyState::single("false")),
            Model::PrincipalType => Some(self.principal_type()),
            Model::UserId => Some(self.user_id()),
            Model::UserName => Some(match self.caller().map(|principal| &principal.kind) {
                Some(PrincipalKind::User(name)) => KeyState::single(name),
                _ if self.kinds() == Kinds::USER => KeyState::any(false, false),
                _ if !self.kinds().has(Kinds::USER) => KeyState::Absent,
                _ => KeyState::any(true, false),
            }),
            // CALL-12: absent for a password session, `true` for a central root session.
            Model::AssumedRoot => {
                Some(if self.kinds().has(Kinds::ROOT) { KeyState::one_of(["true"], true) } else { KeyState::Absent })
            }
            Model::FederatedProvider => match self.principal {
                _ if !self.kinds().has(Kinds::ROLE) => Some(KeyState::Absent),
                None => Some(KeyState::any(true, false)),
                Some(_) => None,
            },
            Model::TokenIssueTime => self.token_issue_time(),
            Model::ServicePrincipalOnly => Some(KeyState::Absent),
            Model::ResourceAccount => self.resource_account().map(KeyState::single),
            Model::ResourceOrgId => self.resource_account().map(|owner| match self.member(owner) {
                Some(_) => KeyState::single(self.organization.id().as_str()),
                // A listing that failed may hide a member (CALL-14).
                None if self.organization.may_lack_accounts() => KeyState::any(true, false),
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
                let own = self.organization.partition().and_then(|it| single_endpoint_region(self.action, it));
                own.or(self.region).map(KeyState::single)
            }
        }
    }

    /// Whether a key about the owner of the resource stays unknown in a closed context too (CALL-13).
    pub(crate) fn is_owner_open(&self, row: &KeyRow) -> bool {
        matches!(row.model, Model::ResourceAccount | Model::ResourceOrgId | Model::ResourceOrgPaths)
            && self.laws.owner != Owner::Absent
    }

    fn token_issue_time(&self) -> Option<KeyState> {
        let kinds = self.kinds();
        let temporary = !kinds.has(Kinds::ROOT) && !kinds.has(Kinds::USER);
        if temporary || (kinds == Kinds::ROOT && self.laws.is_central_root() == Some(true)) {
            return Some(KeyState::any(false, false));
        }
        if kinds == Kinds::ROOT && self.laws.is_central_root() == Some(false) {
            return Some(KeyState::Absent);
        }
        self.principal.is_none().then(|| KeyState::any(true, false))
    }

    /// The caller, as principal of the question or by `aws:PrincipalArn`.
    fn caller(&self) -> Option<&Principal> {
        self.principal.or(self.laws.named.as_ref())
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
            let forms = [
                (Kinds::ROOT, "iam", "root"),
                (Kinds::USER, "iam", "user/*"),
                (Kinds::ROLE, "iam", "role/*"),
                (Kinds::FEDERATED, "sts", "federated-user/*"),
            ];
            let possible: Vec<_> = forms.into_iter().filter(|(kind, ..)| self.kinds().has(*kind)).collect();
            // The root user has one ARN.
            if let ([(_, service, "root")], Some(partition)) = (possible.as_slice(), self.organization.partition()) {
                return KeyState::single(&format!("arn:{partition}:{service}::{account}:root"));
            }
            let patterns = possible.into_iter().map(|(_, service, rest)| arn(partition, service, account, rest));
            return KeyState::like(patterns);
        };
        match &principal.kind {
            PrincipalKind::Session { role, .. } => {
                let prefix = format!("arn:{}:iam::{}:role/", principal.partition, principal.account);
                let name = Piece::Literal(role);
                if principal.is_identity_center_session() {
                    // LAW-8: one path, or the same with a Region behind it.
                    let head = format!("{prefix}aws-reserved/sso.amazonaws.com/");
                    let head = Piece::Literal(&head);
                    let region = [Piece::Run { wide: false }, Piece::Literal("/")];
                    return KeyState::like([
                        WildcardPattern::from_pieces([head, name]),
                        WildcardPattern::from_pieces([head].into_iter().chain(region).chain([name])),
                    ]);
                }
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
        let types = [
            (Kinds::ROOT, "Account"),
            (Kinds::USER, "User"),
            (Kinds::ROLE, "AssumedRole"),
            (Kinds::FEDERATED, "FederatedUser"),
        ];
        let possible: Vec<&str> =
            types.into_iter().filter(|(kind, _)| self.kinds().has(*kind)).map(|(_, text)| text).collect();
        match possible.as_slice() {
            [one] => KeyState::single(one),
            several => KeyState::one_of(several.iter().copied(), false),
        }
    }

    /// CTX-62, LAW-7.
    fn user_id(&self) -> KeyState {
        let account = self.account_id();
        let like = |text: &str| WildcardPattern::flat(text);
        match self.caller().map(|principal| &principal.kind) {
            Some(PrincipalKind::Session { session, .. }) => KeyState::like([WildcardPattern::from_pieces([
                Piece::Literal("AROA"),
                Piece::Run { wide: true },
                Piece::Literal(&format!(":{session}")),
            ])]),
            Some(PrincipalKind::Federated(name)) => KeyState::single(&format!("{account}:{name}")),
            _ if self.kinds() == Kinds::ROOT => KeyState::single(account),
            _ => {
                let forms = [
                    (Kinds::ROOT, like(account)),
                    (Kinds::USER, like("AIDA*")),
                    (Kinds::ROLE, like("AROA*:*")),
                    (Kinds::FEDERATED, like(&format!("{account}:*"))),
                ];
                KeyState::like(forms.into_iter().filter(|(kind, _)| self.kinds().has(*kind)).map(|(_, form)| form))
            }
        }
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// One instant in two spellings: the other one decides, if it was given and can be read (CTX-47, CTX-48).
fn instant(other: Option<&ContextValue>, spell: impl Fn(i64) -> Option<String>) -> KeyState {
    let given = other.and_then(ContextValue::only).and_then(|text| parse_date(text, DateReading::default()));
    given
        .and_then(|(seconds, _)| spell(seconds))
        .map_or_else(|| KeyState::any(false, false), |text| KeyState::single(&text))
}
