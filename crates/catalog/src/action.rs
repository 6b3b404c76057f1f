//! One action.

use std::fmt;

use crate::access_level::AccessLevel;
use crate::catalog::Catalog;
use crate::condition_key::ConditionKey;
use crate::id::{ActionId, RowListId, ServiceId};
use crate::key_list::KeyList;
use crate::resource_type::ResourceType;
use crate::row::Row;
use crate::table::{self, ActionFields, ActionLine, LineKind};

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
/// assert!(action.condition_keys().iter().any(|key| key.name() == "ec2:InstanceType"));
/// assert!(action.dependent_actions().any(|name| name == "iam:PassRole"));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy)]
pub struct Action<'a> {
    catalog: &'a Catalog,
    id: ActionId,
    row: Option<ActionLine>,
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
        ServiceId(self.row.map_or(0, ActionLine::service))
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

    /// Its rows, one for each resource type that it touches, by the type's lower-cased name \[CALL-1\].
    ///
    /// None means that AWS documents no resource: a statement reaches the action only where its resource is `*`
    /// \[CALL-2\].
    pub fn rows(self) -> impl Iterator<Item = Row<'a>> + Clone {
        let table = &self.catalog.table;
        let (start, end) = table.bounds(self.service_id().index(), LineKind::ResourceTypes);
        let types = table.resource_types.get(start as usize..end as usize).unwrap_or_default();
        let list = self.row_list().and_then(|list| table.row_lists.get(list.index())).copied().unwrap_or_default();
        table::rows(list).filter_map(move |fields| {
            let line = types.get(fields.resource_type as usize)?;
            Some(Row::new(self.catalog, ResourceType::new(self.catalog, line), fields))
        })
    }

    /// Which of the distinct lists of rows it has; `None` without rows. Actions with the same list have the same rows.
    pub fn row_list(self) -> Option<RowListId> {
        let (start, _) = self.catalog.table.bounds(self.service_id().index(), LineKind::RowLists);
        Some(RowListId(start.saturating_add(self.fields()?.rows?)))
    }

    /// The types of resources that it touches, by lower-cased name; `true` for those that a call must name.
    pub fn resource_types(self) -> impl Iterator<Item = (ResourceType<'a>, bool)> + Clone {
        self.rows().map(|row| (row.resource_type(), row.is_required()))
    }

    /// The condition keys of the action as a whole, which all its checks carry.
    ///
    /// A request can carry further keys: those of its rows ([`Row::keys`]), those of the resource types that it touches
    /// ([`ResourceType::keys`]; `rds:DatabaseEngine` belongs to the type `db`, not to `rds:CreateDBInstance`), and the
    /// global ones ([`Catalog::global_condition_keys`]).
    pub fn keys(self) -> KeyList<'a> {
        KeyList::new(self.catalog, self.service_id(), self.fields().map_or_else(Default::default, |fields| fields.keys))
    }

    /// The condition keys that any source lists for it, as a whole or in a row, each once, by lower-cased name.
    pub fn condition_keys(self) -> Vec<ConditionKey<'a>> {
        let lists = std::iter::once(self.keys()).chain(self.rows().map(Row::keys));
        let mut found: Vec<_> = lists.flat_map(|list| list.listed().chain(list.unsure())).collect();
        found.sort_by_cached_key(|key| key.name().to_ascii_lowercase());
        found.dedup();
        found
    }

    /// Further permissions that the caller of this action may need, for instance `iam:PassRole`, sorted.
    ///
    /// They are full names, some of actions that the catalog lacks. AWS says neither which calls need them nor that the
    /// list is complete.
    pub fn dependent_actions(self) -> impl Iterator<Item = &'a str> + Clone {
        let table = &self.catalog.table;
        let (start, _) = table.bounds(self.service_id().index(), LineKind::Dependents);
        let set = self.fields().and_then(|fields| fields.dependents);
        let names = set.and_then(|position| table.dependents.get(start.saturating_add(position) as usize));
        names.copied().unwrap_or_default().split(',').filter(|name| !name.is_empty())
    }

    fn fields(self) -> Option<ActionFields> {
        self.row.map(|row| self.catalog.table.action_fields(row))
    }
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
