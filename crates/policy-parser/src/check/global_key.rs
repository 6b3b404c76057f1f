//! The global condition keys and how many values they have.

/// The global keys of AWS's documentation, each with whether it is multivalued.
/// A key that ends in `/` takes a tag's key behind it.
const KEYS: &[(&str, bool)] = &[
    ("aws:PrincipalArn", false),
    ("aws:PrincipalAccount", false),
    ("aws:PrincipalOrgID", false),
    ("aws:PrincipalOrgPaths", true),
    ("aws:PrincipalTag/", false),
    ("aws:PrincipalIsAWSService", false),
    ("aws:PrincipalServiceName", false),
    ("aws:PrincipalServiceNamesList", true),
    ("aws:PrincipalType", false),
    ("aws:userid", false),
    ("aws:username", false),
    ("aws:AssumedRoot", false),
    ("aws:FederatedProvider", false),
    ("aws:TokenIssueTime", false),
    ("aws:SignInSessionArn", false),
    ("aws:MultiFactorAuthPresent", false),
    ("aws:MultiFactorAuthAge", false),
    ("aws:ChatbotSourceArn", false),
    ("aws:Ec2InstanceSourceVpc", false),
    ("aws:Ec2InstanceSourcePrivateIPv4", false),
    ("aws:SourceIdentity", false),
    ("aws:SourceIp", false),
    ("aws:SourceVpc", false),
    ("aws:SourceVpcArn", false),
    ("aws:SourceVpce", false),
    ("aws:VpceAccount", false),
    ("aws:VpceOrgID", false),
    ("aws:VpceOrgPaths", true),
    ("aws:VpcSourceIp", false),
    ("aws:ResourceAccount", false),
    ("aws:ResourceOrgID", false),
    ("aws:ResourceOrgPaths", true),
    ("aws:ResourceTag/", false),
    ("aws:CalledVia", true),
    ("aws:CalledViaFirst", false),
    ("aws:CalledViaLast", false),
    ("aws:ViaAWSService", false),
    ("aws:CalledViaAWSMCP", false),
    ("aws:ViaAWSMCPService", false),
    ("aws:IsMcpServiceAction", false),
    ("aws:CurrentTime", false),
    ("aws:EpochTime", false),
    ("aws:referer", false),
    ("aws:RequestedRegion", false),
    ("aws:RequestTag/", false),
    ("aws:TagKeys", true),
    ("aws:SecureTransport", false),
    ("aws:SourceAccount", false),
    ("aws:SourceArn", false),
    ("aws:SourceOrgID", false),
    ("aws:SourceOrgPaths", true),
    ("aws:UserAgent", false),
];

/// What the table says about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GlobalKey {
    /// A key of the table.
    Known {
        /// Whether requests carry a list.
        is_multivalued: bool,
    },
    /// A tag key without the tag's own key (DOC-31).
    WithoutTag,
    /// An `aws:` key that the table does not have (DOC-32).
    Unknown,
    /// A service's key.
    Other,
}

/// Looks a key up, ignoring letter case (COND-4).
pub(super) fn look_up(key: &str) -> GlobalKey {
    for (known, is_multivalued) in KEYS {
        if let Some(base) = known.strip_suffix('/') {
            match key.split_at_checked(base.len()) {
                Some((start, "" | "/")) if start.eq_ignore_ascii_case(base) => return GlobalKey::WithoutTag,
                Some((start, rest)) if start.eq_ignore_ascii_case(base) && rest.starts_with('/') => {
                    return GlobalKey::Known { is_multivalued: *is_multivalued };
                }
                _ => {}
            }
        } else if key.eq_ignore_ascii_case(known) {
            return GlobalKey::Known { is_multivalued: *is_multivalued };
        }
    }
    let is_global = key.split_once(':').is_some_and(|(prefix, _)| prefix.eq_ignore_ascii_case("aws"));
    if is_global { GlobalKey::Unknown } else { GlobalKey::Other }
}

/// Whether requests carry a list under a key; `None` if the table does not say.
pub(super) fn is_multivalued(key: &str) -> Option<bool> {
    match look_up(key) {
        GlobalKey::Known { is_multivalued } => Some(is_multivalued),
        GlobalKey::WithoutTag | GlobalKey::Unknown | GlobalKey::Other => None,
    }
}

/// All global keys, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn doc_32_the_table_is_that_of_the_catalog() {
        let catalog = scproof_catalog::Catalog::embedded();
        let expected: BTreeMap<_, _> = catalog
            .global_condition_keys()
            .filter(|key| key.name().starts_with("aws:"))
            .map(|key| (key.name().replace("${TagKey}", ""), key.is_multivalued()))
            .collect();
        assert_eq!(KEYS.iter().map(|&(key, many)| (key.to_owned(), many)).collect::<BTreeMap<_, _>>(), expected);
    }

    #[test]
    fn doc_31_doc_32_look_up() {
        for key in ["aws:PrincipalTag", "aws:principaltag/", "AWS:ResourceTag"] {
            assert_eq!(look_up(key), GlobalKey::WithoutTag, "{key}");
        }
        for key in ["aws:Foo", "aws:PrincipalTags/x", "aws:", "AWS:x"] {
            assert_eq!(look_up(key), GlobalKey::Unknown, "{key}");
        }
        assert_eq!(is_multivalued("AWS:TagKeys"), Some(true));
        assert_eq!(is_multivalued("aws:RequestTag/é"), Some(false));
        assert_eq!(look_up("s3:prefix"), GlobalKey::Other);
    }
}
