//! Streams, files, colour, pipes.

use std::fs;
use std::io::Read;
use std::process::Stdio;

use crate::run::{command, example, finish, scproof};

#[test]
fn a_file_appears_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("answer.txt");
    let path = file.to_str().unwrap();
    let run = example(&["--output", path, "can", "shop", "s3:DeleteBucket"]);
    assert_eq!((run.code, run.stdout.as_str()), (5, ""));
    let answer = fs::read_to_string(&file).unwrap();
    assert!(answer.starts_with("DEPENDS on "));
    // A question that fails leaves what was there.
    let run = example(&["--output", path, "can", "shp", "s3:DeleteBucket"]);
    assert_eq!(run.code, 2);
    assert_eq!(fs::read_to_string(&file).unwrap(), answer);
    let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["answer.txt"], "no temporary file stays");
}

#[test]
fn an_input_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("org.json");
    let text = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/organizations/example.json")).unwrap();
    fs::write(&snapshot, &text).unwrap();
    let hard = folder.path().join("hard.json");
    fs::hard_link(&snapshot, &hard).unwrap();
    let (snapshot, hard) = (snapshot.to_str().unwrap(), hard.to_str().unwrap());
    let org = format!("--org={snapshot}");
    for (output, input) in [(snapshot, snapshot), (hard, snapshot), (snapshot, hard)] {
        let run = scproof(&["--org", input, "-o", output, "tree"]);
        assert_eq!(run.code, 2, "{output} {input}");
        assert!(run.stderr.contains("it is an input"), "{}", run.stderr);
    }
    for arguments in [vec![org.as_str(), "--output", snapshot, "tree"], vec!["validate", snapshot, "-o", hard]] {
        assert_eq!(scproof(&arguments).code, 2, "{arguments:?}");
    }
    assert_eq!(fs::read(snapshot).unwrap(), text);
    // What is merely there may be replaced.
    let other = folder.path().join("other.json");
    fs::write(&other, "old").unwrap();
    assert_eq!(scproof(&["--org", snapshot, "-o", other.to_str().unwrap(), "tree"]).code, 0);
}

#[test]
fn a_place_that_cannot_be_written() {
    let run = example(&["--output", "no-such-folder/x", "tree"]).fits_80_columns();
    insta::assert_snapshot!(run.page());
}

#[cfg(unix)]
#[test]
fn files_keep_their_permissions_and_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o604)).unwrap();
    symlink(&file, &link).unwrap();
    example(&["--output", link.to_str().unwrap(), "tree"]);
    assert!(fs::read_to_string(&file).unwrap().starts_with("o-examplecorp"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o604);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(example(&["--output", "/dev/null", "tree"]).code, 0);
}

#[test]
fn colour_only_on_demand() {
    let ask = |args: &[&str]| example(&[args, &["can", "shop", "s3:DeleteBucket"]].concat()).stdout;
    let plain = ask(&[]);
    assert!(!plain.contains('\u{1b}'), "a pipe is no terminal");
    assert_eq!(ask(&["--color", "never"]), plain);
    let coloured = ask(&["--color", "always"]);
    assert!(coloured.starts_with("\u{1b}[1m\u{1b}[33mDEPENDS on "), "{coloured:?}");
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        stripped.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain, "colour adds nothing but colour");
}

#[test]
fn no_color_is_honoured() {
    let args = ["--org", "example", "can", "shp", "s3:DeleteBucket"];
    let forced = finish(command(&args).env("CLICOLOR_FORCE", "1"), b"");
    assert!(forced.stderr.contains('\u{1b}'), "{:?}", forced.stderr);
    let off = finish(command(&args).env("NO_COLOR", "1"), b"");
    assert!(!off.stderr.contains('\u{1b}'), "{:?}", off.stderr);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let mut child = command(&["--org", "example", "--format", "json", "effective", "shop"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 16]).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}
