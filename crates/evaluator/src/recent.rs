//! Results that are remembered for a while: bounded by their size, and what is not asked for again goes.

use std::fmt;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

use rustc_hash::FxHashMap;

/// About how many bytes are remembered.
const BYTES: usize = 64 * 1024 * 1024;

/// How many bytes an entry takes, roughly.
pub(crate) trait Weigh {
    fn weight(&self) -> usize;
}

/// Results by what they follow from, in two generations. An entry of the older one that is asked for moves to the
/// younger one; once that is half of what may be remembered, the older one goes.
pub(crate) struct Recent<K, V>(RwLock<Generations<K, V>>);

struct Generations<K, V> {
    young: FxHashMap<K, V>,
    old: FxHashMap<K, V>,
    /// The weight of the young ones.
    weight: usize,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(RwLock::new(Generations { young: FxHashMap::default(), old: FxHashMap::default(), weight: 0 }))
    }
}

impl<K, V> fmt::Debug for Recent<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recent").finish_non_exhaustive()
    }
}

impl<K: Eq + Hash, V: Clone> Recent<K, V>
where
    (K, V): Weigh,
{
    /// The result for a key, found anew if it is not remembered.
    pub(crate) fn get(&self, key: K, find: impl FnOnce(&K) -> V) -> V {
        let known = {
            let generations = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(found) = generations.young.get(&key) {
                return found.clone();
            }
            generations.old.get(&key).cloned()
        };
        // Not under the lock: another thread may find the same meanwhile, which does no harm.
        let found = known.unwrap_or_else(|| find(&key));
        self.keep(key, found.clone(), BYTES);
        found
    }

    fn keep(&self, key: K, found: V, bytes: usize) {
        let entry = (key, found);
        let weight = entry.weight();
        let mut generations = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if generations.weight + weight > bytes / 2 {
            generations.old = std::mem::take(&mut generations.young);
            generations.weight = 0;
        }
        let (key, found) = entry;
        if generations.young.insert(key, found).is_none() {
            generations.weight += weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Weigh for (u32, u32) {
        fn weight(&self) -> usize {
            10
        }
    }

    #[test]
    fn what_is_asked_for_again_stays() {
        let memory: Recent<u32, u32> = Recent::default();
        for key in 0..100 {
            memory.keep(key, key + 1, 200);
            assert_eq!(memory.get(0, |_| 0), 1, "asked for all the time");
        }
        let generations = memory.0.read().unwrap();
        assert!(generations.young.len() + generations.old.len() <= 20, "within the bound");
        assert!(!generations.young.contains_key(&1) && !generations.old.contains_key(&1));
    }
}
