//! Cells as a condition: the shortest combination of conditions, as the policies have them, that means exactly these
//! cells.

use scproof_evaluator::symbolic::{
    Atom, AtomForm, CallerKind, Cell, CompiledViews, ContextValue, Facts, RequestResource, Setting, Subject, View,
};
use scproof_evaluator::{Open, Predicate, Truth};

/// What a literal says.
enum Said {
    /// A condition, its opposite, or that it is open.
    Atom(Atom, Truth),
    /// That a key is there, or is not.
    Presence(String, bool),
    /// That the caller is of a kind, or is not.
    Kind(CallerKind, bool),
}

/// Something to say, with the cells in which it holds.
struct Literal {
    said: Said,
    cells: Vec<bool>,
}

/// That a fact is in one of some cells. `atoms` are those to speak of.
pub(crate) fn condition_of(
    views: &CompiledViews,
    facts: &Facts,
    fact: usize,
    cells: &[u32],
    atoms: &[Atom],
) -> Predicate {
    let Some(found) = facts.facts.get(fact) else { return Predicate::ALWAYS };
    let count = found.cells.len();
    let target: Vec<bool> = (0..count).map(|cell| cells.iter().any(|wanted| *wanted as usize == cell)).collect();
    let may_be_absent = found.cells.iter().any(|cell| {
        cell.settings.iter().any(|setting| match setting {
            Setting::Key(_, ContextValue::Absent) => true,
            Setting::Key(_, ContextValue::List(texts)) => texts.is_empty(),
            Setting::Key(_, ContextValue::Single(_)) | Setting::Principal(_) => false,
            Setting::Resource(resource) => *resource == RequestResource::NotScoped,
        })
    });
    let say = |literal: &Literal| {
        let (atom, truth) = match &literal.said {
            Said::Atom(atom, truth) => (*atom, *truth),
            Said::Presence(key, true) => return Predicate::absent(key).not(),
            Said::Presence(key, false) => return Predicate::absent(key),
            Said::Kind(kind, true) => return Predicate::caller(*kind),
            Said::Kind(kind, false) => return Predicate::caller(*kind).not(),
        };
        let holds = views.predicate(atom, truth == Truth::False);
        let holds = if may_be_absent { holds } else { holds.of_present_keys() };
        if truth != Truth::Unknown {
            return holds;
        }
        let rules = facts.truth(atom, View::FIRST).map(|truth| truth.rules.clone()).unwrap_or_default();
        Predicate::Open(Open::Reading { of: Box::new(holds), rules })
    };
    // Among equals the last is taken: conditions of the policies rather than what they do not ask.
    let mut literals: Vec<Literal> = unasked(&found.cells, &found.subject);
    let asked = literals.len();
    literals.extend(conditions(facts, fact, atoms));
    let (unasked, conditions) = literals.split_at(asked);
    if let Some(exact) = conditions.iter().chain(unasked).find(|literal| literal.cells == target) {
        return say(exact);
    }
    if let Some(parts) = conjunction(&literals, &target) {
        return Predicate::all(parts.into_iter().map(say)).simplified();
    }
    if let Some(parts) = disjunction(&literals, &target) {
        return Predicate::any(parts.into_iter().map(say)).simplified();
    }
    let terms = terms(&literals, &target);
    // Where no condition tells the cells apart, there is nothing to say.
    if terms.is_empty() {
        return Predicate::ALWAYS;
    }
    Predicate::any(terms.into_iter().map(|term| Predicate::all(term.into_iter().map(say)))).simplified()
}

/// What tells cells apart although no condition asks it: that the key is there, and the kind of caller.
fn unasked(cells: &[Cell], subject: &Subject) -> Vec<Literal> {
    let mut literals: Vec<Literal> = Vec::new();
    let mut add = |cells: Vec<bool>, said: &dyn Fn(bool) -> Said| {
        if cells.contains(&true) && cells.contains(&false) {
            let opposite = cells.iter().map(|holds| !holds).collect();
            literals.push(Literal { said: said(false), cells: opposite });
            literals.push(Literal { said: said(true), cells });
        }
    };
    for kind in CallerKind::ALL {
        add(cells.iter().map(|cell| cell.kind == Some(kind)).collect(), &|holds| Said::Kind(kind, holds));
    }
    if let Subject::Key(key) = subject
        && cells.iter().all(|cell| cell.by_kind.is_empty())
    {
        let is_present = |cell: &Cell| !matches!(cell.settings.as_slice(), [Setting::Key(_, ContextValue::Absent)]);
        add(cells.iter().map(is_present).collect(), &|holds| Said::Presence(key.clone(), holds));
    }
    literals
}

