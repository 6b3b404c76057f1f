//! Audits to render: real permissions of real organizations, with guardrails judged by a short rule and findings made
//! up. What an audit finds is tested where it is found.

use std::collections::BTreeMap;
use std::sync::Arc;

use scproof_auditor::{
    AccessChange, AccessCounts, Audit, ClassDifference, Evidence, Finding, Guardrail, GuardrailGroup, GuardrailReport,
    GuardrailState, Passing, PassingKind, PermissionClass, Place, Risk, Scope, Suppressed, Suppression, Witness,
};
use scproof_catalog::Catalog;
use scproof_evaluator::{
    Access, Caller, CompiledOrganization, Context, EffectiveGroup, EvaluationOptions, Predicate, Request, Undecided,
};
use scproof_organization::{AccountScope, NodeId, Organization, PolicyIndex};
use scproof_policy_parser::{PolicyDocument, PolicyKind, locate};
use scproof_prover::{ActionSet, ActionTerm, Why};

pub(crate) fn example_organization() -> Organization {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/organizations/example.json");
    Organization::load(path).unwrap()
}

pub(crate) fn large_organization() -> Organization {
    let shape =
        scproof_benches::Shape { units: 500, policies: 200, ..scproof_benches::Shape::with_accounts(10_000, 7) };
    let json = serde_json::to_string(&scproof_benches::generate(&shape)).unwrap();
    Organization::from_json(&json).unwrap()
}

/// Title, category, severity, actions.
const GUARDRAILS: [(&str, &str, Risk, &[&str]); 14] = [
    ("Accounts cannot leave the organization", "Organization", Risk::High, &["organizations:LeaveOrganization"]),
    (
        "Nobody stops or deletes CloudTrail trails",
        "Audit trails",
        Risk::High,
        &["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"],
    ),
    (
        "Nobody turns AWS Config off",
        "Audit trails",
        Risk::High,
        &["config:DeleteConfigurationRecorder", "config:StopConfigurationRecorder"],
    ),
    (
        "Nobody turns GuardDuty off",
        "Detection",
        Risk::High,
        &["guardduty:DeleteDetector", "guardduty:DisassociateFromMasterAccount"],
    ),
    ("Nobody turns Security Hub off", "Detection", Risk::Medium, &["securityhub:DisableSecurityHub"]),
    ("Nobody opens S3 buckets of the account to the public", "Data", Risk::High, &["s3:PutAccountPublicAccessBlock"]),
    ("KMS keys are not deleted", "Data", Risk::High, &["kms:ScheduleKeyDeletion"]),
    ("Backups are not deleted", "Data", Risk::Medium, &["backup:DeleteRecoveryPoint", "backup:DeleteBackupVault"]),
    ("No IAM users or access keys are made", "Identity", Risk::Medium, &["iam:CreateUser", "iam:CreateAccessKey"]),
    (
        "SAML and OIDC providers stay as they are",
        "Identity",
        Risk::Medium,
        &["iam:CreateSAMLProvider", "iam:DeleteSAMLProvider"],
    ),
    ("Default VPCs are not made", "Network", Risk::Low, &["ec2:CreateDefaultVpc", "ec2:CreateDefaultSubnet"]),
    ("VPC peering with others is not accepted", "Network", Risk::Medium, &["ec2:AcceptVpcPeeringConnection"]),
    ("EBS encryption by default stays on", "Data", Risk::Medium, &["ec2:DisableEbsEncryptionByDefault"]),
    (
        "Regions are not enabled or disabled",
        "Organization",
        Risk::Low,
        &["account:EnableRegion", "account:DisableRegion"],
    ),
];

fn kebab(title: &str) -> String {
    title.to_lowercase().split(' ').filter(|word| word.len() > 2).take(4).collect::<Vec<_>>().join("-")
}

