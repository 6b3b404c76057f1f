//! The laws between keys (K.4), for given facts: what follows from one key for others. A law that the given facts break
//! says nothing of these keys, and is named.

use crate::given::GivenContext;
use crate::keys::Law;
use crate::principal::{Principal, PrincipalKind};
use crate::request::ContextValue;
use crate::state::{Domain, DomainValues, KeyState};

/// The kinds of callers that SCPs govern, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kinds(u8);

impl Kinds {
    pub(crate) const ROOT: Self = Self(1);
    pub(crate) const USER: Self = Self(2);
    pub(crate) const ROLE: Self = Self(4);
    pub(crate) const FEDERATED: Self = Self(8);
    pub(crate) const ALL: Self = Self(15);

    /// Each kind alone.
    pub(crate) const EACH: [Self; 4] = [Self::ROOT, Self::USER, Self::ROLE, Self::FEDERATED];

    pub(crate) fn has(self, kind: Self) -> bool {
        self.0 & kind.0 != 0
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    fn is_none(self) -> bool {
        self.0 == 0
    }

    fn of_principal(principal: Option<&Principal>) -> Self {
        match principal.map(|principal| &principal.kind) {
            Some(PrincipalKind::Root) => Self::ROOT,
            Some(PrincipalKind::User(_)) => Self::USER,
            Some(PrincipalKind::Role { .. } | PrincipalKind::Session { .. }) => Self::ROLE,
            Some(PrincipalKind::Federated(_)) => Self::FEDERATED,
            None | Some(PrincipalKind::Service | PrincipalKind::Anonymous) => Self::ALL,
        }
    }
}

/// What the given facts of one call say by the laws.
#[derive(Debug)]
pub(crate) struct Laws<'a> {
    given: &'a GivenContext<'a>,
    /// LAW-1: whether the call comes through a VPC endpoint.
    endpoint: Option<bool>,
    /// LAW-2: whether a service calls for the caller and is named.
    called: Option<bool>,
    /// LAW-2 and LAW-3 as far as they hold.
    chain_holds: bool,
    tags_hold: bool,
    mfa_holds: bool,
    /// LAW-4: the account that owns the resource, by the facts given.
    pub(crate) owner: Owner<'a>,
    /// LAW-5, LAW-7: who may call.
    pub(crate) kinds: Kinds,
    /// LAW-7: a caller named by `aws:PrincipalArn` alone.
    pub(crate) named: Option<Principal>,
    /// The laws that the given facts break.
    pub(crate) broken: Vec<&'static str>,
}

/// The owner of the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner<'a> {
    /// Nothing was given about it.
    NotGiven,
    Account(&'a str),
    /// It was given as absent.
    Absent,
}

/// The agreement of signs, and whether they contradict each other.
fn agreement(signs: impl IntoIterator<Item = Option<bool>>) -> (Option<bool>, bool) {
    let mut found = None;
    for sign in signs.into_iter().flatten() {
        match found {
            None => found = Some(sign),
            Some(other) if other != sign => return (None, false),
            Some(_) => {}
        }
    }
    (found, true)
}

impl<'a> Laws<'a> {
    /// `account`: the caller's account.
    pub(crate) fn new(given: &'a GivenContext<'a>, principal: Option<&Principal>, account: &str) -> Self {
        let mut laws = Self {
            given,
            endpoint: None,
            called: None,
            chain_holds: true,
            tags_hold: true,
            mfa_holds: true,
            owner: Owner::NotGiven,
            kinds: Kinds::of_principal(principal),
            named: None,
            broken: Vec::new(),
        };
        if given.is_empty() {
            return laws;
        }
        laws.network();
        laws.chain();
        laws.tags();
        laws.owners();
        laws.mfa();
        laws.callers(principal, account);
        laws
    }

    /// The same for one of the kinds of callers.
    pub(crate) fn for_kind(&self, kind: Kinds) -> Self {
        Self { kinds: kind, named: self.named.clone(), broken: Vec::new(), ..*self }
    }

    /// Whether a key was given with a value; `None` if nothing was said of it.
    fn is_present(&self, key: &str) -> Option<bool> {
        Some(match self.given.only(key)? {
            ContextValue::Absent => false,
            ContextValue::Single(_) => true,
            ContextValue::List(texts) => !texts.is_empty(),
        })
    }

