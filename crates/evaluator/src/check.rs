//! What calls are checked against and what each check carries, for those who look at documents alone: the same picture
//! of a call as a question has (part K of the rules).

use rustc_hash::FxHashMap;
use scproof_catalog::{Action, Catalog, ResourceType};
use scproof_policy_parser::{ResourceElement, ResourcePattern};

use crate::call::{Target, plan};
use crate::carried::Rows;
use crate::request::Request;
use crate::resource::{CompiledResource, ResourceState};
use crate::resource_type::TypePattern;
use crate::state::{Domain, DomainValues, KeyState, Value};
use crate::trace::{Evaluation, KeySlot, NoTrace};
use crate::truth::Truth;

/// The partitions of AWS that are not secret.
const PARTITIONS: [&str; 4] = ["aws", "aws-cn", "aws-us-gov", "aws-eusc"];

/// Everything that calls of an action are checked against (CALL-2 to CALL-4), as AWS's tables say.
///
/// ```
/// use scproof_catalog::Catalog;
/// use scproof_evaluator::{CallChecks, Carried};
///
/// let catalog = Catalog::embedded();
/// let launch = catalog.find_action("ec2:RunInstances").ok_or("not in the catalog")?;
/// let checks = CallChecks::of(catalog, catalog.action(launch));
/// let carried = checks.carried("ec2:InstanceType");
/// let lacks = |check: &_| carried(check) == Carried::Never;
/// // Each launch is checked against a subnet, too, and that check carries no instance type.
/// assert!(checks.always(lacks) && !checks.all().all(lacks));
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug)]
pub struct CallChecks {
    rows: Rows,
    planned: Vec<Planned>,
}

/// Something that is checked, by what it may be.
#[derive(Debug)]
struct Planned {
    alternatives: Vec<CallCheck>,
    certain: bool,
}

/// One check of a call: against a resource of a type, or against none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallCheck {
    row: Option<usize>,
}

/// Whether a check carries a key that the caller may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// It may.
    Perhaps,
    /// The tables list the key nowhere for the action. They lag, so that it may all the same.
    Unlisted,
    /// It never does (CALL-9).
    Never,
}

impl CallChecks {
    /// The checks of a call of which nothing is known but its action.
    pub fn of(catalog: &'static Catalog, action: Action<'static>) -> Self {
        let rows = Rows::new(catalog, action);
        // A question that gives no resource cannot give a wrong one.
        let request = Request::new("", "");
        let planned = plan(&request, &rows, &[]).unwrap_or_default();
        let row_of = |target: Target<'_>| match target {
            Target::OfType(row) => Some(row),
            Target::NotScoped | Target::Given(_) => None,
        };
        let planned = planned.iter().map(|check| Planned {
            alternatives: check.alternatives.iter().map(|it| CallCheck { row: row_of(it.target) }).collect(),
            certain: check.certain,
        });
        let planned = planned.collect();
        Self { rows, planned }
    }

    /// The checks that calls may have.
    pub fn all(&self) -> impl Iterator<Item = &CallCheck> {
        self.planned.iter().flat_map(|check| &check.alternatives)
    }

    /// The checks that every call has.
    pub fn certain(&self) -> impl Iterator<Item = &CallCheck> {
        self.planned.iter().filter(|check| check.certain).filter_map(|check| match check.alternatives.as_slice() {
            [only] => Some(only),
            _ => None,
        })
    }

    /// Whether each call has a check such as this (EVAL-10).
    pub fn always(&self, is_such: impl Fn(&CallCheck) -> bool) -> bool {
        self.planned.iter().any(|check| check.certain && check.alternatives.iter().all(&is_such))
    }

    /// The type of the resource of a check; `None` where it is against no resource.
    pub fn resource_type(&self, check: &CallCheck) -> Option<ResourceType<'static>> {
        Some(self.rows.all.get(check.row?)?.resource_type())
    }

    /// Whether a check carries a key, in any case (CALL-9).
    pub fn carried<'a>(&'a self, key: &str) -> impl Fn(&CallCheck) -> Carried + 'a {
        let folded = key.to_ascii_lowercase();
        let listings = self.rows.listings(&folded);
        let is_resource_tag = folded.split_once(':').is_some_and(|(_, name)| name.starts_with("resourcetag/"));
        let is_global = folded.starts_with("aws:");
        move |check| {
            if listings.lacks(check.row) {
                Carried::Never
            } else if is_resource_tag && !listings.is_of_action(check.row) && self.makes(check) {
                // What a call makes has no tags before.
                Carried::Unlisted
            } else if is_resource_tag && is_global && check.row.is_some() {
                // Tables say little of the tags that a resource has.
                Carried::Perhaps
            } else if listings.is_silent(check.row) {
                Carried::Unlisted
            } else {
                Carried::Perhaps
            }
        }
    }

    /// Whether the call makes the resource of a check, so that it does not exist before.
    fn makes(&self, check: &CallCheck) -> bool {
        let plain = |text: &str| text.replace('-', "").to_ascii_lowercase();
        let made = self.rows.action().lower_name().strip_prefix("create");
        self.resource_type(check).is_some_and(|kind| made == Some(&plain(kind.name())))
    }
}

