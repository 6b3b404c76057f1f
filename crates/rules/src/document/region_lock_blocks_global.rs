//! Region locks that forget services with one endpoint (CALL-11).

use scproof_catalog::single_endpoint_services;
use scproof_evaluator::{Truth, truth_of_value, truth_when_absent};
use scproof_policy_parser::{ActionShape, Condition, WildcardPattern};

use super::{Subject, named};
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "region-lock-blocks-single-endpoint-service",
    risk: Risk::Medium,
    looks_at: &[LooksAt::Document],
    title: "A Region lock that blocks services with one endpoint",
    text: "A Deny of all services in other Regions also denies those that are called at one endpoint for all Regions, such as \
        IAM or Route 53: their calls are made in `us-east-1` or `us-west-2`, whatever Region people work in. Services that \
        the statement excepts in part are left out.",
    remedy: "add the services to `NotAction`",
    risk_note: "",
    evidence: "proof, depends on the catalog",
    found_if: "a Deny of `*`, or of all but some actions, on `*` holds for the Region of a service with one endpoint, excepts \
        none of the service's actions, and asks for nothing else but who calls. The services and their Regions are those \
        of AWS's commercial partition.",
    semantics: &["CALL-11", "CTX-50"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let Some(statement) = subject.deny() else { return };
    let (Some(element), Some(resource)) = (&statement.action, &statement.resource) else { return };
    let is_any = element.patterns.iter().any(|pattern| pattern.shape() == ActionShape::Any);
    let is_of_all = !resource.negated && resource.patterns.iter().any(|pattern| pattern.text == "*");
    let locks: Vec<&Condition> = statement
        .condition
        .iter()
        .flatten()
        .filter(|condition| condition.key.eq_ignore_ascii_case("aws:RequestedRegion"))
        // One that names the Regions that are denied means them.
        .filter(|condition| truth_when_absent(condition) == Truth::True)
        .collect();
    let [first, ..] = locks.as_slice() else { return };
    // What also asks about networks, or resources, is another kind of rule; who is exempt does not matter.
    let is_plain = statement.condition.iter().flatten().all(|condition| {
        let key = condition.key.to_ascii_lowercase();
        key == "aws:requestedregion" || key.starts_with("aws:principal")
    });
    if is_any == element.negated || !is_of_all || !is_plain {
        return;
    }
    let partition = first.values.iter().flatten().find_map(|value| {
        ["cn-", "us-gov-", "us-iso", "eusc-"].iter().any(|start| value.text.starts_with(start)).then_some(())
    });
    if partition.is_some() {
        return;
    }
    let patterns: Vec<WildcardPattern> =
        element.patterns.iter().map(|pattern| WildcardPattern::flat(&pattern.text.to_ascii_lowercase())).collect();
    let is_excepted = |service: &str| {
        let Some(id) = subject.catalog.service(service) else { return true };
        let mut actions = subject.catalog.actions_of(id).iter().map(|id| subject.catalog.action(id).full_name());
        element.negated && actions.any(|action| patterns.iter().any(|it| it.is_match(&action.to_ascii_lowercase())))
    };
    let blocked: Vec<(&str, &str)> = single_endpoint_services("aws")
        .filter(|(service, region)| {
            locks.iter().all(|lock| truth_of_value(lock, region) == Truth::True) && !is_excepted(service)
        })
        .collect();
    let Some((_, region)) = blocked.first() else { return };
    let services: Vec<&str> = blocked.iter().map(|(service, _)| *service).collect();
    let message = format!(
        "{} denies all of {}, which are called at one endpoint for all Regions, such as in {region}",
        subject.name(),
        named(&services)
    );
    let mut one = subject.found(&RULE, RULE.risk, subject.condition_path(first), message);
    "nobody but those whom the statement exempts can use these services, from whatever Region"
        .clone_into(&mut one.reason);
    found.push(one);
}
