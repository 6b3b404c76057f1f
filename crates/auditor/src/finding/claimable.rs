//! Exemptions that somebody who is not exempt can give themselves: by creating a role of that name, or by setting the
//! tag.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use scproof_evaluator::{Context, ContextValue, Decision, Predicate, Request, RequestResource};
use scproof_organization::NodeId;
use scproof_policy_parser::{
    ActionElement, ActionPattern, ActionShape, Condition, Effect, ResourceElement, ResourcePattern, Statement,
    WildcardPattern,
};

use super::exemption::{Exempting, Exemption, PRINCIPAL_ARN, PRINCIPAL_TAG, USERNAME, filled};
use super::index::{Draft, Index, quoted};
use super::request::{SOMEBODY, Wanted, matching, role};
use crate::Risk;
use crate::model::{Evidence, Finding, Witness};

/// How many accounts of a class are asked one by one where policies name accounts.
const ASKED: usize = 16;
/// Actions by which a caller becomes exempt, lower case.
const ACTIONS: [&str; 7] = [
    "iam:createrole",
    "iam:updateassumerolepolicy",
    "iam:createuser",
    "iam:createaccesskey",
    "iam:tagrole",
    "iam:taguser",
    "sts:tagsession",
];
/// Keys whose values differ from account to account, besides `aws:PrincipalArn`.
const ACCOUNT_KEYS: [&str; 6] = [
    "aws:principalaccount",
    "aws:principalorgpaths",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "aws:userid",
];

/// Accounts whose calls of these actions SCPs treat alike.
struct Class {
    accounts: Vec<NodeId>,
    /// Whether policies on the path name accounts, so that the answer for one is not that for all.
    names_accounts: bool,
}

/// One way to become exempt, in one account.
struct Claim {
    /// What somebody does, in words.
    words: String,
    witness: Witness,
    /// For an open one the condition.
    depends_on: Option<Predicate>,
}

pub(super) fn findings(index: &Index<'_>, exemptions: &[Exempting]) -> Vec<Finding> {
    let mut uses: BTreeMap<String, Vec<(&Exempting, &Exemption)>> = BTreeMap::new();
    for exempting in exemptions {
        for exemption in exempting.list.iter().filter(|exemption| !exemption.is_dead()) {
            uses.entry(exemption.name()).or_default().push((exempting, exemption));
        }
    }
    if uses.is_empty() {
        return Vec::new();
    }
    let classes = classes(index);
    uses.into_iter().filter_map(|(name, uses)| finding(index, &classes, &name, &uses)).collect()
}

fn finding(index: &Index<'_>, classes: &[Class], name: &str, uses: &[(&Exempting, &Exemption)]) -> Option<Finding> {
    let &(first, exemption) = uses.first()?;
    let is_claimed = [PRINCIPAL_ARN, USERNAME].contains(&exemption.key.as_str()) || exemption.is_tag();
    if !is_claimed || is_reserved(exemption) {
        return None;
    }
    let mut targets: Vec<NodeId> =
        uses.iter().flat_map(|(exempting, _)| index.targets(exempting.policy)).copied().collect();
    targets.sort_unstable();
    targets.dedup();
    let mut concerned = vec![false; index.organization.node_count()];
    for node in targets.iter().flat_map(|&target| index.organization.subtree(target)) {
        if let Some(flag) = concerned.get_mut(node.index()) {
            *flag = true;
        }
    }

    // Passing and open claims: the accounts, and the first claim.
    let mut found: [(Vec<NodeId>, Option<Claim>); 2] = [(Vec::new(), None), (Vec::new(), None)];
    for class in classes {
        let accounts: Vec<NodeId> =
            class.accounts.iter().copied().filter(|account| concerned.get(account.index()) == Some(&true)).collect();
        let asked = if class.names_accounts { ASKED } else { 1 };
        for &account in accounts.iter().take(asked) {
            let Some(claim) = claim(index, exemption, account) else { continue };
            let [passing, open] = &mut found;
            let (list, kept) = if claim.witness.decision == Decision::Allowed { passing } else { open };
            if class.names_accounts {
                list.push(account);
            } else {
                list.extend(&accounts);
            }
            kept.get_or_insert(claim);
        }
    }
    let [passing, open] = found;
    let (accounts, Some(claim)) = (if passing.1.is_some() { passing } else { open }) else { return None };
    Some(draft(index, name, uses, first, exemption, &accounts, claim, targets)).and_then(|draft| {
        let mut accounts: Vec<NodeId> =
            accounts.iter().copied().filter(|&account| index.is_in_scope(account)).collect();
        index.sort(&mut accounts);
        draft.finish(index, accounts)
    })
}

