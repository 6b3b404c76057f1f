//! Guards that no call can satisfy: one call is checked against several resources, and some of them never carry the key that
//! the guard asks for (EVAL-10, TRAP-35).

use std::collections::BTreeSet;

use scproof_catalog::{Action, Catalog, ResourceType};
use scproof_organization::{Organization, Policy, PolicyIndex, Target};
use scproof_policy_parser::{
    ActionShape, BaseOperator, Condition, Effect, Piece, SetPrefix, Severity, Statement, WildcardPattern, covers,
    flat_pieces, overlaps, parse_bool,
};

use crate::notice::Notice;

/// How many actions a message names.
const NAMED: usize = 4;

/// Guards that the change brings to some target and that deny some calls whatever the caller does.
pub(crate) fn unsatisfiable_guards(before: &Organization, after: &Organization) -> Vec<Notice> {
    // By text: a policy under another name guards no better.
    let attached = |organization: &Organization| -> BTreeSet<(Target, String)> {
        let texts = organization.nodes().flat_map(|(_, node)| {
            let content = |index: &PolicyIndex| organization.policy(*index).content.as_deref().map(str::to_owned);
            node.scps.iter().filter_map(content).map(|content| (node.target.clone(), content))
        });
        texts.collect()
    };
    let (known, now) = (attached(before), attached(after));
    let brought: BTreeSet<&str> = now.difference(&known).map(|(_, content)| content.as_str()).collect();
    let mut notices = Vec::new();
    for (_, policy) in after.policies() {
        if policy.content.as_deref().is_some_and(|content| brought.contains(content)) {
            for number in 0..policy.document.statements.len() {
                notices.extend(guard(policy, number));
            }
        }
    }
    notices
}

fn guard(policy: &Policy, number: usize) -> Option<Notice> {
    let statement = policy.document.statements.get(number)?;
    if statement.effect != Some(Effect::Deny) || !statement.is_readable() {
        return None;
    }
    let catalog = Catalog::embedded();
    for condition in statement.condition.as_ref()?.iter().filter(|condition| holds_when_absent(condition)) {
        let mut actions: Vec<String> = Vec::new();
        let mut lacking: BTreeSet<&str> = BTreeSet::new();
        for action in actions_of(catalog, statement) {
            let types: Vec<&str> = types_without(action, condition)
                .filter(|resource| reaches(statement, *resource))
                .map(ResourceType::name)
                .collect();
            if !types.is_empty() {
                lacking.extend(types);
                actions.push(action.full_name());
            }
        }
        if actions.is_empty() {
            continue;
        }
        let shown: Vec<String> = actions.iter().take(NAMED).map(|action| format!("`{action}`")).collect();
        let more = if actions.len() > NAMED { format!(" and {} more", actions.len() - NAMED) } else { String::new() };
        let types: Vec<String> = lacking.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
        let message = format!(
            "`{}` of `{}` denies {}{more} whatever the caller does: the call is also checked against {}, which never {} `{}`",
            policy.document.statement_path(number),
            policy.display_name(),
            shown.join(", "),
            types.join(", "),
            if lacking.len() == 1 { "carries" } else { "carry" },
            condition.key,
        );
        let help = "name in `Resource` only the resources that carry the key, such as `arn:aws:ec2:*:*:instance/*`";
        return Some(
            Notice::new("unsatisfiable-guard", "EVAL-10", Severity::Warning, policy.id.as_str(), message).help(help),
        );
    }
    None
}

/// Whether a Deny condition holds for a resource that lacks the key, and may fail for one that has it.
fn holds_when_absent(condition: &Condition) -> bool {
    let Some(operator) = condition.operator else { return false };
    if operator.base == BaseOperator::Null {
        return condition.values.iter().flatten().all(|value| parse_bool(&value.text) == Some(true));
    }
    match operator.set {
        Some(SetPrefix::ForAllValues) => true,
        Some(SetPrefix::ForAnyValue) => false,
        None => operator.base.is_negated() || operator.if_exists,
    }
}

