//! Values that a key never has, where AWS lists all that it has.

use scproof_catalog::ValueType;
use scproof_policy_parser::{BaseOperator, Effect};

use super::Subject;
use super::names::quoted;
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

/// The values of keys that are true or false.
const TRUTHS: &[&str] = &["true", "false"];
/// Keys with all their values, in lower case and as AWS writes them. From the API references of Amazon S3 (`PutObject`,
/// `PutObjectRetention`, `OwnershipControlsRule`), Amazon EC2 (`InstanceMetadataOptionsRequest`, `Placement`), AWS
/// Lambda (`FunctionUrlConfig`) and AWS KMS (`KeyMetadata`), and CTX-9, read in November 2026.
const CLOSED: &[(&str, &[&str])] = &[
    ("aws:principaltype", &["Account", "User", "AssumedRole", "FederatedUser", "Anonymous"]),
    ("ec2:instancemetadatatags", &["enabled", "disabled"]),
    ("ec2:metadatahttpendpoint", &["enabled", "disabled"]),
    ("ec2:metadatahttptokens", &["required", "optional"]),
    ("ec2:tenancy", &["default", "dedicated", "host"]),
    ("kms:keyorigin", &["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"]),
    ("lambda:functionurlauthtype", &["AWS_IAM", "NONE"]),
    ("s3:object-lock-mode", &["GOVERNANCE", "COMPLIANCE"]),
    (
        "s3:x-amz-acl",
        &[
            "private",
            "public-read",
            "public-read-write",
            "aws-exec-read",
            "authenticated-read",
            "bucket-owner-read",
            "bucket-owner-full-control",
            "log-delivery-write",
        ],
    ),
    ("s3:x-amz-object-ownership", &["BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"]),
    ("s3:x-amz-server-side-encryption", &["AES256", "aws:kms", "aws:kms:dsse", "aws:fsx"]),
];

pub(crate) const RULE: Rule = Rule {
    code: "value-never-occurs",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Document],
    title: "A value that the key never has",
    text: "The key has one of a few values, and the condition asks for another: a slip of spelling, or of case, mostly. Under \
        a negated operator calls are met that were to be left alone.",
    remedy: "correct the spelling; case counts",
    risk_note: "",
    evidence: "snapshot",
    found_if: "`StringEquals` or `StringNotEquals` compare a key that is `true` or `false`, or one of those whose values AWS \
        lists all: `aws:PrincipalType`, `ec2:InstanceMetadataTags`, `ec2:MetadataHttpEndpoint`, `ec2:MetadataHttpTokens`, \
        `ec2:Tenancy`, `kms:KeyOrigin`, `lambda:FunctionUrlAuthType`, `s3:object-lock-mode`, `s3:x-amz-acl`, \
        `s3:x-amz-object-ownership`, `s3:x-amz-server-side-encryption`.",
    semantics: &["OP-1"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for condition in subject.statement.condition.iter().flatten() {
        let (Some(operator), Some(values)) = (condition.operator, &condition.values) else { continue };
        let is_exact = matches!(operator.base, BaseOperator::StringEquals | BaseOperator::StringNotEquals);
        let key = condition.key.to_ascii_lowercase();
        let listed = CLOSED.iter().find(|(known, _)| *known == key).map(|(_, closed)| *closed);
        let is_truth =
            || subject.catalog.condition_key(&key).is_some_and(|it| it.value_type().element() == ValueType::Bool);
        let Some(closed) = listed.or_else(|| is_truth().then_some(TRUTHS)).filter(|_| is_exact) else { continue };
        for (place, value) in values.iter().enumerate() {
            let text = value.text.as_str();
            // A wildcard has a rule of its own, a variable may be anything.
            if closed.contains(&text) || text.contains(['*', '?', '$']) {
                continue;
            }
            let same = |known: &&&str| plain(known) == plain(text);
            let path = subject.condition_path(condition).index(place);
            let message = format!("`{}` is never {}", condition.key, quoted(text));
            let mut one = subject.found(&RULE, RULE.risk, path, message);
            let reason = match (subject.statement.effect, operator.base.is_negated()) {
                (Some(Effect::Deny), true) => "calls are denied that were to be left alone",
                (Some(Effect::Deny), false) => "what was to be denied is not",
                (_, _) => "the condition does not do what was meant",
            };
            reason.clone_into(&mut one.reason);
            one.remedy = match closed.iter().find(same) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "it is one of {}",
                    closed.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ")
                ),
            };
            // Where case alone is wrong nothing else can be meant.
            if let Some(known) = closed.iter().find(|known| known.eq_ignore_ascii_case(text)) {
                let path = one.path.clone();
                one = one.write_instead(path, known);
            }
            found.push(one);
        }
    }
}

/// A text without case and marks.
fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_lowercase()).collect()
}
