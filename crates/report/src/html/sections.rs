//! The parts of the page that are there without JavaScript: who, when, what, key numbers, and a summary of each section.

use std::io::{self, Write};

use scproof_auditor::{Audit, Finding, GuardrailReport, GuardrailState, Risk};
use scproof_catalog::Catalog;
use scproof_organization::{FeatureSet, Organization, PolicyTypeStatus};

use super::audit::Options;
use super::safe::escaped;
use crate::layout::{count, grouped};

/// In a page without JavaScript this much is listed of what may be long.
const MOST: usize = 500;

pub(super) fn body(audit: &Audit, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>")?;
    header(audit, options, out)?;
    navigation(audit, out)?;
    writeln!(out, "<main id=\"main\" class=\"wrap\" tabindex=\"-1\">")?;
    overview(audit, out)?;
    section(
        out,
        "organization",
        "Organization",
        "Policies pass from the root down to each account: a call must be allowed at every level and denied at none.",
        |out| tree(&audit.organization, out),
    )?;
    section(
        out,
        "classes",
        "Permission classes",
        "Accounts in one class are treated alike by SCPs: the same calls pass, under the same conditions.",
        |out| classes(audit, out),
    )?;
    section(
        out,
        "services",
        "Services",
        "How each class of accounts is treated, service by service. Services that every class treats alike share a row.",
        |_| Ok(()),
    )?;
    section(
        out,
        "guardrails",
        "Guardrails",
        "Calls that should be blocked in every account. A guardrail holds only where that is proved for all of them.",
        |out| guardrails(audit, out),
    )?;
    section(
        out,
        "findings",
        "Findings",
        "What somebody should look at in the policies and in how they are attached.",
        |out| findings(audit, out),
    )?;
    writeln!(out, "</main>")?;
    footer(options, out)
}

/// A section with a place for the script, and what stands there without it.
fn section(
    out: &mut dyn Write,
    id: &str,
    heading: &str,
    lead: &str,
    fallback: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    writeln!(out, "<section id=\"{id}\" aria-labelledby=\"{id}-heading\">")?;
    writeln!(out, "<h2 id=\"{id}-heading\">{heading}</h2>\n<p class=\"lead\">{lead}</p>")?;
    writeln!(out, "<div id=\"{id}-body\"></div>\n<noscript>")?;
    fallback(out)?;
    writeln!(out, "</noscript>\n</section>")
}

fn header(audit: &Audit, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let organization = &audit.organization;
    writeln!(out, "<header class=\"top\"><div class=\"wrap\">\n<h1>{}</h1>", escaped(options.heading()))?;
    writeln!(out, "<dl class=\"facts\">")?;
    let mut fact = |name: &str, value: &str| writeln!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", escaped(value));
    fact("Organization", organization.id().as_str())?;
    let taken = organization.taken_at().map_or_else(|| "not recorded".to_owned(), ToString::to_string);
    fact("Snapshot of", &taken)?;
    if let Some(snapshot) = &options.snapshot {
        fact("File", snapshot)?;
    }
    if let Some(generated) = &options.generated_at {
        fact("Report made", generated)?;
    }
    writeln!(out, "</dl>\n</div></header>")
}

fn navigation(audit: &Audit, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<nav class=\"bar\" aria-label=\"Sections\"><div class=\"wrap\"><ul>")?;
    let links = [
        ("overview", "Overview", None),
        ("organization", "Organization", None),
        ("classes", "Classes", Some(audit.classes.len())),
        ("services", "Services", Some(audit.scope.services.len())),
        ("guardrails", "Guardrails", Some(audit.guardrails.len())),
        ("findings", "Findings", Some(audit.findings.len())),
    ];
    for (id, name, number) in links {
        let number = number.map_or_else(String::new, |number| format!(" <span class=\"n\">{}</span>", grouped(number)));
        writeln!(out, "<li><a href=\"#{id}\">{name}{number}</a></li>")?;
    }
    writeln!(
        out,
        "</ul><button type=\"button\" id=\"theme\" class=\"quiet\" title=\"Change the theme\" hidden></button></div></nav>"
    )
}

fn overview(audit: &Audit, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<section id=\"overview\" aria-labelledby=\"overview-heading\">")?;
    writeln!(out, "<h2 id=\"overview-heading\">Overview</h2>")?;
    writeln!(
        out,
        "<p class=\"callout\"><strong>An SCP grants nothing.</strong> Everything here says what SCPs block. A call that is \
         <em>not blocked by SCPs</em> still needs an Allow elsewhere, and other policies may deny it.</p>"
    )?;
    for warning in warnings(&audit.organization) {
        writeln!(out, "<p class=\"callout warn\">{}</p>", escaped(&warning))?;
    }
    key_numbers(audit, out)?;
    writeln!(out, "<div id=\"overview-body\"></div>")?;
    scope(audit, out)?;
    writeln!(out, "</section>")
}

