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
    TWO_MEMBERS Error "" "two-members" "two members of which only one may be there";
    ATTACHED_TWICE Error "API-33" "attached-twice" "the same attachment is listed twice";
}
