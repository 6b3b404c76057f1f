//! Nothing here is measured: what takes a second would take hours in quadratic time, and nobody would wait for it.

use scproof_organization::{Inventory, Organization};
use serde_json::json;

use crate::{base, base_with, only_fault, refuse};

#[test]
fn a_byte_order_mark_is_skipped() {
    let text = format!("\u{feff}{}", base());
    assert!(Inventory::from_json(&text).is_ok());
    assert!(Organization::from_json(&text).is_ok());
    assert!(Inventory::from_slice(text.as_bytes()).is_ok());
}

#[test]
fn bytes_that_are_no_utf8_are_placed() {
    let mut bytes = "\u{feff}{\n \"Forme\u{301}\": \"".as_bytes().to_vec();
    let at = bytes.len();
    bytes.extend(b"\xe9t\xe9\"}");
    let error = Inventory::from_slice(&bytes).unwrap_err();
    let fault = &error.faults()[0];
    assert_eq!((fault.code, fault.line_and_column()), ("invalid-utf8", Some((2, 13))));
    assert_eq!(fault.message, format!("byte {at} (0xe9) is not UTF-8"));
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(Inventory::from_slice(&utf16).unwrap_err().faults()[0].help.as_ref().unwrap().contains("UTF-8"));
}

#[test]
fn a_million_brackets_are_an_error_soon() {
    let brackets = "[".repeat(1 << 20);
    let objects = "{\"a\":".repeat(1 << 18);
    let text = base().to_string();
    for deep in [&brackets, &objects] {
        refuse(deep);
        // In an unknown member, in a list, in a time, in a policy.
        refuse(&format!("{{\"X\":{deep}"));
        refuse(&format!("{{\"Format\":\"scproof-inventory/1\",\"Accounts\":{deep}"));
        refuse(&format!("{{\"TakenAt\":{deep}"));
        refuse(&text.replacen("\"Content\":", &format!("\"Content\":{deep}"), 1));
    }
}

#[test]
fn json_10_brackets_nest_to_a_depth_that_is_enough() {
    let nested = |depth: usize| {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        base().to_string().replacen('{', &format!("{{\"X\":{deep},"), 1)
    };
    assert!(Inventory::from_json(&nested(100)).is_ok());
    assert_eq!(only_fault(&nested(1 << 19)).code, "too-deep");
}

#[test]
fn odd_numbers_and_strings_are_errors() {
    let digits = "9".repeat(1 << 20);
    for number in [digits.as_str(), "1e400", "-1e999999999", "01", "NaN", "0x10", "\"\\ud800\"", "\"\u{1}\""] {
        let fault = only_fault(&format!("{{\"Format\": {number}}}"));
        let codes = ["bad-number", "number-out-of-range", "unquoted-text", "bad-escape", "control-character"];
        assert!(codes.contains(&fault.code), "{fault:?}");
        assert!(fault.message.len() < 1_000);
    }
}

#[test]
fn every_prefix_of_a_snapshot_is_an_error() {
    let text = base().to_string();
    for end in (0..text.len()).step_by(7) {
        refuse(&text[..end]);
    }
    assert_eq!(only_fault("").message, "the text holds no JSON value");
}

#[test]
fn ten_thousand_faults_are_counted_and_a_thousand_shown() {
    let text = base_with(|value| {
        let accounts = value["Accounts"].as_array_mut().unwrap();
        for number in 0..10_000 {
            accounts.push(json!({"Id": format!("{number:012}"), "ParentId": "ou-ab12-gone0001"}));
        }
    });
    // On one line, where columns are long.
    for text in [text.clone(), text.replace('\n', "")] {
        let error = refuse(&text);
        assert_eq!((error.faults().len(), error.omitted()), (1_000, 9_000));
        assert!(error.faults().iter().all(|fault| fault.place.is_some()));
        assert!(error.to_string().ends_with("(and 9999 more faults)"));
    }
}

#[test]
fn fifty_thousand_accounts_load_soon() {
    let text = base_with(|value| {
        for number in 0..2_000 {
            let id = format!("ou-ab12-{number:08}");
            value["OrganizationalUnits"]
                .as_array_mut()
                .unwrap()
                .push(json!({"Id": id, "Name": format!("Unit {number}"), "ParentId": "r-ab12"}));
            value["Attachments"].as_array_mut().unwrap().push(json!({"TargetId": id, "PolicyId": "p-FullAWSAccess"}));
        }
        for number in 0..50_000 {
            let id = format!("{number:012}");
            let parent = format!("ou-ab12-{:08}", number % 2_000);
            let account = json!({"Id": id, "Name": format!("account {number}"), "Email": format!("{number}@example.com"), "State": "ACTIVE", "ParentId": parent});
            value["Accounts"].as_array_mut().unwrap().push(account);
            value["Attachments"].as_array_mut().unwrap().push(json!({"TargetId": id, "PolicyId": "p-FullAWSAccess"}));
        }
    });
    let organization = Organization::from_json(&text).unwrap();
    assert_eq!(organization.accounts().len(), 50_006);
    let chosen = organization.select_accounts(&["Unit 7/**", "account 1999*"]).unwrap();
    assert_eq!(chosen.len(), 25 + 11);
    assert_eq!(organization.findings(), []);
}
