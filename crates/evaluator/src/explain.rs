//! Every cause of an answer (GEN-5, EVAL-12): the same rules as [`decide`](crate::CompiledOrganization::decide), walked
//! without stopping at the first cause.

use std::collections::BTreeMap;
use std::sync::Arc;

use scproof_organization::{AccountState, Node, NodeId, PolicyIndex};
use scproof_policy_parser::Effect;

use crate::EvaluationOptions;
use crate::chain::Applicability;
use crate::compile::{Atom, CompiledOrganization, CompiledStatement};
use crate::decide::{Outcome, one_of};
use crate::decision::{Decision, Explanation, LevelTrace, Reason, StatementRef, Undecided};
use crate::predicate::{Open, Predicate};
use crate::prepare::{ActionCell, Pair, Query};
use crate::principal::PrincipalKind;
use crate::request::{ContextValue, Request};
use crate::request_error::RequestError;
use crate::trace::{Evaluation, Reasons};
use crate::truth::Truth;

/// One statement at one level, with its truth.
struct Finding {
    reference: StatementRef,
    truth: Truth,
    /// The open parts: for a Deny that one of them does not hold, for an Allow that all do.
    open: Predicate,
    reasons: Vec<Undecided>,
}

/// A statement as a Deny and as an Allow; a statement without a readable effect is both (K3-14).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Deny,
    Allow,
}

/// The causes in one pair of a request.
#[derive(Default)]
struct PairCauses {
    /// None for a pair that makes nothing of the verdict.
    outcome: Option<Outcome>,
    kleene: Option<Outcome>,
    /// Whether the verdict of the call is that of this pair, or rests on it.
    decides: bool,
    levels: Vec<LevelTrace>,
    levels_without_allow: Vec<NodeId>,
    /// What must hold so that no Deny matches, as far as it is open, and why it is.
    clauses: Vec<Predicate>,
    undecided: Vec<Undecided>,
    /// The same so that each level allows the call.
    allow_clauses: Vec<Predicate>,
    allow_undecided: Vec<Undecided>,
    assumed: Vec<&'static str>,
    /// The resource of the pair, by the name of its type.
    resource: String,
}

impl CompiledOrganization {
    /// Reads a question and answers it with every cause, as [`explain`](Self::explain) does, and says of a verdict that
    /// is open only by rules which AWS leaves open what it is in their likelier readings. For that the organization is
    /// compiled once more, at the first such verdict.
    ///
    /// # Errors
    ///
    /// If the question cannot be understood; see [`prepare`](Self::prepare).
    pub fn answer(&self, request: &Request) -> Result<Explanation, RequestError> {
        let mut explanation = self.explain(&self.prepare(request)?);
        let is_rule = |reason: &Undecided| matches!(reason, Undecided::Rule(_));
        if explanation.decision == Decision::Unknown
            && !self.options.assume_preferred
            && explanation.undecided.iter().any(is_rule)
        {
            let preferred = self.preferred.get_or_init(|| {
                let options = EvaluationOptions { assume_preferred: true, ..self.options };
                Box::new(Self::compile(Arc::clone(&self.organization), options))
            });
            explanation.preferred = Some(preferred.ask(request)?).filter(|decision| *decision != Decision::Unknown);
        }
        Ok(explanation)
    }

    /// What the verdict is if the role of a session that calls has no path, where the verdict is open: the ARN of a
    /// session does not tell the path (CTX-61). Nothing if the question gives the role's ARN, or no session calls.
    pub fn if_role_has_no_path(&self, request: &Request, decision: Decision) -> Option<Decision> {
        const KEY: &str = "aws:PrincipalArn";
        if decision != Decision::Unknown || request.context.iter().any(|(key, _)| key.eq_ignore_ascii_case(KEY)) {
            return None;
        }
        let mut request = request.clone();
        let arn = request.role_without_path()?;
        request.context.insert(KEY, ContextValue::Single(arn));
        self.ask(&request).ok()
    }

