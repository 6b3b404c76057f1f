//! Calls: questions that leave some facts open, and the possible calls that each of them stands for.
//!
//! This is a third account of parts K.1 and K.2, beside those of the evaluators: it makes possible calls, each with all
//! its pairs and all keys of each pair, instead of saying what holds for all of them. Everything follows from a seed,
//! and nothing is shrunk.

use proptest::prelude::*;
use scproof_catalog::{
    AccessLevel, Action, Catalog, ConditionKey, Listing, Row, ValueType, arn_forms, single_endpoint_region,
};
use scproof_evaluator::{Context, ContextValue, Request, RequestResource, ResourceInput};
use scproof_organization::Inventory;
use serde_json::{Map, Value, json};

use super::{Scenario, options};

const ACCOUNT: &str = "222222222222";
const REGION: &str = "aws:RequestedRegion";
const PARTITION: &str = "aws";

/// Actions with required types, with optional ones and with none, with keys in some rows only, with rows of two pages,
/// of all levels.
const ACTIONS: &[&str] = &[
    "ec2:RunInstances",
    "ec2:CreateVolume",
    "ec2:CreateTags",
    "ec2:DescribeInstances",
    "ec2:AttachVolume",
    "ec2:CreateInternetGateway",
    "s3:GetObject",
    "s3:PutObject",
    "s3:CreateBucket",
    "s3:GetBucketTagging",
    "s3:ListAllMyBuckets",
    "rds:CreateDBInstance",
    "events:PutEvents",
    "lambda:InvokeFunction",
    "elasticloadbalancing:CreateLoadBalancer",
    "iotsitewise:DeleteDataset",
    "kms:Decrypt",
    "sqs:SendMessage",
    "dynamodb:GetItem",
    "secretsmanager:CreateSecret",
    "a2c:StartContainerizationJob",
    "bedrock:InvokeModel",
    // Two forms of ARNs in one place.
    "greengrass:GetDeployment",
    "lex:GetBot",
];

/// Keys of the request as a whole, which a call has once, with the type of their values and whether a call may lack
/// them.
const OF_REQUEST: &[(&str, ValueType, bool)] = &[
    ("aws:SourceIp", ValueType::IpAddress, true),
    ("aws:SourceVpce", ValueType::String, true),
    ("aws:PrincipalTag/team", ValueType::String, true),
    ("aws:SecureTransport", ValueType::Bool, false),
    ("aws:UserAgent", ValueType::String, false),
    (REGION, ValueType::String, false),
];

/// Keys that a pair of some action may carry, whatever the action asked about is.
const OF_PAIRS: &[(&str, ValueType)] = &[
    ("aws:RequestTag/team", ValueType::String),
    ("aws:ResourceTag/team", ValueType::String),
    ("aws:TagKeys", ValueType::ArrayOfString),
    ("s3:prefix", ValueType::String),
    ("ec2:InstanceType", ValueType::String),
    ("custom:key", ValueType::String),
];

/// Numbers that follow from a seed.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// Begins.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % bound).unwrap_or(0)
    }

    /// True so many times of a hundred.
    fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    fn one_of<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        items.get(self.below(items.len())).copied()
    }

    fn text(&mut self, items: &[&str]) -> String {
        self.one_of(items).unwrap_or_default().to_owned()
    }
}

/// A key that the policy of a scenario may ask about.
#[derive(Debug, Clone)]
struct Key {
    name: String,
    value_type: ValueType,
    may_be_absent: bool,
    is_of_request: bool,
}

/// An organization with one policy about an action, and a question about a call of it.
#[derive(Debug, Clone)]
pub struct CallScenario {
    /// The organization.
    pub inventory: Inventory,
    /// The question.
    pub question: Request,
    /// Facts that the question leaves open, all of one possible call, to be added one after the other.
    pub facts: Vec<(String, ContextValue)>,
    keys: Vec<Key>,
    /// The resources that the policy names one by one, and all its patterns.
    named: Vec<String>,
    patterns: Vec<String>,
}

