//! Finding the instance that a request is for. These statements run before any instance is known, so they are not bound to one.

use std::sync::Arc;

use castellan_db::{Connection, Question, Recalled, Row, global_statement, statement, values};
use castellan_kernel::Result;
use castellan_rpc::Instance;
use castellan_settings::documents::Limits;

use super::sql;

/// The instance that has this domain as a custom or generated one; the match is exact in lower case, without a port.
///
/// # Errors
/// When storage does not answer.
pub async fn by_host(connection: &mut Connection, domain: &str) -> Result<Option<Arc<Instance>>> {
    connection.announce(|| [host_question(domain)]);
    let recording = match connection.recall::<Instance>(domain.as_bytes().to_vec()).await? {
        Recalled::Known(instance) => return Ok(Some(instance)),
        Recalled::Unknown(recording) => recording,
    };
    let Some(row) = connection.ask_one(&host_question(domain)).await? else { return Ok(None) };
    let instance = read(&row)?;
    Ok(Some(connection.keep(recording, instance)))
}

/// What [`by_host`] asks.
fn host_question(domain: &str) -> Question {
    let statement = global_statement!(
        "SELECT i.id, i.name, i.default_language, i.default_org_id, i.project_id, i.console_client_id, i.created_at,
         i.changed_at, i.sequence, l.value FROM instance_domains d JOIN instances i ON i.id = d.instance_id
         LEFT JOIN settings l ON l.instance_id = i.id AND l.org_id = '' AND l.kind = 'limits' WHERE d.domain = $1"
    );
    Question::new(statement, values![domain.to_lowercase()])
}

fn read(row: &Row) -> Result<Instance> {
    let is_blocked = row.opt_json::<Limits>(9)?.is_some_and(|limits| limits.block == Some(true));
    Ok(Instance { is_blocked, ..sql::read(row)?.instance })
}

/// The instance of that id.
///
/// # Errors
/// When storage does not answer.
pub async fn by_id(connection: &mut Connection, id: &str) -> Result<Option<Instance>> {
    let statement = global_statement!(
        "SELECT i.id, i.name, i.default_language, i.default_org_id, i.project_id, i.console_client_id, i.created_at,
         i.changed_at, i.sequence, l.value FROM instances i
         LEFT JOIN settings l ON l.instance_id = i.id AND l.org_id = '' AND l.kind = 'limits' WHERE i.id = $1"
    );
    connection.row(statement, &values![id]).await?.map(|row| read(&row)).transpose()
}

/// The ids of the first instances, oldest first; at most two, to see whether there is exactly one.
///
/// # Errors
/// When storage does not answer.
pub async fn first_two(connection: &mut Connection) -> Result<Vec<String>> {
    let statement = global_statement!("SELECT id FROM instances ORDER BY created_at, id LIMIT 2");
    connection.rows(statement, &[]).await?.iter().map(|row| row.text(0)).collect()
}

/// Whether the connection's instance trusts this public domain: one of its trusted domains.
///
/// # Errors
/// When storage does not answer.
pub async fn trusts(connection: &mut Connection, domain: &str) -> Result<bool> {
    let statement = statement!("SELECT 1 FROM trusted_domains WHERE instance_id = $1 AND domain = $2");
    Ok(connection.row(statement, &values![domain.to_lowercase()]).await?.is_some())
}
