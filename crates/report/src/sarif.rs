//! SARIF 2.1.0 of an audit, for code scanning: findings, and guardrails with holes.
//!
//! The snapshot is the file that results are in, since that is what a repository has. A policy is a text inside it:
//! each one that a result speaks of is an artifact of its own with its text, and a related location says the line and
//! column in that text. Columns count characters. A hole is a result of the rule `guardrail/<id>`, one for each group
//! of accounts that are alike, or with [`AuditDetail::Full`] one for each account; a guardrail that could not be
//! settled is one of the kind `open`. What is suppressed is there, marked so. Results name groups of accounts; the
//! properties of the run list the accounts of each once.
//!
//! [`AuditDetail::Full`]: crate::AuditDetail::Full

mod explained;
mod model;
pub(crate) mod validation;

use std::fmt::Write as _;
use std::io::{self, Write};

use scproof_auditor::{
    Audit, Finding, Guardrail, GuardrailGroup, GuardrailReport, GuardrailState, Passing, Place, Risk,
};
use scproof_organization::{NodeId, Organization, PolicyIndex};

use crate::audit::{
    AccountGroup, AccountGroups, AuditReport, evidence_words, line_and_column, place_words, stable_hash, untold_words,
};
use crate::command_line;
use crate::impact::{Detail, action_lines, when_lines, why_words};
use crate::layout::{clean, count, grouped};
use crate::names::{account_words, capitalised, policy_words};
use crate::words::Words;
use explained::Explained;
use model::{
    Artifact, ArtifactLocation, Configuration, Content, Driver, GroupProperties, Invocation, Location, Log,
    LogicalLocation, Message, PartialFingerprints, PhysicalLocation, Region, ResultProperties, Rule, RuleProperties,
    Run, RunProperties, SarifResult, Suppression, Tool,
};

/// Where the schema of the format is.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Where the project is.
const PROJECT: &str = env!("CARGO_PKG_REPOSITORY");
/// Up to this many units are named as places of a hole.
const MOST_UNITS: usize = 32;
/// So many accounts are named in the words of a hole.
const FIRST_ACCOUNTS: usize = 3;
/// The place of the snapshot among the artifacts.
const SNAPSHOT: usize = 0;

/// Writes the log: one run.
///
/// # Errors
///
/// If writing fails.
pub(crate) fn render(report: &AuditReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let groups = AccountGroups::new(report, &[]);
    let mut builder = Builder { report, groups: &groups, rules: Vec::new(), policies: Vec::new(), results: Vec::new() };
    // All guardrails are rules: one that holds was checked too.
    for found in &report.audit.guardrails {
        builder.guardrail(found);
    }
    for finding in &report.audit.findings {
        builder.finding(finding, None);
    }
    for suppressed in &report.audit.suppressed {
        builder.finding(&suppressed.finding, Some(&suppressed.reason));
    }
    let artifacts = builder.artifacts();
    let ids = |accounts: &[NodeId]| accounts.iter().map(|&account| builder.account_id(account)).collect();
    let group = |(group, accounts): &(AccountGroup<'_>, Vec<NodeId>)| GroupProperties {
        name: group.to_string(),
        accounts: ids(accounts),
    };
    let properties = RunProperties { account_groups: groups.iter().map(group).collect() };
    write_log(builder.rules, artifacts, builder.results, Some(properties), out)
}

/// Writes the log of one run.
fn write_log(
    rules: Vec<Rule>,
    artifacts: Vec<Artifact>,
    results: Vec<SarifResult>,
    properties: Option<RunProperties>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let driver =
        Driver { name: "scproof", semantic_version: env!("CARGO_PKG_VERSION"), information_uri: PROJECT, rules };
    let run = Run {
        tool: Tool { driver },
        invocations: vec![Invocation { execution_successful: true }],
        column_kind: "unicodeCodePoints",
        artifacts,
        results,
        properties,
    };
    // A line a rule, artifact and result.
    crate::json::write_lines(&Log { schema: SCHEMA, version: "2.1.0", runs: vec![run] }, 4, out)
}

