//! The answer to one question.

use std::io::{self, Write};

use scproof_evaluator::{ContextValue, Decision, LevelTrace, Reason, Request, RequestResource, StatementRef};

use super::excerpt;
use super::words::{
    account_words, capitalised, policy_words, short_target_words, statement_path, statement_words, target_words,
};
use scproof_organization::{NodeId, Organization};
use scproof_policy_parser::Effect;

use crate::answer::Answer;
use crate::layout::{Page, WIDTH, clean, columns, cut, enumerate, enumerate_some, pad};
use crate::style::{Role, Style};
use crate::words::Words;

/// Statements are quoted up to this many; of more only the places are listed.
const QUOTED_STATEMENTS: usize = 6;

/// Writes the answer: the verdict on the first line, then what was asked, why, what would decide an open answer, and
/// what each level contributes.
///
/// # Errors
///
/// If writing fails.
pub fn render(answer: &Answer<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style);
    let role = match answer.explanation.decision {
        Decision::Allowed | Decision::NotApplicable => Role::Good,
        Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny => Role::Bad,
        Decision::Unknown => Role::Open,
    };
    let headline = headline(answer);
    for line in crate::layout::wrap(&headline, WIDTH, WIDTH) {
        let painted = style.paint(role, &line);
        page.line(painted);
    }
    page.gap();
    question(&mut page, answer);
    page.gap();
    reasons(&mut page, answer);
    page.gap();
    open_questions(&mut page, answer);
    page.gap();
    levels(&mut page, answer);
    page.gap();
    remarks(&mut page, answer);
    page.finish(out)
}

/// The verdict in plain words; never that AWS allows anything (GEN-1).
fn headline(answer: &Answer<'_>) -> String {
    let explanation = answer.explanation;
    match explanation.decision {
        Decision::Allowed => "NOT BLOCKED by SCPs".to_owned(),
        Decision::NotApplicable => format!("SCPs DO NOT APPLY: {}", exemption_words(explanation.reason)),
        Decision::ExplicitDeny => "BLOCKED by an explicit Deny".to_owned(),
        Decision::ImplicitDeny | Decision::Deny if answer.stands_or_falls_with_the_snapshot() => {
            format!("BLOCKED as the snapshot stands: no SCP is attached to {}", missing_levels(answer))
        }
        Decision::ImplicitDeny => format!("BLOCKED: no Allow at {}", missing_levels(answer)),
        Decision::Deny if explanation.levels_without_allow.is_empty() => {
            "BLOCKED (explicitly or implicitly)".to_owned()
        }
        Decision::Deny => format!("BLOCKED (explicitly or implicitly): no Allow at {}", missing_levels(answer)),
        Decision::Unknown => {
            let names: Vec<String> = answer
                .open_questions()
                .into_iter()
                .flat_map(|question| question.name.split(", ").map(str::to_owned).collect::<Vec<_>>())
                .map(|name| clean(&name).into_owned())
                .collect();
            if names.is_empty() {
                "DEPENDS on facts that were not given".to_owned()
            } else {
                format!("DEPENDS on {}", enumerate_some(&names, 4))
            }
        }
    }
}

/// Why SCPs do not apply, as a fact about the question.
pub(crate) fn exemption_words(reason: Reason) -> &'static str {
    match reason {
        Reason::ManagementAccount => "the account is the management account",
        Reason::ServiceLinkedRole => "the caller is a service-linked role",
        Reason::ServicePrincipal => "the caller is an AWS service",
        Reason::OutsideAccount => "the caller's account is not in the organization",
        Reason::Anonymous => "the request is not signed",
        Reason::ConsolidatedBilling => "the organization has consolidated billing only",
        Reason::PolicyTypeDisabled => "they are not enabled in the organization",
        Reason::AllowedAtEveryLevel
        | Reason::CannotBeDenied
        | Reason::DenyStatement
        | Reason::NoAllow
        | Reason::DeniedEitherWay
        | Reason::Undecided => reason.text(),
    }
}

