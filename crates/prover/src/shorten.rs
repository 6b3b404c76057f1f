//! Witnesses without what they do not need.

use std::sync::Arc;

use scproof_catalog::example_arn;
use scproof_evaluator::symbolic::{ContextValue, RequestResource, View};
use scproof_evaluator::{Context, Decision, Request, ResourceInput, Truth};

use crate::diagram::{Cube, Variable};
use crate::region::Test;
use crate::space::RequestSpace;
use crate::witness::{Seeker, Witness};

/// What can be seen of a witness before it is shortened: the facts that its cube names, the names of its keys, whether
/// it has a caller and a resource, the decisions. Witnesses of one space that look alike mostly need the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    named: Vec<Variable>,
    keys: Vec<String>,
    principal: bool,
    resource: bool,
    decisions: [Decision; 2],
}

impl Shape {
    fn of(cube: &Cube, witness: &Witness) -> Self {
        let request = &witness.request;
        Self {
            named: cube.keys().copied().collect(),
            keys: request.context.iter().map(|(key, _)| key.to_owned()).collect(),
            principal: request.principal.is_some(),
            resource: !request.resources.is_empty(),
            decisions: [witness.before, witness.after],
        }
    }
}

/// What was left of a witness.
#[derive(Debug, Clone)]
pub(crate) struct Rest {
    keys: Vec<String>,
    principal: bool,
    resource: KeptResource,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeptResource {
    None,
    Own,
    /// One that the action really has took its place.
    Likely,
}

impl Rest {
    fn of(long: &Request, short: &Request) -> Self {
        let resource = match &*short.resources {
            [] => KeptResource::None,
            own if own == long.resources => KeptResource::Own,
            _ => KeptResource::Likely,
        };
        let keys = short.context.iter().map(|(key, _)| key.to_owned()).collect();
        Self { keys, principal: short.principal.is_some(), resource }
    }

    /// A request of the same shape with as little, its resource aside.
    fn apply(&self, long: &Request) -> Request {
        let mut short = long.clone();
        short.context = Context::new();
        for (key, value) in long.context.iter().filter(|(key, _)| self.keys.iter().any(|kept| kept == key)) {
            short.context.insert(key, plain(value));
        }
        if self.resource == KeptResource::None {
            short.resources.clear();
        }
        if !self.principal {
            short.principal = None;
        }
        short
    }
}

impl Seeker<'_> {
    /// Whether nothing that must hold of a request is false of it.
    fn is_inside(&self, request: &Request, tests: &[Arc<Test>]) -> bool {
        tests.iter().all(|test| test.holds_for(self.views, request).is_ok_and(|truth| truth != Truth::False))
    }

    /// The witness without what it does not need. What was left of the last witness that looked like it is tried first:
    /// regions are many, and most differ in little.
    ///
    /// `tests`: what must hold of it, as the cube says.
    pub(crate) fn shortest(
        &self,
        space: &mut RequestSpace<'_>,
        cube: &Cube,
        tests: &[Arc<Test>],
        witness: Witness,
    ) -> Witness {
        let shape = Shape::of(cube, &witness);
        if let Some(rest) = space.shortened.get(&shape) {
            let short = rest.apply(&witness.request);
            let found = if rest.resource == KeptResource::Likely {
                self.with_likely_resource(&short, &witness)
            } else {
                self.keeps(&short, &witness)
            };
            if let Some(found) = found {
                // This one may need fewer keys than its sibling.
                let count = found.request.context.iter().count();
                return self.with_likely_facts(self.drop_keys(found, 0, count), tests);
            }
        }
        let long = witness.request.clone();
        let found = self.shorten(witness);
        space.shortened.insert(shape, Rest::of(&long, &found.request));
        self.with_likely_facts(found, tests)
    }

    /// The shorter request as a witness, if the decisions stay the same.
    fn keeps(&self, shorter: &Request, witness: &Witness) -> Option<Witness> {
        self.replay(shorter).filter(|found| (found.before, found.after) == (witness.before, witness.after))
    }

