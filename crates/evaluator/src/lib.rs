//! Decides what service control policies let pass, and why.

mod absent;
mod account_classes;
mod account_marks;
mod action;
mod action_names;
mod applicability;
mod call;
mod carried;
mod chain;
mod check;
mod compile;
mod condition;
mod cut;
mod decide;
mod decision;
mod derive;
mod effective;
mod effective_set;
mod everywhere;
mod explain;
mod given;
mod json;
mod keys;
mod laws;
mod predicate;
mod prepare;
mod principal;
mod recent;
mod refine;
mod relevance;
mod remarks;
mod request;
mod request_error;
mod resource;
mod resource_type;
mod shape;
mod sorting;
mod state;
pub mod symbolic;
mod tables;
mod template;
mod trace;
mod truth;
mod unknown;
mod values;
mod who_can;
mod worlds;

pub use absent::{truth_of_value, truth_when_absent};
pub use check::{CallCheck, CallChecks, CallResources, Carried};
pub use compile::CompiledOrganization;
pub use decision::{Decision, Explanation, LevelTrace, Reason, StatementRef, Undecided};
pub use effective::{Access, Caller, EffectiveGroup, EffectivePermissions};
pub use effective_set::EffectiveSetGroup;
pub use keys::is_always_present;
pub use predicate::{KeyAtom, Open, Predicate, PredicateAtom, ResourceAtom};
pub use prepare::Query;
pub use relevance::Relevance;
pub use request::{Context, ContextValue, Request, RequestResource, ResourceInput};
pub use request_error::RequestError;
pub use truth::Truth;
pub use who_can::{Answered, LevelRef, PlacedStatement, WhoCan, WhoCanGroup};

/// How answers are computed; part of every compiled organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "switches that are set one by one")]
pub struct EvaluationOptions {
    /// At a point that AWS's documentation leaves open, take the preferred reading instead of answering unknown
    /// (GEN-3).
    pub assume_preferred: bool,
    /// Keys that begin with `aws:` and are not in the table of global keys are absent rather than unknown (DOC-32).
    pub closed_key_list: bool,
    /// Take every action as one that the catalog lacks: what a call is checked against, and which keys it carries, is
    /// open (CALL-1).
    pub beyond_catalog: bool,
    /// Split unknown keys into the finitely many cases that policies can tell apart, and use the common verdict
    /// (K3-16).
    pub refine: bool,
}

impl Default for EvaluationOptions {
    fn default() -> Self {
        Self { assume_preferred: false, closed_key_list: false, beyond_catalog: false, refine: true }
    }
}
