//! Findings about callers.
