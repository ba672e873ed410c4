//! Events of this room, exactly as `spec: events.json` has them.

use castellan_rpc::AuditEvent;
use serde::Serialize;

macro_rules! domain_event {
    ($name:ident, $type:literal) => {
        #[derive(Serialize)]
        pub(super) struct $name<'a> {
            pub domain: &'a str,
        }
        impl AuditEvent for $name<'_> {
            const TYPE: &'static str = $type;
        }
    };
}
domain_event!(DomainAdded, "org.domain.added");
domain_event!(DomainVerified, "org.domain.verified");
domain_event!(VerificationFailed, "org.domain.verification.failed");
domain_event!(PrimarySet, "org.domain.primary.set");
domain_event!(DomainRemoved, "org.domain.removed");

/// A proof was asked for. The code is a secret of the organization until it is published, so only its kind is recorded.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VerificationAdded<'a> {
    pub domain: &'a str,
    pub validation_type: i64,
}

impl AuditEvent for VerificationAdded<'_> {
    const TYPE: &'static str = "org.domain.verification.added";
}

/// A user of another organization lost a user name that ends in a domain which this one has verified.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserDomainClaimed<'a> {
    pub user_name: &'a str,
    pub trigger_origin: &'a str,
}

impl AuditEvent for UserDomainClaimed<'_> {
    const TYPE: &'static str = "user.domain.claimed";
}
