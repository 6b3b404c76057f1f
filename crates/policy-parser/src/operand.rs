//! Typed values of conditions: exact decimals, instants, addresses, booleans, base64 (OP-4 to OP-18).
//!
//! Where AWS's documentation leaves open how a text reads, the functions take a reading; see GEN-3.

use std::cmp::Ordering;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use nom::Parser;
use nom::bytes::complete::{tag, take_while_m_n, take_while1};
use nom::character::complete::{char, one_of};
use nom::combinator::{all_consuming, opt};
use nom::sequence::preceded;

type Step<'a, T> = nom::IResult<&'a str, T>;

/// An exact decimal, borrowed from its text (OP-5). Compares by value: `2` equals `2.0`.
#[derive(Debug, Clone, Copy)]
pub struct Decimal<'a> {
    negative: bool,
    /// Without leading zeros.
    whole: &'a str,
    /// Without trailing zeros.
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    /// Reads `[+-]?digits[.digits]` and nothing else. `O(length)`.
    ///
    /// ```
    /// use scproof_policy_parser::Decimal;
    /// assert!(Decimal::parse("10") > Decimal::parse("9.99"));
    /// assert!(Decimal::parse("1e3").is_none() && Decimal::parse(" 1").is_none());
    /// ```
    pub fn parse(text: &'a str) -> Option<Self> {
        fn digits(input: &str) -> Step<'_, &str> {
            take_while1(|c: char| c.is_ascii_digit()).parse(input)
        }
        let (_, (sign, whole, fraction)) =
            all_consuming((opt(one_of("+-")), digits, opt(preceded(char('.'), digits)))).parse(text).ok()?;
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.unwrap_or("").trim_end_matches('0'));
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Self { negative: sign == Some('-') && !zero, whole, fraction })
    }
}

impl PartialEq for Decimal<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal<'_> {}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let magnitude = |a: &Self, b: &Self| {
            a.whole
                .len()
                .cmp(&b.whole.len())
                .then_with(|| a.whole.cmp(b.whole))
                .then_with(|| a.fraction.cmp(b.fraction))
        };
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => magnitude(self, other),
            (true, true) => magnitude(other, self),
        }
    }
}

/// The largest exponent that the lenient reading of a number follows; beyond it the text is malformed in every reading.
const MAX_EXPONENT: i32 = 400;

/// The other reading of a number that OP-5 calls malformed (unsure): white space around it, an exponent, a hexadecimal
/// integer, a bare leading or trailing point. Returns the plain decimal text.
pub fn lenient_decimal(text: &str) -> Option<String> {
    let trimmed = text.trim();
    let (sign, body) = match trimmed.strip_prefix(['+', '-']) {
        Some(body) => (if trimmed.starts_with('-') { "-" } else { "" }, body),
        None => ("", trimmed),
    };
    if let Some(hex) = body.strip_prefix("0x").or_else(|| body.strip_prefix("0X")) {
        let all_hex = !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        return all_hex.then(|| u128::from_str_radix(hex, 16).ok()).flatten().map(|value| format!("{sign}{value}"));
    }
    let (mantissa, exponent) = match body.split_once(['e', 'E']) {
        None => (body, 0),
        Some((mantissa, exponent)) => {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            (mantissa, exponent.parse::<i32>().ok().filter(|value| value.abs() <= MAX_EXPONENT)?)
        }
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if (whole.is_empty() && fraction.is_empty())
        || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let plain = if point <= 0 {
        format!("{sign}0.{}{digits}", "0".repeat(usize::try_from(-point).ok()?))
    } else {
        let point = usize::try_from(point).ok()?;
        match digits.split_at_checked(point) {
            Some((before, "")) => format!("{sign}{before}"),
            Some((before, after)) => format!("{sign}{before}.{after}"),
            None => format!("{sign}{digits}{}", "0".repeat(point - digits.len())),
        }
    };
    Some(plain)
}

/// An instant: seconds since 1970-01-01T00:00:00Z and nanoseconds.
pub type Instant = (i64, i32);

/// The epoch seconds of the years 0 to 9999; a calendar date whose zone leads beyond them is malformed.
const CALENDAR_RANGE: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

/// Which way the open points of date texts are read (OP-9, OP-10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DateReading {
    /// Four digits are a year rather than epoch seconds (OP-9).
    pub four_digits_are_a_year: bool,
    /// A time without a zone is malformed rather than UTC (OP-10).
    pub zone_required: bool,
    /// A space may stand for the `T` (OP-10).
    pub space_for_t: bool,
}

