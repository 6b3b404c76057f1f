//! Reading change files, and changes from the pieces of a command line.

use std::fs;
use std::path::Path;

use scproof_organization::{Change, ChangeSet, ChangeSetBuilder, LoadError, Message, Organization};
use serde_json::{Value, json};

use crate::changes::{policy, target};
use crate::{base, base_with, codes, load, pointed_at};

fn read_in(organization: &Organization, changes: &Value) -> Result<ChangeSet, LoadError> {
    let text = json!({"Format": "scproof-changes/1", "Changes": changes}).to_string();
    ChangeSet::from_json(&text, Path::new("."), organization)
}

fn read(changes: &Value) -> Result<ChangeSet, LoadError> {
    read_in(&load(&base().to_string()), changes)
}

fn read_all(changes: &Value) -> Vec<String> {
    let changes = read(changes).unwrap_or_else(|error| panic!("{error}"));
    changes.changes().iter().map(ToString::to_string).collect()
}

fn faults(changes: &Value) -> Vec<String> {
    codes(&read(changes).unwrap_err())
}

#[test]
fn every_operation_is_read() {
    let found = read_all(&json!([
        {"Operation": "CreatePolicy", "Name": "New", "Content": {"Version": "2012-10-17"}},
        {"Operation": "CreatePolicy", "Id": "p-given00001", "Name": "Given", "Content": "{}", "Type": "RESOURCE_CONTROL_POLICY", "Description": "x"},
        {"Operation": "AttachPolicy", "Policy": "New", "Target": "Work/Test"},
        {"Operation": "AttachPolicy", "PolicyId": "p-denys3aaaa", "TargetId": "222222222222"},
        {"Operation": "DetachPolicy", "Policy": "fullawsaccess", "Target": "Root"},
        {"Operation": "UpdatePolicy", "Policy": "DenyS3", "Content": "{ }", "Name": "Renamed", "Description": "y"},
        {"Operation": "DeletePolicy", "Policy": "Renamed"},
        {"Operation": "CreateOrganizationalUnit", "Name": "Fresh", "Parent": "Prod"},
        {"Operation": "MoveAccount", "Account": "shop", "SourceParent": "Prod", "DestinationParent": "Prod/Fresh"},
        {"Operation": "MoveOrganizationalUnit", "OrganizationalUnit": "Test", "DestinationParentId": "r-ab12"},
        {"Operation": "CreateAccount", "AccountName": "young", "Email": "young@example.com"},
        {"Operation": "MoveAccount", "Account": "Root/young", "DestinationParent": "Test"},
        {"Operation": "CreateAccount", "AccountName": "younger", "Id": "012345678901"},
        {"Operation": "DisablePolicyType"},
        {"Operation": "EnablePolicyType", "PolicyType": "SERVICE_CONTROL_POLICY", "RootId": "r-ab12"},
        {"Operation": "EnableAllFeatures"},
    ]));
    assert_eq!(
        found,
        [
            "CreatePolicy New (p-new0000001)",
            "CreatePolicy Given (p-given00001)",
            "AttachPolicy p-new0000001 to ou-ab12-test0001",
            "AttachPolicy p-denys3aaaa to 222222222222",
            "DetachPolicy p-FullAWSAccess from r-ab12",
            "UpdatePolicy p-denys3aaaa",
            "DeletePolicy p-denys3aaaa",
            "CreateOrganizationalUnit Fresh (ou-ab12-new00001) in ou-ab12-prod0001",
            "MoveAccount 222222222222 to ou-ab12-new00001",
            "MoveOrganizationalUnit ou-ab12-test0001 to r-ab12",
            "CreateAccount young (000000000001)",
            "MoveAccount 000000000001 to ou-ab12-test0001",
            "CreateAccount younger (012345678901)",
            "DisablePolicyType SERVICE_CONTROL_POLICY",
            "EnablePolicyType SERVICE_CONTROL_POLICY",
            "EnableAllFeatures",
        ]
    );
    assert_eq!(read_all(&json!([])), [""; 0]);
}

