//! The reference evaluator and test strategies of scproof (development only).
//!
//! - [`causes`] names the causes of an answer as the reference does.
//! - [`cores`] runs long properties on all cores.
//! - [`events`] makes logs of CloudTrail up.
//! - [`fuzz`] takes any bytes and panics if something does not hold.
//! - [`mod@reference`] decides requests straight from the wording of the rules; the evaluator is held equal to it.
//! - [`strategies`] makes random organizations, policies and requests that meet often.
//! - [`traps`] reads the questions of `fixtures/traps`.

pub mod causes;
pub mod comparison;
pub mod cores;
pub mod events;
pub mod fuzz;
mod random;
pub mod reference;
pub mod strategies;
pub mod traps;

pub use random::Random;
