//! What a change does, or what differs between two organizations.

use scproof_simulator::{Step, Transition, Witness};
use scproof_text::{Message, Severity};

use super::{accounts_of, example, when};
use crate::doc::{Block, Column, Doc, Entry, Fact, Item, Line, Table, facts_of};
use crate::impact::{
    self, ImpactReport, PassingBlock, action_lines, beyond_words, decision_words, entry_causes, listed_words,
    remark_words, structure_words, transition_words, verdict_words, when_lines, why_words,
};
use crate::layout::{count, grouped};
use crate::names::capitalised;
use crate::style::Role;
use crate::words::Words;

/// How many lines of structural differences are shown.
const STRUCTURE_LINES: usize = 40;

/// The verdict, then how many accounts, the changes with what AWS would say, and each region of calls whose verdict
/// changes with one call that shows it.
pub(crate) fn page(report: &ImpactReport<'_>) -> Doc {
    let mut doc = Doc::default();
    headline(&mut doc, report);
    totals(&mut doc, report);
    structure(&mut doc, report);
    steps(&mut doc, report.steps);
    if !report.warnings.is_empty() {
        doc.heading("Warnings");
        doc.push(Block::List(report.warnings.iter().map(notice).collect()));
    }
    let mut number = 0;
    let (told, words) = (report.told(), report.words());
    let most = report.detail().entries;
    for (transition, entries) in &told {
        doc.push(Block::Heading(Line::strong(role(*transition), capitalised(transition_words(*transition)))));
        self::entries(&mut doc, report, &words, entries, &mut number);
        if entries.len() > most {
            doc.paragraph(format!("and {} of actions", count(entries.len() - most, "more group")));
        }
    }
    let blocks = ImpactReport::on_the_way(report.transients);
    let what = "These calls pass before the first change and after the last, but not in between.";
    on_the_way(&mut doc, report, ("Blocked on the way", what), &blocks, &mut number);
    let gaps = ImpactReport::on_the_way(report.gaps);
    let what = "These calls are blocked before the first change and after the last, but pass in between.";
    on_the_way(&mut doc, report, ("Open on the way", what), &gaps, &mut number);
    if blocks.len().max(gaps.len()) > most
        || told.iter().any(|(_, entries)| entries.len() > most || entries.iter().any(|entry| entry.reports.len() > 1))
    {
        doc.note("long lists are cut; `--full` and `--format json` write everything out.");
    }
    for remark in remark_words(report) {
        doc.note(remark);
    }
    if !report.failed.is_empty() {
        let words: Vec<&str> = report.failed.iter().map(|gate| gate.words()).collect();
        doc.push(Block::Headline(Line::strong(Role::Bad, "FAILED").then(format!(": {}.", words.join("; ")))));
    }
    doc
}

fn role(transition: Transition) -> Role {
    match transition {
        Transition::NewlyBlocked => Role::Bad,
        Transition::NewlyPassing => Role::Good,
        Transition::Unknown => Role::Open,
        Transition::OtherReason => Role::Heading,
    }
}

fn headline(doc: &mut Doc, report: &ImpactReport<'_>) {
    let role = match Transition::ALL.into_iter().find(|transition| report.impact.account_count(*transition) > 0) {
        Some(transition) => role(transition),
        None if report.impact.is_none() => Role::Good,
        None => Role::Open,
    };
    doc.headline(role, verdict_words(report));
}

fn totals(doc: &mut Doc, report: &ImpactReport<'_>) {
    let totals = report.totals();
    if totals.compared == 0 || totals.unchanged == totals.compared {
        return;
    }
    let unchanged = if report.scope.has_all_actions() {
        "unchanged, proved for every call"
    } else {
        "unchanged, proved for the chosen actions"
    };
    let rows = [
        (transition_words(Transition::NewlyBlocked), totals.newly_blocked),
        (transition_words(Transition::NewlyPassing), totals.newly_passing),
        (transition_words(Transition::Unknown), totals.unknown),
        (transition_words(Transition::OtherReason), totals.other_reason),
        (unchanged, totals.unchanged),
    ];
    let rows = rows.into_iter().filter(|(_, number)| *number > 0);
    let rows = rows.map(|(name, number)| vec![name.into(), grouped(number).into()]).collect();
    doc.push(Block::Table(Table { columns: vec![Column::text("calls"), Column::number("accounts")], rows }));
}

fn structure(doc: &mut Doc, report: &ImpactReport<'_>) {
    let Some(difference) = report.structure else { return };
    doc.heading("What differs in the two snapshots");
    let lines = structure_words(difference, report.before, report.after);
    if lines.is_empty() {
        doc.paragraph("nothing that has a meaning for policies");
    }
    let most = if report.full { usize::MAX } else { STRUCTURE_LINES };
    let facts = lines.iter().take(most);
    doc.facts(facts.map(|line| Fact::codes(line.verb, vec![line.text.clone()])));
    if lines.len() > most {
        doc.paragraph(format!("and {} more; `--full` shows all", grouped(lines.len() - most)));
    }
}

