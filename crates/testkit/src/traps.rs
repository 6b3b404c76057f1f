//! The traps of `fixtures/traps`: questions that careless evaluators answer wrongly, with the right answers.
//!
//! The format is described in `fixtures/README.md`. Unknown members of the files are refused, so that a misspelt
//! expectation is not an expectation less.
//!
//! ```
//! use scproof_testkit::traps::{Cases, load_traps};
//!
//! for trap in load_traps()? {
//!     let organization = trap.organization()?;
//!     if let Cases::Decide(cases) = &trap.cases {
//!         assert!(cases.iter().all(|case| case.request().is_ok()), "{}", trap.id);
//!     }
//! }
//! # Ok::<(), String>(())
//! ```

use std::collections::{BTreeMap, BTreeSet};

use scproof_evaluator::{Decision, Request};
use scproof_organization::{Inventory, Organization};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::reference::{Determining, Undecided};

const BASE: &str = include_str!("../../../fixtures/traps/base.json");
/// Those of part G, and those about what one call carries.
const TRAPS: [&str; 2] =
    [include_str!("../../../fixtures/traps/traps.json"), include_str!("../../../fixtures/traps/calls.json")];
const FORMAT: &str = "scproof-traps/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    traps: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Entry {
    id: String,
    title: String,
    rules: Vec<String>,
    kind: Kind,
    because: Option<String>,
    /// Whether calls are checked as the catalog's rows say; else every action is one that the catalog lacks (CALL-1).
    #[serde(default)]
    by_catalog: bool,
    #[serde(default)]
    findings: Vec<ExpectedFinding>,
    #[serde(default)]
    changes: Vec<Change>,
    #[serde(default)]
    cases: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    Decide,
    Validate,
    Snapshot,
    Deferred,
}

/// One trap.
#[derive(Debug, Clone)]
pub struct Trap {
    /// `TRAP-1` and so on, `K-1` and so on.
    pub id: String,
    /// What is easily got wrong, in a sentence.
    pub title: String,
    /// The rules behind it.
    pub rules: Vec<String>,
    /// Why it, or a part of it, cannot be asked today.
    pub because: Option<String>,
    /// What loading the changed organization must report.
    pub findings: Vec<ExpectedFinding>,
    /// What differs from the base organization.
    pub changes: Vec<Change>,
    /// The questions.
    pub cases: Cases,
}

/// The questions of a trap.
#[derive(Debug, Clone)]
pub enum Cases {
    /// Requests with verdicts.
    Decide(Vec<DecideCase>),
    /// Documents and attachments with findings.
    Validate(Vec<ValidateCase>),
    /// Account records that load or do not.
    Snapshot(Vec<SnapshotCase>),
    /// Nothing that can be asked today.
    Deferred,
}

/// A finding that loading must report.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectedFinding {
    /// The rule's id.
    pub rule: String,
    /// `error`, `warning` or `note`, where it matters.
    pub severity: Option<String>,
    /// The policy concerned, where it matters.
    pub policy: Option<String>,
    /// The target concerned, where it matters.
    pub target: Option<String>,
}

/// An operation on the base organization.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", tag = "op")]
pub enum Change {
    /// Attaches a policy.
    Attach {
        /// The target's id.
        target: String,
        /// The policy: an object that is added too, or the id of one that is there.
        policy: AttachedPolicy,
    },
    /// Detaches a policy.
    Detach {
        /// The target's id.
        target: String,
        /// The policy's id.
        policy: String,
    },
    /// Gives an account another parent.
    Move {
        /// The account's id.
        account: String,
        /// The new parent's id.
        parent: String,
    },
    /// Replaces or creates what a JSON pointer names.
    Set {
        /// The JSON pointer.
        pointer: String,
        /// The value.
        value: Value,
    },
    /// Makes the attachments of a target unreadable.
    Unreadable {
        /// The target's id.
        target: String,
        /// The call that failed.
        operation: String,
        /// AWS's name of the error.
        error: String,
    },
}

/// A policy to attach.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum AttachedPolicy {
    /// One that the organization has.
    Id(String),
    /// A new one.
    New(NewPolicy),
}

/// A policy to add.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct NewPolicy {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// A policy object, or its exact text.
    pub content: Value,
}

