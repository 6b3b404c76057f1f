//! Which day it is, and what time.

use jiff::Timestamp;

/// Today in UTC, as `2027-01-31`; none if the clock stands beyond the years 0 to 9999.
pub(crate) fn today() -> Option<String> {
    now()?.split_once('T').map(|(day, _)| day.to_owned())
}

/// The time in UTC, as `2027-01-31T10:00:00Z`; none as for [`today`].
pub(crate) fn now() -> Option<String> {
    Timestamp::from_second(Timestamp::now().as_second()).ok().map(|time| time.to_string())
}
