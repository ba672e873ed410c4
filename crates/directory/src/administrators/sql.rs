//! Every fixed statement of this room; lists are built in `query`.

use castellan_db::{Connection, Question, Row, statement};
use castellan_kernel::{Membership, Receipt, Result, RoleTable, Scope, Timestamp};

use super::Level;
use super::target::Target;

/// A project grant with both of its organizations.
pub(super) struct Grant {
    pub id: String,
    pub project: String,
    pub owner: String,
    pub granted_org: String,
}

/// A stored administrator.
pub(super) struct Stored {
    pub roles: Vec<String>,
    created_at: Timestamp,
    changed_at: Timestamp,
    sequence: u64,
}

impl Stored {
    /// The receipt of the change that made the row what it is.
    pub fn receipt(&self, owner: &str) -> Receipt {
        Receipt {
            sequence: self.sequence,
            created_at: Some(self.created_at),
            changed_at: self.changed_at,
            owner: owner.to_owned(),
        }
    }
}

pub(super) async fn org_exists(connection: &mut Connection, org_id: &str) -> Result<bool> {
    let statement = statement!("SELECT 1 FROM organizations WHERE instance_id = $1 AND id = $2");
    Ok(connection.row(statement, &[org_id.into()]).await?.is_some())
}

pub(super) async fn user_exists(connection: &mut Connection, user_id: &str) -> Result<bool> {
    let statement = statement!("SELECT 1 FROM users WHERE instance_id = $1 AND id = $2");
    Ok(connection.row(statement, &[user_id.into()]).await?.is_some())
}

pub(super) async fn project_owner(connection: &mut Connection, project_id: &str) -> Result<Option<String>> {
    let statement = statement!("SELECT org_id FROM projects WHERE instance_id = $1 AND id = $2");
    connection.row(statement, &[project_id.into()]).await?.map(|row| row.text(0)).transpose()
}

pub(super) async fn grant_by_id(connection: &mut Connection, project: &str, grant: &str) -> Result<Option<Grant>> {
    let statement = statement!(
        "SELECT g.id, g.project_id, p.org_id, g.granted_org_id
         FROM project_grants g JOIN projects p ON p.instance_id = g.instance_id AND p.id = g.project_id
         WHERE g.instance_id = $1 AND g.project_id = $2 AND g.id = $3"
    );
    connection.row(statement, &[project.into(), grant.into()]).await?.map(|row| read_grant(&row)).transpose()
}

pub(super) async fn grant_by_org(connection: &mut Connection, project: &str, org: &str) -> Result<Option<Grant>> {
    let statement = statement!(
        "SELECT g.id, g.project_id, p.org_id, g.granted_org_id
         FROM project_grants g JOIN projects p ON p.instance_id = g.instance_id AND p.id = g.project_id
         WHERE g.instance_id = $1 AND g.project_id = $2 AND g.granted_org_id = $3"
    );
    connection.row(statement, &[project.into(), org.into()]).await?.map(|row| read_grant(&row)).transpose()
}

fn read_grant(row: &Row) -> Result<Grant> {
    Ok(Grant { id: row.text(0)?, project: row.text(1)?, owner: row.text(2)?, granted_org: row.text(3)? })
}

pub(super) async fn stored(
    connection: &mut Connection,
    level: Level,
    aggregate_id: &str,
    user_id: &str,
) -> Result<Option<Stored>> {
    let statement = statement!(
        "SELECT roles, created_at, changed_at, sequence FROM administrators
         WHERE instance_id = $1 AND level = $2 AND aggregate_id = $3 AND user_id = $4"
    );
    let row = connection.row(statement, &[level.number().into(), aggregate_id.into(), user_id.into()]).await?;
    row.map(|row| {
        Ok(Stored {
            roles: row.json(0)?,
            created_at: row.timestamp(1)?,
            changed_at: row.timestamp(2)?,
            sequence: row.unsigned(3)?,
        })
    })
    .transpose()
}