fn guardrail(number: usize) -> (Arc<Guardrail>, &'static [&'static str]) {
    let (title, category, risk, actions) = GUARDRAILS[number % GUARDRAILS.len()];
    let round = number / GUARDRAILS.len();
    let suffix = if round == 0 { String::new() } else { format!(" – variant {round}") };
    let document = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": actions, "Resource": "*"}],
    });
    let guardrail = Guardrail {
        id: format!("{}{}", kebab(title), if round == 0 { String::new() } else { format!("-{round}") }),
        title: format!("{title}{suffix}"),
        why: "Without it whoever takes over an administrator of the account can switch the control off, and nobody is told.".to_owned(),
        category: category.to_owned(),
        risk,
        sources: vec!["https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples.html".to_owned()],
        scope: AccountScope::default(),
        document: Arc::new(PolicyDocument::parse(&document.to_string(), PolicyKind::ServiceControl).document),
    };
    (Arc::new(guardrail), actions)
}

/// What the policies of a path are, as far as names go.
fn signature(organization: &Organization, account: NodeId) -> Vec<Vec<usize>> {
    let levels = organization.inheritance_path(account).into_iter();
    levels.map(|level| organization.node(level).scps.iter().map(|policy| policy.index()).collect()).collect()
}

struct Builder {
    compiled: CompiledOrganization,
    organization: Arc<Organization>,
}

impl Builder {
    fn new(organization: Organization) -> Self {
        let compiled = CompiledOrganization::compile(organization.clone(), EvaluationOptions::default());
        Self { compiled, organization: Arc::new(organization) }
    }

    fn id(&self, account: NodeId) -> String {
        self.organization.node(account).target.as_str().to_owned()
    }

    fn groups(&self, account: NodeId) -> (Option<scproof_evaluator::Reason>, Vec<EffectiveGroup>) {
        let caller = Caller { account: self.id(account), ..Caller::default() };
        let permissions = self.compiled.effective(&caller).unwrap();
        (permissions.not_applicable, permissions.groups)
    }

    /// At most `most` classes; beyond that accounts are put into one of them, whatever they can do.
    fn classes(&self, most: usize) -> Vec<PermissionClass> {
        let catalog = Catalog::embedded();
        let mut by_signature: BTreeMap<Vec<Vec<usize>>, Vec<NodeId>> = BTreeMap::new();
        for account in self.organization.accounts() {
            let management = self.organization.management_account().is_some_and(|id| self.id(account) == id.as_str());
            let key = if management { Vec::new() } else { signature(&self.organization, account) };
            by_signature.entry(key).or_default().push(account);
        }
        let mut parts: Vec<Vec<NodeId>> = by_signature.into_values().collect();
        parts.sort_by_key(|accounts| std::cmp::Reverse(accounts.len()));
        let rest = parts.split_off(parts.len().min(most));
        for (number, accounts) in rest.into_iter().enumerate() {
            let at = number % most;
            parts[at].extend(accounts);
        }
        let mut classes: Vec<PermissionClass> = Vec::new();
        for mut accounts in parts {
            accounts.sort_unstable();
            let (not_applicable, groups) = self.groups(accounts[0]);
            let mut services = vec![AccessCounts::default(); catalog.services().len()];
            let mut counts = AccessCounts::default();
            for group in &groups {
                for &action in group.actions.iter() {
                    services[catalog.action(action).service_id().index()].add(group.access, 1);
                }
                counts.add(group.access, group.actions.len());
            }
            if not_applicable.is_some() {
                for service in catalog.services() {
                    services[service.index()].never_blocked = catalog.actions_of(service).len();
                }
                counts.never_blocked = catalog.action_count();
            }
            let alike = classes.iter_mut().find(|class| {
                class.not_applicable == not_applicable && most == usize::MAX && class.groups.as_deref() == Some(&groups)
            });
            if let Some(class) = alike {
                class.accounts.extend(accounts);
                continue;
            }
            classes.push(PermissionClass {
                name: String::new(),
                accounts,
                not_applicable,
                counts,
                services,
                differs: None,
                groups: Some(groups),
            });
        }
        classes.sort_by_key(|class| std::cmp::Reverse(class.accounts.len()));
        for number in 0..classes.len() {
            classes[number].name = letters(number);
            classes[number].differs = difference(&classes, number);
        }
        classes
    }

