//! Names to addresses, and the deny list between the two.

use std::net::SocketAddr;
use std::sync::Arc;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ProtocolConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::client::Options;
use crate::deny::DenyList;
use crate::failure::{Failure, Result};

/// Resolves names and hands out the addresses that are allowed, and no other.
#[derive(Clone)]
pub(crate) struct GuardedResolver {
    deny: Arc<DenyList>,
    hosts: Arc<[(String, SocketAddr)]>,
    dns: TokioResolver,
}

impl GuardedResolver {
    pub fn new(options: &Options, deny: Arc<DenyList>) -> Result<Self> {
        let configured = || {
            let mut config = ResolverConfig::default();
            for address in &options.name_servers {
                let connections = [ProtocolConfig::Udp, ProtocolConfig::Tcp].map(|protocol| {
                    let mut connection = ConnectionConfig::new(protocol);
                    connection.port = address.port();
                    connection
                });
                config.add_name_server(NameServerConfig::new(address.ip(), true, connections.into()));
            }
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        };
        let mut builder = if options.name_servers.is_empty() {
            TokioResolver::builder_tokio().unwrap_or_else(|error| {
                tracing::warn!(%error, "the system names no name servers; names of other hosts cannot be looked up");
                configured()
            })
        } else {
            configured()
        };
        // Whoever has just published a proof must not wait for an old answer to expire.
        builder.options_mut().cache_size = 0;
        let dns = builder.build().map_err(|error| Failure::Request(error.to_string()))?;
        Ok(Self { deny, hosts: options.hosts.clone().into(), dns })
    }

    /// The addresses of a name that are allowed. The port is 0 where the name says none.
    pub async fn addresses(&self, name: &str) -> Result<Vec<SocketAddr>> {
        let mut addresses = self.all_addresses(name).await?;
        addresses.retain(|address| !self.deny.denies_address(address.ip()));
        if addresses.is_empty() { Err(Failure::Denied(name.to_owned())) } else { Ok(addresses) }
    }

    /// All addresses of a name that is allowed, whether they are or not.
    pub async fn all_addresses(&self, name: &str) -> Result<Vec<SocketAddr>> {
        if self.deny.denies_name(name) {
            return Err(Failure::Denied(name.to_owned()));
        }
        let mut addresses: Vec<SocketAddr> = self
            .hosts
            .iter()
            .filter(|(host, _)| host.eq_ignore_ascii_case(name))
            .map(|(_, address)| *address)
            .collect();
        if addresses.is_empty() {
            let found = self.dns.lookup_ip(name).await.map_err(|error| lookup_failure(name, &error))?;
            addresses = found.iter().map(|address| SocketAddr::new(address, 0)).collect();
        }
        if addresses.is_empty() { Err(Failure::Unknown(name.to_owned())) } else { Ok(addresses) }
    }

    /// The TXT records of a name, each as one text; none when the name is unknown.
    pub async fn txt(&self, name: &str) -> Result<Vec<String>> {
        let absolute = format!("{}.", name.trim_end_matches('.'));
        let found = match self.dns.txt_lookup(absolute).await {
            Ok(found) => found,
            Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
            Err(error) => return Err(lookup_failure(name, &error)),
        };
        let texts = found.answers().iter().filter_map(|record| match &record.data {
            RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
            _ => None,
        });
        Ok(texts.collect())
    }
}

fn lookup_failure(name: &str, error: &NetError) -> Failure {
    if error.is_no_records_found() {
        Failure::Unknown(name.to_owned())
    } else {
        Failure::Lookup { name: name.to_owned(), cause: error.to_string() }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.addresses(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
