//! Guardrails: the ones that scproof brings along, and those of files (`docs/guardrails.md`).

mod file;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use scproof_policy_parser::{PolicyDocument, Statement};
use scproof_text::{LARGEST_FILE, LoadError, read_file};

use crate::model::Guardrail;

/// The `Format` of the files that this version reads.
pub const GUARDRAILS_FORMAT: &str = "scproof-guardrails/1";

// INVARIANT: a test reads the embedded file and finds no fault in it.
static BUILT_IN: LazyLock<Guardrails> =
    LazyLock::new(|| Guardrails::from_json(include_str!("../data/guardrails.json")).unwrap_or_default());

/// A list of guardrails in which each id stands once.
///
/// ```
/// use scproof_auditor::{Guardrails, Risk};
///
/// let own = Guardrails::from_json(r#"{"Format": "scproof-guardrails/1", "Guardrails": [{
///   "Id": "no-mainframes", "Title": "Nobody uses Mainframe Modernization", "Risk": "low",
///   "Why": "we closed that project", "MustBeBlocked": {"Action": "m2:*"}
/// }]}"#)?;
/// let mut all = Guardrails::new(Guardrails::built_in());
/// all.merge(own);
/// let last = all.list().last().ok_or("empty")?;
/// assert_eq!((last.id.as_str(), last.risk), ("no-mainframes", Risk::Low));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Guardrails {
    list: Vec<Arc<Guardrail>>,
}

impl Guardrails {
    /// The guardrails of a list; of several with one id the last, at the place of the first.
    pub fn new(list: &[Arc<Guardrail>]) -> Self {
        let mut guardrails = Self::default();
        guardrails.merge(Self { list: list.to_vec() });
        guardrails
    }

    /// What AWS and widely used collections of SCPs recommend to block; listed in `docs/guardrails.md`.
    pub fn built_in() -> &'static [Arc<Guardrail>] {
        &BUILT_IN.list
    }

    /// Reads a file of guardrails.
    ///
    /// # Errors
    ///
    /// All faults of the file with line and column. The error names the file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        read_file(path.as_ref(), LARGEST_FILE, Self::from_json)
    }

    /// Reads the text of a file of guardrails.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn from_json(text: &str) -> Result<Self, LoadError> {
        file::read(text).map(|list| Self { list })
    }

    /// Adds guardrails: one whose id is already there takes the place of the earlier one, others follow at the end.
    pub fn merge(&mut self, more: Self) {
        for guardrail in more.list {
            match self.list.iter_mut().find(|earlier| earlier.id == guardrail.id) {
                Some(earlier) => *earlier = guardrail,
                None => self.list.push(guardrail),
            }
        }
    }

    /// The guardrails, in order.
    pub fn list(&self) -> &[Arc<Guardrail>] {
        &self.list
    }

    /// The guardrails, in order.
    pub fn into_list(self) -> Vec<Arc<Guardrail>> {
        self.list
    }
}

impl Guardrail {
    /// The calls that must be blocked in an organization of one partition, as [`document`](Self::document) says them.
    ///
    /// A guardrail for all partitions names resources such as `arn:*:iam::*:role/x`. All calls of an organization stay
    /// in one partition (ID-11), but a resource is any text to a proof: a policy about `arn:aws:iam::*:role/x` would
    /// seem to leave the role of another partition open. So the partition is put where `Resource` leaves it open.
    /// Without a known partition nothing changes.
    ///
    /// ```
    /// use scproof_auditor::Guardrails;
    /// let own = Guardrails::from_json(r#"{"Format": "scproof-guardrails/1", "Guardrails": [{
    ///   "Id": "deploy-role", "Title": "Nobody deletes the role", "Risk": "high", "Why": "deployments need it",
    ///   "MustBeBlocked": {"Action": "iam:DeleteRole", "Resource": "arn:*:iam::*:role/deploy"}
    /// }]}"#)?;
    /// let narrowed = own.list()[0].document_in(Some("aws-us-gov"));
    /// assert!(narrowed.to_minified_json().is_some_and(|json| json.contains(r#""arn:aws-us-gov:iam::*:role/deploy""#)));
    /// # Ok::<(), scproof_organization::LoadError>(())
    /// ```
    pub fn document_in(&self, partition: Option<&str>) -> Arc<PolicyDocument> {
        const ANY: &str = "arn:*:";
        let mut document = Arc::clone(&self.document);
        let Some(head) = partition.map(|partition| format!("arn:{partition}:")) else { return document };
        let is_open = |statement: &Statement| {
            // To narrow a `NotResource` would widen the guardrail.
            let resource = statement.resource.as_ref().filter(|resource| !resource.negated);
            resource.is_some_and(|resource| resource.patterns.iter().any(|pattern| pattern.text.starts_with(ANY)))
        };
        if !self.document.statements.iter().any(is_open) {
            return document;
        }
        for statement in Arc::make_mut(&mut document).statements.iter_mut().filter(|statement| is_open(statement)) {
            for pattern in statement.resource.iter_mut().flat_map(|resource| &mut resource.patterns) {
                if let Some(rest) = pattern.text.strip_prefix(ANY) {
                    pattern.text = format!("{head}{rest}");
                }
            }
        }
        document
    }

    /// The calls that must be blocked, as the text of a policy.
    pub fn json(&self) -> String {
        // What was read from a file has a meaning, so that it can be written.
        self.document.to_minified_json().unwrap_or_default()
    }
}
