//! The token endpoint: a map from `grant_type` to one file per grant (`spec: oauth.md 4.5`).

mod client_credentials;
mod issue;
mod jwt_bearer;

use std::sync::Arc;

use castellan_db::{Connection, Question, Recalled, Remember, Snapshot, statement};
use castellan_directory::users::login_names;
use castellan_kernel::{Result, Timestamp};
use castellan_rpc::Context;

use crate::claims::{SUBJECT_COLUMNS, Subject};
use crate::error::{OAuthError, OAuthResult};
use crate::form::Parameters;
use crate::options::Options;
use crate::scope::Scopes;

const CLIENT_CREDENTIALS: &str = "client_credentials";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The grants that this server serves, for discovery.
pub const GRANTS: [&str; 2] = [CLIENT_CREDENTIALS, JWT_BEARER];

/// A token request: parameters, the `Authorization` header, options.
pub struct TokenRequest {
    /// Query and form parameters.
    pub parameters: Parameters,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// Paths and lifetimes.
    pub options: Arc<Options>,
}

/// The answer to a granted request (RFC 6749 5.1).
#[derive(Debug)]
pub struct TokenAnswer {
    access_token: String,
    /// In seconds.
    expires_in: i64,
    id_token: Option<String>,
}

impl TokenAnswer {
    /// As JSON. Tokens are base64url and dots, so there is nothing to escape, nor to be looked for.
    pub fn to_json(&self) -> String {
        let id_token = self.id_token.as_deref();
        let mut json = String::with_capacity(128 + self.access_token.len() + id_token.map_or(0, str::len));
        json.push_str(r#"{"access_token":""#);
        json.push_str(&self.access_token);
        json.push_str(r#"","token_type":"Bearer","expires_in":"#);
        json.push_str(&self.expires_in.to_string());
        if let Some(id_token) = id_token {
            json.push_str(r#","id_token":""#);
            json.push_str(id_token);
            json.push('"');
        }
        json.push('}');
        json
    }
}

/// Runs the grant that the request names, in the command `ctx`; the caller commits. What can be known before the transaction
/// is read from `look`.
///
/// # Errors
/// RFC 6749 5.2.
pub async fn grant(ctx: &mut Context, look: Snapshot, request: &TokenRequest) -> OAuthResult<TokenAnswer> {
    match request.parameters.get("grant_type")? {
        None => Err(OAuthError::invalid_request("grant_type missing")),
        Some(CLIENT_CREDENTIALS) => client_credentials::grant(ctx, look, request).await,
        Some(JWT_BEARER) => jwt_bearer::grant(ctx, look, request).await,
        Some(other) => Err(OAuthError::unsupported_grant_type(format!("{other} not supported"))),
    }
}

/// The scopes of a machine grant.
fn requested_scopes(request: &TokenRequest, user: &MachineUser) -> OAuthResult<Scopes> {
    let requested = request.parameters.get("scope")?.ok_or_else(|| {
        OAuthError::invalid_request(
            "The scope of your request is missing. Please ensure some scopes are requested, for example openid",
        )
    })?;
    Ok(Scopes::known(requested).only_own_org(&user.subject.org_id, user.subject.org_domain()))
}

/// The service user that asks for a token.
struct MachineUser {
    /// What claims say about it.
    subject: Subject,
    user_name: String,
    /// Whether the user and its organization are active.
    is_active: bool,
    is_machine: bool,
    secret_hash: Option<String>,
    /// Whether access tokens of this user are JWTs.
    wants_jwt: bool,
    /// Access tokens that were issued until then are void.
    tokens_void_until: Timestamp,
}

impl Remember for MachineUser {
    const BUDGET: u64 = 1 << 20;

    fn weight(&self) -> u64 {
        size_of::<Self>() as u64 + 512
    }
}

impl MachineUser {
    /// By id, from what is remembered where nothing has changed since.
    async fn by_id(connection: &mut Connection, user_id: &str) -> Result<Option<Arc<Self>>> {
        let recording = match connection.recall::<Self>(connection.key(&["id", user_id])).await? {
            Recalled::Known(user) => return Ok(Some(user)),
            Recalled::Unknown(recording) => recording,
        };
        let Some(row) = connection.ask_one(&Self::by_id_question(user_id)).await? else { return Ok(None) };
        let user = Self::read(&row)?;
        Ok(Some(connection.keep(recording, user)))
    }

    fn by_id_question(user_id: &str) -> Question {
        let statement = statement!(concat!(
            "SELECT ",
            crate::subject_columns!(),
            ", u.user_name, u.state, o.state, u.kind, u.secret_hash, u.access_token_type, u.tokens_void_until
             FROM users u JOIN organizations o ON o.instance_id = u.instance_id AND o.id = u.org_id
             WHERE u.instance_id = $1 AND u.id = $2"
        ));
        Question::new(statement, [user_id.into()])
    }

    /// By login name, in any case.
    async fn by_login_name(connection: &mut Connection, login_name: &str) -> Result<Option<Arc<Self>>> {
        let login_name = login_name.to_lowercase();
        let recording = match connection.recall::<Self>(connection.key(&["login name", &login_name])).await? {
            Recalled::Known(user) => return Ok(Some(user)),
            Recalled::Unknown(recording) => recording,
        };
        let statement = statement!(concat!(
            "SELECT ",
            crate::subject_columns!(),
            ", u.user_name, u.state, o.state, u.kind, u.secret_hash, u.access_token_type, u.tokens_void_until
             FROM users u JOIN organizations o ON o.instance_id = u.instance_id AND o.id = u.org_id
             WHERE u.instance_id = $1 AND u.id IN (",
            castellan_directory::users_with_login_name!(),
            ")
             ORDER BY u.id"
        ));
        let rows = connection.rows(statement, &login_names::range(&login_name)).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let user = Self::read(row)?;
        Ok(Some(connection.keep(recording, user)))
    }

    fn read(row: &castellan_db::Row) -> Result<Self> {
        const OWN: usize = SUBJECT_COLUMNS;
        Ok(Self {
            subject: Subject::of_row(row)?,
            user_name: row.text(OWN)?,
            is_active: row.int(OWN + 1)? == 1 && row.int(OWN + 2)? == 1,
            is_machine: row.int(OWN + 3)? == 2,
            secret_hash: row.opt_text(OWN + 4)?,
            wants_jwt: row.int(OWN + 5)? == 1,
            tokens_void_until: row.timestamp(OWN + 6)?,
        })
    }
}
