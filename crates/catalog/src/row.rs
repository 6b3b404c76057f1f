//! One row of AWS's action tables.

use std::fmt;

use crate::catalog::Catalog;
use crate::key_list::KeyList;
use crate::resource_type::ResourceType;
use crate::table::RowFields;

/// What an action's documentation says of one of its resource types \[CALL-1\].
///
/// A call is checked against a resource of each required type, and against those of the optional types that it uses;
/// each of these checks carries the keys of its row, those of the action as a whole ([`Action::keys`]), and what the
/// resource type has in general ([`ResourceType::keys`]).
///
/// [`Action::keys`]: crate::Action::keys
#[derive(Clone, Copy)]
pub struct Row<'a> {
    catalog: &'a Catalog,
    resource_type: ResourceType<'a>,
    fields: RowFields,
}

impl<'a> Row<'a> {
    pub(crate) fn new(catalog: &'a Catalog, resource_type: ResourceType<'a>, fields: RowFields) -> Self {
        Self { catalog, resource_type, fields }
    }

    /// The resource type.
    pub fn resource_type(self) -> ResourceType<'a> {
        self.resource_type
    }

    /// Whether every call of the action names a resource of this type.
    pub const fn is_required(self) -> bool {
        self.fields.required
    }

    /// The keys of this row alone.
    pub fn keys(self) -> KeyList<'a> {
        KeyList::new(self.catalog, self.resource_type.service_id(), self.fields.keys)
    }
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Row")
            .field("resource_type", &self.resource_type.name())
            .field("is_required", &self.is_required())
            .field("keys", &self.keys())
            .finish()
    }
}
