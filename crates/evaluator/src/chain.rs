//! A chain: the policies of one kind along the inheritance paths of accounts (part B.1).
//!
//! A call is decided by the chain of one account, its *owner*. For service control policies that is the account of the
//! caller, wherever the resource is. What a kind of policy means beside that – which attachments count, whose path it
//! is, who is exempt – is asked here and nowhere else.

use rustc_hash::FxHashMap;
use scproof_organization::{Node, NodeId, PolicyIndex};
use scproof_policy_parser::PolicyKind;

use crate::compile::LevelId;
use crate::decision::{Decision, Reason};

/// The policies of one kind along the paths of all accounts; each distinct path once.
#[derive(Debug)]
pub(crate) struct Chain {
    kind: PolicyKind,
    paths: Vec<Path>,
    /// For each account its path.
    of_account: FxHashMap<NodeId, PathId>,
}

/// Number of a distinct inheritance path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PathId(u32);

impl PathId {
    /// The path of no account.
    pub(crate) const NONE: Self = Self(u32::MAX);

    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

/// A distinct inheritance path.
#[derive(Debug, Default)]
pub(crate) struct Path {
    /// All levels, root first.
    pub(crate) levels: Box<[LevelId]>,
    /// The levels that do not pass everything, each once, in ascending order.
    pub(crate) active: Box<[LevelId]>,
}

/// Whether the policies of a chain decide about a call at all (part B.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Applicability {
    /// They do not: the call comes out so whatever they say, for this reason.
    Settled(Decision, Reason),
    /// The statements decide.
    Decides,
    /// The policy type is being switched on or off: only what passes either way is certain (EXM-2).
    Pending,
    /// Whether SCPs restrict the call is unsure, by this rule: only what they let pass is certain (CALL-15, CALL-16,
    /// K3-12).
    Unsure(&'static str),
}

impl Applicability {
    /// Why every call passes, if every call does.
    pub fn passes(self) -> Option<Reason> {
        match self {
            Self::Settled(Decision::NotApplicable | Decision::Allowed, reason) => Some(reason),
            Self::Settled(..) | Self::Decides | Self::Pending | Self::Unsure(_) => None,
        }
    }
}

/// The policies of a kind that are attached to a node.
pub(crate) fn attached(kind: PolicyKind, node: &Node) -> &[PolicyIndex] {
    match kind {
        PolicyKind::ServiceControl => &node.scps,
        PolicyKind::ResourceControl => &node.rcps,
    }
}

impl Chain {
    /// `paths`: accounts with the levels of their paths, root first. `passes` tells the levels that let everything
    /// through.
    pub(crate) fn new(
        kind: PolicyKind,
        paths: impl Iterator<Item = (NodeId, Box<[LevelId]>)>,
        passes: impl Fn(LevelId) -> bool,
    ) -> Self {
        let mut chain = Self { kind, paths: Vec::new(), of_account: FxHashMap::default() };
        let mut ids: FxHashMap<Box<[LevelId]>, PathId> = FxHashMap::default();
        for (account, levels) in paths {
            let path = *ids.entry(levels).or_insert_with_key(|levels| {
                let mut active: Vec<LevelId> = levels.iter().copied().filter(|level| !passes(*level)).collect();
                // The same set at two levels is one question (EVAL-15).
                active.sort_unstable();
                active.dedup();
                chain.paths.push(Path { levels: levels.clone(), active: active.into() });
                PathId(u32::try_from(chain.paths.len() - 1).unwrap_or(u32::MAX))
            });
            chain.of_account.insert(account, path);
        }
        chain
    }

    /// The policies of this kind that are attached to a node.
    pub(crate) fn attached<'n>(&self, node: &'n Node) -> &'n [PolicyIndex] {
        attached(self.kind, node)
    }

    /// The path that decides about the calls of an account; `None` for a node that is no account.
    pub(crate) fn path_of(&self, account: NodeId) -> Option<PathId> {
        self.of_account.get(&account).copied()
    }

    pub(crate) fn path(&self, id: PathId) -> Option<&Path> {
        self.paths.get(id.0 as usize)
    }

    /// All levels of a path, root first.
    pub(crate) fn levels(&self, id: PathId) -> &[LevelId] {
        self.path(id).map_or(&[], |path| &path.levels)
    }

    /// The levels of a path that do not pass everything.
    pub(crate) fn active(&self, id: PathId) -> &[LevelId] {
        self.path(id).map_or(&[], |path| &path.active)
    }
}
