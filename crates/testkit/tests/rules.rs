//! Rules that the traps do not reach, one small organization each. Both evaluators answer, and must agree.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use scproof_catalog::Catalog;
use scproof_evaluator::Decision::{self, Allowed, ExplicitDeny, ImplicitDeny, NotApplicable, Unknown};
use scproof_evaluator::{
    CompiledOrganization, Context, EvaluationOptions, Explanation, PredicateAtom, Reason, Request, RequestResource,
    Undecided,
};
use scproof_organization::{AttachmentRecord, Inventory, Organization, PolicyRecord};
use scproof_testkit::{causes, reference};
use serde_json::{Value, json};

const BASE: &str = include_str!("../../../fixtures/traps/base.json");
const ROOT: &str = "r-ab12";
const PROD: &str = "ou-ab12-prod0001";
const SHOP: &str = "222222222222";

/// The base organization, and what is attached to it.
struct World {
    inventory: Inventory,
    options: EvaluationOptions,
}

impl World {
    fn new() -> Self {
        let options = EvaluationOptions { refine: false, beyond_catalog: true, ..EvaluationOptions::default() };
        Self { inventory: Inventory::from_json(BASE).unwrap(), options }
    }

    /// With one statement, or a list of them, at Prod.
    fn with(statements: &Value) -> Self {
        Self::new().attach(PROD, statements)
    }

    fn attach(self, target: &str, statements: &Value) -> Self {
        self.attach_text(target, &json!({"Version": "2012-10-17", "Statement": statements}).to_string())
    }

    fn attach_text(mut self, target: &str, text: &str) -> Self {
        let id = format!("p-rule{:06}", self.inventory.policies.len());
        self.inventory.policies.push(PolicyRecord {
            id: id.clone(),
            policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
            content: Some(text.to_owned()),
            ..PolicyRecord::default()
        });
        self.inventory.attachments.push(AttachmentRecord { target_id: target.to_owned(), policy_id: id });
        self
    }

    fn without_full_access(mut self, target: &str) -> Self {
        self.inventory.attachments.retain(|one| one.target_id != target || one.policy_id != "p-FullAWSAccess");
        self
    }

    fn preferred(mut self) -> Self {
        self.options.assume_preferred = true;
        self
    }

    fn explain(&self, request: &Request) -> Explanation {
        let organization = Organization::from_inventory(&self.inventory).unwrap();
        let expected = reference::decide(&organization, Catalog::embedded(), self.options, request).unwrap();
        let compiled = CompiledOrganization::compile(organization, self.options);
        let query = compiled.prepare(request).unwrap();
        let explanation = compiled.explain(&query);
        assert_eq!(
            (compiled.decide(&query), explanation.decision),
            (expected.decision, expected.decision),
            "{request:?}"
        );
        assert_eq!(explanation.reason, expected.reason, "{request:?}");
        explanation
    }

    fn decide(&self, request: &Request) -> Decision {
        self.explain(request).decision
    }
}

/// A Deny of everything under a condition.
fn deny_if(condition: &Value) -> Value {
    json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition})
}

/// What a condition at Prod makes of a context.
fn on(condition: &Value, context: Context) -> Decision {
    World::with(&deny_if(condition)).decide(&get(context))
}

/// A user reads an object.
fn get(context: Context) -> Request {
    call("s3:GetObject", "arn:aws:s3:::b/k").with_context(context)
}

fn call(action: &str, resource: &str) -> Request {
    let resource = match resource {
        "*" => RequestResource::NotScoped,
        "" => RequestResource::Unknown,
        arn => RequestResource::Arn(arn.to_owned()),
    };
    Request::new(SHOP, action).with_principal(format!("arn:aws:iam::{SHOP}:user/alice")).with_resource(resource)
}

fn by(principal: &str) -> Request {
    get(Context::new()).with_principal(principal)
}

fn none() -> Context {
    Context::new()
}

#[test]
fn gen_1_an_allow_never_lifts_a_deny_or_fills_another_level() {
    let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let denied = World::with(&json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})).attach(SHOP, &allow);
    assert_eq!(denied.decide(&get(none())), ExplicitDeny);
    assert_eq!(World::new().without_full_access(PROD).attach(SHOP, &allow).decide(&get(none())), ImplicitDeny);
}

