//! Action patterns of `Action` and `NotAction` (DOC-18 to DOC-20).

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::{all_consuming, value};
use nom::sequence::separated_pair;

/// One string of an `Action` or `NotAction` list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ActionPattern {
    /// The text as written.
    pub text: String,
}

/// What kind of action pattern a text is; decides how it matches.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ActionShape<'a> {
    /// `*`: every action (ACT-2).
    Any,
    /// Only stars, or `*:*`: preferred reading everything, other reading nothing (DOC-19, unsure).
    AnyPreferred,
    /// `prefix:name` with an ordinary prefix; the name may hold wildcards (ACT-3).
    Named {
        /// The service prefix as written.
        prefix: &'a str,
        /// The name glob as written.
        name: &'a str,
    },
    /// A wildcard in the prefix: preferred reading a glob on both sides of the colon, other reading nothing (DOC-19,
    /// unsure).
    WildcardPrefix {
        /// The prefix glob as written.
        prefix: &'a str,
        /// The name glob as written.
        name: &'a str,
    },
    /// White space: preferred reading nothing, other reading the text trimmed around the colon and at its ends (DOC-20,
    /// unsure).
    Spaced {
        /// The prefix, trimmed.
        prefix: &'a str,
        /// The name, trimmed.
        name: &'a str,
    },
    /// Only stars between white space: preferred reading nothing, other reading everything (DOC-20, unsure).
    SpacedStars,
    /// No colon: matches nothing (DOC-19).
    NoColon,
    /// Several colons: nothing is certain (CLR-13).
    SeveralColons,
}

impl ActionPattern {
    /// Wraps a text; every text is an action pattern of some [`ActionShape`].
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// Classifies the pattern. `O(length)`.
    ///
    /// ```
    /// use scproof_policy_parser::{ActionPattern, ActionShape};
    /// let pattern = ActionPattern::new("s3:Get*");
    /// assert_eq!(pattern.shape(), ActionShape::Named { prefix: "s3", name: "Get*" });
    /// ```
    pub fn shape(&self) -> ActionShape<'_> {
        let text = self.text.as_str();
        let colons = text.bytes().filter(|&byte| byte == b':').count();
        if colons > 1 {
            return ActionShape::SeveralColons;
        }
        if let Ok((_, shape)) = parse_well_formed(text) {
            return shape;
        }
        match text.split_once(':') {
            None if text != text.trim() && text.trim().bytes().all(|byte| byte == b'*') && !text.trim().is_empty() => {
                ActionShape::SpacedStars
            }
            None => ActionShape::NoColon,
            Some((prefix, name)) if text.contains(char::is_whitespace) => {
                ActionShape::Spaced { prefix: prefix.trim(), name: name.trim() }
            }
            Some((prefix, name)) if prefix.contains(['*', '?']) => ActionShape::WildcardPrefix { prefix, name },
            Some((prefix, name)) => ActionShape::Named { prefix, name },
        }
    }
}

type Parsed<'a> = nom::IResult<&'a str, ActionShape<'a>>;

/// The grammar of DOC-18 with the all-star forms of DOC-19; everything else is classified by its fault.
fn parse_well_formed(text: &str) -> Parsed<'_> {
    let prefix_character = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let name_character = |c: char| prefix_character(c) || c == '*' || c == '?';
    let stars = || take_while1::<_, &str, nom::error::Error<&str>>(|c| c == '*');
    all_consuming(alt((
        value(ActionShape::AnyPreferred, all_consuming((tag("*"), stars()))),
        value(ActionShape::AnyPreferred, all_consuming((stars(), tag(":"), stars()))),
        value(ActionShape::Any, all_consuming(tag("*"))),
        separated_pair(take_while1(prefix_character), tag(":"), take_while(name_character))
            .map(|(prefix, name)| ActionShape::Named { prefix, name }),
    )))
    .parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_follow_doc_18_to_doc_20() {
        let shape = |text: &'static str| Box::leak(Box::new(ActionPattern::new(text))).shape();
        assert_eq!(shape("*"), ActionShape::Any);
        for text in ["**", "***", "*:*"] {
            assert_eq!(shape(text), ActionShape::AnyPreferred, "{text}");
        }
        assert_eq!(shape("ec2:D*Instances"), ActionShape::Named { prefix: "ec2", name: "D*Instances" });
        assert_eq!(shape("s3:"), ActionShape::Named { prefix: "s3", name: "" });
        assert_eq!(shape("s*:Get*"), ActionShape::WildcardPrefix { prefix: "s*", name: "Get*" });
        assert_eq!(shape("*:Get*"), ActionShape::WildcardPrefix { prefix: "*", name: "Get*" });
        assert_eq!(shape("s3: Get*"), ActionShape::Spaced { prefix: "s3", name: "Get*" });
        assert_eq!(shape("s3:GetObject "), ActionShape::Spaced { prefix: "s3", name: "GetObject" });
        assert_eq!(shape(" *"), ActionShape::SpacedStars);
        assert_eq!(shape("s3*"), ActionShape::NoColon);
        assert_eq!(shape("a:b:c"), ActionShape::SeveralColons);
        assert_eq!(shape("s3:Get_Ü"), ActionShape::Named { prefix: "s3", name: "Get_Ü" });
    }
}