/// A request with its verdict.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DecideCase {
    /// What the case adds.
    pub description: Option<String>,
    /// The request in the batch form; [`DecideCase::request`] reads it.
    #[serde(rename = "request")]
    pub request_json: Value,
    decision: String,
    /// For an explicit denial: all Deny statements that certainly match.
    pub determining: Option<Vec<ExpectedStatement>>,
    /// For an implicit denial: all levels without a matching Allow, root first.
    pub levels_without_allow: Option<Vec<String>>,
    /// For an open verdict: some of the open questions.
    pub undecided: Option<Vec<String>>,
    /// Whether the verdict needs unknown keys to be split into cases (K3-16).
    #[serde(default)]
    pub refined: bool,
    kleene: Option<String>,
}

/// A statement that decides.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectedStatement {
    /// The root, unit or account.
    pub target_id: String,
    /// The policy.
    pub policy_id: String,
    /// The statement's index.
    pub statement: usize,
    /// Its `Sid`, where it matters.
    pub sid: Option<String>,
}

impl DecideCase {
    /// The request.
    ///
    /// # Errors
    ///
    /// In words, if it is malformed.
    pub fn request(&self) -> Result<Request, String> {
        Request::from_json(&self.request_json.to_string()).map_err(|error| error.to_string())
    }

    /// The verdict.
    ///
    /// # Errors
    ///
    /// In words, if it is none.
    pub fn decision(&self) -> Result<Decision, String> {
        parse_decision(&self.decision)
    }

    /// The verdict without splitting unknown keys into cases.
    ///
    /// # Errors
    ///
    /// In words, if it is none.
    pub fn kleene_decision(&self) -> Result<Decision, String> {
        parse_decision(self.kleene.as_ref().unwrap_or(&self.decision))
    }

    /// [`determining`](Self::determining) as the reference evaluator gives it.
    pub fn determining_set(&self) -> Option<BTreeSet<Determining>> {
        let statement = |one: &ExpectedStatement| (one.target_id.clone(), one.policy_id.clone(), one.statement);
        self.determining.as_ref().map(|list| list.iter().map(statement).collect())
    }

    /// The open questions that the case expects and that are not among those given.
    pub fn missing_questions<'a>(&self, found: impl IntoIterator<Item = &'a Undecided>) -> Vec<String> {
        let found: Vec<String> = found.into_iter().map(|one| question_text(one).to_ascii_lowercase()).collect();
        let expected = self.undecided.iter().flatten();
        expected.filter(|one| !found.contains(&one.to_ascii_lowercase())).cloned().collect()
    }
}

fn parse_decision(text: &str) -> Result<Decision, String> {
    let all = [
        Decision::Allowed,
        Decision::ExplicitDeny,
        Decision::ImplicitDeny,
        Decision::Deny,
        Decision::Unknown,
        Decision::NotApplicable,
    ];
    all.into_iter().find(|decision| decision.as_str() == text).ok_or_else(|| format!("`{text}` is no verdict"))
}

/// An open question as the fixtures spell it.
pub fn question_text(question: &Undecided) -> String {
    match question {
        Undecided::Key(key) => key.clone(),
        Undecided::Resource => "resource".to_owned(),
        Undecided::Principal => "principal".to_owned(),
        Undecided::Rule(rule) => (*rule).to_owned(),
        Undecided::Policy(id) => format!("policy:{id}"),
        Undecided::Attachments(id) => format!("attachments:{id}"),
    }
}

/// A document, or a number of attachments, with findings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ValidateCase {
    /// What the case adds.
    pub description: Option<String>,
    /// The document.
    pub document: Option<Document>,
    /// Target id to the number of SCPs attached directly to it.
    pub attached: Option<BTreeMap<String, usize>>,
    /// The findings.
    pub expect: Vec<ExpectedDiagnostic>,
}

/// How to make a policy text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Document {
    /// The exact text.
    Text(ExactText),
    /// A text of a certain size.
    Sized(SizedText),
}

/// An exact text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExactText {
    /// The text.
    pub text: String,
}

/// A text of a certain size; the recipes are in `fixtures/README.md`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", tag = "recipe")]
pub enum SizedText {
    /// A padded policy.
    #[serde(rename_all = "camelCase")]
    Pad {
        /// Its length in characters.
        characters: usize,
        /// How many of them are `é`.
        non_ascii: usize,
    },
    /// A padded policy with spaces before its last brace.
    Pretty {
        /// Its length in characters.
        characters: usize,
        /// Its length without the spaces.
        minified: usize,
    },
}

