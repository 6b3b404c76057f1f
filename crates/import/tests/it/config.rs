//! Organizations by names.

use std::fs;

use scproof_import::{CONFIG_SKELETON, Config};
use scproof_organization::{Organization, Target};

use crate::{faults, organization, read, refuse};

const SMALL: &str = "
Format: scproof-config/1
Units:
  - Path: Work/Prod        # a child may stand before its parent
  - {Path: Work, FullAWSAccess: false}
Accounts:
  - {Name: management, Id: '111111111111'}
  - {Name: shop, Unit: Work/Prod, Email: shop@example.com, Tags: {env: prod}}
  - {Name: lab, Unit: Root/Work}
Policies:
  - Name: no-s3
    Content: {Version: 2012-10-17, Statement: [{Effect: Deny, Action: 's3:*', Resource: '*'}]}
Organization: {ManagementAccount: management, Partition: aws}
Attachments:
  - {Policy: no-s3, To: [Work, shop, Root/Work/Prod]}
  - {Policy: FullAWSAccess, To: Work/Prod}
";

fn attached(organization: &Organization, target: &str) -> Vec<String> {
    let node = organization.node(organization.resolve_target(target).unwrap());
    node.scps.iter().map(|&policy| organization.policy(policy).display_name().to_owned()).collect()
}

#[test]
fn an_organization_by_names_becomes_a_snapshot() {
    let organization = organization(SMALL);
    let shop = organization.resolve_account("shop").unwrap();
    assert_eq!(organization.ou_path(shop), "Root/Work/Prod");
    let details = organization.node(shop).account.as_ref().unwrap();
    assert_eq!((details.email.as_deref(), details.tags[0].value.as_str()), (Some("shop@example.com"), "prod"));
    assert_eq!(organization.ou_path(organization.resolve_account("lab").unwrap()), "Root/Work");
    assert_eq!(organization.ou_path(organization.resolve_account("management").unwrap()), "Root");
    assert_eq!(organization.management_account().unwrap().as_str(), "111111111111");
    assert_eq!(organization.partition(), Some("aws"));
    let (_, policy) = organization.policies().find(|(_, policy)| policy.display_name() == "no-s3").unwrap();
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
    assert_eq!(policy.content.as_deref(), Some(text));
}

#[test]
fn full_access_is_attached_unless_it_is_said_not_to_be() {
    let small = organization(SMALL);
    assert_eq!(attached(&small, "Root"), ["FullAWSAccess"]);
    assert_eq!(attached(&small, "Work"), ["no-s3"]);
    assert_eq!(attached(&small, "Work/Prod"), ["FullAWSAccess", "no-s3"]);
    assert_eq!(attached(&small, "shop"), ["FullAWSAccess", "no-s3"]);
    let without = organization(
        "{Format: scproof-config/1, FullAWSAccess: false, Root: {FullAWSAccess: true}, Units: [{Path: a}], \
         Accounts: [{Name: x, Unit: a, FullAWSAccess: true}]}",
    );
    assert_eq!(attached(&without, "Root"), ["FullAWSAccess"]);
    assert!(attached(&without, "a").is_empty());
    assert_eq!(attached(&without, "x"), ["FullAWSAccess"]);
}

#[test]
fn what_is_made_up_is_marked_and_everything_has_its_place() {
    let inventory = read(SMALL);
    let made_up = ["000000000001", "000000000002", "o-madeup0000", "ou-madeup-madeup00001", "ou-madeup-madeup00002"];
    assert_eq!(inventory.made_up, [&made_up[..], &["p-madeup00001", "r-madeup"]].concat());
    let place = |id: &str| inventory.origins.iter().find(|origin| origin.id == id).map(|origin| origin.place.as_str());
    assert_eq!(place("111111111111"), Some("o.yaml:7:5"));
    assert_eq!(place("p-madeup00001"), Some("o.yaml:11:5"));
    assert_eq!(inventory.notes.len(), 1);
    let again = Organization::from_json(&inventory.to_json()).unwrap();
    assert!(again.is_made_up("o-madeup0000") && !again.is_made_up("111111111111"));
    assert_eq!(again.origin("111111111111"), Some("o.yaml:7:5"));
    let codes: Vec<&str> = again.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["ids-made-up", "snapshot-note"]);
}