    /// Answers a prepared question with every cause (GEN-5): each statement that decides, each level without an Allow,
    /// and for an open verdict the questions that would decide it. Slower than [`decide`](Self::decide), never
    /// different.
    pub fn explain(&self, query: &Query) -> Explanation {
        let mut explanation = Explanation {
            decision: self.decide(query),
            reason: Reason::Undecided,
            determining: Vec::new(),
            levels_without_allow: Vec::new(),
            undecided: Vec::new(),
            depends_on: None,
            levels: Vec::new(),
            assumed: query.assumed.clone(),
            preferred: None,
            completed: Vec::new(),
            basis: None,
            notes: self.notes(query),
        };
        if let Applicability::Settled(decision, reason) = query.applicability {
            explanation.reason = reason;
            if decision == Decision::Unknown {
                // CALL-14.
                let account = query.principal.as_ref().map(|principal| principal.account.clone()).unwrap_or_default();
                explanation.depends_on = Some(Predicate::Open(Open::Membership { account: account.clone() }).not());
                explanation.undecided.push(Undecided::Membership(account));
            }
            return explanation;
        }
        let Some(account) = query.account else { return explanation };
        explanation.notes.extend(self.organization.missing_scps_remark([account]));
        let mut pairs: Vec<PairCauses> = query.pairs.iter().map(|pair| self.causes(query, pair, account)).collect();
        let open = by_check(query, &mut pairs);
        explanation.completed = query.checks.iter().filter_map(|check| check.completed).map(str::to_owned).collect();
        if !explanation.completed.is_empty() {
            let names = explanation.completed.join(", ");
            explanation.notes.push(format!("also checked against any {names}: AWS requires them for the action"));
        }
        explanation.basis = query.by_catalog.then(|| self.actions.catalog.date().to_owned());
        Self::merge(&mut explanation, open, pairs);
        let rule = match query.applicability {
            Applicability::Pending => "EXM-2",
            Applicability::Unsure(rule) => rule,
            Applicability::Decides | Applicability::Settled(..) => return explanation,
        };
        if explanation.decision == Decision::Unknown {
            explanation.reason = Reason::Undecided;
            explanation.levels_without_allow.clear();
            explanation.undecided.insert(0, Undecided::Rule(rule));
            // The call passes where SCPs do not apply.
            let freed = Predicate::Open(Open::Applies { rule }).not();
            explanation.depends_on = Some(match explanation.depends_on.take() {
                Some(condition) if open == Decision::Unknown => Predicate::any([freed, condition]),
                _ => freed,
            });
        }
        explanation
    }

