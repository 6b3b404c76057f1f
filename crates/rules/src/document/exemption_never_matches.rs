//! Exemptions that nobody can have: ARNs that no principal has (CTX-60), ids of no account and no organization.

use scproof_evaluator::{Truth, truth_of_value};
use scproof_policy_parser::{Condition, ConditionOperator, ConditionValue, OperatorFamily, Template};

use super::Subject;
use super::names::quoted;
use crate::found::Found;
use crate::rule::{LooksAt, Risk, Rule};

pub(crate) const RULE: Rule = Rule {
    code: "exemption-never-matches",
    risk: Risk::High,
    looks_at: &[LooksAt::Document, LooksAt::Organization],
    title: "An exemption that nobody can have",
    text: "An exemption on `aws:PrincipalArn` that names no principal: the ARN of a session \
        (`arn:aws:sts::…:assumed-role/…`), where the key has the ARN of the role; `*` and `?` under `StringNotEquals`, where \
        they stand for themselves; the name of a service; a placeholder of a template that nobody filled in; a role of \
        Identity Center (`AWSReservedSSO_…`) or of a service without the path that all these roles have, or in one of the \
        two forms that the path has (with a Region, and without in `us-east-1`); the id of an account or an organization \
        that none has. In an audit also a role of the management account, which no SCP restricts, and accounts and \
        organizations that are not ours. Those who were to be exempt are denied.",
    remedy: "write the ARN of the role, with its path; use `ArnNotLike` or `StringNotLike` for patterns",
    risk_note: " for a role of Identity Center without its path, and for ids; else *medium*, *low* without witness, for one form of \
        a path, for service-linked roles and for the management account",
    evidence: "witness, or proof",
    found_if: "no principal can have such an ARN: also one with a region, with an account that has no twelve digits, \
        or with characters that names of roles and users cannot have. The witness is a caller who was probably meant \
        and whom the statement denies; if none is found, another value may exempt them.",
    semantics: &["CTX-60"],
};

/// Keys with the id of an organization, and of an account, lower case.
const ORGANIZATIONS: [&str; 3] = ["aws:principalorgid", "aws:resourceorgid", "aws:vpceorgid"];
const ACCOUNTS: [&str; 3] = ["aws:principalaccount", "aws:resourceaccount", "aws:vpceaccount"];

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let Some(statement) = subject.deny() else { return };
    let variables = subject.document.version.has_variables();
    for condition in statement.condition.iter().flatten() {
        let (Some(operator), Some(values)) = (condition.operator, &condition.values) else { continue };
        let key = condition.key.to_ascii_lowercase();
        if !operator.base.is_negated() {
            continue;
        }
        for (place, value) in values.iter().enumerate() {
            let fault = if key == "aws:principalarn" {
                without_path(condition, value).or_else(|| {
                    let (why, remedy) = fault(&value.text, operator, variables)?;
                    Some((Risk::Medium, why, remedy))
                })
            } else {
                no_id(&key, &value.text, operator).map(|(why, remedy)| (Risk::High, why, remedy.to_owned()))
            };
            let Some((risk, why, remedy)) = fault else { continue };
            let path = subject.condition_path(condition).index(place);
            let some = if why.starts_with("an Identity Center") { "perhaps nobody" } else { "nobody" };
            let message = format!("{} exempts {some}: {why}", quoted(&value.text));
            let mut one = subject.found(&RULE, risk, path, message);
            "those who were to be exempt are denied".clone_into(&mut one.reason);
            one.remedy = remedy;
            found.push(one);
        }
    }
}

/// Why nobody has such an id of an account or an organization; none if one may.
fn no_id(key: &str, text: &str, operator: ConditionOperator) -> Option<(&'static str, &'static str)> {
    let is_open = text.contains("${") || (operator.base.takes_patterns() && text.contains(['*', '?']));
    if is_open {
        return None;
    }
    if ORGANIZATIONS.contains(&key) {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let rest = text.strip_prefix("o-").unwrap_or_default();
        let is_id = (10..=32).contains(&rest.len()) && rest.bytes().all(is_letter);
        let is_filler = rest.bytes().all(|byte| byte == b'x') || rest.bytes().all(|byte| byte == b'0');
        return (!is_id || is_filler)
            .then_some(("no organization has such an id", "write the id of your organization"));
    }
    let is_account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    (ACCOUNTS.contains(&key) && !is_account)
        .then_some(("no account has such an id", "write the twelve digits of the account"))
}

