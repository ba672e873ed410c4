//! Organizations: who owns users and projects. Tables `organizations`, `org_domains`, `org_metadata`. Events `org.*`.
//! Rules: spec api.md 4.2, oauth.md 1.5 (the generated domain).

mod create;
mod domain_name;

pub use create::{create, create_with_id};
pub use domain_name::generated_domain;
