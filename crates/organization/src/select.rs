//! Choosing targets by id, name, path, glob and tag, and policies by id and name.

use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};
use rustc_hash::FxHashMap;
use scproof_text::{near_names, shorten};

use crate::id::{AccountId, Target};
use crate::organization::{Node, NodeId, Organization, Policy, PolicyIndex};

/// Names to the units and accounts that have them, in node order.
#[derive(Debug, Clone, Default)]
pub(crate) struct NameIndex {
    exact: FxHashMap<Box<str>, Vec<NodeId>>,
    /// By the name in ASCII lower case.
    folded: FxHashMap<Box<str>, Vec<NodeId>>,
}

impl NameIndex {
    fn of(organization: &Organization) -> Self {
        let mut index = Self::default();
        for (id, node) in organization.nodes() {
            if let Some(name) = &node.name {
                index.add(id, name);
            }
        }
        index
    }

    fn add(&mut self, id: NodeId, name: &str) {
        self.exact.entry(name.into()).or_default().push(id);
        self.folded.entry(name.to_ascii_lowercase().into()).or_default().push(id);
    }
}

fn plural(what: &str) -> String {
    match what.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{what}s"),
    }
}

/// Why a text chooses no target, and no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectError {
    /// Nothing has this id, name or path.
    #[error("`{text}` is no {wanted} of the organization")]
    Unknown {
        /// The text.
        text: String,
        /// What was looked for, such as `account`.
        wanted: &'static str,
        /// What is spelt nearly so, nearest first, at most three.
        near: Vec<String>,
    },
    /// Several things have this name.
    #[error("`{text}` is the name of {count} {}", plural(wanted))]
    Ambiguous {
        /// The text.
        text: String,
        /// What was looked for, such as `account`.
        wanted: &'static str,
        /// How many have the name.
        count: usize,
        /// Those that have the name, with ids and places, at most twenty.
        candidates: Vec<String>,
    },
    /// A pattern or tag that no account has.
    #[error("`{text}` chooses no account")]
    Nothing {
        /// The text.
        text: String,
    },
    /// A pattern of units below which there is no account.
    #[error("`{text}` chooses no unit with accounts")]
    NothingBelow {
        /// The text.
        text: String,
    },
    /// Not a pattern.
    #[error("`{text}` is not a pattern: {reason}")]
    Pattern {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl SelectError {
    /// How to repair it, if that can be said.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Unknown { near, .. } if near.is_empty() => None,
            Self::Unknown { near, .. } => Some(format!("did you mean `{}`?", near.join("` or `"))),
            Self::Ambiguous { candidates, .. } => Some(format!("use the id: {}", candidates.join(", "))),
            Self::Nothing { .. } => Some(
                "patterns match ids, names, paths such as `Prod/**` and tags such as `tag:env=prod`, case-sensitively"
                    .into(),
            ),
            Self::NothingBelow { .. } => {
                Some("patterns match ids, names and paths such as `Workloads/*` of units, case-sensitively".into())
            }
            Self::Pattern { .. } => Some("`*`, `?`, `[…]` and `{…,…}` are special; put a backslash before them".into()),
        }
    }
}

impl Organization {
    /// The account with an id or a name: exactly so, else in other capitals if only one fits.
    ///
    /// # Errors
    ///
    /// If no account or more than one fits. Looking for near names is linear in the number of accounts.
    pub fn resolve_account(&self, text: &str) -> Result<NodeId, SelectError> {
        if let Some(node) = AccountId::parse(text).ok().and_then(|id| self.account(&id)) {
            return Ok(node);
        }
        self.by_name(text, "account", |id| self.node(id).account.is_some(), false, true)
    }

    /// The root, unit or account with an id, a name or a path, such as `Root/Prod/Web` or, without the root,
    /// `Prod/Web`: exactly so, else in other capitals if only one fits. A path may end in the name of an account.
    ///
    /// # Errors
    ///
    /// If no target or more than one fits. Looking for near names is linear in the number of targets.
    pub fn resolve_target(&self, text: &str) -> Result<NodeId, SelectError> {
        self.resolve_among(text, "target", |_| true, true)
    }

