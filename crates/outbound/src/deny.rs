//! What must not be reached: names and networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// What is denied unless the operator says otherwise: this machine, private networks, link-local addresses (the metadata
/// services of clouds are there), and what no server on the internet has.
pub const DEFAULT_DENY_LIST: [&str; 18] = [
    "localhost",
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::",
    "::1",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

/// Names and networks that are denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DenyList {
    entries: Vec<String>,
    names: Vec<String>,
    networks: Vec<IpNet>,
}

impl Default for DenyList {
    fn default() -> Self {
        let mut list = Self::empty();
        for entry in DEFAULT_DENY_LIST {
            list.add(entry);
        }
        list
    }
}

impl DenyList {
    /// A list from its entries: an address, a network (`10.0.0.0/8`) or a name, which stands for everything below it too.
    ///
    /// # Errors
    /// The entry that is none of these.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut list = Self::empty();
        for entry in entries {
            let entry = entry.trim();
            let is_name = entry.chars().any(char::is_alphabetic)
                && entry.chars().all(|character| character.is_alphanumeric() || "-_.".contains(character));
            if !is_name && network(entry).is_none() {
                return Err(entry.to_owned());
            }
            list.add(entry);
        }
        Ok(list)
    }

    fn empty() -> Self {
        Self { entries: Vec::new(), names: Vec::new(), networks: Vec::new() }
    }

    /// What is denied, as it was written.
    pub fn entries(&self) -> &[String] {
        &self.entries
    }

    fn add(&mut self, entry: &str) {
        self.entries.push(entry.to_owned());
        match network(entry) {
            Some(network) => self.networks.push(network),
            None => self.names.push(entry.trim_matches('.').to_lowercase()),
        }
    }

    /// Whether this name is denied.
    pub fn denies_name(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.').to_lowercase();
        self.names
            .iter()
            .any(|denied| name.strip_suffix(denied).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
    }

    /// Whether this address is denied, or the address of the older protocol that it stands for.
    pub fn denies_address(&self, address: IpAddr) -> bool {
        let within = |address: IpAddr| self.networks.iter().any(|network| network.contains(&address));
        within(address)
            || matches!(address, IpAddr::V6(address) if embedded(address).is_some_and(|old| within(old.into())))
    }
}

fn network(entry: &str) -> Option<IpNet> {
    entry.parse().ok().or_else(|| entry.parse::<IpAddr>().ok().map(IpNet::from))
}

/// The IPv4 address that an IPv6 address leads to: mapped and compatible ones, NAT64 (RFC 6052) and 6to4 (RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let octets = address.octets();
    let last = || Ipv4Addr::new(octets[12], octets[13], octets[14], octets[15]);
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff | 0, _, _] | [0x64, 0xff9b, 0, 0, 0, 0, _, _] => Some(last()),
        [0x2002, ..] => Some(Ipv4Addr::new(octets[2], octets[3], octets[4], octets[5])),
        _ => None,
    }
}