impl CallScenario {
    /// Makes one; none if chance finds no action.
    pub fn generate(chance: &mut Chance) -> Option<Self> {
        let catalog = Catalog::embedded();
        let action = action(catalog, chance)?;
        let keys = keys(action, chance);
        let inventory = inventory(action, &keys, chance)?;
        let nothing = Request::new(ACCOUNT, action.full_name());
        let patterns = resource_patterns(&inventory);
        let named = patterns.iter().filter(|text| text.starts_with("arn:") && !text.contains('*')).cloned().collect();
        Some(Self { inventory, question: nothing, facts: Vec::new(), keys, named, patterns }.another(chance))
    }

    /// Another question about a call of the same action in the same organization.
    #[must_use]
    pub fn another(&self, chance: &mut Chance) -> Self {
        let catalog = Catalog::embedded();
        let mut question = Request::new(ACCOUNT, self.question.action.clone());
        question.principal = Some(format!("arn:aws:iam::{ACCOUNT}:user/alice"));
        if let Some(action) = catalog.find_action(&question.action) {
            question.resources = given_resources(catalog.action(action), chance);
        }
        let mut all = Context::new();
        let mut facts = Vec::new();
        // A key that the tables know nowhere in the call is absent until somebody says otherwise, whose word then
        // counts (CALL-8, CALL-9): no fact that merely adds to what is known.
        let own = catalog.find_action(&question.action).map(|action| own_keys(catalog.action(action)));
        let is_listed = |name: &str| own.iter().flatten().any(|key| filled(*key).eq_ignore_ascii_case(name));
        // The Region of a service with one endpoint is known; another one is somebody's word against that (CALL-11).
        let region = single_endpoint_region(&question.action, PARTITION);
        for key in &self.keys {
            if chance.percent(30) || !(key.is_of_request || is_listed(&key.name)) {
                continue;
            }
            if region.is_some() && key.name == REGION {
                continue;
            }
            let value = open_value(key, chance);
            let mut more = all.clone();
            more.insert(key.name.clone(), value.clone());
            if keeps_laws(&more) {
                all = more;
                facts.push((key.name.clone(), value));
            }
        }
        let (given, open): (Vec<_>, Vec<_>) = facts.into_iter().partition(|_| chance.percent(50));
        for (key, value) in given {
            question.context.insert(key, value);
        }
        Self { question, facts: open, ..self.clone() }
    }

    /// The question with the first of the facts added.
    #[must_use]
    pub fn with_facts(&self, count: usize) -> Request {
        let mut question = self.question.clone();
        for (key, value) in self.facts.iter().take(count) {
            question.context.insert(key.clone(), value.clone());
        }
        question
    }

    /// One of the calls that a question of this scenario stands for, with all its resources and all keys of each of
    /// them; none if what chance chose cannot be together.
    pub fn complete(&self, question: &Request, chance: &mut Chance) -> Option<Request> {
        let catalog = Catalog::embedded();
        let action = catalog.action(catalog.find_action(&question.action)?);
        let mut common = Context::new();
        for key in self.keys.iter().filter(|key| key.is_of_request) {
            let own = single_endpoint_region(&question.action, PARTITION).filter(|_| key.name == REGION);
            let made = || own.map_or_else(|| open_value(key, chance), |own| ContextValue::Single(own.to_owned()));
            let value = told(question, &key.name).cloned().unwrap_or_else(made);
            common.insert(key.name.clone(), value);
        }
        let mut call = Request { resources: Vec::new(), context: common, ..question.clone() };
        let tendency = Tendency::of(self, chance);
        for (resource, row, region) in pairs(action, question, &tendency, chance)? {
            let mut context = Context::new();
            if let Some(region) = region {
                context.insert(REGION.to_owned(), ContextValue::Single(region));
            }
            for (key, tends) in self.keys.iter().zip(&tendency.keys).filter(|(key, _)| !key.is_of_request) {
                let pair = Pair { catalog, action, row, tends: tends.as_ref() };
                context.insert(key.name.clone(), pair.value(question, key, chance));
            }
            if !keeps_laws(&context) {
                return None;
            }
            call.resources.push(ResourceInput { resource, context });
        }
        keeps_laws(&call.context).then_some(call)
    }
}

