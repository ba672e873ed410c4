//! What a command leaves behind, the bridge between API versions (v1 `ObjectDetails`, v2 `Details` or a bare date).

use crate::Timestamp;

/// The proof of a recorded change, or of the stored state when nothing had to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The sequence of the aggregate's last event.
    pub sequence: u64,
    /// When the aggregate was created, where the command knows it.
    pub created_at: Option<Timestamp>,
    /// When it changed last.
    pub changed_at: Timestamp,
    /// The resource owner: the organization's id, or the instance's for instance-level resources.
    pub owner: String,
}
