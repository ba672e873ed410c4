//! What an organization has and the format has no place for: counted, so that whoever moves to another server knows.

use castellan_db::{Statement, statement, values};
use castellan_kernel::Result;
use castellan_rpc::Context;

/// Things of one kind that an export cannot hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftBehind {
    /// What they are, in the plural.
    pub what: &'static str,
    /// How many there are.
    pub count: u64,
}

/// Counts what an export of the organization leaves behind.
///
/// # Errors
/// When storage does not answer.
pub async fn left_behind(ctx: &mut Context, org_id: &str) -> Result<Vec<LeftBehind>> {
    let api_project = ctx.instance.project_id.clone();
    let connection = ctx.read().await?;
    let mut found = Vec::new();
    for (what, statement) in of_organization() {
        let row = connection.row(statement, &values![org_id]).await?;
        add(&mut found, what, row.map(|row| row.unsigned(0)).transpose()?);
    }
    for (what, statement) in of_projects() {
        let row = connection.row(statement, &values![org_id, &api_project]).await?;
        add(&mut found, what, row.map(|row| row.unsigned(0)).transpose()?);
    }
    Ok(found)
}

fn add(found: &mut Vec<LeftBehind>, what: &'static str, count: Option<u64>) {
    if let Some(count) = count.filter(|count| *count > 0) {
        found.push(LeftBehind { what, count });
    }
}

fn of_organization() -> [(&'static str, &'static Statement); 7] {
    [
        (
            "metadata entries of the organization",
            statement!("SELECT COUNT(*) FROM org_metadata WHERE instance_id = $1 AND org_id = $2"),
        ),
        ("groups of users", statement!("SELECT COUNT(*) FROM user_groups WHERE instance_id = $1 AND org_id = $2")),
        ("pictures and fonts", statement!(heavy "SELECT COUNT(*) FROM assets WHERE instance_id = $1 AND org_id = $2")),
        (
            "settings of other kinds",
            statement!(
                "SELECT COUNT(*) FROM settings WHERE instance_id = $1 AND org_id = $2 AND kind NOT IN ('domain_policy',
                 'label_policy', 'label_policy_preview', 'lockout_policy', 'login_policy', 'password_complexity_policy',
                 'privacy_policy') AND (kind NOT LIKE 'text/%' OR kind LIKE 'text/PasswordChange/%')"
            ),
        ),
        (
            "client secrets of service users",
            statement!(
                heavy "SELECT COUNT(*) FROM users WHERE instance_id = $1 AND org_id = $2 AND kind = 2
                 AND secret_hash IS NOT NULL"
            ),
        ),
        (
            "personal access tokens",
            statement!(
                heavy "SELECT COUNT(*) FROM personal_access_tokens t
                 JOIN users u ON u.instance_id = t.instance_id AND u.id = t.user_id
                 WHERE t.instance_id = $1 AND u.org_id = $2"
            ),
        ),
        (
            "user grants out of use",
            statement!(
                heavy "SELECT COUNT(*) FROM authorizations a
                 LEFT JOIN project_grants g ON g.instance_id = a.instance_id AND g.id = a.grant_id
                 WHERE a.instance_id = $1 AND a.org_id = $2 AND (a.state <> 1 OR (a.grant_id <> '' AND g.state <> 1))"
            ),
        ),
    ]
}

fn of_projects() -> [(&'static str, &'static Statement); 5] {
    [
        (
            "project grants out of use",
            statement!(
                heavy "SELECT COUNT(*) FROM project_grants g
                 JOIN projects p ON p.instance_id = g.instance_id AND p.id = g.project_id
                 WHERE g.instance_id = $1 AND p.org_id = $2 AND p.id <> $3 AND g.state <> 1"
            ),
        ),
        (
            "SAML applications",
            statement!(
                heavy "SELECT COUNT(*) FROM applications a
                 JOIN projects p ON p.instance_id = a.instance_id AND p.id = a.project_id
                 WHERE a.instance_id = $1 AND p.org_id = $2 AND p.id <> $3 AND a.kind = 3"
            ),
        ),
        (
            "secrets of applications",
            statement!(
                heavy "SELECT COUNT(*) FROM applications a
                 JOIN projects p ON p.instance_id = a.instance_id AND p.id = a.project_id
                 WHERE a.instance_id = $1 AND p.org_id = $2 AND p.id <> $3 AND a.secret_hash IS NOT NULL"
            ),
        ),
        (
            "client ids of applications without keys",
            statement!(
                heavy "SELECT COUNT(*) FROM applications a
                 JOIN projects p ON p.instance_id = a.instance_id AND p.id = a.project_id
                 WHERE a.instance_id = $1 AND p.org_id = $2 AND p.id <> $3 AND a.client_id IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM application_keys k
                     WHERE k.instance_id = a.instance_id AND k.application_id = a.id)"
            ),
        ),
        (
            "states of projects and applications that are inactive (they are active after an import)",
            statement!(
                heavy "SELECT COUNT(*) FROM projects p
                 LEFT JOIN applications a ON a.instance_id = p.instance_id AND a.project_id = p.id AND a.state <> 1
                 WHERE p.instance_id = $1 AND p.org_id = $2 AND p.id <> $3 AND (p.state <> 1 OR a.id IS NOT NULL)"
            ),
        ),
    ]
}
