//! One action.

use std::fmt;

use crate::access_level::AccessLevel;
use crate::catalog::Catalog;
use crate::condition_key::ConditionKey;
use crate::id::{ActionId, ServiceId};
use crate::resource_type::ResourceType;
use crate::table::{ActionFields, ActionRow, RowKind, positions};

/// What the catalog knows about one action.
///
/// ```
/// use scproof_catalog::Catalog;
///
/// let catalog = Catalog::embedded();
/// let id = catalog.find_action("ec2:RunInstances").ok_or("not in the catalog")?;
/// let action = catalog.action(id);
/// assert_eq!((action.service(), action.name(), action.lower_name()), ("ec2", "RunInstances", "runinstances"));
/// assert!(action.resource_types().any(|(kind, _)| kind.name() == "instance"));
/// assert!(action.condition_keys().any(|key| key.name() == "ec2:InstanceType"));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy)]
pub struct Action<'a> {
    catalog: &'a Catalog,
    id: ActionId,
    row: Option<ActionRow>,
}

impl<'a> Action<'a> {
    pub(crate) fn new(catalog: &'a Catalog, id: ActionId) -> Self {
        // INVARIANT: ids come from the catalog, so the row is there; without one the action would have empty names.
        Self { catalog, id, row: catalog.action_row(id) }
    }

    /// Its id.
    pub fn id(self) -> ActionId {
        self.id
    }

    /// Its service.
    pub fn service_id(self) -> ServiceId {
        ServiceId(self.row.map_or(0, ActionRow::service))
    }

    /// The prefix of its service, for instance `s3`.
    pub fn service(self) -> &'a str {
        self.catalog.service_prefix(self.service_id())
    }

    /// Its name without the prefix as AWS spells it, for instance `GetObject`.
    pub fn name(self) -> &'a str {
        self.row.map_or("", |row| self.catalog.table.action_name(row))
    }

    /// Its name without the prefix in lower case, for instance `getobject`.
    pub fn lower_name(self) -> &'a str {
        self.row.map_or("", |row| self.catalog.table.action_lower_name(row))
    }

    /// Its name with the prefix, for instance `s3:GetObject`.
    pub fn full_name(self) -> String {
        self.to_string()
    }

    /// Its access level.
    pub fn access_level(self) -> AccessLevel {
        // INVARIANT: a test reads the level of each action.
        self.fields().and_then(|fields| AccessLevel::from_letter(fields.level)).unwrap_or(AccessLevel::Write)
    }

    /// The types of resources that it touches, by lower-cased name; `true` for those that a call must name.
    ///
    /// None means that AWS documents none: a statement reaches the action only where its resource is `*`.
    pub fn resource_types(self) -> impl Iterator<Item = (ResourceType<'a>, bool)> + Clone {
        let (start, end) = self.catalog.table.bounds(self.service_id().index(), RowKind::ResourceTypes);
        let rows = self.catalog.table.resource_types.get(start as usize..end as usize).unwrap_or_default();
        positions(self.fields().map_or("", |fields| fields.resource_types)).filter_map(move |(position, required)| {
            Some((ResourceType::new(self.catalog, rows.get(position as usize)?), required))
        })
    }

    /// The condition keys that AWS lists for the action itself, by lower-cased name.
    ///
    /// A request can carry further keys: those of the resource types that it touches
    /// ([`ResourceType::condition_keys`]; `rds:DatabaseEngine` belongs to the type `db`, not to
    /// `rds:CreateDBInstance`), and the global ones ([`Catalog::global_condition_keys`]).
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey<'a>> + Clone {
        keys_of_set(self.catalog, self.service_id(), self.fields().and_then(|fields| fields.key_set))
    }

    fn fields(self) -> Option<ActionFields<'a>> {
        self.row.map(|row| self.catalog.table.action_fields(row))
    }
}

/// The keys of a key set of a service.
pub(crate) fn keys_of_set(
    catalog: &Catalog,
    service: ServiceId,
    key_set: Option<u32>,
) -> impl Iterator<Item = ConditionKey<'_>> + Clone {
    let (first_set, _) = catalog.table.bounds(service.index(), RowKind::KeySets);
    let (first_key, _) = catalog.table.bounds(service.index(), RowKind::Keys);
    let list = key_set
        .and_then(|position| catalog.table.key_sets.get(first_set.saturating_add(position) as usize))
        .copied()
        .unwrap_or_default();
    positions(list)
        .filter_map(move |(position, _)| catalog.key_index.key_of_row(catalog, first_key.saturating_add(position)))
}

impl fmt::Display for Action<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.service(), self.name())
    }
}

impl fmt::Debug for Action<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Action").field(&self.full_name()).finish()
    }
}