/// A `Resource` or `NotResource` element held against the resources of calls.
///
/// Where a document says it, the partition is that of its ARNs, else `aws`.
#[derive(Debug)]
pub struct CallResources {
    compiled: CompiledResource,
    /// The states of the keys that its variables name.
    states: Vec<KeyState>,
    partition: String,
    /// Whether a pattern is no ARN, or a variable or a placeholder of a template stands before its last component.
    has_open_head: bool,
    known: FxHashMap<&'static str, Truth>,
}

impl CallResources {
    /// Reads an element of a document, with or without variables (VAR-3).
    pub fn new(element: &ResourceElement, variables: bool) -> Self {
        let partition_of = |text: &str| {
            let partition = text.split(':').nth(1)?;
            let is_one = PARTITIONS.contains(&partition) || partition.starts_with("aws-iso");
            is_one.then(|| partition.to_owned())
        };
        let mut texts = element.patterns.iter().map(|pattern| pattern.text.as_str());
        let partition = texts.find_map(partition_of).unwrap_or_else(|| "aws".to_owned());
        let element = with_partition(element, &partition);
        let mut states = Vec::new();
        let untyped = Catalog::embedded().services_without_resource_type_prefix();
        let compiled = CompiledResource::compile(&element, variables, untyped, &mut |_| {
            states.push(KeyState::Unknown(Domain::new(true, true, DomainValues::Any)));
            KeySlot(u32::try_from(states.len()).map_or(u32::MAX, |count| count.saturating_sub(1)))
        });
        let is_any = |text: &str| text.bytes().all(|byte| byte == b'*');
        let has_open_head = |text: &str| {
            let parts: Vec<&str> = text.splitn(6, ':').collect();
            !is_any(text) && (parts.len() < 6 || parts.iter().take(5).any(|part| part.contains("${")))
        };
        let has_open_head = element.patterns.iter().any(|pattern| has_open_head(&pattern.text));
        Self { compiled, states, partition, has_open_head, known: FxHashMap::default() }
    }

    /// Whether the element matches all resources that a check may be against, none, or perhaps some (RES-10, CALL-3),
    /// in the preferred readings of what AWS leaves open.
    pub fn reach(&mut self, resource_type: Option<ResourceType<'static>>) -> Truth {
        let arn = resource_type.map_or("*", ResourceType::arn_pattern);
        let Self { compiled, states, partition, has_open_head, known } = self;
        *known.entry(arn).or_insert_with(|| {
            if resource_type.is_none() {
                let resource = ResourceState::Known { value: Value::from("*"), not_scoped: true };
                let mut evaluation = Evaluation { states, assume_preferred: true, trace: NoTrace };
                return compiled.truth(0, &resource, &mut evaluation);
            }
            if compiled.is_everything() {
                return Truth::True;
            }
            // Some ARNs of the tables are none.
            if *has_open_head || arn.matches(':').count() < 5 {
                return Truth::Unknown;
            }
            compiled.relation(&TypePattern::new(arn, Some(partition.as_str())), states, true).0
        })
    }
}