/// Questions about calls as a scenario for both evaluators: so many, about one action each organization.
pub fn call_scenario(request_count: usize) -> BoxedStrategy<Scenario> {
    let made = (any::<u64>(), options()).prop_filter_map("no action", move |(seed, options)| {
        let mut chance = Chance::new(seed);
        let scenario = CallScenario::generate(&mut chance)?;
        let requests = (0..request_count).map(|_| scenario.another(&mut chance).question).collect();
        Some(Scenario { inventory: scenario.inventory, requests, options })
    });
    made.boxed()
}

/// IAM and STS have rules of their own.
fn action(catalog: &'static Catalog, chance: &mut Chance) -> Option<Action<'static>> {
    let listed = catalog.find_action(&chance.text(ACTIONS))?;
    let any = catalog.action_at(chance.below(catalog.action_count()))?;
    let chosen = catalog.action(if chance.percent(80) { listed } else { any });
    Some(chosen).filter(|action| !["iam", "sts"].contains(&action.service()))
}

/// Some keys: of the rows of the action, of its resource types, and of others.
fn keys(action: Action<'static>, chance: &mut Chance) -> Vec<Key> {
    let own = own_keys(action);
    let mut found: Vec<Key> = Vec::new();
    for _ in 0..=chance.below(4) {
        let key = if chance.percent(20) {
            let chosen = chance.one_of(OF_REQUEST);
            chosen.map(|(name, value_type, may_be_absent)| Key {
                name: name.to_owned(),
                value_type,
                may_be_absent,
                is_of_request: true,
            })
        } else if chance.percent(60) {
            chance.one_of(&own).map(|key| pair_key(&filled(key), key.value_type()))
        } else {
            chance.one_of(OF_PAIRS).map(|(name, value_type)| pair_key(name, value_type))
        };
        found.extend(key.filter(|key| found.iter().all(|other| !other.name.eq_ignore_ascii_case(&key.name))));
    }
    found
}

/// The keys that the tables list for an action or its types of resources, but those about the owner, which follow from
/// the resource.
fn own_keys(action: Action<'static>) -> Vec<ConditionKey<'static>> {
    let mut own = action.condition_keys();
    own.extend(action.rows().flat_map(|row| row.resource_type().keys().listed()));
    own.retain(|key| !key.is_global() && !key.name().ends_with(":ResourceAccount"));
    own
}

fn pair_key(name: &str, value_type: ValueType) -> Key {
    Key { name: name.to_owned(), value_type, may_be_absent: true, is_of_request: false }
}

/// The name of a key with something in place of its placeholder.
fn filled(key: ConditionKey<'_>) -> String {
    let name = key.name();
    let Some(start) = name.find("${").or_else(|| name.find('<')) else { return name.to_owned() };
    let (head, rest) = name.split_at(start);
    let tail = rest.split_once(['}', '>']).map_or("", |(_, tail)| tail);
    format!("{head}team{tail}")
}

fn is_tag(name: &str) -> bool {
    name.contains("Tag/")
}

fn texts(key: &Key) -> &'static [&'static str] {
    match key.value_type.element() {
        ValueType::Arn => &["arn:aws:s3:::b", "arn:aws:iam::222222222222:role/r"],
        ValueType::Bool => &["true", "false"],
        ValueType::Numeric => &["1", "2", "3"],
        ValueType::Date => &["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"],
        ValueType::IpAddress => &["10.0.0.1", "203.0.113.7"],
        ValueType::String | ValueType::ArrayOfString | ValueType::ArrayOfArn | ValueType::ArrayOfBool => {
            if key.name == "aws:TagKeys" {
                &["team", "other"]
            } else if is_tag(&key.name) {
                // CALL-23.
                &["red", "blue", ""]
            } else {
                &["a", "b", "ab"]
            }
        }
    }
}

/// A value that no policy spells out, and that lies below all bounds.
fn other_text(key: &Key) -> &'static str {
    match key.value_type.element() {
        ValueType::Arn => "arn:aws:s3:::other",
        ValueType::Bool => "true",
        ValueType::Numeric => "0",
        ValueType::Date => "2025-01-01T00:00:00Z",
        ValueType::IpAddress => "192.0.2.1",
        ValueType::String | ValueType::ArrayOfString | ValueType::ArrayOfArn | ValueType::ArrayOfBool => "third",
    }
}

