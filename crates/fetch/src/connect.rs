//! The client: credentials, partition, HTTP.

use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::config::SharedHttpClient;
use aws_sdk_organizations::config::retry::RetryConfig;
use aws_sdk_organizations::config::timeout::TimeoutConfig;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector};

use crate::error::FetchError;
use crate::watch::cut;

/// The region whose partition is taken if nobody names one: AWS's commercial partition (API-5).
const DEFAULT_REGION: &str = "us-east-1";

const NOWHERE: &str = "neither the environment nor a profile nor this machine provides any";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Whose organization, and where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectOptions {
    /// A profile of `~/.aws/config`; none: as the AWS CLI chooses.
    pub profile: Option<String>,
    /// Any region of the organization's partition. Each partition has one endpoint and one signing region (API-5 to
    /// API-11); which follows from here. None: as the AWS CLI chooses, and `us-east-1` in the end.
    pub region: Option<String>,
    /// An endpoint of your own, such as an emulator's.
    pub endpoint_url: Option<String>,
}

/// Makes a client with the standard credential chain of the AWS SDK, and asks the chain for credentials once.
///
/// Reads the environment and the files of `~/.aws`, as the AWS CLI does. The client never repeats a call by itself and
/// gives up on an answer that does not come: [`fetch`](crate::fetch()) paces and repeats.
///
/// # Errors
///
/// [`FetchError::Configuration`], [`FetchError::NoCredentials`] or [`FetchError::ExpiredCredentials`].
///
/// ```no_run
/// # async fn example() -> Result<(), scproof_fetch::FetchError> {
/// use scproof_fetch::{ConnectOptions, FetchOptions, connect, fetch};
///
/// let client = connect(&ConnectOptions { profile: Some("audit".to_owned()), ..ConnectOptions::default() }).await?;
/// let inventory = fetch(&client, &FetchOptions::default(), &()).await?;
/// println!("{} accounts", inventory.accounts.len());
/// # Ok(())
/// # }
/// ```
pub async fn connect(options: &ConnectOptions) -> Result<Client, FetchError> {
    check(options)?;
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        // Of the calls that get credentials; explicit, since AWS_RETRY_MODE and others would change it.
        .retry_config(RetryConfig::standard())
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT).build());
    if let Some(profile) = &options.profile {
        // As with the AWS CLI, a profile that is asked for goes before credentials in the environment; the SDK's own
        // chain would look there first and read another organization without a word.
        let region = options.region.clone().map(Region::new);
        let provider = ProviderConfig::without_region().with_http_client(http_client());
        let provider = provider.with_region(Some(region.unwrap_or(Region::from_static(DEFAULT_REGION))));
        loader = loader.profile_name(profile).credentials_provider(
            ProfileFileCredentialsProvider::builder().configure(&provider).profile_name(profile).build(),
        );
    }
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    let shared = loader.load().await;
    credentials(&shared, options.profile.as_deref()).await?;

    let mut config = aws_sdk_organizations::config::Builder::from(&shared).retry_config(RetryConfig::disabled());
    if shared.region().is_none() {
        config = config.region(Region::new(DEFAULT_REGION));
    }
    if let Some(url) = &options.endpoint_url {
        config = config.endpoint_url(url);
        if is_loopback(url) {
            // No proxy knows the way to this machine.
            config = config.http_client(http_client_with(ProxyConfig::disabled()));
        }
    }
    Ok(Client::from_conf(config.build()))
}

/// What the SDK would complain about only at the first call, or not at all.
fn check(options: &ConnectOptions) -> Result<(), FetchError> {
    let wrong = |message: String| Err(FetchError::Configuration { message });
    if let Some(region) = &options.region {
        let is_name =
            |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-';
        if region.is_empty() || !region.chars().all(is_name) {
            return wrong(format!("`{region}` is not a region, expected a name such as `us-east-1`"));
        }
    }
    if let Some(url) = &options.endpoint_url {
        // Whatever stands before an `@` may be a password, and is not repeated.
        if url.contains('@') {
            return wrong("the endpoint holds a user or password, expected none before the host".to_owned());
        }
        if !is_endpoint(url) {
            return wrong(format!("`{url}` is not an endpoint, expected a URL such as `http://127.0.0.1:5000`"));
        }
    }
    Ok(())
}

/// Whether a text is a URL with nothing but scheme, host, port and path.
fn is_endpoint(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else { return false };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let is_plain = |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    let (host, port) = match authority.strip_prefix('[') {
        Some(literal) => {
            let Some((address, port)) = literal.split_once(']') else { return false };
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return false;
            }
            (address, port)
        }
        None => authority.find(':').map_or((authority, ""), |at| authority.split_at(at)),
    };
    let port = match port.strip_prefix(':') {
        Some(number) => number.parse::<u16>().is_ok_and(|number| number > 0),
        None => port.is_empty(),
    };
    !host.is_empty() && is_plain(host, "-._:") && port && is_plain(path, "/-._~%")
}

