//! Events of this room, exactly as `spec: events.json` has them. Those of a user have no payload.

use castellan_rpc::AuditEvent;
use serde::Serialize;

macro_rules! without_payload {
    ($($name:ident = $type:literal,)*) => {
        $(
            #[derive(Serialize)]
            pub(super) struct $name {}

            impl AuditEvent for $name {
                const TYPE: &'static str = $type;
            }
        )*
    };
}

without_payload! {
    UserDeactivated = "user.deactivated",
    UserReactivated = "user.reactivated",
    UserLocked = "user.locked",
    UserUnlocked = "user.unlocked",
    UserRemoved = "user.removed",
    AuthorizationCascadeRemoved = "user.grant.cascade.removed",
}