/// Any state that the key can have in a pair that carries it.
fn open_value(key: &Key, chance: &mut Chance) -> ContextValue {
    if key.may_be_absent && chance.percent(25) {
        return ContextValue::Absent;
    }
    let first = if chance.percent(15) { other_text(key).to_owned() } else { chance.text(texts(key)) };
    // A key that no table knows may be a list.
    if key.value_type.is_array() || (key.name.starts_with("custom:") && chance.percent(15)) {
        let more = chance.percent(50).then(|| chance.text(texts(key)));
        return ContextValue::List(std::iter::once(first).chain(more).collect());
    }
    ContextValue::Single(first)
}

/// What a call tends to: of calls whose checks have nothing to do with each other hardly one has several that a policy
/// treats alike.
#[derive(Debug)]
struct Tendency<'a> {
    /// The resources that the policy names one by one, and all its patterns.
    named: &'a [String],
    patterns: &'a [String],
    /// Of a hundred optional resources so many are used.
    used: usize,
    /// For each key what all checks have of it, and whether those have it of which the tables do not say.
    keys: Vec<Option<(ContextValue, bool)>>,
}

impl<'a> Tendency<'a> {
    fn of(scenario: &'a CallScenario, chance: &mut Chance) -> Self {
        let is_alike = chance.percent(40);
        let mut of_key = |key: &Key| is_alike.then(|| (open_value(key, chance), chance.percent(50)));
        let keys = scenario.keys.iter().map(&mut of_key).collect();
        let used = chance.one_of(&[0, 50, 100]).unwrap_or(50);
        Self { named: &scenario.named, patterns: &scenario.patterns, used, keys }
    }

    /// A type of resource; mostly one that the policy speaks of, if there are any.
    fn row<'r>(&self, rows: &[Row<'r>], chance: &mut Chance) -> Option<Row<'r>> {
        let is_meant = |row: &&Row<'r>| {
            let pattern = row.resource_type().arn_pattern();
            arn_forms(pattern).any(|form| self.patterns.contains(&generalized(form)))
                || self.named.iter().any(|arn| fits(arn, pattern))
        };
        let meant: Vec<Row<'r>> = rows.iter().filter(is_meant).copied().collect();
        let is_any = meant.is_empty() || chance.percent(60);
        chance.one_of(if is_any { rows } else { &meant })
    }
}

