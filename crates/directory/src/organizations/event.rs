//! Events of this room, exactly as `spec: events.json` has them.

use castellan_rpc::AuditEvent;
use serde::Serialize;

macro_rules! name_event {
    ($name:ident, $type:literal) => {
        #[derive(Serialize)]
        pub(super) struct $name<'a> {
            pub name: &'a str,
        }
        impl AuditEvent for $name<'_> {
            const TYPE: &'static str = $type;
        }
    };
}
name_event!(OrgAdded, "org.added");
name_event!(OrgChanged, "org.changed");

macro_rules! empty_event {
    ($name:ident, $type:literal) => {
        #[derive(Serialize)]
        pub(super) struct $name {}
        impl AuditEvent for $name {
            const TYPE: &'static str = $type;
        }
    };
}
empty_event!(OrgDeactivated, "org.deactivated");
empty_event!(OrgReactivated, "org.reactivated");
empty_event!(OrgRemoved, "org.removed");

#[derive(Serialize)]
pub(super) struct DefaultOrgSet<'a> {
    #[serde(rename = "orgId")]
    pub org_id: &'a str,
}

impl AuditEvent for DefaultOrgSet<'_> {
    const TYPE: &'static str = "instance.default.org.set";
}
