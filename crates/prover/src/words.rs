//! Cells in words: the shortest combination of conditions, as the policies write them, that means exactly these cells.

use scproof_evaluator::Truth;
use scproof_evaluator::symbolic::{
    Atom, AtomForm, CallerKind, Cell, CompiledViews, ContextValue, Facts, RequestResource, Setting, Subject, View,
};

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

/// The cells of a fact in words. `preferred` are the atoms to speak of first.
pub(crate) fn cells_in_words(
    views: &CompiledViews,
    facts: &Facts,
    fact: usize,
    cells: &[u32],
    atoms: &[Atom],
) -> String {
    let Some(found) = facts.facts.get(fact) else { return String::new() };
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
            Said::Presence(key, true) => return format!("{key} is present"),
            Said::Presence(key, false) => return format!("{key} is absent"),
            Said::Kind(kind, true) => return format!("the caller is {}", kind.words()),
            Said::Kind(kind, false) => return format!("the caller is not {}", kind.words()),
        };
        let words = views.atom_words(atom, truth == Truth::False, may_be_absent);
        if truth != Truth::Unknown {
            return words;
        }
        let rules = facts.truth(atom, View::FIRST).map(|truth| truth.rules.join(", ")).unwrap_or_default();
        format!("it is open whether {words} ({rules})")
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
        return parts.into_iter().map(say).collect::<Vec<_>>().join(" and ");
    }
    if let Some(parts) = disjunction(&literals, &target) {
        return parts.into_iter().map(say).collect::<Vec<_>>().join(" or ");
    }
    let terms = terms(&literals, &target);
    if terms.is_empty() {
        return name(&found.subject);
    }
    let terms: Vec<String> =
        terms.into_iter().map(|term| term.into_iter().map(say).collect::<Vec<_>>().join(" and ")).collect();
    match &terms[..] {
        [one] => one.clone(),
        several => several.iter().map(|term| format!("({term})")).collect::<Vec<_>>().join(" or "),
    }
}

/// The fact's name where no condition tells its cells apart.
fn name(subject: &Subject) -> String {
    match subject {
        Subject::Resource => "the resource is any".to_owned(),
        Subject::Principal => "the caller is any".to_owned(),
        Subject::Instant => "the time is any".to_owned(),
        Subject::Key(key) => format!("{key} is any"),
    }
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
