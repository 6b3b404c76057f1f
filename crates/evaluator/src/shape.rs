//! Actions whose calls are checked alike: what policies ask about is in the same way part of their checks, so that one
//! of them can be asked about for all (K.1, K.2).

use std::collections::BTreeSet;

use scproof_catalog::{AccessLevel, Action, ActionId, KeyList, RowListId, ServiceId, type_passed_on};

use crate::carried::{Listings, Place, Rows};
use crate::compile::CompiledOrganization;
use crate::request::Context;
use crate::truth::Truth;

/// What a call of an action is checked against, as far as some keys and resource elements ask about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Shape {
    /// Whether some type is required, so that each check of a required type is certain; else the checks are
    /// alternatives.
    has_required: bool,
    /// Whether a call may be checked once more in another Region.
    passed_on: bool,
    checks: BTreeSet<ShapeOfCheck>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct ShapeOfCheck {
    certain: bool,
    /// For each key whether the check lacks it, and whether it has it if it is given.
    keys: Vec<(bool, u8)>,
    /// What each element says of all resources of the type.
    resources: Vec<Truth>,
    /// The type, where an answer may name it, a variable may stand in a resource, or an element says something of a
    /// part of its resources only.
    name: Option<&'static str>,
}

/// The keys and resource elements that the statements of a cell ask about.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct AskedOfCell {
    pub(crate) keys: Vec<String>,
    pub(crate) resources: Vec<u32>,
}

/// What the rows of an action follow from.
pub(crate) type RowsKey = (ServiceId, Option<RowListId>, KeyList<'static>, bool, bool);

impl Shape {
    /// What shapes of an action follow from, whatever is asked.
    pub(crate) fn rows_key(action: Action<'static>) -> RowsKey {
        let reads = matches!(action.access_level(), AccessLevel::List | AccessLevel::Read);
        let passed_on = type_passed_on(action.service(), action.name()).is_some();
        (action.service_id(), action.row_list(), action.keys(), reads, passed_on)
    }
}

impl CompiledOrganization {
    /// The shape of a known action.
    pub(crate) fn shape(&self, action: ActionId, asked: &AskedOfCell, context: &Context) -> Shape {
        if self.options.beyond_catalog || (asked.keys.is_empty() && asked.resources.is_empty()) {
            return Shape::default();
        }
        let found = self.actions.catalog.action(action);
        let passed_on = type_passed_on(found.service(), found.name()).is_some();
        let shape = self.shape_of(&Rows::new(self.actions.catalog, found), asked, context);
        Shape { passed_on, ..shape }
    }

    fn shape_of(&self, rows: &Rows, asked: &AskedOfCell, context: &Context) -> Shape {
        let listings: Vec<(Listings, bool)> = asked
            .keys
            .iter()
            .map(|key| (rows.listings(key), context.iter().any(|(given, _)| given.eq_ignore_ascii_case(key))))
            .collect();
        let place = |place: Place| match place {
            Place::Here | Place::Nowhere => 1,
            Place::Perhaps => 2,
            Place::Elsewhere => 3,
        };
        let keys = |row: Option<usize>| -> Vec<(bool, u8)> {
            let of = |(listings, given): &(Listings, bool)| {
                if *given { (false, place(listings.of_given(row))) } else { (listings.lacks(row), 0) }
            };
            listings.iter().map(of).collect()
        };
        let has_required = rows.all.iter().any(|row| row.is_required());
        let partition = self.organization.partition();
        let mut checks: BTreeSet<ShapeOfCheck> = rows
            .all
            .iter()
            .enumerate()
            .map(|(number, row)| {
                let of = self.types.pattern(row.resource_type().arn_pattern(), partition);
                let mut has_variables = false;
                let resources = asked.resources.iter().map(|&id| {
                    let Some(element) = self.resources.get(id as usize) else { return Truth::Unknown };
                    if element.slots().next().is_some() {
                        has_variables = true;
                        return Truth::Unknown;
                    }
                    let relation = || element.relation(&of, &[], self.options.assume_preferred);
                    self.types.relation(id, &of, relation).0
                });
                let resources: Vec<Truth> = resources.collect();
                let certain = row.is_required();
                // Of two types whose resources an element names a part of, the elements together may name all of one.
                let is_named = !certain || has_variables || resources.contains(&Truth::Unknown);
                let name = is_named.then(|| row.resource_type().arn_pattern());
                ShapeOfCheck { certain, keys: keys(Some(number)), resources, name }
            })
            .collect();
        if !has_required && (rows.all.is_empty() || rows.action().service() != "s3") {
            checks.insert(ShapeOfCheck { certain: true, keys: keys(None), resources: Vec::new(), name: Some("*") });
        }
        Shape { has_required, passed_on: false, checks }
    }
}
