//! Calls that a statement matches, made up from what it says and confirmed by the evaluator.

use scproof_evaluator::{
    ContextValue, Decision, Explanation, Request, RequestResource, StatementRef, Truth, truth_when_absent,
};
use scproof_organization::{NodeId, PolicyIndex};
use scproof_policy_parser::{
    ActionShape, BaseOperator, Condition, Effect, OperatorFamily, Statement, Template, TemplatePart, WildcardPattern,
};

use super::index::Index;
use crate::model::Witness;

/// A name that no organization gives a role; a caller that nobody exempts.
pub(super) const SOMEBODY: [&str; 3] = ["somebody", "n0body-special", "zzz.example"];
/// How many calls are tried for one statement.
const TRIES: usize = 24;
/// How many actions, and resources, and values of one key, are tried.
const CHOICES: usize = 4;
/// Actions for statements that say only which they do not mean.
const ORDINARY_ACTIONS: [&str; 8] = [
    "ec2:RunInstances",
    "lambda:CreateFunction",
    "dynamodb:DeleteTable",
    "s3:PutObject",
    "iam:CreateUser",
    "sqs:SendMessage",
    "rds:DeleteDBInstance",
    "kms:ScheduleKeyDeletion",
];
/// Keys that follow from account, caller and organization: a witness never contradicts them.
const DERIVED: [&str; 10] = [
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalisawsservice",
    "aws:principaltype",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
];

/// What a call must have.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    /// The caller; an ordinary role if none is given.
    pub(super) principal: Option<String>,
    /// States of keys.
    pub(super) keys: Vec<(String, ContextValue)>,
}

impl Wanted {
    pub(super) fn with(mut self, key: &str, value: ContextValue) -> Self {
        self.keys.push((key.to_owned(), value));
        self
    }

    fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|(given, _)| given.eq_ignore_ascii_case(key))
    }
}

/// A role of an account that is like any other.
pub(super) fn role(index: &Index<'_>, account: NodeId, name: &str) -> String {
    format!("arn:{}:iam::{}:role/{name}", index.partition(), index.organization.node(account).target.as_str())
}

/// A call of an account that the statement certainly matches and that the verdict rests on: denied explicitly by a
/// Deny, passing by an Allow. None if none was found; there may be some all the same.
pub(super) fn matching(
    index: &Index<'_>,
    policy: PolicyIndex,
    number: usize,
    account: NodeId,
    wanted: &Wanted,
) -> Option<Witness> {
    let document = &index.organization.policy(policy).document;
    let statement = document.statements.get(number)?;
    let maker = Maker { index, account, variables: document.version.has_variables(), wanted };
    let mut tries = TRIES;
    let contexts = maker.contexts(statement)?;
    for action in maker.actions(statement) {
        for resource in maker.resources(statement, &action) {
            for context in &contexts {
                tries = tries.checked_sub(1)?;
                let mut request =
                    Request::new(index.organization.node(account).target.as_str(), action.as_str()).beyond_catalog();
                request.principal.clone_from(&wanted.principal);
                if let Some(arn) = &resource {
                    request = request.with_resource(RequestResource::Arn(arn.clone()));
                }
                for (key, value) in wanted.keys.iter().chain(context) {
                    request.context.insert(key.as_str(), value.clone());
                }
                if let Some(witness) = confirmed(index, policy, number, statement, request) {
                    return Some(witness);
                }
            }
        }
    }
    None
}

/// The witness, if the verdict rests on the statement. For an Allow unknown keys are taken as absent where that
/// decides.
fn confirmed(
    index: &Index<'_>,
    policy: PolicyIndex,
    number: usize,
    statement: &Statement,
    mut request: Request,
) -> Option<Witness> {
    let is_it = |found: &StatementRef| found.policy == policy && found.statement == number;
    let explain = |request: &Request| Some(index.compiled.explain(&index.compiled.prepare(request).ok()?));
    let holds = |explanation: &Explanation| match statement.effect {
        Some(Effect::Deny) => {
            explanation.decision == Decision::ExplicitDeny && explanation.determining.iter().any(is_it)
        }
        Some(Effect::Allow) => {
            explanation.decision == Decision::Allowed
                && explanation
                    .levels
                    .iter()
                    .any(|level| level.allowed_by.iter().any(is_it) && level.allowed_by.iter().all(is_it))
        }
        None => false,
    };
    // Deciding is cheaper than explaining.
    let decision = index.compiled.ask(&request).ok()?;
    let fits = matches!(
        (statement.effect, decision),
        (Some(Effect::Deny), Decision::ExplicitDeny) | (Some(Effect::Allow), Decision::Allowed)
    );
    if fits && holds(&explain(&request)?) {
        return Some(Witness { request, decision });
    }
    if statement.effect == Some(Effect::Allow) && decision == Decision::Unknown {
        request.closed_context = true;
        let explanation = explain(&request)?;
        return holds(&explanation).then_some(Witness { request, decision: explanation.decision });
    }
    None
}