    fn text(&self, key: &str) -> Option<&'a str> {
        self.given.only(key)?.only()
    }

    fn texts(&self, key: &str) -> &'a [String] {
        match self.given.only(key) {
            Some(ContextValue::Single(text)) => std::slice::from_ref(text),
            Some(ContextValue::List(texts)) => texts,
            Some(ContextValue::Absent) | None => &[],
        }
    }

    fn is_truth(&self, key: &str, wanted: &str) -> bool {
        self.text(key).is_some_and(|text| text.eq_ignore_ascii_case(wanted))
    }

    fn network(&mut self) {
        let through = ["aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"].map(|key| self.is_present(key));
        let owners = ["aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths"]
            .map(|key| self.is_present(key).filter(|present| *present));
        let direct = self.is_present("aws:sourceip").map(|present| !present);
        let (endpoint, holds) = agreement(through.into_iter().chain(owners).chain([direct]));
        self.endpoint = endpoint;
        if !holds {
            self.broken.push("LAW-1");
        }
    }

    fn chain(&mut self) {
        let keys = ["aws:calledvia", "aws:calledviafirst", "aws:calledvialast"];
        let direct = self.is_truth("aws:viaawsservice", "false").then_some(false);
        let (called, agree) = agreement(keys.map(|key| self.is_present(key)).into_iter().chain([direct]));
        let list = self.texts("aws:calledvia");
        let fits = |key: &str, end: Option<&String>| match (self.text(key), end) {
            (Some(text), Some(end)) => text == end,
            _ => true,
        };
        self.chain_holds = agree && fits("aws:calledviafirst", list.first()) && fits("aws:calledvialast", list.last());
        self.called = called.filter(|_| self.chain_holds);
        if !self.chain_holds {
            self.broken.push("LAW-2");
        }
    }

    fn tags(&mut self) {
        let given = self.is_present("aws:tagkeys");
        let list = self.texts("aws:tagkeys");
        self.tags_hold = given.is_none() || self.given.request_tags.iter().all(|tag| list.iter().any(|key| key == tag));
        if !self.tags_hold {
            self.broken.push("LAW-3");
        }
    }

    fn owners(&mut self) {
        let (account, of_s3) = ("aws:resourceaccount", "s3:resourceaccount");
        self.owner = match (self.is_present(account), self.text(account), self.text(of_s3)) {
            (Some(false), _, _) => Owner::Absent,
            (_, Some(owner), _) | (None, None, Some(owner)) => Owner::Account(owner),
            _ => Owner::NotGiven,
        };
        if let (Some(one), Some(other)) = (self.text(account), self.text(of_s3))
            && one != other
        {
            self.broken.push("LAW-4");
        }
    }

    fn mfa(&mut self) {
        let known = self.given.only("aws:multifactorauthpresent").is_some();
        self.mfa_holds = !(self.is_present("aws:multifactorauthage") == Some(true)
            && known
            && !self.is_truth("aws:multifactorauthpresent", "true"));
        if !self.mfa_holds {
            self.broken.push("LAW-6");
        }
    }

    fn callers(&mut self, principal: Option<&Principal>, account: &str) {
        let present = |key: &str| self.is_present(key) == Some(true);
        let absent = |key: &str| self.is_present(key) == Some(false);
        let (temporary, mut kinds) = (Kinds::ROLE.0 | Kinds::FEDERATED.0, Kinds::ALL);
        let mut narrow = |holds: bool, to: Kinds| kinds = if holds { kinds.and(to) } else { kinds };
        let named = self.text("aws:principalarn").and_then(|arn| Principal::parse(arn).ok());
        let named =
            named.filter(|named| !named.account.is_empty() && !matches!(named.kind, PrincipalKind::Session { .. }));
        if let Some(named) = &named {
            narrow(true, Kinds::of_principal(Some(named)));
        }
        match self.text("aws:principaltype") {
            Some("Account") => narrow(true, Kinds::ROOT),
            Some("User") => narrow(true, Kinds::USER),
            Some("AssumedRole") => narrow(true, Kinds::ROLE),
            Some("FederatedUser") => narrow(true, Kinds::FEDERATED),
            Some(_) | None => {}
        }
        if let Some(id) = self.text("aws:userid") {
            narrow(id == account, Kinds::ROOT);
            narrow(id.starts_with("AIDA"), Kinds::USER);
            narrow(id.starts_with("AROA"), Kinds::ROLE);
            narrow(id.strip_prefix(account).is_some_and(|rest| rest.starts_with(':')), Kinds::FEDERATED);
        }
        narrow(present("aws:username"), Kinds::USER);
        narrow(absent("aws:username"), Kinds::ALL.without(Kinds::USER));
        narrow(present("aws:assumedroot"), Kinds::ROOT);
        narrow(present("aws:federatedprovider"), Kinds::ROLE);
        narrow(absent("aws:tokenissuetime"), Kinds::ALL.without(Kinds(temporary)));
        let laws = self.given.laws_of_present();
        narrow(laws.contains(&Law::RoleSession), Kinds::ROLE);
        narrow(laws.contains(&Law::AssumedSession), Kinds(Kinds::ROLE.0 | Kinds::ROOT.0));
        narrow(laws.contains(&Law::PrincipalTag), Kinds::ALL.without(Kinds::ROOT));
        let base = self.kinds;
        let other_caller = named.as_ref().is_some_and(|named| {
            named.account != account
                || match principal {
                    None => false,
                    Some(Principal { kind: PrincipalKind::Session { role, .. }, .. }) => {
                        !named.text.ends_with(&format!("/{role}"))
                    }
                    Some(principal) => principal.text != named.text,
                }
        });
        let other_account = self.text("aws:principalaccount").is_some_and(|given| given != account);
        let caller = principal.or(named.as_ref()).map(|caller| &caller.kind);
        let other_name = match (caller, self.text("aws:username")) {
            (Some(PrincipalKind::User(own)), Some(name)) => own != name,
            _ => false,
        };
        let narrowed = base.and(kinds);
        if narrowed.is_none() || other_caller || other_account || other_name {
            self.broken.push("LAW-7");
        }
        if !narrowed.is_none() && !other_caller {
            self.kinds = narrowed;
            self.named = named;
        }
    }

    /// What follows for a key that was not given; `None` where the laws say nothing of it.
    pub(crate) fn derive(&self, law: Law, folded: &str) -> Option<KeyState> {
        let when = |sign: Option<bool>, then: KeyState, otherwise: KeyState| match sign {
            None => None,
            Some(true) => Some(then),
            Some(false) => Some(otherwise),
        };
        match law {
            Law::None => None,
            Law::SourceAddress => when(self.endpoint, KeyState::Absent, KeyState::any(false, false)),
            Law::Endpoint => when(self.endpoint, KeyState::any(false, false), KeyState::Absent),
            Law::EndpointOwner => (self.endpoint == Some(false)).then_some(KeyState::Absent),
            Law::ViaService => (self.called == Some(true)).then(|| KeyState::single("true")),
            Law::CalledVia => {
                let ends = ["aws:calledviafirst", "aws:calledvialast"].map(|key| self.text(key));
                let holds = ends.into_iter().flatten().map(Into::into).collect();
                let domain = Domain::new(false, true, DomainValues::Any).holding(holds);
                when(self.called, KeyState::Unknown(domain), KeyState::Absent)
            }
            Law::CalledViaFirst => self.end_of_chain(<[String]>::first),
            Law::CalledViaLast => self.end_of_chain(<[String]>::last),
            Law::RequestTag => self.request_tag(folded),
            Law::TagKeys => {
                let tags = &self.given.request_tags;
                let holds = tags.iter().map(|tag| (*tag).into()).collect();
                let domain = Domain::new(false, true, DomainValues::Any).holding(holds);
                (self.tags_hold && !tags.is_empty()).then_some(KeyState::Unknown(domain))
            }
            Law::PrincipalTag => (self.kinds == Kinds::ROOT).then_some(KeyState::Absent),
            Law::RoleSession => (!self.kinds.has(Kinds::ROLE)).then_some(KeyState::Absent),
            Law::AssumedSession => {
                let may_be_root = self.kinds.has(Kinds::ROOT) && self.is_central_root() != Some(false);
                (!self.kinds.has(Kinds::ROLE) && !may_be_root).then_some(KeyState::Absent)
            }
            Law::MfaPresent => {
                let aged = self.mfa_holds && self.is_present("aws:multifactorauthage") == Some(true);
                aged.then(|| KeyState::single("true"))
            }
            Law::MfaAge => {
                let without = self.is_present("aws:multifactorauthpresent") == Some(false)
                    || self.is_truth("aws:multifactorauthpresent", "false");
                without.then_some(KeyState::Absent)
            }
        }
    }

    fn end_of_chain(&self, end: impl Fn(&[String]) -> Option<&String>) -> Option<KeyState> {
        if !self.called? {
            return Some(KeyState::Absent);
        }
        let end = end(self.texts("aws:calledvia"));
        Some(end.map_or_else(|| KeyState::any(false, false), |text| KeyState::single(text)))
    }

    /// LAW-3: no tag whose key is not among those of the request, whatever its case.
    fn request_tag(&self, folded: &str) -> Option<KeyState> {
        self.is_present("aws:tagkeys").filter(|_| self.tags_hold)?;
        let (_, tag) = folded.split_once('/')?;
        let is_listed = self.texts("aws:tagkeys").iter().any(|key| key.to_lowercase() == tag.to_lowercase());
        (!is_listed).then_some(KeyState::Absent)
    }

    /// Whether a root user's session is one of `sts:AssumeRoot` (CALL-12).
    pub(crate) fn is_central_root(&self) -> Option<bool> {
        self.is_present("aws:assumedroot")
    }

    /// LAW-4: `s3:ResourceAccount` is what `aws:ResourceAccount` was given as.
    pub(crate) fn s3_owner(&self) -> Option<KeyState> {
        let owner = self.text("aws:resourceaccount")?;
        Some(KeyState::one_of([owner], true))
    }
}
