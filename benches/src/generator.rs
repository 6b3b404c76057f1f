//! Made-up organizations of any size.

use scproof_organization::{
    AccountRecord, AttachmentRecord, Inventory, OrganizationRecord, OuRecord, PolicyRecord, PolicyTypeRecord,
    RootRecord, Tag,
};

use crate::policies::{Theme, policy_text};
use scproof_testkit::Random;

/// What a made-up organization looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Member accounts; the management account comes on top. AWS allows up to 50,000.
    pub accounts: usize,
    /// Organizational units; AWS allows 2,000.
    pub units: usize,
    /// Different policies beside `FullAWSAccess`.
    pub policies: usize,
    /// Levels of units below the root, 1 to 5.
    pub depth: usize,
    /// Everything random follows from it.
    pub seed: u64,
}

impl Shape {
    /// A usual shape for a number of accounts: a unit for every 20 accounts, a policy for every 50, five levels.
    pub fn with_accounts(accounts: usize, seed: u64) -> Self {
        Self {
            accounts,
            units: (accounts / 20).clamp(8, 2_000),
            policies: (accounts / 50).clamp(40, 500),
            depth: 5,
            seed,
        }
    }
}

const FULL_ACCESS: &str = "p-FullAWSAccess";
const ROOT: &str = "r-b001";
const MANAGEMENT: &str = "100000000000";
const ORGANIZATION: &str = "o-benchmark01";
/// The most policies that a target gets (LIM-4).
const MOST: usize = 10;

/// Makes the snapshot of an organization. The same shape always gives the same snapshot.
///
/// - Units hang below one another in a lopsided tree, accounts crowd into some of them.
/// - Few policies are attached nearly everywhere, most in few places. Every target carries 1 to 10.
/// - One unit in twenty has an allow list in the place of `FullAWSAccess`.
/// - Most accounts have no policy of their own beside `FullAWSAccess`.
/// - One policy in ten has the same text as another one.
pub fn generate(shape: &Shape) -> Inventory {
    let mut random = Random::new(shape.seed);
    let mut inventory = Inventory::new(OrganizationRecord {
        id: ORGANIZATION.to_owned(),
        arn: Some(format!("arn:aws:organizations::{MANAGEMENT}:organization/{ORGANIZATION}")),
        feature_set: "ALL".to_owned(),
        master_account_id: Some(MANAGEMENT.to_owned()),
        master_account_arn: None,
    });
    inventory.roots.push(RootRecord {
        id: ROOT.to_owned(),
        arn: Some(format!("arn:aws:organizations::{MANAGEMENT}:root/{ORGANIZATION}/{ROOT}")),
        name: Some("Root".to_owned()),
        policy_types: Some(vec![PolicyTypeRecord {
            policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
            status: "ENABLED".to_owned(),
        }]),
    });
    let library = policies(shape, &mut random, &mut inventory);
    attach_to_root(&library, &mut inventory);
    let units = units(shape, &library, &mut random, &mut inventory);
    accounts(shape, &library, &units, &mut random, &mut inventory);
    inventory.sort();
    inventory
}

/// Ids of the policies by what they do.
struct Library {
    /// The most used first.
    guards: Vec<String>,
    allow_lists: Vec<String>,
}

fn policies(shape: &Shape, random: &mut Random, inventory: &mut Inventory) -> Library {
    inventory.policies.push(PolicyRecord {
        id: FULL_ACCESS.to_owned(),
        arn: Some(format!("arn:aws:organizations::aws:policy/service_control_policy/{FULL_ACCESS}")),
        name: Some("FullAWSAccess".to_owned()),
        description: Some("Allows access to every operation".to_owned()),
        policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
        aws_managed: Some(true),
        content: Some(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#.to_owned(),
        ),
    });
    let mut library = Library { guards: Vec::new(), allow_lists: Vec::new() };
    for number in 0..shape.policies {
        let allow_list = number % 10 == 9;
        let themes: &[Theme] = if allow_list { &Theme::ALLOW_LISTS } else { &Theme::GUARDS };
        // The first of each theme in order, so that the policies of the root are always there.
        let theme = themes.get(number).copied().or_else(|| random.pick(themes).copied()).unwrap_or(Theme::DenyRoot);
        let copied = if random.chance(10) { copied_text(inventory, random) } else { None };
        let text = copied.filter(|_| !allow_list).unwrap_or_else(|| policy_text(theme, random));
        let id = format!("p-{number:08}");
        if allow_list { &mut library.allow_lists } else { &mut library.guards }.push(id.clone());
        inventory.policies.push(PolicyRecord {
            arn: Some(format!("arn:aws:organizations::{MANAGEMENT}:policy/{ORGANIZATION}/service_control_policy/{id}")),
            id,
            name: Some(format!("{}-{number}", theme.name())),
            description: None,
            policy_type: "SERVICE_CONTROL_POLICY".to_owned(),
            aws_managed: Some(false),
            content: Some(text),
        });
    }
    library
}

