//! Every statement on table `instances` of this room; the rooms below have their own.

use castellan_db::query::Select;
use castellan_db::{Connection, Row, global_statement, values};
use castellan_kernel::{Receipt, Result};
use castellan_rpc::Instance;

use super::StoredInstance;

const COLUMNS: &str =
    "i.id, i.name, i.default_language, i.default_org_id, i.project_id, i.console_client_id, i.created_at,
     i.changed_at, i.sequence";

/// A list query on instances, to be narrowed and sorted by the caller.
pub(super) fn select() -> Select {
    Select::global("instances", COLUMNS, "instances i WHERE TRUE")
}

pub(super) fn read(row: &Row) -> Result<StoredInstance> {
    Ok(StoredInstance {
        instance: Instance {
            id: row.text(0)?,
            name: row.text(1)?,
            default_language: row.text(2)?,
            default_org_id: row.text(3)?,
            project_id: row.text(4)?,
            console_client_id: row.text(5)?,
            created_at: row.timestamp(6)?,
            is_blocked: false,
        },
        changed_at: row.timestamp(7)?,
        sequence: row.unsigned(8)?,
    })
}

pub(super) async fn find(connection: &mut Connection, id: &str) -> Result<Option<StoredInstance>> {
    let statement = global_statement!(
        "SELECT i.id, i.name, i.default_language, i.default_org_id, i.project_id, i.console_client_id, i.created_at,
         i.changed_at, i.sequence FROM instances i WHERE i.id = $1"
    );
    connection.row(statement, &values![id]).await?.map(|row| read(&row)).transpose()
}

pub(super) async fn insert(
    connection: &mut Connection,
    instance: &Instance,
    console_app_id: &str,
    receipt: &Receipt,
) -> Result<()> {
    let statement = global_statement!(
        "INSERT INTO instances (id, name, name_lower, default_language, default_org_id, project_id, console_app_id,
         console_client_id, created_at, changed_at, sequence) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)"
    );
    let values = values![
        &instance.id,
        &instance.name,
        instance.name.to_lowercase(),
        &instance.default_language,
        &instance.default_org_id,
        &instance.project_id,
        console_app_id,
        &instance.console_client_id,
        receipt.changed_at,
        receipt.sequence
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn rename(connection: &mut Connection, id: &str, name: &str, receipt: &Receipt) -> Result<()> {
    let statement = global_statement!(
        "UPDATE instances SET name = $2, name_lower = $3, changed_at = $4, sequence = $5 WHERE id = $1"
    );
    let values = values![id, name, name.to_lowercase(), receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.map(|_| ())
}

pub(super) async fn set_default_language(
    connection: &mut Connection,
    id: &str,
    language: &str,
    receipt: &Receipt,
) -> Result<()> {
    let statement =
        global_statement!("UPDATE instances SET default_language = $2, changed_at = $3, sequence = $4 WHERE id = $1");
    connection.execute(statement, &values![id, language, receipt.changed_at, receipt.sequence]).await.map(|_| ())
}

/// Notes the last event of an instance on its row.
pub(super) async fn touch(connection: &mut Connection, id: &str, receipt: &Receipt) -> Result<()> {
    let statement = global_statement!("UPDATE instances SET changed_at = $2, sequence = $3 WHERE id = $1");
    connection.execute(statement, &values![id, receipt.changed_at, receipt.sequence]).await.map(|_| ())
}

/// Removes an instance with everything in it; the schema cascades.
pub(super) async fn delete(connection: &mut Connection, id: &str) -> Result<()> {
    let statement = global_statement!(heavy "DELETE FROM instances WHERE id = $1");
    connection.execute(statement, &values![id]).await.map(|_| ())
}
