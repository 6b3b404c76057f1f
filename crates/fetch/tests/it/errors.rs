//! What does not pass: a precise error with its remedy, and no snapshot.

use std::thread;
use std::time::Duration;

use scproof_fetch::{AttachmentsBy, FetchError, FetchOptions, Operation};
use scproof_organizations_server::{Effect, Rule, Settings};

use crate::support::{TOKEN, block_on, client, options, start, try_fetch};

const fn error(status: u16, code: &'static str, message: &'static str) -> Effect {
    Effect::Error { status, code, message }
}

/// The error that a script leads to.
fn failure(script: Vec<Rule>, options: &FetchOptions) -> FetchError {
    let server = start(40, Settings { script, page_size: 9, ..Settings::default() });
    let (outcome, _) = try_fetch(&server.url(), options);
    let Err(error) = outcome else { panic!("a snapshot came out") };
    assert!(!error.help().is_empty(), "{error} has no help");
    assert!(!format!("{error:?}").contains("secret"), "API-46: no credentials in errors");
    error
}

/// Little patience, for failures that last.
fn impatient() -> FetchOptions {
    FetchOptions { attempts: 2, ..options() }
}

#[test]
fn api_23_errors_of_the_front_door() {
    let expired = error(400, "ExpiredTokenException", "The security token included in the request is expired");
    let found = failure(vec![Rule::on_any(expired)], &options());
    assert_eq!(found.to_string(), "the AWS credentials have expired");
    assert!(found.can_go_on());

    let unknown = error(400, "UnrecognizedClientException", "The security token included in the request is invalid.");
    assert_eq!(
        failure(vec![Rule::on_any(unknown)], &options()).to_string(),
        "AWS does not accept the credentials (UnrecognizedClientException): The security token included in the request is invalid."
    );
    let signature = error(403, "InvalidSignatureException", "The request signature we calculated does not match");
    assert_eq!(
        failure(vec![Rule::on_any(signature)], &options()).to_string(),
        "AWS does not accept the credentials (InvalidSignatureException): The request signature we calculated does not match"
    );
}

