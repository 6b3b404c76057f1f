//! The values of a condition, compiled for their operator, and how one of them compares with one request value (D.3).

use std::cmp::Ordering;
use std::net::IpAddr;

use scproof_policy_parser::{
    AddressBlock, AddressReading, BaseOperator, CharacterUnit, DateReading, Decimal, Instant, OperatorFamily, Piece,
    Template, TemplatePart, WildcardPattern, decode_base64, evident_base64, evident_date, lenient_decimal, parse_bool,
    parse_date,
};

use crate::state::Value;
use crate::template::{self, Fold, TemplateMode};
use crate::trace::{Evaluation, KeySlot, SlottedTemplate, Trace};
use crate::truth::Truth;

/// How texts compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TextMode {
    /// `StringEquals` (OP-1).
    Equal,
    /// `StringEqualsIgnoreCase` (OP-2).
    EqualIgnoreCase,
    /// `StringLike` (OP-3).
    Like,
    /// The ARN operators (OP-19).
    Arn,
}

/// One policy value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum CompiledValue {
    /// A text without variables. `other`: the reading of `${*}` and its like as escapes in an old document (DOC-4).
    Text {
        pattern: WildcardPattern,
        other: Option<WildcardPattern>,
    },
    /// A text with variables; `widths` says for each part whether its wildcards cross colons.
    Template {
        template: SlottedTemplate,
        widths: Box<[bool]>,
    },
    /// A malformed variable (VAR-13).
    MalformedVariable,
    /// Only stars under an ARN operator (OP-22).
    AnyArn,
    /// A text that its operator cannot read (OP-30).
    Malformed,
    /// The same under a positive operator, where it has an evident meaning, or several (CALL-19).
    Evident(Box<[CompiledValue]>),
    Number {
        text: Box<str>,
        lenient: Option<Box<str>>,
    },
    Date {
        readings: Box<[Option<Instant>; 8]>,
        ambiguous: bool,
    },
    Bool(bool),
    /// A boolean with a variable (VAR-5).
    BoolTemplate(SlottedTemplate),
    Binary(Box<[u8]>),
    Address {
        readings: [Option<AddressBlock>; 4],
        ambiguous: bool,
    },
}

impl CompiledValue {
    /// What it may mean: itself, or each of its evident meanings.
    pub(crate) fn meanings(&self) -> &[Self] {
        if let Self::Evident(meanings) = self { meanings } else { std::slice::from_ref(self) }
    }

    /// The texts with variables among its meanings.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &SlottedTemplate> {
        self.meanings().iter().filter_map(|value| match value {
            Self::Template { template, .. } | Self::BoolTemplate(template) => Some(template),
            Self::Text { .. }
            | Self::MalformedVariable
            | Self::AnyArn
            | Self::Malformed
            | Self::Evident(_)
            | Self::Number { .. }
            | Self::Date { .. }
            | Self::Bool(_)
            | Self::Binary(_)
            | Self::Address { .. } => None,
        })
    }

    /// Whether its meaning depends on nothing but the value it is compared with.
    pub(crate) fn is_static(&self) -> bool {
        match self {
            Self::Text { other, .. } => other.is_none(),
            Self::Template { .. } | Self::BoolTemplate(_) | Self::MalformedVariable => false,
            Self::Evident(meanings) => meanings.iter().all(Self::is_static),
            Self::AnyArn
            | Self::Malformed
            | Self::Number { .. }
            | Self::Date { .. }
            | Self::Bool(_)
            | Self::Binary(_)
            | Self::Address { .. } => true,
        }
    }
}

/// The eight readings of a date text: a bit each for OP-9, and twice OP-10.
fn date_reading(bits: usize) -> DateReading {
    DateReading { four_digits_are_a_year: bits & 1 != 0, zone_required: bits & 2 != 0, space_for_t: bits & 4 != 0 }
}

/// The four readings of an address: a bit each for OP-16 and OP-17.
fn address_reading(bits: usize) -> AddressReading {
    AddressReading { bare_ipv6_is_32: bits & 1 != 0, mapped_is_ipv4: bits & 2 != 0 }
}

