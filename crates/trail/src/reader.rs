//! What a record says (E.3, K.5).

use jiff::Timestamp;
use scproof_catalog::Catalog;

use crate::asks::Asks;
use crate::context::context;
use crate::event::{Call, Event, Outcome, Reading, Standing};
use crate::operation::Operations;
use crate::parameters::Parameters;
use crate::record::{Identity, Record};
use crate::resources::{Listed, Place};
use crate::sentence::read_sentence;

/// A dry run that was authorized.
const DRY_RUN: &str = "Client.DryRunOperation";

/// Says what records ask. It remembers what the tables say of the operations that it met, so one should read many
/// records; what it remembers changes no answer.
#[derive(Debug)]
pub struct Reader {
    operations: Operations,
    asks: Asks,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// A reader with the embedded tables.
    pub fn new() -> Self {
        Self { operations: Operations::new(), asks: Asks::new() }
    }

    /// What a record says. Whatever stands in it, this is an answer.
    pub fn read(&mut self, record: &Record<'_>) -> Event {
        let listed = listed(record);
        let is_data = record.event_category.get() == Some("Data");
        let kind = || listed.iter().find_map(|resource| resource.kind.get()).unwrap_or_default();
        Event {
            shared_id: record.shared_event_id.owned(),
            id: record.event_id.owned().unwrap_or_default(),
            recipient: record.recipient.owned(),
            time: record.event_time.get().and_then(seconds).unwrap_or_default(),
            amended: record.addendum.is_some_and(|raw| raw.get() != "null"),
            region: record.region.owned(),
            data: is_data.then(|| kind().to_owned()),
            reading: match record.time().and_then(seconds) {
                Some(_) => self.reading(record, &listed),
                None => untimed(self.reading(record, &listed)),
            },
        }
    }

    /// What a record says of its call alone, which needs no time.
    pub fn asked(&mut self, record: &Record<'_>) -> Reading {
        self.reading(record, &listed(record))
    }

    fn reading(&mut self, record: &Record<'_>, listed: &[Listed<'_>]) -> Reading {
        // CT-32.
        match record.event_type.get() {
            None | Some("AwsApiCall") => {}
            Some("AwsServiceEvent") => return Reading::Skipped("an event of a service"),
            Some("AwsConsoleSignIn") => return Reading::Skipped("a sign-in to the console"),
            Some("AwsConsoleAction") => return Reading::Skipped("an action of the console"),
            Some("AwsVpceEvent") => return Reading::Skipped("an event of a VPC endpoint"),
            Some("AwsCloudTrailInsight") => return Reading::Skipped("an Insight"),
            Some(_) => return Reading::Skipped("no call of an API"),
        }
        let Some(identity) = &record.identity else { return Reading::NotReplayable("the record names no caller") };
        // CT-2, CT-31.
        match identity.kind.get() {
            None => return Reading::Skipped("an event of a service"),
            Some("AWSService") => return Reading::NotGoverned("a service calls for itself"),
            Some("SAMLUser" | "WebIdentityUser") => {
                return Reading::NotReplayable("the caller had no identity of an account yet");
            }
            Some("IdentityCenterUser" | "Directory" | "Unknown") => {
                return Reading::NotReplayable("the caller's account is not told");
            }
            Some("Root" | "IAMUser" | "AssumedRole" | "Role" | "FederatedUser" | "AWSAccount") => {}
            // A kind that AWS may add: whose account `accountId` is then, nobody can say.
            Some(_) => return Reading::NotReplayable("the kind of caller is not known"),
        }
        let Some(account) = account(identity) else {
            return Reading::NotReplayable("the caller's account is not told");
        };
        let (Some(source), Some(name)) = (record.source(), record.name()) else {
            return Reading::NotReplayable("the record names no operation");
        };
        let parameters = Parameters::new(record.request_parameters);
        let outcome = outcome(record);
        // AWS's own word counts where no table has the operation (CT-30).
        let said = || match &outcome {
            Outcome::Denied { action: Some(action), .. } => Catalog::embedded().find_action(action),
            Outcome::Passed | Outcome::Denied { .. } | Outcome::Open => None,
        };
        let mapping = self.operations.actions(source, name, &parameters);
        let Some(mapping) = mapping.or_else(|| said().map(|action| vec![(action, Standing::Certain)])) else {
            return Reading::NotReplayable("no table says which action its operation is");
        };
        let arn = identity.arn.get();
        let partition = arn.and_then(|arn| arn.split(':').nth(1)).unwrap_or("aws");
        let region = record.region.get().unwrap_or_default();
        let asks = self.asks.of(&mapping, listed, &parameters, Place { partition, region, account });
        Reading::Call(Call {
            account: account.to_owned(),
            principal: arn.map(str::to_owned),
            region: record.region.owned(),
            outcome,
            asks,
            context: context(record, identity),
        })
    }
}

/// What a record lists as resources.
fn listed<'r>(record: &Record<'r>) -> Vec<Listed<'r>> {
    record.resources.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

/// A call of which nobody knows when it was made is no part of a log.
fn untimed(reading: Reading) -> Reading {
    let is_call = matches!(reading, Reading::Call(_));
    if is_call { Reading::NotReplayable("the record has no time") } else { reading }
}

/// The account whose policies decide: the caller's, wherever the record was written (CT-3).
fn account<'r>(identity: &'r Identity<'_>) -> Option<&'r str> {
    let issuer = identity.session.as_ref().and_then(|session| session.issuer.as_ref());
    let of_arn = || identity.arn.get().and_then(|arn| arn.split(':').nth(4));
    let account = identity.account.get().or_else(|| issuer.and_then(|issuer| issuer.account.get())).or_else(of_arn)?;
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}

/// CT-34.
fn outcome(record: &Record<'_>) -> Outcome {
    match record.error_code() {
        None | Some(DRY_RUN) => Outcome::Passed,
        Some(_) if record.is_denied() => {
            let said = record.error_message().and_then(read_sentence);
            let (cause, action) = said.map_or((None, None), |said| (said.cause, said.action));
            Outcome::Denied { cause, action }
        }
        Some(_) => Outcome::Open,
    }
}

/// Seconds since 1970 of a time in extended or basic notation (CT-11).
fn seconds(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_second)
}
