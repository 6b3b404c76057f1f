//! ARNs in `Resource` that no resource has: by their form, whatever the action (CALL-4, CALL-10).

use std::collections::BTreeMap;
use std::sync::OnceLock;

use scproof_catalog::{Catalog, is_region, nearest_regions};
use scproof_policy_parser::Effect;
use scproof_text::nearest;

use super::Subject;
use super::names::quoted;
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "impossible-arn",
    risk: Risk::High,
    looks_at: &[LooksAt::Document],
    title: "An ARN that no resource has",
    text: "An element of `Resource` or `NotResource` has the form of an ARN, and no resource has such a one: a partition or \
        a service that there is not, a Region that AWS does not have, a Region or an account where ARNs of the service have \
        none, none where they have one, or an account without twelve digits. It matches nothing.",
    remedy: "write the ARN as AWS's Service Authorization Reference has it, such as `arn:aws:iam::*:role/name`",
    risk_note: " if a Deny names nothing else, else *medium*",
    evidence: "proof, depends on the catalog",
    found_if: "a component without wildcards is such. Services, and whether their ARNs have a Region and an account, are \
        those of AWS's tables. Elements with policy variables or placeholders are left out.",
    semantics: &["CALL-10", "RES-12"],
};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let Some(element) = &subject.statement.resource else { return };
    let faults: Vec<(usize, &str, Fault)> = element
        .patterns
        .iter()
        .enumerate()
        .filter_map(|(place, pattern)| Some((place, pattern.text.as_str(), fault(&pattern.text)?)))
        .collect();
    let is_all = faults.len() == element.patterns.len();
    let denies = subject.statement.effect == Some(Effect::Deny);
    for (place, text, fault) in faults {
        let name = if element.negated { "NotResource" } else { "Resource" };
        let risk = if denies && is_all && !element.negated { Risk::High } else { Risk::Medium };
        let message = format!("no resource has the ARN {}: {}", quoted(text), fault.why);
        let mut one = subject.found(&RULE, risk, subject.path().key(name).index(place), message);
        let reason = match (denies, element.negated, is_all) {
            (true, false, true) => "the statement denies nothing",
            (true, false, false) => "what was meant is not denied here",
            (true, true, _) => "what was to be left alone is denied",
            (false, false, _) => "what was meant is not allowed here",
            (false, true, _) => "what was to be kept out is allowed here",
        };
        reason.clone_into(&mut one.reason);
        one.remedy = fault.remedy;
        one.depends_on_catalog = fault.depends_on_catalog;
        found.push(one);
    }
}

/// Whether a statement names resources, and none of them can be.
pub(super) fn names_none(subject: &Subject<'_>) -> bool {
    let Some(element) = &subject.statement.resource else { return false };
    !element.negated
        && !element.patterns.is_empty()
        && element.patterns.iter().all(|pattern| fault(&pattern.text).is_some())
}

/// Why no resource has such an ARN.
struct Fault {
    why: String,
    remedy: String,
    depends_on_catalog: bool,
}

/// Whether the ARNs of a service have a Region, and an account.
#[derive(Debug, Default, Clone, Copy)]
struct Has {
    region: Kinds,
    account: Kinds,
}

/// How many kinds of ARNs have a component, and how many leave it empty.
#[derive(Debug, Default, Clone, Copy)]
struct Kinds {
    with: usize,
    without: usize,
}

impl Kinds {
    fn add(&mut self, component: &str) {
        if component.is_empty() { self.without += 1 } else { self.with += 1 }
    }

    fn all(self) -> bool {
        self.with > 0 && self.without == 0
    }

    fn none(self) -> bool {
        self.with == 0 && self.without > 0
    }
}

/// The services of ARNs, lower case: the third component of the ARNs in AWS's tables.
fn services() -> &'static BTreeMap<String, Has> {
    static SERVICES: OnceLock<BTreeMap<String, Has>> = OnceLock::new();
    SERVICES.get_or_init(|| {
        let catalog = Catalog::embedded();
        let mut services: BTreeMap<String, Has> = BTreeMap::new();
        for service in catalog.services() {
            services.entry(catalog.service_prefix(service).to_ascii_lowercase()).or_default();
            for form in catalog.resource_types_of(service).flat_map(scproof_catalog::ResourceType::arn_patterns) {
                let parts: Vec<&str> = form.splitn(6, ':').collect();
                let [_, _, name, region, account, _] = parts.as_slice() else { continue };
                let has = services.entry(name.to_ascii_lowercase()).or_default();
                has.region.add(region);
                has.account.add(account);
            }
        }
        services
    })
}

fn fault(text: &str) -> Option<Fault> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, service, region, account, _] = parts.as_slice() else { return None };
    let head = [partition, service, region, account];
    if head.iter().any(|part| part.contains(['$', '{', '<', '[', '(', '%'])) {
        return None;
    }
    let is_open = |part: &str| part.contains(['*', '?']);
    let fault = |why: String, remedy: String, depends_on_catalog| Some(Fault { why, remedy, depends_on_catalog });
    let is_partition = ["aws", "aws-cn", "aws-us-gov", "aws-eusc"].contains(partition)
        || partition.strip_prefix("aws-iso").is_some_and(|rest| rest.len() <= 2);
    if !is_open(partition) && !is_partition {
        return fault(format!("there is no partition {}", quoted(partition)), "write `aws`, or `*`".to_owned(), false);
    }
    if is_open(service) {
        return None;
    }
    let folded = service.to_ascii_lowercase();
    let Some(has) = services().get(&folded) else {
        let near = nearest(&folded, services().keys().map(String::as_str));
        let remedy =
            near.map_or_else(|| "check the name of the service".to_owned(), |near| format!("did you mean `{near}`?"));
        return fault(format!("ARNs have no service {}", quoted(service)), remedy, true);
    };
    if !region.is_empty() && !is_open(region) {
        if has.region.none() {
            let remedy = format!("leave the Region out: `arn:{partition}:{service}::…`");
            return fault(format!("ARNs of `{service}` name no Region"), remedy, true);
        }
        let near = nearest_regions(&region.to_ascii_lowercase());
        if !is_region(region) && !near.is_empty() {
            let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
            return fault(
                format!("{} is no Region", quoted(region)),
                format!("did you mean {}?", near.join(" or ")),
                true,
            );
        }
    }
    if region.is_empty() && has.region.all() {
        let remedy = format!("write the Region, or `*`: `arn:{partition}:{service}:*:…`");
        return fault(format!("all ARNs of `{service}` name a Region"), remedy, true);
    }
    if account.is_empty() && has.account.all() {
        let remedy = format!("write the account, or `*`: `arn:{partition}:{service}:{region}:*:…`");
        return fault(format!("all ARNs of `{service}` name an account"), remedy, true);
    }
    if !account.is_empty() && !is_open(account) {
        if has.account.none() {
            let remedy = format!("leave the account out: `arn:{partition}:{service}:{region}::…`");
            return fault(format!("ARNs of `{service}` name no account"), remedy, true);
        }
        let is_number = account.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && account.len() != 12 {
            let why = format!("the account {} has {} digits, not twelve", quoted(account), account.len());
            return fault(why, "write the twelve digits of the account".to_owned(), false);
        }
    }
    None
}
