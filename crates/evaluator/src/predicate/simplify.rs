//! The same condition in fewer words (LAW-9, LAW-10).

use std::cmp::Ordering;

use super::literal::Literal;
use super::{Predicate, PredicateAtom, single};

impl Predicate {
    /// The same condition of one request – one value of each key, one resource – said with less: what never holds
    /// together goes, and what follows from the rest. *None of A and B, and one of A, B and C* is *C*. Parts stand in
    /// an order of their own, so that it does not matter where they come from.
    ///
    /// Takes time in proportion to the square of its parts.
    #[must_use]
    pub fn simplified(self) -> Self {
        match self {
            Self::All(parts) => conjunction(parts.into_iter().map(Self::simplified)),
            // What one of some parts says is what not all of their opposites say.
            Self::Any(parts) => conjunction(parts.into_iter().map(|part| part.simplified().not())).not(),
            literal @ (Self::Not(_) | Self::Atom(_) | Self::Open(_)) => literal,
        }
    }
}

/// All parts, each simplified.
fn conjunction(parts: impl Iterator<Item = Predicate>) -> Predicate {
    let all = Predicate::all(parts);
    let Predicate::All(mut parts) = all else { return all };
    parts.sort_by(order);
    // Every round takes something away.
    loop {
        let Some(literals) = merged(parts.iter().filter(|part| is_literal(part)).cloned().collect()) else {
            return Predicate::NEVER;
        };
        let mut changed = false;
        let mut left: Vec<Predicate> = literals.clone();
        for part in parts.into_iter().filter(|part| !is_literal(part)) {
            let size = part.size();
            let Predicate::Any(members) = part else {
                left.push(part);
                continue;
            };
            let Some(members) = beside(&literals, members) else {
                changed = true;
                continue;
            };
            let mut found = Predicate::any(members);
            if found.size() < size {
                found = found.simplified();
                changed = true;
            }
            left.push(found);
        }
        left.sort_by(order);
        let found = Predicate::all(left);
        if !changed {
            return found;
        }
        let Predicate::All(rest) = found else { return found };
        parts = rest;
    }
}

/// What is short to say first; what is about the same together.
fn order(one: &Predicate, other: &Predicate) -> Ordering {
    fn key(part: &Predicate) -> (bool, &Predicate, bool) {
        match part {
            Predicate::Not(inside) => (false, inside, true),
            Predicate::All(_) | Predicate::Any(_) => (true, part, false),
            Predicate::Atom(_) | Predicate::Open(_) => (false, part, false),
        }
    }
    key(one).cmp(&key(other))
}

fn is_literal(part: &Predicate) -> bool {
    match part {
        Predicate::Atom(_) | Predicate::Open(_) => true,
        Predicate::Not(inside) => matches!(&**inside, Predicate::Atom(_) | Predicate::Open(_)),
        Predicate::All(_) | Predicate::Any(_) => false,
    }
}

/// Whether one literal follows from the other.
fn implies(one: &Predicate, other: &Predicate) -> bool {
    one == other || matches!((Literal::of(one), Literal::of(other)), (Some(one), Some(other)) if one.implies(other))
}

/// Whether both literals never hold together.
fn exclude(one: &Predicate, other: &Predicate) -> bool {
    match (Literal::of(one), Literal::of(other)) {
        (Some(one), Some(other)) => one.excludes(other) || other.excludes(one),
        (None, _) | (_, None) => *one == other.clone().not(),
    }
}

/// Alternatives, where some literals hold beside them: what cannot hold goes, and of the others what holds anyway.
/// `None`: one of them holds anyway.
fn beside(literals: &[Predicate], alternatives: Vec<Predicate>) -> Option<Vec<Predicate>> {
    let mut left = Vec::new();
    for alternative in alternatives {
        let conjuncts = alternative.conjuncts();
        let impossible = conjuncts.iter().any(|part| literals.iter().any(|literal| exclude(literal, part)));
        if impossible {
            continue;
        }
        let rest: Vec<Predicate> =
            conjuncts.iter().filter(|part| !literals.iter().any(|literal| implies(literal, part))).cloned().collect();
        if rest.is_empty() {
            return None;
        }
        left.push(single(rest, Predicate::All));
    }
    Some(left)
}

