//! The page of an audit: complete in itself, small, and safe whatever names and policies say. How it behaves in a browser is tested by
//! `tests/browser/run.sh`, on the pages that these tests leave in the target folder.

use std::fs;
use std::path::Path;

use scproof_auditor::Audit;
use scproof_report::html::audit::{Options, render};
use serde_json::Value;

use crate::samples;

fn page(audit: &Audit, name: &str) -> String {
    let options = Options {
        title: String::new(),
        generated_at: Some("2026-11-25 20:00 UTC".to_owned()),
        snapshot: Some("org.json".to_owned()),
        version: "0.1.0".to_owned(),
        program: ["scproof", "--org", "org.json"].map(str::to_owned).to_vec(),
    };
    let mut page = Vec::new();
    render(audit, &options, &mut page).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.html")), &page).unwrap();
    String::from_utf8(page).unwrap()
}

fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn the_example() {
    let page = page(&samples::example(), "example");
    assert!(page.len() < 800_000, "{}", page.len());
    data(&page);
}

#[test]
fn ten_thousand_accounts() {
    let audit = samples::large();
    assert_eq!((audit.scope.accounts.len(), audit.classes.len(), audit.guardrails.len()), (10_001, 300, 40));
    let page = page(&audit, "large");
    let data = data(&page);
    for (name, member) in data.as_object().unwrap() {
        let size = member.to_string().len();
        if size > 50_000 {
            eprintln!("{name}: {size}");
        }
    }
    eprintln!("{}", page.len());
    assert!(page.len() < 3_000_000, "{}", page.len());
}

#[test]
fn hostile() {
    page(&samples::hostile(), "hostile");
    page(&samples::small(), "small");
}
