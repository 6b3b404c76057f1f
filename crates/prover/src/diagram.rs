//! Decision diagrams over variables with any number of values: a Boolean function of cells has exactly one diagram, so
//! two functions are equal exactly if their numbers are.
//!
//! A diagram asks its variables in ascending order. Nothing here expands a function into its alternatives; only
//! [`Diagrams::cover`] does, for words, and it stops at a limit.
//!
//! Why not a library: `oxidd` and `biodivine-lib-bdd` ask variables of two values. A fact has as many values as it has
//! cells, often hundreds; spelt in bits it would cost a chain of nodes each time it is asked, stand for cells that do
//! not exist, and fall apart in descriptions. They grow until memory ends, where a proof must stop at a number of nodes
//! and say so. And a store that threads share is of no use where each signature of accounts has a small space of its
//! own, which is thrown away with the question.

use std::collections::BTreeMap;
use std::hash::Hasher;
use std::sync::Arc;

use hashbrown::HashTable;
use rustc_hash::{FxHashMap, FxHasher};
use thiserror::Error;

use crate::limits::{Limits, Stop};

/// A function, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Function(u32);

/// A variable, by its number; lower ones are asked first.
pub(crate) type Variable = u32;

/// Some values of some variables: all requests whose variables have one of them each. Variables not named may have any
/// value.
pub(crate) type Cube = BTreeMap<Variable, Vec<u32>>;

/// The diagrams grew over their limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the comparison needs more than {0} nodes")]
pub(crate) struct TooLarge(pub(crate) usize);

/// A variable that is asked, and where its children stand, one a value.
#[derive(Debug, Clone, Copy)]
struct Node {
    variable: Variable,
    /// The highest variable that is asked from here on.
    last: Variable,
    first_child: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Operation {
    And,
    Or,
}

/// So many children a node may have on average.
const CHILDREN: usize = 64;
/// So many operations a node may come from on average.
const APPLIED: usize = 16;

/// All diagrams of one comparison.
#[derive(Debug)]
pub(crate) struct Diagrams {
    nodes: Vec<Node>,
    /// The children of all nodes, one node's after the other's.
    children: Vec<Function>,
    /// The nodes by their variable and children.
    unique: HashTable<Function>,
    applied: FxHashMap<(Operation, Function, Function), Function>,
    negated: FxHashMap<Function, Function>,
    /// The number of values of each variable.
    values: Vec<u32>,
    limit: usize,
    stop: Stop,
    /// Children of nodes that are being made.
    stack: Vec<Function>,
}

/// What functions become when some variables are quantified over.
pub(crate) type Done = FxHashMap<Function, Function>;

/// Some variables, to quantify over.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables {
    is_in: Vec<bool>,
    first: Option<Variable>,
}

impl FromIterator<Variable> for Variables {
    fn from_iter<I: IntoIterator<Item = Variable>>(variables: I) -> Self {
        let mut result = Self::default();
        for variable in variables {
            let index = variable as usize;
            if result.is_in.len() <= index {
                result.is_in.resize(index + 1, false);
            }
            if let Some(slot) = result.is_in.get_mut(index) {
                *slot = true;
            }
            result.first = Some(result.first.map_or(variable, |first| first.min(variable)));
        }
        result
    }
}

impl Variables {
    pub(crate) fn contains(&self, variable: Variable) -> bool {
        self.is_in.get(variable as usize) == Some(&true)
    }
}

impl Function {
    pub(crate) const FALSE: Self = Self(0);
    pub(crate) const TRUE: Self = Self(1);
}

impl Diagrams {
    /// Up to the limits' nodes, and until somebody ends the work.
    pub(crate) fn new(limits: &Limits) -> Self {
        let leaf = Node { variable: Variable::MAX, last: 0, first_child: 0 };
        Self {
            nodes: vec![leaf, leaf],
            children: Vec::new(),
            unique: HashTable::new(),
            applied: FxHashMap::default(),
            negated: FxHashMap::default(),
            values: Vec::new(),
            limit: limits.nodes,
            stop: limits.stop.clone(),
            stack: Vec::new(),
        }
    }

