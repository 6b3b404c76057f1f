//! Calls that the policies at hand cannot tell apart have the same key.

use std::collections::HashMap;

use scproof_evaluator::symbolic::CompiledViews;
use scproof_evaluator::{Context, ContextValue, Relevance, Request, RequestResource, ResourceInput};
use scproof_trail::{Ask, Call, Standing};

/// What a worker remembers from call to call – in tables that whoever writes the log cannot make slow –, so that most
/// calls need no memory of their own.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// By account and action: which facts matter, in any of the organizations.
    places: HashMap<Box<[u8]>, usize>,
    wanted: Vec<Wanted>,
    nothing: Wanted,
    name: Vec<u8>,
    /// The key of the last call.
    pub(crate) key: Vec<u8>,
}

/// Which facts matter to the calls of an action by an account.
#[derive(Debug, Default)]
struct Wanted {
    relevance: Relevance,
    /// Which keys do, of calls by callers of whom keys tell more, and of others.
    keys: [HashMap<Box<str>, bool>; 2],
}

/// How many keys are remembered for an account and action.
const KEYS: usize = 256;

impl Wanted {
    fn has_key(&mut self, name: &str, is_caller_known: bool) -> bool {
        let Self { relevance, keys: [open, known] } = self;
        let keys = if is_caller_known { known } else { open };
        if let Some(found) = keys.get(name) {
            return *found;
        }
        let found = relevance.has_key(name, is_caller_known);
        if keys.len() >= KEYS {
            keys.clear();
        }
        keys.insert(name.into(), found);
        found
    }
}

/// How many accounts and actions a worker remembers.
const REMEMBERED: usize = 1 << 16;

/// The key of the time of the call.
const TIME: &str = "aws:CurrentTime";

impl Scratch {
    fn wanted(&mut self, views: &CompiledViews, account: &str, action: &str) -> &mut Wanted {
        let Self { wanted, places, name, .. } = self;
        name.clear();
        name.extend_from_slice(account.as_bytes());
        name.push(0);
        name.extend_from_slice(action.as_bytes());
        let mut place = places.get(name.as_slice()).copied().unwrap_or(usize::MAX);
        if place >= wanted.len() {
            if wanted.len() >= REMEMBERED {
                wanted.clear();
                places.clear();
            }
            let relevance = views.views().map(|view| views.view(view).relevance(account, action));
            let relevance = relevance.reduce(|all, other| all.or(&other)).unwrap_or_default();
            place = wanted.len();
            wanted.push(Wanted { relevance, ..Wanted::default() });
            places.insert(name.as_slice().into(), place);
        }
        // Each place is one of the list, so that the other arm is for the compiler alone.
        wanted.get_mut(place).unwrap_or(&mut self.nothing)
    }

    /// Makes the key of a call: everything that some policy looks at. `now`: the time that counts instead of that of
    /// the call.
    pub(crate) fn make_key(&mut self, views: &CompiledViews, call: &Call, now: Option<&str>) {
        let caller = caller(call);
        let is_known = is_caller_known(caller);
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        text(&mut key, &call.account);
        option(&mut key, caller);
        for ask in &call.asks {
            let wanted = self.wanted(views, &call.account, &ask.action);
            text(&mut key, &ask.action);
            match ask.standing {
                Standing::Certain => key.push(0),
                Standing::Possible => key.push(1),
                Standing::OneOf(group) => {
                    key.push(2);
                    key.extend_from_slice(&group.to_le_bytes());
                }
            }
            option(&mut key, call.region.as_deref().filter(|_| wanted.relevance.has_region()));
            for (name, value) in call.context.iter().chain(ask.context.iter()) {
                if wanted.has_key(name, is_known) && !is_told_by(caller, name, value) {
                    let now = now.filter(|_| name.eq_ignore_ascii_case(TIME));
                    key.push(5);
                    text(&mut key, name);
                    match now {
                        Some(now) => text(&mut key, now),
                        None => self::value(&mut key, value),
                    }
                }
            }
            key.push(3);
            if wanted.relevance.has_resources() {
                key.push(u8::from(ask.resources_complete));
                for input in &ask.resources {
                    resource(&mut key, input);
                }
            }
            key.push(4);
        }
        self.key = key;
    }

