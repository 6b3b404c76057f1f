//! What SCPs do in a whole organization.

use std::io::{self, Write};

use scproof_auditor::{Finding, GuardrailGroup, GuardrailReport, GuardrailState, Passing, PermissionClass};
use scproof_auditor::{Risk, Suppression, Witness};
use scproof_catalog::Catalog;

use super::answer::exemption_words;
use super::excerpt;
use crate::audit::{
    AuditReport, change_words, evidence_words, kind_words, place_words, scope_words, state_counts, state_words,
    target_list, untold_words, verdict_words, worst_state,
};
use crate::command_line;
use crate::impact::{
    Detail, accounts_words, action_lines, caller_words, decision_words, listed_words, when_lines, why_words,
};
use crate::layout::{Page, WIDTH, clean, columns, count, cut, grouped, pad, wrap};
use crate::style::{Role, Style};
use crate::text::parts::{LABEL, command, fact, labelled};
use crate::text::words::capitalised;
use crate::words::Words;

/// How many rows of a table are shown.
const ROWS: usize = 16;
/// How many groups of accounts of a guardrail are shown, and how many conditions of each.
const GROUPS: usize = 2;
/// The widest id of a guardrail in the table, in columns.
const WIDEST_ID: usize = 36;

/// Writes the audit: the verdict on the first line, tables of classes, guardrails and findings, then each in detail.
///
/// # Errors
///
/// If writing fails.
pub fn render(report: &AuditReport<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style);
    headline(&mut page, report);
    class_table(&mut page, report);
    guardrail_table(&mut page, report);
    finding_table(&mut page, report);
    let mut is_cut = report.audit.classes.len() > rows(report);
    is_cut |= classes(&mut page, report);
    is_cut |= guardrails(&mut page, report);
    is_cut |= findings(&mut page, report);
    suppressed(&mut page, report);
    page.gap();
    if is_cut {
        page.hanging("note: ", "long lists are cut; --full and --format json write everything out.");
    }
    for note in report.notes() {
        page.hanging("note: ", &format!("{}.", clean(&note)));
    }
    page.hanging("note: ", "SCPs grant nothing: what they let pass may be denied by other policies.");
    failed(&mut page, report);
    page.finish(out)
}

fn detail(report: &AuditReport<'_>) -> Detail {
    if report.full { Detail::FULL } else { Detail::BRIEF }
}

fn rows(report: &AuditReport<'_>) -> usize {
    if report.full { usize::MAX } else { ROWS }
}

fn risk_role(risk: Risk) -> Role {
    match risk {
        Risk::High => Role::Bad,
        Risk::Medium => Role::Open,
        Risk::Low => Role::Heading,
        Risk::Info => Role::Faint,
    }
}

fn state_role(state: GuardrailState) -> Role {
    match state {
        GuardrailState::Hole => Role::Bad,
        GuardrailState::Unknown => Role::Open,
        GuardrailState::HoldsExcept | GuardrailState::NotApplicable => Role::Heading,
        GuardrailState::Holds => Role::Good,
    }
}

fn headline(page: &mut Page, report: &AuditReport<'_>) {
    let states = report.guardrail_counts();
    let worst = states.iter().find(|(_, number)| *number > 0).map(|(state, _)| *state);
    let role = match (worst, report.audit.findings.first()) {
        (Some(GuardrailState::Hole), _) | (_, Some(Finding { risk: Risk::High, .. })) => Role::Bad,
        (Some(GuardrailState::Unknown), _) | (_, Some(_)) => Role::Open,
        (Some(GuardrailState::HoldsExcept | GuardrailState::Holds | GuardrailState::NotApplicable) | None, None) => {
            Role::Good
        }
    };
    for line in wrap(&verdict_words(report), WIDTH, WIDTH) {
        let painted = page.style.paint(role, &line);
        page.line(painted);
    }
    page.paragraph(0, &format!("in {}", scope_words(report)));
    let unlisted = &report.audit.scope.unlisted_actions;
    if !unlisted.is_empty() {
        let most = if report.full { usize::MAX } else { 8 };
        let shown: Vec<String> = unlisted.iter().take(most).map(|name| clean(name).into_owned()).collect();
        let more = if unlisted.len() > most { format!(", … {} more", unlisted.len() - most) } else { String::new() };
        page.hanging(
            "note: ",
            &format!("judged but not counted, as no catalog lists them: {}{more}", shown.join(", ")),
        );
    }
}