fn inventory(action: Action<'_>, keys: &[Key], chance: &mut Chance) -> Option<Inventory> {
    let full = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let mut statements: Vec<Value> = (0..=chance.below(3)).filter_map(|_| statement(action, keys, chance)).collect();
    if chance.percent(70) {
        statements.push(full.clone());
    }
    let document = |statements: &Value| json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let snapshot = json!({
        "Format": "scproof-inventory/1",
        "Organization": {
            "Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111",
            "Arn": "arn:aws:organizations::111111111111:organization/o-exampleorg1"
        },
        "Roots": [{"Id": "r-ab12"}],
        "OrganizationalUnits": [],
        "Accounts": [{"Id": ACCOUNT, "ParentId": "r-ab12"}],
        "Policies": [
            {"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "Content": document(&full)},
            {"Id": "p-generated1", "Type": "SERVICE_CONTROL_POLICY", "Content": document(&json!(statements))},
        ],
        "Attachments": [
            {"TargetId": "r-ab12", "PolicyId": "p-generated1"},
            {"TargetId": ACCOUNT, "PolicyId": "p-FullAWSAccess"},
        ],
    });
    Inventory::from_json(&snapshot.to_string()).ok()
}

/// The texts about resources in the policies.
fn resource_patterns(inventory: &Inventory) -> Vec<String> {
    let documents =
        inventory.policies.iter().filter_map(|policy| serde_json::from_str::<Value>(policy.content.as_deref()?).ok());
    let mut found = Vec::new();
    let lists = |value: &Value, member: &str| value.get(member).and_then(Value::as_array).cloned().unwrap_or_default();
    for statement in documents.flat_map(|document| lists(&document, "Statement")) {
        let texts = [lists(&statement, "Resource"), lists(&statement, "NotResource")].concat();
        found.extend(texts.iter().filter_map(Value::as_str).map(str::to_owned));
    }
    found
}

fn statement(action: Action<'_>, keys: &[Key], chance: &mut Chance) -> Option<Value> {
    let actions = ["*".to_owned(), action.full_name(), format!("{}:*", action.service())];
    let rows: Vec<Row<'_>> = action.rows().collect();
    let mut resources = vec!["*".to_owned()];
    if let Some(row) = chance.one_of(&rows).filter(|_| chance.percent(55)) {
        let pattern = row.resource_type().arn_pattern();
        let forms: Vec<&str> = arn_forms(pattern).collect();
        let form = chance.one_of(&forms).unwrap_or(pattern);
        resources = vec![if chance.percent(70) { generalized(form) } else { arn_of(form, chance) }];
    }
    let negated = resources.iter().all(|pattern| pattern != "*") && chance.percent(20);
    let mut block = Map::new();
    for _ in 0..chance.below(3) {
        let Some(key) = keys.get(chance.below(keys.len())) else { continue };
        let operator = chance.text(operators(key));
        let values = if operator == "Null" {
            vec![chance.text(&["true", "false"])]
        } else {
            (0..=chance.below(2)).map(|_| policy_value(key, chance)).collect()
        };
        let keys = block.entry(operator).or_insert_with(|| json!({}));
        keys.as_object_mut()?.insert(key.name.clone(), json!(values));
    }
    let effect = if chance.percent(70) { "Deny" } else { "Allow" };
    let named = actions.get(chance.below(actions.len()))?;
    let element = if negated { "NotResource" } else { "Resource" };
    Some(json!({"Effect": effect, "Action": named, element: resources, "Condition": block}))
}

fn policy_value(key: &Key, chance: &mut Chance) -> String {
    match key.value_type.element() {
        ValueType::IpAddress => chance.text(&["10.0.0.0/8", "203.0.113.0/24"]),
        ValueType::Arn => chance.text(&["arn:aws:s3:::*", "arn:aws:iam::*:role/r", "arn:aws:s3:::b"]),
        ValueType::String
        | ValueType::ArrayOfString
        | ValueType::ArrayOfArn
        | ValueType::ArrayOfBool
        | ValueType::Bool
        | ValueType::Numeric
        | ValueType::Date => chance.text(texts(key)),
    }
}

fn operators(key: &Key) -> &'static [&'static str] {
    if key.value_type.is_array() {
        return &["ForAnyValue:StringEquals", "ForAllValues:StringEquals", "ForAnyValue:StringNotEquals", "Null"];
    }
    match key.value_type {
        ValueType::Arn => &["ArnLike", "ArnNotLike", "ArnLikeIfExists", "Null"],
        ValueType::Bool => &["Bool", "BoolIfExists", "Null"],
        ValueType::Numeric => &["NumericLessThan", "NumericNotEquals", "NumericEqualsIfExists", "Null"],
        ValueType::Date => &["DateLessThan", "DateGreaterThanIfExists", "Null"],
        ValueType::IpAddress => &["IpAddress", "NotIpAddress", "NotIpAddressIfExists", "Null"],
        ValueType::String | ValueType::ArrayOfString | ValueType::ArrayOfArn | ValueType::ArrayOfBool => &[
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIfExists",
            "StringNotEqualsIfExists",
            "StringLike",
            "Null",
        ],
    }
}

