//! Changes from what people write: names and paths instead of ids, files instead of texts.

use std::cell::Cell;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashSet;
use scproof_policy_parser::{PolicyDocument, PolicyKind, Statement};
use scproof_text::{Message, decode, shorten};

use super::reference::Announced;
use super::{Change, ChangeSet, Draft};
use crate::codes;
use crate::id::{AccountId, OuId, PolicyId, Target};
use crate::organization::Organization;
use crate::resolve::SUGGESTIONS;

/// Longest policy file that is read, in bytes: what the policy parser reads at most (JSON-10).
const LONGEST: u64 = 1 << 20;

/// Puts a [`ChangeSet`] together for one organization, change by change.
///
/// Policies are named by id or name; targets by id, name or path; each as the changes before left them.
///
/// ```no_run
/// # use scproof_organization::Organization;
/// use scproof_organization::ChangeSetBuilder;
/// # fn example(organization: &Organization) -> Result<(), Box<dyn std::error::Error>> {
/// let mut builder = ChangeSetBuilder::new(organization);
/// builder.attach("deny-s3.json", "Prod")?;
/// builder.detach("FullAWSAccess", "Sandbox")?;
/// builder.move_to("shop", "Sandbox")?;
/// let after = builder.finish().apply(organization);
/// # Ok(())
/// # }
/// ```
///
/// No file is needed: [`create`](Self::create), [`attach_text`](Self::attach_text) and
/// [`replace_text`](Self::replace_text) take the text of a policy.
#[derive(Debug)]
pub struct ChangeSetBuilder {
    pub(super) draft: Draft,
    pub(super) changes: ChangeSet,
    /// What exists only before or after the present step.
    pub(super) announced: Announced,
    /// Ids that were given or made up.
    pub(super) taken: FxHashSet<String>,
    /// The numbers of the last ids that were made up: policies, units, accounts.
    pub(super) numbers: [u64; 3],
    /// How many more faults get a "did you mean".
    pub(super) suggestions: Cell<usize>,
}

impl ChangeSetBuilder {
    /// No change yet.
    pub fn new(organization: &Organization) -> Self {
        Self {
            draft: Draft::new(organization),
            changes: ChangeSet::default(),
            announced: Announced::default(),
            taken: FxHashSet::default(),
            numbers: [0; 3],
            suggestions: Cell::new(SUGGESTIONS),
        }
    }

    /// Adds a change whose ids are known.
    pub fn push(&mut self, change: Change) {
        self.announced.forget(&self.draft, &change);
        self.draft.apply(&change);
        self.changes.push(change);
    }

    /// Attaches a policy, named by id, name or file, to a root, unit or account.
    ///
    /// A file is a new policy with the file's name, unless a policy of the organization says the same: then that one.
    ///
    /// # Errors
    ///
    /// If there is no such policy or file, or no such target; or if the file's name is that of a policy that says
    /// something else.
    pub fn attach(&mut self, policy: &str, target: &str) -> Result<(), Box<Message>> {
        let target = self.target(target)?;
        let policy = match self.policy(policy) {
            Ok(policy) => policy,
            Err(mut fault) => {
                let Some(policy) = self.policy_of_file(policy)? else {
                    if fault.code == "unknown-policy" {
                        fault.message =
                            format!("`{}` is neither a policy of the organization nor a file", shorten(policy));
                    }
                    return Err(fault);
                };
                policy
            }
        };
        self.push(Change::AttachPolicy { policy, target });
        Ok(())
    }

    /// Creates a service control policy with a name and a text, attached to nothing.
    ///
    /// # Errors
    ///
    /// If a policy has that name already.
    pub fn create(&mut self, name: &str, text: &str) -> Result<PolicyId, Box<Message>> {
        self.check_name(name, "the new one")?;
        Ok(self.create_policy(name, Arc::from(text)))
    }

