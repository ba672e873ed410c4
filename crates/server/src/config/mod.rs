//! Configuration: one declared table of keys, from which parsing, `config show` and `docs/configuration.md` all come.
//! Sources, the first that has a key wins: flag, environment (`CASTELLAN_`, then `ZITADEL_`), last file, …, default.
//! Everything wrong is collected and reported at once, before anything is written (`spec: oauth.md 1.2`).

mod catalog;
mod docs;
mod environment;
mod file;
mod key;
mod load;
mod problem;
mod secret;
mod settings;
mod show;
mod structured;
mod value;
mod values;
mod without_effect;

#[cfg(test)]
mod tests;

pub use docs::markdown;
pub use load::{Inputs, Loaded, load};
pub use problem::{Problem, Problems};
pub use secret::{Secret, SecretBytes};
pub use settings::*;
pub use show::show;
pub use structured::{MemberKind, SystemMembership, SystemUser, SystemUserKey, SystemUsers};
pub use value::Bytes;
pub use values::Source;