    /// The accounts that any of the patterns chooses, by account id, each once.
    ///
    /// A text without special characters is what [`resolve_target`](Self::resolve_target) takes; a root or unit stands
    /// for every account below. Else it is a glob over ids and names, and, if it has a `/`, over paths with and without
    /// the root: `Prod/*` chooses the accounts directly in Prod, `Prod/**` those at any depth. `tag:env=prod` chooses
    /// by tag (the value may be a glob), `tag:env` those that have the tag.
    ///
    /// # Errors
    ///
    /// If a pattern is malformed or chooses nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # use scproof_organization::Organization;
    /// # fn example(organization: &Organization) -> Result<(), Box<dyn std::error::Error>> {
    /// let accounts = organization.select_accounts(&["Prod/**", "tag:env=staging"])?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn select_accounts<S: AsRef<str>>(&self, patterns: &[S]) -> Result<Vec<NodeId>, SelectError> {
        let mut chosen = vec![false; self.node_count()];
        for pattern in patterns {
            let text = pattern.as_ref();
            let mut any = false;
            let mut choose = |id: NodeId| {
                if let Some(flag) = chosen.get_mut(id.index()) {
                    *flag = true;
                }
                any = true;
            };
            match Chooser::parse(text)? {
                Chooser::Target => {
                    let target = self.resolve_target(text)?;
                    self.subtree(target).filter(|&id| self.node(id).account.is_some()).for_each(&mut choose);
                }
                Chooser::Tag(tag) => {
                    self.accounts().filter(|&id| tag.is_match(self.node(id))).for_each(&mut choose);
                }
                Chooser::Glob(glob) => self.choose_by_glob(text, &glob, &mut choose),
            }
            if !any {
                return Err(SelectError::Nothing { text: shorten(text) });
            }
        }
        Ok(self.accounts().filter(|id| chosen.get(id.index()) == Some(&true)).collect())
    }

    /// The accounts below any of the roots and units that the patterns choose, by account id, each once.
    ///
    /// A text without special characters is the id, name or path of a root or unit. Else it is a glob over ids and
    /// names, and, if it has a `/`, over paths with and without the root: `Prod/*` chooses the units directly in Prod.
    ///
    /// # Errors
    ///
    /// If a pattern is malformed, or no account is below what it chooses.
    pub fn select_accounts_below<S: AsRef<str>>(&self, patterns: &[S]) -> Result<Vec<NodeId>, SelectError> {
        let mut chosen = vec![false; self.node_count()];
        for pattern in patterns {
            let text = pattern.as_ref();
            let containers: Vec<NodeId> = match Chooser::parse(text)? {
                Chooser::Target => vec![self.resolve_among(text, "unit", |node| node.account.is_none(), true)?],
                Chooser::Tag(_) => Vec::new(),
                Chooser::Glob(glob) => self
                    .nodes()
                    .filter(|(id, node)| node.account.is_none() && self.is_container_chosen(*id, &glob))
                    .map(|(id, _)| id)
                    .collect(),
            };
            let mut any = false;
            for container in containers {
                for id in self.subtree(container).filter(|&id| self.node(id).account.is_some()) {
                    if let Some(flag) = chosen.get_mut(id.index()) {
                        *flag = true;
                    }
                    any = true;
                }
            }
            if !any {
                return Err(SelectError::NothingBelow { text: shorten(text) });
            }
        }
        Ok(self.accounts().filter(|id| chosen.get(id.index()) == Some(&true)).collect())
    }

    fn is_container_chosen(&self, id: NodeId, glob: &Glob) -> bool {
        let node = self.node(id);
        if glob.name.is_match(node.target.as_str()) || node.name.as_ref().is_some_and(|name| glob.name.is_match(name)) {
            return true;
        }
        glob.path.as_ref().is_some_and(|glob| {
            let path = self.ou_path(id);
            let below_root = path.strip_prefix(self.node(self.root()).display_name());
            let below_root = below_root.and_then(|rest| rest.strip_prefix('/'));
            glob.is_match(&path) || below_root.is_some_and(|path| glob.is_match(path))
        })
    }

    /// Enters the name of a new node, if names have been looked up before.
    pub(crate) fn add_name(&mut self, id: NodeId, name: &str) {
        if let Some(index) = self.names.get_mut() {
            Arc::make_mut(index).add(id, name);
        }
    }

    fn choose_by_glob(&self, text: &str, glob: &Glob, choose: &mut impl FnMut(NodeId)) {
        for (parent, container) in self.nodes() {
            let accounts = || container.children.iter().copied().filter(|&id| self.node(id).account.is_some());
            if accounts().next().is_none() {
                continue;
            }
            // With the root's name and a slash before everything below it.
            let prefix = glob.path.as_ref().map(|_| self.ou_path(parent));
            for id in accounts() {
                let node = self.node(id);
                let names = [Some(node.target.as_str()), node.name.as_deref()];
                let by_name = names.iter().flatten().any(|&name| name == text || glob.name.is_match(name));
                let by_path = || {
                    glob.path.iter().zip(&prefix).any(|(glob, prefix)| {
                        let below_root = prefix
                            .strip_prefix(self.node(self.root()).display_name())
                            .map_or(prefix.as_str(), |rest| rest.strip_prefix('/').unwrap_or(rest));
                        names.iter().flatten().any(|name| {
                            let short =
                                if below_root.is_empty() { (*name).to_owned() } else { format!("{below_root}/{name}") };
                            glob.is_match(&short) || glob.is_match(format!("{prefix}/{name}"))
                        })
                    })
                };
                if by_name || by_path() {
                    choose(id);
                }
            }
        }
    }

    /// The policy with an id or a name: exactly so, else in other capitals if only one fits.
    ///
    /// # Errors
    ///
    /// If no policy or more than one fits. Linear in the number of policies.
    pub fn resolve_policy(&self, text: &str) -> Result<PolicyIndex, SelectError> {
        choose_policy(self.policies(), |_| true, text, true)
    }

    /// As [`resolve_target`](Self::resolve_target), among some of the nodes; near names are looked for only if asked.
    pub(crate) fn resolve_among(
        &self,
        text: &str,
        wanted: &'static str,
        fits: impl Fn(&Node) -> bool,
        suggest: bool,
    ) -> Result<NodeId, SelectError> {
        let fits = |id| fits(self.node(id));
        if let Some(node) = Target::parse(text).ok().and_then(|target| self.find_node(&target)).filter(|&id| fits(id)) {
            return Ok(node);
        }
        let text = text.strip_suffix('/').unwrap_or(text);
        self.by_name(text, wanted, fits, text.contains('/'), suggest)
    }

    /// Finds by name, or by path if that is asked.
    fn by_name(
        &self,
        text: &str,
        wanted: &'static str,
        fits: impl Fn(NodeId) -> bool,
        or_path: bool,
        suggest: bool,
    ) -> Result<NodeId, SelectError> {
        let index = self.names.get_or_init(|| Arc::new(NameIndex::of(self)));
        for folded in [false, true] {
            let named =
                if folded { index.folded.get(text.to_ascii_lowercase().as_str()) } else { index.exact.get(text) };
            let mut found: Vec<NodeId> = named.into_iter().flatten().copied().filter(|&id| fits(id)).collect();
            if or_path {
                found.extend(self.nodes().map(|(id, _)| id).filter(|&id| fits(id) && self.has_path(id, text, folded)));
                found.sort_unstable();
                found.dedup();
            }
            match found.as_slice() {
                [] => {}
                &[only] => return Ok(only),
                several => {
                    return Err(SelectError::Ambiguous {
                        text: shorten(text),
                        wanted,
                        count: several.len(),
                        candidates: several.iter().take(20).map(|&id| self.describe(id)).collect(),
                    });
                }
            }
        }
        let near = if suggest { self.near(text, fits) } else { Vec::new() };
        Err(SelectError::Unknown { text: shorten(text), wanted, near })
    }

    /// Whether a text is a node's path in names, with or without the root. Compares from the end, without building the
    /// path.
    fn has_path(&self, id: NodeId, text: &str, folded: bool) -> bool {
        let mut rest = text;
        let mut at = id;
        loop {
            let node = self.node(at);
            let Some(before) = strip_suffix(rest, node.display_name(), folded) else { return false };
            match (before.is_empty(), node.parent) {
                (true, None) => return true,
                (true, Some(parent)) => return parent == self.root(),
                (false, None) => return false,
                (false, Some(parent)) => {
                    let Some(before) = before.strip_suffix('/') else { return false };
                    (rest, at) = (before, parent);
                }
            }
        }
    }

    fn describe(&self, id: NodeId) -> String {
        let node = self.node(id);
        match (&node.account, &node.name) {
            (Some(_), Some(name)) => format!("{} ({name} in {})", node.target, self.ou_path(id)),
            (Some(_), None) => format!("{} (in {})", node.target, self.ou_path(id)),
            (None, _) => format!("{} ({})", node.target, self.ou_path(id)),
        }
    }

    fn near(&self, text: &str, fits: impl Fn(NodeId) -> bool) -> Vec<String> {
        // A third of the letters may differ, but an id is only near with two digits off.
        let distance = if Target::parse(text).is_ok() { 2 } else { (text.chars().count() / 3).clamp(1, 3) };
        let fitting = self.nodes().filter(|&(id, _)| fits(id)).map(|(_, node)| node);
        near_names(
            text,
            fitting.flat_map(|node| node.name.as_deref().into_iter().chain([node.target.as_str()])),
            distance,
        )
    }
}

