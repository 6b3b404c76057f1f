//! What changes would have done to the calls of a log.

use std::collections::BTreeMap;

use scproof_replay::{Answer, CandidateReport, Class, Ended, GroupReport};
use scproof_trail::DigestReport;

use super::condition;
use crate::doc::{Bar, Block, Chart, Column, Doc, Entry, Fact, Item, Line, Table, facts_of};
use crate::layout::{clean, count};
use crate::replay::{self, Replayed, account, caller, cause_words, class_words, counted, date, number, seen};
use crate::style::Role;
use crate::words::{self, Words};

/// How many of a list are shown.
const SHOWN: usize = 5;
/// How many causes are shown in a class.
const GROUPS: usize = 10;

/// For each candidate what it comes to, then its causes with an example each; whether AWS agrees; what the log lacks.
pub(crate) fn page(replayed: &Replayed<'_>) -> Doc {
    let mut doc = Doc::default();
    let report = replayed.report;
    for candidate in &report.candidates {
        doc.headline(role_of(candidate), replayed.headline(candidate));
    }
    if report.candidates.is_empty() {
        doc.headline(Role::Heading, format!("{} were asked about.", counted(report.calls, "call")));
    }
    if replayed.files.left > 0 {
        let left = counted(replayed.files.left, "file");
        doc.headline(Role::Bad, format!("This is not the whole log: it was interrupted, and {left} were not read."));
    }
    if let Some(missed) = replayed.not_replayed() {
        doc.paragraph(missed);
    }
    totals(&mut doc, replayed);
    let mut entry = 0;
    for (index, candidate) in report.candidates.iter().enumerate() {
        for class in Class::CHANGES {
            groups(&mut doc, replayed, (index, candidate), class, &mut entry);
        }
        expected(&mut doc, replayed, (index, candidate));
        places(&mut doc, replayed, candidate);
    }
    charts(&mut doc, replayed);
    agreement(&mut doc, replayed);
    doc.heading("What the log holds");
    log(&mut doc, replayed);
    doc.push(Block::List(replayed.limits().into_iter().map(|line| Item::new(line.as_str())).collect()));
    for candidate in report.candidates.iter().filter(|candidate| !candidate.later_dates.is_empty()) {
        let dates: Vec<String> = candidate.later_dates.iter().map(|it| clean(it).into_owned()).collect();
        doc.note(format!(
            "{} has conditions on times after every call of the log ({}): `--at now`, or a time, asks what it is then.",
            clean(&candidate.name),
            dates.join(", ")
        ));
    }
    if !replayed.failed.is_empty() {
        let words: Vec<&str> = replayed.failed.iter().map(|gate| gate.words()).collect();
        doc.push(Block::Headline(Line::strong(Role::Bad, "FAILED").then(format!(": {}.", words.join("; ")))));
    }
    doc
}

