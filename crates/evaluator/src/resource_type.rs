//! The resources of a type, as AWS writes them with placeholders: which ARN is one, and what a pattern of a policy says
//! of all of them (CALL-3 to CALL-6).

use std::hash::{Hash, Hasher};

use rustc_hash::FxHashSet;
use scproof_catalog::{arn_forms, is_any_text, may_lack_region};
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
    /// Whatever a caller writes.
    Written,
}

impl Class {
    fn has(self, letter: char) -> bool {
        match self {
            Self::Digit => letter.is_ascii_digit(),
            Self::Region => letter.is_ascii_alphanumeric() || letter == '-',
            Self::Bucket => letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_'),
            Self::Any | Self::Written => true,
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
#[derive(Debug, Clone)]
pub(crate) struct TypePattern {
    text: &'static str,
    partition: Option<Box<str>>,
    /// They follow from the two above.
    forms: Vec<Vec<Unit>>,
}

impl PartialEq for TypePattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, &self.partition) == (&other.text, &other.partition)
    }
}

impl Eq for TypePattern {}

impl Hash for TypePattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl TypePattern {
    /// Reads an ARN with placeholders `${…}`, or several of them. `partition`: that of the organization, if known.
    pub(crate) fn new(text: &'static str, partition: Option<&str>) -> Self {
        let forms = arn_forms(text).flat_map(|text| Self::forms(text, partition)).collect();
        Self { text, partition: partition.map(Box::from), forms }
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
                (5, _) => vec![name(text, component)],
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

    /// The text that it was read from.
    pub(crate) fn text(&self) -> &'static str {
        self.text
    }

    /// Whether an ARN is one of the type.
    pub(crate) fn fits(&self, arn: &str) -> bool {
        self.forms.iter().any(|form| fits(form, arn))
    }

    /// Patterns that match all ARNs of the type, and some more.
    pub(crate) fn outlines(&self) -> Vec<WildcardPattern> {
        self.forms
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
                    Unit::One(class) => Piece::One { wide: matches!(class, Class::Any | Class::Written) },
                    Unit::Run(class) => Piece::Run { wide: matches!(class, Class::Any | Class::Written) },
                    Unit::Wild(wide) => Piece::One { wide: *wide },
                    Unit::WildRun(wide) => Piece::Run { wide: *wide },
                }))
            })
            .collect()
    }

    /// Whether a pattern matches all ARNs of the type, none, or perhaps some. A name that is made to look like the end
    /// of another ARN counts for none (SP-58).
    pub(crate) fn relation(&self, pattern: &WildcardPattern) -> Truth {
        let units = units(pattern);
        let relations = self.forms.iter().map(|form| match relation(form, &units) {
            Truth::Unknown if !meets_in_order(form, &units) => Truth::False,
            found @ (Truth::True | Truth::False | Truth::Unknown) => found,
        });
        relations.reduce(Truth::agree).unwrap_or(Truth::Unknown)
    }
}

