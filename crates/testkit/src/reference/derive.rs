//! What the model knows of a request's context keys: the column *Model* of table E.1 (E.2, SP-30 to SP-39).

use std::collections::BTreeMap;

use scproof_evaluator::RequestResource;
use scproof_organization::{AccountId, NodeId, Organization};

use super::caller::{Arn, Caller, Principal};
use super::dates;
use super::facts::{Candidate, Domain, State, either_bool};
use super::keys::Kind;
use super::readings::Readings;
use super::variables::Piece;

/// Keys in lower case with their states.
pub(crate) type Derived = BTreeMap<String, State>;

fn put(derived: &mut Derived, key: &str, state: State) {
    derived.insert(key.to_ascii_lowercase(), state);
}

/// Everything that is derived for one resource of a request by a member of the organization.
pub(crate) fn derive(
    organization: &Organization,
    caller: &Caller,
    action: &str,
    resource: &RequestResource,
    given: &[(String, State)],
) -> Derived {
    let mut derived = Derived::new();
    of_account(&mut derived, organization, caller);
    if caller.principal == Principal::Missing {
        of_missing_principal(&mut derived, organization, caller);
    } else {
        of_given_principal(&mut derived, &caller.principal, caller);
    }
    of_resource(&mut derived, organization, action, resource);
    of_action(&mut derived, organization, action);
    of_time(&mut derived, given);
    derived
}

/// CTX-2 to CTX-4, CTX-6 to CTX-8, CTX-54, CTX-55: the same for every principal of the account.
fn of_account(derived: &mut Derived, organization: &Organization, caller: &Caller) {
    put(derived, "aws:PrincipalAccount", State::one(caller.account.as_str()));
    put(derived, "aws:PrincipalOrgID", State::one(organization.id().as_str()));
    if let Some(node) = organization.account(&caller.account) {
        put(derived, "aws:PrincipalOrgPaths", path_of(organization, node));
    }
    put(derived, "aws:PrincipalIsAWSService", State::one("false"));
    for key in [
        "aws:PrincipalServiceName",
        "aws:PrincipalServiceNamesList",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
    ] {
        put(derived, key, State::Absent);
    }
}

fn pieces(text: &str) -> impl Iterator<Item = Piece> {
    text.chars().map(Piece::Char)
}

/// SP-30.
fn of_missing_principal(derived: &mut Derived, organization: &Organization, caller: &Caller) {
    let arn = |service: &str, resource: &str, any_end: bool| {
        let mut like: Vec<Piece> = pieces("arn:").collect();
        match organization.partition() {
            Some(partition) => like.extend(pieces(partition)),
            None => like.push(Piece::Star),
        }
        like.extend(pieces(&format!(":{service}::{}:{resource}", caller.account)));
        if any_end {
            like.push(Piece::Star);
        }
        if like.contains(&Piece::Star) {
            return Candidate::Like(like);
        }
        let partition = organization.partition().unwrap_or_default();
        Candidate::Text(format!("arn:{partition}:{service}::{}:{resource}", caller.account))
    };
    let arns = vec![
        arn("iam", "root", false),
        arn("iam", "user/", true),
        arn("iam", "role/", true),
        arn("sts", "federated-user/", true),
    ];
    put(derived, "aws:PrincipalArn", State::some(Domain::OneOf(arns)));
    let types = ["Account", "User", "AssumedRole", "FederatedUser"];
    let types = types.iter().map(|text| Candidate::Text((*text).to_owned())).collect();
    put(derived, "aws:PrincipalType", State::some(Domain::OneOf(types)));
    put(derived, "aws:userid", State::some_text());
    put(derived, "aws:username", State::perhaps_some_text());
    put(derived, "aws:AssumedRoot", State::perhaps(either_bool()));
    put(derived, "aws:FederatedProvider", State::perhaps_some_text());
    put(derived, "aws:TokenIssueTime", State::perhaps_some_text());
}

