//! From solved formulas to groups of accounts with their regions: each distinct region is described once.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use scproof_organization::NodeId;

use crate::difference::Group;
use crate::region::{Change, Describer, Perhaps, Region, Saying};
use crate::space::RequestSpace;

/// A change in a space, and the classes of actions it is about.
pub(crate) type RegionKey = ((usize, Change), Vec<usize>);

/// What changes for the accounts of one or more paths.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct GroupKey {
    pub(crate) signature: usize,
    pub(crate) regions: Vec<RegionKey>,
}

/// A region without its actions, and the number of what it says.
type Draft = (u32, Region);

/// Describes regions, each once.
pub(crate) struct Grouping<'a, 'p> {
    describer: Describer<'a, 'p>,
    spaces: &'a mut [RequestSpace<'p>],
    drafts: FxHashMap<(usize, Change, usize), Rc<[Draft]>>,
    /// What drafts say, numbered.
    sayings: FxHashMap<Saying, u32>,
    /// Finished regions by what they say and the classes they are about.
    finished: FxHashMap<(u32, Vec<usize>), Arc<Region>>,
}

impl<'a, 'p> Grouping<'a, 'p> {
    pub(crate) fn new(describer: Describer<'a, 'p>, spaces: &'a mut [RequestSpace<'p>]) -> Self {
        Self {
            describer,
            spaces,
            drafts: FxHashMap::default(),
            sayings: FxHashMap::default(),
            finished: FxHashMap::default(),
        }
    }

    /// The groups of accounts, those that say the same joined, in the order of their first accounts.
    pub(crate) fn groups(&mut self, keys: Vec<(GroupKey, Vec<usize>)>, callers: &[NodeId]) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut ids: FxHashMap<Vec<(u32, Vec<usize>)>, usize> = FxHashMap::default();
        for (key, members) in keys {
            let node = members.first().and_then(|first| callers.get(*first)).copied();
            let Some(node) = node else { continue };
            let (names, regions) = self.regions(&key.regions, node);
            if let Some(group) = ids.get(&names).and_then(|id| groups.get_mut(*id)) {
                group.accounts.extend(members);
            } else {
                ids.insert(names, groups.len());
                groups.push(Group { accounts: members, regions });
            }
        }
        for group in &mut groups {
            group.accounts.sort_unstable();
        }
        groups.sort_by(|a, b| a.accounts.first().cmp(&b.accounts.first()));
        groups
    }

    /// The regions of a group, the gravest first, and what identifies them.
    #[expect(clippy::type_complexity, reason = "two lists of the same things, used at once")]
    fn regions(&mut self, keys: &[RegionKey], node: NodeId) -> (Vec<(u32, Vec<usize>)>, Vec<Arc<Region>>) {
        // Regions that say the same of different actions are one.
        let mut joined: BTreeMap<u32, (Rc<[Draft]>, usize, Vec<usize>, Perhaps)> = BTreeMap::new();
        for ((space, change), classes) in keys {
            let drafts = self.drafts(*space, *change, classes, node);
            for (index, (saying, draft)) in drafts.iter().enumerate() {
                let new = || (Rc::clone(&drafts), index, Vec::new(), Perhaps::default());
                let (_, _, of, perhaps) = joined.entry(*saying).or_insert_with(new);
                of.extend(classes);
                *perhaps = perhaps.or(draft.perhaps);
            }
        }
        let mut regions: Vec<((u32, Vec<usize>), Arc<Region>)> = Vec::with_capacity(joined.len());
        for (saying, (drafts, index, mut classes, perhaps)) in joined {
            classes.sort_unstable();
            classes.dedup();
            let key = (saying, classes);
            let known = self.finished.get(&key).filter(|region| region.perhaps == perhaps);
            let region = if let Some(region) = known {
                Arc::clone(region)
            } else {
                let Some((_, draft)) = drafts.get(index) else { continue };
                let actions = self.describer.actions(&key.1);
                let region = Arc::new(Region { actions, classes: key.1.clone(), perhaps, ..draft.clone() });
                self.finished.insert(key.clone(), Arc::clone(&region));
                region
            };
            regions.push((key, region));
        }
        regions.sort_by(|(_, a), (_, b)| a.order(b));
        regions.into_iter().unzip()
    }

    fn drafts(&mut self, space: usize, change: Change, classes: &[usize], node: NodeId) -> Rc<[Draft]> {
        let class = self.describer.class_to_show(classes);
        let key = (space, change, class);
        if let Some(found) = self.drafts.get(&key) {
            return Rc::clone(found);
        }
        let regions = match self.spaces.get_mut(space) {
            Some(space) => self.describer.describe(space, node, change, class),
            None => Vec::new(),
        };
        let mut drafts = Vec::with_capacity(regions.len());
        for region in regions {
            let next = u32::try_from(self.sayings.len()).unwrap_or(u32::MAX);
            drafts.push((*self.sayings.entry(region.saying()).or_insert(next), region));
        }
        let drafts: Rc<[Draft]> = drafts.into();
        self.drafts.insert(key, Rc::clone(&drafts));
        drafts
    }
}
