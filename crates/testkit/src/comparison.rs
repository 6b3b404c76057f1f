//! Holds comparisons of organizations against the reference evaluator, request by request.

mod cells;
mod descriptions;

use scproof_catalog::{Catalog, ValueType};
use scproof_evaluator::symbolic::{CompiledViews, View};
use scproof_evaluator::{
    CompiledOrganization, Context, ContextValue, Decision, EvaluationOptions, Request, RequestResource, Truth,
};
use scproof_organization::{NodeId, Organization};
use scproof_policy_parser::{DateReading, Decimal, parse_date};
use scproof_prover::{ComparisonOptions, Difference, Region, Transition, difference};

use crate::reference;

/// Two organizations compared, with what the reference evaluator needs.
#[derive(Debug)]
pub struct Comparison {
    before: Organization,
    after: Organization,
    options: EvaluationOptions,
    views: CompiledViews,
    accounts: Vec<[NodeId; 2]>,
    /// What the prover found.
    pub difference: Difference,
}

/// What comes of holding a comparison against the reference evaluator with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agreement {
    /// The request tells nothing: it is malformed, the reference leaves it open, or SCPs do not govern it.
    Silent,
    /// Both say the same: this changes.
    Same(Option<Transition>),
    /// The reference sees a change where the prover says that it may be one.
    Open,
    /// They contradict each other, in words.
    Contradiction(String),
}

/// Keys that follow from caller and account; a request that gives them may contradict itself.
const DERIVED_KEYS: [&str; 23] = [
    "aws:principalarn",
    "aws:principaltype",
    "aws:userid",
    "aws:assumedroot",
    "aws:federatedprovider",
    "aws:tokenissuetime",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:ismcpserviceaction",
    "aws:principaltag",
    "aws:principaltag/",
    "aws:requesttag",
    "aws:requesttag/",
    "aws:resourcetag",
    "aws:resourcetag/",
];

/// The keys of LAW-1, and those of LAW-2 that name services.
const NETWORK: [&str; 8] = [
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpcsourceip",
    "aws:sourcevpcarn",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
];
const CHAIN: [&str; 3] = ["aws:calledvia", "aws:calledviafirst", "aws:calledvialast"];

/// The key that the ARN of a user tells (LAW-7).
const USER_NAME: &str = "aws:username";
/// Ids of callers (LAW-7).
const ID_OF_ROLE: &str = "AROAEXAMPLEID:someone";
const ID_OF_USER: &str = "AIDAEXAMPLEID";

/// Whether a call can be as the request says (K.4).
pub fn keeps_laws(compiled: &CompiledOrganization, request: &Request) -> bool {
    compiled.prepare(request).is_ok_and(|query| query.broken_laws().is_empty())
}

/// Services with one endpoint, whose region follows (CTX-67).
const GLOBAL_SERVICES: [&str; 4] = ["cloudfront", "iam", "organizations", "route53"];

/// Keys that every request carries (CTX-59), with a value.
const ALWAYS: [(&str, &str); 6] = [
    ("aws:RequestedRegion", "us-east-1"),
    ("aws:SecureTransport", "true"),
    ("aws:ViaAWSService", "false"),
    ("aws:UserAgent", "test"),
    ("aws:CurrentTime", "2026-03-01T12:00:00Z"),
    ("aws:TokenIssueTime", "2026-03-01T11:00:00Z"),
];

impl Comparison {
    /// Compares two organizations for all accounts that both have.
    ///
    /// # Errors
    ///
    /// In words, if the prover fails.
    pub fn new(before: Organization, after: Organization, options: EvaluationOptions) -> Result<Self, String> {
        let refining = EvaluationOptions { refine: true, ..options };
        let views = CompiledViews::two(before.clone(), after.clone(), refining);
        let accounts: Vec<[NodeId; 2]> =
            before.accounts().filter_map(|node| Some([node, after.find_node(&before.node(node).target)?])).collect();
        let difference = difference(&views, &accounts, &ComparisonOptions::default());
        Ok(Self { before, after, options, views, accounts, difference })
    }

    /// [`complete`] for this comparison.
    pub fn complete(&self, request: &Request) -> Option<Request> {
        complete(&self.before, request)
    }

    fn decide(&self, view: View, request: &Request) -> Option<Decision> {
        let organization = if view == View::BEFORE { &self.before } else { &self.after };
        let answer = reference::decide(organization, Catalog::embedded(), self.options, request).ok()?;
        Some(answer.decision)
    }

    /// The regions of the request's account and action whose conditions it meets, or may meet.
    ///
    /// # Errors
    ///
    /// In words, if the request cannot be understood.
    pub fn regions(&self, request: &Request) -> Result<Option<Vec<(&Region, Truth)>>, String> {
        let Some(group) = self.group_of(request) else { return Ok(None) };
        let mut found = Vec::new();
        for region in &group.regions {
            if !self.difference.concerns(&self.views, region, &request.action) {
                continue;
            }
            let truth = region.holds_for(&self.views, request).map_err(|error| error.to_string())?;
            if truth != Truth::False {
                found.push((&**region, truth));
            }
        }
        Ok(Some(found))
    }

