//! Benchmarks of scproof.
