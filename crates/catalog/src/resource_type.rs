//! One type of resource.

use std::fmt;

use crate::action::keys_of_set;
use crate::catalog::Catalog;
use crate::condition_key::ConditionKey;
use crate::id::ServiceId;
use crate::table::ResourceTypeRow;

/// A type of resource that a service documents, such as `bucket` of `s3`.
///
/// ARN patterns of different types can overlap: an S3 object's also matches access points. So a pattern tells what a
/// resource can be, not what it is.
#[derive(Clone, Copy)]
pub struct ResourceType<'a> {
    catalog: &'a Catalog,
    row: &'a ResourceTypeRow,
}

impl<'a> ResourceType<'a> {
    pub(crate) fn new(catalog: &'a Catalog, row: &'a ResourceTypeRow) -> Self {
        Self { catalog, row }
    }

    /// Its name, unique within the service; can hold spaces and slashes.
    pub fn name(self) -> &'a str {
        self.row.name
    }

    /// The service that documents it.
    pub fn service_id(self) -> ServiceId {
        ServiceId(self.row.service)
    }

    /// The ARN as AWS writes it, with placeholders: `arn:${Partition}:s3:::${BucketName}`.
    pub fn arn_pattern(self) -> &'a str {
        self.catalog.table.arn(self.row)
    }

    /// The condition keys that a request for such a resource can carry, by lower-cased name.
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey<'a>> + Clone {
        keys_of_set(self.catalog, self.service_id(), self.row.key_set)
    }
}

impl fmt::Debug for ResourceType<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("ResourceType").field(&self.name()).field(&self.arn_pattern()).finish()
    }
}
