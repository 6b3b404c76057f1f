//! One policy value against one request value (D.3).

use std::cmp::Ordering;

use scproof_policy_parser::{BaseOperator, OperatorFamily};

use super::facts::Facts;
use super::glob::{self, Unit, is_only_stars};
use super::keys::Kind;
use super::readings::Readings;
use super::value::Value;
use super::variables::{self, Part, Piece, Substituted, flat_units, unknown_keys};
use super::{addresses, base64, dates, numbers};

/// What a policy value is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A known text.
    Text(String),
    /// An unknown text that is like this (K3-7).
    Like(Vec<Piece>),
    /// Any value of the kind (K3-8).
    Any(Kind),
    /// Any text except these (K3-8).
    NoneOf(Vec<String>),
}

/// One operator on one key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comparison<'a> {
    pub(crate) base: BaseOperator,
    /// The key as the policy spells it.
    pub(crate) key: &'a str,
    pub(crate) facts: &'a Facts<'a>,
    /// VAR-3: whether the document has policy variables.
    pub(crate) has_variables: bool,
}

impl Comparison<'_> {
    /// OP-30, SP-21: what does not parse matches nothing; under a negated operator that is unknown.
    fn malformed(&self, rule: &'static str) -> Value {
        if self.base.is_negated() { Value::unknown_rule(rule) } else { Value::certain(false) }
    }

    /// CALL-19: whether a malformed value of a policy has its evident meaning, under a positive operator, rather than
    /// none (preferred).
    fn takes_evident(&self, readings: &Readings) -> bool {
        !self.base.is_negated() && !readings.preferred("CALL-19")
    }

    fn open(&self) -> Value {
        Value::unknown_key(self.key)
    }
}

/// The base comparison without negation: m(x, v) of D.2.
pub(crate) fn matches(comparison: &Comparison<'_>, subject: &Subject, value: &str, readings: &Readings) -> Value {
    match comparison.base.family() {
        OperatorFamily::String => text_matches(comparison, subject, value, readings),
        OperatorFamily::Arn => arn_matches(comparison, subject, value, readings),
        OperatorFamily::Bool => bool_matches(comparison, subject, value, readings),
        OperatorFamily::Numeric => {
            let parse = |text: &str| numbers::parse(text, readings);
            let policy = parse(value);
            let holds = |request: &_, policy: &_| ordered(comparison.base, numbers::Decimal::compare(request, policy));
            typed_matches(comparison, subject, policy.as_ref(), parse, holds)
        }
        OperatorFamily::Date => {
            let parse = |text: &str| dates::parse(text, readings);
            let holds = |request: &dates::Instant, policy: &_| ordered(comparison.base, request.cmp(policy));
            let policy = parse(value).or_else(|| {
                let meant = dates::evident(value).filter(|_| comparison.takes_evident(readings))?;
                parse(&meant)
            });
            typed_matches(comparison, subject, policy.as_ref(), parse, holds)
        }
        OperatorFamily::IpAddress => {
            // OP-15.
            let policy = addresses::parse_block(value, readings);
            let parse = |text: &str| addresses::parse_address(text, readings);
            let holds = |address: &_, block: &addresses::Block| block.contains(*address);
            typed_matches(comparison, subject, policy.as_ref(), parse, holds)
        }
        OperatorFamily::Binary => {
            // OP-14: context values given as text are base64 too.
            let unpadded = || base64::decode_unpadded(value).filter(|_| comparison.takes_evident(readings));
            let policy = base64::decode(value).or_else(unpadded);
            let holds = |request: &Vec<u8>, policy: &_| request == policy;
            typed_matches(comparison, subject, policy.as_ref(), base64::decode, holds)
        }
        // The caller decides presence (SET-16).
        OperatorFamily::Null => Value::unknown_rule("SET-16"),
    }
}

/// OP-4, OP-7: request OP policy; the negated ones without negation.
fn ordered(base: BaseOperator, ordering: Ordering) -> bool {
    let name = base.as_str();
    let comparison = name.strip_prefix("Numeric").or_else(|| name.strip_prefix("Date")).unwrap_or_default();
    match comparison {
        "Equals" | "NotEquals" => ordering.is_eq(),
        "LessThan" => ordering.is_lt(),
        "LessThanEquals" => ordering.is_le(),
        "GreaterThan" => ordering.is_gt(),
        "GreaterThanEquals" => ordering.is_ge(),
        _ => false,
    }
}

