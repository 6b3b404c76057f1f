//! The laws between keys (K.4), from given facts to keys that were not given.

use super::caller::Principal;
use super::derive::Derived;
use super::facts::{Candidate, Domain, State};
use super::keys::{self, Kind};

/// Who may call (LAW-5, LAW-7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallerKind {
    Root,
    User,
    Role,
    Federated,
}

use CallerKind::{Federated, Role, Root, User};

/// The given facts of a request, asked by key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'a>(pub(crate) &'a [(String, State)]);

impl<'a> Told<'a> {
    fn state(self, key: &str) -> Option<&'a State> {
        let found = self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, state)| state);
        // Where it is not known whether this pair has it, nothing follows (CALL-8).
        found.filter(|state| !matches!(state, State::Either(_)))
    }

    /// Whether the key was given with a value, or as absent; none if nothing was said.
    pub(crate) fn is_there(self, key: &str) -> Option<bool> {
        self.state(key).map(has_value)
    }

    fn texts(self, key: &str) -> &'a [String] {
        match self.state(key) {
            Some(State::Present { values, .. }) => values,
            Some(State::Absent | State::Unknown { .. } | State::Either(_)) | None => &[],
        }
    }

    pub(crate) fn text(self, key: &str) -> Option<&'a str> {
        match self.texts(key) {
            [text] => Some(text),
            _ => None,
        }
    }

    fn says(self, key: &str, word: &str) -> bool {
        self.text(key).is_some_and(|text| text.eq_ignore_ascii_case(word))
    }

    /// The tag keys of the tags of a family that were given with a value, as spelt.
    fn tags(self, family: &str) -> Vec<&'a str> {
        let is_of = |name: &&(String, State)| {
            name.0.split_once('/').is_some_and(|(head, _)| head.eq_ignore_ascii_case(family)) && has_value(&name.1)
        };
        self.0.iter().filter(is_of).filter_map(|(name, _)| name.split_once('/')).map(|(_, tag)| tag).collect()
    }
}

fn has_value(state: &State) -> bool {
    matches!(state, State::Present { values, .. } if !values.is_empty())
}

fn put(derived: &mut Derived, key: &str, state: State) {
    derived.insert(key.to_ascii_lowercase(), state);
}

fn put_all(derived: &mut Derived, keys: &[&str], state: &State) {
    for key in keys {
        put(derived, key, state.clone());
    }
}

/// A list that is there and has these values, beside others perhaps.
fn some_list(holds: Vec<String>) -> State {
    State::Unknown {
        absence_possible: false,
        domain: Domain::Any(Kind::Other),
        possibly_multivalued: true,
        holds,
        empty_text_possible: false,
    }
}

/// Whether all signs that there are say the same, and what.
fn common(signs: &[Option<bool>]) -> Result<Option<bool>, ()> {
    let said: Vec<bool> = signs.iter().copied().flatten().collect();
    match said.first() {
        None => Ok(None),
        Some(first) if said.iter().all(|sign| sign == first) => Ok(Some(*first)),
        Some(_) => Err(()),
    }
}

/// LAW-1.
pub(crate) fn network(derived: &mut Derived, told: Told<'_>) {
    const EXACTLY: [&str; 3] = ["aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp"];
    const ONLY: [&str; 4] = ["aws:SourceVpcArn", "aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths"];
    let mut signs = vec![told.is_there("aws:SourceIp").map(|there| !there)];
    signs.extend(EXACTLY.map(|key| told.is_there(key)));
    signs.extend(ONLY.map(|key| told.is_there(key).filter(|there| *there)));
    match common(&signs) {
        Ok(Some(true)) => {
            put(derived, "aws:SourceIp", State::Absent);
            put_all(derived, &EXACTLY, &State::some_text());
        }
        Ok(Some(false)) => {
            put(derived, "aws:SourceIp", State::some_text());
            put_all(derived, &EXACTLY, &State::Absent);
            put_all(derived, &ONLY, &State::Absent);
        }
        Ok(None) | Err(()) => {}
    }
}

