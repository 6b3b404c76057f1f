//! What a change does, or what differs between two organizations.

mod structure;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use scproof_organization::{Organization, Target};
use scproof_simulator::{
    AccountRef, ActionTerm, Beyond, HeldImpact, Impact, RegionReport, Step, StructuralDifference, Transient, Transition,
};
use scproof_text::{Message, Severity};

use crate::words::Words;

pub(crate) use structure::structure_words;
pub(crate) use words::{
    Detail, accounts_words, action_lines, beyond_words, caller_words, cause_words, decision_words, entry_causes,
    listed_words, missing_words, remark_words, transition_words, verdict_words, when_lines, why_words,
};

/// Everything that is known about a change.
#[derive(Debug, Clone)]
pub struct ImpactReport<'a> {
    /// The organization before.
    pub before: &'a Organization,
    /// The organization after.
    pub after: &'a Organization,
    /// How to ask the organization before for more: the words of a command line up to `can`, such as `scproof --org
    /// org.json`.
    pub program: Vec<String>,
    /// What was looked at.
    pub scope: Scope,
    /// The changes one by one; none where two organizations are compared.
    pub steps: &'a [Step],
    /// What differs between the two as structures, if that is to be shown.
    pub structure: Option<&'a StructuralDifference>,
    /// What changes for whom.
    pub impact: &'a Impact,
    /// What is blocked between two steps only.
    pub transients: &'a [Transient],
    /// What passes between two steps only.
    pub gaps: &'a [Transient],
    /// What is odd about the result as a whole.
    pub warnings: &'a [Message],
    /// The impact held against what was expected, if anything was.
    pub held: Option<&'a HeldImpact>,
    /// Whether text and Markdown write everything out; else long lists are cut, and counted.
    pub full: bool,
    /// The reasons for which the command fails.
    pub failed: Vec<Gate>,
}

/// What was looked at; everything where a list is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The accounts, as they were chosen.
    pub accounts: Vec<String>,
    /// The roots and units, as they were chosen.
    pub ous: Vec<String>,
    /// The services, as they were chosen.
    pub services: Vec<String>,
    /// The actions, as they were chosen.
    pub actions: Vec<String>,
}

impl Scope {
    /// Whether all actions were looked at.
    pub(crate) fn has_all_actions(&self) -> bool {
        self.services.is_empty() && self.actions.is_empty()
    }

    /// Whether all accounts were looked at.
    pub(crate) fn has_all_accounts(&self) -> bool {
        self.accounts.is_empty() && self.ous.is_empty()
    }
}

/// What can make a command fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gate {
    /// Calls are newly blocked.
    NewlyBlocked,
    /// Calls newly pass.
    NewlyPassing,
    /// Calls are blocked for another reason.
    OtherReason,
    /// Calls are blocked between two steps only.
    Transient,
    /// Calls pass between two steps only.
    Gap,
    /// Something could not be settled.
    Unknown,
    /// Something differs that was not expected to.
    BeyondExpected,
    /// AWS would refuse a step.
    Refused,
    /// A protected principal loses the power to undo the change.
    ProtectedPrincipal,
}

impl Gate {
    /// The stable spelling of machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewlyBlocked => "newlyBlocked",
            Self::NewlyPassing => "newlyPassing",
            Self::OtherReason => "otherReason",
            Self::Transient => "transient",
            Self::Gap => "gap",
            Self::Unknown => "unknown",
            Self::BeyondExpected => "beyondExpected",
            Self::Refused => "refused",
            Self::ProtectedPrincipal => "protectedPrincipal",
        }
    }

    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::NewlyBlocked => "calls are newly blocked",
            Self::NewlyPassing => "calls newly pass",
            Self::OtherReason => "calls are blocked for another reason",
            Self::Transient => "calls are blocked between two steps",
            Self::Gap => "calls pass between two steps",
            Self::Unknown => "not everything could be settled",
            Self::BeyondExpected => "something differs that was not expected to",
            Self::Refused => "AWS would refuse a step",
            Self::ProtectedPrincipal => "a protected principal could not undo the change",
        }
    }
}

/// Up to this many regions that only change their reason are told one by one.
const SINGLE_REASONS: usize = 2;

/// How many accounts each transition concerns; an account may be in several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) newly_blocked: usize,
    pub(crate) newly_passing: usize,
    pub(crate) unknown: usize,
    pub(crate) other_reason: usize,
    pub(crate) unchanged: usize,
    /// All accounts that were compared.
    pub(crate) compared: usize,
}

