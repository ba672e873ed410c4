//! Requests to addresses of somebody else's choice.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use reqwest::Url;
use reqwest::redirect::Policy;

use crate::deny::DenyList;
use crate::failure::{Failure, Result};
use crate::resolver::GuardedResolver;

/// How a client behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// What must not be reached.
    pub deny: DenyList,
    /// Which name servers are asked; none: those of the system.
    pub name_servers: Vec<SocketAddr>,
    /// Names that no name server is asked about, as in a hosts file; their addresses are checked like any other. Where a
    /// request names no port, the one that stands here is connected to.
    pub hosts: Vec<(String, SocketAddr)>,
    /// How long a request may take as a whole.
    pub timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            deny: DenyList::default(),
            name_servers: Vec::new(),
            hosts: Vec::new(),
            timeout: Duration::from_secs(10),
        }
    }
}

/// An answer, whatever its status: redirects are answers too.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// Whether the status is one of success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// The guarded client; clones share their connections.
#[derive(Clone)]
pub struct Client {
    /// Made by the first request: the system's certificates take long to read, and most servers never send one.
    http: Arc<OnceLock<reqwest::Client>>,
    resolver: GuardedResolver,
    deny: Arc<DenyList>,
    timeout: Duration,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("deny", &self.deny).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that behaves so.
    ///
    /// # Errors
    /// When the system gives no means for requests.
    pub fn new(options: &Options) -> Result<Self> {
        let deny = Arc::new(options.deny.clone());
        let resolver = GuardedResolver::new(options, Arc::clone(&deny))?;
        Ok(Self { http: Arc::default(), resolver, deny, timeout: options.timeout })
    }

    fn http(&self) -> Result<&reqwest::Client> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let builder = || {
            reqwest::Client::builder()
                .dns_resolver(self.resolver.clone())
                .redirect(Policy::none())
                .no_proxy()
                .referer(false)
                .timeout(self.timeout)
                .pool_max_idle_per_host(1)
                .user_agent(concat!("castellan/", env!("CARGO_PKG_VERSION")))
        };
        // A system without certificates can still reach http addresses.
        let http = builder().build().or_else(|error| {
            tracing::warn!(%error, "the system's certificates cannot be used; no https address can be reached");
            builder().tls_certs_only([]).build()
        });
        let http = http.map_err(|error| Failure::of_request(&error, self.timeout))?;
        Ok(self.http.get_or_init(|| http))
    }

    /// Fetches an address; the body has at most `limit` bytes.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn get(&self, address: &str, limit: usize) -> Result<Answer> {
        self.send(self.http()?.get(self.check(address)?), limit).await
    }

    /// Posts a JSON document; the body of the answer has at most `limit` bytes.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn post_json(&self, address: &str, document: &serde_json::Value, limit: usize) -> Result<Answer> {
        let request = self.http()?.post(self.check(address)?);
        let request = request.header(reqwest::header::CONTENT_TYPE, "application/json").body(document.to_string());
        self.send(request, limit).await
    }

    /// Looks where an address leads without sending anything there. That is for telling early; a request looks again.
    ///
    /// # Errors
    /// [`Failure::Denied`] when any address of its host is denied, [`Failure::Address`]; and [`Failure::Unknown`],
    /// [`Failure::Lookup`] and [`Failure::Timeout`] when nobody can say.
    pub async fn look(&self, address: &str) -> Result<()> {
        let url = self.check(address)?;
        let Some(name) = url.domain() else { return Ok(()) };
        let found = tokio::time::timeout(self.timeout, self.resolver.all_addresses(name)).await;
        let addresses = found.unwrap_or(Err(Failure::Timeout(self.timeout)))?;
        let is_denied = addresses.iter().any(|address| self.deny.denies_address(address.ip()));
        if is_denied { Err(Failure::Denied(name.to_owned())) } else { Ok(()) }
    }

    /// The TXT records of a name, each as one text; none when the name is unknown.
    ///
    /// # Errors
    /// [`Failure::Lookup`] and [`Failure::Timeout`].
    pub async fn txt(&self, name: &str) -> Result<Vec<String>> {
        let found = tokio::time::timeout(self.timeout, self.resolver.txt(name)).await;
        found.unwrap_or(Err(Failure::Timeout(self.timeout)))
    }

    async fn send(&self, request: reqwest::RequestBuilder, limit: usize) -> Result<Answer> {
        let failed = |error: reqwest::Error| Failure::of_request(&error, self.timeout);
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > limit {
                return Err(Failure::TooLarge(limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, body: body.into() })
    }

    /// Only names go through the resolver, so addresses that stand in the request itself are checked here.
    fn check(&self, address: &str) -> Result<Url> {
        let wrong = || Failure::Address(address.to_owned());
        let url = Url::parse(address).map_err(|_| wrong())?;
        let has_credentials = !url.username().is_empty() || url.password().is_some();
        if !matches!(url.scheme(), "http" | "https") || has_credentials {
            return Err(wrong());
        }
        let host = url.host_str().ok_or_else(wrong)?;
        let is_denied = match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            Ok(address) => self.deny.denies_address(address),
            Err(_) => self.deny.denies_name(host),
        };
        if is_denied { Err(Failure::Denied(host.to_owned())) } else { Ok(url) }
    }
}
