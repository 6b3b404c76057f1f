//! What a replay of a log says, in words.

use scproof_organization::{NodeId, Organization};
use scproof_policy_parser::format_date;
use scproof_replay::{
    Agreement, Answer, Caller, CandidateReport, Cause, Class, Contradiction, Disagreement, EventClass, EventReason,
    GroupReport, LogFiles, Replay, ReplayReport,
};

use crate::command_line;
use crate::layout::{clean, count, enumerate, grouped};
use crate::names::{account_words, statement_words, target_words};

/// A replay, to be printed.
#[derive(Debug, Clone)]
pub struct Replayed<'a> {
    /// The organizations.
    pub replay: &'a Replay,
    /// What the calls came to.
    pub report: &'a ReplayReport,
    /// The words of a command line up to the command, for examples.
    pub program: Vec<String>,
    /// What was read.
    pub files: LogFiles,
    /// Whether long lists are written out.
    pub full: bool,
    /// What makes the command fail.
    pub failed: Vec<ReplayGate>,
}

/// What can make a replay fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReplayGate {
    /// Calls would be newly blocked for certain.
    NewlyBlocked,
    /// Calls would pass that are blocked.
    NewlyPassing,
    /// AWS's answers contradict the snapshot.
    Contradiction,
    /// Calls may be newly blocked.
    MayBeBlocked,
}

impl ReplayGate {
    /// What it says, for people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::NewlyBlocked => "calls would be blocked",
            Self::NewlyPassing => "calls would pass that are blocked",
            Self::Contradiction => "AWS's answers contradict the snapshot",
            Self::MayBeBlocked => "calls may be blocked",
        }
    }

    /// The spelling on a command line and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewlyBlocked => "newly-blocked",
            Self::NewlyPassing => "newly-passing",
            Self::Contradiction => "contradiction",
            Self::MayBeBlocked => "may-be-blocked",
        }
    }
}

