//! The table of actions and its lookups.

use std::cmp::Ordering;
use std::fmt;
use std::sync::OnceLock;

use crate::action::Action;
use crate::condition_key::{ConditionKey, KeyIndex};
use crate::id::{ActionId, ActionRange, ServiceId};
use crate::name_index::NameIndex;
use crate::resource_type::ResourceType;
use crate::table::{
    ActionLine, CATALOG_TEXT, GLOBAL_KEYS_TEXT, LineKind, ServiceLine, Table, parse_global_keys, positions,
};
use crate::value_type::ValueType;

/// The AWS services, actions, resource types and condition keys of one day.
///
/// Names are compared without regard to the case of ASCII letters \[GEN-7\]. What the catalog lacks may exist all the
/// same \[DOC-21\], so no lookup treats an unknown name as a fault.
///
/// ```
/// use scproof_catalog::Catalog;
///
/// let catalog = Catalog::embedded();
/// let ec2 = catalog.service("EC2").ok_or("not in the catalog")?;
/// assert_eq!(catalog.service_prefix(ec2), "ec2");
/// assert_eq!(catalog.service_name(ec2), "Amazon EC2");
/// assert!(catalog.actions_of(ec2).len() > 500);
/// # Ok::<(), &str>(())
/// ```
#[derive(Default)]
pub struct Catalog {
    pub(crate) table: Table,
    pub(crate) key_index: KeyIndex,
    /// Built when first needed: most questions come with ids.
    name_index: OnceLock<NameIndex>,
    /// Built when first needed.
    untyped_services: OnceLock<Vec<String>>,
}

