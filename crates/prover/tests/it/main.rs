//! Comparisons that other tools get wrong, facts of every kind, what stays open, and what hostile policies cost.

#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests, which may panic")]
#![expect(clippy::needless_pass_by_value, reason = "helpers of tests are called with values made on the spot")]

mod accounts;
mod actions;
mod calls;
mod keys;
mod laws;
mod levels;
mod limits;
mod lists;
mod open;
mod organizations;
mod relations;
mod resources;

use std::collections::BTreeSet;
use std::sync::Arc;

use scproof_evaluator::symbolic::{CompiledViews, RequestResource, View};
use scproof_evaluator::{Context, EvaluationOptions, Request, Truth};
use scproof_organization::{NodeId, Organization};
use scproof_prover::{ComparisonOptions, Difference, Permissions, Region, Transition, Why, compare, difference};
use serde_json::{Value, json};

const ACCOUNT: &str = "222222222222";

fn document(statements: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// The policies of one account, one a list of statements; all other levels let everything pass.
fn level(policies: &[Value]) -> Permissions {
    let documents: Vec<String> = policies.iter().map(document).collect();
    Permissions::of_level(&documents.iter().map(String::as_str).collect::<Vec<_>>()).unwrap()
}

fn everything() -> Value {
    json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}])
}

/// `FullAWSAccess` beside one statement.
fn with(statement: Value) -> Permissions {
    level(&[everything(), json!([statement])])
}

/// A Deny of all that S3 does, under conditions.
fn deny_when(condition: Value) -> Value {
    json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": condition})
}

fn regions(before: &Permissions, after: &Permissions) -> Vec<Arc<Region>> {
    compare(before, after, &ComparisonOptions::default()).unwrap()
}

/// What the policies of an account change when they are put beside `FullAWSAccess`.
fn effect_of(statement: Value) -> Vec<Arc<Region>> {
    regions(&level(&[everything()]), &with(statement))
}

fn transitions(regions: &[Arc<Region>]) -> BTreeSet<Transition> {
    regions.iter().map(|region| region.transition()).collect()
}

