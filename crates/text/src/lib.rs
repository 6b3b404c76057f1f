//! Texts that people write: JSON with the place of everything, messages about it, names that are nearly right.
//!
//! Nothing here knows AWS. Policies, snapshots, change files, guardrails, suppressions, expectations and questions are
//! all read by one reader, which goes on after a fault, so that one run shows all of them, each with line and column.
//!
//! | to do | use |
//! |---|---|
//! | read a JSON text with places | [`read`] for the bare tree, [`JsonText`] and [`RecordReader`] for objects with known members |
//! | say something about a text, or about an item | [`Message`], from a row of a table made by [`codes!`] |
//! | collect messages while a text is read | [`Sink`] |
//! | name a place in a document | [`PolicyPath`], [`locate`] |
//! | lines and columns of bytes | [`lines_and_columns`] |
//! | repair what has one meaning | [`Fix`], [`repair`] |
//! | "did you mean" | [`nearest`], [`near_names`], [`did_you_mean`] |
//!
//! ```
//! use scproof_text::{JsonText, RecordReader, TextKind};
//!
//! let file = JsonText::new(r#"{"Name": 5, "Nmae": "x",}"#, &TextKind::FILE);
//! let mut reader = RecordReader::new(&file);
//! let mut root = reader.root()?;
//! assert_eq!(root.required_text(&mut reader, "Name"), None);
//! root.close(&mut reader);
//! let error = reader.finish().unwrap_err();
//! let faults: Vec<String> = error.faults().iter().map(ToString::to_string).collect();
//! assert_eq!(faults[0], "1:10: Name: found a number, expected a string");
//! assert_eq!(faults[1], "1:13: Nmae: `Nmae` is no member of this format");
//! assert_eq!(error.faults()[1].help.as_deref(), Some("did you mean `Name`?"));
//! assert_eq!(faults[2], "1:24: a comma follows the last item");
//! # Ok::<(), scproof_text::LoadError>(())
//! ```

pub mod codes;
mod error;
mod fix;
mod json;
mod message;
mod near;
mod path;
mod place;
mod record;
mod sink;
mod unseen;

pub use error::{Faults, LARGEST_FILE, LARGEST_SNAPSHOT, LoadError, decode, read_bytes, read_file};
pub use fix::{Edit, Fix, PartChange, Repaired, repair};
pub use json::{Member, Node, Read, TextKind, Value, is_number, read, write_string};
pub use message::{Code, CodeGroup, Example, Message, Place, Severity};
pub use near::{did_you_mean, is_blank, near_names, nearest, quoted, shorten, slips};
pub use path::{PathError, PathStep, PolicyPath, locate};
pub use place::{lines_and_columns, path_at, span_at, step_into};
pub use record::{JsonText, Record, RecordReader, wrong_format};
pub use sink::{Route, Sink, Wording};
pub use unseen::is_unseen;