/// SARIF's word for a risk.
fn level(risk: Risk) -> &'static str {
    match risk {
        Risk::High => "error",
        Risk::Medium => "warning",
        Risk::Low | Risk::Info => "note",
    }
}

/// The number that code scanning sorts by: from 7 on it is high, from 4 on medium, below low.
fn security_severity(risk: Risk) -> Option<&'static str> {
    match risk {
        Risk::High => Some("8.0"),
        Risk::Medium => Some("5.0"),
        Risk::Low => Some("2.0"),
        Risk::Info => None,
    }
}

fn message(text: impl Into<String>) -> Message {
    Message { text: text.into(), markdown: None }
}

/// Sentences of texts from outside: control characters are shown, and nothing becomes a link (3.11.6).
fn sentences<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Message {
    let mut result = String::new();
    for text in texts {
        let text = capitalised(&clean(text.as_ref().trim()));
        if text.is_empty() {
            continue;
        }
        if !result.is_empty() {
            result.push(' ');
        }
        result.push_str(&text);
        if !text.ends_with(['.', '!', '?']) {
            result.push('.');
        }
    }
    message(result.replace("](", "]\\("))
}

/// What a guardrail lets pass in a group of accounts.
struct Hole<'g> {
    /// Of the rule.
    id: &'g str,
    rule: usize,
    kind: &'static str,
    guardrail: &'g Guardrail,
    group: &'g GuardrailGroup,
    /// What passes, when, and an example.
    texts: Vec<String>,
}

struct Builder<'r, 'a> {
    report: &'r AuditReport<'a>,
    groups: &'r AccountGroups<'a>,
    rules: Vec<Rule>,
    /// The policies that are artifacts, in the order of the artifacts behind the snapshot.
    policies: Vec<PolicyIndex>,
    results: Vec<SarifResult>,
}

