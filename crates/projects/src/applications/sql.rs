//! Every fixed statement on applications; lists are built in `query`, keys have their own.

use castellan_db::query::Join;
use castellan_db::{Connection, Row, statement};
use castellan_directory::users::head::Reach;
use castellan_kernel::{Error, Receipt, Result};

use super::{Application, ApplicationState, AuthMethod, Kind, OidcConfig, SamlConfig};

/// What must be unique about an application.
pub(super) const NAME_INDEX: &str = "applications_name";
pub(super) const ID_INDEX: &str = "applications_pkey";
pub(super) const CLIENT_ID_INDEX: &str = "applications_client_id";
pub(super) const ENTITY_ID_INDEX: &str = "applications_entity_id";

pub(super) const COLUMNS: &str = "a.id, a.project_id, p.org_id, a.name, a.state, a.kind, a.client_id, a.auth_method,
    a.config, a.created_at, a.changed_at, a.sequence";
pub(super) const FROM: &str = "applications a WHERE a.instance_id = $1";
/// A foreign key guarantees the project.
pub(super) const JOINS: &[Join] =
    &[Join { alias: "p", sql: "JOIN projects p ON p.instance_id = a.instance_id AND p.id = a.project_id" }];

/// An application to insert.
pub(super) struct NewRow<'a> {
    pub id: &'a str,
    pub project_id: &'a str,
    pub name: &'a str,
    pub client_id: Option<&'a str>,
    pub secret_hash: Option<&'a str>,
    pub auth_method: AuthMethod,
    pub config: Stored<'a>,
}

/// The kind of an application with what only that kind has.
#[derive(Clone, Copy)]
pub(super) enum Stored<'a> {
    Oidc(&'a OidcConfig),
    Api,
    Saml(&'a SamlConfig),
}

impl Stored<'_> {
    fn kind(self) -> Kind {
        match self {
            Self::Oidc(_) => Kind::Oidc,
            Self::Api => Kind::Api,
            Self::Saml(_) => Kind::Saml,
        }
    }

    fn text(self) -> Result<String> {
        match self {
            Self::Oidc(config) => serde_json::to_string(config).map_err(Error::internal),
            Self::Api => Ok("{}".to_owned()),
            Self::Saml(config) => serde_json::to_string(config).map_err(Error::internal),
        }
    }

    fn entity_id(self) -> Option<String> {
        match self {
            Self::Saml(config) => Some(config.entity_id.to_lowercase()),
            Self::Oidc(_) | Self::Api => None,
        }
    }
}

pub(super) async fn insert(connection: &mut Connection, row: &NewRow<'_>, receipt: &Receipt) -> Result<()> {
    let statement = statement!(
        "INSERT INTO applications (instance_id, id, project_id, name, name_lower, state, kind, client_id, secret_hash,
                                   auth_method, config, entity_id_lower, created_at, changed_at, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14)"
    );
    let values = [
        row.id.into(),
        row.project_id.into(),
        row.name.into(),
        row.name.to_lowercase().into(),
        (ApplicationState::Active as i64).into(),
        (row.config.kind() as i64).into(),
        row.client_id.into(),
        row.secret_hash.into(),
        row.auth_method.number().into(),
        row.config.text()?.into(),
        row.config.entity_id().as_deref().into(),
        receipt.changed_at.into(),
        receipt.sequence.into(),
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn exists(connection: &mut Connection, id: &str) -> Result<bool> {
    let statement = statement!("SELECT 1 FROM applications WHERE instance_id = $1 AND id = $2");
    Ok(connection.row(statement, &[id.into()]).await?.is_some())
}

/// The application of that id, if it exists within reach.
pub(super) async fn find(connection: &mut Connection, reach: &Reach, id: &str) -> Result<Option<Application>> {
    let statement = statement!(
        "SELECT a.id, a.project_id, p.org_id, a.name, a.state, a.kind, a.client_id, a.auth_method, a.config,
                a.created_at, a.changed_at, a.sequence
         FROM applications a JOIN projects p ON p.instance_id = a.instance_id AND p.id = a.project_id
         WHERE a.instance_id = $1 AND a.id = $2"
    );
    let row = connection.row(statement, &[id.into()]).await?;
    let application = row.map(|row| read(&row)).transpose()?;
    Ok(application.filter(|application| match reach {
        Reach::Instance => true,
        Reach::Org(org) => application.org_id == *org,
    }))
}

pub(super) async fn set_name(connection: &mut Connection, id: &str, name: &str, receipt: &Receipt) -> Result<()> {
    let statement = statement!(
        "UPDATE applications SET name = $3, name_lower = $4, changed_at = $5, sequence = $6
         WHERE instance_id = $1 AND id = $2"
    );
    let values =
        [id.into(), name.into(), name.to_lowercase().into(), receipt.changed_at.into(), receipt.sequence.into()];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn set_config(
    connection: &mut Connection,
    id: &str,
    auth_method: AuthMethod,
    config: Stored<'_>,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE applications SET auth_method = $3, config = $4, entity_id_lower = $5, changed_at = $6, sequence = $7
         WHERE instance_id = $1 AND id = $2"
    );
    let values = [
        id.into(),
        auth_method.number().into(),
        config.text()?.into(),
        config.entity_id().as_deref().into(),
        receipt.changed_at.into(),
        receipt.sequence.into(),
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn set_state(
    connection: &mut Connection,
    id: &str,
    state: ApplicationState,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE applications SET state = $3, changed_at = $4, sequence = $5 WHERE instance_id = $1 AND id = $2"
    );
    let values = [id.into(), (state as i64).into(), receipt.changed_at.into(), receipt.sequence.into()];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn set_secret(connection: &mut Connection, id: &str, hash: &str, receipt: &Receipt) -> Result<()> {
    let statement = statement!(
        "UPDATE applications SET secret_hash = $3, changed_at = $4, sequence = $5 WHERE instance_id = $1 AND id = $2"
    );
    let values = [id.into(), hash.into(), receipt.changed_at.into(), receipt.sequence.into()];
    connection.execute(statement, &values).await.map(|_| ())
}

/// The application's keys go with it.
pub(super) async fn delete(connection: &mut Connection, id: &str) -> Result<()> {
    let statement = statement!("DELETE FROM applications WHERE instance_id = $1 AND id = $2");
    connection.execute(statement, &[id.into()]).await.map(|_| ())
}

pub(super) fn read(row: &Row) -> Result<Application> {
    let kind = read_kind(row.int(5)?)?;
    Ok(Application {
        id: row.text(0)?,
        project_id: row.text(1)?,
        org_id: row.text(2)?,
        name: row.text(3)?,
        state: read_state(row.int(4)?),
        kind,
        client_id: row.opt_text(6)?.unwrap_or_default(),
        auth_method: AuthMethod::from(row.small(7)?),
        oidc: row.json(8)?,
        saml: if kind == Kind::Saml { row.json(8)? } else { SamlConfig::default() },
        created_at: row.timestamp(9)?,
        changed_at: row.timestamp(10)?,
        sequence: row.unsigned(11)?,
    })
}

pub(super) fn read_kind(number: i64) -> Result<Kind> {
    Kind::from_number(number).ok_or_else(|| Error::internal(format!("there is no kind of application {number}")))
}

/// Unknown numbers read as inactive, the safe side.
fn read_state(number: i64) -> ApplicationState {
    if number == ApplicationState::Active as i64 { ApplicationState::Active } else { ApplicationState::Inactive }
}
