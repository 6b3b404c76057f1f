//! The library from outside.

mod batch;
mod example;