/// LAW-2.
pub(crate) fn called_via(derived: &mut Derived, told: Told<'_>) {
    let (whole, first, last) = ("aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast");
    let direct = told.says("aws:ViaAWSService", "false").then_some(false);
    let signs = [told.is_there(whole), told.is_there(first), told.is_there(last), direct];
    let texts = told.texts(whole);
    let differs =
        |end: &str, listed: Option<&String>| told.text(end).zip(listed).is_some_and(|(text, listed)| text != listed);
    if differs(first, texts.first()) || differs(last, texts.last()) {
        return;
    }
    match common(&signs) {
        Ok(Some(true)) => {
            let end = |text: Option<&String>| text.map_or_else(State::some_text, State::one);
            let ends = [told.text(first), told.text(last)].into_iter().flatten().map(str::to_owned).collect();
            put(derived, "aws:ViaAWSService", State::one("true"));
            put(derived, whole, some_list(ends));
            put(derived, first, end(texts.first()));
            put(derived, last, end(texts.last()));
        }
        Ok(Some(false)) => put_all(derived, &[whole, first, last], &State::Absent),
        Ok(None) | Err(()) => {}
    }
}

/// LAW-3, what follows for aws:TagKeys.
pub(crate) fn tag_keys(derived: &mut Derived, told: Told<'_>) {
    let tags = told.tags("aws:RequestTag");
    if !tags.is_empty() && told.is_there("aws:TagKeys").is_none() {
        put(derived, "aws:TagKeys", some_list(tags.into_iter().map(str::to_owned).collect()));
    }
}

/// LAW-3, what follows for a tag that was not given: it is absent if its key is not among those of the request.
pub(crate) fn has_no_request_tag(told: Told<'_>, key: &str) -> bool {
    let Some((family, tag)) = key.split_once('/') else { return false };
    let listed = told.texts("aws:TagKeys");
    let contradicts = told.tags("aws:RequestTag").iter().any(|tag| !listed.iter().any(|other| other == tag));
    family.eq_ignore_ascii_case("aws:RequestTag")
        && !tag.is_empty()
        && told.is_there("aws:TagKeys").is_some()
        && !contradicts
        && !listed.iter().any(|other| other.to_lowercase() == tag.to_lowercase())
}

/// The owner of the resource as given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner<'a> {
    NotGiven,
    /// Given as absent.
    Absent,
    Account(&'a str),
}

