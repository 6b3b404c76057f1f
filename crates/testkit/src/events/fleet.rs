//! Whose log it is: accounts, Regions, roles that policies name.

use std::collections::BTreeSet;

use scproof_organization::Inventory;

use crate::random::Random;

/// Regions, and how many files in a hundred are of them.
const REGIONS: [(&str, usize); 6] = [
    ("eu-west-1", 50),
    ("us-east-1", 22),
    ("eu-central-1", 20),
    ("us-west-2", 4),
    ("ap-southeast-1", 2),
    ("sa-east-1", 2),
];

/// The accounts of an organization, and whom its policies name.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) organization: String,
    accounts: Vec<String>,
    /// Roles, with their paths, that policies name.
    pub(crate) named: Vec<String>,
}

impl Fleet {
    pub(crate) fn of(inventory: &Inventory) -> Self {
        let named: BTreeSet<String> =
            inventory.policies.iter().flat_map(|policy| roles(policy.content.as_deref().unwrap_or_default())).collect();
        Self {
            organization: inventory.organization.id.clone(),
            accounts: inventory.accounts.iter().map(|account| account.id.clone()).collect(),
            named: named.into_iter().collect(),
        }
    }

    /// An account; some are far more busy than others.
    pub(crate) fn account(&self, random: &mut Random) -> &str {
        let place = random.skewed(self.accounts.len());
        // The busy ones are spread over the organization.
        let place = (place.wrapping_mul(7_919) + 3) % self.accounts.len().max(1);
        self.accounts.get(place).map_or("111111111111", String::as_str)
    }

    pub(crate) fn region(random: &mut Random) -> &'static str {
        weighted(&REGIONS, random)
    }
}

/// One of several, each as often as its weight says.
pub(crate) fn weighted<T: Copy + Default>(of: &[(T, usize)], random: &mut Random) -> T {
    let mut left = random.below(of.iter().map(|(_, weight)| weight).sum());
    for (item, weight) in of {
        match left.checked_sub(*weight) {
            None => return *item,
            Some(rest) => left = rest,
        }
    }
    T::default()
}

/// What stands behind `:role/` in a text, where it is no pattern.
fn roles(content: &str) -> Vec<String> {
    let is_of_name = |letter: &char| letter.is_ascii_alphanumeric() || "+=,.@_-/".contains(*letter);
    let starts = content.split(":role/").skip(1);
    let names = starts.map(|rest| (rest.chars().take_while(is_of_name).collect::<String>(), rest));
    let whole = names.filter(|(name, rest)| !name.is_empty() && rest.chars().nth(name.len()) == Some('"'));
    whole.map(|(name, _)| name).collect()
}
