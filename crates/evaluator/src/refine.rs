//! Refinement by cases.
use crate::compile::CompiledOrganization;
use crate::decision::Decision;
use crate::prepare::{Pair, Query};

impl CompiledOrganization {
    pub(crate) fn refine(&self, _query: &Query, _pair: &Pair, decision: Decision) -> Decision {
        decision
    }
}
