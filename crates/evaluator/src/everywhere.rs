//! Callers of the same name in many accounts.

use std::borrow::Cow;

use scproof_organization::{AccountId, Organization};

use crate::principal::{Principal, PrincipalKind};
use crate::request::Request;
use crate::request_error::RequestError;

/// Who calls, in whichever account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Everywhere {
    /// Any principal that SCPs govern.
    Anyone,
    /// The same everywhere: an AWS service, an unsigned request, or a principal of one account.
    Fixed {
        text: String,
        /// Empty if it belongs to none.
        account: String,
    },
    /// A principal of each account: the account's id stands between the two.
    Named { head: String, tail: String },
}

/// Names without the ARN in front, and the service whose ARN it is.
const KINDS: [(&str, &str); 4] =
    [("role/", "iam"), ("user/", "iam"), ("assumed-role/", "sts"), ("federated-user/", "sts")];

impl Everywhere {
    /// Reads what stands for callers of many accounts; see
    /// [`CompiledOrganization::who_can`](crate::CompiledOrganization::who_can).
    pub(crate) fn parse(text: Option<&str>, organization: &Organization) -> Result<Self, RequestError> {
        let Some(text) = text else { return Ok(Self::Anyone) };
        let wrong = || RequestError::Principal { text: text.to_owned() };
        let bare = KINDS.iter().find(|(kind, _)| text.starts_with(kind)).map(|(_, service)| *service);
        let named = match bare.or_else(|| (text == "root").then_some("iam")) {
            // Without a partition there is no ARN, and none is guessed.
            Some(service) => {
                let partition =
                    organization.partition().ok_or_else(|| RequestError::NoPartition { text: text.to_owned() })?;
                Some((format!("arn:{partition}:{service}::"), format!(":{text}")))
            }
            None => match text.splitn(6, ':').collect::<Vec<_>>().as_slice() {
                ["arn", partition, service, "", "" | "*", name] => {
                    Some((format!("arn:{partition}:{service}::"), format!(":{name}")))
                }
                _ => None,
            },
        };
        let Some((head, tail)) = named else {
            let principal = Principal::parse(text).map_err(|_| wrong())?;
            return Ok(Self::Fixed { text: principal.text, account: principal.account });
        };
        let filled = format!("{head}000000000000{tail}");
        // No name of a principal has a wildcard: who writes one means several, which is another question.
        if filled.contains(['*', '?']) || Principal::parse(&filled).is_err() {
            return Err(wrong());
        }
        Ok(Self::Named { head, tail })
    }

    /// The caller in an account, by its id.
    pub(crate) fn of(&self, account: &str) -> Option<String> {
        match self {
            Self::Anyone => None,
            Self::Fixed { text, .. } => Some(text.clone()),
            Self::Named { head, tail } => Some(format!("{head}{account}{tail}")),
        }
    }

    /// Whether a call from the account can be by this caller (EVAL-21).
    pub(crate) fn check(&self, account: &str) -> Result<(), RequestError> {
        match self {
            Self::Fixed { account: own, .. } if !own.is_empty() && own != account => {
                Err(RequestError::PrincipalAccount { principal_account: own.clone(), account: account.to_owned() })
            }
            Self::Anyone | Self::Fixed { .. } | Self::Named { .. } => Ok(()),
        }
    }
}

