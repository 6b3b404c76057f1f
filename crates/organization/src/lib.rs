//! An AWS organization as scproof sees it: snapshot format, tree, inheritance paths.