#[test]
fn the_text_of_a_policy_is_exact() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("deny.json"), "{\n  \"Version\": \"2012-10-17\"\n}\n").unwrap();
    let file = folder.path().join("changes.json");
    let text = json!({"$schema": "x", "Format": "scproof-changes/1", "Description": "d", "Changes": [
        {"Operation": "CreatePolicy", "Name": "one", "ContentFile": "deny.json"},
        {"Operation": "CreatePolicy", "Name": "two", "Content": {"Version": "2012-10-17"}},
        {"Operation": "CreatePolicy", "Name": "three", "Content": " {} "},
    ]});
    fs::write(&file, format!("\u{feff}{text}")).unwrap();
    let changes = ChangeSet::load(&file, &load(&base().to_string())).unwrap();
    let texts: Vec<&str> = changes
        .changes()
        .iter()
        .map(|change| {
            let Change::CreatePolicy { content, .. } = change else { panic!("{change}") };
            &**content
        })
        .collect();
    assert_eq!(texts, ["{\n  \"Version\": \"2012-10-17\"\n}\n", "{\"Version\":\"2012-10-17\"}", " {} "]);
}

#[test]
fn names_mean_what_they_mean_at_their_step() {
    // Deleted before, or created later: AWS would refuse, which is predicted elsewhere.
    assert_eq!(
        read_all(&json!([
            {"Operation": "DeletePolicy", "Policy": "DenyS3"},
            {"Operation": "AttachPolicy", "Policy": "DenyS3", "Target": "Prod"},
            {"Operation": "AttachPolicy", "Policy": "Later", "Target": "Prod/Late"},
            {"Operation": "MoveAccount", "Account": "late", "DestinationParent": "Late"},
            {"Operation": "CreatePolicy", "Name": "Later", "Content": "{}"},
            {"Operation": "CreateOrganizationalUnit", "Name": "Late", "Parent": "Prod"},
            {"Operation": "CreateAccount", "AccountName": "late"},
        ]))[..4],
        [
            "DeletePolicy p-denys3aaaa",
            "AttachPolicy p-denys3aaaa to ou-ab12-prod0001",
            "AttachPolicy p-new0000001 to ou-ab12-new00001",
            "MoveAccount 000000000001 to ou-ab12-new00001",
        ]
    );
    // Of two policies with a name the created one is meant.
    assert_eq!(
        read_all(&json!([
            {"Operation": "CreatePolicy", "Name": "DenyS3", "Content": "{}"},
            {"Operation": "AttachPolicy", "Policy": "DenyS3", "Target": "Prod"},
        ]))[1],
        "AttachPolicy p-new0000001 to ou-ab12-prod0001"
    );
    // A path follows the moves.
    assert_eq!(
        read_all(&json!([
            {"Operation": "MoveOrganizationalUnit", "OrganizationalUnit": "Work", "DestinationParent": "Prod"},
            {"Operation": "MoveAccount", "Account": "Prod/Work/Test/rig", "DestinationParent": "Prod/Work"},
        ]))[1],
        "MoveAccount 666666666666 to ou-ab12-work0001"
    );
}

#[test]
fn all_faults_come_at_once_with_their_places() {
    let text = r#"{"Format": "scproof-changes/1", "Chnages": [], "Changes": [
  {"Operation": "AttachPolicy", "Policy": "DenyS4", "Target": "Porduct"},
  {"Operation": "AttachPolicy", "Policy": 5, "Target": "Prod", "Target": "Work"},
  {"Operation": "AtachPolicy"},
  7,
  {"Operation": "CreatePolicy", "Name": "x", "Content": [], "ContentFile": "y"},
  {"Operation": "MoveAccount", "Account": "Prod", "DestinationParent": "shop"}
]}"#;
    let error = ChangeSet::from_json(text, Path::new("."), &load(&base().to_string())).unwrap_err();
    assert_eq!(
        codes(&error),
        [
            "unknown-member at Chnages",
            "unknown-policy at Changes[0].Policy",
            "unknown-target at Changes[0].Target",
            "wrong-type at Changes[1].Policy",
            "duplicate-member at Changes[1].Target",
            "unknown-operation at Changes[2].Operation",
            "wrong-type at Changes[3]",
            "two-members at Changes[4].ContentFile",
            "unknown-target at Changes[5].Account",
            "unknown-target at Changes[5].DestinationParent",
        ]
    );
    let fault = |index: usize| &error.faults()[index];
    assert_eq!(fault(1).to_string(), "2:43: Changes[0].Policy: `DenyS4` is no policy of the organization");
    assert_eq!(fault(1).help.as_deref(), Some("did you mean `DenyS3`?"));
    assert!(pointed_at(text, fault(2)).starts_with("\"Porduct\""));
    assert_eq!(fault(0).help.as_deref(), Some("did you mean `Changes`?"));
    assert_eq!(fault(5).help.as_deref(), Some("did you mean `AttachPolicy`?"));
    assert_eq!(fault(8).message, "`Prod` is no account of the organization");
    assert_eq!(fault(9).message, "`shop` is no root or organizational unit of the organization");
}

