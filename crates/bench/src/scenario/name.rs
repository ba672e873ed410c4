//! The scenarios by name.

use std::fmt;

use clap::ValueEnum;

/// The scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Name {
    /// Exchange an assertion (signed before the run) for an access token and an id token.
    MachineJwtProfileGrant,
    /// Get tokens by client credentials, then ask userinfo with the access token.
    MachineClientCredentialsLogin,
    /// Ask userinfo with a personal access token.
    MachinePatLogin,
    /// Ask userinfo with an access token.
    UserInfo,
    /// Introspect an access token that is meant for many projects, as a client that authenticates with one assertion of its key.
    Introspect,
    /// Read the own organization over REST.
    OrgsMeRest,
    /// Read the own organization over gRPC (HTTP/2).
    OrgsMeGrpc,
    /// Create a service user.
    CreateMachineUser,
    /// Create, update, lock, unlock and remove a human.
    ManipulateUser,
    /// Search and page among many users.
    #[value(name = "list_users_100k")]
    ListUsers100k,
}

impl Name {
    /// Whether the scenario only makes sense over HTTP/2.
    pub fn needs_http2(self) -> bool {
        self == Self::OrgsMeGrpc
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_possible_value().map_or(Ok(()), |value| f.write_str(value.get_name()))
    }
}
