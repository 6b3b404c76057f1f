//! Organizations from a seed: the same seed and sizes, the same organization.

use std::collections::BTreeMap;

use crate::world::{Account, Policy, RCP, SCP, Unit, World};

/// How large an organization is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Accounts, the management account included.
    pub accounts: usize,
    /// Organizational units.
    pub units: usize,
    /// Service control policies besides `FullAWSAccess`.
    pub policies: usize,
    /// Resource control policies besides `RCPFullAWSAccess`; with none the type is not enabled.
    pub resource_policies: usize,
    /// The accounts get up to so many tags.
    pub tags: usize,
}

impl Default for Sizes {
    /// Something small with all kinds of things.
    fn default() -> Self {
        Self { accounts: 60, units: 12, policies: 25, resource_policies: 0, tags: 0 }
    }
}

/// A small generator of numbers (splitmix64): reproducible, and good enough for tests.
#[derive(Debug, Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound, which must not be 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or_default()
    }

    fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).filter_map(|_| alphabet.get(self.below(alphabet.len())).map(|byte| char::from(*byte))).collect()
    }

    fn id(&mut self, length: usize) -> String {
        self.text(b"0123456789abcdefghijklmnopqrstuvwxyz", length)
    }

    fn pick<'i, T>(&mut self, items: &'i [T]) -> Option<&'i T> {
        items.get(self.below(items.len()))
    }
}

/// AWS nests units five deep at most (LIM-6).
const DEEPEST: usize = 5;

/// AWS attaches so many SCPs to one target at most (LIM-4), and so many RCPs (LIM-7).
const MOST_SCPS: usize = 10;
const MOST_RCPS: usize = 5;

impl World {
    /// Makes an organization from a seed. Units are up to five deep; accounts are spread over all of them and the root;
    /// policies are attached to few or many targets, and some targets lack `FullAWSAccess`.
    pub fn generate(seed: u64, sizes: &Sizes) -> Self {
        let mut random = Random(seed);
        let root_part = random.id(4);
        let root = format!("r-{root_part}");
        let management = account_id(&mut random);
        let types = [SCP, RCP].into_iter().take(1 + usize::from(sizes.resource_policies > 0));
        let mut world = Self {
            id: format!("o-{}", random.id(10)),
            feature_set: "ALL".to_owned(),
            management: management.clone(),
            root: root.clone(),
            policy_types: types.map(|policy_type| (policy_type.to_owned(), "ENABLED".to_owned())).collect(),
            units: BTreeMap::new(),
            accounts: BTreeMap::new(),
            policies: BTreeMap::new(),
            targets: BTreeMap::new(),
        };
        let mut parents = vec![(root.clone(), 0)];
        for number in 0..sizes.units {
            let open: Vec<(String, usize)> =
                parents.iter().rev().take(40).filter(|(_, depth)| *depth < DEEPEST).cloned().collect();
            let (parent, depth) = random.pick(&open).cloned().unwrap_or((root.clone(), 0));
            let id = format!("ou-{root_part}-{}", random.id(8));
            world.units.insert(id.clone(), Unit { name: format!("Unit {number} é"), parent });
            parents.push((id, depth + 1));
        }
        while world.accounts.len() < sizes.accounts {
            let number = world.accounts.len();
            let id = if number == 0 { management.clone() } else { account_id(&mut random) };
            let parent = random.pick(&parents).map_or(root.clone(), |(id, _)| id.clone());
            // Now and then more than one page of tags.
            let count = match (sizes.tags, number % 25) {
                (0, _) => 0,
                (tags, 1) => (5 * tags).min(50),
                (tags, _) => random.below(tags + 1),
            };
            let state = if random.below(20) == 0 { "SUSPENDED" } else { "ACTIVE" };
            world.accounts.insert(
                id,
                Account {
                    name: format!("account-{number}"),
                    email: format!("aws+{number}@example.com"),
                    state: state.to_owned(),
                    parent: if number == 0 { root.clone() } else { parent },
                    tags: (0..count).map(|tag| (format!("tag-{tag:02}"), random.id(6))).collect(),
                },
            );
        }
        world.attach_full_access();
        let targets: Vec<String> =
            parents.iter().map(|(id, _)| id.clone()).chain(world.accounts.keys().cloned()).collect();
        world.add_policies(&mut random, SCP, sizes.policies, &targets, MOST_SCPS);
        world.add_policies(&mut random, RCP, sizes.resource_policies, &targets, MOST_RCPS);
        world.detach_full_access(&mut random);
        world
    }

