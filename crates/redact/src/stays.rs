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
            let is_type =
                **start == own && own > 0 && text.get(**end..).is_some_and(|rest| rest.starts_with(['/', ':']));
            **start >= own && !is_replaced && !is_type
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

/// Whether a value of a key that AWS fills with words of its own is one of them: a Region, or the name of a service.
fn is_of_aws(text: &str, key: &str) -> bool {
    const KEYS: [&str; 7] = [
        "aws:requestedregion",
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "aws:principalservicename",
        "aws:principalservicenameslist",
        "iam:passedtoservice",
    ];
    let text = text.to_ascii_lowercase();
    let is_word = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'*' | b'?'));
    let is_region = || {
        let mut parts: Vec<&str> = text.split('-').collect();
        let number = parts.pop().unwrap_or_default();
        let is_number =
            number.len() <= 1 && number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'*' | b'?'));
        is_number && (1..=3).contains(&parts.len()) && parts.iter().all(|part| part.len() <= 9 && is_word(part))
    };
    KEYS.contains(&key) && (text.ends_with(".amazonaws.com") || text.ends_with(".amazonaws.com.cn") || is_region())
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
            // All of the account.
            (_, Some("root")) => return None,
            (_, Some("role" | "assumed-role")) => "role names",
            (_, Some("user" | "federated-user")) => "user names",
            _ => "names of resources",
        });
    }
    let key = member.to_ascii_lowercase();
    let is = |part: &str| key.contains(part);
    if is_of_aws(text, &key) {
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
    } else if key.ends_with("sourceip") {
        "addresses"
    } else if is("resource") {
        "names of resources"
    } else {
        "other values"
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan;
    use crate::words::Kind;

    #[test]
    fn what_stays_is_sorted_by_kind() {
        let text = r#"{"Statement": [{"Sid": "Acme", "Effect": "Deny", "NotAction": "acme:Do",
            "Resource": ["*", "arn:aws:s3:::acme-ledger/*", "arn:aws:iam::222222222222:role/acme", "arn:aws:iam::222222222222:root"],
            "Condition": {
              "StringEquals": {"aws:RequestedRegion": ["eu-west-1", "acme"], "sts:ExternalId": "x7", "aws:SourceVpc": "vpc-1",
                "aws:PrincipalTag/team": "red", "login.acme.example:sub": "s", "aws:PrincipalAccount": "222222222222"},
              "IpAddress": {"aws:SourceIp": ["203.0.113.7/32", "2001:db8::1"]},
              "Bool": {"aws:SecureTransport": "false"}, "NumericLessThan": {"s3:max-keys": "10"}}}]}"#;
        let mut words = Words::default();
        words.insert(Kind::Account, "222222222222", "987654321098");
        let mut stays = Stays::default();
        for scanned in scan::strings(text) {
            stays.add(&scanned, &words);
        }
        let shown: Vec<String> = stays
            .kinds()
            .map(|(kind, texts)| format!("{kind}: {}", texts.iter().cloned().collect::<Vec<_>>().join(", ")))
            .collect();
        assert_eq!(
            shown,
            [
                "addresses: 2001:db8::1, 203.0.113.7/32",
                "bucket names: arn:aws:s3:::acme-ledger/*",
                "external ids: x7",
                "identity providers: login.acme.example:sub",
                "ids of networks and endpoints: vpc-1",
                "numbers, times and bytes: 10",
                "other values: acme",
                "role names: arn:aws:iam::987654321098:role/acme",
                "tag keys: aws:PrincipalTag/team",
                "values and keys of tags: red",
                "values of identity providers: s",
            ]
        );
    }
}
