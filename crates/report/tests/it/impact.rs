//! Impacts of generated and hostile organizations: JSON fits its schema, text its width, Markdown its comment.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use insta::assert_snapshot;
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use scproof_organization::{Change, ChangeSet, Organization};
use scproof_report::{Format, ImpactReport, Report, Scope, Style};
use scproof_simulator::{
    Expectations, ImpactOptions, Simulation, SimulationOptions, hold, impact_with, simulate, structural_difference,
};
use scproof_testkit::strategies::inventory;
use serde_json::{Value, json};

/// The schema, closed: what is not documented is an error here. Readers must be open to members of later versions.
fn validator() -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas/scproof-impact-2.json");
    let mut schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    close(&mut schema);
    jsonschema::draft202012::new(&schema).unwrap()
}

pub(crate) fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.contains_key("properties") && members.contains_key("required") {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn program() -> Vec<String> {
    ["scproof", "--org", "org.json"].map(str::to_owned).to_vec()
}

fn written(report: &ImpactReport<'_>, format: Format, width: usize) -> String {
    let mut bytes = Vec::new();
    Report::Impact(report).write(format, Style::plain().with_width(width), &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// No line of a page is wider than it may be, apart from words that are; nothing in it moves the cursor.
pub(crate) fn fits_columns(page: &str, width: usize) -> Result<(), TestCaseError> {
    for line in page.lines() {
        let columns = line.chars().count();
        // What cannot be broken: one word, an argument that a shell has to read as one, a long word in a table.
        let one_word = !line.trim_start_matches([' ', '-']).contains(' ');
        let argument = line.find('\'').zip(line.rfind('\'')).is_some_and(|(start, end)| end - start > width / 2);
        let long_word = line.split(' ').any(|word| word.chars().count() > width / 2);
        prop_assert!(columns <= width || one_word || argument || long_word, "wider than {}: {}", width, line);
        prop_assert!(!line.ends_with(' '), "space at the end: {:?}", line);
    }
    prop_assert!(!page.chars().any(|character| character.is_control() && character != '\n'), "{:?}", page);
    Ok(())
}

/// Renders in every format, and checks what must hold for every report.
fn check(report: &ImpactReport<'_>, validator: &jsonschema::Validator) -> Result<Value, TestCaseError> {
    let value: Value = serde_json::from_str(&written(report, Format::Json, 80)).unwrap();
    if let Err(error) = validator.validate(&value) {
        return Err(TestCaseError::fail(format!("{error} at {}", error.instance_path())));
    }
    for full in [false, true] {
        let report = ImpactReport { full, ..report.clone() };
        for width in [60, 80, 120] {
            fits_columns(&written(&report, Format::Text, width), width)?;
        }
        let page = written(&report, Format::Markdown, 80);
        prop_assert!(page.len() < 65_536, "{}", page.len());
        prop_assert!(page.starts_with("**") && !page.contains("\n\n\n"), "{}", page);
        check_markdown(&page)?;
    }
    Ok(value)
}

/// Markdown as GitHub reads it: headings, tags and code are ours alone, and there are no links, pictures or mentions.
pub(crate) fn check_markdown(page: &str) -> Result<(), TestCaseError> {
    const HEADINGS: [&str; 26] = [
        "Since the audit before",
        "Guardrails of the profile baseline, by number of accounts",
        "Guardrails that are not adopted",
        "Guardrails with suppressed holes",
        "Next",
        "Change",
        "Changes, in this order",
        "What differs in the two snapshots",
        "Warnings",
        "Newly blocked",
        "Newly passing",
        "Depends",
        "Blocked for another reason",
        "Blocked on the way",
        "Open on the way",
        "Permission classes, and how many actions are blocked",
        "Permission classes in detail",
        "Guardrails, by number of accounts",
        "Guardrails with holes",
        "Guardrails that depend",
        "Guardrails that hold, with exemptions",
        "Findings",
        "Findings in detail",
        "Suppressed findings",
        "Suppressions that cover nothing",
        "Not blocked",
    ];
    for heading in check_text(page)? {
        let counted = heading.split_once(", ").filter(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit()));
        let words = counted.map_or(heading.as_str(), |(words, _)| words);
        prop_assert!(HEADINGS.contains(&words) || words == "Blocked", "heading {}", heading);
    }
    Ok(())
}

/// Whatever a page says, nothing in it is a link, a tag or a mention; its headings.
pub(crate) fn check_text(page: &str) -> Result<Vec<String>, TestCaseError> {
    const TAGS: [&str; 9] =
        ["<details>", "</details>", "<summary>", "</summary>", "<b>", "</b>", "<sub>", "</sub>", "<!-- -->"];
    let mut headings = Vec::new();
    let mut heading: Option<String> = None;
    let mut in_code = false;
    for event in Parser::new_ext(page, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => prop_assert!(false, "a link or picture: {}", page),
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let text = heading.take().unwrap_or_default();
                headings.push(text);
            }
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Text(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
                let mentions = text.match_indices('@').any(|(at, _)| text.len() > at + 1);
                prop_assert!(in_code || !mentions, "a mention: {}", text);
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                let mut rest = html.trim().to_owned();
                for tag in TAGS {
                    rest = rest.replace(tag, "");
                }
                let is_count =
                    rest.ends_with("accounts") && rest.chars().all(|c| c.is_alphanumeric() || " ,".contains(c));
                prop_assert!(rest.is_empty() || is_count, "a tag: {} in {}", html, page);
            }
            Event::Start(_)
            | Event::End(_)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_) => {}
        }
    }
    Ok(headings)
}

