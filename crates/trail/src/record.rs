//! One record, borrowed from the text of its file. Members that hold objects are kept as text and read only where
//! somebody asks.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
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
    #[serde(borrow, rename = "eventID", alias = "eventid")]
    pub(crate) event_id: Text<'t>,
    #[serde(borrow, rename = "sharedEventID", alias = "sharedeventid")]
    pub(crate) shared_event_id: Text<'t>,
    #[serde(borrow, rename = "eventTime", alias = "eventtime")]
    pub(crate) event_time: Text<'t>,
    #[serde(borrow, rename = "eventType", alias = "eventtype")]
    pub(crate) event_type: Text<'t>,
    #[serde(borrow, rename = "eventCategory", alias = "eventcategory")]
    pub(crate) event_category: Text<'t>,
    #[serde(borrow, rename = "eventSource", alias = "eventsource")]
    pub(crate) event_source: Text<'t>,
    #[serde(borrow, rename = "eventName")]
    pub(crate) event_name: Text<'t>,
    /// The name in a row of a table: what such a row lacks, nobody may have asked the table for.
    #[serde(borrow, rename = "eventname")]
    pub(crate) name_in_row: Text<'t>,
    #[serde(borrow, rename = "awsRegion", alias = "awsregion")]
    pub(crate) region: Text<'t>,
    #[serde(borrow, rename = "recipientAccountId", alias = "recipientaccountid")]
    pub(crate) recipient: Text<'t>,
    #[serde(borrow, rename = "errorCode", alias = "errorcode")]
    pub(crate) error_code: Text<'t>,
    #[serde(borrow, rename = "errorMessage", alias = "errormessage")]
    pub(crate) error_message: Text<'t>,
    #[serde(borrow, rename = "sourceIPAddress", alias = "sourceipaddress")]
    pub(crate) source_address: Text<'t>,
    #[serde(borrow, rename = "userAgent", alias = "useragent")]
    pub(crate) user_agent: Text<'t>,
    #[serde(borrow, rename = "vpcEndpointId", alias = "vpcendpointid")]
    pub(crate) vpc_endpoint: Text<'t>,
    #[serde(borrow, rename = "vpcEndpointAccountId", alias = "vpcendpointaccountid")]
    pub(crate) vpc_endpoint_account: Text<'t>,
    #[serde(borrow, rename = "userIdentity", alias = "useridentity", deserialize_with = "lenient")]
    pub(crate) identity: Option<Identity<'t>>,
    #[serde(borrow, rename = "tlsDetails", alias = "tlsdetails", deserialize_with = "lenient")]
    pub(crate) tls: Option<TlsDetails<'t>>,
    #[serde(borrow)]
    pub(crate) addendum: Option<&'t RawValue>,
    #[serde(borrow)]
    pub(crate) resources: Option<&'t RawValue>,
    #[serde(borrow, rename = "requestParameters", alias = "requestparameters")]
    pub(crate) request_parameters: Option<&'t RawValue>,
    #[serde(borrow, rename = "eventContext", alias = "eventcontext")]
    pub(crate) enriched: Option<&'t RawValue>,
    // What carries records instead of being one.
    #[serde(borrow)]
    detail: Option<&'t RawValue>,
    #[serde(borrow, rename = "CloudTrailEvent")]
    lookup: Text<'t>,
    #[serde(borrow, rename = "Records", alias = "records", alias = "Events", alias = "QueryResultRows")]
    list: Option<&'t RawValue>,
    #[serde(borrow, rename = "digestStartTime")]
    digest: Text<'t>,
}