    fn shorten(&self, mut witness: Witness) -> Witness {
        let keys = witness.request.context.iter().count();
        witness = self.drop_keys(witness, 0, keys);
        // One value says more plainly what a list of one says.
        for index in 0..witness.request.context.iter().count() {
            let mut plainer = witness.request.clone();
            plainer.context = with_single(&plainer.context, index);
            if plainer != witness.request
                && let Some(found) = self.keeps(&plainer, &witness)
            {
                witness = found;
            }
        }
        let mut shorter = witness.request.clone();
        shorter.resources.clear();
        if let Some(found) = self.keeps(&shorter, &witness) {
            witness = found;
        } else if let Some(found) = self.with_likely_resource(&witness.request, &witness) {
            witness = found;
        }
        let mut shorter = witness.request.clone();
        shorter.principal = None;
        self.keeps(&shorter, &witness).unwrap_or(witness)
    }

    /// The witness by a caller without a path, and with a region and an owner that are those of its resource, where
    /// that shows the same: in facts that contradict each other nobody believes.
    fn with_likely_facts(&self, mut witness: Witness, tests: &[Arc<Test>]) -> Witness {
        let take = |witness: Witness, likelier: Option<Request>| {
            let likelier = likelier.filter(|likelier| self.is_inside(likelier, tests));
            likelier.and_then(|likelier| self.keeps(&likelier, &witness)).unwrap_or(witness)
        };
        let plain = without_path(&witness.request);
        witness = take(witness, plain);
        for (part, key) in [(3, "aws:RequestedRegion"), (4, "aws:ResourceAccount")] {
            let likelier = with_fact_of_resource(&witness.request, part, key);
            witness = take(witness, likelier);
            let likelier = with_resource_of_fact(&witness.request, part, key);
            witness = take(witness, likelier);
        }
        witness
    }

    /// Drops what is not needed of `count` keys from a place on: all at once, else half by half. Where many keys are
    /// there, mostly few are needed.
    fn drop_keys(&self, witness: Witness, from: usize, count: usize) -> Witness {
        if count == 0 {
            return witness;
        }
        // Of two or three keys mostly some are needed: to try them together would be in vain.
        if count == 1 || count > 3 {
            let mut shorter = witness.request.clone();
            shorter.context = without(&shorter.context, from, count);
            if let Some(found) = self.keeps(&shorter, &witness) {
                return found;
            }
        }
        if count == 1 {
            return witness;
        }
        // The later half first: the places of the earlier one stay.
        let first = count / 2;
        let witness = self.drop_keys(witness, from + first, count - first);
        self.drop_keys(witness, from, first)
    }

    /// The request with a resource that the action really has, if it shows the same.
    fn with_likely_resource(&self, request: &Request, witness: &Witness) -> Option<Witness> {
        self.likely_resources(&request.context).into_iter().find_map(|resource| {
            let mut likelier = request.clone();
            likelier.resources = vec![ResourceInput { resource, context: Context::new() }];
            self.keeps(&likelier, witness)
        })
    }

    /// Resources as the catalog describes them for the action, in the region and account that the context names.
    fn likely_resources(&self, context: &Context) -> Vec<RequestResource> {
        let catalog = self.views.catalog();
        let Some(action) = catalog.find_action(&self.action.to_ascii_lowercase()) else { return Vec::new() };
        let action = catalog.action(action);
        let named = |key| value_of(context, key).filter(|value| is_part(value));
        let account = named("aws:ResourceAccount").map_or_else(|| self.account(), str::to_owned);
        let region = named("aws:RequestedRegion").unwrap_or("us-east-1");
        let partition = self.views.view(View::FIRST).organization().partition().unwrap_or("aws");
        let arn = |form: &str| RequestResource::Arn(example_arn(form, partition, region, &account));
        let types: Vec<(RequestResource, bool)> = action
            .resource_types()
            .map(|(kind, required)| (arn(kind.arn_patterns().next().unwrap_or_default()), required))
            .collect();
        if types.is_empty() {
            return vec![RequestResource::NotScoped];
        }
        let (required, others): (Vec<_>, Vec<_>) = types.into_iter().partition(|(_, required)| *required);
        required.into_iter().chain(others).map(|(resource, _)| resource).collect()
    }
}

