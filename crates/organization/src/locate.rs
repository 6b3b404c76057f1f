//! From a route through a JSON text to its line and column, and back.
