//! Policy variables (C.4).

use super::facts::{Facts, State};
use super::glob::Unit;
use super::readings::Readings;

/// A part of a policy text as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// An ordinary character, also one written as `${*}`, `${?}` or `${$}`.
    Char(char),
    /// `*`.
    Star,
    /// `?`.
    Question,
    /// `${key}` or `${key, 'default'}`.
    Variable {
        /// The key as written.
        key: String,
        /// The text between the quotes.
        default: Option<String>,
    },
}

/// A malformed variable (VAR-13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// VAR-1, VAR-2, DOC-4: the parts of a text, variables recognized before anything else.
pub(crate) fn parse(text: &str, has_variables: bool, readings: &Readings) -> Result<Vec<Part>, Malformed> {
    // SP-5: under the old version `${…}` is literal text, except that the three fixed ones may be escapes.
    let has_escape = ["${*}", "${?}", "${$}"].iter().any(|escape| text.contains(escape));
    let has_escapes = has_variables || (has_escape && !readings.preferred("DOC-4"));
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let escape = [("${*}", '*'), ("${?}", '?'), ("${$}", '$')]
            .into_iter()
            .find_map(|(escape, character)| rest.strip_prefix(escape).map(|rest| (rest, character)));
        if let (true, Some((after, character))) = (has_escapes, escape) {
            parts.push(Part::Char(character));
            rest = after;
        } else if let (true, Some(variable)) = (has_variables, rest.strip_prefix("${")) {
            // VAR-2: it ends at the first `}`.
            let (inside, after) = variable.split_once('}').ok_or(Malformed)?;
            parts.push(parse_inside(inside)?);
            rest = after;
        } else {
            parts.push(match first {
                '*' => Part::Star,
                '?' => Part::Question,
                other => Part::Char(other),
            });
            rest = rest.strip_prefix(first).unwrap_or_default();
        }
    }
    Ok(parts)
}

/// VAR-1: no white space in the key; comma, one space, default in single quotes.
fn parse_inside(inside: &str) -> Result<Part, Malformed> {
    let (key, default) = match inside.split_once(',') {
        None => (inside, None),
        Some((key, default)) => {
            let quoted = default.strip_prefix(" '").and_then(|rest| rest.strip_suffix('\'')).ok_or(Malformed)?;
            if quoted.contains('\'') {
                return Err(Malformed);
            }
            (key, Some(quoted.to_owned()))
        }
    };
    let is_odd = |character: char| character.is_whitespace() || matches!(character, '\'' | '$' | '{' | '*' | '?');
    if key.is_empty() || key.contains(is_odd) {
        return Err(Malformed);
    }
    Ok(Part::Variable { key: key.to_owned(), default })
}

/// A part of a policy text after substitution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// An ordinary character.
    Char(char),
    /// A live `*`.
    Star,
    /// A live `?`.
    Question,
    /// The unknown value of a key: any text (SP-24).
    AnyText(String),
    /// A Region that the model does not know (LAW-8): any text without `:`.
    AnyRegion,
}

/// A policy text with its variables replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Substituted {
    /// A pattern.
    Pieces(Vec<Piece>),
    /// Some variable has no value: it equals and is like nothing (VAR-11, VAR-12).
    Nothing,
    /// The key of a variable equals a given tag key only beyond ASCII (GEN-7, SP-25).
    UnclearKey,
}

/// Replaces the variables (VAR-7 to VAR-12, VAR-15).
pub(crate) fn substitute(parts: &[Part], facts: &Facts<'_>, readings: &Readings) -> Substituted {
    let mut pieces = Vec::new();
    let mut has_no_value = false;
    for part in parts {
        match part {
            Part::Char(character) => pieces.push(Piece::Char(*character)),
            Part::Star => pieces.push(Piece::Star),
            Part::Question => pieces.push(Piece::Question),
            Part::Variable { key, default } => {
                let Some(state) = facts.candidate(key, readings) else { return Substituted::UnclearKey };
                match value_of(&state, default.as_deref(), readings) {
                    VariableValue::Text(text) => pieces.extend(text.chars().map(|one| substituted(one, readings))),
                    VariableValue::Nothing => has_no_value = true,
                    VariableValue::Unknown => pieces.push(Piece::AnyText(key.clone())),
                }
            }
        }
    }
    if has_no_value { Substituted::Nothing } else { Substituted::Pieces(pieces) }
}

/// VAR-8: `*` and `?` of a substituted text are literal (preferred), or live.
fn substituted(character: char, readings: &Readings) -> Piece {
    match character {
        '*' if !readings.preferred("VAR-8") => Piece::Star,
        '?' if !readings.preferred("VAR-8") => Piece::Question,
        other => Piece::Char(other),
    }
}

