//! "Did you mean".

use scproof_catalog::{Catalog, ConditionKey};

fn actions(name: &str, limit: usize) -> Vec<String> {
    let catalog = Catalog::embedded();
    catalog.nearest_actions(name, limit).into_iter().map(|id| catalog.action(id).full_name()).collect()
}

fn services(prefix: &str) -> Vec<&'static str> {
    let catalog = Catalog::embedded();
    catalog.nearest_services(prefix, 3).into_iter().map(|id| catalog.service_prefix(id)).collect()
}

fn keys(name: &str) -> Vec<&'static str> {
    Catalog::embedded().nearest_condition_keys(name, 3).into_iter().map(ConditionKey::name).collect()
}

#[test]
fn slips_of_spelling_find_the_action() {
    for (slip, meant) in [
        ("s3:GetObjet", "s3:GetObject"),
        ("s3:GteObject", "s3:GetObject"),
        ("S3:getobjects", "s3:GetObject"),
        ("ec2:RunInstance", "ec2:RunInstances"),
        ("lamda:InvokeFunction", "lambda:InvokeFunction"),
        ("dynamdb:PutItm", "dynamodb:PutItem"),
        ("organizations:LeaveOrganisation", "organizations:LeaveOrganization"),
    ] {
        assert_eq!(actions(slip, 1), [meant], "{slip}");
    }
}

#[test]
fn exact_name_comes_first_and_limit_holds() {
    assert_eq!(actions("s3:GetObject", 3)[0], "s3:GetObject");
    assert_eq!(actions("s3:GetObject", 3).len(), 3);
    assert!(actions("s3:GetObject", 0).is_empty());
}

#[test]
fn action_under_another_prefix_is_offered() {
    assert_eq!(actions("iam:AssumeRole", 1), ["sts:AssumeRole"]);
    assert_eq!(actions("kms2:GenerateDataKeyPair", 1), ["kms:GenerateDataKeyPair"]);
    assert_eq!(actions("RunInstances", 5), ["ec2:RunInstances"]);
}

#[test]
fn nothing_is_near_to_nonsense() {
    for name in ["", ":", "s3:", "qqqqqqqq:Wwwwwwwwww", "s3:Xyzzyplughqwerty", "\u{1f980}:\u{1f980}\u{1f980}"] {
        assert!(actions(name, 5).is_empty(), "{name}: {:?}", actions(name, 5));
    }
    assert!(services("qqqqqqqq").is_empty());
    assert!(keys("qq:wwwwwwwwwwwwwww").is_empty());
}

#[test]
fn slips_of_spelling_find_the_service() {
    assert_eq!(services("organisations")[0], "organizations");
    assert_eq!(services("EC22")[0], "ec2");
    assert_eq!(services("guardutty")[0], "guardduty");
}

#[test]
fn slips_of_spelling_find_the_key() {
    for (slip, meant) in [
        ("aws:RequestedRegions", "aws:RequestedRegion"),
        ("aws:PrincipleArn", "aws:PrincipalArn"),
        ("aws:PrincipalOrgsID", "aws:PrincipalOrgID"),
        ("aws:ResourceTag", "aws:ResourceTag/${TagKey}"),
        ("aws:ResourceTags/team", "aws:ResourceTag/${TagKey}"),
        ("aws:PrincipalTagg/a-long-tag-key", "aws:PrincipalTag/${TagKey}"),
        ("ec2:InstanceTyp", "ec2:InstanceType"),
        ("s3:x-amz-server-side-encyption", "s3:x-amz-server-side-encryption"),
    ] {
        assert_eq!(keys(slip)[0], meant, "{slip}");
    }
}
