//! Callers that Deny statements exempt by name: the values of negated conditions on keys about the caller.

use scproof_evaluator::{ContextValue, Truth, truth_of_value, truth_when_absent};
use scproof_organization::{NodeId, PolicyIndex};
use scproof_policy_parser::{BaseOperator, Condition, ConditionOperator, PolicyPath, WildcardPattern};

use super::index::{Draft, Index, quoted};
use super::request::{SOMEBODY, Wanted, matching, role};
use super::texts;
use crate::Risk;
use crate::model::{Evidence, Finding};

/// The key of exemptions by ARN, lower case.
pub(super) const PRINCIPAL_ARN: &str = "aws:principalarn";
/// What keys of exemptions by tag start with, lower case.
pub(super) const PRINCIPAL_TAG: &str = "aws:principaltag/";
/// The key of exemptions of users, lower case.
pub(super) const USERNAME: &str = "aws:username";

/// A Deny statement with its exemptions.
#[derive(Debug)]
pub(super) struct Exempting {
    pub(super) policy: PolicyIndex,
    pub(super) statement: usize,
    pub(super) list: Vec<Exemption>,
    /// Whether some value holds a policy variable, so that it is not known who is exempt.
    pub(super) is_open: bool,
}

/// A caller, or callers, that a Deny statement exempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exemption {
    /// The key, lower case.
    pub(super) key: String,
    /// The key as written.
    pub(super) key_text: String,
    pub(super) operator_text: String,
    pub(super) operator: ConditionOperator,
    /// Its place in the list of values.
    pub(super) value: usize,
    /// The value as written.
    pub(super) text: String,
    /// The value in the form in which equal patterns are equal texts.
    pub(super) normal: String,
    /// Whether wildcards are live.
    pub(super) is_pattern: bool,
}

impl Exemption {
    /// Who is exempt, as one text: what fingerprints name.
    pub(super) fn name(&self) -> String {
        format!("{}={}", self.key, self.normal)
    }

    /// Whether it is by a tag of the caller.
    pub(super) fn is_tag(&self) -> bool {
        self.key.starts_with(PRINCIPAL_TAG)
    }

    pub(super) fn language(&self) -> WildcardPattern {
        if self.is_pattern { WildcardPattern::flat(&self.normal) } else { WildcardPattern::literal(&self.normal) }
    }

    /// The name in the ARN of a session, if the value is one: the key never has it (CTX-60).
    fn session(&self) -> Option<&str> {
        let parts: Vec<&str> = self.text.splitn(6, ':').collect();
        let [_, _, "sts", _, _, name] = parts.as_slice() else { return None };
        name.strip_prefix("assumed-role/")?.split('/').next()
    }

    /// Whether a star stands for itself where no ARN of a principal has one: anywhere but in a path.
    fn has_literal_star(&self) -> bool {
        let starred = |text: &str| text.contains(['*', '?']);
        let parts: Vec<&str> = self.text.splitn(6, ':').collect();
        !self.is_pattern
            && !self.text.contains("${")
            && starred(&self.text)
            && (parts.len() != 6
                || parts.iter().take(5).any(|part| starred(part))
                || self.text.rsplit(['/', ':']).next().is_some_and(starred))
    }

    /// Whether it exempts nobody.
    pub(super) fn is_dead(&self) -> bool {
        self.key == PRINCIPAL_ARN && (self.session().is_some() || self.has_literal_star())
    }

    /// The route to the value.
    pub(super) fn path(&self, index: &Index<'_>, policy: PolicyIndex, statement: usize) -> PolicyPath {
        let list = index
            .statement_path(policy, statement)
            .key("Condition")
            .key(self.operator_text.as_str())
            .key(self.key_text.as_str());
        index.element_path(policy, &list, self.value)
    }

