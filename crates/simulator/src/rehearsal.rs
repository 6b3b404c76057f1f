//! Changes made one after the other on a copy, each looked at in the state that it meets.

use scproof_organization::{Change, ChangeSet, Draft, Organization};
use scproof_policy_parser::Quotas;
use scproof_text::Message;

use crate::allowing::Allowing;
use crate::failure::PredictedFailure;
use crate::notice::{Found, notices};
use crate::precondition::predict;

/// One change and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The change's number, from 0.
    pub index: usize,
    /// The AWS operation.
    pub operation: &'static str,
    /// The change in words, with the names that things have before it.
    pub description: String,
    /// What AWS would say no with; empty if it would make the change.
    pub failures: Vec<PredictedFailure>,
    /// What else is worth knowing, most serious first.
    pub notices: Vec<Message>,
}

impl Step {
    /// Whether the change was made on the copy: not if it means nothing in the state that it meets.
    pub fn is_simulated(&self) -> bool {
        self.failures.iter().all(|failure| failure.simulated)
    }
}

/// Makes changes one after the other on a copy of an organization.
///
/// An iterator over the steps; between them, [`draft`](Self::draft) is the intermediate state. Attaching, detaching and
/// moving cost what they reach, the other steps time linear in the organization.
#[derive(Debug)]
pub struct Rehearsal<'c> {
    draft: Draft,
    changes: &'c [Change],
    next: usize,
    quotas: Quotas,
    allowing: Allowing,
}

impl<'c> Rehearsal<'c> {
    /// Nothing changed yet.
    pub fn new(organization: &Organization, changes: &'c ChangeSet, quotas: Quotas) -> Self {
        let draft = Draft::new(organization);
        let allowing = Allowing::of(&draft);
        Self { draft, changes: changes.changes(), next: 0, quotas, allowing }
    }

    /// The state after the steps so far.
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Makes the steps that are left, and gives the state after them.
    pub fn finish(mut self) -> Organization {
        for change in self.changes.iter().skip(self.next) {
            self.draft.apply(change);
        }
        self.draft.finish()
    }
}

impl Iterator for Rehearsal<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let index = self.next;
        let change = self.changes.get(index)?;
        self.next += 1;
        let description = self.draft.describe(change);
        let failures = predict(&self.draft, change, &self.quotas);
        let attachments = if *change == Change::DisablePolicyType {
            self.draft.nodes().map(|(_, node)| node.scps.len()).sum()
        } else {
            0
        };
        self.draft.apply(change);
        let without_allow = self.allowing.update(&self.draft, change);
        let notices = if failures.iter().all(|failure| failure.simulated) {
            notices(&self.draft, change, &Found { without_allow, attachments }, &self.quotas)
        } else {
            Vec::new()
        };
        Some(Step { index, operation: change.operation(), description, failures, notices })
    }
}
