//! A set of actions in as few patterns as cover it exactly, names that no catalog lists included.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use scproof_catalog::Catalog;
use scproof_evaluator::Truth;
use scproof_evaluator::symbolic::{ActionClass, CompiledPair};

/// Actions that match all of some patterns and none of others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActionTerm {
    /// All of these match; mostly one.
    pub all_of: Vec<String>,
    /// None of these matches.
    pub except: Vec<String>,
}

/// A set of actions: those of any of its terms. Exact, also for actions that no catalog lists (DOC-21).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ActionSet {
    /// The terms.
    pub terms: Vec<ActionTerm>,
    /// How many actions of the catalog are in the set.
    pub listed: usize,
}

impl ActionTerm {
    fn one(pattern: impl Into<String>) -> Self {
        Self { all_of: vec![pattern.into()], except: Vec::new() }
    }
}

impl std::fmt::Display for ActionTerm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.all_of.join(" and "))?;
        if !self.except.is_empty() {
            write!(f, " except {}", self.except.join(", "))?;
        }
        Ok(())
    }
}

/// One action of the catalog, one that policies spell out, or a class of names that nothing spells out.
struct Item {
    class: usize,
    /// The full name to show; `None` for a class of names.
    name: Option<String>,
    /// A full name, lower case.
    example: String,
}

/// The items of one service, or of services that nothing mentions.
struct Service {
    prefix: String,
    any_other: bool,
    items: Vec<Item>,
}

/// A pattern of the policies on one service with the items it certainly matches.
struct Pattern {
    text: String,
    matches: Vec<bool>,
}

/// All actions by service.
pub(crate) struct ActionIndex<'p> {
    pair: &'p CompiledPair,
    services: Vec<Service>,
    patterns: RefCell<FxHashMap<usize, Rc<Vec<Pattern>>>>,
}

impl<'p> ActionIndex<'p> {
    pub(crate) fn new(pair: &'p CompiledPair, classes: &[ActionClass]) -> Self {
        let catalog: &Catalog = pair.catalog();
        let mut ids: FxHashMap<(String, bool), usize> = FxHashMap::default();
        let mut services: Vec<Service> = Vec::new();
        let mut add = |prefix: &str, any_other: bool, item: Item| {
            let id = *ids.entry((prefix.to_owned(), any_other)).or_insert_with(|| {
                services.push(Service { prefix: prefix.to_owned(), any_other, items: Vec::new() });
                services.len() - 1
            });
            if let Some(service) = services.get_mut(id) {
                service.items.push(item);
            }
        };
        for (class, found) in classes.iter().enumerate() {
            for &action in &found.actions {
                let action = catalog.action(action);
                let example = format!("{}:{}", action.service(), action.lower_name());
                add(action.service(), false, Item { class, name: Some(action.full_name()), example });
            }
            for full_name in &found.unlisted {
                let prefix = full_name.split_once(':').map_or("", |(prefix, _)| prefix);
                add(prefix, false, Item { class, name: Some(full_name.clone()), example: full_name.clone() });
            }
            for names in &found.other_names {
                let example = format!("{}:{}", names.service, names.example);
                add(&names.service, names.any_other_service, Item { class, name: None, example });
            }
        }
        services.sort_by(|a, b| (a.any_other, &a.prefix).cmp(&(b.any_other, &b.prefix)));
        for service in &mut services {
            service.items.sort_by(|a, b| (a.name.is_none(), &a.example).cmp(&(b.name.is_none(), &b.example)));
        }
        Self { pair, services, patterns: RefCell::default() }
    }

    /// The patterns of the policies that match something of a service, those that match most first.
    fn patterns(&self, service: usize) -> Rc<Vec<Pattern>> {
        if let Some(found) = self.patterns.borrow().get(&service) {
            return Rc::clone(found);
        }
        let mut patterns: Vec<Pattern> = Vec::new();
        let mut ids: FxHashMap<String, usize> = FxHashMap::default();
        if let Some(found) = self.services.get(service) {
            for (index, item) in found.items.iter().enumerate() {
                for (id, truth) in self.pair.pattern_row(&item.example) {
                    let text = self.pair.pattern_text(id);
                    if truth != Truth::True || !text.contains(':') {
                        continue;
                    }
                    let at = *ids.entry(text.to_ascii_lowercase()).or_insert_with(|| {
                        patterns.push(Pattern { text: text.to_owned(), matches: vec![false; found.items.len()] });
                        patterns.len() - 1
                    });
                    if let Some(slot) = patterns.get_mut(at).and_then(|pattern| pattern.matches.get_mut(index)) {
                        *slot = true;
                    }
                }
            }
        }
        patterns.sort_by(|a, b| {
            let count = |pattern: &Pattern| pattern.matches.iter().filter(|matches| **matches).count();
            (std::cmp::Reverse(count(a)), &a.text).cmp(&(std::cmp::Reverse(count(b)), &b.text))
        });
        let patterns = Rc::new(patterns);
        self.patterns.borrow_mut().insert(service, Rc::clone(&patterns));
        patterns
    }

