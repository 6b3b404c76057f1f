//! The binary from outside: what a user types, and what comes back.

mod batch;
mod can;
mod effective;
mod help;
mod output;
mod run;
mod traps;
mod tree;
mod validate;