    /// Puts the causes of all pairs together; only pairs with the deciding verdict count.
    fn merge(explanation: &mut Explanation, worst: Decision, pairs: Vec<PairCauses>) {
        explanation.reason = match worst {
            Decision::Allowed | Decision::NotApplicable => Reason::AllowedAtEveryLevel,
            Decision::ExplicitDeny => Reason::DenyStatement,
            Decision::ImplicitDeny => Reason::NoAllow,
            Decision::Deny => Reason::DeniedEitherWay,
            Decision::Unknown => Reason::Undecided,
        };
        let mut counts: BTreeMap<Undecided, usize> = BTreeMap::new();
        let mut clauses: Vec<Predicate> = Vec::new();
        for pair in pairs {
            push_new(&mut explanation.assumed, pair.assumed);
            let by_cases = pair.outcome != pair.kleene;
            let may_deny = pair.outcome.is_some_and(|outcome| outcome.denied != Truth::False);
            if pair.decides {
                let determining = pair.levels.iter().flat_map(|level| match worst {
                    Decision::ExplicitDeny if by_cases => level
                        .denied_by
                        .iter()
                        .chain(level.maybe_denied_by.iter().map(|(statement, _)| statement))
                        .collect(),
                    Decision::ExplicitDeny => level.denied_by.iter().collect::<Vec<_>>(),
                    Decision::Allowed if by_cases => level.allowed_by.iter().chain(&level.maybe_allowed_by).collect(),
                    Decision::Allowed => level.allowed_by.iter().collect(),
                    Decision::Deny if may_deny => {
                        level.maybe_denied_by.iter().map(|(statement, _)| statement).collect()
                    }
                    Decision::Deny | Decision::ImplicitDeny | Decision::Unknown | Decision::NotApplicable => Vec::new(),
                });
                let determining: Vec<StatementRef> = determining.copied().collect();
                push_new(&mut explanation.determining, determining);
                if matches!(worst, Decision::ImplicitDeny | Decision::Deny) {
                    push_new(&mut explanation.levels_without_allow, pair.levels_without_allow);
                }
                let mut asked = (Vec::new(), Vec::new());
                if worst == Decision::Unknown || (worst == Decision::Deny && may_deny) {
                    asked = (pair.undecided, pair.clauses);
                }
                if worst == Decision::Unknown {
                    asked.0.extend(pair.allow_undecided);
                    asked.1.extend(pair.allow_clauses);
                }
                for undecided in asked.0 {
                    *counts.entry(undecided).or_default() += 1;
                }
                if !asked.1.is_empty() {
                    // Each resource has facts of its own: what is asked of two of them says nothing together.
                    clauses.push(simplified(Predicate::all(asked.1)));
                }
                if by_cases && worst != Decision::Unknown {
                    let note = "decided case by case: whatever the open facts are, the verdict is the same".to_owned();
                    push_new(&mut explanation.notes, [note]);
                }
            }
            merge_levels(&mut explanation.levels, pair.levels);
        }
        // Root first, whichever resource came first.
        let place = |node: &NodeId| explanation.levels.iter().position(|level| level.node == *node);
        explanation.levels_without_allow.sort_by_key(place);
        let mut undecided: Vec<(Undecided, usize)> = counts.into_iter().collect();
        undecided.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then_with(|| a.cmp(b)));
        explanation.undecided = undecided.into_iter().map(|(undecided, _)| undecided).collect();
        explanation.depends_on = match worst {
            Decision::Unknown | Decision::Deny => Some(Predicate::all(clauses)),
            Decision::Allowed | Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::NotApplicable => None,
        };
    }

    /// All causes in one pair.
    fn causes(&self, query: &Query, pair: &Pair, account: NodeId) -> PairCauses {
        let mut causes = PairCauses { outcome: Some(self.pair_outcome(query, pair)), ..PairCauses::default() };
        let loose;
        let truths = match &query.cell {
            ActionCell::Known(cell) => self.actions.cell_truths(*cell),
            ActionCell::Loose(_) => {
                loose = self.actions.element_truths(&query.action);
                self.actions.truths(&loose)
            }
        };
        let (mut denied, mut allowed_everywhere) = (Truth::False, Truth::True);
        for node_id in self.organization.inheritance_path(account) {
            let node = self.organization.node(node_id);
            let mut level = LevelTrace {
                node: node_id,
                allowed_by: Vec::new(),
                maybe_allowed_by: Vec::new(),
                denied_by: Vec::new(),
                maybe_denied_by: Vec::new(),
            };
            let mut allowed = Truth::False;
            let mut open_allows: Vec<Predicate> = Vec::new();
            let mut open_allow_reasons: Vec<Undecided> = Vec::new();
            for (policy, _, statement) in self.statements_at(node) {
                let action = statement.action.map_or(Truth::Unknown, |element| truths.of(element));
                if let Some(element) = statement.action {
                    push_new(&mut causes.assumed, self.actions.assumed_rules(element, &query.action));
                }
                if action == Truth::False {
                    continue;
                }
                for role in [Role::Deny, Role::Allow] {
                    let wanted = if role == Role::Deny { Effect::Deny } else { Effect::Allow };
                    if statement.effect.is_some_and(|effect| effect != wanted) {
                        continue;
                    }
                    let finding =
                        self.finding(query, pair, (node_id, policy), statement, action, role, &mut causes.assumed);
                    match role {
                        Role::Deny => {
                            denied = denied.or(finding.truth);
                            if finding.truth == Truth::Unknown {
                                causes.undecided.extend(finding.reasons);
                                causes.clauses.push(finding.open.clone());
                                level.maybe_denied_by.push((finding.reference, simplified(finding.open)));
                            } else if finding.truth == Truth::True {
                                level.denied_by.push(finding.reference);
                            }
                        }
                        Role::Allow => {
                            allowed = allowed.or(finding.truth);
                            if finding.truth == Truth::Unknown {
                                open_allow_reasons.extend(finding.reasons);
                                open_allows.push(finding.open);
                                level.maybe_allowed_by.push(finding.reference);
                            } else if finding.truth == Truth::True {
                                level.allowed_by.push(finding.reference);
                            }
                        }
                    }
                }
            }
            if node.unreadable.is_some() {
                denied = denied.or(Truth::Unknown);
                allowed = allowed.or(Truth::Unknown);
                causes.undecided.push(Undecided::Attachments(node_id));
                causes.clauses.push(Predicate::Open(Open::Attachments(node_id)).not());
            }
            if allowed == Truth::False {
                causes.levels_without_allow.push(node_id);
            }
            if allowed == Truth::Unknown && !open_allows.is_empty() {
                causes.allow_undecided.extend(open_allow_reasons);
                causes.allow_clauses.push(Predicate::any(open_allows));
            }
            allowed_everywhere = allowed_everywhere.and(allowed);
            causes.levels.push(level);
        }
        causes.kleene = Some(Outcome::new(denied, allowed_everywhere));
        causes.resource = pair.resource_words();
        if allowed_everywhere != Truth::Unknown {
            causes.allow_undecided.clear();
            causes.allow_clauses.clear();
        }
        causes
    }

    pub(crate) fn statements_at(&self, node: &Node) -> impl Iterator<Item = (PolicyIndex, u32, &CompiledStatement)> {
        self.chain.attached(node).iter().flat_map(move |&policy| {
            let (start, end) = self.policy_statements.get(policy.index()).copied().unwrap_or_default();
            (start..end).filter_map(move |number| Some((policy, number, self.statements.get(number as usize)?)))
        })
    }

    #[expect(clippy::too_many_arguments, reason = "one statement in one place of one question; each is needed once")]
    fn finding(
        &self,
        query: &Query,
        pair: &Pair,
        (node, policy): (NodeId, PolicyIndex),
        statement: &CompiledStatement,
        action: Truth,
        role: Role,
        assumed: &mut Vec<&'static str>,
    ) -> Finding {
        let mut truth = action;
        let mut open: Vec<Predicate> = Vec::new();
        let number = statement.index as usize;
        let mut reasons = Vec::new();
        if statement.unreadable {
            truth = truth.and(Truth::Unknown);
            reasons.push(Undecided::Policy(policy));
            open.push(Predicate::Open(Open::Statement { policy, statement: number }));
        }
        if action == Truth::Unknown
            && let Some(element) = statement.action
        {
            let rules = self.actions.unsure_rules(element, &query.action);
            open.push(Predicate::Open(Open::Action { policy, statement: number, rules: rules.clone() }));
            reasons.extend(rules.into_iter().map(Undecided::Rule));
        }
        for atom in self.statement_atoms(statement) {
            let mut evaluation = Evaluation {
                states: &pair.states,
                assume_preferred: self.options.assume_preferred,
                trace: Reasons::default(),
            };
            let atom_truth = self.atom_truth(*atom, pair, &mut evaluation);
            truth = truth.and(atom_truth);
            push_new(assumed, evaluation.trace.assumed.iter().copied());
            if atom_truth == Truth::Unknown {
                open.push(self.predicate(*atom, false));
                reasons.extend(self.reasons(*atom, policy, &evaluation.trace));
            }
        }
        reasons.sort();
        reasons.dedup();
        let open = Predicate::all(open);
        let open = if role == Role::Deny { open.not() } else { open };
        Finding { reference: StatementRef { node, policy, statement: number }, truth, open, reasons }
    }

    /// That an atom holds, or its opposite.
    pub(crate) fn predicate(&self, atom: Atom, opposite: bool) -> Predicate {
        let found = match atom {
            Atom::Condition(id) => self.condition_predicates.get(id as usize),
            Atom::Resource(id) => self.resource_predicates.get(id as usize),
        };
        let found = found.cloned().unwrap_or(Predicate::ALWAYS);
        if opposite { found.not() } else { found }
    }

    fn reasons(&self, atom: Atom, policy: PolicyIndex, trace: &Reasons) -> Vec<Undecided> {
        let unreadable = match atom {
            Atom::Condition(id) => {
                self.conditions.get(id as usize).is_some_and(crate::condition::CompiledCondition::is_unreadable)
            }
            Atom::Resource(_) => false,
        };
        if unreadable {
            return vec![Undecided::Policy(policy)];
        }
        let keys = trace.keys.iter().filter_map(|slot| self.slots.get(slot.0 as usize));
        let mut reasons: Vec<Undecided> = keys.map(|slot| Undecided::Key(slot.name.to_string())).collect();
        reasons.extend(trace.resource.then_some(Undecided::Resource));
        reasons.extend(trace.rules.iter().copied().map(Undecided::Rule));
        reasons
    }

    /// Remarks that do not change the verdict (EXM-14, EXM-16, K3-4).
    fn notes(&self, query: &Query) -> Vec<String> {
        let mut notes: Vec<String> = query.account.and_then(|account| self.account_note(account)).into_iter().collect();
        notes.extend(self.common_notes(query));
        notes
    }

    /// The remark on an account that is not active.
    fn account_note(&self, account: NodeId) -> Option<String> {
        let state = self.organization.node(account).account.as_ref()?.state.as_ref()?;
        if *state == AccountState::PendingClosure {
            return Some("the account is being closed; until then its principals can still act".to_owned());
        }
        (*state != AccountState::Active)
            .then(|| format!("the account is {}; nobody can use it, whatever its SCPs say", state.as_str()))
    }

    /// Remarks that are the same whichever account asks.
    pub(crate) fn common_notes(&self, query: &Query) -> Vec<String> {
        let mut notes = query.notes.clone();
        let root = matches!(query.principal.as_ref().map(|principal| &principal.kind), Some(PrincipalKind::Root));
        if query.action.starts_with("mechanicalturk:") || (root && query.action.starts_with("support:")) {
            notes.push("AWS lists tasks of this service that SCPs cannot restrict".to_owned());
        }
        if self.organization.is_incomplete() {
            notes.push("the snapshot is incomplete: parts of the organization could not be read".to_owned());
        }
        notes
    }
}

