//! Ids in the place of those that AWS will choose.

use std::collections::{BTreeMap, BTreeSet};

/// The ids of a configuration: those that were given and those that are made up, always the same for the same text.
#[derive(Debug, Default)]
pub(super) struct Ids {
    taken: BTreeSet<String>,
    made_up: BTreeSet<String>,
    /// The number of the last one of each form.
    numbers: BTreeMap<String, u32>,
}

impl Ids {
    /// Whether an id was free; it is taken now.
    pub(super) fn take(&mut self, id: &str) -> bool {
        self.taken.insert(id.to_owned())
    }

    /// The id that was given, or one that is made up from a number.
    pub(super) fn or_made_up(&mut self, given: Option<&str>, form: impl Fn(u32) -> String) -> String {
        if let Some(given) = given {
            return given.to_owned();
        }
        let mut number = self.numbers.get(&form(0)).copied().unwrap_or_default();
        loop {
            number += 1;
            let id = form(number);
            if self.take(&id) {
                self.numbers.insert(form(0), number);
                self.made_up.insert(id.clone());
                return id;
            }
        }
    }

    /// What was made up, sorted.
    pub(super) fn made_up(self) -> Vec<String> {
        self.made_up.into_iter().collect()
    }
}