/// The text mode of an operator that compares text.
pub(crate) fn text_mode(base: BaseOperator) -> Option<TextMode> {
    match base {
        BaseOperator::StringEquals | BaseOperator::StringNotEquals => Some(TextMode::Equal),
        BaseOperator::StringEqualsIgnoreCase | BaseOperator::StringNotEqualsIgnoreCase => {
            Some(TextMode::EqualIgnoreCase)
        }
        BaseOperator::StringLike | BaseOperator::StringNotLike => Some(TextMode::Like),
        BaseOperator::ArnEquals | BaseOperator::ArnLike | BaseOperator::ArnNotEquals | BaseOperator::ArnNotLike => {
            Some(TextMode::Arn)
        }
        BaseOperator::NumericEquals
        | BaseOperator::NumericNotEquals
        | BaseOperator::NumericLessThan
        | BaseOperator::NumericLessThanEquals
        | BaseOperator::NumericGreaterThan
        | BaseOperator::NumericGreaterThanEquals
        | BaseOperator::DateEquals
        | BaseOperator::DateNotEquals
        | BaseOperator::DateLessThan
        | BaseOperator::DateLessThanEquals
        | BaseOperator::DateGreaterThan
        | BaseOperator::DateGreaterThanEquals
        | BaseOperator::Bool
        | BaseOperator::BinaryEquals
        | BaseOperator::IpAddress
        | BaseOperator::NotIpAddress
        | BaseOperator::Null => None,
    }
}

/// Compiles one value. `slot_of` numbers the key of a variable; `variables`: whether the document has them (VAR-3).
pub(crate) fn compile_value(
    base: BaseOperator,
    text: &str,
    variables: bool,
    slot_of: &mut impl FnMut(&str) -> KeySlot,
) -> CompiledValue {
    let evident = |meanings: Vec<CompiledValue>| {
        if base.is_negated() || meanings.is_empty() {
            CompiledValue::Malformed
        } else {
            CompiledValue::Evident(meanings.into())
        }
    };
    if let Some(mode) = text_mode(base) {
        let value = compile_text(mode, text, variables, slot_of);
        let is_malformed = mode == TextMode::Arn && (value == CompiledValue::Malformed || has_upper_prefix(text));
        return if is_malformed { evident(evident_arns(text, variables, slot_of)) } else { value };
    }
    match base.family() {
        OperatorFamily::Numeric => {
            let lenient = if Decimal::parse(text).is_some() { None } else { lenient_decimal(text).map(Into::into) };
            CompiledValue::Number { text: text.into(), lenient }
        }
        OperatorFamily::Date => {
            let date = |text: &str| {
                let readings = Box::new(std::array::from_fn(|bits| parse_date(text, date_reading(bits))));
                let ambiguous = readings.iter().any(|reading| Some(reading) != readings.first());
                CompiledValue::Date { readings, ambiguous }
            };
            match evident_date(text) {
                Some(meant) if !base.is_negated() => evident(vec![date(&meant)]),
                Some(_) | None => date(text),
            }
        }
        OperatorFamily::IpAddress => {
            let readings = std::array::from_fn(|bits| AddressBlock::parse(text, address_reading(bits)));
            let ambiguous = readings.iter().any(|reading| Some(reading) != readings.first());
            CompiledValue::Address { readings, ambiguous }
        }
        OperatorFamily::Bool => {
            let template = Template::parse(text, variables, false);
            if template.is_malformed() {
                return CompiledValue::MalformedVariable;
            }
            if template.has_variables() {
                return CompiledValue::BoolTemplate(slotted(template, slot_of));
            }
            parse_bool(text).map_or(CompiledValue::Malformed, CompiledValue::Bool)
        }
        OperatorFamily::Binary => {
            let binary = |bytes: Vec<u8>| CompiledValue::Binary(bytes.into());
            let meant = || evident(evident_base64(text).map(binary).into_iter().collect());
            decode_base64(text).map_or_else(meant, binary)
        }
        OperatorFamily::Null | OperatorFamily::String | OperatorFamily::Arn => CompiledValue::Malformed,
    }
}

/// Whether an ARN begins with `arn:` in capitals, all or some.
pub(crate) fn has_upper_prefix(text: &str) -> bool {
    text.split_once(':').is_some_and(|(prefix, _)| prefix != "arn" && prefix.eq_ignore_ascii_case("arn"))
}