#[test]
fn gen_2_an_unreadable_statement_is_not_dropped() {
    let unreadable = json!({"Effect": "DENY", "Action": "s3:*", "Resource": "*"});
    let deny = json!({"Effect": "Deny", "Action": "iam:*", "Resource": "*"});
    let world = World::with(&json!([unreadable, deny]));
    assert_eq!(world.decide(&get(none())), Unknown);
    assert_eq!(world.decide(&call("iam:CreateUser", "*")), ExplicitDeny);
    assert_eq!(world.decide(&call("ec2:RunInstances", "")), Allowed);
}

#[test]
fn gen_5_eval_12_every_cause_is_named() {
    let deny = json!([{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}, {"Sid": "Here", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}]);
    let world = World::with(&deny).attach(ROOT, &json!({"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"}));
    let answer = world.explain(&get(none()));
    let organization = Organization::from_inventory(&world.inventory).unwrap();
    let causes: Vec<_> =
        answer.determining.iter().map(|one| (organization.node(one.node).target.as_str(), one.statement)).collect();
    assert_eq!(causes, [(ROOT, 0), (PROD, 1)]);
    let world = World::new().without_full_access(PROD).without_full_access(ROOT);
    let organization = Organization::from_inventory(&world.inventory).unwrap();
    let levels = causes::levels_without_allow(&organization, &world.explain(&get(none())));
    assert_eq!(levels, [ROOT, PROD]);
}

#[test]
fn k3_17_an_open_answer_names_its_questions() {
    let often = json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}});
    let seldom = json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}, "StringEquals": {"aws:UserAgent": "x"}});
    let answer = World::with(&json!([deny_if(&seldom), deny_if(&often)])).explain(&get(none()));
    let keys = ["aws:MultiFactorAuthPresent", "aws:UserAgent"].map(|key| Undecided::Key(key.to_owned()));
    assert_eq!((answer.decision, answer.undecided), (Unknown, keys.to_vec()));
    let asked: Vec<String> = answer
        .depends_on
        .unwrap()
        .atoms()
        .into_iter()
        .filter_map(|atom| if let PredicateAtom::Key(atom) = atom { Some(atom.key.clone()) } else { None })
        .collect();
    assert!(asked.contains(&"aws:MultiFactorAuthPresent".to_owned()), "{asked:?}");
}

#[test]
fn gen_7_only_ascii_is_folded() {
    let tag = json!({"StringEquals": {"aws:PrincipalTag/É": "x"}});
    assert_eq!(on(&tag, none().with("aws:PrincipalTag/É", "x")), ExplicitDeny);
    assert_eq!(on(&tag, none().with("aws:PrincipalTag/é", "x")), Unknown);
    let value = json!({"StringEqualsIgnoreCase": {"aws:UserAgent": "CAFÉ"}});
    assert_eq!(on(&value, none().with("aws:UserAgent", "cafÉ")), ExplicitDeny);
    assert_eq!(on(&value, none().with("aws:UserAgent", "café")), Unknown);
}

#[test]
fn json_9_elements_stand_in_any_order() {
    let texts = [
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}"#,
        r#"{"Statement":{"Resource":"*","Action":"s3:*","Effect":"Deny"},"Version":"2012-10-17"}"#,
    ];
    assert!(texts.iter().all(|text| World::new().attach_text(PROD, text).decide(&get(none())) == ExplicitDeny));
}

#[test]
fn doc_5_an_id_means_nothing() {
    let text = r#"{"Version":"2012-10-17","Id":"any","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}"#;
    assert_eq!(World::new().attach_text(PROD, text).decide(&get(none())), ExplicitDeny);
}

#[test]
fn doc_11_an_allow_uses_every_element() {
    let world = World::new().without_full_access(PROD).attach(
        PROD,
        &json!({
            "Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::secret/*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
        }),
    );
    let here = || none().with("aws:RequestedRegion", "eu-west-1");
    assert_eq!(world.decide(&get(here())), Allowed);
    assert_eq!(world.decide(&get(none().with("aws:RequestedRegion", "us-east-1"))), ImplicitDeny);
    assert_eq!(world.decide(&call("iam:CreateUser", "*").with_context(here())), ImplicitDeny);
    assert_eq!(world.decide(&call("s3:GetObject", "arn:aws:s3:::secret/k").with_context(here())), ImplicitDeny);
}

