//! Cuts resources into cells by all `Resource` and `NotResource` elements at hand.

use scproof_policy_parser::WildcardPattern;

use crate::compile::CompiledOrganization;
use crate::cut::OwnedPattern;
use crate::request::RequestResource;
use crate::resource::{ResourceMatcher, ResourceState};
use crate::state::{Domain, DomainValues, KeyState, Value};
use crate::symbolic::Openness;
use crate::symbolic::cutter::{CutMemory, MAX_CELLS};
use crate::trace::{Evaluation, Reasons};
use crate::truth::Truth;

/// A resource of every class, and the elements that these classes do not settle.
#[derive(Debug, Default)]
pub(super) struct ResourceCut {
    pub(super) resources: Vec<RequestResource>,
    pub(super) open: Vec<(u32, Openness)>,
}

impl CompiledOrganization {
    pub(super) fn cut_resources(&self, ids: &[u32], states: &[KeyState], cuts: &CutMemory) -> ResourceCut {
        let mut open = Vec::new();
        let mut patterns: Vec<OwnedPattern> = Vec::new();
        for &id in ids {
            let Some(element) = self.resources.get(id as usize) else { continue };
            let mut found = Vec::new();
            let mut why = None;
            for matcher in &element.patterns {
                match matcher {
                    ResourceMatcher::Any | ResourceMatcher::Malformed => {}
                    ResourceMatcher::Pattern(readings) => {
                        match readings
                            .patterns(|template, widths| self.resolved_template(template, widths, true, states))
                        {
                            Ok(patterns) => found.extend(patterns),
                            Err(openness) => why = Some(openness),
                        }
                    }
                }
            }
            match why {
                Some(why) => open.push((id, why)),
                None => {
                    patterns.extend(found.into_iter().map(|pattern| OwnedPattern { pattern, ignore_case: false }));
                }
            }
        }
        let arn = WildcardPattern::flat("arn:*:*:*:*:*");
        let domain = Domain::new(false, false, DomainValues::Like(Box::new([arn])));
        let candidates = ["arn:aws:s3:::example/example".to_owned()];
        let mut texts = cuts.cut(patterns, &domain, false, &candidates).filter(|texts| texts.len() < MAX_CELLS);
        if texts.is_none() {
            open = ids.iter().map(|id| (*id, Openness::Limit)).collect();
            texts = Some(candidates.to_vec());
        }
        // An action that takes no resource is a class of its own (RES-3).
        let resources =
            texts.into_iter().flatten().map(RequestResource::Arn).chain([RequestResource::NotScoped]).collect();
        ResourceCut { resources, open }
    }

    /// The truth of an element for each resource, and the rules behind unknown ones.
    pub(super) fn resource_truths(
        &self,
        id: u32,
        resources: &[RequestResource],
        states: &[KeyState],
    ) -> (Vec<Truth>, Vec<&'static str>) {
        let mut rules = Vec::new();
        let truths = resources
            .iter()
            .map(|resource| {
                let state = match resource {
                    RequestResource::Arn(text) => {
                        ResourceState::Known { value: Value::from(text.as_str()), not_scoped: false }
                    }
                    RequestResource::NotScoped | RequestResource::Unknown => {
                        ResourceState::Known { value: Value::from("*"), not_scoped: true }
                    }
                };
                let mut evaluation =
                    Evaluation { states, assume_preferred: self.options.assume_preferred, trace: Reasons::default() };
                let truth = self
                    .resources
                    .get(id as usize)
                    .map_or(Truth::Unknown, |element| element.truth(id, &state, &mut evaluation));
                if truth == Truth::Unknown {
                    rules.extend(evaluation.trace.rules);
                }
                truth
            })
            .collect();
        rules.sort_unstable();
        rules.dedup();
        (truths, rules)
    }
}
