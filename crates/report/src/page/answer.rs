//! The answer to one question.

use scproof_evaluator::{
    ContextValue, Decision, LevelTrace, Reason, Request, RequestResource, StatementRef, Undecided,
};
use scproof_organization::{NodeId, Organization, Policy};
use scproof_policy_parser::Effect;

use super::excerpt;
use crate::answer::Answer;
use crate::doc::{Block, Column, Doc, Fact, Item, Line, Table};
use crate::layout::{clean, enumerate, enumerate_some};
use crate::names::{
    account_words, capitalised, policy_words, short_target_words, statement_path, statement_words, target_words,
};
use crate::style::Role;
use crate::words::Words;

/// Statements are quoted up to this many; of more only the places are listed.
const QUOTED_STATEMENTS: usize = 6;

/// The verdict, then what was asked, why, what would decide an open answer, and what each level contributes.
pub(crate) fn page(answer: &Answer<'_>) -> Doc {
    let mut doc = Doc::default();
    verdict(&mut doc, answer);
    body(&mut doc, answer);
    remarks(&mut doc, answer);
    doc
}

/// The headline.
pub(super) fn verdict(doc: &mut Doc, answer: &Answer<'_>) {
    let role = match answer.explanation.decision {
        Decision::Allowed | Decision::NotApplicable => Role::Good,
        Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny => Role::Bad,
        Decision::Unknown => Role::Open,
    };
    doc.headline(role, headline(answer));
}

