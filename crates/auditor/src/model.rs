//! What an audit finds: plain data, in the order in which it is shown.

use std::ops::Range;
use std::sync::Arc;

use scproof_catalog::ServiceId;
use scproof_evaluator::{Access, Decision, EffectiveGroup, Predicate, Reason, Request};
use scproof_organization::{AccountScope, NodeId, Organization, PolicyIndex};
use scproof_policy_parser::PolicyDocument;
use scproof_prover::{ActionSet, Why};
use scproof_rules::Risk;

/// What SCPs do in an organization.
#[derive(Debug, Clone)]
pub struct Audit {
    /// The organization; nodes and policies of everything below are its.
    pub organization: Arc<Organization>,
    /// What was looked at.
    pub scope: Scope,
    /// The accounts in scope by what SCPs let them do; the class with most accounts first. Each account is in exactly
    /// one.
    pub classes: Vec<PermissionClass>,
    /// What the root user can do, and whoever acts as it in a central root session; empty if the audit was asked for
    /// without.
    pub root_callers: Vec<RootCaller>,
    /// Each guardrail, in the order of its list.
    pub guardrails: Vec<GuardrailReport>,
    /// The findings that no suppression covers: the gravest first, then by code and place.
    pub findings: Vec<Finding>,
    /// The findings that a suppression covers.
    pub suppressed: Vec<Suppressed>,
    /// Suppressions that cover nothing.
    pub unused_suppressions: Vec<Suppression>,
}

/// What an audit looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// The accounts, in the order of the snapshot.
    pub accounts: Vec<NodeId>,
    /// Whether these are all accounts of the snapshot.
    pub all_accounts: bool,
    /// Whose calls are sorted and counted; those of any caller without it.
    pub principal: Option<String>,
    /// How many actions of the catalog are counted.
    pub actions: usize,
    /// Whether these are all actions of the catalog.
    pub all_actions: bool,
    /// The services that have actions in scope, in the order of the catalog.
    pub services: Vec<ServiceId>,
    /// Actions of the user's list that the catalog does not know, lower case. They are judged, not counted.
    pub unlisted_actions: Vec<String>,
}

/// Accounts whose calls SCPs treat alike: those of [`Scope::principal`], or of any caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionClass {
    /// A short name within this audit: `A`, `B`, … `Z`, `AA`, ….
    pub name: String,
    /// The accounts, in the order of the snapshot; at least one.
    pub accounts: Vec<NodeId>,
    /// Why SCPs do not apply to them at all, if they do not; then all actions are never blocked.
    pub not_applicable: Option<Reason>,
    /// How many actions in scope are treated how.
    pub counts: AccessCounts,
    /// The same for each service of [`Scope::services`], in its order.
    pub services: Vec<AccessCounts>,
    /// How it differs from the class that it is most like, among those before it; `None` for the first.
    pub differs: Option<ClassDifference>,
    /// All actions in groups with their conditions and the statements that decide, as `scproof effective` shows them;
    /// `None` if the audit was asked for without. The statements are those on the path of the first account.
    pub groups: Option<Vec<EffectiveGroup>>,
}

/// How many actions SCPs treat how (K3-18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct AccessCounts {
    /// No SCP blocks them, whatever resource and context.
    pub never_blocked: usize,
    /// It depends on resource, caller or context.
    pub depends: usize,
    /// SCPs block them, whatever resource and context.
    pub always_blocked: usize,
}

impl AccessCounts {
    /// Counts some more actions.
    pub fn add(&mut self, access: Access, actions: usize) {
        match access {
            Access::NeverBlocked => self.never_blocked += actions,
            Access::Depends => self.depends += actions,
            Access::AlwaysBlocked => self.always_blocked += actions,
        }
    }

    /// All of them.
    pub fn total(&self) -> usize {
        self.never_blocked + self.depends + self.always_blocked
    }
}

/// How one permission class differs from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassDifference {
    /// The place of the other class in [`Audit::classes`]; an earlier one.
    pub from: usize,
    /// What is treated otherwise: what is blocked more, first.
    pub changes: Vec<AccessChange>,
}

/// Actions that one class treats otherwise than another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessChange {
    /// How the other class treats them.
    pub other: Access,
    /// How this class treats them. Both [`Access::Depends`]: on another condition.
    pub own: Access,
    /// Which actions, exactly.
    pub actions: ActionSet,
}

/// Who acts as the root user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RootCallerKind {
    /// The root user of the account, signed in with its own credentials.
    RootUser,
    /// A central root session, which somebody takes by `sts:AssumeRoot`.
    RootSession,
}

impl RootCallerKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::RootUser, Self::RootSession];

    /// The stable spelling of machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RootUser => "rootUser",
            Self::RootSession => "rootSession",
        }
    }
}