fn conditions(facts: &Facts, fact: usize, atoms: &[Atom]) -> Vec<Literal> {
    let mut literals: Vec<Literal> = Vec::new();
    for &atom in atoms {
        let Some(AtomForm::Cells { fact: of, truths }) = facts.truth(atom, View::FIRST).map(|truth| &truth.form) else {
            continue;
        };
        if *of != fact {
            continue;
        }
        for truth in [Truth::True, Truth::False, Truth::Unknown] {
            let cells: Vec<bool> = truths.iter().map(|found| *found == truth).collect();
            if cells.contains(&true) && !literals.iter().any(|literal| literal.cells == cells) {
                literals.push(Literal { said: Said::Atom(atom, truth), cells });
            }
        }
    }
    literals
}

fn is_subset(a: &[bool], b: &[bool]) -> bool {
    a.iter().zip(b).all(|(a, b)| !a || *b)
}

/// Few literals that together mean exactly the target.
fn conjunction<'l>(literals: &'l [Literal], target: &[bool]) -> Option<Vec<&'l Literal>> {
    let candidates: Vec<&Literal> = literals.iter().filter(|literal| is_subset(target, &literal.cells)).collect();
    let mut left = vec![true; target.len()];
    let mut chosen = Vec::new();
    while left != target {
        let cut = |literal: &Literal| left.iter().zip(&literal.cells).filter(|(left, cell)| **left && !**cell).count();
        let best = candidates.iter().max_by_key(|literal| cut(literal)).filter(|literal| cut(literal) > 0)?;
        left.iter_mut().zip(&best.cells).for_each(|(left, cell)| *left &= *cell);
        chosen.push(*best);
    }
    Some(chosen)
}

/// Few literals of which one at least holds in exactly the target.
fn disjunction<'l>(literals: &'l [Literal], target: &[bool]) -> Option<Vec<&'l Literal>> {
    let candidates: Vec<&Literal> = literals.iter().filter(|literal| is_subset(&literal.cells, target)).collect();
    let mut covered = vec![false; target.len()];
    let mut chosen = Vec::new();
    while covered != target {
        let adds = |literal: &Literal| {
            covered.iter().zip(&literal.cells).filter(|(covered, cell)| !**covered && **cell).count()
        };
        let best = candidates.iter().max_by_key(|literal| adds(literal)).filter(|literal| adds(literal) > 0)?;
        covered.iter_mut().zip(&best.cells).for_each(|(covered, cell)| *covered |= *cell);
        chosen.push(*best);
    }
    Some(chosen)
}

/// Alternatives of conjunctions: each begins with all that is true of one cell and drops what is not needed.
fn terms<'l>(literals: &'l [Literal], target: &[bool]) -> Vec<Vec<&'l Literal>> {
    let mut covered = vec![false; target.len()];
    let mut terms = Vec::new();
    for cell in 0..target.len() {
        if target.get(cell) != Some(&true) || covered.get(cell) == Some(&true) {
            continue;
        }
        let mut term: Vec<&Literal> =
            literals.iter().filter(|literal| literal.cells.get(cell) == Some(&true)).collect();
        let meaning = |term: &[&Literal]| -> Vec<bool> {
            (0..target.len()).map(|cell| term.iter().all(|literal| literal.cells.get(cell) == Some(&true))).collect()
        };
        let mut index = 0;
        while index < term.len() {
            let mut shorter = term.clone();
            shorter.remove(index);
            if is_subset(&meaning(&shorter), target) {
                term = shorter;
            } else {
                index += 1;
            }
        }
        for (slot, inside) in covered.iter_mut().zip(meaning(&term)) {
            *slot |= inside;
        }
        terms.push(term);
    }
    terms
}
