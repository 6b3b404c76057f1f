//! What is wrong with single values: sizes, actions, resources, operators, keys, condition values, variables.

mod action;
mod global_key;
mod key;
mod operand;
pub(crate) mod placeholder;
mod resource;
mod size;
mod variable;
