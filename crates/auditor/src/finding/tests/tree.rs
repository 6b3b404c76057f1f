//! Findings about tree.
