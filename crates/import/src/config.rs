//! The format `scproof-config/1`: an organization by names, as described in `docs/import.md`.

mod items;
mod made_up;
mod names;

use std::path::Path;

use scproof_organization::{Inventory, Organization, OrganizationRecord, OriginRecord};
use scproof_text::{JsonText, LoadError, RecordReader, TextKind, lines_and_columns};

use crate::yaml;
use items::Items;

/// The `Format` of the files that this version reads.
pub const CONFIG_FORMAT: &str = "scproof-config/1";

/// A file to fill in, with comments.
pub const CONFIG_SKELETON: &str = include_str!("../data/skeleton.yaml");

/// What AWS attaches to everything by itself (DOC-33).
pub(crate) const FULL_ACCESS_TEXT: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
pub(crate) const FULL_ACCESS: &str = "FullAWSAccess";
pub(crate) const FULL_ACCESS_ID: &str = "p-FullAWSAccess";

/// What every answer from such a file rests on.
const NOTE: &str =
    "not read from AWS: policies that other tools or people attach are not in it, such as those of Control Tower";

/// An organization that was written by names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The snapshot that it stands for, with what is made up in it.
    pub inventory: Inventory,
}

impl Config {
    /// Reads a text, YAML or JSON. `name` is what its places are called by; files that it names are looked for in
    /// `folder`.
    ///
    /// # Errors
    ///
    /// All faults with line and column. Where the text is neither YAML nor JSON, what it says is not looked at.
    ///
    /// ```
    /// use std::path::Path;
    /// let error = scproof_import::Config::read("Format: scproof-config/1\nUnit: []", "o.yaml", Path::new(".")).unwrap_err();
    /// assert_eq!(error.faults()[0].help.as_deref(), Some("did you mean `Units`?"));
    /// assert_eq!(error.faults()[0].line_and_column(), Some((2, 1)));
    /// ```
    pub fn read(text: &str, name: &str, folder: &Path) -> Result<Self, LoadError> {
        let begin = text.trim_start_matches('\u{feff}').trim_start();
        let file = if begin.starts_with('{') && !Path::new(name).extension().is_some_and(is_yaml) {
            JsonText::new(text, &TextKind::FILE)
        } else {
            yaml::read(text)?
        };
        let mut reader = RecordReader::new(&file);
        let mut root = reader.root()?;
        reader.format(&mut root, CONFIG_FORMAT, "configuration")?;
        root.optional_text(&mut reader, "$schema");
        root.optional_text(&mut reader, "Description");
        let items = Items::read(&mut root, &mut reader, folder);
        root.close(&mut reader);
        let (inventory, origins) = items.resolve(&mut reader);
        reader.finish()?;
        let inventory = with_origins(inventory, origins, text, name);
        // Such as units that nest too deep.
        Organization::from_inventory(&inventory)?;
        Ok(Self { inventory })
    }
}

fn is_yaml(extension: &std::ffi::OsStr) -> bool {
    extension.eq_ignore_ascii_case("yaml") || extension.eq_ignore_ascii_case("yml")
}

/// Names the place of each thing in its text.
fn with_origins(mut inventory: Inventory, origins: Vec<(String, usize)>, text: &str, name: &str) -> Inventory {
    let bytes: Vec<usize> = origins.iter().map(|(_, byte)| *byte).collect();
    let places = lines_and_columns(text, &bytes);
    inventory.origins = origins
        .into_iter()
        .zip(places)
        .map(|((id, _), (line, column))| OriginRecord { id, place: format!("{name}:{line}:{column}") })
        .collect();
    inventory.source = Some(name.to_owned());
    inventory.notes.push(NOTE.to_owned());
    inventory
}

/// A snapshot with nothing in it yet.
fn empty(organization: &str) -> Inventory {
    Inventory::new(OrganizationRecord {
        id: organization.to_owned(),
        feature_set: "ALL".to_owned(),
        ..OrganizationRecord::default()
    })
}