/// Who called.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Identity<'t> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Text<'t>,
    #[serde(borrow)]
    pub(crate) arn: Text<'t>,
    #[serde(borrow, rename = "accountId", alias = "accountid")]
    pub(crate) account: Text<'t>,
    #[serde(borrow, rename = "principalId", alias = "principalid")]
    pub(crate) principal_id: Text<'t>,
    #[serde(borrow, rename = "userName", alias = "username")]
    pub(crate) user_name: Text<'t>,
    #[serde(borrow, rename = "invokedBy", alias = "invokedby")]
    pub(crate) invoked_by: Text<'t>,
    #[serde(borrow, rename = "sessionContext", alias = "sessioncontext", deserialize_with = "lenient")]
    pub(crate) session: Option<Session<'t>>,
    #[serde(borrow, rename = "inScopeOf", alias = "inscopeof", deserialize_with = "lenient")]
    pub(crate) in_scope_of: Option<InScopeOf<'t>>,
    #[serde(borrow, rename = "onBehalfOf", alias = "onbehalfof", deserialize_with = "lenient")]
    pub(crate) on_behalf_of: Option<OnBehalfOf<'t>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Session<'t> {
    #[serde(borrow, rename = "sessionIssuer", alias = "sessionissuer", deserialize_with = "lenient")]
    pub(crate) issuer: Option<Issuer<'t>>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub(crate) attributes: Option<Attributes<'t>>,
    #[serde(borrow, rename = "webIdFederationData", alias = "webidfederationdata", deserialize_with = "lenient")]
    pub(crate) federation: Option<Federation<'t>>,
    #[serde(borrow, rename = "sourceIdentity", alias = "sourceidentity")]
    pub(crate) source_identity: Text<'t>,
    #[serde(borrow, rename = "assumedRoot", alias = "assumedroot")]
    pub(crate) assumed_root: Text<'t>,
    #[serde(borrow, rename = "ec2RoleDelivery", alias = "ec2roledelivery")]
    pub(crate) role_delivery: Text<'t>,
    #[serde(borrow, rename = "signInSessionArn", alias = "signinsessionarn")]
    pub(crate) sign_in_arn: Text<'t>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Issuer<'t> {
    #[serde(borrow)]
    pub(crate) arn: Text<'t>,
    #[serde(borrow, rename = "accountId", alias = "accountid")]
    pub(crate) account: Text<'t>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Attributes<'t> {
    #[serde(borrow, rename = "creationDate", alias = "creationdate")]
    pub(crate) creation_date: Text<'t>,
    #[serde(borrow, rename = "mfaAuthenticated", alias = "mfaauthenticated")]
    pub(crate) mfa: Text<'t>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Federation<'t> {
    #[serde(borrow, rename = "federatedProvider", alias = "federatedprovider")]
    pub(crate) provider: Text<'t>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct InScopeOf<'t> {
    #[serde(borrow, rename = "issuerType", alias = "issuertype")]
    pub(crate) issuer_type: Text<'t>,
    #[serde(borrow, rename = "credentialsIssuedTo", alias = "credentialsissuedto")]
    pub(crate) issued_to: Text<'t>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OnBehalfOf<'t> {
    #[serde(borrow, rename = "userId", alias = "userid")]
    pub(crate) user_id: Text<'t>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TlsDetails<'t> {
    #[serde(borrow, rename = "tlsVersion", alias = "tlsversion")]
    pub(crate) version: Text<'t>,
}

impl<'t> Record<'t> {
    /// Reads a record; `None` if the text is no JSON object.
    pub fn parse(text: &'t str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Whether it says anything of an event.
    pub(crate) fn is_told(&self) -> bool {
        let is_event = || self.source().is_some() || self.identity.is_some();
        self.event_type.get().is_some() || (self.name().is_some() && is_event())
    }

    /// The text of a record, which this one carries.
    pub(crate) fn inside(&self) -> Option<&str> {
        self.lookup.get().or_else(|| self.detail.map(RawValue::get))
    }

    /// A list of records, which this one carries.
    pub(crate) fn list(&self) -> Option<&'t str> {
        self.list.map(RawValue::get)
    }

    /// Whether it is a digest of log files.
    pub(crate) fn is_digest(&self) -> bool {
        self.digest.get().is_some()
    }

    /// `eventID`.
    pub fn id(&self) -> Option<&str> {
        self.event_id.get()
    }

    /// `eventName`.
    pub fn name(&self) -> Option<&str> {
        self.event_name.get().or_else(|| self.name_in_row.get())
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

/// An object, if it is one.
fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct OfObject<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for OfObject<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map)).map(Some)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(None)
        }

        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }

    deserializer.deserialize_any(OfObject(PhantomData))
}
