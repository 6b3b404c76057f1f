//! The reader of records equals the reference reader, and the classes of replayed calls those of the reference
//! evaluator (CT-1 to CT-37).

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use scproof_catalog::Catalog;
use scproof_evaluator::{Context, ContextValue, Decision, EvaluationOptions, Request, RequestResource};
use scproof_organization::{ChangeSetBuilder, Inventory, Organization};
use scproof_replay::{Candidate, Class, Replay, ReplayOptions, ReplayReport};
use scproof_testkit::events::{LogFile, LogGenerator, LogShape, Plain, PlainCall, odd_record, plain};
use scproof_testkit::{Random, reference};
use scproof_trail::{Call, Event, Outcome, Reader, Reading, Standing, read_records};

const EXAMPLE: &str = include_str!("../../../fixtures/organizations/example.json");

fn files(events: u64, seed: u64) -> Vec<LogFile> {
    let shape = LogShape { events, seed, per_file: 100, ..LogShape::default() };
    let log = LogGenerator::new(&Inventory::from_json(EXAMPLE).unwrap(), shape);
    (0..log.batches()).flat_map(|number| log.batch(number)).collect()
}

fn events(content: &str) -> Vec<Event> {
    let (mut reader, mut events) = (Reader::new(), Vec::new());
    read_records(content.as_bytes(), &mut |record| events.push(reader.read(&record)));
    events
}

/// What the reader says, in the form of the reference.
fn normal(reading: &Reading) -> Plain {
    match reading {
        Reading::Skipped(_) => Plain::Skipped,
        Reading::NotGoverned(_) => Plain::NotGoverned,
        Reading::NotReplayable(_) => Plain::NotReplayable,
        Reading::Call(call) => Plain::Call(Box::new(normal_call(call))),
    }
}

fn normal_call(call: &Call) -> PlainCall {
    let mut found = PlainCall {
        account: call.account.clone(),
        principal: call.principal.clone(),
        region: call.region.clone(),
        passed: match call.outcome {
            Outcome::Passed => Some(true),
            Outcome::Denied { .. } => Some(false),
            Outcome::Open => None,
        },
        ..PlainCall::default()
    };
    let mut give = |before: &str, context: &Context| {
        for (key, value) in context.iter() {
            let values = match value {
                ContextValue::Absent => None,
                ContextValue::Single(value) => Some(vec![value.clone()]),
                ContextValue::List(values) => Some(values.clone()),
            };
            found.keys.insert(format!("{before}{}", key.to_ascii_lowercase()), values);
        }
    };
    give("", &call.context);
    let certain = || call.asks.iter().filter(|ask| ask.standing != Standing::Possible);
    for ask in certain() {
        give(&format!("{} ", ask.action), &ask.context);
    }
    for ask in certain() {
        let arns = ask.resources.iter().filter_map(|input| match &input.resource {
            RequestResource::Arn(arn) => Some(arn.clone()),
            RequestResource::Unknown | RequestResource::NotScoped => None,
        });
        let arns: BTreeSet<String> = arns.collect();
        let is_one_of = matches!(ask.standing, Standing::OneOf(_));
        found.asks.insert((ask.action.clone(), is_one_of, arns.into_iter().collect()));
    }
    found.possible =
        call.asks.iter().filter(|ask| ask.standing == Standing::Possible).map(|ask| ask.action.clone()).collect();
    found
}

/// What two readings of a record differ in. The reader may know less of the keys than the rules tell, never something
/// else.
fn difference(record: &str, reading: &Reading) -> Option<String> {
    let (expected, found) = (plain(&serde_json::from_str(record).unwrap()), normal(reading));
    if let (Plain::Call(expected), Plain::Call(found)) = (&expected, &found) {
        let asked: BTreeSet<&String> = expected.asks.iter().map(|(action, ..)| action).collect();
        let unknown = |name: &&String| Catalog::embedded().find_action(name).is_none();
        let known = expected.possible.iter().filter(|name| !asked.contains(name) && !unknown(name));
        let possible: BTreeSet<&String> = known.collect();
        // Of an action that is asked anyway more resources than are listed may be asked about (CT-30).
        let more: BTreeSet<&String> = found.possible.iter().filter(|name| !asked.contains(name)).collect();
        let is_known = found.keys.iter().all(|(key, value)| expected.keys.get(key) == Some(value));
        let same =
            |it: &PlainCall| (it.account.clone(), it.principal.clone(), it.region.clone(), it.passed, it.asks.clone());
        if same(expected) == same(found) && possible == more && is_known {
            return None;
        }
    } else if expected == found {
        return None;
    }
    Some(format!("{record}\nexpected {expected:#?}\nfound {found:#?}"))
}

fn differences(records: impl Iterator<Item = String>) -> (usize, Vec<String>) {
    let (mut compared, mut found) = (0, Vec::new());
    for record in records {
        // What is no record is counted elsewhere; the reference reads no broken JSON.
        if let ([event], Ok(_)) = (events(&record).as_slice(), serde_json::from_str::<serde_json::Value>(&record)) {
            compared += 1;
            found.extend(difference(&record, &event.reading));
        }
    }
    (compared, found)
}