/// The actions of the catalog that an `Action` element names, if it names them by service.
fn actions_of<'c>(catalog: &'c Catalog, statement: &Statement) -> Vec<Action<'c>> {
    let Some(element) = statement.action.as_ref().filter(|element| !element.negated) else { return Vec::new() };
    let mut actions = Vec::new();
    for pattern in &element.patterns {
        let ActionShape::Named { prefix, name } = pattern.shape() else { continue };
        let Some(service) = catalog.service(&prefix.to_ascii_lowercase()) else { continue };
        let glob = WildcardPattern::flat(&name.to_ascii_lowercase());
        let of_service = catalog.actions_of(service).into_iter().map(|action| catalog.action(action));
        actions.extend(of_service.filter(|action| glob.is_match(action.lower_name())));
    }
    actions
}

/// The resources that every call of the action is checked against and that never carry the key, where others may.
fn types_without<'c>(action: Action<'c>, condition: &Condition) -> impl Iterator<Item = ResourceType<'c>> {
    let key = condition.key.to_ascii_lowercase();
    let required: Vec<ResourceType<'c>> =
        action.resource_types().filter(|(_, required)| *required).map(|(resource, _)| resource).collect();
    let of_request = key.starts_with("aws:requesttag/") || key == "aws:tagkeys";
    // A global key other than a tag of the request does not depend on the resource.
    let is_own = !key.starts_with("aws:") || of_request;
    let carries = |resource: &ResourceType<'c>| {
        if of_request { is_made_by(action, resource.name()) } else { has_key(*resource, &key) }
    };
    let some = required.iter().any(carries);
    let lacking: Vec<ResourceType<'c>> = required.into_iter().filter(|resource| !carries(resource)).collect();
    lacking.into_iter().filter(move |_| is_own && some)
}

fn has_key(resource: ResourceType<'_>, key: &str) -> bool {
    resource.keys().listed().any(|known| match known.name().split_once("${") {
        Some((head, _)) => key.starts_with(&head.to_ascii_lowercase()),
        None => known.name().eq_ignore_ascii_case(key),
    })
}

/// Whether a call makes resources of a type, so that it can tag them.
fn is_made_by(action: Action<'_>, resource: &str) -> bool {
    let plain = |text: &str| text.replace('-', "").to_ascii_lowercase();
    let (name, resource) = (plain(action.lower_name()), plain(resource));
    let made =
        name.strip_prefix("create").or_else(|| name.strip_prefix("run")).or_else(|| name.strip_prefix("allocate"));
    // Of other calls it is not known which resources they tag.
    let Some(made) = made else { return true };
    let is_exact = |resource: &str| made == resource || made.strip_suffix('s') == Some(resource);
    // Some services name a resource by a part of what the call says: `CreateDBInstance` makes a `db`.
    let is_named_so = action.resource_types().any(|(other, _)| is_exact(&plain(other.name())));
    is_exact(&resource) || !is_named_so && (made.starts_with(&resource) || made.ends_with(&resource))
}

/// Whether the statement is about every resource of a type, so that it is about those of each call, whichever they are.
fn reaches(statement: &Statement, resource: ResourceType<'_>) -> bool {
    let Some(element) = statement.resource.as_ref() else { return false };
    let mut patterns = element.patterns.iter().map(|pattern| pattern.text.as_str());
    // A policy names the partition of its organization.
    let arns = |pattern: &str| of_type(resource.arn_pattern(), pattern.split(':').nth(1).unwrap_or("aws"));
    if element.negated {
        !patterns.any(|pattern| overlaps(&of_policy(pattern), &arns(pattern)))
    } else {
        patterns.any(|pattern| covers(&of_policy(pattern), &arns(pattern)))
    }
}

