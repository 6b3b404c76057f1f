//! Parents of units and accounts: dangling, not a container, in a circle, or too deep.

use scproof_text::shorten;

use super::{Place, Resolver};
use crate::codes;

/// Deepest nesting of units that is read. AWS allows five levels (LIM-6); more only warns, but a chain of thousands
/// would make every path thousands long.
const DEEPEST: u32 = 100;

impl<'a> Resolver<'a> {
    pub(super) fn parents(&mut self) -> Vec<Option<Place>> {
        let parents: Vec<Option<&'a str>> = (0..self.next_place()).map(|place| self.parent_text(place)).collect();
        let mut resolved = Vec::with_capacity(parents.len());
        for (place, parent) in (0..).zip(parents) {
            let found = parent.and_then(|parent| self.places.get(parent).copied());
            match (parent, found) {
                (Some(parent), Some(found)) if found >= self.first_account => {
                    let message = format!("the parent `{}` is an account", shorten(parent));
                    let at = self.place_path(place).key("ParentId");
                    let item = self.item(place);
                    self.faults.push(
                        codes::PARENT_IS_ACCOUNT
                            .at(at, message)
                            .rule("EVAL-2")
                            .item(item)
                            .expected("the id of the root or of an organizational unit"),
                    );
                }
                (Some(parent), None) => {
                    let at = self.place_path(place).key("ParentId");
                    let item = self.item(place);
                    let fault = self.dangling(codes::UNKNOWN_PARENT, at, parent, "parent");
                    self.faults.push(fault.item(item));
                }
                (Some(_), Some(_)) | (None, _) => {}
            }
            resolved.push(found);
        }
        resolved
    }

    /// Finds cycles of units and chains that are too deep; iterative, each unit is walked once.
    pub(super) fn cycles(&mut self, parents: &[Option<Place>]) {
        const UNSEEN: u32 = u32::MAX;
        const ON_WALK: u32 = u32::MAX - 1;
        let mut depths = vec![UNSEEN; self.first_account as usize];
        let mut walk = Vec::new();
        for start in self.first_unit..self.first_account {
            let mut at = start;
            // Up to the first place that is no unit or has been settled; `depth` is its depth, or none on a cycle.
            let depth = loop {
                match depths.get_mut(at as usize) {
                    Some(depth) if at >= self.first_unit => match *depth {
                        UNSEEN => {
                            *depth = ON_WALK;
                            walk.push(at);
                        }
                        ON_WALK => {
                            self.cycle(&walk, at);
                            break None;
                        }
                        settled => break Some(settled),
                    },
                    Some(_) | None => break Some(0),
                }
                match parents.get(at as usize).copied().flatten() {
                    Some(parent) => at = parent,
                    None => break Some(0),
                }
            };
            let on_cycle = depth.is_none();
            let mut depth = depth.unwrap_or_default();
            while let Some(place) = walk.pop() {
                // Stops counting when the fault has been reported, and for what is on or below a cycle.
                depth = if on_cycle || depth > DEEPEST { DEEPEST + 2 } else { depth + 1 };
                if let Some(slot) = depths.get_mut(place as usize) {
                    *slot = depth;
                }
                if depth == DEEPEST + 1 && !on_cycle {
                    self.too_deep(place);
                }
            }
        }
    }

    fn too_deep(&mut self, place: Place) {
        let item = self.item(place);
        let message = format!("`{item}` is nested deeper than {DEEPEST} levels");
        self.faults.push(
            codes::NESTED_TOO_DEEP
                .at(self.place_path(place).key("ParentId"), message)
                .rule("LIM-6")
                .item(item)
                .expected("at most 5 levels of units below the root, as AWS allows"),
        );
    }

    fn cycle(&mut self, walk: &[Place], entry: Place) {
        let cycle = walk.iter().skip_while(|&&place| place != entry);
        let mut names: Vec<String> = cycle.take(8).map(|&place| format!("`{}`", self.item(place))).collect();
        let length = walk.iter().skip_while(|&&place| place != entry).count();
        if length > names.len() {
            names.push(format!("{} more", length - names.len()));
        }
        names.push(format!("`{}`", self.item(entry)));
        let message = format!("the units are each other's parents: {}", names.join(" in "));
        let at = self.place_path(entry).key("ParentId");
        let item = self.item(entry);
        self.faults
            .push(codes::PARENT_CYCLE.at(at, message).rule("EVAL-2").item(item).expected("a way up to the root"));
    }
}
