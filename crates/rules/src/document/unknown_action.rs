//! Actions that the catalog does not know (DOC-21).

use scproof_policy_parser::WildcardPattern;
use scproof_text::PartChange;

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
        let cause = names::cause(text, &known);
        // A name that is near to one is a slip. An action without such a name may be new, or of the past.
        let mut only = None;
        let (message, near, is_slip) = match known {
            Known::NoService(near) if !text.contains(['*', '?']) => {
                let is_slip = !near.is_empty();
                (names::no_service(text), near, is_slip)
            }
            Known::Operation(actions) => {
                let message =
                    format!("{} names no action: such calls are checked as {}", quoted(text), named(&actions));
                let is_slip = !is_listed(subject, &actions);
                if let ([action], true) = (actions.as_slice(), is_slip) {
                    only = Some(action.clone());
                }
                (message, actions, is_slip)
            }
            Known::NoAction(near) => {
                let is_slip = !near.is_empty();
                (format!("{} is no known action", quoted(text)), near, is_slip)
            }
            Known::NoService(_) | Known::NoMatch | Known::Yes => continue,
        };
        let is_operation_too_many = !is_slip && !near.is_empty();
        let mut one = names::action(subject, &RULE, place, message, &near, is_slip);
        if is_operation_too_many {
            "it does nothing, and the list has what stands for it".clone_into(&mut one.reason);
            "delete it".clone_into(&mut one.remedy);
            one.fix = Some((format!("delete {}", quoted(text)), vec![PartChange::Gone(one.path.clone())]));
        }
        if let Some(action) = only {
            let path = one.path.clone();
            one = one.write_instead(path, &action);
        }
        one.cause = Some(cause);
        found.push(one);
    }
}

/// Whether the list of actions has all of some actions already.
fn is_listed(subject: &Subject<'_>, actions: &[String]) -> bool {
    let patterns = || subject.statement.action.iter().flat_map(|element| &element.patterns);
    let has = |action: &String| {
        let action = action.to_ascii_lowercase();
        patterns().any(|pattern| WildcardPattern::flat(&pattern.text.to_ascii_lowercase()).is_match(&action))
    };
    actions.iter().all(has)
}