/// What makes the page say less than it seems to.
fn warnings(organization: &Organization) -> Vec<String> {
    let mut warnings = Vec::new();
    match (organization.feature_set(), organization.scp_status()) {
        (FeatureSet::ConsolidatedBilling, _) => {
            warnings.push("The organization has consolidated billing only: no SCP has any effect.".to_owned());
        }
        (FeatureSet::All, PolicyTypeStatus::Disabled) => {
            warnings.push("SCPs are not enabled in this organization: none has any effect.".to_owned());
        }
        (FeatureSet::All, PolicyTypeStatus::PendingEnable | PolicyTypeStatus::PendingDisable) => {
            warnings.push("SCPs are being enabled or disabled: whether they are in force is unknown.".to_owned());
        }
        (FeatureSet::All, PolicyTypeStatus::Enabled) => {}
    }
    if organization.is_incomplete() {
        let gaps = count(organization.incomplete().len(), "part");
        warnings.push(format!(
            "The snapshot lacks {gaps} that could not be read. What depends on them is unknown, and shown as unknown."
        ));
    }
    warnings
}

fn key_numbers(audit: &Audit, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<ul class=\"cards\">")?;
    let in_all = audit.organization.accounts().len();
    let accounts = audit.scope.accounts.len();
    let of_all = if accounts == in_all { String::new() } else { format!("of {} in the snapshot", grouped(in_all)) };
    let units = audit.organization.nodes().filter(|(_, node)| node.account.is_none() && node.parent.is_some()).count();
    let policies = audit.organization.policies().len();
    let policies = format!("{} {}", grouped(policies), if policies == 1 { "policy" } else { "policies" });
    write_card(out, "organization", accounts, "accounts", &[("", of_all), ("", count(units, "OU")), ("", policies)])?;
    let largest = audit
        .classes
        .first()
        .map_or_else(String::new, |class| format!("the largest has {}", count(class.accounts.len(), "account")));
    write_card(out, "classes", audit.classes.len(), "permission classes", &[("", largest)])?;
    let with = |state| audit.guardrails.iter().filter(|report| worst(report) == state).count();
    let parts = [
        ("hole", with(GuardrailState::Hole), "with holes"),
        ("unknown", with(GuardrailState::Unknown), "unknown"),
        ("holdsExcept", with(GuardrailState::HoldsExcept), "hold except for exemptions"),
        ("holds", with(GuardrailState::Holds), "hold"),
        ("notApplicable", with(GuardrailState::NotApplicable), "do not apply"),
    ];
    write_card(out, "guardrails", audit.guardrails.len(), "guardrails", &part_words(&parts))?;
    let of = |risk| audit.findings.iter().filter(|finding: &&Finding| finding.risk == risk).count();
    let parts = Risk::ALL.map(|risk| (risk.as_str(), of(risk), risk.as_str()));
    write_card(out, "findings", audit.findings.len(), "findings", &part_words(&parts))?;
    writeln!(out, "</ul>")
}

