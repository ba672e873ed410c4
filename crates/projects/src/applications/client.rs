//! Applications as OAuth sees them: clients by their client id, and the keys that verify their assertions.

use std::sync::Arc;

use castellan_crypto::assertion::StoredKey;
use castellan_db::{Connection, Question, Recalled, Remember, Row, statement};
use castellan_kernel::{Result, Timestamp};

use super::{AuthMethod, Kind, OidcConfig, sql};

/// What OAuth must know of an application.
#[derive(Debug, Clone)]
pub struct Client {
    /// The client id.
    pub client_id: String,
    /// The application's id.
    pub app_id: String,
    /// Its name.
    pub name: String,
    /// Its project.
    pub project_id: String,
    /// The organization that owns the project.
    pub org_id: String,
    /// OIDC, API or SAML.
    pub kind: Kind,
    /// How the client authenticates.
    pub auth_method: AuthMethod,
    /// The hash of its secret, if it has one; see `castellan_crypto::secrets`.
    pub secret_hash: Option<String>,
    /// The configuration; defaults for other kinds than OIDC.
    pub oidc: OidcConfig,
    /// Application, project and organization are all active. Nothing else may be done with a client that is not.
    pub active: bool,
    /// Roles of the project are put into tokens without being asked for.
    pub project_role_assertion: bool,
    /// Users need an authorization on the project to sign in.
    pub project_role_check: bool,
    /// The user's organization must own the project or have it granted.
    pub has_project_check: bool,
}

impl Client {
    /// Whether the client authenticates by signed assertions.
    pub fn uses_private_key(&self) -> bool {
        self.auth_method == AuthMethod::PrivateKeyJwt
    }

    /// Whether the client authenticates by nothing but its id.
    pub fn is_public(&self) -> bool {
        self.auth_method == AuthMethod::None
    }
}

/// The application with this client id, active or not.
///
/// # Errors
/// When storage does not answer.
pub async fn client_by_id(connection: &mut Connection, client_id: &str) -> Result<Option<Arc<Client>>> {
    let key = connection.key(&[client_id]);
    let recording = match connection.recall::<Found>(key).await? {
        Recalled::Known(found) => return Ok(found.0.clone()),
        Recalled::Unknown(recording) => recording,
    };
    let row = connection.ask_one(&client_question(client_id)).await?;
    let client = row.map(|row| read(client_id, &row)).transpose()?.map(Arc::new);
    Ok(connection.keep(recording, Found(client)).0.clone())
}

fn read(client_id: &str, row: &Row) -> Result<Client> {
    Ok(Client {
        client_id: client_id.to_owned(),
        app_id: row.text(0)?,
        name: row.text(1)?,
        project_id: row.text(2)?,
        org_id: row.text(3)?,
        kind: sql::read_kind(row.int(4)?)?,
        auth_method: AuthMethod::from(row.small(5)?),
        secret_hash: row.opt_text(6)?,
        oidc: row.json(7)?,
        active: row.boolean(8)?,
        project_role_assertion: row.boolean(9)?,
        project_role_check: row.boolean(10)?,
        has_project_check: row.boolean(11)?,
    })
}

/// What was found under a client id. That there is nothing is remembered as well: tokens of service users name the user there.
struct Found(Option<Arc<Client>>);

impl Remember for Found {
    const BUDGET: u64 = 1 << 20;

    fn weight(&self) -> u64 {
        self.0.as_ref().map_or(0, |_| size_of::<Client>() as u64 + 1024)
    }
}

/// What [`client_by_id`] asks, to be announced.
pub fn client_question(client_id: &str) -> Question {
    let statement = statement!(keyed "SELECT a.id, a.name, a.project_id, p.org_id, a.kind, a.auth_method, a.secret_hash, a.config,
                (a.state = 1 AND p.state = 1 AND o.state = 1), p.role_assertion, p.role_check, p.has_project_check
         FROM applications a
         JOIN projects p ON p.instance_id = a.instance_id AND p.id = a.project_id
         JOIN organizations o ON o.instance_id = p.instance_id AND o.id = p.org_id
         WHERE a.instance_id = $1 AND a.client_id = $2"
    );
    Question::new(statement, [client_id.into()])
}

/// The public key (PEM) that verifies assertions of this client with this `kid`; expired keys do not exist. Whether the client
/// is active and authenticates by key is for the caller to check.
///
/// # Errors
/// When storage does not answer.
pub async fn verification_key(
    connection: &mut Connection,
    client_id: &str,
    key_id: &str,
    now: Timestamp,
) -> Result<Option<StoredKey>> {
    let row = connection.ask_one(&verification_question(client_id, key_id, now)).await?;
    row.map(|row| Ok(StoredKey { pem: row.bytes(0)?, expires_at: row.timestamp(1)? })).transpose()
}

/// What [`verification_key`] asks, to be announced.
pub fn verification_question(client_id: &str, key_id: &str, now: Timestamp) -> Question {
    let statement = statement!(keyed "SELECT k.public_key, k.expires_at FROM application_keys k
         JOIN applications a ON a.instance_id = k.instance_id AND a.id = k.application_id
         WHERE k.instance_id = $1 AND k.id = $2 AND a.client_id = $3 AND k.expires_at > $4"
    );
    Question::new(statement, [key_id.into(), client_id.into(), now.into()])
}
