//! A set of actions in as few patterns as cover it exactly, names that no catalog lists included.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;
use scproof_catalog::{Catalog, ServiceId};
use scproof_evaluator::Truth;
use scproof_evaluator::symbolic::{ActionClass, CompiledViews};
use scproof_policy_parser::{WildcardPattern, covers, overlaps};

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

/// The actions of one service, or of services that nothing mentions.
struct Service {
    prefix: String,
    any_other: bool,
    /// What the catalog knows of it.
    listed: Option<ServiceId>,
    /// What it does not list.
    unlisted: Vec<(usize, Option<String>, String)>,
}

/// A pattern of the policies on one service with the items that are like it.
struct Pattern {
    text: String,
    matches: Vec<bool>,
}

/// All actions by service.
pub(crate) struct ActionIndex<'p> {
    views: &'p CompiledViews,
    /// The class of each action of the catalog, if it is looked at.
    class_of: Vec<Option<usize>>,
    services: Vec<Service>,
    /// For each service its classes, with the number of named actions and of all.
    members: Vec<Vec<(usize, usize, usize)>>,
    /// For each service what it has; worked out where it is first asked for.
    items: Vec<OnceLock<Arc<Vec<Item>>>>,
    patterns: Vec<OnceLock<Arc<Vec<Pattern>>>>,
    /// For each service the sets of its classes that were written as patterns before: sets that differ in one service
    /// are alike in others.
    written: Vec<Mutex<Memory>>,
    /// How patterns are to each other, by their texts.
    relations: Mutex<FxHashMap<String, FxHashMap<String, Relation>>>,
}

/// What was written for some classes of a service, by which of its classes these are.
type Memory = FxHashMap<Box<[bool]>, Arc<Written>>;

/// How two patterns are to each other, whatever their case.
#[derive(Debug, Clone, Copy)]
struct Relation {
    /// Whether the first one matches all that the second does.
    covers: bool,
    /// Whether there is something that both match.
    overlaps: bool,
}

/// Some classes of a service in patterns.
struct Written {
    terms: Vec<ActionTerm>,
    /// Patterns for all the others, if there are any that match nothing else.
    others: Option<Vec<String>>,
}

impl<'p> ActionIndex<'p> {
    pub(crate) fn new(views: &'p CompiledViews, classes: &[ActionClass]) -> Self {
        let catalog: &Catalog = views.catalog();
        let mut class_of = vec![None; catalog.action_count()];
        let mut services: BTreeMap<(bool, String), Service> = BTreeMap::new();
        for id in catalog.services() {
            let prefix = catalog.service_prefix(id).to_owned();
            let service = Service { prefix: prefix.clone(), any_other: false, listed: Some(id), unlisted: Vec::new() };
            services.insert((false, prefix), service);
        }
        let mut add = |prefix: &str, any_other: bool, item: (usize, Option<String>, String)| {
            let service = services.entry((any_other, prefix.to_owned())).or_insert_with(|| Service {
                prefix: prefix.to_owned(),
                any_other,
                listed: None,
                unlisted: Vec::new(),
            });
            service.unlisted.push(item);
        };
        for (class, found) in classes.iter().enumerate() {
            for action in &found.actions {
                if let Some(slot) = class_of.get_mut(action.index()) {
                    *slot = Some(class);
                }
            }
            for full_name in &found.unlisted {
                let prefix = full_name.split_once(':').map_or("", |(prefix, _)| prefix);
                add(prefix, false, (class, Some(full_name.clone()), full_name.clone()));
            }
            for names in &found.other_names {
                let example = format!("{}:{}", names.service, names.example);
                add(&names.service, names.any_other_service, (class, None, example));
            }
        }
        let services: Vec<Service> = services.into_values().collect();
        let members = Vec::new();
        let items = services.iter().map(|_| OnceLock::new()).collect();
        let patterns = services.iter().map(|_| OnceLock::new()).collect();
        let written = services.iter().map(|_| Mutex::default()).collect();
        let mut index =
            Self { views, class_of, services, members, items, patterns, written, relations: Mutex::default() };
        index.members = index.services.iter().map(|service| index.members_of(service)).collect();
        index
    }

