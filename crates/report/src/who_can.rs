//! One call, asked of many accounts. The words here are shared by text and Markdown; what policies and people wrote is
//! made safe for a terminal, not yet for Markdown.

use scproof_evaluator::{
    Answered, Decision, Explanation, LevelRef, LevelTrace, PlacedStatement, Request, WhoCan, WhoCanGroup,
};
use scproof_organization::{AccountState, NodeId, Organization};
use scproof_simulator::AccountRef;

use crate::answer::{Answer, OpenQuestion};
use crate::command_line;
use crate::impact::{Detail, accounts_words, missing_words};
use crate::layout::{clean, count, enumerate, enumerate_some, grouped};
use crate::names::{attached_words, statement_words};
use crate::page::answer::exemption_words;
use crate::words::Words;

const BLOCKED: &str = "BLOCKED";

/// A question to many accounts, and what came out.
#[derive(Debug, Clone)]
pub struct WhoCanReport<'a> {
    /// The organization that was asked about.
    pub organization: &'a Organization,
    /// How to ask for more: the words of a command line up to `can`, such as `scproof --org org.json`.
    pub program: Vec<String>,
    /// What was asked; its account is empty.
    pub request: &'a Request,
    /// The answers.
    pub who_can: &'a WhoCan,
    /// The accounts, as they were chosen; empty where all were asked about.
    pub scope: Vec<String>,
    /// Whether text and Markdown write everything out; else long lists are cut, and counted.
    pub full: bool,
}

impl<'a> WhoCanReport<'a> {
    /// The groups with an answer.
    pub(crate) fn groups(&self, answered: Answered) -> impl Iterator<Item = &'a WhoCanGroup> + use<'a> {
        self.who_can.groups.iter().filter(move |group| group.answered() == answered)
    }

    /// How many accounts have an answer.
    pub(crate) fn count(&self, answered: Answered) -> usize {
        self.groups(answered).map(|group| group.accounts.len()).sum()
    }

    /// How many accounts were asked about.
    pub(crate) fn asked(&self) -> usize {
        self.who_can.groups.iter().map(|group| group.accounts.len()).sum()
    }

    pub(crate) fn detail(&self) -> Detail {
        if self.full { Detail::FULL } else { Detail::BRIEF }
    }

    /// `NOT BLOCKED in 3 accounts and BLOCKED in 24 accounts`.
    pub(crate) fn headline(&self) -> String {
        let asked = self.asked();
        let standing = self.groups(Answered::Blocked).filter(|group| self.stands_or_falls_with_the_snapshot(group));
        let standing: usize = standing.map(|group| group.accounts.len()).sum();
        let parts: Vec<String> = Answered::ALL
            .into_iter()
            .map(|answered| (answered_words(answered), self.count(answered)))
            .map(|(words, number)| (words, if words == BLOCKED { number - standing } else { number }))
            .chain([("BLOCKED as the snapshot stands", standing)])
            .filter(|(_, number)| *number > 0)
            .map(|(words, number)| match number {
                number if number == asked && number > 1 => format!("{words} in all {}", count(number, "account")),
                number => format!("{words} in {}", count(number, "account")),
            })
            .collect();
        if parts.is_empty() { "NO ACCOUNT was asked about".to_owned() } else { enumerate(&parts) }
    }

    /// Whether all that blocks a group is that the snapshot attaches no SCP to some levels, which AWS does not allow
    /// (EVAL-13).
    fn stands_or_falls_with_the_snapshot(&self, group: &WhoCanGroup) -> bool {
        let lacks = |node| self.organization.lacks_scps(node);
        !group.levels_without_allow.is_empty()
            && group.levels_without_allow.iter().all(|level| match level {
                LevelRef::Target(node) => lacks(*node),
                LevelRef::Account => group.accounts.iter().all(|&account| lacks(account)),
            })
    }

    /// What a group has in common.
    pub(crate) fn title(&self, group: &WhoCanGroup) -> String {
        let what = match group.decision {
            Decision::NotApplicable => format!("SCPs do not apply, as {}", exemption_words(group.reason)),
            Decision::Unknown => {
                let names: Vec<String> = self
                    .open_questions(group)
                    .iter()
                    .flat_map(|question| question.name.split(", "))
                    .map(|name| clean(name).into_owned())
                    .collect();
                if names.is_empty() {
                    "it depends on facts that were not given".to_owned()
                } else {
                    format!("depends on {}", enumerate_some(&names, 4))
                }
            }
            Decision::ImplicitDeny | Decision::Deny if self.stands_or_falls_with_the_snapshot(group) => {
                "blocked as the snapshot stands, which lacks SCPs".to_owned()
            }
            Decision::Allowed | Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny => {
                group.reason.text().to_owned()
            }
        };
        format!("{}: {what}", count(group.accounts.len(), "account"))
    }