    /// The questions of a call, without facts that no policy looks at.
    pub(crate) fn requests(
        &mut self,
        views: &CompiledViews,
        call: &Call,
        now: Option<&str>,
    ) -> Vec<(Standing, Request)> {
        let asks = call.asks.iter();
        asks.map(|ask| {
            let request = request(call, ask, now);
            (ask.standing, self.wanted(views, &call.account, &ask.action).relevance.reduced(&request))
        })
        .collect()
    }
}

/// The ARN of the caller's role.
const PRINCIPAL_ARN: &str = "aws:PrincipalArn";

/// Who calls: of a session the role, if the event tells its path (CT-4), so that all sessions of a role are one caller.
fn caller(call: &Call) -> Option<&str> {
    let principal = call.principal.as_deref()?;
    let role = || {
        let given = call.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(PRINCIPAL_ARN))?.1;
        match given {
            ContextValue::Single(arn) if name_of(arn).starts_with("role/") => Some(arn.as_str()),
            ContextValue::Single(_) | ContextValue::List(_) | ContextValue::Absent => None,
        }
    };
    if name_of(principal).starts_with("assumed-role/") { role().or(Some(principal)) } else { Some(principal) }
}

/// What an ARN names within its account.
fn name_of(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or_default()
}

/// Whether a key says no more than the caller.
fn is_told_by(caller: Option<&str>, name: &str, value: &ContextValue) -> bool {
    name.eq_ignore_ascii_case(PRINCIPAL_ARN)
        && matches!(value, ContextValue::Single(arn) if Some(arn.as_str()) == caller)
}

/// Whether nothing about the caller follows from keys: the event names a user, a role or the like.
fn is_caller_known(caller: Option<&str>) -> bool {
    // A session without its role's path is not it; the rest is what `Relevance::reduced` takes as known, or less.
    caller.is_some_and(|caller| {
        let name = name_of(caller);
        name == "root" || ["role/", "user/", "federated-user/"].iter().any(|kind| name.starts_with(kind))
    })
}

/// A question of a call, with everything that the event tells.
fn request(call: &Call, ask: &Ask, now: Option<&str>) -> Request {
    let caller = caller(call);
    let mut context = Context::new();
    let own = |name: &str| ask.context.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    let common = call.context.iter().filter(|(name, _)| !own(name));
    for (name, value) in common.chain(ask.context.iter()) {
        match now {
            Some(now) if name.eq_ignore_ascii_case(TIME) => context.insert(name, ContextValue::Single(now.to_owned())),
            Some(_) if name.eq_ignore_ascii_case("aws:EpochTime") => {}
            _ if is_told_by(caller, name, value) => {}
            _ => context.insert(name, value.clone()),
        }
    }
    Request {
        account: call.account.clone(),
        principal: caller.map(str::to_owned),
        action: ask.action.clone(),
        resources: ask.resources.clone(),
        resources_complete: ask.resources_complete,
        context,
        region: call.region.clone(),
        ..Request::default()
    }
}

/// A text with its length before it, so that two texts are never taken for two others.
fn text(key: &mut Vec<u8>, text: &str) {
    key.extend_from_slice(&text.len().to_le_bytes());
    key.extend_from_slice(text.as_bytes());
}

fn option(key: &mut Vec<u8>, option: Option<&str>) {
    key.push(u8::from(option.is_some()));
    text(key, option.unwrap_or_default());
}

fn value(key: &mut Vec<u8>, value: &ContextValue) {
    match value {
        ContextValue::Absent => key.push(0),
        ContextValue::Single(value) => {
            key.push(1);
            text(key, value);
        }
        ContextValue::List(values) => {
            key.push(2);
            key.extend_from_slice(&values.len().to_le_bytes());
            for value in values {
                text(key, value);
            }
        }
    }
}

fn resource(key: &mut Vec<u8>, input: &ResourceInput) {
    match &input.resource {
        RequestResource::Unknown => key.push(0),
        RequestResource::NotScoped => key.push(1),
        RequestResource::Arn(arn) => {
            key.push(2);
            text(key, arn);
        }
    }
    for (name, given) in input.context.iter() {
        key.push(5);
        text(key, name);
        value(key, given);
    }
    key.push(9);
}
