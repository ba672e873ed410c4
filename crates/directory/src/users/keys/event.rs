//! Events of this room, exactly as `spec: events.json` has them.

use castellan_rpc::AuditEvent;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct KeyAdded<'a> {
    #[serde(rename = "keyId")]
    pub key_id: &'a str,
    #[serde(rename = "type")]
    pub key_type: i64,
    #[serde(rename = "expirationDate")]
    pub expires_at: String,
    /// Standard base64 of the PEM.
    #[serde(rename = "publicKey")]
    pub public_key: String,
}

impl AuditEvent for KeyAdded<'_> {
    const TYPE: &'static str = "user.machine.key.added";
}

#[derive(Serialize)]
pub(super) struct KeyRemoved<'a> {
    #[serde(rename = "keyId")]
    pub key_id: &'a str,
}

impl AuditEvent for KeyRemoved<'_> {
    const TYPE: &'static str = "user.machine.key.removed";
}