/// The text of a guard that is there already: people copy.
fn copied_text(inventory: &Inventory, random: &mut Random) -> Option<String> {
    let guards: Vec<&PolicyRecord> = inventory
        .policies
        .iter()
        .filter(|policy| {
            !policy.name.as_deref().is_some_and(|name| name.starts_with("allow-") || name.starts_with("Full"))
        })
        .collect();
    random.pick(&guards).and_then(|policy| policy.content.clone())
}

fn attach_to_root(library: &Library, inventory: &mut Inventory) {
    attach(inventory, ROOT, FULL_ACCESS);
    for id in library.guards.iter().take(4) {
        attach(inventory, ROOT, id);
    }
}

fn attach(inventory: &mut Inventory, target: &str, policy: &str) {
    inventory.attachments.push(AttachmentRecord { target_id: target.to_owned(), policy_id: policy.to_owned() });
}

/// Attaches a base policy and `count` different guards, the usual ones most often.
fn attach_guards(
    inventory: &mut Inventory,
    target: &str,
    base: &str,
    library: &Library,
    count: usize,
    random: &mut Random,
) {
    attach(inventory, target, base);
    let mut chosen: Vec<usize> = (0..count).map(|_| random.skewed(library.guards.len())).collect();
    chosen.sort_unstable();
    chosen.dedup();
    for id in chosen.into_iter().filter_map(|index| library.guards.get(index)) {
        attach(inventory, target, id);
    }
}

/// Returns the ids of the units, each after its parent.
fn units(shape: &Shape, library: &Library, random: &mut Random, inventory: &mut Inventory) -> Vec<String> {
    let mut units: Vec<(String, usize)> = Vec::with_capacity(shape.units);
    for number in 0..shape.units {
        let parents: Option<&(String, usize)> = if number < 8 {
            None
        } else {
            // Deep enough already: the top level instead.
            let at = random.below(units.len());
            units.get(at).filter(|(_, depth)| *depth < shape.depth)
        };
        let (parent, depth) = parents.map_or((ROOT.to_owned(), 1), |(id, depth)| (id.clone(), depth + 1));
        let id = format!("ou-b001-{number:08}");
        inventory.organizational_units.push(OuRecord {
            id: id.clone(),
            arn: Some(format!("arn:aws:organizations::{MANAGEMENT}:ou/{ORGANIZATION}/{id}")),
            name: Some(format!("Unit{number}")),
            parent_id: parent,
            path: None,
        });
        let base = if random.chance(5) { random.pick(&library.allow_lists) } else { None };
        let base = base.cloned().unwrap_or_else(|| FULL_ACCESS.to_owned());
        let guards = random.skewed(MOST);
        attach_guards(inventory, &id, &base, library, guards, random);
        units.push((id, depth));
    }
    units.into_iter().map(|(id, _)| id).collect()
}

fn accounts(shape: &Shape, library: &Library, units: &[String], random: &mut Random, inventory: &mut Inventory) {
    for number in 0..=shape.accounts {
        let id = if number == 0 { MANAGEMENT.to_owned() } else { format!("2{number:011}") };
        // Half of them spread evenly, the others crowd.
        let at = if random.chance(50) { random.below(units.len()) } else { random.skewed(units.len()) };
        let parent = if number == 0 || random.chance(1) { None } else { units.get(at) };
        let parent = parent.cloned().unwrap_or_else(|| ROOT.to_owned());
        let environment = ["prod", "test", "dev"].get(random.below(3)).copied().unwrap_or_default();
        inventory.accounts.push(AccountRecord {
            arn: Some(format!("arn:aws:organizations::{MANAGEMENT}:account/{ORGANIZATION}/{id}")),
            name: Some(if number == 0 {
                "management".to_owned()
            } else {
                format!("team-{}-{environment}-{number}", number % 97)
            }),
            email: Some(format!("aws+{number}@example.com")),
            state: Some("ACTIVE".to_owned()),
            parent_id: parent,
            tags: vec![Tag { key: "environment".to_owned(), value: environment.to_owned() }],
            ..AccountRecord { id: id.clone(), ..AccountRecord::default() }
        });
        let guards = match random.below(100) {
            0..70 => 0,
            70..95 => 1,
            _ => random.below(MOST),
        };
        attach_guards(inventory, &id, FULL_ACCESS, library, guards, random);
    }
}
