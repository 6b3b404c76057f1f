//! What the names of a configuration mean.

use std::ops::Range;

use rustc_hash::FxHashMap;
use scproof_text::{Code, RecordReader, did_you_mean, shorten};

use crate::codes;

/// What has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thing {
    /// The root, or a unit.
    Container,
    Account,
}

/// For so many faults near names are looked for.
const SUGGESTIONS: usize = 20;

#[derive(Debug, Default)]
pub(super) struct Names {
    /// Ids by name, path and id.
    targets: FxHashMap<String, Vec<(String, Thing)>>,
    policies: FxHashMap<String, String>,
    suggested: usize,
}

impl Names {
    /// Adds a thing under its id and under names.
    pub(super) fn add<'n>(&mut self, id: &'n str, thing: Thing, names: impl IntoIterator<Item = &'n str>) {
        for name in names.into_iter().chain([id]) {
            let known = self.targets.entry(name.to_owned()).or_default();
            if !known.iter().any(|(other, _)| other == id) {
                known.push((id.to_owned(), thing));
            }
        }
    }

    /// Adds a unit; false if the path is taken.
    pub(super) fn add_unit(&mut self, id: &str, path: &str) -> bool {
        let taken = self.targets.get(path).is_some_and(|known| known.iter().any(|(_, it)| *it == Thing::Container));
        if !taken {
            self.add(id, Thing::Container, [path, &format!("Root/{path}")]);
        }
        !taken
    }

    /// Adds an account below a path, which is empty for the root.
    pub(super) fn add_account(&mut self, id: &str, name: &str, place: &str) {
        let place = place.strip_prefix("Root/").unwrap_or(place);
        let path = if place.is_empty() || place == "Root" { format!("Root/{name}") } else { format!("{place}/{name}") };
        self.add(id, Thing::Account, [name, &path]);
    }

    pub(super) fn has_account(&self, name: &str) -> bool {
        self.targets.get(name).is_some_and(|known| known.iter().any(|(_, it)| *it == Thing::Account))
    }

    /// Adds a policy; false if the name is taken.
    pub(super) fn add_policy(&mut self, id: &str, name: &str) -> bool {
        self.policies.insert(id.to_owned(), id.to_owned());
        self.policies.insert(name.to_owned(), id.to_owned()).is_none()
    }

    /// The id of a policy, named by its name or id.
    pub(super) fn policy(&mut self, name: &str, at: &Range<usize>, reader: &mut RecordReader<'_>) -> Option<String> {
        if let Some(id) = self.policies.get(name) {
            return Some(id.clone());
        }
        let near = self.near(name, self.policies.keys().map(String::as_str).collect());
        unknown(codes::UNKNOWN_POLICY, "policy", name, near, at, reader);
        None
    }

    /// The id of a root, unit or account, named by its name, path or id.
    pub(super) fn target(&mut self, name: &str, at: &Range<usize>, reader: &mut RecordReader<'_>) -> Option<String> {
        self.among((codes::UNKNOWN_TARGET, "root, unit or account"), name, at, reader, |_| true)
    }

    /// The id of a root or unit, named by its path or id.
    pub(super) fn unit(&mut self, name: &str, at: &Range<usize>, reader: &mut RecordReader<'_>) -> Option<String> {
        let found = (codes::UNKNOWN_UNIT, "unit");
        self.among(found, name, at, reader, |thing| thing == Thing::Container)
    }

    /// The id of an account, named by its name, path or id.
    pub(super) fn account(&mut self, name: &str, at: &Range<usize>, reader: &mut RecordReader<'_>) -> Option<String> {
        let found = (codes::UNKNOWN_ACCOUNT, "account");
        self.among(found, name, at, reader, |thing| thing == Thing::Account)
    }

    fn among(
        &mut self,
        (code, what): (Code, &str),
        name: &str,
        at: &Range<usize>,
        reader: &mut RecordReader<'_>,
        fits: impl Fn(Thing) -> bool,
    ) -> Option<String> {
        let known = self.targets.get(name.strip_suffix('/').unwrap_or(name)).map(Vec::as_slice).unwrap_or_default();
        let mut found = known.iter().filter(|(_, thing)| fits(*thing));
        match (found.next(), found.next()) {
            (Some((id, _)), None) => Some(id.clone()),
            (Some(_), Some(_)) => {
                let message = format!("several things have the name `{}`", shorten(name));
                let fault = codes::AMBIGUOUS_NAME.message(message);
                reader.fault(fault.help("use the id, or a path such as `Root/Workloads`").on(at.clone()));
                None
            }
            (None, _) => {
                let of_kind = |entry: &&(String, Vec<(String, Thing)>)| entry.1.iter().any(|(_, thing)| fits(*thing));
                let candidates: Vec<(String, Vec<(String, Thing)>)> = if self.suggested < SUGGESTIONS {
                    self.targets.iter().map(|(name, known)| (name.clone(), known.clone())).collect()
                } else {
                    Vec::new()
                };
                let names = candidates.iter().filter(of_kind).map(|(name, _)| name.as_str()).collect();
                let near = self.near(name, names);
                unknown(code, what, name, near, at, reader);
                None
            }
        }
    }

    /// The name that was probably meant.
    fn near(&self, name: &str, mut candidates: Vec<&str>) -> Option<String> {
        if self.suggested >= SUGGESTIONS {
            return None;
        }
        candidates.sort_unstable();
        did_you_mean(name, candidates)
    }
}

fn unknown(code: Code, what: &str, name: &str, near: Option<String>, at: &Range<usize>, reader: &mut RecordReader<'_>) {
    let fault = code.message(format!("no {what} is called `{}`", shorten(name))).on(at.clone());
    reader.fault(match near {
        Some(near) => fault.help(near),
        None => fault,
    });
}