impl<'a> Builder<'_, 'a> {
    fn audit(&self) -> &'a Audit {
        self.report.audit
    }

    /// The place of a rule, which is made if there is none.
    fn rule(&mut self, id: &str, make: impl FnOnce() -> Rule) -> usize {
        if let Some(place) = self.rules.iter().position(|rule| rule.id == id) {
            return place;
        }
        self.rules.push(make());
        self.rules.len() - 1
    }

    fn guardrail(&mut self, found: &GuardrailReport) {
        let guardrail = &found.guardrail;
        let id = format!("guardrail/{}", guardrail.id);
        let rule = self.rule(&id, || guardrail_rule(&id, guardrail));
        let mut hashes: Vec<u64> = Vec::new();
        for group in &found.groups {
            let kind = match group.state {
                GuardrailState::Hole | GuardrailState::Suppressed => "fail",
                GuardrailState::Unknown => "open",
                GuardrailState::NotAdopted
                | GuardrailState::HoldsExcept
                | GuardrailState::Holds
                | GuardrailState::NotApplicable => continue,
            };
            let hash = group_hash(self.report.organization(), group);
            hashes.push(hash);
            // Groups may pass the same calls and differ in why: an alert that shares its fingerprint would hide the
            // other.
            let fingerprint = match hashes.iter().filter(|other| **other == hash).count() {
                1 => format!("{id}#{hash:016x}"),
                nth => format!("{id}#{hash:016x}:{nth}"),
            };
            let mut texts: Vec<String> = group.passing.iter().flat_map(|passing| self.passing(passing)).collect();
            texts.extend(untold_words(group).map(str::to_owned));
            let hole = Hole { id: &id, rule, kind, guardrail, group, texts };
            if self.report.is_full() {
                for account in &group.accounts {
                    let fingerprint = format!("{fingerprint}@{}", self.account_id(*account));
                    let result = self.hole(&hole, std::slice::from_ref(account), fingerprint);
                    self.results.push(result);
                }
            } else {
                let result = self.hole(&hole, &group.accounts, fingerprint);
                self.results.push(result);
            }
        }
    }

    /// What a guardrail lets pass, in some accounts of a group.
    fn hole(&self, hole: &Hole<'_>, accounts: &[NodeId], fingerprint: String) -> SarifResult {
        let Hole { id, rule, kind, guardrail, group, texts } = hole;
        let does = if *kind == "open" { "could not be settled in" } else { "does not hold in" };
        let organization = self.report.organization();
        let named: Vec<String> =
            accounts.iter().take(FIRST_ACCOUNTS).map(|account| account_words(organization, *account)).collect();
        let more = match accounts.len().saturating_sub(FIRST_ACCOUNTS) {
            0 => String::new(),
            more => format!(" and {} more", grouped(more)),
        };
        let head =
            format!("`{}` {does} {}: {}{more}", guardrail.title, count(accounts.len(), "account"), named.join(", "));
        let mut parents: Vec<NodeId> =
            accounts.iter().filter_map(|&account| organization.node(account).parent).collect();
        parents.sort_unstable();
        parents.dedup();
        // The accounts are all in the properties; of thousands of units nobody makes use.
        let logical = parents.into_iter().take(MOST_UNITS).map(|parent| self.node(parent)).collect();
        SarifResult {
            rule_id: (*id).to_owned(),
            rule_index: *rule,
            kind,
            level: if *kind == "open" { "none" } else { level(guardrail.risk) },
            message: sentences(std::iter::once(&head).chain(texts)),
            locations: vec![self.snapshot(logical)],
            related_locations: Vec::new(),
            partial_fingerprints: PartialFingerprints::of(fingerprint),
            suppressions: group.reason.as_deref().map(accepted),
            properties: Some(self.properties(accounts)),
        }
    }

    fn passing(&self, passing: &Passing) -> Vec<String> {
        let verb = match passing.kind {
            scproof_auditor::PassingKind::Hole => "not blocked by SCPs",
            scproof_auditor::PassingKind::Open => "perhaps not blocked by SCPs",
            scproof_auditor::PassingKind::Exemption => "exempt",
        };
        let words = Words::short(self.report.organization(), [&*passing.when]);
        let when: Vec<String> = when_lines(&words, &passing.when, passing.when_is_complete, Detail::BRIEF)
            .into_iter()
            .map(|line| line.text)
            .collect();
        let mut texts = vec![format!(
            "{verb}: {}; when: {}",
            action_lines(&passing.actions.terms, Detail::BRIEF).join("; "),
            when.join("; ")
        )];
        let organization = self.report.organization();
        texts.extend(passing.why.iter().map(|why| format!("open, because {}", why_words(organization, why))));
        if let Some(witness) = &passing.witness {
            let command = command_line::can(&self.report.program, &witness.request).join(" ");
            texts.push(format!("example: `{command}`"));
        }
        texts
    }

    fn finding(&mut self, finding: &Finding, suppressed: Option<&str>) {
        let rule = self.rule(finding.code, || finding_rule(finding));
        let evidence = evidence_words(self.report.organization(), &finding.evidence);
        let remedy = (!finding.remedy.is_empty()).then(|| format!("remedy: {}", finding.remedy));
        let place = place_words(self.report, &finding.place).map(|words| format!("in {words}"));
        let texts = [Some(finding.message.clone()), place, Some(finding.reason.clone()), evidence, remedy];
        let mut logical: Vec<LogicalLocation> = self.statement(&finding.place).into_iter().collect();
        logical.extend(finding.place.targets.iter().map(|&target| self.node(target)));
        let related = self.policy(&finding.place).into_iter().collect();
        let result = SarifResult {
            rule_id: finding.code.to_owned(),
            rule_index: rule,
            kind: "fail",
            level: level(finding.risk),
            message: sentences(texts.into_iter().flatten()),
            locations: vec![self.snapshot(logical)],
            related_locations: related,
            partial_fingerprints: PartialFingerprints::of(finding.fingerprint.clone()),
            suppressions: suppressed.map(accepted),
            properties: Some(self.properties(&finding.accounts)),
        };
        self.results.push(result);
    }

    fn account_id(&self, account: NodeId) -> String {
        self.report.organization().node(account).target.as_str().to_owned()
    }

    fn properties(&self, accounts: &[NodeId]) -> ResultProperties {
        let groups = self.groups.of_list(accounts);
        ResultProperties {
            account_count: accounts.len(),
            account_groups: groups.iter().map(ToString::to_string).collect(),
        }
    }

    /// The snapshot as a place; readers of SARIF want a line.
    fn snapshot(&self, logical_locations: Vec<LogicalLocation>) -> Location {
        let artifact_location = ArtifactLocation { uri: uri(&self.report.snapshot), index: Some(SNAPSHOT) };
        let region = Some(Region { start_line: 1, start_column: None, end_line: None, end_column: None });
        Location {
            id: None,
            message: None,
            physical_location: PhysicalLocation { artifact_location, region },
            logical_locations,
        }
    }

    /// The place in the text of its policy.
    fn policy(&mut self, place: &Place) -> Option<Location> {
        let index = place.policy?;
        let text = self.report.policy_text(place)?;
        let region = place.span.as_ref().map(|span| {
            let (start_line, start_column) = line_and_column(text, span.start);
            let (end_line, end_column) = line_and_column(text, span.end.max(span.start));
            Region {
                start_line,
                start_column: Some(start_column),
                end_line: Some(end_line),
                end_column: Some(end_column),
            }
        });
        let number = self.policies.iter().position(|&other| other == index).unwrap_or_else(|| {
            self.policies.push(index);
            self.policies.len() - 1
        });
        let policy = self.audit().organization.policy(index);
        let words = policy_words(policy.name.as_deref(), policy.id.as_str());
        let artifact_location = ArtifactLocation { uri: policy_uri(policy.id.as_str()), index: Some(number + 1) };
        Some(Location {
            id: Some(1),
            message: Some(sentences([format!("in the text of {words}")])),
            physical_location: PhysicalLocation { artifact_location, region },
            logical_locations: Vec::new(),
        })
    }

    fn statement(&self, place: &Place) -> Option<LogicalLocation> {
        let policy = self.report.organization().policy(place.policy?);
        let mut full = policy.id.as_str().to_owned();
        let mut name = clean(policy.display_name()).into_owned();
        if let Some(statement) = place.statement {
            let path = policy.document.statement_path(statement);
            full = format!("{full}/{path}");
            name = place.sid.as_ref().map_or(path, |sid| clean(sid).into_owned());
        }
        let kind = if place.statement.is_some() { "statement" } else { "policy" };
        Some(LogicalLocation { name, fully_qualified_name: full, kind })
    }

    fn node(&self, id: NodeId) -> LogicalLocation {
        let organization = self.report.organization();
        let node = organization.node(id);
        let kind = match (&node.account, node.parent) {
            (Some(_), _) => "account",
            (None, Some(_)) => "organizational-unit",
            (None, None) => "root",
        };
        LogicalLocation {
            name: clean(node.display_name()).into_owned(),
            fully_qualified_name: node.target.as_str().to_owned(),
            kind,
        }
    }

    /// The snapshot, and the policies that results speak of, with their texts.
    fn artifacts(&self) -> Vec<Artifact> {
        let snapshot = Artifact {
            location: ArtifactLocation { uri: uri(&self.report.snapshot), index: None },
            parent_index: None,
            mime_type: "application/json",
            description: message("the snapshot of the organization"),
            contents: None,
        };
        let policies = self.policies.iter().map(|&index| {
            let policy = self.report.organization().policy(index);
            let words = policy_words(policy.name.as_deref(), policy.id.as_str());
            let text = policy.content.as_deref().unwrap_or_default().to_owned();
            Artifact {
                location: ArtifactLocation { uri: policy_uri(policy.id.as_str()), index: None },
                parent_index: Some(SNAPSHOT),
                mime_type: "application/json",
                description: message(format!("the text of policy {words}")),
                contents: Some(Content { text }),
            }
        });
        std::iter::once(snapshot).chain(policies).collect()
    }
}

