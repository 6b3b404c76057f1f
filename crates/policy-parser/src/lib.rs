//! Parses AWS service control policies into typed documents with exact diagnostics.
