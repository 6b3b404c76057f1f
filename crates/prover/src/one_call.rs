//! Requests whose facts are of one call (K.4): representatives of classes are chosen one by one, and need not go
//! together.

use scproof_evaluator::symbolic::{CallerKind, ContextValue};
use scproof_evaluator::{Context, Request};

/// The request with facts that go together, in the ways in which they may, the likeliest first.
pub(crate) fn of_one_call(mut request: Request) -> Vec<Request> {
    for context in std::iter::once(&mut request.context).chain(request.resources.iter_mut().map(|it| &mut it.context)) {
        with_tag_keys(context);
        with_ends(context);
    }
    with_one_name(request)
}

fn is_key(key: &str, wanted: &str) -> bool {
    key.eq_ignore_ascii_case(wanted)
}

fn texts<'c>(context: &'c Context, wanted: &str) -> &'c [String] {
    match context.iter().find(|(key, _)| is_key(key, wanted)).map(|(_, value)| value) {
        Some(ContextValue::Single(text)) => std::slice::from_ref(text),
        Some(ContextValue::List(texts)) => texts,
        Some(ContextValue::Absent) | None => &[],
    }
}

/// Puts the tags of a check among its tag keys, in one spelling (LAW-3): representatives of classes need not have that.
fn with_tag_keys(all: &mut Context) {
    let is_keys = |key: &str| key.eq_ignore_ascii_case("aws:TagKeys");
    let Some((_, given)) = all.iter().find(|(key, _)| is_keys(key)) else { return };
    let mut keys: Vec<String> = match given {
        ContextValue::Absent => return,
        ContextValue::Single(text) => vec![text.clone()],
        ContextValue::List(texts) => texts.clone(),
    };
    let mut context = Context::new();
    for (key, value) in all.iter().filter(|(key, _)| !is_keys(key)) {
        let family = key.split_once('/').filter(|(family, _)| family.eq_ignore_ascii_case("aws:RequestTag"));
        let Some((family, tag)) = family.filter(|_| *value != ContextValue::Absent) else {
            context.insert(key, value.clone());
            continue;
        };
        let spelt = keys.iter().find(|key| key.to_lowercase() == tag.to_lowercase()).cloned();
        let spelt = spelt.unwrap_or_else(|| {
            keys.push(tag.to_owned());
            tag.to_owned()
        });
        context.insert(format!("{family}/{spelt}"), value.clone());
    }
    context.insert("aws:TagKeys", ContextValue::List(keys));
    *all = context;
}

/// Puts the first and the last service at the ends of the list (LAW-2), if it has several.
fn with_ends(all: &mut Context) {
    let (first, last) = (texts(all, "aws:CalledViaFirst"), texts(all, "aws:CalledViaLast"));
    let services = texts(all, "aws:CalledVia");
    if services.len() < 2 || (first.is_empty() && last.is_empty()) {
        return;
    }
    let ends = [first, last].concat();
    let between = services.iter().filter(|text| !ends.contains(text));
    let services: Vec<String> = first.iter().chain(between).chain(last).cloned().collect();
    let mut context = Context::new();
    for (key, value) in all.iter() {
        let is_list = is_key(key, "aws:CalledVia");
        context.insert(key, if is_list { ContextValue::List(services.clone()) } else { value.clone() });
    }
    *all = context;
}

/// Leaves the name of a user to the ARN, or gives the ARN the name (LAW-7).
fn with_one_name(request: Request) -> Vec<Request> {
    const NAME: &str = "aws:username";
    let user = request.principal.as_deref().filter(|arn| CallerKind::of_principal(arn) == Some(CallerKind::User));
    let (Some(arn), [name]) = (user, texts(&request.context, NAME)) else { return vec![request] };
    let (path, own) = arn.rsplit_once('/').unwrap_or((arn, ""));
    let renamed = (own != name).then(|| format!("{path}/{name}"));
    let mut context = Context::new();
    for (key, value) in request.context.iter().filter(|(key, _)| !is_key(key, NAME)) {
        context.insert(key, value.clone());
    }
    let request = Request { context, ..request };
    let renamed = renamed.map(|arn| Request { principal: Some(arn), ..request.clone() });
    std::iter::once(request).chain(renamed).collect()
}
