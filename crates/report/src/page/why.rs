//! From AWS's sentence to the cause.

use scproof_denial::Passing;
use scproof_organization::Organization;

use super::{answer, condition};
use crate::doc::{Block, Doc, Fact, Item};
use crate::names::account_words;
use crate::why::Why;
use crate::words::Words;

/// The verdict, whether AWS agrees, all causes, and who would pass.
pub(crate) fn page(why: &Why<'_>) -> Doc {
    let mut doc = Doc::default();
    let found = why.answer();
    answer::verdict(&mut doc, &found);
    doc.paragraph(why.agreement_words());
    let differences = why.differences();
    if !differences.is_empty() {
        doc.heading("Why the snapshot may not fit");
        doc.push(Block::List(differences.into_iter().map(|line| Item::new(line.as_str())).collect()));
    }
    answer::body(&mut doc, &found);
    passing(&mut doc, why);
    answer::remarks(&mut doc, &found);
    doc
}

/// Who would pass, and whom to ask.
fn passing(doc: &mut Doc, why: &Why<'_>) {
    let diagnosis = why.diagnosis;
    if diagnosis.explanation.decision.is_passing() {
        return;
    }
    doc.heading("Who would pass");
    let organization = why.organization;
    doc.facts([
        fact(organization, "this caller", &diagnosis.this_caller, "whatever else is so"),
        fact(organization, "other callers", &diagnosis.other_callers, "in the same way, whoever calls"),
    ]);
    if let Some(management) = organization.management_account() {
        let id = management.to_string();
        let words = organization.resolve_account(&id).map_or(id, |node| account_words(organization, node));
        doc.paragraph(format!(
            "To change it, ask whoever writes the service control policies, in the management account {words} or in a \
             delegated administrator's; name the call, the caller and the statements above."
        ));
    }
}

fn fact(organization: &Organization, label: &'static str, passing: &Passing, whatever: &str) -> Fact {
    match passing {
        Passing::Always => Fact::line(label, format!("always, {whatever}")),
        Passing::Never => Fact::line(label, format!("never, {whatever}")),
        Passing::If(predicate) => condition(label, Words::short(organization, [predicate]).lines(predicate)),
        Passing::Open => Fact::line(label, "what decides is not told by the request"),
    }
}
