//! A denial that AWS told of, with what the policies say.

use scproof_denial::{Agreement, Diagnosis};
use scproof_evaluator::Decision;
use scproof_organization::Organization;
use scproof_trail::PolicyType;

use crate::answer::Answer;
use crate::layout::clean;
use crate::names::{policy_words, target_words};

/// A diagnosis, and the organization that it is about.
#[derive(Debug, Clone, Copy)]
pub struct Why<'a> {
    /// The organization that was asked about.
    pub organization: &'a Organization,
    /// What AWS and the policies say.
    pub diagnosis: &'a Diagnosis,
}

impl<'a> Why<'a> {
    /// What the policies say of the call.
    pub fn answer(&self) -> Answer<'a> {
        let Diagnosis { request, explanation, if_role_has_no_path, .. } = self.diagnosis;
        Answer { organization: self.organization, request, explanation, if_role_has_no_path: *if_role_has_no_path }
    }

    /// Whether AWS and the snapshot agree, in a sentence or two.
    pub fn agreement_words(&self) -> String {
        let says = self.cause_words();
        match self.diagnosis.agreement {
            Agreement::Agrees => format!("AWS says the same: {says}."),
            Agreement::Possible => {
                format!("AWS says: {says}. By the snapshot that may be; what decides it stands below.")
            }
            Agreement::OtherCause => {
                let is_open = self.diagnosis.explanation.decision == Decision::Unknown;
                let found = if is_open { "may be" } else { "is" };
                format!("AWS says: {says}. By the snapshot the call {found} blocked, but for other reasons.")
            }
            Agreement::Contradicts => {
                format!("AWS says: {says}. By the snapshot no service control policy blocks the call.")
            }
            Agreement::OtherType => format!(
                "AWS says: {says}. Of several types of policies that deny a call it names one; this is what service control \
                 policies say."
            ),
            Agreement::NotSaid => {
                "AWS does not say which policy is the cause; this is what service control policies say.".to_owned()
            }
            _ => says,
        }
    }

    /// What AWS names as the cause.
    fn cause_words(&self) -> String {
        let Some(cause) = &self.diagnosis.denial.cause else { return "nothing".to_owned() };
        let named = self.named_words();
        match (&cause.policy_type, named, cause.is_explicit) {
            (PolicyType::ServiceControlPolicy, Some(named), true) => format!("an explicit Deny in {named}"),
            (policy_type, _, true) => format!("an explicit Deny in a {}", clean(&policy_type.to_string())),
            (policy_type, _, false) => format!("no {} allows it", clean(&policy_type.to_string())),
        }
    }

    /// The policy that AWS names.
    fn named_words(&self) -> Option<String> {
        let named = self.diagnosis.named.as_ref()?;
        let name = named.policy.and_then(|policy| self.organization.policy(policy).name.as_deref());
        Some(policy_words(name, &clean(&named.id)))
    }

    /// What may have changed since the snapshot, where it does not fit what AWS says.
    pub fn differences(&self) -> Vec<String> {
        let Diagnosis { agreement, named, denial, .. } = self.diagnosis;
        if !matches!(agreement, Agreement::OtherCause | Agreement::Contradicts) {
            return Vec::new();
        }
        let mut found = Vec::new();
        if let (Some(named), Some(words)) = (named, self.named_words()) {
            let targets: Vec<String> =
                named.attached.iter().map(|node| target_words(self.organization, *node)).collect();
            found.push(match (named.policy, targets.as_slice()) {
                (None, _) => format!("{words} is not in the snapshot"),
                (Some(_), []) => format!("{words} is in the snapshot, but attached nowhere on the way to the account"),
                (Some(_), targets) => format!(
                    "{words} is attached to {}, and by its text in the snapshot it does not deny the call as it is told \
                     here",
                    targets.join(" and ")
                ),
            });
        }
        let taken = self.organization.taken_at().map(|time| format!("the snapshot is of {time}"));
        let called = denial.time.as_deref().map(|time| format!("the call was made at {}", clean(time)));
        let times: Vec<String> = taken.into_iter().chain(called).collect();
        if !times.is_empty() {
            found.push(times.join(", "));
        }
        found.push(
            "policies, attachments and the account's place may have changed in between; `scproof fetch` takes a new snapshot"
                .to_owned(),
        );
        found
    }
}