fn part_words(parts: &[(&'static str, usize, &str)]) -> Vec<(&'static str, String)> {
    parts
        .iter()
        .filter(|(_, number, _)| *number > 0)
        .map(|(class, number, words)| (*class, format!("{} {words}", grouped(*number))))
        .collect()
}

fn write_card(
    out: &mut dyn Write,
    anchor: &str,
    number: usize,
    name: &str,
    parts: &[(&str, String)],
) -> io::Result<()> {
    write!(out, "<li><a class=\"card\" href=\"#{anchor}\"><span class=\"figure\">{}</span> ", grouped(number))?;
    write!(out, "<span class=\"label\">{name}</span>")?;
    for (class, words) in parts.iter().filter(|(_, words)| !words.is_empty()) {
        let separator = if class.is_empty() { "" } else { " dot" };
        write!(out, " <span class=\"part{separator} {class}\">{words}</span>")?;
    }
    writeln!(out, "</a></li>")
}

fn worst(report: &GuardrailReport) -> GuardrailState {
    report.groups.iter().map(|group| group.state).min().unwrap_or(GuardrailState::NotApplicable)
}

fn scope(audit: &Audit, out: &mut dyn Write) -> io::Result<()> {
    let scope = &audit.scope;
    let organization = &audit.organization;
    let catalog = Catalog::embedded();
    writeln!(out, "<h3>What was looked at</h3>\n<dl class=\"scope\">")?;
    let mut row = |name: &str, value: &str| writeln!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", escaped(value));
    let accounts = grouped(scope.accounts.len());
    let all = if scope.all_accounts {
        format!("all {accounts} of the snapshot")
    } else {
        format!("{accounts} of the {} in the snapshot, as chosen", grouped(organization.accounts().len()))
    };
    row("Accounts", &all)?;
    let actions = grouped(scope.actions);
    let counted = if scope.all_actions {
        format!("all {actions} of the catalog")
    } else {
        format!("{actions} of the {} of the catalog, as chosen", grouped(catalog.action_count()))
    };
    row(
        "Actions",
        &format!("{counted}, of {}. Guardrails and findings look at every action, also new ones", {
            count(scope.services.len(), "service")
        }),
    )?;
    if let Some(principal) = &scope.principal {
        row(
            "Caller",
            &format!(
                "classes and numbers are about the calls of {principal}; guardrails and findings about any caller"
            ),
        )?;
    }
    if !scope.unlisted_actions.is_empty() {
        row("Not in the catalog", &format!("{} (judged, not counted)", scope.unlisted_actions.join(", ")))?;
    }
    row("Catalog", &format!("{} of {}", catalog.version(), catalog.date()))?;
    row("Policies", &grouped(organization.policies().len()))?;
    if let Some(id) = organization.management_account() {
        row("Management account", &format!("{} – SCPs never restrict it", id.as_str()))?;
    }
    for gap in organization.incomplete().iter().take(MOST) {
        let target = gap.target_id.as_deref().unwrap_or("the organization");
        let error = gap.error.as_deref().unwrap_or("no error recorded");
        row("Could not be read", &format!("{} of {target}: {error}", gap.operation))?;
    }
    for unused in audit.unused_suppressions.iter().take(MOST) {
        row("Unused suppression", &format!("{} – {}", unused.finding, unused.reason))?;
    }
    writeln!(out, "</dl>")
}

fn tree(organization: &Organization, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Root and OUs</th>")?;
    writeln!(out, "<th scope=\"col\">Accounts</th><th scope=\"col\">Attached SCPs</th></tr></thead><tbody>")?;
    for (id, node) in organization.nodes().filter(|(_, node)| node.account.is_none()).take(MOST) {
        let accounts = node.children.iter().filter(|child| organization.node(**child).account.is_some()).count();
        let policies: Vec<&str> = node.scps.iter().map(|policy| organization.policy(*policy).display_name()).collect();
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
            escaped(&organization.ou_path(id)),
            grouped(accounts),
            escaped(&policies.join(", "))
        )?;
    }
    writeln!(out, "</tbody></table></div>")
}

fn classes(audit: &Audit, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Class</th><th scope=\"col\">Accounts</th>"
    )?;
    writeln!(out, "<th scope=\"col\">Never blocked</th><th scope=\"col\">Conditional</th>")?;
    writeln!(out, "<th scope=\"col\">Always blocked</th></tr></thead><tbody>")?;
    for class in audit.classes.iter().take(MOST) {
        let numbers =
            [class.accounts.len(), class.counts.never_blocked, class.counts.conditional, class.counts.always_blocked];
        let cells = cells(&numbers);
        writeln!(out, "<tr><th scope=\"row\">{}</th>{cells}</tr>", escaped(&class.name))?;
    }
    writeln!(out, "</tbody></table></div>")
}

fn cells(numbers: &[usize]) -> String {
    let mut cells = String::new();
    for number in numbers {
        cells += "<td>";
        cells += &grouped(*number);
        cells += "</td>";
    }
    cells
}

fn guardrails(audit: &Audit, out: &mut dyn Write) -> io::Result<()> {
    let names = ["Hole", "Unknown", "Holds except", "Holds", "Not applicable"];
    write!(out, "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Guardrail</th><th scope=\"col\">Risk</th>")?;
    for name in names {
        write!(out, "<th scope=\"col\">{name}</th>")?;
    }
    writeln!(out, "</tr></thead><tbody>")?;
    for report in &audit.guardrails {
        let guardrail = &report.guardrail;
        let with = |state| {
            let groups = report.groups.iter().filter(|group| group.state == state);
            groups.map(|group| group.accounts.len()).sum::<usize>()
        };
        let cells = cells(&GuardrailState::ALL.map(with));
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td>{cells}</tr>",
            escaped(&guardrail.title),
            guardrail.risk
        )?;
    }
    writeln!(out, "</tbody></table></div>")
}

fn findings(audit: &Audit, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<ul class=\"plain\">")?;
    for finding in audit.findings.iter().take(MOST) {
        let policy = finding.place.policy.map(|policy| audit.organization.policy(policy).display_name());
        let policy = policy.map_or_else(String::new, |policy| format!(" in {}", escaped(policy)));
        writeln!(
            out,
            "<li><strong>{}</strong> {}: {}{policy}; {}. {}</li>",
            finding.risk,
            escaped(finding.code),
            escaped(&finding.message),
            count(finding.accounts.len(), "account"),
            escaped(&finding.remedy)
        )?;
    }
    writeln!(out, "</ul>")?;
    let hidden = audit.findings.len().saturating_sub(MOST);
    if hidden > 0 {
        writeln!(out, "<p>And {}.</p>", count(hidden, "more finding"))?;
    }
    if !audit.suppressed.is_empty() {
        writeln!(out, "<p>{} suppressed.</p>", grouped(audit.suppressed.len()))?;
    }
    Ok(())
}

fn footer(options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let catalog = Catalog::embedded();
    writeln!(
        out,
        "<footer class=\"wrap\"><p>Made by scproof {} with the catalog of {}. Every statement is proved or shown by a call that the \
         evaluator confirmed; what is neither is called unknown.</p></footer>\n<dialog id=\"drawer\" aria-labelledby=\"drawer-title\">\
         </dialog>",
        escaped(&options.version),
        escaped(catalog.date())
    )
}