fn missing_levels(answer: &Answer<'_>) -> String {
    let names: Vec<String> = answer
        .explanation
        .levels_without_allow
        .iter()
        .map(|&node| short_target_words(answer.organization, node))
        .collect();
    if names.is_empty() { "some level".to_owned() } else { enumerate_some(&names, 4) }
}

/// Who and what was asked about.
fn question(page: &mut Page, answer: &Answer<'_>) {
    let request = answer.request;
    let mut fact = |name: &str, text: &str| {
        let name = page.style.paint(Role::Faint, &pad(name, 11));
        // Painted text has no width of its own beyond the eleven columns.
        let first = WIDTH - 13;
        for (index, line) in crate::layout::wrap(text, first, first).into_iter().enumerate() {
            page.line(if index == 0 { format!("  {name}{line}") } else { format!("{}{line}", " ".repeat(13)) });
        }
    };
    match answer.account() {
        Some(account) => {
            let organization = answer.organization;
            let words = account_words(organization, account);
            fact("account", &format!("{words} in {}", clean(&organization.ou_path(account))));
        }
        None => fact("account", &format!("{}, not in this organization", clean(request.account.trim()))),
    }
    fact("action", &clean(&request.action));
    for (label, text) in facts_words(request, "any in the account (not given)") {
        fact(label, &text);
    }
}

