//! The AWS actions, resource types and condition keys that scproof knows, as data.
