//! The server keeps the rules of the protocol: pages, tokens, errors, rates, and its own script.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests, which may panic")]

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use scproof_organization::Organization;
use scproof_organizations_server::{Change, Effect, RCP, Rates, Rule, SCP, Server, Settings, Sizes, World};
use serde_json::{Value, json};

/// Sends a request on a connection of its own: status and body, or nothing.
fn send(server: &Server, head: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    let length = body.len();
    write!(stream, "{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    if stream.read_to_end(&mut answer).is_err() {
        return None;
    }
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned()))
}

fn call(server: &Server, operation: &str, input: &Value) -> Option<(u16, String)> {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: AWSOrganizationsV20161128.{operation}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=A/20261125/us-east-1/organizations/aws4_request, Signature=x\r\n"
    );
    send(server, &head, &input.to_string())
}

fn ask(server: &Server, operation: &str, input: &Value) -> Value {
    let (_, body) = call(server, operation, input).unwrap();
    serde_json::from_str(&body).unwrap()
}

/// All items of a list, and the number of pages.
fn all(server: &Server, operation: &str, mut input: Value, name: &str) -> (Vec<Value>, usize) {
    let (mut items, mut pages) = (Vec::new(), 0);
    loop {
        let page = ask(server, operation, &input);
        items.extend(page[name].as_array().unwrap().iter().cloned());
        pages += 1;
        match page.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => return (items, pages),
        }
    }
}

fn start(sizes: Sizes, settings: Settings) -> Server {
    Server::start(World::generate(5, &sizes), settings).unwrap()
}

#[test]
fn generated_organizations_load_and_have_more_than_a_page_of_everything() {
    for seed in 0..20 {
        let sizes = Sizes { accounts: 90, units: 40, policies: 40, resource_policies: 25, tags: 6 };
        let world = World::generate(seed, &sizes);
        assert_eq!(world, World::generate(seed, &sizes));
        let truth = world.truth(true);
        Organization::from_inventory(&truth).unwrap();
        assert_eq!((truth.accounts.len(), truth.organizational_units.len()), (90, 40));
        for policy_type in [SCP, RCP] {
            assert!(truth.policies.iter().filter(|policy| policy.policy_type == policy_type).count() > 20);
        }
        assert!(truth.accounts.iter().any(|account| account.tags.len() > 20), "{seed}");
    }
}

#[test]
fn api_30_pages_hold_every_item_once() {
    for page_size in [1, 7, 20] {
        let server = start(Sizes::default(), Settings { page_size, ..Settings::default() });
        let truth = server.truth(false);
        let (accounts, pages) = all(&server, "ListAccounts", json!({"MaxResults": 20}), "Accounts");
        let ids: BTreeSet<&str> = accounts.iter().map(|account| account["Id"].as_str().unwrap()).collect();
        assert_eq!((accounts.len(), ids.len(), pages), (60, 60, 60_usize.div_ceil(page_size)));
        let mut below = 0;
        let parents = [&truth.roots[0].id].into_iter().chain(truth.organizational_units.iter().map(|unit| &unit.id));
        for parent in parents {
            below += all(&server, "ListAccountsForParent", json!({"ParentId": parent}), "Accounts").0.len();
        }
        assert_eq!(below, 60);
        let mut attached = 0;
        for policy in all(&server, "ListPolicies", json!({"Filter": SCP}), "Policies").0 {
            attached += all(&server, "ListTargetsForPolicy", json!({"PolicyId": policy["Id"]}), "Targets").0.len();
        }
        assert_eq!(attached, truth.attachments.len());
    }
}

#[test]
fn api_32_a_token_is_good_for_its_request_only() {
    let server = start(Sizes::default(), Settings::default());
    let page = ask(&server, "ListAccounts", &json!({"MaxResults": 20}));
    let token = &page["NextToken"];
    for (operation, input) in [
        ("ListAccounts", json!({"MaxResults": 19, "NextToken": token})),
        ("ListPolicies", json!({"Filter": SCP, "NextToken": token})),
        ("ListAccounts", json!({"MaxResults": 20, "NextToken": "abc"})),
        ("ListAccounts", json!({"MaxResults": 21})),
        ("ListAccounts", json!({"MaxResults": 0})),
        ("ListPolicies", json!({})),
    ] {
        let error = ask(&server, operation, &input);
        assert_eq!(error["__type"], "InvalidInputException", "{input}");
    }
    let input = json!({"MaxResults": 20, "NextToken": token});
    assert_eq!(ask(&server, "ListAccounts", &input)["Accounts"].as_array().unwrap().len(), 20);
    server.expire_tokens();
    assert_eq!(ask(&server, "ListAccounts", &input)["Reason"], "INVALID_NEXT_TOKEN");
}

#[test]
fn api_3_errors_have_aws_names() {
    let server = start(Sizes::default(), Settings::default());
    for (operation, input, code) in [
        ("ListAccountsForParent", json!({"ParentId": "ou-ab12-00000000"}), "ParentNotFoundException"),
        ("ListPoliciesForTarget", json!({"TargetId": "000000000000", "Filter": SCP}), "TargetNotFoundException"),
        ("DescribePolicy", json!({"PolicyId": "p-0000000000"}), "PolicyNotFoundException"),
        ("ListTargetsForPolicy", json!({"PolicyId": "p-0000000000"}), "PolicyNotFoundException"),
        ("ListParents", json!({"ChildId": "000000000000"}), "ChildNotFoundException"),
        ("ListTagsForResource", json!({"ResourceId": "000000000000"}), "TargetNotFoundException"),
        ("CreateAccount", json!({}), "UnknownOperationException"),
    ] {
        let (status, body) = call(&server, operation, &input).unwrap();
        assert_eq!(status, 400);
        assert!(body.contains(code), "{operation} {body}");
    }
    let (status, body) = send(&server, "GET / HTTP/1.1\r\nHost: x\r\n", "").unwrap();
    assert!(status == 400 && body.contains("UnknownOperationException"));
    let unsigned = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: AWSOrganizationsV20161128.ListRoots\r\n";
    assert!(send(&server, unsigned, "{}").unwrap().1.contains("MissingAuthenticationTokenException"));
}

