//! Which accounts can make a call, for a ticket or a comment.

use std::fmt::Write as _;
use std::io::{self, Write};

use scproof_evaluator::{Answered, WhoCanGroup};

use super::{block, code, prose};
use crate::layout::{count, grouped};
use crate::text::answer::facts_words;
use crate::text::words::capitalised;
use crate::who_can::{WhoCanReport, answered_words};
use crate::words::Words;

/// The longest page in characters, as for an impact: what does not fit is counted.
const LONGEST: usize = 60_000;

/// Writes the report: how many accounts have which answer, what was asked, and each group of accounts with the same answer for the
/// same causes. Never longer than a comment may be.
///
/// # Errors
///
/// If writing fails.
pub fn render(report: &WhoCanReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut page = String::new();
    // A text takes everything.
    let _ = writeln!(page, "**{}**\n", prose(&report.headline()));
    let mut facts = vec![("action", report.request.action.clone())];
    facts.extend(facts_words(report.request, "any in each account (not given)"));
    let mut last = "";
    for (label, text) in facts {
        last = if label.is_empty() { last } else { label };
        let _ = writeln!(page, "- **{last}** {}", code(&text));
    }
    page.push_str("\n| | accounts |\n|---|---:|\n");
    for answered in Answered::ALL {
        let _ = writeln!(page, "| {} | {} |", answered_words(answered).to_lowercase(), grouped(report.count(answered)));
    }
    page.push('\n');
    let words = report.words();
    let (mut hidden, mut hidden_accounts) = (0, 0);
    for answered in Answered::ALL {
        for (index, group) in report.groups(answered).enumerate() {
            let mut text = String::new();
            if index == 0 {
                let _ = writeln!(text, "### {}\n", capitalised(&answered_words(answered).to_lowercase()));
            }
            self::group(&mut text, report, &words, group);
            if index >= report.detail().entries || page.len() + text.len() > LONGEST {
                hidden += 1;
                hidden_accounts += group.accounts.len();
            } else {
                page.push_str(&text);
            }
        }
    }
    if hidden > 0 {
        let (groups, accounts) = (count(hidden, "more group"), count(hidden_accounts, "account"));
        let _ = writeln!(page, "*{groups} with {accounts} not shown here; `--format json` has all.*\n");
    }
    for remark in report.remarks() {
        let _ = writeln!(page, "<sub>{}</sub>  ", prose(&capitalised(&remark)));
    }
    out.write_all(page.trim_end().as_bytes())?;
    out.write_all(b"\n")
}

fn group(page: &mut String, report: &WhoCanReport<'_>, words: &Words<'_>, group: &WhoCanGroup) {
    let _ = writeln!(page, "**{}**\n", prose(&report.title(group)));
    let mut fact = |label: &str, lines: &[String]| {
        if !lines.is_empty() {
            let lines: Vec<String> = lines.iter().map(|line| code(line)).collect();
            let _ = writeln!(page, "- **{label}** {}", lines.join("; "));
        }
    };
    fact(if group.accounts.len() == 1 { "account" } else { "accounts" }, &report.accounts(group));
    let condition = report.condition(group, words);
    fact(if condition.len() > 1 { "unless all of these hold:" } else { "unless" }, &condition);
    for (label, lines) in report.causes(group) {
        fact(label, &lines);
    }
    let flags: Vec<String> = report.open_questions(group).into_iter().filter_map(|question| question.flag).collect();
    fact("to decide", &flags);
    let command = report.command(group);
    if !command.is_empty() {
        let _ = writeln!(page, "\n{}", block("sh", &command.join(" ")));
    }
}
