//! Names that are near to one that the catalog lacks: "did you mean".

use crate::catalog::Catalog;
use crate::condition_key::ConditionKey;
use crate::id::{ActionId, ServiceId};

impl Catalog {
    /// The actions whose full names are near to `name`, nearest first, at most `limit`.
    ///
    /// Looks for slips of spelling among the actions of the service that `name` has, or of the services with a prefix
    /// near to it if there is none such; and for the same action under another prefix. A name without a colon is
    /// compared with action names only as a whole. `O(actions of the service × length²)`, some tenths of a millisecond.
    /// What is the name of an operation stands for its actions, see
    /// [`actions_for_operation`](Self::actions_for_operation).
    ///
    /// ```
    /// use scproof_catalog::Catalog;
    ///
    /// let catalog = Catalog::embedded();
    /// let near = |name| catalog.nearest_actions(name, 1).first().map(|id| catalog.action(*id).full_name());
    /// assert_eq!(near("s3:GetObjct").as_deref(), Some("s3:GetObject"));
    /// assert_eq!(near("s33:GetObject").as_deref(), Some("s3:GetObject"));
    /// assert_eq!(near("iam:AssumeRole").as_deref(), Some("sts:AssumeRole"));
    /// assert_eq!(near("s3:PutBucketEncryption").as_deref(), Some("s3:PutEncryptionConfiguration"));
    /// assert_eq!(near("s3:XyzzyPlugh"), None);
    /// ```
    pub fn nearest_actions(&self, name: &str, limit: usize) -> Vec<ActionId> {
        let mut meant = self.actions_for_operation(name);
        if !meant.is_empty() {
            meant.truncate(limit);
            return meant;
        }
        let name = name.to_ascii_lowercase();
        let (prefix, name) = name.split_once(':').map_or((None, name.as_str()), |(prefix, name)| (Some(prefix), name));
        let services = match prefix {
            None => Vec::new(),
            Some(prefix) => self.service(prefix).map_or_else(
                || near_to(prefix, self.services().map(|id| (self.service_prefix(id), id))),
                |service| vec![(0, service)],
            ),
        };
        let mut found: Vec<(usize, ActionId)> = Vec::new();
        for (prefix_distance, service) in services {
            let actions = self.actions_of(service).iter().map(|id| (self.action(id).lower_name(), id));
            found.extend(near_to(name, actions).into_iter().map(|(distance, id)| (distance + prefix_distance, id)));
        }
        // The right action under a prefix that is not alike at all: no slip of a few letters, so it comes last.
        let elsewhere = self.services().filter_map(|service| self.find_in_service(service, name));
        for id in elsewhere.collect::<Vec<_>>() {
            if found.iter().all(|(_, known)| *known != id) {
                found.push((usize::MAX, id));
            }
        }
        nearest(found, limit)
    }

    /// The services whose prefixes are near to `prefix`, nearest first, at most `limit`; for the name of a client, see
    /// [`service_of_client`](Self::service_of_client), its service.
    ///
    /// ```
    /// use scproof_catalog::Catalog;
    ///
    /// let catalog = Catalog::embedded();
    /// let near: Vec<_> = catalog.nearest_services("dynamdb", 1);
    /// assert_eq!(near.iter().map(|id| catalog.service_prefix(*id)).collect::<Vec<_>>(), ["dynamodb"]);
    /// ```
    pub fn nearest_services(&self, prefix: &str, limit: usize) -> Vec<ServiceId> {
        if let Some(meant) = self.service_of_client(prefix).filter(|_| limit > 0) {
            return vec![meant];
        }
        let prefix = prefix.to_ascii_lowercase();
        nearest(near_to(&prefix, self.services().map(|id| (self.service_prefix(id), id))), limit)
    }

    /// The condition keys whose names are near to `name`, nearest first, at most `limit`.
    ///
    /// What follows the first slash of `name` is not compared with a placeholder, so `aws:ResourceTags/team` and
    /// `aws:ResourceTag` are both near to `aws:ResourceTag/${TagKey}`.
    ///
    /// ```
    /// use scproof_catalog::Catalog;
    ///
    /// let catalog = Catalog::embedded();
    /// let near = |name| catalog.nearest_condition_keys(name, 1).first().map(|key| key.name());
    /// assert_eq!(near("aws:RequestRegion"), Some("aws:RequestedRegion"));
    /// assert_eq!(near("aws:PrincipalTags/team"), Some("aws:PrincipalTag/${TagKey}"));
    /// ```
    pub fn nearest_condition_keys(&self, name: &str, limit: usize) -> Vec<ConditionKey<'_>> {
        let name = name.to_ascii_lowercase();
        let stem = name.split_once('/').map_or(name.as_str(), |(stem, _)| stem);
        let mut found = Vec::new();
        for (index, key) in self.condition_keys().enumerate() {
            let (before, after) = key.fixed_parts();
            let distance = match before.strip_suffix('/') {
                Some(before) if after.is_empty() => distance_within(stem, &before.to_ascii_lowercase()),
                _ => distance_within(&name, &key.name().to_ascii_lowercase()),
            };
            if let Some(distance) = distance {
                found.push((distance, index, key));
            }
        }
        found.sort_by_key(|(distance, index, _)| (*distance, *index));
        found.into_iter().take(limit).map(|(_, _, key)| key).collect()
    }
}

/// The candidates that are near to `name`, with their distances.
fn near_to<'a, T>(name: &str, candidates: impl Iterator<Item = (&'a str, T)>) -> Vec<(usize, T)> {
    candidates.filter_map(|(candidate, id)| Some((distance_within(name, candidate)?, id))).collect()
}

fn nearest<T: Ord>(mut found: Vec<(usize, T)>, limit: usize) -> Vec<T> {
    found.sort_unstable();
    found.into_iter().take(limit).map(|(_, id)| id).collect()
}

/// The number of slips (a letter more, less, another, or two swapped) that turn one name into the other, if they are
/// few enough that the one may be meant for the other: one in four letters, at least one and at most five.
pub(crate) fn distance_within(name: &str, candidate: &str) -> Option<usize> {
    let most = (name.len() / 4).clamp(1, 5);
    if name.len().abs_diff(candidate.len()) > most {
        return None;
    }
    Some(strsim::osa_distance(name, candidate)).filter(|distance| *distance <= most)
}