    /// The actions of some classes, in patterns.
    pub(crate) fn describe(&self, is_in: &impl Fn(usize) -> bool) -> ActionSet {
        let listed = self
            .services
            .iter()
            .flat_map(|service| &service.items)
            .filter(|item| item.name.is_some() && is_in(item.class))
            .count();
        let mut whole = Vec::new();
        let mut partial = Vec::new();
        let mut none = Vec::new();
        let mut others = Vec::new();
        for (index, service) in self.services.iter().enumerate() {
            let inside = service.items.iter().filter(|item| is_in(item.class)).count();
            if service.any_other {
                others.push(inside == service.items.len());
            } else if inside == service.items.len() {
                whole.push(index);
            } else if inside == 0 {
                none.push(index);
            } else {
                partial.push(index);
            }
        }
        let prefix = |index: &usize| self.services.get(*index).map_or("", |service| &service.prefix);
        let mut terms = Vec::new();
        if others.iter().all(|inside| *inside) && !others.is_empty() {
            let mut except: Vec<String> = none.iter().map(|index| format!("{}:*", prefix(index))).collect();
            for &index in &partial {
                let (target, complement) = self.split(index, is_in);
                match self.cover(index, &complement) {
                    Some(patterns) => except.extend(patterns),
                    None => {
                        except.push(format!("{}:*", prefix(&index)));
                        terms.extend(self.terms(index, &target, &complement));
                    }
                }
            }
            except.sort();
            terms.insert(0, ActionTerm { all_of: vec!["*".to_owned()], except });
        } else {
            terms.extend(whole.iter().map(|index| ActionTerm::one(format!("{}:*", prefix(index)))));
            for &index in &partial {
                let (target, complement) = self.split(index, is_in);
                terms.extend(self.terms(index, &target, &complement));
            }
            for (index, service) in self.services.iter().enumerate().filter(|(_, service)| service.any_other) {
                if service.items.iter().any(|item| is_in(item.class)) {
                    let (target, complement) = self.split(index, is_in);
                    terms.extend(self.terms(index, &target, &complement));
                }
            }
        }
        ActionSet { terms, listed }
    }

    fn split(&self, service: usize, is_in: &impl Fn(usize) -> bool) -> (Vec<bool>, Vec<bool>) {
        let items = self.services.get(service).map_or(&[][..], |service| &service.items);
        items.iter().map(|item| (is_in(item.class), !is_in(item.class))).unzip()
    }

    /// Patterns and names that together match the target and nothing else of the service.
    fn cover(&self, service: usize, target: &[bool]) -> Option<Vec<String>> {
        let found = self.services.get(service)?;
        let patterns = self.patterns(service);
        let mut covered = vec![false; target.len()];
        let mut chosen: Vec<String> = Vec::new();
        for pattern in patterns.iter() {
            let inside = pattern.matches.iter().zip(target).all(|(matches, target)| !matches || *target);
            let adds = pattern.matches.iter().zip(&covered).any(|(matches, covered)| *matches && !covered);
            if inside && adds {
                covered.iter_mut().zip(&pattern.matches).for_each(|(covered, matches)| *covered |= matches);
                chosen.push(self.shown(found, pattern));
            }
        }
        for ((item, target), covered) in found.items.iter().zip(target).zip(&covered) {
            if *target && !covered {
                chosen.push(item.name.clone()?);
            }
        }
        Some(chosen)
    }

    /// A literal pattern is shown by the name as the catalog spells it.
    fn shown(&self, service: &Service, pattern: &Pattern) -> String {
        let lower = pattern.text.to_ascii_lowercase();
        let named = service.items.iter().find(|item| item.example == lower).and_then(|item| item.name.clone());
        named.unwrap_or_else(|| pattern.text.clone())
    }

    /// Terms that match the target and nothing else of the service.
    fn terms(&self, service: usize, target: &[bool], complement: &[bool]) -> Vec<ActionTerm> {
        let Some(found) = self.services.get(service) else { return Vec::new() };
        let whole = if found.any_other { "*".to_owned() } else { format!("{}:*", found.prefix) };
        let direct = self.cover(service, target);
        let inverse = if found.any_other { None } else { self.cover(service, complement) };
        match (direct, inverse) {
            (Some(direct), Some(inverse)) if inverse.len() + 1 < direct.len() => {
                vec![ActionTerm { all_of: vec![whole], except: inverse }]
            }
            (None, Some(inverse)) => vec![ActionTerm { all_of: vec![whole], except: inverse }],
            (Some(direct), _) => direct.into_iter().map(ActionTerm::one).collect(),
            (None, None) => self.by_class(service, target, &whole),
        }
    }

    /// The last resort, always exact: each class of names by all patterns that match it and none that does not.
    fn by_class(&self, service: usize, target: &[bool], whole: &str) -> Vec<ActionTerm> {
        let Some(found) = self.services.get(service) else { return Vec::new() };
        let patterns = self.patterns(service);
        let mut terms = Vec::new();
        for (index, (item, _)) in found.items.iter().zip(target).enumerate().filter(|(_, (_, target))| **target) {
            if let Some(name) = &item.name {
                terms.push(ActionTerm::one(name.clone()));
                continue;
            }
            let matches = |pattern: &Pattern| pattern.matches.get(index).copied().unwrap_or(false);
            let mut all_of: Vec<String> =
                patterns.iter().filter(|pattern| matches(pattern)).map(|pattern| pattern.text.clone()).collect();
            if all_of.is_empty() {
                all_of.push(whole.to_owned());
            }
            let mut except: Vec<String> =
                patterns.iter().filter(|pattern| !matches(pattern)).map(|pattern| pattern.text.clone()).collect();
            // Names of the catalog stand for themselves.
            except.extend(found.items.iter().zip(target).filter(|(_, target)| !**target).filter_map(|(item, _)| item.name.clone()));
            except.sort();
            except.dedup();
            terms.push(ActionTerm { all_of, except });
        }
        terms.sort();
        terms.dedup();
        terms
    }
}