/// Finds a policy among those that exist; near names are looked for only if asked.
pub(crate) fn choose_policy<'p>(
    policies: impl Iterator<Item = (PolicyIndex, &'p Policy)> + Clone,
    exists: impl Fn(&(PolicyIndex, &Policy)) -> bool,
    text: &str,
    suggest: bool,
) -> Result<PolicyIndex, SelectError> {
    if let Some((index, _)) = policies.clone().filter(|(_, policy)| policy.id.as_str() == text).find(&exists) {
        return Ok(index);
    }
    for folded in [false, true] {
        let has_name = |policy: &Policy| {
            let name = policy.name.as_deref();
            name.is_some_and(|name| name == text || folded && name.eq_ignore_ascii_case(text))
        };
        let found: Vec<(PolicyIndex, &Policy)> =
            policies.clone().filter(|(_, policy)| has_name(policy)).filter(&exists).collect();
        match found.as_slice() {
            [] => {}
            &[(only, _)] => return Ok(only),
            several => {
                let describe = |policy: &Policy| format!("{} ({})", policy.id, policy.display_name());
                return Err(SelectError::Ambiguous {
                    text: shorten(text),
                    wanted: "policy",
                    count: several.len(),
                    candidates: several.iter().take(20).map(|(_, policy)| describe(policy)).collect(),
                });
            }
        }
    }
    let distance = if text.starts_with("p-") { 2 } else { (text.chars().count() / 3).clamp(1, 3) };
    let names = policies
        .filter(|_| suggest)
        .filter(&exists)
        .flat_map(|(_, policy)| policy.name.as_deref().into_iter().chain([policy.id.as_str()]));
    Err(SelectError::Unknown { text: shorten(text), wanted: "policy", near: near_names(text, names, distance) })
}