    /// Attaches a policy, given by its text, to a root, unit or account. It is a new policy with that name, unless a
    /// policy of the organization says the same: then that one.
    ///
    /// ```
    /// # use scproof_organization::Organization;
    /// use scproof_organization::ChangeSetBuilder;
    /// # fn example(organization: &Organization) -> Result<(), Box<dyn std::error::Error>> {
    /// let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "rds:*", "Resource": "*"}}"#;
    /// let mut builder = ChangeSetBuilder::new(organization);
    /// builder.attach_text("deny-databases", text, "Prod")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such target, or if the name is that of a policy that says something else.
    pub fn attach_text(&mut self, name: &str, text: &str, target: &str) -> Result<PolicyId, Box<Message>> {
        let target = self.target(target)?;
        let policy = self.policy_of_text(name, Arc::from(text), "the new text")?;
        self.push(Change::AttachPolicy { policy: policy.clone(), target });
        Ok(policy)
    }

    /// Takes a policy off a root, unit or account.
    ///
    /// # Errors
    ///
    /// If there is no such policy or target.
    pub fn detach(&mut self, policy: &str, target: &str) -> Result<(), Box<Message>> {
        let (policy, target) = (self.policy(policy)?, self.target(target)?);
        self.push(Change::DetachPolicy { policy, target });
        Ok(())
    }

    /// Gives a policy the text of a file.
    ///
    /// # Errors
    ///
    /// If there is no such policy, or the file cannot be read.
    pub fn replace(&mut self, policy: &str, file: &Path) -> Result<(), Box<Message>> {
        let policy = self.policy(policy)?;
        let text = read_policy(file, true)?;
        self.update(policy, &text);
        Ok(())
    }

    /// Gives a policy a text.
    ///
    /// # Errors
    ///
    /// If there is no such policy.
    pub fn replace_text(&mut self, policy: &str, text: &str) -> Result<(), Box<Message>> {
        let policy = self.policy(policy)?;
        self.update(policy, text);
        Ok(())
    }

    /// Moves an account or unit below another root or unit.
    ///
    /// # Errors
    ///
    /// If there is no such account or unit, or no such root or unit.
    pub fn move_to(&mut self, what: &str, destination: &str) -> Result<(), Box<Message>> {
        let (what, destination) = (self.target(what)?, self.parent(destination)?);
        self.push(match what {
            Target::Account(account) => Change::MoveAccount { account, source: None, destination },
            Target::Ou(unit) => Change::MoveOrganizationalUnit { unit, destination },
            Target::Root(_) => {
                let message = "the root cannot be moved";
                return Err(codes::UNKNOWN_TARGET
                    .message(message)
                    .expected("an account or an organizational unit")
                    .into());
            }
        });
        Ok(())
    }

    /// Deletes a policy.
    ///
    /// # Errors
    ///
    /// If there is no such policy.
    pub fn delete(&mut self, policy: &str) -> Result<(), Box<Message>> {
        let policy = self.policy(policy)?;
        self.push(Change::DeletePolicy { policy });
        Ok(())
    }

    /// The organization after the changes so far.
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// The changes so far.
    pub fn changes(&self) -> &ChangeSet {
        &self.changes
    }

    /// The changes.
    pub fn finish(self) -> ChangeSet {
        self.changes
    }

    /// The policy that a file stands for; none if there is no such file.
    fn policy_of_file(&mut self, file: &str) -> Result<Option<PolicyId>, Box<Message>> {
        let path = PathBuf::from(file);
        if !path.exists() {
            return Ok(None);
        }
        let content: Arc<str> = Arc::from(read_policy(&path, true)?);
        let name = path.file_stem().map_or_else(|| file.to_owned(), |stem| stem.to_string_lossy().into_owned());
        let found = self.policy_of_text(&name, content, &format!("`{}`", shorten(file)));
        found.map(Some).map_err(|fault| {
            Box::new(fault.help(format!(
                "to give the policy the text of the file, replace it: `{}={}`; to attach both, rename the file",
                shorten(&name),
                shorten(file)
            )))
        })
    }