/// Some changes that name what an organization has.
fn changes(organization: &Organization, picks: &[(usize, usize, usize)]) -> ChangeSet {
    let nodes: Vec<_> = organization.nodes().map(|(_, node)| node.target.clone()).collect();
    let policies: Vec<_> = organization.policies().map(|(_, policy)| policy.id.clone()).collect();
    let pick = |(kind, one, other): &(usize, usize, usize)| {
        let target = nodes[one % nodes.len()].clone();
        let policy = policies[other % policies.len()].clone();
        match (kind % 6, target.account()) {
            (0 | 1, _) => Change::AttachPolicy { policy, target },
            (2 | 3, _) => Change::DetachPolicy { policy, target },
            (4, Some(account)) => Change::MoveAccount { account, source: None, destination: nodes[0].clone() },
            (4, None) => Change::DeletePolicy { policy },
            _ => Change::DisablePolicyType,
        }
    };
    picks.iter().map(pick).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn two_organizations_in_every_format(before in inventory(), after in inventory()) {
        let [before, after] =
            [before, after].map(|inventory| Arc::new(Organization::from_inventory(&inventory).unwrap()));
        let impact = impact_with(Arc::clone(&before), Arc::clone(&after), &ImpactOptions::default()).unwrap();
        let structure = structural_difference(&before, &after);
        let report = ImpactReport {
            before: &before,
            after: &after,
            program: program(),
            scope: Scope::default(),
            steps: &[],
            structure: Some(&structure),
            impact: &impact,
            transients: &[],
            gaps: &[],
            warnings: &[],
            held: None,
            full: false,
            failed: Vec::new(),
        };
        let value = check(&report, &validator())?;
        prop_assert_eq!(value["summary"]["noDifference"].as_bool(), Some(impact.is_none()));
    }

    #[test]
    fn simulations_in_every_format(
        inventory in inventory(),
        picks in prop::collection::vec((any::<usize>(), any::<usize>(), any::<usize>()), 0..4),
    ) {
        let before = Organization::from_inventory(&inventory).unwrap();
        let changes = changes(&before, &picks);
        let after = changes.apply(&before);
        let simulation = simulate(&before, &changes, &SimulationOptions::default()).unwrap();
        let expectations = Expectations::from_json(
            r#"{"Format": "scproof-expect/1", "Allowed": [
                {"Transition": ["newlyBlocked", "newlyPassing"], "Account": "*", "Action": "s3:*", "Reason": "ticket"}
            ]}"#,
        );
        let expectations = expectations.unwrap();
        let held = expectations.bind(&before, &after).ok().map(|bound| hold(&simulation.impact, &bound));
        let report = simulated(&before, &after, &simulation);
        let mut report = ImpactReport { held: held.as_ref(), ..report };
        report.failed = report.gates();
        let value = check(&report, &validator())?;
        prop_assert_eq!(value["steps"].as_array().unwrap().len(), picks.len());
    }
}

