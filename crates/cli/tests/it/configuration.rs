//! `scproof.toml`.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::run::{Run, command, finish, repository};

/// A folder with a configuration, and one below to work in.
fn folder(config: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("scproof.toml"), config).unwrap();
    fs::create_dir(folder.path().join("below")).unwrap();
    folder
}

fn run(folder: &TempDir, args: &[&str]) -> Run {
    run_in(&folder.path().join("below"), args)
}

fn run_in(folder: &Path, args: &[&str]) -> Run {
    finish(command(args).current_dir(folder), b"")
}

#[test]
fn a_configuration_is_found_upwards_and_gives_defaults() {
    let folder = folder("org = \"org.json\"\n[audit]\nprofile = \"region\"\nfail-on = [\"hole\"]\nformat = \"json\"\n");
    let org = repository().join("fixtures/organizations/example.json");
    fs::copy(org, folder.path().join("org.json")).unwrap();
    let can = run(&folder, &["can", "shop", "s3:GetObject"]);
    assert!(can.code == 0 || can.code == 5, "{}", can.page());
    let audit = run(&folder, &["audit"]);
    assert_eq!(audit.json()["format"], "scproof-audit/3", "{}", audit.page());
    assert_eq!(audit.json()["scope"]["profile"], "region");
    let options = audit.json()["options"].to_string();
    assert!(options.contains("--profile") && options.contains("--fail-on"), "{options}");
    // The command line goes first, and what it says is not told twice.
    let other = run(&folder, &["audit", "--profile", "lza"]).json();
    assert_eq!(other["scope"]["profile"], "lza");
    assert!(!other["options"].to_string().contains("region"));
    let help = run(&folder, &["audit", "--help"]).stdout;
    assert!(help.contains("[default: region]"), "{help}");
    assert_eq!(run(&folder, &["audit", "--no-config"]).code, 2);
}

/// What the file names is an input like any other.
#[test]
fn an_output_does_not_replace_what_the_configuration_names() {
    let folder = folder("org = \"org.json\"\n");
    fs::copy(repository().join("fixtures/organizations/example.json"), folder.path().join("org.json")).unwrap();
    let found = run(&folder, &["tree", "--output", "../org.json"]);
    assert!(found.code == 2 && found.stderr.contains("it is an input"), "{}", found.page());
}

/// All faults, with the names that were probably meant; and nothing that says where to write or whom to ask.
#[test]
fn what_is_no_configuration_stops_the_program() {
    for (config, expected) in [
        ("[audit]\nprofil = \"all\"", "`audit.profil` is no option of a configuration: did you mean `profile`?"),
        ("ogr = \"x\"", "`ogr` is no option of a configuration: did you mean `org`?"),
        ("[adit]\nfull = true", "`[adit]` is no command that has a configuration: did you mean `audit`?"),
        ("[fetch]\nendpoint-url = \"http://x\"", "`[fetch]` is no command that has a configuration"),
        ("output = \"x\"", "`output` is no option of a configuration"),
        ("[simulate]\nattach = [\"x\"]", "`simulate.attach` is no option of a configuration"),
        ("[audit]\noutput = \"x\"", "`audit.output` is no option of a configuration"),
        ("[audit]\nfull = \"yes\"", "`audit.full` is true or false"),
        ("[audit]\nprofile = [\"all\"]", "`audit.profile` is array, and should be a text"),
        ("[audit", "is no TOML"),
    ] {
        let folder = folder(config);
        let found = run(&folder, &["--org", "example", "tree"]);
        let said = found.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(found.code == 3 && said.contains(expected), "{config}: {}", found.page());
        assert_eq!(run(&folder, &["--org", "example", "--no-config", "tree"]).code, 0);
    }
    // A value that the option does not have is told by the option.
    let folder = folder("[audit]\nprofile = \"everything\"");
    let found = run(&folder, &["--org", "example", "audit"]);
    assert!(found.code == 2 && found.stderr.contains("everything"), "{}", found.page());
}

#[test]
fn flags_and_the_documented_file() {
    let folder = folder("[audit]\nfull = true\n");
    let full = run(&folder, &["--org", "example", "--format", "json", "audit"]).json();
    assert!(full["options"].to_string().contains("--full"));
    let page = fs::read_to_string(repository().join("docs/configuration.md")).unwrap();
    let documented = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    fs::write(folder.path().join("scproof.toml"), documented).unwrap();
    // Read without a fault: what is missing is the snapshot.
    let found = run(&folder, &["tree"]);
    assert!(found.code == 3 && found.stderr.contains("org.json"), "{}", found.page());
}
