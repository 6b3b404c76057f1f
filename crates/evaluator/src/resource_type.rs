//! The resources of a type, as AWS writes them with placeholders: which ARN is one, and what a pattern of a policy says of all of them
//! (CALL-3 to CALL-6).

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;
use scproof_catalog::{arn_forms, may_lack_region};
use scproof_policy_parser::{Piece, WildcardPattern};

use crate::truth::Truth;

/// The most steps of the walk that compares a pattern with a type.
const MAX_STATES: usize = 20_000;

/// What one placeholder holds (CALL-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Class {
    Digit,
    Region,
    Bucket,
    Any,
}

impl Class {
    fn has(self, letter: char) -> bool {
        match self {
            Self::Digit => letter.is_ascii_digit(),
            Self::Region => letter.is_ascii_alphanumeric() || letter == '-',
            Self::Bucket => letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_'),
            Self::Any => true,
        }
    }
}

/// A letter of a class of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Unit {
    Letter(char),
    One(Class),
    /// Any number of letters, also none.
    Run(Class),
    /// A wildcard of a policy; `true`: it crosses colons.
    Wild(bool),
    WildRun(bool),
}

impl Unit {
    fn takes(self, letter: char) -> bool {
        match self {
            Self::Letter(own) => own == letter,
            Self::One(class) | Self::Run(class) => class.has(letter),
            Self::Wild(wide) | Self::WildRun(wide) => wide || letter != ':',
        }
    }

    fn is_run(self) -> bool {
        matches!(self, Self::Run(_) | Self::WildRun(_))
    }
}

/// All ARNs of a type of resource: those of any of some forms.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct TypePattern(Vec<Vec<Unit>>);

impl TypePattern {
    /// Reads an ARN with placeholders `${…}`, or several of them. `partition`: that of the organization, if known.
    pub(crate) fn new(text: &str, partition: Option<&str>) -> Self {
        Self(arn_forms(text).flat_map(|text| Self::forms(text, partition)).collect())
    }

    fn forms(text: &str, partition: Option<&str>) -> Vec<Vec<Unit>> {
        let some = |class| vec![Unit::One(class), Unit::Run(class)];
        let letters = |text: &str| -> Vec<Unit> { text.chars().map(Unit::Letter).collect() };
        let mut forms: Vec<Vec<Unit>> = vec![Vec::new()];
        for (number, component) in text.splitn(6, ':').enumerate() {
            let is_open = component.starts_with("${") || component == "*";
            let choices = match (number, partition) {
                (1, Some(partition)) => vec![letters(partition)],
                (1, None) => vec![some(Class::Region)],
                (3, _) if is_open && may_lack_region(text) => vec![some(Class::Region), Vec::new()],
                (2 | 3, _) if is_open => vec![some(Class::Region)],
                (4, _) if is_open => vec![vec![Unit::One(Class::Digit); 12], letters("aws")],
                (5, _) => vec![name(component)],
                _ => vec![letters(component)],
            };
            let colon = (number > 0).then_some(Unit::Letter(':'));
            forms = forms
                .into_iter()
                .flat_map(|form| {
                    choices.iter().map(move |choice| form.iter().copied().chain(colon).chain(choice.clone()).collect())
                })
                .collect();
        }
        forms
    }

    /// Whether an ARN is one of the type.
    pub(crate) fn fits(&self, arn: &str) -> bool {
        self.0.iter().any(|form| {
            let mut places = skipped(form, BTreeSet::from([0]));
            for letter in arn.chars() {
                places = step(form, &places, letter);
            }
            places.contains(&form.len())
        })
    }

    /// Patterns that match all ARNs of the type, and some more.
    pub(crate) fn outlines(&self) -> Vec<WildcardPattern> {
        self.0
            .iter()
            .map(|form| {
                let mut buffer = [0; 4];
                let texts: Vec<String> = form
                    .iter()
                    .map(|unit| match unit {
                        Unit::Letter(letter) => letter.encode_utf8(&mut buffer).to_owned(),
                        Unit::One(_) | Unit::Run(_) | Unit::Wild(_) | Unit::WildRun(_) => String::new(),
                    })
                    .collect();
                WildcardPattern::from_pieces(form.iter().zip(&texts).map(|(unit, text)| match unit {
                    Unit::Letter(_) => Piece::Literal(text),
                    Unit::One(class) => Piece::One { wide: *class == Class::Any },
                    Unit::Run(class) => Piece::Run { wide: *class == Class::Any },
                    Unit::Wild(wide) => Piece::One { wide: *wide },
                    Unit::WildRun(wide) => Piece::Run { wide: *wide },
                }))
            })
            .collect()
    }

