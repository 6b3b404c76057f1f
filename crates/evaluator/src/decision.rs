//! Answers: the verdict and everything that explains it (GEN-4, GEN-5).

use std::fmt;

use scproof_organization::{NodeId, PolicyIndex};

use crate::predicate::Predicate;

/// The verdict of the SCP layer (GEN-4). `Allowed` means *not blocked by SCPs*, never that AWS will allow the call
/// (GEN-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Decision {
    /// No SCP blocks the call, whatever the unknown facts.
    Allowed,
    /// A Deny statement matches, whatever the unknown facts (EVAL-4).
    ExplicitDeny,
    /// No Deny matches, but some level has no matching Allow (EVAL-5).
    ImplicitDeny,
    /// Certainly denied; whether explicitly is open (K3-11).
    Deny,
    /// The facts at hand do not decide.
    Unknown,
    /// SCPs do not govern the caller (part B.2).
    NotApplicable,
}

impl Decision {
    /// The spelling of the batch form: `allowed`, `explicitDeny`, ….
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ExplicitDeny => "explicitDeny",
            Self::ImplicitDeny => "implicitDeny",
            Self::Deny => "deny",
            Self::Unknown => "unknown",
            Self::NotApplicable => "notApplicable",
        }
    }

    /// Whether the call is certainly blocked.
    pub fn is_denied(self) -> bool {
        matches!(self, Self::ExplicitDeny | Self::ImplicitDeny | Self::Deny)
    }

    /// Whether SCPs certainly do not block the call.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Allowed | Self::NotApplicable)
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why the verdict is what it is, in one word for machines; [`Reason::text`] is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Every level allows and none denies (EVAL-6).
    AllowedAtEveryLevel,
    /// `sts:GetCallerIdentity` cannot be denied (EXM-15).
    CannotBeDenied,
    /// A Deny statement matches (EVAL-4).
    DenyStatement,
    /// Some level has no matching Allow (EVAL-5).
    NoAllow,
    /// Both kinds of denial are possible and one of them is certain (K3-11).
    DeniedEitherWay,
    /// Open questions decide.
    Undecided,
    /// The organization has consolidated billing features only (EXM-1).
    ConsolidatedBilling,
    /// The SCP policy type is not enabled (EXM-2).
    PolicyTypeDisabled,
    /// The caller belongs to the management account (EXM-4).
    ManagementAccount,
    /// The caller is a service-linked role (EXM-6).
    ServiceLinkedRole,
    /// The caller is an AWS service (EXM-8).
    ServicePrincipal,
    /// The caller belongs to an account outside the organization (EXM-9).
    OutsideAccount,
    /// The request is not signed (EXM-10).
    Anonymous,
}

impl Reason {
    /// The stable spelling of the batch form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllowedAtEveryLevel => "allowedAtEveryLevel",
            Self::CannotBeDenied => "cannotBeDenied",
            Self::DenyStatement => "denyStatement",
            Self::NoAllow => "noAllow",
            Self::DeniedEitherWay => "deniedEitherWay",
            Self::Undecided => "undecided",
            Self::ConsolidatedBilling => "consolidatedBilling",
            Self::PolicyTypeDisabled => "policyTypeDisabled",
            Self::ManagementAccount => "managementAccount",
            Self::ServiceLinkedRole => "serviceLinkedRole",
            Self::ServicePrincipal => "servicePrincipal",
            Self::OutsideAccount => "outsideAccount",
            Self::Anonymous => "anonymous",
        }
    }

    /// One sentence for people, without final stop.
    pub fn text(self) -> &'static str {
        match self {
            Self::AllowedAtEveryLevel => "every level allows it and no level denies it",
            Self::CannotBeDenied => "this action succeeds whatever any policy says",
            Self::DenyStatement => "a Deny statement matches",
            Self::NoAllow => "at least one level has no Allow that matches",
            Self::DeniedEitherWay => "it is denied whichever way the open questions are answered",
            Self::Undecided => "the answer depends on facts that were not given",
            Self::ConsolidatedBilling => "the organization has consolidated billing only, so it has no SCPs",
            Self::PolicyTypeDisabled => "the SCP policy type is not enabled in the organization",
            Self::ManagementAccount => "SCPs never restrict the management account",
            Self::ServiceLinkedRole => "SCPs never restrict service-linked roles",
            Self::ServicePrincipal => "SCPs never restrict AWS services acting for themselves",
            Self::OutsideAccount => "this organization's SCPs do not restrict principals of other organizations",
            Self::Anonymous => "an unsigned request has no account whose SCPs could apply",
        }
    }
}

/// A statement where it stands: a policy, attached to a node, of the organization that was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatementRef {
    /// The root, unit or account that the policy is attached to.
    pub node: NodeId,
    /// The policy.
    pub policy: PolicyIndex,
    /// Index of the statement in the document, from 0.
    pub statement: usize,
}

/// One open question (K3-2, K3-17).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Undecided {
    /// The value of a context key, spelt as in the policy.
    Key(String),
    /// Which resource the call is about.
    Resource,
    /// Who calls (K3-12).
    Principal,
    /// What AWS does at a point that its documentation leaves open; the rule's id (GEN-3).
    Rule(&'static str),
    /// What a policy, or one of its statements, says that could not be read (K3-14).
    Policy(PolicyIndex),
    /// Which policies are attached to a target that could not be read (K3-13).
    Attachments(NodeId),
    /// Whether an account that the snapshot lacks is a member: a listing could not be read (CALL-14).
    Membership(String),
}

/// The part of an answer that concerns one level of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelTrace {
    /// The root, unit or account.
    pub node: NodeId,
    /// Allow statements of this level that certainly match.
    pub allowed_by: Vec<StatementRef>,
    /// Allow statements of this level that may match.
    pub maybe_allowed_by: Vec<StatementRef>,
    /// Deny statements of this level that certainly match.
    pub denied_by: Vec<StatementRef>,
    /// Deny statements of this level that may match, each with the condition under which it does *not*.
    pub maybe_denied_by: Vec<(StatementRef, Predicate)>,
}

/// A verdict with all its causes (GEN-5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The verdict.
    pub decision: Decision,
    /// Why, in one word.
    pub reason: Reason,
    /// Every statement that decides: for an explicit denial each Deny that matches, for an allowed call an Allow of
    /// each level.
    pub determining: Vec<StatementRef>,
    /// For an implicit denial each level without a matching Allow, root first.
    pub levels_without_allow: Vec<NodeId>,
    /// For an open verdict the questions that would decide it, the most frequent first.
    pub undecided: Vec<Undecided>,
    /// For an open verdict when the call passes; for [`Decision::Deny`] when it is denied implicitly rather than
    /// explicitly. As far as each resource of the call has its own facts, all of what is asked of one of them.
    pub depends_on: Option<Predicate>,
    /// All levels, root first, with what each contributes; empty where SCPs do not apply.
    pub levels: Vec<LevelTrace>,
    /// The unsure rules whose preferred reading was taken (GEN-3).
    pub assumed: Vec<&'static str>,
    /// Of an open verdict that is one only since AWS leaves rules open: the verdict in the readings that are likelier
    /// (GEN-3).
    pub preferred: Option<Decision>,
    /// The types of resources that AWS requires for the action and that the question did not name: any resource of each
    /// was asked about (CALL-5).
    pub completed: Vec<String>,
    /// The date of the catalog, if the answer rests on what it says of the action (CALL-1).
    pub basis: Option<String>,
    /// Remarks that do not change the verdict.
    pub notes: Vec<String>,
}
