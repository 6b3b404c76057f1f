//! Table E.1: the global condition keys, how many values they have, and whether they can be absent.

use scproof_catalog::{Catalog, ValueType};

/// What the values of a key are, as far as the evaluation of unknown keys needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text, or a type that makes no difference.
    Other,
    /// An ARN (K3-8).
    Arn,
    /// `true` or `false` (K3-8, SP-33).
    Bool,
}

/// A row of table E.1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) key: &'static str,
    pub(crate) kind: Kind,
    /// Column *Card*.
    pub(crate) multivalued: bool,
    /// CTX-59: a signed request by a principal of an account always carries it.
    pub(crate) always: bool,
}

const fn row(key: &'static str) -> Row {
    Row { key, kind: Kind::Other, multivalued: false, always: false }
}

impl Row {
    const fn arn(mut self) -> Self {
        self.kind = Kind::Arn;
        self
    }

    const fn bool(mut self) -> Self {
        self.kind = Kind::Bool;
        self
    }

    const fn list(mut self) -> Self {
        self.multivalued = true;
        self
    }

    const fn always(mut self) -> Self {
        self.always = true;
        self
    }
}

/// CTX-1 to CTX-56 without the tag keys, which are [`is_tag_key`].
const ROWS: &[Row] = &[
    row("aws:PrincipalArn").arn().always(),
    row("aws:PrincipalAccount").always(),
    row("aws:PrincipalOrgID").always(),
    row("aws:PrincipalOrgPaths").list().always(),
    row("aws:PrincipalIsAWSService").bool().always(),
    row("aws:PrincipalServiceName"),
    row("aws:PrincipalServiceNamesList").list(),
    row("aws:PrincipalType").always(),
    row("aws:userid").always(),
    row("aws:username"),
    row("aws:AssumedRoot").bool(),
    row("aws:FederatedProvider"),
    row("aws:TokenIssueTime"),
    row("aws:SignInSessionArn").arn(),
    row("aws:MultiFactorAuthPresent").bool(),
    row("aws:MultiFactorAuthAge"),
    row("aws:ChatbotSourceArn").arn(),
    row("aws:Ec2InstanceSourceVpc"),
    row("aws:Ec2InstanceSourcePrivateIPv4"),
    row("aws:SourceIdentity"),
    row("ec2:RoleDelivery"),
    row("ec2:SourceInstanceArn").arn(),
    row("glue:RoleAssumedBy"),
    row("glue:CredentialIssuingService"),
    row("codebuild:BuildArn").arn(),
    row("codebuild:ProjectArn").arn(),
    row("lambda:SourceFunctionArn").arn(),
    row("ssm:SourceInstanceArn").arn(),
    row("identitystore:UserId"),
    row("aws:SourceIp"),
    row("aws:SourceVpc"),
    row("aws:SourceVpcArn").arn(),
    row("aws:SourceVpce"),
    row("aws:VpceAccount"),
    row("aws:VpceOrgID"),
    row("aws:VpceOrgPaths").list(),
    row("aws:VpcSourceIp"),
    row("aws:ResourceAccount"),
    row("aws:ResourceOrgID"),
    row("aws:ResourceOrgPaths").list(),
    row("aws:CalledVia").list(),
    row("aws:CalledViaFirst"),
    row("aws:CalledViaLast"),
    row("aws:ViaAWSService").bool().always(),
    row("aws:CalledViaAWSMCP"),
    row("aws:ViaAWSMCPService").bool(),
    row("aws:IsMcpServiceAction").bool(),
    row("aws:CurrentTime").always(),
    row("aws:EpochTime").always(),
    row("aws:referer"),
    row("aws:RequestedRegion").always(),
    row("aws:TagKeys").list(),
    row("aws:SecureTransport").bool().always(),
    row("aws:SourceAccount"),
    row("aws:SourceArn").arn(),
    row("aws:SourceOrgID"),
    row("aws:SourceOrgPaths").list(),
    row("aws:UserAgent").always(),
];

const TAG_KEYS: [&str; 3] = ["aws:principaltag", "aws:resourcetag", "aws:requesttag"];

/// COND-4: the row of a key, in any case.
pub(crate) fn find(key: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.key.eq_ignore_ascii_case(key))
}

/// CTX-5, CTX-40, CTX-51: one key per tag.
pub(crate) fn is_tag_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    TAG_KEYS.iter().any(|prefix| {
        key.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')).is_some_and(|tag| !tag.is_empty())
    })
}

/// DOC-31: a tag key without `/tag-key`; no request ever carries it.
pub(crate) fn is_tag_key_without_tag(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    TAG_KEYS.iter().any(|prefix| key == *prefix || key == format!("{prefix}/"))
}

/// DOC-32: whether the key is in table E.
pub(crate) fn is_in_table(key: &str) -> bool {
    find(key).is_some() || is_tag_key(key)
}

/// SP-22, SP-33: whether the key is multivalued by table E.1, else by the catalog; none if neither knows it.
pub(crate) fn is_multivalued(key: &str, catalog: &Catalog) -> Option<bool> {
    if let Some(row) = find(key) {
        return Some(row.multivalued);
    }
    if is_tag_key(key) {
        return Some(false);
    }
    catalog.condition_key(key).map(|known| known.value_type().is_array())
}

/// The kind of a key's values by table E.1, else by the catalog.
pub(crate) fn kind(key: &str, catalog: &Catalog) -> Kind {
    if let Some(row) = find(key) {
        return row.kind;
    }
    match catalog.condition_key(key).map(|known| known.value_type().element()) {
        Some(ValueType::Arn) => Kind::Arn,
        Some(ValueType::Bool) => Kind::Bool,
        Some(_) | None => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cond_4_keys_ignore_case() {
        assert!(find("AWS:principalARN").is_some_and(|row| row.always && row.kind == Kind::Arn));
        assert!(is_tag_key("aws:RESOURCETAG/x") && !is_tag_key("aws:ResourceTag") && !is_tag_key("aws:ResourceTag/"));
        assert!(is_tag_key_without_tag("aws:ResourceTag/") && is_tag_key_without_tag("aws:requesttag"));
    }

    #[test]
    fn ctx_59_counts_thirteen_rows_that_are_always_there() {
        assert_eq!(ROWS.iter().filter(|row| row.always).count(), 13);
        assert_eq!(ROWS.iter().filter(|row| row.multivalued).count(), 7);
    }
}