/// Operators on values of a type; variables are literal text there (VAR-6).
fn typed_matches<Request, Policy>(
    comparison: &Comparison<'_>,
    subject: &Subject,
    policy: Option<&Policy>,
    parse: impl Fn(&str) -> Option<Request>,
    holds: impl Fn(&Request, &Policy) -> bool,
) -> Value {
    let Some(policy) = policy else { return comparison.malformed("OP-30") };
    let Subject::Text(text) = subject else { return comparison.open() };
    match parse(text) {
        Some(request) => Value::certain(holds(&request, policy)),
        None => comparison.malformed("OP-30"),
    }
}

/// OP-12, VAR-5. Bool has no negated form (OP-13).
fn bool_matches(comparison: &Comparison<'_>, subject: &Subject, value: &str, readings: &Readings) -> Value {
    let has_variable = comparison.has_variables && value.contains("${");
    let mut keys = Vec::new();
    let mut units = Vec::new();
    if has_variable && readings.preferred("VAR-5") {
        let Ok(parts) = variables::parse(value, true, readings) else { return Value::unknown_rule("VAR-13") };
        match variables::substitute(&literal_wildcards(&parts), comparison.facts, readings) {
            Substituted::Nothing => return Value::certain(false),
            Substituted::UnclearKey => return Value::unknown_rule("GEN-7"),
            Substituted::Pieces(pieces) => {
                keys.extend(unknown_keys(&pieces).map(Value::unknown_key));
                units.extend(pieces.iter().map(|piece| match piece {
                    Piece::Char(character) => Unit::AnyCase(*character),
                    Piece::AnyText(_) => Unit::Run { colons: true },
                    Piece::AnyRegion => Unit::Run { colons: false },
                    // `literal_wildcards` left none; a live one of VAR-8 is a character here.
                    Piece::Star => Unit::Exactly('*'),
                    Piece::Question => Unit::Exactly('?'),
                }));
            }
        }
    } else {
        units.extend(value.chars().map(Unit::AnyCase));
    }
    let is = |text: &str| glob::matches(&units, text, readings);
    let matched = match subject {
        _ if !is("true") && !is("false") => return Value::certain(false),
        Subject::Text(text) => ["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word) && is(word)),
        Subject::Like(_) | Subject::Any(_) | Subject::NoneOf(_) => {
            keys.push(comparison.open());
            true
        }
    };
    if matched && !keys.is_empty() { Value::all(keys) } else { Value::certain(matched) }
}

/// MATCH-4: wildcards are ordinary characters in this operator.
fn literal_wildcards(parts: &[Part]) -> Vec<Part> {
    let literal = |part: &Part| match part {
        Part::Star => Part::Char('*'),
        Part::Question => Part::Char('?'),
        other @ (Part::Char(_) | Part::Variable { .. }) => other.clone(),
    };
    parts.iter().map(literal).collect()
}

/// OP-1 to OP-3, VAR-4, VAR-11.
fn text_matches(comparison: &Comparison<'_>, subject: &Subject, value: &str, readings: &Readings) -> Value {
    use BaseOperator as Op;
    let Ok(parts) = variables::parse(value, comparison.has_variables, readings) else {
        return Value::unknown_rule("VAR-13");
    };
    let has_wildcards = matches!(comparison.base, Op::StringLike | Op::StringNotLike);
    let ignores_case = matches!(comparison.base, Op::StringEqualsIgnoreCase | Op::StringNotEqualsIgnoreCase);
    let parts = if has_wildcards { parts } else { literal_wildcards(&parts) };
    let mut pieces = match variables::substitute(&parts, comparison.facts, readings) {
        Substituted::Pieces(pieces) => pieces,
        Substituted::Nothing => return Value::certain(false),
        Substituted::UnclearKey => return Value::unknown_rule("GEN-7"),
    };
    if !has_wildcards {
        for piece in &mut pieces {
            // A live wildcard of VAR-8 is an ordinary character here.
            match piece {
                Piece::Star => *piece = Piece::Char('*'),
                Piece::Question => *piece = Piece::Char('?'),
                Piece::Char(_) | Piece::AnyText(_) | Piece::AnyRegion => {}
            }
        }
    }
    let unknown: Vec<Value> = unknown_keys(&pieces).map(Value::unknown_key).collect();
    let mut units = flat_units(&pieces);
    if let Subject::Text(text) = subject {
        let matched = if ignores_case {
            matches_any_case(&mut units, text, readings)
        } else {
            glob::matches(&units, text, readings)
        };
        return if matched && !unknown.is_empty() { Value::all(unknown) } else { Value::certain(matched) };
    }
    if ignores_case {
        fold(&mut units);
    }
    let and_unknown = |value: Value| Value::all(unknown.iter().cloned().chain([value]));
    match subject {
        Subject::Text(_) => comparison.open(),
        Subject::Like(like) => {
            let like = flat_units(like);
            if glob::are_disjoint(&units, &like) {
                Value::certain(false)
            } else if glob::covers(&units, &like) {
                and_unknown(Value::certain(true))
            } else {
                and_unknown(comparison.open())
            }
        }
        // K3-8: only `*` is like everything.
        Subject::Any(_) | Subject::NoneOf(_) if glob::covers(&units, &glob::flat("*")) => {
            and_unknown(Value::certain(true))
        }
        Subject::Any(_) => and_unknown(comparison.open()),
        Subject::NoneOf(excluded) => {
            let is_one_excluded = excluded.iter().any(|text| glob::covers(&glob::flat_literal(text), &units));
            if is_one_excluded { Value::certain(false) } else { and_unknown(comparison.open()) }
        }
    }
}

fn fold(units: &mut [Unit]) {
    for unit in units {
        if let Unit::Exactly(character) = unit {
            *unit = Unit::AnyCase(*character);
        }
    }
}

/// OP-2, GEN-7, SP-16: ASCII folding (preferred), or `to_lowercase` on both sides.
fn matches_any_case(units: &mut [Unit], text: &str, readings: &Readings) -> bool {
    let pattern: Vec<Option<char>> = units
        .iter()
        .map(|unit| match unit {
            Unit::Exactly(character) | Unit::AnyCase(character) => Some(*character),
            Unit::Run { .. } | Unit::One { .. } | Unit::Of(_) | Unit::RunOf(_) => None,
        })
        .collect();
    let is_ascii = text.is_ascii() && pattern.iter().flatten().all(char::is_ascii);
    if is_ascii || readings.preferred("GEN-7") {
        fold(units);
        return glob::matches(units, text, readings);
    }
    if pattern.iter().all(Option::is_some) {
        let whole: String = pattern.into_iter().flatten().collect();
        return whole.to_lowercase() == text.to_lowercase();
    }
    let lower = pattern.into_iter().flat_map(|character| match character {
        Some(character) => character.to_lowercase().map(Unit::Exactly).collect(),
        None => vec![Unit::Run { colons: true }],
    });
    glob::matches(&lower.collect::<Vec<_>>(), &text.to_lowercase(), readings)
}

/// RES-13, OP-19 to OP-22, CLR-5: component by component; the sixth keeps further colons.
fn arn_matches(comparison: &Comparison<'_>, subject: &Subject, value: &str, readings: &Readings) -> Value {
    if is_only_stars(value) {
        // OP-22: any ARN (preferred), or nothing.
        let matches_any = readings.preferred("OP-22");
        return match subject {
            Subject::Text(text) if !is_arn(text) => comparison.malformed("OP-21"),
            Subject::Text(_) | Subject::Any(Kind::Arn) => Value::certain(matches_any),
            Subject::Like(like) if split_pieces(like).is_some() => Value::certain(matches_any),
            Subject::Like(_) | Subject::Any(_) | Subject::NoneOf(_) if matches_any => comparison.open(),
            Subject::Like(_) | Subject::Any(_) | Subject::NoneOf(_) => Value::certain(false),
        };
    }
    let Ok(parts) = variables::parse(value, comparison.has_variables, readings) else {
        return Value::unknown_rule("VAR-13");
    };
    // CLR-5: split first, then substitute.
    let components = split_parts(&parts).filter(|_| !has_upper_prefix(value));
    let Some(components) = components else { return malformed_arn(comparison, subject, value, &parts, readings) };
    if let Subject::Text(text) = subject
        && !is_arn(text)
    {
        return comparison.malformed("OP-21");
    }
    let mut patterns = Vec::new();
    for component in &components {
        match variables::substitute(component, comparison.facts, readings) {
            Substituted::Pieces(pieces) => patterns.push(pieces),
            Substituted::Nothing => return Value::certain(false),
            Substituted::UnclearKey => return Value::unknown_rule("GEN-7"),
        }
    }
    let unknown: Vec<Value> = patterns.iter().flat_map(|pieces| unknown_keys(pieces)).map(Value::unknown_key).collect();
    let and_unknown = |value: Value| Value::all(unknown.iter().cloned().chain([value]));
    let units: Vec<Vec<Unit>> = patterns.iter().map(|pieces| flat_units(pieces)).collect();
    match subject {
        Subject::Text(text) => {
            let pairs = units.iter().zip(text.splitn(6, ':'));
            let matched = pairs.map(|(pattern, part)| glob::matches(pattern, part, readings)).collect::<Vec<_>>();
            and_unknown(Value::certain(matched.into_iter().all(|matched| matched)))
        }
        Subject::Like(like) => {
            let Some(like) = split_pieces(like) else { return and_unknown(comparison.open()) };
            let like: Vec<Vec<Unit>> = like.iter().map(|pieces| flat_units(pieces)).collect();
            if units.iter().zip(&like).any(|(pattern, like)| glob::are_disjoint(pattern, like)) {
                Value::certain(false)
            } else if units.iter().zip(&like).all(|(pattern, like)| glob::covers(pattern, like)) {
                and_unknown(Value::certain(true))
            } else {
                and_unknown(comparison.open())
            }
        }
        // K3-8: `arn:*:*:*:*:*` for ARN-typed keys.
        Subject::Any(Kind::Arn) => {
            let everything = ["arn", "*", "*", "*", "*", "*"].map(glob::flat);
            let covers_all = units.iter().zip(&everything).all(|(pattern, every)| glob::covers(pattern, every));
            and_unknown(if covers_all { Value::certain(true) } else { comparison.open() })
        }
        Subject::Any(Kind::Other | Kind::Bool) | Subject::NoneOf(_) => and_unknown(comparison.open()),
    }
}

/// CALL-19: nothing (preferred), or what the text evidently means: `arn` in small letters; if components are missing
/// either any, or the text as it stands.
fn malformed_arn(
    comparison: &Comparison<'_>,
    subject: &Subject,
    value: &str,
    parts: &[Part],
    readings: &Readings,
) -> Value {
    if comparison.base.is_negated() {
        return comparison.malformed("OP-30");
    }
    if matches!(subject, Subject::Text(text) if !is_arn(text)) {
        return Value::certain(false);
    }
    let lower = match value.split_at_checked(3) {
        Some((_, rest)) if has_upper_prefix(value) => format!("arn{rest}"),
        _ => value.to_owned(),
    };
    let missing = 5_usize.saturating_sub(parts.iter().filter(|part| **part == Part::Char(':')).count());
    let filled = format!("{lower}{}", ":*".repeat(missing));
    match readings.choose("CALL-19", if missing > 0 { 3 } else { 2 }) {
        0 => Value::certain(false),
        1 => arn_matches(comparison, subject, &filled, readings),
        _ => flat_matches(comparison, subject, &lower, readings),
    }
}

/// An ARN as any other text.
fn flat_matches(comparison: &Comparison<'_>, subject: &Subject, value: &str, readings: &Readings) -> Value {
    let Ok(parts) = variables::parse(value, comparison.has_variables, readings) else {
        return Value::unknown_rule("VAR-13");
    };
    let pieces = match variables::substitute(&parts, comparison.facts, readings) {
        Substituted::Pieces(pieces) => pieces,
        Substituted::Nothing => return Value::certain(false),
        Substituted::UnclearKey => return Value::unknown_rule("GEN-7"),
    };
    let units = flat_units(&pieces);
    let unknown = unknown_keys(&pieces).map(Value::unknown_key);
    match subject {
        Subject::Text(text) if !glob::matches(&units, text, readings) => Value::certain(false),
        Subject::Text(_) => Value::all(unknown),
        Subject::Like(like) if split_pieces(like).is_some() && glob::are_disjoint(&units, &flat_units(like)) => {
            Value::certain(false)
        }
        Subject::Like(_) | Subject::Any(_) | Subject::NoneOf(_) => Value::all(unknown.chain([comparison.open()])),
    }
}

/// An ARN whose first component is `arn` but for its case.
pub(crate) fn has_upper_prefix(text: &str) -> bool {
    let prefix = text.split(':').next().unwrap_or_default();
    text.contains(':') && prefix != "arn" && prefix.eq_ignore_ascii_case("arn")
}

/// OP-21: six components.
fn is_arn(text: &str) -> bool {
    text.matches(':').count() >= 5
}

fn split_parts(parts: &[Part]) -> Option<Vec<Vec<Part>>> {
    split_at_five(parts, &Part::Char(':'))
}

fn split_pieces(pieces: &[Piece]) -> Option<Vec<Vec<Piece>>> {
    split_at_five(pieces, &Piece::Char(':'))
}

/// Splits at the first five colons; none if there are fewer.
fn split_at_five<T: Clone + PartialEq>(items: &[T], colon: &T) -> Option<Vec<Vec<T>>> {
    let components: Vec<Vec<T>> = items.splitn(6, |item| item == colon).map(<[T]>::to_vec).collect();
    (components.len() == 6).then_some(components)
}
