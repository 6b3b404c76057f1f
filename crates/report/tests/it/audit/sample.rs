//! Audits built by hand: renderers are tested apart from the engine.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use scproof_auditor::{
    AccessChange, AccessCounts, Audit, ClassDifference, Evidence, Finding, Guardrail, GuardrailAim, GuardrailGroup,
    GuardrailReport, GuardrailState, Passing, PassingKind, PermissionClass, Place, Risk, RootAccess, RootCaller,
    RootCallerGroup, RootCallerKind, Scope, Suppressed, Suppression, Witness,
};
use scproof_catalog::Catalog;
use scproof_evaluator::{
    Access, CompiledOrganization, Context, EvaluationOptions, Predicate, Reason, Request, RequestResource, Undecided,
};
use scproof_organization::{AccountScope, NodeId, Organization, PolicyId, PolicyIndex};
use scproof_policy_parser::{ConditionOperator, PolicyDocument, PolicyKind};
use scproof_simulator::{ActionSet, ActionTerm, Why};

pub(super) fn example() -> Organization {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/organizations/example.json");
    Organization::from_json(&fs::read_to_string(path).unwrap()).unwrap()
}

pub(super) fn actions(patterns: &[&str], except: &[&str], listed: usize) -> ActionSet {
    let term = |pattern: &&str| ActionTerm {
        all_of: vec![(*pattern).to_owned()],
        except: except.iter().map(|text| (*text).to_owned()).collect(),
    };
    ActionSet { terms: patterns.iter().map(term).collect(), listed }
}

/// A request with the answer that the evaluator gives.
pub(super) fn witness(organization: &Organization, request: Request) -> Witness {
    let compiled = CompiledOrganization::compile(organization.clone(), EvaluationOptions::default());
    Witness { decision: compiled.ask(&request).unwrap(), request }
}

pub(super) fn guardrail(id: &str, title: &str, risk: Risk, action: &str) -> Guardrail {
    Guardrail {
        id: id.to_owned(),
        title: title.to_owned(),
        why: format!("without it, anybody with administrator rights in the account can call {action}"),
        category: "Organization".to_owned(),
        risk,
        sources: vec!["https://docs.aws.amazon.com/prescriptive-guidance/latest/".to_owned()],
        scope: AccountScope::default(),
        document: document(&format!(
            "{{\"Version\": \"2012-10-17\", \"Statement\": {{\"Effect\": \"Deny\", \"Action\": \"{action}\", \"Resource\": \"*\"}}}}"
        )),
    }
}

fn counts(never_blocked: usize, depends: usize, always_blocked: usize) -> AccessCounts {
    AccessCounts { never_blocked, depends, always_blocked }
}

fn accounts_below(organization: &Organization, target: &str) -> Vec<NodeId> {
    organization.select_accounts(&[target]).unwrap()
}

pub(super) fn group(accounts: Vec<NodeId>, state: GuardrailState, passing: Vec<Passing>) -> GuardrailGroup {
    GuardrailGroup { accounts, state, reason: None, passing, passing_is_complete: true }
}

fn finding(code: &'static str, risk: Risk, place: Place, accounts: Vec<NodeId>, evidence: Evidence) -> Finding {
    Finding {
        code,
        fingerprint: format!("{code}:{}", place.policy.map_or(0, PolicyIndex::index)),
        risk,
        message: "the statement blocks nothing that is not blocked without it".to_owned(),
        reason: "a reader takes it for a control that is in force".to_owned(),
        remedy: "delete the statement, or say what it was meant to block".to_owned(),
        rule: Some("EVAL-4"),
        place,
        accounts,
        evidence,
        depends_on_catalog: false,
    }
}

