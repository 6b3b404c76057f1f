//! Text for people: 80 columns, readable without colour. One file a subject.

pub mod answer;
pub mod audit;
pub mod effective;
pub mod effective_set;
pub mod faults;
pub mod impact;
pub mod tree;
pub mod validation;
pub mod who_can;

mod excerpt;
mod parts;
pub(crate) mod words;
