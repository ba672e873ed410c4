//! Why a request to somebody else did not come back with an answer.

use std::time::Duration;

/// The result of a request.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// What went wrong. The texts are for logs: callers of an API must not learn from them what stands in the operator's network.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The address is none of http or https, has credentials in it, or is no address at all.
    #[error("{0:?} is no http or https address")]
    Address(String),
    /// The host, or every address that it has, is on the deny list.
    #[error("{0} is on the deny list")]
    Denied(String),
    /// The name has no address.
    #[error("the name {0} has no address")]
    Unknown(String),
    /// The name servers cannot say.
    #[error("{name} cannot be looked up: {cause}")]
    Lookup {
        /// The name.
        name: String,
        /// What the name servers said.
        cause: String,
    },
    /// No answer came in time.
    #[error("no answer came within {0:?}")]
    Timeout(Duration),
    /// The answer is larger than the caller wants it.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The connection failed, or what came was no HTTP.
    #[error("the request failed: {0}")]
    Request(String),
}

impl Failure {
    /// What a failed request was: what the resolver said, if it was the resolver, and else the whole chain of causes.
    pub(crate) fn of_request(error: &reqwest::Error, timeout: Duration) -> Self {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            match cause.downcast_ref::<Self>() {
                Some(Self::Denied(host)) => return Self::Denied(host.clone()),
                Some(Self::Unknown(name)) => return Self::Unknown(name.clone()),
                Some(Self::Lookup { name, cause }) => return Self::Lookup { name: name.clone(), cause: cause.clone() },
                _ => {}
            }
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        if error.is_timeout() { Self::Timeout(timeout) } else { Self::Request(text) }
    }
}
