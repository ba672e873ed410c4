//! Instances: tenants of one installation, found by the hosts they answer on. Tables `instances`, `instance_domains`,
//! `trusted_domains`. Events `instance.added`, `instance.changed`, `instance.removed`, `instance.domain.*`,
//! `instance.trusted_domain.*`. Rules: spec oauth.md 2.2 and 6.4, api.md 4.15.

mod create;
mod resolve;

pub use create::{add_domain, add_trusted_domain, insert, set_primary_domain};
pub use resolve::{by_host, by_id, trusts};