/// Puts the pairs of each check together, and says for each pair what it makes of the verdict; the verdict of all
/// checks.
fn by_check(query: &Query, pairs: &mut [PairCauses]) -> Decision {
    let of_check = |pairs: &[PairCauses]| one_of(pairs.iter().filter_map(|pair| pair.outcome));
    let verdicts = query.checks.iter().map(|check| of_check(pairs.get(check.pairs.clone()).unwrap_or(&[])));
    let verdicts: Vec<Outcome> = verdicts.collect();
    let each = || query.checks.iter().zip(&verdicts);
    let certain = each().filter(|(check, _)| check.certain).fold(Outcome::ALLOWED, |call, (_, of)| call.with(*of));
    let possible = each().filter(|(check, _)| !check.certain);
    let call = possible.fold(certain, |call, (_, of)| call.with(of.possible())).decision();
    let certain = certain.decision();
    for (check, verdict) in each() {
        let pairs = pairs.get_mut(check.pairs.clone()).unwrap_or_default();
        let says_why = certain == Decision::ImplicitDeny && verdict.denied != Truth::False;
        if !check.certain && certain != Decision::Allowed && !says_why {
            // Nothing is asked of what only some calls are checked against.
            pairs.fill_with(PairCauses::default);
        } else if call == Decision::Deny {
            for pair in pairs.iter_mut() {
                pair.tell_kind(*verdict, check.certain);
            }
        } else if !check.certain && verdict.decision() != Decision::Allowed {
            pairs.iter_mut().for_each(PairCauses::hinder);
        } else if pairs.len() > 1 {
            for pair in pairs.iter_mut() {
                pair.join(*verdict);
            }
        }
        for pair in pairs {
            pair.decides = pair.outcome.is_some_and(|own| call == Decision::Deny || own.decision() == call);
        }
    }
    call
}