/// A heading as part of a table: SCPs stay what they are.
fn inside(heading: &str) -> String {
    let mut letters = heading.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn role_of(candidate: &CandidateReport) -> Role {
    match Class::CHANGES.into_iter().find(|class| candidate.unexpected(*class) > 0) {
        Some(class) => role(class),
        None => Role::Good,
    }
}

fn role(class: Class) -> Role {
    match class {
        Class::NewlyBlocked => Role::Bad,
        Class::NewlyPassing | Class::Unchanged => Role::Good,
        Class::MayBeNewlyBlocked | Class::MayBeNewlyPassing | Class::NotReplayable => Role::Open,
        Class::NotGoverned => Role::Heading,
    }
}

fn totals(doc: &mut Doc, replayed: &Replayed<'_>) {
    let report = replayed.report;
    let mut columns = vec![Column::text("calls"), Column::number("number")];
    if report.candidates.len() > 1 {
        columns.insert(0, Column::text("candidate"));
    }
    let mut rows: Vec<Vec<Line>> = Vec::new();
    for candidate in &report.candidates {
        for class in Class::ALL.into_iter().filter(|class| candidate.count(*class) > 0) {
            let mut row = vec![inside(class_words(class)).into(), number(candidate.count(class)).into()];
            if report.candidates.len() > 1 {
                row.insert(0, Line::code(candidate.name.as_str()));
            }
            rows.push(row);
        }
    }
    if !rows.is_empty() {
        doc.push(Block::Table(Table { columns, rows }));
    }
}

fn groups(
    doc: &mut Doc,
    replayed: &Replayed<'_>,
    (index, candidate): (usize, &CandidateReport),
    class: Class,
    entry: &mut usize,
) {
    let of_class = |group: &&GroupReport| group.class == class && group.expected.is_none();
    let groups: Vec<&GroupReport> = candidate.groups.iter().filter(of_class).collect();
    if groups.is_empty() {
        return;
    }
    let of =
        if replayed.report.candidates.len() > 1 { format!(" by {}", clean(&candidate.name)) } else { String::new() };
    doc.push(Block::Heading(Line::strong(role(class), class_words(class)).then(of)));
    let most = if replayed.full { usize::MAX } else { GROUPS };
    for group in groups.iter().take(most) {
        *entry += 1;
        let title = format!(
            "{} by {} in {}",
            counted(group.calls, "call"),
            count(group.callers.len(), "caller"),
            count(group.accounts.len(), "account")
        );
        doc.push(Block::Entry(Entry {
            marker: format!("[{entry}]"),
            title: Line::strong(Role::Heading, title),
            body: facts_of(facts(replayed, index, group)).into_iter().collect(),
        }));
    }
    if groups.len() > most {
        doc.paragraph(format!("and {}; `--full` shows all", count(groups.len() - most, "more cause")));
    }
}

/// Changed calls that are meant to be, a row a class, entry and cause.
fn expected(doc: &mut Doc, replayed: &Replayed<'_>, (index, candidate): (usize, &CandidateReport)) {
    let groups = || candidate.groups.iter().filter_map(|group| Some((group, replayed.reason(group.expected?)?)));
    if groups().next().is_none() {
        return;
    }
    let of =
        if replayed.report.candidates.len() > 1 { format!(" of {}", clean(&candidate.name)) } else { String::new() };
    doc.heading(format!("Changes{of} that are expected"));
    let rows = groups().map(|(group, reason)| {
        let organization = replayed.organization_of(index, group.class);
        let cause = Line::code(cause_words(organization, &group.cause));
        vec![inside(class_words(group.class)).into(), number(group.calls).into(), clean(reason).as_ref().into(), cause]
    });
    let columns =
        vec![Column::text("calls"), Column::number("number"), Column::text("reason"), Column::text("because")];
    doc.push(Block::Table(Table { columns, rows: rows.collect() }));
}

fn facts(replayed: &Replayed<'_>, candidate: usize, group: &GroupReport) -> Vec<Fact> {
    let organization = replayed.organization_of(candidate, group.class);
    let before = replayed.replay.before();
    let mut facts = vec![
        Fact::codes("because", vec![cause_words(organization, &group.cause)]),
        list("actions", replayed, group.actions.iter().map(|(action, calls)| (clean(action).into_owned(), *calls))),
        list("callers", replayed, group.callers.iter().map(|(who, calls)| (caller(before, who), *calls))),
        list("accounts", replayed, group.accounts.iter().map(|(id, calls)| (account(before, id), *calls))),
    ];
    if let Some(when) = &group.example.condition {
        let after = replayed.replay.candidates().get(candidate).map_or(&**before, |it| &*it.organization);
        let told = words::told(when);
        facts.push(condition("passes when", Words::short(after, [&told]).lines(&told)));
    }
    let ends = [
        (Ended::Passed, "succeeded"),
        (Ended::DeniedByScp, "denied by an SCP"),
        (Ended::Denied, "denied otherwise"),
        (Ended::Open, "failed otherwise"),
    ];
    let ends: Vec<String> = ends
        .into_iter()
        .filter(|(end, _)| group.ended(*end) > 0)
        .map(|(end, words)| format!("{} {words}", number(group.ended(end))))
        .collect();
    facts.push(Fact::line("then", ends.join(", ")));
    facts.push(Fact::line("seen", seen(group.seen)));
    let example = &group.example;
    let answers = format!("before: {}, after: {}", answer_words(example.answers.0), answer_words(example.answers.1));
    facts.push(Fact::new(
        "example",
        vec![
            Block::Command(replayed.command(group)),
            Block::Paragraph(Line::from("event ").then_code(example.event.as_str())),
            Block::Paragraph(answers.into()),
        ],
    ));
    facts
}

fn answer_words(answer: Answer) -> &'static str {
    match answer {
        Answer::Passes => "not blocked",
        Answer::Blocked => "blocked",
        Answer::Depends => "depends",
        Answer::NotGoverned => "not governed",
    }
}

