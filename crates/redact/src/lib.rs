//! Snapshots without names, addresses and ids that give the same answers (API-46).
//!
//! Every id, e-mail address and name is replaced by another of the same form and length, the same one wherever it
//! stands: in ids, ARNs and paths, and inside the texts of policies, which are edited and not printed anew. What
//! replaces what is a permutation under a secret [`RedactionKey`].
//!
//! # What is replaced
//!
//! | what | where |
//! |---|---|
//! | ids of accounts, of the organization, its root, units and customer policies (ID-1 to ID-5) | everywhere; a unit's middle part still is its root |
//! | any other 12 digits, other `o-…` ids, `ou-…` ids, and roots in entity paths | where policies name them |
//! | e-mail addresses | accounts, policies |
//! | names of accounts | accounts, and as whole words in resources and condition values of policies, unless too common to tell: short ones, and types of resources |
//! | names of units and customer policies, keys and values of tags | where the organization has them |
//! | ids of resources such as `vpc-0a1b2c3d4e5f67890` | where policies name them |
//! | the `Sid` and `Id` of customer policies | letters for letters, digits for digits: they decide nothing |
//! | descriptions of customer policies, where the snapshot came from | become `redacted` |
//!
//! What AWS wrote stays: its policies, actions, condition keys, regions, services. Names inside policies that are no
//! account's – roles, buckets, tags, addresses – stay too: they often decide an answer, and what they mean cannot be
//! told from outside. [`Redactor::stays`] lists all of them by kind.
//!
//! # What cannot be replaced
//!
//! Where a pattern matches a part of an id, as `2222*` does, replacing the id would change what the policy says. Such
//! an id is left as it is, no other becomes one that the pattern matches, and [`Redactor::left`] lists it with the
//! pattern. The same goes for what is compared as number, date or bytes, and for account names that are common words.
//!
//! One thing is assumed: an id that stands whole beside a wildcard, as in `222222222222*`, is not followed by further
//! letters or digits in what the pattern is to match.

mod collect;
mod permute;
mod scan;
mod stays;
mod words;

use rustc_hash::FxHashSet;

use collect::Collected;
use permute::{Alphabet, permute};
pub use permute::{RedactionKey, RedactionKeyError};
use scan::{Role, Scanned};
use scproof_organization::{Inventory, PolicyRecord, Tag};
pub use stays::Stays;
use words::{Kind, Words};

/// Something that a redacted snapshot still shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Left {
    /// What it is, such as `account id`.
    pub what: &'static str,
    /// The text. Of a unit's id, what follows the root was left.
    pub text: String,
    /// Why it was left.
    pub reason: LeftReason,
    /// A policy whose text shows it or needs it, by its id before.
    pub policy: String,
    /// The string of the policy.
    pub pattern: String,
}

/// Why something was not replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LeftReason {
    /// The pattern matches a part of it.
    MatchedInPart,
    /// The value is compared as a number, a date, an address, a truth value or bytes.
    NotComparedAsText,
    /// As a name it is too short, too common or too odd to be told from another word in a policy. Only the policy keeps
    /// it.
    CommonWord,
}

impl std::fmt::Display for Left {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, text, reason, policy, pattern } = self;
        match reason {
            LeftReason::MatchedInPart => {
                write!(f, "{what} `{text}`: `{pattern}` in policy {policy} may match a part of it")
            }
            LeftReason::NotComparedAsText => {
                write!(f, "{what} `{text}`: `{pattern}` in policy {policy} is not compared as text")
            }
            LeftReason::CommonWord => {
                write!(f, "{what} `{text}` in the text of policy {policy}: it may be another word there")
            }
        }
    }
}

/// Replaces names, addresses and ids, always in the same way.
///
/// Made from a snapshot, since what may be replaced depends on all its policies. Also redacts the questions that go
/// with it.
///
/// ```
/// use scproof_organization::Inventory;
/// use scproof_redact::{RedactionKey, Redactor};
///
/// let inventory = Inventory::from_json(r#"{
///   "Format": "scproof-inventory/1",
///   "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL"},
///   "Roots": [{"Id": "r-ab12", "Name": "Root"}],
///   "OrganizationalUnits": [],
///   "Accounts": [{"Id": "222222222222", "Name": "shop", "Email": "shop@example.com", "ParentId": "r-ab12"}],
///   "Policies": [{"Id": "p-exampleid1", "Type": "SERVICE_CONTROL_POLICY", "Content": {"Statement":
///     {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::logs-222222222222-*"}}}],
///   "Attachments": []
/// }"#)?;
/// let redactor = Redactor::new(&inventory, &RedactionKey::random()?);
/// let redacted = redactor.redact(&inventory);
///
/// let account = redactor.text("222222222222");
/// assert_eq!(redacted.accounts[0].id, account);
/// assert!(redacted.policies[0].content.as_ref().is_some_and(|text| text.contains(&format!("s3:::logs-{account}-*"))));
/// assert!(redactor.left().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Redactor {
    key: RedactionKey,
    words: Words,
    account_names: FxHashSet<String>,
    left: Vec<Left>,
    stays: Stays,
}

