//! Events of this room, exactly as `spec: events.json` has them.

use castellan_rpc::AuditEvent;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct TokenAdded<'a> {
    #[serde(rename = "tokenId")]
    pub token_id: &'a str,
    #[serde(rename = "expiration")]
    pub expires_at: String,
    pub scopes: &'a [String],
}

impl AuditEvent for TokenAdded<'_> {
    const TYPE: &'static str = "user.pat.added";
}

#[derive(Serialize)]
pub(super) struct TokenRemoved<'a> {
    #[serde(rename = "tokenId")]
    pub token_id: &'a str,
}

impl AuditEvent for TokenRemoved<'_> {
    const TYPE: &'static str = "user.pat.removed";
}
