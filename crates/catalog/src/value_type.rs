//! What values a condition key has.

use std::fmt;

/// The type of a condition key's values, as AWS's tables give it.
///
/// The `ArrayOf` types are those of multivalued keys: a request may carry several values at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueType {
    /// Text.
    String,
    /// Several texts.
    ArrayOfString,
    /// An Amazon Resource Name.
    Arn,
    /// Several Amazon Resource Names.
    ArrayOfArn,
    /// `true` or `false`.
    Bool,
    /// Several of `true` and `false`.
    ArrayOfBool,
    /// A whole or decimal number.
    Numeric,
    /// An instant.
    Date,
    /// An IPv4 or IPv6 address.
    IpAddress,
}

impl ValueType {
    /// The type as AWS spells it, for instance `ArrayOfString` or `IPAddress`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::ArrayOfString => "ArrayOfString",
            Self::Arn => "ARN",
            Self::ArrayOfArn => "ArrayOfARN",
            Self::Bool => "Bool",
            Self::ArrayOfBool => "ArrayOfBool",
            Self::Numeric => "Numeric",
            Self::Date => "Date",
            Self::IpAddress => "IPAddress",
        }
    }

    /// Whether a request may carry several values of the key.
    pub const fn is_array(self) -> bool {
        matches!(self, Self::ArrayOfString | Self::ArrayOfArn | Self::ArrayOfBool)
    }

    /// The type of one value: `ArrayOfArn` gives `Arn`, the others themselves.
    #[must_use]
    pub const fn element(self) -> Self {
        match self {
            Self::String | Self::ArrayOfString => Self::String,
            Self::Arn | Self::ArrayOfArn => Self::Arn,
            Self::Bool | Self::ArrayOfBool => Self::Bool,
            Self::Numeric => Self::Numeric,
            Self::Date => Self::Date,
            Self::IpAddress => Self::IpAddress,
        }
    }

    /// The type of a letter code of the table.
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        match code {
            "S" => Some(Self::String),
            "S*" => Some(Self::ArrayOfString),
            "A" => Some(Self::Arn),
            "A*" => Some(Self::ArrayOfArn),
            "B" => Some(Self::Bool),
            "B*" => Some(Self::ArrayOfBool),
            "N" => Some(Self::Numeric),
            "D" => Some(Self::Date),
            "I" => Some(Self::IpAddress),
            _ => None,
        }
    }

    /// The type of a name as [`ValueType::as_str`] writes it.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "String" => Some(Self::String),
            "ArrayOfString" => Some(Self::ArrayOfString),
            "ARN" => Some(Self::Arn),
            "ArrayOfARN" => Some(Self::ArrayOfArn),
            "Bool" => Some(Self::Bool),
            "ArrayOfBool" => Some(Self::ArrayOfBool),
            "Numeric" => Some(Self::Numeric),
            "Date" => Some(Self::Date),
            "IPAddress" => Some(Self::IpAddress),
            _ => None,
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