fn simulated<'a>(before: &'a Organization, after: &'a Organization, simulation: &'a Simulation) -> ImpactReport<'a> {
    ImpactReport {
        before,
        after,
        program: program(),
        scope: Scope::default(),
        steps: &simulation.steps,
        structure: None,
        impact: &simulation.impact,
        transients: &simulation.transients,
        gaps: &simulation.gaps,
        warnings: &simulation.warnings,
        held: None,
        full: false,
        failed: Vec::new(),
    }
}

/// An organization whose people call things as they like.
pub(crate) fn hostile() -> Organization {
    let full = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    let deny = json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "Deny", "Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b`</details><img src=x>*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/te|am": ["it's $(id) `id` | @octocat", "<!--\n```\n# owned"]}},
    }]});
    let name = "@octocat`</summary>|**x**\u{1b}[2J\u{202e}";
    Organization::from_json(
        &json!({
            "Format": "scproof-inventory/1",
            "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
            "Roots": [{"Id": "r-ab12", "Name": "Root"}],
            "OrganizationalUnits": [{"Id": "ou-ab12-unit0001", "Name": name, "ParentId": "r-ab12"}],
            "Accounts": [
                {"Id": "111111111111", "Name": "@all `x", "ParentId": "r-ab12"},
                {"Id": "222222222222", "Name": "# shop\n## shop", "ParentId": "ou-ab12-unit0001"},
            ],
            "Policies": [
                {"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "Content": full},
                {"Id": "p-hostile0001", "Name": "`` [a](javascript:x) ```", "Type": "SERVICE_CONTROL_POLICY", "Content": deny},
            ],
            "Attachments": [
                {"TargetId": "r-ab12", "PolicyId": "p-FullAWSAccess"},
                {"TargetId": "ou-ab12-unit0001", "PolicyId": "p-FullAWSAccess"},
                {"TargetId": "111111111111", "PolicyId": "p-FullAWSAccess"},
                {"TargetId": "222222222222", "PolicyId": "p-FullAWSAccess"},
            ],
        })
        .to_string(),
    )
    .unwrap()
}

/// Whatever people write into names and policies, it stays text: it draws nothing, mentions nobody, and runs nothing.
#[test]
fn names_from_outside_stay_text() {
    let before = hostile();
    let policy = before.resolve_policy("p-hostile0001").unwrap();
    let target = before.node(before.resolve_target("ou-ab12-unit0001").unwrap()).target.clone();
    let changes = ChangeSet::from_iter([Change::AttachPolicy { policy: before.policy(policy).id.clone(), target }]);
    let after = changes.apply(&before);
    let simulation = simulate(&before, &changes, &SimulationOptions::default()).unwrap();
    let report = simulated(&before, &after, &simulation);
    check(&report, &validator()).unwrap();
    let [text, markdown] = [Format::Text, Format::Markdown].map(|format| written(&report, format, 80));
    assert_snapshot!(format!("{text}--- Markdown\n{markdown}"));
}

/// A comment has room for 65,536 characters, however many changes there are.
#[test]
fn many_changes_fit_into_a_comment() {
    let before = hostile();
    let policy = before.policy(before.resolve_policy("p-hostile0001").unwrap()).id.clone();
    let target = before.node(before.resolve_target("ou-ab12-unit0001").unwrap()).target.clone();
    let attach = Change::AttachPolicy { policy, target };
    let changes: ChangeSet = std::iter::repeat_n(attach, 500).collect();
    let after = changes.apply(&before);
    let simulation = simulate(&before, &changes, &SimulationOptions::default()).unwrap();
    let report = simulated(&before, &after, &simulation);
    check(&report, &validator()).unwrap();
    assert!(written(&report, Format::Markdown, 80).contains(" more; `--format json` has all"));
}
