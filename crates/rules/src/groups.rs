//! The rules in the order of `docs/findings.md`, which is written from them.

use crate::document::{
    deny_never_matches, deny_part_never_matches, deny_skips_absent_key, exemption_never_matches,
    for_all_values_in_deny, impossible_arn, joined_negations, joined_tag_guards, management_only_action,
    operator_does_not_fit_key, pattern_matches_no_action, redundant_element, redundant_statement,
    region_lock_blocks_global, root_lock, set_operator, source_network_stops_services, unknown_action,
    unknown_condition_key, unknown_region, unsatisfiable_guard, value_never_occurs, wildcard_without_like,
};
use crate::rule::Rule;
use crate::{organization, proof};

/// Rules that belong together: a section of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleGroup {
    /// The heading.
    pub title: &'static str,
    /// What is true of all of them, as Markdown; may be empty.
    pub text: &'static str,
    /// The rules in the order of the page.
    pub rules: &'static [&'static Rule],
}

/// All rules, in sections.
pub const RULE_GROUPS: &[RuleGroup] = &[
    RuleGroup {
        title: "Calls and levels",
        text: "",
        rules: &[
            &organization::NO_ALLOW,
            &organization::NO_SCP_ATTACHED,
            &proof::BLOCKS_EVERYTHING,
            &proof::BLOCKS_EVERYTHING_TOGETHER,
            &deny_never_matches::RULE,
            &deny_part_never_matches::RULE,
            &impossible_arn::RULE,
            &unsatisfiable_guard::RULE,
            &proof::DENY_WITHOUT_EFFECT,
            &redundant_statement::RULE,
            &proof::ALLOW_WITHOUT_EFFECT,
            &proof::ATTACHMENT_WITHOUT_EFFECT,
            &organization::ATTACHMENTS_WITHOUT_EFFECT,
        ],
    },
    RuleGroup {
        title: "Exemptions",
        text: "An *exemption* is a value of a negated condition (`ArnNotLike`, `ArnNotEquals`, `StringNotLike`, \
            `StringNotEquals`) on `aws:PrincipalArn`, `aws:PrincipalTag/…`, `aws:userid` or `aws:SourceIdentity` in \
            a Deny statement. Patterns that say the same – any account, the organization's own partition, \
            `${aws:PrincipalAccount}` – count as one.",
        rules: &[
            &organization::CLAIMABLE_EXEMPTION,
            &exemption_never_matches::RULE,
            &organization::INCONSISTENT_EXEMPTION,
            &organization::BLOCKS_LANDING_ZONE,
        ],
    },
    RuleGroup {
        title: "Conditions",
        text: "",
        rules: &[
            &deny_skips_absent_key::RULE,
            &for_all_values_in_deny::RULE,
            &joined_negations::RULE,
            &joined_tag_guards::RULE,
            &operator_does_not_fit_key::RULE,
            &redundant_element::RULE,
            &region_lock_blocks_global::RULE,
            &root_lock::RULE,
            &set_operator::RULE,
            &source_network_stops_services::RULE,
            &unknown_condition_key::RULE,
            &unknown_region::RULE,
            &value_never_occurs::RULE,
            &wildcard_without_like::RULE,
        ],
    },
    RuleGroup {
        title: "Actions",
        text: "",
        rules: &[&unknown_action::RULE, &pattern_matches_no_action::RULE, &management_only_action::RULE],
    },
    RuleGroup {
        title: "The collection of policies",
        text: "",
        rules: &[
            &organization::UNATTACHED_POLICY,
            &organization::POLICY_WITH_SAME_TEXT,
            &organization::POLICY_NAME_TWICE,
            &organization::QUOTA_HEADROOM,
            &organization::SCP_TOO_LONG,
            &organization::TOO_MANY_SCPS,
            &organization::TOO_MANY_RCPS,
        ],
    },
    RuleGroup {
        title: "The tree",
        text: "",
        rules: &[
            &organization::ACCOUNT_UNDER_ROOT,
            &organization::ONLY_FULL_ACCESS,
            &organization::EMPTY_UNIT,
            &organization::UNITS_NESTED_TOO_DEEP,
        ],
    },
    RuleGroup {
        title: "The snapshot",
        text: "",
        rules: &[
            &organization::MANAGEMENT_ACCOUNT_MISSING,
            &organization::MANAGEMENT_ACCOUNT_UNKNOWN,
            &organization::PART_UNREADABLE,
            &organization::PATH_DIFFERS,
            &organization::POLICY_TYPE_PENDING,
            &organization::POLICY_WITHOUT_CONTENT,
            &organization::SEVERAL_PARTITIONS,
            &organization::UNIT_OF_OTHER_ROOT,
        ],
    },
];
