//! Redaction (API-46): nothing that names the organization is left, and the snapshot still loads. That answers stay the
//! same is held in `crates/testkit/tests/redaction.rs`.

use scproof_organization::{Inventory, Organization};
use scproof_redact::{RedactionKey, Redactor};
use serde_json::{Value, json};

use crate::{base, base_with};

fn key() -> RedactionKey {
    RedactionKey::from_text("a key of the tests, long enough").unwrap()
}

/// The base with everything that a live organization has, and one policy.
fn telling(content: &str) -> Inventory {
    let text = base_with(|value| {
        for account in value["Accounts"].as_array_mut().unwrap() {
            let (id, name) = (account["Id"].as_str().unwrap(), account["Name"].as_str().unwrap());
            let arn = format!("arn:aws:organizations::111111111111:account/o-exampleorg1/{id}");
            account["Email"] = json!(format!("aws+{name}@corp.example"));
            account["Arn"] = json!(arn);
        }
        value["Accounts"][2]["Paths"] = json!(["o-exampleorg1/r-ab12/ou-ab12-prod0001/222222222222/"]);
        value["OrganizationalUnits"][0]["Path"] = json!("o-exampleorg1/r-ab12/ou-ab12-prod0001/");
        value["Policies"][1]["Arn"] =
            json!("arn:aws:organizations::111111111111:policy/o-exampleorg1/service_control_policy/p-denys3aaaa");
        value["Policies"][1]["Description"] = json!("what the Acme company denies");
        value["Policies"][1]["Content"] = json!(content);
        value["Attachments"].as_array_mut().unwrap().push(json!({"TargetId": "r-ab12", "PolicyId": "p-denys3aaaa"}));
    });
    Inventory::from_json(&text).unwrap()
}

const CONTENT: &str = r#"{ "Version": "2012-10-17",
  "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::management-\u0032\u0032\u0032222222222\/x",
    "Condition": {"StringEquals": {"aws:PrincipalAccount": [222222222222, "999988887777"]},
      "StringLike": {"aws:userid": "*:alice@corp.example", "aws:PrincipalOrgPaths": "o-exampleorg1/r-ab12/ou-ab12-prod0001/*"},
      "NumericLessThan": {"aws:EpochTime": "1767225600"}}}]}"#;

#[test]
fn api_46_nothing_that_names_the_organization_is_left() {
    let inventory = telling(CONTENT);
    let redactor = Redactor::new(&inventory, &key());
    let redacted = redactor.redact(&inventory);
    let text = redacted.to_json();
    Organization::from_json(&text).unwrap();
    assert_eq!(redactor.left(), []);
    let before: Value = base();
    let mut secrets: Vec<String> =
        ["exampleorg1", "ab12", "corp", "alice", "Acme", "denys3aaaa", "DenyS3", "999988887777"]
            .into_iter()
            .map(str::to_owned)
            .collect();
    for list in ["Accounts", "OrganizationalUnits"] {
        for item in before[list].as_array().unwrap() {
            secrets.push(item["Id"].as_str().unwrap().to_owned());
            secrets.push(format!("\"{}\"", item["Name"].as_str().unwrap()));
        }
    }
    for secret in secrets {
        assert!(!text.contains(&secret), "{secret} in {text}");
    }
    assert!(text.contains("p-FullAWSAccess") && text.contains("\"Root\"") && text.contains("\"FullAWSAccess\""));
}

#[test]
fn a_policy_is_edited_where_it_stands() {
    let inventory = telling(CONTENT);
    let redactor = Redactor::new(&inventory, &key());
    let redacted = redactor.redact(&inventory);
    let edited =
        redacted.policies.iter().find(|policy| policy.id != "p-FullAWSAccess").unwrap().content.as_ref().unwrap();
    assert_eq!(edited.len(), CONTENT.len());
    let account = redactor.text("222222222222");
    let digits: Vec<char> = account.chars().collect();
    let escaped = format!(r"\u003{}\u003{}\u003{}", digits[0], digits[1], digits[2]);
    let name = redactor.account("management");
    assert!(edited.contains(&format!("arn:aws:s3:::{name}-{escaped}{}\\/x", &account[3..])), "{edited}");
    assert!(edited.contains(&format!("[{account}, ")), "{edited}");
    assert!(edited.contains("\"1767225600\"") && edited.contains("aws:PrincipalOrgPaths"), "{edited}");
    let path = redactor.text("o-exampleorg1/r-ab12/ou-ab12-prod0001/");
    assert!(edited.contains(&format!("\"{path}*\"")), "{edited}");
    let unit = redacted.organizational_units.iter().find(|unit| unit.path.as_ref() == Some(&path)).unwrap();
    assert_eq!(path.split('/').nth(2), Some(unit.id.as_str()));
}

