//! Texts with policy variables, matched without building the text (C.4).
//!
//! A variable has one or several candidate values, the preferred reading first; every combination is matched as a list
//! of pieces, and only a common result counts (GEN-3).

use scproof_policy_parser::{CharacterUnit, Piece, TemplatePart, WildcardPattern, flat_pieces, matches_pieces};

use crate::state::KeyState;
use crate::trace::{Evaluation, KeySlot, SlottedTemplate, Trace};
use crate::truth::Truth;

/// What a variable stands for in one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Substitute<'a> {
    /// This text.
    Text(&'a str),
    /// No value: the whole pattern matches nothing (VAR-11, VAR-12).
    Null,
    /// The analyst does not know (VAR-15).
    Open,
}

/// Three readings of each of a few tags that differ only in case; more are treated as open.
const MAX_CANDIDATES: usize = 9;

/// The candidates of one variable, the preferred first, each with the rule that makes it one.
#[derive(Debug)]
struct Candidates<'a> {
    values: [(Substitute<'a>, &'static str); MAX_CANDIDATES],
    count: usize,
}

impl<'a> Candidates<'a> {
    fn new(first: Substitute<'a>) -> Self {
        Self { values: [(first, ""); MAX_CANDIDATES], count: 1 }
    }

    fn iter(&self) -> impl Iterator<Item = (Substitute<'a>, &'static str)> {
        self.values.iter().copied().take(self.count)
    }

    fn or(mut self, rule: &'static str, other: Substitute<'a>) -> Self {
        if let Some(slot) = self.values.get_mut(self.count) {
            *slot = (other, rule);
            self.count += 1;
        }
        self
    }
}

/// The values of a variable in all readings (VAR-7 to VAR-12).
fn candidates<'a>(state: &'a KeyState, default: Option<&'a str>) -> Candidates<'a> {
    use Substitute::{Null, Open, Text};
    let fallback = match default {
        None => Candidates::new(Null),
        Some("") => Candidates::new(Text("")).or("VAR-10", Null),
        Some(text) => Candidates::new(Text(text)),
    };
    match state {
        KeyState::Absent => fallback,
        KeyState::Present(values) => match (&*values.texts, values.multivalued, default) {
            ([], _, _) => fallback,
            (_, true, None) => Candidates::new(Null),
            (_, true, Some(text)) => Candidates::new(Null).or("VAR-7", Text(text)),
            ([value], false, _) if !value.text.is_empty() => Candidates::new(Text(&value.text)),
            (_, false, None) => Candidates::new(Null).or("VAR-9", Text("")),
            (_, false, Some(text)) => Candidates::new(Text(text)).or("VAR-9", Null).or("VAR-9", Text("")),
        },
        KeyState::Candidates(states) => {
            let mut merged: Option<Candidates<'a>> = None;
            for state in states {
                let found = candidates(state, default);
                merged = Some(match merged {
                    None => found,
                    Some(merged) if merged.count + found.count > MAX_CANDIDATES => return Candidates::new(Open),
                    Some(merged) => found.iter().fold(merged, |merged, (value, rule)| {
                        merged.or(if rule.is_empty() { "COND-5" } else { rule }, value)
                    }),
                });
            }
            merged.unwrap_or_else(|| Candidates::new(Open))
        }
        KeyState::Unknown(_) | KeyState::Either(_) | KeyState::OtherFold => Candidates::new(Open),
    }
}

/// How the parts of a template become pieces.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TemplateMode {
    /// Whether `*` and `?` match colons where the part itself does not say otherwise.
    pub(crate) wide: bool,
    /// Whether wildcards are live at all; if not, a substituted `*` needs no second reading (VAR-8).
    pub(crate) wildcards: bool,
    /// What one character is.
    pub(crate) unit: CharacterUnit,
    /// How letters compare.
    pub(crate) fold: Fold,
}

/// How letters compare (GEN-7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fold {
    /// As they are.
    Exact,
    /// Ignoring the case of ASCII letters.
    Ascii,
    /// By Unicode's lower-case mapping.
    Unicode,
}

