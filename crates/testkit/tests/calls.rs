//! What one call carries (part K): both evaluators on calls of actions that the catalog knows.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use scproof_catalog::Catalog;
use scproof_evaluator::Decision::{self, Allowed, Deny, ExplicitDeny, ImplicitDeny, Unknown};
use scproof_evaluator::{
    Caller, CompiledOrganization, Context, EvaluationOptions, Open, Predicate, Request, RequestResource, Undecided,
    WhoCanGroup,
};
use scproof_organization::Organization;
use scproof_testkit::reference;
use serde_json::{Value, json};

const PLAIN: EvaluationOptions =
    EvaluationOptions { assume_preferred: false, closed_key_list: false, beyond_catalog: false, refine: false };
const SHOP: &str = "222222222222";

fn full() -> Value {
    json!({"Effect": "Allow", "Action": "*", "Resource": "*"})
}

/// An organization of one account below a root with a statement, and an Allow for everything if it is a Deny.
fn organization(statement: &Value) -> Organization {
    let mut statements = vec![statement.clone()];
    if statement["Effect"] == "Deny" {
        statements.push(full());
    }
    organization_with(statements)
}

/// The same with these statements.
fn organization_with(statements: Vec<Value>) -> Organization {
    let document = |statements: Vec<Value>| json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let snapshot = json!({
        "Format": "scproof-inventory/1",
        "Organization": {
            "Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111",
            "Arn": "arn:aws:organizations::111111111111:organization/o-exampleorg1"
        },
        "Roots": [{"Id": "r-ab12"}],
        "OrganizationalUnits": [],
        "Accounts": [{"Id": SHOP, "ParentId": "r-ab12"}],
        "Policies": [
            {"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "Content": document(vec![full()])},
            {"Id": "p-generated1", "Type": "SERVICE_CONTROL_POLICY", "Content": document(statements)},
        ],
        "Attachments": [
            {"TargetId": "r-ab12", "PolicyId": "p-generated1"},
            {"TargetId": SHOP, "PolicyId": "p-FullAWSAccess"},
        ],
    });
    Organization::from_json(&snapshot.to_string()).unwrap()
}

fn call(action: &str) -> Request {
    Request::new(SHOP, action).with_principal("arn:aws:iam::222222222222:user/alice")
}

fn on(request: Request, arn: &str) -> Request {
    request.with_resource(RequestResource::Arn(arn.to_owned()))
}

/// What both evaluators say.
fn decide(organization: &Organization, request: &Request) -> Decision {
    let answer = reference::decide(organization, Catalog::embedded(), PLAIN, request).unwrap();
    let compiled = CompiledOrganization::compile(organization.clone(), PLAIN);
    let query = compiled.prepare(request).unwrap();
    let explained = compiled.explain(&query);
    assert_eq!((compiled.decide(&query), explained.decision), (answer.decision, answer.decision), "{request:?}");
    assert_eq!(explained.reason, answer.reason, "{request:?}");
    answer.decision
}

fn answer(statement: &Value, request: &Request) -> Decision {
    decide(&organization(statement), request)
}

fn refusal(request: &Request) -> String {
    let organization = organization(&full());
    let refused = reference::decide(&organization, Catalog::embedded(), PLAIN, request).unwrap_err();
    assert!(CompiledOrganization::compile(organization, PLAIN).prepare(request).is_err(), "{request:?}");
    refused
}

fn deny(action: &str, resource: &Value, condition: &Value) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource, "Condition": condition})
}

const LAUNCH: &str = "ec2:RunInstances";
const INSTANCES: &str = "arn:aws:ec2:*:*:instance/*";
/// One resource of each required type.
const LAUNCHED: &[&str] = &[
    "arn:aws:ec2:eu-west-1::image/ami-1",
    "arn:aws:ec2:eu-west-1:222222222222:instance/*",
    "arn:aws:ec2:eu-west-1:222222222222:network-interface/*",
    "arn:aws:ec2:eu-west-1:222222222222:security-group/sg-1",
    "arn:aws:ec2:eu-west-1:222222222222:subnet/subnet-1",
];

