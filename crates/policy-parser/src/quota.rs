//! AWS's size and count limits, as data with dates and sources (LIM-1 to LIM-8).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use scproof_text::did_you_mean;
use serde::Deserialize;

const EMBEDDED_TEXT: &str = include_str!("../data/quotas.json");

// INVARIANT: a test reads the embedded file and finds every limit in it.
static EMBEDDED: LazyLock<History> = LazyLock::new(|| read(EMBEDDED_TEXT).unwrap_or_default());

macro_rules! quota_names {
    ($($(#[$doc:meta])+ $name:ident $text:literal),+ $(,)?) => {
        /// What a limit is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum QuotaName { $($(#[$doc])+ $name),+ }

        impl QuotaName {
            /// Every limit.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name in a quota file.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

quota_names! {
    /// Characters of one SCP (LIM-2).
    ScpCharacters "max_scp_chars",
    /// Characters of one RCP (LIM-7).
    RcpCharacters "max_rcp_chars",
    /// SCPs attached directly to one root, OU or account (LIM-4).
    ScpsPerTarget "max_scps_per_target",
    /// The fewest SCPs attached to one target while the policy type is enabled (LIM-4).
    FewestScpsPerTarget "min_scps_per_target",
    /// RCPs attached directly to one target, `RCPFullAWSAccess` included (LIM-7).
    RcpsPerTarget "max_rcps_per_target",
    /// Roots of an organization (LIM-6).
    Roots "max_roots",
    /// OUs of an organization (LIM-6).
    OrganizationalUnits "max_organizational_units",
    /// Levels of OUs below the root (LIM-6).
    OrganizationalUnitLevels "max_organizational_unit_levels",
    /// SCPs of an organization (LIM-6).
    Scps "max_scps",
    /// RCPs of an organization (LIM-6).
    Rcps "max_rcps",
    /// Accounts of an organization, unless AWS raised the limit (LIM-6).
    Accounts "default_max_accounts",
    /// The most accounts that AWS raises the limit to (LIM-6).
    AccountsAtMost "max_accounts",
    /// Tags of one root, OU, account or policy (LIM-6).
    Tags "max_tags",
    /// Characters of the delegation policy (LIM-6).
    DelegationPolicyCharacters "max_delegation_policy_chars",
    /// Characters of a policy name (LIM-8).
    PolicyNameCharacters "max_policy_name_chars",
    /// Characters of a policy description (LIM-8).
    PolicyDescriptionCharacters "max_policy_description_chars",
    /// Characters of an OU name (LIM-8).
    OrganizationalUnitNameCharacters "max_organizational_unit_name_chars",
    /// Characters of an account name at creation (LIM-8).
    AccountNameCharacters "max_account_name_chars",
    /// Characters of a root name (LIM-8).
    RootNameCharacters "max_root_name_chars",
    /// Characters of a tag key (LIM-8).
    TagKeyCharacters "max_tag_key_chars",
    /// Characters of a tag value (LIM-8).
    TagValueCharacters "max_tag_value_chars",
}

impl QuotaName {
    /// The limit of a name in a quota file.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|name| name.as_str() == text)
    }
}

/// One limit with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The limit.
    pub value: u64,
    /// The first day it held, as `YYYY-MM-DD`; `None`: as long as anybody knows.
    pub since: Option<String>,
    /// Where the number is from.
    pub source: String,
    /// The rule that states it, such as `LIM-2`.
    pub rule: String,
}

/// The limits in force at one time.
///
/// ```
/// use scproof_policy_parser::{QuotaName, Quotas};
/// assert_eq!(Quotas::current().value(QuotaName::ScpCharacters), Some(10_240));
/// assert_eq!(Quotas::on("2026-05-14")?.value(QuotaName::ScpCharacters), Some(5_120));
/// let mine = Quotas::from_json(r#"[{"name": "max_scps_per_target", "value": 20}]"#)?;
/// assert_eq!(mine.value(QuotaName::ScpsPerTarget), Some(20));
/// # Ok::<(), scproof_policy_parser::QuotaError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotas {
    in_force: BTreeMap<QuotaName, Quota>,
}

impl Default for Quotas {
    fn default() -> Self {
        Self::current()
    }
}

/// Why a quota file was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuotaError {
    /// The text is not a JSON list of quotas.
    #[error("the quota file is not a list of quotas: {0}")]
    Shape(#[from] serde_json::Error),
    /// A name that no limit has.
    #[error("entry {entry} of the quota file names the unknown quota `{name}`{}", suggestion.as_ref().map_or_else(String::new, |text| format!(": {text}")))]
    UnknownName {
        /// The entry, from 1.
        entry: usize,
        /// The name as written.
        name: String,
        /// "did you mean …", if a name is near.
        suggestion: Option<String>,
    },
    /// A day that is not written `YYYY-MM-DD`.
    #[error("`{0}` is not a date of the form `YYYY-MM-DD`")]
    BadDate(String),
    /// Two entries give the same limit from the same day on.
    #[error("the quota file gives `{name}` twice for the same day")]
    Repeated {
        /// The name of the limit.
        name: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    value: u64,
    since: Option<String>,
    #[serde(default)]
    source: String,
    #[serde(default)]
    rule: String,
}

/// All values of each limit, by the day they came into force.
type History = BTreeMap<QuotaName, BTreeMap<Option<Date>, Quota>>;

impl Quotas {
    /// The newest limits known to this version of the program.
    pub fn current() -> Self {
        Self::newest(EMBEDDED.clone(), None)
    }

    /// The limits that held on a day, written `YYYY-MM-DD`.
    ///
    /// # Errors
    /// If the text is no such date.
    pub fn on(day: &str) -> Result<Self, QuotaError> {
        Ok(Self::newest(EMBEDDED.clone(), Some(parse_day(day)?)))
    }

    /// Reads a user's limits: a list of `{"name", "value", "since", "source", "rule"}`, the last three optional. The
    /// newest entry of a name counts; limits that the file does not name keep their current value.
    ///
    /// # Errors
    /// If the text is no such list, or an entry has an unknown name, a bad date, or the same name and day as another.
    pub fn from_json(text: &str) -> Result<Self, QuotaError> {
        let mut quotas = Self::current();
        quotas.in_force.extend(Self::newest(read(text)?, None).in_force);
        Ok(quotas)
    }

    fn newest(history: History, day: Option<Date>) -> Self {
        let in_force = history.into_iter().filter_map(|(name, values)| {
            let held = |since: &Option<Date>| day.is_none_or(|day| since.is_none_or(|since| since <= day));
            values.into_iter().rfind(|(since, _)| held(since)).map(|(_, quota)| (name, quota))
        });
        Self { in_force: in_force.collect() }
    }

    /// A limit with its origin; `None` if none is known for the time.
    pub fn get(&self, name: QuotaName) -> Option<&Quota> {
        self.in_force.get(&name)
    }

    /// The value of a limit; `None` if none is known for the time.
    pub fn value(&self, name: QuotaName) -> Option<u64> {
        self.get(name).map(|quota| quota.value)
    }

    /// All limits, in the order of [`QuotaName::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (QuotaName, &Quota)> {
        self.in_force.iter().map(|(&name, quota)| (name, quota))
    }
}

fn parse_day(text: &str) -> Result<Date, QuotaError> {
    let is_plain = text.len() == "YYYY-MM-DD".len();
    text.parse().ok().filter(|_| is_plain).ok_or_else(|| QuotaError::BadDate(text.to_owned()))
}

fn read(text: &str) -> Result<History, QuotaError> {
    let entries: Vec<Entry> = serde_json::from_str(text)?;
    let mut history = History::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let Some(name) = QuotaName::parse(&entry.name) else {
            let suggestion = did_you_mean(&entry.name, QuotaName::ALL.iter().map(|name| name.as_str()));
            return Err(QuotaError::UnknownName { entry: index + 1, name: entry.name, suggestion });
        };
        let since = entry.since.as_deref().map(parse_day).transpose()?;
        let quota = Quota { value: entry.value, since: entry.since, source: entry.source, rule: entry.rule };
        if history.entry(name).or_default().insert(since, quota).is_some() {
            return Err(QuotaError::Repeated { name: name.as_str() });
        }
    }
    Ok(history)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_file_is_complete() {
        let history = read(EMBEDDED_TEXT).unwrap();
        for name in QuotaName::ALL {
            assert!(history.contains_key(name), "{name:?}");
        }
        for quota in history.values().flat_map(BTreeMap::values) {
            assert!(!quota.source.is_empty() && quota.rule.starts_with("LIM-"), "{quota:?}");
        }
    }

    #[test]
    fn lim_2_and_lim_4_have_a_history() {
        let before = Quotas::on("2026-05-14").unwrap();
        let after = Quotas::on("2026-05-15").unwrap();
        let both = |name| (before.value(name), after.value(name));
        assert_eq!(both(QuotaName::ScpCharacters), (Some(5_120), Some(10_240)));
        assert_eq!(both(QuotaName::ScpsPerTarget), (Some(5), Some(10)));
        assert_eq!(both(QuotaName::RcpCharacters), (Some(5_120), Some(5_120)));
        assert_eq!(after, Quotas::current());
    }

    #[test]
    fn faults_of_a_users_file_are_named() {
        let message = |text| Quotas::from_json(text).unwrap_err().to_string();
        assert_eq!(
            message(r#"[{"name": "max_scp_char", "value": 1}]"#),
            "entry 1 of the quota file names the unknown quota `max_scp_char`: did you mean `max_scp_chars`?"
        );
        assert!(message(r#"[{"name": "max_scp_chars", "value": -1}]"#).contains("invalid value: integer `-1`"));
        assert!(message(r#"[{"name": "max_scp_chars"}]"#).contains("missing field `value`"));
        assert!(message(r#"{"max_scp_chars": 1}"#).contains("expected a sequence"));
        assert_eq!(
            message(r#"[{"name": "max_scps", "value": 1, "since": "2026"}]"#),
            "`2026` is not a date of the form `YYYY-MM-DD`"
        );
        assert_eq!(
            message(r#"[{"name": "max_scps", "value": 1}, {"name": "max_scps", "value": 2}]"#),
            "the quota file gives `max_scps` twice for the same day"
        );
    }

    #[test]
    fn of_a_users_entries_the_newest_counts() {
        let text = r#"[{"name": "max_scps", "value": 2, "since": "2027-01-01"}, {"name": "max_scps", "value": 1}]"#;
        assert_eq!(Quotas::from_json(text).unwrap().value(QuotaName::Scps), Some(2));
    }
}