    /// The state of an account's call by an exempt caller: its principal, or the key; `run` stands for each `*`.
    pub(super) fn caller(&self, index: &Index<'_>, account: NodeId, run: &str) -> Option<Wanted> {
        if self.key == PRINCIPAL_ARN {
            let principal = principal_of(index, account, &self.normal, self.is_pattern, run)?;
            return Some(Wanted { principal: Some(principal), keys: Vec::new() });
        }
        if self.key == USERNAME {
            let name = if self.is_pattern { filled(&self.normal, run) } else { self.normal.clone() };
            let user = role(index, account, &name).replacen(":role/", ":user/", 1);
            return Some(Wanted { principal: Some(user), keys: Vec::new() });
        }
        let value = if self.is_pattern { filled(&self.normal, run) } else { self.normal.clone() };
        Some(Wanted::default().with(&self.key_text, ContextValue::Single(value)))
    }
}

/// All Deny statements in force that exempt callers.
pub(super) fn exemptions(index: &Index<'_>) -> Vec<Exempting> {
    let mut found = Vec::new();
    for (policy, number, statement) in index.deny_statements() {
        let variables = index.organization.policy(policy).document.version.has_variables();
        let mut exempting = Exempting { policy, statement: number, list: Vec::new(), is_open: false };
        for condition in statement.condition.iter().flatten() {
            exempting.is_open |= !read(index, condition, variables, &mut exempting.list);
        }
        if !exempting.list.is_empty() {
            found.push(exempting);
        }
    }
    found
}

/// Adds the exemptions of a condition: callers whose value makes it false, where it holds for others (D.2). False if
/// there may be more.
fn read(index: &Index<'_>, condition: &Condition, variables: bool, list: &mut Vec<Exemption>) -> bool {
    let key = condition.key.to_ascii_lowercase();
    let is_caller = key == PRINCIPAL_ARN
        || key.starts_with(PRINCIPAL_TAG)
        || key == USERNAME
        || key == "aws:userid"
        || key == "aws:sourceidentity";
    let (Some(operator), Some(values)) = (condition.operator, &condition.values) else { return false };
    if !is_caller {
        return true;
    }
    let holds_for_others =
        truth_when_absent(condition) == Truth::True || truth_of_value(condition, SOMEBODY[0]) == Truth::True;
    let exempts = |value: &str| holds_for_others && truth_of_value(condition, value) == Truth::False;
    let exemption = |value: usize, text: &str, normal: String, is_pattern: bool| Exemption {
        key: key.clone(),
        key_text: condition.key.clone(),
        operator_text: condition.operator_text.clone(),
        operator,
        value,
        text: text.to_owned(),
        normal,
        is_pattern,
    };
    // `Null` exempts by any value at all, which is nobody's name.
    if operator.base == BaseOperator::Null {
        if key != PRINCIPAL_ARN && exempts(SOMEBODY[0]) {
            list.push(exemption(0, "*", "*".to_owned(), true));
        }
        return true;
    }
    let is_pattern = operator.base.takes_patterns();
    let mut all = true;
    for (value, text) in values.iter().enumerate() {
        let normal = if key == PRINCIPAL_ARN { normal_arn(index, &text.text, variables) } else { text.text.clone() };
        if variables && normal.contains("${") {
            all = false;
            continue;
        }
        let example = if is_pattern { filled(&text.text, "x") } else { text.text.clone() };
        if exempts(&example) {
            list.push(exemption(value, &text.text, normal, is_pattern));
        }
    }
    all
}

/// An ARN pattern with one spelling for every way to say the same: any account, the organization's own partition.
fn normal_arn(index: &Index<'_>, text: &str, variables: bool) -> String {
    // The variable holds a colon of its own; as the account it is any caller's.
    let replaced;
    let text = if variables {
        replaced = text.replacen(":${aws:PrincipalAccount}:", ":*:", 1);
        replaced.as_str()
    } else {
        text
    };
    let mut parts: Vec<&str> = text.splitn(6, ':').collect();
    if parts.len() == 6 && parts.first() == Some(&"arn") {
        for (position, same) in [(1, index.partition()), (4, "????????????")] {
            if let Some(part) = parts
                .get_mut(position)
                .filter(|part| **part == same || part.bytes().all(|byte| byte == b'*') && !part.is_empty())
            {
                *part = "*";
            }
        }
    }
    let mut normal = parts.join(":");
    while normal.contains("**") {
        normal = normal.replace("**", "*");
    }
    normal
}