/// SP-32, CTX-60 to CTX-63, CTX-11 to CTX-14.
fn of_given_principal(derived: &mut Derived, principal: &Principal, caller: &Caller) {
    let Some(arn) = principal.arn() else { return };
    put(derived, "aws:PrincipalArn", principal_arn(principal, arn));
    let kind = match principal {
        Principal::Root(_) => "Account",
        Principal::User(_) => "User",
        Principal::Federated { .. } => "FederatedUser",
        Principal::Role(_)
        | Principal::Session { .. }
        | Principal::Missing
        | Principal::Service
        | Principal::Anonymous => "AssumedRole",
    };
    put(derived, "aws:PrincipalType", State::one(kind));
    let user_id = match principal {
        Principal::Root(_) => State::one(caller.account.as_str()),
        Principal::Federated { name, .. } => State::one(format!("{}:{name}", caller.account)),
        Principal::Session { session, .. } => {
            let like = [Piece::Star, Piece::Char(':')].into_iter().chain(pieces(session)).collect();
            State::some(Domain::OneOf(vec![Candidate::Like(like)]))
        }
        Principal::User(_) | Principal::Role(_) | Principal::Missing | Principal::Service | Principal::Anonymous => {
            State::some_text()
        }
    };
    put(derived, "aws:userid", user_id);
    put(derived, "aws:username", principal.user_name().map_or(State::Absent, State::one));
    put(derived, "aws:AssumedRoot", State::Absent);
    match principal {
        // SP-39: only where the column *Model* says something.
        Principal::Root(_) | Principal::User(_) => put(derived, "aws:FederatedProvider", State::Absent),
        Principal::Role(_) | Principal::Session { .. } | Principal::Federated { .. } => {
            put(derived, "aws:TokenIssueTime", State::some_text());
        }
        Principal::Missing | Principal::Service | Principal::Anonymous => {}
    }
}

/// CTX-60, CTX-61.
fn principal_arn(principal: &Principal, arn: &Arn) -> State {
    let Principal::Session { role, .. } = principal else { return State::one(arn.text.as_str()) };
    let start = format!("arn:{}:iam::{}:role/", arn.partition, arn.account);
    let with_path = pieces(&start).chain([Piece::Star, Piece::Char('/')]).chain(pieces(role)).collect();
    State::some(Domain::OneOf(vec![Candidate::Text(format!("{start}{role}")), Candidate::Like(with_path)]))
}

/// CTX-66: actions that do not support the keys of the resource's owner.
const WITHOUT_OWNER_KEYS: &[&str] = &[
    "auditmanager:UpdateAssessmentFrameworkShare",
    "detective:AcceptInvitation",
    "ds:AcceptSharedDirectory",
    "ec2:AcceptTransitGatewayPeeringAttachment",
    "ec2:AcceptVpcEndpointConnections",
    "ec2:AcceptVpcPeeringConnection",
    "ec2:CreateTransitGatewayPeeringAttachment",
    "ec2:CreateVpcEndpoint",
    "ec2:CreateVpcPeeringConnection",
    "events:PutEvents",
    "guardduty:AcceptAdministratorInvitation",
    "macie2:AcceptInvitation",
    "es:AcceptInboundConnection",
    "route53:AssociateVpcWithHostedZone",
    "route53:CreateVPCAssociationAuthorization",
    "securityhub:AcceptAdministratorInvitation",
];

/// CTX-37 to CTX-39, CTX-64, CTX-65, SP-36. An unknown owner derives nothing (SP-39).
fn of_resource(derived: &mut Derived, organization: &Organization, action: &str, resource: &RequestResource) {
    let is_without = WITHOUT_OWNER_KEYS.iter().any(|listed| listed.eq_ignore_ascii_case(action));
    if is_without || prefix(action).eq_ignore_ascii_case("ebs") {
        return;
    }
    let RequestResource::Arn(arn) = resource else { return };
    let Some(owner) = arn.split(':').nth(4).and_then(|account| AccountId::parse(account).ok()) else { return };
    put(derived, "aws:ResourceAccount", State::one(owner.as_str()));
    let (organization_id, paths) = match organization.account(&owner) {
        Some(node) => (State::one(organization.id().as_str()), path_of(organization, node)),
        None => (
            State::perhaps(Domain::NoneOf(vec![organization.id().as_str().to_owned()])),
            State::Unknown { absence_possible: true, domain: Domain::Any(Kind::Other), possibly_multivalued: true },
        ),
    };
    put(derived, "aws:ResourceOrgID", organization_id);
    put(derived, "aws:ResourceOrgPaths", paths);
}

