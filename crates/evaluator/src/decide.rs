//! The hot path: from a prepared question to the verdict (parts B.1 and H.3). Nothing is allocated here unless an
//! unknown verdict is refined.

use crate::call::Check;
use crate::chain::Applicability;
use crate::compile::{Atom, Candidate, CompiledOrganization, LevelEntry, LevelId};
use crate::decision::Decision;
use crate::prepare::{ActionCell, Pair, Query};
use crate::request::Request;
use crate::request_error::RequestError;
use crate::trace::{Evaluation, NoTrace, Trace};
use crate::truth::Truth;

/// What is certain of a call, or of one of its checks (K3-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Whether some Deny matches.
    pub(crate) denied: Truth,
    /// Whether it passes: no Deny matches, and every level has an Allow that does.
    pub(crate) passes: Truth,
}

impl Outcome {
    pub(crate) const ALLOWED: Self = Self { denied: Truth::False, passes: Truth::True };
    pub(crate) const UNKNOWN: Self = Self { denied: Truth::Unknown, passes: Truth::Unknown };

    /// By whether some Deny matches, and whether every level has an Allow that does.
    pub(crate) fn new(denied: Truth, allowed: Truth) -> Self {
        Self { denied, passes: allowed.and(denied.negate()) }
    }

    /// The table of K3-11.
    pub(crate) fn decision(self) -> Decision {
        match (self.denied, self.passes) {
            (Truth::True, _) => Decision::ExplicitDeny,
            (Truth::False, Truth::True) => Decision::Allowed,
            (Truth::False, Truth::False) => Decision::ImplicitDeny,
            (Truth::Unknown, Truth::False) => Decision::Deny,
            (Truth::Unknown, Truth::True | Truth::Unknown) | (Truth::False, Truth::Unknown) => Decision::Unknown,
        }
    }

    /// Of a call that makes another check, too: it passes if both do, and is denied explicitly if one of them is
    /// (EVAL-10, CLR-7).
    pub(crate) fn with(self, other: Self) -> Self {
        Self { denied: self.denied.or(other.denied), passes: self.passes.and(other.passes) }
    }

    /// Of one of two, if it is not known which.
    pub(crate) fn either(self, other: Self) -> Self {
        Self { denied: self.denied.agree(other.denied), passes: self.passes.agree(other.passes) }
    }

    /// Of a check that only some calls make (CALL-3).
    pub(crate) fn possible(self) -> Self {
        self.either(Self::ALLOWED)
    }
}

impl CompiledOrganization {
    /// Answers a prepared question.
    ///
    /// A call with several resources passes only if each passes (EVAL-10). With
    /// [`refine`](crate::EvaluationOptions::refine) an answer that would stay unknown is worked out case by case
    /// (K3-16).
    pub fn decide(&self, query: &Query) -> Decision {
        match query.applicability {
            Applicability::Settled(decision, _) => decision,
            Applicability::Decides => self.decide_open(query),
            // Switched off it is not applicable, so only what passes while on is certain (TRAP-15a).
            Applicability::Pending | Applicability::Unsure(_) => match self.decide_open(query) {
                Decision::Allowed => Decision::Allowed,
                Decision::ExplicitDeny
                | Decision::ImplicitDeny
                | Decision::Deny
                | Decision::Unknown
                | Decision::NotApplicable => Decision::Unknown,
            },
        }
    }

    /// Reads and answers a question.
    ///
    /// # Errors
    ///
    /// If the question cannot be understood; see [`prepare`](Self::prepare).
    pub fn ask(&self, request: &Request) -> Result<Decision, RequestError> {
        self.prepare(request).map(|query| self.decide(&query))
    }

    fn decide_open(&self, query: &Query) -> Decision {
        if let [pair] = &*query.pairs {
            return self.pair_outcome(query, pair).decision();
        }
        let mut call = Outcome::ALLOWED;
        for check in query.checks.iter().filter(|check| check.certain) {
            call = call.with(self.check_outcome(query, check));
            if call.denied == Truth::True {
                return Decision::ExplicitDeny;
            }
        }
        // What only some calls are checked against leaves open what would pass without it, and for which reason it is
        // denied (CALL-3, CLR-7).
        for check in query.checks.iter().filter(|check| !check.certain) {
            if call.denied == Truth::Unknown || call.passes == Truth::Unknown {
                break;
            }
            call = call.with(self.check_outcome(query, check).possible());
        }
        call.decision()
    }