impl Catalog {
    /// The catalog that is compiled into the program.
    ///
    /// The first call opens it, one pass over some 930 kB of text; later calls cost one atomic load.
    pub fn embedded() -> &'static Self {
        static CATALOG: OnceLock<Catalog> = OnceLock::new();
        // INVARIANT: the embedded text is well-formed. A test proves it, so that the empty catalog is never seen.
        CATALOG.get_or_init(|| Self::parse(CATALOG_TEXT, GLOBAL_KEYS_TEXT).unwrap_or_default())
    }

    pub(crate) fn parse(text: &'static str, global_keys: &'static str) -> Option<Self> {
        let table = Table::parse(text)?;
        let key_index = KeyIndex::build(&table, &parse_global_keys(global_keys)?)?;
        Some(Self { table, key_index, name_index: OnceLock::new(), untyped_services: OnceLock::new() })
    }

    /// The version of the data, which is that of the package it was made from.
    pub fn version(&self) -> &str {
        self.table.version
    }

    /// The package, with its version, that the data was held against: see [`KeyList`](crate::KeyList).
    pub fn witness(&self) -> &str {
        self.table.witness
    }

    /// The day of the data, as `YYYY-MM-DD`.
    pub fn date(&self) -> &str {
        self.table.date
    }

    /// Where the data comes from, in words.
    pub fn source(&self) -> &str {
        self.table.source
    }

    /// How many actions there are; every [`ActionId::index`] is below it.
    pub fn action_count(&self) -> usize {
        self.table.actions.len()
    }

    /// How many distinct lists of rows there are; every [`RowListId::index`](crate::RowListId::index) is below it.
    pub fn row_list_count(&self) -> usize {
        self.table.row_lists.len()
    }

    /// All services, by prefix.
    pub fn services(&self) -> impl ExactSizeIterator<Item = ServiceId> + Clone + '_ {
        // INVARIANT: `Table::parse` counts services in a `u16`, so the conversion keeps the number.
        (0..self.table.services.len()).map(|index| ServiceId(u16::try_from(index).unwrap_or_default()))
    }

    /// The service of a prefix such as `s3`, in any case. `O(log services)`.
    pub fn service(&self, prefix: &str) -> Option<ServiceId> {
        let position =
            self.table.services.binary_search_by(|row| compare_folded(row.prefix, prefix.as_bytes())).ok()?;
        u16::try_from(position).ok().map(ServiceId)
    }

    /// The prefix of a service in lower case, for instance `s3`.
    pub fn service_prefix(&self, service: ServiceId) -> &str {
        self.service_row(service).map_or("", |row| row.prefix)
    }

    /// The name of a service in words, for instance `Amazon S3`.
    pub fn service_name(&self, service: ServiceId) -> &str {
        self.service_row(service).map_or("", |row| row.name)
    }

    /// All actions.
    pub fn actions(&self) -> ActionRange {
        ActionRange { start: 0, end: u32::try_from(self.table.actions.len()).unwrap_or(u32::MAX) }
    }

    /// The action at a position, for instance at a set bit of a bit set over the catalog.
    pub fn action_at(&self, index: usize) -> Option<ActionId> {
        let id = ActionId(u32::try_from(index).ok()?);
        self.actions().contains(id).then_some(id)
    }

    /// The actions of a service, by lower-cased name.
    pub fn actions_of(&self, service: ServiceId) -> ActionRange {
        let (start, end) = self.table.bounds(service.index(), LineKind::Actions);
        ActionRange { start, end }
    }

    /// The action of a full name such as `s3:GetObject`, in any case. `O(length)`, allocates nothing.
    ///
    /// The first call builds a hash table, less than a millisecond.
    pub fn find_action(&self, full_name: &str) -> Option<ActionId> {
        let (prefix, name) = full_name.split_once(':')?;
        self.name_index.get_or_init(|| NameIndex::build(&self.table)).find(&self.table, prefix, name)
    }

    /// The action of a service with this lower-cased name. `O(log actions)`, allocates nothing.
    ///
    /// A name with upper-case letters is not found: [`Catalog::find_action`] takes any case.
    pub fn find_in_service(&self, service: ServiceId, lower_name: &str) -> Option<ActionId> {
        let actions = self.actions_of(service);
        let rows = self.lines(actions);
        let position = rows.binary_search_by(|row| self.table.action_lower_name(*row).cmp(lower_name)).ok()?;
        Some(ActionId(actions.start.saturating_add(u32::try_from(position).ok()?)))
    }

    /// The actions of a service whose lower-cased name begins with `lower_prefix`. `O(log actions)`.
    ///
    /// ```
    /// use scproof_catalog::Catalog;
    ///
    /// let catalog = Catalog::embedded();
    /// let iam = catalog.service("iam").ok_or("not in the catalog")?;
    /// let delete_user = catalog.actions_with_name_prefix(iam, "deleteuser");
    /// assert!(delete_user.iter().all(|id| catalog.action(id).name().starts_with("DeleteUser")));
    /// assert!(catalog.actions_with_name_prefix(iam, "zzz").is_empty());
    /// assert_eq!(catalog.actions_with_name_prefix(iam, ""), catalog.actions_of(iam));
    /// # Ok::<(), &str>(())
    /// ```
    pub fn actions_with_name_prefix(&self, service: ServiceId, lower_prefix: &str) -> ActionRange {
        let all = self.actions_of(service);
        let rows = self.lines(all);
        let before = rows.partition_point(|row| self.table.action_lower_name(*row) < lower_prefix);
        let rest = rows.get(before..).unwrap_or_default();
        let inside = rest.partition_point(|row| self.table.action_lower_name(*row).starts_with(lower_prefix));
        let start = all.start.saturating_add(u32::try_from(before).unwrap_or_default());
        ActionRange { start, end: start.saturating_add(u32::try_from(inside).unwrap_or_default()) }
    }

    /// What the catalog knows about an action.
    pub fn action(&self, action: ActionId) -> Action<'_> {
        Action::new(self, action)
    }

    /// The resource types that a service documents, by lower-cased name.
    ///
    /// Some are borrowed: `ssm` documents an S3 bucket. [`ResourceType::arn_pattern`] tells whose resource it is.
    pub fn resource_types_of(&self, service: ServiceId) -> impl ExactSizeIterator<Item = ResourceType<'_>> + Clone {
        let (start, end) = self.table.bounds(service.index(), LineKind::ResourceTypes);
        let rows = self.table.resource_types.get(start as usize..end as usize).unwrap_or_default();
        rows.iter().map(|row| ResourceType::new(self, row))
    }

    /// The condition keys that a service documents, by lower-cased name, with the type that it gives them.
    ///
    /// The type can differ from [`ConditionKey::value_type`], which holds for all services.
    pub fn condition_keys_of(&self, service: ServiceId) -> impl Iterator<Item = (ConditionKey<'_>, ValueType)> + Clone {
        let (start, end) = self.table.bounds(service.index(), LineKind::Keys);
        let rows = self.table.keys.get(start as usize..end as usize).unwrap_or_default();
        (start..end)
            .zip(rows)
            .filter_map(|(row, listed)| Some((self.key_index.key_of_row(self, row)?, listed.value_type?)))
    }

    /// The condition key of a name, in any case.
    ///
    /// Understands placeholders: `aws:ResourceTag/team` gives the key `aws:ResourceTag/${TagKey}`. What stands for the
    /// placeholder may not be empty (\[DOC-31\]). An exact name wins over a placeholder, and of several placeholders
    /// the one with the most fixed letters.
    ///
    /// ```
    /// use scproof_catalog::{Catalog, ValueType};
    ///
    /// let catalog = Catalog::embedded();
    /// let key = catalog.condition_key("S3:existingobjecttag/stage").ok_or("not in the catalog")?;
    /// assert_eq!(key.name(), "s3:ExistingObjectTag/<key>");
    /// assert_eq!(key.value_type(), ValueType::String);
    /// assert!(catalog.condition_key("aws:ResourceTag").is_none());
    /// # Ok::<(), &str>(())
    /// ```
    pub fn condition_key(&self, name: &str) -> Option<ConditionKey<'_>> {
        self.key_index.find(self, name)
    }

    /// Whether a service lists a condition key for some action or type of resource. Some keys are defined and listed
    /// nowhere: where they belong nobody says. `O(keys of the services that define it)`.
    pub fn is_listed(&self, key: ConditionKey<'_>) -> bool {
        key.services().any(|service| {
            let (from, to) = self.table.bounds(service.index(), LineKind::KeySets);
            let (first, _) = self.table.bounds(service.index(), LineKind::Keys);
            let is_it = |place: u32| self.key_index.key_of_row(self, first.saturating_add(place)) == Some(key);
            let sets = self.table.key_sets.get(from as usize..to as usize).unwrap_or_default();
            sets.iter().any(|set| positions(set).any(is_it))
        })
    }

    /// All condition keys, global ones and those of services, by lower-cased name.
    pub fn condition_keys(&self) -> impl Iterator<Item = ConditionKey<'_>> + Clone {
        self.key_index.keys(self)
    }

    /// The keys that AWS documents for all services, by lower-cased name: the `aws:` keys, and the keys of services
    /// that a session carries into calls of other services, such as `lambda:SourceFunctionArn`.
    pub fn global_condition_keys(&self) -> impl Iterator<Item = ConditionKey<'_>> + Clone {
        self.condition_keys().filter(|key| key.is_global())
    }

    /// The prefixes of the services that resource control policies apply to, sorted.
    ///
    /// This is the data source's list. AWS's own page listed fewer in 2025: do not rest a verdict on it.
    pub fn rcp_services(&self) -> &[&str] {
        &self.table.rcp_services
    }

    /// The prefixes, sorted, of services with a resource whose ARN holds no resource type: what stands after the fifth
    /// colon is a bare name, as in `arn:aws:sqs:eu-west-1:111122223333:orders` (\[DOC-24\]).
    ///
    /// A prefix here is the service part of the ARN, not the service that documents the resource: `ssm` documents an S3
    /// bucket, and that makes no ARN of `ssm` bare. `O(resource types)`.
    pub fn services_without_resource_type_prefix(&self) -> &[String] {
        self.untyped_services.get_or_init(|| {
            let mut found: Vec<String> = self
                .table
                .resource_types
                .iter()
                .filter_map(|row| {
                    let mut parts = self.table.arn(row).splitn(6, ':');
                    let (service, resource) = (parts.nth(2)?, parts.nth(2)?);
                    (resource.starts_with("${") && !service.contains('$')).then(|| service.to_owned())
                })
                .collect();
            found.sort_unstable();
            found.dedup();
            found
        })
    }

    fn service_row(&self, service: ServiceId) -> Option<&ServiceLine> {
        self.table.services.get(service.index())
    }

    pub(crate) fn action_row(&self, action: ActionId) -> Option<ActionLine> {
        self.table.actions.get(action.index()).copied()
    }

    fn lines(&self, actions: ActionRange) -> &[ActionLine] {
        self.table.actions.get(actions.indexes()).unwrap_or_default()
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Catalog")
            .field("version", &self.version())
            .field("actions", &self.action_count())
            .finish_non_exhaustive()
    }
}

/// Compares a lower-case text with one in any case, ASCII letters folded \[GEN-7\].
pub(crate) fn compare_folded(lower: &str, any_case: &[u8]) -> Ordering {
    lower.bytes().cmp(any_case.iter().map(u8::to_ascii_lowercase))
}
