//! A denial held against what the policies say.

use scproof_evaluator::{
    CompiledOrganization, Context, Decision, Explanation, Predicate, Request, RequestError, StatementRef,
};
use scproof_organization::{NodeId, PolicyId, PolicyIndex};
use scproof_trail::PolicyType;

use crate::denial::Denial;

/// What the policies say of a call that AWS denied.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// What AWS says.
    pub denial: Denial,
    /// The call as it was asked about.
    pub request: Request,
    /// The answer with all its causes.
    pub explanation: Explanation,
    /// Where a role session called and the answer is open: the verdict if its role has no path.
    pub if_role_has_no_path: Option<Decision>,
    /// Whether both agree.
    pub agreement: Agreement,
    /// The policy that AWS names, if it is a service control policy.
    pub named: Option<NamedPolicy>,
    /// When the same caller may make the call on the same resource.
    pub this_caller: Passing,
    /// When another caller of the account may make the same call in the same way.
    pub other_callers: Passing,
}

/// Whether AWS and the snapshot agree about the cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Agreement {
    /// Both say the same.
    Agrees,
    /// The snapshot leaves it open, and what AWS says is among what may be.
    Possible,
    /// The call is, or may be, blocked by service control policies, but not as AWS says.
    OtherCause,
    /// AWS says that service control policies block the call, and by the snapshot they do not.
    Contradicts,
    /// AWS names a policy of another type. What service control policies say is beside that: AWS names one type only.
    OtherType,
    /// AWS does not say which policy.
    NotSaid,
}

impl Agreement {
    /// The stable spelling of machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Possible => "possible",
            Self::OtherCause => "otherCause",
            Self::Contradicts => "contradicts",
            Self::OtherType => "otherType",
            Self::NotSaid => "notSaid",
        }
    }
}

/// A service control policy that AWS names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPolicy {
    /// Its id.
    pub id: String,
    /// The policy of that id, if the snapshot has it.
    pub policy: Option<PolicyIndex>,
    /// Where on the way to the account it is attached, root first.
    pub attached: Vec<NodeId>,
    /// Its statements that deny the call.
    pub denies: Vec<StatementRef>,
    /// Its statements that may deny the call, and when they do not.
    pub may_deny: Vec<(StatementRef, Predicate)>,
}

/// When a call is not blocked by service control policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passing {
    /// Whatever else is so.
    Always,
    /// Whatever else is so, it is blocked.
    Never,
    /// If this holds.
    If(Predicate),
    /// What is not told by a condition decides.
    Open,
}

impl Passing {
    fn of(explanation: Explanation) -> Self {
        match (explanation.decision, explanation.depends_on) {
            (Decision::Allowed | Decision::NotApplicable, _) => Self::Always,
            (Decision::ExplicitDeny | Decision::ImplicitDeny | Decision::Deny, _) => Self::Never,
            (Decision::Unknown, Some(condition)) if !condition.is_never() && !condition.is_always() => {
                Self::If(condition)
            }
            (Decision::Unknown, _) => Self::Open,
        }
    }
}

/// Keys that belong to the caller or its session rather than to the way a call is made (LAW-5, LAW-7).
const OF_CALLER: [&str; 26] = [
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltype",
    "aws:userid",
    "aws:username",
    "aws:tokenissuetime",
    "aws:sourceidentity",
    "aws:federatedprovider",
    "aws:assumedroot",
    "aws:multifactorauthpresent",
    "aws:multifactorauthage",
    "aws:principalisawsservice",
    "aws:chatbotsourcearn",
    "aws:ec2instancesourceprivateipv4",
    "aws:ec2instancesourcevpc",
    "aws:signinsessionarn",
    "ec2:roledelivery",
    "ec2:sourceinstancearn",
    "glue:credentialissuingservice",
    "glue:roleassumedby",
    "identitystore:userid",
    "lambda:sourcefunctionarn",
    "ssm:sourceinstancearn",
    "sts:rolesessionname",
];