/// Cells of one column, right-aligned.
fn right(cells: &[String], header: &str) -> Vec<String> {
    let width = cells.iter().map(|cell| columns(cell)).max().unwrap_or(0).max(columns(header));
    cells.iter().map(|cell| format!("{}{cell}", " ".repeat(width - columns(cell)))).collect()
}

/// Writes a table whose columns after the first are numbers, apart from a last one of text if there is a header for it.
fn number_table(page: &mut Page, header: &[&str], first: &[String], numbers: &[Vec<usize>], last: Option<&[String]>) {
    let mut rows: Vec<Vec<String>> = first.iter().map(|cell| vec![cell.clone()]).collect();
    let number_columns = header.len() - 1 - usize::from(last.is_some());
    for column in 0..number_columns {
        let name = header.get(column + 1).copied().unwrap_or_default();
        let value = |row: &Vec<usize>| grouped(row.get(column).copied().unwrap_or_default());
        let cells: Vec<String> = numbers.iter().map(value).collect();
        for (row, cell) in rows.iter_mut().zip(right(&cells, name)) {
            row.push(cell);
        }
    }
    for (place, row) in rows.iter_mut().enumerate() {
        // The last column is wrapped, which numbers must not be.
        row.push(last.and_then(|last| last.get(place)).cloned().unwrap_or_default());
    }
    let header: Vec<&str> = header.iter().copied().chain(last.is_none().then_some("")).collect();
    page.table(2, &header, &rows);
}

fn class_table(page: &mut Page, report: &AuditReport<'_>) {
    let classes = &report.audit.classes;
    if classes.is_empty() {
        return;
    }
    page.gap();
    page.heading("PERMISSION CLASSES, AND HOW MANY ACTIONS SCPs BLOCK FOR THEM");
    let shown = classes.get(..rows(report)).unwrap_or(classes);
    let names: Vec<String> = shown.iter().map(|class| class.name.clone()).collect();
    let numbers: Vec<Vec<usize>> = shown
        .iter()
        .map(|class| {
            let counts = class.counts;
            vec![class.accounts.len(), counts.never_blocked, counts.conditional, counts.always_blocked]
        })
        .collect();
    let places: Vec<String> = shown.iter().map(|class| where_words(report, class)).collect();
    let header = ["class", "accounts", "never", "conditional", "always", "where"];
    number_table(page, &header, &names, &numbers, Some(&places));
    if classes.len() > shown.len() {
        page.line(format!("  and {}", more(classes.len() - shown.len(), "class", "classes")));
    }
    if hides_behind_a_caller(report) {
        page.paragraph(2, "nearly all is conditional, as under a Deny for the root user: --principal role/NAME counts the calls of one caller");
    }
}

/// Whether nearly every action of the accounts is conditional though nobody asked about one caller.
fn hides_behind_a_caller(report: &AuditReport<'_>) -> bool {
    let governed = report.audit.classes.iter().filter(|class| class.not_applicable.is_none());
    let (conditional, all) = governed.fold((0, 0), |(conditional, all), class| {
        let accounts = class.accounts.len();
        (conditional + class.counts.conditional * accounts, all + class.counts.total() * accounts)
    });
    report.audit.scope.principal.is_none() && conditional * 10 > all * 8
}

fn more(number: usize, one: &str, several: &str) -> String {
    format!("{} more {}", grouped(number), if number == 1 { one } else { several })
}

