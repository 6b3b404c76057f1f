//! Everything that is numbered once, for one organization or for several that are to be compared.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use scproof_organization::{NodeId, Organization, PolicyIndex, Target};
use scproof_policy_parser::{Condition, PolicyDocument, PolicyKind, ResourceElement};

use crate::EvaluationOptions;
use crate::action::ActionTable;
use crate::call::TypeMemory;
use crate::chain::{Chain, attached};
use crate::compile::{Atom, Builder, CompiledOrganization, CompiledStatement, Level, LevelId, Slot};
use crate::condition::CompiledCondition;
use crate::predicate::Predicate;
use crate::refine::SplitMemory;
use crate::resource::CompiledResource;

/// The range of numbers of a document's statements.
type DocumentStatements = (u32, u32);

/// Collects the documents and levels of organizations.
pub(crate) struct Tables {
    options: EvaluationOptions,
    builder: Builder,
    /// Documents by their place in memory, and by their text, so that a text is worked through once however often it
    /// was parsed.
    by_place: FxHashMap<*const PolicyDocument, DocumentStatements>,
    by_text: FxHashMap<Arc<str>, DocumentStatements>,
    /// By documents; what could not be read of one target is not what could not be read of another.
    level_ids: FxHashMap<(Vec<DocumentStatements>, Option<Target>), LevelId>,
    drafts: Vec<(Vec<DocumentStatements>, bool)>,
}

/// The kind of policies that decide: those of the caller's account.
const KIND: PolicyKind = PolicyKind::ServiceControl;

/// What belongs to one organization alone.
pub(crate) struct Nodes {
    levels: Vec<LevelId>,
    policy_statements: Vec<DocumentStatements>,
}

/// The finished tables; organizations share them.
pub(crate) struct Built {
    actions: Arc<ActionTable>,
    slots: Arc<[Slot]>,
    conditions: Arc<[CompiledCondition]>,
    condition_sources: Arc<[Condition]>,
    condition_predicates: Arc<[Predicate]>,
    resources: Arc<[CompiledResource]>,
    resource_sources: Arc<[ResourceElement]>,
    resource_predicates: Arc<[Predicate]>,
    statements: Arc<[CompiledStatement]>,
    atoms: Arc<[Atom]>,
    levels: Arc<[Level]>,
}

impl Tables {
    pub(crate) fn new(options: EvaluationOptions) -> Self {
        Self {
            options,
            builder: Builder::new(options.assume_preferred),
            by_place: FxHashMap::default(),
            by_text: FxHashMap::default(),
            level_ids: FxHashMap::default(),
            drafts: Vec::new(),
        }
    }

    fn document(&mut self, organization: &Organization, index: PolicyIndex) -> DocumentStatements {
        let policy = organization.policy(index);
        let place = Arc::as_ptr(&policy.document);
        if let Some(range) = self.by_place.get(&place) {
            return *range;
        }
        let known = policy.content.as_ref().and_then(|text| self.by_text.get(text));
        let range = if let Some(range) = known { *range } else { self.builder.document(&policy.document) };
        self.by_place.insert(place, range);
        if let Some(text) = &policy.content {
            self.by_text.insert(Arc::clone(text), range);
        }
        range
    }

    /// Numbers everything that the organization attaches somewhere.
    pub(crate) fn read(&mut self, organization: &Organization) -> Nodes {
        // A level is the set of its documents, whatever their policies are called (EVAL-15, GEN-6).
        let mut policy_statements = vec![(0, 0); organization.policies().len()];
        let mut levels = Vec::with_capacity(organization.node_count());
        for (_, node) in organization.nodes() {
            let policies = attached(KIND, node);
            let mut set: Vec<DocumentStatements> = Vec::with_capacity(policies.len());
            for &index in policies {
                let range = self.document(organization, index);
                if let Some(slot) = policy_statements.get_mut(index.index()) {
                    *slot = range;
                }
                set.push(range);
            }
            set.sort_unstable();
            set.dedup();
            let key = (set, node.unreadable.as_ref().map(|_| node.target.clone()));
            let level = if let Some(level) = self.level_ids.get(&key) {
                *level
            } else {
                let level = LevelId(u32::try_from(self.drafts.len()).unwrap_or(u32::MAX));
                self.drafts.push((key.0.clone(), key.1.is_some()));
                self.level_ids.insert(key, level);
                level
            };
            levels.push(level);
        }
        Nodes { levels, policy_statements }
    }

