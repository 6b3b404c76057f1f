//! Tests of the policy parser as its users see it.

mod document;
