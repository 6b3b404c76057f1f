//! Whether regions say of actions exactly what they mean, and whether their witnesses are what they show.

use std::collections::{BTreeMap, BTreeSet};

use scproof_evaluator::symbolic::View;
use scproof_prover::{ActionTerm, Region, Transition, Verdict, Why};

use super::Comparison;

/// Of the actions of services that no pool of the strategies names, one in so many is looked at.
const SAMPLED: usize = 23;

/// Whether a text is like a pattern, ignoring case; written for the tests alone.
fn is_like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut read) = (0, 0);
    // Where the last star is, and how much of the text it takes.
    let mut star: Option<(usize, usize)> = None;
    while let Some(letter) = text.get(read) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(part) if *part == b'?' || part.eq_ignore_ascii_case(letter) => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                (at, read) = (place + 1, taken + 1);
            }
        }
    }
    pattern.iter().skip(at).all(|part| *part == b'*')
}

fn is_in(term: &ActionTerm, action: &str) -> bool {
    term.all_of.iter().all(|pattern| is_like(pattern, action))
        && !term.except.iter().any(|pattern| is_like(pattern, action))
}

impl Comparison {
    /// Actions to hold descriptions against: those of services that the strategies know, a sample of all others, those
    /// that policies spell out, and an example of each class of names that nothing lists.
    pub fn actions_to_try(&self) -> Vec<String> {
        let catalog = self.views.catalog();
        let mut actions: Vec<String> = catalog
            .actions()
            .into_iter()
            .map(|action| catalog.action(action))
            .enumerate()
            .filter(|(index, action)| {
                index % SAMPLED == 0 || ["s3", "sts", "ebs", "organizations"].contains(&action.service())
            })
            .map(|(_, action)| action.full_name())
            .collect();
        for class in self.views.action_classes() {
            actions.extend(class.unlisted);
            actions.extend(class.other_names.iter().map(|names| format!("{}:{}", names.service, names.example)));
        }
        actions
    }

    /// In words where the terms of a region match an action that it is not about, or miss one. Nothing where a policy
    /// has a pattern with letters that no action has, such as a blank: what one of its readings matches no pattern can
    /// say; or with a wildcard in its service (DOC-19): what services that no list names do cannot be said apart from
    /// the others.
    pub fn inexact_actions(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut seen = BTreeSet::new();
        let actions = self.actions_to_try();
        let is_plain = |text: &str| {
            let service = text.split_once(':').map_or("", |(service, _)| service);
            !service.contains(['*', '?'])
                && text.chars().all(|letter| letter.is_ascii_alphanumeric() || ['*', '?', ':', '-'].contains(&letter))
        };
        let is_odd = |action: &String| {
            let row = self.views.pattern_row(&action.to_ascii_lowercase());
            row.iter().any(|(id, _)| !is_plain(self.views.pattern_text(*id)))
        };
        if actions.iter().any(is_odd) {
            return faults;
        }
        for region in self.difference.groups.iter().flat_map(|group| &group.regions) {
            if !seen.insert(region.actions.clone()) {
                continue;
            }
            for action in &actions {
                let described = region.actions.terms.iter().any(|term| is_in(term, action));
                let meant = self.difference.concerns(&self.views, region, action);
                if described != meant {
                    let terms: Vec<String> = region.actions.terms.iter().map(ToString::to_string).collect();
                    faults.push(format!("{action}: described {described}, meant {meant}: {}", terms.join("; ")));
                }
            }
        }
        faults
    }

    /// Where a witness is not what its region says, in words; asked of both evaluators.
    pub fn false_witnesses(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for region in self.difference.groups.iter().flat_map(|group| &group.regions) {
            faults.extend(self.false_witness(region).map(|what| format!("{what}: {region:#?}")));
        }
        faults
    }

    fn false_witness(&self, region: &Region) -> Option<String> {
        let is_open = region.transition() == Transition::Unknown;
        let Some(witness) = &region.witness else { return (!is_open).then(|| "no witness".to_owned()) };
        if region.why.contains(&Why::Unconfirmed) {
            return Some("not confirmed".to_owned());
        }
        for (view, verdict, said) in
            [(View::BEFORE, region.before, witness.before), (View::AFTER, region.after, witness.after)]
        {
            let replayed = self.views.view(view).ask(&witness.request);
            if replayed.as_ref().ok() != Some(&said) {
                return Some(format!("{view:?} replayed as {replayed:?}"));
            }
            if is_open {
                continue;
            }
            let decision = self.decide(view, &witness.request);
            // Without case splitting the reference may leave open what all cases agree on (K3-16).
            let agrees = decision.is_some_and(|decision| {
                use scproof_evaluator::Decision;
                decision == Decision::Unknown || decision == Decision::Deny || verdict.agrees(decision)
            });
            if !agrees || verdict == Verdict::Open || !verdict.agrees(said) {
                return Some(format!("{view:?} {decision:?}"));
            }
        }
        None
    }

    /// For each account and change of verdict the actions, out of some, that a region of it is about; conditions aside.
    /// For comparing two comparisons: how regions are divided may differ, what they are about may not.
    pub fn outline(&self, actions: &[String]) -> BTreeMap<(String, Verdict, Verdict), BTreeSet<String>> {
        let mut outline: BTreeMap<(String, Verdict, Verdict), BTreeSet<String>> = BTreeMap::new();
        for (account, region, concerned) in self.concerned(actions) {
            outline.entry((account, region.before, region.after)).or_default().extend(concerned);
        }
        outline
    }

    /// For each account the actions, out of some, for which no request was found that relates keys as a difference
    /// needs it. The search tries some requests, and may find one in one direction only.
    pub fn unconfirmed(&self, actions: &[String]) -> BTreeMap<String, BTreeSet<String>> {
        let mut unconfirmed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (account, region, concerned) in self.concerned(actions) {
            if region.why.iter().any(|why| matches!(why, Why::Relation(_))) {
                unconfirmed.entry(account).or_default().extend(concerned);
            }
        }
        unconfirmed
    }

    /// Each region of each account with the actions, out of some, that it is about.
    fn concerned(&self, actions: &[String]) -> Vec<(String, &Region, BTreeSet<String>)> {
        let mut found = Vec::new();
        for group in &self.difference.groups {
            for region in &group.regions {
                let concerned: BTreeSet<String> = actions
                    .iter()
                    .filter(|action| self.difference.concerns(&self.views, region, action))
                    .cloned()
                    .collect();
                for account in group.accounts.iter().filter_map(|index| self.accounts.get(*index)) {
                    let account = self.before.node(account[0]).target.as_str().to_owned();
                    found.push((account, &**region, concerned.clone()));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn the_matcher_of_the_tests_matches() {
        for (pattern, text, expected) in [
            ("s3:*", "S3:GetObject", true),
            ("*", "", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*b*d", "abcd", true),
            ("*b*d", "abcde", false),
            ("", "a", false),
        ] {
            assert_eq!(is_like(pattern, text), expected, "{pattern} {text}");
        }
    }
}