    /// Numbers a document that is attached nowhere, as a level of its own.
    pub(crate) fn read_hypothetical(&mut self, document: &PolicyDocument) -> LevelId {
        let range = self.builder.document(document);
        let level = LevelId(u32::try_from(self.drafts.len()).unwrap_or(u32::MAX));
        self.drafts.push((vec![range], false));
        level
    }

    /// Cuts the actions and works through each level. `every_name`: also cut the names that the catalog lacks, by all
    /// patterns, which a comparison needs and a question does not.
    pub(crate) fn build(self, every_name: bool) -> Built {
        let Builder {
            catalog,
            slots,
            conditions,
            condition_sources,
            condition_predicates,
            resources,
            resource_sources,
            resource_predicates,
            actions,
            statements,
            atoms,
            ..
        } = self.builder;
        let actions = actions.build(catalog, self.options.assume_preferred, every_name);
        let levels: Arc<[Level]> = self
            .drafts
            .into_par_iter()
            .map(|(documents, unreadable)| {
                let numbers = documents.into_iter().flat_map(|(start, end)| start..end).collect();
                let level = Level::build(numbers, unreadable, &statements, &actions);
                if every_name { level.with_cells(&statements, &actions) } else { level }
            })
            .collect();
        Built {
            actions: Arc::new(actions),
            slots: slots.into(),
            conditions: conditions.into(),
            condition_sources: condition_sources.into(),
            condition_predicates: condition_predicates.into(),
            resources: resources.into(),
            resource_sources: resource_sources.into(),
            resource_predicates: resource_predicates.into(),
            statements: statements.into(),
            atoms: atoms.into(),
            levels,
        }
    }
}

impl Built {
    /// The compiled form of one of the organizations that were read.
    pub(crate) fn with(
        &self,
        organization: Arc<Organization>,
        nodes: Nodes,
        options: EvaluationOptions,
    ) -> CompiledOrganization {
        let chain = self.chain(&organization, &nodes.levels);
        CompiledOrganization {
            organization,
            options,
            actions: Arc::clone(&self.actions),
            slots: Arc::clone(&self.slots),
            conditions: Arc::clone(&self.conditions),
            condition_sources: Arc::clone(&self.condition_sources),
            condition_predicates: Arc::clone(&self.condition_predicates),
            resources: Arc::clone(&self.resources),
            resource_sources: Arc::clone(&self.resource_sources),
            resource_predicates: Arc::clone(&self.resource_predicates),
            statements: Arc::clone(&self.statements),
            atoms: Arc::clone(&self.atoms),
            levels: Arc::clone(&self.levels),
            chain,
            policy_statements: nodes.policy_statements,
            account_names: self.conditions.iter().map(|_| OnceLock::new()).collect(),
            splits: SplitMemory::default(),
            types: TypeMemory::default(),
            preferred: OnceLock::new(),
        }
    }

    fn chain(&self, organization: &Organization, node_levels: &[LevelId]) -> Chain {
        let level_of = |node: NodeId| node_levels.get(node.index()).copied().unwrap_or(LevelId(u32::MAX));
        let path = |account| (account, organization.inheritance_path(account).into_iter().map(level_of).collect());
        let passes = |level: LevelId| self.levels.get(level.0 as usize).is_some_and(|level| level.passes_everything);
        Chain::new(KIND, organization.accounts().map(path), passes)
    }
}