    fn members_of(&self, service: &Service) -> Vec<(usize, usize, usize)> {
        let catalog = self.views.catalog();
        let listed = service.listed.into_iter().flat_map(|id| catalog.actions_of(id));
        let listed = listed.filter_map(|action| self.class_of.get(action.index()).copied().flatten());
        // A name that only policies have is no action of the catalog: it may be misspelt.
        let unlisted = service.unlisted.iter().map(|(class, _, _)| (*class, false));
        let mut members: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        for (class, is_listed) in listed.map(|class| (class, true)).chain(unlisted) {
            let counts = members.entry(class).or_default();
            counts.0 += usize::from(is_listed);
            counts.1 += 1;
        }
        members.into_iter().map(|(class, (listed, all))| (class, listed, all)).collect()
    }

    /// The actions of a service, those with names first.
    fn items(&self, service: usize) -> Arc<Vec<Item>> {
        let found = self.items.get(service).map(|slot| slot.get_or_init(|| Arc::new(self.items_of(service))));
        found.cloned().unwrap_or_default()
    }

    fn items_of(&self, service: usize) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        if let Some(found) = self.services.get(service) {
            let catalog = self.views.catalog();
            for action in found.listed.into_iter().flat_map(|id| catalog.actions_of(id)) {
                let Some(class) = self.class_of.get(action.index()).copied().flatten() else { continue };
                let action = catalog.action(action);
                let example = format!("{}:{}", action.service(), action.lower_name());
                items.push(Item { class, name: Some(action.full_name()), example });
            }
            items.extend(found.unlisted.iter().map(|(class, name, example)| Item {
                class: *class,
                // As a policy spells it.
                name: name.as_ref().map(|name| {
                    let row = self.views.pattern_row(example);
                    let mut texts = row.iter().map(|(id, _)| self.views.pattern_text(*id));
                    texts.find(|text| text.eq_ignore_ascii_case(name)).unwrap_or(name).to_owned()
                }),
                example: example.clone(),
            }));
            items.sort_by(|a, b| (a.name.is_none(), &a.example).cmp(&(b.name.is_none(), &b.example)));
        }
        items
    }

    /// The patterns of the policies that match something of a service, those that match most first.
    fn patterns(&self, service: usize) -> Arc<Vec<Pattern>> {
        let found = self.patterns.get(service).map(|slot| slot.get_or_init(|| Arc::new(self.patterns_of(service))));
        found.cloned().unwrap_or_default()
    }

    fn patterns_of(&self, service: usize) -> Vec<Pattern> {
        let mut patterns: Vec<Pattern> = Vec::new();
        let mut ids: FxHashMap<String, usize> = FxHashMap::default();
        let items = self.items(service);
        {
            for (index, item) in items.iter().enumerate() {
                for (id, truth) in self.views.pattern_row(&item.example) {
                    let text = self.views.pattern_text(id);
                    // Whether a pattern may match is an unsure rule's business at times (DOC-20); what it is like is
                    // not.
                    let is_like = || WildcardPattern::flat(&text.to_ascii_lowercase()).is_match(&item.example);
                    if text == "*" || (truth == Truth::Unknown && !is_like()) {
                        continue;
                    }
                    let at = *ids.entry(text.to_ascii_lowercase()).or_insert_with(|| {
                        patterns.push(Pattern { text: text.to_owned(), matches: vec![false; items.len()] });
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
        patterns
    }

    /// The actions of some classes, in patterns.
    pub(crate) fn describe(&self, is_in: &impl Fn(usize) -> bool) -> ActionSet {
        let mut listed = 0;
        let mut whole = Vec::new();
        let mut partial = Vec::new();
        let mut none = Vec::new();
        let mut others = Vec::new();
        for (index, service) in self.services.iter().enumerate() {
            let (mut all, mut inside) = (0, 0);
            for &(class, of_catalog, members) in self.members.get(index).into_iter().flatten() {
                all += members;
                if is_in(class) {
                    inside += members;
                    listed += of_catalog;
                }
            }
            if all == 0 {
                // Not looked at.
            } else if service.any_other {
                others.push(inside == all);
            } else if inside == all {
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
                let written = self.write(index, is_in);
                let others = written.others.iter().flatten();
                if written.others.is_some() && !others.clone().any(|text| is_crossing(text)) {
                    except.extend(others.cloned());
                } else {
                    except.push(format!("{}:*", prefix(&index)));
                    terms.extend(written.terms.iter().cloned());
                }
            }
            except.sort();
            terms.insert(0, ActionTerm { all_of: vec!["*".to_owned()], except });
        } else {
            terms.extend(whole.iter().map(|index| ActionTerm::one(format!("{}:*", prefix(index)))));
            for &index in &partial {
                terms.extend(self.write(index, is_in).terms.iter().cloned());
            }
            for (index, _) in self.services.iter().enumerate().filter(|(_, service)| service.any_other) {
                if self.members.get(index).into_iter().flatten().any(|(class, ..)| is_in(*class)) {
                    terms.extend(self.write(index, is_in).terms.iter().cloned());
                }
            }
        }
        let terms = self.join_crossing(terms, is_in);
        ActionSet { terms, listed }
    }

    /// The classes of a service that are in a set.
    fn write(&self, service: usize, is_in: &impl Fn(usize) -> bool) -> Arc<Written> {
        let members = self.members.get(service).into_iter().flatten();
        let key: Box<[bool]> = members.map(|(class, ..)| is_in(*class)).collect();
        let memory = self.written.get(service).map(|memory| memory.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(found) = memory.as_ref().and_then(|memory| memory.get(&key)) {
            return Arc::clone(found);
        }
        let (target, complement) = self.split(service, is_in);
        let terms = self.terms(service, &target, &complement);
        let found = Arc::new(Written { terms, others: self.cover(service, &complement) });
        if let Some(mut memory) = memory {
            memory.insert(key, Arc::clone(&found));
        }
        found
    }

    /// Joins the terms of several services that speak of one pattern for all of them, where this means the same.
    fn join_crossing(&self, terms: Vec<ActionTerm>, is_in: &impl Fn(usize) -> bool) -> Vec<ActionTerm> {
        let crossing: BTreeSet<String> =
            terms.iter().flat_map(|term| &term.all_of).filter(|text| is_crossing(text)).cloned().collect();
        let mut terms = terms;
        for text in crossing {
            let (of_text, mut others): (Vec<_>, Vec<_>) =
                terms.iter().cloned().partition(|term| term.all_of.contains(&text));
            let except: BTreeSet<String> = of_text.into_iter().flat_map(|term| term.except).collect();
            let glob = |text: &str| WildcardPattern::flat(&text.to_ascii_lowercase());
            let (pattern, exceptions) = (glob(&text), except.iter().map(|text| glob(text)).collect::<Vec<_>>());
            let is_exact = (0..self.services.len()).all(|service| {
                self.items(service).iter().filter(|item| pattern.is_match(&item.example)).all(|item| {
                    is_in(item.class) != exceptions.iter().any(|exception| exception.is_match(&item.example))
                })
            });
            if is_exact {
                others.push(ActionTerm { all_of: vec![text], except: except.into_iter().collect() });
                terms = others;
            }
        }
        terms
    }

    fn split(&self, service: usize, is_in: &impl Fn(usize) -> bool) -> (Vec<bool>, Vec<bool>) {
        self.items(service).iter().map(|item| (is_in(item.class), !is_in(item.class))).unzip()
    }

    /// Patterns and names that together match the target and nothing else of the service.
    fn cover(&self, service: usize, target: &[bool]) -> Option<Vec<String>> {
        self.cover_of(service, target, target)
    }

    /// Patterns and names that together match the target and nothing outside what is allowed.
    fn cover_of(&self, service: usize, target: &[bool], allowed: &[bool]) -> Option<Vec<String>> {
        let items = self.items(service);
        let patterns = self.patterns(service);
        let mut covered = vec![false; target.len()];
        let mut chosen: Vec<String> = Vec::new();
        for pattern in patterns.iter() {
            let inside = pattern.matches.iter().zip(allowed).all(|(matches, allowed)| !matches || *allowed);
            let adds = pattern
                .matches
                .iter()
                .zip(&covered)
                .zip(target)
                .any(|((matches, covered), target)| *matches && !*covered && *target);
            if inside && adds {
                covered.iter_mut().zip(&pattern.matches).for_each(|(covered, matches)| *covered |= matches);
                chosen.push(shown(&items, pattern));
            }
        }
        for ((item, target), covered) in items.iter().zip(target).zip(&covered) {
            if *target && !covered {
                chosen.push(item.name.clone()?);
            }
        }
        Some(chosen)
    }

    /// Terms that match the target and nothing else at all.
    fn terms(&self, service: usize, target: &[bool], complement: &[bool]) -> Vec<ActionTerm> {
        let mut terms = self.terms_within(service, target, complement);
        if let Some(found) = self.services.get(service).filter(|service| !service.any_other) {
            for term in terms.iter_mut().filter(|term| term.all_of.iter().all(|text| is_crossing(text))) {
                term.all_of.insert(0, format!("{}:*", found.prefix));
            }
        }
        terms
    }

    /// Terms that match the target and nothing else of the service.
    fn terms_within(&self, service: usize, target: &[bool], complement: &[bool]) -> Vec<ActionTerm> {
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
            (None, None) => self.with_exceptions(service, target, complement, &whole),
        }
    }

    /// Patterns with exceptions, and classes of names for what these do not reach.
    fn with_exceptions(&self, service: usize, target: &[bool], complement: &[bool], whole: &str) -> Vec<ActionTerm> {
        let items = self.items(service);
        let patterns = self.patterns(service);
        let mut terms = Vec::new();
        let mut left: Vec<bool> = target.to_vec();
        let everything = Pattern { text: whole.to_owned(), matches: vec![true; items.len()] };
        for pattern in std::iter::once(&everything).chain(patterns.iter()) {
            let inside = |side: &[bool]| -> Vec<bool> {
                pattern.matches.iter().zip(side).map(|(matches, side)| *matches && *side).collect()
            };
            if !inside(&left).contains(&true) {
                continue;
            }
            let outside = inside(complement);
            // Exceptions may reach beyond the pattern, but not into the target.
            let Some(except) = self.cover_of(service, &outside, complement) else { continue };
            terms.push(ActionTerm { all_of: vec![shown(&items, pattern)], except });
            left.iter_mut().zip(&pattern.matches).for_each(|(left, matches)| *left &= !*matches);
        }
        if left.contains(&true) {
            terms.extend(self.by_class(service, &left, target, whole));
        }
        terms
    }

    fn relation(&self, one: &str, other: &str) -> Relation {
        let mut known = self.relations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(one).and_then(|known| known.get(other)) {
            return *found;
        }
        let glob = |text: &str| WildcardPattern::flat(&text.to_ascii_lowercase());
        let (first, second) = (glob(one), glob(other));
        let found = Relation { covers: covers(&first, &second), overlaps: overlaps(&first, &second) };
        known.entry(one.to_owned()).or_default().insert(other.to_owned(), found);
        found
    }

    /// The last resort, always exact: each class of names by the patterns that match it and those that do not.
    fn by_class(&self, service: usize, left: &[bool], target: &[bool], whole: &str) -> Vec<ActionTerm> {
        let items = self.items(service);
        let patterns = self.patterns(service);
        let mut terms = Vec::new();
        for (index, (item, _)) in items.iter().zip(left).enumerate().filter(|(_, (_, left))| **left) {
            if let Some(name) = &item.name {
                terms.push(ActionTerm::one(name.clone()));
                continue;
            }
            let matches = |pattern: &Pattern| pattern.matches.get(index).copied().unwrap_or(false);
            let mut all_of: Vec<&str> =
                patterns.iter().filter(|pattern| matches(pattern)).map(|pattern| pattern.text.as_str()).collect();
            // A pattern that another one implies says nothing.
            let implied = |text: &str| {
                all_of.iter().any(|other| {
                    *other != text && self.relation(text, other).covers && !self.relation(other, text).covers
                })
            };
            let kept: Vec<&str> = all_of.iter().copied().filter(|text| !implied(text)).collect();
            all_of = if kept.is_empty() { vec![whole] } else { kept };
            let meets = |text: &str| all_of.iter().all(|pattern| self.relation(pattern, text).overlaps);
            let mut except: Vec<String> = patterns
                .iter()
                .filter(|pattern| !matches(pattern) && meets(&pattern.text))
                .map(|pattern| pattern.text.clone())
                .collect();
            // Names of the catalog stand for themselves.
            let outside = items.iter().zip(target).filter(|(_, target)| !**target);
            except.extend(outside.filter_map(|(item, _)| item.name.clone()).filter(|name| meets(name)));
            except.sort();
            except.dedup();
            terms.push(ActionTerm { all_of: all_of.into_iter().map(str::to_owned).collect(), except });
        }
        terms.sort();
        terms.dedup();
        terms
    }
}

/// Whether a pattern is about actions of several services.
fn is_crossing(pattern: &str) -> bool {
    pattern != "*" && pattern.split_once(':').is_none_or(|(service, _)| service.contains(['*', '?']))
}

/// A literal pattern is shown by the name as the catalog spells it.
fn shown(items: &[Item], pattern: &Pattern) -> String {
    let lower = pattern.text.to_ascii_lowercase();
    let named = items.iter().find(|item| item.example == lower).and_then(|item| item.name.clone());
    named.unwrap_or_else(|| pattern.text.clone())
}