#[test]
fn faults_of_single_changes() {
    for (change, expected) in [
        (json!({}), "missing-member at Changes[0].Operation"),
        (json!({"Operation": "DeletePolicy"}), "missing-member at Changes[0].Policy"),
        (json!({"Operation": "DeletePolicy", "Policy": null}), "wrong-type at Changes[0].Policy"),
        (json!({"Operation": "DeletePolicy", "PolicyId": "DenyS3"}), "bad-id at Changes[0].PolicyId"),
        (
            json!({"Operation": "DeletePolicy", "Policy": "DenyS3", "PolicyId": "p-denys3aaaa"}),
            "two-members at Changes[0].PolicyId",
        ),
        (json!({"Operation": "UpdatePolicy", "Policy": "DenyS3"}), "missing-member at Changes[0]"),
        (json!({"Operation": "UpdatePolicy", "Policy": "DenyS3", "Content": 5}), "wrong-type at Changes[0].Content"),
        (json!({"Operation": "UpdatePolicy", "Policy": "DenyS3", "Content": null}), "wrong-type at Changes[0].Content"),
        (json!({"Operation": "CreatePolicy", "Name": "x"}), "missing-member at Changes[0].Content"),
        (
            json!({"Operation": "CreatePolicy", "Name": "x", "ContentFile": "none.json"}),
            "unreadable-file at Changes[0].ContentFile",
        ),
        (
            json!({"Operation": "CreatePolicy", "Name": "x", "ContentFile": "."}),
            "unreadable-file at Changes[0].ContentFile",
        ),
        (
            json!({"Operation": "CreatePolicy", "Name": "x", "ContentFile": "/dev/zero"}),
            "unreadable-file at Changes[0].ContentFile",
        ),
        (json!({"Operation": "CreatePolicy", "Name": "x", "Content": "{}", "Id": "x"}), "bad-id at Changes[0].Id"),
        (
            json!({"Operation": "CreatePolicy", "Name": "x", "Content": "{}", "Id": "p-denys3aaaa"}),
            "duplicate-id at Changes[0].Id",
        ),
        (
            json!({"Operation": "CreatePolicy", "Name": "x", "Content": "{}", "Type": "TAG_POLICY"}),
            "unknown-policy-type at Changes[0].Type",
        ),
        (json!({"Operation": "CreatePolicy", "Name": 5, "Content": "{}"}), "wrong-type at Changes[0].Name"),
        (
            json!({"Operation": "CreateOrganizationalUnit", "Name": "x", "Parent": "Root", "Id": "ou-zzzz-new00001"}),
            "bad-id at Changes[0].Id",
        ),
        (
            json!({"Operation": "CreateOrganizationalUnit", "Name": "x", "Parent": "shop"}),
            "unknown-target at Changes[0].Parent",
        ),
        (
            json!({"Operation": "CreateAccount", "AccountName": "x", "Id": "222222222222"}),
            "duplicate-id at Changes[0].Id",
        ),
        (
            json!({"Operation": "CreateAccount", "AccountName": "x", "Id": 222_222_222_222_u64}),
            "wrong-type at Changes[0].Id",
        ),
        (
            json!({"Operation": "EnablePolicyType", "PolicyType": "TAG_POLICY"}),
            "unknown-policy-type at Changes[0].PolicyType",
        ),
        (json!({"Operation": "EnablePolicyType", "Root": "Prod"}), "unknown-target at Changes[0]"),
        (json!({"Operation": "EnableAllFeatures", "Force": true}), "unknown-member at Changes[0].Force"),
    ] {
        assert_eq!(faults(&json!([change])), [expected], "{change}");
    }
    let twin = |value: &mut Value| {
        let list = value["Accounts"].as_array_mut().unwrap();
        list.push(json!({"Id": "888888888881", "Name": "shop", "ParentId": "r-ab12"}));
    };
    let move_shop = json!([{"Operation": "MoveAccount", "Account": "shop", "DestinationParent": "Work"}]);
    let error = read_in(&load(&base_with(twin)), &move_shop).unwrap_err();
    assert_eq!(codes(&error), ["ambiguous-name at Changes[0].Account"]);
    assert!(error.faults()[0].help.as_deref().unwrap().contains("888888888881 (shop in Root)"));
}

