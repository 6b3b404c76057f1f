//! How long an audit takes from a snapshot file to the summary in text, phase by phase, and how much memory.
//!
//! `cargo run --release -p scproof-benches --example audit_end_to_end -- SNAPSHOT|ACCOUNTS
//! [classes|findings|guardrails] [SEED]`
//!
//! A number makes an organization of that many accounts first, and writes it to a file. `classes` sorts accounts only,
//! `findings` looks for findings as well, `guardrails` (the default) holds accounts against all guardrails that come
//! along, too. The peak of memory is that of the whole process, from Linux; making the organization is left to a
//! process of its own.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "an example prints, and stops where it cannot go on")]

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use scproof_auditor::{AuditOptions, GuardrailState, Guardrails, audit};
use scproof_benches::{Shape, generate};
use scproof_organization::Organization;
use scproof_report::{AuditReport, Format, Report, Style};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_else(|| "10000".to_owned());
    let mode = arguments.next().unwrap_or_else(|| "guardrails".to_owned());
    let seed: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    let path = match what.parse::<usize>() {
        Err(_) => PathBuf::from(what),
        Ok(accounts) => {
            let path = std::env::temp_dir().join(format!("scproof-audit-{accounts}-{seed}.json"));
            if mode == "generate" {
                std::fs::write(&path, generate(&Shape::with_accounts(accounts, seed)).to_json()).unwrap();
                return;
            }
            // What makes an organization needs more memory than what audits it.
            let program = std::env::current_exe().unwrap();
            let child = [accounts.to_string(), "generate".to_owned(), seed.to_string()];
            assert!(std::process::Command::new(program).args(child).status().unwrap().success());
            path
        }
    };
    let guardrails = if mode == "guardrails" { Guardrails::built_in().to_vec() } else { Vec::new() };
    let options = AuditOptions { guardrails, findings: mode != "classes", ..AuditOptions::default() };
    let start = Instant::now();
    let organization = Organization::load(&path).unwrap();
    let loaded = start.elapsed();
    let audit = audit(organization, &options).unwrap();
    let audited = start.elapsed();
    let report = AuditReport::new(&audit, path.display().to_string(), vec!["scproof".to_owned()]);
    let mut page = Vec::new();
    Report::Audit(&report).write(Format::Text, Style::plain(), &mut page).unwrap();
    let rendered = start.elapsed();
    let with_hole = |report: &&scproof_auditor::GuardrailReport| {
        report.groups.iter().any(|group| group.state == GuardrailState::Hole && !group.accounts.is_empty())
    };
    println!(
        "{mode}: {} accounts, {} classes, {} findings, {} guardrails, {} with holes, {} bytes of text",
        audit.organization.accounts().len(),
        audit.classes.len(),
        audit.findings.len(),
        audit.guardrails.len(),
        audit.guardrails.iter().filter(with_hole).count(),
        page.len(),
    );
    println!(
        "load {:.2} s, audit {:.2} s, render {:.2} s, in all {:.2} s; peak memory {} MB",
        loaded.as_secs_f64(),
        audited.checked_sub(loaded).unwrap().as_secs_f64(),
        rendered.checked_sub(audited).unwrap().as_secs_f64(),
        rendered.as_secs_f64(),
        peak_memory().map_or_else(|| "?".to_owned(), |bytes| (bytes / 1_000_000).to_string()),
    );
    if std::env::args().any(|argument| argument == "--print") {
        std::io::stdout().write_all(&page).unwrap();
    }
}

/// The most memory that this process has had, in bytes, where Linux tells it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
