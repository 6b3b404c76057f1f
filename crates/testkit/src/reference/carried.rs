//! Which keys each pair carries (K.2).

use scproof_catalog::{AccessLevel, Action, Catalog, Listing, Row};

use super::facts::State;
use super::keys;

/// The row of a pair.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Carried<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) action: Action<'a>,
    /// None for the action as a whole.
    pub(crate) row: Option<Row<'a>>,
}

/// What the tables say of a key in this pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is listed for the pair.
    Here,
    /// The sources differ, or nothing is said.
    Perhaps,
    /// It is listed for other pairs of the action only.
    Elsewhere,
    /// It is listed nowhere for this action.
    Nowhere,
}

impl Carried<'_> {
    /// CALL-8: the state, in this pair, of a key that is given for the call.
    pub(crate) fn of_given(&self, key: &str, state: State) -> State {
        if !depends_on_pair(key) {
            return state;
        }
        let place = match self.by_rows(key) {
            Place::Nowhere => self.by_types_alone(key),
            listed @ (Place::Here | Place::Perhaps | Place::Elsewhere) => listed,
        };
        match place {
            // Listed nowhere: the user's word counts.
            Place::Here | Place::Nowhere => state,
            Place::Perhaps if state == State::Absent => state,
            Place::Perhaps => State::Either(vec![state, State::Absent]),
            Place::Elsewhere => State::Absent,
        }
    }

    /// CALL-9: whether this pair certainly lacks a key that is not given.
    pub(crate) fn lacks(&self, key: &str) -> bool {
        if !depends_on_pair(key) {
            return false;
        }
        let folded = key.to_ascii_lowercase();
        match self.by_rows(key) {
            Place::Here | Place::Perhaps => false,
            Place::Elsewhere => true,
            Place::Nowhere if folded.starts_with("aws:resourcetag/") => false,
            Place::Nowhere if is_tag_of_pair(&folded) => {
                matches!(self.action.access_level(), AccessLevel::List | AccessLevel::Read)
            }
            Place::Nowhere => match self.by_types(key) {
                Place::Here | Place::Perhaps => false,
                Place::Elsewhere => true,
                Place::Nowhere => self.is_of_another_service(&folded),
            },
        }
    }

    /// A key that its service defines and lists nowhere may be carried into calls of others by a session.
    fn is_of_another_service(&self, folded: &str) -> bool {
        let is_listed = self.catalog.condition_key(folded).is_none_or(|key| self.catalog.is_listed(key));
        folded
            .split_once(':')
            .is_some_and(|(prefix, _)| prefix != self.action.service() && self.catalog.service(prefix).is_some())
            && is_listed
    }

    /// What the rows of the action, and the action as a whole, say.
    fn by_rows(&self, key: &str) -> Place {
        let Some(key) = self.catalog.condition_key(key) else { return Place::Nowhere };
        match (self.action.keys().listing(key), self.by(|row| row.keys().listing(key))) {
            (Listing::Listed, _) => Place::Here,
            // It may be listed for the action as a whole.
            (Listing::Unsure, Place::Perhaps | Place::Elsewhere | Place::Nowhere) => Place::Perhaps,
            (Listing::Unsure | Listing::Lacking, place) => place,
        }
    }

    /// CALL-8: what the resource types say in general.
    fn by_types_alone(&self, key: &str) -> Place {
        let Some(key) = self.catalog.condition_key(key) else { return Place::Nowhere };
        self.by(|row| row.resource_type().keys().listing(key))
    }

    /// CALL-9: rows inferred from that are sure of nothing but that a key may be there.
    fn by_types(&self, key: &str) -> Place {
        match self.by_types_alone(key) {
            Place::Elsewhere => Place::Perhaps,
            place @ (Place::Here | Place::Perhaps | Place::Nowhere) => place,
        }
    }

    fn by(&self, listing: impl Fn(Row<'_>) -> Listing) -> Place {
        let all: Vec<Listing> = self.action.rows().map(&listing).collect();
        if all.iter().all(|one| *one == Listing::Lacking) {
            return Place::Nowhere;
        }
        match self.row.map(listing) {
            Some(Listing::Listed) => Place::Here,
            // CALL-4: what is in all rows is open where there is no resource.
            None if !all.contains(&Listing::Lacking) => Place::Perhaps,
            // What only one source lists in another row is perhaps in no row (CALL-9).
            Some(Listing::Lacking) | None if all.contains(&Listing::Listed) => Place::Elsewhere,
            Some(Listing::Lacking | Listing::Unsure) | None => Place::Perhaps,
        }
    }
}

/// CALL-7: keys of table E.1 are the same in all pairs, but for tags of the request and the resource. (The owner's keys
/// are derived.)
fn depends_on_pair(key: &str) -> bool {
    let folded = key.to_ascii_lowercase();
    is_tag_of_pair(&folded) || !keys::is_in_table(key)
}

fn is_tag_of_pair(folded: &str) -> bool {
    folded == "aws:tagkeys" || folded.starts_with("aws:requesttag/") || folded.starts_with("aws:resourcetag/")
}
