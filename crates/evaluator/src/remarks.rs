//! Remarks on the facts of a question that change no verdict: what was given and what AWS would have it.

use scproof_catalog::{is_checked_elsewhere, single_endpoint_region};
use scproof_organization::Organization;

use crate::call::Call;
use crate::explain::push_new;
use crate::given::GivenContext;
use crate::keys;
use crate::laws::Laws;
use crate::principal::Principal;
use crate::request::ContextValue;

/// The remarks on one question.
#[derive(Debug, Default)]
pub(crate) struct Remarks {
    pub(crate) notes: Vec<String>,
    pub(crate) broken_laws: Vec<&'static str>,
    /// Unsure rules whose preferred reading was taken in deriving facts.
    pub(crate) assumed: Vec<&'static str>,
}

/// Actions whose callers have no IAM principal yet, lower case (CALL-17).
const WITHOUT_PRINCIPAL: [&str; 2] = ["sts:assumerolewithsaml", "sts:assumerolewithwebidentity"];

impl Remarks {
    pub(crate) fn on_pair(
        &mut self,
        organization: &Organization,
        action: &str,
        context: &GivenContext<'_>,
        laws: &Laws<'_>,
    ) {
        let mut notes = Vec::new();
        let own = organization.partition().and_then(|partition| single_endpoint_region(action, partition));
        let given = match context.only("aws:requestedregion") {
            Some(ContextValue::Single(region)) => Some(region.as_str()),
            Some(ContextValue::List(regions)) => regions.first().map(String::as_str),
            Some(ContextValue::Absent) | None => None,
        };
        let (service, name) = action.split_once(':').unwrap_or((action, ""));
        match (own, given, context.region) {
            (Some(own), Some(given), _) if own != given => notes.push(format!(
                "aws:RequestedRegion is taken as given, {given}, though {service} is called at its one endpoint in {own}"
            )),
            (Some(own), None, Some(region)) if own != region => notes.push(format!(
                "{service} is called at its one endpoint in {own}, so that the Region {region} is not that of the call"
            )),
            (None, None, Some(region)) if is_checked_elsewhere(service, name) => notes.push(format!(
                "the service that is called checks this permission; {region} is taken as the Region of that call"
            )),
            _ => {}
        }
        for (key, value, _) in context.in_force() {
            if **value == ContextValue::Absent
                && let Some(row) = keys::find(key).filter(|row| row.always)
            {
                notes.push(format!("{} was given as absent, but every call carries it", row.name));
            }
        }
        for law in &laws.broken {
            notes.push(format!("the facts given cannot occur in one call ({law}); they are taken as given"));
        }
        push_new(&mut self.notes, notes);
        push_new(&mut self.broken_laws, laws.broken.iter().copied());
    }

    /// Keys that the tables do not list for the action (CALL-8).
    pub(crate) fn on_call(&mut self, call: &Call<'_>) {
        let mut keys: Vec<&str> = call.unlisted().collect();
        keys.sort_unstable();
        let note = |key: &str| format!("{key} is taken as given, though AWS does not list it for this action");
        push_new(&mut self.notes, keys.into_iter().map(note));
    }

    pub(crate) fn on_caller(&mut self, principal: Option<&Principal>, action: &str, asks_for_arn: bool) {
        if principal.is_none() && WITHOUT_PRINCIPAL.contains(&action) {
            self.notes.push(
                "callers of this action have no IAM principal yet, so that SCPs may not restrict them (CALL-17)"
                    .to_owned(),
            );
        }
        if asks_for_arn && principal.is_some_and(Principal::is_identity_center_session) {
            self.assumed.push("LAW-8");
            self.notes.push(
                "the role has the path of Identity Center, by its name; customers are taken to be unable to give it \
                 (LAW-8)"
                    .to_owned(),
            );
        }
    }
}
