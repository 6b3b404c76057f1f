//! Findings about policies.
