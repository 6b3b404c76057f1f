//! Cells in words: the shortest combination of conditions, as the policies write them, that means exactly these cells.

use scproof_evaluator::Truth;
use scproof_evaluator::symbolic::{
    Atom, AtomForm, CompiledPair, ContextValue, Facts, RequestResource, Setting, Side, Subject,
};

/// One condition, its opposite, or that it is open, with the cells in which this holds.
struct Literal {
    atom: Atom,
    truth: Truth,
    cells: Vec<bool>,
}

/// The cells of a fact in words. `preferred` are the atoms to speak of first.
pub(crate) fn cells_in_words(pair: &CompiledPair, facts: &Facts, fact: usize, cells: &[u32], atoms: &[Atom]) -> String {
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
        let words = pair.atom_words(literal.atom, literal.truth == Truth::False, may_be_absent);
        if literal.truth != Truth::Unknown {
            return words;
        }
        let rules = facts.truth(literal.atom, Side::Before).map(|truth| truth.rules.join(", ")).unwrap_or_default();
        format!("it is open whether {words} ({rules})")
    };
    let literals = literals(facts, fact, atoms);
    if let Some(exact) = literals.iter().find(|literal| literal.cells == target) {
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

fn literals(facts: &Facts, fact: usize, atoms: &[Atom]) -> Vec<Literal> {
    let mut literals: Vec<Literal> = Vec::new();
    for &atom in atoms {
        let Some(AtomForm::Cells { fact: of, truths }) = facts.truth(atom, Side::Before).map(|truth| &truth.form)
        else {
            continue;
        };
        if *of != fact {
            continue;
        }
        for truth in [Truth::True, Truth::False, Truth::Unknown] {
            let cells: Vec<bool> = truths.iter().map(|found| *found == truth).collect();
            if cells.contains(&true) && !literals.iter().any(|literal| literal.cells == cells) {
                literals.push(Literal { atom, truth, cells });
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
