//! Condition keys, across all services.

use std::cmp::Ordering;
use std::fmt;

use crate::catalog::Catalog;
use crate::id::ServiceId;
use crate::table::{GlobalKeyLine, LineKind, Table};
use crate::value_type::ValueType;

/// A condition key such as `aws:RequestedRegion` or `s3:ExistingObjectTag/<key>`.
#[derive(Clone, Copy)]
pub struct ConditionKey<'a> {
    catalog: &'a Catalog,
    entry: &'a Entry,
}

impl<'a> ConditionKey<'a> {
    /// The name as AWS spells it, with the placeholder if it has one (`aws:ResourceTag/${TagKey}`).
    pub fn name(self) -> &'a str {
        self.entry.name
    }

    /// What stands in the name's first and last part around its placeholder, or the whole name and nothing.
    pub(crate) fn fixed_parts(self) -> (&'a str, &'a str) {
        placeholder(self.entry.name).map_or((self.entry.name, ""), |(from, to)| {
            (self.entry.name.get(..from).unwrap_or_default(), self.entry.name.get(to..).unwrap_or_default())
        })
    }

    /// Whether the name holds a placeholder, so that it stands for many keys.
    pub fn has_placeholder(self) -> bool {
        placeholder(self.entry.name).is_some()
    }

    /// The type of its values.
    ///
    /// Sources can differ on one key. Then the first array type wins, because a request that may carry several values
    /// must be expected to; else the type of the global list; else that of the first service by prefix. A key that
    /// some action names and nobody defines is a `String`.
    pub fn value_type(self) -> ValueType {
        self.entry.value_type
    }

    /// Whether a request may carry several values of it, for any service.
    pub fn is_multivalued(self) -> bool {
        self.entry.value_type.is_array()
    }

    /// Whether AWS documents it for all services.
    pub fn is_global(self) -> bool {
        self.entry.is_global
    }

    /// The services that define it, by prefix; none for most global keys, whose presence AWS does not list by service.
    pub fn services(self) -> impl ExactSizeIterator<Item = ServiceId> + Clone + 'a {
        let (from, to) = self.entry.services;
        self.catalog.key_index.services.get(from as usize..to as usize).unwrap_or_default().iter().copied()
    }
}

impl PartialEq for ConditionKey<'_> {
    fn eq(&self, other: &Self) -> bool {
        // A catalog has one entry for a name.
        std::ptr::eq(self.entry, other.entry)
            || (!std::ptr::eq(self.catalog, other.catalog) && self.entry.name == other.entry.name)
    }
}

impl Eq for ConditionKey<'_> {}

impl fmt::Debug for ConditionKey<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("ConditionKey").field(&self.entry.name).field(&self.entry.value_type).finish()
    }
}

/// All keys by lower-cased name.
#[derive(Debug, Default)]
pub(crate) struct KeyIndex {
    entries: Vec<Entry>,
    /// The services of the first entry, then those of the second, and so on.
    services: Vec<ServiceId>,
    /// The entry of each row of [`Table::keys`].
    entry_of_row: Vec<u32>,
    templates: Vec<Template>,
}

#[derive(Debug)]
struct Entry {
    name: &'static str,
    value_type: ValueType,
    is_global: bool,
    /// From where to where its services stand in [`KeyIndex::services`].
    services: (u32, u32),
}

/// An entry whose name holds a placeholder.
#[derive(Debug)]
struct Template {
    entry: u32,
    before: &'static str,
    after: &'static str,
}

/// One mention of a key: by the global list (no service, no row) or by a service.
struct Mention {
    name: &'static str,
    value_type: Option<ValueType>,
    place: Option<(ServiceId, usize)>,
}