/// What a malformed ARN under an ARN operator may mean: the prefix in small letters, and with fewer than six components
/// the others left open, or the text as it stands (CALL-19).
fn evident_arns(text: &str, variables: bool, slot_of: &mut impl FnMut(&str) -> KeySlot) -> Vec<CompiledValue> {
    let lower =
        if has_upper_prefix(text) { format!("arn{}", text.get(3..).unwrap_or_default()) } else { text.to_owned() };
    let template = Template::parse(&lower, variables, true);
    if template.is_malformed() {
        return vec![CompiledValue::MalformedVariable];
    }
    let colons: usize = (template.parts.iter())
        .map(|part| if let TemplatePart::Literal(text) = part { text.matches(':').count() } else { 0 })
        .sum();
    let filled = format!("{lower}{}", ":*".repeat(5_usize.saturating_sub(colons)));
    let mut found = vec![compile_text(TextMode::Arn, &filled, variables, slot_of)];
    if colons < 5 {
        let widths = vec![true; template.parts.len()];
        found.push(finish_text(template, widths, &lower, variables, true, slot_of));
    }
    found
}

fn slotted(template: Template, slot_of: &mut impl FnMut(&str) -> KeySlot) -> SlottedTemplate {
    let slots = template.variable_keys().map(slot_of).collect();
    SlottedTemplate { template, slots }
}

fn compile_text(
    mode: TextMode,
    text: &str,
    variables: bool,
    slot_of: &mut impl FnMut(&str) -> KeySlot,
) -> CompiledValue {
    let wildcards = matches!(mode, TextMode::Like | TextMode::Arn);
    if mode == TextMode::Arn && !text.is_empty() && text.bytes().all(|byte| byte == b'*') {
        return CompiledValue::AnyArn;
    }
    let template = Template::parse(text, variables, wildcards);
    if template.is_malformed() {
        return CompiledValue::MalformedVariable;
    }
    let widths = if mode == TextMode::Arn {
        match arn_widths(&template) {
            Some((template, widths)) => return finish_text(template, widths, text, variables, wildcards, slot_of),
            None => return CompiledValue::Malformed,
        }
    } else {
        vec![true; template.parts.len()]
    };
    finish_text(template, widths, text, variables, wildcards, slot_of)
}

fn finish_text(
    template: Template,
    widths: Vec<bool>,
    text: &str,
    variables: bool,
    wildcards: bool,
    slot_of: &mut impl FnMut(&str) -> KeySlot,
) -> CompiledValue {
    if template.has_variables() {
        return CompiledValue::Template { template: slotted(template, slot_of), widths: widths.into() };
    }
    let other = if variables { None } else { escape_reading(text, wildcards, &widths) };
    CompiledValue::Text { pattern: static_pattern(&template, &widths), other }
}

/// The pattern of a template without variables.
pub(crate) fn static_pattern(template: &Template, widths: &[bool]) -> WildcardPattern {
    WildcardPattern::from_pieces(template.parts.iter().enumerate().map(|(index, part)| {
        let wide = widths.get(index).copied().unwrap_or(true);
        match part {
            TemplatePart::Literal(text) | TemplatePart::Malformed(text) => Piece::Literal(text.as_str()),
            TemplatePart::Run => Piece::Run { wide },
            TemplatePart::One => Piece::One { wide },
            TemplatePart::Escape('*') => Piece::Literal("*"),
            TemplatePart::Escape('?') => Piece::Literal("?"),
            TemplatePart::Escape(_) | TemplatePart::Variable { .. } => Piece::Literal("$"),
        }
    }))
}

/// The other reading of an old document's text: `${*}`, `${?}` and `${$}` are the characters (DOC-4).
fn escape_reading(text: &str, wildcards: bool, widths: &[bool]) -> Option<WildcardPattern> {
    let escaped = escape_template(text, wildcards)?;
    // In a flat text all widths are equal; in an ARN the escapes change no component.
    let widths = if widths.iter().all(|&wide| wide) { Vec::new() } else { arn_widths(&escaped)?.1 };
    Some(static_pattern(&escaped, &widths))
}