impl Fold {
    fn apply(self, text: &str) -> String {
        match self {
            Self::Exact => text.to_owned(),
            Self::Ascii => text.to_ascii_lowercase(),
            Self::Unicode => text.to_lowercase(),
        }
    }
}

/// Most templates have a handful of parts; longer ones go to the heap.
const STACK_PIECES: usize = 24;
/// Beyond this many combinations of readings the value stays open.
const MAX_COMBINATIONS: usize = 256;

/// Matches a template against a text: `True`/`False` if every reading agrees.
///
/// `widths` says for each part whether its wildcard is wide; a missing entry means `mode.wide`.
pub(crate) fn matches<T: Trace>(
    template: &SlottedTemplate,
    widths: &[bool],
    text: &str,
    mode: TemplateMode,
    eval: &mut Evaluation<'_, T>,
) -> Truth {
    if template.template.is_malformed() {
        return eval.open("VAR-13");
    }
    // PERF: what stands before the first variable must match in every reading; most resources differ there already.
    if mode.fold == Fold::Exact
        && let Some(TemplatePart::Literal(head)) = template.template.parts.first()
        && !text.as_bytes().starts_with(head.as_bytes())
    {
        return Truth::False;
    }
    let states = eval.states;
    let resolve = |slot: KeySlot, default| -> Candidates<'_> {
        states
            .get(slot.0 as usize)
            .map_or_else(|| Candidates::new(Substitute::Open), |state| candidates(state, default))
    };
    // The number of combinations, and whether anything but the preferred one exists.
    let mut combinations = 1_usize;
    let mut open = None;
    let mut live_text = false;
    for (slot, default) in variables(template) {
        let found = resolve(slot, default);
        combinations = combinations.saturating_mul(found.count);
        for (value, _) in found.iter() {
            match value {
                Substitute::Open => open = open.or(Some(slot)),
                Substitute::Text(text) => live_text |= mode.wildcards && text.contains(['*', '?']),
                Substitute::Null => {}
            }
        }
    }
    let result = |truth: bool| Truth::from(truth);
    let run = |choice: usize, live: bool| run_combination(template, widths, text, mode, &resolve, choice, live);
    let first = run(0, false);
    if let Some(slot) = open {
        // An unknown variable counts as any text: no match even so is certain (K3-9).
        return if possible(template, widths, text, mode, &resolve) {
            match states.get(slot.0 as usize) {
                Some(KeyState::OtherFold) => eval.trace.unsure("GEN-7"),
                _ => eval.trace.key(slot),
            }
            Truth::Unknown
        } else {
            Truth::False
        };
    }
    if combinations == 1 && !live_text {
        return result(first);
    }
    if combinations > MAX_COMBINATIONS {
        return eval.open("VAR-8");
    }
    // With the preferred readings only the question which of two tags counts stays open (COND-5).
    let assume_preferred = eval.assume_preferred;
    let considered = |choice: usize| !assume_preferred || is_preferred(template, &resolve, choice);
    let live_text = live_text && !assume_preferred;
    let disagrees = (0..combinations)
        .filter(|&choice| considered(choice))
        .any(|choice| run(choice, false) != first || (live_text && run(choice, true) != first));
    let mut rule = "VAR-8";
    for (slot, default) in variables(template) {
        for (_, other) in resolve(slot, default).iter().skip(1) {
            // Which of two tags counts has no preferred reading, so it outweighs the others.
            if disagrees && other == "COND-5" {
                return eval.open(other);
            }
            rule = other;
        }
    }
    eval.readings(rule, result(first), if disagrees { result(!first) } else { result(first) })
}