impl Document {
    /// The text.
    pub fn text(&self) -> String {
        match self {
            Self::Text(exact) => exact.text.clone(),
            Self::Sized(SizedText::Pad { characters, non_ascii }) => padded(*characters, *non_ascii),
            Self::Sized(SizedText::Pretty { characters, minified }) => {
                let short = padded(*minified, 0);
                let spaces = " ".repeat(characters.saturating_sub(*minified));
                format!("{}{spaces}}}", short.strip_suffix('}').unwrap_or(&short))
            }
        }
    }
}

fn padded(characters: usize, non_ascii: usize) -> String {
    const START: &str =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/"#;
    const END: &str = r#""}]}"#;
    let letters = characters.saturating_sub(START.len() + END.len() + non_ascii);
    format!("{START}{}{}{END}", "é".repeat(non_ascii), "a".repeat(letters))
}

/// A finding of the validator.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectedDiagnostic {
    /// `error`, `warning` or `note`; `ok` means neither error nor warning.
    pub severity: String,
    /// The rule's id.
    pub rule: Option<String>,
    /// The place in the document.
    pub path: Option<String>,
    /// A quota other than the default.
    pub limit: Option<usize>,
    /// `minified`: the text without white space is judged.
    pub form: Option<String>,
    /// The target concerned.
    pub target: Option<String>,
}

/// An account record that loads or does not.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SnapshotCase {
    /// What the case adds.
    pub description: Option<String>,
    /// The exact text of the record.
    pub account: String,
    /// What must happen.
    pub expect: ExpectedLoad,
}

/// What loading must do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectedLoad {
    /// `ok` or `error`.
    pub load: String,
    /// The account's id.
    pub id: Option<String>,
    /// The account's state.
    pub state: Option<String>,
    /// The rule that the error concerns.
    pub rule: Option<String>,
}

/// Reads all traps.
///
/// # Errors
///
/// In words, if a file is not as described.
pub fn load_traps() -> Result<Vec<Trap>, String> {
    let mut traps = Vec::new();
    for text in TRAPS {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if file.format != FORMAT {
            return Err(format!("`{}` is not the format `{FORMAT}`", file.format));
        }
        traps.extend(file.traps);
    }
    traps.into_iter().map(trap).collect()
}

fn trap(entry: Entry) -> Result<Trap, String> {
    let cases = match entry.kind {
        Kind::Decide => {
            let mut cases: Vec<DecideCase> = typed(&entry)?;
            for request in cases.iter_mut().filter_map(|case| case.request_json.as_object_mut()) {
                if !entry.by_catalog {
                    request.insert("beyondCatalog".to_owned(), Value::Bool(true));
                }
            }
            Cases::Decide(cases)
        }
        Kind::Validate => Cases::Validate(typed(&entry)?),
        Kind::Snapshot => Cases::Snapshot(typed(&entry)?),
        Kind::Deferred if entry.cases.is_empty() => Cases::Deferred,
        Kind::Deferred => return Err(format!("{}: deferred, but with cases", entry.id)),
    };
    let Entry { id, title, rules, because, findings, changes, .. } = entry;
    Ok(Trap { id, title, rules, because, findings, changes, cases })
}

fn typed<T: DeserializeOwned>(entry: &Entry) -> Result<Vec<T>, String> {
    let one = |case: &Value| serde_json::from_value(case.clone()).map_err(|error| format!("{}: {error}", entry.id));
    entry.cases.iter().map(one).collect()
}

impl Trap {
    /// The base organization with the trap's changes, in the snapshot format.
    ///
    /// # Errors
    ///
    /// In words, if a change does not fit.
    pub fn snapshot(&self) -> Result<Value, String> {
        let mut snapshot: Value = serde_json::from_str(BASE).map_err(|error| error.to_string())?;
        for change in &self.changes {
            apply(&mut snapshot, change).map_err(|error| format!("{}: {error}", self.id))?;
        }
        Ok(snapshot)
    }

    /// The changed organization.
    ///
    /// # Errors
    ///
    /// In words, if a change does not fit or the result does not load.
    pub fn organization(&self) -> Result<Organization, String> {
        organization(&self.snapshot()?.to_string()).map_err(|error| format!("{}: {error}", self.id))
    }

    /// The changed organization as text, with the account of a case spliced in.
    ///
    /// # Errors
    ///
    /// In words, if a change does not fit.
    pub fn snapshot_with(&self, case: &SnapshotCase) -> Result<String, String> {
        const PLACE: &str = "the place of the account";
        let mut snapshot = self.snapshot()?;
        list(&mut snapshot, "Accounts")?.push(Value::from(PLACE));
        if let Some(id) = &case.expect.id {
            list(&mut snapshot, "Attachments")?.push(json!({"TargetId": id, "PolicyId": "p-FullAWSAccess"}));
        }
        Ok(snapshot.to_string().replace(&format!("\"{PLACE}\""), &case.account))
    }
}

