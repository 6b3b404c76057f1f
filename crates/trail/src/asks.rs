//! The questions of a call: one for each action that AWS checks, with what the call tells of its resources and keys.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use scproof_catalog::{ActionId, Catalog};
use scproof_evaluator::{Context, ContextValue, RequestResource, ResourceInput};
use serde_json::Value;

use crate::event::{Ask, Standing};
use crate::operation::Mapping;
use crate::parameters::{Parameters, scalar, text_at};
use crate::resources::{Listed, Place, Resources, lines};

/// Lines of actions, keys and members, see its top.
const KEYS: &str = include_str!("../data/keys.txt");

/// Where tags of a request stand, in the forms of AWS's interfaces: lists of pairs, or an object.
const TAG_MEMBERS: [&str; 4] = ["tags", "Tags", "tagSet", "tagList"];

/// What the tables say of actions.
#[derive(Debug)]
pub(crate) struct Asks {
    resources: Resources,
    keys: FxHashMap<&'static str, Vec<(&'static str, &'static str)>>,
    of_action: FxHashMap<ActionId, Arc<Told>>,
}

/// What is looked up once for an action.
#[derive(Debug)]
struct Told {
    name: String,
    /// Whether anything is read off `requestParameters`.
    reads: bool,
    passes_tags: bool,
    dependents: Vec<String>,
}

impl Asks {
    pub(crate) fn new() -> Self {
        let mut keys: FxHashMap<&'static str, Vec<(&'static str, &'static str)>> = FxHashMap::default();
        for (actions, rest) in lines(KEYS) {
            let Some((key, member)) = rest.split_once('\t') else { continue };
            for action in actions.split(' ') {
                keys.entry(action).or_default().push((key, member));
            }
        }
        Self { resources: Resources::new(), keys, of_action: FxHashMap::default() }
    }

    pub(crate) fn of(
        &mut self,
        mapping: &Mapping,
        listed: &[Listed<'_>],
        parameters: &Parameters<'_>,
        place: Place<'_>,
    ) -> Vec<Ask> {
        let mut asks: Vec<Ask> = Vec::with_capacity(mapping.len());
        let mut possible: Vec<String> = Vec::new();
        for (action, standing) in mapping {
            let told = self.told(*action);
            // Of an operation that checks several actions nothing says which resource is whose.
            let is_alone = mapping.len() == 1 || *standing != Standing::Certain;
            let mut arns = if is_alone { self.resources.fitting(*action, listed) } else { Vec::new() };
            let mut context = Context::new();
            if told.reads || told.passes_tags {
                let parameters = parameters.get();
                if arns.is_empty() && is_alone {
                    arns = self.resources.named(*action, parameters, place);
                }
                for (key, member) in self.keys.get(told.name.as_str()).into_iter().flatten() {
                    if let Some(value) = text_at(parameters, member) {
                        context.insert(*key, ContextValue::Single(value));
                    }
                }
                if told.passes_tags {
                    give_tags(parameters, &mut context);
                }
            }
            possible.extend(told.dependents.iter().cloned());
            let owner = owner(listed);
            let input = |arn: String| {
                let mut context = Context::new();
                if let Some(owner) = owner.filter(|_| is_of_bucket(&arn)) {
                    context.insert("aws:ResourceAccount", ContextValue::Single(owner.to_owned()));
                }
                ResourceInput { resource: RequestResource::Arn(arn), context }
            };
            // A record lists not all that a call was checked against: it may have used optional resources, too.
            let may_have_more = !arns.is_empty() && self.resources.may_have_more(*action, &arns);
            if may_have_more {
                let unknown = ResourceInput { resource: RequestResource::Unknown, context: Context::new() };
                asks.push(Ask {
                    action: told.name.clone(),
                    standing: Standing::Possible,
                    resources: arns.iter().cloned().map(input).chain([unknown]).collect(),
                    resources_complete: false,
                    context: context.clone(),
                });
            }
            asks.push(Ask {
                action: told.name.clone(),
                standing: *standing,
                resources: arns.into_iter().map(input).collect(),
                resources_complete: false,
                context,
            });
        }
        possible.sort_unstable();
        possible.dedup();
        // What is certain stands first: a call is called by it.
        asks.sort_by_key(|ask| ask.standing == Standing::Possible);
        let is_asked = |action: &String| asks.iter().any(|ask| ask.action.eq_ignore_ascii_case(action));
        let possible: Vec<String> = possible.into_iter().filter(|action| !is_asked(action)).collect();
        asks.extend(possible.into_iter().map(|action| Ask {
            action,
            standing: Standing::Possible,
            resources: Vec::new(),
            resources_complete: false,
            context: Context::new(),
        }));
        asks
    }

    fn told(&mut self, action: ActionId) -> Arc<Told> {
        if let Some(told) = self.of_action.get(&action) {
            return Arc::clone(told);
        }
        let catalog = Catalog::embedded();
        let found = catalog.action(action);
        let name = found.full_name();
        let dependents = found.dependent_actions().filter(|name| catalog.find_action(name).is_some());
        let passes_tags = found.condition_keys().into_iter().any(|key| {
            let key = key.name().to_ascii_lowercase();
            key == "aws:tagkeys" || key.starts_with("aws:requesttag/")
        });
        let told = Told {
            reads: self.resources.reads(&name, found.service()) || self.keys.contains_key(name.as_str()),
            passes_tags,
            dependents: dependents.map(str::to_owned).collect(),
            name,
        };
        Arc::clone(self.of_action.entry(action).or_insert_with(|| Arc::new(told)))
    }
}

/// The account that owns the buckets and objects that a record lists, if that is one (CT-37).
fn owner<'r>(listed: &'r [Listed<'_>]) -> Option<&'r str> {
    let of_bucket = |resource: &&Listed<'_>| resource.arn.get().is_some_and(is_of_bucket);
    let mut accounts = listed.iter().filter(of_bucket).filter_map(|resource| resource.account.get());
    let first =
        accounts.next().filter(|account| account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit()))?;
    accounts.all(|account| account == first).then_some(first)
}

/// Whether an ARN is that of a bucket or an object, which does not tell the account.
fn is_of_bucket(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':').skip(2);
    parts.next() == Some("s3") && parts.next() == Some("") && parts.next() == Some("")
}

/// The tags that a call passes, where they stand in a form that says so.
fn give_tags(parameters: &Value, context: &mut Context) {
    let Some(tags) = TAG_MEMBERS.iter().find_map(|member| parameters.get(member)) else { return };
    let pairs: Option<Vec<(String, String)>> = match tags {
        Value::Object(members) => match members.get("items") {
            Some(Value::Array(items)) => items.iter().map(pair).collect(),
            _ => members.iter().map(|(key, value)| Some((key.clone(), scalar(value).unwrap_or_default()))).collect(),
        },
        Value::Array(items) => items.iter().map(pair).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    let Some(pairs) = pairs.filter(|pairs| !pairs.is_empty()) else { return };
    context.insert("aws:TagKeys", ContextValue::List(pairs.iter().map(|(key, _)| key.clone()).collect()));
    for (key, value) in pairs {
        context.insert(format!("aws:RequestTag/{key}"), ContextValue::Single(value));
    }
}

fn pair(item: &Value) -> Option<(String, String)> {
    let of = |names: [&str; 3]| names.iter().find_map(|name| item.get(name));
    let key = scalar(of(["key", "Key", "tagKey"])?)?;
    Some((key, of(["value", "Value", "tagValue"]).and_then(scalar).unwrap_or_default()))
}
