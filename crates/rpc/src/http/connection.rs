//! What the listener knows about a connection, handed on in the extensions of every request.

use std::net::SocketAddr;

use ::http::{HeaderMap, Uri, header};

use castellan_db::Text;

use crate::call::RequestOrigin;

/// Put into the extensions of every request by the listener that accepted its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// Whether the connection itself is TLS.
    pub tls: bool,
    /// The address of the peer.
    pub peer: SocketAddr,
}

/// Where the request went to and came from. `:authority` (or the host of an absolute URI) wins over `Host` (RFC 9113, 8.3.1).
pub fn request_origin(headers: &HeaderMap, uri: &Uri, connection: Option<&ConnectionInfo>) -> RequestOrigin {
    let authority = match uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => headers.get(header::HOST).and_then(|host| host.to_str().ok()),
    };
    RequestOrigin {
        authority: authority.map(Text::from),
        tls: connection.is_some_and(|connection| connection.tls),
        peer: connection.map(|connection| connection.peer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_of_http2_wins_over_the_host_header() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "b.example".parse().unwrap());
        let absolute = "https://a.example:8443/v2/users".parse().unwrap();
        assert_eq!(request_origin(&headers, &absolute, None).authority.as_deref(), Some("a.example:8443"));
        let relative = "/v2/users".parse().unwrap();
        assert_eq!(request_origin(&headers, &relative, None).authority.as_deref(), Some("b.example"));
    }

    #[test]
    fn the_listener_says_whether_the_connection_is_tls() {
        let connection = ConnectionInfo { tls: true, peer: "192.0.2.1:4000".parse().unwrap() };
        let origin = request_origin(&HeaderMap::new(), &"/".parse().unwrap(), Some(&connection));
        assert!(origin.tls);
        assert_eq!(origin.peer, Some(connection.peer));
    }
}