#[test]
fn the_key_decides_and_questions_are_redacted_alike() {
    let inventory = telling(CONTENT);
    let same = Redactor::new(&inventory, &key());
    assert_eq!(Redactor::new(&inventory, &key()).redact(&inventory), same.redact(&inventory));
    let other = Redactor::new(&inventory, &RedactionKey::random().unwrap());
    assert_ne!(other.text("222222222222"), same.text("222222222222"));
    let redacted = same.redact(&inventory);
    let organization = Organization::from_inventory(&redacted).unwrap();
    assert!(organization.resolve_account(&same.account("shop")).is_ok());
    assert!(organization.resolve_account(&same.account("222222222222")).is_ok());
}

#[test]
fn what_a_pattern_matches_in_part_is_left_and_listed() {
    let inventory = telling(
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*",
            "Resource": ["arn:aws:iam::2222*:role/x", "arn:aws:s3:::play-box", "arn:aws:s3:::relay*", "arn:aws:s3:::rig",
              "arn:aws:ec2:*:*:bench-interface/*", "arn:aws:s3:::bench/x"],
            "Condition": {"StringLike": {"aws:userid": "*@corp.example", "aws:PrincipalOrgPaths": "*/ou-ab12-sand*"},
                "NumericEquals": {"s3:max-keys": "333333333333"}}}}"#,
    );
    let redactor = Redactor::new(&inventory, &key());
    let left: Vec<String> = redactor.left().iter().map(ToString::to_string).collect();
    assert_eq!(
        left,
        [
            "account id `222222222222`: `arn:aws:iam::2222*:role/x` in policy p-denys3aaaa may match a part of it",
            "account id `333333333333`: `333333333333` in policy p-denys3aaaa is not compared as text",
            "account name `bench` in the text of policy p-denys3aaaa: it may be another word there",
            "account name `relay`: `arn:aws:s3:::relay*` in policy p-denys3aaaa may match a part of it",
            "account name `rig` in the text of policy p-denys3aaaa: it may be another word there",
            "e-mail address `@corp.example`: `*@corp.example` in policy p-denys3aaaa may match a part of it",
            "organizational unit id `ou-ab12-sand0001`: `*/ou-ab12-sand*` in policy p-denys3aaaa may match a part of it",
        ]
    );
    let text = redactor.redact(&inventory).to_json();
    assert!(text.contains("2222*:role/x") && text.contains("\"222222222222\"") && text.contains("-sand0001"));
    assert!(!text.contains("111111111111") && !text.contains("play-box") && !text.contains("ab12"));
}

#[test]
fn made_up_policies_take_no_longer() {
    // Fragments of everything between wildcards; digits that leave no account id free; a very long name.
    let between: Vec<String> = (0..40_000).map(|number| format!("*x{number}y")).collect();
    let digits: Vec<String> = (0..9).map(|digit| format!("\"*{digit}*\"")).collect();
    for pattern in
        [between.concat(), digits.join(",").trim_matches('"').to_owned(), "a*".repeat(100_000), "${".repeat(200_000)]
    {
        let mut inventory = telling(&format!(r#"{{"Statement": {{"Resource": ["{pattern}"]}}}}"#));
        inventory.accounts[0].name = Some("n".repeat(200_000));
        inventory.accounts[1].email = Some(format!("{}@example.com", "e".repeat(200_000)));
        let redactor = Redactor::new(&inventory, &key());
        assert_eq!(redactor.redact(&inventory).accounts.len(), inventory.accounts.len());
    }
}
