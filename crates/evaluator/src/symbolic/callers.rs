//! The facts about the caller.

use scproof_catalog::ValueType;
use scproof_policy_parser::{Piece, WildcardPattern};

use crate::compile::Atom;
use crate::condition::CompiledCondition;
use crate::cut::{Kind, OwnedPattern};
use crate::keys::Model;
use crate::state::KeyState;
use crate::symbolic::cutter::{Texts, candidates_of};
use crate::symbolic::facts::{Cell, Fact, Facts, Openness, Scene, Setting, Subject, setting};
use crate::symbolic::principal::{
    is_misplaced, is_service_linked, principal_arn_domain, representatives_of_kinds, state_for,
};
use crate::symbolic::{CallerKind, View};
use crate::trace::KeySlot;
use crate::truth::Truth;

/// The patterns with which policies compare the names of users, and what the ARNs say of them (LAW-7).
struct Names {
    patterns: Vec<NamePattern>,
    has_path: Option<OwnedPattern>,
}

/// A pattern of names.
struct NamePattern {
    of_name: WildcardPattern,
    /// Users whose names match have an ARN that matches one of these: without and with a path.
    of_arn: [OwnedPattern; 2],
    /// Whether all users with such ARNs have such names, whatever their paths: a wildcard may not reach into a path.
    is_exact: bool,
}

impl Names {
    /// What cannot be said of ARNs is left out: then more names go with an ARN than users have.
    fn new<'c>(
        scene: &Scene<'_>,
        conditions: impl Iterator<Item = &'c CompiledCondition>,
        partition: Option<&str>,
        account: &str,
    ) -> Self {
        let middle = format!(":iam::{account}:user/");
        let arn = |rest: Vec<Piece<'_>>| {
            let mut pieces = vec![Piece::Literal("arn:")];
            match partition {
                Some(partition) => pieces.push(Piece::Literal(partition)),
                None => pieces.extend([Piece::One { wide: false }, Piece::Run { wide: false }]),
            }
            pieces.push(Piece::Literal(&middle));
            pieces.extend(rest);
            OwnedPattern { pattern: WildcardPattern::from_pieces(pieces), ignore_case: false }
        };
        let path = [Piece::Run { wide: true }, Piece::Literal("/")];
        let states = scene.states(View::FIRST);
        let found = conditions.flat_map(|condition| scene.compiled().resolved_patterns(condition, states)).flatten();
        let patterns: Vec<NamePattern> = found
            .filter(|owned| !owned.ignore_case)
            .map(|OwnedPattern { pattern, .. }| {
                let of_arn = [arn(pattern.pieces().collect()), arn(path.into_iter().chain(pattern.pieces()).collect())];
                let is_literal = |piece: &Piece<'_>| matches!(piece, Piece::Literal(_));
                let is_exact = pattern.pieces().skip(1).all(|piece| is_literal(&piece))
                    && pattern.pieces().next().is_none_or(|piece| !matches!(piece, Piece::One { .. }));
                NamePattern { of_name: pattern, of_arn, is_exact }
            })
            .collect();
        let is_open = patterns.iter().any(|pattern| !pattern.is_exact);
        let has_path = is_open.then(|| arn(path.into_iter().chain([Piece::Run { wide: true }]).collect()));
        Self { patterns, has_path }
    }

    /// What tells ARNs apart by the names in them.
    fn on_arns(&self) -> Vec<OwnedPattern> {
        self.patterns.iter().flat_map(|pattern| &pattern.of_arn).chain(&self.has_path).cloned().collect()
    }

    /// Whether a user with an ARN of the class of this one may have a name of the class of that one.
    fn go_together(&self, arn: &str, name: &str) -> bool {
        let has_path = self.has_path.as_ref().is_some_and(|pattern| pattern.matches(arn));
        self.patterns.iter().all(|pattern| {
            let by_arn = pattern.of_arn.iter().any(|pattern| pattern.matches(arn));
            let by_name = pattern.of_name.is_match(name);
            // No user has a name with a slash in it.
            let is_of_names =
                pattern.of_name.pieces().all(|piece| !matches!(piece, Piece::Literal(text) if text.contains('/')));
            if is_of_names { by_arn == by_name || (by_arn && has_path && !pattern.is_exact) } else { !by_name }
        })
    }

    /// Says which ARNs and names no user has together.
    fn tie<'t>(
        &self,
        facts: &mut Facts,
        (principal, users): (usize, impl Iterator<Item = (usize, &'t str)>),
        (fact, values): &(usize, Vec<Vec<KeyState>>),
    ) {
        for (cell, arn) in users {
            let is_of = |state: &KeyState| match state {
                KeyState::Present(values) => values.texts.iter().any(|name| self.go_together(arn, &name.text)),
                KeyState::Absent
                | KeyState::Unknown(_)
                | KeyState::Either(_)
                | KeyState::Candidates(_)
                | KeyState::OtherFold => false,
            };
            let others = (0..).zip(values).filter(|(_, states)| !states.iter().any(is_of));
            let others: Vec<usize> = others.map(|(cell, _)| cell).collect();
            facts.exclude([(principal, vec![cell]), (*fact, others)]);
        }
    }
}

