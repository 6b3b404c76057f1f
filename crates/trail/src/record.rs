//! One record, borrowed from the text of its file. Members that hold objects are kept as text and read only where
//! somebody asks.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The errors of calls that AWS denied (CT-34).
const DENIALS: [&str; 5] = [
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "Client.UnauthorizedOperation",
    "VpceAccessDenied",
];

/// A record of CloudTrail, version 1.0 to 1.11. Members of another type than CloudTrail's count as missing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Record<'t> {
    #[serde(borrow, rename = "eventID")]
    pub(crate) event_id: Text<'t>,
    #[serde(borrow, rename = "sharedEventID")]
    pub(crate) shared_event_id: Text<'t>,
    #[serde(borrow, rename = "eventTime")]
    pub(crate) event_time: Text<'t>,
    #[serde(borrow, rename = "eventType")]
    pub(crate) event_type: Text<'t>,
    #[serde(borrow, rename = "eventCategory")]
    pub(crate) event_category: Text<'t>,
    #[serde(borrow, rename = "eventSource")]
    pub(crate) event_source: Text<'t>,
    #[serde(borrow, rename = "eventName")]
    pub(crate) event_name: Text<'t>,
    #[serde(borrow, rename = "awsRegion")]
    pub(crate) region: Text<'t>,
    #[serde(borrow, rename = "recipientAccountId")]
    pub(crate) recipient: Text<'t>,
    #[serde(borrow, rename = "errorCode")]
    pub(crate) error_code: Text<'t>,
    #[serde(borrow, rename = "errorMessage")]
    pub(crate) error_message: Text<'t>,
    #[serde(borrow, rename = "sourceIPAddress")]
    pub(crate) source_address: Text<'t>,
    #[serde(borrow, rename = "userAgent")]
    pub(crate) user_agent: Text<'t>,
    #[serde(borrow, rename = "vpcEndpointId")]
    pub(crate) vpc_endpoint: Text<'t>,
    #[serde(borrow, rename = "vpcEndpointAccountId")]
    pub(crate) vpc_endpoint_account: Text<'t>,
    #[serde(borrow, rename = "userIdentity", deserialize_with = "lenient")]
    pub(crate) identity: Option<Identity<'t>>,
    #[serde(borrow, rename = "tlsDetails", deserialize_with = "lenient")]
    pub(crate) tls: Option<TlsDetails<'t>>,
    #[serde(borrow)]
    pub(crate) addendum: Option<&'t RawValue>,
    #[serde(borrow)]
    pub(crate) resources: Option<&'t RawValue>,
    #[serde(borrow, rename = "requestParameters")]
    pub(crate) request_parameters: Option<&'t RawValue>,
    #[serde(borrow, rename = "eventContext")]
    pub(crate) enriched: Option<&'t RawValue>,
}