/// Asks the chain now, so that what is wrong with it is told apart from what is wrong with a call.
async fn credentials(shared: &SdkConfig, profile: Option<&str>) -> Result<(), FetchError> {
    let Some(provider) = shared.credentials_provider() else {
        return Err(FetchError::NoCredentials { cause: "nothing provides any".to_owned() });
    };
    match provider.provide_credentials().await {
        Ok(_) => Ok(()),
        Err(error) => Err(match (credentials_error(&error), profile) {
            (FetchError::NoCredentials { .. }, Some(profile))
                if matches!(error, CredentialsError::CredentialsNotLoaded(_)) =>
            {
                FetchError::NoCredentials { cause: format!("the profile `{profile}` is not defined, or has none") }
            }
            (error, _) => error,
        }),
    }
}

/// What the credential chain's error means.
pub(crate) fn credentials_error(error: &CredentialsError) -> FetchError {
    let cause = deepest(error);
    let lower = chain(error).to_lowercase();
    // The last place of the chain, where credentials are only on a machine in AWS: why it has none says little.
    let cause = if lower.contains("imds") || lower.contains("metadata") { NOWHERE.to_owned() } else { cause };
    // A `credential_process` says what it likes, at any length.
    let cause = cut(&cause);
    if lower.contains("expired") {
        FetchError::ExpiredCredentials { message: cause }
    } else if matches!(error, CredentialsError::InvalidConfiguration(_)) {
        FetchError::Configuration { message: format!("the AWS configuration cannot be used: {cause}") }
    } else {
        FetchError::NoCredentials { cause }
    }
}

/// An error and everything behind it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        next = error.source();
    }
    text
}

/// The error at the bottom, which knows best.
pub(crate) fn deepest(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(next) = error.source() {
        error = next;
    }
    let text = error.to_string();
    // The system's own wording: `Connection refused (os error 111)`.
    text.split(" (os error").next().unwrap_or(&text).trim().trim_end_matches(" Stderr:").to_owned()
}

/// Whether a URL leads to this machine.
pub(crate) fn is_loopback(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let host = host.strip_prefix('[').map_or_else(
        || host.split(':').next().unwrap_or_default(),
        |literal| literal.split(']').next().unwrap_or_default(),
    );
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The HTTP client that [`connect`] uses: rustls on ring, the system's certificates, proxies as the environment names
/// them. For clients of your own; the SDK is built without its default one.
pub fn http_client() -> SharedHttpClient {
    http_client_with(ProxyConfig::from_env())
}

fn http_client_with(proxies: ProxyConfig) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder();
        builder.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            builder.set_sleep_impl(components.sleep_impl());
        }
        builder.proxy_config(proxies.clone()).tls_provider(Provider::Rustls(CryptoMode::Ring)).build()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_and_others() {
        for url in [
            "http://127.0.0.1:5000",
            "http://localhost/x",
            "https://LOCALHOST:1",
            "http://[::1]:5000/",
            "http://127.9.9.9",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "https://organizations.us-east-1.amazonaws.com",
            "http://localhost.example.com",
            "http://[::2]",
            "http://10.0.0.1",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }

    #[test]
    fn endpoints_and_what_is_none() {
        for url in ["http://127.0.0.1:5000", "https://[::1]:1/x", "https://organizations.us-east-1.amazonaws.com/"] {
            assert!(is_endpoint(url), "{url}");
        }
        for url in [
            "http://",
            "http:///x",
            "ftp://x",
            "localhost:5000",
            "http://h:",
            "http://h:0",
            "http://h:99999",
            "http://h:x",
            "http://[::1",
            "http://[x]:1",
            "http://[::1]5",
            "http://a b",
            "http://h/?x",
            "http://h#x",
            "http://ü",
        ] {
            assert!(!is_endpoint(url), "{url}");
        }
        let options =
            ConnectOptions { endpoint_url: Some("http://me:secret@127.0.0.1".to_owned()), ..ConnectOptions::default() };
        let error = check(&options).unwrap_err().to_string();
        assert!(error.contains("password") && !error.contains("secret"), "{error}");
    }

    /// The SDK's rules, as the rest relies on them: any region of a partition leads to its one endpoint.
    #[tokio::test]
    async fn api_5_to_api_11_one_endpoint_a_partition() {
        use aws_sdk_organizations::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
        for (region, host, signed_for) in [
            ("us-east-1", "organizations.us-east-1.amazonaws.com", "us-east-1"),
            ("eu-west-1", "organizations.us-east-1.amazonaws.com", "us-east-1"),
            ("us-gov-east-1", "organizations.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
            ("cn-north-1", "organizations.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"),
            ("eusc-de-east-1", "organizations.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
            ("us-iso-west-1", "organizations.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"),
            ("us-isob-east-1", "organizations.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"),
            ("eu-isoe-west-1", "organizations.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1"),
            ("us-isof-east-1", "organizations.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1"),
        ] {
            let params = Params::builder().region(region).build().unwrap();
            let endpoint = DefaultResolver::new().resolve_endpoint(&params).await.unwrap();
            assert_eq!(endpoint.url(), format!("https://{host}"), "{region}");
            let schemes = format!("{endpoint:?}");
            assert!(schemes.contains(&format!("\"{signed_for}\"")), "{region}: {schemes}");
        }
    }
}
