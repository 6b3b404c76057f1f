//! The guardrails that scproof brings along: every name in them exists, and the documentation lists them.

use std::collections::BTreeSet;

use scproof_auditor::{Guardrail, Guardrails, PROFILES_FORMAT, Profile, Risk};
use scproof_catalog::{Action, Catalog};
use scproof_policy_parser::{ActionShape, PolicyDocument, PolicyKind, Statement, WildcardPattern, overlaps};
use scproof_prover::{Permissions, equivalent, implies};

use crate::{documentation, validator};

const NOTHING: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
const FULL: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

fn statements(guardrail: &Guardrail) -> Vec<Statement> {
    let parsed = PolicyDocument::parse(&guardrail.json(), PolicyKind::ServiceControl);
    assert!(parsed.diagnostics.is_empty(), "{}: {:?}", guardrail.id, parsed.diagnostics);
    parsed.document.statements
}

/// The actions of the catalog that an action pattern of a guardrail matches; none for `*`.
fn actions(pattern: &str) -> Vec<Action<'static>> {
    let catalog = Catalog::embedded();
    let wildcard = WildcardPattern::flat(&pattern.to_lowercase());
    let all = catalog.actions().iter().map(|id| catalog.action(id));
    if pattern == "*" {
        return Vec::new();
    }
    all.filter(|action| wildcard.is_match(&action.full_name().to_lowercase())).collect()
}

#[test]
fn there_are_guardrails_with_all_that_a_report_needs() {
    let list = Guardrails::built_in();
    let text = include_str!("../../data/guardrails.json");
    assert_eq!(Guardrails::from_json(text).unwrap().list(), list);
    assert!(list.len() >= 70, "{}", list.len());
    let ids: BTreeSet<&str> = list.iter().map(|guardrail| guardrail.id.as_str()).collect();
    assert_eq!(ids.len(), list.len());
    for guardrail in list {
        assert!(!guardrail.title.ends_with('.') && guardrail.why.ends_with('.'), "{}", guardrail.id);
        assert!(guardrail.title.len() <= 80, "{}", guardrail.id);
        assert!(!guardrail.sources.is_empty(), "{}", guardrail.id);
        let is_known = |source: &String| {
            source.starts_with("https://docs.aws.amazon.com/") || source.starts_with("https://github.com/aws-samples/")
        };
        assert!(guardrail.sources.iter().all(is_known), "{}", guardrail.id);
    }
    let categories: Vec<&str> = list.iter().map(|guardrail| guardrail.category.as_str()).collect();
    let distinct: BTreeSet<&str> = categories.iter().copied().collect();
    let runs = categories.chunk_by(|one, next| one == next).count();
    assert_eq!(runs, distinct.len(), "guardrails of one category stand together");
}

#[test]
fn the_catalog_knows_every_action() {
    for guardrail in Guardrails::built_in() {
        for statement in statements(guardrail) {
            let element = statement.action.unwrap();
            assert!(!element.negated, "{}", guardrail.id);
            for pattern in &element.patterns {
                let is_any = pattern.shape() == ActionShape::Any;
                assert!(is_any || !actions(&pattern.text).is_empty(), "{}: {}", guardrail.id, pattern.text);
            }
            let texts: Vec<&str> = element.patterns.iter().map(|pattern| pattern.text.as_str()).collect();
            assert!(texts.is_sorted(), "{}: {texts:?}", guardrail.id);
        }
    }
}

// A condition on a key that the action does not have would never match, and the guardrail hold by mistake.
#[test]
fn every_action_has_every_key_of_its_conditions() {
    let catalog = Catalog::embedded();
    for guardrail in Guardrails::built_in() {
        for statement in statements(guardrail) {
            for condition in statement.condition.unwrap() {
                let key = catalog.condition_key(&condition.key);
                let key = key.unwrap_or_else(|| panic!("{}: {}", guardrail.id, condition.key));
                if key.is_global() {
                    continue;
                }
                for pattern in &statement.action.as_ref().unwrap().patterns {
                    assert_ne!(pattern.text, "*", "{}: {}", guardrail.id, condition.key);
                    for action in actions(&pattern.text) {
                        let of_resources = action.resource_types().flat_map(|(kind, _)| kind.keys().listed());
                        let mut keys = action.condition_keys().into_iter().chain(of_resources);
                        let has = keys.any(|own| own.name().eq_ignore_ascii_case(key.name()));
                        assert!(has, "{}: {} has no {}", guardrail.id, action.full_name(), key.name());
                    }
                }
            }
        }
    }
}

// So would one on a resource that the action is never about.
#[test]
fn every_action_is_about_a_resource_of_its_statement() {
    for guardrail in Guardrails::built_in() {
        for statement in statements(guardrail) {
            let resources = statement.resource.unwrap().patterns;
            if resources.iter().any(|resource| resource.text == "*") {
                continue;
            }
            for pattern in &statement.action.as_ref().unwrap().patterns {
                for action in actions(&pattern.text) {
                    let fits = action.resource_types().any(|(kind, _)| {
                        let own = WildcardPattern::flat(&without_placeholders(kind.arn_pattern()));
                        let one = |text: &str| {
                            let text = WildcardPattern::flat(text);
                            overlaps(&text, &own)
                        };
                        resources.iter().any(|resource| one(&resource.text))
                    });
                    assert!(fits, "{}: {}", guardrail.id, action.full_name());
                }
            }
        }
    }
}

