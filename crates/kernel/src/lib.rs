//! The words every other crate shares: ids, time, randomness, owners, permissions, callers, faults, receipts and pages.
//!
//! No I/O and nothing asynchronous: whatever stands here can be tested with plain values.

mod caller;
mod clock;
mod duration;
mod error;
mod id;
mod owner;
mod page;
mod permission;
mod receipt;
mod rng;
mod timestamp;

pub use caller::{Caller, CallerKind, Membership, Scope, Visibility};
pub use clock::{Clock, FixedClock, SystemClock};
pub use duration::parse_duration;
pub use error::{Detail, Error, Fault, Kind, Result};
pub use id::IdGenerator;
pub use owner::Owner;
pub use page::{Page, PageLimits, TextMethod, TimeMethod};
pub use permission::{Permission, PermissionSet, RolePermissions, RoleTable};
pub use receipt::Receipt;
pub use rng::{Rng, SeededRng, SystemRng, random_string};
pub use timestamp::Timestamp;
