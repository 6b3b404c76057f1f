//! What a call of an action is checked against, and what each of these checks carries, as AWS's tables say (CALL-1 to
//! CALL-10).

use scproof_catalog::{AccessLevel, Action, ConditionKey, Listing, ResourceType, Row};
use scproof_policy_parser::{Piece, ResourceElement, WildcardPattern, covers, flat_pieces, overlaps};

/// The partitions of AWS that are not secret.
const PARTITIONS: [&str; 4] = ["aws", "aws-cn", "aws-us-gov", "aws-eusc"];

/// One check of a call: against a resource of a type, or against none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Check<'a> {
    action: Action<'a>,
    row: Option<Row<'a>>,
}

/// Whether a check carries a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carried {
    /// It may.
    Perhaps,
    /// It never does, as the tables say.
    Never,
    /// The tables list the key nowhere for the action; they lag.
    Unlisted,
}

/// How many of the resources of a check a statement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    All,
    Some,
    None,
}

/// The checks of a call: those that every call has, and whether each call has one of the others at least.
#[derive(Debug, Clone)]
pub(crate) struct Checks<'a> {
    /// One for each required resource type (CALL-3).
    pub(crate) required: Vec<Check<'a>>,
    /// Further ones, of which some calls have some. Without required ones each call has one of them (CALL-4).
    pub(crate) optional: Vec<Check<'a>>,
}

impl<'a> Checks<'a> {
    pub(crate) fn of(action: Action<'a>) -> Self {
        let check = |row| Check { action, row: Some(row) };
        let (required, mut optional): (Vec<Row<'a>>, Vec<Row<'a>>) = action.rows().partition(|row| row.is_required());
        let required: Vec<Check<'a>> = required.into_iter().map(check).collect();
        let is_always_scoped = action.service() == "s3" && !optional.is_empty();
        let unscoped = required.is_empty() && !is_always_scoped;
        let mut others: Vec<Check<'a>> = optional.drain(..).map(check).collect();
        if unscoped {
            others.push(Check { action, row: None });
        }
        Self { required, optional: others }
    }

    /// Whether some check of every call is such.
    pub(crate) fn always(&self, is_such: impl Fn(&Check<'a>) -> bool) -> bool {
        if self.required.is_empty() { self.optional.iter().all(is_such) } else { self.required.iter().any(is_such) }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Check<'a>> {
        self.required.iter().chain(&self.optional)
    }
}

impl<'a> Check<'a> {
    /// The type of its resource; `None` where the check is against no resource.
    pub(crate) fn resource_type(&self) -> Option<ResourceType<'a>> {
        self.row.map(Row::resource_type)
    }

    /// Whether it carries a key (CALL-9).
    pub(crate) fn carries(&self, key: ConditionKey<'_>) -> Carried {
        let name = key.name().to_ascii_lowercase();
        let is_tag_of_call = name.starts_with("aws:requesttag/") || name == "aws:tagkeys";
        let is_tag_of_resource = name.starts_with("aws:resourcetag/");
        if key.is_global() && !is_tag_of_call && !is_tag_of_resource {
            return Carried::Perhaps;
        }
        let whole = self.action.keys().listing(key);
        let in_rows = strongest(self.action.rows().map(|row| of_row(row, key)));
        let here = |listing: fn(Row<'_>, ConditionKey<'_>) -> Listing| {
            self.row.map_or(Listing::Lacking, |row| listing(row, key))
        };
        // Without a resource a key that all rows have stays open (CALL-4).
        if self.row.is_none()
            && self.action.rows().all(|row| of_row(row, key) != Listing::Lacking)
            && in_rows != Listing::Lacking
        {
            return Carried::Perhaps;
        }
        // What the rows of the action say goes before what a type has in general (CALL-8).
        match (whole, in_rows, here(of_row)) {
            (Listing::Lacking, Listing::Lacking, _) => {}
            (Listing::Lacking, Listing::Listed, Listing::Lacking) => return Carried::Never,
            _ => return Carried::Perhaps,
        }
        // Types list tags of a request for the calls that make them.
        if !is_tag_of_call {
            let in_types = strongest(self.action.rows().map(|row| of_type_in_general(row, key)));
            match (in_types, here(of_type_in_general)) {
                (Listing::Lacking, _) => {}
                (Listing::Listed, Listing::Lacking) => return Carried::Never,
                // What a call makes has no tags before.
                _ if is_resource_tag(&name) && self.makes_its_resource() => return Carried::Unlisted,
                _ => return Carried::Perhaps,
            }
        }
        let reads = matches!(self.action.access_level(), AccessLevel::List | AccessLevel::Read);
        // Tables say little of the tags of a resource; without a resource there are none.
        if is_tag_of_resource && self.row.is_some() {
            return Carried::Perhaps;
        }
        let is_own = name.split(':').next() == Some(self.action.service());
        if (is_tag_of_call && reads) || !(is_own || is_tag_of_call || is_tag_of_resource) {
            return Carried::Never;
        }
        Carried::Unlisted
    }

    /// How many of its resources an element names (RES-2, RES-3, RES-6 to RES-8). A pattern with a policy variable may
    /// be about some.
    pub(crate) fn reach(&self, element: &ResourceElement) -> Reach {
        let reaches = element.patterns.iter().map(|pattern| self.reach_of(&pattern.text));
        let reach = reaches.fold(Reach::None, |reach, other| match (reach, other) {
            (Reach::All, _) | (_, Reach::All) => Reach::All,
            (Reach::None, Reach::None) => Reach::None,
            (Reach::Some, _) | (_, Reach::Some) => Reach::Some,
        });
        match (element.negated, reach) {
            (false, reach) => reach,
            (true, Reach::All) => Reach::None,
            (true, Reach::None) => Reach::All,
            (true, Reach::Some) => Reach::Some,
        }
    }