struct Maker<'a> {
    index: &'a Index<'a>,
    account: NodeId,
    /// Whether policy variables are live.
    variables: bool,
    wanted: &'a Wanted,
}

impl Maker<'_> {
    fn account_id(&self) -> &str {
        self.index.organization.node(self.account).target.as_str()
    }

    /// Actions that the statement means.
    fn actions(&self, statement: &Statement) -> Vec<String> {
        let Some(element) = &statement.action else { return Vec::new() };
        let lower = |text: &str| text.to_ascii_lowercase();
        let matches = |action: &str| {
            element.patterns.iter().any(|pattern| {
                pattern.shape() == ActionShape::Any
                    || WildcardPattern::flat(&lower(&pattern.text)).is_match(&lower(action))
            })
        };
        if element.negated || element.patterns.iter().any(|pattern| pattern.shape() == ActionShape::Any) {
            let actions = ORDINARY_ACTIONS.iter().filter(|action| matches(action) != element.negated);
            return actions.take(CHOICES).map(|action| (*action).to_owned()).collect();
        }
        let catalog = self.index.catalog;
        let mut actions = Vec::new();
        for pattern in &element.patterns {
            let ActionShape::Named { prefix, name } = pattern.shape() else { continue };
            if !name.contains(['*', '?']) {
                actions.push(pattern.text.clone());
            } else if let Some(service) = catalog.service(prefix) {
                let pattern = WildcardPattern::flat(&lower(name));
                let mut known = catalog.actions_of(service).iter().map(|id| catalog.action(id));
                actions.extend(
                    known.find(|action| pattern.is_match(action.lower_name())).map(scproof_catalog::Action::full_name),
                );
            }
            if actions.len() == CHOICES {
                break;
            }
        }
        actions
    }

    /// Resources that the statement means; none: any.
    fn resources(&self, statement: &Statement, action: &str) -> Vec<Option<String>> {
        let Some(element) = &statement.resource else { return Vec::new() };
        if !element.negated && element.patterns.iter().any(|pattern| pattern.text == "*") {
            return vec![None];
        }
        if element.negated {
            return self.resources_of(action).into_iter().map(Some).take(CHOICES).collect();
        }
        element
            .patterns
            .iter()
            .filter_map(|pattern| Some(self.owned(&self.fill(&pattern.text, true, "x")?)))
            .take(CHOICES)
            .map(Some)
            .collect()
    }

    /// Resources of the types that an action touches.
    fn resources_of(&self, action: &str) -> Vec<String> {
        let catalog = self.index.catalog;
        let types = catalog
            .find_action(action)
            .map(|id| catalog.action(id))
            .into_iter()
            .flat_map(scproof_catalog::Action::resource_types);
        types
            .map(|(kind, _)| {
                let mut text = String::new();
                let mut rest = kind.arn_patterns().next().unwrap_or_default();
                while let Some((before, after)) = rest.split_once("${") {
                    let (name, tail) = after.split_once('}').unwrap_or((after, ""));
                    text.push_str(before);
                    text.push_str(match name {
                        "Partition" => self.index.partition(),
                        "Account" => self.account_id(),
                        "Region" => "eu-west-1",
                        _ => "scproof-example",
                    });
                    rest = tail;
                }
                text + rest
            })
            .filter(|arn| arn.starts_with("arn:") && arn.split(':').count() >= 6 && !arn.contains('*'))
            .collect()
    }

    /// A text that a pattern matches, with the account where a component of an ARN is a placeholder.
    fn owned(&self, text: &str) -> String {
        let mut parts: Vec<&str> = text.splitn(6, ':').collect();
        if parts.len() == 6 && parts.first() == Some(&"arn") {
            let fixed = [(1, self.index.partition()), (3, "eu-west-1"), (4, self.account_id())];
            for (position, value) in fixed {
                if let Some(part) = parts.get_mut(position).filter(|part| **part == "x") {
                    *part = value;
                }
            }
        }
        parts.join(":")
    }

    /// Replaces wildcards and variables; None if a variable has no value to be known.
    fn fill(&self, text: &str, wildcards: bool, run: &str) -> Option<String> {
        let mut filled = String::new();
        for part in Template::parse(text, self.variables, wildcards).parts {
            match part {
                TemplatePart::Literal(text) => filled.push_str(&text),
                TemplatePart::Run => filled.push_str(run),
                TemplatePart::One => filled.push('x'),
                TemplatePart::Escape(character) => filled.push(character),
                TemplatePart::Variable { key, .. } => match key.to_ascii_lowercase().as_str() {
                    "aws:principalaccount" => filled.push_str(self.account_id()),
                    "aws:principalorgid" => filled.push_str(self.index.organization.id().as_str()),
                    _ => return None,
                },
                TemplatePart::Malformed(_) => return None,
            }
        }
        Some(filled)
    }

    /// Contexts under which the conditions may all hold, besides what is wanted.
    fn contexts(&self, statement: &Statement) -> Option<Vec<Vec<(String, ContextValue)>>> {
        let mut choices: Vec<(String, Vec<ContextValue>)> = Vec::new();
        for condition in statement.condition.as_ref()? {
            let folded = condition.key.to_ascii_lowercase();
            if self.wanted.has(&folded) || DERIVED.contains(&folded.as_str()) {
                continue;
            }
            let values = self.values(condition);
            match choices.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case(&folded)) {
                Some((_, known)) => known.extend(values),
                None => choices.push((condition.key.clone(), values)),
            }
        }
        let mut contexts = vec![Vec::new()];
        for (key, mut values) in choices {
            values.dedup();
            values.truncate(CHOICES);
            contexts = contexts
                .iter()
                .flat_map(|context: &Vec<(String, ContextValue)>| {
                    values.iter().map(|value| {
                        let mut context = context.clone();
                        context.push((key.clone(), value.clone()));
                        context
                    })
                })
                .take(TRIES)
                .collect();
        }
        Some(contexts)
    }

    /// Values of a key for which a condition may hold.
    fn values(&self, condition: &Condition) -> Vec<ContextValue> {
        let (Some(operator), Some(values)) = (condition.operator, &condition.values) else { return Vec::new() };
        let family = operator.base.family();
        if family == OperatorFamily::Null {
            let asks_absent = truth_when_absent(condition) == Truth::True;
            return vec![if asks_absent { ContextValue::Absent } else { ContextValue::Single("x".to_owned()) }];
        }
        let mut texts: Vec<String> = if operator.base.is_negated() {
            self.others(family, condition)
        } else {
            values.iter().take(2).filter_map(|value| self.fitting(operator.base, &value.text)).collect()
        };
        texts.dedup();
        let several = operator.set.is_some()
            && self
                .index
                .catalog
                .condition_key(&condition.key)
                .is_none_or(scproof_catalog::ConditionKey::is_multivalued);
        let mut states: Vec<ContextValue> = texts
            .into_iter()
            .map(|text| if several { ContextValue::List(vec![text]) } else { ContextValue::Single(text) })
            .collect();
        if truth_when_absent(condition) == Truth::True {
            states.push(ContextValue::Absent);
        }
        states
    }

    /// A value that a positive operator takes.
    fn fitting(&self, base: BaseOperator, text: &str) -> Option<String> {
        let number = |step: f64| text.parse::<f64>().ok().map(|number| (number + step).to_string());
        #[expect(clippy::wildcard_enum_match_arm, reason = "all others take the value itself")]
        match base {
            BaseOperator::StringLike | BaseOperator::ArnLike | BaseOperator::ArnEquals => {
                Some(self.owned(&self.fill(text, true, "x")?))
            }
            BaseOperator::NumericLessThan => number(-1.0),
            BaseOperator::NumericGreaterThan => number(1.0),
            BaseOperator::DateLessThan => Some("2001-01-01T00:00:00Z".to_owned()),
            BaseOperator::DateGreaterThan => Some("2100-01-01T00:00:00Z".to_owned()),
            BaseOperator::IpAddress => text.split('/').next().map(str::to_owned),
            _ => self.fill(text, false, ""),
        }
    }

    /// Values that a negated operator probably takes; the evaluator says which.
    fn others(&self, family: OperatorFamily, condition: &Condition) -> Vec<String> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "text will do for all others")]
        let texts: &[&str] = match family {
            OperatorFamily::IpAddress => &["203.0.113.200", "192.0.2.1", "2001:db8:ffff::1"],
            OperatorFamily::Numeric => &["0", "1000000007"],
            OperatorFamily::Date => &["2001-01-01T00:00:00Z", "2100-01-01T00:00:00Z"],
            OperatorFamily::Arn => return vec![role(self.index, self.account, "scproof-example")],
            _ if condition.key.eq_ignore_ascii_case("aws:RequestedRegion") => {
                &["us-east-1", "ap-southeast-2", "sa-east-1"]
            }
            _ if condition.key.to_ascii_lowercase().ends_with("orgid") => &["o-0123456789"],
            _ => &["scproof-example"],
        };
        texts.iter().map(|text| (*text).to_owned()).collect()
    }
}
