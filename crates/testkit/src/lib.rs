//! The reference evaluator and test strategies of scproof (development only).
//!
//! - [`reference`] decides requests straight from the wording of the rules; the evaluator is held equal to it.

pub mod reference;
