//! What prototypes answer.

use serde::Serialize;

/// An answer about as long as that of `orgs_me_rest`.
pub const EMPTY: &[u8] = &[b'x'; 270];

/// A user that a token may belong to.
pub struct User {
    /// Its name.
    pub name: String,
}

/// Userinfo.
#[derive(Serialize)]
pub struct Userinfo<'a> {
    sub: &'a str,
    name: &'a str,
    preferred_username: &'a str,
    updated_at: u64,
}

impl<'a> Userinfo<'a> {
    /// Of a user.
    pub fn of(id: &'a str, user: &'a User) -> Self {
        Self { sub: id, name: &user.name, preferred_username: &user.name, updated_at: 1_795_000_000 }
    }
}

/// The answer of an introspection.
#[derive(Serialize)]
pub struct Introspection<'a> {
    active: bool,
    scope: String,
    client_id: &'a str,
    token_type: &'a str,
    exp: u64,
    iat: u64,
    nbf: u64,
    sub: &'a str,
    aud: &'a [String],
    iss: &'a str,
    jti: &'a str,
    username: &'a str,
}

impl<'a> Introspection<'a> {
    /// Of an active token.
    pub fn of(id: &'a str, user: &'a User, audience: &'a [String], scopes: &[String], issuer: &'a str) -> Self {
        let (iat, nbf, exp) = (1_795_000_000, 1_795_000_000, 1_795_043_200);
        Self {
            active: true,
            scope: scopes.join(" "),
            client_id: &user.name,
            token_type: "Bearer",
            exp,
            iat,
            nbf,
            sub: id,
            aud: audience,
            iss: issuer,
            jti: "V2_341234567890123456-at_341234567890123457",
            username: &user.name,
        }
    }
}

/// The claims of an id token.
#[derive(Serialize)]
pub struct IdToken<'a> {
    /// The issuer.
    pub iss: &'a str,
    /// The user.
    pub sub: &'a str,
    /// Whom it is for.
    pub aud: [&'a str; 2],
    /// Until when it is good.
    pub exp: u64,
    /// Since when.
    pub iat: u64,
    /// When the user signed in.
    pub auth_time: u64,
    /// How.
    pub amr: [&'a str; 1],
    /// Who asked.
    pub azp: &'a str,
    /// Who asked.
    pub client_id: &'a str,
    /// The hash of the access token.
    pub at_hash: &'a str,
    /// The session.
    pub sid: &'a str,
}

/// The answer of the token endpoint.
#[derive(Serialize)]
pub struct TokenAnswer<'a> {
    /// The access token.
    pub access_token: &'a str,
    /// Its type.
    pub token_type: &'a str,
    /// Seconds until it expires.
    pub expires_in: u32,
    /// The id token.
    pub id_token: &'a str,
}

/// The answer to the creation of a user.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Created<'a> {
    /// The new user.
    pub user_id: &'a str,
    /// What happened.
    pub details: Details<'a>,
}

/// What happened.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Details<'a> {
    /// The sequence.
    pub sequence: &'a str,
    /// When.
    pub creation_date: &'a str,
    /// Whose it is.
    pub resource_owner: &'a str,
}
