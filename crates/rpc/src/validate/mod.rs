//! The contract's field rules (`validate.rules`), enforced on wire bytes before any handler sees them.
//!
//! Rules are compiled with the tables; messages without rules are only checked to be well-formed. Texts and the order
//! of checks follow protoc-gen-validate, which clients know (`spec: api.md 1.8`).

mod check;
mod compile;
mod formats;
mod range;
mod rules;
mod value;
mod violation;

#[cfg(test)]
mod tests;

pub use check::validate;
pub(crate) use compile::plan;
pub(crate) use rules::Plan;
pub use violation::Violation;