/// A list of one value as that value.
fn plain(value: &ContextValue) -> ContextValue {
    match value {
        ContextValue::List(texts) => match &**texts {
            [text] => ContextValue::Single(text.clone()),
            _ => value.clone(),
        },
        ContextValue::Absent | ContextValue::Single(_) => value.clone(),
    }
}

/// The only value of a key.
fn value_of<'c>(context: &'c Context, key: &str) -> Option<&'c str> {
    let (_, value) = context.iter().find(|(known, _)| known.eq_ignore_ascii_case(key))?;
    if let ContextValue::Single(text) = value { Some(text) } else { None }
}

/// Whether a text can stand between two colons of an ARN.
fn is_part(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
}

/// The only resource, cut into the parts of its ARN.
fn parts_of_resource(request: &Request) -> Option<Vec<&str>> {
    match &*request.resources {
        [ResourceInput { resource: RequestResource::Arn(arn), .. }] => Some(arn.splitn(6, ':').collect()),
        _ => None,
    }
}

/// The request with what a part of its resource says of a key, if it says something else.
fn with_fact_of_resource(request: &Request, part: usize, key: &str) -> Option<Request> {
    let own = *parts_of_resource(request)?.get(part).filter(|own| is_part(own))?;
    let known = value_of(&request.context, key).filter(|known| *known != own)?;
    let mut context = Context::new();
    for (name, value) in request.context.iter() {
        let is_it = name.eq_ignore_ascii_case(key) && *value == ContextValue::Single(known.to_owned());
        context.insert(name, if is_it { ContextValue::Single(own.to_owned()) } else { value.clone() });
    }
    Some(Request { context, ..request.clone() })
}

/// The request with a resource whose part is what a key says, if it is something else.
fn with_resource_of_fact(request: &Request, part: usize, key: &str) -> Option<Request> {
    let known = value_of(&request.context, key).filter(|known| is_part(known))?;
    let mut parts = parts_of_resource(request)?;
    let own = parts.get_mut(part).filter(|own| is_part(own) && **own != known)?;
    *own = known;
    let arn = parts.join(":");
    let mut changed = request.clone();
    changed.resources = vec![ResourceInput { resource: RequestResource::Arn(arn), context: Context::new() }];
    Some(changed)
}

/// The request by a role or user of the same name without a path.
fn without_path(request: &Request) -> Option<Request> {
    let principal = request.principal.as_deref()?;
    let mut parts: Vec<&str> = principal.splitn(6, ':').collect();
    let last = parts.last_mut()?;
    let (kind, rest) = last.split_once('/')?;
    if !matches!(kind, "role" | "user") {
        return None;
    }
    let (_, name) = rest.rsplit_once('/').filter(|(_, name)| !name.is_empty())?;
    let plain = format!("{kind}/{name}");
    *last = &plain;
    let principal = parts.join(":");
    Some(Request { principal: Some(principal), ..request.clone() })
}

fn with_single(context: &Context, at: usize) -> Context {
    let mut changed = Context::new();
    for (index, (key, value)) in context.iter().enumerate() {
        changed.insert(key, if index == at { plain(value) } else { value.clone() });
    }
    changed
}

fn without(context: &Context, from: usize, count: usize) -> Context {
    let mut shorter = Context::new();
    for (index, (key, value)) in context.iter().enumerate() {
        if index < from || index >= from + count {
            shorter.insert(key, value.clone());
        }
    }
    shorter
}
