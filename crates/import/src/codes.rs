//! The table of codes of what is said about texts that organizations and changes are made from.

scproof_text::codes! {
    /// What keeps a text from being imported, beside what any text can have; `docs/import.md` describes each.
    pub IMPORT_CODES:
    BAD_YAML Error "" "bad-yaml" "the text is no YAML"
        => "Reading stops at the first such place.";
    YAML_TAG Error "" "yaml-tag" "a tag of YAML, such as `!Ref`"
        => "It would mean something that only the tool knows for which the file was written.";
    YAML_ALIAS Error "" "yaml-alias" "an alias of YAML that stands for itself, or for too much"
        => "All aliases of a file together stand for a million values at most.";
    YAML_KEY Error "" "yaml-key" "a name in a mapping of YAML that is no text";
    SEVERAL_DOCUMENTS Error "" "several-documents" "a YAML file with more than one document";
    BAD_PATH Error "" "bad-path" "the path of a unit is empty, or has an empty part";
    UNKNOWN_UNIT Error "" "unknown-unit" "a unit that is not listed"
        => "Every unit is listed by its path, also those that only hold others: a misspelt path would else be a new unit.";
    UNKNOWN_TARGET Error "" "unknown-target" "no root, unit or account has the name, path or id";
    UNKNOWN_POLICY Error "" "unknown-policy" "no policy has the name or id";
    UNKNOWN_ACCOUNT Error "" "unknown-account" "no account has the name or id";
    AMBIGUOUS_NAME Error "" "ambiguous-name" "several things have the name";
    NAME_TWICE Error "" "name-twice" "two units of one path, two policies of one name, or the same account twice"
        => "Accounts of one name need ids, so that they can be told apart.";
    DUPLICATE_ID Error "" "duplicate-id" "an id is given twice";
    BAD_ID Error "" "bad-id" "an id does not have the form of its kind";
    UNKNOWN_POLICY_TYPE Error "API-4" "unknown-policy-type" "a policy type that is neither that of SCPs nor that of RCPs";
    NOT_TERRAFORM Error "" "not-terraform" "the text is not what `terraform show -json` prints of a plan, or of a state"
        => "OpenTofu prints the same.";
    UNKNOWN_ACTIONS Error "" "unknown-actions" "a list of actions that no version of Terraform writes";
    TWO_MEMBERS Error "" "two-members" "two members of which only one may be there";
    ATTACHED_TWICE Error "API-33" "attached-twice" "the same attachment is listed twice";
}

scproof_text::codes! {
    /// What is to be known of a plan, in the order of `docs/terraform.md`, which is written from it.
    pub PLAN_CODES:
    UNKNOWN_BEFORE_APPLY Warning "K3-14" "unknown-before-apply"
        "a target, policy or text that is known only after the plan has been applied"
        => "Every target that may be meant is unknown then, and nothing else is.";
    SAME_KEY Warning "" "same-key-assumed"
        "under `for_each` or `count`, the resource with the same key is taken"
        => "A plan has the names that an expression refers to, not the expression. A plan made after applying is exact.";
    SENSITIVE Warning "" "sensitive-text" "the text of a policy is marked as sensitive"
        => "None of it is read, so that none of it can be printed; what the policy does is unknown.";
    PLAN_INCOMPLETE Warning "" "plan-incomplete" "the plan ended with an error, or leaves changes to a later one";
    NOT_LOOKED_AT Warning "" "not-looked-at" "a resource of another provider or service that changes policies at AWS";
    NOT_SIMULATED Note "" "not-simulated" "a change that no answer about other accounts rests on"
        => "A unit or account that is deleted, an organization that is created or deleted.";
    LEFT_AT_AWS Note "" "left-at-aws" "Terraform forgets it, and it stays at AWS: `skip_destroy`, or a `removed` block";
    OTHER_TYPE Note "" "other-policy-type" "a policy that is neither an SCP nor an RCP";
    TEXTUAL Note "" "textual-change" "a text that changes and says the same";
}
