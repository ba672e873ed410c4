//! How large the prepared data is.

use clap::{Args, ValueEnum};

/// How large the prepared data is.
#[derive(Debug, Clone, Args)]
pub struct Size {
    /// Projects in the audience of the introspected token; 600 make an answer of 46 kB.
    #[arg(long, default_value_t = 600)]
    pub projects: usize,
    /// Users among which is searched; they are created once and kept.
    #[arg(long, default_value_t = 100_000)]
    pub users: usize,
    /// Assertions that are signed before the run and used in turn.
    #[arg(long, default_value_t = 4_000)]
    pub assertions: usize,
    /// A password that `manipulate_user` gives the users it creates, which the server then hashes; without it they have none.
    #[arg(long)]
    pub password: Option<String>,
    /// What the server signs id tokens with. Such a web key is made and activated when there is none; without this option
    /// the active one stays.
    #[arg(long, value_enum)]
    pub web_key: Option<WebKey>,
}

impl Default for Size {
    fn default() -> Self {
        Self { projects: 600, users: 100_000, assertions: 4_000, password: None, web_key: None }
    }
}

/// What id tokens are signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WebKey {
    /// RSA, 2048 bits.
    Rs256,
    /// ECDSA, P-256.
    Es256,
}
