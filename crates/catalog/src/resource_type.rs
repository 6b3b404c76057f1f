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

    /// The forms of its ARN, one at least: for a few types AWS writes several in one place.
    ///
    /// ```
    /// use scproof_catalog::arn_forms;
    ///
    /// let stage = arn_forms("arn:a:apigateway:r::/apis/x/stages/y, arn:a:apigateway:r::/restapis/x/stages/y");
    /// assert_eq!(stage.last(), Some("arn:a:apigateway:r::/restapis/x/stages/y"));
    /// ```
    pub fn arn_patterns(self) -> impl Iterator<Item = &'a str> {
        arn_forms(self.arn_pattern())
    }

    /// The condition keys that a request for such a resource can carry, whatever the action.
    pub fn keys(self) -> KeyList<'a> {
        KeyList::new(self.catalog, self.service_id(), self.row.keys)
    }
}

/// The forms of an ARN as AWS's tables write it: several stand side by side, with a comma between.
pub fn arn_forms(pattern: &str) -> impl Iterator<Item = &str> {
    // What follows a comma may also be a part of a name; a form begins as all ARNs do.
    let mut rest = Some(pattern);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.find(", arn:");
        rest = end.and_then(|end| text.get(end + 2..));
        Some(end.and_then(|end| text.get(..end)).unwrap_or(text))
    })
}

/// An ARN of a form as AWS's tables write it, with these values for its placeholders; all others are `example`.
///
/// ```
/// use scproof_catalog::example_arn;
///
/// let queue = "arn:${Partition}:sqs:${Region}:${Account}:${QueueName}";
/// assert_eq!(example_arn(queue, "aws", "eu-west-1", "222222222222"), "arn:aws:sqs:eu-west-1:222222222222:example");
/// ```
pub fn example_arn(form: &str, partition: &str, region: &str, account: &str) -> String {
    let mut text = String::new();
    let mut rest = form;
    while let Some((before, after)) = rest.split_once("${") {
        text.push_str(before);
        let (name, tail) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(match name {
            "Partition" => partition,
            "Region" => region,
            "Account" => account,
            _ => "example",
        });
        rest = tail;
    }
    text.push_str(rest);
    text
}

impl fmt::Debug for ResourceType<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("ResourceType").field(&self.name()).field(&self.arn_pattern()).finish()
    }
}
