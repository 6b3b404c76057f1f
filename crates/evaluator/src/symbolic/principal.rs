//! The kinds of callers that SCPs govern, and what each kind says of the keys about the caller (parts E.1, E.2).

use scproof_policy_parser::{Piece, WildcardPattern};

use crate::keys::Model;
use crate::principal::is_permission_set_role;
use crate::state::{Domain, DomainValues, KeyState};
use CallerKind as Kind;

/// A kind of caller that SCPs govern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CallerKind {
    /// A role, by its sessions.
    Role,
    /// An IAM user.
    User,
    /// The root user of the account.
    Root,
    /// A user of `sts:GetFederationToken`.
    FederatedUser,
}

impl CallerKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Role, Self::User, Self::Root, Self::FederatedUser];

    /// The kind in words, with its article.
    pub fn words(self) -> &'static str {
        match self {
            Self::Role => "a role",
            Self::User => "an IAM user",
            Self::Root => "the root user",
            Self::FederatedUser => "a federated user",
        }
    }

    /// The kind of the caller that a principal's ARN names, be it that of a role session.
    pub fn of_principal(arn: &str) -> Option<Self> {
        let is_session = arn.splitn(6, ':').nth(5).is_some_and(|rest| rest.starts_with("assumed-role/"));
        if is_session { Some(Self::Role) } else { Self::of(arn) }
    }

    /// The service and the beginning of the last part of its ARNs.
    fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::Role => ("iam", "role/"),
            Self::User => ("iam", "user/"),
            Self::Root => ("iam", "root"),
            Self::FederatedUser => ("sts", "federated-user/"),
        }
    }

    /// The kind that an ARN is of.
    pub(super) fn of(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':').skip(2);
        let (service, rest) = (parts.next()?, parts.nth(2)?);
        Self::ALL.into_iter().find(|kind| {
            let (of, prefix) = kind.parts();
            service == of && if *kind == Self::Root { rest == prefix } else { rest.starts_with(prefix) }
        })
    }
}

/// The ARNs of kinds of callers of an account (CTX-60), and some to prefer as examples.
pub(super) fn principal_arn_domain(kinds: &[Kind], partition: Option<&str>, account: &str) -> (Domain, Vec<String>) {
    let mut patterns = Vec::new();
    let mut candidates = Vec::new();
    for kind in kinds {
        let (service, prefix) = kind.parts();
        let middle = format!(":{service}::{account}:{prefix}");
        let mut pieces = vec![Piece::Literal("arn:")];
        match partition {
            Some(partition) => pieces.push(Piece::Literal(partition)),
            // Some name, but not none.
            None => pieces.extend([Piece::One { wide: false }, Piece::Run { wide: false }]),
        }
        pieces.push(Piece::Literal(&middle));
        let head = format!("arn:{}{middle}", partition.unwrap_or("aws"));
        if *kind == Kind::Root {
            candidates.push(head);
        } else {
            pieces.extend([Piece::One { wide: true }, Piece::Run { wide: true }]);
            candidates.extend(["Example", "example"].map(|name| format!("{head}{name}")));
        }
        patterns.push(WildcardPattern::from_pieces(pieces));
    }
    (Domain::new(false, false, DomainValues::Like(patterns.into())), candidates)
}

/// A caller of each kind.
pub(super) fn representatives_of_kinds(partition: Option<&str>, account: &str) -> Vec<String> {
    let of_kind = |kind: &Kind| principal_arn_domain(&[*kind], partition, account).1.into_iter().next();
    Kind::ALL.iter().filter_map(of_kind).collect()
}

/// Whether the ARN is that of a service-linked role, which SCPs do not govern (EXM-6).
pub(super) fn is_service_linked(arn: &str) -> bool {
    arn.contains(":role/aws-service-role/")
}

/// Whether the ARN is that of a role with a name that AWS gives to the roles of permission sets, elsewhere than AWS
/// puts these (LAW-8).
pub(super) fn is_misplaced(arn: &str) -> bool {
    let Some((_, name)) = arn.split_once(":role/") else { return false };
    let (path, name) = name.rsplit_once('/').unwrap_or(("", name));
    let in_place = match path.strip_prefix("aws-reserved/sso.amazonaws.com") {
        Some("") => true,
        Some(region) => region.strip_prefix('/').is_some_and(|region| !region.contains('/')),
        None => false,
    };
    is_permission_set_role(name) && !in_place
}

/// What a kind of caller says of a key (the *Model* column of E.1).
pub(super) fn state_for(model: Model, kind: Kind, account: &str) -> KeyState {
    match (model, kind) {
        (Model::PrincipalType, Kind::Root) => KeyState::single("Account"),
        (Model::PrincipalType, Kind::User) => KeyState::single("User"),
        (Model::PrincipalType, Kind::Role) => KeyState::single("AssumedRole"),
        (Model::PrincipalType, Kind::FederatedUser) => KeyState::single("FederatedUser"),
        (Model::UserId, Kind::Root) => KeyState::single(account),
        (Model::UserName, Kind::User) | (Model::TokenIssueTime, Kind::Role | Kind::FederatedUser) => {
            KeyState::any(false, false)
        }
        // CALL-12.
        (Model::AssumedRoot, Kind::Root) => KeyState::one_of(["true"], true),
        // CTX-62, LAW-7.
        (Model::UserId, Kind::User) => KeyState::like([WildcardPattern::flat("AIDA*")]),
        (Model::UserId, Kind::Role) => KeyState::like([WildcardPattern::flat("AROA*:*")]),
        (Model::UserId, Kind::FederatedUser) => KeyState::like([WildcardPattern::flat(&format!("{account}:*"))]),
        (Model::UserName | Model::AssumedRoot, _)
        | (Model::FederatedProvider, Kind::Root | Kind::User | Kind::FederatedUser) => KeyState::Absent,
        _ => KeyState::any(true, false),
    }
}
