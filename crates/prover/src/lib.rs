//! Exact questions about service control policies: what differs between two organizations, each difference with a request that
//! shows it.

mod actions;
mod diagram;
mod difference;
mod grouping;
mod region;
mod space;
mod witness;
mod words;

pub use actions::{ActionSet, ActionTerm};
pub use difference::{ComparisonOptions, Difference, Group, Limits, difference};
pub use region::{Alternative, Region, Transition, Verdict, Why};
pub use witness::Witness;
