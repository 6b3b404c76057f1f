//! Rules that look at an organization; their checks are where it is known, in the auditor.

use crate::rule::{LooksAt, Risk, Rule};

/// Accounts directly under the root.
pub const ACCOUNT_UNDER_ROOT: Rule = Rule {
    code: "account-under-root",
    risk: Risk::Low,
    looks_at: &[LooksAt::Organization],
    title: "Accounts directly under the root",
    text: "Accounts other than the management account are directly under the root: the policies of no unit \
        reach them. One finding for all of them, with the id of the root.",
    remedy: "move each into the unit that it belongs to",
    risk_note: "",
    evidence: "snapshot",
    found_if: "",
    semantics: &["EVAL-2"],
};

/// Policies that are attached while SCPs are not in force.
pub const ATTACHMENTS_WITHOUT_EFFECT: Rule = Rule {
    code: "attachments-without-effect",
    risk: Risk::High,
    looks_at: &[LooksAt::Organization],
    title: "Policies that are attached while SCPs are not in force",
    text: "Policies are attached, but the organization has consolidated billing only, or the policy type is not \
        enabled: no SCP is in force.",
    remedy: "enable all features and the policy type. Enabling attaches `FullAWSAccess` everywhere and nothing \
        else",
    risk_note: "",
    evidence: "snapshot",
    found_if: "",
    semantics: &["EXM-1", "EXM-2"],
};

/// Statements that stop the roles of a landing zone.
pub const BLOCKS_LANDING_ZONE: Rule = Rule {
    code: "blocks-landing-zone",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Organization],
    title: "A Deny that stops the roles of Control Tower or the Landing Zone Accelerator",
    text: "AWS Control Tower and the Landing Zone Accelerator set up and repair accounts by roles of their own, \
        `AWSControlTowerExecution` and `AWSAccelerator-…`. A Deny stops one of them in a call that it makes: enrolling an \
        account, updating the landing zone, or repairing drift fails there.",
    remedy: "exempt the role with `ArnNotLike` on `aws:PrincipalArn`",
    risk_note: "",
    evidence: "witness",
    found_if: "the organization has such a landing zone – a policy is named `aws-guardrails-…` or `AWSAccelerator-…`, or some \
        Deny exempts the role – and the evaluator shows that a statement of another policy denies the role a call such as \
        `cloudformation:CreateStack`, `iam:CreateRole`, `config:PutConfigurationRecorder` or `cloudtrail:CreateTrail`. A \
        Deny of everything, as for suspended accounts, is left out.",
    semantics: &["EVAL-3"],
};

/// An exemption that anybody can give themselves.
pub const CLAIMABLE_EXEMPTION: Rule = Rule {
    code: "claimable-exemption",
    risk: Risk::High,
    looks_at: &[LooksAt::Organization],
    title: "An exemption that anybody can give themselves",
    text: "A Deny exempts a role, user or tag, and somebody who is not exempt can become so: no SCP keeps an \
        ordinary role of an account below from creating a role or user of that name (`iam:CreateRole`, \
        `iam:CreateUser`), from taking it over (`iam:UpdateAssumeRolePolicy`, `iam:CreateAccessKey`), or \
        from setting the tag (`iam:TagRole`, `iam:TagUser`, `sts:TagSession`), also in another spelling: \
        `aws:TagKeys` compares with case, and `aws:PrincipalTag/team` is answered by a tag `TEAM`, too. Whoever may \
        do that by identity policies goes round the Deny.",
    remedy: "deny these actions on the role, user or tag to everybody but those who manage it",
    risk_note: "; *medium* if it depends on more",
    evidence: "witness",
    found_if: "the evaluator lets the call pass: as it stands, or with `aws:ViaAWSService` false, \
        `aws:SecureTransport` true and `aws:MultiFactorAuthPresent` true, which any caller can have. A first witness \
        is a call that a statement with the exemption denies to the same caller; without it the finding is *medium*. \
        If no call passes but one is open, the finding is *medium* and says what it depends on. Names that only AWS \
        gives are left out: the paths `/aws-reserved/` and `/aws-service-role/`, names that begin with \
        `AWSServiceRole` (EXM-6) or `AWSReservedSSO_` (AWS: [protected \
        roles](https://repost.aws/knowledge-center/identity-center-aws-reserved-sso)). The fingerprint names the key \
        and the pattern; there is one finding for all statements that have the exemption. Where policies name \
        accounts, the first 16 accounts with the same policies are asked, and only those are listed.",
    semantics: &["COND-5"],
};