    fn access<'a>(class: &'a PermissionClass, action: &str) -> Option<&'a EffectiveGroup> {
        let id = Catalog::embedded().find_action(action)?;
        class.groups.as_ref()?.iter().find(|group| group.actions.contains(&id))
    }

    fn guardrails(&self, classes: &[PermissionClass], number: usize) -> Vec<GuardrailReport> {
        // What a usual role can do: an exemption of others is no hole.
        let of_role = |class: &PermissionClass| {
            let account = self.id(class.accounts[0]);
            let principal = Some(format!("arn:aws:iam::{account}:role/Admin"));
            self.compiled.effective(&Caller { account, principal, ..Caller::default() }).unwrap().groups
        };
        let of_roles: Vec<Vec<EffectiveGroup>> = classes.iter().map(of_role).collect();
        (0..number)
            .map(|number| {
                let (guardrail, actions) = guardrail(number);
                let mut groups: Vec<GuardrailGroup> = Vec::new();
                for (class, of_role) in classes.iter().zip(&of_roles) {
                    let (state, passing) = self.judge(class, of_role, actions);
                    let alike = groups.iter_mut().find(|group| {
                        let words =
                            |passing: &[Passing]| passing.iter().map(|p| (p.kind, p.when.clone())).collect::<Vec<_>>();
                        group.state == state && words(&group.passing) == words(&passing)
                    });
                    match alike {
                        Some(group) => group.accounts.extend(&class.accounts),
                        None => groups.push(GuardrailGroup {
                            accounts: class.accounts.clone(),
                            state,
                            reason: None,
                            passing,
                            passing_is_complete: true,
                        }),
                    }
                }
                groups.sort_by_key(|group| group.state);
                for group in &mut groups {
                    group.accounts.sort_unstable();
                }
                GuardrailReport { guardrail, is_demanded: true, aims: Vec::new(), groups }
            })
            .collect()
    }

    fn judge(
        &self,
        class: &PermissionClass,
        of_role: &[EffectiveGroup],
        actions: &[&str],
    ) -> (GuardrailState, Vec<Passing>) {
        if class.not_applicable.is_some() {
            return (GuardrailState::NotApplicable, Vec::new());
        }
        let account = self.id(class.accounts[0]);
        let role = format!("arn:aws:iam::{account}:role/Admin");
        let mut passing = Vec::new();
        for action in actions {
            let Some(group) = Self::access(class, action).filter(|group| group.access != Access::AlwaysBlocked) else {
                continue;
            };
            let condition = group.depends_on.clone();
            let open = group.undecided.iter().any(|open| matches!(open, Undecided::Policy(_) | Undecided::Rule(_)));
            let id = Catalog::embedded().find_action(action);
            let role_passes = of_role.iter().any(|group| {
                group.access != Access::AlwaysBlocked && group.actions.iter().any(|action| Some(*action) == id)
            });
            let kind = match role_passes {
                _ if open => PassingKind::Open,
                true => PassingKind::Hole,
                false => PassingKind::Exemption,
            };
            let request = Request::new(account.clone(), *action)
                .with_principal(role.clone())
                .with_context(Context::new().with("aws:RequestedRegion", "eu-west-1"));
            let decision = self.compiled.decide(&self.compiled.prepare(&request).unwrap());
            passing.push(Passing {
                kind,
                actions: exactly(&[action]),
                when: Arc::new(condition.unwrap_or(Predicate::ALWAYS)),
                when_is_complete: true,
                // A call of that role shows no exemption of others.
                witness: (kind != PassingKind::Exemption).then_some(Witness { request, decision }),
                why: if open { group.undecided.iter().cloned().map(Why::Open).collect() } else { Vec::new() },
            });
        }
        passing.sort_by_key(|passing| passing.kind);
        let state = passing.first().map_or(GuardrailState::Holds, |passing| match passing.kind {
            PassingKind::Hole => GuardrailState::Hole,
            PassingKind::Open => GuardrailState::Unknown,
            PassingKind::Exemption => GuardrailState::HoldsExcept,
        });
        (state, passing)
    }

    fn below(&self, targets: &[NodeId]) -> Vec<NodeId> {
        let below = targets.iter().flat_map(|target| self.organization.subtree(*target));
        let mut accounts: Vec<NodeId> = below.filter(|node| self.organization.node(*node).account.is_some()).collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }

    /// One or more findings for each policy.
    fn findings(&self, each: usize) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (index, policy) in
            self.organization.policies().filter(|(_, policy)| policy.kind == PolicyKind::ServiceControl)
        {
            let targets: Vec<NodeId> =
                self.organization.nodes().filter(|(_, node)| node.scps.contains(&index)).map(|(id, _)| id).collect();
            if policy.aws_managed {
                continue;
            }
            for round in 0..each {
                findings.push(self.finding(index, &targets, index.index() * each + round));
            }
        }
        findings.sort_by(|a, b| (b.risk, a.code, &a.fingerprint).cmp(&(a.risk, b.code, &b.fingerprint)));
        findings
    }

    fn finding(&self, index: PolicyIndex, targets: &[NodeId], number: usize) -> Finding {
        let policy = self.organization.policy(index);
        let statement = number % policy.document.statements.len().max(1);
        let kinds: [(&'static str, Risk, &str, &str, &str); 6] = [
            (
                "exemption-can-be-claimed",
                Risk::High,
                "the exemption `arn:aws:iam::*:role/Admin*` can be claimed by anybody who may make roles",
                "An administrator of the account makes a role with such a name, and the Deny does not concern it any more.",
                "Name the path of the roles, such as `arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*`, and deny making roles there.",
            ),
            (
                "region-lock-blocks-global-service",
                Risk::Medium,
                "the region lock blocks `route53:*`, which has one region only",
                "Global services are called in `us-east-1`, so calls of `route53` fail in every account below.",
                "Add `route53:*` to the NotAction element.",
            ),
            (
                "deny-without-effect",
                Risk::Low,
                "this Deny blocks nothing that is not blocked already",
                "Another Deny at the root blocks the same calls. Who reads the policy takes it for the one in force.",
                "Take the statement out, or the other one.",
            ),
            (
                "allow-without-effect",
                Risk::Low,
                "this Allow changes nothing beside `FullAWSAccess`",
                "A call needs one matching Allow at the level; `FullAWSAccess` matches all.",
                "Detach `FullAWSAccess` here if this was meant as an allow list.",
            ),
            (
                "action-unknown",
                Risk::Medium,
                "no service has the action `s3:GetBuckets`",
                "The statement does not do what it seems to do: the action does not exist.",
                "Did you mean `s3:ListAllMyBuckets`?",
            ),
            (
                "policy-near-limit",
                Risk::Info,
                "the policy uses 94 % of the 5,120 characters",
                "The next exemption may not fit.",
                "Move a statement to a policy of its own.",
            ),
        ];
        let (code, risk, message, reason, remedy) = kinds[number % kinds.len()];
        let path = policy.document.statement_path(statement);
        let span = policy.content.as_deref().and_then(|text| locate(text, &format!("{path}.Effect").parse().unwrap()));
        let accounts = self.below(targets);
        let evidence = match (number % 3, accounts.first()) {
            (0, Some(account)) => {
                let request = Request::new(self.id(*account), "s3:GetObject");
                let decision = self.compiled.decide(&self.compiled.prepare(&request).unwrap());
                Evidence::Witness(
                    "a call that the statement was meant to block".to_owned(),
                    vec![Witness { request, decision }],
                )
            }
            (1, _) => Evidence::Proof("with and without it the same calls pass in every account below".to_owned()),
            _ => Evidence::Snapshot,
        };
        Finding {
            code,
            fingerprint: format!("{code}:{}#{statement}.{number}", policy.id),
            risk,
            message: message.to_owned(),
            reason: reason.to_owned(),
            remedy: remedy.to_owned(),
            rule: number.is_multiple_of(2).then_some("EVAL-5"),
            place: Place {
                policy: Some(index),
                statement: Some(statement),
                sid: policy.document.statements.get(statement).and_then(|statement| statement.sid.clone()),
                path: Some(path),
                span,
                targets: targets.to_vec(),
            },
            accounts,
            evidence,
            depends_on_catalog: code == "action-unknown",
        }
    }

    fn audit(self, most: usize, guardrails: usize, each: usize) -> Audit {
        let catalog = Catalog::embedded();
        let classes = self.classes(most);
        let reports = self.guardrails(&classes, guardrails);
        let mut findings = self.findings(each);
        let suppressed = findings.split_off(findings.len() - findings.len() / 8);
        let reason = "Accepted until the new landing zone is there".to_owned();
        Audit {
            scope: Scope {
                accounts: self.organization.accounts().collect(),
                all_accounts: true,
                actions: catalog.action_count(),
                all_actions: true,
                principal: None,
                services: catalog.services().collect(),
                unlisted_actions: Vec::new(),
            },
            classes,
            root_callers: Vec::new(),
            guardrails: reports,
            findings,
            suppressed: suppressed.into_iter().map(|finding| Suppressed { finding, reason: reason.clone() }).collect(),
            unused_suppressions: vec![Suppression {
                finding: "allow-list-missing:*".to_owned(),
                reason,
                until: None,
                scope: AccountScope::default(),
            }],
            organization: self.organization,
        }
    }
}