/// Reads a date (OP-8): the W3C profile of ISO 8601, or epoch seconds.
///
/// ```
/// use scproof_policy_parser::{DateReading, parse_date};
/// let reading = DateReading::default();
/// assert_eq!(parse_date("2026-01-01T01:00:00+01:00", reading), parse_date("1767225600", reading));
/// assert_eq!(parse_date("2026-13", reading), None);
/// ```
pub fn parse_date(text: &str, reading: DateReading) -> Option<Instant> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        if reading.four_digits_are_a_year && text.len() == 4 {
            return civil_instant(text.parse().ok()?, 1, 1, 0, 0, 0, 0, 0);
        }
        return text.parse().ok().map(|seconds| (seconds, 0));
    }
    let (_, instant) = all_consuming(|input| w3c_date(input, reading)).parse(text).ok()?;
    instant
}

fn number(width: usize) -> impl Fn(&str) -> Step<'_, i16> {
    move |input| {
        nom::combinator::map_res(take_while_m_n(width, width, |c: char| c.is_ascii_digit()), str::parse).parse(input)
    }
}

fn w3c_date(input: &str, reading: DateReading) -> Step<'_, Option<Instant>> {
    let (rest, year) = number(4)(input)?;
    let (rest, month) = preceded(char('-'), number(2)).parse(rest)?;
    let Ok((rest, day)) = preceded(char::<&str, nom::error::Error<&str>>('-'), number(2)).parse(rest) else {
        return Ok((rest, civil_instant(year, month, 1, 0, 0, 0, 0, 0)));
    };
    if rest.is_empty() {
        return Ok((rest, civil_instant(year, month, day, 0, 0, 0, 0, 0)));
    }
    let (rest, _) = one_of(if reading.space_for_t { "T " } else { "T" }).parse(rest)?;
    let (rest, hour) = number(2)(rest)?;
    let (rest, minute) = preceded(tag(":"), number(2)).parse(rest)?;
    let (rest, second) = opt(preceded(tag(":"), number(2))).parse(rest)?;
    let (rest, fraction) = if second.is_some() {
        opt(preceded(char('.'), take_while1(|c: char| c.is_ascii_digit()))).parse(rest)?
    } else {
        (rest, None)
    };
    let (rest, zone) = opt(zone_designator).parse(rest)?;
    if zone.is_none() && reading.zone_required {
        return Ok((rest, None));
    }
    let nanoseconds: i32 = format!("{:0<9.9}", fraction.unwrap_or("0")).parse().unwrap_or_default();
    let instant = civil_instant(year, month, day, hour, minute, second.unwrap_or(0), nanoseconds, zone.unwrap_or(0));
    Ok((rest, instant))
}

/// `Z`, `+hh:mm` or `-hh:mm`, in seconds east of UTC.
fn zone_designator(input: &str) -> Step<'_, i32> {
    if let Some(rest) = input.strip_prefix('Z') {
        return Ok((rest, 0));
    }
    let (rest, sign) = one_of("+-").parse(input)?;
    let (rest, (hours, _, minutes)) = (number(2), char(':'), number(2)).parse(rest)?;
    if hours > 23 || minutes > 59 {
        return Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Verify)));
    }
    let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
    Ok((rest, if sign == '-' { -seconds } else { seconds }))
}

#[expect(
    clippy::too_many_arguments,
    reason = "the parts of a civil date and time; a struct for one caller would hide less than it adds"
)]
fn civil_instant(
    year: i16,
    month: i16,
    day: i16,
    hour: i16,
    minute: i16,
    second: i16,
    nanosecond: i32,
    zone: i32,
) -> Option<Instant> {
    let small = |value: i16| i8::try_from(value).ok();
    let date = Date::new(year, small(month)?, small(day)?).ok()?;
    let time = Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?;
    // The zone is applied by hand: a library timestamp may not reach year 9999 in every zone.
    let utc = Offset::UTC.to_timestamp(DateTime::from_parts(date, time)).ok()?;
    let seconds = utc.as_second() - i64::from(zone);
    CALENDAR_RANGE.contains(&seconds).then_some((seconds, nanosecond))
}

/// Formats whole epoch seconds as `YYYY-MM-DDThh:mm:ssZ`; `None` outside the years 0 to 9999.
pub fn format_date(seconds: i64) -> Option<String> {
    let timestamp = jiff::Timestamp::from_second(seconds).ok()?;
    let civil = Offset::UTC.to_datetime(timestamp);
    (civil.year() >= 0).then(|| {
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            civil.year(),
            civil.month(),
            civil.day(),
            civil.hour(),
            civil.minute(),
            civil.second()
        )
    })
}

/// A block of addresses of one family (OP-15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressBlock(IpNet);

