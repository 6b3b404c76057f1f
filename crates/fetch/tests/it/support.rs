//! A client for a server of ours, and what the snapshots are compared with.

use std::time::Duration;

use aws_sdk_organizations::config::{BehaviorVersion, Config, Credentials, Region};
use scproof_fetch::{AttachmentsBy, Client, FetchError, FetchOptions, Inventory, Rates, Recorder, fetch, http_client};
use scproof_organizations_server::{Server, Settings, Sizes, World};

/// More than a page of everything that can have one, and small enough to be read in a moment.
pub(crate) const SIZES: Sizes = Sizes { accounts: 45, units: 21, policies: 24, resource_policies: 21, tags: 0 };

pub(crate) fn start(seed: u64, settings: Settings) -> Server {
    Server::start(World::generate(seed, &SIZES), settings).unwrap()
}

/// The token of the credentials.
pub(crate) const TOKEN: &str = "FwoGZXIvYXdzEXAMPLETOKEN";

/// A client with fixed credentials, which takes nothing from the environment.
pub(crate) fn client(url: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", Some(TOKEN.to_owned()), None, "test"))
        .endpoint_url(url)
        .http_client(http_client());
    Client::from_conf(config.build())
}

/// No pacing, and less patience than for AWS.
pub(crate) fn options() -> FetchOptions {
    FetchOptions {
        rates: Rates::unlimited(),
        attempt_timeout: Duration::from_secs(10),
        retry_for: Duration::from_mins(1),
        ..FetchOptions::default()
    }
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Fetches, and remembers what was told.
pub(crate) fn try_fetch(url: &str, options: &FetchOptions) -> (Result<Inventory, FetchError>, Recorder) {
    let recorder = Recorder::default();
    let outcome = block_on(fetch(&client(url), options, &recorder));
    (outcome, recorder)
}

/// Fetches; fails the test if that fails.
pub(crate) fn fetched(url: &str, options: &FetchOptions) -> (Inventory, Recorder) {
    let (outcome, recorder) = try_fetch(url, options);
    (outcome.unwrap_or_else(|error| panic!("{error}\n{:#?}", recorder.notes())), recorder)
}

/// A snapshot without what no truth can say: when it was taken, and from which port.
pub(crate) fn timeless(mut inventory: Inventory) -> Inventory {
    assert!(inventory.taken_at.is_some() && inventory.finished_at.is_some());
    assert!(inventory.source.as_ref().is_some_and(|source| source.starts_with("127.0.0.1:")), "{:?}", inventory.source);
    (inventory.taken_at, inventory.finished_at, inventory.source) = (None, None, None);
    inventory.consistent_at = None;
    inventory
}

/// Fails with the first lines that differ.
pub(crate) fn assert_same(found: &Inventory, expected: &Inventory, about: &str) {
    let (found, expected) = (found.to_json(), expected.to_json());
    if found == expected {
        return;
    }
    let differing: Vec<String> = found
        .lines()
        .zip(expected.lines())
        .enumerate()
        .filter(|(_, (found, expected))| found != expected)
        .take(10)
        .map(|(line, (found, expected))| format!("line {}: found {found}, expected {expected}", line + 1))
        .collect();
    let (lines, expected_lines) = (found.lines().count(), expected.lines().count());
    panic!("{about}: {lines} lines, expected {expected_lines}\n{}", differing.join("\n"));
}

pub(crate) const WAYS: [AttachmentsBy; 2] = [AttachmentsBy::Policy, AttachmentsBy::Target];
