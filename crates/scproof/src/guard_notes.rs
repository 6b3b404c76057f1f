//! What an answer should say of a guard that no call can satisfy.

use scproof_evaluator::{Decision, Explanation, StatementRef};
use scproof_organization::Organization;
use scproof_rules::{Guard, guard_on};

/// Remarks on the statements behind a denial, or behind an open answer, that deny the action whatever the caller does,
/// where it looks as if a key of the request were to blame: the rule [`unsatisfiable-guard`](scproof_rules::rule). They
/// do not change the verdict.
pub fn guard_notes(organization: &Organization, action: &str, explanation: &Explanation) -> Vec<String> {
    let perhaps = || explanation.levels.iter().flat_map(|level| level.maybe_denied_by.iter().map(|(found, _)| *found));
    let (statements, where_it_applies): (Vec<StatementRef>, _) = match explanation.decision {
        Decision::ExplicitDeny => (explanation.determining.clone(), ""),
        Decision::Deny | Decision::Unknown => (perhaps().collect(), ", where the rest of it applies"),
        Decision::Allowed | Decision::ImplicitDeny | Decision::NotApplicable => return Vec::new(),
    };
    let mut notes = Vec::new();
    for found in statements {
        let policy = organization.policy(found.policy);
        let document = &policy.document;
        let Some(statement) = document.statements.get(found.statement) else { continue };
        let (guard, key) = guard_on(statement, document.version.has_variables(), action);
        let why = match guard {
            Guard::Fine => continue,
            Guard::Elsewhere => "the call is also checked against resources that never carry the key",
            Guard::Never => "no call of the action carries the key",
            Guard::Unlisted => "AWS's tables do not list the key for the action",
        };
        let denies = if guard == Guard::Unlisted { "probably denies" } else { "denies" };
        let name = policy.display_name();
        let note = format!(
            "`{}` of `{name}` asks for `{key}`, and {why}: it {denies} `{action}` whatever the caller does\
             {where_it_applies}",
            document.statement_path(found.statement)
        );
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}