    /// Whether a pattern matches all ARNs of the type, none, or perhaps some. A name that is made to look like the end of another ARN
    /// counts for none (SP-58).
    pub(crate) fn relation(&self, pattern: &WildcardPattern) -> Truth {
        let units = units(pattern);
        let relations = self.0.iter().map(|form| match relation(form, &units) {
            Truth::Unknown if !meets_in_order(form, &units) => Truth::False,
            found @ (Truth::True | Truth::False | Truth::Unknown) => found,
        });
        relations.reduce(Truth::agree).unwrap_or(Truth::Unknown)
    }
}

/// The sixth component. A bucket's name has letters of its own; other placeholders hold any text that is not empty.
fn name(component: &str) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut rest = component;
    while let Some(first) = rest.chars().next() {
        if let Some((placeholder, after)) = rest.strip_prefix("${").and_then(|inside| inside.split_once('}')) {
            let class = if placeholder.ends_with("BucketName") { Class::Bucket } else { Class::Any };
            units.extend([Unit::One(class), Unit::Run(class)]);
            rest = after;
            continue;
        }
        if first == '*' {
            units.extend([Unit::One(Class::Any), Unit::Run(Class::Any)]);
        } else {
            units.push(Unit::Letter(first));
        }
        rest = rest.strip_prefix(first).unwrap_or_default();
    }
    units
}

fn units(pattern: &WildcardPattern) -> Vec<Unit> {
    let mut units = Vec::new();
    for piece in pattern.pieces() {
        match piece {
            Piece::Literal(text) => units.extend(text.chars().map(Unit::Letter)),
            Piece::One { wide } => units.push(Unit::Wild(wide)),
            Piece::Run { wide } => units.push(Unit::WildRun(wide)),
        }
    }
    units
}

/// Whoever stands before a run may stand behind it too.
fn skipped(units: &[Unit], mut places: BTreeSet<usize>) -> BTreeSet<usize> {
    let mut queue: Vec<usize> = places.iter().copied().collect();
    while let Some(place) = queue.pop() {
        if units.get(place).is_some_and(|unit| unit.is_run()) && places.insert(place + 1) {
            queue.push(place + 1);
        }
    }
    places
}

fn step(units: &[Unit], places: &BTreeSet<usize>, letter: char) -> BTreeSet<usize> {
    let taken = places.iter().filter_map(|&place| {
        let unit = units.get(place).filter(|unit| unit.takes(letter))?;
        Some(if unit.is_run() { place } else { place + 1 })
    });
    skipped(units, taken.collect())
}

/// A letter for each way in which the units tell letters apart.
fn letters(form: &[Unit], pattern: &[Unit]) -> BTreeSet<char> {
    let mut letters: BTreeSet<char> = form
        .iter()
        .chain(pattern)
        .filter_map(|unit| if let Unit::Letter(letter) = unit { Some(*letter) } else { None })
        .chain([':'])
        .collect();
    // One of each kind that classes tell apart and no literal names.
    for kind in ["0123456789", "abcdefghijklmnopqrstuvwxyz", "-", "._", "\u{2}\u{3}"] {
        if let Some(letter) = kind.chars().find(|letter| !letters.contains(letter)) {
            letters.insert(letter);
        }
    }
    letters
}

fn relation(form: &[Unit], pattern: &[Unit]) -> Truth {
    // Most types and patterns differ in the service, which is seen at once.
    let differs = |(one, other): (&Unit, &Unit)| match (one, other) {
        (Unit::Letter(one), Unit::Letter(other)) => Some(one != other),
        _ => None,
    };
    if form.iter().zip(pattern).map_while(differs).any(|differs| differs) {
        return Truth::False;
    }
    let letters: Vec<char> = letters(form, pattern).into_iter().collect();
    let start = (skipped(form, BTreeSet::from([0])), skipped(pattern, BTreeSet::from([0])));
    let mut seen = FxHashSet::from_iter([start.clone()]);
    let mut queue = vec![start];
    let (mut some, mut others) = (false, false);
    while let Some((in_form, in_pattern)) = queue.pop() {
        if in_form.contains(&form.len()) {
            if in_pattern.contains(&pattern.len()) {
                some = true;
            } else {
                others = true;
            }
            if some && others {
                return Truth::Unknown;
            }
        }
        if seen.len() > MAX_STATES {
            return Truth::Unknown;
        }
        // Most of a form is spelt out.
        let own = in_form.iter().filter_map(|place| form.get(*place));
        let spelt: Option<Vec<char>> =
            own.map(|unit| if let Unit::Letter(letter) = unit { Some(*letter) } else { None }).collect();
        for &letter in spelt.as_deref().unwrap_or(&letters) {
            let next = step(form, &in_form, letter);
            if next.is_empty() {
                continue;
            }
            let of_pattern = step(pattern, &in_pattern, letter);
            // Whatever begins a form can be completed, so there is an ARN that the pattern does not match.
            if of_pattern.is_empty() {
                others = true;
                if some {
                    return Truth::Unknown;
                }
                continue;
            }
            let state = (next, of_pattern);
            if seen.insert(state.clone()) {
                queue.push(state);
            }
        }
    }
    some.into()
}

