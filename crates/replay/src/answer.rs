//! What policies say to a call, and what differs between two answers.

use std::fmt;

use scproof_evaluator::{Decision, StatementRef};
use scproof_organization::NodeId;
use scproof_trail::Standing;

/// What the SCPs of an organization say to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Answer {
    /// SCPs do not block it.
    Passes,
    /// SCPs block it, for certain.
    Blocked,
    /// What the event tells does not decide.
    Depends,
    /// SCPs do not govern the caller.
    NotGoverned,
}

impl Answer {
    /// Every answer.
    pub const ALL: [Self; 4] = [Self::Passes, Self::Blocked, Self::Depends, Self::NotGoverned];

    /// The spelling in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passes => "passes",
            Self::Blocked => "blocked",
            Self::Depends => "unknown",
            Self::NotGoverned => "notGoverned",
        }
    }

    /// Whether SCPs certainly do not block the call.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Passes | Self::NotGoverned)
    }

    /// What the answers to all that a call asks say of it (CT-30): what is certain must pass, of what is asked
    /// alternatively only the common answer counts, and what is perhaps asked can open an answer, never close it.
    pub(crate) fn of(asks: &[(Standing, Decision)]) -> Self {
        if asks.iter().all(|(_, decision)| *decision == Decision::NotApplicable) {
            return Self::NotGoverned;
        }
        let alternatives = |standing: Standing| asks.iter().filter(move |(other, _)| *other == standing);
        let is_denied = asks.iter().any(|(standing, decision)| match standing {
            Standing::Certain => decision.is_denied(),
            Standing::OneOf(_) => alternatives(*standing).all(|(_, other)| other.is_denied()),
            Standing::Possible => false,
        });
        if is_denied {
            Self::Blocked
        } else if asks.iter().all(|(_, decision)| decision.is_passing()) {
            Self::Passes
        } else {
            Self::Depends
        }
    }
}

