//! Organizations that are hard in one way each: what grows is a number, everything else is small.
//!
//! Their curves are in `docs/performance.md`. [`generate`](crate::generate) makes organizations as companies have them.

use scproof_organization::{
    AccountRecord, AttachmentRecord, Inventory, OrganizationRecord, OuRecord, PolicyRecord, PolicyTypeRecord,
    RootRecord,
};
use serde_json::{Value, json};

use scproof_testkit::Random;

/// In which way an organization is hard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hard {
    /// So many accounts, each with a policy of its own.
    OwnPolicies,
    /// So many accounts alike in one unit, with an Allow under conditions at each of five levels.
    ConditionalLevels,
    /// The same, where conditions name principals and their ids.
    NamedCallers,
    /// So many statements whose action patterns have two runs and that list two resource patterns with two runs each.
    StarPatterns,
    /// One account, and so many action patterns that begin with a wildcard service.
    StarActions,
    /// So many statements with three conditions each, on 36 tag keys by chance.
    TagKeys,
    /// So many statements on one action, each on a key of its own.
    ManyKeys,
}

impl Hard {
    /// All of them, with the names that the example `hard` takes.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::OwnPolicies, "own-policies"),
        (Self::ConditionalLevels, "conditional-levels"),
        (Self::NamedCallers, "named-callers"),
        (Self::StarPatterns, "star-patterns"),
        (Self::StarActions, "star-actions"),
        (Self::TagKeys, "tag-keys"),
        (Self::ManyKeys, "many-keys"),
    ];
}

const ROOT: &str = "r-b001";
const MANAGEMENT: &str = "100000000000";
const FULL_ACCESS: &str = "p-FullAWSAccess";
/// What a policy may hold (LIM-2).
const MOST_CHARACTERS: usize = 10_000;
/// Actions that policies name by chance.
const ACTIONS: [&str; 12] = [
    "s3:GetObject",
    "s3:PutBucketPolicy",
    "ec2:RunInstances",
    "ec2:StopInstances",
    "iam:CreateUser",
    "kms:Decrypt",
    "sqs:SendMessage",
    "lambda:InvokeFunction",
    "dynamodb:PutItem",
    "rds:CreateDBInstance",
    "sns:Publish",
    "logs:DeleteLogGroup",
];

/// Makes the snapshot of an organization that is hard in one way. The same number and seed always give the same.
///
/// ```
/// use scproof_benches::{Hard, hard};
/// use scproof_organization::Organization;
///
/// for (shape, _) in Hard::ALL {
///     let organization = Organization::from_inventory(&hard(shape, 12, 1))?;
///     assert!(organization.policies().len() >= 2, "{shape:?}");
/// }
/// # Ok::<(), scproof_organization::LoadError>(())
/// ```
pub fn hard(shape: Hard, size: usize, seed: u64) -> Inventory {
    let mut making = Making { inventory: empty(), random: Random::new(seed) };
    match shape {
        Hard::OwnPolicies => making.own_policies(size),
        Hard::ConditionalLevels => making.levels(size, "aws:PrincipalTag/team", "blue-*"),
        Hard::NamedCallers => making.levels(size, "aws:userid", "AROA2EXAMPLE*:level-*"),
        Hard::StarPatterns | Hard::StarActions | Hard::TagKeys | Hard::ManyKeys => making.one_account(shape, size),
    }
    making.inventory.sort();
    making.inventory
}

struct Making {
    inventory: Inventory,
    random: Random,
}

impl Making {
    fn own_policies(&mut self, size: usize) {
        for number in 0..size {
            let actions: Vec<&str> = self.random.sample(&ACTIONS, 5);
            let content = deny(
                &json!(actions),
                &json!("*"),
                &json!({"StringNotEquals": {"aws:RequestedRegion": format!("eu-{number}")}}),
            );
            let account = self.account(number, ROOT);
            let policy = self.policy(number, &[content]);
            self.attach(&account, FULL_ACCESS);
            self.attach(&account, &policy);
        }
    }

    fn levels(&mut self, size: usize, key: &str, value: &str) {
        let mut parent = ROOT.to_owned();
        for level in 0..5 {
            if level > 0 {
                let id = format!("ou-b001-{level:08}");
                let unit = OuRecord {
                    arn: Some(format!("arn:aws:organizations::{MANAGEMENT}:ou/o-benchmark01/{id}")),
                    name: Some(format!("Level{level}")),
                    parent_id: parent,
                    path: None,
                    id: id.clone(),
                };
                self.inventory.organizational_units.push(unit);
                parent = id;
            }
            let allows: Vec<Value> = (0..3)
                .map(|number| {
                    let actions = ["s3:*", "ec2:*", "*:G*"].get(number).copied().unwrap_or("*");
                    let regions = json!(["eu-west-1", format!("eu-south-{number}")]);
                    let callers = json!({key: format!("{value}{level}-{number}")});
                    json!({"Effect": "Allow", "Action": actions, "Resource": "*",
                        "Condition": {"StringLike": callers, "StringEquals": {"aws:RequestedRegion": regions}}})
                })
                .collect();
            let policy = self.policy(level, &allows);
            if level == 0 {
                self.inventory.attachments.retain(|attachment| attachment.target_id != ROOT);
            }
            self.attach(&parent, &policy);
        }
        for number in 0..size {
            let account = self.account(number, &parent);
            self.attach(&account, FULL_ACCESS);
        }
    }

