//! What the model knows of a request's context keys: the column *Model* of table E.1 (E.2, SP-30 to SP-39).

use std::collections::BTreeMap;

use scproof_catalog::single_endpoint_region;
use scproof_evaluator::{Request, RequestResource};
use scproof_organization::{AccountId, NodeId, Organization};

use super::caller::{Arn, Caller, Principal};
use super::dates;
use super::facts::{Candidate, Domain, State, either_bool};
use super::keys::Kind;
use super::laws::{self, CallerKind, Callers, Owner, Told};
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
    request: &Request,
    resource: &RequestResource,
    given: &[(String, State)],
) -> (Derived, Callers) {
    let mut derived = Derived::new();
    let told = Told(given);
    let callers = laws::callers(&caller.principal, caller.account.as_str(), told);
    of_account(&mut derived, organization, caller);
    of_caller(&mut derived, organization, caller, &callers, told);
    of_resource(&mut derived, organization, &request.action, resource, told);
    of_action(&mut derived, organization, &request.action, request.region.as_deref());
    of_time(&mut derived, given);
    laws::network(&mut derived, told);
    laws::called_via(&mut derived, told);
    laws::tag_keys(&mut derived, told);
    laws::s3_owner(&mut derived, told);
    laws::mfa(&mut derived, told);
    laws::sessions(&mut derived, &callers, told);
    (derived, callers)
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

/// SP-30, SP-32, CTX-60 to CTX-63, CTX-11 to CTX-14, LAW-5, LAW-7, CALL-12.
fn of_caller(derived: &mut Derived, organization: &Organization, caller: &Caller, callers: &Callers, told: Told<'_>) {
    use CallerKind::{Federated, Role, Root, User};
    let principal = &caller.principal;
    let is_given = *principal != Principal::Missing;
    let account = caller.account.as_str();
    let may_be = |kind: CallerKind| callers.kinds.contains(&kind);
    let only = |kind: CallerKind| callers.kinds == [kind];
    let arn = match principal.arn() {
        Some(arn) => principal_arn(principal, arn),
        None => any_arn(organization, account, callers),
    };
    put(derived, "aws:PrincipalArn", arn);

    let types = [(Root, "Account"), (User, "User"), (Role, "AssumedRole"), (Federated, "FederatedUser")];
    let types: Vec<&str> = types.into_iter().filter(|(kind, _)| may_be(*kind)).map(|(_, text)| text).collect();
    let principal_type = match types.as_slice() {
        [one] => State::one(*one),
        several => State::some(Domain::OneOf(several.iter().map(|text| Candidate::Text((*text).to_owned())).collect())),
    };
    put(derived, "aws:PrincipalType", principal_type);

    let known = if is_given { Some(principal) } else { callers.named.as_ref() };
    put(derived, "aws:userid", user_id(known, account, callers));
    let username = match known.and_then(Principal::user_name) {
        Some(name) => State::one(name),
        None if only(User) => State::some_text(),
        None if !may_be(User) => State::Absent,
        None => State::perhaps_some_text(),
    };
    put(derived, "aws:username", username);

    let is_true = Domain::OneOf(vec![Candidate::Text("true".to_owned())]);
    put(derived, "aws:AssumedRoot", if may_be(Root) { State::perhaps(is_true) } else { State::Absent });
    if !may_be(Role) {
        put(derived, "aws:FederatedProvider", State::Absent);
    } else if !is_given {
        put(derived, "aws:FederatedProvider", State::perhaps_some_text());
    }
    let central = told.is_there("aws:AssumedRoot");
    if (!may_be(Root) && !may_be(User)) || (only(Root) && central == Some(true)) {
        put(derived, "aws:TokenIssueTime", State::some_text());
    } else if only(Root) && central == Some(false) {
        put(derived, "aws:TokenIssueTime", State::Absent);
    } else if !is_given {
        put(derived, "aws:TokenIssueTime", State::perhaps_some_text());
    }
}

/// SP-30: any caller of these kinds.
fn any_arn(organization: &Organization, account: &str, callers: &Callers) -> State {
    let arn = |service: &str, resource: &str, any_end: bool| {
        let mut like: Vec<Piece> = pieces("arn:").collect();
        match organization.partition() {
            Some(partition) => like.extend(pieces(partition)),
            None => like.push(Piece::Star),
        }
        like.extend(pieces(&format!(":{service}::{account}:{resource}")));
        if any_end {
            like.push(Piece::Star);
        }
        if like.contains(&Piece::Star) {
            return Candidate::Like(like);
        }
        let partition = organization.partition().unwrap_or_default();
        Candidate::Text(format!("arn:{partition}:{service}::{account}:{resource}"))
    };
    let arns = [
        (CallerKind::Root, arn("iam", "root", false)),
        (CallerKind::User, arn("iam", "user/", true)),
        (CallerKind::Role, arn("iam", "role/", true)),
        (CallerKind::Federated, arn("sts", "federated-user/", true)),
    ];
    let arns: Vec<Candidate> =
        arns.into_iter().filter(|(kind, _)| callers.kinds.contains(kind)).map(|(_, arn)| arn).collect();
    match arns.as_slice() {
        // The root user alone: one ARN.
        [Candidate::Text(only)] => State::one(only.as_str()),
        _ => State::some(Domain::OneOf(arns)),
    }
}

/// CTX-62, LAW-7: how the id of each kind of caller looks.
fn user_id(known: Option<&Principal>, account: &str, callers: &Callers) -> State {
    let like =
        |start: &str, end: &str| Candidate::Like(pieces(start).chain([Piece::Star]).chain(pieces(end)).collect());
    let forms = match known {
        Some(Principal::Federated { name, .. }) => return State::one(format!("{account}:{name}")),
        Some(Principal::Session { session, .. }) => vec![like("AROA", &format!(":{session}"))],
        _ if callers.kinds == [CallerKind::Root] => return State::one(account),
        _ => {
            let any_session = pieces("AROA").chain([Piece::Star, Piece::Char(':'), Piece::Star]).collect();
            let forms = [
                (CallerKind::Root, Candidate::Text(account.to_owned())),
                (CallerKind::User, like("AIDA", "")),
                (CallerKind::Role, Candidate::Like(any_session)),
                (CallerKind::Federated, like(&format!("{account}:"), "")),
            ];
            forms.into_iter().filter(|(kind, _)| callers.kinds.contains(kind)).map(|(_, form)| form).collect()
        }
    };
    State::some(Domain::OneOf(forms))
}

/// CTX-60, CTX-61.
fn principal_arn(principal: &Principal, arn: &Arn) -> State {
    let Principal::Session { role, .. } = principal else { return State::one(arn.text.as_str()) };
    let start = format!("arn:{}:iam::{}:role/", arn.partition, arn.account);
    if principal.is_of_identity_center() {
        // LAW-8.
        let start = format!("{start}aws-reserved/sso.amazonaws.com/");
        let with_region = pieces(&start).chain([Piece::AnyRegion, Piece::Char('/')]).chain(pieces(role)).collect();
        let candidates = vec![Candidate::Text(format!("{start}{role}")), Candidate::Like(with_region)];
        return State::some(Domain::OneOf(candidates));
    }
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

/// LAW-4, CTX-37 to CTX-39, CTX-64, CTX-65, SP-36. An unknown owner derives nothing (SP-39).
fn of_resource(
    derived: &mut Derived,
    organization: &Organization,
    action: &str,
    resource: &RequestResource,
    told: Told<'_>,
) {
    let owner = match laws::owner(told) {
        Owner::Account(owner) => AccountId::parse(owner).ok(),
        Owner::Absent => None,
        Owner::NotGiven => owner_by_arn(action, resource),
    };
    let Some(owner) = owner else { return };
    put(derived, "aws:ResourceAccount", State::one(owner.as_str()));
    let (organization_id, paths) = match organization.account(&owner) {
        Some(node) => (State::one(organization.id().as_str()), path_of(organization, node)),
        None => (
            // CALL-14: a listing that failed may hide a member.
            State::perhaps(if organization.may_lack_accounts() {
                Domain::Any(Kind::Other)
            } else {
                Domain::NoneOf(vec![organization.id().as_str().to_owned()])
            }),
            State::unknown(true, Domain::Any(Kind::Other), true),
        ),
    };
    put(derived, "aws:ResourceOrgID", organization_id);
    put(derived, "aws:ResourceOrgPaths", paths);
}

/// CTX-37, CTX-65, CTX-66; CALL-6: an access point's ARN does not name the bucket's owner.
fn owner_by_arn(action: &str, resource: &RequestResource) -> Option<AccountId> {
    let is_without = WITHOUT_OWNER_KEYS.iter().any(|listed| listed.eq_ignore_ascii_case(action));
    if is_without || prefix(action).eq_ignore_ascii_case("ebs") {
        return None;
    }
    let RequestResource::Arn(arn) = resource else { return None };
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, service, _, account, name] = parts.as_slice() else { return None };
    if *service == "s3" && name.starts_with("accesspoint") {
        return None;
    }
    AccountId::parse(account).ok()
}

/// K3-13: a place that could not be read is a path that is not known.
fn path_of(organization: &Organization, node: NodeId) -> State {
    if organization.is_place_known(node) {
        State::list(vec![organization.entity_path(node)])
    } else {
        State::unknown(false, Domain::Any(Kind::Other), true)
    }
}

fn prefix(action: &str) -> &str {
    action.split_once(':').map_or(action, |(prefix, _)| prefix)
}

/// CTX-46, SP-37; CTX-67, SP-35, CALL-11: a service with one endpoint is called there, any other in the Region that was
/// given.
fn of_action(derived: &mut Derived, organization: &Organization, action: &str, region: Option<&str>) {
    let is_mcp = prefix(action).to_ascii_lowercase().ends_with("-mcp");
    put(derived, "aws:IsMcpServiceAction", if is_mcp { State::perhaps(either_bool()) } else { State::Absent });
    let own = organization.partition().and_then(|partition| single_endpoint_region(action, partition));
    if let Some(region) = own.or(region) {
        put(derived, "aws:RequestedRegion", State::one(region));
    }
}

/// CTX-47, CTX-48, SP-38: two forms of one instant, always there.
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
    fn ctx_48_the_two_times_are_one_instant() {
        let mut derived = Derived::new();
        of_time(&mut derived, &[("AWS:currenttime".to_owned(), State::one("2026-01-01T01:00:00+01:00"))]);
        assert_eq!(derived.get("aws:epochtime"), Some(&State::one("1767225600")));
        of_time(&mut derived, &[("aws:EpochTime".to_owned(), State::one("1767225600"))]);
        assert_eq!(derived.get("aws:currenttime"), Some(&State::one("2026-01-01T00:00:00Z")));
        of_time(&mut derived, &[("aws:EpochTime".to_owned(), State::one("soon"))]);
        assert_eq!(derived.get("aws:currenttime"), Some(&State::some_text()));
    }
}
