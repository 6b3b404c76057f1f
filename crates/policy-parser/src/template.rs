//! Texts with policy variables: `arn:aws:s3:::b/${aws:username}/*` (VAR-1 to VAR-3, VAR-13).

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1, take_while};
use nom::combinator::{all_consuming, opt};
use nom::sequence::delimited;

use crate::wildcard::split_wildcards;

/// A part of a text of the policy language.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TemplatePart {
    /// Ordinary text.
    Literal(String),
    /// `*`, where wildcards are live.
    Run,
    /// `?`, where wildcards are live.
    One,
    /// One of `${*}`, `${?}`, `${$}`: the character itself.
    Escape(char),
    /// `${key}` or `${key, 'default'}`.
    Variable {
        /// The context key as written.
        key: String,
        /// The default, if given.
        default: Option<String>,
    },
    /// A variable that is not well formed; its text as written (VAR-13).
    Malformed(String),
}

/// A text of the policy language, split into its parts. Variables are recognized before anything else (VAR-2).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Template {
    /// The parts in order; neighbouring literals are not joined.
    pub parts: Vec<TemplatePart>,
}

impl Template {
    /// Splits a text. `variables`: whether `${…}` is live (VAR-3); `wildcards`: whether `*` and `?` are (MATCH-4).
    ///
    /// ```
    /// use scproof_policy_parser::{Template, TemplatePart};
    /// let template = Template::parse("a${aws:PrincipalTag/team, 'x'}*", true, true);
    /// assert!(matches!(&template.parts[1], TemplatePart::Variable { key, .. } if key == "aws:PrincipalTag/team"));
    /// ```
    pub fn parse(text: &str, variables: bool, wildcards: bool) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while variables && let Some((before, after)) = rest.split_once("${") {
            push_text(&mut parts, before, wildcards);
            // The variable ends at the first brace (VAR-2); without one the remainder is the malformed part.
            if let Some((inner, tail)) = after.split_once('}') {
                parts.push(parse_variable(inner));
                rest = tail;
            } else {
                parts.push(TemplatePart::Malformed(format!("${{{after}")));
                rest = "";
            }
        }
        push_text(&mut parts, rest, wildcards);
        Self { parts }
    }

    /// Whether any part is a variable whose value the request decides.
    pub fn has_variables(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, TemplatePart::Variable { .. }))
    }

    /// Whether any part is a malformed variable (VAR-13).
    pub fn is_malformed(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, TemplatePart::Malformed(_)))
    }

    /// The context keys of the variables, as written.
    pub fn variable_keys(&self) -> impl Iterator<Item = &str> {
        self.parts
            .iter()
            .filter_map(|part| if let TemplatePart::Variable { key, .. } = part { Some(key.as_str()) } else { None })
    }
}

fn push_text(parts: &mut Vec<TemplatePart>, text: &str, wildcards: bool) {
    if !wildcards {
        if !text.is_empty() {
            parts.push(TemplatePart::Literal(text.to_owned()));
        }
        return;
    }
    parts.extend(split_wildcards(text).map(|part| match part {
        "*" => TemplatePart::Run,
        "?" => TemplatePart::One,
        literal => TemplatePart::Literal(literal.to_owned()),
    }));
}

/// Reads what stands between `${` and `}`.
fn parse_variable(inner: &str) -> TemplatePart {
    let escape = alt((tag("*"), tag("?"), tag("$"))).map(|text: &str| {
        text.chars().next().map_or_else(|| TemplatePart::Malformed(text.to_owned()), TemplatePart::Escape)
    });
    let key = take_till1::<_, &str, nom::error::Error<&str>>(|c: char| {
        c.is_whitespace() || matches!(c, ',' | '\'' | '$' | '{' | '*' | '?')
    });
    let default = delimited(tag(", '"), take_while(|c| c != '\''), tag("'"));
    let variable = (key, opt(default)).map(|(key, default): (&str, Option<&str>)| TemplatePart::Variable {
        key: key.to_owned(),
        default: default.map(str::to_owned),
    });
    all_consuming(alt((all_consuming(escape), variable)))
        .parse(inner)
        .map_or_else(|_| TemplatePart::Malformed(format!("${{{inner}}}")), |(_, part)| part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use TemplatePart::{Escape, Literal, One, Run};

    fn variable(key: &str, default: Option<&str>) -> TemplatePart {
        TemplatePart::Variable { key: key.to_owned(), default: default.map(str::to_owned) }
    }

    #[test]
    fn var_1_and_var_2() {
        let parts = |text| Template::parse(text, true, true).parts;
        assert_eq!(parts("a*${aws:username}?"), [Literal("a".into()), Run, variable("aws:username", None), One]);
        assert_eq!(
            parts("b-${aws:PrincipalTag/team, 'common'}/*"),
            [Literal("b-".into()), variable("aws:PrincipalTag/team", Some("common")), Literal("/".into()), Run]
        );
        assert_eq!(parts("${*}${?}${$}"), [Escape('*'), Escape('?'), Escape('$')]);
        assert_eq!(parts("${k:a, ''}"), [variable("k:a", Some(""))]);
    }

    #[test]
    fn var_13_malformed() {
        for text in ["${", "${}", "${a:b", "${a:b, 'x}", "${a:b,'x'}", "${a b}", "${a:b, x}", "${*x}"] {
            assert!(Template::parse(text, true, false).is_malformed(), "{text}");
        }
    }

    #[test]
    fn var_3_without_variables_the_text_is_literal() {
        assert_eq!(Template::parse("${a:b}", false, false).parts, [Literal("${a:b}".into())]);
        assert_eq!(Template::parse("${*}", false, true).parts, [Literal("${".into()), Run, Literal("}".into())]);
    }
}
