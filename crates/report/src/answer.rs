//! One answered question.

use scproof_evaluator::{Decision, Explanation, Request, RequestResource, StatementRef, Undecided, is_always_present};
use scproof_organization::{NodeId, Organization};
use scproof_policy_parser::{Condition, Statement};

use crate::command_line::quoted;

/// A question, its answer, and the organization that it is about.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The organization that was asked about.
    pub organization: &'a Organization,
    /// What was asked.
    pub request: &'a Request,
    /// The verdict with its causes.
    pub explanation: &'a Explanation,
    /// Where a role session calls and the answer is open: the verdict if its role has no path.
    pub if_role_has_no_path: Option<Decision>,
}

/// An open question with the way to answer it on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenQuestion {
    /// The questions that this settles, as headline words: `aws:RequestedRegion`, `the resource`.
    pub name: String,
    /// The arguments that answer it, if any do, such as `--context aws:ResourceOrgID=o-exampleorg1`.
    pub flag: Option<String>,
    /// What else there is to say about it.
    pub hint: Option<String>,
    /// Whether a request may lack what it is about, so that `--absent` can answer it.
    pub may_be_absent: bool,
}

/// How to say who calls.
const PRINCIPAL_FLAG: &str = "--principal role/NAME";

/// Keys that follow from who calls (CTX-60 to CTX-63).
const CALLER_KEYS: [&str; 7] = [
    "aws:principalarn",
    "aws:assumedroot",
    "aws:principaltype",
    "aws:userid",
    "aws:username",
    "aws:federatedprovider",
    "aws:tokenissuetime",
];