pub(super) async fn insert(
    connection: &mut Connection,
    target: &Target,
    user_id: &str,
    roles: &[String],
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "INSERT INTO administrators (instance_id, level, aggregate_id, user_id, org_id, project_id, grant_id, roles,
                                     created_at, changed_at, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)"
    );
    let values = [
        target.level.number().into(),
        target.id.as_str().into(),
        user_id.into(),
        target.org_id.as_deref().into(),
        target.project_id.as_deref().into(),
        target.grant_id.as_deref().into(),
        (&serde_json::json!(roles)).into(),
        receipt.changed_at.into(),
        receipt.sequence.into(),
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn update(
    connection: &mut Connection,
    target: &Target,
    user_id: &str,
    roles: &[String],
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "UPDATE administrators SET roles = $5, changed_at = $6, sequence = $7
         WHERE instance_id = $1 AND level = $2 AND aggregate_id = $3 AND user_id = $4"
    );
    let values = [
        target.level.number().into(),
        target.id.as_str().into(),
        user_id.into(),
        (&serde_json::json!(roles)).into(),
        receipt.changed_at.into(),
        receipt.sequence.into(),
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

/// Whether there was such an administrator.
pub(super) async fn delete(
    connection: &mut Connection,
    level: Level,
    aggregate_id: &str,
    user_id: &str,
) -> Result<bool> {
    let statement = statement!(
        "DELETE FROM administrators WHERE instance_id = $1 AND level = $2 AND aggregate_id = $3 AND user_id = $4"
    );
    let values = [level.number().into(), aggregate_id.into(), user_id.into()];
    Ok(connection.execute(statement, &values).await? > 0)
}

/// Everything that the user administers.
pub(super) async fn targets_of_user(
    connection: &mut Connection,
    instance_id: &str,
    user_id: &str,
) -> Result<Vec<Target>> {
    let statement = statement!(
        "SELECT level, aggregate_id, org_id, project_id, grant_id FROM administrators
         WHERE instance_id = $1 AND user_id = $2 ORDER BY level, aggregate_id"
    );
    let rows = connection.rows(statement, &[user_id.into()]).await?;
    let read = |row: &Row| -> Result<Option<Target>> {
        let org_id = row.opt_text(2)?;
        let Some(level) = Level::from_number(row.int(0)?) else { return Ok(None) };
        Ok(Some(Target {
            level,
            id: row.text(1)?,
            owner: org_id.clone().unwrap_or_else(|| instance_id.to_owned()),
            permission_org: org_id.clone().unwrap_or_default(),
            org_id,
            project_id: row.opt_text(3)?,
            grant_id: row.opt_text(4)?,
        }))
    };
    rows.iter().filter_map(|row| read(row).transpose()).collect()
}

/// All memberships of a user with the permissions that the role table gives them; unknown roles give nothing. One
/// statement on the index by user: it runs on every authenticated request.
///
/// # Errors
/// When storage does not answer.
pub async fn memberships_of(connection: &mut Connection, roles: &RoleTable, user_id: &str) -> Result<Vec<Membership>> {
    let mut memberships = Vec::new();
    for row in connection.ask(&memberships_question(user_id)).await? {
        let level = Level::from_number(row.int(0)?);
        let scope = match (level, row.opt_text(2)?, row.opt_text(3)?, row.opt_text(4)?, row.opt_text(5)?) {
            (Some(Level::Instance), ..) => Scope::Instance,
            (Some(Level::Org), Some(org), ..) => Scope::Org(org),
            (Some(Level::Project), Some(owner), Some(project), ..) => Scope::Project { owner, project },
            (Some(Level::ProjectGrant), Some(owner), Some(project), Some(grant), Some(granted)) => {
                Scope::ProjectGrant { owner, granted, project, grant }
            }
            // A row that does not say where it holds, holds nowhere.
            _ => continue,
        };
        let held: Vec<String> = row.json(1)?;
        let permissions = roles.permissions(held.iter().map(String::as_str));
        memberships.push(Membership { scope, roles: held, permissions });
    }
    Ok(memberships)
}

/// What [`memberships_of`] asks, to be announced.
pub fn memberships_question(user_id: &str) -> Question {
    let statement = statement!(
        "SELECT a.level, a.roles, a.org_id, a.project_id, a.grant_id, g.granted_org_id
         FROM administrators a
         LEFT JOIN project_grants g ON g.instance_id = a.instance_id AND g.id = a.grant_id
         WHERE a.instance_id = $1 AND a.user_id = $2"
    );
    Question::new(statement, [user_id.into()])
}