/// One region with all accounts that it is reported for in the same words.
pub(crate) struct Entry<'a> {
    pub(crate) report: &'a RegionReport,
    /// It, and the regions that are told together with it.
    pub(crate) reports: Vec<&'a RegionReport>,
    /// The action terms of all of them.
    pub(crate) terms: Vec<ActionTerm>,
    /// How many actions of the catalog they are about.
    pub(crate) listed: usize,
    pub(crate) accounts: Vec<&'a AccountRef>,
    pub(crate) reasons: Vec<&'a str>,
    pub(crate) beyond: Vec<&'a Beyond>,
}

/// Calls that are blocked after some steps.
pub(crate) struct PassingBlock<'a> {
    pub(crate) transient: &'a Transient,
    /// The numbers of the steps, from 1.
    steps: Vec<usize>,
}

impl PassingBlock<'_> {
    /// `after change 1`, `after changes 1 and 2`.
    pub(crate) fn when(&self) -> String {
        let steps: Vec<String> = self.steps.iter().map(ToString::to_string).collect();
        let noun = if steps.len() == 1 { "change" } else { "changes" };
        format!("after {noun} {}", crate::layout::enumerate_some(&steps, 8))
    }
}

impl ImpactReport<'_> {
    /// Everything that could make a command fail, whether it was asked to or not.
    pub fn gates(&self) -> Vec<Gate> {
        let some = |transition| self.impact.account_count(transition) > 0;
        let refused = |step: &Step| step.failures.iter().any(|failure| !failure.unsure);
        let all = [
            (Gate::NewlyBlocked, some(Transition::NewlyBlocked)),
            (Gate::NewlyPassing, some(Transition::NewlyPassing)),
            (Gate::OtherReason, some(Transition::OtherReason)),
            (Gate::Transient, !self.transients.is_empty()),
            (Gate::Gap, !self.gaps.is_empty()),
            (Gate::Unknown, some(Transition::Unknown) || !self.impact.uncut_services.is_empty()),
            (Gate::BeyondExpected, self.held.is_some_and(|held| !held.is_allowed())),
            (Gate::Refused, self.steps.iter().any(refused)),
            (Gate::ProtectedPrincipal, self.warnings.iter().any(|warning| warning.severity == Severity::Error)),
        ];
        all.into_iter().filter(|(_, holds)| *holds).map(|(gate, _)| gate).collect()
    }

    /// Remarks on the snapshots that change nothing of the impact (EVAL-13). What changes leave behind is no snapshot.
    pub(crate) fn notes(&self) -> Vec<String> {
        let snapshots = [Some(self.before), Some(self.after).filter(|_| self.steps.is_empty())];
        let mut notes: Vec<String> = snapshots
            .into_iter()
            .flatten()
            .filter_map(|organization| {
                let compared =
                    self.impact.changed.iter().flat_map(|group| &group.accounts).chain(&self.impact.unchanged);
                let nodes = compared
                    .filter_map(|account| Target::parse(&account.id).ok())
                    .filter_map(|target| organization.find_node(&target));
                organization.missing_scps_remark(nodes)
            })
            .collect();
        notes.dedup();
        notes
    }

    pub(crate) fn totals(&self) -> Totals {
        let impact = self.impact;
        let changed: usize = impact.changed.iter().map(|group| group.accounts.len()).sum();
        Totals {
            newly_blocked: impact.account_count(Transition::NewlyBlocked),
            newly_passing: impact.account_count(Transition::NewlyPassing),
            unknown: impact.account_count(Transition::Unknown),
            other_reason: impact.account_count(Transition::OtherReason),
            unchanged: impact.unchanged.len(),
            compared: changed + impact.unchanged.len(),
        }
    }

    /// The regions of a transition, those with the same words once.
    fn entries(&self, transition: Transition) -> Vec<Entry<'_>> {
        let mut entries: Vec<Entry<'_>> = Vec::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        // Groups share regions.
        let mut seen: BTreeMap<*const RegionReport, usize> = BTreeMap::new();
        for (number, group) in self.impact.changed.iter().enumerate() {
            let held = self.held.and_then(|held| held.groups.get(number));
            for (index, report) in group.regions.iter().enumerate() {
                if report.region.transition() != transition {
                    continue;
                }
                let held = held.and_then(|held| held.get(index));
                let place = Arc::as_ptr(report);
                let known_at = seen.get(&place).copied();
                let at = known_at.unwrap_or_else(|| {
                    *known.entry(self.fingerprint(report)).or_insert_with(|| {
                        entries.push(Entry {
                            report,
                            reports: vec![report],
                            terms: report.region.actions.terms.clone(),
                            listed: report.region.actions.listed,
                            accounts: Vec::new(),
                            reasons: Vec::new(),
                            beyond: Vec::new(),
                        });
                        entries.len() - 1
                    })
                });
                seen.insert(place, at);
                let Some(entry) = entries.get_mut(at) else { continue };
                entry.accounts.extend(&group.accounts);
                if let Some(held) = held {
                    entry.beyond.extend(&held.beyond);
                    for reason in &held.reasons {
                        if !entry.reasons.contains(&reason.as_str()) {
                            entry.reasons.push(reason);
                        }
                    }
                }
            }
        }
        // What concerns most accounts and actions comes first; else the order is the prover's.
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.accounts.len().saturating_mul(entry.listed.max(1))));
        entries
    }

    /// How conditions are told: long lists of values are cut unless everything is written out. Takes time linear in all
    /// conditions.
    pub(crate) fn words(&self) -> Words<'_> {
        if self.full {
            return Words::full(self.after);
        }
        let regions: BTreeMap<*const RegionReport, &RegionReport> =
            self.impact.changed.iter().flat_map(|group| &group.regions).map(|it| (Arc::as_ptr(it), &**it)).collect();
        Words::short(self.after, regions.into_values().map(|report| &*report.region.when))
    }

    /// How much is written out.
    pub(crate) fn detail(&self) -> Detail {
        if self.full { Detail::FULL } else { Detail::BRIEF }
    }

    /// What a page tells of each transition, the gravest first. Takes time linear in the regions of all groups.
    ///
    /// Nobody is hurt by calls that are blocked before and after, so many such regions are told together unless
    /// everything is written out.
    pub(crate) fn told(&self) -> Vec<(Transition, Vec<Entry<'_>>)> {
        let told = |transition| match transition {
            Transition::OtherReason => (transition, self.together(self.entries(transition))),
            Transition::NewlyBlocked | Transition::NewlyPassing | Transition::Unknown => {
                (transition, self.entries(transition))
            }
        };
        Transition::ALL.into_iter().map(told).filter(|(_, entries)| !entries.is_empty()).collect()
    }

    fn together<'e>(&self, entries: Vec<Entry<'e>>) -> Vec<Entry<'e>> {
        if self.full || entries.len() <= SINGLE_REASONS {
            return entries;
        }
        let mut told: Vec<Entry<'e>> = Vec::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for entry in entries {
            let accounts: Vec<&str> = entry.accounts.iter().map(|account| account.id.as_str()).collect();
            let key = format!("{:?}", (accounts, &entry.reasons, entry.beyond.is_empty()));
            if let Some(other) = known.get(&key).and_then(|at| told.get_mut(*at)) {
                other.terms.extend(entry.terms);
                other.listed += entry.listed;
                other.reports.extend(entry.reports);
                other.beyond.extend(entry.beyond);
            } else {
                known.insert(key, told.len());
                told.push(entry);
            }
        }
        told
    }

    /// What comes out otherwise between two steps only; what stays so for several steps once.
    pub(crate) fn on_the_way(transients: &[Transient]) -> Vec<PassingBlock<'_>> {
        let mut blocks: Vec<PassingBlock<'_>> = Vec::new();
        for transient in transients {
            let same = |block: &&mut PassingBlock<'_>| {
                block.transient.actions == transient.actions && block.transient.accounts == transient.accounts
            };
            match blocks.iter_mut().find(same) {
                Some(block) => block.steps.push(transient.step + 1),
                None => blocks.push(PassingBlock { transient, steps: vec![transient.step + 1] }),
            }
        }
        blocks
    }

    /// Everything that a page says about a region apart from its example.
    fn fingerprint(&self, report: &RegionReport) -> String {
        let region = &report.region;
        let causes = (cause_words(self, report, true), cause_words(self, report, false));
        format!(
            "{:?}",
            (&region.actions, region.before, region.after, &region.when, region.when_is_complete, &region.why, causes)
        )
    }

    /// What is compared: one snapshot and changes to it, or two.
    pub(crate) fn organizations(&self) -> Vec<&Organization> {
        if self.structure.is_some() { vec![self.before, self.after] } else { vec![self.before] }
    }

    /// What was compared, for a sentence that says what was proved: `every call in 26 accounts`.
    pub(crate) fn compared_words(&self) -> String {
        let calls = if self.scope.has_all_actions() { "every call" } else { "every call of the chosen actions" };
        let chosen = if self.scope.has_all_accounts() { "" } else { "chosen " };
        let compared = self.totals().compared;
        let noun = if compared == 1 { "account" } else { "accounts" };
        format!("{calls} in {} {chosen}{noun}", crate::layout::grouped(compared))
    }
}