/// A unit without accounts.
pub const EMPTY_UNIT: Rule = Rule {
    code: "empty-unit",
    risk: Risk::Info,
    looks_at: &[LooksAt::Organization],
    title: "A unit without accounts",
    text: "No account is in the unit or below. Of a branch without accounts only the topmost unit is named; \
        none where attachments, accounts or units could not be read.",
    remedy: "delete the unit, if it is not kept for accounts to come",
    risk_note: "",
    evidence: "snapshot",
    found_if: "",
    semantics: &[],
};

/// An exemption that is missing in one of many statements.
pub const INCONSISTENT_EXEMPTION: Rule = Rule {
    code: "inconsistent-exemption",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Organization],
    title: "An exemption that is missing in one of many statements",
    text: "At least four Deny statements along one path, and all but at most one in five of those that have \
        exemptions, exempt a caller; this one does not. It was probably forgotten, or is left over. So is, whatever \
        the share, a name that this one spells nearly so and hardly any other has.",
    remedy: "add the caller to the exemptions of the statement, or leave it out on purpose and suppress the \
        finding",
    risk_note: "",
    evidence: "witness",
    found_if: "no exemption of the statement covers the pattern, and a caller of that name in an account below is \
        denied by this very statement. Statements whose exemptions hold policy variables are left out.",
    semantics: &[],
};

/// The management account is not in the snapshot.
pub const MANAGEMENT_ACCOUNT_MISSING: Rule = Rule {
    code: "management-account-missing",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Organization],
    title: "The management account is not in the snapshot",
    text: "The management account is not among the accounts.",
    remedy: "take the snapshot anew, or add the account",
    risk_note: "",
    evidence: "snapshot",
    found_if: "",
    semantics: &["EXM-4"],
};

/// The management account is not known.
pub const MANAGEMENT_ACCOUNT_UNKNOWN: Rule = Rule {
    code: "management-account-unknown",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Organization],
    title: "The management account is not known",
    text: "The snapshot does not say which account is the management account, which no SCP restricts. It is \
        judged like a member.",
    remedy: "add `MasterAccountId` to `Organization`",
    risk_note: "",
    evidence: "snapshot",
    found_if: "",
    semantics: &["EXM-4"],
};

/// A level that allows nothing.
pub const NO_ALLOW: Rule = Rule {
    code: "no-allow",
    risk: Risk::High,
    looks_at: &[LooksAt::Organization],
    title: "A level that allows nothing",
    text: "The SCPs attached to a root, unit or account allow nothing at all. Every level of an account's path \
        must allow a call, so every call of the accounts below is blocked. Usually `FullAWSAccess` was \
        detached, and a policy of Deny statements took its place.",
    remedy: "attach `FullAWSAccess`, or a policy that allows what should pass",
    risk_note: "",
    evidence: "witness",
    found_if: "every statement at the level can be read and none is an Allow, and the attachments could be read. If \
        the same level denies everything on purpose (a Deny of `*` on `*` without condition), the finding is *info*. \
        The witness is a call that is denied with the level among those without an Allow.",
    semantics: &["EVAL-5"],
};