#[expect(clippy::too_many_arguments, reason = "all that one finding is made of; each is needed once")]
fn draft(
    index: &Index<'_>,
    name: &str,
    uses: &[(&Exempting, &Exemption)],
    first: &Exempting,
    exemption: &Exemption,
    accounts: &[NodeId],
    claim: Claim,
    targets: Vec<NodeId>,
) -> Draft {
    let text = quoted(&exemption.text);
    let who = if exemption.key == PRINCIPAL_ARN { text.clone() } else { format!("`{}` = {text}", exemption.key_text) };
    let is_open = claim.depends_on.is_some();
    let can = if is_open { "may be able to" } else { "can" };
    let statements = match uses.len() {
        1 => "a Deny statement".to_owned(),
        several => format!("{several} Deny statements"),
    };
    let message = format!("{who} is exempt from {statements}, and somebody who is not {can} {}", claim.words);
    // A call that the exemption is about: denied to the one who claims it.
    let denied = accounts.first().and_then(|&account| {
        let wanted = claimant(index, exemption, account)?;
        let path = index.organization.inheritance_path(account);
        let applies = |policy| index.targets(policy).iter().any(|target| path.contains(target));
        uses.iter()
            .filter(|(exempting, _)| applies(exempting.policy))
            .take(4)
            .find_map(|(exempting, _)| matching(index, exempting.policy, exempting.statement, account, &wanted))
    });
    let (risk, words) = match (is_open, &denied) {
        (false, Some(_)) => (Risk::High, "the first call is denied by a statement with the exemption; the second, by which the same caller becomes exempt, passes".to_owned()),
        (false, None) => (Risk::Medium, "the call by which a caller becomes exempt passes".to_owned()),
        (true, _) => (Risk::Medium, "whether the last call, by which a caller becomes exempt, passes depends on more".to_owned()),
    };
    let path = exemption.path(index, first.policy, first.statement);
    let mut place = index.place_at(first.policy, first.statement, &path);
    place.targets = targets;
    let remedy = if exemption.key == PRINCIPAL_ARN {
        format!(
            "deny `iam:CreateRole`, `iam:UpdateAssumeRolePolicy` and other changes of {text} to everybody but those who manage it"
        )
    } else if exemption.key == USERNAME {
        format!(
            "deny `iam:CreateUser` and `iam:CreateAccessKey` for the user {text} to everybody but those who manage it"
        )
    } else {
        format!(
            "deny `iam:TagRole`, `iam:TagUser` and `sts:TagSession` with `aws:RequestTag/{}` to everybody but those who manage \
             it; `aws:TagKeys` tells upper from lower case, and names of tags do not",
            exemption.key_text.split_once('/').map_or("", |(_, tag)| tag)
        )
    };
    Draft::new("claimable-exemption", name, risk, message)
        .why("the Deny stops nobody who may create roles or set tags: what it protects is as weak as that", remedy)
        .place(place)
        .evidence(match (claim.depends_on, denied.into_iter().chain([claim.witness]).collect()) {
            (None, calls) => Evidence::Witness(words, calls),
            (Some(condition), calls) => Evidence::Condition(words, condition, calls),
        })
}

