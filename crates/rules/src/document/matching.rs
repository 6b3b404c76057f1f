//! Which elements of an `Action` list a Deny statement can match no call of, and why (CALL-10).

use scproof_catalog::Action;
use scproof_evaluator::{CallCheck, CallResources, Carried, Truth};
use scproof_policy_parser::Statement;

use super::{OnKey, Subject, actions_of, named, on_keys};

/// Why a statement matches no call of an action.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Cause {
    /// The action is checked against no resource at all, and the statement names some.
    Unscoped,
    /// None of its resources is one that the action is checked against.
    Resource,
    /// No check carries the key that it asks for.
    Key(String),
    /// The tables list the key for no check of the action.
    Unlisted(String),
}

/// An element that the statement matches no call of.
#[derive(Debug, Clone)]
pub(super) struct Idle {
    /// Its place in the list.
    pub(super) element: usize,
    pub(super) text: String,
    pub(super) cause: Cause,
    /// The resource types that its actions are checked against.
    pub(super) types: Vec<String>,
}

/// What of the `Action` list of a Deny statement matches no call.
#[derive(Debug, Clone, Default)]
pub(super) struct Unmatched {
    pub(super) idle: Vec<Idle>,
    /// Whether that is the whole list.
    pub(super) is_all: bool,
}

impl Unmatched {
    /// See [`Subject::unmatched`], which remembers it.
    pub(super) fn of(subject: &Subject<'_>) -> Self {
        Self::read(subject).unwrap_or_default()
    }

    fn read(subject: &Subject<'_>) -> Option<Self> {
        let statement = subject.deny()?;
        let element = statement.action.as_ref().filter(|element| !element.negated)?;
        let resource = statement.resource.as_ref()?;
        let conditions = asked(subject, statement);
        let names_all = resource.patterns.iter().any(|pattern| pattern.text == "*");
        if conditions.is_empty() && (names_all || resource.patterns.is_empty()) {
            return None;
        }
        let mut resource = CallResources::new(resource, subject.document.version.has_variables());
        let mut idle = Vec::new();
        for (place, pattern) in element.patterns.iter().enumerate() {
            let actions = actions_of(subject.catalog, &pattern.shape());
            // The causes of all its actions: one that matches ends the search.
            let causes: Option<Vec<Cause>> =
                actions.iter().map(|action| cause(subject, *action, &mut resource, &conditions)).collect();
            // Unknown names have findings of their own. Of several causes the one that is sure to the least is told.
            let Some(cause) = causes.and_then(|causes| causes.into_iter().max()) else { continue };
            let mut types: Vec<String> = actions
                .iter()
                .flat_map(|action| action.rows().map(|row| row.resource_type().name().to_owned()))
                .collect();
            types.sort();
            types.dedup();
            idle.push(Idle { element: place, text: pattern.text.clone(), cause, types });
        }
        let is_all = idle.len() == element.patterns.len();
        Some(Self { idle, is_all })
    }

    /// The elements by cause, in the order of the list.
    pub(super) fn by_cause(&self) -> Vec<(&Cause, Vec<&Idle>)> {
        let mut groups: Vec<(&Cause, Vec<&Idle>)> = Vec::new();
        for idle in &self.idle {
            match groups.iter_mut().find(|(cause, _)| *cause == &idle.cause) {
                Some((_, group)) => group.push(idle),
                None => groups.push((&idle.cause, vec![idle])),
            }
        }
        groups
    }
}

impl Cause {
    /// Whether AWS's tables say so, rather than say nothing.
    pub(super) fn is_certain(&self) -> bool {
        !matches!(self, Self::Unlisted(_))
    }

    /// The cause in words, for some elements.
    pub(super) fn words(&self, group: &[&Idle]) -> String {
        let mut types: Vec<&str> = group.iter().flat_map(|idle| idle.types.iter().map(String::as_str)).collect();
        types.sort_unstable();
        types.dedup();
        let (one, those) = if group.len() == 1 { ("it", "the action") } else { ("them", "the actions") };
        match self {
            Self::Resource if types.len() > 6 => format!("no resource that {those} can have is one of the statement's"),
            Self::Resource => {
                format!("a call is checked against {}, and no resource of the statement is such", named(&types))
            }
            Self::Unscoped => {
                format!("a call of {one} is checked against `*` only, which no ARN of the statement matches")
            }
            Self::Key(key) => format!("no call of {one} carries `{key}`"),
            Self::Unlisted(key) => {
                format!("AWS's tables do not list `{key}` for {one}")
            }
        }
    }

    /// How to repair it.
    pub(super) fn remedy(&self) -> &'static str {
        match self {
            Self::Resource => "name resources that the action is checked against, or `*`",
            Self::Unscoped => "put the action into a statement of its own with `\"Resource\": \"*\"`",
            Self::Key(_) | Self::Unlisted(_) => {
                "put the action into a statement of its own, with a key that its calls carry; see AWS's Service \
                 Authorization Reference"
            }
        }
    }
}

/// The conditions that fail where their key is absent.
fn asked<'s>(subject: &Subject<'_>, statement: &'s Statement) -> Vec<OnKey<'s>> {
    let mut conditions = on_keys(subject.catalog, statement);
    conditions.retain(|on_key| on_key.when_absent == Truth::False);
    conditions
}

/// Why no call of the action matches; none if one may.
fn cause(
    subject: &Subject<'_>,
    action: Action<'static>,
    resource: &mut CallResources,
    conditions: &[OnKey<'_>],
) -> Option<Cause> {
    let checks = subject.calls.of(subject.catalog, action);
    let carried: Vec<_> = conditions.iter().map(|on_key| (on_key, checks.carried(&on_key.condition.key))).collect();
    let cause_of = |check: &CallCheck| {
        let resource_type = checks.resource_type(check);
        if resource.reach(resource_type) == Truth::False {
            return Some(if resource_type.is_some() { Cause::Resource } else { Cause::Unscoped });
        }
        let lacks = |such: Carried| {
            let is_told = |on_key: &OnKey<'_>| on_key.is_listed || such == Carried::Never;
            let (on_key, _) = carried.iter().find(|(on_key, carried)| is_told(on_key) && carried(check) == such)?;
            Some(on_key.condition.key.clone())
        };
        lacks(Carried::Never).map(Cause::Key).or_else(|| lacks(Carried::Unlisted).map(Cause::Unlisted))
    };
    let causes: Option<Vec<Cause>> = checks.all().map(cause_of).collect();
    causes?.into_iter().max()
}
