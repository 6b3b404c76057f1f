//! Which callers, and which ways of calling, policies exempt *by name*: what an ordinary caller is not.
//!
//! An ordinary caller is a role, an IAM user or a federated user of a name that no policy expects, without tags, who calls directly
//! and from anywhere. A call that passes only where the caller, or the way, is another one is exempted by name.

use scproof_evaluator::symbolic::{CallerKind, ContextValue, Setting, Side, Subject};
use scproof_evaluator::{Context, Request, Truth};

use crate::diagram::{Function, TooLarge, Variable};
use crate::space::Space;
use crate::standing::Standing;

/// A name that no policy expects.
const UNNAMED: &str = "scproof-ordinary-caller";

/// Keys that say by which way a call comes, with the values that are nothing special; absent is nothing special either.
const WAYS: [(&str, &[&str]); 17] = [
    ("aws:sourcevpc", &["vpc-00000000000000000"]),
    ("aws:sourcevpcarn", &["arn:aws:ec2:us-east-1:999999999999:vpc/vpc-00000000000000000"]),
    ("aws:sourcevpce", &["vpce-00000000000000000"]),
    ("aws:vpceaccount", &["999999999999"]),
    ("aws:vpceorgid", &["o-ordinaryorg"]),
    ("aws:vpceorgpaths", &["o-ordinaryorg/r-ord0/"]),
    ("aws:sourceip", &["192.0.2.77", "2001:db8:77::77"]),
    ("aws:vpcsourceip", &["192.0.2.77", "2001:db8:77::77"]),
    ("aws:viaawsservice", &["false"]),
    ("aws:calledvia", &["ordinary.amazonaws.com"]),
    ("aws:calledviafirst", &["ordinary.amazonaws.com"]),
    ("aws:calledvialast", &["ordinary.amazonaws.com"]),
    ("aws:principalisawsservice", &["false"]),
    ("aws:principalservicename", &["ordinary.amazonaws.com"]),
    ("aws:multifactorauthpresent", &["false"]),
    ("aws:sourceidentity", &[UNNAMED]),
    ("aws:federatedprovider", &[UNNAMED]),
];

/// The kinds of ordinary callers, with their ARNs in an account.
fn ordinary_callers(partition: &str, account: &str) -> [(CallerKind, String); 3] {
    [
        (CallerKind::Role, format!("arn:{partition}:iam::{account}:role/{UNNAMED}")),
        (CallerKind::User, format!("arn:{partition}:iam::{account}:user/{UNNAMED}")),
        (CallerKind::FederatedUser, format!("arn:{partition}:sts::{account}:federated-user/{UNNAMED}")),
    ]
}

/// The values of a key that are nothing special; `None` for keys that name neither caller nor way.
fn ordinary_values(key: &str) -> Option<Vec<&'static str>> {
    let folded = key.to_ascii_lowercase();
    if folded.starts_with("aws:principaltag/") {
        return Some(vec![UNNAMED]);
    }
    WAYS.iter().find(|(known, _)| *known == folded).map(|(_, values)| values.to_vec())
}

impl<'p> Standing<'p> {
    /// The calls, of those that are `meant`, that only callers or ways exempted by name can make.
    pub(super) fn named(&mut self, place: usize, meant: Function) -> Result<Function, TooLarge> {
        let ordinary = self.ordinary_cells(place);
        let Some(space) = self.spaces.get_mut(place) else { return Ok(Function::FALSE) };
        let mut named = Function::FALSE;
        for (fact, cells) in ordinary.iter().enumerate() {
            let Some(cells) = cells else { continue };
            let variable = Variable::try_from(fact).unwrap_or(Variable::MAX);
            let is_ordinary = |cell: u32| cells.get(cell as usize) == Some(&true);
            // Where only special callers are meant – the root user, say – none of them is exempted by being one.
            let here = space.diagrams.literal(variable, is_ordinary)?;
            if space.diagrams.and(meant, here)? == Function::FALSE {
                continue;
            }
            let special = space.diagrams.not(here)?;
            named = space.diagrams.or(named, special)?;
        }
        Ok(named)
    }

    /// For each fact of a space that is about the caller or the way which of its cells are ordinary.
    fn ordinary_cells(&mut self, place: usize) -> Vec<Option<Vec<bool>>> {
        if let Some(found) = self.ordinary.get(&place) {
            return found.clone();
        }
        let found = self.spaces.get(place).map(|space| self.find_ordinary_cells(space)).unwrap_or_default();
        self.ordinary.insert(place, found.clone());
        found
    }

    fn find_ordinary_cells(&self, space: &Space<'p>) -> Vec<Option<Vec<bool>>> {
        let partition = self.pair.side(Side::Before).organization().partition().unwrap_or("aws");
        let action = self.classes.first().map_or("", |class| &class.representative);
        let mut found = Vec::with_capacity(space.facts.facts.len());
        for (index, fact) in space.facts.facts.iter().enumerate() {
            let atoms = space.facts.atoms_of(index);
            let numbers: Vec<_> = atoms.iter().map(|(atom, _)| *atom).collect();
            let like = |request: &Request, kind: Option<CallerKind>| -> Vec<bool> {
                let truths = self.pair.atom_truths(Side::Before, request, &numbers).unwrap_or_default();
                let is_like = |cell: usize| {
                    let same = atoms.iter().zip(&truths).all(|((_, cells), truth)| {
                        let of_cell = cells.get(cell).copied().unwrap_or(Truth::Unknown);
                        of_cell == *truth || of_cell == Truth::Unknown || *truth == Truth::Unknown
                    });
                    same && (kind.is_none() || fact.cells.get(cell).and_then(|cell| cell.kind) == kind)
                };
                (0..fact.cells.len()).map(is_like).collect()
            };
            let mut cells = vec![false; fact.cells.len()];
            let mut mark = |more: Vec<bool>| cells.iter_mut().zip(more).for_each(|(cell, more)| *cell |= more);
            match &fact.subject {
                Subject::Principal => {
                    for (kind, arn) in ordinary_callers(partition, &space.account) {
                        mark(like(&Request::new(&space.account, action).with_principal(arn), Some(kind)));
                    }
                }
                Subject::Key(key) => {
                    let Some(values) = ordinary_values(key) else {
                        found.push(None);
                        continue;
                    };
                    for value in values {
                        for value in
                            [ContextValue::Single(value.to_owned()), ContextValue::List(vec![value.to_owned()])]
                        {
                            let mut context = Context::new();
                            context.insert(key.clone(), value);
                            mark(like(&Request::new(&space.account, action).with_context(context), None));
                        }
                    }
                    let is_absent = |setting: &Setting| matches!(setting, Setting::Key(_, ContextValue::Absent));
                    mark(fact.cells.iter().map(|cell| cell.settings.iter().any(is_absent)).collect());
                }
                Subject::Resource | Subject::Instant => {
                    found.push(None);
                    continue;
                }
            }
            found.push(cells.contains(&true).then_some(cells));
        }
        found
    }
}