impl Redactor {
    /// Reads what a snapshot names and which of it may be replaced. Linear in its size, and for each word in the number
    /// of texts that policies have between two wildcards.
    pub fn new(inventory: &Inventory, key: &RedactionKey) -> Self {
        let policies: Vec<(&str, Vec<Scanned>)> = (inventory.policies.iter())
            .filter(|policy| !is_of_aws(policy))
            .filter_map(|policy| Some((policy.id.as_str(), scan::strings(policy.content.as_deref()?))))
            .collect();
        let mut collected = Collected::default();
        collected.records(inventory);
        for (policy, strings) in &policies {
            for scanned in strings {
                collected.policy_string(policy, scanned);
            }
        }
        let (words, left) = collected.choose(key, &policies);
        let account_names = inventory.accounts.iter().filter_map(|account| account.name.clone()).collect();
        let mut stays = Stays::default();
        for scanned in policies.iter().flat_map(|(_, strings)| strings) {
            stays.add(scanned, &words);
        }
        Self { key: key.clone(), words, account_names, left, stays }
    }

    /// What could not be replaced, sorted.
    pub fn left(&self) -> &[Left] {
        &self.left
    }

    /// What the policies still say of the organization's own things, by kind: names of roles and buckets, addresses,
    /// tags and the like. Each stands as the redacted snapshot has it.
    pub fn stays(&self) -> &Stays {
        &self.stays
    }

    /// The redacted snapshot, sorted as it would be saved. It must be the one that this was made from.
    #[must_use]
    pub fn redact(&self, inventory: &Inventory) -> Inventory {
        let mut redacted = inventory.clone();
        let organization = &mut redacted.organization;
        self.ids([&mut organization.id]);
        self.ids(organization.arn.iter_mut().chain(&mut organization.master_account_id));
        self.ids(&mut organization.master_account_arn);
        // The name of a host may be telling.
        redacted.source.as_mut().into_iter().for_each(|source| "redacted".clone_into(source));
        for root in &mut redacted.roots {
            self.ids([&mut root.id].into_iter().chain(&mut root.arn));
            // AWS's own name for it.
            self.name(root.name.as_mut().filter(|name| *name != "Root"));
        }
        for unit in &mut redacted.organizational_units {
            self.ids([&mut unit.id, &mut unit.parent_id].into_iter().chain(&mut unit.arn).chain(&mut unit.path));
            self.name(unit.name.as_mut());
        }
        for account in &mut redacted.accounts {
            self.ids([&mut account.id, &mut account.parent_id].into_iter().chain(&mut account.arn));
            self.ids(&mut account.paths);
            self.name(account.name.as_mut());
            if let Some(email) = &mut account.email {
                *email = self.words.name(email).unwrap_or_else(|| replaced(&self.key, Kind::Email, email));
            }
            account.tags.iter_mut().for_each(|tag| self.tag(tag));
        }
        for policy in &mut redacted.policies {
            if is_of_aws(policy) {
                self.ids(&mut policy.arn);
                continue;
            }
            self.ids([&mut policy.id].into_iter().chain(&mut policy.arn));
            self.name(policy.name.as_mut());
            if let Some(description) = policy.description.as_mut().filter(|description| !description.is_empty()) {
                "redacted".clone_into(description);
            }
            if let Some(content) = &mut policy.content {
                *content = self.policy_text(content);
            }
        }
        for attachment in &mut redacted.attachments {
            self.ids([&mut attachment.target_id, &mut attachment.policy_id]);
        }
        for unreadable in &mut redacted.unreadable {
            self.ids(&mut unreadable.target_id);
        }
        self.ids(&mut redacted.made_up);
        // Names of files, and words about them.
        redacted.origins.clear();
        redacted.notes.clear();
        redacted.sort();
        redacted
    }