#[test]
fn call_8_a_key_of_one_row_is_absent_in_the_others() {
    let condition = json!({"StringNotEquals": {"ec2:InstanceType": "t3.micro"}});
    let typed = |name: &str| {
        LAUNCHED
            .iter()
            .fold(call(LAUNCH), |request, arn| on(request, arn))
            .with_context(Context::new().with("ec2:InstanceType", name))
    };
    let micro = typed("t3.micro");
    // AWS's own example: the image, the subnet and the others have no instance type, so every launch is denied.
    assert_eq!(answer(&deny(LAUNCH, &json!("*"), &condition), &micro), ExplicitDeny);
    assert_eq!(answer(&deny(LAUNCH, &json!(INSTANCES), &condition), &micro), Allowed);
    assert_eq!(answer(&deny(LAUNCH, &json!(INSTANCES), &condition), &typed("m5.large")), ExplicitDeny);
    // Whatever is launched from.
    let any = call(LAUNCH).with_context(Context::new().with("ec2:InstanceType", "t3.micro"));
    assert_eq!(answer(&deny(LAUNCH, &json!("*"), &condition), &any), ExplicitDeny);
    // And its twin.
    let allow = json!({
        "Effect": "Allow", "Action": LAUNCH, "Resource": "*",
        "Condition": {"StringLike": {"ec2:InstanceType": ["t1.*", "t2.*", "m3.*"]}}
    });
    let small = call(LAUNCH).with_context(Context::new().with("ec2:InstanceType", "t2.micro"));
    assert_eq!(answer(&allow, &small), ImplicitDeny);
    assert_eq!(answer(&allow, &call(LAUNCH)), ImplicitDeny);
}