/// A pattern of `Resource`: a wildcard before the sixth component keeps to its component, but for a `*` that ends it (RES-6, RES-14).
fn of_policy(text: &str) -> WildcardPattern {
    let mut rest = text;
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    for _ in 0..5 {
        let Some((component, after)) = rest.split_once(':') else { break };
        let ends_open = component.ends_with('*');
        pieces.extend(flat_pieces(component).map(narrow));
        if let Some(last) = pieces.last_mut().filter(|_| ends_open) {
            *last = Piece::Run { wide: true };
        }
        pieces.push(Piece::Literal(":"));
        rest = after;
    }
    WildcardPattern::from_pieces(pieces.into_iter().chain(flat_pieces(rest)))
}

/// The ARNs of a type: what stands for a placeholder has no colon, so that components stay apart.
fn of_type(arn: &str, partition: &str) -> WildcardPattern {
    let text = generalized(&arn.replace("${Partition}", partition));
    WildcardPattern::from_pieces(flat_pieces(&text).map(narrow))
}

fn narrow(piece: Piece<'_>) -> Piece<'_> {
    match piece {
        Piece::Literal(text) => Piece::Literal(text),
        Piece::Run { .. } => Piece::Run { wide: false },
        Piece::One { .. } => Piece::One { wide: false },
    }
}

/// An ARN with stars for its placeholders.
fn generalized(arn: &str) -> String {
    let mut text = String::new();
    let mut rest = arn;
    while let Some((before, after)) = rest.split_once("${") {
        text.push_str(before);
        text.push('*');
        rest = after.split_once('}').map_or("", |(_, tail)| tail);
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_become_stars() {
        assert_eq!(generalized("arn:${Partition}:ec2:${Region}:${Account}:vpc/${VpcId}"), "arn:*:ec2:*:*:vpc/*");
    }

    /// RES-12 to RES-14: the overlap of two ARNs is not that of their texts.
    #[test]
    fn a_statement_reaches_a_type_if_it_names_all_of_its_resources() {
        let vpc = "arn:${Partition}:ec2:${Region}:${Account}:vpc/${VpcId}";
        let covered = |pattern: &str| covers(&of_policy(pattern), &of_type(vpc, "aws"));
        for whole in ["*", "arn:aws:ec2:*", "arn:aws:ec2:*:*:*", "arn:aws:ec2:*:*:vpc/*", "arn:*:ec2:*:*:v*"] {
            assert!(covered(whole), "{whole}");
        }
        for part in [
            "arn:aws:ec2:*:*:instance/*",
            "arn:aws:ec2:*:*:subnet/*",
            "arn:aws:ec2:*:*:vpc/vpc-1",
            "arn:aws:ec2:eu-west-1:*:*",
            "arn:aws:ec2:*:111111111111:vpc/*",
            "arn:aws:e?2*x:*:*:vpc/*",
        ] {
            assert!(!covered(part), "{part}");
        }
        let apart = |pattern: &str| !overlaps(&of_policy(pattern), &of_type(vpc, "aws"));
        assert!(apart("arn:aws:ec2:*:*:instance/*") && apart("arn:aws:ec2:*:*:subnet/*"));
        assert!(!apart("arn:aws:ec2:*:*:vpc/vpc-1") && !apart("arn:aws:ec2:eu-west-1:*:*"));
    }

    #[test]
    fn what_a_call_makes() {
        let catalog = Catalog::embedded();
        let action = |name: &str| catalog.action(catalog.find_action(name).unwrap());
        assert!(is_made_by(action("ec2:CreateSubnet"), "subnet") && !is_made_by(action("ec2:CreateSubnet"), "vpc"));
        assert!(
            is_made_by(action("rds:CreateDBInstance"), "db") && !is_made_by(action("rds:CreateDBInstance"), "subgrp")
        );
        assert!(!is_made_by(action("ec2:CreateVpcEndpoint"), "vpc"));
        assert!(is_made_by(action("ec2:RunInstances"), "instance") && !is_made_by(action("ec2:RunInstances"), "image"));
    }
}
