//! Which callers, and which ways of calling, policies exempt *by name*: what an ordinary caller is not.
//!
//! An ordinary caller is a role, an IAM user or a federated user of a name that no policy expects, without tags, who
//! calls directly and from anywhere. A call that passes only where the caller, or the way, is another one is exempted
//! by name.

use std::sync::Arc;

use scproof_evaluator::symbolic::{CallerKind, ContextValue, Fact, Setting, Subject, View};
use scproof_evaluator::{Context, Request, Truth};

use crate::diagram::{Function, TooLarge, Variable, Variables};
use crate::proof::PolicyProof;
use crate::space::RequestSpace;

/// A name that no policy expects.
const UNNAMED: &str = "scproof-ordinary-caller";

/// Keys that say by which way a call comes, with the values that are nothing special; absent is nothing special either.
const WAYS: [(&str, &[&str]); 29] = [
    // By a central root session.
    ("aws:assumedroot", &[]),
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
    // By what runs on a machine or in a function (LAW-5).
    ("aws:ec2instancesourcevpc", &[]),
    ("aws:ec2instancesourceprivateipv4", &[]),
    ("ec2:roledelivery", &[]),
    ("ec2:sourceinstancearn", &[]),
    ("glue:roleassumedby", &[]),
    ("glue:credentialissuingservice", &[]),
    ("codebuild:buildarn", &[]),
    ("codebuild:projectarn", &[]),
    ("lambda:sourcefunctionarn", &[]),
    ("ssm:sourceinstancearn", &[]),
    ("identitystore:userid", &[]),
];

/// The calls that only callers or ways exempted by name can make, and the facts that say so.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) calls: Function,
    pub(super) facts: Variables,
}

/// Which cells of a fact are ordinary, by rank: where none of the first is meant, those of the second are.
pub(super) type OrdinaryCells = Vec<Vec<bool>>;

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

impl<'p> PolicyProof<'p> {
    /// The calls, of those that are `meant`, that only callers or ways exempted by name can make.
    pub(super) fn named(&mut self, place: usize, meant: Function) -> Result<Arc<Named>, TooLarge> {
        if let Some(found) = self.named.get(&(place, meant)) {
            return Ok(Arc::clone(found));
        }
        let ordinary = self.ordinary_cells(place);
        let mut facts = Vec::new();
        let mut calls = Function::FALSE;
        for (fact, ranks) in ordinary.iter().enumerate() {
            let Some(space) = self.spaces.get_mut(place) else { break };
            let variable = Variable::try_from(fact).unwrap_or(Variable::MAX);
            // Where only special callers are meant – the root user, say – none of them is exempted by being one.
            for cells in ranks {
                let here = space.diagrams.literal(variable, |cell| cells.get(cell as usize) == Some(&true))?;
                if space.diagrams.and(meant, here)? == Function::FALSE {
                    continue;
                }
                let special = space.diagrams.not(here)?;
                calls = space.diagrams.or(calls, special)?;
                facts.push(variable);
                break;
            }
        }
        let found = Arc::new(Named { calls, facts: facts.into_iter().collect() });
        self.named.insert((place, meant), Arc::clone(&found));
        Ok(found)
    }

    /// For each fact of a space which of its cells are ordinary; none for facts that are about neither caller nor way.
    pub(super) fn ordinary_cells(&mut self, place: usize) -> Arc<[OrdinaryCells]> {
        if let Some(found) = self.ordinary.get(&place) {
            return Arc::clone(found);
        }
        let found = self.spaces.get(place).map(|space| self.find_ordinary_cells(space)).unwrap_or_default();
        let found: Arc<[OrdinaryCells]> = found.into();
        self.ordinary.insert(place, Arc::clone(&found));
        found
    }

    fn find_ordinary_cells(&self, space: &RequestSpace<'p>) -> Vec<OrdinaryCells> {
        let facts = space.facts.facts.iter().enumerate();
        facts
            .map(|(index, fact)| match &fact.subject {
                Subject::Principal => self.ordinary_callers(space, index, fact),
                Subject::Key(key) => self.ordinary_ways(space, index, fact, key),
                Subject::Resource | Subject::Instant => Vec::new(),
            })
            .map(|ranks| ranks.into_iter().filter(|cells| cells.contains(&true)).collect())
            .collect()
    }

    fn ordinary_callers(&self, space: &RequestSpace<'p>, index: usize, fact: &Fact) -> OrdinaryCells {
        let partition = self.views.view(View::FIRST).organization().partition().unwrap_or("aws");
        let plain = |arn: String| {
            // Not by a central root session.
            let mut context = Context::new();
            context.insert("aws:AssumedRoot", ContextValue::Absent);
            self.request(space).with_principal(arn).with_context(context)
        };
        let mut first = vec![false; fact.cells.len()];
        for (kind, arn) in ordinary_callers(partition, &space.account) {
            let found = self.cells_like(space, index, fact, &plain(arn), Some(kind));
            first.iter_mut().zip(found).for_each(|(cell, found)| *cell |= found);
        }
        let root = plain(format!("arn:{partition}:iam::{}:root", space.account));
        vec![first, self.cells_like(space, index, fact, &root, Some(CallerKind::Root))]
    }

    fn ordinary_ways(&self, space: &RequestSpace<'p>, index: usize, fact: &Fact, key: &str) -> OrdinaryCells {
        let Some(values) = ordinary_values(key) else { return Vec::new() };
        let is_absent = |setting: &Setting| matches!(setting, Setting::Key(_, ContextValue::Absent));
        let mut cells: Vec<bool> = fact.cells.iter().map(|cell| cell.settings.iter().any(is_absent)).collect();
        for value in values {
            for value in [ContextValue::Single(value.to_owned()), ContextValue::List(vec![value.to_owned()])] {
                let mut context = Context::new();
                context.insert(key, value);
                let found = self.cells_like(space, index, fact, &self.request(space).with_context(context), None);
                cells.iter_mut().zip(found).for_each(|(cell, found)| *cell |= found);
            }
        }
        vec![cells]
    }

    fn request(&self, space: &RequestSpace<'p>) -> Request {
        Request::new(&space.account, self.classes.first().map_or("", |class| &class.representative)).beyond_catalog()
    }

    /// The cells of a fact in which its atoms say what they say of a request.
    fn cells_like(
        &self,
        space: &RequestSpace<'p>,
        index: usize,
        fact: &Fact,
        request: &Request,
        kind: Option<CallerKind>,
    ) -> Vec<bool> {
        let atoms = space.facts.atoms_of(index);
        let numbers: Vec<_> = atoms.iter().map(|(atom, _)| *atom).collect();
        let truths = self.views.atom_truths(View::FIRST, request, &numbers).unwrap_or_default();
        let is_like = |cell: usize| {
            // A request that leaves an atom open is in no cell for certain.
            let same = atoms.iter().zip(&truths).all(|((_, cells), truth)| {
                let of_cell = cells.get(cell).copied().unwrap_or(Truth::Unknown);
                of_cell == *truth || of_cell == Truth::Unknown
            });
            same && truths.len() == atoms.len()
                && (kind.is_none() || fact.cells.get(cell).and_then(|cell| cell.kind) == kind)
        };
        (0..fact.cells.len()).map(is_like).collect()
    }
}
