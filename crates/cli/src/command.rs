//! One file a command: its arguments, with the help, and what it does.

pub(crate) mod action_list;
pub(crate) mod audit;
pub(crate) mod can;
pub(crate) mod changes;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod effective;
pub(crate) mod explain;
pub(crate) mod facts;
#[cfg(feature = "fetch")]
pub(crate) mod fetch;
pub(crate) mod impact;
pub(crate) mod import;
pub(crate) mod licenses;
pub(crate) mod replay;
pub(crate) mod select;
pub(crate) mod show;
pub(crate) mod simulate;
pub(crate) mod snapshot;
pub(crate) mod tree;
pub(crate) mod validate;
pub(crate) mod who_can;
pub(crate) mod why;
