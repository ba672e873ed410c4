//! The audit trail: one event per recorded change, appended in the transaction that makes the change.

use std::borrow::Cow;

use castellan_kernel::{Error, Receipt, Result, Timestamp};

use crate::connection::Sequence;
use crate::query::Draft;
use crate::{Connection, EngineKind, Running, Statement, StatementScope, Text, Value, statement, values};

/// A change to record. The names of types and payload keys are part of the API contract.
#[derive(Debug, Clone)]
pub struct Event {
    /// The kind of aggregate, such as `user`.
    pub aggregate_type: Cow<'static, str>,
    /// Its id.
    pub aggregate_id: Text,
    /// What happened, such as `user.machine.key.added`.
    pub event_type: Cow<'static, str>,
    /// The details as a JSON object, or nothing.
    pub payload: Option<String>,
    /// Who did it: a user's id or the name of a service.
    pub editor: Text,
    /// The resource owner: an organization's id, or the instance's.
    pub owner: String,
    /// When. All events of a transaction carry the time of the first.
    pub created_at: Timestamp,
    /// Whether the aggregate's id was drawn just now, so that it cannot have an event yet.
    pub is_new: bool,
}

/// A change of many aggregates at once, which records the same of each.
#[derive(Debug, Clone)]
pub struct EventOfEach {
    /// The kind of the aggregates.
    pub aggregate_type: &'static str,
    /// The aggregates: what stands after FROM, with a WHERE that has at least `instance_id = $1` and a `?` for each of the
    /// values.
    pub from: &'static str,
    /// Those values.
    pub values: Vec<Value>,
    /// The column with the aggregate's id.
    pub id: &'static str,
    /// The column with its owner.
    pub owner: &'static str,
    /// What happened.
    pub event_type: &'static str,
    /// The one key of the payload, and the column with its text.
    pub payload: (&'static str, &'static str),
}

/// Writes an event.
pub(crate) fn insertion() -> &'static Statement {
    statement!(
        "INSERT INTO events (instance_id, aggregate_type, aggregate_id, sequence, event_type, payload, \
         editor, owner, created_at, in_tx_order) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    )
}

impl Connection {
    /// Appends an event to the instance's audit trail, as the next one of its aggregate.
    ///
    /// Which sequence that is, is asked of storage once per transaction, and not at all for a new aggregate: on PostgreSQL
    /// the question locks the place in the index where others append theirs.
    ///
    /// # Errors
    /// As [`Connection::execute`]; a conflict, perhaps only of a later call, when another node appends to the same aggregate.
    pub fn append_event(&mut self, event: Event) -> Running<'_, Receipt> {
        let place = self.next_place(event.created_at);
        match self.last_sequence(&event) {
            Some(last) => self.append_after(last, event, place),
            None if event.is_new => self.append_after(0, event, place),
            None => Running::waiting(async move {
                let last = self.stored_sequence(&event).await?;
                self.append_after(last, event, place).await
            }),
        }
    }

    fn append_after(&mut self, last: u64, event: Event, (created_at, order): (Timestamp, i64)) -> Running<'_, Receipt> {
        let sequence = last + 1;
        self.note_sequence(&event, sequence);
        let values = values![
            event.aggregate_type,
            event.aggregate_id,
            sequence,
            event.event_type,
            event.payload,
            event.editor,
            event.owner.as_str(),
            created_at,
            order
        ];
        let receipt = Receipt { sequence, created_at: None, changed_at: created_at, owner: event.owner };
        self.defer(insertion(), values.into(), &[]).map(|()| receipt)
    }

    /// Appends an event to the trail of each aggregate that is selected, in one statement; returns when, which is the time of the
    /// transaction's first event. `editor` is who did it, `now` the time if this event is the first.
    ///
    /// # Errors
    /// As [`Connection::append_event`].
    pub async fn append_event_of_each(
        &mut self,
        event: &EventOfEach,
        editor: &str,
        now: Timestamp,
    ) -> Result<Timestamp> {
        let (created_at, order) = self.next_place(now);
        // Storage counts on from here.
        let instance = self.instance.clone().unwrap_or_default();
        self.appended
            .sequences
            .retain(|known| known.aggregate_type != event.aggregate_type || known.instance != instance);
        let (key, text) = event.payload;
        let payload = match self.engine() {
            EngineKind::Sqlite => format!("json_object('{key}', {text})"),
            EngineKind::Postgres => format!("'{{\"{key}\":' || CAST(to_json({text}) AS TEXT) || '}}'"),
        };
        let EventOfEach { aggregate_type, id, owner, event_type, from, .. } = event;
        let mut draft = Draft::new(self.engine(), StatementScope::Instance);
        draft.text(
            &format!(
                "INSERT INTO events (instance_id, aggregate_type, aggregate_id, sequence, event_type, payload, editor, owner,
                     created_at, in_tx_order)
                 SELECT $1, '{aggregate_type}', {id}, 1 + COALESCE((SELECT MAX(told.sequence) FROM events told
                     WHERE told.instance_id = $1 AND told.aggregate_type = '{aggregate_type}' AND told.aggregate_id = {id}), 0),
                     '{event_type}', {payload}, ?, {owner}, ?, ? FROM "
            ),
            &values![editor, created_at, order],
        );
        draft.text(from, &event.values);
        self.execute_dynamic(&draft.finish("an event of each")).await?;
        Ok(created_at)
    }

    /// When the next event of this transaction happened, and which one it is. `now` counts if it is the first.
    fn next_place(&mut self, now: Timestamp) -> (Timestamp, i64) {
        let order = self.appended.events;
        self.appended.events += 1;
        (*self.appended.event_time.get_or_insert(now), order)
    }

    async fn stored_sequence(&mut self, event: &Event) -> Result<u64> {
        let statement = statement!(
            "SELECT COALESCE(MAX(sequence), 0) FROM events \
             WHERE instance_id = $1 AND aggregate_type = $2 AND aggregate_id = $3"
        );
        let row = self.row(statement, &values![event.aggregate_type.as_ref(), event.aggregate_id.as_str()]).await?;
        row.ok_or_else(|| Error::internal("an aggregate has no last sequence"))?.unsigned(0)
    }

    fn last_sequence(&self, event: &Event) -> Option<u64> {
        let known = &self.appended.sequences;
        known.iter().find(|known| self.is_of(known, event)).map(|known| known.last)
    }

    fn note_sequence(&mut self, event: &Event, last: u64) {
        match self.appended.sequences.iter().position(|known| self.is_of(known, event)) {
            Some(at) => self.appended.sequences[at].last = last,
            None => self.appended.sequences.push(Sequence {
                instance: self.instance.clone().unwrap_or_default(),
                aggregate_type: event.aggregate_type.clone(),
                aggregate_id: event.aggregate_id.clone(),
                last,
            }),
        }
    }

    fn is_of(&self, known: &Sequence, event: &Event) -> bool {
        known.aggregate_id == event.aggregate_id
            && known.aggregate_type == event.aggregate_type
            && Some(known.instance.as_str()) == self.instance.as_deref()
    }
}
