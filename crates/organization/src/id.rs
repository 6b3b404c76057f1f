//! Identifiers, checked once and then trusted (ID-1 to ID-6).
//!
//! AWS publishes unanchored patterns that match garbage; these types use the anchored forms.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Why a text is no identifier of the wanted sort.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not {what}")]
pub struct IdError {
    what: &'static str,
    found: String,
    expected: &'static str,
}

impl IdError {
    /// Longest part of a refused text that is repeated in the message, in characters.
    const SHOWN: usize = 80;

    fn new(what: &'static str, found: &str, expected: &'static str) -> Self {
        let mut shown: String = found.chars().take(Self::SHOWN).collect();
        if shown.len() < found.len() {
            shown.push('…');
        }
        Self { what, found: shown, expected }
    }

    /// The form the text should have had, such as ``12 digits``.
    pub fn expected(&self) -> &'static str {
        self.expected
    }

    /// The refused text, cut after 80 characters.
    pub fn found(&self) -> &str {
        &self.found
    }
}

fn is_lower_alphanumeric(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

fn is_organization_id(text: &str) -> bool {
    text.strip_prefix("o-").is_some_and(|rest| (10..=32).contains(&rest.len()) && is_lower_alphanumeric(rest))
}

fn is_root_id(text: &str) -> bool {
    text.strip_prefix("r-").is_some_and(|rest| (4..=32).contains(&rest.len()) && is_lower_alphanumeric(rest))
}

fn is_ou_id(text: &str) -> bool {
    text.len() <= 68
        && text.strip_prefix("ou-").and_then(|rest| rest.split_once('-')).is_some_and(|(root, own)| {
            (4..=32).contains(&root.len())
                && (8..=32).contains(&own.len())
                && is_lower_alphanumeric(root)
                && is_lower_alphanumeric(own)
        })
}

fn is_policy_id(text: &str) -> bool {
    text.strip_prefix("p-").is_some_and(|rest| {
        (8..=128).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// Defines an identifier that is a checked text, cheap to clone.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $check:ident, $what:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks a text.
            ///
            /// # Errors
            ///
            /// If the text does not have the form of the identifier, whole and exact.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                if $check(text) { Ok(Self(text.into())) } else { Err(IdError::new($what, text, $expected)) }
            }

            /// The identifier as AWS writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), &self.0)
            }
        }
    };
}

text_id!(
    /// An organization's id, such as `o-exampleorg1` (ID-1).
    OrganizationId,
    is_organization_id,
    "an organization id",
    "`o-` and 10 to 32 lower-case letters or digits"
);
text_id!(
    /// A root's id, such as `r-ab12` (ID-2).
    RootId,
    is_root_id,
    "a root id",
    "`r-` and 4 to 32 lower-case letters or digits"
);
text_id!(
    /// An organizational unit's id, such as `ou-ab12-prod0001` (ID-3).
    OuId,
    is_ou_id,
    "an organizational unit id",
    "`ou-`, the root id without `r-`, `-` and 8 to 32 lower-case letters or digits"
);
text_id!(
    /// A policy's id, such as `p-FullAWSAccess` (ID-5).
    PolicyId,
    is_policy_id,
    "a policy id",
    "`p-` and 8 to 128 letters, digits or underscores"
);

impl PolicyId {
    /// An id that the program itself writes.
    pub(crate) fn from_checked(text: &str) -> Self {
        debug_assert!(is_policy_id(text), "{text}");
        Self(text.into())
    }
}

impl OuId {
    /// An id that the program itself writes.
    pub(crate) fn from_checked(text: &str) -> Self {
        debug_assert!(is_ou_id(text), "{text}");
        Self(text.into())
    }

    /// The part that an OU shares with its root: the root id without `r-` (ID-3).
    pub fn root_part(&self) -> &str {
        self.0.split('-').nth(1).unwrap_or_default()
    }
}

/// An account's id: 12 digits, leading zeros included (ID-4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId([u8; 12]);

impl AccountId {
    /// Checks a text.
    ///
    /// # Errors
    ///
    /// If the text is not exactly 12 ASCII digits.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        match <[u8; 12]>::try_from(text.as_bytes()) {
            Ok(digits) if digits.iter().all(u8::is_ascii_digit) => Ok(Self(digits)),
            Ok(_) | Err(_) => Err(IdError::new("an account id", text, "12 digits")),
        }
    }

    /// The id of a number below 10^12, with leading zeros; larger ones lose their first digits.
    pub(crate) fn from_number(mut number: u64) -> Self {
        let mut digits = [b'0'; 12];
        for digit in digits.iter_mut().rev() {
            *digit += u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
        }
        Self(digits)
    }

    /// The 12 digits.
    pub fn as_str(&self) -> &str {
        // INVARIANT: ASCII digits only, so the fallback is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for AccountId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::parse(text)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountId({})", self.as_str())
    }
}