impl PairCauses {
    /// One of several pairs that a check may be, which come to a verdict together.
    fn join(&mut self, verdict: Outcome) {
        match (self.outcome.map(Outcome::decision), verdict.decision()) {
            (Some(Decision::Allowed) | None, _) => {}
            (Some(own), verdict) if own == verdict => {}
            (Some(own), Decision::Unknown) if own.is_denied() => self.hinder(),
            (Some(_), _) => {
                self.outcome = Some(verdict);
                self.kleene = self.outcome;
            }
        }
    }

    /// Of a call that is certainly denied: leaves what says for which reason it is. `certain`: each call makes the
    /// check.
    fn tell_kind(&mut self, verdict: Outcome, certain: bool) {
        let Some(own) = self.outcome else { return };
        if own.denied == Truth::False {
            // Levels that lack an Allow say why only where the check fails whichever of its pairs it is.
            if own.passes != Truth::False || verdict.passes != Truth::False {
                *self = Self::default();
            }
        } else if !certain || own.denied == Truth::True {
            // As one of several that the check may be: alone it would deny the call explicitly.
            self.hinder();
        }
    }

    /// It blocks the call if the call is checked against it, or may.
    fn hinder(&mut self) {
        let Some(own) = self.outcome.map(Outcome::decision).filter(|own| *own != Decision::Allowed) else { return };
        let spared = Predicate::Open(Open::Checked { resource: self.resource.clone() }).not();
        if own.is_denied() {
            self.clauses = vec![spared.clone()];
            self.allow_clauses.clear();
        } else {
            for clause in self.clauses.iter_mut().chain(&mut self.allow_clauses) {
                *clause = Predicate::any([std::mem::replace(clause, Predicate::ALWAYS), spared.clone()]);
            }
        }
        for level in &mut self.levels {
            let denied = std::mem::take(&mut level.denied_by);
            level.maybe_denied_by.extend(denied.into_iter().map(|statement| (statement, spared.clone())));
        }
        self.undecided.push(Undecided::Resource);
        self.outcome = Some(Outcome::UNKNOWN);
        self.kleene = self.outcome;
    }
}

/// Appends what is not there yet, in order.
pub(crate) fn push_new<T: PartialEq>(list: &mut Vec<T>, items: impl IntoIterator<Item = T>) {
    for item in items {
        if !list.contains(&item) {
            list.push(item);
        }
    }
}

/// Adds the causes of another pair level by level.
fn merge_levels(levels: &mut Vec<LevelTrace>, more: Vec<LevelTrace>) {
    if levels.is_empty() {
        *levels = more;
        return;
    }
    for (level, other) in levels.iter_mut().zip(more) {
        push_new(&mut level.allowed_by, other.allowed_by);
        push_new(&mut level.maybe_allowed_by, other.maybe_allowed_by);
        push_new(&mut level.denied_by, other.denied_by);
        push_new(&mut level.maybe_denied_by, other.maybe_denied_by);
    }
}

/// In fewer words, unless these would say that nothing is open: what left it open was something else then.
fn simplified(condition: Predicate) -> Predicate {
    let found = condition.clone().simplified();
    if found.is_always() || found.is_never() { condition } else { found }
}
