//! The emulator moto: another implementation of the protocol, so that we do not only agree with ourselves.
//!
//! `.ci/run` installs it at a pinned version and runs this test; `cargo test` passes it over and says so, as it needs
//! nothing but Rust:
//!
//! ```console
//! $ MOTO_PACKAGES=folder/with/moto cargo test -p scproof-fetch --test it -- --ignored moto
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use aws_sdk_organizations::types::{PolicyType, Tag};
use scproof_evaluator::{CompiledOrganization, Decision, EvaluationOptions, Request};
use scproof_fetch::{Client, FetchOptions, Inventory};
use scproof_organization::Organization;
use scproof_redact::{RedactionKey, Redactor};
use tempfile::TempDir;

use crate::support::{WAYS, block_on, client, fetched, options, timeless};

const MANAGEMENT: &str = "123456789012";

/// Ends with standard input, so that it ends with this process whatever happens to it.
const PROGRAM: &str = "
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
from moto.server import main
main(['-H', '127.0.0.1', '-p', '0'])
";

/// A running emulator.
struct Moto {
    child: Child,
    input: Option<ChildStdin>,
    url: String,
    _log: TempDir,
}

impl Moto {
    fn start() -> Self {
        let packages =
            std::env::var_os("MOTO_PACKAGES").expect("MOTO_PACKAGES names a folder with moto, as in .ci/run");
        let folder = tempfile::tempdir().unwrap();
        // A file, since a pipe that nobody reads fills up: it logs each request.
        let log_path = folder.path().join("log");
        let log = File::create(&log_path).unwrap();
        let mut child = Command::new("python3")
            .args(["-c", PROGRAM])
            .env("PYTHONPATH", packages)
            // Without it each request looks through all accounts.
            .env("MOTO_ACCOUNT_ID", MANAGEMENT)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("python3 is needed to run the emulator moto");
        let mut moto = Self { input: child.stdin.take(), child, url: String::new(), _log: folder };
        while moto.url.is_empty() {
            let text = std::fs::read_to_string(&log_path).unwrap();
            let line = text.lines().find_map(|line| line.split_once("Running on "));
            if let Some((_, url)) = line {
                url.trim().clone_into(&mut moto.url);
            }
            let ended = moto.child.try_wait().unwrap();
            assert!(ended.is_none(), "moto does not start: {ended:?}\n{text}");
            std::thread::sleep(Duration::from_millis(20));
        }
        moto
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.input.take());
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// What was created.
#[derive(Debug, Default)]
struct Created {
    organization: String,
    root: String,
    /// Name and parent by id.
    units: BTreeMap<String, (String, String)>,
    /// Name and parent by id.
    accounts: BTreeMap<String, (String, String)>,
    tags: BTreeMap<String, BTreeMap<String, String>>,
    /// Name, type and text by id.
    policies: BTreeMap<String, (String, String, String)>,
    attachments: BTreeSet<(String, String)>,
}

impl Created {
    async fn unit(&mut self, client: &Client, name: &str, parent: &str) -> String {
        let answer = client.create_organizational_unit().name(name).parent_id(parent).send().await.unwrap();
        let id = answer.organizational_unit.unwrap().id.unwrap();
        self.units.insert(id.clone(), (name.to_owned(), parent.to_owned()));
        self.attachments.insert((id.clone(), "p-FullAWSAccess".to_owned()));
        id
    }

    async fn account(&mut self, client: &Client, name: &str, parent: &str, tags: &[(String, String)]) -> String {
        let mut request = client.create_account().account_name(name).email(format!("{name}@example.com"));
        for (key, value) in tags {
            request = request.tags(Tag::builder().key(key).value(value).build().unwrap());
        }
        let id = request.send().await.unwrap().create_account_status.unwrap().account_id.unwrap();
        if parent != self.root {
            let request = client.move_account().account_id(&id).source_parent_id(&self.root);
            request.destination_parent_id(parent).send().await.unwrap();
        }
        self.accounts.insert(id.clone(), (name.to_owned(), parent.to_owned()));
        self.tags.insert(id.clone(), tags.iter().cloned().collect());
        self.attachments.insert((id.clone(), "p-FullAWSAccess".to_owned()));
        id
    }

    async fn policy(&mut self, client: &Client, name: &str, policy_type: &PolicyType, content: &str) -> String {
        let request = client.create_policy().name(name).description(format!("about {name}"));
        let answer = request.r#type(policy_type.clone()).content(content).send().await.unwrap();
        let id = answer.policy.unwrap().policy_summary.unwrap().id.unwrap();
        let entry = (name.to_owned(), policy_type.as_str().to_owned(), content.to_owned());
        self.policies.insert(id.clone(), entry);
        id
    }