/// Names that only AWS gives: the paths of service-linked roles and of Identity Center, and their names (EXM-6,
/// CTX-61).
fn is_reserved(exemption: &Exemption) -> bool {
    if exemption.key != PRINCIPAL_ARN {
        return false;
    }
    let resource = exemption.normal.splitn(6, ':').nth(5).unwrap_or(&exemption.normal);
    let path = resource.strip_prefix("role/").unwrap_or(resource);
    let last = resource.rsplit('/').next().unwrap_or_default();
    ["aws-reserved/", "aws-service-role/"].iter().any(|reserved| path.starts_with(reserved))
        || ["AWSReservedSSO_", "AWSServiceRole"].iter().any(|reserved| last.starts_with(reserved))
}

/// Somebody who is not exempt.
fn claimant(index: &Index<'_>, exemption: &Exemption, account: NodeId) -> Option<Wanted> {
    if exemption.key == USERNAME {
        // A role has no name of a user.
        return Some(Wanted { principal: Some(role(index, account, SOMEBODY[0])), keys: Vec::new() });
    }
    if exemption.key != PRINCIPAL_ARN {
        let wanted = Wanted { principal: Some(role(index, account, SOMEBODY[0])), keys: Vec::new() };
        return Some(wanted.with(&exemption.key_text, ContextValue::Absent));
    }
    let language = exemption.language();
    let normal = |name: &str| format!("arn:*:iam::*:role/{name}");
    let fits = |name: &&&str| !language.is_match(&role(index, account, name)) && !language.is_match(&normal(name));
    let name = SOMEBODY.iter().find(fits)?;
    Some(Wanted { principal: Some(role(index, account, name)), keys: Vec::new() })
}

/// The best way for somebody to become exempt: one that passes, else one that is open.
fn claim(index: &Index<'_>, exemption: &Exemption, account: NodeId) -> Option<Claim> {
    let wanted = claimant(index, exemption, account)?;
    let id = index.organization.node(account).target.as_str();
    let mut open = None;
    for (action, resource, words, mut context) in ways(index, exemption, account)? {
        for (key, value) in &wanted.keys {
            context.insert(key.as_str(), value.clone());
        }
        let mut request = Request::new(id, action)
            .beyond_catalog()
            .with_resource(RequestResource::Arn(resource))
            .with_context(context);
        request.principal.clone_from(&wanted.principal);
        // As it is; then with what every ordinary call has, or anybody can have.
        let ordinary =
            [("aws:ViaAWSService", "false"), ("aws:SecureTransport", "true"), ("aws:MultiFactorAuthPresent", "true")];
        for more in [&[][..], &ordinary[..]] {
            let mut request = request.clone();
            for (key, value) in more {
                request.context.insert(*key, ContextValue::Single((*value).to_owned()));
            }
            let Ok(query) = index.compiled.prepare(&request) else { continue };
            match index.compiled.decide(&query) {
                Decision::Allowed => {
                    let witness = Witness { request, decision: Decision::Allowed };
                    return Some(Claim { words, witness, depends_on: None });
                }
                Decision::Unknown if open.is_none() && more.is_empty() => {
                    let depends_on = index.compiled.explain(&query).depends_on.unwrap_or(Predicate::ALWAYS);
                    let witness = Witness { request, decision: Decision::Unknown };
                    open = Some(Claim { words: words.clone(), witness, depends_on: Some(depends_on) });
                }
                Decision::Unknown => {}
                Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny | Decision::NotApplicable => break,
            }
        }
    }
    open
}

