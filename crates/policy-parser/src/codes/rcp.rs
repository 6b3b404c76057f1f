//! What is said about resource control policies.

scproof_text::codes! {
    /// What is said about resource control policies, in the order of the page.
    pub(crate) RCP:
    RCP_MISSING_PRINCIPAL Error "RCP-1" "rcp-missing-principal" "an RCP statement without `Principal`"
        => "Every statement says `\"Principal\": \"*\"`. The statement counts as unknown."
        ["rcp" r#""Effect": "Deny", "Action": "s3:*", "Resource": "*""#];
    RCP_PRINCIPAL Error "RCP-1" "rcp-principal" "a `Principal` other than `*` in an RCP"
        => "Exactly `\"*\"`, as a string. The statement counts as unknown."
        ["rcp" r#""Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*", "Resource": "*""#];
    RCP_EFFECT Error "RCP-1" "rcp-effect" "an `Effect` other than `Deny` in an RCP"
        => "Only AWS's own `RCPFullAWSAccess` allows."
        ["rcp" r#""Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*""#];
    RCP_UNSUPPORTED Error "RCP-1" "rcp-unsupported-element" "`NotPrincipal` or `NotAction` in an RCP"
        => "The statement counts as unknown."
        ["rcp" r#""Effect": "Deny", "Principal": "*", "NotAction": "s3:GetObject", "Resource": "*""#];
    RCP_VERSION Error "RCP-1" "rcp-version" "an RCP without version `2012-10-17`"
        => "RCPs exist only in the language of 2012."
        ["rcp-document" r#"{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}"#];
    RCP_ANY_ACTION Error "RCP-2" "rcp-any-action" "the action `*` in an RCP"
        => "Every action of a customer's RCP has a service prefix."
        ["rcp" r#""Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*""#];
    RCP_FULL_ACCESS Note "RCP-3" "rcp-full-access" "the content of AWS's own `RCPFullAWSAccess`"
        => "AWS attaches this policy everywhere, and it cannot be detached."
        ["rcp" r#""Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*""#];
}
