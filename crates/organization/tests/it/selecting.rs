use scproof_organization::{Organization, SelectError};
use serde_json::json;

use crate::{base, base_with, load};

fn with_doubles() -> Organization {
    load(&base_with(|value| {
        let accounts = value["Accounts"].as_array_mut().unwrap();
        accounts.push(json!({"Id": "888888888881", "Name": "Shop", "ParentId": "ou-ab12-sand0001"}));
        accounts.push(json!({"Id": "888888888882", "Name": "twin", "ParentId": "ou-ab12-sand0001"}));
        accounts.push(json!({"Id": "888888888883", "Name": "twin", "ParentId": "r-ab12"}));
        accounts.push(json!({"Id": "888888888884", "Name": "Prod", "ParentId": "r-ab12"}));
        accounts.push(json!({"Id": "888888888885", "Name": "web/[blue]", "ParentId": "ou-ab12-work0001"}));
    }))
}

fn account(organization: &Organization, text: &str) -> Result<String, SelectError> {
    organization.resolve_account(text).map(|id| organization.node(id).target.to_string())
}

fn target(organization: &Organization, text: &str) -> Result<String, SelectError> {
    organization.resolve_target(text).map(|id| organization.node(id).target.to_string())
}

fn accounts(organization: &Organization, patterns: &[&str]) -> Result<String, SelectError> {
    let ids = organization.select_accounts(patterns)?;
    // The first and last digit tell the accounts apart.
    Ok(ids
        .iter()
        .map(|&id| organization.node(id).target.as_str())
        .map(|id| format!("{}{}", &id[..1], &id[11..]))
        .collect::<Vec<_>>()
        .join(" "))
}

#[test]
fn an_account_by_id_or_name() {
    let organization = with_doubles();
    assert_eq!(account(&organization, "222222222222").unwrap(), "222222222222");
    // Exactly first, then in any capitals if only one fits.
    assert_eq!(account(&organization, "shop").unwrap(), "222222222222");
    assert_eq!(account(&organization, "Shop").unwrap(), "888888888881");
    assert_eq!(account(&organization, "PLAY").unwrap(), "333333333333");
    assert_eq!(account(&organization, "Prod").unwrap(), "888888888884");
    let error = account(&organization, "SHOP").unwrap_err();
    assert_eq!(error.to_string(), "`SHOP` is the name of 2 accounts");
    assert_eq!(
        error.help().unwrap(),
        "use the id: 222222222222 (shop in Root/Prod), 888888888881 (Shop in Root/Sandbox)"
    );
    assert!(matches!(account(&organization, "twin"), Err(SelectError::Ambiguous { count: 2, .. })));
}

#[test]
fn an_unknown_account_brings_near_ones() {
    let organization = load(&base().to_string());
    let error = account(&organization, "shpo").unwrap_err();
    assert_eq!(error.to_string(), "`shpo` is no account of the organization");
    assert_eq!(error.help().unwrap(), "did you mean `shop`?");
    assert_eq!(account(&organization, "222222222223").unwrap_err().help().unwrap(), "did you mean `222222222222`?");
    assert_eq!(account(&organization, "something else").unwrap_err().help(), None);
    // Units are no accounts.
    assert!(account(&organization, "Sandbox").is_err());
    assert!(account(&organization, "ou-ab12-sand0001").is_err());
    assert!(account(&organization, "").is_err());
}

#[test]
fn a_target_by_id_name_or_path() {
    let organization = with_doubles();
    for (text, id) in [
        ("r-ab12", "r-ab12"),
        ("Root", "r-ab12"),
        ("root", "r-ab12"),
        ("Test", "ou-ab12-test0001"),
        ("Root/Work/Test", "ou-ab12-test0001"),
        ("Work/Test", "ou-ab12-test0001"),
        ("Work/Test/", "ou-ab12-test0001"),
        ("work/TEST", "ou-ab12-test0001"),
        ("Work/Test/rig", "666666666666"),
        ("Root/relay", "444444444444"),
        ("222222222222", "222222222222"),
        ("web/[blue]", "888888888885"),
        ("Work/web/[blue]", "888888888885"),
    ] {
        assert_eq!(target(&organization, text).as_deref(), Ok(id), "{text}");
    }
    assert!(target(&organization, "Test/rig").is_err());
    assert!(target(&organization, "Root/Test").is_err());
    assert!(target(&organization, "/Root").is_err());
    let error = target(&organization, "Prod").unwrap_err();
    assert_eq!(error.help().unwrap(), "use the id: ou-ab12-prod0001 (Root/Prod), 888888888884 (Prod in Root)");
}