/// Things with how many calls each; the rest of a long list is counted.
fn list(label: &'static str, replayed: &Replayed<'_>, all: impl ExactSizeIterator<Item = (String, u64)>) -> Fact {
    let (many, most) = (all.len() > 1, if replayed.full { usize::MAX } else { SHOWN });
    let rest = all.len().saturating_sub(most);
    let mut lines: Vec<Block> = all
        .take(most)
        .map(|(name, calls)| {
            let line = Line::code(name);
            Block::Paragraph(if many { line.then(format!("  {}", number(calls))) } else { line })
        })
        .collect();
    if rest > 0 {
        lines.push(Block::Paragraph(format!("and {rest} more").into()));
    }
    Fact::new(label, lines)
}

/// How many bars a chart has; more are left out, the shortest first.
const BARS: usize = 40;

/// Changed calls by day and by account.
fn charts(doc: &mut Doc, replayed: &Replayed<'_>) {
    let before = replayed.replay.before();
    for candidate in &replayed.report.candidates {
        let parts_of =
            |[blocked, may, passing, may_pass]: &[u64; Class::CHANGES.len()]| vec![*blocked, *may, passing + may_pass];
        let mut draw = |what: &str, bars: Vec<Bar>| {
            if bars.len() > 1 {
                doc.charts.push(Chart {
                    heading: format!("{}: changed calls by {what}", clean(&candidate.name)),
                    parts: vec![(Role::Bad, "blocked"), (Role::Open, "may be blocked"), (Role::Good, "passing")],
                    bars,
                });
            }
        };
        let all = candidate.days.iter().map(|(day, of)| Bar { label: date(*day), parts: parts_of(of) });
        let mut days: Vec<Bar> = all.collect();
        // The last ones.
        days.drain(..days.len().saturating_sub(BARS));
        draw("day", days);
        let accounts = candidate.accounts.iter().take(BARS);
        draw("account", accounts.map(|(id, of)| Bar { label: account(before, id), parts: parts_of(of) }).collect());
    }
}

/// Changed calls by the unit that the accounts stand in, and the busiest day.
fn places(doc: &mut Doc, replayed: &Replayed<'_>, candidate: &CandidateReport) {
    let before = replayed.replay.before();
    let mut units: BTreeMap<String, (usize, [u64; Class::CHANGES.len()])> = BTreeMap::new();
    for (id, changes) in &candidate.accounts {
        let unit = replay::node(before, id).and_then(|node| before.node(node).parent);
        let path = unit.map_or_else(|| "not in the snapshot".to_owned(), |unit| before.ou_path(unit));
        let (accounts, sums) = units.entry(path).or_default();
        *accounts += 1;
        sums.iter_mut().zip(changes).for_each(|(sum, calls)| *sum += calls);
    }
    if units.len() < 2 {
        return;
    }
    doc.heading("By organizational unit");
    let rows = units.into_iter().map(|(path, (accounts, [blocked, may, passing, may_pass]))| {
        let mut row = vec![Line::code(path), number(accounts as u64).into()];
        row.extend([blocked, may, passing + may_pass].map(|calls| Line::from(number(calls))));
        row
    });
    let columns = vec![
        Column::text("unit"),
        Column::number("accounts"),
        Column::number("blocked"),
        Column::number("may be"),
        Column::number("passing"),
    ];
    doc.push(Block::Table(Table { columns, rows: rows.collect() }));
    let busiest = candidate.days.iter().max_by_key(|(_, [blocked, ..])| *blocked);
    if let Some((day, [blocked, ..])) = busiest
        && *blocked > 0
    {
        doc.paragraph(format!("Most were made on {}: {} that would be blocked.", date(*day), number(*blocked)));
    }
}