/// Whether a pattern matches some ARN of a form without its first five components reaching into a name (SP-58): one of the colons
/// before the first name ends them.
fn meets_in_order(form: &[Unit], pattern: &[Unit]) -> bool {
    let fifth_colon = |units: &[Unit]| {
        units.iter().enumerate().filter(|(_, unit)| **unit == Unit::Letter(':')).nth(4).map(|(place, _)| place)
    };
    let (Some(of_form), Some(of_pattern)) = (fifth_colon(form), fifth_colon(pattern)) else { return true };
    let is_letter = |unit: &Unit| matches!(unit, Unit::Letter(_));
    let name = form.iter().skip(of_form).position(|unit| !is_letter(unit)).map_or(form.len(), |place| of_form + place);
    let Some((head, tail)) = pattern.split_at_checked(of_pattern + 1) else { return true };
    let mut colons = form.iter().take(name).enumerate().filter(|(_, unit)| **unit == Unit::Letter(':'));
    colons.any(|(colon, _)| {
        form.split_at_checked(colon + 1).is_some_and(|(before, after)| {
            relation(before, head) != Truth::False && relation(after, tail) != Truth::False
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = "arn:${Partition}:s3:::${BucketName}/${ObjectName}";
    const BUCKET: &str = "arn:${Partition}:s3:::${BucketName}";
    const INSTANCE: &str = "arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}";

    #[test]
    fn call_5_which_arns_are_of_a_type() {
        let fits = |pattern: &str, arn: &str| TypePattern::new(pattern, Some("aws")).fits(arn);
        assert!(fits(BUCKET, "arn:aws:s3:::b") && !fits(BUCKET, "arn:aws:s3:::b/x") && !fits(BUCKET, "arn:aws:s3:::"));
        assert!(fits(OBJECT, "arn:aws:s3:::b/x/y:z") && !fits(OBJECT, "arn:aws:s3:::b/"));
        assert!(!fits(OBJECT, "arn:aws-cn:s3:::b/x"));
        assert!(TypePattern::new(OBJECT, None).fits("arn:aws-cn:s3:::b/x"));
        assert!(fits(INSTANCE, "arn:aws:ec2:eu-west-1:222222222222:instance/i-1"));
        assert!(!fits(INSTANCE, "arn:aws:ec2:eu-west-1:2222:instance/i-1"));
        let stage = "arn:${Partition}:apigateway:${Region}::/apis/${ApiId}/stages/${StageName}, \
                     arn:${Partition}:apigateway:${Region}::/restapis/${RestApiId}/stages/${StageName}";
        assert!(fits(stage, "arn:aws:apigateway:eu-west-1::/apis/a/stages/s"));
        assert!(fits(stage, "arn:aws:apigateway:eu-west-1::/restapis/a/stages/s"));
        assert!(!fits(stage, "arn:aws:apigateway:eu-west-1::/others/a/stages/s"));
        let policy = "arn:${Partition}:iam::${Account}:policy/${PolicyNameWithPath}";
        assert!(fits(policy, "arn:aws:iam::aws:policy/x") && !fits(policy, "arn:aws:iam:::policy/x"));
    }

    #[test]
    fn call_3_what_patterns_say_of_all_resources_of_a_type() {
        let relation =
            |pattern: &str, of: &str| TypePattern::new(of, Some("aws")).relation(&WildcardPattern::flat(pattern));
        assert_eq!(relation("arn:aws:s3:::*", OBJECT), Truth::True);
        assert_eq!(relation("arn:aws:s3:::*/*", OBJECT), Truth::True);
        assert_eq!(relation("arn:aws:s3:::*/*", BUCKET), Truth::False);
        assert_eq!(relation("arn:aws:s3:::b/*", OBJECT), Truth::Unknown);
        assert_eq!(relation("arn:aws:s3:::b", OBJECT), Truth::False);
        assert_eq!(relation("arn:aws:ec2:*:*:instance/*", INSTANCE), Truth::True);
        assert_eq!(relation("arn:aws:ec2:eu-west-1:111111111111:volume/*", INSTANCE), Truth::False);
        // SP-58: no name of an instance is made to look like a volume.
        assert_eq!(relation("arn:aws:ec2:*:*:volume/*", INSTANCE), Truth::False);
        // RES-6: the star stands for Region and account, and the colon after the type is the fifth.
        let group = "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}";
        assert_eq!(relation("arn:aws:logs:*:log-group:prod:*", group), Truth::Unknown);
        assert_eq!(relation("arn:aws:logs:*:log-group:*:*", group), Truth::Unknown);
        assert_eq!(relation("arn:aws:logs:*:destination:*", group), Truth::False);
        assert_eq!(relation("arn:aws:ec2:*:111111111111:*", INSTANCE), Truth::Unknown);
    }
}
