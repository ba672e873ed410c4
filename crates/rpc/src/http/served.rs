//! What an answer says, to those who observe requests, about the RPC that was served.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use castellan_kernel::Kind;

/// The RPC behind a request, in the extensions of its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// The RPC, such as `zitadel.user.v2.UserService/GetUserByID`.
    pub method: &'static str,
    /// The HTTP status that the outcome would have over REST, where the response's own status does not tell it (gRPC).
    pub status: Option<u16>,
}

/// Takes the outcome of a call from where it is known to where the response is made.
#[derive(Debug, Clone, Default)]
pub struct Outcome(Arc<AtomicU16>);

impl Outcome {
    /// The call failed.
    pub fn failed(&self, kind: Kind) {
        self.0.store(kind.http_status(), Ordering::Relaxed);
    }

    /// The HTTP status of the failure, if there was one.
    pub fn status(&self) -> Option<u16> {
        Some(self.0.load(Ordering::Relaxed)).filter(|status| *status != 0)
    }
}