/// The places of a class, those with most accounts first, by their last name: `Prod, Regulated, 2 more`.
fn where_words(report: &AuditReport<'_>, class: &PermissionClass) -> String {
    let organization = report.organization();
    let mut places: Vec<(String, usize)> = Vec::new();
    for &account in &class.accounts {
        let parent = organization.node(account).parent;
        let name = parent.map_or("?", |parent| organization.node(parent).display_name());
        let name = cut(&clean(name), 24);
        match places.iter_mut().find(|(other, _)| *other == name) {
            Some((_, number)) => *number += 1,
            None => places.push((name, 1)),
        }
    }
    places.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    let shown: Vec<&str> = places.iter().take(3).map(|(name, _)| name.as_str()).collect();
    let hidden = places.len() - shown.len();
    let hidden = if hidden > 0 { format!(", {} more", grouped(hidden)) } else { String::new() };
    format!("{}{hidden}", shown.join(", "))
}

fn guardrail_table(page: &mut Page, report: &AuditReport<'_>) {
    let guardrails = &report.audit.guardrails;
    if guardrails.is_empty() {
        return;
    }
    page.gap();
    page.heading("GUARDRAILS, BY NUMBER OF ACCOUNTS");
    let ids: Vec<String> = guardrails.iter().map(|each| cut(&clean(&each.guardrail.id), WIDEST_ID)).collect();
    let numbers: Vec<Vec<usize>> = guardrails.iter().map(|each| state_counts(each).to_vec()).collect();
    number_table(page, &["guardrail", "hole", "open", "exempt", "holds", "n/a"], &ids, &numbers, None);
}

fn finding_table(page: &mut Page, report: &AuditReport<'_>) {
    page.gap();
    page.heading("FINDINGS");
    let counts: Vec<_> = report.risk_counts().into_iter().filter(|(_, number)| *number > 0).collect();
    if counts.is_empty() {
        page.line("  none");
    }
    let width = counts.iter().map(|(_, number)| grouped(*number).len()).max().unwrap_or(1);
    for (risk, number) in counts {
        let name = page.style.paint(risk_role(risk), risk.as_str());
        let space = " ".repeat(8 - risk.as_str().len());
        page.line(format!("  {name}{space}{:>width$}", grouped(number)));
    }
    if !report.audit.suppressed.is_empty() {
        page.line(format!("  suppressed: {}", grouped(report.audit.suppressed.len())));
    }
}

/// Writes the classes one by one; whether some are left out.
fn classes(page: &mut Page, report: &AuditReport<'_>) -> bool {
    let classes = &report.audit.classes;
    if classes.is_empty() {
        return false;
    }
    page.gap();
    page.heading("PERMISSION CLASSES IN DETAIL");
    let most = detail(report).entries;
    for class in classes.iter().take(most) {
        page.gap();
        self::class(page, report, class);
    }
    if classes.len() > most {
        page.gap();
        page.line(format!("and {}; --full shows all", more(classes.len() - most, "class", "classes")));
    }
    classes.len() > most
}

fn accounts(page: &mut Page, report: &AuditReport<'_>, accounts: &[scproof_organization::NodeId]) {
    let label = if accounts.len() == 1 { "account" } else { "accounts" };
    if let Some(words) = report.classes_words(accounts).filter(|_| !report.full) {
        fact(page, label, &[words]);
        return;
    }
    let refs = report.account_refs(accounts);
    fact(page, label, &accounts_words(&refs.iter().collect::<Vec<_>>(), detail(report)));
}

