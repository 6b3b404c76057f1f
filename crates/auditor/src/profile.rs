//! Profiles: choices of the guardrails that scproof brings along (`docs/guardrails.md`).

use std::sync::LazyLock;

use serde::Deserialize;

/// The `Format` of the data.
pub const PROFILES_FORMAT: &str = "scproof-profiles/1";

/// A choice of guardrails, and who recommends it.
///
/// ```
/// use scproof_auditor::{Guardrails, Profile};
///
/// let baseline = Profile::find("baseline").ok_or("no such profile")?;
/// assert!(baseline.chooses("leave-organization") && !baseline.chooses("budgets"));
/// assert!(Profile::all().iter().any(|profile| profile.id == "all" && profile.chooses("budgets")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Profile {
    /// What it is called on a command line.
    pub id: String,
    /// For whom it is, in a few words.
    pub title: String,
    /// Web pages that the choice goes back to.
    pub sources: Vec<String>,
    /// The ids of the guardrails, in any order; `*` for all.
    pub guardrails: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct File {
    #[serde(rename = "Format")]
    _format: String,
    #[serde(rename = "Description")]
    _description: String,
    profiles: Vec<Profile>,
}

// INVARIANT: a test reads the embedded file.
static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/profiles.json")).map_or_else(|_| Vec::new(), |file: File| file.profiles)
});

impl Profile {
    /// The profile of an audit that is asked for none.
    pub const DEFAULT: &str = "baseline";

    /// All profiles, the [default](Self::DEFAULT) one first.
    pub fn all() -> &'static [Self] {
        &PROFILES
    }

    /// The profile of a name.
    pub fn find(id: &str) -> Option<&'static Self> {
        Self::all().iter().find(|profile| profile.id == id)
    }

    /// Whether a guardrail of this id is one of it.
    pub fn chooses(&self, guardrail: &str) -> bool {
        self.guardrails.iter().any(|id| id == guardrail || id == "*")
    }
}
