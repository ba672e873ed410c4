//! Every statement of this room.

use castellan_db::{Connection, statement, values};
use castellan_kernel::{Receipt, Result};

use crate::users::head::UserState;

pub(super) async fn set_state(
    connection: &mut Connection,
    user_id: &str,
    state: UserState,
    voids_tokens: bool,
    receipt: &Receipt,
) -> Result<()> {
    let statement = if voids_tokens {
        statement!(
            "UPDATE users SET state = $3, changed_at = $4, tokens_void_until = $4, sequence = $5
             WHERE instance_id = $1 AND id = $2"
        )
    } else {
        statement!(
            "UPDATE users SET state = $3, changed_at = $4, password_failures = 0, sequence = $5
             WHERE instance_id = $1 AND id = $2"
        )
    };
    let values = values![user_id, state as i64, receipt.changed_at, receipt.sequence];
    connection.execute(statement, &values).await.map(|_| ())
}

/// Everything else that is the user's goes with the row.
pub(super) async fn delete(connection: &mut Connection, user_id: &str) -> Result<()> {
    let statement = statement!("DELETE FROM users WHERE instance_id = $1 AND id = $2");
    connection.execute(statement, &values![user_id]).await.map(|_| ())
}

/// Id and organization of each authorization of the user.
pub(super) async fn authorizations(connection: &mut Connection, user_id: &str) -> Result<Vec<(String, String)>> {
    let statement =
        statement!("SELECT id, org_id FROM authorizations WHERE instance_id = $1 AND user_id = $2 ORDER BY id");
    let rows = connection.rows(statement, &values![user_id]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}
