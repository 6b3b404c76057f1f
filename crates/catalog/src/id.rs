//! Typed positions in the catalog.

use std::ops::Range;

/// A service of the catalog; ordered by prefix.
///
/// Only a [`Catalog`](crate::Catalog) hands ids out, and a program has one catalog, so an id is always valid. Its
/// number changes when the catalog's data does: store names, not numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub(crate) u16);

impl ServiceId {
    /// The position among the services, from 0 and without gaps.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// An action of the catalog; ordered by service prefix, then by lower-cased name.
///
/// The actions of one service follow each other, and so do those of a service whose names share a beginning. Only a
/// [`Catalog`](crate::Catalog) hands ids out, and a program has one catalog, so an id is always valid. Its number
/// changes when the catalog's data does: store names, not numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionId(pub(crate) u32);

impl ActionId {
    /// The position among the actions, from 0 and without gaps: an index into a bit set over the catalog.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A distinct list of rows ([`Action::row_list`](crate::Action::row_list)): actions share few of them.
///
/// Its number changes when the catalog's data does: store names, not numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowListId(pub(crate) u32);

impl RowListId {
    /// The position among the lists of rows, from 0 and without gaps, below
    /// [`Catalog::row_list_count`](crate::Catalog::row_list_count).
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Actions that follow each other in the catalog.
///
/// ```
/// use scproof_catalog::Catalog;
///
/// let catalog = Catalog::embedded();
/// let s3 = catalog.service("s3").ok_or("not in the catalog")?;
/// let tagging = catalog.actions_with_name_prefix(s3, "getobjecttag");
/// let names: Vec<_> = tagging.iter().map(|id| catalog.action(id).name()).collect();
/// assert_eq!(names, ["GetObjectTagging"]);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ActionRange {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl ActionRange {
    /// How many actions there are.
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether `action` is one of them.
    pub const fn contains(self, action: ActionId) -> bool {
        self.start <= action.0 && action.0 < self.end
    }

    /// The positions, as [`ActionId::index`] counts them.
    pub const fn indexes(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The actions in order.
    pub fn iter(self) -> ActionRangeIter {
        ActionRangeIter { indexes: self.start..self.end }
    }
}

impl IntoIterator for ActionRange {
    type Item = ActionId;
    type IntoIter = ActionRangeIter;

    fn into_iter(self) -> ActionRangeIter {
        self.iter()
    }
}

/// Iterates over an [`ActionRange`].
#[derive(Clone, Debug)]
pub struct ActionRangeIter {
    indexes: Range<u32>,
}

impl Iterator for ActionRangeIter {
    type Item = ActionId;

    fn next(&mut self) -> Option<ActionId> {
        self.indexes.next().map(ActionId)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.indexes.size_hint()
    }
}

impl DoubleEndedIterator for ActionRangeIter {
    fn next_back(&mut self) -> Option<ActionId> {
        self.indexes.next_back().map(ActionId)
    }
}

impl ExactSizeIterator for ActionRangeIter {}