    /// The accounts of a group.
    pub(crate) fn account_refs(&self, group: &WhoCanGroup) -> Vec<AccountRef> {
        group.accounts.iter().map(|&id| self.account(id)).collect()
    }

    /// The accounts of a group by place.
    fn accounts(&self, group: &WhoCanGroup) -> Vec<String> {
        accounts_words(&self.account_refs(group).iter().collect::<Vec<_>>(), self.detail())
    }

    /// How conditions are told: long lists of values are cut unless everything is written out. Takes time linear in all
    /// conditions.
    pub(crate) fn words(&self) -> Words<'a> {
        if self.full {
            return Words::full(self.organization);
        }
        Words::short(self.organization, self.who_can.groups.iter().filter_map(|group| group.depends_on.as_ref()))
    }

    /// Whether the lists of a group are longer than they are shown.
    fn is_group_cut(&self, group: &WhoCanGroup, words: &Words<'_>) -> bool {
        let full = WhoCanReport { full: true, ..self.clone() };
        self.accounts(group) != full.accounts(group)
            || self.condition(group, words) != full.condition(group, &full.words())
            || self.causes(group) != full.causes(group)
    }

    fn account(&self, id: NodeId) -> AccountRef {
        let node = self.organization.node(id);
        AccountRef { id: node.target.as_str().to_owned(), name: node.name.clone(), path: self.organization.ou_path(id) }
    }

    /// What must hold for the call to pass, one clause a line; nothing where the answer is not open.
    pub(crate) fn condition(&self, group: &WhoCanGroup, words: &Words<'_>) -> Vec<String> {
        match &group.depends_on {
            Some(condition) if group.decision == Decision::Unknown => {
                cut_list(words.clauses(condition), self.detail().conditions)
            }
            Some(_) | None => Vec::new(),
        }
    }

    /// The statements and levels behind an answer: labels, each with its lines.
    pub(crate) fn causes(&self, group: &WhoCanGroup) -> Vec<(&'static str, Vec<String>)> {
        let statements = |list: &mut dyn Iterator<Item = &PlacedStatement>| {
            let mut words: Vec<String> = Vec::new();
            for statement in list {
                let text = self.statement(group, statement);
                if !words.contains(&text) {
                    words.push(text);
                }
            }
            cut_list(words, self.detail().causes)
        };
        let missing: Vec<String> = group.levels_without_allow.iter().map(|level| self.missing(group, *level)).collect();
        let determining = statements(&mut group.determining.iter());
        let certain = if group.decision == Decision::Deny { "may deny" } else { "denied by" };
        let mut causes = vec![("because", cut_list(missing, self.detail().causes)), (certain, determining)];
        causes.push(("may deny", statements(&mut group.may_deny.iter().map(|(statement, _)| statement))));
        // A statement whose effect cannot be read is both.
        let denies = |statement: &PlacedStatement| group.may_deny.iter().any(|(other, _)| other == statement);
        causes.push(("may allow", statements(&mut group.may_allow.iter().filter(|it| !denies(it)))));
        causes.retain(|(_, lines)| !lines.is_empty());
        causes
    }

    /// The account that stands for a group, where a level is that of the account itself.
    fn only_account(group: &WhoCanGroup) -> Option<NodeId> {
        match group.accounts.as_slice() {
            &[only] => Some(only),
            _ => None,
        }
    }

    fn statement(&self, group: &WhoCanGroup, statement: &PlacedStatement) -> String {
        if let (LevelRef::Account, None) = (&statement.level, Self::only_account(group)) {
            let (policy, statement) = (statement.policy, statement.statement);
            return attached_words(self.organization, policy, statement, "each of these accounts");
        }
        // Levels of its own are those of the only account.
        let account = group.accounts.first().copied().unwrap_or_else(|| self.organization.root());
        statement_words(self.organization, &statement.at(account))
    }

    fn missing(&self, group: &WhoCanGroup, level: LevelRef) -> String {
        match (level, Self::only_account(group)) {
            (LevelRef::Target(node), _) => missing_words(self.organization, node),
            (LevelRef::Account, Some(account)) => missing_words(self.organization, account),
            (LevelRef::Account, None) => {
                "no Allow matches among the policies attached to each of these accounts itself".to_owned()
            }
        }
    }

    /// What would decide an open answer, the most frequent question first.
    pub(crate) fn open_questions(&self, group: &WhoCanGroup) -> Vec<OpenQuestion> {
        let (Decision::Unknown, Some(&first)) = (group.decision, group.accounts.first()) else { return Vec::new() };
        let Some(request) = self.question(first) else { return Vec::new() };
        let explanation = Explanation {
            decision: group.decision,
            reason: group.reason,
            determining: Vec::new(),
            levels_without_allow: Vec::new(),
            undecided: group.undecided.clone(),
            depends_on: None,
            levels: vec![LevelTrace {
                node: first,
                allowed_by: Vec::new(),
                maybe_allowed_by: group.may_allow.iter().map(|statement| statement.at(first)).collect(),
                denied_by: Vec::new(),
                maybe_denied_by: group
                    .may_deny
                    .iter()
                    .map(|(statement, unless)| (statement.at(first), unless.clone()))
                    .collect(),
            }],
            assumed: Vec::new(),
            preferred: None,
            completed: Vec::new(),
            basis: None,
            notes: Vec::new(),
        };
        let answer = Answer {
            organization: self.organization,
            request: &request,
            explanation: &explanation,
            if_role_has_no_path: None,
        };
        let mut questions = answer.open_questions();
        for question in &mut questions {
            // The same name in each account.
            if question.flag.as_ref().is_some_and(|flag| flag.starts_with("--principal ")) {
                question.flag = Some("--principal role/NAME".to_owned());
                question.hint = Some("who calls, of that name in each account".to_owned());
            }
        }
        questions
    }

    /// The same question to one account.
    fn question(&self, account: NodeId) -> Option<Request> {
        self.request.in_account(self.organization, self.organization.node(account).target.as_str()).ok()
    }

    /// The command line that explains the answer of the first account in full.
    pub(crate) fn command(&self, group: &WhoCanGroup) -> Vec<String> {
        let request = group.accounts.first().and_then(|&account| self.question(account));
        request.map_or_else(Vec::new, |request| command_line::can(&self.program, &request))
    }

    /// What is to be said about the report as a whole; what comes from outside stands in backticks.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if !self.scope.is_empty() {
            let scope: Vec<String> = self.scope.iter().map(|text| format!("`{}`", clean(text))).collect();
            remarks.push(format!(
                "only the accounts of {} were asked about.",
                enumerate_some(&scope, self.detail().accounts)
            ));
        }
        let accounts = self.who_can.groups.iter().flat_map(|group| &group.accounts);
        let idle = accounts.filter(|&&id| {
            let details = self.organization.node(id).account.as_ref();
            details
                .and_then(|details| details.state.as_ref())
                .is_some_and(|state| !matches!(state, AccountState::Active | AccountState::PendingClosure))
        });
        match idle.count() {
            0 => {}
            1 => {
                remarks.push("1 of these accounts is not active: nobody can use it, whatever its SCPs say.".to_owned());
            }
            idle => remarks.push(format!(
                "{} of these accounts are not active: nobody can use them, whatever their SCPs say.",
                grouped(idle)
            )),
        }
        remarks.extend(self.who_can.notes.iter().map(|note| format!("{}.", clean(note))));
        if !self.who_can.assumed.is_empty() {
            let rules: Vec<String> = self.who_can.assumed.iter().map(|rule| (*rule).to_owned()).collect();
            remarks.push(format!("assumes the likelier reading of {}.", enumerate(&rules)));
        }
        remarks.push("SCPs grant nothing: what they let pass may be denied by other policies.".to_owned());
        remarks
    }

    /// Whether something was cut that `--full` shows.
    pub(crate) fn is_cut(&self, words: &Words<'_>) -> bool {
        let most = self.detail().entries;
        !self.full
            && Answered::ALL.into_iter().any(|answered| {
                let groups: Vec<&WhoCanGroup> = self.groups(answered).collect();
                groups.len() > most || groups.iter().any(|group| self.is_group_cut(group, words))
            })
    }
}

/// `NOT BLOCKED`, never that AWS allows anything (GEN-1).
pub(crate) fn answered_words(answered: Answered) -> &'static str {
    match answered {
        Answered::NotBlocked => "NOT BLOCKED",
        Answered::Depends => "DEPENDS",
        Answered::Blocked => BLOCKED,
    }
}

/// The first items, and how many more there are.
fn cut_list(mut list: Vec<String>, most: usize) -> Vec<String> {
    // One more takes as much room as saying that there is one more.
    if list.len() > most.saturating_add(1) {
        let more = list.len() - most;
        list.truncate(most);
        list.push(format!("and {} more", grouped(more)));
    }
    list
}