fn strip_suffix<'t>(text: &'t str, suffix: &str, folded: bool) -> Option<&'t str> {
    let (before, end) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    (end == suffix || folded && end.eq_ignore_ascii_case(suffix)).then_some(before)
}

/// A text that chooses accounts.
enum Chooser {
    /// An id, name or path.
    Target,
    Tag(TagPattern),
    Glob(Glob),
}

struct Glob {
    /// Over ids and names, where a slash is an ordinary character.
    name: GlobMatcher,
    /// Over paths; none if the pattern has no slash.
    path: Option<GlobMatcher>,
}

struct TagPattern {
    /// The whole text as a key.
    key: String,
    /// The text split at each `=`, which a key may contain too.
    pairs: Vec<(String, String, GlobMatcher)>,
}

impl TagPattern {
    fn is_match(&self, node: &Node) -> bool {
        node.account.iter().flat_map(|account| &account.tags).any(|tag| {
            tag.key == self.key
                || self
                    .pairs
                    .iter()
                    .any(|(key, value, glob)| tag.key == *key && (tag.value == *value || glob.is_match(&tag.value)))
        })
    }
}

impl Chooser {
    fn parse(text: &str) -> Result<Self, SelectError> {
        if let Some(rest) = text.strip_prefix("tag:") {
            // A tag key has at most 128 characters (LIM-8), so what is split after that many `=` is no key.
            let pairs = rest.match_indices('=').take(128).map(|(at, _)| {
                let (key, value) = rest.split_at_checked(at).unwrap_or_default();
                let value = value.strip_prefix('=').unwrap_or(value);
                Ok((key.to_owned(), value.to_owned(), matcher(text, value, false)?))
            });
            return Ok(Self::Tag(TagPattern { key: rest.to_owned(), pairs: pairs.collect::<Result<_, _>>()? }));
        }
        if !text.contains(['*', '?', '[', '{']) {
            return Ok(Self::Target);
        }
        let path = if text.contains('/') { Some(matcher(text, text, true)?) } else { None };
        Ok(Self::Glob(Glob { name: matcher(text, text, false)?, path }))
    }
}

fn matcher(text: &str, pattern: &str, is_path: bool) -> Result<GlobMatcher, SelectError> {
    GlobBuilder::new(pattern)
        .literal_separator(is_path)
        .backslash_escape(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| SelectError::Pattern { text: shorten(text), reason: error.kind().to_string() })
}
