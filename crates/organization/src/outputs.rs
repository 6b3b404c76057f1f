//! Outputs of `aws organizations …`, one a file, put together to a snapshot.
//!
//! What an output is, its members tell. What it is *about* the AWS CLI does not print – whose accounts, whose policies
//! – so the name of the file has to say it: `accounts-ou-ab12-prod0001.json`.

use std::collections::BTreeMap;
use std::fmt;

use scproof_text::{Faults, LoadError, Message, shorten};
use serde_json::{Map, Value, json};

use crate::codes;
use crate::id::{AccountId, PolicyId, Target};
use crate::inventory::Inventory;

/// A snapshot to be filled in, with comments.
pub const SKELETON: &str = include_str!("../data/skeleton.json");

/// What the outputs have said so far.
#[derive(Default)]
struct Outputs {
    organization: Option<Value>,
    roots: Vec<Value>,
    /// By id; with the parent as soon as an output tells it.
    units: BTreeMap<String, Map<String, Value>>,
    accounts: BTreeMap<String, Map<String, Value>>,
    policies: BTreeMap<String, Map<String, Value>>,
    parents: BTreeMap<String, String>,
    /// Target and policy.
    attachments: Vec<(String, String)>,
    faults: Faults,
}

impl Inventory {
    /// Puts outputs of `aws organizations …` together; each is the name of a file and its text. Known are those of
    /// `describe-organization`, `list-roots`, `list-organizational-units-for-parent`, `list-accounts`,
    /// `list-accounts-for-parent`, `list-parents`, `list-policies`, `describe-policy`, `list-targets-for-policy`,
    /// `list-policies-for-target` and `list-tags-for-resource`. The name of a file has the id of what the call was
    /// about.
    ///
    /// # Errors
    ///
    /// All that is missing or no output, by file.
    ///
    /// # Examples
    ///
    /// ```
    /// use scproof_organization::Inventory;
    ///
    /// let files = [("accounts.json", "{\"Accounts\": [{\"Id\": \"222222222222\"}]}")];
    /// let error = Inventory::from_outputs(files).unwrap_err();
    /// let lost = "no file says where the account `222222222222` is";
    /// assert!(error.faults().iter().any(|fault| fault.message == lost));
    /// ```
    pub fn from_outputs<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, LoadError> {
        let mut outputs = Outputs::default();
        for (name, text) in files {
            outputs.read(name, text);
        }
        outputs.finish()
    }
}

impl Outputs {
    /// A file that is not what it should be.
    fn bad(&mut self, file: &str, what: impl fmt::Display, help: impl Into<String>) {
        let file = shorten(file);
        self.faults.push(codes::BAD_OUTPUT.message(format!("`{file}`: {what}")).item(file).help(help));
    }

    /// Something that no file says.
    fn missing(&mut self, what: impl Into<String>, help: impl Into<String>) {
        self.faults.push(codes::OUTPUT_MISSING.message(what).help(help));
    }

