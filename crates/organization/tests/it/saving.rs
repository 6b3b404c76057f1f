use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use scproof_organization::{
    AccountRecord, AttachmentRecord, Inventory, OrganizationRecord, OuRecord, PolicyRecord, RootRecord, Tag, Timestamp,
};
use serde_json::json;

use crate::{base, base_with};

#[test]
fn saving_sorts_and_ends_in_a_line_feed() {
    let inventory = Inventory::from_json(&base().to_string()).unwrap();
    let text = inventory.to_json();
    assert!(text.starts_with("{\n  \"Format\": \"scproof-inventory/1\",\n  \"Organization\": {\n    \"Id\""));
    assert!(text.ends_with("\n}\n"));
    let accounts: Vec<usize> = ["\"Id\": \"111111111111\"", "\"Id\": \"222222222222\"", "\"Id\": \"777777777777\""]
        .map(|id| text.find(id).unwrap())
        .to_vec();
    assert!(accounts.is_sorted());
    let mut reversed = base();
    for member in ["OrganizationalUnits", "Accounts", "Policies", "Attachments"] {
        reversed[member].as_array_mut().unwrap().reverse();
    }
    reversed["Accounts"][3]["Tags"].as_array_mut().unwrap().reverse();
    assert_eq!(Inventory::from_json(&reversed.to_string()).unwrap().to_json(), text);
}

#[test]
fn a_saved_file_is_whole_and_loads_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("org.json");
    let inventory = Inventory::from_json(&base().to_string()).unwrap();
    inventory.save(&file).unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), inventory.to_json());
    // Over an existing file; nothing else stays behind.
    let changed = base_with(|value| value["Accounts"][0]["Name"] = json!("renamed"));
    let changed = Inventory::from_json(&changed).unwrap();
    changed.save(&file).unwrap();
    let mut loaded = Inventory::load(&file).unwrap();
    let mut sorted = changed;
    sorted.sort();
    assert_eq!(loaded, sorted);
    loaded.sort();
    assert_eq!(loaded, sorted);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let error = inventory.save(folder.path().join("no/such/org.json")).unwrap_err();
    assert!(error.to_string().starts_with("cannot write `"), "{error}");
}

#[cfg(unix)]
#[test]
fn an_existing_file_keeps_its_permissions_and_a_link_its_place() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("org.json"), folder.path().join("link.json"));
    let inventory = Inventory::from_json(&base().to_string()).unwrap();
    inventory.save(&file).unwrap();
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    // Addresses of people: for the owner only, unless the owner says otherwise.
    assert_eq!(mode(&file), 0o600);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&file, &link).unwrap();
    inventory.save(&link).unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(mode(&file), 0o640);
}

fn text() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[a-z \"\\\\/\u{0}-\u{1f}é😀\u{2028}]{0,12}").unwrap()
}

prop_compose! {
    /// Valid inventories: account and unit numbers are distinct, parents come earlier.
    fn inventories()(
        taken_at in option::of(prop_oneof![
            text().prop_map(Timestamp::Text),
            any::<f64>().prop_filter_map("finite", |seconds| serde_json::Number::from_f64(seconds).map(Timestamp::Seconds)),
            any::<i64>().prop_map(|seconds| Timestamp::Seconds(seconds.into())),
        ]),
        names in vec(option::of(text()), 1..8),
        accounts in vec((option::of(text()), option::of(text()), vec((text(), text()), 0..3), 0_usize..8), 0..8),
        contents in vec(option::of(text()), 1..4),
        attached in vec((0_usize..8, 0_usize..4), 0..12),
        shuffle in any::<u64>(),
    ) -> Inventory {
        let organization = OrganizationRecord { id: "o-exampleorg1".into(), feature_set: "ALL".into(), ..OrganizationRecord::default() };
        let mut inventory = Inventory::new(organization);
        inventory.taken_at = taken_at;
        inventory.roots.push(RootRecord { id: "r-ab12".into(), ..RootRecord::default() });
        let unit_id = |number: usize| format!("ou-ab12-{number:08}");
        for (number, name) in names.iter().enumerate() {
            let parent_id = if number % 3 == 0 { "r-ab12".into() } else { unit_id(number / 2) };
            inventory.organizational_units.push(OuRecord { id: unit_id(number), name: name.clone(), parent_id, ..OuRecord::default() });
        }
        for (number, (name, state, tags, unit)) in accounts.into_iter().enumerate() {
            inventory.accounts.push(AccountRecord {
                id: format!("{number:012}"),
                name,
                state,
                parent_id: unit_id(unit % names.len()),
                tags: tags.into_iter().map(|(key, value)| Tag { key, value }).collect(),
                ..AccountRecord::default()
            });
        }
        for (number, content) in contents.iter().enumerate() {
            inventory.policies.push(PolicyRecord {
                id: format!("p-{number:010}"),
                policy_type: "SERVICE_CONTROL_POLICY".into(),
                content: content.clone(),
                ..PolicyRecord::default()
            });
        }
        for (unit, policy) in attached {
            inventory.attachments.push(AttachmentRecord {
                target_id: unit_id(unit % names.len()),
                policy_id: format!("p-{:010}", policy % contents.len()),
            });
        }
        let turn = |length: usize| if length == 0 { 0 } else { usize::try_from(shuffle % 1_000).unwrap() % length };
        let (units, accounts) = (turn(inventory.organizational_units.len()), turn(inventory.accounts.len()));
        inventory.organizational_units.rotate_left(units);
        inventory.accounts.rotate_left(accounts);
        inventory
    }
}

proptest! {
    #[test]
    fn loading_a_saved_inventory_gives_it_back(inventory in inventories()) {
        let text = inventory.to_json();
        let loaded = Inventory::from_json(&text).unwrap();
        let mut sorted = inventory;
        sorted.sort();
        prop_assert_eq!(&loaded, &sorted);
        prop_assert_eq!(loaded.to_json(), text);
    }

    #[test]
    fn any_text_loads_or_is_refused(text in "\\PC{0,64}") {
        prop_assert!(Inventory::from_json(&text).is_err());
    }

    /// A saved snapshot with one byte changed loads or is refused, and never harms.
    #[test]
    fn a_damaged_snapshot_is_refused_or_loads(inventory in inventories(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = inventory.to_json().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Err(error) = Inventory::from_slice(&bytes) {
            prop_assert!(!error.faults().is_empty());
        }
    }
}
