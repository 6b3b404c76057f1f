//! The global condition keys: table E.1 of the rules.

use scproof_catalog::{Catalog, ValueType};

/// How the state of a global key follows from account, caller, organization and resource (the *Model* column of E.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Model {
    /// It does not: unknown unless given.
    Unknown,
    PrincipalArn,
    PrincipalAccount,
    PrincipalOrgId,
    PrincipalOrgPaths,
    PrincipalIsAwsService,
    PrincipalType,
    UserId,
    UserName,
    AssumedRoot,
    FederatedProvider,
    TokenIssueTime,
    /// Only in direct calls by an AWS service; absent for IAM principals.
    ServicePrincipalOnly,
    ResourceAccount,
    ResourceOrgId,
    ResourceOrgPaths,
    IsMcpServiceAction,
    CurrentTime,
    EpochTime,
    RequestedRegion,
}

/// The law that ties a key to others (K.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Law {
    None,
    /// LAW-1: there exactly if the call does not come through a VPC endpoint.
    SourceAddress,
    /// LAW-1: there exactly if it does.
    Endpoint,
    /// LAW-1: only there if it does.
    EndpointOwner,
    /// LAW-2.
    ViaService,
    CalledVia,
    CalledViaFirst,
    CalledViaLast,
    /// LAW-3.
    RequestTag,
    TagKeys,
    /// LAW-5: no tag of the root user.
    PrincipalTag,
    /// LAW-5: only in role sessions.
    RoleSession,
    /// LAW-5: only in role sessions and central root sessions.
    AssumedSession,
    /// LAW-6.
    MfaPresent,
    MfaAge,
}

/// A row of table E.1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyRow {
    /// AWS's spelling; ends in `/` where a tag key follows.
    pub(crate) name: &'static str,
    /// The rule id.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "says which row of E.1 this is; the tests check that none is missing")
    )]
    pub(crate) rule: &'static str,
    pub(crate) value_type: ValueType,
    pub(crate) multivalued: bool,
    /// Whether every signed request by an IAM principal carries it (CTX-59).
    pub(crate) always: bool,
    pub(crate) model: Model,
    pub(crate) law: Law,
}

impl KeyRow {
    const fn law(mut self, law: Law) -> Self {
        self.law = law;
        self
    }

    /// Whether it says something of the caller that depends on what kind of caller that is (LAW-5, LAW-7).
    pub(crate) fn is_of_caller(&self) -> bool {
        matches!(
            self.model,
            Model::PrincipalArn
                | Model::PrincipalType
                | Model::UserId
                | Model::UserName
                | Model::AssumedRoot
                | Model::FederatedProvider
                | Model::TokenIssueTime
        ) || matches!(self.law, Law::PrincipalTag | Law::RoleSession | Law::AssumedSession)
    }

    /// Whether its value may be the empty text: that of a tag (CALL-23).
    pub(crate) fn may_be_empty_text(&self) -> bool {
        self.name.ends_with('/')
    }
}

const fn row(
    name: &'static str,
    rule: &'static str,
    value_type: ValueType,
    multivalued: bool,
    always: bool,
    model: Model,
) -> KeyRow {
    KeyRow { name, rule, value_type, multivalued, always, model, law: Law::None }
}

