//! The interface of proofs: organizations over one numbering, their statements as conjunctions of atoms, their facts as
//! cells. The prover works on this form; nothing else needs it.
//!
//! An *atom* is a `Condition` line or a `Resource`/`NotResource` element. A *fact* is what atoms ask about: the
//! resource, a context key, or several keys that move together. A *cell* of a fact is a class of values that none of
//! the atoms at hand can tell apart. Where an atom cannot be decided cell by cell – it compares two keys, its rule is
//! unsure, a limit was met – it stays a free question, the same one in every organization.

mod callers;
mod calls;
mod classes;
mod cutter;
mod facts;
mod laws;
mod principal;
mod resources;
mod signature;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use scproof_organization::{NodeId, Organization, PolicyIndex};
use scproof_policy_parser::{Effect, PolicyDocument};

pub use crate::action::CellId;
pub use crate::action_names::MAX_STATES;
pub use crate::chain::Applicability;
use crate::chain::PathId;
pub use crate::compile::{Atom, Candidate, LevelId};
use crate::compile::{CompiledOrganization, LevelEntry};
use crate::decision::Reason;
use crate::keys;
use crate::predicate::Predicate;
use crate::prepare::ActionCell;
use crate::principal::Principal;
use crate::request::Request;
pub use crate::request::{ContextValue, RequestResource};
use crate::request_error::RequestError;
use crate::state::KeyState;
pub use crate::trace::KeySlot;
use crate::trace::{Evaluation, NoTrace};
use crate::truth::Truth;
use crate::{Decision, EvaluationOptions, StatementRef, Undecided};
pub use calls::{CallCheck, CallShape, PairId, PairShape, ShapeId};
pub use classes::{ActionClass, ActionTraits, ClassKey, OtherNames, PatternId};
pub use cutter::{CutMemory, MAX_CELLS};
pub use facts::{AtomForm, AtomTruth, Cell, Fact, Facts, Openness, Setting, Subject};
pub use laws::Exclusion;
pub use principal::CallerKind;
pub use signature::{AccountSignature, AccountSignatures};

/// One of the organizations that were compiled together, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct View(u32);

impl View {
    /// The first, which is the only one of questions about an organization as it is.
    pub const FIRST: Self = Self(0);
    /// Of a comparison the organization as it is.
    pub const BEFORE: Self = Self::FIRST;
    /// Of a comparison the organization as it would be.
    pub const AFTER: Self = Self(1);
    /// Those of a comparison, in order.
    pub const BOTH: [Self; 2] = [Self::BEFORE, Self::AFTER];

    fn index(self) -> usize {
        self.0 as usize
    }
}

/// Organizations compiled together: statements, atoms, levels and action cells have the same numbers in all of them.
/// Questions about an organization as it is have one view, a comparison has two, a history has one for each state.
#[derive(Debug)]
pub struct CompiledViews {
    /// What is numbered for all stands in each; it is read here.
    first: Arc<CompiledOrganization>,
    others: Vec<Arc<CompiledOrganization>>,
    /// Whether `aws:ResourceOrgPaths` and `aws:ResourceOrgID` may differ between the views, once it was asked.
    moved_owners: OnceLock<(bool, bool)>,
    /// What calls are checked against, once it was asked.
    shapes: calls::ShapeMemory,
}

/// What a level holds for the actions of one cell.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// A Deny without resource or condition matches.
    pub denies: bool,
    /// An Allow without resource or condition matches.
    pub allows: bool,
    /// The attachments could not be read (K3-13).
    pub unreadable: bool,
    /// The Deny statements that depend on resource or context.
    pub deny: Cow<'a, [Candidate]>,
    /// The Allow statements that depend on resource or context; empty if `allows`.
    pub allow: Cow<'a, [Candidate]>,
}

impl CompiledViews {
    /// Compiles one organization for questions about itself.
    pub fn one(organization: impl Into<Arc<Organization>>, options: EvaluationOptions) -> Self {
        Self::with_hypothetical(organization, &[], options).0
    }

