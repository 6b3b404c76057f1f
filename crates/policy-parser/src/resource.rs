//! Resource patterns of `Resource` and `NotResource` (DOC-22 to DOC-25).

/// One string of a `Resource` or `NotResource` list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ResourcePattern {
    /// The text as written.
    pub text: String,
}

impl ResourcePattern {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}