/// The patterns that a template stands for, the preferred reading first: `None` where it matches nothing, and whether
/// an unknown variable stands in it as "any text". `None` for a malformed template, or for too many readings.
pub(crate) fn expansions(
    template: &SlottedTemplate,
    widths: &[bool],
    wildcards: bool,
    states: &[KeyState],
    assume_preferred: bool,
) -> Option<Vec<(Option<WildcardPattern>, bool)>> {
    if template.template.is_malformed() {
        return None;
    }
    let resolve = |slot: KeySlot, default| -> Candidates<'_> {
        states
            .get(slot.0 as usize)
            .map_or_else(|| Candidates::new(Substitute::Open), |state| candidates(state, default))
    };
    let mut combinations = 1_usize;
    let mut live_text = false;
    let mut open = false;
    for (slot, default) in variables(template) {
        let found = resolve(slot, default);
        combinations = combinations.saturating_mul(found.count);
        for (value, _) in found.iter() {
            open |= value == Substitute::Open;
            live_text |= wildcards && matches!(value, Substitute::Text(text) if text.contains(['*', '?']));
        }
    }
    if combinations > MAX_COMBINATIONS {
        return None;
    }
    let mut patterns = Vec::new();
    for live in [false, true].into_iter().take(1 + usize::from(live_text)) {
        for choice in 0..combinations {
            if assume_preferred && (live || !is_preferred(template, &resolve, choice)) {
                continue;
            }
            let mut pattern = None;
            build_combination(template, widths, true, &resolve, choice, live, |pieces| {
                pattern = Some(WildcardPattern::from_pieces(pieces.iter().copied()));
                true
            });
            patterns.push((pattern, open));
        }
    }
    Some(patterns)
}

/// Whether a combination takes the preferred reading of every rule that has one; which of two tags counts has none
/// (COND-5).
fn is_preferred<'a>(
    template: &'a SlottedTemplate,
    resolve: &impl Fn(KeySlot, Option<&'a str>) -> Candidates<'a>,
    mut choice: usize,
) -> bool {
    variables(template).all(|(slot, default)| {
        let found = resolve(slot, default);
        let rule = found.values.get(choice % found.count).map_or("", |(_, rule)| *rule);
        choice /= found.count;
        matches!(rule, "" | "COND-5")
    })
}

fn variables(template: &SlottedTemplate) -> impl Iterator<Item = (KeySlot, Option<&str>)> {
    let defaults = template.template.parts.iter().filter_map(|part| {
        if let TemplatePart::Variable { default, .. } = part { Some(default.as_deref()) } else { None }
    });
    template.slots.iter().copied().zip(defaults)
}

/// Matches one combination of readings. `choice` numbers the combination in mixed radix.
fn run_combination<'a>(
    template: &'a SlottedTemplate,
    widths: &[bool],
    text: &str,
    mode: TemplateMode,
    resolve: &impl Fn(KeySlot, Option<&'a str>) -> Candidates<'a>,
    choice: usize,
    live: bool,
) -> bool {
    build_combination(template, widths, mode.wide, resolve, choice, live, |pieces| match_pieces(pieces, text, mode))
}