/// A pattern of a policy for all resources of a type.
fn generalized(pattern: &str) -> String {
    pieces(pattern)
        .into_iter()
        .map(|piece| if piece.starts_with("${") { "*" } else { piece })
        .collect::<String>()
        .replacen("arn:*:", "arn:aws:", 1)
}

/// The literal parts and placeholders of a text.
fn pieces(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (literal, placeholder) = rest.split_at(start);
        let length = placeholder.find('}').map_or(placeholder.len(), |end| end + 1);
        let (placeholder, after) = placeholder.split_at(length);
        found.extend([literal, placeholder].into_iter().filter(|piece| !piece.is_empty()));
        rest = after;
    }
    found.extend(Some(rest).filter(|piece| !piece.is_empty()));
    found
}

/// A resource of a type.
fn arn_of(patterns: &str, chance: &mut Chance) -> String {
    let forms: Vec<&str> = arn_forms(patterns).collect();
    let pattern = chance.one_of(&forms).unwrap_or(patterns);
    let fill = |(number, component): (usize, &str)| {
        let is_open = component.starts_with("${") || component == "*";
        match number {
            1 => "aws".to_owned(),
            2 if is_open => "vendor".to_owned(),
            3 if is_open => chance.text(&["eu-west-1", "us-east-1"]),
            4 if is_open => chance.text(&[ACCOUNT, ACCOUNT, "999999999999", "aws"]),
            5 => {
                let fill = |piece: &str| match piece.strip_prefix("${") {
                    Some(name) if name.ends_with("BucketName}") => chance.text(&["b", "logs"]),
                    Some(_) => chance.text(&["x", "y", "a/b", "a:b"]),
                    None => piece.replace('*', "z"),
                };
                pieces(component).into_iter().map(fill).collect()
            }
            _ => component.to_owned(),
        }
    };
    pattern.splitn(6, ':').enumerate().map(fill).collect::<Vec<_>>().join(":")
}

/// Whether a resource is one of a type.
fn fits(arn: &str, patterns: &str) -> bool {
    arn_forms(patterns).any(|pattern| fits_form(arn, pattern))
}

fn fits_form(arn: &str, pattern: &str) -> bool {
    let (given, wanted): (Vec<&str>, Vec<&str>) = (arn.splitn(6, ':').collect(), pattern.splitn(6, ':').collect());
    let is_account = |text: &str| text == "aws" || (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()));
    given.len() == wanted.len()
        && given.iter().zip(&wanted).enumerate().all(|(number, (given, wanted))| {
            let is_open = wanted.starts_with("${") || *wanted == "*";
            match number {
                1 => *given == "aws",
                2 | 3 if is_open => !given.is_empty(),
                4 if is_open => is_account(given),
                5 => name_fits(given, &pieces(wanted)),
                _ => given == wanted,
            }
        })
}

fn name_fits(given: &str, wanted: &[&str]) -> bool {
    let Some((first, rest)) = wanted.split_first() else { return given.is_empty() };
    let is_of_bucket = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_');
    let after = |end: usize| given.get(end..).is_some_and(|tail| name_fits(tail, rest));
    match first.strip_prefix("${") {
        Some(name) => (1..=given.len()).any(|end| {
            let is_allowed =
                given.get(..end).is_some_and(|text| !name.ends_with("BucketName}") || text.chars().all(is_of_bucket));
            is_allowed && after(end)
        }),
        None => match first.split_once('*') {
            // AWS writes a star for some names.
            Some((head, tail)) => given.strip_prefix(head).is_some_and(|after_head| {
                (1..=after_head.len()).any(|end| {
                    let rest_of_piece: Vec<&str> = std::iter::once(tail).filter(|it| !it.is_empty()).collect();
                    after_head
                        .get(end..)
                        .is_some_and(|text| name_fits(text, &[rest_of_piece.as_slice(), rest].concat()))
                })
            }),
            None => given.strip_prefix(first).is_some_and(|tail| name_fits(tail, rest)),
        },
    }
}