    /// One of the pairs of a check, and it is not known which (CALL-4, CALL-5).
    fn check_outcome(&self, query: &Query, check: &Check) -> Outcome {
        let pairs = query.pairs.get(check.pairs.clone()).unwrap_or(&[]);
        one_of(pairs.iter().map(|pair| self.pair_outcome(query, pair)))
    }

    pub(crate) fn pair_outcome(&self, query: &Query, pair: &Pair) -> Outcome {
        let mut evaluation =
            Evaluation { states: &pair.states, assume_preferred: self.options.assume_preferred, trace: NoTrace };
        let outcome = self.outcome(query, |atom| self.atom_truth(atom, pair, &mut evaluation));
        if self.options.refine && matches!(outcome.decision(), Decision::Unknown | Decision::Deny) {
            return self.refine(query, pair, outcome);
        }
        outcome
    }

    /// What K3-11 makes of the truth of each atom from `truth`.
    pub(crate) fn outcome(&self, query: &Query, mut truth: impl FnMut(Atom) -> Truth) -> Outcome {
        let Some(path) = self.chain.path(query.path) else {
            return Outcome::UNKNOWN;
        };
        let mut denied = Truth::False;
        for &level in path.active.iter().chain(&query.hypothetical) {
            let Some((entry, unreadable)) = self.entry_of(level, &query.cell) else {
                // What a level holds is never guessed.
                denied = denied.or(Truth::Unknown);
                continue;
            };
            if entry.denies {
                return Outcome::new(Truth::True, Truth::Unknown);
            }
            denied = denied.or(if unreadable { Truth::Unknown } else { Truth::False });
            for candidate in &entry.deny {
                denied = denied.or(self.candidate_truth(*candidate, &mut truth));
                if denied == Truth::True {
                    return Outcome::new(denied, Truth::Unknown);
                }
            }
        }
        let mut allowed = Truth::True;
        for &level in &path.active {
            let Some((entry, unreadable)) = self.entry_of(level, &query.cell) else {
                allowed = allowed.and(Truth::Unknown);
                continue;
            };
            if entry.allows {
                continue;
            }
            let mut here = if unreadable { Truth::Unknown } else { Truth::False };
            for candidate in &entry.allow {
                here = here.or(self.candidate_truth(*candidate, &mut truth));
                if here == Truth::True {
                    break;
                }
            }
            allowed = allowed.and(here);
            if allowed == Truth::False {
                break;
            }
        }
        Outcome::new(denied, allowed)
    }

    /// What a level holds for the action of a query, and whether its attachments are unreadable.
    pub(crate) fn entry_of<'a>(&'a self, id: LevelId, cell: &'a ActionCell) -> Option<(&'a LevelEntry, bool)> {
        let level = self.level(id)?;
        let entry = match cell {
            ActionCell::Known(cell) => self.cells_of(level).entry(*cell),
            ActionCell::Loose(entries) => entries.get(&id),
        };
        entry.map(|entry| (entry, level.unreadable))
    }

    /// EVAL-3: all parts must hold.
    pub(crate) fn candidate_truth(&self, candidate: Candidate, truth: &mut impl FnMut(Atom) -> Truth) -> Truth {
        let mut result = if candidate.uncertain { Truth::Unknown } else { Truth::True };
        let Some(statement) = self.statements.get(candidate.statement as usize) else { return Truth::Unknown };
        for atom in self.statement_atoms(statement) {
            result = result.and(truth(*atom));
            if result == Truth::False {
                break;
            }
        }
        result
    }

    /// The truth of one atom in one pair of a request.
    pub(crate) fn atom_truth<T: Trace>(&self, atom: Atom, pair: &Pair, evaluation: &mut Evaluation<'_, T>) -> Truth {
        match atom {
            Atom::Condition(id) => {
                self.conditions.get(id as usize).map_or(Truth::Unknown, |condition| condition.truth(evaluation))
            }
            Atom::Resource(id) => self
                .resources
                .get(id as usize)
                .map_or(Truth::Unknown, |resource| resource.truth(id, &pair.resource, evaluation)),
        }
    }
}

/// What is certain if one of several holds.
pub(crate) fn one_of(outcomes: impl IntoIterator<Item = Outcome>) -> Outcome {
    outcomes.into_iter().reduce(Outcome::either).unwrap_or(Outcome::UNKNOWN)
}