/// Splits an old document's text at the three escapes, if it holds any; every other `${…}` stays literal.
pub(crate) fn escape_template(text: &str, wildcards: bool) -> Option<Template> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut found = false;
    while let Some((at, escape)) =
        ["${*}", "${?}", "${$}"].iter().filter_map(|escape| rest.find(escape).map(|at| (at, *escape))).min()
    {
        let (before, after) = rest.split_at_checked(at)?;
        parts.extend(Template::parse(before, false, wildcards).parts);
        parts.push(TemplatePart::Escape(escape.chars().nth(2)?));
        rest = after.strip_prefix(escape)?;
        found = true;
    }
    parts.extend(Template::parse(rest, false, wildcards).parts);
    found.then_some(Template { parts })
}

/// Splits the literal parts at the first five colons and says for each part whether it lies in the sixth component;
/// `None` with fewer than six components (RES-13, CLR-5).
fn arn_widths(template: &Template) -> Option<(Template, Vec<bool>)> {
    let (mut parts, mut widths) = (Vec::new(), Vec::new());
    let mut colons = 0;
    for part in &template.parts {
        let TemplatePart::Literal(text) = part else {
            parts.push(part.clone());
            widths.push(colons >= 5);
            continue;
        };
        let mut rest = text.as_str();
        while colons < 5
            && let Some((before, after)) = rest.split_once(':')
        {
            parts.push(TemplatePart::Literal(format!("{before}:")));
            widths.push(false);
            colons += 1;
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(TemplatePart::Literal(rest.to_owned()));
            widths.push(colons >= 5);
        }
    }
    (colons == 5).then_some((Template { parts }, widths))
}

/// Whether one policy value matches one request value, in the sense of the positive operator. `negated` only decides
/// what a malformed value means: no match under a positive operator, unknown under a negated one (OP-30).
pub(crate) fn value_truth<T: Trace>(
    base: BaseOperator,
    value: &CompiledValue,
    given: &Value,
    eval: &mut Evaluation<'_, T>,
) -> Truth {
    let negated = base.is_negated();
    match value {
        CompiledValue::Text { pattern, other } => text_truth(base, pattern, other.as_ref(), given, eval),
        CompiledValue::Template { template, widths } => template_truth(base, template, widths, given, eval),
        CompiledValue::MalformedVariable => eval.open("VAR-13"),
        CompiledValue::AnyArn if !given.is_arn => malformed(negated, "OP-21", eval),
        CompiledValue::AnyArn => eval.readings("OP-22", Truth::True, Truth::False),
        CompiledValue::Malformed => malformed(negated, "OP-30", eval),
        // A value that is no ARN matches under no reading.
        CompiledValue::Evident(_) if text_mode(base) == Some(TextMode::Arn) && !given.is_arn => Truth::False,
        CompiledValue::Evident(meanings) => {
            let meant =
                meanings.iter().fold(Truth::False, |truth, meant| truth.or(value_truth(base, meant, given, eval)));
            eval.readings("CALL-19", Truth::False, meant)
        }
        CompiledValue::Number { text, lenient } => {
            let strict = compare_numbers(base, Decimal::parse(text), Decimal::parse(&given.text));
            let other = lenient_decimal_if_needed(&given.text);
            if lenient.is_none() && other.is_none() {
                return from_reading(strict, negated, eval);
            }
            let policy = lenient.as_deref().unwrap_or(text);
            let request = other.as_deref().unwrap_or(&given.text);
            let lenient = compare_numbers(base, Decimal::parse(policy), Decimal::parse(request));
            combine_readings("OP-5", strict, [lenient], negated, eval)
        }
        CompiledValue::Date { readings, ambiguous } => {
            let compare = |bits: usize, request: Option<Instant>| {
                let policy = readings.get(bits).copied().flatten();
                policy.zip(request).map(|(policy, request)| ordering_holds(base, request.cmp(&policy)))
            };
            let preferred = compare(0, parse_date(&given.text, date_reading(0)));
            if !ambiguous && !date_may_be_ambiguous(&given.text) {
                return from_reading(preferred, negated, eval);
            }
            let others = (1..8).map(|bits| compare(bits, parse_date(&given.text, date_reading(bits))));
            let rule = if compare(1, parse_date(&given.text, date_reading(1))) == preferred { "OP-10" } else { "OP-9" };
            combine_readings(rule, preferred, others, negated, eval)
        }
        CompiledValue::Bool(expected) => {
            let found = parse_bool(&given.text).map(|found| found == *expected);
            from_reading(found, negated, eval)
        }
        CompiledValue::BoolTemplate(template) => {
            let Some(found) = parse_bool(&given.text) else { return Truth::False };
            let mode = TemplateMode { fold: Fold::Ascii, ..flat_mode(false) };
            let supported = template::matches(template, &[], if found { "true" } else { "false" }, mode, eval);
            if supported == Truth::Unknown { supported } else { eval.readings("VAR-5", supported, Truth::False) }
        }
        CompiledValue::Binary(bytes) => Truth::from(decode_base64(&given.text).is_some_and(|given| *given == **bytes)),
        CompiledValue::Address { readings, ambiguous } => {
            let unmapped = given.address.map(|address| match address {
                IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
                IpAddr::V4(_) => address,
            });
            let contains = |bits: usize| {
                let address = if address_reading(bits).mapped_is_ipv4 { unmapped } else { given.address };
                Some(readings.get(bits).copied().flatten()?.contains(address?))
            };
            let mapped = unmapped != given.address;
            if !ambiguous && !mapped {
                return from_reading(contains(0), negated, eval);
            }
            let rule = if contains(1) == contains(0) { "OP-17" } else { "OP-16" };
            combine_readings(rule, contains(0), (1..4).map(contains), negated, eval)
        }
    }
}