/// What stands below the verdict, without remarks.
pub(super) fn body(doc: &mut Doc, answer: &Answer<'_>) {
    if let Some(preferred) = answer.explanation.preferred {
        doc.paragraph(preferred_words(answer, preferred));
    }
    question(doc, answer);
    reasons(doc, answer);
    open_questions(doc, answer);
    levels(doc, answer);
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

/// What an answer that only unsure rules leave open is in their likelier readings (GEN-3).
fn preferred_words(answer: &Answer<'_>, preferred: Decision) -> String {
    let rules: Vec<String> = (answer.explanation.undecided.iter())
        .filter_map(|reason| if let Undecided::Rule(rule) = reason { Some((*rule).to_owned()) } else { None })
        .collect();
    let verdict = match preferred {
        Decision::Allowed => "not blocked by SCPs",
        Decision::NotApplicable => "not subject to SCPs",
        Decision::ExplicitDeny => "blocked by an explicit Deny",
        Decision::ImplicitDeny => "blocked for lack of an Allow",
        Decision::Deny => "blocked",
        Decision::Unknown => "open",
    };
    let readings = if rules.len() == 1 { "the likelier reading of" } else { "the likelier readings of" };
    format!("AWS leaves open what decides it; by {readings} {} the call is {verdict}.", enumerate(&rules))
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
fn question(doc: &mut Doc, answer: &Answer<'_>) {
    let request = answer.request;
    let account = match answer.account() {
        Some(account) => {
            let organization = answer.organization;
            let words = account_words(organization, account);
            Line::code(words).then(" in ").then_code(organization.ou_path(account))
        }
        None => Line::code(request.account.trim()).then(", not in this organization"),
    };
    doc.facts([Fact::line("account", account)].into_iter().chain(asked(request, "any in the account (not given)")));
}

/// What was said of a call, apart from the account.
pub(super) fn asked(request: &Request, anyone: &str) -> Vec<Fact> {
    let mut facts = vec![Fact::codes("action", vec![request.action.clone()])];
    if request.resources.is_empty() {
        facts.push(Fact::line("resource", "any (not given)"));
    }
    for (index, input) in request.resources.iter().enumerate() {
        let line = match &input.resource {
            RequestResource::Unknown => "any (not given)".into(),
            RequestResource::NotScoped => "none: the action takes no resource".into(),
            RequestResource::Arn(arn) => Line::code(arn.as_str()),
        };
        facts.push(Fact::line(if index == 0 { "resource" } else { "" }, line));
    }
    facts.push(Fact::line("principal", request.principal.as_deref().map_or_else(|| anyone.into(), Line::code)));
    facts.extend(request.region.iter().map(|region| Fact::codes("region", vec![region.clone()])));
    let context = request.context.iter().map(|(key, value)| match value {
        ContextValue::Absent => Line::code(key).then(" is absent"),
        ContextValue::Single(text) if text.is_empty() => Line::code(format!("{key} = \"\"")),
        ContextValue::Single(text) => Line::code(format!("{key} = {text}")),
        ContextValue::List(texts) => Line::code(format!("{key} = [{}]", texts.join(", "))),
    });
    let closed = request.closed_context.then(|| "all keys that are neither given nor derived are absent".into());
    facts.push(Fact::new("context", context.chain(closed).map(Block::Paragraph).collect()));
    facts
}

/// The causes of the verdict.
fn reasons(doc: &mut Doc, answer: &Answer<'_>) {
    let explanation = answer.explanation;
    match explanation.decision {
        Decision::NotApplicable => {}
        Decision::Allowed if explanation.reason == Reason::CannotBeDenied => {
            doc.paragraph(format!("{}.", capitalised(explanation.reason.text())));
        }
        Decision::Allowed => doc.paragraph("Every level allows it and no level denies it."),
        Decision::ExplicitDeny => {
            doc.heading("Denied by");
            statements(doc, answer, &explanation.determining.iter().collect::<Vec<_>>());
        }
        Decision::ImplicitDeny => missing_allows(doc, answer),
        Decision::Deny => {
            missing_allows(doc, answer);
            if !explanation.determining.is_empty() {
                doc.heading("Possibly also denied by");
                let items = explanation.determining.iter();
                let items =
                    items.map(|statement| Item::new(Line::code(statement_words(answer.organization, statement))));
                doc.push(Block::List(items.collect()));
            }
        }
        Decision::Unknown => {
            condition(doc, answer);
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
                doc.heading(if maybe.len() == 1 { "Statement behind it" } else { "Statements behind it" });
                statements(doc, answer, &maybe);
            }
        }
    }
}

fn statements(doc: &mut Doc, answer: &Answer<'_>, statements: &[&StatementRef]) {
    let are_quoted = statements.len() <= QUOTED_STATEMENTS;
    let item = |statement: &&StatementRef| {
        let quoted = answer.statement(statement).filter(|_| are_quoted);
        let body = quoted.map(|quoted| excerpt::facts(quoted, &answer.request.action)).into_iter().collect();
        Item { body, ..Item::new(Line::code(statement_words(answer.organization, statement))) }
    };
    doc.push(Block::List(statements.iter().map(item).collect()));
}

/// The levels without an Allow, with what is attached there instead.
fn missing_allows(doc: &mut Doc, answer: &Answer<'_>) {
    let levels = &answer.explanation.levels_without_allow;
    if levels.is_empty() {
        return;
    }
    doc.heading("No Allow matches at");
    let item = |&node: &NodeId| {
        let organization = answer.organization;
        let words = |policy: &Policy| Line::code(policy_words(policy.name.as_deref(), policy.id.as_str()));
        let attached: Vec<Block> = organization
            .node(node)
            .scps
            .iter()
            .map(|&policy| Block::Paragraph(words(organization.policy(policy))))
            .collect();
        let attached = if attached.is_empty() { vec![Block::Paragraph("nothing".into())] } else { attached };
        let mut body = vec![Block::Facts(vec![Fact::new("attached there", attached)])];
        body.extend(near_allows(answer, node));
        Item { body, ..Item::new(Line::code(target_words(organization, node))) }
    };
    doc.push(Block::List(levels.iter().map(item).collect()));
}

/// The Allows of a level that name the action all the same: their other parts keep them from matching.
fn near_allows(answer: &Answer<'_>, level: NodeId) -> Vec<Block> {
    let action = &answer.request.action;
    let mut blocks = Vec::new();
    for &index in &answer.organization.node(level).scps {
        let policy = answer.organization.policy(index);
        for (number, statement) in policy.document.statements.iter().enumerate() {
            let named = statement.action.as_ref().is_some_and(|element| excerpt::names_action(element, action));
            if statement.effect != Some(Effect::Allow) || !named {
                continue;
            }
            let path = statement_path(&policy.document, number);
            let sid = statement.sid.as_ref().map_or_else(String::new, |sid| format!(" \"{sid}\""));
            let name = Line::code(format!("{}, {path}{sid}", policy.display_name()));
            blocks.push(Block::Paragraph(name.then(" allows the action, but not this call:")));
            blocks.push(excerpt::facts(statement, action));
        }
    }
    blocks
}

/// The condition of an open answer, clause by clause.
fn condition(doc: &mut Doc, answer: &Answer<'_>) {
    let Some(condition) = &answer.explanation.depends_on else {
        return;
    };
    let words = Words::short(answer.organization, [condition]);
    let clauses = words.clauses(condition);
    if clauses.len() > 1 {
        doc.heading("Denied unless all of these hold");
        doc.push(Block::List(clauses.into_iter().map(|clause| Item::new(Line::code(clause))).collect()));
    } else {
        let words = words.depends_on(answer.explanation.decision, condition);
        doc.paragraph(format!("{}.", capitalised(&words)));
    }
}

/// What the asker can add to get a definite answer.
fn open_questions(doc: &mut Doc, answer: &Answer<'_>) {
    if answer.explanation.decision != Decision::Unknown {
        return;
    }
    let questions = answer.open_questions();
    let mut rows: Vec<Vec<Line>> = questions
        .iter()
        .filter_map(|question| {
            let hint = question.hint.as_deref().unwrap_or_default();
            Some(vec![Line::code(question.flag.as_deref()?), hint.into()])
        })
        .collect();
    if !rows.is_empty() && questions.iter().any(|question| question.may_be_absent) {
        rows.push(vec![Line::code("--absent KEY"), "if the request lacks KEY".into()]);
    }
    if !rows.is_empty() {
        doc.heading("To decide it, say what you know");
        doc.push(Block::Table(Table { columns: vec![Column::text("option"), Column::text("says")], rows }));
    }
    if let Some(words) = answer.path_words() {
        doc.paragraph(words);
    }
    let unreadable: Vec<Item> = questions
        .iter()
        .filter(|question| question.flag.is_none())
        .map(|question| {
            let hint = question.hint.as_deref().unwrap_or_default();
            Item::new(Line::code(question.name.as_str()).then(format!(": {hint}")))
        })
        .collect();
    if !unreadable.is_empty() {
        doc.heading("What the snapshot does not tell");
        doc.push(Block::List(unreadable));
    }
}

/// What each level contributes.
fn levels(doc: &mut Doc, answer: &Answer<'_>) {
    let levels = &answer.explanation.levels;
    if levels.is_empty() {
        return;
    }
    doc.heading("Level by level");
    let organization = answer.organization;
    let row = |level: &LevelTrace| {
        let name = short_target_words(organization, level.node);
        [name, allowed_words(organization, level), denied_words(organization, level)].map(Line::code).to_vec()
    };
    let columns = ["LEVEL", "ALLOWED BY", "DENIED BY"].map(Column::text).to_vec();
    doc.push(Block::Table(Table { columns, rows: levels.iter().map(row).collect() }));
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
        let name = organization.policy(statement.policy).display_name().to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

pub(super) fn remarks(doc: &mut Doc, answer: &Answer<'_>) {
    let explanation = answer.explanation;
    for note in &explanation.notes {
        doc.note(note.as_str());
    }
    if !explanation.assumed.is_empty() {
        let rules: Vec<String> = explanation.assumed.iter().map(|rule| (*rule).to_owned()).collect();
        doc.note(format!("assumes the likelier reading of {}", enumerate(&rules)));
    }
    match explanation.decision {
        Decision::Allowed if explanation.reason == Reason::CannotBeDenied => {}
        Decision::Allowed | Decision::NotApplicable | Decision::Unknown => doc.note(
            "SCPs grant nothing. Identity and resource policies, permissions boundaries, session policies and RCPs decide too; \
             they are not looked at here.",
        ),
        Decision::ImplicitDeny | Decision::Deny if answer.stands_or_falls_with_the_snapshot() => {}
        Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny => {
            doc.note("no identity or resource policy can lift this.");
        }
    }
}
