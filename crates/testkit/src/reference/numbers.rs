//! Exact decimals by string arithmetic (OP-4 to OP-6).

use std::cmp::Ordering;

use super::readings::Readings;

/// Largest exponent of a number that still is one (SP-17).
const LARGEST_EXPONENT: usize = 400;

/// An exact decimal number: an optional sign, whole digits without leading zeros, and fraction digits without trailing
/// zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Decimal {
    fn new(negative: bool, whole: &str, fraction: &str) -> Self {
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        let is_zero = whole.is_empty() && fraction.is_empty();
        Self { negative: negative && !is_zero, whole, fraction }
    }

    fn magnitude_cmp(&self, other: &Self) -> Ordering {
        // Without leading zeros the longer whole part is the greater; without trailing zeros fractions compare as text.
        (self.whole.len().cmp(&other.whole.len()))
            .then_with(|| self.whole.cmp(&other.whole))
            .then_with(|| self.fraction.cmp(&other.fraction))
    }

    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.magnitude_cmp(other),
            (true, true) => other.magnitude_cmp(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

/// OP-5: `[+-]?digits[.digits]`; everything else is malformed, unless its other reading is a number (SP-17).
pub(crate) fn parse(text: &str, readings: &Readings) -> Option<Decimal> {
    if let Some(number) = parse_plain(text) {
        return Some(number);
    }
    let other_reading = parse_exotic(text.trim())?;
    if readings.preferred("OP-5") { None } else { Some(other_reading) }
}

fn all_digits(text: &str) -> bool {
    text.chars().all(|character| character.is_ascii_digit())
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn parse_plain(text: &str) -> Option<Decimal> {
    let (negative, digits) = split_sign(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((_, "")) => return None,
        Some((whole, fraction)) => (whole, fraction),
        None => (digits, ""),
    };
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    Some(Decimal::new(negative, whole, fraction))
}

/// SP-17: trimmed text that is a decimal (also with a bare leading or trailing point), an exponent form, or a `0x`
/// integer.
fn parse_exotic(text: &str) -> Option<Decimal> {
    if let Some(hexadecimal) = text.strip_prefix("0x") {
        return parse_hexadecimal(hexadecimal);
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (negative, digits) = split_sign(mantissa);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let Some(exponent) = exponent else { return Some(Decimal::new(negative, whole, fraction)) };
    let (exponent_negative, exponent_digits) = split_sign(exponent);
    if exponent_digits.is_empty() || !all_digits(exponent_digits) {
        return None;
    }
    let significant = exponent_digits.trim_start_matches('0');
    let shift: usize = if significant.is_empty() { 0 } else { significant.parse().ok()? };
    if shift > LARGEST_EXPONENT {
        return None;
    }
    // The point moves over `shift` digits; zeros stand in where there are none.
    let zeros = "0".repeat(shift);
    let (whole, fraction) = if exponent_negative {
        let all = format!("{zeros}{whole}");
        let (left, right) = all.split_at_checked(all.len() - shift)?;
        (left.to_owned(), format!("{right}{fraction}"))
    } else {
        let all = format!("{fraction}{zeros}");
        let (left, right) = all.split_at_checked(shift)?;
        (format!("{whole}{left}"), right.to_owned())
    };
    Some(Decimal::new(negative, &whole, &fraction))
}

fn parse_hexadecimal(digits: &str) -> Option<Decimal> {
    if digits.is_empty() {
        return None;
    }
    // Least significant decimal digit first; each hexadecimal digit multiplies by 16 and adds itself.
    let mut decimal: Vec<u32> = vec![0];
    for digit in digits.chars() {
        let mut carry = digit.to_digit(16)?;
        for place in &mut decimal {
            let sum = *place * 16 + carry;
            *place = sum % 10;
            carry = sum / 10;
        }
        while carry > 0 {
            decimal.push(carry % 10);
            carry /= 10;
        }
    }
    let text: String = decimal.iter().rev().filter_map(|&digit| char::from_digit(digit, 10)).collect();
    Some(Decimal::new(false, &text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(one: &str, other: &str) -> Ordering {
        parse_plain(one).unwrap().compare(&parse_plain(other).unwrap())
    }

    #[test]
    fn op_5_numbers_are_exact_decimals_not_text() {
        for (one, other) in [("2", "2.0"), ("01", "1"), ("-0", "0"), ("+5", "5"), ("1.50", "1.5")] {
            assert_eq!(compare(one, other), Ordering::Equal, "{one} {other}");
        }
        for (less, more) in [("9", "10"), ("1.0", "2.0"), ("-10", "-9"), ("-1", "0"), ("0.09", "0.1"), ("0.1", "0.11")]
        {
            assert_eq!(compare(less, more), Ordering::Less, "{less} {more}");
        }
        assert_eq!(compare("123456789012345678901234567890.1", "123456789012345678901234567890.2"), Ordering::Less);
    }

    #[test]
    fn op_5_everything_else_is_malformed() {
        for bad in ["", "10abc", "1e3", "0x1F", " 2", "2 ", ".5", "5.", "1.2.3", "--1", "1,5", "٣", "+", "-"] {
            assert!(parse(bad, &Readings::default()).is_none(), "{bad}");
        }
    }

    #[test]
    fn sp_17_other_readings() {
        let is = |text: &str, number: &str| parse_exotic(text.trim()) == parse_plain(number);
        assert!(is("1e3", "1000") && is("1.5E-2", "0.015") && is("0x1F", "31") && is(" 2", "2"));
        assert!(is(".5", "0.5") && is("5.", "5") && is("-1.25e1", "-12.5") && is("1e+0", "1") && is("12e-1", "1.2"));
        assert!(is("1e400", &format!("1{}", "0".repeat(400))) && is("0xFFFFFFFFFFFFFFFFF", "295147905179352825855"));
        for bad in ["1e401", "e3", "1e", ".", "0x", "0xG", "nan", "inf", "1_0"] {
            assert!(parse_exotic(bad).is_none(), "{bad}");
        }
    }
}