/// The place of a text in a policy of the example.
fn place(organization: &Organization, policy: &str, statement: usize, path: Option<&str>, text: &str) -> Place {
    let index = organization.resolve_policy(policy).unwrap();
    let policy = organization.policy(index);
    let start = policy.content.as_ref().unwrap().find(text).unwrap();
    let targets = organization.nodes().filter(|(_, node)| node.scps.contains(&index)).map(|(id, _)| id).collect();
    Place {
        policy: Some(index),
        statement: Some(statement),
        sid: policy.document.statements[statement].sid.clone(),
        path: path.map(str::to_owned),
        span: Some(start..start + text.len()),
        targets,
    }
}

fn classes(organization: &Organization, services: usize) -> Vec<PermissionClass> {
    let accounts = |target: &str| accounts_below(organization, target);
    let class = |name: &str, accounts: Vec<NodeId>, counts: AccessCounts, differs| PermissionClass {
        name: name.to_owned(),
        accounts,
        not_applicable: None,
        counts,
        services: vec![counts; services],
        differs,
        groups: None,
    };
    let others: Vec<NodeId> = organization
        .accounts()
        .filter(|id| {
            let account = organization.node(*id).target.as_str();
            !accounts("Sandbox").contains(id) && account != "011000000001"
        })
        .collect();
    let changes = vec![
        AccessChange {
            own: Access::AlwaysBlocked,
            other: Access::NeverBlocked,
            actions: actions(&["redshift:*", "emr:*"], &[], 141),
        },
        AccessChange {
            own: Access::Depends,
            other: Access::Depends,
            actions: actions(&["ec2:*"], &["ec2:Describe*", "ec2:RunInstances"], 412),
        },
    ];
    let mut management = class(
        "C",
        accounts("management"),
        counts(18_401, 0, 0),
        Some(ClassDifference { from: 0, changes: Vec::new() }),
    );
    management.not_applicable = Some(Reason::ManagementAccount);
    vec![
        class("A", others, counts(17_000, 1_300, 101), None),
        class("B", accounts("Sandbox"), counts(900, 1_200, 16_301), Some(ClassDifference { from: 0, changes })),
        management,
    ]
}