/// How much SCPs block of the calls of the root user, of all actions that they can stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RootAccess {
    /// Nothing is always let through, nothing always blocked; or some is the one and some the other.
    SomeBlocked,
    /// All of them are never blocked.
    NothingBlocked,
    /// All of them are always blocked.
    EverythingBlocked,
    /// SCPs do not apply.
    NotApplicable,
}

impl RootAccess {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 4] = [Self::EverythingBlocked, Self::SomeBlocked, Self::NothingBlocked, Self::NotApplicable];

    /// The stable spelling of machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SomeBlocked => "someBlocked",
            Self::NothingBlocked => "nothingBlocked",
            Self::EverythingBlocked => "everythingBlocked",
            Self::NotApplicable => "notApplicable",
        }
    }
}

/// What one who acts as the root user can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootCaller {
    /// Who.
    pub kind: RootCallerKind,
    /// Accounts where it can do alike. Each account is in exactly one.
    pub groups: Vec<RootCallerGroup>,
}

/// Accounts where one who acts as the root user can do alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootCallerGroup {
    /// How much is blocked.
    pub access: RootAccess,
    /// The policies that block everything, where it is blocked by a Deny; none are told of more than 64 different
    /// paths.
    pub policies: Vec<PolicyIndex>,
    /// The accounts, in the order of the snapshot.
    pub accounts: Vec<NodeId>,
}

/// Calls that must be blocked in every account, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guardrail {
    /// A stable kebab-case id, such as `leave-organization`.
    pub id: String,
    /// In a few words, as an order: `Accounts cannot leave the organization`.
    pub title: String,
    /// What happens without it.
    pub why: String,
    /// What group it belongs to, such as `Audit trails`.
    pub category: String,
    /// How grave a hole is.
    pub risk: Risk,
    /// Web pages that recommend it.
    pub sources: Vec<String>,
    /// The accounts that it is about.
    pub scope: AccountScope,
    /// The calls that must be blocked, as a policy document of Deny statements: it holds where every call that these
    /// statements match is blocked by the policies in force.
    pub document: Arc<PolicyDocument>,
}

/// How a guardrail stands in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GuardrailState {
    /// A call that must be blocked passes, for callers that no exemption names.
    Hole,
    /// Whether one passes could not be settled.
    Unknown,
    /// A call that must be blocked passes, but nothing in the organization is aimed at the guardrail, and nobody asked
    /// for it ([`GuardrailReport::is_intended`]).
    NotAdopted,
    /// A hole that a suppression covers.
    Suppressed,
    /// Calls pass only for callers, or by ways, that the policies exempt by name.
    HoldsExcept,
    /// Every call that must be blocked is: a proof.
    Holds,
    /// SCPs do not apply to the account.
    NotApplicable,
}

impl GuardrailState {
    /// All, the gravest first.
    pub const ALL: [Self; 7] = [
        Self::Hole,
        Self::Unknown,
        Self::NotAdopted,
        Self::Suppressed,
        Self::HoldsExcept,
        Self::Holds,
        Self::NotApplicable,
    ];

    /// The stable spelling of machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hole => "hole",
            Self::Unknown => "unknown",
            Self::NotAdopted => "notAdopted",
            Self::Suppressed => "suppressed",
            Self::HoldsExcept => "holdsExcept",
            Self::Holds => "holds",
            Self::NotApplicable => "notApplicable",
        }
    }
}

/// How a guardrail stands, for all accounts in scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardrailReport {
    /// The guardrail.
    pub guardrail: Arc<Guardrail>,
    /// Whether somebody asked for it, whatever the policies say ([`AuditOptions::demanded`]).
    ///
    /// [`AuditOptions::demanded`]: crate::AuditOptions::demanded
    pub is_demanded: bool,
    /// What in the organization is aimed at it; some of it, where there is much.
    pub aims: Vec<GuardrailAim>,
    /// Accounts where it stands alike, for the same reasons: the gravest state first. Each account that the guardrail
    /// is about is in exactly one.
    pub groups: Vec<GuardrailGroup>,
}

impl GuardrailReport {
    /// Whether calls that pass are holes: something in the organization is aimed at the guardrail, or somebody asked
    /// for it. Else it is not adopted.
    pub fn is_intended(&self) -> bool {
        self.is_demanded || !self.aims.is_empty()
    }
}

/// Something in the organization that is aimed at a guardrail: it blocks some of the calls because they are such calls.
/// [`PolicyProof::aimed_at`](scproof_prover::PolicyProof::aimed_at) says when exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GuardrailAim {
    /// A Deny statement.
    Statement {
        /// The policy.
        policy: PolicyIndex,
        /// The place of the statement, from 0.
        statement: usize,
    },
    /// What is attached to a root, unit or account lets only some actions pass.
    AllowList(NodeId),
}