    /// One account, whose statements stand at the root, as few policies as hold them.
    fn one_account(&mut self, shape: Hard, size: usize) {
        let account = self.account(0, ROOT);
        self.attach(&account, FULL_ACCESS);
        let statements: Vec<Value> = (0..size).map(|number| self.statement(shape, number)).collect();
        let mut policies: Vec<Vec<Value>> = vec![Vec::new()];
        let mut length = 0;
        for statement in statements {
            let more = statement.to_string().len() + 1;
            if length + more > MOST_CHARACTERS {
                policies.push(Vec::new());
                length = 0;
            }
            length += more;
            policies.last_mut().into_iter().for_each(|last| last.push(statement.clone()));
        }
        for (number, statements) in policies.into_iter().enumerate() {
            let policy = self.policy(number, &statements);
            self.attach(ROOT, &policy);
        }
    }

    fn statement(&mut self, shape: Hard, number: usize) -> Value {
        let letters =
            |random: &mut Random| -> String { (0..2).filter_map(|_| ('a'..='z').nth(random.below(26))).collect() };
        let (one, other) = (letters(&mut self.random), letters(&mut self.random));
        let random = &mut self.random;
        match shape {
            Hard::StarPatterns => {
                let resources = [format!("*{one}*{number}*"), format!("*{number}*{other}*")];
                deny(&json!(format!("*{one}*{other}*")), &json!(resources), &json!({}))
            }
            Hard::StarActions => deny(&json!(format!("*:*{}*{other}*", one.to_uppercase())), &json!("*"), &json!({})),
            Hard::TagKeys => {
                let mut keys: Vec<String> = (0..36).map(|key| format!("aws:PrincipalTag/k{key}")).collect();
                keys = random.sample(&keys, 3);
                let conditions: serde_json::Map<String, Value> =
                    keys.into_iter().map(|key| (key, json!(format!("v{}", random.below(2))))).collect();
                deny(&json!("s3:*"), &json!("*"), &json!({"StringEquals": conditions}))
            }
            Hard::ManyKeys | Hard::OwnPolicies | Hard::ConditionalLevels | Hard::NamedCallers => {
                let key = format!("aws:RequestTag/key{number}");
                deny(&json!("ec2:RunInstances"), &json!("*"), &json!({"StringEquals": {key: "no"}}))
            }
        }
    }

    fn account(&mut self, number: usize, parent: &str) -> String {
        let id = format!("2{number:011}");
        self.inventory.accounts.push(AccountRecord {
            arn: Some(format!("arn:aws:organizations::{MANAGEMENT}:account/o-benchmark01/{id}")),
            name: Some(format!("account-{number}")),
            email: Some(format!("aws+{number}@example.com")),
            state: Some("ACTIVE".to_owned()),
            parent_id: parent.to_owned(),
            ..AccountRecord { id: id.clone(), ..AccountRecord::default() }
        });
        id
    }

    fn policy(&mut self, number: usize, statements: &[Value]) -> String {
        let id = format!("p-{number:08}");
        let content = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        self.inventory.policies.push(policy_record(&id, &format!("policy-{number}"), &content));
        id
    }

    fn attach(&mut self, target: &str, policy: &str) {
        let attachment = AttachmentRecord { target_id: target.to_owned(), policy_id: policy.to_owned() };
        self.inventory.attachments.push(attachment);
    }
}

fn deny(action: &Value, resource: &Value, condition: &Value) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource, "Condition": condition})
}

fn policy_record(id: &str, name: &str, content: &str) -> PolicyRecord {
    let owner = if id == FULL_ACCESS { "aws:policy" } else { "100000000000:policy/o-benchmark01" };
    PolicyRecord {
        id: id.to_owned(),
        arn: Some(format!("arn:aws:organizations::{owner}/service_control_policy/{id}")),
        name: Some(name.to_owned()),
        description: None,
        policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
        aws_managed: Some(id == FULL_ACCESS),
        content: Some(content.to_owned()),
    }
}

/// A root with full access, and the management account.
fn empty() -> Inventory {
    let mut inventory = Inventory::new(OrganizationRecord {
        id: "o-benchmark01".to_owned(),
        arn: Some(format!("arn:aws:organizations::{MANAGEMENT}:organization/o-benchmark01")),
        feature_set: "ALL".to_owned(),
        master_account_id: Some(MANAGEMENT.to_owned()),
        master_account_arn: None,
    });
    inventory.roots.push(RootRecord {
        id: ROOT.to_owned(),
        arn: Some(format!("arn:aws:organizations::{MANAGEMENT}:root/o-benchmark01/{ROOT}")),
        name: Some("Root".to_owned()),
        policy_types: Some(vec![PolicyTypeRecord {
            policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
            status: "ENABLED".to_owned(),
        }]),
    });
    let everything = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    inventory.policies.push(policy_record(FULL_ACCESS, "FullAWSAccess", everything));
    let full_access = AttachmentRecord { target_id: ROOT.to_owned(), policy_id: FULL_ACCESS.to_owned() };
    let management = AttachmentRecord { target_id: MANAGEMENT.to_owned(), ..full_access.clone() };
    inventory.attachments.extend([full_access, management]);
    inventory.accounts.push(AccountRecord {
        name: Some("management".to_owned()),
        state: Some("ACTIVE".to_owned()),
        parent_id: ROOT.to_owned(),
        ..AccountRecord { id: MANAGEMENT.to_owned(), ..AccountRecord::default() }
    });
    inventory
}
