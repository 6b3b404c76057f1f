//! The reference evaluator and test strategies of scproof (development only).