fn guardrail_rule(id: &str, guardrail: &Guardrail) -> Rule {
    let is_web = |source: &&String| source.starts_with("https://") && source.is_ascii() && !source.contains(' ');
    let help_uri = guardrail.sources.iter().find(is_web).cloned();
    let why = if guardrail.why.is_empty() { &guardrail.title } else { &guardrail.why };
    let text = sentences([why.as_str(), "Every call that these Deny statements match must be blocked"]);
    let document = guardrail.json();
    let markdown = format!(
        "{}\n\nEvery call that these statements match must be blocked:\n\n{}",
        crate::doc::markdown::prose(why),
        crate::doc::markdown::fenced("json", &document)
    );
    Rule {
        id: id.to_owned(),
        short_description: sentences([&guardrail.title]),
        full_description: sentences([why]),
        help: Message { text: format!("{}\n\n{document}", text.text), markdown: Some(markdown) },
        help_uri,
        default_configuration: Configuration { level: level(guardrail.risk) },
        properties: rule_properties(guardrail.risk, Some(&guardrail.category)),
    }
}

/// What the rule says of itself, whatever the finding: a rule of ours, or a remark of the parser.
fn finding_rule(finding: &Finding) -> Rule {
    let explained = scproof_rules::rule(finding.code).map(Explained::of_rule);
    let explained =
        explained.or_else(|| Explained::of_text(finding.code)).unwrap_or_else(|| Explained::bare(finding.code));
    let risk = scproof_rules::rule(finding.code).map_or(finding.risk, |rule| rule.risk);
    explained.rule(level(risk), rule_properties(risk, None))
}

