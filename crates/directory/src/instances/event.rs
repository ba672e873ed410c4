//! Events of this room and the rooms below, exactly as `spec: events.json` has them.

use castellan_rpc::{Aggregate, AuditEvent, Context};
use serde::Serialize;

/// The stream of the context's instance.
pub(super) fn aggregate(ctx: &Context) -> Aggregate {
    Aggregate::new("instance", &ctx.instance.id, &ctx.instance.id)
}

macro_rules! text_event {
    ($name:ident, $field:ident, $type:literal) => {
        #[derive(Serialize)]
        pub(super) struct $name<'a> {
            pub $field: &'a str,
        }
        impl AuditEvent for $name<'_> {
            const TYPE: &'static str = $type;
        }
    };
}
text_event!(InstanceAdded, name, "instance.added");
text_event!(InstanceChanged, name, "instance.changed");
text_event!(DefaultLanguageSet, language, "instance.default.language.set");
text_event!(PrimaryDomainSet, domain, "instance.domain.primary.set");
text_event!(DomainRemoved, domain, "instance.domain.removed");
text_event!(TrustedDomainAdded, domain, "instance.trusted_domains.added");
text_event!(TrustedDomainRemoved, domain, "instance.trusted_domains.removed");

#[derive(Serialize)]
pub(super) struct InstanceRemoved {}

impl AuditEvent for InstanceRemoved {
    const TYPE: &'static str = "instance.removed";
}

#[derive(Serialize)]
pub(super) struct DomainAdded<'a> {
    pub domain: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub generated: bool,
}

impl AuditEvent for DomainAdded<'_> {
    const TYPE: &'static str = "instance.domain.added";
}