/// Which way the open points of address texts are read (OP-16, OP-17).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AddressReading {
    /// An IPv6 address without a prefix length is a /32 rather than a /128 (OP-16).
    pub bare_ipv6_is_32: bool,
    /// `::ffff:a.b.c.d` is that IPv4 address (OP-17).
    pub mapped_is_ipv4: bool,
}

impl AddressBlock {
    /// Reads an address or CIDR block; bits beyond the mask are ignored (OP-15).
    pub fn parse(text: &str, reading: AddressReading) -> Option<Self> {
        let net = match text.split_once('/') {
            Some((address, length)) => {
                // The standard parser takes `+8` and `08`, which are no prefix lengths.
                if length.is_empty()
                    || !length.bytes().all(|byte| byte.is_ascii_digit())
                    || (length.len() > 1 && length.starts_with('0'))
                {
                    return None;
                }
                IpNet::new(address.parse().ok()?, length.parse().ok()?).ok()?
            }
            None => match parse_address(text, reading)? {
                address @ IpAddr::V6(_) if reading.bare_ipv6_is_32 => IpNet::new(address, 32).ok()?,
                address @ (IpAddr::V4(_) | IpAddr::V6(_)) => IpNet::from(address),
            },
        };
        Some(Self(if reading.mapped_is_ipv4 { unmap_block(net) } else { net }.trunc()))
    }

    /// Whether the address lies in the block; families never match each other (OP-17).
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }

    /// The first and last address of the block.
    pub fn bounds(&self) -> (IpAddr, IpAddr) {
        (self.0.network(), self.0.broadcast())
    }
}

/// An IPv4-mapped block, if it is one as a whole, in its IPv4 form.
fn unmap_block(net: IpNet) -> IpNet {
    match net {
        IpNet::V6(v6) if v6.prefix_len() >= 96 => match v6.addr().to_ipv4_mapped() {
            Some(v4) => IpNet::new(IpAddr::V4(v4), v6.prefix_len() - 96).unwrap_or(net),
            None => net,
        },
        IpNet::V4(_) | IpNet::V6(_) => net,
    }
}

/// Reads the address of a request: a plain address.
pub fn parse_address(text: &str, reading: AddressReading) -> Option<IpAddr> {
    let address = text.parse::<IpAddr>().ok()?;
    Some(match address {
        IpAddr::V6(v6) if reading.mapped_is_ipv4 => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) | IpAddr::V6(_) => address,
    })
}

