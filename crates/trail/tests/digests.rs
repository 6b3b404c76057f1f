//! Digests of log files, made here: what they show of a copy of a bucket.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use scproof_trail::{DigestFault, DigestReport, HashedFile, Sources, verify_digests};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const ROOT: &str = "AWSLogs/222222222222";

/// A bucket with a log file and a digest for each of three hours.
struct Bucket {
    folder: TempDir,
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn log_name(hour: u32) -> String {
    format!("222222222222_CloudTrail_eu-west-1_20261101T{hour:02}05Z_Abc.json.gz")
}

fn digest_name(hour: u32) -> String {
    format!("222222222222_CloudTrail-Digest_eu-west-1_trail_eu-west-1_20261101T{hour:02}0000Z.json.gz")
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    fs::write(path, gzip.finish().unwrap()).unwrap();
}

impl Bucket {
    fn new() -> Self {
        let bucket = Self { folder: tempfile::tempdir().unwrap() };
        let mut before: Option<String> = None;
        for hour in 10..13 {
            let log = json!({"Records": [{"eventID": hour}]}).to_string();
            write(&bucket.log(hour), &log);
            let digest = json!({
                "awsAccountId": "222222222222", "digestStartTime": format!("2026-11-01T{:02}:00:00Z", hour - 1),
                "digestEndTime": format!("2026-11-01T{hour:02}:00:00Z"), "digestS3Bucket": "logs",
                "digestS3Object": format!("{ROOT}/CloudTrail-Digest/eu-west-1/2026/11/01/{}", digest_name(hour)),
                "previousDigestS3Object": before.as_ref().map(|_| digest_name(hour - 1)),
                "previousDigestHashValue": before.as_deref().map(hash), "previousDigestHashAlgorithm": "SHA-256",
                "logFiles": [{"s3Bucket": "logs", "s3Object": format!("{ROOT}/CloudTrail/{}", log_name(hour)),
                    "hashValue": hash(&log), "hashAlgorithm": "SHA-256"}],
            });
            write(&bucket.digest(hour), &digest.to_string());
            before = Some(digest.to_string());
        }
        bucket
    }

    fn log(&self, hour: u32) -> PathBuf {
        self.folder.path().join(ROOT).join("CloudTrail").join(log_name(hour))
    }

    fn digest(&self, hour: u32) -> PathBuf {
        self.folder.path().join(ROOT).join("CloudTrail-Digest").join(digest_name(hour))
    }

    fn edit(path: &Path, edit: impl FnOnce(&mut Value)) {
        let text = std::io::read_to_string(flate2::read::GzDecoder::new(fs::File::open(path).unwrap())).unwrap();
        let mut value: Value = serde_json::from_str(&text).unwrap();
        edit(&mut value);
        write(path, &value.to_string());
    }

    fn report(&self) -> DigestReport {
        let sources = Sources::find(&[self.folder.path()]).unwrap();
        let all = sources.files.iter().chain(&sources.passed_over);
        let files: Vec<HashedFile> = all.map(|source| HashedFile::read(source).unwrap()).collect();
        verify_digests(&files)
    }
}

#[test]
fn a_whole_copy_is_as_it_was_written() {
    let bucket = Bucket::new();
    let whole = DigestReport { digests: 3, intact: 3, ..DigestReport::default() };
    assert_eq!(bucket.report(), whole);
    // The file of the last hour has no digest yet, and a copy may begin at any hour.
    write(&bucket.log(13), "{}");
    fs::remove_file(bucket.digest(10)).unwrap();
    assert_eq!(bucket.report(), DigestReport { digests: 2, intact: 2, unnamed: 2, ..whole });
}

#[test]
fn files_that_were_changed_or_taken_away() {
    let bucket = Bucket::new();
    write(&bucket.log(11), r#"{"Records": []}"#);
    fs::remove_file(bucket.log(12)).unwrap();
    let report = bucket.report();
    let wanted = [DigestFault::Altered { file: log_name(11) }, DigestFault::Missing { file: log_name(12) }];
    assert_eq!((report.intact, report.fault_count, report.faults), (1, 2, wanted.to_vec()));
    let cut = fs::read(bucket.log(10)).unwrap();
    fs::write(bucket.log(10), cut.get(..cut.len() / 2).unwrap()).unwrap();
    assert!(bucket.report().faults.contains(&DigestFault::Unreadable { file: log_name(10) }));
}

#[test]
fn a_chain_that_was_broken() {
    let bucket = Bucket::new();
    fs::remove_file(bucket.digest(11)).unwrap();
    let (file, previous) = (digest_name(12), digest_name(11));
    let gap = DigestFault::Gap { file: file.clone(), from: 1_793_527_200, until: 1_793_530_800 };
    assert_eq!(bucket.report().faults, [DigestFault::NoPrevious { file, previous }, gap.clone()]);
    assert!(gap.to_string().contains("no digest covers 2026-11-01T10:00:00Z to 2026-11-01T11:00:00Z"), "{gap}");
    // Whoever changes a log file and its digest cannot change the one behind it.
    let bucket = Bucket::new();
    write(&bucket.log(10), "{}");
    Bucket::edit(&bucket.digest(10), |digest| digest["logFiles"][0]["hashValue"] = json!(hash("{}")));
    assert_eq!(bucket.report().faults, [DigestFault::Altered { file: digest_name(10) }]);
    // A chain that begins anew.
    let bucket = Bucket::new();
    Bucket::edit(&bucket.digest(12), |digest| digest["previousDigestS3Object"] = Value::Null);
    assert_eq!(bucket.report().faults, [DigestFault::Restarted { file: digest_name(12) }]);
}

#[test]
fn digests_that_cannot_be_read() {
    let bucket = Bucket::new();
    write(&bucket.digest(10), r#"{"awsAccountId": "222222222222", "digestStartTime": 3}"#);
    Bucket::edit(&bucket.digest(12), |digest| digest["logFiles"][0]["hashAlgorithm"] = json!("MD5"));
    let other = DigestFault::OtherHash { file: log_name(12), algorithm: "MD5".to_owned() };
    let broken = DigestFault::Unreadable { file: digest_name(10) };
    let altered = DigestFault::Altered { file: digest_name(10) };
    assert_eq!(bucket.report().faults, [altered, broken, other]);
}
