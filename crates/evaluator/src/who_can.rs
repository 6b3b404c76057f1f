//! One call, asked of many accounts: which may make it as far as SCPs go, which may not, and which on a condition.

use rayon::prelude::*;
use scproof_organization::{NodeId, PolicyIndex};

use crate::account_classes::{Class, ManyQuestion};
use crate::compile::CompiledOrganization;
use crate::decision::{Decision, Explanation, Reason, StatementRef, Undecided};
use crate::everywhere::Everywhere;
use crate::explain::push_new;
use crate::predicate::Predicate;
use crate::request::Request;
use crate::request_error::{RequestError, parse_action};

/// Who can make a call, as far as SCPs decide: every account that was asked about, grouped by the answer and its
/// causes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WhoCan {
    /// Not blocked first, then those on a condition, then blocked; among equals the group with the most accounts first.
    pub groups: Vec<WhoCanGroup>,
    /// The unsure rules whose preferred reading was taken in some answer (GEN-3).
    pub assumed: Vec<&'static str>,
    /// Remarks that concern every account and change no verdict.
    pub notes: Vec<String>,
}

/// The three answers, several verdicts each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Answered {
    /// SCPs do not block the call, or do not apply.
    NotBlocked,
    /// It depends on facts that were not given.
    Depends,
    /// SCPs block the call.
    Blocked,
}

impl Answered {
    /// All, in the order of [`WhoCan::groups`].
    pub const ALL: [Self; 3] = [Self::NotBlocked, Self::Depends, Self::Blocked];

    /// The stable spelling of machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotBlocked => "notBlocked",
            Self::Depends => "unknown",
            Self::Blocked => "blocked",
        }
    }
}

impl From<Decision> for Answered {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Allowed | Decision::NotApplicable => Self::NotBlocked,
            Decision::Unknown => Self::Depends,
            Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny => Self::Blocked,
        }
    }
}

/// Accounts with the same answer for the same causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhoCanGroup {
    /// The verdict they share, that of [`ask`](CompiledOrganization::ask) for each of them.
    pub decision: Decision,
    /// Why, in one word.
    pub reason: Reason,
    /// Of a blocked call the Deny statements behind it, as in [`Explanation::determining`]. Which Allow lets a call
    /// pass makes no difference to a reader and tells no groups apart.
    pub determining: Vec<PlacedStatement>,
    /// Of a call blocked for lack of an Allow each level without one, root first.
    pub levels_without_allow: Vec<LevelRef>,
    /// Of a call on a condition the Deny statements that may match, each with what spares the call.
    pub may_deny: Vec<(PlacedStatement, Predicate)>,
    /// Of a call on a condition the Allow statements that may match where nothing else allows.
    pub may_allow: Vec<PlacedStatement>,
    /// Of an open answer the questions that would decide it, the most frequent first.
    pub undecided: Vec<Undecided>,
    /// Of an open answer when the call passes, as in [`Explanation::depends_on`].
    pub depends_on: Option<Predicate>,
    /// The accounts, in the order of the tree.
    pub accounts: Vec<NodeId>,
}

impl WhoCanGroup {
    /// Which of the three answers it is.
    pub fn answered(&self) -> Answered {
        self.decision.into()
    }
}

/// A level of the accounts of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LevelRef {
    /// A root or unit that all of them are below.
    Target(NodeId),
    /// The account, of each of them its own.
    Account,
}

impl LevelRef {
    /// The level as it stands for an account of the group.
    pub fn at(self, account: NodeId) -> NodeId {
        match self {
            Self::Target(node) => node,
            Self::Account => account,
        }
    }

    fn of(node: NodeId, account: NodeId) -> Self {
        if node == account { Self::Account } else { Self::Target(node) }
    }
}

/// A statement of a policy that is attached at a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlacedStatement {
    /// Where the policy is attached.
    pub level: LevelRef,
    /// The policy.
    pub policy: PolicyIndex,
    /// Index of the statement in the document, from 0.
    pub statement: usize,
}

impl PlacedStatement {
    /// The statement as it stands for an account of the group.
    pub fn at(self, account: NodeId) -> StatementRef {
        StatementRef { node: self.level.at(account), policy: self.policy, statement: self.statement }
    }

    fn of(statement: StatementRef, account: NodeId) -> Self {
        let StatementRef { node, policy, statement } = statement;
        Self { level: LevelRef::of(node, account), policy, statement }
    }
}