/// The element with a partition in the place of a template's placeholder for one.
fn with_partition(element: &ResourceElement, partition: &str) -> ResourceElement {
    let filled = |text: &str| {
        let mut parts: Vec<&str> = text.splitn(3, ':').collect();
        if let Some(part) = parts.get_mut(1).filter(|part| part.starts_with("${") && part.ends_with('}')) {
            *part = partition;
        }
        ResourcePattern { text: parts.join(":") }
    };
    let patterns = element.patterns.iter().map(|pattern| filled(&pattern.text)).collect();
    ResourceElement { negated: element.negated, patterns }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks(action: &str) -> CallChecks {
        let catalog = Catalog::embedded();
        CallChecks::of(catalog, catalog.action(catalog.find_action(action).unwrap()))
    }

    fn carried(action: &str, kind: &str, key: &str) -> Carried {
        let checks = checks(action);
        let is_it = |check: &&CallCheck| checks.resource_type(check).map_or("*", |of| of.name()) == kind;
        let check = *checks.all().find(is_it).unwrap();
        checks.carried(key)(&check)
    }

    #[test]
    fn call_9_what_a_check_carries() {
        assert_eq!(carried("ec2:RunInstances", "instance", "EC2:instanceType"), Carried::Perhaps);
        assert_eq!(carried("ec2:RunInstances", "subnet", "ec2:InstanceType"), Carried::Never);
        assert_eq!(carried("ec2:DescribeInstances", "*", "aws:RequestTag/team"), Carried::Never);
        assert_eq!(carried("ec2:ModifyVolume", "volume", "aws:RequestTag/team"), Carried::Unlisted);
        assert_eq!(carried("s3:GetObject", "object", "s3:x-amz-server-side-encryption"), Carried::Unlisted);
        assert_eq!(carried("ec2:RunInstances", "subnet", "aws:RequestedRegion"), Carried::Perhaps);
        assert_eq!(carried("ec2:CreateInternetGateway", "internet-gateway", "ec2:ResourceTag/x"), Carried::Unlisted);
        assert_eq!(carried("ec2:DeleteInternetGateway", "internet-gateway", "ec2:ResourceTag/x"), Carried::Perhaps);
    }

    /// AWS's own samples ask for these keys on all resources of the call.
    #[test]
    fn call_9_a_key_of_a_type_in_general_may_be_in_all_checks() {
        for kind in ["db", "og", "pg", "subgrp"] {
            assert_eq!(carried("rds:CreateDBInstance", kind, "rds:DatabaseEngine"), Carried::Perhaps, "{kind}");
        }
    }

    #[test]
    fn call_3_which_checks_each_call_has() {
        let launch = checks("ec2:RunInstances");
        let certain: Vec<&str> = launch.certain().filter_map(|it| Some(launch.resource_type(it)?.name())).collect();
        assert!(certain.contains(&"subnet") && !certain.contains(&"launch-template"), "{certain:?}");
        assert_eq!(checks("ec2:DescribeInstances").certain().count(), 1);
        // One of several: none is there for certain.
        assert_eq!(checks("s3:GetObject").certain().count(), 0);
    }

    #[test]
    fn call_10_what_an_element_says_of_the_resources_of_a_check() {
        let reach = |action: &str, kind: &str, negated: bool, pattern: &str| {
            let checks = checks(action);
            let element = ResourceElement { negated, patterns: vec![ResourcePattern { text: pattern.to_owned() }] };
            let check = checks.all().find(|check| checks.resource_type(check).map_or("*", |of| of.name()) == kind);
            CallResources::new(&element, true).reach(checks.resource_type(check.unwrap()))
        };
        assert_eq!(reach("ec2:RunInstances", "instance", false, "arn:aws:ec2:*:*:instance/*"), Truth::True);
        assert_eq!(reach("ec2:RunInstances", "instance", true, "arn:aws:ec2:*:*:instance/*"), Truth::False);
        assert_eq!(reach("ec2:RunInstances", "instance", false, "arn:aws-cn:ec2:*:*:*/*"), Truth::True);
        assert_eq!(reach("ec2:RunInstances", "instance", false, "arn:aws:ec2:eu-west-1:*:instance/*"), Truth::Unknown);
        assert_eq!(reach("ec2:DescribeInstances", "*", false, "arn:aws:ec2:*:*:instance/*"), Truth::False);
        assert_eq!(reach("iam:CreateAccessKey", "user", false, "arn:aws:iam::*:root"), Truth::False);
        assert_eq!(reach("iam:CreateAccessKey", "user", false, "arn:${Partition}:iam::*:root"), Truth::False);
        assert_eq!(reach("iam:CreateAccessKey", "user", false, "arn:aws:iam::${Account}:root"), Truth::Unknown);
        assert_eq!(reach("iam:CreateAccessKey", "user", false, "arn:aws:iam::*:user/${aws:username}"), Truth::Unknown);
        assert_eq!(reach("iam:DeleteRole", "role", false, "arn:aws-com:iam::*:role/ops"), Truth::False);
    }
}
