//! The tables of codes of what is said about changes and about expectations, and of AWS's exceptions.

use scproof_text::{Code, Severity};

scproof_text::codes! {
    /// What keeps a file of expectations from being used, beside what any file can have; `docs/expect.md` describes
    /// each.
    pub EXPECT_CODES:
    TOO_MANY_PATTERNS Error "" "too-many-patterns"
        "the file has more than 1,000 patterns for accounts or 10,000 for actions";
    AMBIGUOUS_NAME Error "" "ambiguous-name" "several accounts or units have the name";
    UNKNOWN_ACCOUNT Error "" "unknown-account" "a text that chooses no account";
    EMPTY_LIST Error "" "empty-list" "a list without anything in it, so that the entry allows nothing";
    UNKNOWN_TRANSITION Error "" "unknown-transition" "a transition that does not exist";
    BAD_ACTION Error "DOC-18" "bad-action" "a text that is no pattern of actions";
}

scproof_text::codes! {
    /// What is worth knowing about a change that AWS would make, in the order of `docs/changes.md`, which is written
    /// from it. What rules on texts find in a policy that changes bring has the codes of these rules.
    pub NOTICE_CODES:
    PROTECTED_BLOCKED Error "EVAL-4" "protected-principal-blocked"
        "a principal that must be able to undo the changes (`--protect-principal`) is blocked from doing so";
    PROTECTED_OPEN Warning "K3-17" "protected-principal-open"
        "whether such a principal is blocked depends on facts that are not known";
    PROTECTED_EXEMPT Note "EXM-4" "protected-principal-exempt" "SCPs do not govern such a principal";
    NO_ALLOW Warning "EVAL-14" "no-allow"
        "the change leaves roots, units or accounts without any Allow statement: everything is blocked there and below";
    MANAGEMENT_ACCOUNT Note "PRE-4" "management-account-unaffected"
        "no SCP restricts the management account: the change has no effect on it, or (a warning) none at all";
    ATTACHMENTS_UNKNOWN Warning "K3-13" "attachments-unknown"
        "what is attached to the target could not be read, so AWS may say no";
    UNKNOWN_BEFORE Warning "K3-14" "unknown-before-change"
        "a part of the change is not known before it is made; what it may concern is unknown";
    ATTACHMENTS_LOST Warning "EXM-3" "attachments-lost" "disabling SCPs loses all attachments for good";
    TOO_MANY_BYTES Warning "LIM-3" "too-many-bytes" "the text has few enough characters, but more bytes";
    QUOTA_NEAR Note "" "quota-near" "nine tenths of a quota are used, with the room that is left";
    NOBODY_CONCERNED Note "EVAL-2" "nobody-concerned"
        "no member account is at or below the target, or the policy is attached nowhere";
    HYPOTHETICAL_MOVE Note "PRE-1" "hypothetical-move" "AWS cannot move a unit";
    RCP_NOT_EVALUATED Note "RCP-4" "rcp-not-evaluated" "what resource control policies block is not looked at";
}

/// An answer of the AWS Organizations API that refuses a change (PRE-3), and the code of what we say about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Exception {
    /// AWS's name, such as `ConstraintViolationException`.
    pub name: &'static str,
    /// AWS's reason, where the exception has reasons, such as `MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED`.
    pub reason: Option<&'static str>,
    /// What is always true of a change that meets it.
    pub code: Code,
}

/// Makes the table of exceptions and a constant for each row: name, reason if it has reasons, rule, code and summary.
macro_rules! exceptions {
    (@reason) => { None };
    (@reason $reason:literal) => { Some($reason) };
    ($($constant:ident $name:literal $($reason:literal)? => $rule:literal $code:literal $summary:literal;)+) => {
        $(
            pub(crate) static $constant: Exception = Exception {
                name: $name,
                reason: exceptions!(@reason $($reason)?),
                code: Code {
                    code: $code,
                    rule: $rule,
                    severity: Severity::Error,
                    summary: $summary,
                    text: "",
                    example: None,
                },
            };
        )+
        /// Every exception that is predicted, in the order of `docs/changes.md`, which is written from it.
        pub static EXCEPTIONS: &[&Exception] = &[$(&$constant),+];
    };
}