fn guardrails(organization: &Organization) -> Vec<GuardrailReport> {
    let governed = || organization.accounts().filter(|&id| organization.node(id).target.as_str() != "011000000001");
    let sandbox = accounts_below(organization, "Sandbox");
    let aimed = organization.resolve_policy("protect-audit-trail").unwrap();
    let exempt = || group(accounts_below(organization, "management"), GuardrailState::NotApplicable, Vec::new());
    let report = |guardrail: Guardrail, mut groups: Vec<GuardrailGroup>| {
        groups.push(exempt());
        let is_adopted = guardrail.id != "mainframes";
        let aim = GuardrailAim::Statement { policy: aimed, statement: 0 };
        let aims = if is_adopted { vec![aim, GuardrailAim::AllowList(organization.root())] } else { Vec::new() };
        GuardrailReport { guardrail: Arc::new(guardrail), is_demanded: false, aims, groups }
    };
    let others = || governed().filter(|id| !sandbox.contains(id)).collect::<Vec<_>>();
    let region = || compares("aws:RequestedRegion", "StringEquals", "us-east-1");
    let policy = organization.find_policy(&PolicyId::parse("p-regionlock1").unwrap()).unwrap();
    let hole = Passing {
        kind: PassingKind::Hole,
        actions: actions(&["iam:CreateUser", "iam:CreateAccessKey"], &[], 2),
        when: Arc::new(Predicate::any([
            Predicate::all([region(), Predicate::absent("aws:PrincipalTag/team")]),
            Predicate::all([region(), compares("aws:MultiFactorAuthPresent", "Bool", "true")]),
        ])),
        when_is_complete: true,
        witness: Some(witness(
            organization,
            Request::new("sandbox-alice", "iam:CreateUser")
                .with_resource(RequestResource::Arn("arn:aws:iam::417000000001:user/x".to_owned())),
        )),
        why: Vec::new(),
    };
    let mut accepted = group(sandbox.clone(), GuardrailState::Suppressed, vec![hole.clone()]);
    accepted.reason = Some("no data in there".to_owned());
    let apart = group(governed().collect(), GuardrailState::NotAdopted, vec![hole.clone()]);
    let exemption = Passing {
        kind: PassingKind::Exemption,
        actions: actions(&["cloudtrail:*"], &["cloudtrail:Get*"], 40),
        when: Arc::new(compares("aws:PrincipalArn", "ArnLike", "arn:aws:iam::*:role/break-glass")),
        when_is_complete: true,
        witness: Some(witness(
            organization,
            Request::new("shop", "cloudtrail:StopLogging")
                .with_principal("arn:aws:iam::214000000001:role/break-glass")
                .with_context(Context::new().with("aws:RequestedRegion", "eu-west-1")),
        )),
        why: Vec::new(),
    };
    let open = Passing {
        kind: PassingKind::Open,
        actions: actions(&["s3:PutBucketPolicy"], &[], 1),
        when: Arc::new(Predicate::ALWAYS),
        when_is_complete: false,
        witness: Some(witness(organization, Request::new("shop", "s3:PutBucketPolicy"))),
        why: vec![
            Why::Open(Undecided::Rule("CTX-12")),
            Why::Open(Undecided::Policy(policy)),
            Why::Limit("alternatives", 64),
            Why::Stopped,
        ],
    };
    vec![
        report(
            guardrail(
                "leave-organization",
                "Accounts cannot leave the organization",
                Risk::High,
                "organizations:LeaveOrganization",
            ),
            vec![group(governed().collect(), GuardrailState::Holds, Vec::new())],
        ),
        report(
            guardrail("long-lived-credentials", "Nobody makes long-lived credentials", Risk::Medium, "iam:CreateUser"),
            vec![
                group(sandbox.clone(), GuardrailState::Hole, vec![hole]),
                group(others(), GuardrailState::Holds, Vec::new()),
            ],
        ),
        report(
            guardrail("audit-trail", "Nobody stops the audit trail", Risk::High, "cloudtrail:StopLogging"),
            vec![group(governed().collect(), GuardrailState::HoldsExcept, vec![exemption])],
        ),
        report(
            guardrail("public-buckets", "Nobody opens a bucket to the public", Risk::High, "s3:PutBucketPolicy"),
            vec![
                group(others(), GuardrailState::Unknown, vec![open]),
                group(sandbox.clone(), GuardrailState::Holds, Vec::new()),
            ],
        ),
        report(guardrail("mainframes", "Nobody uses mainframes", Risk::Low, "m2:*"), vec![apart]),
        report(
            guardrail("access-keys", "Nobody makes access keys", Risk::Medium, "iam:CreateAccessKey"),
            vec![accepted, group(others(), GuardrailState::Holds, Vec::new())],
        ),
    ]
}

fn root_callers(organization: &Organization) -> Vec<RootCaller> {
    let policy = organization.resolve_policy("deny-root-user").unwrap();
    let group = |access, policies, target: &str| RootCallerGroup {
        access,
        policies,
        accounts: accounts_below(organization, target),
    };
    RootCallerKind::ALL
        .map(|kind| RootCaller {
            kind,
            groups: vec![
                group(RootAccess::EverythingBlocked, vec![policy], "Workloads"),
                group(RootAccess::SomeBlocked, Vec::new(), "Sandbox"),
                group(RootAccess::NotApplicable, Vec::new(), "management"),
                group(RootAccess::NothingBlocked, Vec::new(), "policy-canary"),
            ],
        })
        .to_vec()
}