    fn group_of(&self, request: &Request) -> Option<&scproof_prover::Group> {
        let index = self.accounts.iter().position(|[before, _]| {
            let node = self.before.node(*before);
            node.target.as_str() == request.account || node.name.as_deref() == Some(request.account.as_str())
        })?;
        self.difference.groups.iter().find(|group| group.accounts.contains(&index))
    }

    /// Whether the prover and the reference evaluator agree about a complete request.
    pub fn agreement(&self, request: &Request) -> Agreement {
        let instants = request.context.iter().filter(|(key, _)| {
            ["aws:CurrentTime", "aws:EpochTime"].iter().any(|instant| instant.eq_ignore_ascii_case(key))
        });
        if instants.into_iter().any(|(key, value)| !is_possible(key, value)) {
            return Agreement::Silent;
        }
        if !keeps_laws(self.views.view(View::BEFORE), request) {
            return Agreement::Silent;
        }
        let (Some(before), Some(after)) = (self.decide(View::BEFORE, request), self.decide(View::AFTER, request))
        else {
            return Agreement::Silent;
        };
        // Callers whom SCPs do not govern are not compared (B.2).
        let exempt = before == Decision::NotApplicable && after == Decision::NotApplicable;
        if before == Decision::Unknown || after == Decision::Unknown || exempt {
            return Agreement::Silent;
        }
        let Ok(Some(regions)) = self.regions(request) else { return Agreement::Silent };
        let expected = match (before.is_passing(), after.is_passing()) {
            (true, true) => None,
            (true, false) => Some(Transition::NewlyBlocked),
            (false, true) => Some(Transition::NewlyPassing),
            (false, false) => {
                let known = before != Decision::Deny && after != Decision::Deny;
                (known && before != after).then_some(Transition::OtherReason)
            }
        };
        let said: Vec<(Transition, Truth)> =
            regions.iter().map(|(region, truth)| (region.transition(), *truth)).collect();
        let settled = |wanted: Truth| {
            let said = said.iter().filter(move |(_, truth)| *truth == wanted).map(|(transition, _)| *transition);
            said.filter(|transition| *transition != Transition::Unknown)
        };
        let wrong = match expected {
            None => settled(Truth::True).any(|transition| transition != Transition::OtherReason || before == after),
            Some(expected) => said.is_empty() || settled(Truth::True).any(|transition| transition != expected),
        };
        let certain = regions.iter().filter(|(_, truth)| *truth == Truth::True);
        let kinds = certain.into_iter().all(|(region, _)| region.before.agrees(before) && region.after.agrees(after));
        if !wrong && kinds {
            let is_open = expected.is_some() && settled(Truth::True).next().is_none();
            return if is_open { Agreement::Open } else { Agreement::Same(expected) };
        }
        let group = self.group_of(request).map(|group| &group.regions);
        Agreement::Contradiction(format!(
            "{request:?}\n{before} -> {after}, expected {expected:?}, said {said:?}\n{group:#?}"
        ))
    }
}

/// The same request with every fact said: caller, resource, keys that are always there; all other keys absent. `None`
/// for requests that may contradict themselves, or that ask for several resources at once: comparisons leave them out
/// (SP-47).
pub fn complete(organization: &Organization, request: &Request) -> Option<Request> {
    let mut request = request.clone();
    // The keys of the one resource count like the common ones; names that are not ASCII are unsure (GEN-7).
    let own = request.resources.first().map(|input| &input.context);
    let keys = request.context.iter().chain(own.into_iter().flat_map(Context::iter)).map(|(key, _)| key);
    let folded: Vec<String> = keys.map(str::to_ascii_lowercase).collect();
    if folded.iter().any(|key| !key.is_ascii()) {
        return None;
    }
    if folded.iter().any(|key| DERIVED_KEYS.contains(&key.as_str())) || request.resources.len() != 1 {
        return None;
    }
    let service = request.action.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let global = GLOBAL_SERVICES.contains(&service.as_str());
    if global && folded.iter().any(|key| key == "aws:requestedregion") {
        return None;
    }
    if folded.iter().enumerate().any(|(index, key)| folded.iter().take(index).any(|other| other == key)) {
        return None;
    }
    let input = request.resources.first_mut()?;
    let mut context = Context::new();
    for (key, value) in request.context.iter().chain(input.context.iter()) {
        if !is_possible(key, value) {
            return None;
        }
        context.insert(key, value.clone());
    }
    input.context = Context::new();
    if input.resource == RequestResource::Unknown {
        input.resource = RequestResource::Arn("arn:aws:s3:::example/example".to_owned());
    }
    // A call comes from some address (LAW-1), and where a service calls that is named it is by a service (LAW-2).
    let is_there = |value: &ContextValue| match value {
        ContextValue::Absent => false,
        ContextValue::Single(_) => true,
        ContextValue::List(texts) => !texts.is_empty(),
    };
    let is_of_network = |key: &str| NETWORK.contains(&key.to_ascii_lowercase().as_str());
    if !context.iter().any(|(key, value)| is_of_network(key) && is_there(value)) {
        if folded.iter().any(|key| key == "aws:sourceip") {
            return None;
        }
        context.insert("aws:SourceIp", ContextValue::Single("203.0.113.77".to_owned()));
    }
    let is_called = folded.iter().any(|key| CHAIN.contains(&key.as_str()));
    let time_given = folded.iter().any(|key| key == "aws:epochtime");
    for (key, value) in ALWAYS {
        let given = folded.iter().any(|known| known.eq_ignore_ascii_case(key));
        let region_known = derives_region(organization, &request.action);
        let derived = (time_given && key == "aws:CurrentTime")
            || (region_known && key == "aws:RequestedRegion")
            || (is_called && key == "aws:ViaAWSService");
        if !given && !derived {
            context.insert(key, ContextValue::Single(value.to_owned()));
        }
    }
    let partition = organization.partition().unwrap_or("aws");
    let named = context.iter().find(|(key, _)| key.eq_ignore_ascii_case(USER_NAME)).map(|(_, value)| value.clone());
    if let Some(name) = named {
        request.principal = Some(principal_named(&request, partition, &name)?);
    }
    let principal =
        request.principal.get_or_insert_with(|| format!("arn:{partition}:iam::{}:role/Example", request.account));
    // An organization lies in one partition (API-10).
    let is_elsewhere = !principal.starts_with(&format!("arn:{partition}:"));
    if principal.contains(":assumed-role/") || is_elsewhere {
        return None;
    }
    if principal.contains(":role/") || principal.contains(":user/") {
        let id = if principal.contains(":role/") { ID_OF_ROLE } else { ID_OF_USER };
        context.insert("aws:userid", ContextValue::Single(id.to_owned()));
    }
    request.context = context;
    request.closed_context = true;
    Some(request)
}