impl Scene<'_> {
    /// The caller: the ARN tells the kind, and the kind bounds what else is known of the caller.
    pub(super) fn principal_facts(&self, facts: &mut Facts, slots: &[(KeySlot, Vec<u32>)]) {
        if slots.is_empty() {
            return;
        }
        let Some(node) = self.nodes.first() else { return };
        let organization = self.compiled().organization();
        let account = organization.node(*node).target.as_str();
        let partition = organization.partition();
        let model =
            |slot: KeySlot| self.compiled().slots.get(slot.0 as usize).and_then(|slot| slot.row).map(|row| row.model);
        let (arn, others): (Vec<_>, Vec<_>) =
            slots.iter().partition(|(slot, _)| model(*slot) == Some(Model::PrincipalArn));
        let conditions: Vec<u32> = arn.into_iter().flat_map(|(_, conditions)| conditions).copied().collect();
        let compiled: Vec<&CompiledCondition> = conditions.iter().filter_map(|&id| self.condition(id)).collect();
        let states = self.states(View::FIRST);
        let (domain, candidates) = principal_arn_domain(&CallerKind::ALL, partition, account);
        let of_names = slots.iter().filter(|(slot, _)| model(*slot) == Some(Model::UserName));
        let of_names = of_names.flat_map(|(_, conditions)| conditions).filter_map(|&id| self.condition(id));
        let names = Names::new(self, of_names, partition, account);
        let value_type = Some(ValueType::Arn);
        let texts = Texts { domain: &domain, value_type, candidates: &candidates, beside: &names.on_arns() };
        let cut = self.compiled().cut_key(&compiled, &texts, states, self.cuts);
        // A class of one text, since a policy spells it out.
        let is_spelt_out = |text: &str| compiled.iter().any(|condition| condition.names(text));
        // Where nothing could be cut, each kind still has a caller.
        let limited = cut.open.iter().any(|(_, why)| *why == Openness::Limit);
        let callers = |texts: Vec<String>| -> (Vec<String>, Vec<CallerKind>) {
            texts
                .into_iter()
                .filter(|text| !(is_service_linked(text) || (is_misplaced(text) && is_spelt_out(text))))
                .filter_map(|text| CallerKind::of(&text).map(|kind| (text, kind)))
                .unzip()
        };
        let (mut texts, mut kinds) = callers(if limited { Vec::new() } else { cut.texts });
        if texts.is_empty() {
            // Numbers or dates, say, are no callers: as such all callers are alike.
            (texts, kinds) = callers(representatives_of_kinds(partition, account));
        }
        let mut open = cut.open;
        // No caller is a number, a date, an address or a truth value, so that such conditions say the same in every
        // cell.
        let is_typed = |id: u32| {
            let kind = self.condition(id).and_then(Kind::of_condition);
            matches!(kind, Some(Kind::Number | Kind::Date | Kind::Address | Kind::Bool))
        };
        open.retain(|(id, why)| *why == Openness::Related || !is_typed(*id));
        let principal_states: Vec<KeyState> = texts.iter().map(|text| KeyState::single(text)).collect();
        let fact = facts.facts.len();
        let cells = texts
            .iter()
            .zip(&kinds)
            .map(|(text, kind)| Cell { kind: Some(*kind), ..Cell::new(vec![Setting::Principal(text.clone())]) })
            .collect();
        facts.facts.push(Fact { subject: Subject::Principal, cells });
        for condition in compiled {
            let open = open.iter().find(|(id, _)| *id == condition.id).map(|(_, why)| *why);
            let truth = self.atom_truth(fact, condition, &principal_states, open);
            facts.insert(Atom::Condition(condition.id), truth);
        }
        for (slot, conditions) in others {
            let Some(model) = model(*slot) else { continue };
            let of_key = self.principal_key(facts, (fact, &kinds), *slot, conditions, model, account);
            if model == Model::UserName && !limited {
                let users = texts.iter().zip(&kinds).enumerate().filter(|(_, (_, kind))| **kind == CallerKind::User);
                names.tie(facts, (fact, users.map(|(cell, (text, _))| (cell, text.as_str()))), &of_key);
            }
        }
    }

    /// A key that depends on the kind of caller; returns the fact, and for each of its cells the values in it.
    fn principal_key(
        &self,
        facts: &mut Facts,
        (principal, kinds): (usize, &[CallerKind]),
        slot: KeySlot,
        conditions: &[u32],
        model: Model,
        account: &str,
    ) -> (usize, Vec<Vec<KeyState>>) {
        let compiled: Vec<&CompiledCondition> = conditions.iter().filter_map(|&id| self.condition(id)).collect();
        let name = self.name(slot);
        let known = self.states(View::FIRST);
        let mut states: Vec<KeyState> = Vec::new();
        let mut possible: Vec<(CallerKind, usize)> = Vec::new();
        let related = compiled.iter().filter_map(|it| Some((it.id, self.compiled().relation_of(it, known)?)));
        let mut open: Vec<(u32, Openness)> = related.collect();
        for kind in CallerKind::ALL {
            let mut add = |state: KeyState| {
                let at = states.iter().position(|other| *other == state).unwrap_or_else(|| {
                    states.push(state);
                    states.len() - 1
                });
                possible.push((kind, at));
            };
            match state_for(model, kind, account) {
                KeyState::Unknown(domain) => {
                    if domain.may_be_absent {
                        add(KeyState::Absent);
                    }
                    let candidates = candidates_of(&name);
                    let texts = Texts { candidates: &candidates, ..Texts::new(&domain, self.value_type(slot)) };
                    let cut = self.compiled().cut_key(&compiled, &texts, known, self.cuts);
                    cut.texts.iter().for_each(|text| add(KeyState::single(text)));
                    open.extend(cut.open);
                }
                state @ (KeyState::Absent
                | KeyState::Present(_)
                | KeyState::Either(_)
                | KeyState::Candidates(_)
                | KeyState::OtherFold) => {
                    add(state);
                }
            }
        }
        // Values that no condition tells apart are one cell, whichever kinds of callers have them.
        let open_of = |id: u32| open.iter().find(|(open, _)| *open == id).map(|(_, why)| *why);
        let mut rows: Vec<Vec<Truth>> = Vec::new();
        let mut firsts: Vec<KeyState> = Vec::new();
        let mut row_of: Vec<usize> = Vec::with_capacity(states.len());
        for state in &states {
            let closed = compiled.iter().filter(|condition| open_of(condition.id).is_none());
            let row: Vec<Truth> = closed.map(|condition| self.truth(condition.id, state, View::FIRST).0).collect();
            row_of.push(rows.iter().position(|other| *other == row).unwrap_or_else(|| {
                rows.push(row);
                firsts.push(state.clone());
                rows.len() - 1
            }));
        }
        let fact = facts.facts.len();
        let mut cells: Vec<Cell> = firsts.iter().map(|state| Cell::new(setting(&name, state))).collect();
        let mut excluded: Vec<(CallerKind, usize)> = Vec::new();
        for kind in CallerKind::ALL {
            for (index, cell) in cells.iter_mut().enumerate() {
                let of_kind = possible
                    .iter()
                    .filter(|(of, state)| *of == kind && row_of.get(*state) == Some(&index))
                    .find_map(|(_, state)| states.get(*state));
                match of_kind {
                    Some(state) => cell.by_kind.extend(setting(&name, state).into_iter().map(|it| (kind, it))),
                    None => excluded.push((kind, index)),
                }
            }
        }
        facts.facts.push(Fact { subject: Subject::Key(name), cells });
        for kind in CallerKind::ALL {
            let callers = kinds.iter().enumerate().filter(|(_, of)| **of == kind).map(|(cell, _)| cell).collect();
            let others = excluded.iter().filter(|(of, _)| *of == kind).map(|(_, cell)| *cell).collect();
            facts.exclude([(principal, callers), (fact, others)]);
        }
        for condition in compiled {
            let truth = self.atom_truth(fact, condition, &firsts, open_of(condition.id));
            facts.insert(Atom::Condition(condition.id), truth);
        }
        let mut values: Vec<Vec<KeyState>> = vec![Vec::new(); firsts.len()];
        for (state, row) in states.into_iter().zip(row_of) {
            if let Some(values) = values.get_mut(row) {
                values.push(state);
            }
        }
        (fact, values)
    }
}
