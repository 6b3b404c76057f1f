//! Who calls, and whether SCPs govern them (B.2, SP-30, SP-31, SP-42).

use scproof_evaluator::{Reason, Request};
use scproof_organization::{AccountId, FeatureSet, NodeId, Organization, PolicyTypeStatus};

/// The caller as given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Principal {
    /// Any principal of the account that SCPs govern (SP-30).
    Missing,
    /// `arn:P:iam::ACCT:root`.
    Root(Arn),
    /// `arn:P:iam::ACCT:user/[path/]NAME`.
    User(Arn),
    /// `arn:P:iam::ACCT:role/[path/]NAME`.
    Role(Arn),
    /// `arn:P:sts::ACCT:assumed-role/NAME/SESSION`.
    Session {
        /// The parts of the ARN.
        arn: Arn,
        /// The role's name.
        role: String,
        /// The session's name.
        session: String,
    },
    /// `arn:P:sts::ACCT:federated-user/NAME`.
    Federated {
        /// The parts of the ARN.
        arn: Arn,
        /// The user's name.
        name: String,
    },
    /// An AWS service (EXM-8).
    Service,
    /// Nobody: an unsigned request (EXM-10).
    Anonymous,
}

/// The parts of a principal's ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arn {
    pub(crate) text: String,
    pub(crate) partition: String,
    pub(crate) account: String,
    pub(crate) resource: String,
}

impl Principal {
    /// SP-31.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text == "anonymous" {
            return Ok(Self::Anonymous);
        }
        if !text.starts_with("arn:") {
            let is_service = text.contains('.') && !text.contains(':');
            return if is_service { Ok(Self::Service) } else { Err(format!("`{text}` is no principal")) };
        }
        let wrong = || format!("`{text}` is no ARN of a user, role, root, session or federated user");
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [_, partition, service, region, account, resource] = parts.as_slice() else { return Err(wrong()) };
        let arn = Arn {
            text: text.to_owned(),
            partition: (*partition).to_owned(),
            account: (*account).to_owned(),
            resource: (*resource).to_owned(),
        };
        if partition.is_empty() || !region.is_empty() || AccountId::parse(account).is_err() {
            return Err(wrong());
        }
        let has_name = |path: &str| path.rsplit('/').next().is_some_and(|name| !name.is_empty());
        match (*service, resource.split_once('/')) {
            ("iam", None) if *resource == "root" => Ok(Self::Root(arn)),
            ("iam", Some(("user", path))) if has_name(path) => Ok(Self::User(arn)),
            ("iam", Some(("role", path))) if has_name(path) => Ok(Self::Role(arn)),
            ("sts", Some(("assumed-role", path))) => match path.split_once('/') {
                Some((role, session)) if !role.is_empty() && !session.is_empty() && !session.contains('/') => {
                    Ok(Self::Session { arn, role: role.to_owned(), session: session.to_owned() })
                }
                Some(_) | None => Err(wrong()),
            },
            ("sts", Some(("federated-user", name))) if !name.is_empty() => {
                Ok(Self::Federated { arn, name: name.to_owned() })
            }
            _ => Err(wrong()),
        }
    }

    pub(crate) fn arn(&self) -> Option<&Arn> {
        match self {
            Self::Root(arn)
            | Self::User(arn)
            | Self::Role(arn)
            | Self::Session { arn, .. }
            | Self::Federated { arn, .. } => Some(arn),
            Self::Missing | Self::Service | Self::Anonymous => None,
        }
    }

    /// EXM-6, CALL-16: a role below the path `/aws-service-role/SERVICE/`; whether a session of a role with the
    /// reserved name is one too is unsure.
    fn is_service_linked_role(&self) -> bool {
        match self {
            Self::Role(arn) => arn
                .resource
                .strip_prefix("role/aws-service-role/")
                .and_then(|rest| rest.split_once('/'))
                .is_some_and(|(service, name)| !service.is_empty() && !name.is_empty()),
            Self::Session { .. }
            | Self::Missing
            | Self::Root(_)
            | Self::User(_)
            | Self::Federated { .. }
            | Self::Service
            | Self::Anonymous => false,
        }
    }

    /// CALL-16: a session without path of a role with the reserved name.
    pub(crate) fn may_be_service_linked(&self) -> bool {
        matches!(self, Self::Session { role, .. } if role.starts_with("AWSServiceRoleFor"))
    }

    /// LAW-8: a session of `AWSReservedSSO_SET_HEX`.
    pub(crate) fn is_of_identity_center(&self) -> bool {
        let Self::Session { role, .. } = self else { return false };
        let Some((set, digits)) = role.strip_prefix("AWSReservedSSO_").and_then(|rest| rest.rsplit_once('_')) else {
            return false;
        };
        let is_digit = |character: char| matches!(character, '0'..='9' | 'a'..='f');
        !set.is_empty() && digits.len() == 16 && digits.chars().all(is_digit)
    }

    /// The last part of a user's path: the name (CTX-11).
    pub(crate) fn user_name(&self) -> Option<&str> {
        match self {
            Self::User(arn) => arn.resource.rsplit('/').next(),
            Self::Missing
            | Self::Root(_)
            | Self::Role(_)
            | Self::Session { .. }
            | Self::Federated { .. }
            | Self::Service
            | Self::Anonymous => None,
        }
    }
}

/// A caller whose account is known.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    pub(crate) account: AccountId,
    pub(crate) place: Place,
}

