//! Services that are called at one endpoint for all Regions, and permissions that another service checks.

/// A service with one endpoint, of the partition `aws`.
struct SingleEndpoint {
    service: &'static str,
    region: &'static str,
    /// The page that says so.
    #[cfg_attr(not(test), expect(dead_code, reason = "says where the row is from; the tests look for it"))]
    source: &'static str,
}

const fn at(service: &'static str, region: &'static str, source: &'static str) -> SingleEndpoint {
    SingleEndpoint { service, region, source }
}

/// Looked up on 2026-11-30. Pages are those of AWS's General Reference, "Service endpoints and quotas", unless they say
/// otherwise. `sts` is not among them: only its global endpoint lies in one Region \[CALL-11\].
const SINGLE_ENDPOINTS: [SingleEndpoint; 15] = [
    at("account", "us-east-1", "docs.aws.amazon.com/general/latest/gr/account-management.html"),
    at("budgets", "us-east-1", "docs.aws.amazon.com/general/latest/gr/billing.html"),
    at("ce", "us-east-1", "docs.aws.amazon.com/general/latest/gr/billing.html"),
    at("cloudfront", "us-east-1", "docs.aws.amazon.com/general/latest/gr/cf_region.html"),
    at("cur", "us-east-1", "docs.aws.amazon.com/general/latest/gr/billing.html"),
    at("globalaccelerator", "us-west-2", "docs.aws.amazon.com/general/latest/gr/global_accelerator.html"),
    at("health", "us-east-1", "docs.aws.amazon.com/general/latest/gr/health.html"),
    at("iam", "us-east-1", "docs.aws.amazon.com/general/latest/gr/iam-service.html"),
    at("networkmanager", "us-west-2", "docs.aws.amazon.com/general/latest/gr/networkmanager.html"),
    at("organizations", "us-east-1", "docs.aws.amazon.com/general/latest/gr/ao.html"),
    at("route53", "us-east-1", "docs.aws.amazon.com/general/latest/gr/r53.html"),
    at("route53domains", "us-east-1", "docs.aws.amazon.com/general/latest/gr/r53.html"),
    at("shield", "us-east-1", "docs.aws.amazon.com/general/latest/gr/shield.html"),
    at("support", "us-east-1", "docs.aws.amazon.com/general/latest/gr/awssupport.html"),
    at("waf", "us-east-1", "docs.aws.amazon.com/general/latest/gr/waf-classic.html"),
];

/// Those of `aws-us-gov`, all at `us-gov-west-1`.
const GOVCLOUD: [&str; 4] = ["cloudfront", "iam", "organizations", "route53"];

/// Permissions that the service checks which is called, not the one whose prefix they have: observed of `iam:PassRole`,
/// whose Region is that of the call which passes the role (github.com/ministryofjustice/aws-root-account/pull/977,
/// 2024-09-06).
const CHECKED_ELSEWHERE: [(&str, &str); 1] = [("iam", "PassRole")];

/// The Region in which every call of an action, or of a service, is made, if the service has but one endpoint; in any
/// case \[CTX-67, CALL-11\].
///
/// ```
/// use scproof_catalog::single_endpoint_region;
///
/// assert_eq!(single_endpoint_region("iam:CreateRole", "aws"), Some("us-east-1"));
/// assert_eq!(single_endpoint_region("iam:PassRole", "aws"), None);
/// assert_eq!(single_endpoint_region("sts:AssumeRole", "aws"), None);
/// ```
pub fn single_endpoint_region(action: &str, partition: &str) -> Option<&'static str> {
    let (service, name) = action.split_once(':').unwrap_or((action, ""));
    if is_checked_elsewhere(service, name) {
        return None;
    }
    match partition {
        "aws" => SINGLE_ENDPOINTS.iter().find(|row| row.service.eq_ignore_ascii_case(service)).map(|row| row.region),
        "aws-us-gov" => GOVCLOUD.iter().any(|known| known.eq_ignore_ascii_case(service)).then_some("us-gov-west-1"),
        _ => None,
    }
}

