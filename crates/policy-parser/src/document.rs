//! What a policy text says, nothing resolved.
//!
//! Every part that could not be given a meaning is `None`; nothing is dropped (K3-14).

use crate::action::ActionPattern;
use crate::condition::Condition;
use crate::resource::ResourcePattern;

/// Which grammar a document follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum PolicyKind {
    /// A service control policy: caps the principals of member accounts.
    #[default]
    ServiceControl,
    /// A resource control policy: caps access to the resources of member accounts (rules RCP-1 to RCP-3).
    ResourceControl,
}

impl PolicyKind {
    /// AWS's name of the policy type, as in `ListPolicies`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ServiceControl => "SERVICE_CONTROL_POLICY",
            Self::ResourceControl => "RESOURCE_CONTROL_POLICY",
        }
    }
}

/// The policy language version (DOC-3, DOC-4).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Version {
    /// No `Version` element: means `2008-10-17` (DOC-3).
    #[default]
    Missing,
    /// `2008-10-17`: policy variables are literal text (DOC-4).
    V2008,
    /// `2012-10-17`: policy variables are live (VAR-3).
    V2012,
    /// Neither known date; the document's statements are without meaning (CLR-13).
    Other(String),
}

impl Version {
    /// Whether `${…}` is a policy variable in documents of this version (VAR-3, DOC-4).
    pub fn has_variables(&self) -> bool {
        *self == Self::V2012
    }
}

/// A parsed policy document.
///
/// A text that is no policy at all becomes a document with the single statement
/// [`Statement::without_meaning`], so that its uncertainty reaches every answer (K3-14).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct PolicyDocument {
    /// The grammar it was read with.
    pub kind: PolicyKind,
    /// The language version.
    pub version: Version,
    /// The optional `Id`; no meaning for evaluation (DOC-5).
    pub id: Option<String>,
    /// The statements in the order of the text; order never matters to an answer (GEN-6).
    pub statements: Vec<Statement>,
    /// Whether `Statement` was one bare object rather than an array (JSON-6): paths then have no index.
    pub single_statement: bool,
}

impl PolicyDocument {
    /// A document of which nothing could be read: one statement without meaning (K3-14).
    pub fn without_meaning(kind: PolicyKind) -> Self {
        Self { kind, statements: vec![Statement::without_meaning()], single_statement: true, ..Self::default() }
    }

    /// The route to a statement as diagnostics and answers print it: `Statement[2]`, or `Statement` for a bare object.
    pub fn statement_path(&self, index: usize) -> String {
        if self.single_statement { "Statement".to_owned() } else { format!("Statement[{index}]") }
    }
}

/// `Allow` or `Deny` (DOC-7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// The statement lets matching requests through at its level.
    Allow,
    /// The statement blocks matching requests.
    Deny,
}

impl Effect {
    /// AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// One statement. A part that is `None` could not be read; its truth value is unknown (K3-14).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Statement {
    /// The optional statement id (DOC-6).
    pub sid: Option<String>,
    /// The effect; `None` counts as an unknown Deny *and* an unknown Allow (DOC-7).
    pub effect: Option<Effect>,
    /// `Action` or `NotAction`.
    pub action: Option<ActionElement>,
    /// `Resource` or `NotResource`.
    pub resource: Option<ResourceElement>,
    /// The conditions, all of which must hold (COND-1); an absent block is empty and true (COND-2).
    pub condition: Option<Vec<Condition>>,
    /// A fault outside the parts above (an unknown element, a `Principal`, an unknown version): the statement's value
    /// is at best unknown, narrowed by what is readable.
    pub without_meaning: bool,
}

impl Statement {
    /// A statement of which nothing could be read: an unknown Deny and an unknown Allow of everything.
    pub fn without_meaning() -> Self {
        Self { without_meaning: true, ..Self::default() }
    }

    /// Whether every part has a meaning.
    pub fn is_readable(&self) -> bool {
        !self.without_meaning
            && self.effect.is_some()
            && self.action.is_some()
            && self.resource.is_some()
            && self.condition.as_ref().is_some_and(|conditions| conditions.iter().all(Condition::is_readable))
    }
}

/// `Action` or `NotAction` with its list (ACT-4, ACT-5).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ActionElement {
    /// Whether this is `NotAction`: true if *no* pattern matches.
    pub negated: bool,
    /// The patterns in the order of the text.
    pub patterns: Vec<ActionPattern>,
}

/// `Resource` or `NotResource` with its list (RES-10).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ResourceElement {
    /// Whether this is `NotResource`: true if *no* pattern matches.
    pub negated: bool,
    /// The patterns in the order of the text.
    pub patterns: Vec<ResourcePattern>,
}