    fn reach_of(&self, pattern: &str) -> Reach {
        let Some(resource) = self.resource_type() else {
            let is_any = !pattern.is_empty() && pattern.bytes().all(|byte| matches!(byte, b'*' | b'?'));
            return if is_any { Reach::All } else { Reach::None };
        };
        let arn = resource.arn_pattern();
        // Some ARNs of the tables are none.
        if pattern.bytes().all(|byte| byte == b'*') {
            return Reach::All;
        }
        if !is_arn(arn) || !is_arn(pattern) {
            return Reach::Some;
        }
        if !may_be(pattern) {
            return Reach::None;
        }
        let policy = of_policy(pattern);
        // A policy names the partition of its organization, mostly.
        let is_all = || PARTITIONS.iter().any(|partition| covers(&policy, &of_type(arn, partition)));
        if !pattern.contains("${") && is_all() {
            return Reach::All;
        }
        // A policy variable may be anything.
        let policy = if pattern.contains("${") { WildcardPattern::flat(&holes(pattern)) } else { policy };
        if overlaps(&policy, &of_type(arn, "*")) { Reach::Some } else { Reach::None }
    }

    /// Whether the call makes the resource, so that it does not exist before.
    fn makes_its_resource(&self) -> bool {
        let plain = |text: &str| text.replace('-', "").to_ascii_lowercase();
        let Some(kind) = self.resource_type().map(|kind| plain(kind.name())) else { return false };
        self.action.lower_name().strip_prefix("create") == Some(&kind)
    }
}

fn of_row(row: Row<'_>, key: ConditionKey<'_>) -> Listing {
    row.keys().listing(key)
}

fn of_type_in_general(row: Row<'_>, key: ConditionKey<'_>) -> Listing {
    row.resource_type().keys().listing(key)
}

fn strongest(listings: impl IntoIterator<Item = Listing>) -> Listing {
    listings.into_iter().fold(Listing::Lacking, |one, other| match (one, other) {
        (Listing::Listed, _) | (_, Listing::Listed) => Listing::Listed,
        (Listing::Unsure, _) | (_, Listing::Unsure) => Listing::Unsure,
        (Listing::Lacking, Listing::Lacking) => Listing::Lacking,
    })
}

/// `aws:ResourceTag/…` and the forms that services have of it.
fn is_resource_tag(name: &str) -> bool {
    name.split_once(':').is_some_and(|(_, name)| name.starts_with("resourcetag/"))
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.matches(':').count() >= 5
}

/// Whether an ARN may have such a partition and account (CALL-4).
fn may_be(pattern: &str) -> bool {
    let component = |at: usize| pattern.split(':').nth(at).unwrap_or_default();
    let is_open = |text: &str| text.contains(['*', '?', '$']);
    let (partition, account) = (component(1), component(4));
    let is_account = account.is_empty()
        || account == "aws"
        || account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_partition = PARTITIONS.contains(&partition) || partition.starts_with("aws-iso");
    // A `*` before may have taken colons, and what follows is no account.
    let crosses = component(2).contains('*') || component(3).ends_with('*') || is_open(partition);
    (is_open(partition) || is_partition) && (crosses || is_open(account) || is_account)
}

/// A pattern of `Resource`: a wildcard before the sixth component keeps to its component, but for a `*` that ends it.
fn of_policy(text: &str) -> WildcardPattern {
    let mut rest = text;
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    for _ in 0..5 {
        let Some((component, after)) = rest.split_once(':') else { break };
        pieces.extend(flat_pieces(component).map(narrowed));
        if let Some(last) = pieces.last_mut().filter(|_| component.ends_with('*')) {
            *last = Piece::Run { wide: true };
        }
        pieces.push(Piece::Literal(":"));
        rest = after;
    }
    WildcardPattern::from_pieces(pieces.into_iter().chain(flat_pieces(rest)))
}

/// The ARNs of a type (CALL-4): what stands in for a placeholder before the sixth component has no colon, and behind it
/// only if names of the service may have one.
fn of_type(arn: &str, partition: &str) -> WildcardPattern {
    let text = holes(&arn.replace("${Partition}", partition));
    let head = text.match_indices(':').nth(4).map_or(text.len(), |(at, _)| at);
    let (head, tail) = text.split_at_checked(head).unwrap_or((&text, ""));
    let has_plain_names = arn.split(':').nth(2) == Some("iam");
    let tail = flat_pieces(tail).map(|piece| if has_plain_names { narrowed(piece) } else { piece });
    WildcardPattern::from_pieces(flat_pieces(head).map(narrowed).chain(tail))
}

/// A text with a star for each `${…}`.
fn holes(arn: &str) -> String {
    let mut text = String::new();
    let mut rest = arn;
    while let Some((before, after)) = rest.split_once("${") {
        text.push_str(before);
        text.push('*');
        rest = after.split_once('}').map_or("", |(_, tail)| tail);
    }
    text.push_str(rest);
    text
}

fn narrowed(piece: Piece<'_>) -> Piece<'_> {
    match piece {
        Piece::Literal(text) => Piece::Literal(text),
        Piece::Run { .. } => Piece::Run { wide: false },
        Piece::One { .. } => Piece::One { wide: false },
    }
}