    /// The same, and along with it documents that are attached nowhere: their statements, atoms and action patterns are
    /// numbered along. Returns for each document a *hypothetical* level, which stands on no path until a question puts
    /// it there.
    pub fn with_hypothetical(
        organization: impl Into<Arc<Organization>>,
        documents: &[Arc<PolicyDocument>],
        options: EvaluationOptions,
    ) -> (Self, Vec<LevelId>) {
        Self::together(organization.into(), Vec::new(), documents, options)
    }

    /// Compiles two organizations together. Costs what compiling the larger takes, and a little for what differs.
    pub fn two(
        before: impl Into<Arc<Organization>>,
        after: impl Into<Arc<Organization>>,
        options: EvaluationOptions,
    ) -> Self {
        Self::together(before.into(), vec![after.into()], &[], options).0
    }

    /// Compiles an organization in all its states together, to compare each with each.
    pub fn all(first: Arc<Organization>, others: Vec<Arc<Organization>>, options: EvaluationOptions) -> Self {
        Self::together(first, others, &[], options).0
    }

    fn together(
        first: Arc<Organization>,
        others: Vec<Arc<Organization>>,
        documents: &[Arc<PolicyDocument>],
        options: EvaluationOptions,
    ) -> (Self, Vec<LevelId>) {
        let (first, others, levels) = CompiledOrganization::compile_together(first, others, documents, options);
        let others = others.into_iter().map(Arc::new).collect();
        (
            Self {
                first: Arc::new(first),
                others,
                moved_owners: OnceLock::new(),
                shapes: calls::ShapeMemory::default(),
            },
            levels,
        )
    }

    /// Two of the views, to compare them. Costs nothing: they stay compiled as they are.
    #[must_use]
    pub fn pair(&self, before: View, after: View) -> Self {
        let view = |view: View| Arc::clone(self.shared(view));
        Self {
            first: view(before),
            others: vec![view(after)],
            moved_owners: OnceLock::new(),
            shapes: calls::ShapeMemory::default(),
        }
    }

    /// All views, in order.
    pub fn views(&self) -> impl Iterator<Item = View> + use<> {
        (0..=u32::try_from(self.others.len()).unwrap_or(u32::MAX - 1)).map(View)
    }

    fn shared(&self, view: View) -> &Arc<CompiledOrganization> {
        // Views come from here, so that there is one; a comparison with itself is asked of one alone.
        let other = view.index().checked_sub(1).and_then(|index| self.others.get(index));
        other.unwrap_or(&self.first)
    }

    /// The decision on a request as if the Deny statements of one more level stood on the account's path.
    ///
    /// # Errors
    ///
    /// If the request cannot be understood; see [`CompiledOrganization::prepare`].
    pub fn ask_with(&self, view: View, request: &Request, level: LevelId) -> Result<Decision, RequestError> {
        let compiled = self.view(view);
        compiled.prepare_for(request, &[], Some(level)).map(|query| compiled.decide(&query))
    }

    /// The decisions on a request as it is, and as if the Deny statements of one more level stood on the account's
    /// path: what [`ask`](CompiledOrganization::ask) and [`ask_with`](Self::ask_with) say. `None` if the facts given
    /// break a law, so that no call is such.
    ///
    /// # Errors
    ///
    /// If the request cannot be understood; see [`CompiledOrganization::prepare`].
    pub fn ask_both(
        &self,
        view: View,
        request: &Request,
        level: LevelId,
    ) -> Result<Option<[Decision; 2]>, RequestError> {
        let compiled = self.view(view);
        let mut query = compiled.prepare_for(request, &[], Some(level))?;
        if !query.broken_laws.is_empty() {
            return Ok(None);
        }
        let with = compiled.decide(&query);
        // The facts have been looked up for the statements of the level, too, which nothing asks about now.
        query.hypothetical = None;
        Ok(Some([compiled.decide(&query), with]))
    }

