//! Whether the policies at hand say what AWS said (CT-34): a check of both on the calls of a log.

use std::collections::BTreeMap;

use scproof_organization::Organization;
use scproof_trail::PolicyType;
use scproof_trail::{Call, Outcome};

use crate::answer::Answer;
use crate::case::Case;

/// What an event tells of AWS's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Told {
    pub(crate) outcome: Ended,
    /// AWS names an action that was not asked about.
    pub(crate) other_action: bool,
    /// AWS names a policy that, as the snapshot is, does not block the call.
    pub(crate) other_policy: bool,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ended {
    /// It was let pass.
    Passed,
    /// AWS says that a service control policy denied it.
    DeniedByScp,
    /// AWS denied it, for another reason, or without one.
    Denied,
    /// It failed otherwise.
    Open,
}

impl Ended {
    /// The spelling in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::DeniedByScp => "deniedByScp",
            Self::Denied => "denied",
            Self::Open => "open",
        }
    }
}

impl Told {
    pub(crate) const NOTHING: Self = Self { outcome: Ended::Open, other_action: false, other_policy: false };

    pub(crate) fn of(call: &Call, case: &Case, before: &Organization) -> Self {
        let (told, named_action) = match &call.outcome {
            Outcome::Passed => return Self { outcome: Ended::Passed, ..Self::NOTHING },
            Outcome::Open => return Self::NOTHING,
            Outcome::Denied { cause, action } => (cause, action),
        };
        let of_scp = told.as_ref().filter(|cause| cause.policy_type == PolicyType::ServiceControlPolicy);
        let named = of_scp.and_then(|cause| cause.policy_arn.as_deref()).and_then(|arn| arn.rsplit('/').next());
        let blocks = |id: &str| case.blocking.iter().any(|policy| before.policy(*policy).id.as_str() == id);
        Self {
            outcome: if of_scp.is_some() { Ended::DeniedByScp } else { Ended::Denied },
            other_action: named_action.as_deref().is_some_and(|action| {
                !case.asks.iter().any(|(_, request)| request.action.eq_ignore_ascii_case(action))
            }),
            other_policy: named.is_some_and(|id| !blocks(id)),
        }
    }
}

/// How AWS's answer and that of the snapshot contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Contradiction {
    /// AWS says that an SCP denied the call, and by the snapshot none does.
    DeniedThen,
    /// The call succeeded, and by the snapshot SCPs block it.
    PassedThen,
    /// AWS names an action that the replay did not ask about.
    OtherAction,
    /// An SCP denied the call, but by the snapshot not the one that AWS names.
    OtherPolicy,
}

impl Contradiction {
    /// The spelling in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeniedThen => "deniedThen",
            Self::PassedThen => "passedThen",
            Self::OtherAction => "otherAction",
            Self::OtherPolicy => "otherPolicy",
        }
    }
}

/// How an event compares with the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    Agrees,
    Open,
    Contradicts(Contradiction),
    /// AWS's answer says nothing of SCPs, or they do not govern the caller.
    Nothing,
}

pub(crate) fn compared(case: &Case, told: Told) -> Compared {
    if told.other_action {
        return Compared::Contradicts(Contradiction::OtherAction);
    }
    match (told.outcome, case.before) {
        (Ended::DeniedByScp, Answer::Blocked) if told.other_policy => Compared::Contradicts(Contradiction::OtherPolicy),
        (Ended::DeniedByScp, Answer::Blocked) | (Ended::Passed, Answer::Passes) => Compared::Agrees,
        (Ended::DeniedByScp, Answer::Passes | Answer::NotGoverned) => Compared::Contradicts(Contradiction::DeniedThen),
        (Ended::Passed, Answer::Blocked) => Compared::Contradicts(Contradiction::PassedThen),
        (Ended::DeniedByScp | Ended::Passed, Answer::Depends) => Compared::Open,
        (Ended::Passed, Answer::NotGoverned) | (Ended::Denied | Ended::Open, _) => Compared::Nothing,
    }
}

/// Events that contradict the snapshot in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// How.
    pub contradiction: Contradiction,
    /// The caller's account.
    pub account: String,
    /// The action.
    pub action: String,
    /// How many events.
    pub calls: u64,
    /// The first and the last of them, in seconds since 1970.
    pub seen: (i64, i64),
    /// The first of them.
    pub event: String,
}

/// What is remembered of a contradiction: how many, the first and the last, and the first one's id.
pub(crate) type Counted = (u64, i64, i64, String);

/// How the events so far compare with the snapshot.
#[derive(Debug, Default)]
pub(crate) struct Compares {
    pub(crate) agrees: u64,
    pub(crate) open: u64,
    pub(crate) contradicts: u64,
    /// By account and action.
    pub(crate) contradictions: BTreeMap<(Contradiction, Box<str>, Box<str>), Counted>,
}

impl Compares {
    pub(crate) fn add(&mut self, case: &Case, told: Told, time: i64, id: &str) {
        match compared(case, told) {
            Compared::Nothing => {}
            Compared::Agrees => self.agrees += 1,
            Compared::Open => self.open += 1,
            Compared::Contradicts(contradiction) => {
                self.contradicts += 1;
                let key = (contradiction, case.account.clone(), case.action().into());
                let one = (1, time, time, id.to_owned());
                self.contradictions.entry(key).and_modify(|all| count(all, &one)).or_insert(one);
            }
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.agrees += other.agrees;
        self.open += other.open;
        self.contradicts += other.contradicts;
        for (key, counted) in other.contradictions {
            self.contradictions.entry(key).and_modify(|all| count(all, &counted)).or_insert(counted);
        }
    }
}

/// Counts more of the same.
fn count(all: &mut Counted, more: &Counted) {
    if (more.1, &more.3) < (all.1, &all.3) {
        all.3.clone_from(&more.3);
    }
    *all = (all.0 + more.0, all.1.min(more.1), all.2.max(more.2), std::mem::take(&mut all.3));
}
