//! Events of this room. The private half never stands in an event: `privateKey` names the key that seals it in storage, no more.

use castellan_crypto::jose::Jwk;
use castellan_rpc::AuditEvent;
use serde::Serialize;
use serde_json::Value;

#[derive(Serialize)]
pub(super) struct SealedKey {
    #[serde(rename = "KeyID")]
    pub key_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Added<'a> {
    pub private_key: SealedKey,
    pub public_key: &'a Jwk,
    pub config: Value,
    pub config_type: i32,
}

impl AuditEvent for Added<'_> {
    const TYPE: &'static str = "web_key.added";
}

macro_rules! empty_event {
    ($name:ident, $type:literal) => {
        #[derive(Serialize)]
        pub(super) struct $name {}
        impl AuditEvent for $name {
            const TYPE: &'static str = $type;
        }
    };
}
empty_event!(Activated, "web_key.activated");
empty_event!(Deactivated, "web_key.deactivated");
empty_event!(Removed, "web_key.removed");
