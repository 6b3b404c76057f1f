//! Decisions to live with findings, as data (`docs/suppressions.md`).

use std::collections::BTreeMap;
use std::path::Path;

use scproof_organization::{AccountScope, ChosenAccounts, NodeId, Organization, read_until};
use scproof_text::codes::BLANK_TEXT;
use scproof_text::{JsonText, LARGEST_FILE, LoadError, Node, RecordReader, TextKind, is_blank, read_file};

use crate::guard::sort_groups;
use crate::model::{Finding, GuardrailGroup, GuardrailReport, GuardrailState, Suppressed, Suppression};
use crate::{AuditError, codes};

/// The `Format` of the files that this version reads.
pub const SUPPRESSIONS_FORMAT: &str = "scproof-suppressions/1";

/// The most suppressions of a file: each is compared with every finding.
const MOST: usize = 10_000;

/// Reads files of suppressions.
///
/// ```
/// use scproof_auditor::Suppressions;
/// let list = Suppressions::from_json(r#"{"Format": "scproof-suppressions/1", "Suppressions": [
///   {"Finding": "deny-without-effect:p-abc#*", "Reason": "goes with ticket 42", "Until": "2027-01-31"}
/// ]}"#)?;
/// assert!(list[0].covers("deny-without-effect:p-abc#2") && !list[0].is_over("2027-01-31"));
/// # Ok::<(), scproof_organization::LoadError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Suppressions;

impl Suppressions {
    /// Reads a file of suppressions.
    ///
    /// # Errors
    ///
    /// All faults of the file with line and column. The error names the file.
    pub fn load(path: impl AsRef<Path>) -> Result<Vec<Suppression>, LoadError> {
        read_file(path.as_ref(), LARGEST_FILE, Self::from_json)
    }

    /// Reads the text of a file of suppressions.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn from_json(text: &str) -> Result<Vec<Suppression>, LoadError> {
        let file = JsonText::new(text, &TextKind::FILE);
        let mut reader = RecordReader::new(&file);
        let mut root = reader.root()?;
        reader.format(&mut root, SUPPRESSIONS_FORMAT, "file of suppressions")?;
        root.text(&mut reader, "$schema");
        root.text(&mut reader, "Description");
        let mut elements = root.required_elements(&mut reader, "Suppressions");
        if elements.len() > MOST {
            let message = format!("the file has {} suppressions", elements.len());
            let fault = codes::TOO_MANY_SUPPRESSIONS.message(message).on(root.span_of("Suppressions"));
            reader.fault(
                fault
                    .expected(format!("at most {MOST}"))
                    .help("use patterns that cover more, or repair what they cover"),
            );
            elements = &[];
        }
        root.close(&mut reader);
        let list: Vec<Suppression> = elements.iter().filter_map(|node| suppression(node, &mut reader)).collect();
        reader.finish()?;
        Ok(list)
    }
}

/// Suppressions of which some have come to cover something.
pub(crate) struct Applied<'a> {
    list: Vec<Applicable<'a>>,
}

struct Applicable<'a> {
    suppression: &'a Suppression,
    accounts: ChosenAccounts,
    /// One that is over covers nothing any more.
    is_over: bool,
    is_used: bool,
}