/// Where the caller's account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A member account of the tree.
    Member(NodeId),
    /// The management account, in the tree or not (EXM-4).
    Management,
    /// An account that the organization does not know (EXM-9).
    Outside,
}

/// SP-31, SP-42, CLR-8: who asks about which account.
pub(crate) fn find(organization: &Organization, request: &Request) -> Result<Caller, String> {
    let principal = match &request.principal {
        Some(text) => Principal::parse(text)?,
        None => Principal::Missing,
    };
    let account = find_account(organization, &request.account)?;
    // CALL-21.
    if let (Some(arn), Some(partition)) = (principal.arn(), organization.partition())
        && arn.partition != partition
    {
        return Err(format!("principal `{}` is not one of partition {partition}", arn.text));
    }
    if let Some(arn) = principal.arn()
        && arn.account != account.as_str()
    {
        return Err(format!("principal `{}` is not one of account {account}", arn.text));
    }
    let place = if organization.management_account() == Some(account) {
        Place::Management
    } else if let Some(node) = organization.account(&account) {
        Place::Member(node)
    } else if principal.arn().is_some() {
        Place::Outside
    } else {
        return Err(format!("account {account} is not in the organization"));
    };
    Ok(Caller { principal, account, place })
}

/// An account's id, or its name if unique.
fn find_account(organization: &Organization, text: &str) -> Result<AccountId, String> {
    if let Ok(id) = AccountId::parse(text) {
        return Ok(id);
    }
    let named: Vec<AccountId> = organization
        .nodes()
        .filter(|(_, node)| node.name.as_deref() == Some(text))
        .filter_map(|(_, node)| node.target.account())
        .collect();
    match named.as_slice() {
        [account] => Ok(*account),
        [] => Err(format!("`{text}` is no account of the organization")),
        _ => Err(format!("`{text}` is the name of several accounts")),
    }
}

/// What to do with a caller whom SCPs may govern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// SCPs do not apply, and why.
    Exempt(Reason),
    /// The account may be a member whose place nobody could read (CALL-14).
    Lost,
    /// SCPs apply to the account of this node; `pending`: or not, since the type is being enabled or disabled (EXM-2).
    Governed {
        /// The account.
        node: NodeId,
        /// Whether the type may be off.
        pending: bool,
    },
}

/// EXM-1 to EXM-10 in the order of SP-42.
pub(crate) fn standing(organization: &Organization, caller: &Caller) -> Standing {
    if organization.feature_set() == FeatureSet::ConsolidatedBilling {
        return Standing::Exempt(Reason::ConsolidatedBilling);
    }
    let pending = match organization.scp_status() {
        PolicyTypeStatus::Enabled => false,
        PolicyTypeStatus::PendingEnable | PolicyTypeStatus::PendingDisable => true,
        PolicyTypeStatus::Disabled => return Standing::Exempt(Reason::PolicyTypeDisabled),
    };
    let node = match caller.place {
        Place::Outside if organization.may_lack_accounts() => return Standing::Lost,
        Place::Outside => return Standing::Exempt(Reason::OutsideAccount),
        Place::Management => return Standing::Exempt(Reason::ManagementAccount),
        Place::Member(node) => node,
    };
    match caller.principal {
        Principal::Service => Standing::Exempt(Reason::ServicePrincipal),
        Principal::Anonymous => Standing::Exempt(Reason::Anonymous),
        Principal::Role(_) | Principal::Session { .. } if caller.principal.is_service_linked_role() => {
            Standing::Exempt(Reason::ServiceLinkedRole)
        }
        Principal::Missing
        | Principal::Root(_)
        | Principal::User(_)
        | Principal::Role(_)
        | Principal::Session { .. }
        | Principal::Federated { .. } => Standing::Governed { node, pending },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_exempt(text: &str) -> bool {
        Principal::parse(text).unwrap().is_service_linked_role()
    }

    #[test]
    fn exm_6_exm_7_call_16_only_the_reserved_path_is_service_linked() {
        assert!(is_exempt("arn:aws:iam::222222222222:role/aws-service-role/a.amazonaws.com/AWSServiceRoleForA"));
        assert!(!is_exempt("arn:aws:iam::222222222222:role/aws-service-role/AWSServiceRoleForECS"));
        assert!(!is_exempt("arn:aws:iam::222222222222:role/service-role/my-lambda-role"));
        assert!(!is_exempt("arn:aws:iam::222222222222:role/x/aws-service-role/y"));
        assert!(!is_exempt("arn:aws:iam::222222222222:role/AWSServiceRoleForECS"));
    }

    #[test]
    fn sp_31_kinds_of_principals() {
        assert_eq!(Principal::parse("cloudtrail.amazonaws.com"), Ok(Principal::Service));
        assert_eq!(Principal::parse("anonymous"), Ok(Principal::Anonymous));
        assert_eq!(Principal::parse("arn:aws:iam::222222222222:user/p/alice").unwrap().user_name(), Some("alice"));
        for bad in [
            "alice",
            "arn:aws:iam::222222222222:group/g",
            "arn:aws:iam::222222222222:user/",
            "arn:aws:iam::2222:root",
            "arn:aws:iam::222222222222",
            "arn:aws:sts::222222222222:assumed-role/A",
            "arn:aws:s3:::b",
        ] {
            assert!(Principal::parse(bad).is_err(), "{bad}");
        }
    }
}
