//! The condition keys that one place of AWS's tables lists.

use std::fmt;

use crate::catalog::Catalog;
use crate::condition_key::ConditionKey;
use crate::id::ServiceId;
use crate::table::{KeySets, LineKind, positions};

/// What a place of AWS's tables says of a condition key \[CALL-9\].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listing {
    /// All sources list the key there.
    Listed,
    /// One source lists it and another does not, or nobody has the row itself: nothing definite follows.
    Unsure,
    /// No source lists it there.
    Lacking,
}

/// The condition keys that a row, an action as a whole, or a resource type in general has.
///
/// Two lists are equal if they are of the same service and hold the same keys, so a list can be the key of a map.
///
/// ```
/// use scproof_catalog::{Catalog, Listing};
///
/// let catalog = Catalog::embedded();
/// let id = catalog.find_action("ec2:RunInstances").ok_or("not in the catalog")?;
/// let instance_type = catalog.condition_key("ec2:InstanceType").ok_or("not in the catalog")?;
/// let mut listings = catalog.action(id).rows().map(|row| (row.resource_type().name(), row.keys().listing(instance_type)));
/// assert!(listings.any(|found| found == ("instance", Listing::Listed)));
/// assert!(listings.any(|found| found == ("volume", Listing::Lacking)));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy)]
pub struct KeyList<'a> {
    catalog: &'a Catalog,
    service: ServiceId,
    sets: KeySets,
}

impl<'a> KeyList<'a> {
    pub(crate) fn new(catalog: &'a Catalog, service: ServiceId, sets: KeySets) -> Self {
        Self { catalog, service, sets }
    }

    /// The keys that all sources list, by lower-cased name.
    pub fn listed(self) -> impl Iterator<Item = ConditionKey<'a>> + Clone {
        self.keys_of(self.sets.listed)
    }

    /// The keys on which the sources differ, by lower-cased name.
    pub fn unsure(self) -> impl Iterator<Item = ConditionKey<'a>> + Clone {
        self.keys_of(self.sets.unsure)
    }

    /// Whether no source lists any key.
    pub const fn is_empty(self) -> bool {
        self.sets.listed.is_none() && self.sets.unsure.is_none()
    }

    /// What it says of a key. `O(keys)`, allocates nothing.
    ///
    /// A key with a placeholder speaks of all keys that the placeholder can stand for: ask about what
    /// [`Catalog::condition_key`] gives for `aws:RequestTag/team`.
    pub fn listing(self, key: ConditionKey<'_>) -> Listing {
        if self.listed().any(|other| other == key) {
            Listing::Listed
        } else if self.unsure().any(|other| other == key) {
            Listing::Unsure
        } else {
            Listing::Lacking
        }
    }

    fn keys_of(self, key_set: Option<u32>) -> impl Iterator<Item = ConditionKey<'a>> + Clone {
        let catalog = self.catalog;
        let (first_set, _) = catalog.table.bounds(self.service.index(), LineKind::KeySets);
        let (first_key, _) = catalog.table.bounds(self.service.index(), LineKind::Keys);
        let list = key_set
            .and_then(|position| catalog.table.key_sets.get(first_set.saturating_add(position) as usize))
            .copied()
            .unwrap_or_default();
        positions(list)
            .filter_map(move |position| catalog.key_index.key_of_row(catalog, first_key.saturating_add(position)))
    }
}

impl PartialEq for KeyList<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.service, self.sets) == (other.service, other.sets)
    }
}

impl Eq for KeyList<'_> {}

impl std::hash::Hash for KeyList<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.service, self.sets).hash(state);
    }
}

impl fmt::Debug for KeyList<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |keys: &mut dyn Iterator<Item = ConditionKey<'_>>| -> Vec<String> {
            keys.map(|key| key.name().to_owned()).collect()
        };
        formatter
            .debug_struct("KeyList")
            .field("listed", &names(&mut self.listed()))
            .field("unsure", &names(&mut self.unsure()))
            .finish()
    }
}