/// The table, in the order of its ids.
pub(crate) const KEY_TABLE: &[KeyRow] = &[
    row("aws:PrincipalArn", "CTX-1", ValueType::Arn, false, true, Model::PrincipalArn),
    row("aws:PrincipalAccount", "CTX-2", ValueType::String, false, true, Model::PrincipalAccount),
    row("aws:PrincipalOrgID", "CTX-3", ValueType::String, false, true, Model::PrincipalOrgId),
    row("aws:PrincipalOrgPaths", "CTX-4", ValueType::String, true, true, Model::PrincipalOrgPaths),
    row("aws:PrincipalTag/", "CTX-5", ValueType::String, false, false, Model::Unknown).law(Law::PrincipalTag),
    row("aws:PrincipalIsAWSService", "CTX-6", ValueType::Bool, false, true, Model::PrincipalIsAwsService),
    row("aws:PrincipalServiceName", "CTX-7", ValueType::String, false, false, Model::ServicePrincipalOnly),
    row("aws:PrincipalServiceNamesList", "CTX-8", ValueType::String, true, false, Model::ServicePrincipalOnly),
    row("aws:PrincipalType", "CTX-9", ValueType::String, false, true, Model::PrincipalType),
    row("aws:userid", "CTX-10", ValueType::String, false, true, Model::UserId),
    row("aws:username", "CTX-11", ValueType::String, false, false, Model::UserName),
    row("aws:AssumedRoot", "CTX-12", ValueType::Bool, false, false, Model::AssumedRoot),
    row("aws:FederatedProvider", "CTX-13", ValueType::String, false, false, Model::FederatedProvider),
    row("aws:TokenIssueTime", "CTX-14", ValueType::Date, false, false, Model::TokenIssueTime),
    row("aws:SignInSessionArn", "CTX-15", ValueType::Arn, false, false, Model::Unknown),
    row("aws:MultiFactorAuthPresent", "CTX-16", ValueType::Bool, false, false, Model::Unknown).law(Law::MfaPresent),
    row("aws:MultiFactorAuthAge", "CTX-17", ValueType::Numeric, false, false, Model::Unknown).law(Law::MfaAge),
    row("aws:ChatbotSourceArn", "CTX-18", ValueType::Arn, false, false, Model::Unknown),
    row("aws:Ec2InstanceSourceVpc", "CTX-19", ValueType::String, false, false, Model::Unknown).law(Law::RoleSession),
    row("aws:Ec2InstanceSourcePrivateIPv4", "CTX-20", ValueType::IpAddress, false, false, Model::Unknown)
        .law(Law::RoleSession),
    row("aws:SourceIdentity", "CTX-21", ValueType::String, false, false, Model::Unknown).law(Law::AssumedSession),
    row("ec2:RoleDelivery", "CTX-22", ValueType::Numeric, false, false, Model::Unknown).law(Law::RoleSession),
    row("ec2:SourceInstanceArn", "CTX-23", ValueType::Arn, false, false, Model::Unknown).law(Law::RoleSession),
    row("glue:RoleAssumedBy", "CTX-24", ValueType::String, false, false, Model::Unknown).law(Law::RoleSession),
    row("glue:CredentialIssuingService", "CTX-24", ValueType::String, false, false, Model::Unknown)
        .law(Law::RoleSession),
    row("codebuild:BuildArn", "CTX-25", ValueType::Arn, false, false, Model::Unknown).law(Law::RoleSession),
    row("codebuild:ProjectArn", "CTX-25", ValueType::Arn, false, false, Model::Unknown).law(Law::RoleSession),
    row("lambda:SourceFunctionArn", "CTX-26", ValueType::Arn, false, false, Model::Unknown).law(Law::RoleSession),
    row("ssm:SourceInstanceArn", "CTX-27", ValueType::Arn, false, false, Model::Unknown).law(Law::RoleSession),
    row("identitystore:UserId", "CTX-28", ValueType::String, false, false, Model::Unknown).law(Law::AssumedSession),
    row("aws:SourceIp", "CTX-29", ValueType::IpAddress, false, false, Model::Unknown).law(Law::SourceAddress),
    row("aws:SourceVpc", "CTX-30", ValueType::String, false, false, Model::Unknown).law(Law::Endpoint),
    row("aws:SourceVpcArn", "CTX-31", ValueType::Arn, false, false, Model::Unknown).law(Law::EndpointOwner),
    row("aws:SourceVpce", "CTX-32", ValueType::String, false, false, Model::Unknown).law(Law::Endpoint),
    row("aws:VpceAccount", "CTX-33", ValueType::String, false, false, Model::Unknown).law(Law::EndpointOwner),
    row("aws:VpceOrgID", "CTX-34", ValueType::String, false, false, Model::Unknown).law(Law::EndpointOwner),
    row("aws:VpceOrgPaths", "CTX-35", ValueType::String, true, false, Model::Unknown).law(Law::EndpointOwner),
    row("aws:VpcSourceIp", "CTX-36", ValueType::IpAddress, false, false, Model::Unknown).law(Law::Endpoint),
    row("aws:ResourceAccount", "CTX-37", ValueType::String, false, false, Model::ResourceAccount),
    row("aws:ResourceOrgID", "CTX-38", ValueType::String, false, false, Model::ResourceOrgId),
    row("aws:ResourceOrgPaths", "CTX-39", ValueType::String, true, false, Model::ResourceOrgPaths),
    row("aws:ResourceTag/", "CTX-40", ValueType::String, false, false, Model::Unknown),
    row("aws:CalledVia", "CTX-41", ValueType::String, true, false, Model::Unknown).law(Law::CalledVia),
    row("aws:CalledViaFirst", "CTX-42", ValueType::String, false, false, Model::Unknown).law(Law::CalledViaFirst),
    row("aws:CalledViaLast", "CTX-42", ValueType::String, false, false, Model::Unknown).law(Law::CalledViaLast),
    row("aws:ViaAWSService", "CTX-43", ValueType::Bool, false, true, Model::Unknown).law(Law::ViaService),
    row("aws:CalledViaAWSMCP", "CTX-44", ValueType::String, false, false, Model::Unknown),
    row("aws:ViaAWSMCPService", "CTX-45", ValueType::Bool, false, false, Model::Unknown),
    row("aws:IsMcpServiceAction", "CTX-46", ValueType::Bool, false, false, Model::IsMcpServiceAction),
    row("aws:CurrentTime", "CTX-47", ValueType::Date, false, true, Model::CurrentTime),
    row("aws:EpochTime", "CTX-48", ValueType::Date, false, true, Model::EpochTime),
    row("aws:referer", "CTX-49", ValueType::String, false, false, Model::Unknown),
    row("aws:RequestedRegion", "CTX-50", ValueType::String, false, true, Model::RequestedRegion),
    row("aws:RequestTag/", "CTX-51", ValueType::String, false, false, Model::Unknown).law(Law::RequestTag),
    row("aws:TagKeys", "CTX-52", ValueType::String, true, false, Model::Unknown).law(Law::TagKeys),
    row("aws:SecureTransport", "CTX-53", ValueType::Bool, false, true, Model::Unknown),
    row("aws:SourceAccount", "CTX-54", ValueType::String, false, false, Model::ServicePrincipalOnly),
    row("aws:SourceArn", "CTX-54", ValueType::Arn, false, false, Model::ServicePrincipalOnly),
    row("aws:SourceOrgID", "CTX-54", ValueType::String, false, false, Model::ServicePrincipalOnly),
    row("aws:SourceOrgPaths", "CTX-55", ValueType::String, true, false, Model::ServicePrincipalOnly),
    row("aws:UserAgent", "CTX-56", ValueType::String, false, true, Model::Unknown),
];

