//! Lists in pages: every page, each item once, or an error.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use scproof_organization::{AccountRecord, OuRecord, PolicyRecord, RootRecord, Tag};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::FetchError;
use crate::failure::Failure;
use crate::journal::{CallKey, Page};
use crate::progress::NoteKind;
use crate::session::{CallError, Session};

/// Something that lists hold.
pub(crate) trait Item: Serialize + DeserializeOwned {
    /// What tells two items of a list apart.
    fn id(&self) -> &str;
}

impl Item for RootRecord {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Item for OuRecord {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Item for AccountRecord {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Item for PolicyRecord {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Item for Tag {
    fn id(&self) -> &str {
        &self.key
    }
}

/// An id alone: a target or a parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Id(pub(crate) String);

impl Item for Id {
    fn id(&self) -> &str {
        &self.0
    }
}

impl Session<'_> {
    /// Reads a list to its end.
    ///
    /// The only end is a page without a token; a page may be empty and have one (API-31). A token that comes again
    /// would go on for ever and is an error (API-32). An item that is listed twice counts once, with a note (API-33).
    /// `fresh` takes nothing from the work file and leaves nothing there.
    pub(crate) async fn list<T: Item, F>(
        &self,
        key: &CallKey,
        fresh: bool,
        send: impl Fn(Option<String>) -> F,
    ) -> Result<Vec<T>, CallError>
    where
        F: Future<Output = Result<Page<T>, Failure>>,
    {
        let mut pages: Vec<Vec<T>> = Vec::new();
        let mut tokens: BTreeMap<String, usize> = BTreeMap::new();
        let mut next: Option<String> = None;
        let mut from_file = false;
        loop {
            let stored = if fresh { None } else { self.journal().as_mut().and_then(|journal| journal.take(key)) };
            let is_stored = stored.is_some();
            let page = match stored {
                Some(page) => {
                    self.resumed(key.operation);
                    page
                }
                None => match self.call(key, !pages.is_empty(), || send(next.clone())).await {
                    Ok(page) => page,
                    Err(CallError::Invalid { .. }) if from_file => {
                        self.note(
                            NoteKind::Repaired,
                            format!("`{}` could not go on where it stopped and begins anew", key.operation),
                        );
                        pages.clear();
                        tokens.clear();
                        (next, from_file) = (None, false);
                        self.expect(key.operation, 1);
                        continue;
                    }
                    Err(error) => return Err(error),
                },
            };
            from_file = is_stored;
            // An empty token is none (API-31).
            let token = page.next.clone().filter(|token| !token.is_empty());
            if let Some(token) = &token
                && let Some(earlier) = tokens.insert(token.clone(), pages.len())
            {
                return Err(CallError::Stop(FetchError::UnexpectedAnswer {
                    operation: key.operation,
                    subject: key.subject.clone(),
                    what: format!("page {} has the token of page {} again", pages.len() + 1, earlier + 1),
                }));
            }
            if !is_stored && !fresh {
                self.keep(key, pages.len(), &page)?;
            }
            pages.push(page.items);
            match token {
                Some(token) => {
                    self.expect(key.operation, 1);
                    next = Some(token);
                }
                None => return Ok(self.once(key, pages)),
            }
        }
    }

    /// Makes a call without pages, unless the work file has its answer.
    pub(crate) async fn single<T: Serialize + DeserializeOwned, F>(
        &self,
        key: &CallKey,
        fresh: bool,
        send: impl Fn() -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let stored = if fresh { None } else { self.journal().as_mut().and_then(|journal| journal.take::<T>(key)) };
        if let Some(item) = stored.and_then(|page| page.items.into_iter().next()) {
            self.resumed(key.operation);
            return Ok(item);
        }
        let page = Page { items: vec![self.call(key, false, send).await?], next: None };
        if !fresh {
            self.keep(key, 0, &page)?;
        }
        page.items.into_iter().next().ok_or_else(|| {
            // INVARIANT: the page was made with one item.
            CallError::Stop(FetchError::UnexpectedAnswer {
                operation: key.operation,
                subject: key.subject.clone(),
                what: "nothing".to_owned(),
            })
        })
    }

    fn keep<T: Serialize>(&self, key: &CallKey, number: usize, page: &Page<T>) -> Result<(), CallError> {
        match self.journal().as_mut() {
            Some(journal) => journal.add(key, number, page).map_err(CallError::Stop),
            None => Ok(()),
        }
    }

    /// Drops items that are listed twice; the first stays where it is.
    fn once<T: Item>(&self, key: &CallKey, pages: Vec<Vec<T>>) -> Vec<T> {
        let mut seen = BTreeSet::new();
        let mut twice = Vec::new();
        let mut items = Vec::with_capacity(pages.iter().map(Vec::len).sum());
        for item in pages.into_iter().flatten() {
            if seen.insert(item.id().to_owned()) { items.push(item) } else { twice.push(item.id().to_owned()) }
        }
        if !twice.is_empty() {
            let shown = some_of(&twice);
            self.note(NoteKind::Repaired, format!("`{}` listed {shown} twice; each counts once", key.operation));
        }
        items
    }
}

/// A few of many ids, for a message.
pub(crate) fn some_of(ids: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut shown: Vec<String> = ids.iter().take(SHOWN).map(|id| format!("`{id}`")).collect();
    if ids.len() > SHOWN {
        shown.push(format!("{} more", ids.len() - SHOWN));
    }
    shown.join(", ")
}