type Way = (&'static str, String, String, Context);

/// Calls by which somebody becomes exempt.
fn ways(index: &Index<'_>, exemption: &Exemption, account: NodeId) -> Option<Vec<Way>> {
    if let Some(tag) = exemption.key_text.get(PRINCIPAL_TAG.len()..).filter(|_| exemption.is_tag()) {
        let value = if exemption.is_pattern { filled(&exemption.normal, "x") } else { exemption.normal.clone() };
        let role = role(index, account, SOMEBODY[0]);
        let user = role.replacen(":role/", ":user/", 1);
        let ways = spellings(tag).into_iter().flat_map(|spelling| {
            let name = format!("aws:RequestTag/{spelling}");
            let context = Context::new().with(name, value.as_str()).with_list("aws:TagKeys", [spelling.as_str()]);
            let also = if spelling == tag { String::new() } else { format!(", which is `{tag}`, too,") };
            let words = move |what: &str| format!("give the tag `{spelling}`{also} to {what}");
            [
                ("iam:TagRole", role.clone(), words("a role"), context.clone()),
                ("iam:TagUser", user.clone(), words("a user"), context.clone()),
                ("sts:TagSession", role.clone(), words("a session"), context),
            ]
        });
        return Some(ways.collect());
    }
    let mut ways = Vec::new();
    for run in ["", "x", "scproof-example"] {
        let arn = exemption.caller(index, account, run)?.principal?;
        let (_, name) = arn.split_once(':').map(|_| arn.split_at(arn.rfind(':').map_or(0, |at| at + 1)))?;
        let is_name = name.rsplit('/').next().is_some_and(|last| {
            !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte))
        });
        let steps: &[(&str, &str)] = if !is_name {
            &[]
        } else if name.starts_with("role/") {
            &[("iam:CreateRole", "create the role"), ("iam:UpdateAssumeRolePolicy", "take over the role")]
        } else if name.starts_with("user/") {
            &[("iam:CreateUser", "create the user"), ("iam:CreateAccessKey", "take over the user")]
        } else {
            &[]
        };
        for (action, words) in steps {
            let way: Way = (action, arn.clone(), format!("{words} {}", quoted(name)), Context::new());
            if !ways.iter().any(|(known, other, ..): &Way| known == action && *other == arn) {
                ways.push(way);
            }
        }
    }
    // Creating is what anybody can do; taking over needs a role that is there.
    ways.sort_by_key(|(action, ..)| !action.starts_with("iam:Create") || action.ends_with("Key"));
    Some(ways)
}

/// A tag's key as it is, and in other spellings: a key of the caller's tags is found in any case, while `aws:TagKeys`
/// compares texts (COND-5).
fn spellings(tag: &str) -> Vec<String> {
    let mut first = tag.chars();
    let capital = first.next().map(|letter| letter.to_ascii_uppercase().to_string() + first.as_str());
    let mut all = vec![tag.to_owned()];
    for spelling in [tag.to_ascii_uppercase(), tag.to_ascii_lowercase()].into_iter().chain(capital) {
        if !all.contains(&spelling) {
            all.push(spelling);
        }
    }
    all
}

/// All that a statement says about these actions: two that say the same are one. An action element that is certain is
/// only what it says of each of them.
#[derive(PartialEq, Eq, Hash)]
struct Part<'a> {
    effect: Option<Effect>,
    actions: [bool; ACTIONS.len()],
    uncertain: Option<&'a ActionElement>,
    resource: Option<&'a ResourceElement>,
    condition: Option<&'a [Condition]>,
    without_meaning: bool,
    /// Whether policy variables are live.
    variables: bool,
}

/// What decides about these actions along a path. Deny statements add up over all levels; the Allow statements of a
/// level do, and levels are intersected (EVAL-7), so that levels that allow the same count once.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
struct Along {
    denies: Vec<u32>,
    levels: Vec<u32>,
    names_accounts: bool,
}

