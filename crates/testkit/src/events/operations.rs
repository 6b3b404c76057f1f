//! What is called.

use super::callers::Caller;
use crate::random::Random;

/// Lines of operations, see its top.
const OPERATIONS: &str = include_str!("../../data/operations.txt");

/// What operations have in common, for who calls them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Group {
    #[default]
    Read,
    App,
    Data,
    Manage,
    GlobalRead,
    GlobalManage,
}

impl Group {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Read, "read"),
        (Self::App, "app"),
        (Self::Data, "data"),
        (Self::Manage, "manage"),
        (Self::GlobalRead, "global-read"),
        (Self::GlobalManage, "global-manage"),
    ];

    /// The group in us-east-1, where services without Regions write their events.
    fn everywhere(self) -> Self {
        match self {
            Self::Read => Self::GlobalRead,
            Self::Manage => Self::GlobalManage,
            Self::App | Self::Data | Self::GlobalRead | Self::GlobalManage => self,
        }
    }
}

/// An operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    group: Group,
    weight: usize,
    pub(crate) source: &'static str,
    pub(crate) name: &'static str,
    /// A template of JSON.
    pub(crate) parameters: &'static str,
    /// A template of the items of a list of JSON.
    pub(crate) resources: &'static str,
}

impl Operation {
    pub(crate) fn is_reading(&self) -> bool {
        ["Get", "List", "Describe", "Head", "Lookup", "Filter"].iter().any(|start| self.name.starts_with(start))
    }

    pub(crate) fn is_data(&self) -> bool {
        self.group == Group::Data
    }
}

/// All operations, and those that some callers make alone.
#[derive(Debug)]
pub(crate) struct Operations {
    all: Vec<Operation>,
}

impl Operations {
    pub(crate) fn new() -> Self {
        Self { all: OPERATIONS.lines().filter(|line| !line.starts_with('#')).filter_map(operation).collect() }
    }

    /// What a caller calls in a Region.
    pub(crate) fn draw(&self, caller: &Caller, region: &str, random: &mut Random) -> Operation {
        if let Some((source, name)) = caller.only {
            return self.named(source, name);
        }
        let group = caller.group(random);
        let group = if region == "us-east-1" && random.chance(70) { group.everywhere() } else { group };
        let of_group = || self.all.iter().filter(|operation| operation.group == group);
        let mut left = random.below(of_group().map(|operation| operation.weight).sum());
        for operation in of_group() {
            match left.checked_sub(operation.weight) {
                None => return *operation,
                Some(rest) => left = rest,
            }
        }
        self.named("sts", "GetCallerIdentity")
    }

    /// The operation of this name; one without parameters if the table lacks it.
    pub(crate) fn named(&self, source: &'static str, name: &'static str) -> Operation {
        let found = self.all.iter().find(|operation| operation.source == source && operation.name == name);
        let bare = Operation { group: Group::App, weight: 0, source, name, parameters: "-", resources: "" };
        found.copied().unwrap_or(bare)
    }
}

fn operation(line: &'static str) -> Option<Operation> {
    let mut parts = line.split('\t');
    let group = parts.next()?;
    Some(Operation {
        group: Group::ALL.iter().find(|(_, name)| *name == group).map(|(group, _)| *group)?,
        weight: parts.next()?.parse().ok()?,
        source: parts.next()?,
        name: parts.next()?,
        parameters: parts.next()?,
        resources: parts.next().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_has_json() {
        let lines = OPERATIONS.lines().filter(|line| !line.starts_with('#')).count();
        let operations = Operations::new();
        assert_eq!(operations.all.len(), lines);
        for operation in operations.all {
            let text = format!("[[{}], {}]", operation.resources, operation.parameters.replace('-', "null"));
            let is_json = operation.parameters == "-" || serde_json::from_str::<serde_json::Value>(&text).is_ok();
            assert!(is_json || operation.parameters.contains('-'), "{operation:?}");
        }
    }
}