/// Literals that hold together, as few as say it. `None`: they never do.
fn merged(mut literals: Vec<Predicate>) -> Option<Vec<Predicate>> {
    unite(&mut literals);
    narrow(&mut literals)?;
    let mut left: Vec<Predicate> = Vec::new();
    for (index, literal) in literals.iter().enumerate() {
        let (before, after) = literals.split_at(index);
        if before.iter().any(|other| exclude(literal, other)) {
            return None;
        }
        // Of two that say the same the first stays.
        let follows = before.iter().any(|other| implies(other, literal))
            || after.iter().skip(1).any(|other| implies(other, literal) && !implies(literal, other));
        if !follows {
            left.push(literal.clone());
        }
    }
    Some(left)
}

/// Puts opposites together that ask the same of one key: neither A nor B.
fn unite(literals: &mut Vec<Predicate>) {
    let mut index = 0;
    while index < literals.len() {
        let (before, rest) = literals.split_at(index);
        let own = rest.first().and_then(Literal::of);
        let found = before.iter().enumerate().find_map(|(at, other)| Some((at, Literal::of(other)?.neither(own?)?)));
        match found.and_then(|(at, both)| literals.get_mut(at).map(|slot| *slot = both)) {
            Some(()) => {
                literals.remove(index);
            }
            None => index += 1,
        }
    }
}