fn rule_properties(risk: Risk, category: Option<&String>) -> RuleProperties {
    let tags = ["security", "aws", "scp"].map(str::to_owned).into_iter();
    RuleProperties {
        tags: tags.chain(category.filter(|category| !category.is_empty()).cloned()).collect(),
        precision: "very-high",
        security_severity: security_severity(risk),
    }
}

/// Somebody decided to live with it.
fn accepted(reason: &str) -> Vec<Suppression> {
    vec![Suppression { kind: "external", status: "accepted", justification: clean(reason).into_owned() }]
}

/// What tells groups of a guardrail apart, and stays while the reasons stay: accounts may come and go.
fn group_hash(organization: &Organization, group: &GuardrailGroup) -> u64 {
    let words = Words::full(organization);
    let mut text = group.state.as_str().to_owned();
    for passing in &group.passing {
        for term in &passing.actions.terms {
            text.push('\n');
            text.push_str(&term.to_string());
        }
        text.push('\u{1}');
        text.push_str(&words.sentence(&passing.when));
    }
    stable_hash(&text)
}

/// A policy as a file inside the snapshot.
fn policy_uri(id: &str) -> String {
    format!("/Policies/{}.json", encoded(id))
}

/// The name of a file as a URI reference, relative if the name is.
fn uri(file: &str) -> String {
    let file = if cfg!(windows) { file.replace('\\', "/") } else { file.to_owned() };
    let path = encoded(&file);
    if path.starts_with('/') {
        format!("file://{path}")
    } else if file.get(1..3) == Some(":/") {
        format!("file:///{path}")
    } else if path.is_empty() {
        "snapshot".to_owned()
    } else {
        path
    }
}

fn encoded(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            result.push(char::from(byte));
        } else {
            // A text takes everything.
            let _ = write!(result, "%{byte:02X}");
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_as_uris() {
        assert_eq!(uri("snapshots/my org.json"), "snapshots/my%20org.json");
        assert_eq!(uri("/tmp/ü.json"), "file:///tmp/%C3%BC.json");
        assert_eq!(uri("a:b#?.json"), "a%3Ab%23%3F.json");
    }

    #[test]
    fn sentences_have_no_links_and_no_control_characters() {
        assert_eq!(sentences(["a [x](y)", "", "b\u{1b}."]).text, "A [x]\\(y). B\\u{1b}.");
    }
}
