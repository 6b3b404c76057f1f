//! Condition operators and the conditions of a statement (part D of the rules).

use std::fmt;

/// What an operator compares as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OperatorFamily {
    /// Text (OP-1 to OP-3).
    String,
    /// Exact decimals (OP-4 to OP-6).
    Numeric,
    /// Instants (OP-7 to OP-11).
    Date,
    /// `true` / `false` (OP-12).
    Bool,
    /// Bytes given as base64 (OP-14).
    Binary,
    /// Addresses and CIDR blocks (OP-15 to OP-18).
    IpAddress,
    /// ARNs by component (OP-19 to OP-22, RES-13).
    Arn,
    /// Presence of the key (SET-16).
    Null,
}

macro_rules! operators {
    ($($name:ident $text:literal $family:ident $negated:literal),+ $(,)?) => {
        /// A condition operator without set prefix and `IfExists`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the names are AWS's own; their meaning is in rules OP-1 to OP-22")]
        pub enum BaseOperator { $($name),+ }

        impl BaseOperator {
            /// All operators, in the order of the AWS documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// AWS's spelling.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// What the operator compares as.
            pub fn family(self) -> OperatorFamily {
                match self { $(Self::$name => OperatorFamily::$family),+ }
            }

            /// Whether `*` and `?` in its values are wildcards (OP-3, OP-19).
            pub fn takes_patterns(self) -> bool {
                matches!(self, Self::StringLike | Self::StringNotLike) || self.family() == OperatorFamily::Arn
            }

            /// Whether the operator is one of the eight negated ones of COND-7.
            pub fn is_negated(self) -> bool {
                match self { $(Self::$name => $negated),+ }
            }
        }
    };
}

operators! {
    StringEquals "StringEquals" String false,
    StringNotEquals "StringNotEquals" String true,
    StringEqualsIgnoreCase "StringEqualsIgnoreCase" String false,
    StringNotEqualsIgnoreCase "StringNotEqualsIgnoreCase" String true,
    StringLike "StringLike" String false,
    StringNotLike "StringNotLike" String true,
    NumericEquals "NumericEquals" Numeric false,
    NumericNotEquals "NumericNotEquals" Numeric true,
    NumericLessThan "NumericLessThan" Numeric false,
    NumericLessThanEquals "NumericLessThanEquals" Numeric false,
    NumericGreaterThan "NumericGreaterThan" Numeric false,
    NumericGreaterThanEquals "NumericGreaterThanEquals" Numeric false,
    DateEquals "DateEquals" Date false,
    DateNotEquals "DateNotEquals" Date true,
    DateLessThan "DateLessThan" Date false,
    DateLessThanEquals "DateLessThanEquals" Date false,
    DateGreaterThan "DateGreaterThan" Date false,
    DateGreaterThanEquals "DateGreaterThanEquals" Date false,
    Bool "Bool" Bool false,
    BinaryEquals "BinaryEquals" Binary false,
    IpAddress "IpAddress" IpAddress false,
    NotIpAddress "NotIpAddress" IpAddress true,
    ArnEquals "ArnEquals" Arn false,
    ArnLike "ArnLike" Arn false,
    ArnNotEquals "ArnNotEquals" Arn true,
    ArnNotLike "ArnNotLike" Arn true,
    Null "Null" Null false,
}

/// A set prefix of an operator (SET-5 to SET-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SetPrefix {
    /// `ForAllValues:`: every request value must satisfy the operator; true if there is none.
    ForAllValues,
    /// `ForAnyValue:`: at least one request value must satisfy the operator.
    ForAnyValue,
}

impl SetPrefix {
    /// AWS's spelling, without the colon.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ForAllValues => "ForAllValues",
            Self::ForAnyValue => "ForAnyValue",
        }
    }
}

/// A whole operator: `ForAllValues:StringNotLikeIfExists`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConditionOperator {
    /// The set prefix, if any.
    pub set: Option<SetPrefix>,
    /// The comparison.
    pub base: BaseOperator,
    /// Whether `IfExists` is appended (SET-3, SET-4).
    pub if_exists: bool,
}

impl ConditionOperator {
    /// Reads an operator name ignoring ASCII case (DOC-30); `None` for unknown names, unknown prefixes and
    /// `NullIfExists` (DOC-29).
    ///
    /// ```
    /// use scproof_policy_parser::{BaseOperator, ConditionOperator};
    /// let operator = ConditionOperator::parse("ForAnyValue:StringLikeIfExists").ok_or("unknown operator")?;
    /// assert_eq!(operator.base, BaseOperator::StringLike);
    /// assert!(operator.if_exists && ConditionOperator::parse("NullIfExists").is_none());
    /// # Ok::<(), &str>(())
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let (set, rest) = match text.split_once(':') {
            None => (None, text),
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAllValues") => {
                (Some(SetPrefix::ForAllValues), rest)
            }
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAnyValue") => (Some(SetPrefix::ForAnyValue), rest),
            Some(_) => return None,
        };
        let base_of =
            |name: &str| BaseOperator::ALL.iter().copied().find(|base| base.as_str().eq_ignore_ascii_case(name));
        if let Some(base) = base_of(rest) {
            return Some(Self { set, base, if_exists: false });
        }
        let cut = rest.len().checked_sub("IfExists".len())?;
        let (name, suffix) = rest.split_at_checked(cut)?;
        if !suffix.eq_ignore_ascii_case("IfExists") {
            return None;
        }
        let base = base_of(name)?;
        (base != BaseOperator::Null).then_some(Self { set, base, if_exists: true })
    }
}

impl fmt::Display for ConditionOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(set) = self.set {
            write!(f, "{}:", set.as_str())?;
        }
        write!(f, "{}{}", self.base.as_str(), if self.if_exists { "IfExists" } else { "" })
    }
}

/// The JSON type a condition value was written as (JSON-7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ValueKind {
    /// A JSON string.
    String,
    /// A JSON number; the text is the token as written.
    Number,
    /// `true` or `false`.
    Bool,
}

/// One value of a condition: the literal text of its token (JSON-7).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConditionValue {
    /// The text to compare with.
    pub text: String,
    /// How it was written.
    pub kind: ValueKind,
}

/// One operator applied to one key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Condition {
    /// The operator as written.
    pub operator_text: String,
    /// The operator; `None` when unknown: the condition's value is unknown (DOC-29).
    pub operator: Option<ConditionOperator>,
    /// The key as written; keys ignore case (COND-4).
    pub key: String,
    /// The values; `None` when they could not be read: the condition's value is unknown.
    pub values: Option<Vec<ConditionValue>>,
}

impl Condition {
    /// Whether operator and values have a meaning.
    pub fn is_readable(&self) -> bool {
        self.operator.is_some() && self.values.is_some()
    }
}