/// K3-13: a place that could not be read is a path that is not known.
fn path_of(organization: &Organization, node: NodeId) -> State {
    if organization.is_place_known(node) {
        State::list(vec![organization.entity_path(node)])
    } else {
        State::Unknown { absence_possible: false, domain: Domain::Any(Kind::Other), possibly_multivalued: true }
    }
}

fn prefix(action: &str) -> &str {
    action.split_once(':').map_or(action, |(prefix, _)| prefix)
}

/// CTX-46, SP-37 and CTX-67, SP-35.
fn of_action(derived: &mut Derived, organization: &Organization, action: &str) {
    let prefix = prefix(action).to_ascii_lowercase();
    let is_mcp = prefix.ends_with("-mcp");
    put(derived, "aws:IsMcpServiceAction", if is_mcp { State::perhaps(either_bool()) } else { State::Absent });
    let is_global = ["iam", "organizations", "route53", "cloudfront"].contains(&prefix.as_str());
    let region = match organization.partition() {
        Some("aws") => Some("us-east-1"),
        Some("aws-us-gov") => Some("us-gov-west-1"),
        Some(_) | None => None,
    };
    if let (true, Some(region)) = (is_global, region) {
        put(derived, "aws:RequestedRegion", State::one(region));
    }
}

/// CTX-47, CTX-48, CLR-12, SP-38: two forms of one instant, always there.
fn of_time(derived: &mut Derived, given: &[(String, State)]) {
    let instant = |key: &str| match given.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)) {
        Some((_, State::Present { values, multivalued: false })) => {
            values.first().and_then(|text| dates::parse(text, &Readings::default()))
        }
        Some(_) | None => None,
    };
    let epoch = instant("aws:CurrentTime").map(|instant| State::one(instant.epoch_seconds()));
    let current = instant("aws:EpochTime").and_then(dates::Instant::to_text).map(State::one);
    put(derived, "aws:EpochTime", epoch.unwrap_or_else(State::some_text));
    put(derived, "aws:CurrentTime", current.unwrap_or_else(State::some_text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ctx_60_ctx_61_a_session_has_the_arn_of_its_role_with_or_without_path() {
        let principal = Principal::parse("arn:aws:sts::222222222222:assumed-role/Admin/me").unwrap();
        let State::Unknown { domain: Domain::OneOf(candidates), .. } =
            principal_arn(&principal, principal.arn().unwrap())
        else {
            panic!("not one of several");
        };
        assert_eq!(candidates.first(), Some(&Candidate::Text("arn:aws:iam::222222222222:role/Admin".to_owned())));
        assert_eq!(candidates.len(), 2);
    }

    #[test]
    fn clr_12_the_two_times_are_one_instant() {
        let mut derived = Derived::new();
        of_time(&mut derived, &[("AWS:currenttime".to_owned(), State::one("2026-01-01T01:00:00+01:00"))]);
        assert_eq!(derived.get("aws:epochtime"), Some(&State::one("1767225600")));
        of_time(&mut derived, &[("aws:EpochTime".to_owned(), State::one("1767225600"))]);
        assert_eq!(derived.get("aws:currenttime"), Some(&State::one("2026-01-01T00:00:00Z")));
        of_time(&mut derived, &[("aws:EpochTime".to_owned(), State::one("soon"))]);
        assert_eq!(derived.get("aws:currenttime"), Some(&State::some_text()));
    }
}
