//! The text of a policy that AWS is about to be given: malformed, or too long.

use scproof_policy_parser::{Message, PolicyDocument, PolicyKind, QuotaName, Quotas, Severity, minified_len};

use crate::codes;
use crate::failure::PredictedFailure;
use crate::notice::is_near;

/// Rules on which AWS's documentation is silent or contradicts itself: an error by one of them may pass.
const UNSURE: [&str; 11] =
    ["DOC-2", "DOC-3", "DOC-5", "DOC-6", "DOC-19", "DOC-20", "DOC-26", "DOC-28", "DOC-30", "OP-30", "SET-16"];

/// How many faults of a text are named.
const NAMED: usize = 3;

/// The quota of a kind of policy in characters.
fn limit(kind: PolicyKind, quotas: &Quotas) -> Option<u64> {
    quotas.value(match kind {
        PolicyKind::ServiceControl => QuotaName::ScpCharacters,
        PolicyKind::ResourceControl => QuotaName::RcpCharacters,
    })
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// What AWS would say no to in a text (LIM-1, LIM-2, LIM-7, part A of the rules).
pub(crate) fn failures(text: &str, kind: PolicyKind, quotas: &Quotas, found: &mut Vec<PredictedFailure>) {
    let characters = count(text.chars().count());
    if let Some(limit) = limit(kind, quotas).filter(|&limit| characters > limit) {
        let (rule, unsure) = match kind {
            PolicyKind::ServiceControl => ("LIM-2", false),
            // Whether the quota of RCPs was raised with that of SCPs is not known.
            PolicyKind::ResourceControl => ("LIM-7", true),
        };
        let message = format!("the text has {characters} of at most {limit} characters");
        let mut failure = PredictedFailure::new(&codes::CONTENT_TOO_LONG, message).rule(rule);
        failure.unsure = unsure;
        let minified = count(minified_len(text));
        found.push(failure.help(if minified <= limit {
            format!("without white space outside strings it has {minified}, which fits")
        } else {
            format!("without white space outside strings it still has {minified}")
        }));
    }
    let errors = errors(text, kind);
    let Some(first) = errors.first() else { return };
    let shown = |error: &Message| {
        let (line, column) = error.line_and_column().unwrap_or((1, 1));
        format!("{line}:{column}: {}", error.message)
    };
    let named: Vec<String> = errors.iter().take(NAMED).map(shown).collect();
    let mut message = named.join("; ");
    if errors.len() > NAMED {
        message = format!("{message} (and {} more)", errors.len() - NAMED);
    }
    let mut failure = PredictedFailure::new(&codes::MALFORMED_DOCUMENT, message)
        .rule(first.rule)
        .help("`scproof validate` shows every fault with its place");
    failure.unsure = errors.iter().all(|error| UNSURE.contains(&error.rule));
    found.push(failure);
}

/// The errors of a text by rules on which AWS leaves no doubt: what is malformed by them never becomes a policy.
pub fn malformed(text: &str, kind: PolicyKind) -> Vec<Message> {
    let errors = errors(text, kind);
    let is_sure = errors.iter().any(|error| !UNSURE.contains(&error.rule));
    if is_sure { errors } else { Vec::new() }
}

fn errors(text: &str, kind: PolicyKind) -> Vec<Message> {
    let is_error = |message: &Message| message.severity == Severity::Error && !message.rule.starts_with("LIM-");
    PolicyDocument::parse(text, kind).diagnostics.into_iter().filter(is_error).collect()
}

/// What is worth knowing about a text that AWS takes (LIM-2, LIM-3).
pub(crate) fn notices(item: &str, text: &str, kind: PolicyKind, quotas: &Quotas, found: &mut Vec<Message>) {
    let Some(limit) = limit(kind, quotas) else { return };
    let (characters, bytes) = (count(text.chars().count()), count(text.len()));
    if characters > limit {
        return;
    }
    if bytes > limit {
        let message = format!("the text has {characters} characters but {bytes} bytes, of at most {limit} characters");
        found.push(
            codes::TOO_MANY_BYTES
                .about(item, message)
                .help("AWS counts characters by its present documentation and counted bytes by older ones"),
        );
    } else if is_near(characters, limit) {
        let message =
            format!("the text has {characters} of at most {limit} characters: room for {} more", limit - characters);
        found.push(codes::QUOTA_NEAR.about(item, message).rule("LIM-2"));
    }
}
