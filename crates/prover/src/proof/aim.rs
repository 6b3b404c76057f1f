//! What in force is aimed at the calls that a level means: statements and allow lists that block some of them because
//! they are such calls, not because they block nearly everything.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use scproof_evaluator::symbolic::{Atom, Candidate, CellId, LevelId, View};
use scproof_organization::NodeId;
use scproof_policy_parser::Effect;

use crate::diagram::{Done, Function, TooLarge, Variables};
use crate::proof::PolicyProof;
use crate::proof::passing::Concerned;
use crate::space::RequestSpace;

/// An action of a service that no policy names.
const ELSEWHERE: &str = "another-service:another-action";

/// Something in force that is aimed at some calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aim {
    /// A Deny statement, by number.
    Statement(u32),
    /// What is attached to a root, unit or account lets only some actions pass.
    AllowList(NodeId),
}

/// What may be aimed at calls: it blocks what a statement matches; or what the statements of a list do not allow, of
/// what they allow of other actions.
#[derive(Debug, Clone, Copy)]
enum Block<'b> {
    Deny(Candidate),
    Unlisted { own: &'b [Candidate], others: &'b Others },
}

/// What an allow list allows of actions.
#[derive(Debug)]
enum Others {
    Everything,
    /// What some statements match.
    Some(Vec<Candidate>),
}

/// What a level means, and where it is asked about.
#[derive(Debug, Clone, Copy)]
struct Meant<'m> {
    level: LevelId,
    concerned: &'m [Concerned],
    /// The actions of services that no policy names.
    elsewhere: Option<CellId>,
    /// Whether the level means such actions too.
    anything: bool,
}

/// Whether a block is aimed at what is meant of a class of actions.
#[derive(Debug, Clone, Copy)]
struct AimQuestion<'q> {
    meant: &'q Meant<'q>,
    concerned: &'q Concerned,
    /// That of an account on whose path the block is.
    signature: usize,
    block: Block<'q>,
    /// Whether neither the block nor the level is about services that no policy names.
    is_specific: bool,
}

