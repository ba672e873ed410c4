//! The only way out: requests to addresses that somebody outside the operator's control chose (metadata of service providers,
//! web hooks, proofs of domains), and look-ups of DNS records. What must not be reached from here, by name or by address, is on
//! a deny list; names are resolved and checked in one step, so that the checked address is the one that is connected to.
//! Redirects are not followed, proxies not used, answers bounded in time and size.

mod client;
mod deny;
mod failure;
mod resolver;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(test)]
mod tests;

pub use client::{Answer, Client, Options};
pub use deny::{DEFAULT_DENY_LIST, DenyList};
pub use failure::{Failure, Result};