#[test]
fn doc_27_cond_2_no_condition_restricts_nothing() {
    let plain = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
    assert_eq!(World::with(&plain).decide(&get(none())), ExplicitDeny);
    assert_eq!(on(&json!({}), none()), ExplicitDeny);
    assert_eq!(on(&json!({"StringEquals": {}}), none()), ExplicitDeny);
}

#[test]
fn doc_33_eval_6_full_access_lets_everything_through() {
    for request in [get(none()), call("unheard:Of", ""), Request::new(SHOP, "iam:CreateUser")] {
        let answer = World::new().explain(&request);
        assert_eq!((answer.decision, answer.reason), (Allowed, Reason::AllowedAtEveryLevel));
    }
}

#[test]
fn eval_1_eval_3_account_and_each_part_count() {
    let world = World::with(&json!({
        "Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }));
    let open = || none().with("aws:SecureTransport", "false");
    assert_eq!(world.decide(&get(open())), ExplicitDeny);
    assert_eq!(world.decide(&get(none().with("aws:SecureTransport", "true"))), Allowed);
    assert_eq!(world.decide(&call("s3:PutObject", "arn:aws:s3:::b/k").with_context(open())), Allowed);
    assert_eq!(world.decide(&call("s3:GetObject", "arn:aws:s3:::c/k").with_context(open())), Allowed);
    let elsewhere = Request { account: "333333333333".to_owned(), principal: None, ..get(open()) };
    assert_eq!(world.decide(&elsewhere), Allowed);
}

#[test]
fn eval_11_eval_14_without_any_allow_everything_is_denied_implicitly() {
    let world = World::new().without_full_access(PROD);
    for request in [get(none()), call("unheard:Of", "")] {
        let answer = world.explain(&request);
        assert_eq!((answer.decision, answer.reason), (ImplicitDeny, Reason::NoAllow));
    }
    let denied = World::with(&json!({"Effect": "Deny", "Action": "*", "Resource": "*"})).explain(&get(none()));
    assert_eq!((denied.decision, denied.reason), (ExplicitDeny, Reason::DenyStatement));
}

#[test]
fn eval_20_eval_22_neither_owner_nor_service_lifts_a_deny() {
    let world = World::with(&json!({"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}));
    assert_eq!(world.decide(&call("sqs:SendMessage", "arn:aws:sqs:eu-west-1:999999999999:q")), ExplicitDeny);
    let via_service = none().with("aws:ViaAWSService", "true").with_list("aws:CalledVia", ["athena.amazonaws.com"]);
    let request = call("sqs:SendMessage", "arn:aws:sqs:eu-west-1:222222222222:q").with_context(via_service);
    assert_eq!(world.decide(&request), ExplicitDeny);
}

#[test]
fn exm_8_exm_10_services_and_nobody_are_exempt() {
    let world = World::with(&json!({"Effect": "Deny", "Action": "*", "Resource": "*"}));
    let reason = |principal| {
        let answer = world.explain(&by(principal));
        assert_eq!(answer.decision, NotApplicable);
        answer.reason
    };
    assert_eq!(reason("cloudtrail.amazonaws.com"), Reason::ServicePrincipal);
    assert_eq!(reason("anonymous"), Reason::Anonymous);
}

#[test]
fn match_4_where_wildcards_are_live() {
    let agent = || none().with("aws:UserAgent", "curl/8");
    for operator in ["StringEquals", "StringEqualsIgnoreCase"] {
        assert_eq!(on(&json!({operator: {"aws:UserAgent": "curl*"}}), agent()), Allowed, "{operator}");
    }
    assert_eq!(on(&json!({"StringLike": {"aws:UserAgent": "curl*"}}), agent()), ExplicitDeny);
    let any_tag = json!({"StringLike": {"aws:PrincipalTag/*": "red"}});
    assert_eq!(on(&any_tag, none().with("aws:PrincipalTag/team", "red").without("aws:PrincipalTag/*")), Allowed);
}

#[test]
fn act_2_res_2_stars_match_everything() {
    let world = World::with(&json!({"Effect": "Deny", "Action": "*", "Resource": "*"}));
    for (action, resource) in [("s3:GetObject", "arn:aws:s3:::b/k"), ("unheard:Of", ""), ("s3:ListAllMyBuckets", "*")] {
        assert_eq!(world.decide(&call(action, resource)), ExplicitDeny, "{action}");
    }
}

#[test]
fn res_1_res_11_an_arn_no_resource_and_an_unknown_one() {
    let bucket = World::with(&json!({"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b*"}));
    assert_eq!(bucket.decide(&call("s3:ListBucket", "arn:aws:s3:::b")), ExplicitDeny);
    assert_eq!(bucket.decide(&call("s3:ListBucket", "*")), Allowed);
    assert_eq!(bucket.decide(&call("s3:ListBucket", "")), Unknown);
    let other = World::with(&json!({"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::b*"}));
    assert_eq!(
        other.decide(&call("ec2:StopInstances", "arn:aws:ec2:eu-west-1:222222222222:instance/i-1")),
        ExplicitDeny
    );
    assert_eq!(other.decide(&call("s3:ListBucket", "arn:aws:s3:::b")), Allowed);
}

#[test]
fn clr_9_wildcards_of_a_request_are_text() {
    let deny = |pattern| World::with(&json!({"Effect": "Deny", "Action": "s3:*", "Resource": pattern}));
    let request = call("s3:GetObject", "arn:aws:s3:::b/*");
    assert_eq!(deny("arn:aws:s3:::b/x").decide(&request), Allowed);
    assert_eq!(deny("arn:aws:s3:::b/?").decide(&request), ExplicitDeny);
}

#[test]
fn var_5_variables_in_bool_are_open() {
    let world = World::with(&deny_if(&json!({"Bool": {"aws:SecureTransport": "${aws:PrincipalTag/secure}"}})));
    let request = get(none().with("aws:SecureTransport", "true").with("aws:PrincipalTag/secure", "true"));
    assert_eq!(world.decide(&request), Unknown);
    assert_eq!(world.preferred().decide(&request), ExplicitDeny);
}

#[test]
fn var_6_elsewhere_variables_are_text() {
    let number = json!({"NumericEquals": {"s3:max-keys": "${aws:PrincipalTag/n}"}});
    assert_eq!(on(&number, none().with("s3:max-keys", "5").with("aws:PrincipalTag/n", "5")), Allowed);
}

#[test]
fn var_7_clr_6_a_multivalued_key_has_no_value() {
    let deny = |pattern| World::with(&json!({"Effect": "Deny", "Action": "s3:*", "Resource": pattern}));
    let request = get(none().with_list("aws:TagKeys", ["k", "l"]));
    assert_eq!(deny("arn:aws:s3:::b/${aws:TagKeys}").decide(&request), Allowed);
    let with_default = deny("arn:aws:s3:::b/${aws:TagKeys, 'k'}");
    assert_eq!(with_default.decide(&request), Unknown);
    assert_eq!(with_default.preferred().decide(&request), Allowed);
}

#[test]
fn var_14_tags_are_variables() {
    for tag in ["aws:PrincipalTag/t", "aws:ResourceTag/t", "aws:RequestTag/t"] {
        let like = json!({"StringLike": {"aws:UserAgent": format!("agent-${{{tag}}}-*")}});
        let with = |agent| on(&like, none().with("aws:UserAgent", agent).with(tag, "red"));
        assert_eq!((with("agent-red-1"), with("agent-blue-1")), (ExplicitDeny, Allowed), "{tag}");
    }
}

#[test]
fn var_15_an_unknown_variable_is_any_text() {
    let world = World::with(&json!({
        "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/team}/x",
    }));
    assert_eq!(world.decide(&call("s3:GetObject", "arn:aws:s3:::b/red/x")), Unknown);
    assert_eq!(world.decide(&call("s3:GetObject", "arn:aws:s3:::b/red/y")), Allowed);
}

#[test]
fn cond_7_which_operators_are_negated() {
    let address = "203.0.113.0/24";
    let arn = "arn:aws:iam::*:role/x";
    let negated = [
        ("StringNotEquals", "x"),
        ("StringNotEqualsIgnoreCase", "x"),
        ("StringNotLike", "x"),
        ("NumericNotEquals", "1"),
        ("DateNotEquals", "2026-01-01"),
        ("NotIpAddress", address),
        ("ArnNotEquals", arn),
        ("ArnNotLike", arn),
    ];
    let positive = [
        ("StringEquals", "x"),
        ("StringLike", "*"),
        ("NumericLessThan", "1"),
        ("DateGreaterThan", "2026-01-01"),
        ("IpAddress", address),
        ("ArnLike", arn),
        ("Bool", "false"),
        ("BinaryEquals", "QQ=="),
    ];
    // The name of the key does not make an operator negated.
    let absent = |operator: &str, value: &str| {
        on(&json!({operator: {"aws:RequestTag/NotThis": value}}), none().without("aws:RequestTag/NotThis"))
    };
    assert!(negated.iter().all(|(operator, value)| absent(operator, value) == ExplicitDeny));
    assert!(positive.iter().all(|(operator, value)| absent(operator, value) == Allowed));
}

#[test]
fn set_13_any_value_of_an_absent_key_that_need_not_exist() {
    let condition = json!({"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "a"}});
    let absent = || get(none().without("aws:TagKeys"));
    assert_eq!(on(&condition, none().without("aws:TagKeys")), Unknown);
    assert_eq!(World::with(&deny_if(&condition)).preferred().decide(&absent()), ExplicitDeny);
    assert_eq!(on(&condition, none().with_list("aws:TagKeys", ["b"])), Allowed);
}

#[test]
fn set_15_all_values_unlike_by_the_definition() {
    let condition = json!({"ForAllValues:StringNotLike": {"aws:ResourceOrgPaths": ["o-a/*", "o-b/*"]}});
    let with = |paths: &[&str]| on(&condition, none().with_list("aws:ResourceOrgPaths", paths.iter().copied()));
    assert_eq!(with(&["o-c/r-1/", "o-d/r-1/"]), ExplicitDeny);
    assert_eq!(with(&["o-c/r-1/", "o-a/r-1/"]), Allowed);
}

#[test]
fn op_23_op_24_operators_of_other_types_compare_text() {
    let arn = format!("arn:aws:iam::{SHOP}:user/alice");
    assert_eq!(on(&json!({"StringEquals": {"aws:PrincipalArn": arn}}), none()), ExplicitDeny);
    let date = json!({"StringLike": {"aws:CurrentTime": "2026-11-*"}});
    assert_eq!(on(&date, none().with("aws:CurrentTime", "2026-11-24T00:00:00Z")), ExplicitDeny);
    let truth = json!({"StringEquals": {"aws:SecureTransport": "True"}});
    assert_eq!(on(&truth, none().with("aws:SecureTransport", "true")), Allowed);
    assert_eq!(
        on(&json!({"Bool": {"aws:SecureTransport": "True"}}), none().with("aws:SecureTransport", "true")),
        ExplicitDeny
    );
}

#[test]
fn ctx_57_k3_4_what_is_not_said_is_unknown() {
    for key in ["ec2:InstanceType", "aws:PrincipalTag/team", "made:Up"] {
        let condition = json!({"StringEquals": {key: "x"}});
        assert_eq!(on(&condition, none()), Unknown, "{key}");
        let closed = Request { closed_context: true, ..get(none()) };
        assert_eq!(World::with(&deny_if(&condition)).decide(&closed), Allowed, "{key}");
    }
}

#[test]
fn ctx_62_ctx_63_ids_and_types_by_kind_of_caller() {
    let decide = |key: &str, value: &str, principal: &str| {
        World::with(&deny_if(&json!({"StringLike": {key: value}}))).decide(&by(&format!("arn:aws:{principal}")))
    };
    let session = format!("sts::{SHOP}:assumed-role/R/me");
    let federated = format!("sts::{SHOP}:federated-user/bob");
    let (root, user) = (format!("iam::{SHOP}:root"), format!("iam::{SHOP}:user/alice"));
    assert_eq!(decide("aws:userid", SHOP, &root), ExplicitDeny);
    assert_eq!(decide("aws:userid", &format!("{SHOP}:bob"), &federated), ExplicitDeny);
    assert_eq!(
        (decide("aws:userid", "*:me", &session), decide("aws:userid", "*:you", &session)),
        (ExplicitDeny, Allowed)
    );
    // LAW-7.
    assert_eq!((decide("aws:userid", "AIDA*", &user), decide("aws:userid", "AROA*", &user)), (ExplicitDeny, Allowed));
    assert_eq!(decide("aws:userid", "AIDAEXAMPLE*", &user), Unknown);
    for (principal, kind) in
        [(&root, "Account"), (&user, "User"), (&session, "AssumedRole"), (&federated, "FederatedUser")]
    {
        assert_eq!(decide("aws:PrincipalType", kind, principal), ExplicitDeny, "{kind}");
        assert_eq!(decide("aws:PrincipalType", "Anonymous", principal), Allowed, "{kind}");
    }
}

#[test]
fn k3_7_a_session_has_one_of_several_role_arns() {
    let decide = |pattern: &str| {
        let world = World::with(&deny_if(&json!({"ArnLike": {"aws:PrincipalArn": pattern}})));
        world.decide(&by(&format!("arn:aws:sts::{SHOP}:assumed-role/Admin/me")))
    };
    assert_eq!(decide("arn:aws:iam::*:role/*Admin"), ExplicitDeny);
    assert_eq!(decide("arn:aws:iam::*:role/Admin"), Unknown);
    assert_eq!(decide("arn:aws:iam::*:role/*Dev"), Allowed);
}

#[test]
fn ctx_65_ctx_66_owners_that_are_not_named() {
    let condition = json!({"StringEquals": {"aws:ResourceAccount": SHOP}});
    let decide = |action, resource| World::with(&deny_if(&condition)).decide(&call(action, resource));
    assert_eq!(decide("sqs:SendMessage", "arn:aws:sqs:eu-west-1:222222222222:q"), ExplicitDeny);
    assert_eq!(decide("s3:GetObject", "arn:aws:s3:::b/k"), Unknown);
    assert_eq!(decide("ec2:CreateVpcEndpoint", "arn:aws:ec2:eu-west-1:222222222222:vpc/vpc-1"), Unknown);
}

#[test]
fn k3_10_one_known_value_is_enough() {
    let condition = json!({"StringEquals": {"aws:UserAgent": ["red", "${aws:PrincipalTag/team}"]}});
    assert_eq!(on(&condition, none().with("aws:UserAgent", "red")), ExplicitDeny);
    assert_eq!(on(&condition, none().with("aws:UserAgent", "blue")), Unknown);
    let negated = json!({"StringNotEquals": {"aws:UserAgent": ["red", "${aws:PrincipalTag/team}"]}});
    assert_eq!(on(&negated, none().with("aws:UserAgent", "red")), Allowed);
    // A list that may be empty settles nothing that a member would.
    assert_eq!(on(&json!({"ForAnyValue:StringLike": {"aws:TagKeys": "*"}}), none()), Unknown);
}

#[test]
fn clr_1_a_closed_context_keeps_what_follows() {
    let world = World::with(&deny_if(&json!({"StringEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}})));
    let closed = |context| Request { closed_context: true, ..get(context) };
    assert_eq!(world.decide(&closed(none())), ExplicitDeny);
    assert_eq!(world.decide(&closed(none().without("aws:PrincipalOrgID"))), Allowed);
}

#[test]
fn clr_2_a_star_does_not_settle_a_possible_list() {
    assert_eq!(on(&json!({"StringLike": {"aws:TagKeys": "*"}}), none()), Unknown);
    assert_eq!(on(&json!({"StringLike": {"aws:UserAgent": "*"}}), none()), ExplicitDeny);
}

#[test]
fn clr_4_malformed_arns_under_negated_operators() {
    let condition = json!({"ArnNotLike": {"aws:PrincipalTag/arn": "arn:aws:iam::*:role/x"}});
    assert_eq!(on(&condition, none().with("aws:PrincipalTag/arn", "no ARN")), Unknown);
    let malformed = json!({"ArnNotLike": {"aws:PrincipalTag/arn": "role/x"}});
    assert_eq!(on(&malformed, none().with("aws:PrincipalTag/arn", "arn:aws:iam::222222222222:role/x")), Unknown);
    assert_eq!(on(&malformed, none().without("aws:PrincipalTag/arn")), ExplicitDeny);
}

#[test]
fn call_17_callers_without_an_iam_principal_are_remarked_on() {
    let world = World::new();
    for action in ["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"] {
        let anyone = Request::new(SHOP, action);
        let notes = world.explain(&anyone).notes;
        assert!(notes.iter().any(|note| note.contains("CALL-17")), "{notes:?}");
        let user = anyone.with_principal(format!("arn:aws:iam::{SHOP}:user/alice"));
        assert_eq!(world.explain(&user).notes, [""; 0]);
    }
}

/// Both evaluators refuse a request; the message of the compiled one.
fn refused(request: &Request) -> String {
    let organization = Organization::from_inventory(&World::new().inventory).unwrap();
    let options = EvaluationOptions::default();
    assert!(reference::decide(&organization, Catalog::embedded(), options, request).is_err(), "{request:?}");
    CompiledOrganization::compile(organization, options).prepare(request).unwrap_err().to_string()
}

#[test]
fn call_20_clr_12_a_list_of_one_derives_what_its_value_does() {
    let late = deny_if(&json!({"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}));
    let at = |value: &str| World::with(&late).decide(&get(Context::new().with_list("aws:EpochTime", [value])));
    assert_eq!((at("1767225601"), at("1767225600")), (ExplicitDeny, Allowed));
}

#[test]
fn call_20_call_21_requests_that_cannot_be() {
    let several = Context::new().with_list("aws:SourceVpce", ["vpce-1", "vpce-2"]);
    assert_eq!(refused(&get(several)), "the context key `aws:SourceVpce` has one value, 2 are given");
    let chinese = by(&format!("arn:aws-cn:iam::{SHOP}:user/alice"));
    assert_eq!(refused(&chinese), "the principal belongs to the partition `aws-cn`, the organization to `aws`");
}

#[test]
fn call_15_call_16_law_8_the_preferred_readings_are_named() {
    let world = World::with(&json!({"Effect": "Deny", "Action": "*", "Resource": "*"})).preferred();
    let token = world.explain(&call("sts:GetSessionToken", "*"));
    assert_eq!((token.decision, token.assumed.as_slice()), (Allowed, &["CALL-15"][..]));
    let linked = world.explain(&by(&format!("arn:aws:sts::{SHOP}:assumed-role/AWSServiceRoleForECS/x")));
    assert_eq!((linked.decision, linked.assumed.as_slice()), (NotApplicable, &["CALL-16"][..]));
    // As a text, too: a Region holds no `:`, so no `:role/AWSReservedSSO_` hides in it.
    for operator in ["ArnNotLike", "StringNotLike"] {
        let condition = json!({operator: {"aws:PrincipalArn": "arn:aws:iam::*:role/AWSReservedSSO_*"}});
        let session = format!("arn:aws:sts::{SHOP}:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/alice");
        let locked_out = World::with(&deny_if(&condition)).explain(&by(&session));
        assert_eq!((locked_out.decision, locked_out.assumed.as_slice()), (ExplicitDeny, &["LAW-8"][..]), "{operator}");
        assert!(locked_out.notes.iter().any(|note| note.contains("LAW-8")), "{operator}: {:?}", locked_out.notes);
    }
}

/// What an answer says of itself, and what the reference says in the likelier readings.
#[test]
fn gen_3_an_answer_that_only_rules_leave_open_says_what_is_likelier() {
    let likelier = |world: World, request: &Request| {
        let organization = Organization::from_inventory(&world.inventory).unwrap();
        let answer = CompiledOrganization::compile(organization, world.options).answer(request).unwrap();
        (answer.decision, answer.preferred, world.preferred().decide(request))
    };
    let all = || World::with(&json!({"Effect": "Deny", "Action": "*", "Resource": "*"}));
    assert_eq!(likelier(all(), &call("sts:GetSessionToken", "*")), (Unknown, Some(Allowed), Allowed));
    let linked = by(&format!("arn:aws:sts::{SHOP}:assumed-role/AWSServiceRoleForECS/x"));
    assert_eq!(likelier(all(), &linked), (Unknown, Some(NotApplicable), NotApplicable));
    let short = || World::with(&json!({"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3"}));
    assert_eq!(likelier(short(), &get(Context::new())), (Unknown, Some(ExplicitDeny), ExplicitDeny));
    // What was not given leaves it open in any reading.
    let tagged =
        || World::with(&deny_if(&json!({"StringEquals": {"aws:TagKeys": "a", "aws:PrincipalTag/team": "red"}})));
    let listed = get(Context::new().with_list("aws:TagKeys", ["a", "b"]));
    assert_eq!(likelier(tagged(), &listed), (Unknown, Some(Allowed), Allowed));
    let negated = || World::with(&deny_if(&json!({"StringNotEquals": {"aws:TagKeys": "a"}})));
    let (decision, preferred, reference) = likelier(negated(), &listed);
    assert_eq!((decision, preferred), (Unknown, None));
    assert_eq!(reference, Unknown);
    // And a definite answer needs none.
    assert_eq!(likelier(all(), &get(Context::new())), (ExplicitDeny, None, ExplicitDeny));
}

/// Facts that no call has together stand as given, and a note names the law.
#[test]
fn law_1_to_law_7_facts_that_break_a_law_stand_as_given() {
    let endpoint = json!({"Null": {"aws:SourceVpce": "false"}});
    let both = Context::new().with("aws:SourceIp", "203.0.113.7").with("aws:SourceVpce", "vpce-1");
    for (law, condition, context) in [
        ("LAW-1", &endpoint, both),
        (
            "LAW-2",
            &json!({"Null": {"aws:CalledVia": "false"}}),
            Context::new().with("aws:ViaAWSService", "false").with_list("aws:CalledVia", ["lambda.amazonaws.com"]),
        ),
        (
            "LAW-3",
            &json!({"Null": {"aws:RequestTag/a": "false"}}),
            Context::new().with("aws:RequestTag/a", "1").with_list("aws:TagKeys", ["b"]),
        ),
        (
            "LAW-4",
            &json!({"StringEquals": {"s3:ResourceAccount": "333333333333"}}),
            Context::new().with("aws:ResourceAccount", SHOP).with("s3:ResourceAccount", "333333333333"),
        ),
        (
            "LAW-6",
            &json!({"Null": {"aws:MultiFactorAuthAge": "false"}}),
            Context::new().with("aws:MultiFactorAuthPresent", "false").with("aws:MultiFactorAuthAge", "60"),
        ),
        (
            "LAW-7",
            &json!({"StringEquals": {"aws:PrincipalType": "Account"}}),
            Context::new().with("aws:PrincipalType", "Account"),
        ),
    ] {
        let explained = World::with(&deny_if(condition)).explain(&get(context));
        assert_eq!(explained.decision, ExplicitDeny, "{law}");
        assert!(explained.notes.iter().any(|note| note.contains(law)), "{law}: {:?}", explained.notes);
    }
}

#[test]
fn call_11_call_13_what_is_given_against_aws_is_remarked_on() {
    let user = format!("arn:aws:iam::{SHOP}:user/alice");
    let notes = |request: Request| World::new().explain(&request.with_principal(user.clone())).notes.join("; ");
    let role = || Request::new(SHOP, "iam:CreateRole");
    assert!(notes(role().with_region("eu-west-1")).contains("one endpoint in us-east-1"));
    let given = role().with_context(Context::new().with("aws:RequestedRegion", "eu-west-1"));
    assert!(notes(given).contains("taken as given, eu-west-1"));
    assert_eq!(notes(role().with_region("us-east-1")), "");
    assert_eq!(notes(Request::new(SHOP, "sqs:ListQueues").with_region("eu-west-1")), "");
    assert!(notes(Request::new(SHOP, "iam:PassRole").with_region("eu-west-1")).contains("the service that is called"));
    let without = role().with_context(Context::new().without("aws:UserAgent"));
    assert!(notes(without).contains("every call carries it"));
}

#[test]
fn eval_5_what_a_level_holds_for_an_action_is_never_guessed() {
    let compiled = |statements: &Value| {
        let world = World::with(statements);
        CompiledOrganization::compile(Organization::from_inventory(&world.inventory).unwrap(), world.options)
    };
    let few = compiled(&json!([{"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}]));
    let actions = ["ec2:*", "sqs:Send*", "sns:*", "iam:Get*", "s3:Get*", "kms:*"];
    let many: Vec<Value> =
        actions.iter().map(|action| json!({"Effect": "Deny", "Action": action, "Resource": "*"})).collect();
    let many = compiled(&json!(many));
    // The same tree, but actions are told apart that the first organization has no entries for.
    let question = |action: &str| Request::new(SHOP, action);
    let foreign: Vec<Decision> = ["ec2:RunInstances", "sqs:SendMessage", "kms:Decrypt"]
        .map(|action| few.decide(&many.prepare(&question(action)).unwrap()))
        .into();
    assert!(foreign.contains(&Unknown) && !foreign.contains(&Allowed), "{foreign:?}");
    assert_eq!(few.ask(&question("kms:Decrypt")), Ok(Allowed));
}
