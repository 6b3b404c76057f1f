//! What `terraform show -json` and `tofu show -json` print: a state, and a plan.
//!
//! A plan says what differs, not what there is: it becomes changes onto a snapshot that was fetched. What it does not
//! know before it is applied stays unknown in the changes, and so in every answer; nothing is guessed.

mod document;
mod instances;
mod ordered;
mod plan;
mod references;
mod state;

use scproof_organization::{ChangeSet, Message};

pub use plan::plan_changes;
pub use state::read_state;

/// What a plan does to an organization.
#[derive(Debug, Clone, Default)]
pub struct PlannedChanges {
    /// The changes, in an order in which they can be made.
    pub changes: ChangeSet,
    /// For each change the address of the resource that makes it.
    pub addresses: Vec<String>,
    /// What is unknown before the plan is applied, what was assumed, what is not looked at.
    pub notes: Vec<Message>,
}
