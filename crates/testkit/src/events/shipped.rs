//! The log that comes with scproof: two weeks of the example organization, in which calls end as its policies say.
//!
//! Every night a role with a path deletes old copies of databases. Who forbids that, and spares the role by its bare
//! name, shuts it out; no text of a policy shows that, only the log.

use scproof_evaluator::{CompiledOrganization, Context, Decision, EvaluationOptions, Request};
use scproof_organization::{Inventory, LoadError, Organization};
use scproof_trail::{Ask, Call, Reader, Reading, Standing, read_records};

use super::callers::session_of;
use super::operations::Operations;
use super::record::{Ending, Written};
use super::{DAY, LogGenerator, LogShape};
use crate::random::Random;

/// Accounts of the unit Prod, in which the role works.
const NIGHTLY: [&str; 3] = ["214000000001", "214000000002", "214000000003"];
const ROLE: &str = "automation/backup-rotation";
/// 2026-11-06.
const START: u64 = 1_793_923_200;
const DAYS: u64 = 14;

/// The records of the log, in the order of files.
///
/// # Errors
///
/// If the snapshot cannot be loaded.
pub fn shipped_log(inventory: &Inventory) -> Result<Vec<String>, LoadError> {
    let shape = LogShape { events: 2_000, per_file: 50, start: START, days: DAYS, seed: 12 };
    let log = LogGenerator::new(inventory, shape);
    let mut answers = Answers {
        compiled: CompiledOrganization::compile(Organization::from_inventory(inventory)?, EvaluationOptions::default()),
        reader: Reader::new(),
    };
    let mut random = Random::new(99);
    let mut records = Vec::new();
    for number in 0..log.batches() {
        let files = log.batch_that_ends(number, |written, ending| match answers.denial(written) {
            // Nobody calls every day what never works.
            Some(denied) => random.chance(8).then_some(denied),
            None => Some(ending),
        });
        records.extend(files.into_iter().flat_map(|file| file.records));
    }
    let operations = Operations::new();
    for (day, account) in (0..DAYS).flat_map(|day| NIGHTLY.map(|account| (day, account))) {
        let time = START + day * DAY + 2 * 3_600 + random.next_u64() % 900;
        let caller = session_of(account, ROLE, "nightly", time);
        for (name, count) in [("DescribeDBSnapshots", 1), ("DeleteDBSnapshot", 1 + random.below(2))] {
            for place in 0..count {
                let operation = operations.named("rds", name);
                let at = (account, "eu-west-1", time + place as u64);
                let written = Written::new(&caller, operation, at, &mut random);
                let ending = answers.denial(&written).unwrap_or(Ending::Passed);
                records.push(written.text(&ending, account, None));
            }
        }
    }
    Ok(records)
}

/// What the policies say.
struct Answers {
    compiled: CompiledOrganization,
    reader: Reader,
}

impl Answers {
    /// The denial of a call that policies block for certain.
    fn denial(&mut self, written: &Written<'_>) -> Option<Ending> {
        let text = written.text(&Ending::Passed, "", None);
        let (mut found, compiled, reader) = (None, &self.compiled, &mut self.reader);
        read_records(text.as_bytes(), &mut |record| {
            if let Reading::Call(call) = reader.read(&record).reading {
                let mut certain = call.asks.iter().filter(|ask| ask.standing == Standing::Certain);
                found = certain.find_map(|ask| denied(compiled, &call, ask));
            }
        });
        found
    }
}

fn denied(compiled: &CompiledOrganization, call: &Call, ask: &Ask) -> Option<Ending> {
    let action = &ask.action;
    let mut context = Context::new();
    for (key, value) in call.context.iter().chain(ask.context.iter()) {
        context.insert(key, value.clone());
    }
    let request = Request {
        account: call.account.clone(),
        principal: call.principal.clone(),
        action: action.clone(),
        resources: ask.resources.clone(),
        resources_complete: ask.resources_complete,
        context,
        region: call.region.clone(),
        ..Request::default()
    };
    let explained = compiled.explain(&compiled.prepare(&request).ok()?);
    let why = match explained.decision {
        Decision::ExplicitDeny => {
            let policy = explained.determining.first().map(|it| compiled.organization().policy(it.policy))?;
            let arn = policy.arn.as_deref().unwrap_or_default();
            format!("with an explicit deny in a service control policy: {arn}")
        }
        Decision::ImplicitDeny => format!("because no service control policy allows the {action} action"),
        Decision::Deny | Decision::Allowed | Decision::Unknown | Decision::NotApplicable => return None,
    };
    Some(Ending::Denied(action.clone(), why))
}
