//! The largest chain that AWS allows, and edits of it: what exact comparison is measured on.
//!
//! Root, five units and an account carry ten policies each, every one of them filled to the quota of 10,240 characters
//! but for an Allow of everything at each level.

use scproof_organization::{
    AccountRecord, AttachmentRecord, Inventory, OrganizationRecord, OuRecord, PolicyRecord, RootRecord,
};
use serde_json::{Value, json};

use crate::policies::{Theme, statements_of};
use scproof_testkit::Random;

/// The account at the end of the chain.
pub const ACCOUNT: &str = "222222222222";
/// The most characters of a policy (LIM-2).
const MOST: usize = 10_240;
const LEVELS: usize = 7;
const POLICIES: usize = 10;

/// A chain of seven levels with ten policies each, as large as AWS allows. The same seed gives the same chain.
pub fn full_chain(seed: u64) -> Inventory {
    let mut random = Random::new(seed);
    let mut inventory = Inventory::new(OrganizationRecord {
        id: "o-benchmark01".to_owned(),
        arn: Some("arn:aws:organizations::111111111111:organization/o-benchmark01".to_owned()),
        feature_set: "ALL".to_owned(),
        master_account_id: Some("111111111111".to_owned()),
        master_account_arn: None,
    });
    let root = "r-ab12".to_owned();
    let mut targets = vec![root.clone()];
    inventory.roots.push(RootRecord { id: root.clone(), arn: None, name: Some("Root".to_owned()), policy_types: None });
    for level in 1..LEVELS - 1 {
        let id = format!("ou-ab12-level{level:03}");
        let parent_id = targets.last().cloned().unwrap_or_default();
        inventory.organizational_units.push(OuRecord {
            id: id.clone(),
            arn: None,
            name: Some(format!("Level{level}")),
            parent_id,
            path: None,
        });
        targets.push(id);
    }
    inventory.accounts.push(AccountRecord {
        id: ACCOUNT.to_owned(),
        arn: None,
        name: Some("deep".to_owned()),
        email: None,
        state: None,
        status: None,
        parent_id: targets.last().cloned().unwrap_or_default(),
        tags: Vec::new(),
        paths: Vec::new(),
    });
    targets.push(ACCOUNT.to_owned());
    let everything =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let mut once = Vec::new();
    for (level, target) in targets.iter().enumerate() {
        for number in 0..POLICIES {
            let content = if number == 0 { everything.to_string() } else { large_policy(&mut random, &mut once) };
            let id = format!("p-level{level}policy{number}");
            inventory.policies.push(PolicyRecord {
                id: id.clone(),
                arn: None,
                name: Some(id.clone()),
                description: None,
                policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
                aws_managed: Some(false),
                content: Some(content),
            });
            inventory.attachments.push(AttachmentRecord { target_id: target.clone(), policy_id: id });
        }
    }
    inventory
}

/// A policy of many statements, as long as it may be.
fn large_policy(random: &mut Random, once: &mut Vec<Theme>) -> String {
    let mut statements: Vec<Value> = Vec::new();
    let mut text = String::new();
    loop {
        let theme = *random.pick(&Theme::GUARDS).unwrap_or(&Theme::RegionLock);
        // Guards that spare what they name block everything together, so that nothing else could be seen: one of each.
        if matches!(theme, Theme::Quarantine | Theme::Freeze) {
            continue;
        }
        if matches!(
            theme,
            Theme::RegionLock
                | Theme::NetworkPerimeter
                | Theme::DataPerimeter
                | Theme::SmallMachines
                | Theme::TeamNamespaces
        ) {
            if once.contains(&theme) {
                continue;
            }
            once.push(theme);
        }
        let mut longer = statements.clone();
        longer.extend(statements_of(theme, random));
        let document = json!({"Version": "2012-10-17", "Statement": longer}).to_string();
        if document.chars().count() > MOST {
            return text;
        }
        statements = longer;
        text = document;
    }
}

/// A small change to one policy of the chain, of a kind that follows from the seed: a statement more or less, another
/// action, other values, a policy detached.
pub fn edit(inventory: &Inventory, seed: u64) -> Inventory {
    let mut random = Random::new(seed);
    let mut edited = inventory.clone();
    let level = random.below(LEVELS);
    let number = 1 + random.below(POLICIES - 1);
    let id = format!("p-level{level}policy{number}");
    if random.chance(10) {
        edited.attachments.retain(|attachment| attachment.policy_id != id);
        return edited;
    }
    let Some(policy) = edited.policies.iter_mut().find(|policy| policy.id == id) else { return edited };
    let Some(mut document) = policy.content.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok()) else {
        return edited;
    };
    let Some(statements) = document.get_mut("Statement").and_then(Value::as_array_mut) else { return edited };
    let place = random.below(statements.len().max(1));
    match random.below(4) {
        0 => {
            statements.remove(place);
        }
        1 => {
            let theme = *random.pick(&Theme::GUARDS).unwrap_or(&Theme::RegionLock);
            statements.truncate(statements.len().saturating_sub(2));
            statements.extend(statements_of(theme, &mut random));
        }
        2 => {
            if let Some(statement) = statements.get_mut(place) {
                let name = if statement.get("Action").is_some() { "Action" } else { "NotAction" };
                if let Some(Value::Array(actions)) = statement.get_mut(name) {
                    actions.push(json!("sqs:Delete*"));
                }
            }
        }
        _ => {
            if let Some(Value::Object(operators)) =
                statements.get_mut(place).and_then(|statement| statement.get_mut("Condition"))
            {
                let first = operators.iter().next().map(|(name, _)| name.clone());
                first.and_then(|name| operators.remove(&name));
            }
        }
    }
    policy.content = Some(document.to_string());
    edited
}