impl PolicyProof<'_> {
    /// What in force is aimed at the calls that the Deny statements of a level – one of those given to
    /// [`new`](Self::new) as hypothetical – match; up to `most`, statements first.
    ///
    /// A Deny statement on the path of an account that SCPs govern is aimed at them if, for some action, it blocks some
    /// of them, and any of these holds:
    /// - neither the statement nor the level is about services that no policy names, and the level means every call of
    ///   the action;
    /// - the same, and the statement blocks all that the level means of the action, of callers that no policy exempts
    ///   by name;
    /// - a call that the level means is blocked, while one that it does not mean, and that differs in nothing but what
    ///   the level asks for, is not. Where the level asks for the caller, or a way of calling, that one is an ordinary
    ///   one.
    ///
    /// An allow list is taken as a statement that blocks what it does not allow, of what it allows of some other action
    /// of the same service, or of services that no policy names.
    pub fn aimed_at(&mut self, level: LevelId, most: usize) -> Vec<Aim> {
        let concerned = self.concerned(level);
        let elsewhere = self.views.cell_of(ELSEWHERE);
        let anything = concerned.iter().any(|it| Some(it.cell) == elsewhere);
        let meant = Meant { level, concerned: &concerned, elsewhere, anything };
        let mut found = Vec::new();
        for (statement, signature) in self.denials() {
            if found.len() >= most {
                return found;
            }
            if self.statement_aims(&meant, statement, signature) {
                found.push(Aim::Statement(statement));
            }
        }
        for (list, signature, node) in self.levels_in_force() {
            if found.len() >= most {
                return found;
            }
            if self.list_aims(&meant, list, signature) {
                found.push(Aim::AllowList(node));
            }
        }
        found
    }

    /// The Deny statements on paths of accounts that SCPs govern, with the signature of one of these.
    fn denials(&self) -> Vec<(u32, usize)> {
        let by_statement = self.groups_by_statement.get_or_init(|| self.index_statements());
        let denies = |statement: &u32| self.views.statement_effect(*statement) == Some(Effect::Deny);
        let mut found: Vec<(u32, usize)> = by_statement
            .iter()
            .filter(|(statement, _)| denies(statement))
            .filter_map(|(statement, groups)| Some((*statement, self.groups.get(*groups.first()?)?.signature)))
            .collect();
        found.sort_unstable();
        found
    }

    /// The different levels on such paths, each with a signature and a node where it stands.
    fn levels_in_force(&self) -> Vec<(LevelId, usize, NodeId)> {
        let mut seen: FxHashSet<LevelId> = FxHashSet::default();
        let mut found = Vec::new();
        let organization = self.views.view(View::FIRST).organization();
        for group in self.groups.iter().filter(|group| group.is_governed()) {
            let account = group.accounts.first().and_then(|first| self.accounts.get(*first)).copied();
            let Some(account) = account else { continue };
            let mut path: Option<Vec<NodeId>> = None;
            for (place, level) in group.levels.iter().enumerate() {
                if seen.insert(*level) {
                    let path = path.get_or_insert_with(|| organization.inheritance_path(account));
                    found.extend(path.get(place).map(|node| (*level, group.signature, *node)));
                }
            }
        }
        found
    }

    fn statement_aims(&mut self, meant: &Meant<'_>, statement: u32, signature: usize) -> bool {
        let is_specific =
            !meant.anything && meant.elsewhere.is_none_or(|cell| self.views.candidate(statement, cell).is_none());
        let mut seen: FxHashSet<(usize, bool)> = FxHashSet::default();
        meant.concerned.iter().any(|concerned| {
            let Some(candidate) = self.views.candidate(statement, concerned.cell) else { return false };
            let block = Block::Deny(candidate);
            seen.insert((concerned.kind, candidate.is_uncertain()))
                && self.aims(&AimQuestion { meant, concerned, signature, block, is_specific })
        })
    }

    fn list_aims(&mut self, meant: &Meant<'_>, list: LevelId, signature: usize) -> bool {
        let mut seen: FxHashSet<(usize, &str, Option<u32>)> = FxHashSet::default();
        let classes = Arc::clone(&self.classes);
        meant.concerned.iter().any(|concerned| {
            let views = self.views;
            let Some(entry) = views.entry(list, concerned.cell) else { return false };
            if entry.allows || entry.unreadable {
                return false;
            }
            let service = classes.get(concerned.class).map_or("", |class| service(&class.representative));
            if !seen.insert((concerned.kind, service, views.entry_number(list, concerned.cell))) {
                return false;
            }
            let of_service = classes.iter().filter(|class| self::service(&class.representative) == service);
            let others = self.allowed(list, of_service.map(|class| class.cell).chain(meant.elsewhere));
            let block = Block::Unlisted { own: &entry.allow, others: &others };
            self.aims(&AimQuestion { meant, concerned, signature, block, is_specific: !meant.anything })
        })
    }

    /// What a list allows of the actions of some cells.
    fn allowed(&self, list: LevelId, cells: impl Iterator<Item = CellId>) -> Others {
        let mut statements: Vec<Candidate> = Vec::new();
        for entry in cells.filter_map(|cell| self.views.entry(list, cell)) {
            if entry.allows {
                return Others::Everything;
            }
            statements.extend(entry.allow.iter());
        }
        statements.sort_unstable();
        statements.dedup();
        Others::Some(statements)
    }

    /// Whether it is. Where there is no room to tell, its actions do.
    fn aims(&mut self, question: &AimQuestion<'_>) -> bool {
        self.find_aim(question).unwrap_or(question.is_specific)
    }

    fn find_aim(&mut self, question: &AimQuestion<'_>) -> Option<bool> {
        let AimQuestion { meant, concerned, signature, block, is_specific } = *question;
        let Concerned { class, cell, kind } = *concerned;
        let class = self.classes.get(class)?;
        let (traits, shape, level) = (class.traits, class.shape, meant.level);
        let views = self.views;
        let atoms = |_: &Self| -> BTreeSet<Atom> {
            let own = block.candidates().into_iter().map(Candidate::statement);
            let numbers = own.chain(views.level_statements(level).iter().copied());
            numbers.flat_map(|number| views.statement_atoms(number)).copied().collect()
        };
        let (place, asks) = self.in_space((signature, traits, Some(level)), atoms, |_, space, known| {
            let possible = space.possible_calls(shape)?;
            let meant = known.matched_by(space, level, kind, cell)?;
            let meant = space.diagrams.and(meant, possible)?;
            let asked = asked_by(space, level, cell)?;
            let others = space.diagrams.and_not(possible, asked)?;
            Ok(Asks { asked, meant, others, blocked: block.function(space)? })
        })?;
        let space = self.spaces.get_mut(place)?;
        let hit = space.diagrams.and(asks.meant, asks.blocked).ok()?;
        if hit == Function::FALSE {
            return Some(false);
        }
        if is_specific && asks.others == Function::FALSE {
            return Some(true);
        }
        if self.spares_others(place, &asks, hit).ok()? {
            return Some(true);
        }
        if !is_specific {
            return Some(false);
        }
        let named = self.named(place, asks.meant).ok()?;
        let space = self.spaces.get_mut(place)?;
        let ordinary = space.diagrams.and_not(asks.meant, named.calls).ok()?;
        Some(ordinary != Function::FALSE && space.diagrams.and_not(ordinary, asks.blocked).ok()? == Function::FALSE)
    }

    /// Whether a call that is hit differs, in what is asked for alone, from one that is not meant and not blocked.
    fn spares_others(&mut self, place: usize, asks: &Asks, hit: Function) -> Result<bool, TooLarge> {
        let ordinary = self.ordinary_cells(place);
        let Some(space) = self.spaces.get_mut(place) else { return Ok(false) };
        let asked = space.diagrams.support(asks.asked);
        let mut others = space.diagrams.and_not(asks.others, asks.blocked)?;
        for variable in &asked {
            let cells =
                usize::try_from(*variable).ok().and_then(|fact| ordinary.get(fact)).and_then(|ranks| ranks.first());
            let Some(cells) = cells else { continue };
            let here = space.diagrams.literal(*variable, |cell| cells.get(cell as usize) == Some(&true))?;
            others = space.diagrams.and(others, here)?;
        }
        let asked: Variables = asked.into_iter().collect();
        let mut done = Done::default();
        let others = space.diagrams.some(others, &asked, &mut done)?;
        let hit = space.diagrams.some(hit, &asked, &mut done)?;
        Ok(space.diagrams.and(others, hit)? != Function::FALSE)
    }
}