fn lenient_decimal_if_needed(text: &str) -> Option<String> {
    if Decimal::parse(text).is_some() { None } else { lenient_decimal(text) }
}

/// A quick look that never misses a text with several readings (OP-9, OP-10).
fn date_may_be_ambiguous(text: &str) -> bool {
    let zoned = text.ends_with('Z') || text.get(10..).is_some_and(|time| time.contains(['+', '-']));
    text.len() == 4 || text.contains(' ') || (text.contains('T') && !zoned)
}

fn malformed<T: Trace>(negated: bool, rule: &'static str, eval: &mut Evaluation<'_, T>) -> Truth {
    if negated { eval.open(rule) } else { Truth::False }
}

fn from_reading<T: Trace>(reading: Option<bool>, negated: bool, eval: &mut Evaluation<'_, T>) -> Truth {
    match reading {
        Some(matches) => matches.into(),
        None => malformed(negated, "OP-30", eval),
    }
}

/// All readings of one comparison; `None` is a malformed one.
fn combine_readings<T: Trace>(
    rule: &'static str,
    preferred: Option<bool>,
    others: impl IntoIterator<Item = Option<bool>>,
    negated: bool,
    eval: &mut Evaluation<'_, T>,
) -> Truth {
    let plain = |reading: Option<bool>| match reading {
        Some(matches) => matches.into(),
        None if negated => Truth::Unknown,
        None => Truth::False,
    };
    let first = plain(preferred);
    let agreed = others.into_iter().fold(first, |truth, other| truth.agree(plain(other)));
    if first == Truth::Unknown { eval.open("OP-30") } else { eval.readings(rule, first, agreed) }
}

fn compare_numbers(base: BaseOperator, policy: Option<Decimal<'_>>, request: Option<Decimal<'_>>) -> Option<bool> {
    policy.zip(request).map(|(policy, request)| ordering_holds(base, request.cmp(&policy)))
}

/// Whether `request` OP `policy`; for the negated operators the comparison without the negation (OP-4, OP-7).
fn ordering_holds(base: BaseOperator, request_to_policy: Ordering) -> bool {
    if matches!(base, BaseOperator::NumericLessThan | BaseOperator::DateLessThan) {
        request_to_policy.is_lt()
    } else if matches!(base, BaseOperator::NumericLessThanEquals | BaseOperator::DateLessThanEquals) {
        request_to_policy.is_le()
    } else if matches!(base, BaseOperator::NumericGreaterThan | BaseOperator::DateGreaterThan) {
        request_to_policy.is_gt()
    } else if matches!(base, BaseOperator::NumericGreaterThanEquals | BaseOperator::DateGreaterThanEquals) {
        request_to_policy.is_ge()
    } else {
        request_to_policy.is_eq()
    }
}

