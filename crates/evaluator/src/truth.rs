//! Three-valued truth (K3-1, K3-2).

/// Whether something holds: yes, no, or not known to the analyst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Truth {
    /// It does not hold, whatever the unknown facts.
    False,
    /// The facts at hand do not tell.
    Unknown,
    /// It holds, whatever the unknown facts.
    True,
}

impl Truth {
    /// Conjunction: false if either is false, else unknown if either is unknown (K3-1).
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Disjunction: true if either is true, else unknown if either is unknown (K3-1).
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// Negation: unknown stays unknown (K3-1).
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }

    /// Negation if `negated`, else the value itself.
    #[must_use]
    pub(crate) fn negate_if(self, negated: bool) -> Self {
        if negated { self.negate() } else { self }
    }

    /// The common value if both agree, else unknown: two readings or two possible states (GEN-3, K3-5).
    #[must_use]
    pub(crate) fn agree(self, other: Self) -> Self {
        if self == other { self } else { Self::Unknown }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{False, True, Unknown};

    #[test]
    fn kleene_tables_of_k3_1() {
        assert_eq!([False.and(Unknown), Unknown.and(True), True.and(True)], [False, Unknown, True]);
        assert_eq!([False.or(Unknown), Unknown.or(True), False.or(False)], [Unknown, True, False]);
        assert_eq!([False.negate(), Unknown.negate(), True.negate()], [True, Unknown, False]);
        assert_eq!([True.agree(False), Unknown.agree(Unknown), True.agree(True)], [Unknown, Unknown, True]);
    }
}