fn letters(mut number: usize) -> String {
    let mut name = String::new();
    loop {
        name.insert(0, char::from(b'A' + u8::try_from(number % 26).unwrap()));
        if number < 26 {
            return name;
        }
        number = number / 26 - 1;
    }
}

fn exactly(actions: &[&str]) -> ActionSet {
    let terms =
        actions.iter().map(|action| ActionTerm { all_of: vec![action.to_lowercase()], except: Vec::new() }).collect();
    ActionSet { terms, listed: actions.len() }
}

/// The difference to the class before it with the nearest counts.
fn difference(classes: &[PermissionClass], number: usize) -> Option<ClassDifference> {
    let catalog = Catalog::embedded();
    let distance = |from: &usize| classes[*from].counts.always_blocked.abs_diff(classes[number].counts.always_blocked);
    let from = (0..number).min_by_key(distance)?;
    let table = |class: &PermissionClass| {
        let mut table = vec![Access::NeverBlocked; catalog.action_count()];
        for group in class.groups.iter().flatten() {
            for action in group.actions.iter() {
                table[action.index()] = group.access;
            }
        }
        table
    };
    let mut changes: BTreeMap<(Access, Access), Vec<String>> = BTreeMap::new();
    for (at, (other, own)) in table(&classes[from]).into_iter().zip(table(&classes[number])).enumerate() {
        if other != own {
            let name = catalog.action(catalog.action_at(at).unwrap()).full_name();
            changes.entry((own, other)).or_default().push(name);
        }
    }
    let changes = changes.into_iter().map(|((own, other), names)| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        AccessChange { other, own, actions: exactly(&names) }
    });
    Some(ClassDifference { from, changes: changes.collect() })
}

