//! One policy, or what is attached on the way to a target.

use scproof_organization::{NodeId, Organization, Policy, PolicyIndex};
use scproof_policy_parser::Severity;

use crate::doc::{Block, Doc, Fact, Item, Line};
use crate::layout::{count, grouped};
use crate::names::target_words;
use crate::show::{Show, Shown};
use crate::style::Role;

/// A policy with its text, or the levels of a path with what is attached to each.
pub(crate) fn page(show: &Show<'_>) -> Doc {
    let mut doc = Doc::default();
    match show.what {
        Shown::Policy(policy) => self::policy(&mut doc, show, policy),
        Shown::Target(target) => self::target(&mut doc, show.organization, target),
    }
    doc
}

fn policy(doc: &mut Doc, show: &Show<'_>, index: PolicyIndex) {
    let organization = show.organization;
    let policy = organization.policy(index);
    doc.push(Block::Headline(policy_line(policy)));
    let places = show.places(index);
    let places = places.into_iter().map(|place| Block::Paragraph(Line::code(target_words(organization, place))));
    let places: Vec<Block> = places.collect();
    let nowhere = vec![Block::Paragraph("nothing".into())];
    doc.facts([
        Fact::line("type", Line::code(policy.kind.as_str()).then(if policy.aws_managed { ", by AWS" } else { "" })),
        Fact::codes("description", policy.description.iter().filter(|text| !text.is_empty()).cloned().collect()),
        Fact::line("size", size(policy, show.most_characters)),
        Fact::new("attached to", if places.is_empty() { nowhere } else { places }),
    ]);
    match &policy.content {
        Some(text) => {
            doc.heading("Text, as stored");
            doc.push(Block::Text(text.lines().map(str::to_owned).collect()));
        }
        None => doc.paragraph(Line::strong(Role::Open, "The text could not be read: what it does is unknown.")),
    }
    let of = |severity| policy.diagnostics.iter().filter(|finding| finding.severity == severity).count();
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    if errors + warnings > 0 {
        let found = format!("{} and {}", count(errors, "error"), count(warnings, "warning"));
        doc.note(format!("`scproof validate` of the snapshot says what is wrong with the text: {found}"));
    }
}

fn size(policy: &Policy, most: Option<u64>) -> String {
    let Some(text) = &policy.content else { return "unknown".to_owned() };
    let characters = count(text.chars().count(), "character");
    most.map_or_else(|| characters.clone(), |most| format!("{characters} of {}", grouped_limit(most)))
}

fn grouped_limit(most: u64) -> String {
    usize::try_from(most).map_or_else(|_| most.to_string(), grouped)
}

fn target(doc: &mut Doc, organization: &Organization, target: NodeId) {
    doc.push(Block::Headline(Line::code(target_words(organization, target))));
    let node = organization.node(target);
    if node.target.account().is_some() && node.target.account() == organization.management_account() {
        doc.paragraph("This is the management account: no SCP applies to it.");
    } else {
        doc.paragraph("A call must pass every level: allowed by one of its policies, denied by none.");
    }
    if !organization.is_place_known(target) {
        doc.paragraph(Line::strong(Role::Open, "Its place is not known for certain: levels may be missing here."));
    }
    doc.heading("Attached, level by level");
    let mut items = Vec::new();
    for level in organization.inheritance_path(target) {
        let node = organization.node(level);
        items.push(Item::new(Line::code(target_words(organization, level))));
        let scps = node.scps.iter().map(|&index| policy_line(organization.policy(index)));
        let rcps = node.rcps.iter().map(|&index| Line::from("RCP ").then(policy_line(organization.policy(index))));
        let mut lines: Vec<Line> = scps.chain(rcps).collect();
        if node.unreadable.is_some() {
            lines.push(Line::strong(Role::Open, "what else is attached could not be read"));
        } else if lines.is_empty() {
            lines.push(Line::strong(Role::Bad, "nothing"));
        }
        items.extend(lines.into_iter().map(|line| Item { depth: 2, ..Item::new(line) }));
    }
    doc.push(Block::List(items));
    doc.note("`scproof show POLICY` prints a policy; `scproof tree --target …` also has what is below");
}

fn policy_line(policy: &Policy) -> Line {
    match &policy.name {
        Some(name) => Line::code(name.as_str()).then(format!(" ({})", policy.id)),
        None => Line::code(policy.id.as_str()),
    }
}