fn class(page: &mut Page, report: &AuditReport<'_>, class: &PermissionClass) {
    page.heading(&format!("[{}] {}", class.name, count(class.accounts.len(), "account")));
    let refs = report.account_refs(&class.accounts);
    let label = if refs.len() == 1 { "account" } else { "accounts" };
    fact(page, label, &accounts_words(&refs.iter().collect::<Vec<_>>(), detail(report)));
    if let Some(reason) = class.not_applicable {
        fact(page, "actions", &[format!("SCPs do not apply: {}", exemption_words(reason))]);
        return;
    }
    let counts = class.counts;
    fact(
        page,
        "actions",
        &[format!(
            "{} never blocked, {} conditional, {} always blocked",
            grouped(counts.never_blocked),
            grouped(counts.conditional),
            grouped(counts.always_blocked)
        )],
    );
    if let Some(differs) = &class.differs {
        let other = report.audit.classes.get(differs.from).map_or("?", |class| class.name.as_str());
        fact(page, "differs", &[format!("from [{other}], which it is most like, in")]);
        let most = if report.full { usize::MAX } else { 6 };
        for change in differs.changes.iter().take(most) {
            let actions = &change.actions;
            fact(page, "", &[format!("- {}: {}", listed_words(actions.listed, &actions.terms), change_words(change))]);
            for line in action_lines(&actions.terms, detail(report)) {
                page.hanging(&" ".repeat(LABEL + 2), &line);
            }
        }
        if differs.changes.len() > most {
            fact(page, "", &[more(differs.changes.len() - most, "difference", "differences")]);
        }
    }
    if report.full {
        services(page, report, class);
    }
}

/// The services of which not everything is never blocked: by name those that are treated alike throughout, with numbers the others.
fn services(page: &mut Page, report: &AuditReport<'_>, class: &PermissionClass) {
    let catalog = Catalog::embedded();
    let all = report.audit.scope.services.iter().map(|service| catalog.service_prefix(*service)).zip(&class.services);
    let (whole, mixed): (Vec<_>, Vec<_>) = all
        .filter(|(_, counts)| counts.never_blocked < counts.total())
        .partition(|(_, counts)| [counts.conditional, counts.always_blocked].contains(&counts.total()));
    let (always, conditional): (Vec<_>, Vec<_>) = whole.into_iter().partition(|(_, counts)| counts.conditional == 0);
    for (label, services) in [("always", always), ("depends", conditional)] {
        let names: Vec<&str> = services.into_iter().map(|(name, _)| name).collect();
        if !names.is_empty() {
            fact(page, label, &[format!("all actions of {}", names.join(", "))]);
        }
    }
    if mixed.is_empty() {
        return;
    }
    let names: Vec<String> = mixed.iter().map(|(name, _)| format!("  {name}")).collect();
    let numbers: Vec<Vec<usize>> =
        mixed.iter().map(|(_, counts)| vec![counts.never_blocked, counts.conditional, counts.always_blocked]).collect();
    number_table(page, &["  service", "never", "conditional", "always"], &names, &numbers, None);
}

/// Writes the guardrails that do not hold everywhere, and those with exemptions; whether something is left out.
fn guardrails(page: &mut Page, report: &AuditReport<'_>) -> bool {
    let mut is_cut = false;
    for (state, heading) in [
        (GuardrailState::Hole, "GUARDRAILS WITH HOLES"),
        (GuardrailState::Unknown, "GUARDRAILS THAT ARE NOT SETTLED"),
        (GuardrailState::HoldsExcept, "GUARDRAILS THAT HOLD, WITH EXEMPTIONS"),
    ] {
        let of_state: Vec<&GuardrailReport> =
            report.audit.guardrails.iter().filter(|each| worst_state(each) == Some(state)).collect();
        if of_state.is_empty() {
            continue;
        }
        page.gap();
        let heading = page.style.paint(state_role(state), heading);
        page.line(heading);
        let most = detail(report).entries;
        for guardrail in of_state.iter().take(most) {
            page.gap();
            is_cut |= self::guardrail(page, report, guardrail);
        }
        if of_state.len() > most {
            page.gap();
            page.line(format!("and {}; --full shows all", more(of_state.len() - most, "guardrail", "guardrails")));
            is_cut = true;
        }
    }
    is_cut
}

