//! The embedded text, read and written again, is the same text: nothing in it is lost or misread.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::access_level::AccessLevel;
use crate::action::Action;
use crate::catalog::Catalog;
use crate::condition_key::ConditionKey;
use crate::id::ServiceId;
use crate::key_list::KeyList;
use crate::row::Row;
use crate::table::{CATALOG_TEXT, GLOBAL_KEYS_TEXT, LineKind, Table, parse_global_keys};
use crate::value_type::ValueType;

fn code(value_type: Option<ValueType>) -> &'static str {
    match value_type {
        None => "-",
        Some(ValueType::String) => "S",
        Some(ValueType::ArrayOfString) => "S*",
        Some(ValueType::Arn) => "A",
        Some(ValueType::ArrayOfArn) => "A*",
        Some(ValueType::Bool) => "B",
        Some(ValueType::ArrayOfBool) => "B*",
        Some(ValueType::Numeric) => "N",
        Some(ValueType::Date) => "D",
        Some(ValueType::IpAddress) => "I",
    }
}

fn letter(level: AccessLevel) -> char {
    match level {
        AccessLevel::List => 'L',
        AccessLevel::Read => 'R',
        AccessLevel::Write => 'W',
        AccessLevel::Tagging => 'T',
        AccessLevel::PermissionsManagement => 'P',
    }
}

/// One block of the table, put together from what the public views of the rows say.
fn write_service(out: &mut String, catalog: &Catalog, service: ServiceId) {
    let prefix = catalog.service_prefix(service);
    writeln!(out, "@{prefix} {}", catalog.service_name(service)).unwrap();

    let (from, to) = catalog.table.bounds(service.index(), LineKind::Keys);
    let keys: Vec<&str> =
        (from..to).map(|row| catalog.key_index.key_of_row(catalog, row).expect("each row has a key").name()).collect();
    for (row, key) in (from..to).zip(&keys) {
        writeln!(out, "?{key} {}", code(catalog.table.keys[row as usize].value_type)).unwrap();
    }

    let numbers = |set: &mut dyn Iterator<Item = ConditionKey<'_>>| -> Vec<usize> {
        set.map(|key| keys.iter().position(|name| *name == key.name()).expect("the service lists the key")).collect()
    };
    let types: Vec<_> = catalog.resource_types_of(service).collect();
    let actions = || catalog.actions_of(service).iter().map(|id| catalog.action(id));
    let mut places: Vec<KeyList<'_>> = types.iter().map(|kind| kind.keys()).collect();
    for action in actions() {
        places.push(action.keys());
        places.extend(action.rows().map(Row::keys));
    }
    let mut sets: BTreeSet<Vec<usize>> = BTreeSet::new();
    for place in &places {
        sets.extend([numbers(&mut place.listed()), numbers(&mut place.unsure())]);
    }
    sets.remove(&Vec::new());
    for set in &sets {
        let set: Vec<String> = set.iter().map(usize::to_string).collect();
        writeln!(out, "&{}", set.join(",")).unwrap();
    }
    let position = |set: &Vec<usize>| sets.iter().position(|other| other == set).map(|at| at.to_string());
    let both = |keys: KeyList<'_>| {
        let listed = position(&numbers(&mut keys.listed())).unwrap_or_default();
        position(&numbers(&mut keys.unsure())).map_or_else(|| listed.clone(), |unsure| format!("{listed}?{unsure}"))
    };

    let dependents = |action: Action<'_>| action.dependent_actions().collect::<Vec<_>>().join(",");
    let mut dependent_sets: BTreeSet<String> = actions().map(dependents).collect();
    dependent_sets.remove("");
    for names in &dependent_sets {
        writeln!(out, ">{names}").unwrap();
    }

    let usual = format!("arn:${{Partition}}:{prefix}:${{Region}}:${{Account}}:");
    for kind in &types {
        let arn = kind.arn_pattern();
        let arn = arn.strip_prefix(&usual).map_or_else(|| arn.to_owned(), |rest| format!("~{rest}"));
        writeln!(out, "/{}\t{arn}\t{}", both(kind.keys()), kind.name()).unwrap();
    }

    let rows = |action: Action<'_>| {
        let written = |row: Row<'_>| {
            let at = types.iter().position(|kind| kind.name() == row.resource_type().name()).expect("of the service");
            let keys = both(row.keys());
            match (row.is_required(), keys.is_empty()) {
                (true, _) => format!("{at}!{keys}"),
                (false, false) => format!("{at}.{keys}"),
                (false, true) => at.to_string(),
            }
        };
        action.rows().map(written).collect::<Vec<_>>().join(",")
    };
    let mut row_lists: BTreeSet<String> = actions().map(rows).collect();
    row_lists.remove("");
    for list in &row_lists {
        writeln!(out, "={list}").unwrap();
    }

    for action in actions() {
        write!(out, "{} {}", action.name(), letter(action.access_level())).unwrap();
        if let Some(at) = row_lists.iter().position(|list| *list == rows(action)) {
            write!(out, "{at}").unwrap();
        }
        if !action.keys().is_empty() {
            write!(out, " {}", both(action.keys())).unwrap();
        }
        if let Some(at) = dependent_sets.iter().position(|set| *set == dependents(action)) {
            write!(out, " >{at}").unwrap();
        }
        out.push('\n');
    }
}

