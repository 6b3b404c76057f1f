//! Who calls (part B.2, CTX-60 to CTX-63).

use thiserror::Error;

use crate::truth::Truth;

/// A caller, read from its ARN or name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Principal {
    /// The ARN or name as given.
    pub(crate) text: String,
    /// The partition of the ARN; empty for services and unsigned requests.
    pub(crate) partition: String,
    /// The account of the ARN; empty for services and unsigned requests.
    pub(crate) account: String,
    pub(crate) kind: PrincipalKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum PrincipalKind {
    Root,
    /// The user name without its path.
    User(String),
    /// `linked`: by its path a service-linked role (EXM-6).
    Role {
        linked: bool,
    },
    /// A role session: the path of the role is lost (CTX-61).
    Session {
        role: String,
        session: String,
    },
    Federated(String),
    Service,
    Anonymous,
}

/// A principal that is none of the kinds a request can come from.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not a principal that can make a request")]
pub(crate) struct PrincipalError {
    /// The text as given.
    pub(crate) text: String,
}

/// The name prefix reserved for service-linked roles (EXM-6).
const SERVICE_LINKED_NAME: &str = "AWSServiceRoleFor";
/// The name prefix of Identity Center's roles (CTX-61).
const IDENTITY_CENTER_NAME: &str = "AWSReservedSSO_";
/// The path of service-linked roles (EXM-6).
const SERVICE_LINKED_PATH: &str = "aws-service-role/";

impl Principal {
    /// Reads an ARN of IAM or STS, the name of an AWS service (EXM-8), or `anonymous` (EXM-10).
    pub(crate) fn parse(text: &str) -> Result<Self, PrincipalError> {
        Self::read(text).ok_or_else(|| PrincipalError { text: text.to_owned() })
    }

    fn read(text: &str) -> Option<Self> {
        let bare = |kind| Some(Self { text: text.to_owned(), partition: String::new(), account: String::new(), kind });
        if text.eq_ignore_ascii_case("anonymous") {
            return bare(PrincipalKind::Anonymous);
        }
        if !text.contains(':') && text.contains('.') && !text.contains(char::is_whitespace) {
            return bare(PrincipalKind::Service);
        }
        let mut parts = text.splitn(6, ':');
        let (arn, partition, service, region, account, name) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        if arn != "arn" || partition.is_empty() || !region.is_empty() || !digits {
            return None;
        }
        let last = |path: &str| path.rsplit('/').next().filter(|name| !name.is_empty()).map(str::to_owned);
        let kind = match (service, name.split_once('/')) {
            ("iam", None) if name == "root" => PrincipalKind::Root,
            ("iam", Some(("user", path))) => PrincipalKind::User(last(path)?),
            ("iam", Some(("role", path))) => {
                last(path)?;
                // CALL-16: a service and a name stand behind the path.
                let linked = path.strip_prefix(SERVICE_LINKED_PATH).is_some_and(|rest| {
                    rest.split_once('/').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty())
                });
                PrincipalKind::Role { linked }
            }
            ("sts", Some(("assumed-role", session))) => {
                let (role, session) = session.split_once('/')?;
                if role.is_empty() || session.is_empty() || session.contains('/') {
                    return None;
                }
                PrincipalKind::Session { role: role.to_owned(), session: session.to_owned() }
            }
            ("sts", Some(("federated-user", name))) if !name.is_empty() => PrincipalKind::Federated(name.to_owned()),
            _ => return None,
        };
        Some(Self { text: text.to_owned(), partition: partition.to_owned(), account: account.to_owned(), kind })
    }

    /// Whether SCPs never restrict this caller because it is a service-linked role (EXM-6). A path that merely looks
    /// like one, such as `service-role/`, does not count (EXM-7). A session of a role with the reserved name is one
    /// only in the preferred reading, hence unknown (CALL-16).
    pub(crate) fn is_service_linked_role(&self) -> Truth {
        match &self.kind {
            PrincipalKind::Role { linked } => (*linked).into(),
            PrincipalKind::Session { role, .. } if role.starts_with(SERVICE_LINKED_NAME) => Truth::Unknown,
            PrincipalKind::Session { .. }
            | PrincipalKind::Root
            | PrincipalKind::User(_)
            | PrincipalKind::Federated(_)
            | PrincipalKind::Service
            | PrincipalKind::Anonymous => Truth::False,
        }
    }

    /// Whether it is a session of a role that Identity Center has made, by its name: `AWSReservedSSO_SET_HEX` (LAW-8).
    pub(crate) fn is_identity_center_session(&self) -> bool {
        matches!(&self.kind, PrincipalKind::Session { role, .. } if is_permission_set_role(role))
    }
}

/// Whether a role's name is one that Identity Center gives to the roles of permission sets (LAW-8).
pub(crate) fn is_permission_set_role(name: &str) -> bool {
    let digits = |text: &str| {
        text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let rest = name.strip_prefix(IDENTITY_CENTER_NAME).and_then(|rest| rest.rsplit_once('_'));
    rest.is_some_and(|(set, hex)| !set.is_empty() && digits(hex))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exm_6_and_exm_7_service_linked_roles() {
        let linked = |rest: &str| {
            let text = format!("arn:aws:iam::222222222222:{rest}");
            Principal::parse(&text).unwrap().is_service_linked_role()
        };
        assert_eq!(linked("role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"), Truth::True);
        for rest in ["role/service-role/my-lambda-role", "role/AWSServiceRoleForECS", "root"] {
            assert_eq!(linked(rest), Truth::False, "{rest}");
        }
    }

    #[test]
    fn call_16_the_reserved_name_alone_is_unsure_and_the_path_needs_a_service_and_a_name() {
        let linked = |text: &str| Principal::parse(text).unwrap().is_service_linked_role();
        assert_eq!(linked("arn:aws:sts::222222222222:assumed-role/AWSServiceRoleForECS/x"), Truth::Unknown);
        assert_eq!(linked("arn:aws:iam::222222222222:role/aws-service-role/AWSServiceRoleForECS"), Truth::False);
    }

    #[test]
    fn law_8_names_of_identity_center() {
        let is_of = |role: &str| {
            let text = format!("arn:aws:sts::222222222222:assumed-role/{role}/alice");
            Principal::parse(&text).unwrap().is_identity_center_session()
        };
        assert!(is_of("AWSReservedSSO_Admins_0123456789abcdef") && is_of("AWSReservedSSO_a_b_0123456789abcdef"));
        for role in ["AWSReservedSSO_Admins", "AWSReservedSSO_0123456789abcdef", "AWSReservedSSO_A_0123456789ABCDEF"] {
            assert!(!is_of(role), "{role}");
        }
    }

    #[test]
    fn kinds() {
        let kind = |text| Principal::parse(text).map(|principal| principal.kind);
        assert_eq!(kind("arn:aws:iam::222222222222:user/team/alice"), Ok(PrincipalKind::User("alice".into())));
        assert_eq!(kind("cloudtrail.amazonaws.com"), Ok(PrincipalKind::Service));
        assert_eq!(kind("anonymous"), Ok(PrincipalKind::Anonymous));
        assert_eq!(kind("arn:aws:sts::222222222222:federated-user/bob"), Ok(PrincipalKind::Federated("bob".into())));
        for text in
            ["alice", "arn:aws:iam::222222222222:group/x", "arn:aws:iam::22:root", "arn:aws:s3:::b", "", "a b.c"]
        {
            assert!(kind(text).is_err(), "{text}");
        }
    }
}