/// Reads `true` or `false`, ignoring case (OP-12, SET-16).
pub fn parse_bool(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// The date that a malformed one evidently means, in a form that can be read: one of ISO 8601's basic form, or midnight
/// as `24:00` (CALL-19).
///
/// ```
/// use scproof_policy_parser::evident_date;
///
/// assert_eq!(evident_date("20260131T120000Z").as_deref(), Some("2026-01-31T12:00:00Z"));
/// assert_eq!(evident_date("2026-01-31T24:00:00Z").as_deref(), Some("2026-02-01T00:00:00Z"));
/// assert_eq!(evident_date("tomorrow"), None);
/// ```
pub fn evident_date(text: &str) -> Option<String> {
    let parts = |text: &str, widths: [usize; 3], between: &str| -> Option<[String; 3]> {
        let mut rest = text;
        let mut found = Vec::with_capacity(3);
        for (index, width) in widths.into_iter().enumerate() {
            rest = if index == 0 { rest } else { rest.strip_prefix(between)? };
            let (part, after) = rest.split_at_checked(width)?;
            part.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
            found.push(part.to_owned());
            rest = after;
        }
        rest.is_empty().then_some(())?;
        found.try_into().ok()
    };
    let (date, time) = text.split_once('T')?;
    let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = time.split_at_checked(zone_at)?;
    if let (Some([year, month, day]), Some([hour, minute, second])) =
        (parts(date, [4, 2, 2], ""), parts(time, [2; 3], ""))
    {
        let zone = match zone.split_at_checked(3) {
            Some((hours, minutes)) if minutes.len() == 2 => format!("{hours}:{minutes}"),
            _ => zone.to_owned(),
        };
        return Some(format!("{year}-{month}-{day}T{hour}:{minute}:{second}{zone}"));
    }
    let [year, month, day] = parts(date, [4, 2, 2], "-")?;
    if !matches!(time, "24:00" | "24:00:00") {
        return None;
    }
    let day = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?.tomorrow().ok()?;
    Some(format!("{:04}-{:02}-{:02}T00:00:00{zone}", day.year(), day.month(), day.day()))
}

/// The bytes that base64 without its padding evidently means (CALL-19).
pub fn evident_base64(text: &str) -> Option<Vec<u8>> {
    let padding = match text.len() % 4 {
        2 => "==",
        3 => "=",
        _ => return None,
    };
    decode_base64(&format!("{text}{padding}"))
}

/// Decodes base64 with the standard alphabet and full padding (OP-14).
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let symbol = |byte: u8| -> Option<u32> {
        Some(u32::from(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        }))
    };
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let body = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    let mut bytes = Vec::with_capacity(body.len() * 3 / 4);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in body.bytes() {
        buffer = (buffer << 6 | symbol(byte)?) & 0xFFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(buffer >> bits & 0xFF).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn op_5_numbers_are_exact() {
        let compare = |a, b| Decimal::parse(a).unwrap().cmp(&Decimal::parse(b).unwrap());
        assert_eq!(compare("2", "2.0"), Ordering::Equal);
        assert_eq!(compare("10", "9"), Ordering::Greater);
        assert_eq!(compare("-0", "+0.00"), Ordering::Equal);
        assert_eq!(compare("-10", "-9"), Ordering::Less);
        assert_eq!(compare("0.1", "0.09"), Ordering::Greater);
        assert_eq!(compare("123456789012345678901234567890", "123456789012345678901234567891"), Ordering::Less);
        for text in ["", "10abc", "1e3", "0x1", " 1", "1.", ".5", "--1", "1_0"] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn op_5_the_other_reading() {
        let lenient = |text| lenient_decimal(text);
        assert_eq!(lenient("1e3").as_deref(), Some("1000"));
        assert_eq!(lenient("1.5E-2").as_deref(), Some("0.015"));
        assert_eq!(lenient("0x1F").as_deref(), Some("31"));
        assert_eq!(lenient(" .5 ").as_deref(), Some("0.5"));
        assert_eq!(lenient("5.").as_deref(), Some("5"));
        assert_eq!(lenient("-12.34e1").as_deref(), Some("-123.4"));
        for text in ["", "e", "1e", "1e999", "abc", ".", "1 2"] {
            assert_eq!(lenient(text), None, "{text}");
        }
    }

    #[test]
    fn op_8_to_op_11_dates() {
        let date = |text| parse_date(text, DateReading::default());
        assert_eq!(date("2026-01-01T00:00:00Z"), Some((1_767_225_600, 0)));
        assert_eq!(date("2026-01"), date("2026-01-01"));
        assert_eq!(date("2026-01-01T01:00+01:00"), date("2026-01-01"));
        assert_eq!(date("2026-01-01T00:00:00.25Z"), Some((1_767_225_600, 250_000_000)));
        assert_eq!(date("2026-01-01T00:00:00"), date("2026-01-01"));
        assert_eq!(date("-5"), Some((-5, 0)));
        for text in
            ["", "2026-02-30", "2026-1-1", "2026-01-01 00:00:00Z", "2026-01-01T24:00:00Z", "x", "2026-01-01T00Z"]
        {
            assert_eq!(date(text), None, "{text}");
        }
        assert_eq!(format_date(1_767_225_600).as_deref(), Some("2026-01-01T00:00:00Z"));
    }

    #[test]
    fn op_15_to_op_18_addresses() {
        let contains = |block, address: &str| {
            AddressBlock::parse(block, AddressReading::default()).unwrap().contains(address.parse().unwrap())
        };
        assert!(contains("10.1.2.3/8", "10.200.0.1"));
        assert!(contains("2001:DB8::/32", "2001:db8::1") && !contains("203.0.113.0/24", "2001:db8::1"));
        assert!(contains("10.0.0.1", "10.0.0.1") && !contains("10.0.0.1", "10.0.0.2"));
        for text in ["10.0.0.1/33", "10.1/8", "x", "", "10.0.0.1/", "10.0.0.1/+8", "010.0.0.1"] {
            assert!(AddressBlock::parse(text, AddressReading::default()).is_none(), "{text}");
        }
        let mapped = AddressReading { mapped_is_ipv4: true, ..AddressReading::default() };
        assert_eq!(parse_address("::ffff:1.2.3.4", mapped), "1.2.3.4".parse().ok());
        let wide = AddressReading { bare_ipv6_is_32: true, ..AddressReading::default() };
        assert!(AddressBlock::parse("2001:db8::1", wide).unwrap().contains("2001:db8:1::".parse().unwrap()));
    }

    #[test]
    fn op_14_base64() {
        assert_eq!(decode_base64("aGVsbG8=").as_deref(), Some(&b"hello"[..]));
        assert_eq!(decode_base64("").as_deref(), Some(&b""[..]));
        for text in ["a", "aGVsbG8", "a===", "aGV$"] {
            assert_eq!(decode_base64(text), None, "{text}");
        }
    }
}