impl Replayed<'_> {
    /// Everything that could make the command fail, in this replay.
    pub fn gates(&self) -> Vec<ReplayGate> {
        let any = |class: Class| self.report.candidates.iter().any(|candidate| candidate.unexpected(class) > 0);
        let gates = [
            (ReplayGate::NewlyBlocked, any(Class::NewlyBlocked)),
            (ReplayGate::NewlyPassing, any(Class::NewlyPassing)),
            (ReplayGate::Contradiction, self.report.agreement.contradicts > 0),
            (ReplayGate::MayBeBlocked, any(Class::MayBeNewlyBlocked)),
        ];
        gates.into_iter().filter(|(_, holds)| *holds).map(|(gate, _)| gate).collect()
    }

    /// The organization that the cause of a group stands in.
    pub(crate) fn organization_of(&self, candidate: usize, class: Class) -> &Organization {
        organization_of(self.replay, candidate, class)
    }

    /// Why a change is expected, by the place of the entry that says so.
    pub(crate) fn reason(&self, expected: usize) -> Option<&str> {
        self.replay.options().expected.get(expected).map(|entry| entry.reason.as_str())
    }

    /// The words of a command line that asks about the example of a group.
    pub(crate) fn command(&self, group: &GroupReport) -> Vec<String> {
        command_line::can(&self.program, &group.example.request)
    }

    /// What a candidate comes to, in a sentence.
    pub(crate) fn headline(&self, candidate: &CandidateReport) -> String {
        let all = self.report.all_calls();
        let [blocked, may, passing, may_pass] = Class::CHANGES.map(|class| candidate.count(class));
        let over = format!("of {}{}", counted(all, "call"), self.span());
        let name = clean(&candidate.name);
        let text = match (blocked, may) {
            (0, 0) => format!("{name}: none {over} would be blocked that passes today"),
            (0, may) => format!("{name}: none {over} would be blocked for certain, at most {}", number(may)),
            (blocked, 0) => format!("{name}: {} {over} would be blocked", number(blocked)),
            (blocked, may) => {
                format!(
                    "{name}: {} {over} would be blocked for certain, at most {}",
                    number(blocked),
                    number(blocked + may)
                )
            }
        };
        let more = match (passing, may_pass) {
            (0, 0) => String::new(),
            (0, may) => format!("; at most {} would pass that are blocked today", number(may)),
            (passing, 0) => format!("; {} would pass that are blocked today", number(passing)),
            (passing, may) => {
                let most = number(passing + may);
                format!("; {} would pass that are blocked today, at most {most}", number(passing))
            }
        };
        let expected: u64 = candidate.expected.iter().sum();
        let meant = if expected == 0 { String::new() } else { format!(" {} of these are expected.", number(expected)) };
        format!("{text}{more}.{meant}")
    }

    /// ` in 30 days`.
    fn span(&self) -> String {
        let Some((first, last)) = self.report.coverage.seen else { return String::new() };
        let days = last.div_euclid(DAY) - first.div_euclid(DAY) + 1;
        format!(" in {}", counted(days.unsigned_abs(), "day"))
    }

    /// What could not be asked about.
    pub(crate) fn not_replayed(&self) -> Option<String> {
        let missed = self.report.not_replayable_count();
        if missed == 0 {
            return None;
        }
        let reasons: Vec<String> =
            self.report.not_replayable.iter().map(|(reason, calls)| format!("{reason} ({})", number(*calls))).collect();
        let share = percent(missed, self.report.all_calls());
        Some(format!("{}, {share}, could not be asked about: {}.", counted(missed, "call"), enumerate(&reasons)))
    }

    /// Whether AWS agrees, in a sentence.
    pub(crate) fn agreement(&self) -> String {
        let Agreement { agrees, open, contradicts, .. } = self.report.agreement;
        let told = agrees + contradicts;
        let open = if open == 0 {
            String::new()
        } else {
            format!(" Of {} more the log tells too little to compare.", counted(open, "call"))
        };
        if told == 0 {
            return format!("No call tells whether the snapshot answers as AWS did.{open}");
        }
        format!(
            "The snapshot answers as AWS did to {} of {} ({}).{open}",
            number(agrees),
            counted(told, "call"),
            percent(agrees, told)
        )
    }

    /// What contradicts, and why that may be.
    pub(crate) fn disagreement(&self, it: &Disagreement) -> String {
        let what = match it.contradiction {
            Contradiction::DeniedThen => "AWS says that an SCP denied it, by the snapshot none does",
            Contradiction::PassedThen => "it succeeded, by the snapshot SCPs block it",
            Contradiction::OtherAction => "AWS names another action than the one asked about",
            Contradiction::OtherPolicy => "AWS names an SCP that by the snapshot does not block it",
        };
        let account = account(self.replay.before(), &it.account);
        let action = clean(&it.action);
        let event = clean(&it.event);
        format!(
            "{} of {action} in {account}: {what}; {}, first in event {event}",
            counted(it.calls, "call"),
            seen(it.seen)
        )
    }

    /// What may be the reason for contradictions.
    pub(crate) fn likely_cause(&self) -> &'static str {
        let last = self.report.agreement.disagreements.iter().map(|it| it.seen.1).max();
        let taken = self.replay.before().taken_at().and_then(|time| {
            scproof_policy_parser::parse_date(&time.to_string(), scproof_policy_parser::DateReading::default())
        });
        match (taken, last) {
            (Some((taken, _)), Some(last)) if taken > last => {
                "The snapshot is newer than these calls: policies, attachments or places may have changed in between."
            }
            (Some(_), Some(_)) => {
                "These calls are newer than the snapshot, in part: a new one may agree. A change of SCPs also takes its \
                 time to have effect."
            }
            _ => "Policies, attachments or places may have changed between these calls and the snapshot.",
        }
    }

    /// What the log lacks, a sentence each.
    pub(crate) fn limits(&self) -> Vec<String> {
        let coverage = &self.report.coverage;
        let mut lines = Vec::new();
        let members = self.replay.before().accounts().len();
        let known = |account: &&String| self.replay.before().resolve_account(account).is_ok();
        let seen = coverage.accounts.iter().filter(known).count();
        if seen < members {
            lines.push(format!(
                "Of {} of the organization {} have a log here.",
                count(members, "account"),
                grouped(seen)
            ));
        }
        if coverage.data_events.is_empty() {
            lines.push("There are no data events, such as reads of objects in buckets.".to_owned());
        } else {
            // Some records do not tell the type.
            let told = coverage.data_events.iter().filter(|it| !it.is_empty());
            let types: Vec<String> = told.map(|it| clean(it).into_owned()).collect();
            let types = if types.is_empty() { "types that are not told".to_owned() } else { enumerate(&types) };
            lines.push(format!("Data events are those of {types}."));
        }
        for region in &coverage.regions {
            let gaps: Vec<String> = region.gaps.iter().map(|(from, to)| days(*from, *to)).collect();
            if !gaps.is_empty() {
                lines.push(format!("Nothing was seen in {} on {}.", clean(&region.region), enumerate(&gaps)));
            }
        }
        lines.push(
            "No log shows checks that no operation is named after, such as `iam:PassRole`, nor calls that nobody made."
                .to_owned(),
        );
        lines
    }
}