/// Who called.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Identity<'t> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Text<'t>,
    #[serde(borrow)]
    pub(crate) arn: Text<'t>,
    #[serde(borrow, rename = "accountId")]
    pub(crate) account: Text<'t>,
    #[serde(borrow, rename = "principalId")]
    pub(crate) principal_id: Text<'t>,
    #[serde(borrow, rename = "userName")]
    pub(crate) user_name: Text<'t>,
    #[serde(borrow, rename = "invokedBy")]
    pub(crate) invoked_by: Text<'t>,
    #[serde(borrow, rename = "sessionContext", deserialize_with = "lenient")]
    pub(crate) session: Option<Session<'t>>,
    #[serde(borrow, rename = "inScopeOf", deserialize_with = "lenient")]
    pub(crate) in_scope_of: Option<InScopeOf<'t>>,
    #[serde(borrow, rename = "onBehalfOf", deserialize_with = "lenient")]
    pub(crate) on_behalf_of: Option<OnBehalfOf<'t>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Session<'t> {
    #[serde(borrow, rename = "sessionIssuer", deserialize_with = "lenient")]
    pub(crate) issuer: Option<Issuer<'t>>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub(crate) attributes: Option<Attributes<'t>>,
    #[serde(borrow, rename = "webIdFederationData", deserialize_with = "lenient")]
    pub(crate) federation: Option<Federation<'t>>,
    #[serde(borrow, rename = "sourceIdentity")]
    pub(crate) source_identity: Text<'t>,
    #[serde(borrow, rename = "assumedRoot")]
    pub(crate) assumed_root: Text<'t>,
    #[serde(borrow, rename = "ec2RoleDelivery")]
    pub(crate) role_delivery: Text<'t>,
    #[serde(borrow, rename = "signInSessionArn")]
    pub(crate) sign_in_arn: Text<'t>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Issuer<'t> {
    #[serde(borrow)]
    pub(crate) arn: Text<'t>,
    #[serde(borrow, rename = "accountId")]
    pub(crate) account: Text<'t>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Attributes<'t> {
    #[serde(borrow, rename = "creationDate")]
    pub(crate) creation_date: Text<'t>,
    #[serde(borrow, rename = "mfaAuthenticated")]
    pub(crate) mfa: Text<'t>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Federation<'t> {
    #[serde(borrow, rename = "federatedProvider")]
    pub(crate) provider: Text<'t>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct InScopeOf<'t> {
    #[serde(borrow, rename = "issuerType")]
    pub(crate) issuer_type: Text<'t>,
    #[serde(borrow, rename = "credentialsIssuedTo")]
    pub(crate) issued_to: Text<'t>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OnBehalfOf<'t> {
    #[serde(borrow, rename = "userId")]
    pub(crate) user_id: Text<'t>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TlsDetails<'t> {
    #[serde(borrow, rename = "tlsVersion")]
    pub(crate) version: Text<'t>,
}

impl<'t> Record<'t> {
    /// Reads a record; `None` if the text is no JSON object.
    pub fn parse(text: &'t str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// `eventID`.
    pub fn id(&self) -> Option<&str> {
        self.event_id.get()
    }

    /// `eventName`.
    pub fn name(&self) -> Option<&str> {
        self.event_name.get()
    }

    /// `eventTime`, as it stands there.
    pub fn time(&self) -> Option<&str> {
        self.event_time.get()
    }

    /// `errorCode`.
    pub fn error_code(&self) -> Option<&str> {
        self.error_code.get()
    }

    /// `errorMessage`.
    pub fn error_message(&self) -> Option<&str> {
        self.error_message.get()
    }

    /// Whether AWS denied the call (CT-34).
    pub fn is_denied(&self) -> bool {
        self.error_code().is_some_and(|code| DENIALS.contains(&code))
    }

    /// Whether it says who called.
    pub fn has_caller(&self) -> bool {
        self.identity.is_some()
    }

    /// `eventSource`.
    pub fn source(&self) -> Option<&str> {
        self.event_source.get()
    }
}

/// A text that may be missing. Numbers and booleans are their words; anything else counts as missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text<'t>(Option<Cow<'t, str>>);

impl Text<'_> {
    /// The text, unless it is missing or empty.
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }

    pub(crate) fn owned(&self) -> Option<String> {
        self.get().map(str::to_owned)
    }
}

impl<'de: 't, 't> Deserialize<'de> for Text<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfAny;

        impl<'de> Visitor<'de> for OfAny {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Borrowed(text))))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Owned(text.to_owned()))))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Borrowed(if value { "true" } else { "false" }))))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Owned(value.to_string()))))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Owned(value.to_string()))))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Owned(value.to_string()))))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Text(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Text(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Text(None))
            }
        }

        deserializer.deserialize_any(OfAny)
    }
}

/// An object, if it is one that can be read.
fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(raw.get().starts_with('{').then(|| serde_json::from_str(raw.get()).ok()).flatten())
}