/// LAW-4.
pub(crate) fn owner(told: Told<'_>) -> Owner<'_> {
    match (told.is_there("aws:ResourceAccount"), told.text("aws:ResourceAccount"), told.text("s3:ResourceAccount")) {
        (Some(false), ..) => Owner::Absent,
        (_, Some(owner), _) | (None, _, Some(owner)) => Owner::Account(owner),
        _ => Owner::NotGiven,
    }
}

/// LAW-4: what follows for s3:ResourceAccount.
pub(crate) fn s3_owner(derived: &mut Derived, told: Told<'_>) {
    if let Some(owner) = told.text("aws:ResourceAccount") {
        let domain = Domain::OneOf(vec![Candidate::Text(owner.to_owned())]);
        put(derived, "s3:ResourceAccount", State::perhaps(domain));
    }
}

/// LAW-6.
pub(crate) fn mfa(derived: &mut Derived, told: Told<'_>) {
    let (present, age) = ("aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge");
    if told.is_there(age) == Some(true) && told.is_there(present).is_none() {
        put(derived, present, State::one("true"));
    }
    if told.is_there(present) == Some(false) || told.says(present, "false") {
        put(derived, age, State::Absent);
    }
}

/// LAW-5: keys of role sessions alone, and those that a central root session may have too.
const ROLE_SESSION: [&str; 10] = [
    "aws:Ec2InstanceSourceVpc",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "ec2:RoleDelivery",
    "ec2:SourceInstanceArn",
    "glue:RoleAssumedBy",
    "glue:CredentialIssuingService",
    "codebuild:BuildArn",
    "codebuild:ProjectArn",
    "lambda:SourceFunctionArn",
    "ssm:SourceInstanceArn",
];
const ASSUMED_SESSION: [&str; 2] = ["aws:SourceIdentity", "identitystore:UserId"];

/// The caller as told: by the question and by given keys.
#[derive(Debug, Clone)]
pub(crate) struct Callers {
    pub(crate) kinds: Vec<CallerKind>,
    /// A caller that aws:PrincipalArn names.
    pub(crate) named: Option<Principal>,
}

fn kinds_of(principal: &Principal) -> Vec<CallerKind> {
    match principal {
        Principal::Root(_) => vec![Root],
        Principal::User(_) => vec![User],
        Principal::Role(_) | Principal::Session { .. } => vec![Role],
        Principal::Federated { .. } => vec![Federated],
        Principal::Missing | Principal::Service | Principal::Anonymous => vec![Root, User, Role, Federated],
    }
}

/// LAW-5, LAW-7.
pub(crate) fn callers(principal: &Principal, account: &str, told: Told<'_>) -> Callers {
    let there = |key: &str| told.is_there(key) == Some(true);
    let missing = |key: &str| told.is_there(key) == Some(false);
    let named = told.text("aws:PrincipalArn").and_then(|arn| Principal::parse(arn).ok());
    let named = named.filter(|named| named.arn().is_some() && !matches!(named, Principal::Session { .. }));
    let mut signs: Vec<Vec<CallerKind>> = named.iter().map(kinds_of).collect();
    signs.extend(match told.text("aws:PrincipalType") {
        Some("Account") => Some(vec![Root]),
        Some("User") => Some(vec![User]),
        Some("AssumedRole") => Some(vec![Role]),
        Some("FederatedUser") => Some(vec![Federated]),
        Some(_) | None => None,
    });
    if let Some(id) = told.text("aws:userid") {
        let of_kind = [
            (id == account, Root),
            (id.starts_with("AIDA"), User),
            (id.starts_with("AROA"), Role),
            (id.starts_with(&format!("{account}:")), Federated),
        ];
        signs.extend(of_kind.into_iter().filter(|(is_it, _)| *is_it).map(|(_, kind)| vec![kind]));
    }
    let by_key = [
        (there("aws:username"), vec![User]),
        (missing("aws:username"), vec![Root, Role, Federated]),
        (there("aws:AssumedRoot"), vec![Root]),
        (there("aws:FederatedProvider"), vec![Role]),
        (missing("aws:TokenIssueTime"), vec![Root, User]),
        (ROLE_SESSION.iter().any(|key| there(key)), vec![Role]),
        (ASSUMED_SESSION.iter().any(|key| there(key)), vec![Role, Root]),
        (!told.tags("aws:PrincipalTag").is_empty(), vec![User, Role, Federated]),
    ];
    signs.extend(by_key.into_iter().filter(|(holds, _)| *holds).map(|(_, kinds)| kinds));
    let base = kinds_of(principal);
    let kinds: Vec<CallerKind> =
        base.iter().copied().filter(|kind| signs.iter().all(|sign| sign.contains(kind))).collect();
    let is_another = named.as_ref().and_then(Principal::arn).is_some_and(|arn| {
        arn.account != account
            || match principal {
                Principal::Session { role, .. } => !arn.text.ends_with(&format!("/{role}")),
                Principal::Root(own)
                | Principal::User(own)
                | Principal::Role(own)
                | Principal::Federated { arn: own, .. } => own.text != arn.text,
                Principal::Missing | Principal::Service | Principal::Anonymous => false,
            }
    });
    if kinds.is_empty() || is_another { Callers { kinds: base, named: None } } else { Callers { kinds, named } }
}

/// LAW-5: which keys are absent for these callers.
pub(crate) fn sessions(derived: &mut Derived, callers: &Callers, told: Told<'_>) {
    let may_be = |kind: CallerKind| callers.kinds.contains(&kind);
    let central = told.is_there("aws:AssumedRoot");
    if !may_be(Role) {
        put_all(derived, &ROLE_SESSION, &State::Absent);
        if !may_be(Root) || central == Some(false) {
            put_all(derived, &ASSUMED_SESSION, &State::Absent);
        }
    }
}

/// LAW-5: the root user has no tags.
pub(crate) fn has_no_principal_tag(callers: &Callers, key: &str) -> bool {
    callers.kinds == [Root] && keys::is_tag_key(key) && key.to_ascii_lowercase().starts_with("aws:principaltag/")
}