#[test]
fn catalog_written_again_is_the_embedded_text() {
    let catalog = Catalog::parse(CATALOG_TEXT, GLOBAL_KEYS_TEXT).expect("the embedded text is well-formed");
    let mut again = String::new();
    for service in catalog.services() {
        write_service(&mut again, &catalog, service);
    }
    let (_, body) = CATALOG_TEXT.split_once("\n\n").unwrap();
    for (line, (was, is)) in body.lines().zip(again.lines()).enumerate() {
        assert_eq!(was, is, "line {} of the body", line + 1);
    }
    assert_eq!(body.len(), again.len());
}

#[test]
fn header_promises_what_the_body_holds() {
    let table = Table::parse(CATALOG_TEXT).expect("the embedded text is well-formed");
    let defined: Vec<_> = table.keys.iter().filter(|key| key.value_type.is_some()).collect();
    let distinct: BTreeSet<String> = defined.iter().map(|key| key.name.to_ascii_lowercase()).collect();
    let counted =
        [table.services.len(), table.actions.len(), table.resource_types.len(), defined.len(), distinct.len()];
    assert_eq!(counted, table.promised);
    assert_eq!(counted, [457, 22_321, 2_348, 2_595, 1_600]);
}

#[test]
fn one_key_has_one_spelling() {
    let catalog = Catalog::embedded();
    let spellings: BTreeSet<&str> = catalog.table.keys.iter().map(|key| key.name).collect();
    let folded: BTreeSet<String> = spellings.iter().map(|key| key.to_ascii_lowercase()).collect();
    assert_eq!(spellings.len(), folded.len());

    // Nor does the hand-kept list spell a key in another way than the services do, or name one twice.
    let global = parse_global_keys(GLOBAL_KEYS_TEXT).expect("the list is well-formed");
    let names: BTreeSet<String> = global.iter().map(|row| row.name.to_ascii_lowercase()).collect();
    assert_eq!(names.len(), global.len());
    for row in &global {
        let listed = spellings.iter().find(|key| key.eq_ignore_ascii_case(row.name));
        assert!(listed.is_none_or(|key| *key == row.name), "{} and {listed:?}", row.name);
    }
}

#[test]
fn malformed_text_is_refused() {
    const HEADER: &str = "!source s\n!version 1\n!witness w 1\n!date 2026-01-01\n!rcp s3\n\n";
    assert!(Table::parse("no header at all").is_none());
    assert!(Table::parse("!surprise 1\n\n@s3 Amazon S3\n").is_none());
    for body in ["GetObject R\n", "@s3\n", "@s3 S3\n?s3:prefix X\n", "@s3 S3\nGetObject\n", "@s3 S3\n\n", "@s3 S3"] {
        assert!(Table::parse(Box::leak(format!("{HEADER}{body}").into_boxed_str())).is_none(), "{body:?}");
    }
    assert!(Table::parse(Box::leak(format!("{HEADER}@s3 S3\nGetObject R\n").into_boxed_str())).is_some());
    // [CTX-4]: a multivalued key has an array type, and a single-valued one has not.
    assert!(parse_global_keys("aws:PrincipalOrgPaths\tArrayOfString\tS\tCTX-4").is_none());
    assert!(parse_global_keys("aws:PrincipalOrgPaths\tText\tM\tCTX-4").is_none());
}
