//! The prototypes by name.

use std::fmt;

use clap::ValueEnum;

/// The prototypes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Kind {
    /// Answer 270 bytes, whatever is asked.
    Empty,
    /// Open the sealed token, find the user in a map, answer its claims.
    Userinfo,
    /// Open the sealed token, find the user in a map, answer a gRPC call with a message and trailers.
    Grpc,
    /// Verify the client's assertion, open the sealed token, serialize 46 kB with 600 audiences.
    Introspect,
    /// Verify the assertion, sign an id token with RS256, commit three rows.
    JwtProfileRs256,
    /// The same with ES256.
    JwtProfileEs256,
    /// Check the client's secret, sign an id token with RS256, commit three rows; then userinfo with the token.
    ClientCredentialsRs256,
    /// The same with ES256.
    ClientCredentialsEs256,
    /// Open the sealed token, commit the three rows of a new user.
    CreateUser,
}

impl Kind {
    /// All of them.
    pub fn all() -> &'static [Self] {
        Self::value_variants()
    }

    /// Whether it writes.
    pub fn has_store(self) -> bool {
        !matches!(self, Self::Empty | Self::Userinfo | Self::Grpc | Self::Introspect)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_possible_value().map_or(Ok(()), |value| f.write_str(value.get_name()))
    }
}