fn flat_mode(wildcards: bool) -> TemplateMode {
    TemplateMode { wide: true, wildcards, unit: CharacterUnit::Scalar, fold: Fold::Exact }
}

fn text_truth<T: Trace>(
    base: BaseOperator,
    pattern: &WildcardPattern,
    other: Option<&WildcardPattern>,
    given: &Value,
    eval: &mut Evaluation<'_, T>,
) -> Truth {
    let mode = text_mode(base);
    if mode == Some(TextMode::Arn) && !given.is_arn {
        return malformed(base.is_negated(), "OP-21", eval);
    }
    if mode == Some(TextMode::EqualIgnoreCase) {
        let equal = |pattern: &WildcardPattern, fold: Fold| {
            let literal = pattern.as_literal().unwrap_or_default();
            match fold {
                Fold::Unicode => literal.to_lowercase() == given.text.to_lowercase(),
                Fold::Ascii | Fold::Exact => literal.eq_ignore_ascii_case(&given.text),
            }
        };
        let preferred = equal(pattern, Fold::Ascii);
        let escapes = other.map_or(preferred, |other| equal(other, Fold::Ascii));
        let settled = eval.readings("DOC-4", preferred.into(), escapes.into());
        let is_ascii = given.is_ascii && pattern.as_literal().is_none_or(str::is_ascii);
        if settled == Truth::Unknown || is_ascii {
            return settled;
        }
        let unicode = equal(pattern, Fold::Unicode);
        return eval.readings("GEN-7", settled, unicode.into());
    }
    let preferred = pattern.is_match(&given.text);
    let mut truth = Truth::from(preferred);
    if let Some(other) = other {
        truth = eval.readings("DOC-4", truth, other.is_match(&given.text).into());
    }
    if !given.is_ascii && pattern.has_single_wildcard() && truth != Truth::Unknown {
        for unit in [CharacterUnit::Byte, CharacterUnit::Utf16] {
            truth = eval.readings("MATCH-2", truth, pattern.is_match_by(&given.text, unit).into());
            if truth == Truth::Unknown {
                break;
            }
        }
    }
    truth
}

fn template_truth<T: Trace>(
    base: BaseOperator,
    template: &SlottedTemplate,
    widths: &[bool],
    given: &Value,
    eval: &mut Evaluation<'_, T>,
) -> Truth {
    let mode = text_mode(base);
    if mode == Some(TextMode::Arn) && !given.is_arn {
        return malformed(base.is_negated(), "OP-21", eval);
    }
    let wildcards = matches!(mode, Some(TextMode::Like | TextMode::Arn));
    if mode == Some(TextMode::EqualIgnoreCase) {
        let by = |fold, eval: &mut _| {
            template::matches(template, widths, &given.text, TemplateMode { fold, ..flat_mode(false) }, eval)
        };
        let preferred = by(Fold::Ascii, eval);
        return if preferred == Truth::Unknown {
            preferred
        } else {
            let unicode = by(Fold::Unicode, eval);
            eval.readings("GEN-7", preferred, unicode)
        };
    }
    unit_readings(given, eval, |unit, eval| {
        template::matches(template, widths, &given.text, TemplateMode { unit, ..flat_mode(wildcards) }, eval)
    })
}

/// The three readings of `?` on text that is not ASCII (MATCH-2).
pub(crate) fn unit_readings<T: Trace>(
    given: &Value,
    eval: &mut Evaluation<'_, T>,
    mut by: impl FnMut(CharacterUnit, &mut Evaluation<'_, T>) -> Truth,
) -> Truth {
    let mut truth = by(CharacterUnit::Scalar, eval);
    if given.is_ascii || eval.assume_preferred {
        return truth;
    }
    for unit in [CharacterUnit::Byte, CharacterUnit::Utf16] {
        if truth == Truth::Unknown {
            break;
        }
        let other = by(unit, eval);
        truth = eval.readings("MATCH-2", truth, other);
    }
    truth
}
