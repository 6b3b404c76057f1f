//! Decides what service control policies let pass, and why.