fn findings(organization: &Organization) -> Vec<Finding> {
    let prod = accounts_below(organization, "Prod");
    let mut of_action = finding(
        "action-unknown",
        Risk::Low,
        place(
            organization,
            "protect-audit-trail",
            0,
            Some("Statement[0].Action[2]"),
            "\"cloudtrail:PutEventSelectors\"",
        ),
        organization.accounts().collect(),
        Evidence::Snapshot,
    );
    of_action.depends_on_catalog = true;
    let mut of_unit = finding(
        "empty-unit",
        Risk::Info,
        Place { targets: accounts_below(organization, "Security"), ..Place::default() },
        Vec::new(),
        Evidence::Snapshot,
    );
    of_unit.rule = None;
    let example = Request::new("shop", "ec2:RunInstances")
        .with_context(Context::new().with("aws:RequestedRegion", "us-east-1").with_list("aws:TagKeys", ["a"]));
    vec![
        finding(
            "deny-without-effect",
            Risk::High,
            place(organization, "region-lock", 0, Some("Statement[0]"), "\"Sid\""),
            prod,
            Evidence::Proof("the Deny of `deny-root-user` matches every call that this one matches".to_owned()),
        ),
        finding(
            "guard-cannot-be-met",
            Risk::Medium,
            Place { statement: None, sid: None, ..place(organization, "cost-tags-pilot", 0, None, "Statement") },
            accounts_below(organization, "policy-canary"),
            Evidence::Witness("two calls that must differ do not".to_owned(), vec![witness(organization, example)]),
        ),
        of_action,
        of_unit,
    ]
}

/// An audit of the example organization with something of everything.
pub(super) fn audit() -> Audit {
    let organization = example();
    let catalog = Catalog::embedded();
    let services = ["ec2", "s3"].map(|prefix| catalog.service(prefix).unwrap());
    let suppressed = finding(
        "unused-policy",
        Risk::Low,
        place(&organization, "holiday-freeze", 0, None, "{"),
        Vec::new(),
        Evidence::Snapshot,
    );
    Audit {
        scope: Scope {
            accounts: organization.accounts().collect(),
            all_accounts: true,
            actions: 18_401,
            all_actions: true,
            principal: None,
            services: services.to_vec(),
            unlisted_actions: vec!["s3:getnothing".to_owned()],
        },
        classes: classes(&organization, services.len()),
        root_callers: root_callers(&organization),
        guardrails: guardrails(&organization),
        findings: findings(&organization),
        suppressed: vec![Suppressed { finding: suppressed, reason: "attached every December".to_owned() }],
        unused_suppressions: vec![Suppression {
            finding: "deny-without-effect:p-gone*".to_owned(),
            reason: "ticket 12".to_owned(),
            until: Some("2027-01-31".to_owned()),
            scope: AccountScope { accounts: Vec::new(), units: vec!["Prod".to_owned()] },
        }],
        organization: Arc::new(organization),
    }
}

fn compares(key: &str, operator: &str, value: &str) -> Predicate {
    Predicate::compares(key, ConditionOperator::parse(operator).unwrap(), &[value])
}