fn agreement(doc: &mut Doc, replayed: &Replayed<'_>) {
    doc.heading("Agreement with AWS");
    doc.paragraph(replayed.agreement());
    let all = &replayed.report.agreement.disagreements;
    if all.is_empty() {
        return;
    }
    let most = if replayed.full { usize::MAX } else { SHOWN };
    let items = all.iter().take(most).map(|it| Item::new(replayed.disagreement(it).as_str()));
    doc.push(Block::List(items.collect()));
    if all.len() > most {
        doc.paragraph(format!("and {}; `--full` shows all", count(all.len() - most, "more contradiction")));
    }
    doc.paragraph(replayed.likely_cause());
}

fn log(doc: &mut Doc, replayed: &Replayed<'_>) {
    let report = replayed.report;
    let files = &replayed.files;
    let mut facts = Vec::new();
    if let Some(times) = report.coverage.seen {
        facts.push(Fact::line("time", seen(times)));
    }
    let passed_over = if files.passed_over == 0 {
        String::new()
    } else {
        format!(", {} without calls passed over", number(files.passed_over))
    };
    facts.push(Fact::line("files", format!("{}{passed_over}", number(files.read))));
    let regions: Vec<String> =
        report.coverage.regions.iter().map(|region| clean(&region.region).into_owned()).collect();
    facts.push(Fact::line("Regions", if regions.is_empty() { "none".to_owned() } else { regions.join(", ") }));
    if report.duplicates > 0 {
        facts.push(Fact::line("copies", format!("{} left out", number(report.duplicates))));
    }
    let skipped: Vec<Block> = report
        .skipped
        .iter()
        .map(|(reason, events)| Block::Paragraph(format!("{}: {reason}", number(*events)).into()))
        .collect();
    facts.push(Fact::new("no calls", skipped));
    let strangers = files.strangers.iter().take(SHOWN).map(|it| Block::Paragraph(Line::code(it.as_str())));
    facts.push(Fact::new("no log", strangers.collect()));
    facts.extend(files.digests.as_ref().map(|digests| Fact::new("digests", of_digests(digests))));
    let mut faults: Vec<Block> =
        files.faults.iter().take(SHOWN).map(|fault| Block::Paragraph(Line::code(fault.as_str()))).collect();
    let rest = files.fault_count.saturating_sub(faults.len() as u64);
    if rest > 0 {
        faults.push(Block::Paragraph(format!("and {} more", number(rest)).into()));
    }
    facts.push(Fact::new("not read", faults));
    doc.facts(facts);
}

fn of_digests(digests: &DigestReport) -> Vec<Block> {
    let unnamed =
        if digests.unnamed == 0 { String::new() } else { format!("; none names {}", count_files(digests.unnamed)) };
    let mut said = vec![Block::Paragraph(
        format!(
            "by {} {} as written{unnamed}",
            if digests.digests == 1 { "1 digest".to_owned() } else { format!("{} digests", number(digests.digests)) },
            if digests.intact == 1 { "1 file is".to_owned() } else { format!("{} files are", number(digests.intact)) },
        )
        .into(),
    )];
    said.extend(digests.faults.iter().take(SHOWN).map(|fault| Block::Paragraph(Line::code(fault.to_string()))));
    let rest = digests.fault_count.saturating_sub(said.len() as u64 - 1);
    if rest > 0 {
        said.push(Block::Paragraph(format!("and {} more", number(rest)).into()));
    }
    let limit = "not checked: the signature of the last digest, which is in the metadata of its object in S3";
    said.push(Block::Paragraph(limit.into()));
    said
}

fn count_files(files: u64) -> String {
    if files == 1 { "1 file".to_owned() } else { format!("{} files", number(files)) }
}