/// Seconds of a day.
const DAY: i64 = 86_400;

fn organization_of(replay: &Replay, candidate: usize, class: Class) -> &Organization {
    let of_candidate = replay.candidates().get(candidate).map(|it| &*it.organization);
    of_candidate.filter(|_| class.is_blocking()).unwrap_or(replay.before())
}

/// Why an event has its class, in a sentence without full stop.
pub fn event_reason_words(replay: &Replay, event: &EventClass<'_>) -> String {
    match &event.reason {
        EventReason::Said(reason) => (*reason).to_owned(),
        EventReason::Exempt(reason) => reason.text().to_owned(),
        EventReason::Same(answer) => match answer {
            Answer::Passes => "SCPs block it neither before nor after",
            Answer::Blocked => "SCPs block it before and after",
            Answer::Depends => "it depends on the same before and after",
            Answer::NotGoverned => "SCPs do not govern the caller",
        }
        .to_owned(),
        EventReason::Causes(causes) => {
            let organization = organization_of(replay, event.candidate, event.class);
            let words: Vec<String> = causes.iter().map(|cause| cause_words(organization, cause)).collect();
            words.join("; ")
        }
    }
}

/// What makes the difference.
pub(crate) fn cause_words(organization: &Organization, cause: &Cause) -> String {
    match cause {
        Cause::Deny(statement) => format!("Deny: {}", statement_words(organization, statement)),
        Cause::NoAllow(node) => format!("no Allow matches at {}", target_words(organization, *node)),
        Cause::Other => "what the policies leave open, or could not be read".to_owned(),
    }
}

/// A class, as a heading.
pub(crate) fn class_words(class: Class) -> &'static str {
    match class {
        Class::NewlyBlocked => "Newly blocked, for certain",
        Class::MayBeNewlyBlocked => "May be newly blocked",
        Class::NewlyPassing => "Newly passing, for certain",
        Class::MayBeNewlyPassing => "May be newly passing",
        Class::Unchanged => "Unchanged",
        Class::NotGoverned => "Not governed by SCPs",
        Class::NotReplayable => "Could not be asked about",
    }
}

/// An account by its name and id.
pub(crate) fn account(organization: &Organization, id: &str) -> String {
    node(organization, id).map_or_else(|| clean(id).into_owned(), |node| account_words(organization, node))
}

pub(crate) fn node(organization: &Organization, id: &str) -> Option<NodeId> {
    organization.resolve_account(id).ok()
}

/// Who calls.
pub(crate) fn caller(organization: &Organization, caller: &Caller) -> String {
    caller.principal.as_deref().map_or_else(
        || format!("somebody in {}", account(organization, &caller.account)),
        |principal| clean(principal).into_owned(),
    )
}

/// `first seen … , last …`.
pub(crate) fn seen((first, last): (i64, i64)) -> String {
    if first == last { time(first) } else { format!("{} to {}", time(first), time(last)) }
}

/// A time as AWS writes it.
pub(crate) fn time(seconds: i64) -> String {
    format_date(seconds).unwrap_or_else(|| seconds.to_string())
}

/// The date of a day since 1970.
pub(crate) fn date(day: i64) -> String {
    let text = time(day.saturating_mul(DAY));
    text.split('T').next().unwrap_or_default().to_owned()
}

fn days(from: i64, to: i64) -> String {
    if from == to { date(from) } else { format!("{} to {}", date(from), date(to)) }
}

/// A number with commas.
pub(crate) fn number(number: u64) -> String {
    grouped(usize::try_from(number).unwrap_or(usize::MAX))
}

/// `1 call`, `2 calls`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), noun)
}

/// `3.1 %`; what is not all is never 100 %, what is not none never 0 %.
fn percent(part: u64, of: u64) -> String {
    let (part, all) = (u128::from(part), u128::from(of.max(1)));
    let tenths = (part * 2000 + all) / (all * 2);
    let tenths = if part > 0 && part < all { tenths.clamp(1, 999) } else { tenths };
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_neither_none_nor_all_unless_they_are() {
        let found =
            [(0, 0), (0, 7), (1, 100_000), (31, 1000), (1, 3), (99_999, 100_000), (5, 5)].map(|(a, b)| percent(a, b));
        assert_eq!(found, ["0.0 %", "0.0 %", "0.1 %", "3.1 %", "33.3 %", "99.9 %", "100.0 %"]);
    }
}
