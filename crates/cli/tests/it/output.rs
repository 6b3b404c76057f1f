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

/// A link that leads to nothing is as good as one that leads to a file: the file is made where it leads.
#[cfg(unix)]
#[test]
fn a_link_to_nothing_stays_a_link() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("below");
    fs::create_dir(&below).unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    symlink("second", &first).unwrap();
    symlink("below/file", &second).unwrap();
    let run = example(&["--output", first.to_str().unwrap(), "tree"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(fs::read_to_string(below.join("file")).unwrap().starts_with("o-examplecorp"));
    assert!([&first, &second].into_iter().all(|link| fs::symlink_metadata(link).unwrap().is_symlink()));
    // A circle, and a way into a folder that is not there.
    let circle = folder.path().join("circle");
    symlink("circle", &circle).unwrap();
    let lost = folder.path().join("lost");
    symlink("nowhere/file", &lost).unwrap();
    for link in [circle, lost] {
        assert_eq!(example(&["--output", link.to_str().unwrap(), "tree"]).code, 3, "{link:?}");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}

/// What a report says it has from the snapshot, so nobody reads it who may not read that.
#[cfg(unix)]
#[test]
fn a_report_has_the_permissions_of_its_snapshot() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("org.json");
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/organizations/example.json"), &snapshot).unwrap();
    for (mode, expected) in [(0o600, 0o600), (0o400, 0o600), (0o640, 0o640), (0o750, 0o640)] {
        fs::set_permissions(&snapshot, fs::Permissions::from_mode(mode)).unwrap();
        let report = folder.path().join(format!("report-{mode:o}"));
        scproof(&["--org", snapshot.to_str().unwrap(), "-o", report.to_str().unwrap(), "tree"]);
        let found = fs::metadata(&report).unwrap().permissions().mode() & 0o777;
        // Less what the mask of this process takes away.
        assert_eq!(found & !expected, 0, "{mode:o}: {found:o}");
        assert_eq!(found & 0o600, 0o600);
    }
}

/// A batch that waits for its next line has a temporary file, which must not stay.
#[cfg(unix)]
#[test]
fn signals_leave_no_temporary_file() {
    // What whoever runs the tests ignores is ignored by what they start.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.map_or(0, |mask| u64::from_str_radix(mask.trim(), 16).unwrap());
    for (signal, number) in [("TERM", 15), ("INT", 2), ("HUP", 1)] {
        if ignored & (1 << (number - 1)) != 0 {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("answers");
        let mut child = command(&["--org", "example", "-o", output.to_str().unwrap(), "can", "--requests", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Open until it has ended: at the end of its input it would be done.
        let stdin = child.stdin.take();
        let count = || fs::read_dir(folder.path()).unwrap().count();
        while count() == 0 {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it was told to");
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let sent = std::process::Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let status = child.wait().unwrap();
        drop(stdin);
        assert!(!status.success(), "{signal}: {status}");
        assert_eq!(count(), 0, "{signal}");
    }
}

#[test]
fn an_empty_variable_is_none() {
    let run = finish(command(&["tree"]).env("SCPROOF_ORG", ""), b"");
    assert_eq!(run.code, 2);
    assert!(run.stderr.starts_with("error: no organization was given"), "{}", run.stderr);
    assert_eq!(finish(command(&["--org", "example", "tree"]).env("SCPROOF_ORG", ""), b"").code, 0);
}

#[test]
fn a_snapshot_from_standard_input() {
    let text = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/organizations/example.json")).unwrap();
    let run = finish(&mut command(&["--org", "-", "tree"]), &text);
    assert_eq!((run.code, run.stdout), (0, example(&["tree"]).stdout), "{}", run.stderr);
    // It can be read once.
    let run = finish(&mut command(&["--org", "-", "can", "--requests", "-"]), &text);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("standard input is named as two inputs"), "{}", run.stderr);
}

#[test]
fn inputs_have_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.json");
    fs::write(&file, vec![b' '; (1 << 20) + 1]).unwrap();
    let path = file.to_str().unwrap();
    for args in [
        &["--max-input", "1", "--org", path, "tree"][..],
        &["--max-input", "1", "validate", path],
        &["--max-input", "1", "--org", "example", "--limits", path, "validate"],
        &["--max-input", "1", "--org", "example", "audit", "--guardrails", path],
        &["--max-input", "1", "--org", "example", "audit", "--suppressions", path],
        &["--max-input", "1", "--org", "example", "simulate", "--changes", path],
        &["--max-input", "1", "diff", "example", "example", "--expect", path],
    ] {
        let run = scproof(args);
        assert_eq!(run.code, 3, "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains("has more than 1 MiB and is not read"), "{}", run.stderr);
        assert!(run.stderr.contains("--max-input 2"), "{}", run.stderr);
    }
    // With two it is read, and is no snapshot.
    assert!(scproof(&["--max-input", "2", "--org", path, "tree"]).stderr.contains("cannot be used"));
}

/// Rust would write to the null device instead.
#[cfg(target_os = "linux")]
#[test]
fn a_closed_standard_output_is_an_error() {
    let program = env!("CARGO_BIN_EXE_scproof");
    let run = |redirection: &str| {
        let script = format!("exec '{program}' --org example tree {redirection}");
        let output = std::process::Command::new("sh").args(["-c", &script]).env_clear().output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, message) = run(">&-");
    assert_eq!(code, Some(3));
    assert!(message.starts_with("error: standard output is closed"), "{message}");
    assert_eq!(run(">/dev/null"), (Some(0), String::new()));
    assert_eq!(run("1<>/dev/null"), (Some(0), String::new()));
}