pub(crate) fn example() -> Audit {
    Builder::new(example_organization()).audit(usize::MAX, GUARDRAILS.len(), 1)
}

/// 10,000 accounts, 300 classes, 40 guardrails, 200 policies, 540 findings.
pub(crate) fn large() -> Audit {
    Builder::new(large_organization()).audit(300, 40, 3)
}

/// What somebody could write into names and policies to take the page over.
pub(crate) const HOSTILE: [&str; 6] = [
    "</script><img src=x onerror=\"document.title='taken'\">",
    "<!--<script>document.title='taken'</script>",
    "javascript:document.title='taken'",
    "\u{202e}gpj.nimda\u{2066}",
    "\"><svg/onload=document.title='taken'>",
    "]]>\u{2028}${alert(1)}`'&amp;\u{0}\u{feff}",
];

/// The same in every place that takes a text.
pub(crate) fn hostile() -> Audit {
    let content = serde_json::json!({"Version": "2012-10-17", "Statement": HOSTILE.iter().map(|text| serde_json::json!({
        "Sid": text, "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*",
        "Condition": {"StringNotLike": {"aws:PrincipalArn": text}},
    })).collect::<Vec<_>>()});
    let full = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let account = |number: usize| serde_json::json!({"Id": format!("22222222222{number}"), "Name": HOSTILE[number], "State": "ACTIVE", "ParentId": "ou-ab12-unit0001"});
    let mut policies = vec![
        serde_json::json!({"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": true, "Content": full}),
    ];
    policies.extend(HOSTILE.iter().enumerate().map(|(number, text)| {
        serde_json::json!({"Id": format!("p-hostile{number}"), "Name": text, "Description": text, "Type": "SERVICE_CONTROL_POLICY", "Content": content.to_string()})
    }));
    let mut attachments = Vec::new();
    let targets =
        (0..6).map(|number| format!("22222222222{number}")).chain(["r-ab12", "ou-ab12-unit0001"].map(str::to_owned));
    for target in targets {
        attachments.push(serde_json::json!({"TargetId": target, "PolicyId": "p-FullAWSAccess"}));
    }
    for number in 0..6 {
        attachments.push(
            serde_json::json!({"TargetId": format!("22222222222{number}"), "PolicyId": format!("p-hostile{number}")}),
        );
    }
    let snapshot = serde_json::json!({
        "Format": "scproof-inventory/1", "TakenAt": HOSTILE[0],
        "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "111111111111"},
        "Roots": [{"Id": "r-ab12", "Name": HOSTILE[1]}],
        "OrganizationalUnits": [{"Id": "ou-ab12-unit0001", "Name": HOSTILE[0], "ParentId": "r-ab12"}],
        "Accounts": (0..6).map(account).collect::<Vec<_>>(),
        "Policies": policies, "Attachments": attachments,
        "Unreadable": [{"TargetId": "222222222223", "Operation": "ListPoliciesForTarget", "Error": HOSTILE[0]}],
    });
    let mut audit = Builder::new(Organization::from_json(&snapshot.to_string()).unwrap()).audit(usize::MAX, 3, 1);
    audit.scope.unlisted_actions = HOSTILE.map(str::to_owned).to_vec();
    for (finding, text) in audit.findings.iter_mut().zip(HOSTILE.iter().cycle()) {
        finding.message = format!("odd {text}");
        (*text).clone_into(&mut finding.reason);
        (*text).clone_into(&mut finding.remedy);
        finding.place.sid = Some((*text).to_owned());
    }
    for report in &mut audit.guardrails {
        let guardrail = Arc::make_mut(&mut report.guardrail);
        HOSTILE[0].clone_into(&mut guardrail.title);
        HOSTILE[4].clone_into(&mut guardrail.why);
        guardrail.sources.extend(HOSTILE.map(str::to_owned));
        for statement in &mut Arc::make_mut(&mut guardrail.document).statements {
            statement.sid = Some(HOSTILE[1].to_owned());
        }
        for passing in report.groups.iter_mut().flat_map(|group| &mut group.passing) {
            passing.when = Arc::new(Predicate::all([HOSTILE[0], HOSTILE[3]].map(Predicate::absent)));
        }
    }
    for suppressed in &mut audit.suppressed {
        HOSTILE[4].clone_into(&mut suppressed.reason);
    }
    audit
}

/// One account, no guardrail, no finding.
pub(crate) fn small() -> Audit {
    let mut audit = example();
    let account = audit.scope.accounts[0];
    audit.scope.accounts.truncate(1);
    audit.scope.all_accounts = false;
    audit.classes.retain_mut(|class| {
        class.accounts.retain(|other| *other == account);
        class.differs = None;
        class.groups = None;
        !class.accounts.is_empty()
    });
    audit.guardrails.clear();
    audit.findings.clear();
    audit.suppressed.clear();
    audit.unused_suppressions.clear();
    audit
}