    /// The policy that a text stands for: one that says the same, else a new one of that name. `source` says where the
    /// text is from.
    fn policy_of_text(&mut self, name: &str, content: Arc<str>, source: &str) -> Result<PolicyId, Box<Message>> {
        if let Some(same) = self.same_policy(&content, PolicyKind::ServiceControl, name) {
            return Ok(same);
        }
        self.check_name(name, source)?;
        Ok(self.create_policy(name, content))
    }

    /// Whether no policy has a name yet.
    fn check_name(&self, name: &str, source: &str) -> Result<(), Box<Message>> {
        match self.draft.policies().find(|(_, policy)| policy.name.as_deref() == Some(name)) {
            None => Ok(()),
            Some((_, other)) => {
                let message = format!("the policy `{}` says something else than {source}", shorten(name));
                Err(codes::NAME_TAKEN.message(message).item(other.id.as_str()).into())
            }
        }
    }

    fn create_policy(&mut self, name: &str, content: Arc<str>) -> PolicyId {
        let id = self.new_policy_id();
        let kind = PolicyKind::ServiceControl;
        self.push(Change::CreatePolicy { id: id.clone(), name: name.to_owned(), description: None, kind, content });
        id
    }

    fn update(&mut self, policy: PolicyId, text: &str) {
        self.push(Change::UpdatePolicy { policy, content: Some(Arc::from(text)), name: None, description: None });
    }

    /// A policy that says the same, whatever its white space; one with the wanted name first, then by id.
    fn same_policy(&self, content: &Arc<str>, kind: PolicyKind, name: &str) -> Option<PolicyId> {
        let document = PolicyDocument::parse(content, kind).document;
        // Two texts without meaning need not be the same.
        let readable = document.statements.iter().all(Statement::is_readable);
        let mut same: Vec<_> = self
            .draft
            .policies()
            .map(|(_, policy)| policy)
            .filter(|policy| policy.kind == kind)
            .filter(|policy| {
                policy.content.as_ref() == Some(content)
                    || readable && policy.content.is_some() && *policy.document == document
            })
            .collect();
        same.sort_by_key(|policy| (policy.name.as_deref() != Some(name), policy.id.as_str()));
        same.first().map(|policy| policy.id.clone())
    }

    pub(super) fn new_policy_id(&mut self) -> PolicyId {
        let Self { draft, taken, numbers: [number, _, _], .. } = self;
        let id = draft.next_policy_id(number, |id| taken.contains(id.as_str()));
        taken.insert(id.to_string());
        id
    }

    pub(super) fn new_unit_id(&mut self) -> OuId {
        let Self { draft, taken, numbers: [_, number, _], .. } = self;
        let id = draft.next_unit_id(number, |id| taken.contains(id.as_str()));
        taken.insert(id.to_string());
        id
    }

    pub(super) fn new_account_id(&mut self) -> AccountId {
        let Self { draft, taken, numbers: [_, _, number], .. } = self;
        let id = draft.next_account_id(number, |id| taken.contains(id.as_str()));
        taken.insert(id.to_string());
        id
    }
}

/// The exact text of a policy file, up to 1 MiB. `any` also takes pipes, which somebody named on purpose.
///
/// # Errors
///
/// If it cannot be read, is longer, or is no UTF-8.
pub fn read_policy(path: &Path, any: bool) -> Result<String, Box<Message>> {
    let shown = shorten(&path.display().to_string());
    let unreadable = |error: &std::io::Error| {
        let text = error.to_string();
        let text = text.split(" (os error").next().unwrap_or(&text).to_lowercase();
        scproof_text::codes::UNREADABLE_FILE.message(format!("`{shown}` cannot be read: {text}"))
    };
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
    if metadata.is_dir() || !any && !metadata.is_file() {
        return Err(scproof_text::codes::UNREADABLE_FILE.message(format!("`{shown}` is not a file")).into());
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(&error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LONGEST) {
        let message = format!("`{shown}` is longer than {LONGEST} bytes");
        return Err(codes::FILE_TOO_LARGE.message(message).rule("JSON-10").expected("the text of one policy").into());
    }
    match decode(&bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(fault) => {
            let message = format!("`{shown}`: {}", fault.message);
            Err(Message { message, place: None, ..*fault }.into())
        }
    }
}