/// Asks the policies about a call that AWS denied: `request` is [that of the denial](Denial::request), with what else
/// is known of it.
///
/// Costs a few answers to single questions.
///
/// # Errors
///
/// If the call cannot be asked about: an account that the organization lacks is an answer, a principal that cannot call
/// is not.
///
/// ```
/// use scproof_denial::{Agreement, Denial, diagnose};
/// # let inventory = r#"{"Format": "scproof-inventory/1",
/// #   "Organization": {"Id": "o-exampleorg1", "FeatureSet": "ALL", "MasterAccountId": "999999999999"},
/// #   "Roots": [{"Id": "r-ab12", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}],
/// #   "OrganizationalUnits": [], "Accounts": [{"Id": "111111111111", "ParentId": "r-ab12"}],
/// #   "Policies": [{"Id": "p-example1", "Type": "SERVICE_CONTROL_POLICY", "Content":
/// #     "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"}, {\"Effect\": \"Deny\", \"Action\": \"iam:CreateUser\", \"Resource\": \"*\"}]}"}],
/// #   "Attachments": [{"TargetId": "r-ab12", "PolicyId": "p-example1"}, {"TargetId": "111111111111", "PolicyId": "p-example1"}]}"#;
/// # let organization = scproof_organization::Organization::from_json(inventory)?;
/// # let compiled = scproof_evaluator::CompiledOrganization::compile(organization, Default::default());
/// let denial = Denial::read(
///     "User: arn:aws:iam::111111111111:user/ann is not authorized to perform: iam:CreateUser on resource: \
///      arn:aws:iam::111111111111:user/bob with an explicit deny in a service control policy: \
///      arn:aws:organizations::999999999999:policy/o-exampleorg1/service_control_policy/p-example1",
/// )?;
/// let request = denial.request();
/// let found = diagnose(&compiled, denial, request)?;
/// assert_eq!(found.agreement, Agreement::Agrees);
/// // At both levels where it is attached.
/// assert_eq!(found.named.ok_or("AWS names one")?.denies.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn diagnose(compiled: &CompiledOrganization, denial: Denial, request: Request) -> Result<Diagnosis, RequestError> {
    let explanation = compiled.answer(&request)?;
    let named = named(compiled, &denial, &request.account, &explanation);
    let agreement = agreement(&denial, &explanation, named.as_ref());
    // What is left open is not absent, even if all that was not told of the one call is.
    let wider = Request { closed_context: false, ..request.clone() };
    let open = Request { region: None, context: kept(&request.context, true), ..wider.clone() };
    let this_caller = Passing::of(compiled.answer(&open)?);
    let others = Request { principal: None, context: kept(&request.context, false), ..wider };
    let other_callers = Passing::of(compiled.answer(&others)?);
    let if_role_has_no_path = compiled.if_role_has_no_path(&request, explanation.decision);
    Ok(Diagnosis { denial, request, explanation, if_role_has_no_path, agreement, named, this_caller, other_callers })
}

/// What a request tells of its caller, or all the rest. A caller's MFA is no fixed part of it.
fn kept(context: &Context, of_caller: bool) -> Context {
    let mut kept = Context::new();
    for (key, value) in context.iter() {
        let lower = key.to_ascii_lowercase();
        let is_of_caller = OF_CALLER.contains(&lower.as_str()) || lower.starts_with("aws:principaltag/");
        if is_of_caller == of_caller && !(of_caller && lower.starts_with("aws:multifactor")) {
            kept.insert(key, value.clone());
        }
    }
    kept
}

fn named(
    compiled: &CompiledOrganization,
    denial: &Denial,
    account: &str,
    explanation: &Explanation,
) -> Option<NamedPolicy> {
    let cause = denial.cause.as_ref().filter(|cause| cause.policy_type == PolicyType::ServiceControlPolicy)?;
    let id = cause.policy_arn.as_deref()?.rsplit('/').next()?.to_owned();
    let organization = compiled.organization();
    let policy = PolicyId::parse(&id).ok().and_then(|id| organization.find_policy(&id));
    let account = organization.resolve_account(account).ok();
    let path = account.map(|account| organization.inheritance_path(account)).unwrap_or_default();
    let is_attached = |node: &NodeId| policy.is_some_and(|policy| organization.node(*node).scps.contains(&policy));
    let is_its = |statement: &StatementRef| Some(statement.policy) == policy;
    let levels = &explanation.levels;
    let denies = levels.iter().flat_map(|level| &level.denied_by).filter(|it| is_its(it)).copied().collect();
    let may_deny =
        levels.iter().flat_map(|level| &level.maybe_denied_by).filter(|(it, _)| is_its(it)).cloned().collect();
    Some(NamedPolicy { id, policy, attached: path.into_iter().filter(is_attached).collect(), denies, may_deny })
}

fn agreement(denial: &Denial, explanation: &Explanation, named: Option<&NamedPolicy>) -> Agreement {
    let Some(cause) = &denial.cause else { return Agreement::NotSaid };
    match cause.policy_type {
        PolicyType::ServiceControlPolicy => {}
        PolicyType::Other(_) => return Agreement::OtherType,
        PolicyType::NotSaid => return Agreement::NotSaid,
    }
    let is_open = explanation.decision == Decision::Unknown;
    match (explanation.decision, cause.is_explicit) {
        (Decision::Allowed | Decision::NotApplicable, _) => Agreement::Contradicts,
        (Decision::ImplicitDeny, true) | (Decision::ExplicitDeny, false) => Agreement::OtherCause,
        (Decision::ImplicitDeny | Decision::Deny, false) => Agreement::Agrees,
        (Decision::ExplicitDeny | Decision::Deny | Decision::Unknown, true) => match named {
            Some(named) if !named.denies.is_empty() => Agreement::Agrees,
            Some(named) if !named.may_deny.is_empty() => Agreement::Possible,
            Some(_) => Agreement::OtherCause,
            None if is_open => Agreement::Possible,
            None => Agreement::Agrees,
        },
        (Decision::Unknown, false) => Agreement::Possible,
    }
}