    /// A value of a question: an id, an ARN, a path, the value of a context key.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        self.words.replace(text, Role::Value)
    }

    /// The account of a question: its id or its name.
    #[must_use]
    pub fn account(&self, account: &str) -> String {
        if self.account_names.contains(account) { self.named(account) } else { self.words.replace(account, Role::Name) }
    }

    /// The name of a context key of a question, which may hold an id.
    #[must_use]
    pub fn context_key(&self, key: &str) -> String {
        self.words.replace(key, Role::Name)
    }

    fn ids<'t>(&self, texts: impl IntoIterator<Item = &'t mut String>) {
        for text in texts {
            *text = self.words.replace(text, Role::Name);
        }
    }

    fn name(&self, name: Option<&mut String>) {
        if let Some(name) = name {
            *name = self.named(name);
        }
    }

    fn named(&self, name: &str) -> String {
        self.words.name(name).unwrap_or_else(|| replaced(&self.key, Kind::AccountName, name))
    }

    /// What replaces a `Sid` or `Id`: as many letters and digits.
    fn label(&self, text: &str) -> String {
        let is_plain = |character: char| matches!(character, ' '..='~') && !matches!(character, '"' | '\\');
        let plain: String = text.chars().map(|character| if is_plain(character) { character } else { 'x' }).collect();
        permute(&self.key, "label", &plain, Alphabet::Shape)
    }

    fn tag(&self, tag: &mut Tag) {
        // Such as `aws:cloudformation:stack-name`.
        if !tag.key.starts_with("aws:") {
            tag.key = permute(&self.key, "tag", &tag.key, Alphabet::Shape);
        }
        tag.value = permute(&self.key, "tag", &tag.value, Alphabet::Shape);
    }

    /// Edits the strings of a policy where they stand: as many characters as before, also where they were escaped.
    fn policy_text(&self, content: &str) -> String {
        let mut edited = String::with_capacity(content.len());
        let mut position = 0;
        for scanned in scan::strings(content) {
            let Scanned { text, places, role, .. } = &scanned;
            let found = match role {
                Role::Word | Role::Typed => continue,
                Role::Label => vec![(0..text.len(), self.label(text))],
                Role::Value | Role::Name => self.words.find(text, *role),
            };
            for (span, replacement) in found {
                for (place, character) in places.get(span).unwrap_or_default().iter().zip(replacement.chars()) {
                    edited.push_str(content.get(position..place.start).unwrap_or_default());
                    let written = content.get(place.clone()).unwrap_or_default();
                    if place.len() == 2 && written.starts_with('\\') {
                        // A quote, a backslash or a line break tells nothing; as one letter the text would be shorter.
                        edited.push_str(written);
                    } else if place.len() == 6 {
                        edited.extend([r"\u00".to_owned(), format!("{:02x}", u32::from(character))]);
                    } else {
                        edited.push(character);
                    }
                    position = place.end;
                }
            }
        }
        edited.push_str(content.get(position..).unwrap_or_default());
        edited
    }
}

/// Whether AWS wrote a policy: its id and text are the same everywhere.
fn is_of_aws(policy: &PolicyRecord) -> bool {
    let is_known = matches!(policy.id.as_str(), "p-FullAWSAccess" | "p-RCPFullAWSAccess");
    let by_arn = || policy.arn.as_ref().is_some_and(|arn| arn.contains(":organizations::aws:policy/"));
    is_known || policy.aws_managed.unwrap_or_else(by_arn)
}

/// What replaces a word, as far as only the key decides.
fn replaced(key: &RedactionKey, kind: Kind, word: &str) -> String {
    let own = word.get(kind.prefix().len()..).unwrap_or_default();
    match kind {
        Kind::Account | Kind::AccountName | Kind::Email => permute(key, kind.name(), word, Alphabet::Shape),
        Kind::Organization | Kind::Root | Kind::Ou => {
            // A unit's middle part is its root (ID-3).
            let parts = own.split('-').enumerate().map(|(index, part)| {
                let label = if kind == Kind::Ou && index == 0 { Kind::Root } else { kind };
                permute(key, label.name(), part, Alphabet::LowerAlphanumeric)
            });
            format!("{}{}", kind.prefix(), parts.collect::<Vec<_>>().join("-"))
        }
        Kind::Resource => match own.split_once('-') {
            Some((resource, own)) => {
                format!("{resource}-{}", permute(key, kind.name(), own, Alphabet::Hexadecimal))
            }
            None => word.to_owned(),
        },
        Kind::Policy => {
            let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
            let alphabet = if is_plain(own) { Alphabet::LowerAlphanumeric } else { Alphabet::Word };
            format!("{}{}", kind.prefix(), permute(key, kind.name(), own, alphabet))
        }
    }
}
