//! What policies still say after redaction: everything that is no word of AWS's and was not replaced.

use std::collections::{BTreeMap, BTreeSet};

use crate::scan::{Role, Scanned};
use crate::words::{Bounds, Words, bounds};

/// What a redacted snapshot still shows in its policies, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stays {
    texts: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Stays {
    /// The kinds, such as `role names`, each with its texts, sorted.
    pub fn kinds(&self) -> impl Iterator<Item = (&'static str, &BTreeSet<String>)> {
        self.texts.iter().map(|(kind, texts)| (*kind, texts))
    }

    /// Whether nothing stays.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Takes up a string of a policy.
    pub(crate) fn add(&mut self, scanned: &Scanned, words: &Words) {
        let Scanned { text, role, member, .. } = scanned;
        let kind = match role {
            Role::Word | Role::Label => return,
            Role::Name => name_kind(text),
            Role::Typed => typed_kind(text),
            Role::Value => value_kind(text, member),
        };
        let Some(kind) = kind else { return };
        // What is compared as a number stays as it is.
        let found = if *role == Role::Typed { Vec::new() } else { words.find(text, *role) };
        let Bounds { starts, ends } = bounds(text);
        let own = own_part(text);
        let mut shown = starts.iter().zip(&ends).filter(|(start, end)| {
            let is_replaced = found.iter().any(|(span, _)| span.start <= **start && **end <= span.end);
            **start >= own && !is_replaced && !is_of_aws(text.get(**start..**end).unwrap_or_default())
        });
        if shown.next().is_some() {
            let text = if *role == Role::Typed { text.clone() } else { words.replace(text, *role) };
            self.texts.entry(kind).or_default().insert(text);
        }
    }
}

/// Where the part of an ARN begins that its owner has named.
fn own_part(text: &str) -> usize {
    if !text.starts_with("arn:") {
        return 0;
    }
    text.match_indices(':').nth(4).map_or(0, |(at, _)| at + 1)
}

/// Runs that say nothing of the organization: words of AWS that stand among names.
fn is_of_aws(run: &str) -> bool {
    const WORDS: [&str; 12] =
        ["role", "user", "group", "policy", "root", "true", "false", "aws", "amazonaws", "com", "cn", "service"];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(run))
}

/// The name of a context key, or of a variable.
fn name_kind(name: &str) -> Option<&'static str> {
    let (prefix, rest) = name.split_once(':')?;
    if rest.contains('/') {
        return Some("tag keys");
    }
    // Such as `token.actions.githubusercontent.com:sub`.
    prefix.contains('.').then_some("identity providers")
}

fn typed_kind(text: &str) -> Option<&'static str> {
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        return None;
    }
    let is_address = text.contains('.') || text.contains(':') && !text.contains('T');
    Some(if is_address && text.bytes().next().is_some_and(|byte| byte.is_ascii_hexdigit() || byte == b':') {
        "addresses"
    } else {
        "numbers, times and bytes"
    })
}

/// What a value is a name of, by its ARN or by the key that it is a value of.
fn value_kind(text: &str, member: &str) -> Option<&'static str> {
    let mut parts = text.splitn(6, ':');
    if parts.next() == Some("arn") && text.matches(':').count() >= 5 {
        let service = parts.nth(1).unwrap_or_default();
        let own = parts.nth(2).unwrap_or_default();
        return Some(match (service, own.split('/').next()) {
            ("s3", _) => "bucket names",
            (_, Some("role" | "assumed-role")) => "role names",
            (_, Some("user" | "federated-user")) => "user names",
            _ => "names of resources",
        });
    }
    let key = member.to_ascii_lowercase();
    let is = |part: &str| key.contains(part);
    if is("region") || is("calledvia") || is("principalservicename") {
        // Of AWS's own.
        return None;
    }
    Some(if is("externalid") {
        "external ids"
    } else if is("vpc") {
        "ids of networks and endpoints"
    } else if is("tag/") || is("tagkeys") {
        "values and keys of tags"
    } else if key.split(':').next().is_some_and(|prefix| prefix.contains('.')) {
        "values of identity providers"
    } else if is("ip") {
        "addresses"
    } else if is("resource") {
        "names of resources"
    } else {
        "other values"
    })
}
