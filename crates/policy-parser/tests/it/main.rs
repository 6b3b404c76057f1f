//! Tests of the policy parser as its users see it.

mod diagnostics;
mod document;
mod fixtures;
mod json;
mod print;