/// Sorts accounts by what decides about these actions.
fn classes(index: &Index<'_>) -> Vec<Class> {
    let organization = index.organization;
    let mut parts: FxHashMap<Part<'_>, u32> = FxHashMap::default();
    // For each policy the statements that concern these actions: number, whether only a Deny, whether it names
    // accounts.
    let mut concerns: Vec<Vec<(u32, bool, bool)>> = vec![Vec::new(); organization.policies().len()];
    for (id, policy) in index.policies() {
        let variables = policy.document.version.has_variables();
        let numbered = policy.document.statements.iter().filter_map(|statement| {
            let part = part(statement, variables)?;
            let next = u32::try_from(parts.len()).unwrap_or(u32::MAX);
            let number = *parts.entry(part).or_insert(next);
            Some((number, statement.effect == Some(Effect::Deny), names_accounts(statement)))
        });
        if let Some(slot) = concerns.get_mut(id.index()) {
            *slot = numbered.collect();
        }
    }
    let mut levels: FxHashMap<(Vec<u32>, Option<NodeId>), u32> = FxHashMap::default();
    let mut ids: FxHashMap<Along, usize> = FxHashMap::default();
    let mut alongs: Vec<Along> = Vec::new();
    let mut classes: Vec<Class> = Vec::new();
    let mut of_node = vec![0_usize; organization.node_count()];
    for (id, node) in organization.nodes() {
        let above = node.parent.and_then(|parent| of_node.get(parent.index())).and_then(|&above| alongs.get(above));
        let mut along = above.cloned().unwrap_or_default();
        let mut allows = Vec::new();
        for &(number, is_deny, names) in node.scps.iter().filter_map(|policy| concerns.get(policy.index())).flatten() {
            along.names_accounts |= names;
            insert(if is_deny { &mut along.denies } else { &mut allows }, number);
        }
        // What could not be read is like nothing else.
        let unread = (node.unreadable.is_some() || node.place_unknown).then_some(id);
        let next = u32::try_from(levels.len()).unwrap_or(u32::MAX);
        insert(&mut along.levels, *levels.entry((allows, unread)).or_insert(next));
        let number = *ids.entry(along).or_insert_with_key(|along| {
            alongs.push(along.clone());
            classes.push(Class { accounts: Vec::new(), names_accounts: along.names_accounts });
            classes.len() - 1
        });
        if let Some(slot) = of_node.get_mut(id.index()) {
            *slot = number;
        }
        if index.is_governed(id)
            && let Some(class) = classes.get_mut(number)
        {
            class.accounts.push(id);
        }
    }
    // A reader knows the accounts in scope.
    for class in &mut classes {
        class.accounts.sort_by_key(|&account| !index.is_in_scope(account));
    }
    classes.retain(|class| !class.accounts.is_empty());
    classes
}

/// Adds a number to a sorted list.
fn insert(list: &mut Vec<u32>, number: u32) {
    if let Err(at) = list.binary_search(&number) {
        list.insert(at, number);
    }
}

/// What a statement says about these actions; none if it certainly concerns none of them.
fn part(statement: &Statement, variables: bool) -> Option<Part<'_>> {
    let element = statement.action.as_ref();
    let mut actions = [true; ACTIONS.len()];
    let mut uncertain = None;
    if let Some(element) = element {
        let is_certain =
            |pattern: &ActionPattern| matches!(pattern.shape(), ActionShape::Any | ActionShape::Named { .. });
        if element.patterns.iter().all(is_certain) && !element.patterns.is_empty() {
            let patterns: Vec<WildcardPattern> = element
                .patterns
                .iter()
                .map(|pattern| WildcardPattern::flat(&pattern.text.to_ascii_lowercase()))
                .collect();
            actions = ACTIONS.map(|action| patterns.iter().any(|pattern| pattern.is_match(action)) != element.negated);
        } else {
            uncertain = Some(element);
        }
    }
    actions.contains(&true).then_some(Part {
        effect: statement.effect,
        actions,
        uncertain,
        resource: statement.resource.as_ref(),
        condition: statement.condition.as_deref(),
        without_meaning: statement.without_meaning,
        variables,
    })
}

fn names_accounts(statement: &Statement) -> bool {
    // Of an ARN only the account counts; what is no whole ARN may tell by any digit.
    let tells = |text: &str| {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let account = if let [_, _, _, _, account, _] = parts.as_slice() { account } else { text };
        text.contains("${") || account.bytes().any(|byte| byte.is_ascii_digit())
    };
    let in_resource =
        statement.resource.iter().flat_map(|element| &element.patterns).any(|ResourcePattern { text }| tells(text));
    in_resource
        || statement.condition.iter().flatten().any(|condition| {
            let key = condition.key.to_ascii_lowercase();
            let values = || condition.values.iter().flatten();
            ACCOUNT_KEYS.contains(&key.as_str())
                || values().any(|value| value.text.contains("${"))
                || (key == PRINCIPAL_ARN && values().any(|value| tells(&value.text)))
        })
}
