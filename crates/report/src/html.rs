//! Pages for a browser: one file each, complete in itself, that asks no network for anything. Their markup stands in
//! `templates/`.
//!
//! Names and policies are written by many people, so a page trusts none of them: its only script and its only style are
//! named by their hashes in the page's content security policy, data stands in a block that no browser runs, and the
//! script builds the page from texts alone.

pub(crate) mod audit;
pub(crate) mod page;

mod columns;
mod data;
mod findings;
mod frame;
mod safe;
mod tables;
