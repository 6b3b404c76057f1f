//! Every combination of cells of a comparison, as requests: what the prover never looks at one by one.

use std::collections::BTreeSet;

use scproof_evaluator::symbolic::{ActionClass, Atom, CallerKind, Cell, CutMemory, Facts, Setting, View};
use scproof_evaluator::{Context, ContextValue, Request, RequestResource, ResourceInput};
use scproof_organization::NodeId;

use super::{
    ALWAYS, Agreement, CHAIN, Comparison, ID_OF_ROLE, ID_OF_USER, NETWORK, USER_NAME, derives_region, principal_named,
};

impl Comparison {
    /// Requests out of the representatives of cells, for classes of actions for which the two organizations hold
    /// different things and all accounts: all combinations, or, where there are more than `most`, as many, evenly
    /// spread.
    pub fn cell_requests(&self, most: usize) -> Vec<Request> {
        let mut work: Vec<([NodeId; 2], ActionClass, BTreeSet<Atom>)> = Vec::new();
        let classes = self.views.action_classes();
        for nodes in &self.accounts {
            let mut seen: BTreeSet<(BTreeSet<Atom>, bool)> = BTreeSet::new();
            for class in &classes {
                let atoms = self.atoms(*nodes, class);
                // Two classes with the same atoms have the same cells, mostly.
                if seen.insert((atoms.clone(), class.traits.is_deniable())) {
                    work.push((*nodes, class.clone(), atoms));
                }
            }
        }
        let each = (most / work.len().max(1)).max(1);
        work.iter().flat_map(|(nodes, class, atoms)| self.of_class(*nodes, class, atoms, each)).collect()
    }

    /// The atoms that the levels above an account have for a class, on both sides.
    fn atoms(&self, nodes: [NodeId; 2], class: &ActionClass) -> BTreeSet<Atom> {
        let mut atoms = BTreeSet::new();
        for (view, node) in View::BOTH.into_iter().zip(nodes) {
            for level in self.views.levels(view, node) {
                let Some(entry) = self.views.entry(*level, class.cell) else { continue };
                for candidate in entry.deny.iter().chain(&*entry.allow) {
                    atoms.extend(self.views.statement_atoms(candidate.statement()));
                }
            }
        }
        atoms
    }

    fn of_class(&self, nodes: [NodeId; 2], class: &ActionClass, atoms: &BTreeSet<Atom>, most: usize) -> Vec<Request> {
        let facts = self.views.facts(&nodes, &class.representative, atoms.iter().copied(), &CutMemory::default());
        let counts: Vec<usize> = facts.facts.iter().map(|fact| fact.cells.len().max(1)).collect();
        let all = counts.iter().fold(1_u128, |all, count| all.saturating_mul(*count as u128));
        let wanted = all.min(most as u128);
        let mut requests = Vec::new();
        for number in 0..wanted {
            // Spread over all combinations, the last digits included.
            let mut rest = (number * all / wanted + number) % all;
            let mut values = Vec::with_capacity(counts.len());
            for count in &counts {
                let value = usize::try_from(rest % *count as u128).unwrap_or(0);
                values.push(value);
                rest /= *count as u128;
            }
            if !facts.exclusions.iter().any(|exclusion| exclusion.applies(&values)) {
                requests.extend(by_one_user(self.of_cells(nodes, class, &facts, &values)));
            }
        }
        requests
    }