#[test]
fn accounts_by_glob() {
    let organization = with_doubles();
    for (patterns, expected) in [
        (&["*"][..], "11 22 33 44 66 77 81 82 83 84 85"),
        (&["**"], "11 22 33 44 66 77 81 82 83 84 85"),
        (&["2*"], "22"),
        (&["[sS]hop"], "22 81"),
        (&["Work/*"], "77 85"),
        (&["Work/**"], "66 77 85"),
        (&["Root/Work/**"], "66 77 85"),
        (&["**/Test/*"], "66"),
        (&["*/rig"], ""),
        (&["Work/T*/666*"], "66"),
        (&["{shop,rig}", "shop"], "22 66"),
        (&["web/[blue]"], "85"),
        (&["web/*"], "85"),
    ] {
        let found = accounts(&organization, patterns);
        if expected.is_empty() {
            assert_eq!(found, Err(SelectError::Nothing { text: patterns[0].to_owned() }));
        } else {
            assert_eq!(found.as_deref(), Ok(expected), "{patterns:?}");
        }
    }
    assert!(matches!(accounts(&organization, &["a[b"]), Err(SelectError::Pattern { .. })));
    assert_eq!(accounts(&organization, &[]).as_deref(), Ok(""));
}

#[test]
fn accounts_by_target() {
    let organization = with_doubles();
    for (pattern, expected) in [
        ("ou-ab12-work0001", "66 77 85"),
        ("Work", "66 77 85"),
        ("Work/Test", "66"),
        ("r-ab12", "11 22 33 44 66 77 81 82 83 84 85"),
        ("relay", "44"),
    ] {
        assert_eq!(accounts(&organization, &[pattern]).as_deref(), Ok(expected), "{pattern}");
    }
    assert!(matches!(accounts(&organization, &["Prod"]), Err(SelectError::Ambiguous { .. })));
    assert!(matches!(accounts(&organization, &["shop", "gone"]), Err(SelectError::Unknown { .. })));
    let empty = load(&base_with(|value| {
        for (list, member) in [("Accounts", "Id"), ("Attachments", "TargetId")] {
            value[list].as_array_mut().unwrap().retain(|record| record[member] != "333333333333");
        }
    }));
    assert_eq!(accounts(&empty, &["Sandbox"]), Err(SelectError::Nothing { text: "Sandbox".into() }));
}

#[test]
fn accounts_by_tag() {
    let organization = load(&base().to_string());
    for (pattern, expected) in [
        ("tag:env=prod", "22"),
        ("tag:env=*", "22 33"),
        ("tag:env", "22 33"),
        ("tag:env={prod,sandbox}", "22 33"),
        ("tag:a=b=c=d", "22"),
        ("tag:a=b", "22"),
    ] {
        assert_eq!(accounts(&organization, &[pattern]).as_deref(), Ok(expected), "{pattern}");
    }
    for pattern in ["tag:env=", "tag:Env=prod", "tag:=prod", "tag:", "tag:a=b=c"] {
        assert!(matches!(accounts(&organization, &[pattern]), Err(SelectError::Nothing { .. })), "{pattern}");
    }
}

#[test]
fn accounts_below_units() {
    let organization = with_doubles();
    let below = |patterns: &[&str]| organization.select_accounts_below(patterns).map(|ids| ids.len());
    let all = organization.accounts().len();
    assert_eq!(below(&["Root"]), Ok(all));
    assert_eq!(below(&["*"]), Ok(all));
    let sandbox = organization.select_accounts(&["Sandbox"]).unwrap();
    assert_eq!(organization.select_accounts_below(&["Sandbox"]).unwrap(), sandbox);
    assert_eq!(organization.select_accounts_below(&["Sand*"]).unwrap(), sandbox);
    assert_eq!(organization.select_accounts_below(&["Root/San*", "ou-ab12-sand0001"]).unwrap(), sandbox);
    // An account is no unit, even if it has the name of one.
    assert!(matches!(below(&["twin"]), Err(SelectError::Unknown { wanted: "unit", .. })));
    assert_eq!(below(&["Prod"]), organization.select_accounts(&["Root/Prod/*"]).map(|ids| ids.len()));
    for pattern in ["Zz*", "tag:env=prod"] {
        assert!(matches!(below(&[pattern]), Err(SelectError::NothingBelow { .. })), "{pattern}");
    }
}
