//! How guardrails stand.

use scproof_auditor::{GuardrailGroup, GuardrailReport, GuardrailState, Passing};

use super::{AuditReport, accounts, detail, most, witness};
use crate::audit::{aim_words, kind_words, state_words, untold_words, worst_state};
use crate::doc::{Block, Doc, Entry, Fact, Line, facts_of};
use crate::impact::{action_lines, when_lines, why_words};
use crate::layout::count;
use crate::page::{more, when};
use crate::style::Role;
use crate::words::Words;

/// How many groups of accounts of a guardrail are shown, and how many conditions of each.
const GROUPS: usize = 2;

fn role(state: GuardrailState) -> Role {
    match state {
        GuardrailState::Hole => Role::Bad,
        GuardrailState::Unknown => Role::Open,
        GuardrailState::NotAdopted
        | GuardrailState::Suppressed
        | GuardrailState::HoldsExcept
        | GuardrailState::NotApplicable => Role::Heading,
        GuardrailState::Holds => Role::Good,
    }
}

/// The guardrails that do not hold everywhere, and those with exemptions; whether something is left out.
pub(super) fn sections(doc: &mut Doc, report: &AuditReport<'_>) -> bool {
    let mut is_cut = false;
    for (state, heading) in [
        (GuardrailState::Hole, "Guardrails with holes"),
        (GuardrailState::Unknown, "Guardrails that depend"),
        (GuardrailState::NotAdopted, "Guardrails that are not adopted"),
        (GuardrailState::Suppressed, "Guardrails with suppressed holes"),
        (GuardrailState::HoldsExcept, "Guardrails that hold, with exemptions"),
    ] {
        let of_state: Vec<&GuardrailReport> =
            report.audit.guardrails.iter().filter(|each| worst_state(each) == Some(state)).collect();
        if of_state.is_empty() {
            continue;
        }
        doc.push(Block::Heading(Line::strong(role(state), heading)));
        let most = detail(report).entries;
        for found in of_state.iter().take(most) {
            let (entry, entry_is_cut) = guardrail(report, found);
            doc.push(Block::Entry(entry));
            is_cut |= entry_is_cut;
        }
        if of_state.len() > most {
            doc.paragraph(format!(
                "and {}; `--full` shows all",
                more(of_state.len() - most, "guardrail", "guardrails")
            ));
            is_cut = true;
        }
    }
    is_cut
}

fn guardrail(report: &AuditReport<'_>, found: &GuardrailReport) -> (Entry, bool) {
    let guardrail = &found.guardrail;
    let title = Line::code(guardrail.id.as_str())
        .then(Line::strong(Role::Heading, format!(": {} ({})", guardrail.title, guardrail.risk)));
    let why = (!guardrail.why.is_empty()).then(|| Fact::line("why", guardrail.why.as_str()));
    let aims: Vec<String> = found.aims.iter().map(|aim| aim_words(report.organization(), *aim)).collect();
    let aims = (!aims.is_empty()).then(|| Fact::codes("aimed at by", aims));
    let mut body: Vec<Block> = facts_of(why.into_iter().chain(aims)).into_iter().collect();
    let settled = [GuardrailState::Holds, GuardrailState::NotApplicable];
    let told: Vec<&GuardrailGroup> = found.groups.iter().filter(|group| !settled.contains(&group.state)).collect();
    let most = most(report, GROUPS);
    let mut is_cut = told.len() > most;
    for group in told.iter().take(most) {
        let (entry, group_is_cut) = self::group(report, group);
        body.push(Block::Entry(entry));
        is_cut |= group_is_cut;
    }
    for state in GuardrailState::ALL.into_iter().filter(|state| !settled.contains(state)) {
        let hidden = told.iter().skip(most).filter(|group| group.state == state);
        let hidden: usize = hidden.map(|group| group.accounts.len()).sum();
        if hidden > 0 {
            let accounts = more(hidden, "account", "accounts");
            body.push(Block::Paragraph(format!("{} in {accounts}; `--full` shows how", state_words(state)).into()));
        }
    }
    for state in settled {
        let of_state = found.groups.iter().filter(|group| group.state == state);
        let number: usize = of_state.map(|group| group.accounts.len()).sum();
        if number > 0 {
            body.push(Block::Paragraph(format!("{} in {}", state_words(state), count(number, "account")).into()));
        }
    }
    (Entry { marker: String::new(), title, body }, is_cut)
}

/// How a guardrail stands in accounts; whether something is left out.
fn group(report: &AuditReport<'_>, group: &GuardrailGroup) -> (Entry, bool) {
    let words = match group.state {
        GuardrailState::Hole => "HOLE",
        GuardrailState::Unknown => "DEPENDS",
        GuardrailState::HoldsExcept => "holds",
        GuardrailState::NotAdopted
        | GuardrailState::Suppressed
        | GuardrailState::Holds
        | GuardrailState::NotApplicable => state_words(group.state),
    };
    let except = if group.state == GuardrailState::HoldsExcept { ", with exemptions" } else { "" };
    let title =
        Line::strong(role(group.state), words).then(format!(" in {}{except}", count(group.accounts.len(), "account")));
    let mut facts = vec![accounts(report, &group.accounts)];
    facts.extend(group.reason.as_ref().map(|reason| Fact::codes("accepted", vec![reason.clone()])));
    // Beside a hole it matters little who is exempt.
    let own = group.passing.first().map(|passing| passing.kind);
    let told: Vec<&Passing> =
        group.passing.iter().filter(|passing| report.is_full() || Some(passing.kind) == own).collect();
    let most = most(report, GROUPS);
    let words = report.words(told.iter().take(most).map(|passing| &*passing.when));
    for passing in told.iter().take(most) {
        self::passing(report, &words, passing, &mut facts);
    }
    facts.extend(untold_words(group).map(|words| Fact::line("beyond", words)));
    let hidden = group.passing.len() - told.len().min(most);
    if hidden > 0 {
        let conditions = more(hidden, "condition", "conditions");
        facts.push(Fact::line("and", format!("{conditions}; `--full` shows them")));
    }
    (Entry { marker: String::new(), title, body: facts_of(facts).into_iter().collect() }, hidden > 0)
}

fn passing(report: &AuditReport<'_>, words: &Words<'_>, passing: &Passing, facts: &mut Vec<Fact>) {
    facts.push(Fact::codes(kind_words(passing.kind), action_lines(&passing.actions.terms, detail(report))));
    facts.push(when(when_lines(words, &passing.when, passing.when_is_complete, detail(report))));
    let why = passing.why.iter().map(|why| Block::Paragraph(why_words(report.organization(), why).into()));
    facts.push(Fact::new("why open", why.collect()));
    facts.extend(passing.witness.iter().map(|found| witness(report, found)));
}