/// A level without any SCP.
pub const NO_SCP_ATTACHED: Rule = Rule {
    code: "no-scp-attached",
    risk: Risk::High,
    looks_at: &[LooksAt::Organization],
    title: "A level without any SCP",
    text: "No SCP at all is attached to a level though SCPs are enabled, which AWS does not allow. The snapshot \
        is probably incomplete; it is evaluated as it stands, and nothing passes.",
    remedy: "check that the snapshot is complete; attach `FullAWSAccess`",
    risk_note: "",
    evidence: "snapshot",
    found_if: "",
    semantics: &["EVAL-13"],
};

/// Accounts that no SCP restricts.
pub const ONLY_FULL_ACCESS: Rule = Rule {
    code: "only-full-access",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Organization],
    title: "Accounts that no SCP restricts",
    text: "At every level of the path of these accounts nothing is attached but policies that allow everything, such as \
        `FullAWSAccess`: no SCP restricts them. One finding for all of them, with the id of the root.",
    remedy: "move them into a unit with guardrails, or attach policies above them",
    risk_note: "",
    evidence: "proof",
    found_if: "every statement of every policy of the path is an Allow of `*` on `*` without condition, and all attachments \
        could be read.",
    semantics: &["EVAL-4", "EVAL-5"],
};

/// A part of the organization that could not be read.
pub const PART_UNREADABLE: Rule = Rule {
    code: "part-unreadable",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Organization],
    title: "A part of the organization that could not be read",
    text: "A call failed while the snapshot was taken. What could not be read may block or let pass more, so \
        that answers are unknown.",
    remedy: "take the snapshot with the permissions that [snapshot-format.md](snapshot-format.md) lists",
    risk_note: "; *low* for tags and other parts that change no answer",
    evidence: "snapshot",
    found_if: "",
    semantics: &["K3-13"],
};

/// A place in the tree other than AWS says.
pub const PATH_DIFFERS: Rule = Rule {
    code: "path-differs",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Organization],
    title: "A place in the tree other than AWS says",
    text: "AWS's own path of an item is not its place in the tree. It was probably moved while the snapshot was \
        taken, and other policies may apply to it.",
    remedy: "take the snapshot anew",
    risk_note: "",
    evidence: "snapshot",
    found_if: "",
    semantics: &[],
};

/// Two policies with the same name.
pub const POLICY_NAME_TWICE: Rule = Rule {
    code: "policy-name-twice",
    risk: Risk::Low,
    looks_at: &[LooksAt::Organization],
    title: "Two policies with the same name",
    text: "Two policies have one name, which AWS does not allow: the snapshot is not what AWS has.",
    remedy: "take the snapshot anew",
    risk_note: "",
    evidence: "snapshot",
    found_if: "",
    semantics: &["LIM-8"],
};

/// SCPs that are being enabled or disabled.
pub const POLICY_TYPE_PENDING: Rule = Rule {
    code: "policy-type-pending",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Organization],
    title: "SCPs that are being enabled or disabled",
    text: "SCPs are being enabled or disabled: whether they are in force is unknown.",
    remedy: "take the snapshot anew when the change is done",
    risk_note: "",
    evidence: "snapshot",
    found_if: "",
    semantics: &["EXM-2"],
};

/// Two policies with the same text.
pub const POLICY_WITH_SAME_TEXT: Rule = Rule {
    code: "policy-with-same-text",
    risk: Risk::Low,
    looks_at: &[LooksAt::Organization],
    title: "Two policies with the same text",
    text: "Two policies say the same, apart from white space. A change of one leaves the other as it was.",
    remedy: "attach one of them in place of the other",
    risk_note: "",
    evidence: "snapshot",
    found_if: "",
    semantics: &[],
};

/// A policy without its text.
pub const POLICY_WITHOUT_CONTENT: Rule = Rule {
    code: "policy-without-content",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Organization],
    title: "A policy without its text",
    text: "The snapshot has no text of the policy; it may block or let pass anything.",
    remedy: "take the snapshot with `organizations:DescribePolicy`",
    risk_note: " if attached, else *low*",
    evidence: "snapshot",
    found_if: "",
    semantics: &["K3-14"],
};