impl Request {
    /// The question with what it leaves to be understood: the account, where the principal's ARN names it, and the
    /// principal's ARN, where only its name in the account is given (`role/deploy`, `user/alice`,
    /// `assumed-role/deploy/session`, `root`, or an ARN with `*` or nothing in place of the account id).
    ///
    /// # Errors
    ///
    /// If neither an account nor a principal of one is named, or the account or the name cannot be understood.
    pub fn completed(&self, organization: &Organization) -> Result<Cow<'_, Self>, RequestError> {
        let account = self.account.trim();
        let principal = self.principal.as_deref();
        if account.is_empty() {
            return match Everywhere::parse(principal, organization)? {
                Everywhere::Fixed { account, .. } if !account.is_empty() => {
                    Ok(Cow::Owned(Self { account, ..self.clone() }))
                }
                Everywhere::Anyone | Everywhere::Fixed { .. } | Everywhere::Named { .. } => {
                    Err(RequestError::NoAccount { principal: self.principal.clone() })
                }
            };
        }
        if principal.is_none_or(|text| Principal::parse(text).is_ok()) {
            return Ok(Cow::Borrowed(self));
        }
        let caller = Everywhere::parse(principal, organization)?;
        let id = match organization.resolve_account(account) {
            Ok(node) => organization.node(node).target.as_str(),
            // One outside the organization.
            Err(_) if AccountId::parse(account).is_ok() => account,
            Err(error) => return Err(error.into()),
        };
        Ok(Cow::Owned(Self { principal: caller.of(id), ..self.clone() }))
    }

    /// For a caller that is a role session: the ARN that its role has if it has no path. The ARN of a session does not
    /// tell the path (CTX-61), which policies may ask about.
    ///
    /// ```
    /// use scproof_evaluator::Request;
    ///
    /// let request = Request::new("222222222222", "s3:GetObject")
    ///     .with_principal("arn:aws:sts::222222222222:assumed-role/deploy/run-7");
    /// assert_eq!(request.role_without_path().as_deref(), Some("arn:aws:iam::222222222222:role/deploy"));
    /// ```
    pub fn role_without_path(&self) -> Option<String> {
        let Principal { partition, account, kind, .. } = Principal::parse(self.principal.as_deref()?).ok()?;
        match kind {
            PrincipalKind::Session { role, .. } => Some(format!("arn:{partition}:iam::{account}:role/{role}")),
            PrincipalKind::Root
            | PrincipalKind::User(_)
            | PrincipalKind::Role { .. }
            | PrincipalKind::Federated(_)
            | PrincipalKind::Service
            | PrincipalKind::Anonymous => None,
        }
    }

    /// A question to many accounts as it is put to one of them; see
    /// [`CompiledOrganization::who_can`](crate::CompiledOrganization::who_can).
    ///
    /// # Errors
    ///
    /// If the principal is none that can make a request, or one of another account.
    pub fn in_account(&self, organization: &Organization, account_id: &str) -> Result<Self, RequestError> {
        let caller = Everywhere::parse(self.principal.as_deref(), organization)?;
        caller.check(account_id)?;
        Ok(Self { account: account_id.to_owned(), principal: caller.of(account_id), ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        let snapshot = r#"{"Format": "scproof-inventory/1", "TakenAt": "2026-11-24T00:00:00Z", "Organization": {"Id": "o-exampleorg1",
            "FeatureSet": "ALL", "Arn": "arn:aws-us-gov:organizations::111111111111:organization/o-exampleorg1",
            "MasterAccountId": "111111111111"}, "Roots": [{"Id": "r-ab12", "Name": "Root",
            "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}],
            "OrganizationalUnits": [], "Accounts": [{"Id": "111111111111", "ParentId": "r-ab12"}],
            "Policies": [], "Attachments": []}"#;
        let organization = Organization::from_json(snapshot).unwrap();
        Everywhere::parse(Some(text), &organization).ok().and_then(|it| it.of("222222222222"))
    }

    #[test]
    fn names_are_filled_in() {
        for (text, filled) in [
            ("role/Admin", "arn:aws-us-gov:iam::222222222222:role/Admin"),
            ("role/my.role", "arn:aws-us-gov:iam::222222222222:role/my.role"),
            ("root", "arn:aws-us-gov:iam::222222222222:root"),
            ("assumed-role/a/b", "arn:aws-us-gov:sts::222222222222:assumed-role/a/b"),
            ("arn:aws:iam::*:role/path/Admin", "arn:aws:iam::222222222222:role/path/Admin"),
            ("arn:aws:iam:::user/alice", "arn:aws:iam::222222222222:user/alice"),
            ("arn:aws:iam::333333333333:root", "arn:aws:iam::333333333333:root"),
            ("cloudtrail.amazonaws.com", "cloudtrail.amazonaws.com"),
        ] {
            assert_eq!(read(text).as_deref(), Some(filled), "{text}");
        }
    }

    #[test]
    fn patterns_of_names_are_refused() {
        for text in
            ["role/Admin*", "arn:aws:iam::*:role/*", "arn:*:iam::*:root", "Admin", "role/", "arn:aws:iam::*:group/x"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_needs_a_partition_and_the_error_says_so() {
        let snapshot = |organization: &str, account: &str| {
            let text = format!(
                r#"{{"Format": "scproof-inventory/1", "Organization": {{"Id": "o-exampleorg1", "FeatureSet": "ALL"{organization}}},
                "Roots": [{{"Id": "r-ab12"}}], "OrganizationalUnits": [],
                "Accounts": [{{"Id": "222222222222", "ParentId": "r-ab12"{account}}}], "Policies": [], "Attachments": []}}"#
            );
            Organization::from_json(&text).unwrap()
        };
        let alice = Request::new("222222222222", "s3:GetObject").with_principal("user/alice");
        let error = alice.completed(&snapshot("", "")).unwrap_err();
        assert_eq!(error, RequestError::NoPartition { text: "user/alice".to_owned() });
        assert!(error.help().unwrap().contains("`arn:aws:iam::222222222222:user/alice`"));
        // Any ARN of the snapshot tells it.
        let told = r#", "Arn": "arn:aws-cn:organizations::111111111111:account/o-exampleorg1/222222222222""#;
        let found = alice.completed(&snapshot("", told)).unwrap();
        assert_eq!(found.principal.as_deref(), Some("arn:aws-cn:iam::222222222222:user/alice"));
    }
}
