//! What a call is checked against, and with which keys (K.1, K.2): a call passes only if each of its checks does.

use std::sync::Arc;

use scproof_evaluator::symbolic::{CompiledViews, View};
use scproof_evaluator::{Access, Decision, EvaluationOptions, Request, RequestResource};
use scproof_prover::{Limits, PolicyProof, Region, Transition};
use serde_json::{Value, json};

use crate::{ACCOUNT, Compared, everything, path, transitions};

const LAUNCH: &str = "ec2:RunInstances";

/// How the calls of an action are treated where a list of statements stands beside `FullAWSAccess`, or instead of it.
fn access_under(policies: &[Value], action: &str, options: EvaluationOptions) -> Access {
    let organization = Arc::new(path(&[vec![everything()], policies.to_vec()]));
    let views = CompiledViews::one(Arc::clone(&organization), options);
    let accounts: Vec<_> = organization.accounts().collect();
    let mut proof = PolicyProof::new(&views, &accounts, &[], Limits::default());
    let alike = proof.by_access(None).unwrap();
    let place = accounts.iter().position(|node| organization.node(*node).target.as_str() == ACCOUNT).unwrap();
    let key = views.class_key(action).unwrap();
    let class = proof.action_classes().iter().position(|class| class.key() == key).unwrap();
    let found = alike.iter().find(|found| found.accounts.contains(&place)).unwrap();
    let access = found.by_class.get(class).unwrap().access;
    // A question that says as little never says otherwise.
    let decision = views.view(View::FIRST).ask(&Request::new(ACCOUNT, action)).unwrap();
    let fits = match access {
        Access::AlwaysBlocked => !decision.is_passing(),
        Access::NeverBlocked => !decision.is_denied(),
        Access::Depends => !decision.is_denied() && !decision.is_passing(),
    };
    assert!(fits, "{access:?} and {decision}");
    access
}

fn access(statement: Value, action: &str) -> Access {
    access_under(&[everything(), json!([statement])], action, EvaluationOptions::default())
}

fn deny(action: &str, resource: &str, condition: Value) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource, "Condition": condition})
}

fn other_sizes(resource: &str) -> Value {
    deny(LAUNCH, resource, json!({"StringNotEquals": {"ec2:InstanceType": "t3.micro"}}))
}

fn regions_of(compared: &Compared, action: &str) -> Vec<Arc<Region>> {
    let regions = compared.regions().into_iter();
    regions.filter(|region| compared.difference.concerns(&compared.views, region, action)).collect()
}

#[test]
fn call_8_a_key_of_one_row_is_absent_in_the_checks_of_others() {
    // The image has no instance type, and what is not there is not equal.
    assert_eq!(access(other_sizes("*"), LAUNCH), Access::AlwaysBlocked);
    let compared = Compared::effect_of(other_sizes("*"));
    let found = regions_of(&compared, LAUNCH);
    assert_eq!(transitions(&found), [Transition::NewlyBlocked].into());
    assert!(found.iter().all(|region| region.witness.is_some()));
    // AWS's own example: nobody launches anything.
    let small = json!([{"Effect": "Allow", "Action": LAUNCH, "Resource": "*",
                        "Condition": {"StringLike": {"ec2:InstanceType": ["t1.*", "t2.*", "m3.*"]}}}]);
    assert_eq!(access_under(&[small], LAUNCH, EvaluationOptions::default()), Access::AlwaysBlocked);
}

#[test]
fn call_3_with_the_resource_it_does_what_was_meant() {
    let instances = other_sizes("arn:aws:ec2:*:*:instance/*");
    assert_eq!(access(instances.clone(), LAUNCH), Access::Depends);
    let compared = Compared::effect_of(instances);
    let found = regions_of(&compared, LAUNCH);
    assert_eq!(transitions(&found), [Transition::NewlyBlocked].into());
    let request = &found[0].witness.as_ref().unwrap().request;
    assert!(!request.beyond_catalog);
    for input in &request.resources {
        assert!(matches!(&input.resource, RequestResource::Arn(arn) if arn.starts_with("arn:aws:ec2:")), "{request:?}");
    }
}