    async fn attach(&mut self, client: &Client, policy: &str, target: &str) {
        client.attach_policy().policy_id(policy).target_id(target).send().await.unwrap();
        self.attachments.insert((target.to_owned(), policy.to_owned()));
    }

    async fn detach(&mut self, client: &Client, policy: &str, target: &str) {
        client.detach_policy().policy_id(policy).target_id(target).send().await.unwrap();
        self.attachments.remove(&(target.to_owned(), policy.to_owned()));
    }
}

const DENY: &str = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\"Effect\": \"Deny\", \"Action\": \"s3:DeleteBucket\", \"Resource\": \"*\"}\n}";
const FULL_ACCESS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// Three levels of units, 60 accounts, more than a page of units, accounts, policies and targets.
async fn create(client: &Client) -> Created {
    let mut created = Created::default();
    let organization = client.create_organization().send().await.unwrap().organization.unwrap();
    created.organization = organization.id.unwrap();
    created.root = client.list_roots().send().await.unwrap().roots.unwrap()[0].id.clone().unwrap();
    let root = created.root.clone();
    for policy_type in [PolicyType::ServiceControlPolicy, PolicyType::from("RESOURCE_CONTROL_POLICY")] {
        client.enable_policy_type().root_id(&root).policy_type(policy_type).send().await.unwrap();
    }
    created.accounts.insert(MANAGEMENT.to_owned(), ("master".to_owned(), root.clone()));
    for target in [root.as_str(), MANAGEMENT] {
        created.attachments.insert((target.to_owned(), "p-FullAWSAccess".to_owned()));
    }

    let workloads = created.unit(client, "Workloads", &root).await;
    let prod = created.unit(client, "Prod", &workloads).await;
    let shops = created.unit(client, "Shops", &prod).await;
    let mut parents = vec![root.clone(), workloads.clone(), prod.clone()];
    for number in 0..21 {
        parents.push(created.unit(client, &format!("Team {number}"), &root).await);
    }
    for number in 0..59_usize {
        // More than a page below one unit.
        let parent = if number < 25 { shops.clone() } else { parents[number % parents.len()].clone() };
        let tags: Vec<(String, String)> = match number % 3 {
            0 => Vec::new(),
            count => (0..count * 12).map(|tag| (format!("key-{tag:02}"), format!("value {number} é"))).collect(),
        };
        created.account(client, &format!("account-{number:02}"), &parent, &tags).await;
    }

    let scp = PolicyType::ServiceControlPolicy;
    let deny = created.policy(client, "KeepBuckets", &scp, DENY).await;
    created.attach(client, &deny, &prod).await;
    let everywhere = created.policy(client, "Everywhere", &scp, FULL_ACCESS).await;
    let accounts: Vec<String> = created.accounts.keys().take(30).cloned().collect();
    for account in accounts {
        created.attach(client, &everywhere, &account).await;
    }
    // An allow list: FullAWSAccess is detached where something else is attached.
    let only_ec2 = FULL_ACCESS.replace("\"Action\":\"*\"", "\"Action\":\"ec2:*\"");
    let only_ec2 = created.policy(client, "OnlyEc2", &scp, &only_ec2).await;
    let team = parents[5].clone();
    created.attach(client, &only_ec2, &team).await;
    created.detach(client, "p-FullAWSAccess", &team).await;
    for number in 0..22 {
        let content = FULL_ACCESS
            .replace("Allow", "Deny")
            .replace("\"Resource\":\"*\"", &format!("\"Resource\":\"arn:aws:s3:::b{number}/\\u00e9\""));
        let id = created.policy(client, &format!("Policy {number}"), &scp, &content).await;
        if number % 2 == 0 {
            created.attach(client, &id, &parents[number % parents.len()]).await;
        }
    }
    let content =
        FULL_ACCESS.replace("\"Allow\",\"Action\":\"*\"", "\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:PutObject\"");
    let rcp = created.policy(client, "NoUploads", &PolicyType::from("RESOURCE_CONTROL_POLICY"), &content).await;
    created.attach(client, &rcp, &workloads).await;
    created
}

/// Compares a snapshot item by item with what was created.
fn compare(found: &Inventory, created: &Created) {
    assert_eq!(found.organization.id, created.organization);
    assert_eq!(found.organization.feature_set, "ALL");
    assert_eq!(found.organization.master_account_id.as_deref(), Some(MANAGEMENT));
    assert_eq!(found.roots.len(), 1);
    assert_eq!(found.roots[0].id, created.root);
    let types: Vec<(&str, &str)> = (found.roots[0].policy_types.iter().flatten())
        .map(|entry| (entry.policy_type.as_str(), entry.status.as_str()))
        .collect();
    assert_eq!(types, [("RESOURCE_CONTROL_POLICY", "ENABLED"), ("SERVICE_CONTROL_POLICY", "ENABLED")]);

    let units = found
        .organizational_units
        .iter()
        .map(|unit| (unit.id.clone(), (unit.name.clone().unwrap(), unit.parent_id.clone())));
    assert_eq!(units.collect::<BTreeMap<_, _>>(), created.units);
    let accounts = found
        .accounts
        .iter()
        .map(|account| (account.id.clone(), (account.name.clone().unwrap(), account.parent_id.clone())));
    assert_eq!(accounts.collect::<BTreeMap<_, _>>(), created.accounts);
    for account in found.accounts.iter().filter(|account| account.id != MANAGEMENT) {
        assert_eq!(account.email, account.name.as_ref().map(|name| format!("{name}@example.com")));
        assert_eq!(account.state.as_ref().or(account.status.as_ref()).map(String::as_str), Some("ACTIVE"));
        let suffix = format!(":account/{}/{}", created.organization, account.id);
        assert!(account.arn.as_ref().unwrap().ends_with(&suffix), "{:?}", account.arn);
        let tags: BTreeMap<String, String> =
            account.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
        assert_eq!(tags, created.tags[&account.id]);
    }

    let own = found.policies.iter().filter(|policy| policy.aws_managed == Some(false));
    let own = own.map(|policy| {
        let name = policy.name.clone().unwrap();
        assert_eq!(policy.description, Some(format!("about {name}")));
        (policy.id.clone(), (name, policy.policy_type.clone(), policy.content.clone().unwrap()))
    });
    assert_eq!(own.collect::<BTreeMap<_, _>>(), created.policies);
    let of_aws: BTreeSet<&str> = (found.policies.iter().filter(|policy| policy.aws_managed == Some(true)))
        .map(|policy| policy.id.as_str())
        .collect();
    assert_eq!(of_aws, BTreeSet::from(["p-FullAWSAccess", "p-RCPFullAWSAccess"]));
    let attachments: BTreeSet<(String, String)> = (found.attachments.iter())
        .filter(|attachment| attachment.policy_id != "p-RCPFullAWSAccess")
        .map(|attachment| (attachment.target_id.clone(), attachment.policy_id.clone()))
        .collect();
    assert_eq!(attachments, created.attachments);
    assert_eq!(found.unreadable, []);
}

#[test]
#[ignore = "needs the emulator moto: `.ci/run` has it"]
fn an_organization_of_moto_item_by_item() {
    let moto = Moto::start();
    let created = block_on(create(&client(&moto.url)));
    let mut texts = Vec::new();
    for attachments_by in WAYS {
        let options = FetchOptions { tags: true, attachments_by, ..options() };
        let (inventory, _) = fetched(&moto.url, &options);
        let inventory = timeless(inventory);
        compare(&inventory, &created);
        texts.push(inventory.to_json());
    }
    assert!(texts[0] == texts[1], "API-38: both ways give the same bytes");

    // A question, on the snapshot and on the redacted one.
    let inventory = Inventory::from_json(&texts[0]).unwrap();
    let redactor = Redactor::new(&inventory, &RedactionKey::random().unwrap());
    let account = |name: &str| created.accounts.iter().find(|(_, (found, _))| found == name).unwrap().0.clone();
    let ask = |inventory: &Inventory, account: &str, action: &str| {
        let organization = Organization::from_inventory(inventory).unwrap();
        let compiled = CompiledOrganization::compile(organization, EvaluationOptions::default());
        compiled.ask(&Request::new(account, action)).unwrap()
    };
    let redacted = redactor.redact(&inventory);
    for (name, action, expected) in [
        ("account-03", "s3:DeleteBucket", Decision::ExplicitDeny),
        ("account-03", "s3:CreateBucket", Decision::Allowed),
        ("account-29", "s3:CreateBucket", Decision::ImplicitDeny),
        ("account-29", "ec2:RunInstances", Decision::Allowed),
        ("account-30", "s3:DeleteBucket", Decision::Allowed),
    ] {
        let parent = &created.accounts[&account(name)].1;
        assert_eq!(ask(&inventory, &account(name), action), expected, "{name} in {parent} {action}");
        assert_eq!(ask(&redacted, &redactor.text(&account(name)), action), expected, "{name} {action}, redacted");
    }
    assert!(!redacted.to_json().contains(&account("account-03")));
}