impl KeyIndex {
    pub(crate) fn build(table: &Table, global: &[GlobalKeyLine]) -> Option<Self> {
        let mut mentions: Vec<Mention> = Vec::with_capacity(table.keys.len().saturating_add(global.len()));
        // The global list comes first and the services by prefix, and the sort keeps that order among equal names.
        for row in global {
            mentions.push(Mention { name: row.name, value_type: Some(row.value_type), place: None });
        }
        let mut rows = table.keys.iter().enumerate();
        for service in 0..table.services.len() {
            let id = ServiceId(u16::try_from(service).ok()?);
            let (from, to) = table.bounds(service, LineKind::Keys);
            for (position, row) in rows.by_ref().take(to.checked_sub(from)? as usize) {
                mentions.push(Mention { name: row.name, value_type: row.value_type, place: Some((id, position)) });
            }
        }
        mentions.sort_by_cached_key(|mention| mention.name.to_ascii_lowercase());

        let mut index = Self { entry_of_row: vec![0; table.keys.len()], ..Self::default() };
        for same in mentions.chunk_by(|one, other| one.name.eq_ignore_ascii_case(other.name)) {
            index.push(same)?;
        }
        Some(index)
    }

    fn push(&mut self, mentions: &[Mention]) -> Option<()> {
        let entry = u32::try_from(self.entries.len()).ok()?;
        let name = mentions.first()?.name;
        let mut types = mentions.iter().filter_map(|mention| mention.value_type);
        let first = types.clone().next().unwrap_or(ValueType::String);
        let value_type = types.find(|value_type| value_type.is_array()).unwrap_or(first);

        let from = u32::try_from(self.services.len()).ok()?;
        for mention in mentions {
            if let Some((service, row)) = mention.place {
                *self.entry_of_row.get_mut(row)? = entry;
                if mention.value_type.is_some() {
                    self.services.push(service);
                }
            }
        }
        let services = (from, u32::try_from(self.services.len()).ok()?);
        if let Some((begin, end)) = placeholder(name) {
            self.templates.push(Template { entry, before: name.get(..begin)?, after: name.get(end..)? });
        }
        let is_global = mentions.iter().any(|mention| mention.place.is_none());
        self.entries.push(Entry { name, value_type, is_global, services });
        Some(())
    }

    pub(crate) fn find<'a>(&'a self, catalog: &'a Catalog, name: &str) -> Option<ConditionKey<'a>> {
        let exact = self.entries.binary_search_by(|entry| compare_both_folded(entry.name, name)).ok();
        let entry = exact.or_else(|| {
            self.templates
                .iter()
                .filter(|template| template.is_match(name))
                .max_by_key(|template| template.before.len().saturating_add(template.after.len()))
                .map(|template| template.entry as usize)
        });
        Some(ConditionKey { catalog, entry: self.entries.get(entry?)? })
    }

    pub(crate) fn keys<'a>(&'a self, catalog: &'a Catalog) -> impl Iterator<Item = ConditionKey<'a>> + Clone {
        self.entries.iter().map(move |entry| ConditionKey { catalog, entry })
    }

    /// The key that a row of [`Table::keys`] is about.
    pub(crate) fn key_of_row<'a>(&'a self, catalog: &'a Catalog, row: u32) -> Option<ConditionKey<'a>> {
        let entry = self.entries.get(*self.entry_of_row.get(row as usize)? as usize)?;
        Some(ConditionKey { catalog, entry })
    }
}

impl Template {
    fn is_match(&self, name: &str) -> bool {
        let name = name.as_bytes();
        let (before, after) = (self.before.as_bytes(), self.after.as_bytes());
        let Some((head, rest)) = name.split_at_checked(before.len()) else { return false };
        let Some(filled) = rest.len().checked_sub(after.len()) else { return false };
        let Some((_, tail)) = rest.split_at_checked(filled) else { return false };
        filled > 0 && head.eq_ignore_ascii_case(before) && tail.eq_ignore_ascii_case(after)
    }
}

/// From where to where the placeholder of a name stands: `${…}`, or `<…>` as s3 writes it.
fn placeholder(name: &str) -> Option<(usize, usize)> {
    let (from, close) = name.find("${").map(|from| (from, '}')).or_else(|| name.find('<').map(|from| (from, '>')))?;
    let length = name.get(from..)?.find(close)?;
    Some((from, from.saturating_add(length).saturating_add(1)))
}

fn compare_both_folded(one: &str, other: &str) -> Ordering {
    one.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(other.bytes().map(|byte| byte.to_ascii_lowercase()))
}
