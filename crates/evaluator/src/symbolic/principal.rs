//! The kinds of callers that SCPs govern, and what each kind says of the keys about the caller (parts E.1, E.2).

use scproof_policy_parser::{Piece, WildcardPattern};

use crate::keys::Model;
use crate::state::{Domain, DomainValues, KeyState};

/// A kind of caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Role,
    User,
    Root,
    FederatedUser,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Role, Self::User, Self::Root, Self::FederatedUser];
}

/// The ARNs of a kind of caller of an account (CTX-60), and some to prefer as examples.
pub(super) fn principal_arn_domain(kind: Kind, partition: Option<&str>, account: &str) -> (Domain, Vec<String>) {
    let (service, prefix) = match kind {
        Kind::Role => ("iam", "role/"),
        Kind::User => ("iam", "user/"),
        Kind::Root => ("iam", "root"),
        Kind::FederatedUser => ("sts", "federated-user/"),
    };
    let middle = format!(":{service}::{account}:{prefix}");
    let mut pieces = vec![
        Piece::Literal("arn:"),
        partition.map_or(Piece::Run { wide: false }, Piece::Literal),
        Piece::Literal(&middle),
    ];
    let head = format!("arn:{}{middle}", partition.unwrap_or("aws"));
    let mut candidates = Vec::new();
    if kind == Kind::Root {
        candidates.push(head);
    } else {
        pieces.extend([Piece::One { wide: true }, Piece::Run { wide: true }]);
        candidates.extend(["Example", "example"].map(|name| format!("{head}{name}")));
    }
    let values = DomainValues::Like(Box::new([WildcardPattern::from_pieces(pieces)]));
    (Domain::new(false, false, values), candidates)
}

/// Whether the ARN is that of a service-linked role, which SCPs do not govern (EXM-6).
pub(super) fn is_service_linked(arn: &str) -> bool {
    arn.contains(":role/aws-service-role/")
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
        (Model::AssumedRoot, Kind::Root) => KeyState::one_of(["true", "false"], true),
        (Model::UserName | Model::AssumedRoot, _)
        | (Model::FederatedProvider, Kind::Root | Kind::User | Kind::FederatedUser) => KeyState::Absent,
        (Model::UserId, _) => KeyState::any(false, false),
        _ => KeyState::any(true, false),
    }
}