/// What was said of a call, apart from account and action: labels and texts.
pub(crate) fn facts_words(request: &Request, anyone: &str) -> Vec<(&'static str, String)> {
    let mut facts: Vec<(&'static str, String)> = Vec::new();
    if request.resources.is_empty() {
        facts.push(("resource", "any (not given)".to_owned()));
    }
    for (index, input) in request.resources.iter().enumerate() {
        let text = match &input.resource {
            RequestResource::Unknown => "any (not given)".to_owned(),
            RequestResource::NotScoped => "none: the action takes no resource".to_owned(),
            RequestResource::Arn(arn) => clean(arn).into_owned(),
        };
        facts.push((if index == 0 { "resource" } else { "" }, text));
    }
    let principal = request.principal.as_deref().map_or(anyone.to_owned(), |text| clean(text).into_owned());
    facts.push(("principal", principal));
    if let Some(region) = &request.region {
        facts.push(("region", clean(region).into_owned()));
    }
    let mut label = "context";
    for (key, value) in request.context.iter() {
        let key = clean(key);
        let text = match value {
            ContextValue::Absent => format!("{key} is absent"),
            ContextValue::Single(text) if text.is_empty() => format!("{key} = \"\""),
            ContextValue::Single(text) => format!("{key} = {}", clean(text)),
            ContextValue::List(texts) => format!("{key} = [{}]", clean(&texts.join(", "))),
        };
        facts.push((label, text));
        label = "";
    }
    if request.closed_context {
        facts.push((label, "all keys that are neither given nor derived are absent".to_owned()));
    }
    facts
}

/// The causes of the verdict.
fn reasons(page: &mut Page, answer: &Answer<'_>) {
    let explanation = answer.explanation;
    match explanation.decision {
        Decision::NotApplicable => {}
        Decision::Allowed if explanation.reason == Reason::CannotBeDenied => {
            page.paragraph(0, &format!("{}.", capitalised(explanation.reason.text())));
        }
        Decision::Allowed => page.paragraph(0, "Every level allows it and no level denies it."),
        Decision::ExplicitDeny => {
            page.heading("Denied by");
            statements(page, answer, explanation.determining.iter().collect());
        }
        Decision::ImplicitDeny => missing_allows(page, answer),
        Decision::Deny => {
            missing_allows(page, answer);
            if !explanation.determining.is_empty() {
                page.gap();
                page.heading("Possibly also denied by");
                for statement in &explanation.determining {
                    page.hanging_at("  ", 4, &statement_words(answer.organization, statement));
                }
            }
        }
        Decision::Unknown => {
            condition(page, answer);
            let mut maybe: Vec<&StatementRef> = Vec::new();
            for level in &explanation.levels {
                for statement in
                    level.maybe_denied_by.iter().map(|(statement, _)| statement).chain(&level.maybe_allowed_by)
                {
                    // A statement whose effect cannot be read is both.
                    if !maybe.contains(&statement) {
                        maybe.push(statement);
                    }
                }
            }
            if !maybe.is_empty() {
                page.gap();
                page.heading(if maybe.len() == 1 { "Statement behind it" } else { "Statements behind it" });
                statements(page, answer, maybe);
            }
        }
    }
}

fn statements(page: &mut Page, answer: &Answer<'_>, statements: Vec<&StatementRef>) {
    let quoted = statements.len() <= QUOTED_STATEMENTS;
    for statement in statements {
        page.hanging_at("  ", 4, &statement_words(answer.organization, statement));
        if quoted && let Some(statement) = answer.statement(statement) {
            excerpt::write(page, 6, statement, &answer.request.action);
        }
    }
}

/// The levels without an Allow, with what is attached there instead.
fn missing_allows(page: &mut Page, answer: &Answer<'_>) {
    if answer.explanation.levels_without_allow.is_empty() {
        return;
    }
    page.heading("No Allow matches at");
    for &node_id in &answer.explanation.levels_without_allow {
        let node = answer.organization.node(node_id);
        page.hanging_at("  ", 4, &target_words(answer.organization, node_id));
        let attached: Vec<String> = node
            .scps
            .iter()
            .map(|&policy| answer.organization.policy(policy))
            .map(|policy| policy_words(policy.name.as_deref(), policy.id.as_str()))
            .collect();
        let attached = if attached.is_empty() { "nothing".to_owned() } else { enumerate(&attached) };
        page.hanging("      attached there: ", &attached);
        near_allows(page, answer, node_id);
    }
}

/// The Allows of a level that name the action all the same: their other parts keep them from matching.
fn near_allows(page: &mut Page, answer: &Answer<'_>, level: NodeId) {
    let action = &answer.request.action;
    for &index in &answer.organization.node(level).scps {
        let policy = answer.organization.policy(index);
        for (number, statement) in policy.document.statements.iter().enumerate() {
            let named = statement.action.as_ref().is_some_and(|element| excerpt::names_action(element, action));
            if statement.effect != Some(Effect::Allow) || !named {
                continue;
            }
            let path = statement_path(&policy.document, number);
            let sid = statement.sid.as_ref().map_or_else(String::new, |sid| format!(" \"{}\"", clean(sid)));
            let name = clean(policy.display_name());
            page.paragraph(6, &format!("{name}, {path}{sid} allows the action, but not this call:"));
            excerpt::write(page, 8, statement, action);
        }
    }
}

/// The condition of an open answer, clause by clause.
fn condition(page: &mut Page, answer: &Answer<'_>) {
    let Some(condition) = &answer.explanation.depends_on else {
        return;
    };
    let words = Words::short(answer.organization, [condition]);
    let clauses = words.clauses(condition);
    if clauses.len() > 1 {
        page.heading("Denied unless all of these hold");
        for clause in clauses {
            page.hanging("  - ", &clause);
        }
    } else {
        page.paragraph(0, &format!("{}.", capitalised(&words.depends_on(answer.explanation.decision, condition))));
    }
}

/// What the asker can add to get a definite answer.
fn open_questions(page: &mut Page, answer: &Answer<'_>) {
    if answer.explanation.decision != Decision::Unknown {
        return;
    }
    let questions = answer.open_questions();
    let flags: Vec<&str> = questions.iter().filter_map(|question| question.flag.as_deref()).collect();
    if !flags.is_empty() {
        page.heading("To decide it, say what you know");
        let width = flags.iter().map(|flag| columns(flag)).max().unwrap_or_default().min(48);
        for question in questions.iter().filter(|question| question.flag.is_some()) {
            let flag = clean(question.flag.as_deref().unwrap_or_default());
            let note = question.hint.as_deref().unwrap_or_default();
            if columns(&flag) > width {
                page.line(format!("  {flag}"));
                if !note.is_empty() {
                    page.paragraph(width + 4, note);
                }
            } else {
                page.hanging(&format!("  {}  ", pad(&flag, width)), note);
            }
        }
        if questions.iter().any(|question| question.may_be_absent) {
            page.hanging(&format!("  {}  ", pad("--absent KEY", width)), "if the request lacks KEY");
        }
    }
    if let Some(words) = answer.path_words() {
        page.gap();
        page.paragraph(0, &clean(&words));
    }
    if flags.len() < questions.len() {
        page.gap();
        page.heading("What the snapshot does not tell");
    }
    for question in questions.iter().filter(|question| question.flag.is_none()) {
        let hint = question.hint.as_deref().unwrap_or_default();
        page.hanging_at("  ", 4, &format!("{}: {hint}", clean(&question.name)));
    }
}

/// What each level contributes.
fn levels(page: &mut Page, answer: &Answer<'_>) {
    if answer.explanation.levels.is_empty() {
        return;
    }
    page.heading("Level by level");
    let rows: Vec<Vec<String>> = answer
        .explanation
        .levels
        .iter()
        .map(|level| {
            let name = short_target_words(answer.organization, level.node);
            let (allowed, denied) =
                (allowed_words(answer.organization, level), denied_words(answer.organization, level));
            vec![cut(&name, 28), cut(&allowed, 26), denied]
        })
        .collect();
    page.table(2, &["LEVEL", "ALLOWED BY", "DENIED BY"], &rows);
}

fn allowed_words(organization: &Organization, level: &LevelTrace) -> String {
    let certain = policies(organization, level.allowed_by.iter());
    if let [only] = certain.as_slice() {
        return only.clone();
    }
    if !certain.is_empty() {
        return enumerate_some(&certain, 1);
    }
    let maybe = policies(organization, level.maybe_allowed_by.iter());
    match maybe.len() {
        0 if organization.node(level.node).unreadable.is_some() => "unknown".to_owned(),
        0 => "nothing".to_owned(),
        _ => format!("maybe {}", enumerate_some(&maybe, 1)),
    }
}

fn denied_words(organization: &Organization, level: &LevelTrace) -> String {
    let certain = policies(organization, level.denied_by.iter());
    let maybe: Vec<String> = policies(organization, level.maybe_denied_by.iter().map(|(statement, _)| statement))
        .into_iter()
        .filter(|name| !certain.contains(name))
        .collect();
    let mut parts = Vec::new();
    if !certain.is_empty() {
        parts.push(certain.join(", "));
    }
    if !maybe.is_empty() {
        parts.push(format!("maybe {}", maybe.join(", ")));
    }
    if organization.node(level.node).unreadable.is_some() {
        parts.push("more may be attached that could not be read".to_owned());
    }
    if parts.is_empty() { "nothing".to_owned() } else { parts.join("; ") }
}

/// The policies of some statements by name, each once, in order.
fn policies<'s>(organization: &Organization, statements: impl Iterator<Item = &'s StatementRef>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for statement in statements {
        let name = clean(organization.policy(statement.policy).display_name()).into_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn remarks(page: &mut Page, answer: &Answer<'_>) {
    let explanation = answer.explanation;
    for note in &explanation.notes {
        page.hanging("note: ", &clean(note));
    }
    if !explanation.assumed.is_empty() {
        let rules: Vec<String> = explanation.assumed.iter().map(|rule| (*rule).to_owned()).collect();
        page.hanging("note: ", &format!("assumes the likelier reading of {}", enumerate(&rules)));
    }
    let closing = match explanation.decision {
        Decision::Allowed if explanation.reason == Reason::CannotBeDenied => return,
        Decision::Allowed | Decision::NotApplicable | Decision::Unknown => {
            "SCPs grant nothing. Identity and resource policies, permissions boundaries, session policies and RCPs decide too; \
             they are not looked at here."
        }
        Decision::ImplicitDeny | Decision::Deny if answer.stands_or_falls_with_the_snapshot() => return,
        Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny => {
            "no identity or resource policy can lift this."
        }
    };
    page.hanging("note: ", closing);
}
