//! Reading snapshots: text to [`Inventory`], with every fault at its place.

use std::io::Read;
use std::path::Path;

use scproof_text::{
    JsonText, LARGEST_SNAPSHOT, LoadError, Message, PathStep, PolicyPath, TextKind, codes, decode, read_bytes,
    read_file, step_into,
};

use crate::inventory::Inventory;
use crate::organization::Organization;
use crate::records;
use crate::resolve::resolve;

impl Inventory {
    /// Reads a snapshot from text and checks it. A byte order mark is skipped.
    ///
    /// # Errors
    ///
    /// All faults of the snapshot with line and column. Where the text is no JSON, or members have other types than
    /// they should have, what the records say is not looked at.
    ///
    /// # Examples
    ///
    /// ```
    /// use scproof_organization::Inventory;
    ///
    /// let text = r#"{"Format": "scproof-inventory/1", "Organization": {"Id": 5, "FeaturSet": "ALL"}}"#;
    /// let error = Inventory::from_json(text).unwrap_err();
    /// let [.., fault, misspelt] = error.faults() else { panic!() };
    /// assert_eq!((fault.path.to_string().as_str(), fault.line_and_column()), ("Organization.Id", Some((1, 58))));
    /// assert_eq!(misspelt.help.as_deref(), Some("did you mean `FeatureSet` where it says `FeaturSet`?"));
    /// ```
    pub fn from_json(text: &str) -> Result<Self, LoadError> {
        let file = JsonText::new(text, &TextKind::FILE);
        let inventory = records::read(&file)?;
        located(&file, resolve(&inventory).map(drop)).map(|()| inventory)
    }

    /// Reads a snapshot from bytes, which must be UTF-8, and checks it.
    ///
    /// # Errors
    ///
    /// As [`from_json`](Self::from_json), and for bytes that are no UTF-8.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, LoadError> {
        Self::from_json(decode(bytes).map_err(|fault| LoadError::single(*fault))?)
    }

    /// Reads a snapshot of at most 1 GiB from a reader up to its end and checks it. Holds the whole text in memory.
    ///
    /// # Errors
    ///
    /// As [`from_slice`](Self::from_slice), and if reading fails.
    pub fn from_reader(reader: impl Read) -> Result<Self, LoadError> {
        Self::from_slice(&read_bytes(reader, LARGEST_SNAPSHOT)?)
    }

    /// Reads a snapshot from a file and checks it.
    ///
    /// # Errors
    ///
    /// As [`from_slice`](Self::from_slice), and if the file cannot be read. The error names the file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        read_file(path.as_ref(), LARGEST_SNAPSHOT, Self::from_json)
    }
}

impl Organization {
    /// Reads a snapshot from text, checks it and builds the tree.
    ///
    /// Checks once, where [`Inventory::from_json`] followed by [`Organization::from_inventory`] checks twice.
    ///
    /// # Errors
    ///
    /// As [`Inventory::from_json`].
    pub fn from_json(text: &str) -> Result<Self, LoadError> {
        let file = JsonText::new(text, &TextKind::FILE);
        let inventory = records::read(&file)?;
        located(&file, Self::from_inventory(&inventory))
    }

    /// Reads a snapshot from bytes, which must be UTF-8, checks it and builds the tree.
    ///
    /// # Errors
    ///
    /// As [`Inventory::from_slice`].
    pub fn from_slice(bytes: &[u8]) -> Result<Self, LoadError> {
        Self::from_json(decode(bytes).map_err(|fault| LoadError::single(*fault))?)
    }

    /// Reads a snapshot from a file, checks it and builds the tree.
    ///
    /// # Errors
    ///
    /// As [`Inventory::load`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        read_file(path.as_ref(), LARGEST_SNAPSHOT, Self::from_json)
    }
}

/// The route to a part of a snapshot, as it is in a text into which outputs of the AWS CLI were pasted whole:
/// `Accounts.Accounts[3]` for the fourth account, `Policies[0].PolicySummary.Id` for an output of `describe-policy`.
fn as_written(path: &PolicyPath, file: &JsonText<'_>) -> PolicyPath {
    let mut steps: Vec<PathStep> = Vec::with_capacity(path.steps().len());
    let mut at = file.root();
    let mut enter = |steps: &mut Vec<PathStep>, step: &PathStep| {
        let next = at.and_then(|node| step_into(node, step));
        let is_there = next.is_some();
        if is_there {
            at = next;
            steps.push(step.clone());
        }
        is_there
    };
    for step in path.steps() {
        if !enter(&mut steps, step) {
            let inside = ["Policy", "PolicySummary"].map(|name| PathStep::Key(name.to_owned()));
            for name in &inside {
                enter(&mut steps, name);
            }
            if !enter(&mut steps, step) {
                // What is missing has a route, too.
                steps.push(step.clone());
            }
        }
        if steps.len() == 1 {
            enter(&mut steps, step);
        }
    }
    PolicyPath::from_steps(steps)
}

/// A result whose faults get their places in the text; faults of its syntax are faults too.
fn located<T>(file: &JsonText<'_>, result: Result<T, LoadError>) -> Result<T, LoadError> {
    let (value, faults, omitted) = match result {
        Ok(value) => (Some(value), Vec::new(), 0),
        Err(error) => {
            let (faults, omitted) = error.into_parts();
            (None, faults, omitted)
        }
    };
    let faults = faults.into_iter().map(|fault| Message { path: as_written(&fault.path, file), ..fault });
    match (file.error(faults, omitted), value) {
        (None, Some(value)) => Ok(value),
        (Some(error), _) => Err(error),
        // Never: a result without value has faults.
        (None, None) => Err(LoadError::single(codes::UNREADABLE_FILE.message("the text says nothing"))),
    }
}