impl CompiledOrganization {
    /// Asks the same question of many accounts, and groups them by the answer and its causes. Its account is not looked
    /// at.
    ///
    /// The principal may be that of a name in each account: a name such as `role/Admin`, `user/alice`, `root` or
    /// `assumed-role/Admin/session`, in the organization's partition; or an ARN with `*` or nothing in place of the
    /// account id. Without one, any principal of each account is asked about. Everything else of the question is the
    /// same for all.
    ///
    /// The verdict of each account is that of [`ask`](Self::ask), and does not depend on the number of threads.
    /// Explained is only one account of those that the question cannot tell apart, so the cost is little more than that
    /// of looking at each account once. Nodes that are no accounts are left out, and an account that is given twice
    /// counts once.
    ///
    /// # Errors
    ///
    /// If the question cannot be understood; see [`prepare`](Self::prepare). If the principal is one of a certain
    /// account and another one is asked about.
    ///
    /// ```
    /// # use scproof_evaluator::{CompiledOrganization, Request};
    /// # fn example(compiled: &CompiledOrganization) -> Result<(), Box<dyn std::error::Error>> {
    /// let accounts: Vec<_> = compiled.organization().accounts().collect();
    /// let question = Request::new("", "s3:DeleteBucket").with_principal("role/Admin");
    /// for group in compiled.who_can(&question, &accounts)?.groups {
    ///     println!("{}: {} accounts", group.decision, group.accounts.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn who_can(&self, request: &Request, accounts: &[NodeId]) -> Result<WhoCan, RequestError> {
        let caller = Everywhere::parse(request.principal.as_deref(), &self.organization)?;
        let actions = [parse_action(&request.action)?];
        let question = ManyQuestion { request, caller: &caller, actions: &actions, every_action: false };
        let classes = self.classes(&question, accounts, true)?;
        let answers: Vec<(WhoCanGroup, Vec<&'static str>, Vec<String>)> = classes
            .into_par_iter()
            .map(|class| {
                let id = self.organization.node(class.representative).target.as_str().to_owned();
                let asked = Request { principal: caller.of(&id), account: id, ..request.clone() };
                let query = self.prepare(&asked)?;
                let mut explanation = self.explain(&query);
                let assumed = std::mem::take(&mut explanation.assumed);
                Ok((group_of(explanation, class), assumed, self.common_notes(&query)))
            })
            .collect::<Result<_, RequestError>>()?;
        let mut result = WhoCan::default();
        let mut groups: Vec<WhoCanGroup> = Vec::new();
        let mut numbers = rustc_hash::FxHashMap::default();
        for (group, assumed, notes) in answers {
            push_new(&mut result.assumed, assumed);
            push_new(&mut result.notes, notes);
            let causes = (
                group.decision,
                group.reason,
                group.determining.clone(),
                group.levels_without_allow.clone(),
                (group.may_deny.clone(), group.may_allow.clone(), group.depends_on.clone()),
            );
            let number = *numbers.entry(causes).or_insert(groups.len());
            match groups.get_mut(number) {
                None => groups.push(group),
                Some(same) => {
                    same.accounts.extend(group.accounts);
                    push_new(&mut same.undecided, group.undecided);
                }
            }
        }
        for group in &mut groups {
            group.accounts.sort_unstable();
        }
        let governed = groups.iter().filter(|group| group.decision != Decision::NotApplicable);
        let governed = governed.flat_map(|group| group.accounts.iter().copied());
        result.notes.extend(self.organization.missing_scps_remark(governed));
        groups.sort_by_key(|group| {
            (group.answered(), std::cmp::Reverse(group.accounts.len()), group.accounts.first().copied())
        });
        result.groups = groups;
        Ok(result)
    }
}

fn group_of(explanation: Explanation, class: Class) -> WhoCanGroup {
    let decision = explanation.decision;
    let account = class.representative;
    let placed = |statement: StatementRef| PlacedStatement::of(statement, account);
    let mut group = WhoCanGroup {
        decision,
        reason: explanation.reason,
        determining: Vec::new(),
        levels_without_allow: Vec::new(),
        may_deny: Vec::new(),
        may_allow: Vec::new(),
        undecided: explanation.undecided,
        depends_on: explanation.depends_on,
        accounts: class.accounts,
    };
    match Answered::from(decision) {
        Answered::NotBlocked => {}
        Answered::Blocked => {
            group.determining = explanation.determining.into_iter().map(placed).collect();
            let levels = explanation.levels_without_allow.into_iter();
            group.levels_without_allow = levels.map(|node| LevelRef::of(node, account)).collect();
        }
        Answered::Depends => {
            for level in explanation.levels {
                let denies = level.maybe_denied_by.into_iter().map(|(statement, unless)| (placed(statement), unless));
                group.may_deny.extend(denies);
                if level.allowed_by.is_empty() {
                    group.may_allow.extend(level.maybe_allowed_by.into_iter().map(placed));
                }
            }
        }
    }
    group
}