/// A limit of AWS that is nearly reached.
pub const QUOTA_HEADROOM: Rule = Rule {
    code: "quota-headroom",
    risk: Risk::Low,
    looks_at: &[LooksAt::Organization],
    title: "A limit of AWS that is nearly reached",
    text: "A target has as many SCPs as AWS allows, or one less; a policy has more than nine tenths of the \
        characters that AWS stores; units are at the last level that AWS allows.",
    remedy: "merge policies that are always attached together; remove white space; put units side by side",
    risk_note: " at the limit for SCPs of a target, else *info*",
    evidence: "snapshot",
    found_if: "",
    semantics: &["LIM-2", "LIM-4", "LIM-6"],
};

/// A policy with more characters than AWS stores.
pub const SCP_TOO_LONG: Rule = Rule {
    code: "scp-too-long",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Organization],
    title: "A policy with more characters than AWS stores",
    text: "A policy has more characters than AWS stores. The snapshot is not what AWS has, or the limits are \
        others; the next change of the policy fails.",
    remedy: "shorten the policy, or give the limits of your organization",
    risk_note: "",
    evidence: "snapshot",
    found_if: "",
    semantics: &["LIM-2"],
};

/// ARNs of several partitions.
pub const SEVERAL_PARTITIONS: Rule = Rule {
    code: "several-partitions",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Organization],
    title: "ARNs of several partitions",
    text: "ARNs of several partitions: two organizations may have been mixed.",
    remedy: "do not mix snapshots of two organizations",
    risk_note: "",
    evidence: "snapshot",
    found_if: "",
    semantics: &[],
};

/// More resource control policies at a target than AWS allows.
pub const TOO_MANY_RCPS: Rule = Rule {
    code: "too-many-rcps",
    risk: Risk::Low,
    looks_at: &[LooksAt::Organization],
    title: "More resource control policies at a target than AWS allows",
    text: "More resource control policies are attached directly to a target than AWS allows.",
    remedy: "check the attachments, or give the limits of your organization",
    risk_note: "",
    evidence: "snapshot",
    found_if: "",
    semantics: &["LIM-7"],
};

/// More SCPs at a target than AWS allows.
pub const TOO_MANY_SCPS: Rule = Rule {
    code: "too-many-scps",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Organization],
    title: "More SCPs at a target than AWS allows",
    text: "More SCPs are attached directly to a target than AWS allows.",
    remedy: "check the attachments, or give the limits of your organization",
    risk_note: "",
    evidence: "snapshot",
    found_if: "",
    semantics: &["LIM-4"],
};

/// A policy that is attached nowhere.
pub const UNATTACHED_POLICY: Rule = Rule {
    code: "unattached-policy",
    risk: Risk::Low,
    looks_at: &[LooksAt::Organization],
    title: "A policy that is attached nowhere",
    text: "The policy is attached nowhere and has no effect. Policies of AWS are left out, and all of them \
        where attachments, accounts or units could not be read.",
    remedy: "attach or delete it",
    risk_note: "",
    evidence: "snapshot",
    found_if: "",
    semantics: &[],
};

/// A unit of another root.
pub const UNIT_OF_OTHER_ROOT: Rule = Rule {
    code: "unit-of-other-root",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Organization],
    title: "A unit of another root",
    text: "The id of a unit belongs to another root: two organizations may have been mixed.",
    remedy: "do not mix snapshots of two organizations",
    risk_note: "",
    evidence: "snapshot",
    found_if: "",
    semantics: &["ID-3"],
};

/// Units nested deeper than AWS allows.
pub const UNITS_NESTED_TOO_DEEP: Rule = Rule {
    code: "units-nested-too-deep",
    risk: Risk::Low,
    looks_at: &[LooksAt::Organization],
    title: "Units nested deeper than AWS allows",
    text: "Units are nested deeper than AWS allows.",
    remedy: "check the tree, or give the limits of your organization",
    risk_note: "",
    evidence: "snapshot",
    found_if: "",
    semantics: &["LIM-6"],
};