impl Answer<'_> {
    /// The account that was asked about, if it is in the organization.
    pub fn account(&self) -> Option<NodeId> {
        self.organization.resolve_account(self.request.account.trim()).ok()
    }

    /// A statement that the answer names.
    pub(crate) fn statement(&self, statement: &StatementRef) -> Option<&Statement> {
        self.organization.policy(statement.policy).document.statements.get(statement.statement)
    }

    /// Whether all that blocks the call is that the snapshot attaches no SCP to some levels, which AWS does not allow
    /// (EVAL-13).
    pub(crate) fn stands_or_falls_with_the_snapshot(&self) -> bool {
        let levels = &self.explanation.levels_without_allow;
        !levels.is_empty() && levels.iter().all(|&node| self.organization.lacks_scps(node))
    }

    /// What would decide an open answer, the most frequent question first. Questions with the same answer stand once.
    pub fn open_questions(&self) -> Vec<OpenQuestion> {
        let mut questions: Vec<OpenQuestion> = Vec::new();
        for undecided in &self.explanation.undecided {
            let question = self.open_question(undecided);
            let same = questions.iter_mut().find(|other| other.flag.is_some() && other.flag == question.flag);
            match same {
                Some(other) => other.name = format!("{}, {}", other.name, question.name),
                None => questions.push(question),
            }
        }
        questions
    }

    fn open_question(&self, undecided: &Undecided) -> OpenQuestion {
        let question = |name: String, flag: Option<String>, hint: Option<&str>| OpenQuestion {
            name,
            flag,
            hint: hint.map(str::to_owned),
            may_be_absent: matches!(undecided, Undecided::Key(key) if !is_always_present(key)),
        };
        match undecided {
            Undecided::Key(key) if self.is_path_of_session(key) => {
                let arn = self.request.role_without_path().unwrap_or_default();
                let with_path = arn.replacen(":role/", ":role/PATH/", 1);
                question(
                    "the path of the role".to_owned(),
                    Some(format!("--context {}", quoted(&format!("{key}={with_path}")))),
                    Some("the role's path"),
                )
            }
            Undecided::Key(key) => {
                let flag = self.key_flag(key);
                let hint = match flag.split_once(' ') {
                    Some(("--principal", _)) => Some("who calls"),
                    Some(("--region", _)) => Some("which region"),
                    _ => None,
                };
                question(key.clone(), Some(flag), hint)
            }
            Undecided::Resource => {
                question("the resource".to_owned(), Some("--resource ARN".to_owned()), Some("which resource"))
            }
            Undecided::Principal => {
                question("who calls".to_owned(), Some(PRINCIPAL_FLAG.to_owned()), Some("who calls"))
            }
            Undecided::Rule(rule) => question(
                format!("what AWS does at {rule}"),
                Some("--assume-preferred".to_owned()),
                Some("where AWS leaves it open, take the likelier reading"),
            ),
            Undecided::Policy(policy) => {
                let policy = self.organization.policy(*policy);
                let id = policy.id.as_str();
                let name = policy.name.as_ref().map_or_else(|| id.to_owned(), |name| format!("{name} ({id})"));
                question(
                    format!("what {name} says"),
                    None,
                    Some("its text could not be read; `scproof validate` shows where"),
                )
            }
            Undecided::Membership(account) => question(
                format!("whether account {account} is a member"),
                None,
                Some("a listing could not be read when the snapshot was taken"),
            ),
            Undecided::Attachments(node) => {
                let node = self.organization.node(*node);
                question(
                    format!("what is attached to {} ({})", node.display_name(), node.target),
                    None,
                    Some("it could not be read when the snapshot was taken"),
                )
            }
        }
    }

    /// Whether a key is open for nothing but the path of a role session's role (CTX-61).
    fn is_path_of_session(&self, key: &str) -> bool {
        key.eq_ignore_ascii_case("aws:PrincipalArn") && self.request.role_without_path().is_some()
    }

    /// What the answer is if the role of a session has no path, in a sentence.
    pub fn path_words(&self) -> Option<String> {
        let arn = self.request.role_without_path()?;
        let what = match self.if_role_has_no_path? {
            Decision::Allowed | Decision::NotApplicable => "the call is not blocked",
            Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny => "the call is blocked",
            Decision::Unknown => return None,
        };
        Some(format!("If the role has no path, that is if it is {arn}, {what}."))
    }

    /// The region that an ARN among the resources names.
    fn region_of_resource(&self) -> Option<&str> {
        self.request.resources.iter().find_map(|input| match &input.resource {
            RequestResource::Arn(arn) => {
                arn.split(':').nth(3).filter(|region| !region.is_empty() && !region.contains('*'))
            }
            RequestResource::Unknown | RequestResource::NotScoped => None,
        })
    }

    fn key_flag(&self, key: &str) -> String {
        let lower = key.to_ascii_lowercase();
        if self.request.principal.is_none() && CALLER_KEYS.contains(&lower.as_str()) {
            return PRINCIPAL_FLAG.to_owned();
        }
        if lower == "aws:requestedregion" {
            let region = self.region_of_resource().map(str::to_owned).or_else(|| self.example_value(&lower));
            return format!("--region {}", region.as_deref().unwrap_or("REGION"));
        }
        let value = self.example_value(&lower).unwrap_or_else(|| "VALUE".to_owned());
        format!("--context {}", quoted(&format!("{key}={value}")))
    }

    /// A value that makes a difference: one that a condition on the key names.
    fn example_value(&self, lower_key: &str) -> Option<String> {
        let levels = &self.explanation.levels;
        let open = levels.iter().flat_map(|level| {
            level.maybe_denied_by.iter().map(|(statement, _)| statement).chain(&level.maybe_allowed_by)
        });
        open.filter_map(|statement| self.statement(statement))
            .flat_map(|statement| statement.condition.iter().flatten())
            .filter(|condition| condition.key.eq_ignore_ascii_case(lower_key))
            .find_map(literal_value)
            .or_else(|| match lower_key {
                "aws:resourceorgid" | "aws:principalorgid" => Some(self.organization.id().as_str().to_owned()),
                "aws:resourceaccount" => Some(self.organization.node(self.account()?).target.as_str().to_owned()),
                _ => None,
            })
    }
}

/// A value of a condition that can stand in a request as it is.
fn literal_value(condition: &Condition) -> Option<String> {
    let operator = condition.operator?;
    if operator.base.family() == scproof_policy_parser::OperatorFamily::Null {
        return None;
    }
    let values = condition.values.as_ref()?;
    let literal = values.iter().map(|value| value.text.as_str()).find(|text| {
        !text.is_empty() && !text.contains(['*', '?', '$', '\'']) && !text.chars().any(char::is_control)
    })?;
    Some(literal.to_owned())
}
