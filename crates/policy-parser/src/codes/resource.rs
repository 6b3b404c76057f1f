//! What is said about resources.

scproof_text::codes! {
    /// What is said about resources, in the order of the page.
    pub(crate) RESOURCE:
    BAD_RESOURCE Error "DOC-22" "bad-resource" "a resource that is neither `*` nor an ARN"
        => "A resource is `*` or starts with `arn:`. A bucket's name alone matches nothing."
        ["statement" r#""Effect": "Deny", "Action": "s3:*", "Resource": "my-bucket/*""#];
    INCOMPLETE_ARN Warning "DOC-23" "incomplete-arn" "a resource ARN with fewer than six components"
        => "In identity policies AWS fills up short ARNs with `*`; for SCPs nothing is documented. The preferred \
               reading is to fill up."
        ["statement" r#""Effect": "Deny", "Action": "sqs:*", "Resource": "arn:aws:sqs""#];
    WILDCARD_SERVICE Warning "DOC-24" "wildcard-service" "a wildcard in the service component of a resource"
        => "AWS documents it as not allowed. The preferred reading is an ordinary wildcard."
        ["statement" r#""Effect": "Deny", "Action": "*", "Resource": "arn:aws:*:*:*:prod-*""#];
    WILDCARD_RESOURCE_TYPE Warning "DOC-24" "wildcard-resource-type" "a wildcard in the type part of a resource"
        => "The type is what stands before the first `/` or `:` of the last component. AWS documents a wildcard \
               there as not allowed; the preferred reading is an ordinary wildcard. Services whose ARNs have no \
               type, such as S3 and SQS, are left out."
        ["statement" r#""Effect": "Deny", "Action": "iam:*", "Resource": "arn:aws:iam::*:ro*/Admin""#];
    UPPER_CASE_ARN Warning "RES-4" "upper-case-arn" "upper-case letters in partition, service or region of a resource"
        => "Partition, service and region are lower case in every real ARN, and resources are compared with letter \
               case."
        ["statement" r#""Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:S3:::logs/*""#];
}
