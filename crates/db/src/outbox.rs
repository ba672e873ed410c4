//! Side effects on their way out: appended in a command's transaction, claimed by a worker after the commit.

use castellan_kernel::{Result, Timestamp};

use crate::{Connection, Row, global_statement, statement, values};

/// A side effect that a worker has claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxItem {
    /// Its number.
    pub id: i64,
    /// The instance it belongs to.
    pub instance_id: String,
    /// What to do, such as `mail`.
    pub kind: String,
    /// The details.
    pub payload: serde_json::Value,
    /// How often it was claimed, with this time.
    pub attempts: u64,
}

impl OutboxItem {
    fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.int(0)?,
            instance_id: row.text(1)?,
            kind: row.text(2)?,
            payload: row.json(3)?,
            attempts: row.unsigned(4)?,
        })
    }
}

impl Connection {
    /// Adds a side effect of the instance to be done at `run_at` or soon after.
    ///
    /// # Errors
    /// As [`Connection::execute`].
    pub async fn append_outbox(&mut self, kind: &str, payload: &serde_json::Value, run_at: Timestamp) -> Result<()> {
        let insert = statement!("INSERT INTO outbox (instance_id, kind, payload, run_at) VALUES ($1, $2, $3, $4)");
        self.execute(insert, &values![kind, payload, run_at]).await?;
        self.appended.outbox = true;
        Ok(())
    }

    /// Claims up to `limit` items of one kind that are due, of all instances, oldest first. Nobody else gets them before
    /// `claimed_until`; an item that is not finished by then, because its worker died, is due again.
    ///
    /// # Errors
    /// As [`Connection::rows`]; a conflict when two nodes claim at once.
    pub async fn claim_outbox(
        &mut self,
        kind: &str,
        now: Timestamp,
        claimed_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxItem>> {
        let claim = global_statement!(
            "UPDATE outbox SET run_at = $2, attempts = attempts + 1 \
             WHERE id IN (SELECT id FROM outbox WHERE kind = $4 AND run_at <= $1 ORDER BY run_at, id LIMIT $3) \
             RETURNING id, instance_id, kind, payload, attempts"
        );
        let rows = self.rows(claim, &values![now, claimed_until, limit, kind]).await?;
        let mut items = rows.iter().map(OutboxItem::read).collect::<Result<Vec<_>>>()?;
        items.sort_by_key(|item| item.id);
        Ok(items)
    }

    /// Removes an item that is done, or that is given up.
    ///
    /// # Errors
    /// As [`Connection::execute`].
    pub async fn finish_outbox(&mut self, id: i64) -> Result<()> {
        self.execute(global_statement!("DELETE FROM outbox WHERE id = $1"), &values![id]).await.map(drop)
    }

    /// Puts an item that failed back, to be tried again at `run_at`.
    ///
    /// # Errors
    /// As [`Connection::execute`].
    pub async fn retry_outbox(&mut self, id: i64, run_at: Timestamp, error: &str) -> Result<()> {
        let update = global_statement!("UPDATE outbox SET run_at = $2, last_error = $3 WHERE id = $1");
        self.execute(update, &values![id, run_at, error]).await.map(drop)
    }
}