#[test]
fn another_format_has_nothing_more_to_say() {
    let organization = load(&base().to_string());
    let refuse = |text: &str| codes(&ChangeSet::from_json(text, Path::new("."), &organization).unwrap_err());
    assert_eq!(refuse(r#"{"Format": "scproof-inventory/1", "X": 1}"#), ["unknown-format at Format"]);
    assert_eq!(refuse(r#"{"Format": "scproof-changes/2", "X": 1}"#), ["newer-format at Format"]);
    assert_eq!(refuse(r#"{"Changes": []}"#), ["missing-member at Format"]);
    assert_eq!(refuse(r#"{"Format": "scproof-changes/1"}"#), ["missing-member at Changes"]);
    assert_eq!(refuse("[]"), ["wrong-type at "]);
    assert_eq!(refuse(""), ["empty-text at "]);
    assert!(refuse(&"[".repeat(100_000))[0].starts_with("unclosed-bracket at "));
}

#[test]
fn hostile_files_do_no_harm() {
    let organization = load(&base().to_string());
    let many = |count: usize, change: &dyn Fn(usize) -> Value| {
        let list: Vec<Value> = (0..count).map(change).collect();
        let text = json!({"Format": "scproof-changes/1", "Changes": list}).to_string();
        ChangeSet::from_json(&text, Path::new("."), &organization)
    };
    let error = many(10_000, &|number| json!({format!("x{number}"): number})).unwrap_err();
    assert_eq!(error.faults().len() + error.omitted(), 10_000);
    let error = many(10_001, &|_| json!({})).unwrap_err();
    assert_eq!(codes(&error), ["too-many-changes at Changes"]);
    // Names are looked up, ids made up, and faults found in linear time, or nearly so.
    let created = many(10_000, &|number| match number % 2 {
        0 => json!({"Operation": "CreatePolicy", "Name": format!("n{number}"), "Content": "{}"}),
        _ => json!({"Operation": "AttachPolicy", "Policy": format!("n{}", number - 1), "Target": "Work/Test"}),
    });
    assert_eq!(created.unwrap().apply(&organization).policies().len(), 5_002);
    let unknown =
        many(10_000, &|number| json!({"Operation": "DeletePolicy", "Policy": format!("DenyS{number}")})).unwrap_err();
    assert!(unknown.faults().iter().filter(|fault| fault.help.is_some()).count() <= 16);
    let members: serde_json::Map<String, Value> = (0..20_000).map(|number| (format!("x{number}"), json!(1))).collect();
    let text = json!({"Format": "scproof-changes/1", "Changes": [], "x": members}).to_string();
    assert!(ChangeSet::from_json(&text, Path::new("."), &organization).is_err());
}

// The schema says no more and no less than the reader about the form; what names mean only the reader knows.
#[test]
fn the_schema_agrees_with_the_reader() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas/scproof-changes-1.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let organization = load(&base().to_string());
    let names = [
        json!("Prod"),
        json!("222222222222"),
        json!("r-ab12"),
        json!("p-denys3aaaa"),
        json!("ou-ab12-work0001"),
        json!(5),
        json!(null),
    ];
    let references = [
        "Policy",
        "PolicyId",
        "Target",
        "TargetId",
        "Account",
        "AccountId",
        "OrganizationalUnit",
        "OrganizationalUnitId",
        "Parent",
        "ParentId",
        "SourceParent",
        "SourceParentId",
        "DestinationParent",
        "DestinationParentId",
        "Root",
        "RootId",
    ];
    let operations = [
        "AttachPolicy",
        "DetachPolicy",
        "UpdatePolicy",
        "CreatePolicy",
        "DeletePolicy",
        "MoveAccount",
        "MoveOrganizationalUnit",
        "CreateOrganizationalUnit",
        "CreateAccount",
        "EnablePolicyType",
        "DisablePolicyType",
        "EnableAllFeatures",
        "Nothing",
    ];
    let others = [
        ("Content", json!({})),
        ("Content", json!("{}")),
        ("Content", json!([])),
        ("ContentFile", json!("none")),
        ("Name", json!("x")),
        ("AccountName", json!("x")),
        ("Description", json!("")),
        ("Email", json!("")),
        ("Email", json!(1)),
        ("Type", json!("RESOURCE_CONTROL_POLICY")),
        ("Type", json!("x")),
        ("PolicyType", json!("SERVICE_CONTROL_POLICY")),
        ("PolicyType", json!("x")),
        ("Id", json!("p-x")),
        ("Id", json!("p-xxxxxxxx")),
        ("Id", json!("123456789012")),
        ("Id", json!("ou-ab12-xxxxxxxx")),
        ("Force", json!(true)),
    ];
    let mut pool: Vec<(&str, Value)> = others.to_vec();
    pool.extend(references.iter().flat_map(|name| names.iter().map(move |value| (*name, value.clone()))));
    // Every operation with every one, two and some three members: more than enough for each rule of the schema to be
    // met both ways.
    let (mut valid, mut invalid) = (0, 0);
    let mut compare = |change: &Value| {
        let by_schema = validator.is_valid(&json!({"Format": "scproof-changes/1", "Changes": [change]}));
        let by_reader = match read_in(&organization, &json!([change])) {
            Ok(_) => true,
            Err(error) => error.faults().iter().all(|fault| {
                let meaning = ["unknown-policy", "unknown-target", "ambiguous-name", "duplicate-id", "unreadable-file"];
                meaning.contains(&fault.code)
            }),
        };
        assert_eq!(by_schema, by_reader, "{change}");
        if by_schema { valid += 1 } else { invalid += 1 }
    };
    for operation in operations {
        compare(&json!({"Operation": operation}));
        for (index, (name, value)) in pool.iter().enumerate() {
            compare(&json!({"Operation": operation, *name: value}));
            for (second, (other, also)) in
                pool.iter().enumerate().skip(index + 1).filter(|(_, (other, _))| other != name)
            {
                if (index * 7 + second) % 3 == 0 || index < others.len() {
                    compare(&json!({"Operation": operation, *name: value, *other: also}));
                }
                let (third, value_3) = &pool[(index * 31 + second * 17) % pool.len()];
                if third != name && third != other {
                    compare(&json!({"Operation": operation, *name: value, *other: also, *third: value_3}));
                }
            }
        }
    }
    assert!(valid > 100 && invalid > 1_000, "{valid} {invalid}");
    for (text, expected) in [
        (json!({"Format": "scproof-changes/1", "Changes": [], "$schema": "x", "Description": "x"}), true),
        (json!({"Format": "scproof-changes/1", "Changes": {}}), false),
        (json!({"Format": "scproof-changes/1"}), false),
        (json!({"Format": "scproof-changes/2", "Changes": []}), false),
        (json!({"Changes": []}), false),
        (json!({"Format": "scproof-changes/1", "Changes": [], "X": 1}), false),
        (json!([]), false),
        (
            json!({"Format": "scproof-changes/1", "Changes": vec![json!({"Operation": "EnableAllFeatures"}); 10_000]}),
            true,
        ),
        (
            json!({"Format": "scproof-changes/1", "Changes": vec![json!({"Operation": "EnableAllFeatures"}); 10_001]}),
            false,
        ),
    ] {
        assert_eq!(validator.is_valid(&text), expected, "{text}");
        assert_eq!(
            ChangeSet::from_json(&text.to_string(), Path::new("."), &organization).is_ok(),
            expected,
            "{:.99}",
            text.to_string()
        );
    }
}

fn built(build: impl FnOnce(&mut ChangeSetBuilder) -> Result<(), Box<Message>>) -> Result<Vec<String>, Box<Message>> {
    let mut builder = ChangeSetBuilder::new(&load(&base().to_string()));
    build(&mut builder)?;
    Ok(builder.finish().changes().iter().map(ToString::to_string).collect())
}

#[test]
fn a_file_is_a_new_policy_or_the_one_that_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let new = file(
        "deny-ec2.json",
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}}"#,
    );
    let same = file(
        "copy.json",
        "{\"Version\": \"2012-10-17\",\n\"Statement\": {\"Effect\": \"Deny\", \"Action\": \"s3:*\", \"Resource\": \"*\"}}\n",
    );
    let taken = file("DenyS3.json", "{}");
    assert_eq!(
        built(|builder| {
            builder.attach(&new, "Prod")?;
            builder.attach(&new, "Sandbox")?;
            builder.attach(&same, "Work/Test")?;
            builder.attach("DenyS3", "shop")?;
            builder.detach("deny-ec2", "Prod")
        })
        .unwrap(),
        [
            "CreatePolicy deny-ec2 (p-new0000001)",
            "AttachPolicy p-new0000001 to ou-ab12-prod0001",
            "AttachPolicy p-new0000001 to ou-ab12-sand0001",
            "AttachPolicy p-denys3aaaa to ou-ab12-test0001",
            "AttachPolicy p-denys3aaaa to 222222222222",
            "DetachPolicy p-new0000001 from ou-ab12-prod0001",
        ]
    );
    let fault = built(|builder| builder.attach(&taken, "Prod")).unwrap_err();
    assert_eq!((fault.code, fault.item.as_deref()), ("name-taken", Some("p-denys3aaaa")));
    assert!(fault.help.unwrap().contains("replace it: `DenyS3="));
    // Texts without meaning are not taken for each other.
    let broken = file("broken.json", "{\"x\"");
    let other = file("other.json", "{\"y\"");
    assert_eq!(
        built(|builder| builder.attach(&broken, "Prod").and_then(|()| builder.attach(&other, "Prod"))).unwrap().len(),
        4
    );
}

#[test]
fn other_pieces_of_a_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.json");
    fs::write(&path, "{}").unwrap();
    assert_eq!(
        built(|builder| {
            builder.replace("denys3", &path)?;
            builder.move_to("shop", "Sandbox")?;
            builder.move_to("Work/Test", "Root")?;
            builder.delete("DenyS3")
        })
        .unwrap(),
        [
            "UpdatePolicy p-denys3aaaa",
            "MoveAccount 222222222222 to ou-ab12-sand0001",
            "MoveOrganizationalUnit ou-ab12-test0001 to r-ab12",
            "DeletePolicy p-denys3aaaa",
        ]
    );
    let message = |result: Result<Vec<String>, Box<Message>>| result.unwrap_err().message;
    assert_eq!(
        message(built(|builder| builder.attach("deny.json", "Prod"))),
        "`deny.json` is neither a policy of the organization nor a file"
    );
    assert_eq!(message(built(|builder| builder.attach("DenyS3", "Prodd"))), "`Prodd` is no target of the organization");
    assert_eq!(message(built(|builder| builder.detach("DenyS4", "Prod"))), "`DenyS4` is no policy of the organization");
    assert_eq!(message(built(|builder| builder.move_to("Root", "Prod"))), "the root cannot be moved");
    let gone = folder.path().join("gone.json");
    assert!(
        message(built(|builder| builder.replace("DenyS3", &gone)))
            .ends_with("cannot be read: no such file or directory")
    );
    fs::write(&gone, vec![b'x'; (1 << 20) + 1]).unwrap();
    assert_eq!(built(|builder| builder.replace("DenyS3", &gone)).unwrap_err().code, "file-too-large");
    fs::write(&gone, [0xFF, 0xFE, 0x7B]).unwrap();
    assert_eq!(built(|builder| builder.replace("DenyS3", &gone)).unwrap_err().code, "invalid-utf8");
}

#[test]
fn policies_are_chosen_by_id_and_name() {
    let organization = load(&base_with(|value| {
        let list = value["Policies"].as_array_mut().unwrap();
        list.push(json!({"Id": "p-denys3bbbb", "Name": "denys3", "Type": "SERVICE_CONTROL_POLICY", "Content": "{}"}));
    }));
    let find = |text: &str| organization.resolve_policy(text).map(|index| organization.policy(index).id.to_string());
    assert_eq!(find("p-denys3bbbb").unwrap(), "p-denys3bbbb");
    assert_eq!(find("DenyS3").unwrap(), "p-denys3aaaa");
    let error = find("DENYS3").unwrap_err();
    assert_eq!(error.to_string(), "`DENYS3` is the name of 2 policies");
    assert_eq!(error.help().unwrap(), "use the id: p-denys3aaaa (DenyS3), p-denys3bbbb (denys3)");
    let error = find("DenyS33").unwrap_err();
    assert_eq!(error.to_string(), "`DenyS33` is no policy of the organization");
    let mut builder = ChangeSetBuilder::new(&organization);
    assert_eq!(builder.attach("DENYS3", "Prod").unwrap_err().message, "`DENYS3` is the name of 2 policies");
    // Built with known ids, a change need not mean anything.
    let mut builder = ChangeSetBuilder::new(&organization);
    builder.push(Change::AttachPolicy { policy: policy("p-unknown00"), target: target("r-ab12") });
    assert_eq!(builder.draft().policies().count(), 3);
}
