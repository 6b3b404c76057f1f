//! The tables of codes of what is said about snapshots, organizations and change files.

scproof_text::codes! {
    /// What keeps a snapshot from being an organization, beside what any text can have; `docs/snapshot-format.md`
    /// describes each.
    pub SNAPSHOT_CODES:
    BAD_ID Error "" "bad-id" "an id does not have the form of its kind";
    BAD_ARN Error "API-29" "bad-arn" "`MasterAccountArn` does not end in an account id";
    MANAGEMENT_ACCOUNT_DIFFERS Error "API-29" "management-account-differs"
        "`MasterAccountId` and `MasterAccountArn` name two accounts";
    UNKNOWN_FEATURE_SET Error "EXM-1" "unknown-feature-set" "`FeatureSet` is neither `ALL` nor `CONSOLIDATED_BILLING`";
    NO_ROOT Error "LIM-6" "no-root" "there is no root";
    SEVERAL_ROOTS Error "LIM-6" "several-roots" "there is more than one root";
    UNKNOWN_POLICY_TYPE Error "API-4" "unknown-policy-type" "a policy type that AWS Organizations does not have"
        => "In an entry of `Unreadable` too, and where a `PolicyTypes` entry is nearly `SERVICE_CONTROL_POLICY`. Other \
           types that AWS has, such as `TAG_POLICY`, are passed over.";
    UNKNOWN_POLICY_TYPE_STATUS Error "API-28" "unknown-policy-type-status" "the status of the SCP type is unknown";
    POLICY_TYPE_STATUS_DIFFERS Error "EXM-2" "policy-type-status-differs"
        "the status of the SCP type is given twice with two values";
    DUPLICATE_ID Error "API-33" "duplicate-id" "an id is listed twice";
    SECOND_PARENT Error "API-41" "second-parent" "a unit or account is listed twice with two parents"
        => "It probably moved while the snapshot was taken.";
    UNKNOWN_PARENT Error "API-41" "unknown-parent" "a parent is not in the snapshot";
    PARENT_IS_ACCOUNT Error "EVAL-2" "parent-is-account" "a parent is an account";
    PARENT_CYCLE Error "EVAL-2" "parent-cycle" "units are each other's parents";
    NESTED_TOO_DEEP Error "LIM-6" "nested-too-deep" "units are nested deeper than 100 levels"
        => "AWS allows 5.";
    UNKNOWN_TARGET Error "API-41" "unknown-target" "a root, unit or account that is not in the snapshot"
        => "An attachment or an entry of `Unreadable` names it.";
    UNKNOWN_POLICY Error "API-41" "unknown-policy" "a policy that is not in the snapshot"
        => "An attachment names it.";
    UNREADABLE_WITHOUT_TARGET Error "API-42" "unreadable-without-target"
        "an entry of `Unreadable` lacks the `TargetId` that its operation needs";
    UNKNOWN_OPERATION Error "API-42" "unknown-operation" "an operation that has no meaning here"
        => "An entry of `Unreadable` names a call that no snapshot is made of.";
    BAD_OUTPUT Error "" "bad-output" "a file is no output of the AWS CLI that a snapshot is made of"
        => "`scproof snapshot new` was given it.";
    OUTPUT_MISSING Error "API-42" "output-missing" "the outputs of the AWS CLI leave something open"
        => "A snapshot without it would give wrong answers.";
    INTERNAL Error "" "internal" "a bug of scproof"
        => "Please report it.";
}

scproof_text::codes! {
    /// What is odd about an organization without keeping it from being used; `docs/snapshot-format.md` describes each.
    pub FINDING_CODES:
    NO_SCP_ATTACHED Warning "EVAL-13" "no-scp-attached" "nothing is attached to a level although SCPs are enabled"
        => "AWS does not allow that, so the snapshot is probably incomplete; it is evaluated as it stands: nothing \
           passes. Answers that rest on it say *as the snapshot stands* and what to add, in JSON in `notes`.";
    TOO_MANY_SCPS Error "LIM-4" "too-many-scps" "more SCPs are attached directly to a target than AWS allows"
        => "AWS allows 10; inherited ones do not count.";
    TOO_MANY_RCPS Warning "LIM-7" "too-many-rcps" "more RCPs are attached directly to a target than AWS allows"
        => "AWS allows 5.";
    UNITS_NESTED_TOO_DEEP Warning "LIM-6" "units-nested-too-deep" "units are nested deeper than AWS allows"
        => "AWS allows 5 levels.";
    MANAGEMENT_ACCOUNT_UNKNOWN Warning "EXM-4" "management-account-unknown" "the management account is not named";
    MANAGEMENT_ACCOUNT_MISSING Warning "EXM-4" "management-account-missing"
        "the management account is not among the accounts";
    ATTACHMENTS_WITHOUT_EFFECT Warning "EXM-2" "attachments-without-effect"
        "policies are attached, but SCPs are not enabled";
    POLICY_TYPE_PENDING Warning "EXM-2" "policy-type-pending" "SCPs are being enabled or disabled"
        => "Whether they are in force is unknown.";
    PART_UNREADABLE Warning "K3-13" "part-unreadable" "a part of the organization could not be read"
        => "`Unreadable` has it.";
    POLICY_WITHOUT_CONTENT Warning "K3-14" "policy-without-content" "the text of a policy is missing"
        => "What it does is unknown. A note where the policy is attached nowhere.";
    PATH_DIFFERS Warning "API-27" "path-differs" "AWS's own path is not the place in the tree"
        => "The item probably moved while the snapshot was taken.";
    UNIT_OF_OTHER_ROOT Warning "ID-3" "unit-of-other-root" "a unit's id belongs to another root"
        => "Two organizations may have been mixed.";
    SEVERAL_PARTITIONS Warning "API-10" "several-partitions" "there are ARNs of several partitions"
        => "Two organizations may have been mixed.";
    ACCOUNT_NOT_ACTIVE Note "EXM-16" "account-not-active" "an account's state is not `ACTIVE`";
    ATTACHMENT_LISTED_TWICE Note "API-33" "attachment-listed-twice" "an attachment is listed twice"
        => "It counts once.";
    POLICY_NAME_TWICE Note "LIM-8" "policy-name-twice" "two policies have one name";
    IDS_MADE_UP Note "" "ids-made-up" "the source of the snapshot has no ids for some things"
        => "Made-up ids stand in their place. What a policy says of such an id is unknown.";
    MADE_UP_COMPARED Warning "K3-14" "made-up-id-compared" "a policy names an id where ids are made up"
        => "Whether the one is the other cannot be told, so whether the condition holds is unknown. Give the ids.";
    SNAPSHOT_NOTE Note "" "snapshot-note" "what is to be known of a snapshot that was not read from AWS"
        => "What its source does not say, and what was assumed in its place.";
    POLICY_TYPE_IGNORED Note "API-4" "policy-type-ignored" "there are policies that are neither SCPs nor RCPs";
}

scproof_text::codes! {
    /// What keeps a change file from being used, beside what a snapshot can have; `docs/changes.md` describes each.
    pub CHANGE_CODES:
    TWO_MEMBERS Error "" "two-members" "two members of which only one may be there";
    TOO_MANY_CHANGES Error "" "too-many-changes" "more than 10,000 changes";
    NAME_TAKEN Error "LIM-8" "name-taken" "a policy of that name is in the organization already";
    AMBIGUOUS_NAME Error "" "ambiguous-name" "several things have the name";
    FILE_TOO_LARGE Error "JSON-10" "file-too-large" "a policy file is longer than any policy";
}
