//! Whether SCPs decide about a call at all (part B.2).

use scproof_organization::{FeatureSet, NodeId, PolicyTypeStatus};

use crate::chain::Applicability;
use crate::compile::CompiledOrganization;
use crate::decision::{Decision, Reason};
use crate::principal::{Principal, PrincipalKind};
use crate::truth::Truth;

/// The one action that succeeds whatever any policy says (EXM-15), lower case.
pub(crate) const UNDENIABLE_ACTION: &str = "sts:getcalleridentity";

/// The one whose page says that policies have no effect on it, while AWS's own samples list it (CALL-15), lower case.
pub(crate) const SESSION_TOKEN_ACTION: &str = "sts:getsessiontoken";
/// The rule about sessions of roles with the name of a service-linked role and no path.
const SERVICE_LINKED_SESSION: &str = "CALL-16";

impl CompiledOrganization {
    /// Part B.2: feature set, policy type, outside account, management account, services, service-linked roles.
    pub(crate) fn applicability(
        &self,
        account: Option<NodeId>,
        principal: Option<&Principal>,
        action: &str,
    ) -> Applicability {
        let exempt = |reason| Applicability::Settled(Decision::NotApplicable, reason);
        if self.organization.feature_set() == FeatureSet::ConsolidatedBilling {
            return exempt(Reason::ConsolidatedBilling);
        }
        if self.organization.scp_status() == PolicyTypeStatus::Disabled {
            return exempt(Reason::PolicyTypeDisabled);
        }
        let Some(account) = account else {
            if principal.is_some_and(|it| Some(it.account.as_str()) == self.management_id().as_deref()) {
                return exempt(Reason::ManagementAccount);
            }
            // A listing that failed may hide a member (CALL-14).
            return if self.organization.may_lack_accounts() {
                Applicability::Settled(Decision::Unknown, Reason::Undecided)
            } else {
                exempt(Reason::OutsideAccount)
            };
        };
        let id = self.organization.node(account).target.account();
        if id.is_some() && id == self.organization.management_account() {
            return exempt(Reason::ManagementAccount);
        }
        match principal.map(|principal| (&principal.kind, principal)) {
            Some((PrincipalKind::Service, _)) => return exempt(Reason::ServicePrincipal),
            Some((PrincipalKind::Anonymous, _)) => return exempt(Reason::Anonymous),
            Some((_, principal)) if principal.is_service_linked_role() == Truth::True => {
                return exempt(Reason::ServiceLinkedRole);
            }
            _ => {}
        }
        if action == UNDENIABLE_ACTION {
            return Applicability::Settled(Decision::Allowed, Reason::CannotBeDenied);
        }
        match self.unsure_rule(principal, action) {
            None => {}
            Some(rule) if !self.options.assume_preferred => return Applicability::Unsure(rule),
            Some(SERVICE_LINKED_SESSION) => return exempt(Reason::ServiceLinkedRole),
            Some(_) => return Applicability::Settled(Decision::Allowed, Reason::CannotBeDenied),
        }
        match self.organization.scp_status() {
            PolicyTypeStatus::PendingEnable | PolicyTypeStatus::PendingDisable => Applicability::Pending,
            PolicyTypeStatus::Enabled | PolicyTypeStatus::Disabled => Applicability::Decides,
        }
    }

    fn management_id(&self) -> Option<String> {
        self.organization.management_account().map(|account| account.as_str().to_owned())
    }

    /// The unsure rule by which SCPs may not restrict a call at all.
    #[expect(clippy::unused_self, reason = "beside the gate that asks it")]
    pub(crate) fn unsure_rule(&self, principal: Option<&Principal>, action: &str) -> Option<&'static str> {
        if principal.is_some_and(|principal| principal.is_service_linked_role() == Truth::Unknown) {
            return Some(SERVICE_LINKED_SESSION);
        }
        (action == SESSION_TOKEN_ACTION).then_some("CALL-15")
    }
}
