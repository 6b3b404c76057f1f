//! Which day it is, and what time.

use std::time::{SystemTime, UNIX_EPOCH};

/// Today in UTC, as `2027-01-31`; none if the clock stands before 1970.
pub(crate) fn today() -> Option<String> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    Some(date(seconds / 86_400))
}

/// The time in UTC, as `2027-01-31T10:00:00Z`; none if the clock stands before 1970.
pub(crate) fn now() -> Option<String> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    Some(format!("{}T{hours:02}:{minutes:02}:{:02}Z", date(seconds / 86_400), seconds % 60))
}

/// The date of a day, counted from 1970-01-01, in the proleptic Gregorian calendar (H. Hinnant, `civil_from_days`).
fn date(days: u64) -> String {
    // Years begin in March here, so that the leap day is their last.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", era * 400 + year_of_era + next_year)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn days_as_dates() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(11_016), "2000-02-29");
        assert_eq!(date(20_782), "2026-11-25");
        assert_eq!(date(47_540), "2100-02-28");
        assert_eq!(date(47_541), "2100-03-01");
    }
}