exceptions! {
    POLICY_NOT_FOUND "PolicyNotFoundException" => "PRE-3" "policy-not-found" "there is no such policy at this point";
    TARGET_NOT_FOUND "TargetNotFoundException" => "PRE-3" "target-not-found" "there is no such target at this point";
    ACCOUNT_NOT_FOUND "AccountNotFoundException" => "PRE-3" "account-not-found"
        "there is no such account at this point, or (unsure) it is not where the change says";
    UNIT_NOT_FOUND "OrganizationalUnitNotFoundException" => "PRE-3" "organizational-unit-not-found"
        "there is no such unit at this point";
    PARENT_NOT_FOUND "ParentNotFoundException" => "PRE-3" "parent-not-found"
        "the parent is not there at this point, or (unsure) below the unit that moves";
    SOURCE_NOT_FOUND "SourceParentNotFoundException" => "PRE-3" "source-parent-not-found"
        "where an account is said to be is not there";
    DESTINATION_NOT_FOUND "DestinationParentNotFoundException" => "PRE-3" "destination-parent-not-found"
        "where an account goes is not there";
    DUPLICATE_ATTACHMENT "DuplicatePolicyAttachmentException" => "PRE-3" "duplicate-policy-attachment"
        "the policy is attached there already";
    NOT_ATTACHED "PolicyNotAttachedException" => "PRE-3" "policy-not-attached"
        "the policy is not attached directly there";
    TOO_MANY_ATTACHED "ConstraintViolationException" "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
        => "LIM-4" "too-many-attached"
        "more than 10 SCPs at the target (inherited ones do not count); more than 5 RCPs: unsure, AWS may have raised it";
    TOO_FEW_ATTACHED "ConstraintViolationException" "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
        => "LIM-4" "too-few-attached" "the last SCP of a target";
    CONTENT_TOO_LONG "ConstraintViolationException" "POLICY_CONTENT_LIMIT_EXCEEDED" => "LIM-2" "content-too-long"
        "more than 10,240 characters, white space included; of an RCP more than 5,120: unsure, AWS may have raised it";
    TOO_MANY_POLICIES "ConstraintViolationException" "POLICY_NUMBER_LIMIT_EXCEEDED" => "LIM-6" "too-many-policies"
        "too many policies of the kind";
    TOO_MANY_UNITS "ConstraintViolationException" "OU_NUMBER_LIMIT_EXCEEDED" => "LIM-6" "too-many-units" "too many units";
    UNITS_TOO_DEEP "ConstraintViolationException" "OU_DEPTH_LIMIT_EXCEEDED" => "LIM-6" "units-too-deep"
        "units below units below units: too many levels";
    TOO_MANY_ACCOUNTS "ConstraintViolationException" "ACCOUNT_NUMBER_LIMIT_EXCEEDED" => "LIM-6" "too-many-accounts"
        "too many accounts; beyond the default number: unsure, AWS raises it on request";
    TYPE_NOT_ENABLED "PolicyTypeNotEnabledException" => "EXM-2" "policy-type-not-enabled" "SCPs are not in force";
    TYPE_ENABLED "PolicyTypeAlreadyEnabledException" => "EXM-3" "policy-type-already-enabled"
        "SCPs are in force already";
    TYPE_NOT_AVAILABLE "PolicyTypeNotAvailableForOrganizationException" => "EXM-1" "policy-type-not-available"
        "the organization has only consolidated billing";
    CHANGES_IN_PROGRESS "PolicyChangesInProgressException" => "EXM-2" "policy-changes-in-progress"
        "SCPs are being enabled or disabled: unsure";
    MALFORMED_DOCUMENT "MalformedPolicyDocumentException" => "" "malformed-policy-document"
        "the text has errors that `scproof validate` reports; unsure if AWS's documentation leaves all of them open";
    IMMUTABLE_POLICY "InvalidInputException" "IMMUTABLE_POLICY" => "PRE-3" "immutable-policy" "the policy is AWS's own";
    NON_DETACHABLE_POLICY "InvalidInputException" "NON_DETACHABLE_POLICY" => "RCP-3" "non-detachable-policy"
        "`RCPFullAWSAccess`";
    TEXT_TOO_LONG "InvalidInputException" "MAX_LENGTH_EXCEEDED" => "LIM-8" "name-too-long"
        "a name or description is too long";
    TEXT_TOO_SHORT "InvalidInputException" "MIN_LENGTH_EXCEEDED" => "LIM-8" "name-too-short" "a name is empty";
    BAD_CHARACTERS "InvalidInputException" "INVALID_PATTERN" => "LIM-8" "bad-characters"
        "a name has characters that AWS does not take";
    ID_TAKEN "InvalidInputException" => "PRE-3" "id-taken" "an account with the `Id` is there already";
    POLICY_IN_USE "PolicyInUseException" => "PRE-3" "policy-in-use" "a policy is deleted while it is attached";
    DUPLICATE_POLICY "DuplicatePolicyException" => "LIM-8" "duplicate-policy"
        "the name is taken by another policy of the organization";
    DUPLICATE_UNIT "DuplicateOrganizationalUnitException" => "PRE-3" "duplicate-organizational-unit"
        "the name is taken below the parent, or (unsure) the unit is there already";
    DUPLICATE_ACCOUNT "DuplicateAccountException" => "PRE-3" "duplicate-account" "the account is there already";
    HAS_ALL_FEATURES "HandshakeConstraintViolationException" "ORGANIZATION_ALREADY_HAS_ALL_FEATURES"
        => "EXM-1" "has-all-features" "all features are enabled already";
    EMAIL_TAKEN "CreateAccountStatus" "EMAIL_ALREADY_EXISTS" => "PRE-3" "email-taken"
        "no exception: the account's creation fails later, as another account has the address";
}