fn guardrail(page: &mut Page, report: &AuditReport<'_>, found: &GuardrailReport) -> bool {
    let guardrail = &found.guardrail;
    let title = format!("{}: {} ({})", clean(&guardrail.id), clean(&guardrail.title), guardrail.risk);
    for line in wrap(&title, WIDTH, WIDTH) {
        page.heading(&line);
    }
    if !guardrail.why.is_empty() {
        fact(page, "why", &[clean(&guardrail.why)]);
    }
    let settled = [GuardrailState::Holds, GuardrailState::NotApplicable];
    let told: Vec<&GuardrailGroup> = found.groups.iter().filter(|group| !settled.contains(&group.state)).collect();
    let most = if report.full { usize::MAX } else { GROUPS };
    let mut is_cut = told.len() > most;
    for group in told.iter().take(most) {
        is_cut |= self::group(page, report, group);
    }
    for state in [GuardrailState::Hole, GuardrailState::Unknown, GuardrailState::HoldsExcept] {
        let hidden = told.iter().skip(most).filter(|group| group.state == state);
        let hidden: usize = hidden.map(|group| group.accounts.len()).sum();
        if hidden > 0 {
            page.line(format!("  {} in {}; --full shows how", state_words(state), more(hidden, "account", "accounts")));
        }
    }
    for state in settled {
        let number: usize =
            found.groups.iter().filter(|group| group.state == state).map(|group| group.accounts.len()).sum();
        if number > 0 {
            page.line(format!("  {} in {}", state_words(state), count(number, "account")));
        }
    }
    is_cut
}

/// Writes how a guardrail stands in accounts; whether something is left out.
fn group(page: &mut Page, report: &AuditReport<'_>, group: &GuardrailGroup) -> bool {
    let words = match group.state {
        GuardrailState::Hole => "HOLE",
        GuardrailState::Unknown => "NOT SETTLED",
        GuardrailState::HoldsExcept => "holds",
        GuardrailState::Holds | GuardrailState::NotApplicable => state_words(group.state),
    };
    let painted = page.style.paint(state_role(group.state), words);
    let except = if group.state == GuardrailState::HoldsExcept { ", with exemptions" } else { "" };
    page.line(format!("  {painted} in {}{except}", count(group.accounts.len(), "account")));
    accounts(page, report, &group.accounts);
    // Beside a hole it matters little who is exempt.
    let own = group.passing.first().map(|passing| passing.kind);
    let told: Vec<&Passing> = group.passing.iter().filter(|passing| report.full || Some(passing.kind) == own).collect();
    let most = if report.full { usize::MAX } else { GROUPS };
    let words = report.words(told.iter().take(most).map(|passing| &*passing.when));
    for passing in told.iter().take(most) {
        self::passing(page, report, &words, passing);
    }
    if let Some(words) = untold_words(group) {
        fact(page, "", &[words.to_owned()]);
    }
    let hidden = group.passing.len() - told.len().min(most);
    if hidden > 0 {
        fact(page, "", &[format!("and {}; --full shows them", more(hidden, "condition", "conditions"))]);
    }
    hidden > 0
}

fn passing(page: &mut Page, report: &AuditReport<'_>, words: &Words<'_>, passing: &Passing) {
    fact(page, kind_words(passing.kind), &action_lines(&passing.actions.terms, detail(report)));
    let lines = when_lines(words, &passing.when, passing.when_is_complete, detail(report));
    for (index, line) in lines.into_iter().enumerate() {
        let label = format!("    {}", pad(if index == 0 { "when" } else { "" }, LABEL - 4));
        let bullet = if line.depth == 0 { String::new() } else { format!("{}- ", "  ".repeat(line.depth - 1)) };
        page.hanging(&format!("{label}{bullet}"), &line.text);
    }
    let why: Vec<String> = passing.why.iter().map(|why| why_words(report.organization(), why)).collect();
    fact(page, "why open", &why);
    if let Some(witness) = &passing.witness {
        self::witness(page, report, "example", witness);
    }
}

fn witness(page: &mut Page, report: &AuditReport<'_>, label: &str, witness: &Witness) {
    command(page, label, &command_line::can(&report.program, &witness.request));
    fact(page, "", caller_words(&witness.request).as_slice());
    fact(page, "", &[decision_words(witness.decision)]);
}