#[test]
fn what_was_asked_equals_the_reference() {
    let records = files(6_000, 21).into_iter().flat_map(|file| file.records);
    let (compared, found) = differences(records);
    assert!(compared >= 6_000 && found.is_empty(), "{} of {compared}\n{}", found.len(), found.join("\n"));
}

/// Records that nobody should write end in the same answers.
#[test]
fn what_odd_records_ask_equals_the_reference() {
    let mut random = Random::new(22);
    let records = files(6_000, 23).into_iter().flat_map(|file| file.records);
    let records: Vec<String> = records.map(|record| odd_record(&record, &mut random)).collect();
    let (compared, found) = differences(records.into_iter());
    assert!(compared >= 4_000 && found.is_empty(), "{} of {compared}\n{}", found.len(), found.join("\n"));
}

/// Changes that block, free and leave things open.
fn candidates(before: &Arc<Organization>) -> Vec<Candidate> {
    let strict = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": ["ec2:*", "cloudwatch:*", "s3:Put*"], "Resource": "*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/delivery/*", "arn:aws:iam::*:user/ops/ann"]}}},
        {"Effect": "Deny", "Action": ["kms:Decrypt", "rds:*"], "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:ResourceTag/team": "red"}, "Bool": {"aws:ViaAWSService": "false"}}},
        {"Effect": "Deny", "Action": ["s3:GetObject*", "lambda:*"], "NotResource": "arn:aws:s3:::orders-*"},
        {"Effect": "Deny", "Action": "sts:*", "Resource": "*",
            "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/25"}}},
        {"Effect": "Deny", "Action": "logs:*", "Resource": "*",
            "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2026-11-15T00:00:00Z"}}}]}"#;
    let made = |name: &str, change: &dyn Fn(&mut ChangeSetBuilder)| {
        let mut changes = ChangeSetBuilder::new(before);
        change(&mut changes);
        Candidate { name: name.to_owned(), organization: Arc::new(changes.finish().apply(before)) }
    };
    vec![
        made("strict", &|it| {
            it.attach_text("strict", strict, "Root").unwrap();
        }),
        made("lax", &|it| {
            it.detach("region-lock", "Workloads").unwrap();
            it.detach("quarantine", "Quarantine").unwrap();
            it.detach("deny-root-user", "Root").unwrap();
        }),
        made("moved", &|it| it.move_to("shop", "Sandbox").unwrap()),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Passes,
    Blocked,
    Depends,
    NotGoverned,
}

/// What the reference evaluator says to a call (CT-30, CT-31); `None` if it cannot be asked.
fn verdict(organization: &Organization, options: EvaluationOptions, call: &Call) -> Option<Verdict> {
    let mut answers: Vec<(Standing, Decision)> = Vec::new();
    for ask in &call.asks {
        let mut context = Context::new();
        for (key, value) in call.context.iter().chain(ask.context.iter()) {
            context.insert(key, value.clone());
        }
        // The role with its path is the caller (CT-4).
        let role = call.context.iter().find_map(|(key, value)| match value {
            ContextValue::Single(arn) if key.eq_ignore_ascii_case("aws:PrincipalArn") => Some(arn.clone()),
            ContextValue::Single(_) | ContextValue::List(_) | ContextValue::Absent => None,
        });
        let mut request = Request {
            account: call.account.clone(),
            principal: role.or_else(|| call.principal.clone()),
            action: ask.action.clone(),
            resources: ask.resources.clone(),
            resources_complete: ask.resources_complete,
            context,
            region: call.region.clone(),
            ..Request::default()
        };
        let mut answer = reference::decide(organization, Catalog::embedded(), options, &request);
        if answer.is_err() && !request.resources.is_empty() {
            request.resources.clear();
            answer = reference::decide(organization, Catalog::embedded(), options, &request);
        }
        match answer {
            // Whether a caller who is not named is exempt is not known.
            Ok(found) if found.decision.is_denied() && request.principal.is_none() => {
                answers.push((ask.standing, Decision::Unknown));
            }
            Ok(found) => answers.push((ask.standing, found.decision)),
            Err(_) if ask.standing == Standing::Possible => {}
            Err(_) => return None,
        }
    }
    let all_of = |standing: Standing, holds: fn(Decision) -> bool| {
        answers.iter().filter(|(other, _)| *other == standing).all(|(_, decision)| holds(*decision))
    };
    let blocks = |(standing, decision): &(Standing, Decision)| match standing {
        Standing::Certain => decision.is_denied(),
        Standing::OneOf(_) => all_of(*standing, Decision::is_denied),
        Standing::Possible => false,
    };
    if answers.is_empty() {
        None
    } else if answers.iter().all(|(_, decision)| *decision == Decision::NotApplicable) {
        Some(Verdict::NotGoverned)
    } else if answers.iter().any(blocks) {
        Some(Verdict::Blocked)
    } else if answers.iter().all(|(_, decision)| decision.is_passing()) {
        Some(Verdict::Passes)
    } else {
        Some(Verdict::Depends)
    }
}

/// The classes that two verdicts allow: where both are open, what they depend on decides, which the reference does not
/// say.
fn allowed(before: Verdict, after: Verdict) -> &'static [Class] {
    use Verdict::{Blocked, Depends, NotGoverned, Passes};
    match (before, after) {
        (NotGoverned, NotGoverned) => &[Class::NotGoverned],
        (Depends, Depends) => &[Class::Unchanged, Class::MayBeNewlyBlocked, Class::MayBeNewlyPassing],
        (Passes | NotGoverned, Blocked) => &[Class::NewlyBlocked],
        (Blocked, Passes | NotGoverned) => &[Class::NewlyPassing],
        (Passes | NotGoverned, Depends) | (Depends, Blocked) => &[Class::MayBeNewlyBlocked],
        (Blocked, Depends) | (Depends, Passes | NotGoverned) => &[Class::MayBeNewlyPassing],
        (Passes | NotGoverned, Passes | NotGoverned) | (Blocked, Blocked) => &[Class::Unchanged],
    }
}

#[test]
fn classes_are_those_of_the_reference() {
    let before = Arc::new(Organization::from_json(EXAMPLE).unwrap());
    // The reference takes no cases together.
    let evaluation = EvaluationOptions { refine: false, ..EvaluationOptions::default() };
    let candidates = candidates(&before);
    let options = ReplayOptions { evaluation, ..ReplayOptions::default() };
    let replay = Replay::new(Arc::clone(&before), candidates.clone(), options);
    let (mut part, mut calls, mut kinds) = (replay.part(), BTreeMap::new(), BTreeSet::new());
    for event in files(400, 31).iter().flat_map(|file| events(&file.content())) {
        // Copies of one call are asked about in another property; the reference takes its time.
        let id = event.shared_id.clone().unwrap_or(event.id.clone());
        if let Reading::Call(call) = &event.reading
            && kinds.insert((call.account.clone(), call.asks.first().map(|ask| ask.action.clone())))
            && !calls.contains_key(&id)
            && calls.len() < 30
        {
            replay.take(&mut part, &event);
            calls.insert(id, call.clone());
        }
    }
    let mut found: BTreeMap<(String, usize), Class> = BTreeMap::new();
    replay.close(&mut part, i64::MAX, |it| {
        found.insert((it.event, it.candidate), it.class);
    });
    let mut seen = BTreeSet::new();
    for (id, call) in &calls {
        let was = verdict(&before, evaluation, call);
        for (number, candidate) in candidates.iter().enumerate() {
            let class = found[&(id.clone(), number)];
            let is = verdict(&candidate.organization, evaluation, call);
            let expected = match (was, is) {
                (Some(was), Some(is)) => allowed(was, is),
                _ => &[Class::NotReplayable],
            };
            assert!(expected.contains(&class), "{}: {class}, {was:?} {is:?} {call:#?}", candidate.name);
            seen.insert(class);
        }
    }
    assert!(seen.len() > 3, "{seen:?}");
}

fn report(replay: &Replay, parts: Vec<Vec<&str>>) -> ReplayReport {
    let taken = std::thread::scope(|scope| {
        let workers = parts.into_iter().map(|contents| {
            scope.spawn(move || {
                let (mut part, mut reader) = (replay.part(), Reader::new());
                for content in contents {
                    read_records(content.as_bytes(), &mut |record| replay.take(&mut part, &reader.read(&record)));
                }
                part
            })
        });
        let workers: Vec<_> = workers.collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect::<Vec<_>>()
    });
    let mut all = replay.part();
    for part in taken {
        all.merge(part);
    }
    let mut report = replay.report(all);
    report.duplicates = 0;
    report
}

/// Whatever the order of the files, their number, the threads and further copies, the report is the same; of spoilt
/// records, too.
#[test]
fn order_threads_and_copies_change_no_report() {
    let before = Arc::new(Organization::from_json(EXAMPLE).unwrap());
    let replay = Replay::new(Arc::clone(&before), candidates(&before), ReplayOptions::default());
    let mut random = Random::new(41);
    let contents: Vec<String> = files(3_000, 42)
        .into_iter()
        .map(|mut file| {
            for record in &mut file.records {
                if random.chance(20) {
                    *record = odd_record(record, &mut random);
                }
            }
            file.records.join("\n")
        })
        .collect();
    let one = report(&replay, vec![contents.iter().map(String::as_str).collect()]);
    assert!(one.calls > 1_500, "{}", one.calls);
    for _ in 0..3 {
        let mut parts: Vec<Vec<&str>> = vec![Vec::new(); 1 + random.below(5)];
        let mut order: Vec<(u64, &String)> = contents.iter().map(|content| (random.next_u64(), content)).collect();
        order.sort();
        for (mark, content) in order {
            // Single lines of some files stand in other parts.
            let cut = if random.chance(30) { content.find('\n').unwrap_or_default() } else { 0 };
            let (start, rest) = content.split_at(cut);
            for text in [start, rest] {
                let place = random.below(parts.len());
                parts[place].push(text);
            }
            if mark % 5 == 0 {
                parts[0].push(content);
            }
        }
        assert_eq!(report(&replay, parts), one);
    }
}
