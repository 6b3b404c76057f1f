//! Which keys each check of a call carries, by the rows of AWS's tables (K.2).

use scproof_catalog::{AccessLevel, Action, Catalog, ConditionKey, Listing, Row};

use crate::keys;

/// The rows of an action.
#[derive(Debug)]
pub(crate) struct Rows {
    catalog: &'static Catalog,
    action: Action<'static>,
    pub(crate) all: Box<[Row<'static>]>,
}

/// What the tables say of a key in one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is listed there.
    Here,
    /// The sources differ, or nothing is said.
    Perhaps,
    /// It is listed for other checks of the action only.
    Elsewhere,
    /// It is listed nowhere for this action.
    Nowhere,
}

/// What the tables say of a key in all checks of an action.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Listings {
    /// Whether the key may differ from check to check at all (CALL-7).
    differs: bool,
    whole: Listing,
    /// For each row, and for the resource type of each row in general.
    rows: Box<[Listing]>,
    types: Box<[Listing]>,
    if_nowhere: IfNowhere,
}

/// What a key is that no row lists (CALL-9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum IfNowhere {
    /// A tag, or a key of the action's own service: rows lag.
    Open,
    /// A tag of the request of an action that passes none, or a key of another service.
    Absent,
    /// Whether the resource types list it decides.
    ByType { of_another_service: bool },
}

impl Rows {
    pub(crate) fn new(catalog: &'static Catalog, action: Action<'static>) -> Self {
        Self { catalog, action, all: action.rows().collect() }
    }

    pub(crate) fn action(&self) -> Action<'static> {
        self.action
    }

    /// What the rows say of a key, lower case.
    pub(crate) fn listings(&self, folded: &str) -> Listings {
        self.listings_of(folded, self.catalog.condition_key(folded))
    }

    /// The same of a key that was looked up before.
    pub(crate) fn listings_of(&self, folded: &str, known: Option<ConditionKey<'static>>) -> Listings {
        let is_tag = is_tag_of_check(folded);
        let listing = |of: &dyn Fn(ConditionKey<'static>) -> Listing| known.map_or(Listing::Lacking, of);
        let service = folded.split_once(':').map_or("", |(service, _)| service);
        let if_nowhere = if folded.starts_with("aws:resourcetag/") {
            IfNowhere::Open
        } else if is_tag {
            match self.action.access_level() {
                AccessLevel::List | AccessLevel::Read => IfNowhere::Absent,
                AccessLevel::Write | AccessLevel::Tagging | AccessLevel::PermissionsManagement => IfNowhere::Open,
            }
        } else {
            // A key that its own service lists nowhere may be one that sessions carry into calls of others.
            let is_listed = || known.is_none_or(|key| self.catalog.is_listed(key));
            let is_other = service != self.action.service() && self.catalog.service(service).is_some() && is_listed();
            IfNowhere::ByType { of_another_service: is_other }
        };
        Listings {
            differs: differs_by_check(folded),
            whole: listing(&|key| self.action.keys().listing(key)),
            rows: self.all.iter().map(|row| listing(&|key| row.keys().listing(key))).collect(),
            types: self.all.iter().map(|row| listing(&|key| row.resource_type().keys().listing(key))).collect(),
            if_nowhere,
        }
    }
}

impl Listings {
    /// CALL-8: where a key that was given for the call as a whole is, as far as one check goes. `row`: none for the
    /// action as a whole.
    pub(crate) fn of_given(&self, row: Option<usize>) -> Place {
        if !self.differs {
            return Place::Nowhere;
        }
        match self.by_rows(row) {
            Place::Nowhere => by(&self.types, row),
            listed @ (Place::Here | Place::Perhaps | Place::Elsewhere) => listed,
        }
    }

    /// Whether no place of the tables lists a key that was given, so that the user's word alone counts.
    pub(crate) fn is_unlisted(&self) -> bool {
        self.differs && self.of_given(None) == Place::Nowhere && self.whole == Listing::Lacking
    }

    /// CALL-9: whether a check certainly lacks a key that was not given.
    pub(crate) fn lacks(&self, row: Option<usize>) -> bool {
        if !self.differs {
            return false;
        }
        match (self.by_rows(row), self.if_nowhere) {
            (Place::Here | Place::Perhaps, _) | (Place::Nowhere, IfNowhere::Open) => false,
            (Place::Elsewhere, _) | (Place::Nowhere, IfNowhere::Absent) => true,
            (Place::Nowhere, IfNowhere::ByType { of_another_service }) => {
                of_another_service && self.by_types(row) == Place::Nowhere
            }
        }
    }

    /// Whether the tables list the key nowhere for the action, though a check may carry it.
    pub(crate) fn is_silent(&self, row: Option<usize>) -> bool {
        let may_be_of_type = match self.if_nowhere {
            IfNowhere::Open | IfNowhere::Absent => false,
            IfNowhere::ByType { .. } => self.by_types(row) != Place::Nowhere,
        };
        self.differs && self.by_rows(row) == Place::Nowhere && !may_be_of_type
    }

    /// Whether the rows of the action, or the action as a whole, list the key for some check.
    pub(crate) fn is_of_action(&self, row: Option<usize>) -> bool {
        self.by_rows(row) != Place::Nowhere
    }

    /// What the resource types say in general. That one lists a key is no proof that the checks of a call against
    /// others lack it: AWS's policies ask for `rds:DatabaseEngine` on the option group of an instance, too (CALL-8,
    /// CALL-9).
    fn by_types(&self, row: Option<usize>) -> Place {
        match by(&self.types, row) {
            Place::Elsewhere => Place::Perhaps,
            place @ (Place::Here | Place::Perhaps | Place::Nowhere) => place,
        }
    }

    fn by_rows(&self, row: Option<usize>) -> Place {
        match (self.whole, by(&self.rows, row)) {
            (Listing::Listed, _) => Place::Here,
            // It may be listed for the action as a whole.
            (Listing::Unsure, Place::Perhaps | Place::Elsewhere | Place::Nowhere) => Place::Perhaps,
            (Listing::Unsure | Listing::Lacking, place) => place,
        }
    }
}

fn by(listings: &[Listing], row: Option<usize>) -> Place {
    if listings.iter().all(|listing| *listing == Listing::Lacking) {
        return Place::Nowhere;
    }
    match row.and_then(|row| listings.get(row)) {
        Some(Listing::Listed) => Place::Here,
        // What only one source lists elsewhere is perhaps listed nowhere.
        Some(Listing::Lacking) if listings.contains(&Listing::Listed) => Place::Elsewhere,
        // What is in all rows is open where there is no resource (CALL-4).
        None if listings.contains(&Listing::Lacking) && listings.contains(&Listing::Listed) => Place::Elsewhere,
        Some(Listing::Unsure | Listing::Lacking) | None => Place::Perhaps,
    }
}

/// Whether a key, lower case, may differ from check to check.
pub(crate) fn differs_by_check(folded: &str) -> bool {
    is_tag_of_check(folded) || keys::find(folded).is_none()
}

/// The tags that a check has of its own; all other keys of table E.1 are the same in all checks (CALL-7).
fn is_tag_of_check(folded: &str) -> bool {
    folded == "aws:tagkeys" || folded.starts_with("aws:requesttag/") || folded.starts_with("aws:resourcetag/")
}
