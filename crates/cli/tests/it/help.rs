//! Help, and the page made of it.

use std::fs;

use crate::run::{repository, scproof};

#[cfg(feature = "fetch")]
const COMMANDS: [&str; 10] =
    ["can", "who-can", "effective", "audit", "fetch", "simulate", "diff", "tree", "validate", "completions"];
#[cfg(not(feature = "fetch"))]
const COMMANDS: [&str; 9] =
    ["can", "who-can", "effective", "audit", "simulate", "diff", "tree", "validate", "completions"];

/// `docs/cli.md` as it should be.
#[cfg(feature = "fetch")]
fn page() -> String {
    use std::fmt::Write as _;

    let mut page = String::from(
        "# The command line\n\n\
         The help of every command. A test compares this page with the program; `UPDATE_DOCS=1 cargo test -p scproof-cli` \
         writes it anew.\n\n\
         Data goes to standard output, or to the file that `--output` names; messages go to standard error. The batch form of \
         `can` is described in [batch.md](batch.md), `who-can` and `effective` of a unit in [who-can.md](who-can.md), `fetch` in [fetch.md](fetch.md), simulations in [simulate.md](simulate.md), \
         audits in [audit.md](audit.md), the snapshot format in [snapshot-format.md](snapshot-format.md), and what `validate` finds in \
         [diagnostics.md](diagnostics.md).\n\n\
         ## Exit codes\n\n\
         | code | meaning |\n|---|---|\n\
         | 0 | fine: SCPs do not block the call, or do not apply; the documents have no error; a report such as that of `who-can` was written |\n\
         | 1 | it ran, and the answer is no: SCPs block the call, a document has an error, or a change or an audit has what \
         `--fail-on` names, what `--expect` does not allow, or what AWS would refuse |\n\
         | 2 | the command line or the question makes no sense |\n\
         | 3 | an input could not be read or parsed, an output not written, or a line of a batch had no answer |\n\
         | 4 | AWS, or the way to it, has failed (`scproof fetch`) |\n\
         | 5 | the facts given do not decide, or whether a change makes a difference, or a guardrail holds, could not be settled and `--fail-on` asks for that |\n\n\
         A reader that closes the pipe early is no error. 101 is a bug: please report it.\n",
    );
    let mut section = |title: &str, args: &[&str]| {
        let help = scproof(&[args, &["--help"]].concat()).fits_80_columns();
        assert_eq!((help.code, help.stderr.as_str()), (0, ""));
        write!(page, "\n## {title}\n\n```text\n{}```\n", help.stdout).unwrap();
    };
    section("`scproof`", &[]);
    for command in COMMANDS {
        section(&format!("`scproof {command}`"), &[command]);
    }
    page
}

// The page has all commands.
#[cfg(feature = "fetch")]
#[test]
fn the_reference_page_is_up_to_date() {
    let path = repository().join("docs/cli.md");
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == page, "docs/cli.md is out of date; run `UPDATE_DOCS=1 cargo test -p scproof-cli`");
}

#[test]
fn the_short_help_fits_80_columns_too() {
    for command in COMMANDS {
        assert_eq!(scproof(&[command, "-h"]).fits_80_columns().code, 0);
    }
    let bare = scproof(&[]).fits_80_columns();
    assert_eq!(bare.code, 2);
    assert!(bare.stderr.contains("Usage: scproof"), "{}", bare.stderr);
}

/// An example that does not work teaches nothing.
#[test]
fn the_examples_of_the_help_run() {
    let mut count = 0;
    for command in [
        &[][..],
        &["can"],
        &["who-can"],
        &["effective"],
        &["audit"],
        &["simulate"],
        &["diff"],
        &["tree"],
        &["validate"],
    ] {
        let help = scproof(&[command, &["--help"]].concat()).stdout.replace("\\\n", " ");
        for line in help.lines().filter_map(|line| line.strip_prefix("  scproof --org example ")) {
            if line.contains("questions.jsonl") {
                continue;
            }
            let args: Vec<&str> = line.split_whitespace().map(|arg| arg.trim_matches('\'')).collect();
            let run = scproof(&[&["--org", "example"], &args[..]].concat());
            assert!(matches!(run.code, 0 | 1 | 5), "{line}: {}", run.page());
            count += 1;
        }
    }
    assert!(count >= 27, "{count}");
}

#[test]
fn completions_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let run = scproof(&["completions", shell]);
        assert_eq!(run.code, 0);
        for word in ["validate", "--closed-context", "--org"] {
            assert!(run.stdout.contains(word.trim_start_matches('-')), "{shell}: {word}");
        }
    }
}

#[test]
fn usage_errors() {
    for args in [&["frobnicate"][..], &["can", "shop"], &["--threads", "0", "tree"], &["--format", "xml", "tree"]] {
        let run = scproof(args).fits_80_columns();
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}");
    }
}

#[test]
fn the_version() {
    assert_eq!(scproof(&["--version"]).stdout, format!("scproof {}\n", env!("CARGO_PKG_VERSION")));
}

/// The README shows what a newcomer will see.
#[test]
fn the_first_command_of_the_readme_prints_what_it_shows() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let (_, block) = readme.split_once("$ cargo run --release -p scproof-cli -- ").unwrap();
    let (args, rest) = block.split_once('\n').unwrap();
    let (shown, _) = rest.split_once("```").unwrap();
    let args: Vec<&str> = args.split(' ').collect();
    assert_eq!(scproof(&args).stdout, shown);
}

/// So does its simulation; `UPDATE_DOCS=1` writes it anew.
#[test]
fn the_simulation_of_the_readme_prints_what_it_shows() {
    let path = repository().join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let command = "$ scproof --org example simulate --attach cost-tags-pilot --to NonProd\n";
    let (before, rest) = readme.split_once(command).unwrap();
    let (shown, after) = rest.split_once("```").unwrap();
    let run = scproof(&["--org", "example", "simulate", "--attach", "cost-tags-pilot", "--to", "NonProd"]);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{before}{command}{}```{after}", run.stdout)).unwrap();
    } else {
        assert_eq!(run.stdout, shown, "run `UPDATE_DOCS=1 cargo test -p scproof-cli`");
    }
}

/// And its audit begins as it says.
#[test]
fn the_audit_of_the_readme_begins_as_it_shows() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let (_, block) = readme.split_once("$ scproof --org example audit --principal role/Admin\n").unwrap();
    let (shown, _) = block.split_once("…\n```").unwrap();
    let printed = scproof(&["--org", "example", "audit", "--principal", "role/Admin"]).stdout;
    assert!(printed.starts_with(shown), "{}", printed.chars().take(600).collect::<String>());
}
