//! Actions that the catalog does not know (DOC-21).

use super::names::{self, Known, quoted};
use super::{Subject, named};
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "unknown-action",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Document],
    title: "An action that AWS does not list",
    text: "The catalog has no such action, or no service with such a prefix. A Deny of it blocks nothing, an Allow of it \
        lets nothing pass, an exception (`NotAction`) excepts nothing. Operations of an API are not always checked under \
        their own name: `PutBucketEncryption` of S3 is `s3:PutEncryptionConfiguration`.",
    remedy: "correct the spelling, or delete an action of the past",
    risk_note: " if known actions have nearly the same name, else *low*",
    evidence: "snapshot, depends on the catalog",
    found_if: "",
    semantics: &["DOC-21"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for (place, text, known) in names::unknown(subject) {
        // A name that is near to one is a slip. An action without such a name may be new, or of the past.
        let (message, near) = match known {
            Known::NoService(near) if !text.contains(['*', '?']) => (names::no_service(text), near),
            Known::Operation(actions) => {
                let message =
                    format!("{} names no action: such calls are checked as {}", quoted(text), named(&actions));
                (message, actions)
            }
            Known::NoAction(near) => (format!("{} is no known action", quoted(text)), near),
            Known::NoService(_) | Known::NoMatch | Known::Yes => continue,
        };
        found.push(names::action(subject, &RULE, place, message, &near, !near.is_empty()));
    }
}