    fn attach_full_access(&mut self) {
        let everything: Vec<String> =
            [&self.root].into_iter().chain(self.units.keys()).chain(self.accounts.keys()).cloned().collect();
        for policy_type in self.policy_types.keys() {
            let id = Self::full_access(policy_type);
            let principal = if policy_type == RCP { "\"Principal\":\"*\"," } else { "" };
            let statement = format!("{{\"Effect\":\"Allow\",{principal}\"Action\":\"*\",\"Resource\":\"*\"}}");
            self.policies.insert(
                id.to_owned(),
                Policy {
                    name: id.trim_start_matches("p-").to_owned(),
                    description: "Allows access to every operation".to_owned(),
                    policy_type: policy_type.clone(),
                    aws_managed: true,
                    content: format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{statement}]}}"),
                },
            );
            self.targets.insert(id.to_owned(), everything.iter().cloned().collect());
        }
    }

    fn add_policies(&mut self, random: &mut Random, policy_type: &str, count: usize, targets: &[String], most: usize) {
        let mut room: BTreeMap<&str, usize> = targets.iter().map(|target| (target.as_str(), most - 1)).collect();
        for number in 0..count {
            let id = format!("p-{}", random.id(10));
            let content = content(random, policy_type, number);
            let policy = Policy {
                name: format!("{} {number}", if policy_type == RCP { "resources" } else { "guardrail" }),
                description: if number % 3 == 0 { String::new() } else { format!("what guardrail {number} is for") },
                policy_type: policy_type.to_owned(),
                aws_managed: false,
                content,
            };
            self.policies.insert(id.clone(), policy);
            // Some are attached nowhere, most to a few targets, every eighth to more than a page of them.
            let wanted = match number % 8 {
                0 => 0,
                1 => 45,
                _ => 1 + random.below(4),
            };
            for _ in 0..wanted {
                if let Some(target) = random.pick(targets)
                    && let Some(left) = room.get_mut(target.as_str()).filter(|left| **left > 0)
                    && self.targets.entry(id.clone()).or_default().insert(target.clone())
                {
                    *left -= 1;
                }
            }
        }
    }

    /// Where something else is attached, `FullAWSAccess` may be missing (DOC-33).
    fn detach_full_access(&mut self, random: &mut Random) {
        let full_access = Self::full_access(SCP);
        let everything: Vec<String> = self.targets.get(full_access).into_iter().flatten().cloned().collect();
        for target in everything {
            if random.below(10) == 0
                && self.policies_of(&target, SCP).len() > 1
                && let Some(targets) = self.targets.get_mut(full_access)
            {
                targets.remove(&target);
            }
        }
    }
}

fn account_id(random: &mut Random) -> String {
    random.text(b"0123456789", 12)
}

/// A policy's text: each another one, formatted in several ways, with characters that need care on the way.
fn content(random: &mut Random, policy_type: &str, number: usize) -> String {
    let (principal, effect) = if policy_type == RCP { (r#""Principal": "*", "#, "Deny") } else { ("", "Deny") };
    let lines = 1 + random.below(12);
    let resources: Vec<String> =
        (0..lines).map(|line| format!("\"arn:aws:s3:::bücket-{number}-{line}-{}\\u002f*\"", random.id(12))).collect();
    let separator = [",", ", ", ",\n        "].get(number % 3).copied().unwrap_or(",");
    format!(
        "{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [{{\"Sid\": \"Guardrail{number}\", \"Effect\": \"{effect}\", {principal}\
         \"Action\": \"s3:*\",\n    \"Resource\": [{}]}}]\n}}\n",
        resources.join(separator)
    )
}
