//! Decision diagrams over variables with any number of values: a Boolean function of cells has exactly one diagram, so two
//! functions are equal exactly if their numbers are.
//!
//! A diagram asks its variables in ascending order. Nothing here expands a function into its alternatives; only
//! [`Diagrams::cover`] does, for words, and it stops at a limit.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use thiserror::Error;

/// A function, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Function(u32);

/// A variable, by its number; lower ones are asked first.
pub(crate) type Variable = u32;

/// Some values of some variables: all requests whose variables have one of them each. Variables not named may have any value.
pub(crate) type Cube = BTreeMap<Variable, Vec<u32>>;

/// The diagrams grew over their limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the comparison needs more than {0} nodes")]
pub(crate) struct TooLarge(pub(crate) usize);

#[derive(Debug)]
struct Node {
    variable: Variable,
    children: Box<[Function]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Operation {
    And,
    Or,
}

/// All diagrams of one comparison.
#[derive(Debug)]
pub(crate) struct Diagrams {
    nodes: Vec<Node>,
    unique: FxHashMap<(Variable, Box<[Function]>), Function>,
    applied: FxHashMap<(Operation, Function, Function), Function>,
    negated: FxHashMap<Function, Function>,
    /// The number of values of each variable.
    values: Vec<u32>,
    limit: usize,
}

impl Function {
    pub(crate) const FALSE: Self = Self(0);
    pub(crate) const TRUE: Self = Self(1);
}

impl Diagrams {
    /// `limit`: the most nodes.
    pub(crate) fn new(limit: usize) -> Self {
        let leaf = || Node { variable: Variable::MAX, children: Box::new([]) };
        Self {
            nodes: vec![leaf(), leaf()],
            unique: FxHashMap::default(),
            applied: FxHashMap::default(),
            negated: FxHashMap::default(),
            values: Vec::new(),
            limit,
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

    fn node(&self, function: Function) -> Option<&Node> {
        self.nodes.get(function.0 as usize)
    }

    fn top(&self, function: Function) -> Variable {
        self.node(function).map_or(Variable::MAX, |node| node.variable)
    }

    /// The function when a variable, not below its top, has a value.
    fn at(&self, function: Function, variable: Variable, value: u32) -> Function {
        match self.node(function) {
            Some(node) if node.variable == variable => {
                node.children.get(value as usize).copied().unwrap_or(Function::FALSE)
            }
            _ => function,
        }
    }

    /// The function that is, for each value of a variable, one of these.
    pub(crate) fn choose(&mut self, variable: Variable, children: Vec<Function>) -> Result<Function, TooLarge> {
        if let Some(first) = children.first()
            && children.iter().all(|child| child == first)
        {
            return Ok(*first);
        }
        let key = (variable, children.into_boxed_slice());
        if let Some(found) = self.unique.get(&key) {
            return Ok(*found);
        }
        if self.nodes.len() >= self.limit {
            return Err(TooLarge(self.limit));
        }
        let function = Function(u32::try_from(self.nodes.len()).map_err(|_| TooLarge(self.limit))?);
        self.nodes.push(Node { variable, children: key.1.clone() });
        self.unique.insert(key, function);
        Ok(function)
    }

    /// Whether a variable has a value that `holds`.
    pub(crate) fn literal(&mut self, variable: Variable, holds: impl Fn(u32) -> bool) -> Result<Function, TooLarge> {
        let children = (0..self.values_of(variable))
            .map(|value| if holds(value) { Function::TRUE } else { Function::FALSE })
            .collect();
        self.choose(variable, children)
    }

    pub(crate) fn and(&mut self, a: Function, b: Function) -> Result<Function, TooLarge> {
        self.apply(Operation::And, a, b)
    }

    pub(crate) fn or(&mut self, a: Function, b: Function) -> Result<Function, TooLarge> {
        self.apply(Operation::Or, a, b)
    }

    /// Whether `a` holds and `b` does not.
    pub(crate) fn and_not(&mut self, a: Function, b: Function) -> Result<Function, TooLarge> {
        let not_b = self.not(b)?;
        self.and(a, not_b)
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
        let variable = self.top(a).min(self.top(b));
        let mut children = Vec::with_capacity(self.values_of(variable) as usize);
        // Neighbouring values mostly lead to the same place.
        let mut last: Option<(Function, Function, Function)> = None;
        for value in 0..self.values_of(variable) {
            let (left, right) = (self.at(a, variable, value), self.at(b, variable, value));
            let child = match last {
                Some((l, r, child)) if l == left && r == right => child,
                _ => self.apply(operation, left, right)?,
            };
            last = Some((left, right, child));
            children.push(child);
        }
        let function = self.choose(variable, children)?;
        self.applied.insert(key, function);
        Ok(function)
    }

    pub(crate) fn not(&mut self, a: Function) -> Result<Function, TooLarge> {
        match a {
            Function::FALSE => return Ok(Function::TRUE),
            Function::TRUE => return Ok(Function::FALSE),
            _ => {}
        }
        if let Some(found) = self.negated.get(&a) {
            return Ok(*found);
        }
        let variable = self.top(a);
        let children: Vec<Function> = self.node(a).map(|node| node.children.to_vec()).unwrap_or_default();
        let negated = children.into_iter().map(|child| self.not(child)).collect::<Result<Vec<_>, _>>()?;
        let function = self.choose(variable, negated)?;
        self.negated.insert(a, function);
        self.negated.insert(function, a);
        Ok(function)
    }

    /// Whether the function holds for some values of the variables that `is_free` names.
    pub(crate) fn some(&mut self, a: Function, is_free: &impl Fn(Variable) -> bool) -> Result<Function, TooLarge> {
        self.quantify(a, Operation::Or, is_free, &mut FxHashMap::default())
    }

    /// Whether the function holds for all values of the variables that `is_free` names.
    pub(crate) fn every(&mut self, a: Function, is_free: &impl Fn(Variable) -> bool) -> Result<Function, TooLarge> {
        self.quantify(a, Operation::And, is_free, &mut FxHashMap::default())
    }

    fn quantify(
        &mut self,
        a: Function,
        operation: Operation,
        is_free: &impl Fn(Variable) -> bool,
        done: &mut FxHashMap<Function, Function>,
    ) -> Result<Function, TooLarge> {
        if a == Function::FALSE || a == Function::TRUE {
            return Ok(a);
        }
        if let Some(found) = done.get(&a) {
            return Ok(*found);
        }
        let variable = self.top(a);
        let children: Vec<Function> = self.node(a).map(|node| node.children.to_vec()).unwrap_or_default();
        let children = children
            .into_iter()
            .map(|child| self.quantify(child, operation, is_free, done))
            .collect::<Result<Vec<_>, _>>()?;
        let function = if is_free(variable) {
            let mut children = children.into_iter();
            let first = children.next().unwrap_or(Function::FALSE);
            children.try_fold(first, |all, child| self.apply(operation, all, child))?
        } else {
            self.choose(variable, children)?
        };
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
            let (value, child) = node.children.iter().enumerate().find(|(_, child)| **child != Function::FALSE)?;
            *values.get_mut(node.variable as usize)? = u32::try_from(value).ok()?;
            function = *child;
        }
        Some(values)
    }

    /// Whether the function holds for these values, one a variable.
    #[cfg(test)]
    pub(crate) fn holds(&self, mut function: Function, values: &[u32]) -> bool {
        while let Some(node) = self.node(function).filter(|node| !node.children.is_empty()) {
            let value = values.get(node.variable as usize).copied().unwrap_or(0);
            function = node.children.get(value as usize).copied().unwrap_or(Function::FALSE);
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
            if let Some(node) = self.node(function).filter(|node| !node.children.is_empty()) {
                variables.insert(node.variable);
                open.extend(node.children.iter().copied());
            }
        }
        variables.into_iter().collect()
    }

    /// Cubes that together cover all of `must` and nothing outside `may` (`must` implies `may`): few, each as wide as it can be.
    /// `None` if it takes more than `limit`.
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
            for (value, child) in (0_u32..).zip(&node.children) {
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
            let children = (0..self.values_of(*variable))
                .map(|value| if values.contains(&value) { function } else { Function::FALSE })
                .collect();
            function = self.choose(*variable, children)?;
        }
        Ok(function)
    }
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
                let leaves =
                    (0..4).map(|_| if *rows.next().unwrap() { Function::TRUE } else { Function::FALSE }).collect();
                second.push(diagrams.choose(2, leaves).unwrap());
            }
            first.push(diagrams.choose(1, second).unwrap());
        }
        diagrams.choose(0, first).unwrap()
    }

    fn diagrams() -> Diagrams {
        let mut diagrams = Diagrams::new(10_000);
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
            let some = d.some(f, &|variable| variable == 1).unwrap();
            let every = d.every(f, &|variable| variable == 1).unwrap();
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
        let mut d = Diagrams::new(3);
        let (a, b) = (d.variable(2), d.variable(2));
        let first = d.literal(a, |value| value == 1).unwrap();
        assert_eq!(d.literal(b, |value| value == 1), Err(TooLarge(3)));
        assert_eq!(d.support(first), [a]);
    }
}
