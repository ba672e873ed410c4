//! The OAuth endpoints and the door of the APIs as clients meet them, on every engine that is at hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod client_credentials;
mod discovery;
mod door;
mod immediate;
mod introspection;
mod jwt_bearer;
mod revocation;
mod system_users;
mod tokens;
mod trips;
mod userinfo;
mod web_keys;
mod world;