/// Fills pieces for one combination of readings and hands them on; false if the combination matches nothing.
fn build_combination<'a>(
    template: &'a SlottedTemplate,
    widths: &[bool],
    wide: bool,
    resolve: &impl Fn(KeySlot, Option<&'a str>) -> Candidates<'a>,
    mut choice: usize,
    live: bool,
    use_pieces: impl FnOnce(&[Piece<'a>]) -> bool,
) -> bool {
    let mut variables = variables(template);
    let substitute = |sink: &mut PieceBuffer<'a>, wide: bool| {
        let Some((slot, default)) = variables.next() else { return true };
        let found = resolve(slot, default);
        let picked = found.values.get(choice % found.count).map_or(Substitute::Null, |(value, _)| *value);
        choice /= found.count;
        match picked {
            // A colon in a value never moves a component's boundary (CLR-5).
            Substitute::Text(text) if !wide && text.contains(':') => return false,
            Substitute::Text(text) if live => flat_pieces(text).for_each(|piece| sink.push(piece)),
            Substitute::Text(text) => sink.push(Piece::Literal(text)),
            Substitute::Null => return false,
            Substitute::Open => sink.push(Piece::Run { wide }),
        }
        true
    };
    with_pieces(template, widths, wide, substitute, use_pieces)
}

/// Whether the template can match at all if each open variable is any text; settled ones take all their candidates.
fn possible<'a>(
    template: &'a SlottedTemplate,
    widths: &[bool],
    text: &str,
    mode: TemplateMode,
    resolve: &impl Fn(KeySlot, Option<&'a str>) -> Candidates<'a>,
) -> bool {
    let mut combinations = 1_usize;
    for (slot, default) in variables(template) {
        combinations = combinations.saturating_mul(resolve(slot, default).count);
    }
    combinations > MAX_COMBINATIONS
        || (0..combinations).any(|choice| {
            run_combination(template, widths, text, mode, resolve, choice, false)
                || (mode.wildcards && run_combination(template, widths, text, mode, resolve, choice, true))
        })
}

/// Pieces on the stack, on the heap when there are many.
struct PieceBuffer<'a> {
    stack: [Piece<'a>; STACK_PIECES],
    count: usize,
    heap: Vec<Piece<'a>>,
}

impl<'a> PieceBuffer<'a> {
    fn push(&mut self, piece: Piece<'a>) {
        if self.heap.is_empty()
            && let Some(slot) = self.stack.get_mut(self.count)
        {
            *slot = piece;
            self.count += 1;
            return;
        }
        if self.heap.is_empty() {
            self.heap.extend_from_slice(&self.stack);
        }
        self.heap.push(piece);
    }

    fn pieces(&self) -> &[Piece<'a>] {
        if self.heap.is_empty() { self.stack.get(..self.count).unwrap_or(&[]) } else { &self.heap }
    }
}

/// Turns the parts into pieces, asking `substitute` for each variable, and hands them on.
fn with_pieces<'a>(
    template: &'a SlottedTemplate,
    widths: &[bool],
    default_wide: bool,
    mut substitute: impl FnMut(&mut PieceBuffer<'a>, bool) -> bool,
    use_pieces: impl FnOnce(&[Piece<'a>]) -> bool,
) -> bool {
    let mut buffer = PieceBuffer { stack: [Piece::Literal(""); STACK_PIECES], count: 0, heap: Vec::new() };
    for (index, part) in template.template.parts.iter().enumerate() {
        let wide = widths.get(index).copied().unwrap_or(default_wide);
        match part {
            TemplatePart::Literal(literal) => buffer.push(Piece::Literal(literal)),
            TemplatePart::Run => buffer.push(Piece::Run { wide }),
            TemplatePart::One => buffer.push(Piece::One { wide }),
            TemplatePart::Escape('*') => buffer.push(Piece::Literal("*")),
            TemplatePart::Escape('?') => buffer.push(Piece::Literal("?")),
            TemplatePart::Escape(_) => buffer.push(Piece::Literal("$")),
            TemplatePart::Variable { .. } => {
                if !substitute(&mut buffer, wide) {
                    return false;
                }
            }
            // Callers refuse malformed templates first (VAR-13).
            TemplatePart::Malformed(_) => return false,
        }
    }
    use_pieces(buffer.pieces())
}

fn match_pieces(pieces: &[Piece<'_>], text: &str, mode: TemplateMode) -> bool {
    if mode.fold != Fold::Exact {
        let folded: Vec<String> = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(literal) => mode.fold.apply(literal),
                Piece::Run { .. } | Piece::One { .. } => String::new(),
            })
            .collect();
        let lowered: Vec<Piece<'_>> = pieces
            .iter()
            .zip(&folded)
            .map(|(piece, literal)| match piece {
                Piece::Literal(_) => Piece::Literal(literal),
                Piece::Run { .. } | Piece::One { .. } => *piece,
            })
            .collect();
        return matches_pieces(&lowered, &mode.fold.apply(text), mode.unit);
    }
    matches_pieces(pieces, text, mode.unit)
}