    /// The decisions on one question, put to some accounts as by [`Request::in_account`]: what
    /// [`CompiledOrganization::ask`] says of each. The accounts must have equal [signatures](Self::account_signatures),
    /// and the question must not name one of them. It is read once, for all of them.
    ///
    /// # Errors
    ///
    /// If question or accounts cannot be understood; see [`CompiledOrganization::prepare`].
    pub fn ask_alike(
        &self,
        view: View,
        question: &Request,
        accounts: &[NodeId],
    ) -> Result<Vec<Decision>, RequestError> {
        let compiled = self.view(view);
        let Some(first) = accounts.first() else { return Ok(Vec::new()) };
        let request = |node: NodeId| {
            let organization = compiled.organization();
            question.in_account(organization, organization.node(node).target.as_str())
        };
        let levels: BTreeSet<LevelId> =
            accounts.iter().flat_map(|account| self.path_levels(view, *account)).copied().collect();
        let statements = levels.into_iter().flat_map(|level| self.level_statements(level));
        let atoms: BTreeSet<Atom> =
            statements.flat_map(|statement| self.statement_atoms(*statement)).copied().collect();
        let atoms: Vec<Atom> = atoms.into_iter().collect();
        let mut query = compiled.prepare_for(&request(*first)?, &atoms, None)?;
        let folded = question.action.to_ascii_lowercase();
        accounts
            .iter()
            .map(|account| match (compiled.chain.path_of(*account), &query.cell) {
                (Some(path), ActionCell::Known(_)) => {
                    query.path = path;
                    query.account = Some(*account);
                    query.applicability = compiled.applicability(query.account, query.principal.as_ref(), &folded);
                    Ok(compiled.decide(&query))
                }
                (None, _) | (_, ActionCell::Loose(_)) => compiled.ask(&request(*account)?),
            })
            .collect()
    }

    /// All levels of an account's path, root first.
    pub fn path_levels(&self, view: View, account: NodeId) -> &[LevelId] {
        let chain = &self.view(view).chain;
        chain.path_of(account).map_or(&[], |path| chain.levels(path))
    }

    /// A number that accounts share exactly if all levels of their paths are the same.
    pub fn path_number(&self, view: View, account: NodeId) -> Option<u32> {
        self.view(view).chain.path_of(account).map(PathId::number)
    }

    /// The statements of a level.
    pub fn level_statements(&self, level: LevelId) -> &[u32] {
        self.first.level(level).map_or(&[], |level| &level.statements)
    }

    /// Whether the attachments of a level could not be read (K3-13).
    pub fn is_unreadable(&self, level: LevelId) -> bool {
        self.first.level(level).is_some_and(|level| level.unreadable)
    }

    /// A statement, if it may concern the actions of a cell.
    pub fn candidate(&self, statement: u32, cell: CellId) -> Option<Candidate> {
        let found = self.first.statements.get(statement as usize)?;
        let truths = self.first.actions.cell_truths(cell);
        let action = found.action.map_or(Truth::Unknown, |element| truths.of(element));
        (action != Truth::False)
            .then_some(Candidate { statement, uncertain: action == Truth::Unknown || found.unreadable })
    }

    /// The effect of a statement, if it could be read.
    pub fn statement_effect(&self, statement: u32) -> Option<Effect> {
        self.first.statements.get(statement as usize).and_then(|statement| statement.effect)
    }

    /// The numbers of the statements of a policy that is attached somewhere.
    pub fn policy_statements(&self, view: View, policy: PolicyIndex) -> Range<u32> {
        let (start, end) = self.view(view).policy_statements.get(policy.index()).copied().unwrap_or_default();
        start..end
    }

    /// One of the organizations, for questions.
    pub fn view(&self, view: View) -> &CompiledOrganization {
        self.shared(view)
    }

    /// Whether SCPs decide about an account's calls of an action (lower case).
    pub fn applicability(&self, view: View, account: NodeId, action: &str) -> Applicability {
        match self.view(view).applicability(Some(account), None, action) {
            // Either way it is open whether anything is blocked.
            Applicability::Unsure(_) => Applicability::Pending,
            known @ (Applicability::Settled(..) | Applicability::Decides | Applicability::Pending) => known,
        }
    }

    /// Whether SCPs decide about the calls of some actions, where they apply to an account as given; `None` if no
    /// policy denies them.
    pub fn applicability_to(&self, of_account: Applicability, traits: ActionTraits) -> Option<Applicability> {
        let unsure = traits.unsure_rule();
        if traits.is_undeniable() || (unsure.is_some() && self.first.options.assume_preferred) {
            return None;
        }
        match (of_account, unsure) {
            (Applicability::Settled(..), _) | (_, None) => Some(of_account),
            (_, Some(rule)) => Some(Applicability::Unsure(rule)),
        }
    }