/// What a policy attaches to (ID-6). Sorts root, then organizational units, then accounts, each by id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// The root of the organization.
    Root(RootId),
    /// An organizational unit.
    Ou(OuId),
    /// An account.
    Account(AccountId),
}

impl Target {
    /// Tells a target by its form.
    ///
    /// # Errors
    ///
    /// If the text is none of the three forms.
    ///
    /// # Examples
    ///
    /// ```
    /// use scproof_organization::Target;
    ///
    /// assert!(Target::parse("222222222222")?.account().is_some());
    /// assert!(Target::parse("prod").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, IdError> {
        RootId::parse(text)
            .map(Self::Root)
            .or_else(|_| OuId::parse(text).map(Self::Ou))
            .or_else(|_| AccountId::parse(text).map(Self::Account))
            .map_err(|_| IdError::new("a policy target", text, "a root id, an organizational unit id or an account id"))
    }

    /// The id as AWS writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Root(id) => id.as_str(),
            Self::Ou(id) => id.as_str(),
            Self::Account(id) => id.as_str(),
        }
    }

    /// The account id, if this is an account.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Account(id) => Some(*id),
            Self::Root(_) | Self::Ou(_) => None,
        }
    }

    /// What it is, for messages: `root`, `organizational unit` or `account`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Root(_) => "root",
            Self::Ou(_) => "organizational unit",
            Self::Account(_) => "account",
        }
    }
}

impl FromStr for Target {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::parse(text)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_1_to_id_6_accept_their_form_and_nothing_around_it() {
        for good in ["o-exampleorg1", "o-0123456789"] {
            assert_eq!(OrganizationId::parse(good).unwrap().as_str(), good);
        }
        for bad in
            ["", "o-", "o-short", "O-exampleorg1", "o-exampleorg1 ", "xo-exampleorg1", "o-Exampleorg1", "o-example-rg1"]
        {
            assert!(OrganizationId::parse(bad).is_err(), "{bad}");
        }
        assert!(RootId::parse("r-ab12").is_ok());
        for bad in ["r-ab1", "r-ab12-ou", "r-AB12", "garbage r-ab12", "r-ab12\n"] {
            assert!(RootId::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(OuId::parse("ou-ab12-prod0001").unwrap().root_part(), "ab12");
        for bad in ["ou-ab12", "ou-ab12-short", "ou-ab12-prod0001-x", "ou--prod0001", "ou-ab1-prod0001"] {
            assert!(OuId::parse(bad).is_err(), "{bad}");
        }
        let longest = format!("ou-{}-{}", "a".repeat(32), "b".repeat(32));
        assert_eq!(longest.len(), 68);
        assert!(OuId::parse(&longest).is_ok());
        assert!(PolicyId::parse("p-FullAWSAccess").is_ok());
        assert!(PolicyId::parse("p-1234567").is_err());
        assert!(PolicyId::parse("p-12345678é").is_err());
    }

    #[test]
    fn id_4_keeps_leading_zeros_and_takes_ascii_digits_only() {
        let id = AccountId::parse("012345678901").unwrap();
        assert_eq!(id.as_str(), "012345678901");
        assert_eq!(size_of::<AccountId>(), 12);
        for bad in ["12345678901", "0123456789012", "01234567890a", "٠١٢٣٤٥", "-12345678901"] {
            assert!(AccountId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn id_6_targets_are_told_by_form() {
        assert_eq!(Target::parse("r-ab12").unwrap().kind(), "root");
        assert_eq!(Target::parse("ou-ab12-prod0001").unwrap().kind(), "organizational unit");
        assert_eq!(Target::parse("222222222222").unwrap().kind(), "account");
        let error = Target::parse("p-FullAWSAccess").unwrap_err();
        assert_eq!(error.to_string(), "`p-FullAWSAccess` is not a policy target");
        assert!(error.expected().contains("root id"));
    }

    #[test]
    fn a_long_text_is_cut_in_the_message() {
        assert!(AccountId::parse(&"é".repeat(5_000)).unwrap_err().found().chars().count() <= 81);
    }
}