/// Writes the findings one by one; whether some are left out.
fn findings(page: &mut Page, report: &AuditReport<'_>) -> bool {
    let findings = &report.audit.findings;
    if findings.is_empty() {
        return false;
    }
    page.gap();
    page.heading("FINDINGS IN DETAIL");
    let most = if report.full { usize::MAX } else { ROWS };
    for (index, finding) in findings.iter().take(most).enumerate() {
        page.gap();
        self::finding(page, report, index + 1, finding);
    }
    if findings.len() > most {
        page.gap();
        page.line(format!("and {}; --full shows all", more(findings.len() - most, "finding", "findings")));
    }
    findings.len() > most
}

fn finding(page: &mut Page, report: &AuditReport<'_>, number: usize, finding: &Finding) {
    let risk = finding.risk.as_str();
    let painted = page.style.paint(risk_role(finding.risk), risk);
    let text = format!("[{number}] {risk}: {} ({})", clean(&finding.message), finding.code);
    labelled(page, 0, &text, risk, &painted);
    let place = &finding.place;
    if let Some(words) = place_words(report, place) {
        fact(page, "policy", &[words]);
    }
    if !place.targets.is_empty() {
        let label = if place.policy.is_some() { "attached to" } else { "at" };
        let most = if report.full { usize::MAX } else { 4 };
        let words = target_list(report.organization(), &place.targets, most);
        page.hanging(&format!("    {} ", pad(label, LABEL - 5)), &words);
    }
    statement(page, report, finding);
    if !finding.accounts.is_empty() {
        accounts(page, report, &finding.accounts);
    }
    fact(page, "because", &[capitalised(&clean(&finding.reason))]);
    if let Some(words) = evidence_words(report.organization(), &finding.evidence) {
        fact(page, "evidence", &[words]);
    }
    for witness in finding.evidence.witnesses().iter().take(if report.full { usize::MAX } else { 2 }) {
        self::witness(page, report, "example", witness);
    }
    if finding.depends_on_catalog {
        fact(page, "as far as", &["the catalog knows all of today's names".to_owned()]);
    }
    fact(page, "remedy", &[capitalised(&clean(&finding.remedy))]);
    let rule = finding.rule.map_or_else(String::new, |rule| format!(" (rule {rule})"));
    fact(page, "id", &[format!("{}{rule}", clean(&finding.fingerprint))]);
}

/// The statement that a finding is about, element by element; what the finding points to comes first.
fn statement(page: &mut Page, report: &AuditReport<'_>, finding: &Finding) {
    let place = &finding.place;
    let (Some(policy), Some(index)) = (place.policy, place.statement) else { return };
    let document = &report.organization().policy(policy).document;
    let Some(statement) = document.statements.get(index) else { return };
    let pointed = place.span.clone().and_then(|span| report.policy_text(place)?.get(span));
    let is_action = place.path.as_ref().is_some_and(|path| path.contains("Action["));
    let action = pointed.filter(|_| is_action).map_or("", |text| text.trim_matches('"'));
    excerpt::write(page, 6, statement, action);
}

fn suppressed(page: &mut Page, report: &AuditReport<'_>) {
    let audit = report.audit;
    if !audit.suppressed.is_empty() && report.full {
        page.gap();
        page.heading("SUPPRESSED FINDINGS");
        for each in &audit.suppressed {
            page.hanging("  ", &format!("{}: {}", clean(&each.finding.fingerprint), clean(&each.reason)));
        }
    }
    if !audit.unused_suppressions.is_empty() {
        page.gap();
        page.heading("SUPPRESSIONS THAT COVER NOTHING");
        for Suppression { finding, reason, until } in &audit.unused_suppressions {
            let until = until.as_ref().map_or_else(String::new, |date| format!(" (until {})", clean(date)));
            page.hanging("  ", &format!("{}: {}{until}", clean(finding), clean(reason)));
        }
    }
}

fn failed(page: &mut Page, report: &AuditReport<'_>) {
    if report.failed.is_empty() {
        return;
    }
    page.gap();
    let words: Vec<&str> = report.failed.iter().map(|gate| gate.words()).collect();
    let label = page.style.paint(Role::Bad, "FAILED");
    labelled(page, 0, &format!("FAILED: {}.", words.join("; ")), "FAILED", &label);
}
