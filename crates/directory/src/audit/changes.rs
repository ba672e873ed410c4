//! What changed on one resource of an organization: the events of its aggregate.

use castellan_db::Row;
use castellan_db::query::{Condition, Select};
use castellan_kernel::{Page, Result, TextMethod, Timestamp};
use castellan_rpc::Context;

use super::retention;

const COLUMNS: &str = "e.event_type, e.sequence, e.created_at, e.owner, e.editor,
    COALESCE(CASE WHEN u.kind = 2 THEN u.name ELSE u.display_name END, ''), COALESCE(u.avatar_key, ''), COALESCE(u.org_id, ''),
    COALESCE((SELECT l.login_name FROM domain_login_names l
              WHERE l.instance_id = u.instance_id AND l.user_id = u.id AND l.is_primary), u.user_name, '')";
const FROM: &str =
    "events e LEFT JOIN users u ON u.instance_id = e.instance_id AND u.id = e.editor WHERE e.instance_id = $1";

/// Which part of the changes is asked for: only greater sequences, and that many of them.
pub(super) struct Part {
    pub after_sequence: u64,
    pub page: Page,
}

/// The resource whose changes are asked for.
pub(super) struct Resource {
    pub aggregate_type: &'static str,
    pub aggregate_id: String,
    /// Changes of an aggregate that another organization owns do not show.
    pub owner: String,
    /// A key of the payload and its value, for what lives within a larger aggregate.
    pub part: Option<(&'static str, String)>,
}

/// A change with who made it; the editor's names are empty where it is no user, or no longer.
pub(super) struct Change {
    pub event_type: String,
    pub sequence: u64,
    pub created_at: Timestamp,
    pub owner: String,
    pub editor: String,
    pub editor_name: String,
    pub editor_avatar_key: String,
    pub editor_org: String,
    pub editor_login_name: String,
}

pub(super) async fn list(ctx: &mut Context, resource: Resource, part: Part) -> Result<Vec<Change>> {
    let readable = retention::readable(ctx, "+e.created_at").await?;
    let mut select = Select::instance("changes", COLUMNS, FROM)
        .and(Condition::equals("e.aggregate_type", resource.aggregate_type))
        .and(Condition::equals("e.aggregate_id", resource.aggregate_id))
        .and(Condition::equals("e.owner", resource.owner))
        .and(readable);
    if let Some((key, value)) = resource.part {
        // Payloads are stored in compact JSON, in which an unescaped quotation mark ends a text: the pattern is a key with its value.
        let pair = format!("\"{key}\":{}", serde_json::Value::from(value));
        select = select.and(Condition::text("e.payload", "e.payload", TextMethod::Contains, &pair));
    }
    if part.after_sequence > 0 {
        select = select.and(Condition::sql("e.sequence > ?", [part.after_sequence.into()]));
    }
    let select = select.order_by(&["e.sequence"]).page(part.page);
    let connection = ctx.read().await?;
    let rows = connection.rows_dynamic(&select.rows_statement(connection.engine())).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Change> {
    Ok(Change {
        event_type: row.text(0)?,
        sequence: row.unsigned(1)?,
        created_at: row.timestamp(2)?,
        owner: row.text(3)?,
        editor: row.text(4)?,
        editor_name: row.text(5)?,
        editor_avatar_key: row.text(6)?,
        editor_org: row.text(7)?,
        editor_login_name: row.text(8)?,
    })
}