#[test]
fn sp_56_a_model_may_be_called_in_another_region_too() {
    let lock = deny("*", &json!("*"), &json!({"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]}}));
    let from =
        |region: &str| call("bedrock:InvokeModel").with_context(Context::new().with("aws:RequestedRegion", region));
    let profile = "arn:aws:bedrock:us-west-2:222222222222:inference-profile/us.maker.model-v1:0";
    let model = |region: &str| format!("arn:aws:bedrock:{region}::foundation-model/maker.model-v1:0");
    assert_eq!(answer(&lock, &from("us-west-2")), Unknown);
    assert_eq!(answer(&lock, &call("bedrock:InvokeModel").with_region("us-west-2")), Unknown);
    assert_eq!(answer(&lock, &from("eu-west-1")), ExplicitDeny);
    // What is named is all, where nothing else is required.
    assert_eq!(answer(&lock, &on(from("us-west-2"), profile)), Allowed);
    assert_eq!(answer(&lock, &on(from("us-east-2"), &model("us-east-2"))), ExplicitDeny);
    // That of a global profile has no Region.
    let global = from("unspecified").with_resource(RequestResource::Arn(model("")));
    assert_eq!(answer(&lock, &global), ExplicitDeny);
    assert!(
        refusal(&on(call("bedrock:GetInferenceProfile"), "arn:aws:bedrock::222222222222:inference-profile/x"))
            .contains("no resource")
    );
    // Other actions of Bedrock stay where they are called.
    let list = call("bedrock:ListFoundationModels").with_region("us-west-2");
    assert_eq!(answer(&lock, &list), Allowed);
}

#[test]
fn call_5_a_type_may_have_two_forms_of_arns() {
    let guarded = deny("apigateway:*", &json!("arn:aws:apigateway:*::/restapis/*/stages/*"), &json!({}));
    let update =
        |kind: &str| on(call("apigateway:PATCH"), &format!("arn:aws:apigateway:eu-west-1::/{kind}/a1/stages/prod"));
    assert_eq!(answer(&guarded, &update("restapis")), ExplicitDeny);
    assert_eq!(answer(&guarded, &update("apis")), Allowed);
    assert!(refusal(&update("others")).contains("no resource"));
}

#[test]
fn call_8_a_key_of_a_type_in_general_is_on_that_type() {
    const RESTORE: &str = "rds:RestoreDBInstanceFromDBSnapshot";
    let condition = json!({"StringNotEquals": {"rds:DatabaseEngine": "postgres"}});
    let restore = on(call(RESTORE), "arn:aws:rds:eu-west-1:222222222222:db:shop");
    let postgres = restore.with_context(Context::new().with("rds:DatabaseEngine", "postgres"));
    let organization = organization(&deny(RESTORE, &json!("*"), &condition));
    let decide = |resources_complete| decide(&organization, &Request { resources_complete, ..postgres.clone() });
    assert_eq!(decide(true), Allowed);
    // Given for the call it is on the instance alone, and the call is checked against more.
    assert_eq!(decide(false), ExplicitDeny);
}

#[test]
fn call_9_keys_of_a_type_in_general_are_not_certainly_missing_elsewhere() {
    let asked = |action: &str, key: &str| {
        answer(&deny(action, &json!("*"), &json!({"StringNotEquals": {key: "x"}})), &call(action))
    };
    assert_eq!(asked("rds:RestoreDBInstanceFromDBSnapshot", "rds:DatabaseEngine"), Unknown);
    // Nor are those that their service lists nowhere, in calls of others.
    assert_eq!(asked("s3:GetObject", "sagemaker:DomainId"), Unknown);
    // Keys of another service that it does list are.
    assert_eq!(asked("s3:GetObject", "ec2:InstanceType"), ExplicitDeny);
}

#[test]
fn call_8_a_key_that_no_table_lists_is_the_users_word() {
    let condition = json!({"StringEquals": {"custom:key": "x"}});
    let asked = call(LAUNCH).with_context(Context::new().with("custom:key", "x"));
    assert_eq!(answer(&deny(LAUNCH, &json!("*"), &condition), &asked), ExplicitDeny);
}

#[test]
fn call_9_keys_of_other_services_are_absent() {
    let condition = json!({"Null": {"s3:prefix": "true"}});
    assert_eq!(answer(&deny("a2c:*", &json!("*"), &condition), &call("a2c:StartContainerizationJob")), ExplicitDeny);
    // A key of the action's own service that no row lists, and a key of nobody, stay open.
    let own = json!({"Null": {"a2c:NotYetKnown": "true"}});
    assert_eq!(answer(&deny("a2c:*", &json!("*"), &own), &call("a2c:StartContainerizationJob")), Unknown);
    let nobodys = json!({"Null": {"custom:key": "true"}});
    assert_eq!(answer(&deny("a2c:*", &json!("*"), &nobodys), &call("a2c:StartContainerizationJob")), Unknown);
}

#[test]
fn call_9_calls_that_read_pass_no_tags() {
    let condition = json!({"Null": {"aws:RequestTag/team": "true"}});
    let describe = "ec2:DescribeInstances";
    assert_eq!(answer(&deny(describe, &json!("*"), &condition), &call(describe)), ExplicitDeny);
    let of_resource = json!({"Null": {"aws:ResourceTag/team": "true"}});
    assert_eq!(answer(&deny(describe, &json!("*"), &of_resource), &call(describe)), Unknown);
}

#[test]
fn call_9_where_the_sources_differ_nothing_is_sure() {
    let condition = json!({"StringEquals": {"aws:ResourceTag/team": "red"}});
    let action = "iotsitewise:DeleteDataset";
    let red = call(action).with_context(Context::new().with("aws:ResourceTag/team", "red"));
    assert_eq!(answer(&deny(action, &json!("*"), &condition), &red), Unknown);
}

#[test]
fn call_3_a_denied_optional_type_leaves_the_call_open() {
    let templates = deny(LAUNCH, &json!("arn:aws:ec2:*:*:launch-template/*"), &json!({}));
    assert_eq!(answer(&templates, &call(LAUNCH)), Unknown);
    // Given resources without one do not use one.
    let launch = LAUNCHED.iter().fold(call(LAUNCH), |request, arn| on(request, arn));
    assert_eq!(answer(&templates, &launch), Allowed);
    // Each required type counts.
    let images = deny(LAUNCH, &json!("arn:aws:ec2:*::image/*"), &json!({}));
    let instance = on(call(LAUNCH), "arn:aws:ec2:eu-west-1:222222222222:instance/*");
    assert_eq!(answer(&images, &instance), ExplicitDeny);
}

/// EVAL-10, CLR-7: the kind of a denial is certain where no other check of the call may be denied explicitly.
#[test]
fn clr_7_a_check_that_may_be_denied_explicitly_leaves_the_kind_open() {
    const SUBNETS: &str = "arn:aws:ec2:*:*:subnet/*";
    let but_subnets = json!({"Effect": "Allow", "Action": "*", "NotResource": SUBNETS});
    let type_is = |name: &str| json!({"StringEquals": {"ec2:InstanceType": name}});
    let large = deny(LAUNCH, &json!(INSTANCES), &type_is("m5.large"));
    let typed = |name: &str| call(LAUNCH).with_context(Context::new().with("ec2:InstanceType", name));
    let guarded = organization_with(vec![but_subnets.clone(), large.clone()]);
    assert_eq!(decide(&guarded, &call(LAUNCH)), Deny);
    assert_eq!(decide(&guarded, &typed("t3.micro")), ImplicitDeny);
    assert_eq!(decide(&guarded, &typed("m5.large")), ExplicitDeny);
    // Likewise where the instance has no Allow either, or all that is open is whether it has one.
    let but_both = json!({"Effect": "Allow", "Action": "*", "NotResource": [SUBNETS, INSTANCES]});
    assert_eq!(decide(&organization_with(vec![but_both, large]), &call(LAUNCH)), Deny);
    let micro = json!({"Effect": "Allow", "Action": "*", "Resource": INSTANCES, "Condition": type_is("t3.micro")});
    assert_eq!(decide(&organization(&micro), &call(LAUNCH)), ImplicitDeny);
    // A template is used by some launches only.
    let denied = deny(LAUNCH, &json!("arn:aws:ec2:*:*:launch-template/*"), &json!({}));
    let untemplated = organization_with(vec![but_subnets, denied]);
    assert_eq!(decide(&untemplated, &call(LAUNCH)), Deny);
    assert_eq!(
        decide(&untemplated, &LAUNCHED.iter().fold(call(LAUNCH), |request, arn| on(request, arn))),
        ImplicitDeny
    );
}

/// CLR-7: what is told of such a denial is the levels without an Allow, and the Deny that may match.
#[test]
fn clr_7_both_kinds_of_reasons_are_told() {
    let but_subnets = json!({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:ec2:*:*:subnet/*"});
    let condition = json!({"StringEquals": {"ec2:InstanceType": "m5.large"}});
    let explain = |deny: Value| {
        let organization = organization_with(vec![but_subnets.clone(), deny]);
        let compiled = CompiledOrganization::compile(organization, PLAIN);
        compiled.explain(&compiled.prepare(&call(LAUNCH)).unwrap())
    };
    let explained = explain(deny(LAUNCH, &json!(INSTANCES), &condition));
    assert_eq!(explained.undecided, [Undecided::Key("ec2:InstanceType".to_owned())]);
    assert_eq!((explained.levels_without_allow.len(), explained.determining.len()), (1, 1));
    assert_eq!(explained.determining[0].statement, 1);
    let Some(Predicate::Not(_)) = explained.depends_on else { panic!("{:?}", explained.depends_on) };
    // Whether the call is checked against something that is denied.
    let explained = explain(deny(LAUNCH, &json!("arn:aws:ec2:*:*:launch-template/*"), &json!({})));
    assert_eq!(explained.undecided, [Undecided::Resource]);
    assert_eq!((explained.levels_without_allow.len(), explained.determining.len()), (1, 1));
    assert_eq!(explained.determining[0].statement, 1);
    assert!(explained.depends_on.is_some());
}

#[test]
fn call_5_only_the_given_pairs_count_if_they_are_all() {
    let images = deny(LAUNCH, &json!("arn:aws:ec2:*::image/*"), &json!({}));
    let launch = on(call(LAUNCH), "arn:aws:ec2:eu-west-1:222222222222:instance/*");
    assert_eq!(answer(&images, &Request { resources_complete: true, ..launch }), Allowed);
}

#[test]
fn call_2_call_5_resources_that_the_action_cannot_have_are_errors() {
    assert!(refusal(&on(call("iam:ListRoles"), "arn:aws:iam::222222222222:role/r")).contains("iam:ListRoles"));
    assert!(refusal(&on(call("s3:DeleteObject"), "arn:aws:s3:::b")).contains("s3:DeleteObject"));
    let star = |action: &str| call(action).with_resource(RequestResource::NotScoped);
    assert!(refusal(&star(LAUNCH)).contains(LAUNCH));
    assert!(refusal(&star("s3:GetObject")).contains("s3:GetObject"));
    assert_eq!(answer(&deny("iam:ListRoles", &json!("*"), &json!({})), &star("iam:ListRoles")), ExplicitDeny);
}

#[test]
fn call_10_statements_that_no_pair_can_meet_never_match() {
    for (action, resource, condition) in [
        ("sagemaker:CreateEndpoint", json!("arn:aws:ec2:*:*:instance/*"), json!({})),
        ("s3:DeleteObject", json!("arn:aws:s3:::b"), json!({})),
        ("iam:CreateAccessKey", json!("arn:aws:iam::222222222222:root"), json!({})),
        ("ec2:CreateInternetGateway", json!("*"), json!({"StringEquals": {"ec2:ResourceTag/team": "red"}})),
    ] {
        let request = call(action);
        let found = answer(&deny(action, &resource, &condition), &request);
        // Where rows are silent about a key of the action's own service, it stays open (CALL-9).
        let expected = if action == "ec2:CreateInternetGateway" { Unknown } else { Allowed };
        assert!(found == Allowed || found == expected, "{action}: {found}");
    }
}

#[test]
fn call_1_an_action_that_the_catalog_lacks_is_as_before() {
    let statement = deny("acme:*", &json!("arn:aws:acme:::x"), &json!({}));
    assert_eq!(answer(&statement, &call("acme:Do")), Unknown);
    assert_eq!(answer(&statement, &on(call("acme:Do"), "arn:aws:acme:::x")), ExplicitDeny);
}

/// An answer says what was added to the question, and on what it rests.
#[test]
fn call_1_call_5_answers_name_what_was_completed_and_their_basis() {
    let compiled = CompiledOrganization::compile(organization(&deny("sqs:*", &json!("*"), &json!({}))), PLAIN);
    let explain = |request: &Request| compiled.explain(&compiled.prepare(request).unwrap());
    let instance = on(call(LAUNCH), "arn:aws:ec2:eu-west-1:222222222222:instance/*");
    let explained = explain(&instance);
    assert_eq!(explained.completed, ["image", "network-interface", "security-group", "subnet"]);
    assert_eq!(explained.basis.as_deref(), Some(Catalog::embedded().date()));
    assert_eq!(explain(&Request { resources_complete: true, ..instance }).completed, [""; 0]);
    assert_eq!(explain(&Request { beyond_catalog: true, ..call(LAUNCH) }).basis, None);
    assert_eq!(explain(&call("acme:Do")).basis, None);
}

/// Of an open answer the text says on which optional resource it depends.
#[test]
fn call_3_the_optional_resource_is_named() {
    let templates = deny(LAUNCH, &json!("arn:aws:ec2:eu-west-1:222222222222:launch-template/*"), &json!({}));
    let compiled = CompiledOrganization::compile(organization(&templates), EvaluationOptions::default());
    let explained = compiled.explain(&compiled.prepare(&call(LAUNCH)).unwrap());
    let spared = Predicate::Open(Open::Checked { resource: "launch-template".to_owned() }).not();
    let Some(Predicate::Any(ways)) = &explained.depends_on else { panic!("{:?}", explained.depends_on) };
    assert!(ways.contains(&spared), "{ways:?}");
    assert_eq!(explained.undecided, [Undecided::Resource]);
}

/// Accounts and actions that are asked about together get the answers that they get alone.
#[test]
fn call_3_call_8_who_can_and_effective_say_what_can_says() {
    let statement = deny("ec2:*", &json!("*"), &json!({"StringNotEquals": {"ec2:InstanceType": "t3.micro"}}));
    let compiled = CompiledOrganization::compile(organization(&statement), EvaluationOptions::default());
    let accounts: Vec<_> = compiled.organization().accounts().collect();
    let context = Context::new().with("ec2:InstanceType", "t3.micro");
    let caller = Caller { account: SHOP.to_owned(), context: context.clone(), ..Caller::default() };
    let permissions = compiled.effective(&caller).unwrap();
    let mut seen = 0;
    for action in ["ec2:RunInstances", "ec2:CreateFleet", "ec2:CreateTags", "ec2:DescribeInstances", "ec2:CreateVpc"] {
        let id = Catalog::embedded().find_action(action).unwrap();
        let alone = compiled.ask(&Request::new(SHOP, action).with_context(context.clone())).unwrap();
        let of_group = permissions.groups.iter().find(|group| group.actions.contains(&id)).unwrap();
        assert_eq!(of_group.decision, alone, "{action}");
        let together = compiled.who_can(&Request::new("", action).with_context(context.clone()), &accounts).unwrap();
        let shop = |group: &&WhoCanGroup| {
            let id = |node| compiled.organization().node(node).target.as_str() == SHOP;
            group.accounts.iter().any(|node| id(*node))
        };
        assert_eq!(together.groups.iter().find(shop).unwrap().decision, alone, "{action}");
        seen += usize::from(alone == ExplicitDeny);
    }
    assert!(seen >= 1, "a launch needs an image, which has no type of an instance");
}

/// Two elements name all deployments, which have two forms of ARNs, together; of other types they name a part at most.
#[test]
fn call_4_effective_asks_for_each_type_that_is_named_in_part() {
    let forms = ["arn:aws:greengrass:*:*:/greengrass/groups/*/deployments/*", "arn:aws:greengrass:*:*:deployments:*"];
    let of_other_agents = json!({"StringNotEquals": {"aws:UserAgent": "b"}});
    let statements = [(forms[0], json!({})), (forms[1], of_other_agents)]
        .map(|(form, condition)| json!({"Effect": "Deny", "Action": "*", "Resource": form, "Condition": condition}));
    let statements = statements.into_iter().chain([full()]).collect();
    let compiled = CompiledOrganization::compile(organization_with(statements), EvaluationOptions::default());
    let context = Context::new().with("aws:UserAgent", "a");
    let caller = Caller { account: SHOP.to_owned(), context: context.clone(), ..Caller::default() };
    let permissions = compiled.effective(&caller).unwrap();
    for (action, decision) in [
        ("greengrass:CancelDeployment", ExplicitDeny),
        ("greengrass:GetDeployment", ExplicitDeny),
        ("greengrass:ListEffectiveDeployments", Unknown),
    ] {
        let id = Catalog::embedded().find_action(action).unwrap();
        let of_group = permissions.groups.iter().find(|group| group.actions.contains(&id)).unwrap();
        let alone = compiled.ask(&Request::new(SHOP, action).with_context(context.clone())).unwrap();
        assert_eq!((of_group.decision, alone), (decision, decision), "{action}");
    }
}

#[test]
fn sp_58_no_name_imitates_another_arn_unless_a_caller_writes_it() {
    // CALL-8: the image that a launch needs has no instance type, and is no instance.
    let condition = json!({"StringNotEquals": {"ec2:InstanceType": "t3.micro"}});
    let micro = call(LAUNCH).with_context(Context::new().with("ec2:InstanceType", "t3.micro"));
    assert_eq!(answer(&deny(LAUNCH, &json!(INSTANCES), &condition), &micro), Allowed);
    // CALL-4: a key of an object is any text.
    let jobs = deny("s3:*", &json!("arn:aws:s3:*:*:job/*"), &json!({}));
    let put = |key: &str| on(call("s3:PutObject"), &format!("arn:aws:s3:::b/{key}"));
    assert_eq!(answer(&jobs, &call("s3:PutObject")), Unknown);
    assert_eq!((answer(&jobs, &put("x")), answer(&jobs, &put("x:job/y"))), (Allowed, ExplicitDeny));
    let client = deny("iot:*", &json!("arn:aws:iot:*:*:client/*"), &json!({}));
    assert_eq!(answer(&client, &call("iot:Publish")), Unknown);
    assert_eq!(answer(&client, &call("iot:DescribeThing")), Allowed);
}

/// Where only the root user can be the caller, its ARN is known as text: an operator that reads it as a number sees
/// that it is none.
#[test]
fn law_7_a_central_root_session_has_one_arn() {
    let deny = json!({
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"NumericGreaterThanEqualsIfExists": {"aws:PrincipalArn": "1"}},
    });
    let root = Request::new(SHOP, "sqs:ListQueues").with_context(Context::new().with("aws:AssumedRoot", "true"));
    assert_eq!(answer(&deny, &root), Allowed);
    let arn = json!({
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::222222222222:root"}},
    });
    assert_eq!(answer(&arn, &root), ExplicitDeny);
}