/// Whether a call may be checked against no resource at all.
fn may_be_without(action: Action<'_>) -> bool {
    let mut rows = action.rows().peekable();
    rows.peek().is_none() || (action.service() != "s3" && rows.all(|row| !row.is_required()))
}

fn given_resources(action: Action<'_>, chance: &mut Chance) -> Vec<ResourceInput> {
    let input = |resource| ResourceInput { resource, context: Context::new() };
    let rows: Vec<Row<'_>> = action.rows().collect();
    if chance.percent(40) {
        return Vec::new();
    }
    if may_be_without(action) && (rows.is_empty() || chance.percent(20)) {
        return vec![input(RequestResource::NotScoped)];
    }
    let whole = chance.percent(60);
    let mut chosen: Vec<Row<'_>> = rows.iter().copied().filter(|row| whole && row.is_required()).collect();
    chosen.extend(chance.one_of(&rows).filter(|row| chosen.is_empty() || !row.is_required()));
    let arn = |row: Row<'_>| input(RequestResource::Arn(arn_of(row.resource_type().arn_pattern(), chance)));
    chosen.into_iter().map(arn).collect()
}

/// A resource with its row, and its Region where it is not that of the call.
type Made<'a> = (RequestResource, Option<Row<'a>>, Option<String>);

/// The pairs of one possible call: CALL-2 to CALL-5.
fn pairs<'a>(
    action: Action<'a>,
    question: &Request,
    tendency: &Tendency<'_>,
    chance: &mut Chance,
) -> Option<Vec<Made<'a>>> {
    let rows: Vec<Row<'a>> = action.rows().collect();
    let has_required = rows.iter().any(|row| row.is_required());
    let mut found: Vec<Made<'a>> = Vec::new();
    let mut covered: Vec<&str> = Vec::new();
    for input in &question.resources {
        if let RequestResource::Arn(arn) = &input.resource {
            let fitting: Vec<Row<'a>> =
                rows.iter().copied().filter(|row| fits(arn, row.resource_type().arn_pattern())).collect();
            covered.extend(fitting.iter().map(|row| row.resource_type().name()));
            found.push((input.resource.clone(), Some(chance.one_of(&fitting)?), None));
        } else {
            found.push((RequestResource::NotScoped, None, None));
        }
    }
    // Chance alone would hardly ever meet a resource that the policy names.
    let arn = |row: Row<'a>, chance: &mut Chance| {
        let pattern = row.resource_type().arn_pattern();
        let fitting: Vec<&String> = tendency.named.iter().filter(|arn| fits(arn, pattern)).collect();
        let one = chance.one_of(&fitting).filter(|_| chance.percent(30)).cloned();
        RequestResource::Arn(one.unwrap_or_else(|| arn_of(pattern, chance)))
    };
    let mut made = |row: Row<'a>, chance: &mut Chance| found.push((arn(row, chance), Some(row), None));
    let is_open = question.resources.is_empty();
    for row in &rows {
        let missing = row.is_required() && !covered.contains(&row.resource_type().name());
        if missing || (is_open && has_required && !row.is_required() && chance.percent(tendency.used)) {
            made(*row, chance);
        }
    }
    if is_open && !has_required {
        match tendency.row(&rows, chance).filter(|_| !may_be_without(action) || chance.percent(70)) {
            Some(row) => made(row, chance),
            None => found.push((RequestResource::NotScoped, None, None)),
        }
    }
    // SP-56: a model in the Region that the call is passed on to.
    let model = rows.iter().find(|row| row.resource_type().name() == "foundation-model");
    if let Some(model) = model.filter(|_| is_open && action.name().starts_with("InvokeModel") && chance.percent(50)) {
        found.push((arn(*model, chance), Some(*model), Some(chance.text(&["eu-west-1", "us-east-1", "x"]))));
    }
    Some(found)
}

