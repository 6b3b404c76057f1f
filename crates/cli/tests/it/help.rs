//! Help, and the page made of it.

use std::fs;

use crate::run::{repository, scproof};

/// All commands; `fetch` is there only with its feature.
fn commands() -> impl Iterator<Item = &'static str> {
    let all = [
        "can",
        "who-can",
        "why",
        "effective",
        "audit",
        "fetch",
        "simulate",
        "diff",
        "replay",
        "tree",
        "show",
        "snapshot",
        "snapshot new",
        "import",
        "import config",
        "import terraform",
        "validate",
        "explain",
        "completions",
        "licenses",
    ];
    all.into_iter().filter(|command| cfg!(feature = "fetch") || *command != "fetch")
}

/// `docs/cli.md` as it should be.
#[cfg(feature = "fetch")]
fn page() -> String {
    use std::fmt::Write as _;

    let mut page = String::from(
        "# The command line\n\n\
         The help of every command. A test compares this page with the program; `UPDATE_DOCS=1 cargo test -p scproof-cli` \
         writes it anew.\n\n\
         Data goes to standard output, or to the file that `--output` names; messages go to standard error. With `--format json` \
         these are for programs, too: one JSON object a line, `scproof-message/1` ([schema](schemas/scproof-message-1.json)), with \
         `severity`, `message`, `causes`, `help`, for an error that ends the program its `exitCode`, and for a file that cannot be \
         used its `faults` with their places. Every output in JSON has a [schema](schemas) named after its `format`, and says \
         which version of the program wrote it, of what day the catalog is, and the time and SHA-256 of the snapshots that it rests \
         on. The batch form of \
         `can` is described in [batch.md](batch.md), `who-can` and `effective` of a unit in [who-can.md](who-can.md), `fetch` in [fetch.md](fetch.md), simulations in [simulate.md](simulate.md), replays of logs in [replay.md](replay.md), \
         audits in [audit.md](audit.md), the snapshot format in [snapshot-format.md](snapshot-format.md), snapshots from what repositories hold in [import.md](import.md), and what `validate` finds in \
         [diagnostics.md](diagnostics.md).\n\n\
         ## Exit codes\n\n\
         | code | meaning |\n|---|---|\n\
         | 0 | fine: SCPs do not block the call, or do not apply; the documents have no error; a report such as that of `who-can` was written |\n\
         | 1 | it ran, and the answer is no: SCPs block the call, a document has an error, or a change, a replay or an audit has what \
         `--fail-on` names, what `--expect` does not allow, or what AWS would refuse |\n\
         | 2 | the command line or the question makes no sense |\n\
         | 3 | an input could not be read or parsed, an output not written, a line of a batch had no answer, or part of a log could not be read |\n\
         | 4 | AWS, or the way to it, has failed (`scproof fetch`) |\n\
         | 5 | the facts given do not decide, or whether a change makes a difference, or a guardrail holds, could not be settled and `--fail-on` asks for that |\n\n\
         A reader that closes the pipe early is no error. 101 is a bug: please report it.\n\n\
         ## Formats\n\n\
         | `--format` | for | commands |\n|---|---|---|\n\
         | `text` | a terminal, as wide as it is from 60 to 120 columns, and 80 where there is none; words are never broken | every report |\n\
         | `json` | programs: versioned, and complete | every report |\n\
         | `markdown` | pull requests, tickets and wikis, in at most 65,536 characters; names and policies of others stay text | every report |\n\
         | `html` | a browser: one file, without network | every report |\n\
         | `csv` | spreadsheets: a row an account, action, difference, node or diagnostic | `who-can`, `effective`, `audit`, `simulate`, `diff`, `replay`, `tree`, `validate` |\n\
         | `sarif` | code scanning | `audit`, `validate` |\n\
         | `junit` | the test view of a pipeline | `audit`, `validate` |\n\
         | `concise` | editors and logs: a line a diagnostic | `validate` |\n\
         | `github` | annotations of GitHub Actions | `validate` |\n\
         | `gitlab` | GitLab's report on code quality | `validate` |\n",
    );
    let mut section = |title: &str, args: &[&str]| {
        let help = scproof(&[args, &["--help"]].concat()).fits_80_columns();
        assert_eq!((help.code, help.stderr.as_str()), (0, ""));
        write!(page, "\n## {title}\n\n```text\n{}```\n", help.stdout).unwrap();
    };
    section("`scproof`", &[]);
    for command in commands() {
        section(&format!("`scproof {command}`"), &command.split(' ').collect::<Vec<_>>());
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
    for command in commands() {
        let args: Vec<&str> = command.split(' ').chain(["-h"]).collect();
        let short = scproof(&args).fits_80_columns();
        // One screen, of those that people have.
        let lines = short.stdout.lines().count();
        assert!(short.code == 0 && lines <= 58, "{command}: {lines} lines");
    }
    let bare = scproof(&[]).fits_80_columns();
    assert_eq!(bare.code, 2);
    assert!(bare.stderr.contains("Usage: scproof"), "{}", bare.stderr);
}

/// What was probably meant by a word too many.
#[test]
fn words_without_their_option() {
    for (args, hint) in [
        (&["can", "shop", "s3:GetObject", "eu-west-1"][..], "did you mean `--region eu-west-1`?"),
        (&["can", "shop", "s3:GetObject", "arn:aws:s3:::b/k"], "did you mean `--resource arn:aws:s3:::b/k`?"),
        (&["who-can", "s3:GetObject", "role/dev"], "did you mean `--principal role/dev`?"),
        (&["audit", "org.json"], "did you mean `--org org.json`?"),
        (&["audit", "222222222222"], "did you mean `--account 222222222222`?"),
    ] {
        let run = scproof(args);
        assert!(run.code == 2 && run.stderr.contains(hint), "{}", run.page());
    }
    // Where the command has no such option there is nothing to say.
    let run = scproof(&["tree", "eu-west-1"]);
    assert!(run.code == 2 && !run.stderr.contains("did you mean"), "{}", run.page());
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
        &["show"],
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

/// What each command prints; to another format it says which ones it has.
#[test]
fn every_command_has_its_formats() {
    let denied = "User: arn:aws:iam::214000000001:user/ann is not authorized to perform: s3:GetObject";
    let log = repository().join("crates/cli/tests/it/replay/log.json");
    let log = log.to_str().unwrap();
    let commands: [&[&str]; 11] = [
        &["can", "shop", "s3:GetObject"],
        &["why", denied],
        &["who-can", "s3:GetObject"],
        &["effective", "shop", "--service", "s3"],
        &["audit", "--only-guardrails", "leave-*"],
        &["simulate", "--attach", "quarantine", "--to", "sandbox-bob"],
        &["diff", "example", "example"],
        &["replay", log, "--check"],
        &["tree"],
        &["show", "shop"],
        &["validate"],
    ];
    let mut matrix = String::new();
    for command in commands {
        let mut has = Vec::new();
        for format in ["text", "json", "markdown", "csv", "html", "sarif", "junit"] {
            let run = scproof(&[&["--org", "example", "--format", format], command].concat());
            if run.stderr.contains(&format!("this command does not print `{format}`")) {
                assert!(run.code == 2 && run.stderr.contains("it has the formats `text`, `json`"), "{}", run.page());
            } else {
                assert!(run.code != 2 && !run.stdout.is_empty(), "{}", run.page());
                has.push(format);
            }
        }
        matrix += &[command[0], ": ", &has.join(" "), "\n"].concat();
    }
    insta::assert_snapshot!(matrix);
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

const CHANGE: &str = "fixtures/logs/keep-snapshots.json";

/// The README shows what a newcomer will see; `UPDATE_DOCS=1` writes it anew.
#[test]
fn the_readme_shows_what_commands_print() {
    let simulate = ["--org", "example", "simulate", "--attach", "cost-tags-pilot", "--to", "NonProd"];
    let replay = ["--org", "example", "replay", "fixtures/logs/example.json.gz", "--changes", CHANGE];
    let commands: [(&str, &[&str]); 4] = [
        ("$ cargo run --release -p scproof-cli -- ", &["--org", "example", "audit"]),
        ("$ scproof ", &["--org", "example", "can", "shop", "s3:DeleteBucket"]),
        ("$ scproof ", &simulate),
        ("$ scproof ", &replay),
    ];
    let path = repository().join("README.md");
    for (prompt, args) in commands {
        let readme = fs::read_to_string(&path).unwrap();
        let command = format!("{prompt}{}\n", args.join(" "));
        let (before, rest) = readme.split_once(&command).unwrap();
        let (shown, after) = rest.split_once("```").unwrap();
        let printed = scproof(args).stdout;
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, format!("{before}{command}{printed}```{after}")).unwrap();
        } else {
            assert_eq!(printed, shown, "run `UPDATE_DOCS=1 cargo test -p scproof-cli`");
        }
    }
}