/// A principal of an account that a normal ARN pattern names.
fn principal_of(index: &Index<'_>, account: NodeId, normal: &str, is_pattern: bool, run: &str) -> Option<String> {
    let id = index.organization.node(account).target.as_str();
    let mut parts: Vec<String> = normal.splitn(6, ':').map(str::to_owned).collect();
    if parts.len() != 6 {
        let rest = normal.strip_prefix('*').filter(|_| is_pattern)?;
        let head = format!("arn:{}:iam::{id}:", index.partition());
        let rest = filled(rest, run);
        return Some(match rest.strip_prefix(':') {
            Some(resource) => head + resource,
            None => head + "role/" + rest.trim_start_matches('/'),
        });
    }
    for (position, value) in [(1, index.partition()), (2, "iam"), (3, ""), (4, id)] {
        if let Some(part) = parts.get_mut(position).filter(|part| part.as_str() == "*") {
            value.clone_into(part);
        }
    }
    if let Some(resource) = parts.last_mut().filter(|_| is_pattern) {
        // `*` alone, or before a slash, stands for the kind of principal, too.
        let kind = if resource.starts_with('*') && !resource.starts_with("*role/") { "role/" } else { "" };
        *resource = format!("{kind}{}", filled(resource, run).trim_start_matches('/'));
    }
    (parts.get(4).is_some_and(|found| found == id)).then(|| parts.join(":"))
}

/// A pattern with a text for each `*`, and a letter for each `?`.
pub(super) fn filled(pattern: &str, run: &str) -> String {
    pattern.replace('*', run).replace('?', "x")
}

/// Exemptions by ARN that name no principal: those it was written for are denied (CTX-60).
pub(super) fn findings(index: &Index<'_>, exemptions: &[Exempting]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for exempting in exemptions {
        for exemption in exempting.list.iter().filter(|exemption| exemption.key == PRINCIPAL_ARN) {
            findings.extend(never_matches(index, exempting, exemption));
        }
    }
    findings
}

fn never_matches(index: &Index<'_>, exempting: &Exempting, exemption: &Exemption) -> Option<Finding> {
    let (policy, number) = (exempting.policy, exempting.statement);
    let (why, meant, remedy) = if let Some(name) = exemption.session() {
        (
            "the `aws:PrincipalArn` of a role session is the ARN of the role, never that of the session",
            format!("arn:{}:sts::ACCOUNT:assumed-role/{}/session", index.partition(), filled(name, "x")),
            format!("write `arn:aws:iam::*:role/{name}`, with the path of the role if it has one"),
        )
    } else if exemption.has_literal_star() {
        let resource = exemption.text.splitn(6, ':').nth(5)?;
        (
            "under this operator `*` and `?` stand for themselves, and no ARN of a principal has them there",
            format!("arn:{}:iam::ACCOUNT:{}", index.partition(), filled(resource, "x")),
            "use `ArnNotLike` or `StringNotLike`".to_owned(),
        )
    } else {
        return None;
    };
    let account = index.targets(policy).iter().flat_map(|&target| index.organization.subtree(target));
    let account = account.into_iter().find(|&node| index.is_governed(node));
    let witness = account.and_then(|account| {
        let id = index.organization.node(account).target.as_str();
        let wanted = Wanted { principal: Some(meant.replace("ACCOUNT", id)), keys: Vec::new() };
        matching(index, policy, number, account, &wanted)
    });
    let path = exemption.path(index, policy, number);
    let name = quoted(index.organization.policy(policy).display_name());
    let draft = Draft::new(
        "exemption-never-matches",
        texts::key(index.organization.policy(policy), Some(number), &path),
        // Without a call that shows it, another value of the list may exempt those callers.
        if witness.is_some() { Risk::Medium } else { Risk::Low },
        format!("{} exempts nobody from the Deny of {name}", quoted(&exemption.text)),
    )
    .why(format!("{why}; those who were to be exempt are denied"), remedy)
    .rule("CTX-60")
    .place(index.place_at(policy, number, &path))
    .evidence(match witness {
        Some(witness) => {
            Evidence::Witness("a caller that was probably meant is denied by the statement".to_owned(), vec![witness])
        }
        None => Evidence::Proof(why.to_owned()),
    });
    draft.of_policy(index)
}