/// Roles that AWS makes all have paths: why an ARN that leaves the path out is that of nobody.
fn without_path(condition: &Condition, value: &ConditionValue) -> Option<(Risk, &'static str, String)> {
    let resource = value.text.splitn(6, ':').nth(5)?.strip_prefix("role/")?;
    let name = resource.rsplit('/').next().unwrap_or_default();
    let alone = Condition { values: Some(vec![value.clone()]), ..condition.clone() };
    let part = |at: usize, other: &'static str| {
        value
            .text
            .split(':')
            .nth(at)
            .filter(|part| !part.is_empty() && !part.contains(['*', '?', '$']))
            .unwrap_or(other)
    };
    let (partition, account) = (part(1, "aws"), part(4, "111122223333"));
    let filled = name.replace('*', "0123456789abcdef").replace('?', "x");
    let exempts = |path: &str| {
        truth_of_value(&alone, &format!("arn:{partition}:iam::{account}:role/{path}{filled}")) != Truth::True
    };
    let center = "aws-reserved/sso.amazonaws.com/";
    if name.starts_with("AWSReservedSSO_") && !exempts(center) && !exempts(&format!("{center}eu-west-1/")) {
        // One that names its Region means it.
        if resource.starts_with(center) && !resource.contains("/*") {
            return None;
        }
        let why = "roles of Identity Center have a path, which the ARN lacks";
        return Some((Risk::High, why, format!("write `arn:{partition}:iam::*:role/{center}*{name}`")));
    }
    let by_others = |path: &str| {
        truth_of_value(condition, &format!("arn:{partition}:iam::{account}:role/{path}{filled}")) != Truth::True
    };
    if name.starts_with("AWSReservedSSO_") {
        let (plain, of_region) = (by_others(center), by_others(&format!("{center}eu-west-1/")));
        let why = match (exempts(center), plain, of_region) {
            (true, _, false) => "an Identity Center outside of `us-east-1` has its Region in the path of its roles",
            (false, false, true) => "an Identity Center in `us-east-1` has no Region in the path of its roles",
            (_, _, _) => return None,
        };
        return Some((Risk::Low, why, format!("write `arn:{partition}:iam::*:role/{center}*{name}`, which is both")));
    }
    if name.starts_with("AWSServiceRoleFor")
        && !exempts("aws-service-role/example.amazonaws.com/")
        && !resource.contains('/')
    {
        let why = "service-linked roles have a path, which the ARN lacks";
        return Some((Risk::Low, why, "delete it: SCPs do not restrict service-linked roles".to_owned()));
    }
    None
}

/// Why no principal has such an ARN, and what to write; none if one may.
fn fault(text: &str, operator: ConditionOperator, variables: bool) -> Option<(&'static str, String)> {
    let is_pattern = operator.base.takes_patterns();
    if variables && Template::parse(text, true, is_pattern).has_variables() {
        return None;
    }
    if let Some(mark) = placeholder(text) {
        return Some(("a placeholder stands where a name should", format!("put the name in place of `{mark}`")));
    }
    let has_wildcard = |part: &str| part.contains(['*', '?']);
    let is_wild = is_pattern && has_wildcard(text);
    let compares_arns = operator.base.family() == OperatorFamily::Arn;
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, _, service, region, account, resource] = parts.as_slice() else {
        // The parser says that a value of an ARN operator is none.
        if is_wild || compares_arns {
            return None;
        }
        let why = "the key has the ARN of a principal, never such a text";
        let remedy = if text.ends_with(".amazonaws.com") {
            "SCPs do not restrict services that call for themselves; name the role of the service, or ask for \
             `aws:PrincipalIsAWSService`"
        } else {
            "write the ARN of the role"
        };
        return Some((why, remedy.to_owned()));
    };
    if let (&"sts", Some(role)) = (service, resource.strip_prefix("assumed-role/")) {
        let name = role.split('/').next().unwrap_or_default();
        let why = "the `aws:PrincipalArn` of a role session is the ARN of the role, never that of the session";
        return Some((why, format!("write `arn:aws:iam::*:role/{name}`, with the path of the role if it has one")));
    }
    // A path of its own may hold a star.
    let last = resource.rsplit(['/', ':']).next().unwrap_or_default();
    if !is_pattern && [*arn, *service, *region, *account, last].into_iter().any(has_wildcard) {
        let why = "under this operator `*` and `?` stand for themselves, and no ARN of a principal has them there";
        return Some((why, "use `ArnNotLike` or `StringNotLike`".to_owned()));
    }
    let open = |part: &str| is_wild && has_wildcard(part);
    if open(arn) || open(service) || (open(region) && !compares_arns) {
        return None;
    }
    if *service == "iam" && !region.is_empty() && !open(region) {
        return Some(("ARNs of IAM name no region", "leave the region out: `arn:aws:iam::*:role/…`".to_owned()));
    }
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if *service == "iam" && !is_account && *account != "aws" && !account.contains(['*', '?']) {
        return Some(("no account has such an id", "write the twelve digits of the account, or `*`".to_owned()));
    }
    let is_fit = |character: char| character.is_ascii_alphanumeric() || "+=,.@_-*?".contains(character);
    let is_named = resource.starts_with("role/") || resource.starts_with("user/");
    if is_named && !last.chars().all(is_fit) && !text.contains("${") {
        return Some(("no name has such characters", "write the name of the role".to_owned()));
    }
    None
}

/// What stands in names that are to be replaced.
const WORDS: [&str; 5] = ["PLACEHOLDER", "ACCOUNT_ID", "ACCOUNTID", "YOUR_", "YOUR-"];

/// A placeholder that nobody filled in; those of templates the parser tells.
fn placeholder(text: &str) -> Option<&str> {
    for (open, close) in [("<", ">"), ("[", "]")] {
        if let Some(start) = text.find(open)
            && let Some(length) = text.get(start..)?.find(close)
        {
            return text.get(start..start + length + close.len());
        }
    }
    // The part of the ARN that holds the word: `NAME_OF_YOUR_ROLE` as a whole is to be replaced.
    let is_open = |part: &&str| WORDS.iter().any(|word| part.contains(word));
    text.split([':', '/']).find(is_open)
}