/// The terms of a region in one line.
fn actions(region: &Region) -> String {
    region.actions.terms.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn why(regions: &[Arc<Region>]) -> BTreeSet<Why> {
    regions.iter().flat_map(|region| region.why.iter().cloned()).collect()
}

/// An organization of a root, units below each other, and one account at their end; the policies of each level, root
/// first, the account last, each a list of statements.
fn path(levels: &[Vec<Value>]) -> Organization {
    let mut inventory = json!({
        "Format": "scproof-inventory/1",
        "Organization": {
            "Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111",
            "Arn": "arn:aws:organizations::111111111111:organization/o-exampleorg1",
        },
        "Roots": [{"Id": "r-ab12", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}],
        "OrganizationalUnits": [], "Accounts": [], "Policies": [], "Attachments": [],
    });
    let push = |inventory: &mut Value, list: &str, record: Value| inventory[list].as_array_mut().unwrap().push(record);
    let mut parent = String::new();
    for (depth, policies) in levels.iter().enumerate() {
        let target = match depth {
            0 => "r-ab12".to_owned(),
            depth if depth + 1 == levels.len() => ACCOUNT.to_owned(),
            depth => format!("ou-ab12-unit{depth:04}"),
        };
        if target == ACCOUNT {
            push(&mut inventory, "Accounts", json!({"Id": target, "ParentId": parent}));
        } else if depth > 0 {
            push(&mut inventory, "OrganizationalUnits", json!({"Id": target, "ParentId": parent}));
        }
        for (number, statements) in policies.iter().enumerate() {
            let id = format!("p-level{depth}number{number}");
            let policy = json!({"Id": id, "Type": "SERVICE_CONTROL_POLICY", "Content": document(statements)});
            push(&mut inventory, "Policies", policy);
            push(&mut inventory, "Attachments", json!({"TargetId": target, "PolicyId": id}));
        }
        parent = target;
    }
    organization(&inventory)
}

fn organization(inventory: &Value) -> Organization {
    Organization::from_json(&inventory.to_string()).unwrap_or_else(|error| panic!("{error}"))
}

/// A comparison of two organizations that can be asked about requests.
struct Compared {
    views: CompiledViews,
    accounts: Vec<[NodeId; 2]>,
    difference: Difference,
}

impl Compared {
    fn of(before: Organization, after: Organization) -> Self {
        Self::with_options(before, after, EvaluationOptions::default())
    }

    fn with_options(before: Organization, after: Organization, options: EvaluationOptions) -> Self {
        let accounts: Vec<[NodeId; 2]> =
            before.accounts().filter_map(|node| Some([node, after.find_node(&before.node(node).target)?])).collect();
        let views = CompiledViews::two(before, after, options);
        let difference = difference(&views, &accounts, &ComparisonOptions::default());
        Self { views, accounts, difference }
    }

    /// What a statement changes that is put beside `FullAWSAccess` of an account.
    fn effect_of(statement: Value) -> Self {
        Self::levels(&[everything()], &[everything(), json!([statement])])
    }

    /// What changes if the policies of an account do.
    fn levels(before: &[Value], after: &[Value]) -> Self {
        let organization = |policies: &[Value]| path(&[vec![everything()], policies.to_vec()]);
        Self::of(organization(before), organization(after))
    }

    fn regions(&self) -> Vec<Arc<Region>> {
        self.difference.groups.iter().flat_map(|group| group.regions.iter().cloned()).collect()
    }

    /// What changes for a request by its regions; `None` if nothing does. Fails if the evaluator says otherwise, or if
    /// the request does not say enough.
    fn transition(&self, request: &Request) -> Option<Transition> {
        let index = self.accounts.iter().position(|[before, _]| {
            self.views.view(View::BEFORE).organization().node(*before).target.as_str() == request.account
        });
        let group = self.difference.groups.iter().find(|group| group.accounts.contains(&index.unwrap())).unwrap();
        let (mut found, mut perhaps) = (BTreeSet::new(), BTreeSet::new());
        for region in &group.regions {
            if self.difference.concerns(&self.views, region, &request.action) {
                match region.holds_for(&self.views, request).unwrap() {
                    Truth::True => _ = found.insert(region.transition()),
                    Truth::False => {}
                    Truth::Unknown => _ = perhaps.insert(region.transition()),
                }
            }
        }
        assert!(found.len() < 2, "{request:?} is in regions of {found:?}");
        let found = found.pop_first();
        // Where an open rule decides, the request may be in other regions, too.
        assert!(perhaps.is_empty() || found == Some(Transition::Unknown), "{request:?} may be in {perhaps:?}");
        if found != Some(Transition::Unknown) {
            let [before, after] = View::BOTH.map(|view| self.views.view(view).ask(request).unwrap());
            let expected = match (before.is_passing(), after.is_passing()) {
                (true, true) => None,
                (true, false) => Some(Transition::NewlyBlocked),
                (false, true) => Some(Transition::NewlyPassing),
                (false, false) => (before != after).then_some(Transition::OtherReason),
            };
            assert_eq!(found, expected, "{request:?} {before} {after}");
        }
        found
    }

    /// Whether a call of `s3:PutObject`, which may pass tags, becomes blocked with this context.
    fn blocks(&self, context: Context) -> bool {
        let put = Request { action: "s3:PutObject".to_owned(), ..get_object("arn:aws:s3:::example/example") };
        let transition = self.transition(&put.with_context(context));
        assert!(matches!(transition, None | Some(Transition::NewlyBlocked)), "{transition:?}");
        transition.is_some()
    }
}

/// A call of `s3:GetObject` by a role.
fn get_object(resource: &str) -> Request {
    Request::new(ACCOUNT, "s3:GetObject")
        .with_principal(format!("arn:aws:iam::{ACCOUNT}:role/Dev"))
        .with_resource(RequestResource::Arn(resource.to_owned()))
}