/// `arn:${Partition}:s3:::${BucketName}` as a pattern.
fn without_placeholders(arn: &str) -> String {
    let mut parts = arn.split("${");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "*" + part.split_once('}').map_or("", |(_, rest)| rest))
}

#[test]
fn every_guardrail_blocks_something() {
    let full = Permissions::of_level(&[FULL]).unwrap();
    let nothing = Permissions::of_level(&[FULL, NOTHING]).unwrap();
    for guardrail in Guardrails::built_in() {
        for partition in [None, Some("aws")] {
            let document = guardrail.document_in(partition).to_minified_json().unwrap();
            let blocked = Permissions::of_level(&[FULL, &document]).unwrap();
            assert!(!equivalent(&full, &blocked).unwrap().is_yes(), "{}: {document}", guardrail.id);
            // Where all is blocked it holds, and nothing about it is uncertain: no pattern may rest on an unsure rule.
            assert!(implies(&nothing, &blocked).unwrap().is_yes(), "{}: {document}", guardrail.id);
        }
    }
}

#[test]
fn the_partition_is_put_where_a_resource_leaves_it_open() {
    let find = |id: &str| Guardrails::built_in().iter().find(|guardrail| guardrail.id == id).unwrap();
    let roles = find("control-tower-roles");
    let document = roles.document_in(Some("aws-cn")).to_minified_json().unwrap();
    assert!(document.contains(r#"["arn:aws-cn:iam::*:role/AWSControlTowerExecution","arn:aws-cn:iam::*:role/aws-c"#));
    assert!(!document.contains("arn:*"));
    assert_eq!(roles.document_in(None), roles.document);
    // The caller's ARN is left alone: a proof knows the partition of callers.
    assert_eq!(find("root-user").document_in(Some("aws")), find("root-user").document);
    let own = r#"{"Format": "scproof-guardrails/1", "Guardrails": [{"Id": "a", "Title": "A", "Why": "B", "Risk": "low",
      "MustBeBlocked": {"Action": "s3:*", "NotResource": "arn:*:s3:::a"}}]}"#;
    let own = Guardrails::from_json(own).unwrap();
    let document = own.list().first().unwrap().document_in(Some("aws")).to_minified_json().unwrap();
    assert!(document.contains("arn:*:s3:::a"));
}

#[test]
fn the_documentation_lists_them() {
    let mut lines = vec!["| id | title | risk |".to_owned(), "|---|---|---|".to_owned()];
    lines.extend(
        Guardrails::built_in()
            .iter()
            .map(|guardrail| format!("| `{}` | {} | {} |", guardrail.id, guardrail.title, guardrail.risk)),
    );
    let table = format!("{}\n\n", lines.join("\n"));
    assert!(documentation("guardrails.md").contains(&table), "docs/guardrails.md must have this table:\n{table}");
    let count = Guardrails::built_in().len();
    assert!(documentation("guardrails.md").contains(&format!("The built-in set has {count} guardrails")));
}

#[test]
fn the_schema_allows_the_built_in_file() {
    let text = include_str!("../../data/guardrails.json");
    let errors: Vec<String> = validator("scproof-guardrails-1.json")
        .iter_errors(&serde_json::from_str(text).unwrap())
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn profiles_choose_guardrails_that_there_are() {
    let data: serde_json::Value = serde_json::from_str(include_str!("../../data/profiles.json")).unwrap();
    assert_eq!(data["Format"], PROFILES_FORMAT);
    let ids: Vec<&str> = Profile::all().iter().map(|profile| profile.id.as_str()).collect();
    assert_eq!(ids, ["baseline", "control-tower", "lza", "region", "data-perimeter", "all"]);
    assert_eq!(ids.first(), Some(&Profile::DEFAULT));
    let page = documentation("guardrails.md");
    for profile in Profile::all() {
        let chosen = |id: &String| Guardrails::built_in().iter().any(|guardrail| guardrail.id == *id);
        assert!(profile.guardrails == ["*"] || profile.guardrails.iter().all(chosen), "{}", profile.id);
        let distinct: BTreeSet<&String> = profile.guardrails.iter().collect();
        assert_eq!(distinct.len(), profile.guardrails.len(), "{}", profile.id);
        assert!(profile.sources.iter().all(|source| source.starts_with("https://")), "{}", profile.id);
        let row =
            page.lines().find(|line| line.starts_with(&format!("| `{}`", profile.id)) && line.contains(&profile.title));
        let row = row.unwrap_or_else(|| panic!("{} is not on the page", profile.id));
        assert!(profile.guardrails.iter().all(|id| id == "*" || row.contains(&format!("`{id}`"))), "{row}");
    }
    let baseline = Profile::find(Profile::DEFAULT).unwrap();
    let of_baseline = Guardrails::built_in().iter().filter(|guardrail| baseline.chooses(&guardrail.id));
    assert!(of_baseline.clone().all(|guardrail| guardrail.risk == Risk::High));
    assert!((12..=18).contains(&of_baseline.count()));
}
