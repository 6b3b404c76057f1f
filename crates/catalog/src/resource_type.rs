//! One type of resource.

use std::fmt;

use crate::catalog::Catalog;
use crate::id::ServiceId;
use crate::key_list::KeyList;
use crate::table::ResourceTypeLine;

/// A type of resource that a service documents, such as `bucket` of `s3`.
///
/// ARN patterns of different types can overlap: an S3 object's also matches access points. So a pattern tells what a
/// resource can be, not what it is.
#[derive(Clone, Copy)]
pub struct ResourceType<'a> {
    catalog: &'a Catalog,
    row: &'a ResourceTypeLine,
}

impl<'a> ResourceType<'a> {
    pub(crate) fn new(catalog: &'a Catalog, row: &'a ResourceTypeLine) -> Self {
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

    /// The condition keys that a request for such a resource can carry, whatever the action.
    pub fn keys(self) -> KeyList<'a> {
        KeyList::new(self.catalog, self.service_id(), self.row.keys)
    }
}

impl fmt::Debug for ResourceType<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("ResourceType").field(&self.name()).field(&self.arn_pattern()).finish()
    }
}