impl<'a> Applied<'a> {
    /// `today` is a date such as `2027-01-31`; without it dates are not looked at.
    pub(crate) fn new(
        organization: &Organization,
        suppressions: &'a [Suppression],
        today: Option<&str>,
    ) -> Result<Self, AuditError> {
        let applicable = |suppression: &'a Suppression| {
            let accounts = suppression.scope.chosen(organization).map_err(|error| AuditError::Scope {
                of: format!("the suppression of `{}`", suppression.finding),
                error,
            })?;
            let is_over = today.is_some_and(|today| suppression.is_over(today));
            Ok(Applicable { suppression, accounts, is_over, is_used: false })
        };
        Ok(Self { list: suppressions.iter().map(applicable).collect::<Result<_, AuditError>>()? })
    }

    /// Splits findings into those that nobody wants to live with and those that a suppression covers. A finding carries
    /// the reason of the first suppression that covers it.
    pub(crate) fn of_findings(&mut self, findings: Vec<Finding>) -> (Vec<Finding>, Vec<Suppressed>) {
        let (mut left, mut suppressed) = (Vec::new(), Vec::new());
        for finding in findings {
            let covers_accounts = |accounts: &ChosenAccounts| {
                accounts.is_everything()
                    || (!finding.accounts.is_empty() && finding.accounts.iter().all(|account| accounts.has(*account)))
            };
            let reason = self.reason(&finding.fingerprint, covers_accounts);
            match reason {
                Some(reason) => suppressed.push(Suppressed { finding, reason }),
                None => left.push(finding),
            }
        }
        (left, suppressed)
    }

    /// Takes the accounts whose holes a suppression covers out of their groups.
    pub(crate) fn of_holes(&mut self, guardrails: &mut [GuardrailReport]) {
        if self.list.is_empty() {
            return;
        }
        for report in guardrails {
            let fingerprint = format!("hole:{}", report.guardrail.id);
            let mut covered: Vec<GuardrailGroup> = Vec::new();
            for group in report.groups.iter_mut().filter(|group| group.state == GuardrailState::Hole) {
                let mut left = Vec::with_capacity(group.accounts.len());
                let mut by_reason: BTreeMap<String, Vec<NodeId>> = BTreeMap::new();
                for account in std::mem::take(&mut group.accounts) {
                    match self.reason(&fingerprint, |accounts| accounts.has(account)) {
                        Some(reason) => by_reason.entry(reason).or_default().push(account),
                        None => left.push(account),
                    }
                }
                group.accounts = left;
                covered.extend(by_reason.into_iter().map(|(reason, accounts)| GuardrailGroup {
                    accounts,
                    state: GuardrailState::Suppressed,
                    reason: Some(reason),
                    ..group.clone()
                }));
            }
            report.groups.retain(|group| !group.accounts.is_empty());
            report.groups.extend(covered);
            sort_groups(&mut report.groups);
        }
    }

    /// The suppressions that cover nothing, because they are over or there is nothing to cover.
    pub(crate) fn unused(&self) -> Vec<Suppression> {
        self.list.iter().filter(|found| !found.is_used).map(|found| found.suppression.clone()).collect()
    }

    /// The reason of the first suppression that covers something; all that cover it are in use.
    fn reason(&mut self, fingerprint: &str, covers: impl Fn(&ChosenAccounts) -> bool) -> Option<String> {
        let mut reason = None;
        for found in &mut self.list {
            if !found.is_over && covers(&found.accounts) && found.suppression.covers(fingerprint) {
                found.is_used = true;
                reason.get_or_insert_with(|| found.suppression.reason.clone());
            }
        }
        reason
    }
}

impl Suppression {
    /// Whether it is about the finding with a fingerprint. A `*` stands for any text, all other characters for
    /// themselves. `O(length of the fingerprint × length of the pattern)`.
    pub fn covers(&self, fingerprint: &str) -> bool {
        let mut parts = self.finding.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = fingerprint.strip_prefix(first) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        // The earliest place of each part leaves most for those behind it.
        for part in parts {
            match rest.split_once(part) {
                Some((_, behind)) => rest = behind,
                None => return false,
            }
        }
        rest.ends_with(last)
    }

    /// Whether its last day is before a date such as `2027-01-31`.
    pub fn is_over(&self, today: &str) -> bool {
        self.until.as_deref().is_some_and(|until| until < today)
    }
}

fn suppression<'f>(node: &'f Node<'f>, reader: &mut RecordReader<'f>) -> Option<Suppression> {
    let mut record = reader.record(node)?;
    let mut words = |name: &'static str, help: &str| {
        let text = record.required_text(reader, name)?;
        if is_blank(&text) {
            let fault = BLANK_TEXT.message(format!("`{name}` says nothing")).on(record.span_of(name));
            reader.fault(fault.help(help));
            return None;
        }
        Some(text)
    };
    let finding = words("Finding", "an audit shows the fingerprint of each finding");
    let reason = words("Reason", "say why the finding is acceptable: somebody will ask");
    let until = read_until(&mut record, reader);
    let scope = AccountScope::read(&mut record, reader);
    record.close(reader);
    Some(Suppression { finding: finding?, reason: reason?, until, scope })
}
