//! The script of what goes wrong: rules that say which calls, and what happens to them.

use std::time::Duration;

use crate::generate::Random;
use crate::world::Change;

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// An error in AWS's form: status, name, message.
    Error {
        /// The HTTP status.
        status: u16,
        /// The name, such as `AccessDeniedException`.
        code: &'static str,
        /// What AWS says.
        message: &'static str,
    },
    /// A page in HTML, with this status.
    Html(u16),
    /// Status 200 without a body.
    EmptyBody,
    /// Status 200 with `{}`.
    EmptyObject,
    /// The right answer, cut off in the middle of its JSON, with the length of what is sent.
    TruncatedJson,
    /// The right answer, with so many blanks behind it.
    Padded(usize),
    /// The right head, half of the body, then the connection is reset.
    ResetInBody,
    /// The right head, half of the body, then the end of the connection.
    CloseInBody,
    /// The connection is closed instead of an answer.
    Close,
    /// The right answer, later.
    Delay(Duration),
    /// Waits until a call of this operation about this subject has been answered, and what happens after it has
    /// happened. Gives up after 20 seconds.
    Behind {
        /// The other operation.
        operation: &'static str,
        /// What the other call is about.
        subject: String,
    },
    /// No answer at all.
    Silence,
    /// An empty page with a token; the token gives what should have been here (API-31).
    EmptyPage,
    /// The right page, with the token that the request had: an endless loop (API-32).
    RepeatedToken,
    /// The right page, with the last item of the page before in front (API-33).
    RepeatedItem,
    /// Something happens just before the call is answered.
    Before(Change),
    /// Something happens just after the call was answered.
    After(Change),
}

impl Effect {
    /// The error of Organizations' own throttling.
    pub const THROTTLED: Self =
        Self::Error { status: 400, code: "TooManyRequestsException", message: "You have sent too many requests" };
    /// The throttling of the front door.
    pub const THROTTLED_AT_THE_DOOR: Self =
        Self::Error { status: 400, code: "ThrottlingException", message: "Rate exceeded" };
    /// No permission.
    pub const DENIED: Self = Self::Error {
        status: 400,
        code: "AccessDeniedException",
        message: "You don't have permissions to access this resource.",
    };
}

/// Which calls meet an effect.
///
/// ```
/// use scproof_organizations_server::{Effect, Rule};
///
/// // The third call of ListAccounts, once.
/// let rule = Rule::on("ListAccounts", Effect::ResetInBody).skip(2).times(1);
/// // A third of all calls, the same ones for the same seed.
/// let rule = Rule::on_any(Effect::THROTTLED).one_in(3, 42);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    operation: Option<&'static str>,
    subject: Option<String>,
    effect: Effect,
    skip: usize,
    times: Option<usize>,
    /// One in so many, with the state of the generator.
    chance: Option<(u64, u64)>,
}

impl Rule {
    /// All calls of an operation.
    pub fn on(operation: &'static str, effect: Effect) -> Self {
        Self { operation: Some(operation), ..Self::on_any(effect) }
    }

    /// All calls.
    pub fn on_any(effect: Effect) -> Self {
        Self { operation: None, subject: None, effect, skip: 0, times: None, chance: None }
    }

    /// Only calls about this parent, target, policy, account, or (`ListPolicies`) policy type.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Not the first so many of them.
    #[must_use]
    pub fn skip(mut self, calls: usize) -> Self {
        self.skip = calls;
        self
    }

    /// Only so many of them.
    #[must_use]
    pub fn times(mut self, calls: usize) -> Self {
        self.times = Some(calls);
        self
    }

    /// Only one in so many of them, by a seed.
    #[must_use]
    pub fn one_in(mut self, calls: u64, seed: u64) -> Self {
        self.chance = Some((calls, seed));
        self
    }
}

/// The rules, as far as they are used up.
#[derive(Debug, Default)]
pub(crate) struct Script(pub(crate) Vec<Rule>);

impl Script {
    /// The effects on a call, in the order of the rules.
    pub(crate) fn effects(&mut self, operation: &str, subject: Option<&str>) -> Vec<Effect> {
        let mut effects = Vec::new();
        for rule in &mut self.0 {
            let concerns = rule.operation.is_none_or(|name| name == operation)
                && rule.subject.as_deref().is_none_or(|wanted| subject == Some(wanted));
            if !concerns {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if let Some((one_in, state)) = &mut rule.chance {
                let mut random = Random(*state);
                let number = random.next();
                *state = random.0;
                if !number.is_multiple_of(*one_in) {
                    continue;
                }
            }
            match &mut rule.times {
                Some(0) => continue,
                Some(left) => *left -= 1,
                None => {}
            }
            effects.push(rule.effect.clone());
        }
        effects
    }
}
