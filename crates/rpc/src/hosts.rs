//! Which host a request asks for: the instance's host, the public host, and the origin that becomes the OIDC issuer.
//! Pure reading of headers (`spec: oauth.md 2.2`); whether the hosts are known is decided by the directory.

use ::http::HeaderMap;
use castellan_db::Text;

use crate::call::RequestOrigin;

/// Which headers may name hosts, and whether the outside speaks TLS.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// Headers that name the instance's host, in order, before `Forwarded` and the request's own host.
    pub instance_headers: Vec<String>,
    /// Headers that name the public host.
    pub public_headers: Vec<String>,
    /// Whether the outside always speaks https.
    pub external_secure: bool,
    /// The domain of the configuration, for error texts.
    pub external_domain: String,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            instance_headers: vec!["x-zitadel-instance-host".to_owned()],
            public_headers: vec!["x-zitadel-public-host".to_owned()],
            external_secure: false,
            external_domain: "localhost".to_owned(),
        }
    }
}

/// The hosts that a request names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedHost {
    /// The host that finds the instance, with its port if it has one; empty when the request names none.
    pub instance_host: Text,
    /// The host the user sees, if a proxy names another one.
    pub public_host: Option<Text>,
    /// `http` or `https`.
    pub scheme: &'static str,
}

impl RequestedHost {
    /// Reads the headers of a request.
    pub fn read(headers: &HeaderMap, origin: &RequestOrigin, options: &HostOptions) -> Self {
        let mut scheme = None;
        let mut instance_host = named(headers, &options.instance_headers);
        for forwarded in ["forwarded", "x-zitadel-forwarded", "x-forwarded-for"] {
            let Some(value) = text(headers, forwarded) else { continue };
            let (host, proto) = parse_forwarded(value);
            scheme = scheme.or(proto);
            instance_host = instance_host.or(host);
        }
        scheme = scheme.or_else(|| text(headers, "x-forwarded-proto").and_then(known_scheme));
        let instance_host = instance_host
            .or_else(|| text(headers, "x-forwarded-host").and_then(valid_host))
            .or_else(|| origin.authority.as_deref().and_then(valid_host))
            .unwrap_or_default();
        let public_host = named(headers, &options.public_headers);
        let scheme = if options.external_secure || origin.tls { "https" } else { scheme.unwrap_or("http") };
        Self { instance_host: instance_host.into(), public_host: public_host.map(Text::from), scheme }
    }

    /// The instance's domain as stored: without port, lower case.
    pub fn instance_domain(&self) -> Text {
        domain(&self.instance_host)
    }

    /// The public domain without port, if it differs from the instance's.
    pub fn public_domain(&self) -> Option<Text> {
        let domain = domain(self.public_host.as_deref()?);
        (domain != self.instance_domain()).then_some(domain)
    }

    /// The origin that users and tokens see, such as `https://id.example.com`: issuer and base of generated links.
    pub fn origin(&self) -> String {
        [self.scheme, "://", self.public_host.as_deref().unwrap_or(&self.instance_host)].concat()
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    // Requests have few headers: comparing each takes less than the digest of a name by which the map would find it.
    let (_, value) = headers.iter().find(|(own, _)| own.as_str().eq_ignore_ascii_case(name))?;
    value.to_str().ok().map(str::trim).filter(|value| !value.is_empty())
}

fn named<'a>(headers: &'a HeaderMap, names: &[String]) -> Option<&'a str> {
    names.iter().find_map(|name| text(headers, name).and_then(valid_host))
}

fn known_scheme(scheme: &str) -> Option<&'static str> {
    match scheme {
        "https" => Some("https"),
        "http" => Some("http"),
        _ => None,
    }
}

/// `host=` and `proto=` of the first element of a `Forwarded` header (RFC 7239).
fn parse_forwarded(value: &str) -> (Option<&str>, Option<&'static str>) {
    let (mut host, mut scheme) = (None, None);
    for pair in value.split(',').next().unwrap_or_default().split(';') {
        let Some((name, value)) = pair.split_once('=') else { continue };
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "host" => host = valid_host(value),
            "proto" => scheme = known_scheme(value),
            _ => {}
        }
    }
    (host, scheme)
}

/// Accepts `host` and `host:port` with a port from 1 to 65535; everything else is ignored.
fn valid_host(value: &str) -> Option<&str> {
    let (host, port) = split_port(value);
    let plain = !host.is_empty()
        && if let Some(inner) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            inner.parse::<std::net::Ipv6Addr>().is_ok()
        } else {
            host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        };
    let port_fits = port
        .is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|n| n > 0));
    (plain && port_fits).then_some(value)
}

fn split_port(value: &str) -> (&str, Option<&str>) {
    if value.ends_with(']') {
        return (value, None);
    }
    value.rsplit_once(':').map_or((value, None), |(host, port)| (host, Some(port)))
}

/// Of a host, without port and in lower case.
pub(crate) fn domain(host: &str) -> Text {
    let mut domain = Text::from(without_port(host));
    domain.make_ascii_lowercase();
    domain
}

fn without_port(value: &str) -> &str {
    split_port(value).0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &str)], authority: &str) -> RequestedHost {
        let headers = pairs
            .iter()
            .map(|(name, value)| (::http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect::<HeaderMap>();
        let origin = RequestOrigin { authority: Some(authority.into()), ..RequestOrigin::default() };
        RequestedHost::read(&headers, &origin, &HostOptions::default())
    }

    #[test]
    fn the_instance_header_wins_over_forwarded_and_host() {
        let host = read(&[("x-zitadel-instance-host", "a.com"), ("forwarded", "host=b.com;proto=https")], "c.com:8080");
        assert_eq!((host.instance_host.as_str(), host.scheme), ("a.com", "https"));
    }

    #[test]
    fn a_host_with_user_information_is_ignored() {
        assert_eq!(read(&[("x-forwarded-host", "localhost:@evil.com")], "c.com:8080").origin(), "http://c.com:8080");
        assert_eq!(read(&[("x-zitadel-instance-host", "a.com:99999")], "c.com").instance_host, "c.com");
    }

    #[test]
    fn the_public_host_makes_the_origin_and_the_port_stays_out_of_domains() {
        let host = read(&[("x-zitadel-public-host", "id.example.com")], "Internal:8080");
        assert_eq!(host.origin(), "http://id.example.com");
        assert_eq!(host.instance_domain(), "internal");
        assert_eq!(host.public_domain().as_deref(), Some("id.example.com"));
    }
}
