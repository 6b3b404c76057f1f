//! The catalog through its public interface.

mod data;
mod keys;
mod lookup;
mod nearest;
mod rows;
