//! The contract as data: every RPC with its permission, routes and messages, and every message as a flat field table.
//!
//! The router, the JSON codec and the validator work from these tables alone. Each is compiled from the descriptor set when
//! it is first asked for.

mod build;
mod contract;
mod lookup;
mod method;
mod names;
pub(crate) mod options;
pub mod records;
mod routes;
pub(crate) mod schema;
pub(crate) mod set;
mod table;
pub mod wire;

#[cfg(test)]
pub(crate) mod kinds;
#[cfg(test)]
mod tests;

pub use contract::{Contract, ContractError};
pub use lookup::field_value;
pub use method::{Auth, BodyRule, HttpBinding, MethodInfo, NamedOrganization};
pub use table::{
    Cardinality, EnumTable, FieldKind, FieldTable, MessageLink, MessageTable, OneofTable, Presence, WellKnown,
};