/// The caller of a request that gives `aws:username` (LAW-7): a user of that name, on the path of the user that calls;
/// where the key is given as absent, a caller that is no user.
fn principal_named(request: &Request, partition: &str, name: &ContextValue) -> Option<String> {
    let principal = request.principal.as_deref();
    match name {
        ContextValue::Single(name) => {
            let is_name = |letter: char| letter.is_ascii_alphanumeric() || "+=,.@_-".contains(letter);
            let otherwise = format!("arn:{partition}:iam::{}:user/", request.account);
            let user = principal.map_or(Some(otherwise.as_str()), |arn| arn.contains(":user/").then_some(arn))?;
            let (path, _) = user.rsplit_once('/')?;
            (!name.is_empty() && name.chars().all(is_name)).then(|| format!("{path}/{name}"))
        }
        ContextValue::Absent => {
            let arn = principal
                .map_or_else(|| format!("arn:{partition}:iam::{}:role/Example", request.account), str::to_owned);
            (!arn.contains(":user/")).then_some(arn)
        }
        ContextValue::List(_) => None,
    }
}

/// Whether the region follows from the action (CTX-67, CLR-10).
fn derives_region(organization: &Organization, action: &str) -> bool {
    let service = action.split(':').next().unwrap_or_default().to_ascii_lowercase();
    GLOBAL_SERVICES.contains(&service.as_str()) && matches!(organization.partition(), Some("aws" | "aws-us-gov"))
}

/// Whether AWS can give a key this value: one of its type, several only where it may have several. Texts on which the
/// readings of the rules about odd texts differ are left out too.
fn is_possible(key: &str, value: &ContextValue) -> bool {
    let known = Catalog::embedded().condition_key(key);
    let value_type = known.map(|known| known.value_type().element());
    let single = known.is_some_and(|known| !known.is_multivalued());
    let fits = |text: &String| {
        !text.is_empty()
            && text.is_ascii()
            && match value_type {
                Some(ValueType::Bool) => matches!(text.as_str(), "true" | "false"),
                Some(ValueType::Numeric) => Decimal::parse(text).is_some(),
                // The instant of a call is a whole second, whose epoch seconds are not spelt as a year is (SP-48).
                Some(ValueType::Date) => {
                    let instant = parse_date(text, DateReading::default());
                    instant.is_some_and(|(seconds, _)| !(1000..=9999).contains(&seconds)) && !text.contains('.')
                }
                Some(ValueType::IpAddress) => text.parse::<std::net::IpAddr>().is_ok() && !text.starts_with("::ffff:"),
                Some(ValueType::Arn) => text.starts_with("arn:") && text.split(':').count() >= 6,
                _ => true,
            }
    };
    match value {
        ContextValue::Single(text) => fits(text),
        ContextValue::List(texts) => !single && texts.iter().all(fits),
        ContextValue::Absent => may_be_absent(key),
    }
}

/// Whether there are calls without a key (CTX-59).
pub fn may_be_absent(key: &str) -> bool {
    let mut always = ALWAYS.iter().map(|(key, _)| *key).chain(["aws:EpochTime"]);
    !always.any(|always| always.eq_ignore_ascii_case(key))
}

/// Whether a key follows from caller and account.
pub fn is_derived(key: &str) -> bool {
    DERIVED_KEYS.iter().chain([&USER_NAME]).any(|derived| derived.eq_ignore_ascii_case(key))
}