    /// Why SCPs do nothing to the calls of a caller, given as the principal of a request, whatever the action; `None`
    /// if they may, or the principal cannot be read.
    pub fn exemption(&self, view: View, account: NodeId, principal: &str) -> Option<Reason> {
        let principal = Principal::parse(principal).ok()?;
        match self.view(view).applicability(Some(account), Some(&principal), "another-service:another-action") {
            Applicability::Settled(Decision::NotApplicable, reason) => Some(reason),
            Applicability::Settled(..) | Applicability::Decides | Applicability::Pending | Applicability::Unsure(_) => {
                None
            }
        }
    }

    /// The levels of an account's path that do not pass everything, each once, in ascending order.
    pub fn levels(&self, view: View, account: NodeId) -> &[LevelId] {
        let chain = &self.view(view).chain;
        chain.path_of(account).map_or(&[], |path| chain.active(path))
    }

    /// What a level holds for a cell of actions.
    pub fn entry(&self, level: LevelId, cell: CellId) -> Option<Entry<'_>> {
        let found = self.first.level(level)?;
        let entry = self.first.cells_of(found).entry(cell)?;
        Some(Entry {
            denies: entry.denies,
            allows: entry.allows,
            unreadable: found.unreadable,
            deny: Cow::Borrowed(&entry.deny),
            allow: Cow::Borrowed(&entry.allow),
        })
    }

    /// What a level would hold for a cell of actions without some of its statements. `O(statements)`.
    pub fn entry_without(&self, level: LevelId, cell: CellId, removed: &Range<u32>) -> Option<Entry<'static>> {
        let found = self.first.level(level)?;
        let left: Vec<u32> = found.statements.iter().copied().filter(|number| !removed.contains(number)).collect();
        let truths = self.first.actions.cell_truths(cell);
        let LevelEntry { denies, allows, deny, allow } = LevelEntry::build(&left, &self.first.statements, truths);
        let unreadable = found.unreadable;
        Some(Entry { denies, allows, unreadable, deny: Cow::Owned(deny.into()), allow: Cow::Owned(allow.into()) })
    }

    /// A number that two levels share exactly if they hold the same for the same cells; the same statements have one
    /// number within a level only, so compare entries of one level.
    pub fn entry_number(&self, level: LevelId, cell: CellId) -> Option<u32> {
        self.first.cells_of(self.first.level(level)?).by_cell.get(cell.index()).copied()
    }

    /// The atoms of a statement; all must hold.
    pub fn statement_atoms(&self, statement: u32) -> &[Atom] {
        self.first.statements.get(statement as usize).map_or(&[], |statement| self.first.statement_atoms(statement))
    }

    /// Why a statement is uncertain, for an action: a part that could not be read, or unsure rules about its action
    /// pattern.
    pub fn uncertainty(&self, statement: u32, action: &str) -> Vec<Undecided> {
        let Some(statement) = self.first.statements.get(statement as usize) else { return Vec::new() };
        let mut reasons: Vec<Undecided> = statement
            .action
            .map(|element| self.first.actions.unsure_rules(element, action))
            .unwrap_or_default()
            .into_iter()
            .map(Undecided::Rule)
            .collect();
        if statement.unreadable || reasons.is_empty() {
            reasons.push(Undecided::Rule("K3-14"));
        }
        reasons
    }

    /// The truth of atoms in a request, in their order; the first resource of the request counts, with all keys that
    /// are given, whatever else calls of the action are checked against.
    ///
    /// # Errors
    ///
    /// If the request cannot be understood; see [`CompiledOrganization::prepare`].
    pub fn atom_truths(&self, view: View, request: &Request, atoms: &[Atom]) -> Result<Vec<Truth>, RequestError> {
        Ok(self.atom_truths_and_presence(view, request, atoms, "")?.0)
    }

    /// The same, and whether the request carries a key that the atoms ask about.
    ///
    /// # Errors
    ///
    /// As [`atom_truths`](Self::atom_truths).
    pub fn atom_truths_and_presence(
        &self,
        view: View,
        request: &Request,
        atoms: &[Atom],
        key: &str,
    ) -> Result<(Vec<Truth>, Truth), RequestError> {
        let compiled = self.view(view);
        let query = compiled.prepare_for(&request.clone().beyond_catalog(), atoms, None)?;
        let Some(pair) = query.pairs.first() else { return Ok((vec![Truth::Unknown; atoms.len()], Truth::Unknown)) };
        let mut evaluation =
            Evaluation { states: &pair.states, assume_preferred: compiled.options.assume_preferred, trace: NoTrace };
        let truths = atoms.iter().map(|atom| compiled.atom_truth(*atom, pair, &mut evaluation)).collect();
        let mut slots = compiled.slots.iter().zip(&pair.states);
        let presence = match slots.find(|(slot, _)| slot.name.eq_ignore_ascii_case(key)).map(|(_, state)| state) {
            Some(KeyState::Absent) => Truth::False,
            Some(KeyState::Present(_)) => Truth::True,
            Some(KeyState::Unknown(domain)) if !domain.may_be_absent => Truth::True,
            Some(KeyState::Unknown(_) | KeyState::Either(_) | KeyState::Candidates(_) | KeyState::OtherFold) | None => {
                Truth::Unknown
            }
        };
        Ok((truths, presence))
    }

    /// That an atom holds, or its opposite.
    pub fn predicate(&self, atom: Atom, opposite: bool) -> Predicate {
        self.first.predicate(atom, opposite)
    }

    /// The keys that an atom asks about: its own, and those that its policy variables name.
    pub fn atom_keys(&self, atom: Atom) -> Vec<&str> {
        let mut keys: Vec<&str> = self
            .first
            .slots_of(atom)
            .filter_map(|slot| self.first.slots.get(slot.0 as usize))
            .map(|slot| &*slot.name)
            .collect();
        keys.dedup();
        keys
    }

    /// The keys of an atom that may have one value in one view and another in another in the same request, since they
    /// follow from who owns the resource.
    pub fn owner_keys(&self, atom: Atom) -> Vec<&str> {
        let is_of_owner = |key: &&str| keys::find(key).is_some_and(|row| self.differs_by_owner(row.model));
        self.atom_keys(atom).into_iter().filter(is_of_owner).collect()
    }

    /// The policy texts that an atom compares with, as written.
    pub fn atom_texts(&self, atom: Atom) -> Vec<String> {
        match atom {
            Atom::Condition(id) => {
                let values = self.first.condition_sources.get(id as usize).and_then(|source| source.values.as_ref());
                values.into_iter().flatten().map(|value| value.text.clone()).collect()
            }
            Atom::Resource(id) => {
                let patterns = self.first.resource_sources.get(id as usize).map(|source| &source.patterns);
                patterns.into_iter().flatten().map(|pattern| pattern.text.clone()).collect()
            }
        }
    }

    /// Whether an atom is a `Resource` or `NotResource` element.
    pub fn is_resource(&self, atom: Atom) -> bool {
        matches!(atom, Atom::Resource(_))
    }

    /// The statements attached along an account's path, with their numbers.
    pub fn statements_along(&self, view: View, account: NodeId) -> Vec<(u32, StatementRef)> {
        self.view(view).statements_along(account)
    }
}

impl CompiledOrganization {
    fn statements_along(&self, account: NodeId) -> Vec<(u32, StatementRef)> {
        let path = self.organization.inheritance_path(account);
        path.into_iter()
            .flat_map(|node| {
                self.statements_at(self.organization.node(node)).map(move |(policy, number, statement)| {
                    (number, StatementRef { node, policy, statement: statement.index as usize })
                })
            })
            .collect()
    }
}

impl Candidate {
    /// The number of the statement.
    pub fn statement(self) -> u32 {
        self.statement
    }

    /// Whether its action part is unknown, or the statement could not be read.
    pub fn is_uncertain(self) -> bool {
        self.uncertain
    }
}

impl CellId {
    /// The number of the cell.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}