/// The row of a key, ignoring ASCII case; a tag key finds the row of its family.
pub(crate) fn find(key: &str) -> Option<&'static KeyRow> {
    let name = match key.find('/') {
        None => key,
        Some(slash) => key.get(..=slash).filter(|family| family.len() < key.len())?,
    };
    KEY_TABLE.iter().find(|row| row.name.eq_ignore_ascii_case(name))
}

/// Whether every signed request by an IAM principal carries the key (CTX-59), so that it is never absent.
///
/// ```
/// use scproof_evaluator::is_always_present;
/// assert!(is_always_present("aws:RequestedRegion"));
/// assert!(!is_always_present("aws:SourceVpce") && !is_always_present("aws:PrincipalTag/team"));
/// ```
pub fn is_always_present(key: &str) -> bool {
    find(key).is_some_and(|row| row.always)
}

/// Whether a key has several values, by table E.1, else by the catalog; `None` if neither knows it.
pub(crate) fn is_multivalued(key: &str, catalog: &Catalog) -> Option<bool> {
    find(key)
        .map(|row| row.multivalued)
        .or_else(|| catalog.condition_key(key).map(scproof_catalog::ConditionKey::is_multivalued))
}

/// Whether the key is one of the tag families without a tag key: no request ever carries it (DOC-31).
pub(crate) fn is_tag_family_without_tag(key: &str) -> bool {
    let families = KEY_TABLE.iter().filter_map(|row| row.name.strip_suffix('/'));
    let bare = key.strip_suffix('/').unwrap_or(key);
    families.into_iter().any(|family| family.eq_ignore_ascii_case(bare))
}

/// Whether the part after the slash is a tag key, so that two of them may differ only in case (COND-5).
pub(crate) fn is_tag_key(key: &str) -> bool {
    key.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_ignore_case_and_tags_find_their_family() {
        assert_eq!(find("AWS:requestedregion").map(|row| row.rule), Some("CTX-50"));
        assert_eq!(find("aws:PrincipalTag/team").map(|row| row.rule), Some("CTX-5"));
        assert!(find("aws:PrincipalTag").is_none() && find("aws:PrincipalTag/").is_none() && find("aws:Foo").is_none());
    }

    #[test]
    fn the_table_is_complete_and_in_order() {
        let mut rules: Vec<&str> = KEY_TABLE.iter().map(|row| row.rule).collect();
        rules.dedup();
        let expected: Vec<String> = (1..=56).map(|number| format!("CTX-{number}")).collect();
        assert_eq!(rules, expected);
    }
}