#[test]
fn the_id_of_a_unit_tells_that_of_its_root() {
    let inventory = read("{Format: scproof-config/1, Units: [{Path: a, Id: ou-ab12-unit0001}, {Path: b}]}");
    assert_eq!(inventory.roots[0].id, "r-ab12");
    assert_eq!(inventory.made_up, ["o-madeup0000", "ou-ab12-madeup00001"]);
}

#[test]
fn conditions_on_made_up_ids_are_open_and_others_are_not() {
    let with = |own: &str, condition: &str| {
        let text = format!(
            "{{Format: scproof-config/1, Organization: {own}, Accounts: [{{Name: shop}}, {{Name: log, Id: \
             '333333333333'}}], Policies: [{{Name: p, Content: {{Version: 2012-10-17, Statement: [{{Effect: Deny, \
             Action: '*', Resource: '*', Condition: {condition}}}]}}}}], Attachments: [{{Policy: p, To: Root}}]}}"
        );
        let organization = organization(&text);
        let (_, policy) = organization.policies().find(|(_, policy)| policy.display_name() == "p").unwrap();
        let is_open = !policy.document.statements[0].is_readable();
        assert_eq!(is_open, policy.diagnostics.iter().any(|message| message.code == "made-up-id-compared"));
        is_open
    };
    for (condition, is_open) in [
        // `shop` may be this account, and no other can be.
        ("{StringNotEquals: {'aws:PrincipalAccount': '222222222222'}}", true),
        ("{StringNotEquals: {'aws:PrincipalAccount': '333333333333'}}", false),
        ("{ArnNotLike: {'aws:PrincipalArn': 'arn:aws:iam::222222222222:role/x'}}", true),
        ("{ArnNotLike: {'aws:PrincipalArn': 'arn:aws:iam::*:role/x'}}", false),
        ("{StringLike: {'aws:PrincipalAccount': '2222*'}}", true),
        ("{NumericLessThan: {'aws:PrincipalAccount': '5'}}", true),
        // What the variable stands for is made up, what it is compared with is not.
        ("{StringNotEquals: {'aws:ResourceAccount': '${aws:PrincipalAccount}'}}", true),
        ("{StringNotEquals: {'aws:RequestTag/owner': '${AWS:PrincipalOrgId, '' ''}'}}", true),
        ("{StringNotEquals: {'aws:RequestTag/owner': '${aws:PrincipalTag/owner}'}}", false),
        ("{StringNotEquals: {'aws:PrincipalOrgID': 'o-exampleorg1'}}", true),
        ("{StringLike: {'aws:PrincipalOrgPaths': 'o-*/r-ab12/*'}}", true),
        ("{'Null': {'aws:PrincipalOrgID': 'true'}}", false),
        ("{StringNotEquals: {'aws:PrincipalTag/org': 'o-exampleorg1'}}", false),
        ("{StringNotEquals: {'aws:RequestedRegion': 'eu-west-1'}}", false),
    ] {
        assert_eq!(with("{}", condition), is_open, "{condition}");
    }
    let own = "{StringNotEquals: {'aws:PrincipalOrgID': 'o-exampleorg1'}}";
    assert!(!with("{Id: o-exampleorg1}", own));
}

#[test]
fn all_faults_are_told_at_once_with_their_places() {
    let text = "\
Format: scproof-config/1
Organisation: {}
Units:
  - Path: Work/Prod
  - Path: Work
  - Pth: x
  - Path: Work
  - Path: a//b
Accounts:
  - Name: shop
    Unit: Wrok
    Id: 012345678901
  - {Name: a, Id: '12'}
  - {Name: a}
Policies:
  - Name: p
    Content: '{}'
    File: p.json
  - {Name: q, Type: TAG_POLICY, Content: '{}'}
  - {Name: r, File: nothing-there.json}
Attachments:
  - {Policy: pp, To: [Work, schop]}
";
    let error = refuse(text);
    let expected = [
        "2:1 unknown-member: `Organisation` is no member of this format",
        "6:5 missing-member: the member `Path` is missing",
        "7:11 name-twice: the unit `Work` is listed twice",
        "8:11 bad-path: the path `a//b` has an empty part",
        "11:11 unknown-unit: no unit is called `Wrok`",
        "12:9 wrong-type: found a number",
        "13:19 bad-id: `12` is not an account id",
        "14:5 name-twice: several accounts have the name `a`, and this one has no id",
        "18:11 two-members: `Content` and `File` are both there",
        "19:21 unknown-policy-type: `TAG_POLICY` is no type of policies that is looked at",
        "20:21 unreadable-file: `./nothing-there.json` cannot be read: no such file or directory",
        "22:14 unknown-policy: no policy is called `pp`",
        "22:29 unknown-target: no root, unit or account is called `schop`",
    ];
    let found = faults(&error);
    for line in expected {
        assert!(found.iter().any(|fault| fault == line), "{line} in {found:#?}");
    }
    let help: Vec<&str> = error.faults().iter().filter_map(|fault| fault.help.as_deref()).collect();
    for near in ["did you mean `Organization`?", "did you mean `Work`?", "did you mean `shop`?"] {
        assert!(help.contains(&near), "{near} in {help:#?}");
    }
}