/// Loads a snapshot.
///
/// # Errors
///
/// In words, if it has faults.
pub fn organization(text: &str) -> Result<Organization, String> {
    let inventory = Inventory::from_json(text).map_err(|error| error.to_string())?;
    Organization::from_inventory(&inventory).map_err(|error| error.to_string())
}

fn list<'a>(snapshot: &'a mut Value, name: &str) -> Result<&'a mut Vec<Value>, String> {
    let object = snapshot.as_object_mut().ok_or("the snapshot is no object")?;
    let member = object.entry(name).or_insert_with(|| Value::Array(Vec::new()));
    member.as_array_mut().ok_or_else(|| format!("`{name}` is no list"))
}

fn is_attachment(entry: &Value, target: &str, policy: Option<&str>) -> bool {
    let is = |name: &str, wanted: &str| entry.get(name).and_then(Value::as_str) == Some(wanted);
    is("TargetId", target) && policy.is_none_or(|policy| is("PolicyId", policy))
}

fn apply(snapshot: &mut Value, change: &Change) -> Result<(), String> {
    match change {
        Change::Attach { target, policy } => {
            let id = match policy {
                AttachedPolicy::Id(id) => id,
                AttachedPolicy::New(NewPolicy { id, name, content }) => {
                    let record = json!({"Id": id, "Name": name, "Type": "SERVICE_CONTROL_POLICY", "Content": content});
                    list(snapshot, "Policies")?.push(record);
                    id
                }
            };
            list(snapshot, "Attachments")?.push(json!({"TargetId": target, "PolicyId": id}));
        }
        Change::Detach { target, policy } => {
            let attachments = list(snapshot, "Attachments")?;
            let before = attachments.len();
            attachments.retain(|entry| !is_attachment(entry, target, Some(policy)));
            if attachments.len() == before {
                return Err(format!("`{policy}` is not attached to `{target}`"));
            }
        }
        Change::Move { account, parent } => {
            let is_it = |entry: &&mut Value| entry.get("Id").and_then(Value::as_str) == Some(account);
            let record = list(snapshot, "Accounts")?.iter_mut().find(is_it);
            let record = record.and_then(Value::as_object_mut).ok_or_else(|| format!("no account `{account}`"))?;
            record.insert("ParentId".to_owned(), Value::from(parent.as_str()));
        }
        Change::Set { pointer, value } => {
            let (parent, name) = pointer.rsplit_once('/').ok_or_else(|| format!("`{pointer}` is no JSON pointer"))?;
            match snapshot.pointer_mut(parent) {
                Some(Value::Object(members)) => {
                    members.insert(name.to_owned(), value.clone());
                }
                Some(Value::Array(items)) => {
                    let index: Option<usize> = name.parse().ok();
                    let item = index.and_then(|index| items.get_mut(index));
                    *item.ok_or_else(|| format!("`{pointer}` names nothing"))? = value.clone();
                }
                Some(_) | None => return Err(format!("`{pointer}` names nothing")),
            }
        }
        Change::Unreadable { target, operation, error } => {
            list(snapshot, "Attachments")?.retain(|entry| !is_attachment(entry, target, None));
            let record = json!({"TargetId": target, "Operation": operation, "Error": error});
            list(snapshot, "Unreadable")?.push(record);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_make_texts_of_the_stated_size() {
        let characters = |json: Value| {
            let document: Document = serde_json::from_value(json).unwrap();
            let text = document.text();
            assert!(serde_json::from_str::<Value>(&text).is_ok());
            (text.chars().count(), text.len())
        };
        assert_eq!(characters(json!({"recipe": "pad", "characters": 10_240, "nonAscii": 1})), (10_240, 10_241));
        assert_eq!(characters(json!({"recipe": "pretty", "characters": 6_000, "minified": 4_000})), (6_000, 6_000));
    }

    #[test]
    fn misspelt_members_are_refused() {
        let case = json!({"request": {}, "decision": "allowed", "levelsWithoutAlow": []});
        assert!(serde_json::from_value::<DecideCase>(case).is_err());
        let change = json!({"op": "detach", "target": "r-ab12", "policy": "p-FullAWSAccess", "extra": 1});
        assert!(serde_json::from_value::<Change>(change).is_err());
    }
}
