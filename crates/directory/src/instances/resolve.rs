//! Which instance a host or an id names.

use castellan_db::{Connection, Row, global_statement, statement};
use castellan_kernel::Result;
use castellan_rpc::Instance;

/// The instance that answers on this host (lower case, without port).
///
/// # Errors
/// When storage does not answer.
pub async fn by_host(connection: &mut Connection, domain: &str) -> Result<Option<Instance>> {
    let statement = global_statement!(
        "SELECT i.id, i.name, i.default_language, i.default_org_id, i.project_id, i.console_client_id, i.created_at
         FROM instance_domains d JOIN instances i ON i.id = d.instance_id WHERE d.domain = $1"
    );
    connection.row(statement, &[domain.into()]).await?.map(|row| read(&row)).transpose()
}

/// The instance of that id.
///
/// # Errors
/// When storage does not answer.
pub async fn by_id(connection: &mut Connection, id: &str) -> Result<Option<Instance>> {
    let statement = global_statement!(
        "SELECT id, name, default_language, default_org_id, project_id, console_client_id, created_at
         FROM instances WHERE id = $1"
    );
    connection.row(statement, &[id.into()]).await?.map(|row| read(&row)).transpose()
}

/// Whether the connection's instance may be reached under this public host: one of its own domains or a trusted one.
///
/// # Errors
/// When storage does not answer.
pub async fn trusts(connection: &mut Connection, domain: &str) -> Result<bool> {
    let statement = statement!(
        "SELECT 1 FROM trusted_domains WHERE instance_id = $1 AND domain = $2
         UNION ALL SELECT 1 FROM instance_domains WHERE instance_id = $1 AND domain = $2"
    );
    Ok(!connection.rows(statement, &[domain.into()]).await?.is_empty())
}

fn read(row: &Row) -> Result<Instance> {
    Ok(Instance {
        id: row.text(0)?,
        name: row.text(1)?,
        default_language: row.text(2)?,
        default_org_id: row.text(3)?,
        project_id: row.text(4)?,
        console_client_id: row.text(5)?,
        created_at: row.timestamp(6)?,
    })
}
