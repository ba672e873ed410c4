//! The events of the instance, narrowed by what the caller asks for.

use castellan_db::Row;
use castellan_db::query::{Condition, Select};
use castellan_kernel::{Page, Result, TimeMethod, Timestamp};
use castellan_rpc::Context;

use super::{catalogue, retention};

/// The default and the most events of one answer.
const MOST: u64 = 1_000;

const COLUMNS: &str =
    "e.aggregate_type, e.aggregate_id, e.owner, e.sequence, e.event_type, e.payload, e.editor, e.created_at,
    COALESCE(CASE WHEN u.kind = 2 THEN u.name ELSE u.display_name END, '')";
const FROM: &str =
    "events e LEFT JOIN users u ON u.instance_id = e.instance_id AND u.id = e.editor WHERE e.instance_id = $1";

/// What a list of events can be narrowed by; empty texts and lists narrow nothing.
#[derive(Debug, Default)]
pub(super) struct EventFilter {
    /// Only events with a greater sequence, whatever the order.
    pub sequence: u64,
    pub editor: String,
    pub event_types: Vec<String>,
    pub aggregate_types: Vec<String>,
    pub aggregate_id: String,
    pub owner: String,
    pub after: Option<Timestamp>,
    pub before: Option<Timestamp>,
}

/// An event with the name of who did it.
pub(super) struct RecordedEvent {
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub owner: String,
    pub sequence: u64,
    pub event_type: String,
    pub payload: Option<serde_json::Value>,
    pub editor: String,
    pub editor_name: String,
    pub created_at: Timestamp,
}

pub(super) async fn list(
    ctx: &mut Context,
    filter: EventFilter,
    limit: u32,
    ascending: bool,
) -> Result<Vec<RecordedEvent>> {
    let limit = if limit == 0 { MOST } else { u64::from(limit).min(MOST) };
    // One aggregate's events are few: the sign keeps the embedded engine from walking all events by time to find them.
    let (time, order): (_, &'static [&'static str]) = match filter.aggregate_id.as_str() {
        "" => ("e.created_at", &["e.created_at", "e.position"]),
        _ => ("+e.created_at", &["+e.created_at", "e.position"]),
    };
    let readable = retention::readable(ctx, time).await?;
    let select = Select::instance("events", COLUMNS, FROM)
        .and(filter.condition())
        .and(readable)
        .order_by(order)
        .page(Page { offset: 0, limit: Some(limit), ascending });
    let connection = ctx.read().await?;
    let rows = connection.rows_dynamic(&select.rows_statement(connection.engine())).await?;
    rows.iter().map(read).collect()
}

impl EventFilter {
    fn condition(self) -> Condition {
        let mut conditions = Vec::new();
        let aggregate_types = self.aggregates();
        if !aggregate_types.is_empty() {
            conditions.push(Condition::in_list("e.aggregate_type", aggregate_types));
        }
        if !self.event_types.is_empty() {
            conditions.push(Condition::in_list("e.event_type", self.event_types));
        }
        for (column, value) in
            [("e.aggregate_id", self.aggregate_id), ("e.editor", self.editor), ("e.owner", self.owner)]
        {
            if !value.is_empty() {
                conditions.push(Condition::equals(column, value));
            }
        }
        if self.sequence > 0 {
            conditions.push(Condition::sql("e.sequence > ?", [self.sequence.into()]));
        }
        if let Some(after) = self.after {
            conditions.push(Condition::time("e.created_at", TimeMethod::Greater, after));
        }
        if let Some(before) = self.before {
            conditions.push(Condition::time("e.created_at", TimeMethod::Less, before));
        }
        Condition::all(conditions)
    }

    /// The aggregate types asked for, or what the event types belong to. With an aggregate's id alone it is all types there are,
    /// because the index begins with the type.
    fn aggregates(&self) -> Vec<String> {
        if !self.aggregate_types.is_empty() {
            return self.aggregate_types.clone();
        }
        if !self.event_types.is_empty() {
            return catalogue::aggregates_of(&self.event_types).unwrap_or_default();
        }
        if self.aggregate_id.is_empty() {
            return Vec::new();
        }
        catalogue::aggregate_types().into_iter().map(str::to_owned).collect()
    }
}

fn read(row: &Row) -> Result<RecordedEvent> {
    Ok(RecordedEvent {
        aggregate_type: row.text(0)?,
        aggregate_id: row.text(1)?,
        owner: row.text(2)?,
        sequence: row.unsigned(3)?,
        event_type: row.text(4)?,
        payload: row.opt_json(5)?,
        editor: row.text(6)?,
        created_at: row.timestamp(7)?,
        editor_name: row.text(8)?,
    })
}
