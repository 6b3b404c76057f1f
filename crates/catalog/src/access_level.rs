//! What kind of access an action gives.

use std::fmt;

/// The access level that AWS assigns to an action.
///
/// Where AWS names two levels ("Tagging, Write"), the finer one is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    /// Shows that resources exist.
    List,
    /// Shows what is in a resource.
    Read,
    /// Creates, changes or deletes resources.
    Write,
    /// Changes nothing but tags.
    Tagging,
    /// Changes who may do what.
    PermissionsManagement,
}

impl AccessLevel {
    /// All levels, in the order in which AWS's console shows them.
    pub const ALL: [Self; 5] = [Self::List, Self::Read, Self::Write, Self::Tagging, Self::PermissionsManagement];

    /// The level as AWS spells it, for instance `Permissions management`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::List => "List",
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Tagging => "Tagging",
            Self::PermissionsManagement => "Permissions management",
        }
    }

    /// The level of a letter of the table.
    pub(crate) const fn from_letter(letter: u8) -> Option<Self> {
        match letter {
            b'L' => Some(Self::List),
            b'R' => Some(Self::Read),
            b'W' => Some(Self::Write),
            b'T' => Some(Self::Tagging),
            b'P' => Some(Self::PermissionsManagement),
            _ => None,
        }
    }
}

impl fmt::Display for AccessLevel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
