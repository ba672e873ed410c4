//! The audit trail: one event per recorded change, appended in the transaction that makes the change.

use std::borrow::Cow;

use castellan_kernel::{Error, Receipt, Result, Timestamp};

use crate::{Connection, statement, values};

/// A change to record. The names of types and payload keys are part of the API contract.
#[derive(Debug, Clone)]
pub struct Event {
    /// The kind of aggregate, such as `user`.
    pub aggregate_type: Cow<'static, str>,
    /// Its id.
    pub aggregate_id: String,
    /// What happened, such as `user.machine.key.added`.
    pub event_type: Cow<'static, str>,
    /// The details, or nothing.
    pub payload: Option<serde_json::Value>,
    /// Who did it: a user's id or the name of a service.
    pub editor: String,
    /// The resource owner: an organization's id, or the instance's.
    pub owner: String,
    /// When. All events of a transaction carry the time of the first.
    pub created_at: Timestamp,
}

impl Connection {
    /// Appends an event to the instance's audit trail, as the next one of its aggregate.
    ///
    /// # Errors
    /// As [`Connection::execute`]; a conflict when another node appends to the same aggregate.
    pub async fn append_event(&mut self, event: Event) -> Result<Receipt> {
        let created_at = *self.appended.event_time.get_or_insert(event.created_at);
        let order = self.appended.events;
        self.appended.events += 1;
        let row = self
            .row(
                statement!(
                    "INSERT INTO events (instance_id, aggregate_type, aggregate_id, sequence, event_type, payload, \
                     editor, owner, created_at, in_tx_order) VALUES ($1, $2, $3, \
                     (SELECT COALESCE(MAX(sequence), 0) + 1 FROM events \
                      WHERE instance_id = $1 AND aggregate_type = $2 AND aggregate_id = $3), \
                     $4, $5, $6, $7, $8, $9) RETURNING sequence"
                ),
                &values![
                    event.aggregate_type,
                    event.aggregate_id,
                    event.event_type,
                    event.payload.as_ref(),
                    event.editor,
                    event.owner.as_str(),
                    created_at,
                    order
                ],
            )
            .await?
            .ok_or_else(|| Error::internal("an appended event has no sequence"))?;
        Ok(Receipt { sequence: row.unsigned(0)?, created_at: None, changed_at: created_at, owner: event.owner })
    }
}
