//! AWS's sentences (CT-20): who is not authorized to perform what, on which resource, and why.

use std::fmt;

const MARK: &str = "is not authorized to perform";
const ENCODED: &str = "Encoded authorization failure message";
const EXPLICIT: &str = "with an explicit deny";
const IMPLICIT: &str = "because no ";

/// What a sentence says, as far as it says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sentence {
    /// Who was not authorized.
    pub principal: Option<String>,
    /// To perform what.
    pub action: Option<String>,
    /// On which resource.
    pub resource: Option<String>,
    /// The policy that AWS names.
    pub cause: Option<Cause>,
    /// Whether what decides is encoded.
    pub is_encoded: bool,
}

/// The policy that AWS names. Of several policies, and types of policies, that deny a call AWS names one (CT-20).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The type of policy.
    pub policy_type: PolicyType,
    /// Whether a Deny matched; else no Allow did.
    pub is_explicit: bool,
    /// The policy's ARN, which AWS tells within one organization.
    pub policy_arn: Option<String>,
}

/// A type of policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyType {
    /// What this program is about.
    ServiceControlPolicy,
    /// Another one, as AWS calls it, such as `permissions boundary`.
    Other(String),
    /// AWS does not say which.
    NotSaid,
}

impl fmt::Display for PolicyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ServiceControlPolicy => "service control policy",
            Self::Other(name) => name,
            Self::NotSaid => "policy",
        })
    }
}

/// Reads the message of an error; nothing if it is none of AWS's about authorization (CT-20).
pub fn read_sentence(text: &str) -> Option<Sentence> {
    let is_encoded = text.contains(ENCODED);
    let text = text.split(ENCODED).next().unwrap_or(text);
    let Some((before, after)) = text.split_once(MARK) else {
        return is_encoded.then(|| Sentence { is_encoded, ..Sentence::default() });
    };
    // `User: ARN is …`; names of sessions have no blanks.
    let principal = before.split_whitespace().next_back().map(|word| bare(word).to_owned());
    let after = after.trim_start().trim_start_matches(':').trim_start();
    let mut words = after.splitn(2, char::is_whitespace);
    let action = words.next().map(bare).filter(|word| word.contains(':')).map(str::to_owned);
    let rest = words.next().unwrap_or_default();
    let start_of_cause = [EXPLICIT, IMPLICIT].into_iter().filter_map(|phrase| rest.find(phrase)).min();
    let (place, cause) = rest.split_at(start_of_cause.unwrap_or(rest.len()));
    let resource = place.split_once("on resource").map(|(_, resource)| bare(resource.trim_start_matches(':').trim()));
    let resource = resource.filter(|resource| !resource.is_empty()).map(str::to_owned);
    Some(Sentence {
        principal: principal.filter(|it| !it.is_empty()),
        action,
        resource,
        cause: cause_of(cause),
        is_encoded,
    })
}

/// A word without what stands around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '`' | ',' | ';'))
        .trim_end_matches('.')
}

/// `with an explicit deny in a TYPE: ARN`, `because no TYPE allows the ACTION action`.
fn cause_of(text: &str) -> Option<Cause> {
    if let Some(rest) = text.strip_prefix(IMPLICIT) {
        let name = rest.split(" allows").next().unwrap_or(rest);
        return Some(Cause { policy_type: policy_type(name), is_explicit: false, policy_arn: arn_in(rest) });
    }
    let rest = text.strip_prefix(EXPLICIT)?.trim_start();
    let rest =
        rest.strip_prefix("in an ").or_else(|| rest.strip_prefix("in a ")).or_else(|| rest.strip_prefix("in the "));
    let name = rest.unwrap_or_default().split([':', '.', ',']).next().unwrap_or_default();
    Some(Cause { policy_type: policy_type(name), is_explicit: true, policy_arn: rest.and_then(arn_in) })
}

fn policy_type(name: &str) -> PolicyType {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        PolicyType::NotSaid
    } else if name.eq_ignore_ascii_case("service control policy") {
        PolicyType::ServiceControlPolicy
    } else {
        PolicyType::Other(name)
    }
}

fn arn_in(text: &str) -> Option<String> {
    text.split_whitespace().map(bare).find(|word| word.starts_with("arn:")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: &str = "arn:aws:iam::111111111111:user/ann";
    const POLICY: &str = "arn:aws:organizations::999999999999:policy/o-exampleorg1/service_control_policy/p-example1";

    fn cause(text: &str) -> Option<Cause> {
        let text =
            format!("User: {ANN} is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/x {text}");
        read_sentence(&text).and_then(|sentence| sentence.cause)
    }

    fn named(policy_type: PolicyType, is_explicit: bool, policy_arn: Option<&str>) -> Cause {
        Cause { policy_type, is_explicit, policy_arn: policy_arn.map(str::to_owned) }
    }

    #[test]
    fn ct_20_the_causes_that_aws_names() {
        let scp = || PolicyType::ServiceControlPolicy;
        let other = |name: &str| PolicyType::Other(name.to_owned());
        assert_eq!(cause("with an explicit deny in a service control policy"), Some(named(scp(), true, None)));
        assert_eq!(
            cause(&format!("with an explicit deny in a service control policy: {POLICY}")),
            Some(named(scp(), true, Some(POLICY)))
        );
        assert_eq!(
            cause(&format!("with an explicit deny in a service control policy: {POLICY}.")),
            Some(named(scp(), true, Some(POLICY)))
        );
        assert_eq!(
            cause("because no service control policy allows the s3:GetObject action"),
            Some(named(scp(), false, None))
        );
        assert_eq!(
            cause("with an explicit deny in an identity-based policy"),
            Some(named(other("identity-based policy"), true, None))
        );
        assert_eq!(
            cause("because no permissions boundary allows the s3:GetObject action"),
            Some(named(other("permissions boundary"), false, None))
        );
        assert_eq!(
            cause("with an explicit deny in a resource control policy"),
            Some(named(other("resource control policy"), true, None))
        );
        assert_eq!(cause("with an explicit deny"), Some(named(PolicyType::NotSaid, true, None)));
        assert_eq!(cause(""), None);
    }

    #[test]
    fn who_what_and_where() {
        let read = |text: &str| {
            let found = read_sentence(text).unwrap_or_default();
            (found.principal.unwrap_or_default(), found.action.unwrap_or_default(), found.resource.unwrap_or_default())
        };
        let expected = |resource: &str| (ANN.to_owned(), "s3:GetObject".to_owned(), resource.to_owned());
        assert_eq!(read(&format!("User: {ANN} is not authorized to perform: s3:GetObject")), expected(""));
        // Keys of objects may have blanks, and services set the ARN in quotes.
        let text = format!(
            "An error occurred (AccessDenied) when calling the GetObject operation: User: {ANN} is not authorized to \
             perform: s3:GetObject on resource: \"arn:aws:s3:::b/a b.txt\" because no identity-based policy allows the \
             s3:GetObject action"
        );
        assert_eq!(read(&text), expected("arn:aws:s3:::b/a b.txt"));
        let text = format!(
            "You are not authorized to perform this operation. User: {ANN} is not authorized to perform: s3:GetObject on \
             resource: arn:aws:s3:::b/x with an explicit deny in a service control policy. Encoded authorization failure \
             message: Zm9v"
        );
        assert_eq!(read(&text), expected("arn:aws:s3:::b/x"));
    }
}