    /// A new variable, asked after all others.
    pub(crate) fn variable(&mut self, values: usize) -> Variable {
        self.values.push(u32::try_from(values).unwrap_or(u32::MAX));
        Variable::try_from(self.values.len() - 1).unwrap_or(Variable::MAX)
    }

    pub(crate) fn values_of(&self, variable: Variable) -> u32 {
        self.values.get(variable as usize).copied().unwrap_or(0)
    }

    /// The node of a function that is not constant.
    fn node(&self, function: Function) -> Option<Node> {
        self.nodes.get(function.0 as usize).copied().filter(|node| node.variable != Variable::MAX)
    }

    fn top(&self, function: Function) -> Variable {
        self.nodes.get(function.0 as usize).map_or(Variable::MAX, |node| node.variable)
    }

    /// The functions that a node leads to, one a value of its variable.
    fn children(&self, node: Node) -> &[Function] {
        let first = node.first_child as usize;
        self.children.get(first..first + self.values_of(node.variable) as usize).unwrap_or(&[])
    }

    /// The function when a variable, not below its top, has a value.
    fn at(&self, function: Function, variable: Variable, value: u32) -> Function {
        match self.node(function) {
            Some(node) if node.variable == variable => {
                self.children.get((node.first_child + value) as usize).copied().unwrap_or(Function::FALSE)
            }
            _ => function,
        }
    }

    /// The function that is, for each value of a variable, one of these.
    pub(crate) fn choose(
        &mut self,
        variable: Variable,
        children: impl IntoIterator<Item = Function>,
    ) -> Result<Function, TooLarge> {
        let start = self.stack.len();
        self.stack.extend(children);
        self.choose_from(variable, start)
    }

    /// The same with the children that stand on the stack from here on; takes them off.
    fn choose_from(&mut self, variable: Variable, start: usize) -> Result<Function, TooLarge> {
        // Each node has as many children as its variable has values.
        self.stack.resize(start + self.values_of(variable) as usize, Function::FALSE);
        let children = self.stack.get(start..).unwrap_or(&[]);
        let found = match children {
            [] => Some(Function::FALSE),
            [first, rest @ ..] if rest.iter().all(|child| child == first) => Some(*first),
            _ => None,
        };
        let function = match found {
            Some(found) => Ok(found),
            None => self.number(variable, start),
        };
        self.stack.truncate(start);
        function
    }

    fn number(&mut self, variable: Variable, start: usize) -> Result<Function, TooLarge> {
        let children = self.stack.get(start..).unwrap_or(&[]);
        let hash = hash_of(variable, children);
        let is_same = |function: &Function| {
            self.node(*function).is_some_and(|node| node.variable == variable && self.children(node) == children)
        };
        if let Some(found) = self.unique.find(hash, is_same) {
            return Ok(*found);
        }
        // A node of very many values counts as several.
        if self.nodes.len() >= self.limit || self.children.len() / CHILDREN >= self.limit {
            return Err(TooLarge(self.limit));
        }
        let too_large = |_| TooLarge(self.limit);
        let function = Function(u32::try_from(self.nodes.len()).map_err(too_large)?);
        let first_child = u32::try_from(self.children.len()).map_err(too_large)?;
        let below = children.iter().filter_map(|child| self.node(*child)).map(|node| node.last);
        let last = below.max().map_or(variable, |last| last.max(variable));
        self.children.extend_from_slice(children);
        self.nodes.push(Node { variable, last, first_child });
        let (nodes, all, values) = (&self.nodes, &self.children, &self.values);
        self.unique.insert_unique(hash, function, |function| {
            let Some(node) = nodes.get(function.0 as usize) else { return 0 };
            let first = node.first_child as usize;
            let length = values.get(node.variable as usize).map_or(0, |values| *values as usize);
            hash_of(node.variable, all.get(first..first + length).unwrap_or(&[]))
        });
        Ok(function)
    }

    /// Whether a variable has a value that `holds`.
    pub(crate) fn literal(&mut self, variable: Variable, holds: impl Fn(u32) -> bool) -> Result<Function, TooLarge> {
        let values = 0..self.values_of(variable);
        self.choose(variable, values.map(|value| if holds(value) { Function::TRUE } else { Function::FALSE }))
    }

    pub(crate) fn and(&mut self, a: Function, b: Function) -> Result<Function, TooLarge> {
        self.unwinding(|diagrams| diagrams.apply(Operation::And, a, b))
    }

