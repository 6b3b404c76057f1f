//! Instants, with calendar arithmetic of our own (OP-7 to OP-11).

use super::readings::Readings;

/// Nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(i128);

const NANOSECONDS: i128 = 1_000_000_000;
const DAY: i128 = 86_400;

impl Instant {
    /// SP-18: only what the years 0000 to 9999 hold.
    fn new(seconds: i128, nanoseconds: i128) -> Option<Self> {
        let first = days_before(0, 1, 1) * DAY;
        let after_last = days_before(10_000, 1, 1) * DAY;
        (first <= seconds && seconds < after_last).then_some(Self(seconds * NANOSECONDS + nanoseconds))
    }

    /// SP-38: whole seconds.
    pub(crate) fn epoch_seconds(self) -> String {
        self.0.div_euclid(NANOSECONDS).to_string()
    }

    /// SP-38: `YYYY-MM-DDThh:mm:ssZ`; none where four digits of a year do not do.
    pub(crate) fn to_text(self) -> Option<String> {
        let seconds = self.0.div_euclid(NANOSECONDS);
        Self::new(seconds, 0)?;
        let (day, time) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let mut year = 0;
        while days_before(year + 1, 1, 1) <= day {
            year += 1;
        }
        let mut month = 1;
        while month < 12 && days_before(year, month + 1, 1) <= day {
            month += 1;
        }
        let day_of_month = day - days_before(year, month, 1) + 1;
        let (hour, minute, second) = (time / 3_600, time / 60 % 60, time % 60);
        Some(format!("{year:04}-{month:02}-{day_of_month:02}T{hour:02}:{minute:02}:{second:02}Z"))
    }
}

fn is_leap(year: i128) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn days_in_month(year: i128, month: i128) -> i128 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a day of the Gregorian calendar, counted from the year 0.
fn days_before(year: i128, month: i128, day: i128) -> i128 {
    // 719,528 days lie between 0000-01-01 and 1970-01-01.
    let leap_years_before = (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    let of_years: i128 = year * 365 + leap_years_before;
    let of_months: i128 = (1..month).map(|earlier| days_in_month(year, earlier)).sum();
    of_years + of_months + day - 1 - 719_528
}

fn digits(text: &str, count: usize) -> Option<i128> {
    let right = text.len() == count && text.chars().all(|character| character.is_ascii_digit());
    if right { text.parse().ok() } else { None }
}

/// OP-8, OP-9, OP-10, SP-18: a date of the W3C profile, or epoch seconds.
pub(crate) fn parse(text: &str, readings: &Readings) -> Option<Instant> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if !unsigned.is_empty() && unsigned.chars().all(|character| character.is_ascii_digit()) {
        // OP-9: four digits may be a year.
        if text.len() == 4 && digits(text, 4).is_some() && !readings.preferred("OP-9") {
            return Instant::new(days_before(digits(text, 4)?, 1, 1) * DAY, 0);
        }
        // OP-9: however large, taken as seconds.
        return Some(Instant(i128::from(text.parse::<i64>().ok()?) * NANOSECONDS));
    }
    // OP-10: `T` replaced by a space: malformed (preferred), or as if it were a `T`.
    let (date, time) = match (text.split_once('T'), text.split_once(' ')) {
        (Some((date, time)), _) => (date, Some(time)),
        (None, Some((date, time))) => {
            // The question is raised only where the answer matters.
            parse_parts(date, Some(time), readings)?;
            if readings.preferred_about("OP-10", "space") {
                return None;
            }
            (date, Some(time))
        }
        (None, None) => (text, None),
    };
    parse_parts(date, time, readings)
}

/// CALL-19: the date that a malformed one evidently means, spelt as it should be: ISO 8601's basic form, or a day that
/// ends at `24:00`.
pub(crate) fn evident(text: &str) -> Option<String> {
    let (date, rest) = text.split_once('T')?;
    let is_digit = |character: char| character.is_ascii_digit();
    let length = rest.chars().take_while(|character| is_digit(*character) || *character == ':').count();
    let (time, zone) = rest.split_at_checked(length)?;
    if zone.chars().next().is_some_and(|first| !"Z+-".contains(first)) {
        return None;
    }
    if date.len() == 8 && time.len() == 6 && date.chars().chain(time.chars()).all(is_digit) {
        let (year, month, day) = (date.get(..4)?, date.get(4..6)?, date.get(6..)?);
        let (hour, minute, second) = (time.get(..2)?, time.get(2..4)?, time.get(4..)?);
        let zone = if zone.len() == 5 { format!("{}:{}", zone.get(..3)?, zone.get(3..)?) } else { zone.to_owned() };
        return Some(format!("{year}-{month}-{day}T{hour}:{minute}:{second}{zone}"));
    }
    if time != "24:00" && time != "24:00:00" {
        return None;
    }
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return None };
    let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
    if !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day) {
        return None;
    }
    let (year, month, day) = match (month, day == days_in_month(year, month)) {
        (12, true) => (year + 1, 1, 1),
        (_, true) => (year, month + 1, 1),
        (_, false) => (year, month, day + 1),
    };
    Some(format!("{year:04}-{month:02}-{day:02}T00:00:00{zone}"))
}