/// Accounts where a guardrail stands alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardrailGroup {
    /// The accounts, in the order of the snapshot.
    pub accounts: Vec<NodeId>,
    /// How it stands.
    pub state: GuardrailState,
    /// Why the hole is acceptable, if a suppression covers it.
    pub reason: Option<String>,
    /// The calls that pass though they must be blocked, or may: holes first. None if it holds.
    pub passing: Vec<Passing>,
    /// Whether these are all such calls. If not, this is a hole that all these accounts share, and some of them have
    /// more: where more than 64 groups differ in their holes, as among thousands of accounts, not each is told.
    pub passing_is_complete: bool,
}

/// Why calls pass that a guardrail wants blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PassingKind {
    /// For anybody, or under conditions that any caller can meet.
    Hole,
    /// Whether they pass could not be settled.
    Open,
    /// For callers, or by ways, that the policies name. If [`Passing::why`] says something, whether they pass could not
    /// be settled.
    Exemption,
}

impl PassingKind {
    /// The stable spelling of machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hole => "hole",
            Self::Open => "unknown",
            Self::Exemption => "exemption",
        }
    }
}

/// Calls that pass though a guardrail wants them blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passing {
    /// Why they pass.
    pub kind: PassingKind,
    /// Which actions, exactly.
    pub actions: ActionSet,
    /// When: any of alternatives, or the only one.
    pub when: Arc<Predicate>,
    /// Whether `when` is exact; if not there were too many alternatives, and there are more.
    pub when_is_complete: bool,
    /// A call that shows it; for an undetermined one a call whose answer is open.
    pub witness: Option<Witness>,
    /// Why it could not be settled whether they pass; empty if it was.
    pub why: Vec<Why>,
}

/// A request and what the evaluator says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The request, in the account's own name; no longer than it must be.
    pub request: Request,
    /// The decision.
    pub decision: Decision,
}

/// Something about the policies that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A stable kebab-case code, such as `deny-without-effect`; listed in `docs/findings.md`.
    pub code: &'static str,
    /// What tells it from others of the same code, stable while the policy keeps its id and the statement its place:
    /// for suppressions and for code scanning, such as `deny-without-effect:p-abc#2`.
    pub fingerprint: String,
    /// How grave it is.
    pub risk: Risk,
    /// What is so: one line, lower case, without final stop, input in backticks.
    pub message: String,
    /// Why it matters.
    pub reason: String,
    /// How to repair it.
    pub remedy: String,
    /// The rule of `docs/semantics.md` behind it, if one is.
    pub rule: Option<&'static str>,
    /// Where it is.
    pub place: Place,
    /// The accounts that it concerns, in the order of the snapshot.
    pub accounts: Vec<NodeId>,
    /// What backs it.
    pub evidence: Evidence,
    /// Whether it depends on the catalog knowing all actions or keys of today.
    pub depends_on_catalog: bool,
}

/// Where a finding is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The policy.
    pub policy: Option<PolicyIndex>,
    /// The statement, from 0.
    pub statement: Option<usize>,
    /// The statement's `Sid`.
    pub sid: Option<String>,
    /// The route in the document, such as `Statement[0].Action[2]`.
    pub path: Option<String>,
    /// The bytes of the policy text.
    pub span: Option<Range<usize>>,
    /// The root, units and accounts: where the policy is attached, or what the finding is about.
    pub targets: Vec<NodeId>,
}

/// What backs a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// It is written in the snapshot.
    Snapshot,
    /// It is proved for every call; how, in words.
    Proof(String),
    /// Calls that show it, confirmed by the evaluator; what they show, in words.
    Witness(String, Vec<Witness>),
    /// Calls that show it if the last of them passes, which it does only where this holds; what they show, in words.
    Condition(String, Predicate, Vec<Witness>),
}

impl Evidence {
    /// The calls that show it, if any do.
    pub fn witnesses(&self) -> &[Witness] {
        match self {
            Self::Snapshot | Self::Proof(_) => &[],
            Self::Witness(_, calls) | Self::Condition(_, _, calls) => calls,
        }
    }
}

/// A decision to live with a finding, or with the holes of a guardrail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// A fingerprint, or a pattern of fingerprints with `*`. The holes of a guardrail have the fingerprint `hole:ID`.
    pub finding: String,
    /// Why.
    pub reason: String,
    /// Until when, as `2027-01-31`; for ever if there is none.
    pub until: Option<String>,
    /// For which accounts. A finding is covered if it concerns accounts, and all of them are among these.
    pub scope: AccountScope,
}

/// A finding that a suppression covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// The reason given.
    pub reason: String,
}