    pub(crate) fn or(&mut self, a: Function, b: Function) -> Result<Function, TooLarge> {
        self.unwinding(|diagrams| diagrams.apply(Operation::Or, a, b))
    }

    /// Whether `a` holds and `b` does not.
    pub(crate) fn and_not(&mut self, a: Function, b: Function) -> Result<Function, TooLarge> {
        let not_b = self.not(b)?;
        self.and(a, not_b)
    }

    /// What is left on the stack when there is no more room is taken off.
    fn unwinding<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, TooLarge>) -> Result<T, TooLarge> {
        let start = self.stack.len();
        let result = work(self);
        self.stack.truncate(start);
        result
    }

    fn apply(&mut self, operation: Operation, a: Function, b: Function) -> Result<Function, TooLarge> {
        let (absorbing, neutral) = match operation {
            Operation::And => (Function::FALSE, Function::TRUE),
            Operation::Or => (Function::TRUE, Function::FALSE),
        };
        if a == absorbing || b == absorbing {
            return Ok(absorbing);
        }
        if a == neutral || a == b {
            return Ok(b);
        }
        if b == neutral {
            return Ok(a);
        }
        let key = if a <= b { (operation, a, b) } else { (operation, b, a) };
        if let Some(found) = self.applied.get(&key) {
            return Ok(*found);
        }
        // Of two functions with so many nodes the pairs are as many as both together.
        if self.applied.len() / APPLIED >= self.limit || self.stop.is_stopped() {
            return Err(TooLarge(self.limit));
        }
        let variable = self.top(a).min(self.top(b));
        let start = self.stack.len();
        // Neighbouring values mostly lead to the same place.
        let mut last: Option<(Function, Function, Function)> = None;
        for value in 0..self.values_of(variable) {
            let (left, right) = (self.at(a, variable, value), self.at(b, variable, value));
            let child = match last {
                Some((l, r, child)) if l == left && r == right => child,
                _ => self.apply(operation, left, right)?,
            };
            last = Some((left, right, child));
            self.stack.push(child);
        }
        let function = self.choose_from(variable, start)?;
        self.applied.insert(key, function);
        Ok(function)
    }

    pub(crate) fn not(&mut self, a: Function) -> Result<Function, TooLarge> {
        self.unwinding(|diagrams| diagrams.negate(a))
    }

    fn negate(&mut self, a: Function) -> Result<Function, TooLarge> {
        match a {
            Function::FALSE => return Ok(Function::TRUE),
            Function::TRUE => return Ok(Function::FALSE),
            _ => {}
        }
        if let Some(found) = self.negated.get(&a) {
            return Ok(*found);
        }
        let variable = self.top(a);
        let start = self.stack.len();
        for value in 0..self.values_of(variable) {
            let child = self.negate(self.at(a, variable, value))?;
            self.stack.push(child);
        }
        let function = self.choose_from(variable, start)?;
        self.negated.insert(a, function);
        self.negated.insert(function, a);
        Ok(function)
    }

    /// Whether a function may depend on some of these variables.
    pub(crate) fn may_ask(&self, function: Function, variables: &Variables) -> bool {
        self.node(function).zip(variables.first).is_some_and(|(node, first)| node.last >= first)
    }

    /// Whether the function holds for some values of these variables. `done`: what was found for the same variables
    /// before; there may be more of them since, which no function from before depends on.
    pub(crate) fn some(&mut self, a: Function, free: &Variables, done: &mut Done) -> Result<Function, TooLarge> {
        self.unwinding(|diagrams| diagrams.quantify(a, Operation::Or, free, done))
    }

    /// Whether the function holds for all values of these variables; `done` as for [`some`](Self::some).
    pub(crate) fn every(&mut self, a: Function, free: &Variables, done: &mut Done) -> Result<Function, TooLarge> {
        self.unwinding(|diagrams| diagrams.quantify(a, Operation::And, free, done))
    }

    fn quantify(
        &mut self,
        a: Function,
        operation: Operation,
        free: &Variables,
        done: &mut Done,
    ) -> Result<Function, TooLarge> {
        let Some(node) = self.node(a).filter(|_| self.may_ask(a, free)) else { return Ok(a) };
        if let Some(found) = done.get(&a) {
            return Ok(*found);
        }
        let variable = node.variable;
        let start = self.stack.len();
        for value in 0..self.values_of(variable) {
            let child = self.quantify(self.at(a, variable, value), operation, free, done)?;
            self.stack.push(child);
        }
        let function = if free.contains(variable) {
            let mut all = self.stack.get(start).copied().unwrap_or(Function::FALSE);
            for place in start + 1..self.stack.len() {
                let child = self.stack.get(place).copied().unwrap_or(Function::FALSE);
                all = self.apply(operation, all, child)?;
            }
            self.stack.truncate(start);
            all
        } else {
            self.choose_from(variable, start)?
        };
        done.insert(a, function);
        Ok(function)
    }

    /// What holds for some values that are of one group with those at hand. `groups`: for some variables the group of
    /// each value.
    pub(crate) fn for_some_of_group(
        &mut self,
        a: Function,
        groups: &BTreeMap<Variable, Arc<[usize]>>,
        done: &mut Done,
    ) -> Result<Function, TooLarge> {
        let Some(node) = self.node(a) else { return Ok(a) };
        if let Some(found) = done.get(&a) {
            return Ok(*found);
        }
        let variable = node.variable;
        let mut children = Vec::new();
        for value in 0..self.values_of(variable) {
            children.push(self.for_some_of_group(self.at(a, variable, value), groups, done)?);
        }
        if let Some(of_value) = groups.get(&variable) {
            let mut of_group: BTreeMap<usize, Function> = BTreeMap::new();
            for (group, child) in of_value.iter().zip(&children) {
                let known = of_group.get(group).copied().unwrap_or(Function::FALSE);
                let any = self.or(known, *child)?;
                of_group.insert(*group, any);
            }
            let joined = of_value.iter().map(|group| of_group.get(group).copied().unwrap_or(Function::FALSE));
            children = joined.collect();
        }
        let function = self.choose(variable, children)?;
        done.insert(a, function);
        Ok(function)
    }

    /// One way to make the function hold: for each variable a value, the lowest where it does not matter.
    pub(crate) fn example(&self, mut function: Function) -> Option<Vec<u32>> {
        if function == Function::FALSE {
            return None;
        }
        let mut values = vec![0; self.values.len()];
        while function != Function::TRUE {
            let node = self.node(function)?;
            let children = self.children(node).iter().enumerate();
            let (value, child) = children.into_iter().find(|(_, child)| **child != Function::FALSE)?;
            *values.get_mut(node.variable as usize)? = u32::try_from(value).ok()?;
            function = *child;
        }
        Some(values)
    }

    /// Whether the function holds for these values, one a variable.
    pub(crate) fn holds(&self, mut function: Function, values: &[u32]) -> bool {
        while let Some(node) = self.node(function) {
            let value = values.get(node.variable as usize).copied().unwrap_or(0);
            function = self.at(function, node.variable, value);
        }
        function == Function::TRUE
    }

    /// The variables that a function depends on, ascending.
    pub(crate) fn support(&self, function: Function) -> Vec<Variable> {
        let mut seen = rustc_hash::FxHashSet::default();
        let mut variables = std::collections::BTreeSet::new();
        let mut open = vec![function];
        while let Some(function) = open.pop() {
            if !seen.insert(function) {
                continue;
            }
            if let Some(node) = self.node(function) {
                variables.insert(node.variable);
                open.extend(self.children(node));
            }
        }
        variables.into_iter().collect()
    }

    /// Cubes that together cover all of `must` and nothing outside `may` (`must` implies `may`): few, each as wide as
    /// it can be. `None` if it takes more than `limit`.
    pub(crate) fn cover(&mut self, must: Function, may: Function, limit: usize) -> Result<Option<Vec<Cube>>, TooLarge> {
        let mut budget = limit.saturating_mul(16).max(64);
        let Some((cubes, _)) = self.cover_of(must, may, &mut budget)? else { return Ok(None) };
        Ok((cubes.len() <= limit).then_some(cubes))
    }

    /// The cubes and the function they cover.
    fn cover_of(
        &mut self,
        must: Function,
        may: Function,
        budget: &mut usize,
    ) -> Result<Option<(Vec<Cube>, Function)>, TooLarge> {
        if must == Function::FALSE {
            return Ok(Some((Vec::new(), Function::FALSE)));
        }
        if may == Function::TRUE {
            return Ok(Some((vec![Cube::new()], Function::TRUE)));
        }
        let Some(left) = budget.checked_sub(1) else { return Ok(None) };
        *budget = left;
        let variable = self.top(must).min(self.top(may));
        let all = self.values_of(variable);
        // Values that lead to the same place are one case.
        let mut groups: Vec<(Function, Function, Vec<u32>)> = Vec::new();
        for value in 0..all {
            let pair = (self.at(must, variable, value), self.at(may, variable, value));
            match groups.iter_mut().find(|(must, may, _)| (*must, *may) == pair) {
                Some((_, _, values)) => values.push(value),
                None => groups.push((pair.0, pair.1, vec![value])),
            }
        }
        let mut may_always = Function::TRUE;
        for (_, may, _) in &groups {
            may_always = self.and(may_always, *may)?;
        }
        // First what holds for some values only, each cube stretched over all values that bear it.
        let mut covered = vec![Function::FALSE; groups.len()];
        let mut cubes: Vec<Cube> = Vec::new();
        for index in 0..groups.len() {
            let Some((must, may, _)) = groups.get(index).cloned() else { continue };
            let done = covered.get(index).copied().unwrap_or(Function::FALSE);
            let must = self.and_not(must, may_always)?;
            let must = self.and_not(must, done)?;
            let Some((found, _)) = self.cover_of(must, may, budget)? else { return Ok(None) };
            for cube in found {
                let function = self.cube(&cube)?;
                let mut values = Vec::new();
                for (other, (_, may, of_other)) in groups.iter().enumerate() {
                    if self.and_not(function, *may)? == Function::FALSE {
                        values.extend(of_other.iter().copied());
                        if let Some(slot) = covered.get_mut(other) {
                            *slot = self.or(*slot, function)?;
                        }
                    }
                }
                values.sort_unstable();
                let mut cube = cube;
                if values.len() < all as usize {
                    cube.insert(variable, values);
                }
                if !cubes.contains(&cube) {
                    cubes.push(cube);
                }
            }
        }
        // Then what holds whatever the value is.
        let mut rest = Function::FALSE;
        for ((must, _, _), done) in groups.iter().zip(&covered) {
            let open = self.and_not(*must, *done)?;
            rest = self.or(rest, open)?;
        }
        let Some((found, always)) = self.cover_of(rest, may_always, budget)? else { return Ok(None) };
        cubes.extend(found);
        let mut children = Vec::with_capacity(all as usize);
        for value in 0..all {
            let index = groups.iter().position(|(_, _, values)| values.contains(&value)).unwrap_or(0);
            let here = covered.get(index).copied().unwrap_or(Function::FALSE);
            children.push(self.or(here, always)?);
        }
        let function = self.choose(variable, children)?;
        Ok(Some((cubes, function)))
    }

    /// Some of the alternatives of a function, as they stand in the diagram; at most so many.
    pub(crate) fn paths(&self, function: Function, limit: usize) -> Vec<Cube> {
        let mut cubes = Vec::new();
        let mut open = vec![(function, Cube::new())];
        while let Some((function, cube)) = open.pop() {
            if function == Function::TRUE {
                cubes.push(cube.clone());
                if cubes.len() >= limit {
                    break;
                }
            }
            let Some(node) = self.node(function) else { continue };
            let mut groups: Vec<(Function, Vec<u32>)> = Vec::new();
            for (value, child) in (0_u32..).zip(self.children(node)) {
                match groups.iter_mut().find(|(other, _)| other == child) {
                    Some((_, values)) => values.push(value),
                    None => groups.push((*child, vec![value])),
                }
            }
            for (child, values) in groups.into_iter().filter(|(child, _)| *child != Function::FALSE) {
                let mut cube = cube.clone();
                cube.insert(node.variable, values);
                open.push((child, cube));
            }
        }
        cubes
    }

    /// The function of a cube.
    pub(crate) fn cube(&mut self, cube: &Cube) -> Result<Function, TooLarge> {
        let mut function = Function::TRUE;
        for (variable, values) in cube.iter().rev() {
            let all = 0..self.values_of(*variable);
            let child = |value| if values.contains(&value) { function } else { Function::FALSE };
            function = self.choose(*variable, all.map(child))?;
        }
        Ok(function)
    }
}