fn parse_parts(date: &str, time: Option<&str>, readings: &Readings) -> Option<Instant> {
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = parts.next().map(|month| digits(month, 2));
    let day = parts.next().map(|day| digits(day, 2));
    if parts.next().is_some() || (time.is_some() && day.is_none()) {
        return None;
    }
    // A year alone is all digits and never gets here; missing parts mean the first instant.
    let month = month.unwrap_or(Some(1))?;
    let day = day.unwrap_or(Some(1))?;
    if !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day) {
        return None;
    }
    let midnight = days_before(year, month, day) * DAY;
    match time {
        None => Instant::new(midnight, 0),
        Some(time) => {
            let (seconds, nanoseconds) = parse_time(time, readings)?;
            Instant::new(midnight + seconds, nanoseconds)
        }
    }
}

/// `hh:mm[:ss[.s…]]` with a zone designator; seconds since midnight UTC.
fn parse_time(text: &str, readings: &Readings) -> Option<(i128, i128)> {
    let (time, offset) = if let Some(time) = text.strip_suffix('Z') {
        (time, Some(0))
    } else if let Some((time, zone)) = text.split_once('+') {
        (time, Some(parse_offset(zone)?))
    } else if let Some((time, zone)) = text.split_once('-') {
        (time, Some(-parse_offset(zone)?))
    } else {
        (text, None)
    };
    let mut parts = time.split(':');
    let hour = digits(parts.next()?, 2).filter(|hour| *hour < 24)?;
    let minute = digits(parts.next()?, 2).filter(|minute| *minute < 60)?;
    let (second, nanoseconds) = match parts.next() {
        None => (0, 0),
        Some(second) => {
            let (second, fraction) = match second.split_once('.') {
                Some((second, fraction)) => (second, parse_fraction(fraction)?),
                None => (second, 0),
            };
            (digits(second, 2).filter(|second| *second < 60)?, fraction)
        }
    };
    if parts.next().is_some() {
        return None;
    }
    let offset = match offset {
        Some(offset) => offset,
        // OP-10: no zone designator: UTC (preferred), or malformed.
        None if readings.preferred_about("OP-10", "zone") => 0,
        None => return None,
    };
    Some((hour * 3_600 + minute * 60 + second - offset, nanoseconds))
}

/// SP-18: any number of digits, exact to the nanosecond, further digits cut off.
fn parse_fraction(text: &str) -> Option<i128> {
    if text.is_empty() || !text.chars().all(|character| character.is_ascii_digit()) {
        return None;
    }
    text.chars().chain(std::iter::repeat('0')).take(9).collect::<String>().parse().ok()
}

fn parse_offset(text: &str) -> Option<i128> {
    let (hour, minute) = text.split_once(':')?;
    let hour = digits(hour, 2).filter(|hour| *hour < 24)?;
    let minute = digits(minute, 2).filter(|minute| *minute < 60)?;
    Some(hour * 3_600 + minute * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Option<Instant> {
        parse(text, &Readings::default())
    }

    fn is(text: &str, seconds: i128) -> bool {
        instant(text) == Some(Instant(seconds * NANOSECONDS))
    }

    #[test]
    fn op_8_all_formats() {
        assert!(is("1970-01", 0) && is("1970-01-01", 0) && is("1970-01-01T00:00Z", 0));
        assert!(is("1970-01-01T00:00:01Z", 1) && !is("1970-01-02T00:00:00+24:00", 0));
        assert_eq!(instant("1970-01-01T00:00:00.5Z"), Some(Instant(NANOSECONDS / 2)));
        assert_eq!(instant("1970-01-01T00:00:00.1234567899Z"), Some(Instant(123_456_789)));
        assert!(is("2026-01-01T00:00:00Z", 1_767_225_600) && is("2000-02-29", 951_782_400));
        for bad in [
            "",
            "-",
            "2026-13",
            "2026-00",
            "2026-02-29",
            "2026-1-1",
            "2026-01-01T",
            "2026-01-01T00Z",
            "2026-01T00:00Z",
            "2026-01-01t00:00Z",
            "2026-01-01T00:00z",
            "2026-01-01T24:00Z",
            "2026-01-01T00:60Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+0100",
            "+5",
            "1.5",
            "x",
            "2026-01-01Z",
            " 2026-01-01",
            "2026-01-01-01",
        ] {
            assert_eq!(instant(bad), None, "{bad}");
        }
    }

    #[test]
    fn op_9_digits_are_epoch_seconds() {
        assert!(is("2024", 2_024) && is("0", 0) && is("-1", -1) && is("1767225600", 1_767_225_600));
        assert!(is("1700000000000", 1_700_000_000_000) && is("253402300800", 253_402_300_800));
    }

    #[test]
    fn op_10_no_zone_is_utc_and_a_space_is_malformed_by_preference() {
        assert!(is("2026-01-01T00:00:00", 1_767_225_600));
        assert_eq!(instant("2026-01-01 00:00:00Z"), None);
    }

    #[test]
    fn op_11_compares_instants() {
        assert_eq!(instant("2026-01-01T00:00:00Z"), instant("2026-01-01T01:00:00+01:00"));
        assert_eq!(instant("2026-01-01T00:00:00Z"), instant("1767225600"));
        assert!(instant("2026-01-01T00:00:00-00:01") > instant("2026-01-01T00:00:00Z"));
    }

    #[test]
    fn sp_38_texts() {
        for text in ["2026-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2024-02-29T12:34:56Z"] {
            assert_eq!(instant(text).unwrap().to_text().as_deref(), Some(text));
        }
        assert_eq!(instant("1969-12-31T23:59:59.5Z").unwrap().epoch_seconds(), "-1");
    }

    #[test]
    fn sp_18_instants_beyond_the_four_digit_years_are_malformed() {
        assert_eq!(instant("0000-01-01T00:00:00+00:01"), None);
        assert_eq!(instant("9999-12-31T23:59:59-00:01"), None);
    }
}
