//! Simulations through the front door.

use std::fs;

use scproof::ask::{CompiledOrganization, Context, Decision, EvaluationOptions, Request};
use scproof::compare::{ChangeSetBuilder, SimulationOptions, Transition, Verdict, simulate};
use scproof::example;

/// A trap of other tools: below a root with FullAWSAccess, an allow list at a unit still blocks what it leaves out, and
/// all of it.
#[test]
fn eval_5_an_allow_list_below_full_access_blocks_all_of_ec2() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("allow-storage.json");
    let text =
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["s3:*", "sts:*"], "Resource": "*"}}"#;
    fs::write(&file, text).unwrap();
    let before = example::organization().unwrap();
    let mut builder = ChangeSetBuilder::new(&before);
    builder.attach(file.to_str().unwrap(), "PolicyStaging").unwrap();
    builder.detach("FullAWSAccess", "PolicyStaging").unwrap();
    let changes = builder.finish();
    let options = SimulationOptions {
        impact: scproof::compare::ImpactOptions {
            comparison: scproof::compare::ComparisonOptions {
                actions: scproof::ask::ActionFilter::new(&[], &["ec2:*"]).unwrap(),
                ..Default::default()
            },
            ..Default::default()
        },
        ..SimulationOptions::default()
    };
    let simulation = simulate(&before, &changes, &options).unwrap();
    assert!(simulation.transients.is_empty() && simulation.steps.iter().all(|step| step.failures.is_empty()));
    let blocked: Vec<_> = simulation.impact.with(Transition::NewlyBlocked).flat_map(|(_, regions)| regions).collect();
    assert!(blocked.iter().all(|report| report.region.after == Verdict::ImplicitDeny));
    assert_eq!(simulation.impact.account_count(Transition::NewlyPassing), 0);

    let compile = |organization| CompiledOrganization::compile(organization, EvaluationOptions::default());
    let [former, latter] = [before.clone(), changes.apply(&before)].map(compile);
    let role = "arn:aws:iam::520000000001:role/dev";
    for name in [
        "AllocateAddress",
        "AssociateAddress",
        "AttachVolume",
        "CopyImage",
        "CreateImage",
        "CreateKeyPair",
        "CreateSnapshot",
        "CreateSubnet",
        "CreateTags",
        "CreateVpc",
        "DeleteVolume",
        "DescribeImages",
        "DescribeInstances",
        "DescribeRegions",
        "GetConsoleOutput",
        "ModifyInstanceAttribute",
        "RebootInstances",
        "StartInstances",
        "StopInstances",
        "TerminateInstances",
    ] {
        let context = Context::new().with("aws:RequestedRegion", "eu-west-1");
        let request = Request::new("policy-canary", format!("ec2:{name}")).with_principal(role).with_context(context);
        let decisions = [former.ask(&request).unwrap(), latter.ask(&request).unwrap()];
        assert_eq!(decisions, [Decision::Allowed, Decision::ImplicitDeny], "{name}");
    }
}