#[test]
fn a_policy_in_a_file_is_taken_exactly_and_one_in_json_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let exact = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": []\n}\n";
    fs::write(folder.path().join("p.json"), exact).unwrap();
    let text = "{\"Format\": \"scproof-config/1\", \"Policies\": [{\"Name\": \"p\", \"File\": \"p.json\"}, \
                {\"Name\": \"q\", \"Content\": {\"Statement\": [], \"Statement\": [ 1.0 ]}}]}";
    let config = Config::read(text, "o.json", folder.path()).unwrap();
    let contents: Vec<_> = config.inventory.policies.iter().filter_map(|policy| policy.content.as_deref()).collect();
    assert_eq!(contents[1..], [exact, "{\"Statement\":[],\"Statement\":[1.0]}"]);
}

#[test]
fn members_that_stand_twice_in_a_policy_of_yaml_stay() {
    let text = "Format: scproof-config/1\nPolicies:\n  - Name: p\n    Content:\n      Version: 2012-10-17\n      Version: \
                \"2012-10-17\"\n      Statement: [{a: 1.50, b: yes, c: true, d: null, e: \"x\\ny\", f: []}]\n";
    let text = read(text).policies[1].content.clone().unwrap();
    let expected = r#"{"Version":"2012-10-17","Version":"2012-10-17","Statement":[{"a":1.50,"b":"yes","c":true,"d":null,"e":"x\ny","f":[]}]}"#;
    assert_eq!(text, expected);
}

#[test]
fn an_account_and_a_unit_of_one_name_are_told_apart() {
    let text = "{Format: scproof-config/1, Units: [{Path: Work}], Accounts: [{Name: Work, Unit: Work}], \
                Policies: [{Name: p, Content: '{}'}], Attachments: [{Policy: p, To: TARGET}]}";
    assert_eq!(
        faults(&refuse(&text.replace("TARGET", "Work")))[0],
        "1:157 ambiguous-name: several things have the name `Work`"
    );
    let target = |name: &str| Target::parse(&read(&text.replace("TARGET", name)).attachments.last().unwrap().target_id);
    assert!(matches!(target("Root/Work").unwrap(), Target::Ou(_)));
    assert!(matches!(target("Work/Work").unwrap(), Target::Account(_)));
}

#[test]
fn the_skeleton_is_one() {
    let organization = organization(CONFIG_SKELETON);
    assert_eq!((organization.accounts().len(), organization.policies().len()), (3, 2));
    assert!(organization.policies().all(|(_, policy)| policy.diagnostics.is_empty()));
}

#[test]
fn resources_with_variables_for_made_up_ids_are_open() {
    let is_open = |resource: &str| {
        let text = format!(
            "{{Format: scproof-config/1, Accounts: [{{Name: shop}}], Policies: [{{Name: p, Content: {{Version: \
             2012-10-17, Statement: [{{Effect: Deny, Action: 's3:*', Resource: '{resource}'}}]}}}}], \
             Attachments: [{{Policy: p, To: Root}}]}}"
        );
        let organization = organization(&text);
        let (_, policy) = organization.policies().find(|(_, policy)| policy.display_name() == "p").unwrap();
        !policy.document.statements[0].is_readable()
    };
    assert!(is_open("arn:aws:s3:::logs-${aws:PrincipalAccount}/*"));
    assert!(!is_open("arn:aws:s3:::logs-${aws:username}/*") && !is_open("arn:aws:s3:::logs-222222222222/*"));
}
