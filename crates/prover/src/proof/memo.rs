//! What formulas let through, worked out step by step: the calls that pass a path are those that pass the path before
//! and the level that was added, so paths that begin alike share the work.

use rustc_hash::FxHashMap;
use scproof_evaluator::symbolic::{Applicability, Candidate, CellId, LevelId, View};
use scproof_policy_parser::Effect;

use crate::diagram::{Function, TooLarge};
use crate::proof::formula::{Allows, ContentId, FormulaId, Formulas};
use crate::space::{Question, RequestSpace};

/// What the formulas and levels of a space let through, whether the policy type is on, and what is possible, aside.
#[derive(Debug, Default)]
pub(super) struct PassingMemo {
    /// By formula: a space of few formulas has no room for all there are.
    formulas: FxHashMap<FormulaId, Function>,
    contents: FxHashMap<ContentId, Function>,
    /// What the Deny statements of a hypothetical level match, by the kind of class.
    matched: FxHashMap<(LevelId, usize), Function>,
}

impl PassingMemo {
    /// The calls that pass a formula, of those that there can be.
    pub(super) fn passes(
        &mut self,
        space: &mut RequestSpace<'_>,
        formulas: &Formulas<'_>,
        id: FormulaId,
        applicability: Applicability,
    ) -> Result<Function, TooLarge> {
        let let_through = self.let_through(space, formulas, id)?;
        // Last, and once: what is possible ties many facts that most levels do not ask about.
        let let_through = space.diagrams.and(let_through, space.possible)?;
        let Some(question) = RequestSpace::question_whether(applicability) else { return Ok(let_through) };
        let on = space.question(question)?;
        let off = space.diagrams.not(on)?;
        let off = space.diagrams.and(off, space.possible)?;
        space.diagrams.or(let_through, off)
    }

    /// A formula lets through what the one that it was made from does, and the level that was added: one step for each
    /// level, whatever number of statements the path has.
    fn let_through(
        &mut self,
        space: &mut RequestSpace<'_>,
        formulas: &Formulas<'_>,
        id: FormulaId,
    ) -> Result<Function, TooLarge> {
        let mut steps: Vec<(FormulaId, ContentId)> = Vec::new();
        let mut at = id;
        let mut function = loop {
            if let Some(known) = self.formulas.get(&at) {
                break *known;
            }
            let Some((origin, content)) = formulas.origin(at) else {
                let formula = formulas.formula(at);
                let found = space.let_through(formula.denies, &formula.deny, &formula.allow, &formula.unreadable)?;
                break self.learn(at, found);
            };
            steps.push((at, content));
            at = origin;
        };
        for (formula, content) in steps.into_iter().rev() {
            let level = self.content(space, formulas, content)?;
            let found = space.diagrams.and(function, level)?;
            function = self.learn(formula, found);
        }
        Ok(function)
    }

    /// The calls that a level's Deny statements match, of the classes of a kind; one of their cells stands for all.
    pub(super) fn matched_by(
        &mut self,
        space: &mut RequestSpace<'_>,
        level: LevelId,
        kind: usize,
        cell: CellId,
    ) -> Result<Function, TooLarge> {
        if let Some(known) = self.matched.get(&(level, kind)) {
            return Ok(*known);
        }
        let views = space.views();
        let mut any = Function::FALSE;
        for statement in views.level_statements(level) {
            if views.statement_effect(*statement) != Some(Effect::Deny) {
                continue;
            }
            let Some(candidate) = views.candidate(*statement, cell) else { continue };
            let matches = space.candidate(candidate, Effect::Deny, View::FIRST)?;
            any = space.diagrams.or(any, matches)?;
        }
        let found = space.diagrams.and(any, space.possible)?;
        self.matched.insert((level, kind), found);
        Ok(found)
    }

    fn learn(&mut self, id: FormulaId, function: Function) -> Function {
        self.formulas.insert(id, function);
        function
    }

    fn content(
        &mut self,
        space: &mut RequestSpace<'_>,
        formulas: &Formulas<'_>,
        id: ContentId,
    ) -> Result<Function, TooLarge> {
        if let Some(known) = self.contents.get(&id) {
            return Ok(*known);
        }
        let Some(content) = formulas.content_by_id(id) else { return Ok(Function::FALSE) };
        let found = space.let_through(content.denies, &content.deny, &content.allow, &content.unreadable)?;
        self.contents.insert(id, found);
        Ok(found)
    }
}

impl RequestSpace<'_> {
    /// The calls that a level lets through, or all those of a formula do; whether the policy type is on, and what is
    /// possible, aside.
    fn let_through<'f>(
        &mut self,
        denies: bool,
        deny: &[Candidate],
        allow: impl IntoIterator<Item = &'f Allows>,
        unreadable: impl IntoIterator<Item = &'f LevelId>,
    ) -> Result<Function, TooLarge> {
        if denies {
            return Ok(Function::FALSE);
        }
        // Step by step, so that nothing but statements is ever negated: they are few.
        let mut passes = Function::TRUE;
        for candidate in deny {
            let matches = self.candidate(*candidate, Effect::Deny, View::FIRST)?;
            passes = self.diagrams.and_not(passes, matches)?;
        }
        for level in unreadable {
            let question = self.question(Question::Denies(*level))?;
            passes = self.diagrams.and_not(passes, question)?;
        }
        for allow in allow {
            let mut here = Function::FALSE;
            for candidate in &allow.statements {
                let matches = self.candidate(*candidate, Effect::Allow, View::FIRST)?;
                here = self.diagrams.or(here, matches)?;
            }
            if let Some(level) = allow.unreadable {
                let question = self.question(Question::Allows(level))?;
                here = self.diagrams.or(here, question)?;
            }
            passes = self.diagrams.and(passes, here)?;
        }
        Ok(passes)
    }
}