/// One pair of a possible call.
#[derive(Clone, Copy)]
struct Pair<'a> {
    catalog: &'a Catalog,
    action: Action<'a>,
    row: Option<Row<'a>>,
    /// What the call tends to have of the key.
    tends: Option<&'a (ContextValue, bool)>,
}

impl Pair<'_> {
    /// A state that the key can have in this pair: CALL-7 to CALL-9.
    fn value(&self, question: &Request, key: &Key, chance: &mut Chance) -> ContextValue {
        let told = told(question, &key.name);
        if self.carries(&key.name, told.is_some(), chance) {
            let tends = self.tends.map(|(value, _)| value);
            told.or(tends).cloned().unwrap_or_else(|| open_value(key, chance))
        } else {
            ContextValue::Absent
        }
    }

    /// Whether the pair has the key, or may have it; where the tables do not say, chance does.
    fn carries(&self, name: &str, is_told: bool, chance: &mut Chance) -> bool {
        let Some(key) = self.catalog.condition_key(name) else { return is_told || self.perhaps(chance) };
        match self.action.keys().listing(key) {
            Listing::Listed => return true,
            Listing::Unsure if self.perhaps(chance) => return true,
            Listing::Unsure | Listing::Lacking => {}
        }
        let of_whole = self.action.keys().listing(key) == Listing::Unsure;
        if let Some(carried) = self.by(|row| row.keys().listing(key), true, chance) {
            return carried;
        }
        if of_whole {
            return false;
        }
        let lower = name.to_ascii_lowercase();
        let is_of_request = lower.starts_with("aws:requesttag/") || lower == "aws:tagkeys";
        let reads = matches!(self.action.access_level(), AccessLevel::List | AccessLevel::Read);
        if !is_told && is_of_request {
            return !reads;
        }
        if !is_told && lower.starts_with("aws:resourcetag/") {
            return true;
        }
        // What a type has in general others may have too, until somebody says that the call has it.
        if let Some(carried) = self.by(|row| row.resource_type().keys().listing(key), is_told, chance) {
            return carried;
        }
        let prefix = lower.split_once(':').map_or("", |(prefix, _)| prefix);
        let is_foreign = prefix != "aws" && prefix != self.action.service() && self.catalog.service(prefix).is_some();
        is_told || !is_foreign
    }

    /// Where the tables do not say.
    fn perhaps(&self, chance: &mut Chance) -> bool {
        self.tends.map_or_else(|| chance.percent(50), |(_, carries)| *carries)
    }

    /// None if no row says anything. `settles`: what is listed elsewhere is not here.
    fn by(&self, listing: impl Fn(Row<'_>) -> Listing, settles: bool, chance: &mut Chance) -> Option<bool> {
        let all: Vec<Listing> = self.action.rows().map(&listing).collect();
        if all.iter().all(|one| *one == Listing::Lacking) {
            return None;
        }
        Some(match self.row.map(listing) {
            Some(Listing::Listed) => true,
            Some(Listing::Unsure) => self.perhaps(chance),
            Some(Listing::Lacking) => !settles && self.perhaps(chance),
            None => (!settles || !all.contains(&Listing::Lacking)) && self.perhaps(chance),
        })
    }
}

fn told<'r>(question: &'r Request, name: &str) -> Option<&'r ContextValue> {
    question.context.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// LAW-1 and LAW-3: whether these facts can be of one call.
fn keeps_laws(context: &Context) -> bool {
    let state = |name: &str| context.iter().find(|(key, _)| *key == name).map(|(_, value)| value);
    let is_there = |value: &ContextValue| *value != ContextValue::Absent;
    let network = match (state("aws:SourceIp").map(is_there), state("aws:SourceVpce").map(is_there)) {
        (Some(address), Some(endpoint)) => address != endpoint,
        _ => true,
    };
    let names_team =
        |value: &ContextValue| matches!(value, ContextValue::List(tags) if tags.iter().any(|tag| tag == "team"));
    let tags = match (state("aws:RequestTag/team").map(is_there), state("aws:TagKeys").map(names_team)) {
        (Some(true), Some(named)) => named,
        _ => true,
    };
    network && tags
}