#[test]
fn api_34_a_burst_is_let_through_and_then_the_rate() {
    // So slow that nothing refills while the test runs.
    let server = start(Sizes::default(), Settings { rates: Rates::Published(1e-6), ..Settings::default() });
    let throttled = |operation: &str, input: Value| call(&server, operation, &input).unwrap().0 == 400;
    let of_roots: Vec<bool> = (0..4).map(|_| throttled("ListRoots", json!({}))).collect();
    assert_eq!(of_roots, [false, false, true, true]);
    // One row, one bucket.
    let shared: Vec<bool> = (0..10)
        .map(|number| match number % 2 {
            0 => throttled("ListPolicies", json!({"Filter": SCP})),
            _ => throttled("ListTargetsForPolicy", json!({"PolicyId": "p-FullAWSAccess"})),
        })
        .collect();
    assert_eq!(shared.iter().filter(|throttled| **throttled).count(), 2);
    assert_eq!(server.statistics().throttled, 4);
    let bound = Rates::Published(1.0).bound(|operation| if operation == "DescribePolicy" { 202 } else { 0 });
    assert!((bound - 100.0).abs() < 1e-9);
}

#[test]
fn the_script_is_followed() {
    let server = start(Sizes::default(), Settings::default());
    let root = server.world().root;
    let list = |server: &Server| call(server, "ListRoots", &json!({}));
    server.set_script(vec![Rule::on("ListRoots", Effect::DENIED).skip(1).times(1)]);
    let statuses: Vec<u16> = (0..3).map(|_| list(&server).unwrap().0).collect();
    assert_eq!(statuses, [200, 400, 200]);
    server.set_script(vec![Rule::on_any(Effect::DENIED).about(root.as_str())]);
    assert_eq!(list(&server).unwrap().0, 200);
    assert_eq!(call(&server, "ListAccountsForParent", &json!({"ParentId": root})).unwrap().0, 400);

    for (effect, expected) in [
        (Effect::EmptyBody, Some((200, ""))),
        (Effect::EmptyObject, Some((200, "{}"))),
        (Effect::Close, None),
        (Effect::ResetInBody, None),
    ] {
        server.set_script(vec![Rule::on("ListRoots", effect.clone())]);
        let expected = expected.map(|(status, body): (u16, &str)| (status, body.to_owned()));
        assert_eq!(list(&server), expected, "{effect:?}");
    }
    server.set_script(vec![Rule::on("ListRoots", Effect::CloseInBody)]);
    assert!(serde_json::from_str::<Value>(&list(&server).unwrap().1).is_err());
    server.set_script(vec![Rule::on("ListRoots", Effect::TruncatedJson)]);
    assert!(serde_json::from_str::<Value>(&list(&server).unwrap().1).is_err());
    server.set_script(vec![Rule::on("ListRoots", Effect::Html(200))]);
    assert!(list(&server).unwrap().1.contains("<title>"));

    server.set_script(vec![Rule::on("ListAccounts", Effect::EmptyPage).times(2)]);
    let (accounts, pages) = all(&server, "ListAccounts", json!({}), "Accounts");
    assert_eq!((accounts.len(), pages), (60, 5));
    server.set_script(vec![Rule::on("ListAccounts", Effect::RepeatedItem).skip(1).times(1)]);
    assert_eq!(all(&server, "ListAccounts", json!({}), "Accounts").0.len(), 61);
    server.set_script(vec![Rule::on("ListAccounts", Effect::RepeatedToken)]);
    let token = ask(&server, "ListAccounts", &json!({}))["NextToken"].clone();
    assert_eq!(ask(&server, "ListAccounts", &json!({"NextToken": token}))["NextToken"], token);

    let account = server.world().accounts.keys().nth(3).unwrap().clone();
    let gone = Effect::After(Change::RemoveAccount(account.clone()));
    server.set_script(vec![Rule::on("ListRoots", gone)]);
    list(&server);
    // It happens soon after the answer, or the test does not end.
    while server.world().accounts.contains_key(&account) {
        std::thread::yield_now();
    }
}

#[test]
fn a_third_of_all_calls_is_the_same_third_for_a_seed() {
    let throttled = || {
        let script = vec![Rule::on_any(Effect::THROTTLED).one_in(3, 9)];
        let server = start(Sizes::default(), Settings { script, ..Settings::default() });
        let statuses: Vec<u16> = (0..60).map(|_| call(&server, "ListRoots", &json!({})).unwrap().0).collect();
        assert_eq!(server.statistics().throttled, statuses.iter().filter(|status| **status == 400).count());
        assert_eq!(server.statistics().repeated().len(), 1);
        statuses
    };
    let first = throttled();
    assert_eq!(first, throttled());
    assert!((10..30).contains(&first.iter().filter(|status| **status == 400).count()));
}
