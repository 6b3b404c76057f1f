//! Permission classes: accounts whose calls SCPs treat alike, what they have in common, and how they differ.

use std::cmp::Reverse;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use scproof_evaluator::Access;
use scproof_prover::{ActionSet, ClassAccess, PolicyProof, SameAccess};

use crate::model::{AccessChange, AccessCounts, ClassDifference, PermissionClass};
use crate::scope::Scoped;

/// The most classes that a class is compared with to find the one it is most like.
const MAX_COMPARED: usize = 64;

/// Action classes that are treated otherwise, how in the other class, and how in this.
type Change = (Access, Access, Vec<usize>);
/// The place of the class that another one is most like, and how they differ.
type Nearest = (usize, Vec<Change>);

/// The permission classes of the accounts, that with most accounts first.
pub(crate) fn classes(proof: &PolicyProof<'_>, mut alike: Vec<SameAccess>, scope: &Scoped) -> Vec<PermissionClass> {
    // Accounts that SCPs do not govern come last: they are few, and not what an audit is about.
    alike.sort_by_key(|found| {
        (found.not_applicable.is_some(), Reverse(found.accounts.len()), found.accounts.first().copied())
    });
    let parts: Vec<Vec<(usize, usize)>> = proof.action_classes().iter().map(|class| scope.by_service(class)).collect();
    let sizes: Vec<usize> = proof.action_classes().iter().map(|class| class.actions.len().max(1)).collect();
    let sets = proof.action_sets();
    let nearest: Vec<Option<Nearest>> = (0..alike.len())
        .into_par_iter()
        .map(|index| {
            let (earlier, found) = (alike.get(..index.min(MAX_COMPARED))?, alike.get(index)?);
            let from = nearest(earlier, found, &sizes)?;
            Some((from, changes(&earlier.get(from)?.by_class, &found.by_class)))
        })
        .collect();
    // Classes differ again and again by the same actions.
    let members = nearest.iter().flatten().flat_map(|(_, changes)| changes).map(|(.., members)| members);
    let members: Vec<&Vec<usize>> = members.collect::<FxHashSet<_>>().into_iter().collect();
    let described: FxHashMap<&Vec<usize>, ActionSet> = members
        .into_par_iter()
        .map(|members| (members, sets.describe(members)))
        .collect::<Vec<_>>()
        .into_iter()
        .collect();
    let class = |(index, (found, nearest)): (usize, (&SameAccess, &Option<Nearest>))| {
        let mut counts = AccessCounts::default();
        let mut services = vec![AccessCounts::default(); scope.scope.services.len()];
        for (class_access, parts) in found.by_class.iter().zip(&parts) {
            for &(service, actions) in parts {
                counts.add(class_access.access, actions);
                if let Some(service) = services.get_mut(service) {
                    service.add(class_access.access, actions);
                }
            }
        }
        let differs = nearest.as_ref().map(|(from, changes)| {
            let change = |(other, own, members): &Change| {
                let actions = described.get(members).cloned().unwrap_or_default();
                AccessChange { other: *other, own: *own, actions }
            };
            ClassDifference { from: *from, changes: changes.iter().map(change).collect() }
        });
        PermissionClass {
            name: name(index),
            accounts: found.accounts.iter().filter_map(|place| scope.scope.accounts.get(*place)).copied().collect(),
            not_applicable: found.not_applicable,
            counts,
            services,
            differs,
            groups: None,
        }
    };
    alike.par_iter().zip(&nearest).enumerate().map(class).collect()
}

/// `A`, `B`, … `Z`, `AA`, ….
fn name(index: usize) -> String {
    let mut name = Vec::new();
    let mut rest = index + 1;
    while rest > 0 {
        rest -= 1;
        name.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    name.iter().rev().collect()
}

/// The place of the class with the fewest actions that are treated otherwise.
fn nearest(earlier: &[SameAccess], own: &SameAccess, sizes: &[usize]) -> Option<usize> {
    let distance = |other: &SameAccess| -> usize {
        let pairs = other.by_class.iter().zip(own.by_class.iter()).zip(sizes);
        pairs.filter(|((other, own), _)| other != own).map(|(_, size)| *size).sum()
    };
    earlier.iter().enumerate().min_by_key(|(_, other)| distance(other)).map(|(place, _)| place)
}

/// The classes of actions that are treated otherwise, by how: those blocked more first.
fn changes(other: &[ClassAccess], own: &[ClassAccess]) -> Vec<Change> {
    let mut found: Vec<Change> = Vec::new();
    for (index, (other, own)) in other.iter().zip(own).enumerate().filter(|(_, (other, own))| other != own) {
        match found.iter_mut().find(|(from, to, _)| (*from, *to) == (other.access, own.access)) {
            Some((_, _, members)) => members.push(index),
            None => found.push((other.access, own.access, vec![index])),
        }
    }
    let grade = |access: Access| match access {
        Access::NeverBlocked => 0,
        Access::Depends => 1,
        Access::AlwaysBlocked => 2_i8,
    };
    found.sort_by_key(|(other, own, _)| (Reverse(grade(*own) - grade(*other)), Reverse(grade(*own))));
    found
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn names_count_on_after_z() {
        let names: Vec<String> = [0, 1, 25, 26, 27, 51, 52, 701, 702].into_iter().map(name).collect();
        assert_eq!(names, ["A", "B", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA"]);
    }
}
