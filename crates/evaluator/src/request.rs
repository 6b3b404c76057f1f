//! What is asked: one call by one principal of one account.

/// A question: may this call pass the service control policies?
///
/// What is not said is *unknown*, never absent (K3-4).
///
/// ```
/// use scproof_evaluator::{Context, Request, RequestResource};
/// let request = Request::new("222222222222", "s3:GetObject")
///     .with_resource(RequestResource::Arn("arn:aws:s3:::bucket/key".to_owned()))
///     .with_context(Context::new().with("aws:RequestedRegion", "eu-west-1").without("aws:SourceVpce"));
/// assert_eq!(request.resources.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// The caller's account: its id, or its name if unique. May be empty if the principal's ARN names it.
    pub account: String,
    /// The caller: an ARN of a role, user, root, role session or federated user, or what follows the account in one,
    /// such as `role/deploy`; the name of an AWS service; `anonymous`. `None` means any principal of the account that
    /// service control policies govern.
    pub principal: Option<String>,
    /// The action, `prefix:Name`, without wildcards (ACT-1).
    pub action: String,
    /// The resources that the one call authorizes; all must pass (EVAL-10). Empty means one unknown resource of each
    /// type that AWS requires for the action, and perhaps some of the optional types (CALL-2 to CALL-4).
    pub resources: Vec<ResourceInput>,
    /// What is known of the context keys, common to all resources.
    pub context: Context,
    /// The Region that is called: `aws:RequestedRegion` for services that have several. Where a service has but one
    /// endpoint its own Region counts, and the answer says so (CALL-11). A value for `aws:RequestedRegion` in `context`
    /// is taken as it stands.
    pub region: Option<String>,
    /// Whether the resources given are all that the call is checked against. Else resources of the types that AWS
    /// requires for the action are added where none is given (CALL-5).
    pub resources_complete: bool,
    /// Whether to take the action as one that the catalog lacks (CALL-1), as
    /// [`EvaluationOptions::beyond_catalog`](crate::EvaluationOptions::beyond_catalog) does for all questions.
    pub beyond_catalog: bool,
    /// Whether keys that are neither given nor derived are absent rather than unknown (K3-4, CLR-1).
    pub closed_context: bool,
}

impl Request {
    /// Asks for an action of an account, everything else unknown.
    pub fn new(account: impl Into<String>, action: impl Into<String>) -> Self {
        Self { account: account.into(), action: action.into(), ..Self::default() }
    }

    /// Whether the Region of the call is told, be it as such or by its key.
    pub(crate) fn gives_region(&self) -> bool {
        self.region.is_some() || self.context.iter().any(|(key, _)| key.eq_ignore_ascii_case("aws:RequestedRegion"))
    }

    /// Takes the action as one that the catalog lacks (CALL-1).
    #[must_use]
    pub fn beyond_catalog(mut self) -> Self {
        self.beyond_catalog = true;
        self
    }

    /// Says who calls.
    #[must_use]
    pub fn with_principal(mut self, principal: impl Into<String>) -> Self {
        self.principal = Some(principal.into());
        self
    }

    /// Adds a resource that the call authorizes.
    #[must_use]
    pub fn with_resource(mut self, resource: RequestResource) -> Self {
        self.resources.push(ResourceInput { resource, context: Context::new() });
        self
    }

    /// Says which Region is called.
    #[must_use]
    pub fn with_region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Replaces what is known of the context.
    #[must_use]
    pub fn with_context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }
}

/// One of the resources of a call, with context keys of its own (CLR-7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceInput {
    /// The resource.
    pub resource: RequestResource,
    /// Keys that add to the common ones, or replace them, for this resource.
    pub context: Context,
}

/// A resource of a request (RES-1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RequestResource {
    /// The analyst does not know (K3-6).
    Unknown,
    /// The action takes no resource: AWS evaluates it against the literal `*`.
    NotScoped,
    /// An ARN of six components; wildcards in it are ordinary characters (MATCH-5).
    Arn(String),
}

/// What is known of the context keys of a request, in the order given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    entries: Vec<(String, ContextValue)>,
}

impl Context {
    /// Knows nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key with one value.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.entries.push((key.into(), ContextValue::Single(value.into())));
        self
    }

    /// Adds a multivalued key.
    #[must_use]
    pub fn with_list<T: Into<String>>(mut self, key: impl Into<String>, values: impl IntoIterator<Item = T>) -> Self {
        self.entries.push((key.into(), ContextValue::List(values.into_iter().map(Into::into).collect())));
        self
    }

    /// Says that the request certainly does not carry a key.
    #[must_use]
    pub fn without(mut self, key: impl Into<String>) -> Self {
        self.entries.push((key.into(), ContextValue::Absent));
        self
    }

    /// Adds a key with any kind of value.
    pub fn insert(&mut self, key: impl Into<String>, value: ContextValue) {
        self.entries.push((key.into(), value));
    }

    /// The keys and values in the order given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ContextValue)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// The state of a context key that the asker gave (K3-3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ContextValue {
    /// The request certainly does not carry the key.
    Absent,
    /// The key has one value.
    Single(String),
    /// The key is multivalued and has these values, possibly none.
    List(Vec<String>),
}

impl ContextValue {
    /// The value, if there is exactly one; of a key that has one value, a list of one is that (CALL-20).
    pub(crate) fn only(&self) -> Option<&str> {
        match self {
            Self::Single(text) => Some(text),
            Self::List(texts) => match texts.as_slice() {
                [text] => Some(text),
                _ => None,
            },
            Self::Absent => None,
        }
    }
}