    fn read(&mut self, name: &str, text: &str) {
        let members = match serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')) {
            Ok(Value::Object(members)) => members,
            Ok(_) => return self.bad(name, "the text is no JSON object", "save the output of the AWS CLI as it is"),
            Err(error) => {
                let help = "save the output of the AWS CLI as it is, with `--output json`";
                return self.bad(name, format_args!("the text is no JSON: {error}"), help);
            }
        };
        let known = [
            "Organization",
            "Roots",
            "OrganizationalUnits",
            "Accounts",
            "Parents",
            "Policy",
            "Policies",
            "Targets",
            "Tags",
        ];
        if !known.iter().any(|member| members.contains_key(*member)) {
            let help = "known are describe-organization, list-roots, list-organizational-units-for-parent, list-accounts, \
                        list-accounts-for-parent, list-parents, list-policies, describe-policy, list-targets-for-policy, \
                        list-policies-for-target and list-tags-for-resource";
            return self.bad(name, "this is no output that a snapshot is made of", help);
        }
        if members.get("NextToken").is_some_and(Value::is_string) {
            self.bad(
                name,
                "the list goes on: it has a `NextToken`",
                "call it without `--no-paginate` and `--max-items`",
            );
        }
        for (member, value) in members {
            match (member.as_str(), value) {
                ("Organization", value) => self.organization = Some(value),
                ("Policy", value) => self.described(name, &value),
                (_, Value::Array(items)) => self.list(name, &member, items),
                _ => {}
            }
        }
    }

    fn described(&mut self, name: &str, policy: &Value) {
        let content = policy.get("Content").cloned();
        let summary = policy.get("PolicySummary").and_then(Value::as_object).cloned();
        let Some((mut summary, content)) = summary.zip(content) else {
            return self.bad(name, "a policy without `PolicySummary` or `Content`", "save the whole output");
        };
        summary.insert("Content".to_owned(), content);
        self.enter(name, |outputs| &mut outputs.policies, Value::Object(summary));
    }

    fn list(&mut self, name: &str, member: &str, items: Vec<Value>) {
        let target = words(name).find(|word| Target::parse(word).is_ok());
        let policy = words(name).find(|word| PolicyId::parse(word).is_ok());
        match member {
            "Roots" => self.roots.extend(items),
            "OrganizationalUnits" | "Accounts" => {
                for item in items {
                    // An account holds nothing: it is what the file is about.
                    let parent = target.as_ref().filter(|id| AccountId::parse(id).is_err());
                    if let (Some(parent), Some(id)) = (parent, item.get("Id").and_then(Value::as_str)) {
                        self.parents.insert(id.to_owned(), parent.clone());
                    }
                    let of_units = member == "OrganizationalUnits";
                    self.enter(name, |outputs| if of_units { &mut outputs.units } else { &mut outputs.accounts }, item);
                }
            }
            "Policies" => {
                for item in items {
                    if let (Some(target), Some(id)) = (&target, item.get("Id").and_then(Value::as_str)) {
                        self.attachments.push((target.clone(), id.to_owned()));
                    }
                    self.enter(name, |outputs| &mut outputs.policies, item);
                }
            }
            "Targets" => match policy {
                Some(policy) => {
                    let ids = items.iter().filter_map(|item| item.get("TargetId").and_then(Value::as_str));
                    self.attachments.extend(ids.map(|id| (id.to_owned(), policy.clone())));
                }
                None => self.bad(
                    name,
                    "targets of which policy these are cannot be told",
                    "put the policy's id into the name of the file, such as `targets-p-ab12cd34.json`",
                ),
            },
            "Parents" => match (target, items.first().and_then(|item| item.get("Id")).and_then(Value::as_str)) {
                (Some(child), Some(parent)) => drop(self.parents.insert(child, parent.to_owned())),
                _ => self.bad(
                    name,
                    "whose parent this is cannot be told",
                    "put the id of the account or unit into the name of the file, such as `parents-222222222222.json`",
                ),
            },
            "Tags" => {
                if let Some(account) = target {
                    let entry = self.accounts.entry(account.clone()).or_default();
                    entry.insert("Id".to_owned(), Value::String(account));
                    entry.insert("Tags".to_owned(), Value::Array(items));
                }
            }
            _ => {}
        }
    }

    /// Enters a record by its id; what several outputs say of it comes together.
    fn enter(
        &mut self,
        name: &str,
        table: impl Fn(&mut Self) -> &mut BTreeMap<String, Map<String, Value>>,
        item: Value,
    ) {
        let id = item.get("Id").and_then(Value::as_str).map(str::to_owned);
        match (id, item) {
            (Some(id), Value::Object(members)) => table(self).entry(id).or_default().extend(members),
            _ => self.bad(name, "an entry without its `Id`", "save the output of the AWS CLI as it is"),
        }
    }

    fn finish(mut self) -> Result<Inventory, LoadError> {
        if self.organization.is_none() {
            let help = "add the output of `aws organizations describe-organization`";
            self.missing("no file has the organization", help);
        }
        if self.roots.is_empty() {
            self.missing("no file has the root", "add the output of `aws organizations list-roots`");
        }
        if self.attachments.is_empty() {
            let help = "for each policy add the output of `aws organizations list-targets-for-policy`, as `targets-POLICYID.json`";
            self.missing("no file says where policies are attached", help);
        }
        for (of_units, what, call) in
            [(true, "unit", "list-organizational-units-for-parent"), (false, "account", "list-accounts-for-parent")]
        {
            let table = if of_units { &mut self.units } else { &mut self.accounts };
            let mut lost = Vec::new();
            for (id, members) in table {
                match self.parents.get(id).cloned().or_else(|| parent_by_path(members)) {
                    Some(parent) => drop(members.insert("ParentId".to_owned(), Value::String(parent))),
                    None => lost.push(id.clone()),
                }
            }
            for id in lost {
                let help = format!(
                    "add the output of `aws organizations {call}`, with the parent's id in the name of the file"
                );
                self.missing(format!("no file says where the {what} `{id}` is"), help);
            }
        }
        let untyped: Vec<String> =
            self.policies.iter().filter(|(_, policy)| !policy.contains_key("Type")).map(|(id, _)| id.clone()).collect();
        for id in untyped {
            self.missing(
                format!("no file says of which type the policy `{id}` is"),
                "add the output of `list-policies`",
            );
        }
        self.faults.into_result()?;
        let list =
            |table: BTreeMap<String, Map<String, Value>>| table.into_values().map(Value::Object).collect::<Vec<_>>();
        self.attachments.sort();
        self.attachments.dedup();
        let attachments: Vec<Value> = self
            .attachments
            .into_iter()
            .map(|(target, policy)| json!({"TargetId": target, "PolicyId": policy}))
            .collect();
        let text = json!({
            "Format": crate::FORMAT,
            "Organization": self.organization,
            "Roots": self.roots,
            "OrganizationalUnits": list(self.units),
            "Accounts": list(self.accounts),
            "Policies": list(self.policies),
            "Attachments": attachments,
        });
        // The ordinary reader has the last word. Places in this text would be places in no file.
        Inventory::from_json(&text.to_string()).map_err(|error| {
            let (faults, omitted) = error.into_parts();
            let faults = faults.into_iter().map(|fault| Message { place: None, ..fault }).collect();
            LoadError::of(faults, omitted).unwrap_or_else(|| LoadError::single(codes::INTERNAL.message("no fault")))
        })
    }
}

/// AWS's own path, `o-…/r-…/ou-…/…/ID/`, names the parent before the item.
fn parent_by_path(members: &Map<String, Value>) -> Option<String> {
    let path = members.get("Paths").and_then(|paths| paths.get(0)).or_else(|| members.get("Path"))?;
    let id = members.get("Id")?.as_str()?;
    let mut steps = path.as_str()?.trim_matches('/').rsplit('/').filter(|step| *step != id);
    steps.next().filter(|step| Target::parse(step).is_ok()).map(str::to_owned)
}

/// The parts of a file name that may be ids: as long as possible, since ids have hyphens.
fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    let stem = name.strip_suffix(".json").unwrap_or(name);
    let is_boundary = |character: char| !character.is_ascii_alphanumeric();
    let starts: Vec<usize> =
        std::iter::once(0).chain(stem.match_indices(is_boundary).map(|(at, found)| at + found.len())).collect();
    let ends: Vec<usize> = stem.match_indices(is_boundary).map(|(at, _)| at).chain([stem.len()]).rev().collect();
    starts.into_iter().flat_map(move |start| {
        let ends = ends.clone();
        ends.into_iter().filter(move |end| *end > start).filter_map(move |end| stem.get(start..end).map(str::to_owned))
    })
}