/// Actions whose calls the service may pass on to another Region, where they are checked once more, and the type of the
/// resource that they are checked against there: Bedrock's, called with an inference profile. Looked up on 2026-11-30
/// at docs.aws.amazon.com/bedrock/latest/userguide/geographic-cross-region-inference.html and
/// global-cross-region-inference.html.
const PASSED_ON: [(&str, &str, &str); 2] =
    [("bedrock", "InvokeModel", "foundation-model"), ("bedrock", "InvokeModelWithResponseStream", "foundation-model")];

/// The type of resource against which a call of an action, given as service and name in any case, may be checked once
/// more in a Region that it is passed on to.
///
/// ```
/// use scproof_catalog::type_passed_on;
///
/// assert_eq!(type_passed_on("bedrock", "InvokeModel"), Some("foundation-model"));
/// assert_eq!(type_passed_on("bedrock", "ListFoundationModels"), None);
/// ```
pub fn type_passed_on(service: &str, name: &str) -> Option<&'static str> {
    let is_it = |row: &&(&str, &str, &str)| row.0.eq_ignore_ascii_case(service) && row.1.eq_ignore_ascii_case(name);
    PASSED_ON.iter().find(is_it).map(|row| row.2)
}

/// Whether the Region in the ARNs of a type may be empty, beyond its placeholder: those of the models that Bedrock's
/// global inference profiles pass calls on to. `pattern`: as the tables write it.
pub fn may_lack_region(pattern: &str) -> bool {
    pattern.starts_with("arn:${Partition}:bedrock:${Region}::foundation-model/")
}

/// Whether callers write what a placeholder of an ARN pattern stands for as they like, colons included: the keys of
/// S3's objects, MQTT topics, paths of an API. Other names have letters that their service allows, or are ids that AWS
/// gives. `pattern`: as the tables write it.
pub fn is_any_text(pattern: &str, placeholder: &str) -> bool {
    match placeholder {
        "ObjectName" | "ApiSpecificResourcePath" | "TopicFilter" => true,
        "TopicName" => pattern.contains(":iot:"),
        _ => false,
    }
}

/// Whether another service than that of its prefix checks an action, given as service and name in any case \[CALL-11\].
pub fn is_checked_elsewhere(service: &str, name: &str) -> bool {
    let is_it = |known: &(&str, &str)| known.0.eq_ignore_ascii_case(service) && known.1.eq_ignore_ascii_case(name);
    CHECKED_ELSEWHERE.iter().any(is_it)
}

/// The services of a partition that are called at one endpoint, by prefix, with its Region.
pub fn single_endpoint_services(partition: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    SINGLE_ENDPOINTS.iter().filter_map(move |row| Some((row.service, single_endpoint_region(row.service, partition)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_source_and_they_are_sorted() {
        assert!(SINGLE_ENDPOINTS.iter().all(|row| row.source.starts_with("docs.aws.amazon.com/")));
        assert!(SINGLE_ENDPOINTS.iter().is_sorted_by_key(|row| row.service));
    }

    #[test]
    fn regions() {
        assert_eq!(single_endpoint_region("GlobalAccelerator:CreateAccelerator", "aws"), Some("us-west-2"));
        assert_eq!(single_endpoint_region("IAM:passROLE", "aws"), None);
        assert_eq!(single_endpoint_region("ec2:RunInstances", "aws"), None);
        assert_eq!(single_endpoint_region("iam:CreateRole", "aws-us-gov"), Some("us-gov-west-1"));
        assert_eq!(single_endpoint_region("support:CreateCase", "aws-us-gov"), None);
        assert_eq!(single_endpoint_region("iam:CreateRole", "aws-cn"), None);
        assert_eq!(single_endpoint_region("iam", "aws"), Some("us-east-1"));
        assert_eq!(single_endpoint_services("aws-us-gov").map(|(service, _)| service).collect::<Vec<_>>(), GOVCLOUD);
    }
}