/// Takes values out of lists that other conditions on the key exclude, and conditions that all values of a list meet.
/// `None`: no value is left.
fn narrow(literals: &mut Vec<Predicate>) -> Option<()> {
    let mut index = 0;
    while let Some(atom) = literals.get(index).map(|literal| Literal::of(literal).and_then(Literal::values).cloned()) {
        let Some(mut atom) = atom else {
            index += 1;
            continue;
        };
        let others = |at: usize| at != index;
        atom.values.retain(|value| {
            let mut rest = literals.iter().enumerate().filter(|(at, _)| others(*at)).map(|(_, other)| other);
            !rest.any(|other| Literal::of(other).and_then(|it| it.holds_for(&atom.key, value)) == Some(false))
        });
        if atom.values.is_empty() {
            return None;
        }
        let is_met = |other: &Predicate| {
            let holds = |value: &String| Literal::of(other).and_then(|it| it.holds_for(&atom.key, value));
            atom.values.iter().all(|value| holds(value) == Some(true))
        };
        let met: Vec<bool> = literals.iter().enumerate().map(|(at, other)| others(at) && is_met(other)).collect();
        let removed = met.iter().take(index).filter(|met| **met).count();
        if let Some(slot) = literals.get_mut(index) {
            *slot = Predicate::Atom(PredicateAtom::Key(atom.clone()).into());
        }
        let mut met = met.into_iter();
        literals.retain(|_| met.next() != Some(true));
        index = index - removed + 1;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::condition;
    use super::*;
    use crate::symbolic::CallerKind;

    fn of(operator: &str, values: &[&str]) -> Predicate {
        condition(operator, "k:x", values, true)
    }

    fn is(parts: impl IntoIterator<Item = Predicate>, expected: Predicate) {
        let expected = if let Predicate::All(mut parts) = expected {
            parts.sort_by(order);
            Predicate::All(parts)
        } else {
            expected
        };
        let parts: Vec<Predicate> = parts.into_iter().collect();
        let found = Predicate::all(parts.clone()).simplified();
        assert_eq!(found, expected, "{parts:#?}");
        // The opposites of alternatives.
        let found = Predicate::any(parts.into_iter().map(Predicate::not)).simplified();
        assert_eq!(found, expected.not());
    }

    #[test]
    fn law_10_lists_become_what_is_left() {
        is([of("StringNotEquals", &["a", "b"]), of("StringEquals", &["a", "b", "c"])], of("StringEquals", &["c"]));
        is([of("StringEquals", &["a", "b"]), of("StringEquals", &["b", "c"])], of("StringEquals", &["b"]));
        is([of("StringNotEquals", &["a"]), of("StringNotEquals", &["b"])], of("StringNotEquals", &["a", "b"]));
        is([of("StringNotLike", &["a*"]), of("StringNotLike", &["b*"])], of("StringNotLike", &["a*", "b*"]));
        is([of("StringEquals", &["ab", "cd"]), of("StringLike", &["a*"])], of("StringEquals", &["ab"]));
        is([of("StringEqualsIgnoreCase", &["AB"]), of("StringEquals", &["ab", "cd"])], of("StringEquals", &["ab"]));
        is([of("StringEquals", &["ab"]), of("Null", &["false"])], of("StringEquals", &["ab"]));
        is([of("StringEquals", &["a"]), of("StringEquals", &["b"])], Predicate::NEVER);
        is([of("StringNotLike", &["*"]), of("StringEquals", &["b"])], Predicate::NEVER);
    }

    /// `StringNotEqualsIfExists` without values holds exactly where the key is absent, `StringEqualsIfExists` too.
    #[test]
    fn clr_3_nothing_follows_from_conditions_without_values() {
        let other = of("StringEquals", &["a"]);
        for operator in ["StringEquals", "StringNotEquals", "StringNotEqualsIfExists", "ForAllValues:StringNotLike"] {
            let empty = of(operator, &[]);
            let both = Predicate::all([empty.clone(), other.clone()]).simplified();
            assert_eq!(both.conjuncts().len(), 2, "{both:?}");
            let both = Predicate::all([empty.clone().not(), other.clone()]).simplified();
            assert_eq!(both.conjuncts().len(), 2, "{both:?}");
            is([empty.clone(), empty.not()], Predicate::NEVER);
        }
        assert_ne!(of("StringNotEqualsIfExists", &[]), of("StringEquals", &[]).not());
        assert_eq!(of("StringNotEqualsIfExists", &[]), of("StringEqualsIfExists", &[]));
        assert_eq!(of("ForAllValues:StringNotLike", &[]), of("ForAllValues:StringLikeIfExists", &[]));
        assert_eq!(of("StringNotEquals", &[]), of("StringEquals", &[]).not());
    }

    #[test]
    fn law_9_a_condition_and_its_complement() {
        let pairs = [
            ("IpAddress", "NotIpAddress", "10.0.0.0/8"),
            ("NumericLessThan", "NumericGreaterThanEquals", "5"),
            ("NumericLessThanEquals", "NumericGreaterThan", "5"),
            ("DateLessThan", "DateGreaterThanEquals", "2026-01-01T00:00:00Z"),
            ("StringLike", "StringNotLike", "${aws:username}*"),
            ("ArnLike", "ArnNotEquals", "arn:aws:iam::*:role/x"),
            ("Null", "StringLike", "true"),
        ];
        for (one, other, value) in pairs {
            is([of(one, &[value]), of(other, &[value])], Predicate::NEVER);
        }
        is([of("Bool", &["true"]), of("Bool", &["false"])], Predicate::NEVER);
        is([Predicate::caller(CallerKind::Role), Predicate::caller(CallerKind::User)], Predicate::NEVER);
        // One compares text and the other ARNs: nothing follows.
        let both = [of("StringLike", &["arn:aws:iam::*:role/x"]), of("ArnNotLike", &["arn:aws:iam::*:role/x"])];
        is(both.clone(), Predicate::All(both.to_vec()));
        // A variable's value is not known.
        let both = [of("StringEquals", &["a"]), of("StringNotEquals", &["${aws:username}"])];
        is(both.clone(), Predicate::All(both.to_vec()));
        // Of a list no value need be that of another condition (SET-9).
        let tags = |value| condition("StringEquals", "aws:TagKeys", &[value], true);
        let both = [tags("a"), tags("b")];
        is(both.clone(), Predicate::All(both.to_vec()));
    }

    #[test]
    fn law_10_exceptions_that_nobody_can_meet_go() {
        let one = of("StringEquals", &["a"]);
        let other = condition("StringEquals", "k:y", &["b"], true);
        let third = condition("Bool", "k:z", &["true"], true);
        is(
            [one.clone(), Predicate::Any(vec![of("StringEquals", &["c"]), other.clone()])],
            Predicate::All(vec![one.clone(), other.clone()]),
        );
        // What holds anyway is not said again.
        is([one.clone(), Predicate::Any(vec![of("StringLike", &["*"]), other.clone()])], one.clone());
        let nested = Predicate::All(vec![of("StringNotEquals", &["c"]), other.clone()]);
        is(
            [one.clone(), Predicate::Any(vec![nested, third.clone()])],
            Predicate::All(vec![one, Predicate::Any(vec![other.clone(), third.clone()])]),
        );
    }

    #[test]
    fn where_parts_come_from_does_not_matter() {
        let (one, other) = (of("StringEquals", &["a"]), condition("StringNotEquals", "k:a", &["b"], true));
        let nested = Predicate::Any(vec![one.clone(), Predicate::All(vec![other.clone(), Predicate::absent("k:z")])]);
        let again = Predicate::Any(vec![Predicate::All(vec![Predicate::absent("k:z"), other]), one]);
        assert_eq!(nested.simplified(), again.simplified());
    }

    #[test]
    fn set_4_what_holds_for_an_absent_key() {
        let absent = Predicate::absent("k:x");
        is([absent.clone(), of("StringEqualsIfExists", &["a"])], absent.clone());
        is([absent.clone(), of("ForAllValues:StringEquals", &["a"])], absent.clone());
        is([absent.clone(), of("StringNotEquals", &["a"])], absent);
    }
}