enum VariableValue {
    Text(String),
    Nothing,
    Unknown,
}

fn value_of(state: &State, default: Option<&str>, readings: &Readings) -> VariableValue {
    match state {
        State::Unknown { .. } | State::Either(_) => VariableValue::Unknown,
        State::Absent => default_of(default, readings),
        // SET-11: an empty list counts as absent.
        State::Present { values, .. } if values.is_empty() => default_of(default, readings),
        // VAR-7, CLR-6: a multivalued key has no value; whether a default then stands in is open.
        State::Present { multivalued: true, .. } => match default {
            None => VariableValue::Nothing,
            Some(_) if readings.preferred("VAR-7") => VariableValue::Nothing,
            Some(_) => default_of(default, readings),
        },
        State::Present { values, .. } => match (values.first(), default) {
            // VAR-9: an empty text is no value (preferred), or empty text.
            (Some(text), None) if text.is_empty() => {
                if readings.choose("VAR-9", 2) == 0 {
                    VariableValue::Nothing
                } else {
                    VariableValue::Text(String::new())
                }
            }
            // CLR-6: with a default: the default (preferred), no value, or empty text.
            (Some(text), Some(_)) if text.is_empty() => match readings.choose("VAR-9", 3) {
                0 => default_of(default, readings),
                1 => VariableValue::Nothing,
                _ => VariableValue::Text(String::new()),
            },
            (Some(text), _) => VariableValue::Text(text.clone()),
            (None, _) => VariableValue::Nothing,
        },
    }
}

/// VAR-10: an absent key has its default; an empty default is used (preferred), or is no value.
fn default_of(default: Option<&str>, readings: &Readings) -> VariableValue {
    match default {
        None => VariableValue::Nothing,
        Some("") if !readings.preferred("VAR-10") => VariableValue::Nothing,
        Some(text) => VariableValue::Text(text.to_owned()),
    }
}

/// The keys of a pattern's unknown texts.
pub(crate) fn unknown_keys(pieces: &[Piece]) -> impl Iterator<Item = &str> {
    pieces.iter().filter_map(|piece| match piece {
        Piece::AnyText(key) => Some(key.as_str()),
        Piece::Char(_) | Piece::Star | Piece::Question | Piece::AnyRegion => None,
    })
}

/// RES-12: the units of a flat pattern.
pub(crate) fn flat_units(pieces: &[Piece]) -> Vec<Unit> {
    let unit = |piece: &Piece| match piece {
        Piece::Char(character) => Unit::Exactly(*character),
        Piece::Star | Piece::AnyText(_) => Unit::Run { colons: true },
        Piece::Question => Unit::One { colons: true },
        Piece::AnyRegion => Unit::Run { colons: false },
    };
    pieces.iter().map(unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Result<Vec<Part>, Malformed> {
        parse(text, true, &Readings::default())
    }

    fn variable(key: &str, default: Option<&str>) -> Part {
        Part::Variable { key: key.to_owned(), default: default.map(str::to_owned) }
    }

    #[test]
    fn var_1_syntax() {
        assert_eq!(parts("${aws:PrincipalTag/team}"), Ok(vec![variable("aws:PrincipalTag/team", None)]));
        assert_eq!(parts("${aws:username, 'x*'}"), Ok(vec![variable("aws:username", Some("x*"))]));
        assert_eq!(parts("${aws:username, ''}"), Ok(vec![variable("aws:username", Some(""))]));
        assert_eq!(parts("${*}${?}${$}"), Ok(vec![Part::Char('*'), Part::Char('?'), Part::Char('$')]));
        assert_eq!(parts("a*$?"), Ok(vec![Part::Char('a'), Part::Star, Part::Char('$'), Part::Question]));
    }

    #[test]
    fn var_13_malformed() {
        for bad in
            ["${", "${}", "x${a:b", "${a:b, 'c}", "${a:b, c'}", "${a:b,'c'}", "${a b}", "${a:b , 'c'}", "${ a:b}"]
        {
            assert_eq!(parts(bad), Err(Malformed), "{bad}");
        }
    }

    #[test]
    fn var_3_doc_4_variables_are_literal_text_without_the_new_version() {
        let literal = parse("${a}", false, &Readings::default()).unwrap();
        assert_eq!(literal, "${a}".chars().map(Part::Char).collect::<Vec<_>>());
        assert!(parse("${", false, &Readings::default()).is_ok());
    }
}
