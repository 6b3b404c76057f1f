//! Placeholders of templates: names that a tool puts a value in place of before AWS sees the text (DOC-25).

use std::collections::BTreeMap;
use std::ops::Range;

use scproof_text::{Node, Place, PolicyPath, path_at};

use crate::codes;
use crate::parse::Walker;

/// How many places of one placeholder are kept.
const MOST_PLACES: usize = 200;
/// The longest name of a placeholder in bytes.
const LONGEST: usize = 80;

/// A placeholder in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder<'t> {
    /// What it asks for: `PARTITION` of `${PARTITION}`, `account.id` of `{{ account.id }}`.
    pub name: &'t str,
    /// Its bytes.
    pub span: Range<usize>,
}

/// All placeholders of a text, in its order: `${NAME}`, where a policy variable would have a colon in its name,
/// `${AWS::Partition}` of `CloudFormation`, and `{{ name }}`. One pass over the text.
///
/// ```
/// let text = "arn:${PARTITION}:iam::{{ account }}:role/${aws:username}/${*}";
/// let names: Vec<&str> = scproof_policy_parser::placeholders(text).map(|found| found.name).collect();
/// assert_eq!(names, ["PARTITION", "account"]);
/// ```
pub fn placeholders(text: &str) -> impl Iterator<Item = Placeholder<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let at = from + text.get(from..)?.find('{')?;
            let (before, after) = (text.get(..at)?, text.get(at + 1..)?);
            let (start, inside, close) = if before.ends_with('$') {
                (at - 1, at + 1, "}")
            } else if after.starts_with('{') {
                (at, at + 2, "}}")
            } else {
                from = at + 1;
                continue;
            };
            from = inside;
            let inner = text.get(from..)?;
            // No name is so long; looking further would cost a look at the whole text for each brace.
            let window =
                inner.char_indices().map(|(at, letter)| at + letter.len_utf8()).take_while(|end| *end <= LONGEST + 2);
            let window = inner.get(..window.last().unwrap_or(0))?;
            let Some(length) = window.find(close) else { continue };
            let name = window.get(..length)?.trim();
            if is_name(name, close) {
                from += length + close.len();
                return Some(Placeholder { name, span: start..from });
            }
        }
    })
}

fn is_name(name: &str, close: &str) -> bool {
    let of_cloudformation = name.strip_prefix("AWS::");
    let plain = of_cloudformation.unwrap_or(name);
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
    let is_plain =
        plain.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_') && plain.chars().all(is_part);
    // What stands between double braces may be an expression.
    is_plain || (close == "}}" && !name.is_empty() && !name.contains(['"', '{', '}', '\n']))
}

/// The text with values in place of its placeholders, as a tool would make it: `$${…}` of Terraform and `${!…}` of
/// `CloudFormation` become the policy variables that they stand for. Placeholders without a value stay.
///
/// ```
/// let value = |name: &str| (name == "PARTITION").then_some("aws");
/// let text = "arn:${PARTITION}:iam::${ACCOUNT}:role/$${aws:username}";
/// assert_eq!(scproof_policy_parser::fill_placeholders(text, value), "arn:aws:iam::${ACCOUNT}:role/${aws:username}");
/// ```
pub fn fill_placeholders<'v>(text: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut from = 0;
    for placeholder in placeholders(text) {
        let Some(value) = value(placeholder.name) else { continue };
        filled.push_str(text.get(from..placeholder.span.start).unwrap_or_default());
        filled.push_str(value);
        from = placeholder.span.end;
    }
    filled.push_str(text.get(from..).unwrap_or_default());
    filled.replace("$${", "${").replace("${!", "${")
}

/// Whether a text has `${`, and each begins a placeholder.
pub(crate) fn has_placeholders_only(text: &str) -> bool {
    let count =
        placeholders(text).filter(|found| text.get(found.span.clone()).is_some_and(|it| it.starts_with("${"))).count();
    count > 0 && count == text.matches("${").count()
}

impl Walker<'_> {
    /// Reports each placeholder once, with all its places.
    pub(crate) fn report_placeholders(&mut self, text: &str, root: Option<&Node<'_>>) {
        let mut found: BTreeMap<&str, Vec<Placeholder<'_>>> = BTreeMap::new();
        for placeholder in placeholders(text) {
            let written = text.get(placeholder.span.clone()).unwrap_or_default();
            found.entry(written).or_default().push(placeholder);
        }
        for (written, places) in found {
            let [first, others @ ..] = places.as_slice() else { continue };
            let count = if others.is_empty() { String::new() } else { format!(" ({} places)", places.len()) };
            let path = root.map_or_else(PolicyPath::default, |root| path_at(root, first.span.start));
            let message =
                codes::TEMPLATE_PLACEHOLDER.at(path, format!("`{written}` is a placeholder of a template{count}"));
            let filler = if first.name.starts_with("AWS::") {
                "CloudFormation does in `Fn::Sub`"
            } else if written.starts_with("{{") {
                "a template engine does"
            } else {
                "Terraform's `templatefile` or the Landing Zone Accelerator does"
            };
            let help = format!("fill it in, as {filler}, or check the text with `--var {}=VALUE`", first.name);
            let mut message = message.on(first.span.clone()).help(help);
            let others = others.iter().take(MOST_PLACES);
            message.also = others.map(|other| Place { span: other.span.clone(), line: 1, column: 1 }).collect();
            self.sink.push(message);
        }
    }
}