/// An audit of an organization whose people write what they like, wherever they can.
pub(super) fn hostile(organization: Organization) -> Audit {
    const TEXT: &str = "=@all [x](http://evil) `</details>|<img src=x>\u{1b}[2J\u{202e}\u{ffff}]]>&\"'\n# owned\r\t{0}";
    let accounts: Vec<NodeId> = organization.accounts().collect();
    let passing = |kind| Passing {
        kind,
        actions: actions(&[TEXT], &[TEXT], 0),
        when: Arc::new(Predicate::any([Predicate::absent(TEXT), Predicate::absent("")])),
        when_is_complete: false,
        witness: Some(witness(
            &organization,
            Request::new("222222222222", "s3:GetObject").with_context(Context::new().with(TEXT, TEXT)),
        )),
        why: vec![Why::Relation(vec![TEXT.to_owned()]), Why::Open(Undecided::Key(TEXT.to_owned()))],
    };
    let mut rail = guardrail(TEXT, TEXT, Risk::High, TEXT);
    TEXT.clone_into(&mut rail.why);
    TEXT.clone_into(&mut rail.category);
    rail.sources = vec![TEXT.to_owned()];
    rail.scope = AccountScope { accounts: vec![TEXT.to_owned()], units: vec![TEXT.to_owned()] };
    let states = [
        (GuardrailState::Hole, PassingKind::Hole),
        (GuardrailState::Unknown, PassingKind::Open),
        (GuardrailState::NotAdopted, PassingKind::Hole),
        (GuardrailState::Suppressed, PassingKind::Hole),
        (GuardrailState::HoldsExcept, PassingKind::Exemption),
    ];
    let policy = organization.resolve_policy("p-hostile0001").unwrap();
    let report = |(state, kind)| GuardrailReport {
        guardrail: Arc::new(rail.clone()),
        is_demanded: true,
        aims: vec![GuardrailAim::Statement { policy, statement: 0 }],
        groups: vec![GuardrailGroup {
            reason: (state == GuardrailState::Suppressed).then(|| TEXT.to_owned()),
            ..group(accounts.clone(), state, vec![passing(kind)])
        }],
    };
    let place = Place {
        policy: Some(policy),
        statement: Some(0),
        sid: Some(TEXT.to_owned()),
        path: Some(TEXT.to_owned()),
        span: Some(0..9_999),
        targets: organization.nodes().map(|(id, _)| id).collect(),
    };
    let mut finding = finding("hostile", Risk::High, place, accounts.clone(), Evidence::Proof(TEXT.to_owned()));
    for text in [&mut finding.message, &mut finding.reason, &mut finding.remedy, &mut finding.fingerprint] {
        TEXT.clone_into(text);
    }
    let class = PermissionClass {
        name: "A".to_owned(),
        accounts: accounts.clone(),
        not_applicable: None,
        counts: counts(1, 0, 0),
        services: Vec::new(),
        differs: None,
        groups: None,
    };
    let changes =
        vec![AccessChange { own: Access::Depends, other: Access::NeverBlocked, actions: actions(&[TEXT], &[TEXT], 3) }];
    let other =
        PermissionClass { name: "B".to_owned(), differs: Some(ClassDifference { from: 0, changes }), ..class.clone() };
    Audit {
        scope: Scope { accounts: accounts.clone(), unlisted_actions: vec![TEXT.to_owned()], ..Scope::default() },
        classes: vec![class, other],
        root_callers: Vec::new(),
        guardrails: states.into_iter().map(report).collect(),
        findings: vec![finding.clone()],
        suppressed: vec![Suppressed { finding, reason: TEXT.to_owned() }],
        unused_suppressions: vec![Suppression {
            finding: TEXT.to_owned(),
            reason: TEXT.to_owned(),
            until: Some(TEXT.to_owned()),
            scope: AccountScope { accounts: vec![TEXT.to_owned()], units: Vec::new() },
        }],
        organization: Arc::new(organization),
    }
}

/// An audit of no account.
pub(super) fn empty() -> Audit {
    Audit {
        organization: Arc::new(example()),
        scope: Scope::default(),
        classes: Vec::new(),
        root_callers: Vec::new(),
        guardrails: Vec::new(),
        findings: Vec::new(),
        suppressed: Vec::new(),
        unused_suppressions: Vec::new(),
    }
}

/// The audit with each of its parts many times.
pub(super) fn large() -> Audit {
    let mut audit = audit();
    audit.findings = audit.findings.iter().cycle().take(2_000).cloned().collect();
    audit.classes = audit.classes.iter().cycle().take(900).cloned().collect();
    audit.guardrails = audit.guardrails.iter().cycle().take(400).cloned().collect();
    audit
}

/// A policy of a guardrail.
fn document(text: &str) -> Arc<PolicyDocument> {
    Arc::new(PolicyDocument::parse(text, PolicyKind::ServiceControl).document)
}
