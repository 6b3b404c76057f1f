//! Requests out of the alphabets that the policies use.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use scproof_evaluator::{Context, ContextValue, Request, RequestResource, ResourceInput};

use super::keys;
use super::pools;

/// A request: any action, no, one or several resources, any kind of caller, keys present, absent, unknown, lists and
/// empty texts. A few are malformed, and should be refused by all evaluators alike.
pub fn request() -> BoxedStrategy<Request> {
    let action = prop_oneof![
        80 => pools::one_of(pools::ACTIONS),
        1 => Just("sts:GetCallerIdentity".to_owned()),
        1 => pools::one_of(&["s3:Get*", "s3", "", "s3:Get:Object", "new-service:DoIt"]),
    ];
    let closed = proptest::bool::weighted(0.3);
    let region = proptest::option::weighted(0.2, pools::one_of(pools::REGIONS));
    (account_and_principal(), action, resources(), context(0..12), region, closed)
        .prop_map(|((account, principal), action, resources, context, region, closed_context)| Request {
            account,
            principal,
            action,
            resources,
            context,
            region,
            closed_context,
            ..Request::default()
        })
        .boxed()
}

/// The account with a caller: mostly of the first member accounts, which every organization has.
fn account_and_principal() -> BoxedStrategy<(String, Option<String>)> {
    let account = prop_oneof![
        1 => Just(pools::ACCOUNTS.first().copied().unwrap_or_default()),
        40 => Just(pools::ACCOUNTS.get(1).copied().unwrap_or_default()),
        8 => select(pools::ACCOUNTS),
        1 => Just(pools::OUTSIDER),
    ];
    account
        .prop_flat_map(|account| (Just(account.to_owned()), principal(account), 0..20_u8))
        .prop_map(|(account, principal, choice)| {
            // Sometimes by name.
            let asked = if choice == 0 { format!("account-{account}") } else { account };
            (asked, principal)
        })
        .boxed()
}

fn principal(account: &'static str) -> BoxedStrategy<Option<String>> {
    let of_account = [
        "iam::ACCOUNT:user/alice",
        "iam::ACCOUNT:user/path/alice",
        "iam::ACCOUNT:role/Admin",
        "iam::ACCOUNT:role/path/Admin",
        "iam::ACCOUNT:role/AWSServiceRoleForNothing",
        "iam::ACCOUNT:root",
        "sts::ACCOUNT:assumed-role/Admin/me",
        "sts::ACCOUNT:assumed-role/Other/1",
        "sts::ACCOUNT:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/me",
        "sts::ACCOUNT:federated-user/alice",
    ];
    let exempt = [
        "iam::ACCOUNT:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        "sts::ACCOUNT:assumed-role/AWSServiceRoleForECS/x",
    ];
    let arn = move |partition: &'static str| {
        move |rest: &'static str| Some(format!("arn:{partition}:{}", rest.replace("ACCOUNT", account)))
    };
    let other = [
        "cloudtrail.amazonaws.com",
        "anonymous",
        "alice",
        "arn:aws:iam::222222222222:group/g",
        "arn:aws:iam::333333333333:user/alice",
        "arn:aws:sts::222222222222:assumed-role/Admin",
    ];
    prop_oneof![
        24 => Just(None),
        48 => select(of_account.to_vec()).prop_map(arn("aws")),
        1 => select(of_account.to_vec()).prop_map(arn("aws-cn")),
        1 => select(exempt.to_vec()).prop_map(arn("aws")),
        1 => select(other.to_vec()).prop_map(|text| Some(text.to_owned())),
    ]
    .boxed()
}

fn resource() -> BoxedStrategy<RequestResource> {
    prop_oneof![
        3 => Just(RequestResource::Unknown),
        3 => Just(RequestResource::NotScoped),
        60 => pools::one_of(pools::ARNS).prop_map(RequestResource::Arn),
        1 => pools::one_of(&["b", "arn:aws:s3", ""]).prop_map(RequestResource::Arn),
    ]
    .boxed()
}

fn resources() -> BoxedStrategy<Vec<ResourceInput>> {
    let plain = resource().prop_map(|resource| ResourceInput { resource, context: Context::new() });
    let with_context = (resource(), context(0..3)).prop_map(|(resource, context)| ResourceInput { resource, context });
    prop_oneof![
        1 => Just(Vec::new()),
        8 => plain.clone().prop_map(|one| vec![one]),
        1 => vec(plain, 2..4),
        1 => vec(with_context, 1..4),
    ]
    .boxed()
}

/// Context keys: what a key holds, mostly; sometimes any text; sometimes a list, absent, or empty. Keys given twice
/// stay in only rarely, since they make a request malformed unless they are tags.
pub fn context(lengths: std::ops::Range<usize>) -> BoxedStrategy<Context> {
    let entry = keys::request_key().prop_flat_map(|(key, holds)| {
        let one = || prop_oneof![8 => keys::request_value(holds), 1 => pools::one_of(pools::TEXTS)];
        let list_weight = if matches!(key, "aws:TagKeys" | "aws:CalledVia" | "aws:PrincipalOrgPaths") { 12 } else { 1 };
        let value = prop_oneof![
            10 => one().prop_map(ContextValue::Single),
            4 => Just(ContextValue::Absent),
            list_weight => vec(one(), 0..4).prop_map(ContextValue::List),
        ];
        (Just(key), value)
    });
    (vec(entry, lengths), proptest::bool::weighted(0.02))
        .prop_map(|(entries, keep_repeated)| {
            let mut context = Context::new();
            for (key, value) in entries {
                let is_given = context.iter().any(|(given, _)| given.eq_ignore_ascii_case(key));
                let is_other_tag = key.contains('/') && context.iter().all(|(given, _)| given != key);
                if keep_repeated || !is_given || is_other_tag {
                    context.insert(key, value);
                }
            }
            context
        })
        .boxed()
}