#[test]
fn call_1_beyond_the_catalog_everything_is_open() {
    let options = EvaluationOptions { beyond_catalog: true, ..EvaluationOptions::default() };
    assert_eq!(access_under(&[everything(), json!([other_sizes("*")])], LAUNCH, options), Access::Depends);
}

#[test]
fn call_3_an_optional_type_makes_it_conditional() {
    let templates = deny(LAUNCH, "arn:aws:ec2:*:*:launch-template/*", json!({}));
    assert_eq!(access(templates, LAUNCH), Access::Depends);
}

#[test]
fn call_10_what_cannot_meet_in_one_check_changes_nothing() {
    for statement in [
        deny("sagemaker:*", "arn:aws:ec2:*:*:instance/*", json!({})),
        deny("s3:DeleteObject", "arn:aws:s3:::example", json!({})),
        deny("iam:CreateAccessKey", "arn:aws:iam::*:root", json!({})),
    ] {
        // Of names that the catalog lacks nothing is known (CALL-1).
        let found = Compared::effect_of(statement.clone()).regions();
        assert!(found.iter().all(|region| region.actions.listed == 0), "{statement} {found:#?}");
    }
    // A bucket is no object.
    let compared = Compared::effect_of(deny("s3:*", "arn:aws:s3:::example", json!({})));
    assert_eq!(regions_of(&compared, "s3:GetObject"), []);
    assert_eq!(transitions(&regions_of(&compared, "s3:ListBucket")), [Transition::NewlyBlocked].into());
}

#[test]
fn call_7_facts_of_the_request_are_the_same_in_all_checks() {
    // Either the image or the instance is blocked, wherever the call goes.
    let apart = |resource: &str, operator: &str| {
        deny(LAUNCH, resource, json!({operator: {"aws:RequestedRegion": "eu-west-1"}}))
    };
    let policies = |second: &str| {
        let (image, instance) = ("arn:aws:ec2:*::image/*", "arn:aws:ec2:*:*:instance/*");
        vec![everything(), json!([apart(image, "StringEquals"), apart(instance, second)])]
    };
    let options = EvaluationOptions::default();
    assert_eq!(access_under(&policies("StringNotEquals"), LAUNCH, options), Access::AlwaysBlocked);
    assert_eq!(access_under(&policies("StringEquals"), LAUNCH, options), Access::Depends);
}

#[test]
fn sp_56_a_model_may_be_checked_in_another_region_than_its_call() {
    const CALL: &str = "bedrock:InvokeModel";
    const MODELS: &str = "arn:aws:bedrock:*::foundation-model/*";
    // No call is made in the second Region, but one may be passed on to it.
    let profiles = deny(
        "bedrock:*",
        "arn:aws:bedrock:*:*:inference-profile/*",
        json!({"StringEquals": {"aws:RequestedRegion": "us-east-2"}}),
    );
    let models = deny("bedrock:*", MODELS, json!({"StringEquals": {"aws:RequestedRegion": "us-east-2"}}));
    let before = [everything(), json!([profiles])];
    let compared = Compared::levels(&before, &[everything(), json!([profiles]), json!([models])]);
    let found = regions_of(&compared, CALL);
    assert_eq!(transitions(&found), [Transition::NewlyBlocked].into(), "{found:#?}");
    for region in &found {
        let request = &region.witness.as_ref().unwrap().request;
        let own = request.resources.iter().filter(|input| !input.context.is_empty()).count();
        assert!(own == 1 && request.resources.len() > 2, "{request:#?}");
    }
    // And a call that names its Region and no resource is open.
    let question = Request::new(ACCOUNT, CALL).with_region("us-east-1");
    assert_eq!(compared.views.view(View::BEFORE).ask(&question).unwrap(), Decision::Allowed);
    assert_eq!(compared.views.view(View::AFTER).ask(&question).unwrap(), Decision::Unknown);
    // What no call is passed on to stays as it was.
    let other = "bedrock:InvokeAgent";
    assert_eq!(regions_of(&compared, other), []);
    assert_eq!(
        access_under(&[everything(), json!([profiles]), json!([models])], CALL, EvaluationOptions::default()),
        Access::Depends
    );
}