fn hash_of(variable: Variable, children: &[Function]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write_u32(variable);
    for child in children {
        hasher.write_u32(child.0);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A function as a table over three variables of 3, 2 and 4 values.
    fn build(diagrams: &mut Diagrams, table: &[bool]) -> Function {
        let mut rows = table.iter();
        let mut first = Vec::new();
        for _ in 0..3 {
            let mut second = Vec::new();
            for _ in 0..2 {
                let leaves: Vec<Function> =
                    (0..4).map(|_| if *rows.next().unwrap() { Function::TRUE } else { Function::FALSE }).collect();
                second.push(diagrams.choose(2, leaves).unwrap());
            }
            first.push(diagrams.choose(1, second).unwrap());
        }
        diagrams.choose(0, first).unwrap()
    }

    fn diagrams() -> Diagrams {
        let mut diagrams = Diagrams::new(&Limits { nodes: 10_000, ..Limits::default() });
        for values in [3, 2, 4] {
            diagrams.variable(values);
        }
        diagrams
    }

    fn all_values() -> impl Iterator<Item = [u32; 3]> {
        (0..3).flat_map(|a| (0..2).flat_map(move |b| (0..4).map(move |c| [a, b, c])))
    }

    proptest! {
        #[test]
        fn operations_are_those_of_tables(
            a in proptest::collection::vec(any::<bool>(), 24),
            b in proptest::collection::vec(any::<bool>(), 24),
        ) {
            let mut d = diagrams();
            let (f, g) = (build(&mut d, &a), build(&mut d, &b));
            let (and, or, not, minus) =
                (d.and(f, g).unwrap(), d.or(f, g).unwrap(), d.not(f).unwrap(), d.and_not(f, g).unwrap());
            let free = Variables::from_iter([1]);
            let some = d.some(f, &free, &mut Done::default()).unwrap();
            let every = d.every(f, &free, &mut Done::default()).unwrap();
            for (index, values) in all_values().enumerate() {
                prop_assert_eq!(d.holds(and, &values), a[index] && b[index]);
                prop_assert_eq!(d.holds(or, &values), a[index] || b[index]);
                prop_assert_eq!(d.holds(not, &values), !a[index]);
                prop_assert_eq!(d.holds(minus, &values), a[index] && !b[index]);
                let other = [values[0], 1 - values[1], values[2]];
                let here = d.holds(f, &values);
                let there = d.holds(f, &other);
                prop_assert_eq!(d.holds(some, &values), here || there);
                prop_assert_eq!(d.holds(every, &values), here && there);
            }
            prop_assert_eq!(build(&mut d, &a), f, "one function, one number");
            if let Some(example) = d.example(f) {
                prop_assert!(d.holds(f, &example));
            } else {
                prop_assert_eq!(f, Function::FALSE);
            }
        }

        #[test]
        fn a_cover_lies_between_its_bounds(
            a in proptest::collection::vec(any::<bool>(), 24),
            b in proptest::collection::vec(any::<bool>(), 24),
        ) {
            let mut d = diagrams();
            let (must, extra) = (build(&mut d, &a), build(&mut d, &b));
            let may = d.or(must, extra).unwrap();
            let cubes = d.cover(must, may, 100).unwrap().unwrap();
            for values in all_values() {
                let inside = cubes.iter().any(|cube| {
                    cube.iter().all(|(variable, allowed)| allowed.contains(&values[*variable as usize]))
                });
                prop_assert!(inside || !d.holds(must, &values));
                prop_assert!(!inside || d.holds(may, &values));
            }
        }
    }

    #[test]
    fn the_limit_ends_it() {
        let mut d = Diagrams::new(&Limits { nodes: 3, ..Limits::default() });
        let (a, b) = (d.variable(2), d.variable(2));
        let first = d.literal(a, |value| value == 1).unwrap();
        assert_eq!(d.literal(b, |value| value == 1), Err(TooLarge(3)));
        assert_eq!(d.support(first), [a]);
    }
}