    /// A request that says the cells' representatives, and everything else as if no policy asked for it.
    fn of_cells(&self, [before, _]: [NodeId; 2], class: &ActionClass, facts: &Facts, values: &[usize]) -> Request {
        let account = self.before.node(before).target.as_str().to_owned();
        let mut request = Request::new(account.clone(), class.representative.clone());
        request.closed_context = true;
        let cells: Vec<&Cell> =
            facts.facts.iter().zip(values).filter_map(|(fact, value)| fact.cells.get(*value)).collect();
        let kind = cells.iter().find_map(|cell| cell.kind);
        for cell in cells {
            let of_kind = cell.by_kind.iter().find(|(of, _)| Some(*of) == kind).map(|(_, setting)| setting);
            let settings = if of_kind.is_some() {
                of_kind.into_iter().collect()
            } else {
                cell.settings.iter().collect::<Vec<_>>()
            };
            for setting in settings {
                match setting {
                    Setting::Resource(resource) => {
                        request.resources = vec![ResourceInput { resource: resource.clone(), context: Context::new() }];
                    }
                    Setting::Principal(arn) => request.principal = Some(arn.clone()),
                    Setting::Key(key, value) => request.context.insert(key.clone(), value.clone()),
                }
            }
        }
        let given: Vec<String> = request.context.iter().map(|(key, _)| key.to_ascii_lowercase()).collect();
        let is_given = |key: &str| given.iter().any(|given| given.eq_ignore_ascii_case(key));
        let is_role = kind.is_none_or(|kind| kind == CallerKind::Role);
        for (key, value) in ALWAYS {
            let clock = key == "aws:CurrentTime" && is_given("aws:EpochTime");
            // CTX-67: derived for global services.
            let region = key == "aws:RequestedRegion" && derives_region(&self.before, &request.action);
            let session = key == "aws:TokenIssueTime" && !is_role;
            let called = key == "aws:ViaAWSService" && CHAIN.iter().any(|key| is_given(key));
            if !is_given(key) && !clock && !region && !session && !called {
                request.context.insert(key, ContextValue::Single(value.to_owned()));
            }
        }
        // A call that does not come through an endpoint has an address (LAW-1).
        let is_there = |key: &str| {
            request
                .context
                .iter()
                .any(|(given, value)| given.eq_ignore_ascii_case(key) && *value != ContextValue::Absent)
        };
        if !is_given("aws:SourceIp") && !NETWORK.iter().any(|key| is_there(key)) {
            request.context.insert("aws:SourceIp", ContextValue::Single("203.0.113.77".to_owned()));
        }
        let id = match kind {
            None | Some(CallerKind::Role) => Some(ID_OF_ROLE.to_owned()),
            Some(CallerKind::User) => Some(ID_OF_USER.to_owned()),
            Some(CallerKind::FederatedUser) => Some(format!("{account}:someone")),
            Some(CallerKind::Root) => None,
        };
        if let Some(id) = id.filter(|_| !is_given("aws:userid")) {
            request.context.insert("aws:userid", ContextValue::Single(id));
        }
        if request.resources.is_empty() {
            let resource = RequestResource::Arn("arn:aws:s3:::example/example".to_owned());
            request.resources = vec![ResourceInput { resource, context: Context::new() }];
        }
        request.principal.get_or_insert_with(|| format!("arn:aws:iam::{account}:role/Example"));
        request
    }

    /// In words where the reference evaluator contradicts the prover about a combination of cells; and how many
    /// combinations told something.
    pub fn contradicted_cells(&self, most: usize) -> (Vec<String>, usize) {
        let (mut faults, mut told) = (Vec::new(), 0);
        for request in self.cell_requests(most) {
            match self.agreement(&request) {
                Agreement::Silent => {}
                Agreement::Same(_) | Agreement::Open => told += 1,
                Agreement::Contradiction(words) => faults.push(words),
            }
        }
        (faults, told)
    }
}

/// The name of a user is that in the ARN (LAW-7): the request by the user whose ARN it has, and by the one whose name
/// it gives.
fn by_one_user(request: Request) -> Vec<Request> {
    let is_name = |key: &str| key.eq_ignore_ascii_case(USER_NAME);
    let is_user = request.principal.as_deref().is_some_and(|arn| arn.contains(":user/"));
    let named = request.context.iter().find(|(key, _)| is_name(key)).map(|(_, value)| value.clone());
    let Some(name) = named.filter(|_| is_user) else { return vec![request] };
    let mut context = Context::new();
    for (key, value) in request.context.iter().filter(|(key, _)| !is_name(key)) {
        context.insert(key, value.clone());
    }
    let renamed = matches!(name, ContextValue::Single(_)).then(|| principal_named(&request, "aws", &name)).flatten();
    let renamed = renamed.map(|arn| Request { principal: Some(arn), ..request.clone() });
    std::iter::once(Request { context, ..request }).chain(renamed).collect()
}