#[test]
fn api_44_not_in_an_organization_and_not_its_management_account() {
    let outside = error(400, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.");
    let found = failure(vec![Rule::on_any(outside)], &options());
    assert_eq!(found.to_string(), "the account of these credentials is not in an organization");

    // A member account may ask for the organization itself, and for nothing else.
    let found = failure(vec![Rule::on_any(Effect::DENIED).skip(1)], &options());
    assert_eq!(found.to_string(), "`ListRoots` is not allowed: You don't have permissions to access this resource.");
    assert_eq!(found.missing_permission().as_deref(), Some("organizations:ListRoots"));
    assert!(found.help().iter().any(|line| line.contains("management account")), "{:?}", found.help());

    let found = failure(vec![Rule::on_any(Effect::DENIED)], &options());
    assert_eq!(found.missing_permission().as_deref(), Some("organizations:DescribeOrganization"));
}

#[test]
fn what_lasts_is_given_up() {
    let about_by =
        |effect: Effect, options: &FetchOptions| failure(vec![Rule::on("ListPolicies", effect)], options).to_string();
    let about = |effect: Effect| about_by(effect, &impatient());
    // All at once, since each waits before it tries again.
    thread::scope(|scope| {
        scope.spawn(|| {
            let gave_up = about(error(500, "ServiceException", "An internal error occurred"));
            assert!(gave_up.starts_with("`ListPolicies` failed 2 times in "), "{gave_up}");
            assert!(gave_up.ends_with("at last with `ServiceException` (An internal error occurred)"), "{gave_up}");
        });
        scope.spawn(|| {
            let options = FetchOptions { attempt_timeout: Duration::from_secs(1), ..impatient() };
            let silent = about_by(Effect::Silence, &options);
            let is_told = silent.starts_with("`ListPolicies` failed 2 times in ") && silent.contains("no answer");
            assert!(is_told, "{silent}");
        });
        for effect in [Effect::Close, Effect::ResetInBody, Effect::CloseInBody] {
            scope.spawn(|| {
                let broken = about(effect);
                assert!(broken.starts_with("`ListPolicies` failed 2 times in "), "{broken}");
            });
        }
        scope.spawn(|| {
            let throttled = about(Effect::THROTTLED);
            assert!(throttled.ends_with("at last with `TooManyRequestsException`"), "{throttled}");
        });
    });
}

#[test]
fn answers_that_are_none_are_no_snapshot() {
    for (effect, what) in [
        (Effect::Html(200), "status 200, text/html"),
        (Effect::EmptyBody, "`Policies`"),
        (Effect::EmptyObject, "`Policies`"),
        (Effect::TruncatedJson, "status 200, application/x-amz-json-1.1"),
    ] {
        let found = failure(vec![Rule::on("ListPolicies", effect.clone())], &impatient());
        let text = found.to_string();
        assert!(text.starts_with("the answer to `ListPolicies` makes no sense: "), "{effect:?}: {text}");
        assert!(text.contains(what), "{effect:?}: {text}");
    }
    // Everywhere, from the first call on: probably not AWS at all.
    for effect in [Effect::Html(200), Effect::EmptyObject, Effect::EmptyBody] {
        let found = failure(vec![Rule::on_any(effect)], &impatient());
        assert_eq!(found.operation(), Some(Operation::DescribeOrganization), "{found}");
        assert!(matches!(found, FetchError::UnexpectedAnswer { .. }), "{found}");
    }
}

/// An empty answer is silent success for the SDK: for each list it must be told from an empty list.
#[test]
fn an_answer_without_its_list_is_never_an_empty_list() {
    for (operation, by) in [
        ("ListRoots", AttachmentsBy::Policy),
        ("ListOrganizationalUnitsForParent", AttachmentsBy::Policy),
        ("ListAccountsForParent", AttachmentsBy::Policy),
        ("ListAccounts", AttachmentsBy::Policy),
        ("ListPolicies", AttachmentsBy::Policy),
        ("DescribePolicy", AttachmentsBy::Policy),
        ("ListTargetsForPolicy", AttachmentsBy::Policy),
        ("ListPoliciesForTarget", AttachmentsBy::Target),
        ("ListTagsForResource", AttachmentsBy::Policy),
    ] {
        let options = FetchOptions { attachments_by: by, tags: true, attempts: 1, ..options() };
        let found = failure(
            vec![Rule::on(operation, Effect::EmptyObject).skip(usize::from(operation == "ListAccounts"))],
            &options,
        );
        assert!(matches!(found, FetchError::UnexpectedAnswer { .. }), "{operation}: {found}");
        assert_eq!(found.operation().map(Operation::as_str), Some(operation));
    }
}

#[test]
fn api_32_a_token_that_comes_again_is_an_error() {
    for operation in ["ListAccounts", "ListPolicies", "ListTargetsForPolicy"] {
        let options = FetchOptions { attachments_by: AttachmentsBy::Policy, ..options() };
        let text = failure(vec![Rule::on(operation, Effect::RepeatedToken)], &options).to_string();
        assert!(text.starts_with(&format!("the answer to `{operation}`")), "{text}");
        assert!(text.ends_with("page 2 has the token of page 1 again"), "{text}");
    }
}

#[test]
fn an_endpoint_that_is_not_there() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (outcome, _) = try_fetch(&format!("http://127.0.0.1:{port}"), &impatient());
    let found = outcome.unwrap_err();
    assert!(matches!(found, FetchError::Unreachable { .. }), "{found}");
    assert!(found.to_string().starts_with(&format!("cannot reach 127.0.0.1:{port}: ")), "{found}");

    // Plain HTTP where TLS is expected.
    let server = start(40, Settings::default());
    let (outcome, _) = try_fetch(&server.url().replace("http://", "https://"), &impatient());
    let found = outcome.unwrap_err();
    assert!(matches!(found, FetchError::Tls { .. }), "{found}");
}

#[test]
fn a_deadline_ends_the_fetch() {
    let server = start(40, Settings { script: vec![Rule::on("ListPolicies", Effect::Silence)], ..Settings::default() });
    let options = FetchOptions { deadline: Some(Duration::from_secs(2)), ..options() };
    let outcome = block_on(scproof_fetch::fetch(&client(&server.url()), &options, &()));
    assert!(matches!(outcome, Err(FetchError::Deadline { .. })), "{outcome:?}");
}

#[test]
fn an_answer_without_end_is_not_read() {
    let padded = |blanks: usize| vec![Rule::on("DescribePolicy", Effect::Padded(blanks)).times(1)];
    let text = failure(padded(10_000_000), &options()).to_string();
    assert!(text.starts_with("the answer to `DescribePolicy`") && text.ends_with("it has more than 10 MB"), "{text}");
    // Much of it is no fault.
    let server = start(40, Settings { script: padded(9_000_000), ..Settings::default() });
    try_fetch(&server.url(), &options()).0.unwrap();
}

/// What a server says may be anything: the token that the request had, and no end.
#[test]
fn our_own_token_is_never_repeated() {
    let message: &'static str = Box::leak(format!("bad {TOKEN} {}", "x".repeat(2_000)).into_boxed_str());
    for code in ["AccessDeniedException", "InvalidClientTokenId", "ExpiredTokenException", "InvalidInputException"] {
        let found = failure(vec![Rule::on("ListRoots", Effect::Error { status: 400, code, message })], &impatient());
        let text = format!("{found:?} {found}");
        assert!(!text.contains(TOKEN) && text.len() < 2_000, "{text}");
        assert!(text.contains("bad [credentials]"), "{text}");
    }
}

#[test]
fn the_endpoint_is_told() {
    let server = start(40, Settings::default());
    let (_, recorder) = try_fetch(&server.url(), &options());
    let asking = format!("asking {}", server.url());
    assert_eq!(recorder.notes().iter().filter(|note| note.text == asking).count(), 1, "{:?}", recorder.notes());
}