/// What a level asks of calls of an action, and what is blocked of them.
struct Asks {
    /// What its statements say, whether there are such calls or not.
    asked: Function,
    /// The calls that it means, and those that it does not.
    meant: Function,
    others: Function,
    /// What is blocked, or may be, of all calls.
    blocked: Function,
}

impl Block<'_> {
    /// The statements that it depends on.
    fn candidates(&self) -> Vec<Candidate> {
        match self {
            Self::Deny(candidate) => vec![*candidate],
            Self::Unlisted { own, others: Others::Everything } => own.to_vec(),
            Self::Unlisted { own, others: Others::Some(others) } => own.iter().chain(others).copied().collect(),
        }
    }

    /// What it blocks, or may block.
    fn function(self, space: &mut RequestSpace<'_>) -> Result<Function, TooLarge> {
        let found = match self {
            Self::Deny(candidate) => space.candidate(candidate, Effect::Deny, View::FIRST)?,
            Self::Unlisted { own, others } => {
                let own = allowed_by(space, own)?;
                let others = match others {
                    Others::Everything => Function::TRUE,
                    Others::Some(statements) => allowed_by(space, statements)?,
                };
                space.diagrams.and_not(others, own)?
            }
        };
        space.maybe(found)
    }
}

/// What some statements allow.
fn allowed_by(space: &mut RequestSpace<'_>, statements: &[Candidate]) -> Result<Function, TooLarge> {
    let mut any = Function::FALSE;
    for candidate in statements {
        let matches = space.candidate(*candidate, Effect::Allow, View::FIRST)?;
        any = space.diagrams.or(any, matches)?;
    }
    Ok(any)
}

fn service(action: &str) -> &str {
    action.split_once(':').map_or("", |(service, _)| service)
}

/// What a level's Deny statements ask of calls of a cell, whether there are such calls or not.
fn asked_by(space: &mut RequestSpace<'_>, level: LevelId, cell: CellId) -> Result<Function, TooLarge> {
    let views = space.views();
    let mut any = Function::FALSE;
    for statement in views.level_statements(level) {
        if let Some(candidate) = views.candidate(*statement, cell) {
            let matches = space.candidate(candidate, Effect::Deny, View::FIRST)?;
            any = space.diagrams.or(any, matches)?;
        }
    }
    Ok(any)
}