fn steps(doc: &mut Doc, steps: &[Step]) {
    if steps.is_empty() {
        return;
    }
    doc.heading(if steps.len() == 1 { "Change" } else { "Changes, in this order" });
    let item = |step: &Step| {
        let mut body: Vec<Item> = Vec::new();
        for failure in &step.failures {
            let would = if failure.unsure { "AWS may refuse this" } else { "AWS would refuse this" };
            let line = Line::strong(Role::Bad, would).then(format!(": {failure} ({})", failure.message.rule));
            let meaning = (!failure.simulated).then_some("It means nothing at this point, so it has no effect here.");
            let help = failure.message.help.as_ref().map(|help| format!("help: {help}"));
            let more = help.into_iter().chain(meaning.map(str::to_owned));
            let more = more.map(|line| Block::Paragraph(line.into())).collect();
            body.push(Item { body: more, ..Item::new(line) });
        }
        body.extend(step.notices.iter().map(notice));
        let body = if body.is_empty() { Vec::new() } else { vec![Block::List(body)] };
        let number = format!("{}. ", step.index + 1);
        Item { depth: 0, line: Line::from(number).then(step.description.as_str()), body }
    };
    doc.push(Block::List(steps.iter().map(item).collect()));
}

fn notice(notice: &Message) -> Item {
    let role = match notice.severity {
        Severity::Error => Role::Bad,
        Severity::Warning => Role::Open,
        Severity::Note => Role::Heading,
    };
    let line = Line::strong(role, notice.severity.as_str()).then(format!(": {} ({})", notice.message, notice.rule));
    let help = notice.help.iter().map(|help| Block::Paragraph(format!("help: {help}").into()));
    Item { body: help.collect(), ..Item::new(line) }
}

fn entries(
    doc: &mut Doc,
    report: &ImpactReport<'_>,
    words: &Words<'_>,
    entries: &[impact::Entry<'_>],
    number: &mut usize,
) {
    let mut last: Option<(usize, Vec<&str>)> = None;
    for entry in entries.iter().take(report.detail().entries) {
        *number += 1;
        let ids: Vec<&str> = entry.accounts.iter().map(|account| account.id.as_str()).collect();
        let same = last.as_ref().filter(|(_, others)| ids.len() > 1 && *others == ids).map(|(number, _)| *number);
        doc.push(numbered(*number, listed_words(entry.listed, &entry.terms), facts(report, words, entry, same)));
        last = Some((same.unwrap_or(*number), ids));
    }
}

fn numbered(number: usize, title: String, facts: Vec<Fact>) -> Block {
    let title = Line::strong(Role::Heading, title);
    Block::Entry(Entry { marker: format!("[{number}]"), title, body: facts_of(facts).into_iter().collect() })
}

fn facts(report: &ImpactReport<'_>, words: &Words<'_>, entry: &impact::Entry<'_>, same: Option<usize>) -> Vec<Fact> {
    let (region, detail) = (&entry.report.region, report.detail());
    let mut facts = vec![Fact::codes("actions", action_lines(&entry.terms, detail))];
    if entry.reports.len() == 1 {
        facts.push(when(when_lines(words, &region.when, region.when_is_complete, detail)));
    }
    facts.push(match same {
        Some(other) => Fact::line("accounts", format!("the same {} as in [{other}]", entry.accounts.len())),
        None => accounts_of(&entry.accounts, detail),
    });
    let [before, after] = [true, false].map(|before| entry_causes(report, entry, before));
    match region.transition() {
        Transition::NewlyBlocked => facts.push(Fact::codes("because", after)),
        Transition::NewlyPassing => facts.push(Fact::codes("before", before)),
        Transition::OtherReason => facts.extend([Fact::codes("before", before), Fact::codes("now", after)]),
        Transition::Unknown => {
            let why = region.why.iter().map(|why| why_words(report.after, why));
            facts.push(Fact::new("why", why.map(|why| Block::Paragraph(why.into())).collect()));
            facts.extend([Fact::codes("before", before), Fact::codes("now", after)]);
        }
    }
    facts.push(Fact::codes("expected", entry.reasons.iter().map(|reason| (*reason).to_owned()).collect()));
    facts.extend(beyond_words(entry).map(|words| Fact::line("UNEXPECTED", words)));
    if entry.reports.len() > 1 {
        let words = format!("differs within these; `--full` tells {} groups apart", entry.reports.len());
        facts.push(Fact::line("when", words));
    } else if let Some(found) = &region.witness {
        facts.push(witness(report, found, ["before", "after"]));
    }
    facts
}

/// The call that shows it, and what comes out at two times.
fn witness(report: &ImpactReport<'_>, witness: &Witness, [first, second]: [&str; 2]) -> Fact {
    let lines = [(first, witness.before), (second, witness.after)];
    let lines = lines.map(|(time, decision)| format!("{time}: {}", decision_words(decision)));
    example(&report.program, &witness.request, lines)
}

fn on_the_way(
    doc: &mut Doc,
    report: &ImpactReport<'_>,
    (title, what): (&'static str, &'static str),
    blocks: &[PassingBlock<'_>],
    number: &mut usize,
) {
    if blocks.is_empty() {
        return;
    }
    doc.push(Block::Heading(Line::strong(Role::Bad, title)));
    doc.paragraph(what);
    let (most, detail) = (report.detail().entries, report.detail());
    for block in blocks.iter().take(most) {
        *number += 1;
        let transient = block.transient;
        let actions = &transient.actions;
        let facts = vec![
            Fact::codes("actions", action_lines(&actions.terms, detail)),
            super::accounts(&transient.accounts, detail),
            witness(report, &transient.witness, ["before and after", "in between"]),
        ];
        let title = format!("{}, {}", listed_words(actions.listed, &actions.terms), block.when());
        doc.push(numbered(*number, title, facts));
    }
    if blocks.len() > most {
        doc.paragraph(format!("and {} more", grouped(blocks.len() - most)));
    }
}
