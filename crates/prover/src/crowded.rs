//! Which formulas have no use for a common space.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use scproof_evaluator::symbolic::{Atom, CompiledViews};

/// The most conditions on one key in a common space. A variable has a child for each class of values, so that of many
/// formulas each of which asks about a few of very many values each costs what all of them ask.
const MAX_CONDITIONS: usize = 256;

/// Whether more conditions are on one key than a common space is good for: smaller ones are cheaper then.
pub(crate) fn is_crowded(views: &CompiledViews, atoms: &BTreeSet<Atom>) -> bool {
    if atoms.len() <= MAX_CONDITIONS {
        return false;
    }
    let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
    let conditions = atoms.iter().filter(|atom| !views.is_resource(**atom));
    conditions.filter_map(|atom| views.atom_keys(*atom).into_iter().next()).any(|key| {
        let count = counts.entry(key).or_default();
        *count += 1;
        *count > MAX_CONDITIONS
    })
}