/// The sixth component. A bucket's name has letters of its own; other placeholders hold any text that is not empty.
fn name(pattern: &str, component: &str) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut rest = component;
    while let Some(first) = rest.chars().next() {
        if let Some((placeholder, after)) = rest.strip_prefix("${").and_then(|inside| inside.split_once('}')) {
            let class = match placeholder {
                _ if placeholder.ends_with("BucketName") => Class::Bucket,
                _ if is_any_text(pattern, placeholder) => Class::Written,
                _ => Class::Any,
            };
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

/// How many words have a bit for each place in some units, their end included.
fn words(units: &[Unit]) -> usize {
    units.len() / 64 + 1
}

/// The places that have a bit, ascending.
fn each(places: &[u64]) -> impl Iterator<Item = usize> {
    places.iter().enumerate().flat_map(|(word, bits)| {
        let mut bits = *bits;
        std::iter::from_fn(move || {
            let bit = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
            bits &= bits - 1;
            Some(word * 64 + bit)
        })
    })
}

fn is_at(places: &[u64], place: usize) -> bool {
    places.get(place / 64).is_some_and(|word| word & (1 << (place % 64)) != 0)
}

/// Whoever stands before a run may stand behind it too.
fn enter(units: &[Unit], places: &mut [u64], mut place: usize) {
    while let Some(word) = places.get_mut(place / 64).filter(|word| **word & (1 << (place % 64)) == 0) {
        *word |= 1 << (place % 64);
        if !units.get(place).is_some_and(|unit| unit.is_run()) {
            return;
        }
        place += 1;
    }
}

/// Goes on by a letter, into `to`, which is empty before.
fn step(units: &[Unit], from: &[u64], letter: char, to: &mut [u64]) {
    for place in each(from) {
        if let Some(unit) = units.get(place).filter(|unit| unit.takes(letter)) {
            enter(units, to, if unit.is_run() { place } else { place + 1 });
        }
    }
}

fn fits(form: &[Unit], arn: &str) -> bool {
    let mut letters = arn.chars();
    let mut start = 0;
    // Most of a form is spelt out.
    while let Some(Unit::Letter(letter)) = form.get(start) {
        if letters.next() != Some(*letter) {
            return false;
        }
        start += 1;
    }
    let mut places = vec![0; words(form)];
    let mut next = places.clone();
    enter(form, &mut places, start);
    for letter in letters {
        next.fill(0);
        step(form, &places, letter, &mut next);
        if next.iter().all(|word| *word == 0) {
            return false;
        }
        std::mem::swap(&mut places, &mut next);
    }
    is_at(&places, form.len())
}

/// Into `letters`: one for each way in which the units at some places tell letters apart. What stands in the form is
/// completed in any case, so other letters than the form takes are of no interest.
fn distinct(form: &[Unit], in_form: &[u64], pattern: &[Unit], in_pattern: &[u64], letters: &mut Vec<char>) {
    letters.clear();
    let mut is_spelt = true;
    for unit in each(in_form).filter_map(|place| form.get(place)) {
        match unit {
            Unit::Letter(letter) => letters.push(*letter),
            Unit::One(_) | Unit::Run(_) | Unit::Wild(_) | Unit::WildRun(_) => is_spelt = false,
        }
    }
    if !is_spelt {
        let of_pattern = each(in_pattern).filter_map(|place| pattern.get(place));
        letters.extend(of_pattern.filter_map(|unit| if let Unit::Letter(it) = unit { Some(*it) } else { None }));
        letters.push(':');
    }
    letters.sort_unstable();
    letters.dedup();
    if !is_spelt {
        // One of each kind that classes tell apart and no literal names.
        let named = letters.len();
        for kind in ["0123456789", "abcdefghijklmnopqrstuvwxyz", "-", "._", "\u{2}\u{3}"] {
            let is_new = |letter: &char| !letters.iter().take(named).any(|it| it == letter);
            letters.extend(kind.chars().find(is_new));
        }
    }
}

/// Whether a pattern matches all texts of a form, none, or some; unknown, too, where it takes too long to say.
fn relation(form: &[Unit], pattern: &[Unit]) -> Truth {
    compare(form, pattern, |some, others| some && others)
}

/// Whether a pattern may match some text of a form.
fn meets(form: &[Unit], pattern: &[Unit]) -> bool {
    compare(form, pattern, |some, _| some) != Truth::False
}

/// Walks through all texts of a form as far as form and pattern tell them apart. `is_enough`: whether no more need be
/// known than that the pattern matches some texts of the form, and that it does not match others.
fn compare(form: &[Unit], pattern: &[Unit], is_enough: impl Fn(bool, bool) -> bool) -> Truth {
    // Most types and patterns differ in the service, which is seen at once.
    let mut start = 0;
    while let (Some(Unit::Letter(one)), Some(Unit::Letter(other))) = (form.get(start), pattern.get(start)) {
        if one != other {
            return Truth::False;
        }
        start += 1;
    }
    let split = words(form);
    let ends_in_any = pattern.last() == Some(&Unit::WildRun(true));
    let mut next: Vec<u64> = vec![0; split + words(pattern)];
    if let Some((in_form, in_pattern)) = next.split_at_mut_checked(split) {
        enter(form, in_form, start);
        enter(pattern, in_pattern, start);
    }
    let mut seen: FxHashSet<Box<[u64]>> = FxHashSet::from_iter([next.as_slice().into()]);
    let mut queue: Vec<Box<[u64]>> = vec![next.as_slice().into()];
    let mut letters = Vec::new();
    let (mut some, mut others) = (false, false);
    while let Some(state) = queue.pop() {
        let Some((in_form, in_pattern)) = state.split_at_checked(split) else { continue };
        // Whatever begins a form can be completed.
        let takes_all = ends_in_any && is_at(in_pattern, pattern.len() - 1);
        if takes_all || is_at(in_form, form.len()) {
            if takes_all || is_at(in_pattern, pattern.len()) {
                some = true;
            } else {
                others = true;
            }
            if is_enough(some, others) {
                return Truth::Unknown;
            }
        }
        if seen.len() > MAX_STATES {
            return Truth::Unknown;
        }
        if takes_all {
            continue;
        }
        distinct(form, in_form, pattern, in_pattern, &mut letters);
        for &letter in &letters {
            next.fill(0);
            let Some((to_form, to_pattern)) = next.split_at_mut_checked(split) else { continue };
            step(form, in_form, letter, to_form);
            if to_form.iter().all(|word| *word == 0) {
                continue;
            }
            step(pattern, in_pattern, letter, to_pattern);
            if to_pattern.iter().all(|word| *word == 0) {
                // There is an ARN that the pattern does not match.
                others = true;
                if is_enough(some, others) {
                    return Truth::Unknown;
                }
                continue;
            }
            if !seen.contains(next.as_slice()) {
                seen.insert(next.as_slice().into());
                queue.push(next.as_slice().into());
            }
        }
    }
    some.into()
}

/// Whether a pattern matches some ARN of a form without its first five components reaching into a name (SP-58): one of
/// the colons before the first name ends them.
///
/// CALL-4 lets a name hold colons, and by its letter an image `x:instance/y` would match `arn:aws:ec2:*:*:instance/*`
/// (RES-6). But CALL-8 has it that a Deny on these instances does what was meant, also to a call whose image is not
/// given: it spares the image. Ids are given by AWS, and most services allow no colon in a name, so that CALL-8 is
/// followed. Where callers write what they like, they can write such a name, and an allow list would let it pass: there
/// the letter of CALL-4 counts.
fn meets_in_order(form: &[Unit], pattern: &[Unit]) -> bool {
    if form.contains(&Unit::Run(Class::Written)) {
        return true;
    }
    let fifth_colon = |units: &[Unit]| {
        units.iter().enumerate().filter(|(_, unit)| **unit == Unit::Letter(':')).nth(4).map(|(place, _)| place)
    };
    let (Some(of_form), Some(of_pattern)) = (fifth_colon(form), fifth_colon(pattern)) else { return true };
    let is_letter = |unit: &Unit| matches!(unit, Unit::Letter(_));
    let name = form.iter().skip(of_form).position(|unit| !is_letter(unit)).map_or(form.len(), |place| of_form + place);
    let Some((head, tail)) = pattern.split_at_checked(of_pattern + 1) else { return true };
    let mut colons = form.iter().take(name).enumerate().filter(|(_, unit)| **unit == Unit::Letter(':'));
    colons.any(|(colon, _)| {
        form.split_at_checked(colon + 1).is_some_and(|(before, after)| meets(before, head) && meets(after, tail))
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
        let fits = |pattern: &'static str, arn: &str| TypePattern::new(pattern, Some("aws")).fits(arn);
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
        let relation = |pattern: &str, of: &'static str| {
            TypePattern::new(of, Some("aws")).relation(&WildcardPattern::flat(pattern))
        };
        assert_eq!(relation("arn:aws:s3:::*", OBJECT), Truth::True);
        assert_eq!(relation("arn:aws:s3:::*/*", OBJECT), Truth::True);
        assert_eq!(relation("arn:aws:s3:::*/*", BUCKET), Truth::False);
        assert_eq!(relation("arn:aws:s3:::b/*", OBJECT), Truth::Unknown);
        assert_eq!(relation("arn:aws:s3:::b", OBJECT), Truth::False);
        assert_eq!(relation("arn:aws:ec2:*:*:instance/*", INSTANCE), Truth::True);
        assert_eq!(relation("arn:aws:ec2:eu-west-1:111111111111:volume/*", INSTANCE), Truth::False);
        // SP-58: no name of an instance is made to look like a volume.
        assert_eq!(relation("arn:aws:ec2:*:*:volume/*", INSTANCE), Truth::False);
        // But the key of an object is whatever a caller writes, in any place of S3.
        assert_eq!(relation("arn:aws:s3:*:*:job/*", OBJECT), Truth::Unknown);
        assert_eq!(relation("arn:aws:s3:*:*:job/*", BUCKET), Truth::False);
        // RES-6: the star stands for Region and account, and the colon after the type is the fifth.
        let group = "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}";
        assert_eq!(relation("arn:aws:logs:*:log-group:prod:*", group), Truth::Unknown);
        assert_eq!(relation("arn:aws:logs:*:log-group:*:*", group), Truth::Unknown);
        assert_eq!(relation("arn:aws:logs:*:destination:*", group), Truth::False);
        assert_eq!(relation("arn:aws:ec2:*:111111111111:*", INSTANCE), Truth::Unknown);
    }
}
