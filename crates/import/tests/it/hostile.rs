//! Broken and hostile files end in faults with places.

use std::fmt::Write as _;

use scproof_import::text_of;

use crate::{faults, organization, refuse};

#[test]
fn texts_that_are_no_yaml_are_told_with_their_place() {
    for (text, fault) in [
        ("a: [1\nb: 2", "2:2 bad-yaml: "),
        ("é: ü\n\u{fffd}: [}", "2:5 bad-yaml: "),
        ("a: !Ref x", "1:4 yaml-tag: the tag `!Ref` means nothing here"),
        ("a: &x [*x]", "1:8 yaml-alias: the alias stands for a value that it is a part of"),
        ("[a]: 1", "1:1 yaml-key: "),
        ("a: 1\n---\nb: 2", "2:1 several-documents: "),
        ("", "1:1 empty-text: "),
        ("# nothing\n", "1:1 empty-text: "),
    ] {
        let found = faults(&refuse(text));
        assert!(found.len() == 1 && found[0].starts_with(fault), "{text:?}: {found:?}");
    }
}

#[test]
fn aliases_stand_for_what_they_name_within_bounds() {
    let text = "Format: scproof-config/1\nUnits: [{Path: &name Prod}]\nAccounts: [{Name: shop, Unit: *name}]";
    assert_eq!(organization(text).accounts().len(), 1);
    let mut bomb = String::from("a: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let inside = vec![format!("*a{}", level - 1); 10].join(",");
        writeln!(bomb, "b{level}: &a{level} [{inside}]").unwrap();
    }
    assert!(faults(&refuse(&bomb))[0].contains("yaml-alias: aliases stand for more than 1000000 values"));
    // Each anchor holds a copy of what is inside it.
    let nested = format!("{}x", (0..100_000).fold(String::new(), |text, level| format!("{text}&a{level} - ")));
    assert_eq!(refuse(&nested).faults().len(), 1);
}

#[test]
fn nesting_is_bounded() {
    for text in ["[".repeat(1_000_000), "{a: ".repeat(100_000), "- ".repeat(100_000)] {
        let code = refuse(&text).faults()[0].code;
        assert!(["too-deep", "bad-yaml"].contains(&code), "{code}");
    }
}

#[test]
fn windows_writes_other_encodings() {
    let text = "Format: scproof-config/1\nAccounts: [{Name: Zürich 🏔}]";
    let little: Vec<u8> = [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    for bytes in [&little, &big, &marked] {
        let read = text_of(bytes).unwrap();
        organization(&read).resolve_account("Zürich 🏔").unwrap();
    }
    for bytes in [b"\xff\xfea".as_slice(), b"\xff\xfe\x00\xd8a\0", b"a\xffb"] {
        assert_eq!(text_of(bytes).unwrap_err().faults()[0].code, "invalid-utf8");
    }
}
