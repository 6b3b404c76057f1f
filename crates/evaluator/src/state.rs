//! What is known of a context key: its value, its absence, or nothing (K3-3, K3-7).

use std::net::IpAddr;

use scproof_policy_parser::WildcardPattern;

use crate::keys::KeyRow;
use crate::truth::Truth;

/// The state of one context key in one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyState {
    /// The request certainly does not carry the key.
    Absent,
    /// The request carries these values.
    Present(Values),
    /// The analyst does not know.
    Unknown(Domain),
    /// It is so, or the request lacks the key: AWS's tables do not agree (CALL-8).
    Either(Box<KeyState>),
    /// The request carries several keys that differ only in case; which one counts is open (COND-5).
    Candidates(Box<[KeyState]>),
    /// The request carries a key that equals the policy's only under full case folding (GEN-7).
    OtherFold,
}

/// The values of a present key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Values {
    pub(crate) texts: Box<[Value]>,
    /// Whether the key is multivalued, also if it happens to carry one value (SET-9).
    pub(crate) multivalued: bool,
}

/// One value of a request, with what matching asks of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Value {
    pub(crate) text: Box<str>,
    /// Whether it has the six components of an ARN (OP-21).
    pub(crate) is_arn: bool,
    pub(crate) is_ascii: bool,
    /// Whether partition, service or region are spelt with capitals (RES-4).
    pub(crate) has_upper_head: bool,
    /// The address, if it is one (OP-15).
    pub(crate) address: Option<IpAddr>,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        let colons = text.bytes().filter(|&byte| byte == b':').count();
        let has_upper_head = text.split(':').take(4).any(|part| part.bytes().any(|byte| byte.is_ascii_uppercase()));
        Self {
            text: text.into(),
            is_arn: colons >= 5,
            is_ascii: text.is_ascii(),
            has_upper_head,
            address: text.parse().ok(),
        }
    }
}

/// For conditions, by their number, whether their values match all, none or some of a domain.
pub(crate) type ConditionTruths = Box<[(u32, Truth)]>;

/// What an unknown key may be (K3-7).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts about what a value may be")]
pub(crate) struct Domain {
    /// Whether the request may lack the key.
    pub(crate) may_be_absent: bool,
    /// Whether the key may carry several values, or an empty list of them.
    pub(crate) may_be_list: bool,
    pub(crate) values: DomainValues,
    /// Values that a list certainly has, beside others (LAW-2, LAW-3).
    pub(crate) holds: Box<[Value]>,
    /// Whether a list has one value at least.
    pub(crate) is_filled: bool,
    /// Whether the value may be the empty text, beside those of `values` (CALL-23).
    pub(crate) may_be_empty_text: bool,
    /// For conditions on the key, by their number, whether its values match all, none or some of the domain; worked out
    /// when the request was prepared. A condition that is not listed means the same in every request.
    pub(crate) truths: ConditionTruths,
}

impl Domain {
    pub(crate) fn new(may_be_absent: bool, may_be_list: bool, values: DomainValues) -> Self {
        let (holds, truths) = (Box::default(), Box::default());
        Self { may_be_absent, may_be_list, values, holds, is_filled: false, may_be_empty_text: false, truths }
    }

    pub(crate) fn holding(self, holds: Box<[Value]>) -> Self {
        Self { is_filled: !holds.is_empty(), holds, ..self }
    }

    /// The same without what conditions say of it.
    pub(crate) fn bare(&self) -> Self {
        Self { truths: Box::default(), ..self.clone() }
    }
}

/// Which texts a value of an unknown key may have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum DomainValues {
    Any,
    OneOf(Box<[Value]>),
    NoneOf(Box<[Value]>),
    /// A text that at least one of the patterns matches (CTX-61, CTX-62).
    Like(Box<[WildcardPattern]>),
}

impl KeyState {
    pub(crate) fn single(text: &str) -> Self {
        Self::Present(Values { texts: Box::new([text.into()]), multivalued: false })
    }

    pub(crate) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Present(Values { texts: texts.into_iter().map(Into::into).collect(), multivalued: true })
    }

    pub(crate) fn one_of<'a>(texts: impl IntoIterator<Item = &'a str>, may_be_absent: bool) -> Self {
        let values = DomainValues::OneOf(texts.into_iter().map(Into::into).collect());
        Self::Unknown(Domain::new(may_be_absent, false, values))
    }

    pub(crate) fn like(patterns: impl IntoIterator<Item = WildcardPattern>) -> Self {
        let values = DomainValues::Like(patterns.into_iter().collect());
        Self::Unknown(Domain::new(false, false, values))
    }

    /// Any value of a key of table E.1.
    pub(crate) fn any_of(row: &KeyRow) -> Self {
        let domain = Domain::new(!row.always, row.multivalued, DomainValues::Any);
        Self::Unknown(Domain { may_be_empty_text: row.may_be_empty_text(), ..domain })
    }

    pub(crate) fn any(may_be_absent: bool, may_be_list: bool) -> Self {
        Self::Unknown(Domain::new(may_be_absent, may_be_list, DomainValues::Any))
    }
}
