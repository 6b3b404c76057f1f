//! Pages for a browser: one file each, complete in itself, that asks no network for anything.
//!
//! Names and policies are written by many people, so a page trusts none of them: its only script and its only style are named by
//! their hashes in the page's content security policy, data stands in a block that no browser runs, and the script builds the page
//! from texts alone.

pub mod audit;

mod columns;
mod data;
mod findings;
mod safe;
mod sections;
mod tables;
