//! Names that people take for actions: operations of the API, clients of the AWS CLI, types and properties of
//! `CloudFormation`. For hints only: an action is checked, never the name of an operation.

use crate::catalog::Catalog;
use crate::id::{ActionId, ServiceId};

/// One line a name, see its top; small, and read only where a name is unknown.
const OPERATIONS_TEXT: &str = include_str!("../data/operations.txt");

/// The lines: a name, and what stands for it.
fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    OPERATIONS_TEXT.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
}

impl Catalog {
    /// The actions that AWS checks where somebody calls an operation, or makes a resource of a template; none for a
    /// name that is an action itself, or that says nothing. In any case.
    ///
    /// Most operations have an action of their own name; this is about the others. Understood are names of operations,
    /// also under the name of their client, types of templates, and properties of some types.
    ///
    /// ```
    /// use scproof_catalog::Catalog;
    ///
    /// let catalog = Catalog::embedded();
    /// let actions = |name| {
    ///     catalog.actions_for_operation(name).into_iter().map(|id| catalog.action(id).full_name()).collect::<Vec<_>>()
    /// };
    /// assert_eq!(actions("s3:PutBucketEncryption"), ["s3:PutEncryptionConfiguration"]);
    /// assert_eq!(actions("s3:BucketEncryption"), ["s3:PutEncryptionConfiguration"]);
    /// assert_eq!(actions("kms:ReEncrypt"), ["kms:ReEncryptFrom", "kms:ReEncryptTo"]);
    /// assert_eq!(actions("elbv2:CreateLoadBalancer"), ["elasticloadbalancing:CreateLoadBalancer"]);
    /// assert_eq!(actions("AWS::EC2::Instance"), ["ec2:RunInstances"]);
    /// assert!(actions("s3:PutObject").is_empty());
    /// ```
    pub fn actions_for_operation(&self, name: &str) -> Vec<ActionId> {
        if self.find_action(name).is_some() {
            return Vec::new();
        }
        let listed = self.listed(name);
        if !listed.is_empty() {
            return listed;
        }
        if let Some((service, kind)) = resource_type(name) {
            let prefix = service.to_ascii_lowercase();
            return self.find_action(&format!("{prefix}:Create{kind}")).into_iter().collect();
        }
        let Some((client, operation)) = name.split_once(':') else { return Vec::new() };
        let Some(service) = self.service_of_client(client) else { return Vec::new() };
        let name = format!("{}:{operation}", self.service_prefix(service));
        self.find_action(&name).map_or_else(|| self.listed(&name), |id| vec![id])
    }

    /// The service whose actions a client of the AWS CLI calls, where its name is no prefix: `elbv2` is
    /// `elasticloadbalancing`. In any case.
    pub fn service_of_client(&self, client: &str) -> Option<ServiceId> {
        let is_it = |name: &str| name.strip_suffix(":*").is_some_and(|known| known.eq_ignore_ascii_case(client));
        let (_, service) = lines().find(|(name, _)| is_it(name))?;
        self.service(service.strip_suffix(":*")?)
    }

    fn listed(&self, name: &str) -> Vec<ActionId> {
        let is_it = |known: &str| known.eq_ignore_ascii_case(name) || is_property(known, name);
        let found = lines().find(|(known, _)| is_it(known));
        found.map_or("", |(_, actions)| actions).split(' ').filter_map(|action| self.find_action(action)).collect()
    }
}

/// The service and the kind of `AWS::S3::Bucket`.
fn resource_type(name: &str) -> Option<(&str, &str)> {
    let (start, rest) = name.split_once("::")?;
    start.eq_ignore_ascii_case("aws").then_some(())?;
    rest.split_once("::")
}

/// Whether a name such as `s3:BucketEncryption` is a property of a type.
fn is_property(known: &str, name: &str) -> bool {
    let Some((kind, property)) = known.split_once('.') else { return false };
    let Some((service, name)) = name.split_once(':') else { return false };
    resource_type(kind).is_some_and(|(own, _)| own.eq_ignore_ascii_case(service)) && property.eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What is a name of an action already needs no translation, and what a name is translated to exists.
    #[test]
    fn the_names_are_no_actions_and_stand_for_some() {
        let catalog = Catalog::embedded();
        let mut names = BTreeSet::new();
        for (name, actions) in lines() {
            assert!(names.insert(name.to_ascii_lowercase()), "{name} is there twice");
            if let Some(client) = name.strip_suffix(":*") {
                assert_eq!(
                    catalog.service_of_client(client).map(|id| catalog.service_prefix(id)),
                    actions.strip_suffix(":*"),
                    "{name}"
                );
                continue;
            }
            assert!(catalog.find_action(name).is_none(), "{name} is an action");
            let found = catalog.actions_for_operation(name);
            let found: Vec<String> = found.into_iter().map(|id| catalog.action(id).full_name()).collect();
            assert_eq!(found.join(" "), actions, "{name}");
        }
        assert!(names.len() > 150, "{}", names.len());
    }

    #[test]
    fn what_is_no_operation_stands_for_nothing() {
        for name in ["", ":", "s3", "s3:", "s3:Xyzzy", "acme:PutBucketEncryption", "AWS::", "AWS::S3", "::", "s3:."] {
            assert_eq!(Catalog::embedded().actions_for_operation(name), [], "{name}");
        }
    }
}