/// What a candidate does to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// It passes before and is blocked after, for certain.
    NewlyBlocked,
    /// It may be so.
    MayBeNewlyBlocked,
    /// It is blocked before and passes after, for certain.
    NewlyPassing,
    /// It may be so.
    MayBeNewlyPassing,
    /// Nothing differs.
    Unchanged,
    /// SCPs govern the caller neither before nor after.
    NotGoverned,
    /// The event is a call that cannot be asked about.
    NotReplayable,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 7] = [
        Self::NewlyBlocked,
        Self::MayBeNewlyBlocked,
        Self::NewlyPassing,
        Self::MayBeNewlyPassing,
        Self::Unchanged,
        Self::NotGoverned,
        Self::NotReplayable,
    ];

    /// The classes of calls that come out differently, or may.
    pub const CHANGES: [Self; 4] =
        [Self::NewlyBlocked, Self::MayBeNewlyBlocked, Self::NewlyPassing, Self::MayBeNewlyPassing];

    /// The spelling in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewlyBlocked => "newlyBlocked",
            Self::MayBeNewlyBlocked => "mayBeNewlyBlocked",
            Self::NewlyPassing => "newlyPassing",
            Self::MayBeNewlyPassing => "mayBeNewlyPassing",
            Self::Unchanged => "unchanged",
            Self::NotGoverned => "notGoverned",
            Self::NotReplayable => "notReplayable",
        }
    }

    /// Whether the call comes out differently, or may.
    pub fn is_change(self) -> bool {
        Self::CHANGES.contains(&self)
    }

    /// Whether the candidate lets less pass, or may; else more.
    pub fn is_blocking(self) -> bool {
        matches!(self, Self::NewlyBlocked | Self::MayBeNewlyBlocked)
    }

    /// By the answers before and after. `open` compares what two open answers depend on.
    pub(crate) fn of(before: Answer, after: Answer, open: impl FnOnce() -> Open) -> Self {
        match (before, after) {
            (Answer::NotGoverned, Answer::NotGoverned) => Self::NotGoverned,
            (Answer::Depends, Answer::Depends) => match open() {
                Open::Same => Self::Unchanged,
                Open::PassesLess => Self::MayBeNewlyBlocked,
                Open::PassesMore => Self::MayBeNewlyPassing,
            },
            (Answer::Blocked, Answer::Passes | Answer::NotGoverned) => Self::NewlyPassing,
            (Answer::Passes | Answer::NotGoverned, Answer::Blocked) => Self::NewlyBlocked,
            (Answer::Blocked, Answer::Depends) | (Answer::Depends, Answer::Passes | Answer::NotGoverned) => {
                Self::MayBeNewlyPassing
            }
            (Answer::Depends, Answer::Blocked) | (Answer::Passes | Answer::NotGoverned, Answer::Depends) => {
                Self::MayBeNewlyBlocked
            }
            (Answer::Blocked, Answer::Blocked)
            | (Answer::Passes, Answer::Passes | Answer::NotGoverned)
            | (Answer::NotGoverned, Answer::Passes) => Self::Unchanged,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How what two open answers depend on compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Open {
    Same,
    /// Perhaps less passes. Also where nothing is known: people fear what is blocked.
    PassesLess,
    /// Only more passes.
    PassesMore,
}

/// What makes the difference: in the candidate where it blocks, in the organization as it is where that blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// A Deny statement that matches, or may.
    Deny(StatementRef),
    /// A level where no Allow matches, or perhaps none.
    NoAllow(NodeId),
    /// Something else: what AWS leaves open, or could not be read.
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is perhaps asked never makes a denial certain, alternatives only together (CT-30).
    #[test]
    fn ct_30_what_an_ask_says_of_its_call() {
        let (allowed, denied, open) = (Decision::Allowed, Decision::ExplicitDeny, Decision::Unknown);
        let (certain, possible, one, other) =
            (Standing::Certain, Standing::Possible, Standing::OneOf(0), Standing::OneOf(1));
        assert_eq!(Answer::of(&[(certain, allowed), (certain, denied)]), Answer::Blocked);
        assert_eq!(Answer::of(&[(certain, allowed), (possible, denied)]), Answer::Depends);
        assert_eq!(Answer::of(&[(certain, denied), (possible, open)]), Answer::Blocked);
        assert_eq!(Answer::of(&[(one, denied), (one, allowed)]), Answer::Depends);
        assert_eq!(Answer::of(&[(one, denied), (one, Decision::ImplicitDeny)]), Answer::Blocked);
        assert_eq!(Answer::of(&[(one, denied), (one, allowed), (other, denied)]), Answer::Blocked);
        assert_eq!(Answer::of(&[(one, allowed), (one, allowed), (certain, allowed)]), Answer::Passes);
        assert_eq!(Answer::of(&[(certain, Decision::NotApplicable)]), Answer::NotGoverned);
        assert_eq!(Answer::of(&[(certain, Decision::NotApplicable), (possible, allowed)]), Answer::Passes);
    }

    #[test]
    fn a_difference_is_certain_only_where_both_answers_are() {
        let of = |before, after| Class::of(before, after, || Open::Same);
        assert_eq!(of(Answer::Passes, Answer::Blocked), Class::NewlyBlocked);
        assert_eq!(of(Answer::NotGoverned, Answer::Blocked), Class::NewlyBlocked);
        assert_eq!(of(Answer::Depends, Answer::Blocked), Class::MayBeNewlyBlocked);
        assert_eq!(of(Answer::Passes, Answer::Depends), Class::MayBeNewlyBlocked);
        assert_eq!(of(Answer::Blocked, Answer::NotGoverned), Class::NewlyPassing);
        assert_eq!(of(Answer::Depends, Answer::Depends), Class::Unchanged);
        assert_eq!(of(Answer::NotGoverned, Answer::NotGoverned), Class::NotGoverned);
        assert_eq!(of(Answer::NotGoverned, Answer::Passes), Class::Unchanged);
    }
}
