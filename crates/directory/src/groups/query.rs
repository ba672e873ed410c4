//! Reading groups and their members, as far as the caller may see.

use castellan_db::Row;
use castellan_db::query::{Condition, Join, List, Select, VisibleColumns};
use castellan_kernel::{Fault, Page, Permission, Result, Timestamp};
use castellan_rpc::Context;

use super::{Group, sql};

const NOT_FOUND: Fault = Fault::not_found("QUERY-SG4WbR", "Errors.Group.NotFound");

const COLUMNS: &str = "g.id, g.org_id, g.name, g.description, g.created_at, g.changed_at, g.sequence";
const FROM: &str = "user_groups g WHERE g.instance_id = $1";

const MEMBER_COLUMNS: &str = "m.group_id, g.org_id, m.user_id, m.created_at, u.org_id, u.avatar_key,
    CASE WHEN u.kind = 2 THEN u.name ELSE u.display_name END,
    COALESCE((SELECT l.login_name FROM domain_login_names l
              WHERE l.instance_id = m.instance_id AND l.user_id = m.user_id AND l.is_primary), u.user_name)";
const MEMBER_FROM: &str = "user_group_members m WHERE m.instance_id = $1";
/// Foreign keys guarantee what is joined.
const MEMBER_JOINS: &[Join] = &[
    Join { alias: "g", sql: "JOIN user_groups g ON g.instance_id = m.instance_id AND g.id = m.group_id" },
    Join { alias: "u", sql: "JOIN users u ON u.instance_id = m.instance_id AND u.id = m.user_id" },
];

#[derive(Debug, Clone, Copy)]
pub(super) enum Sorting {
    Created,
    Changed,
    Id,
    Name,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum MemberSorting {
    Created,
    User,
    Group,
}

/// A user in a group.
pub(super) struct Member {
    pub group_id: String,
    pub org_id: String,
    pub user_id: String,
    pub created_at: Timestamp,
    pub user_org_id: String,
    pub avatar_key: String,
    pub display_name: String,
    pub login_name: String,
}

pub(super) async fn get(ctx: &mut Context, id: &str) -> Result<Group> {
    let group = sql::find(ctx.read().await?, id).await?.ok_or(NOT_FOUND)?;
    if ctx.caller.may(Permission::GroupRead, &group.org_id, None) { Ok(group) } else { Err(NOT_FOUND.into()) }
}

pub(super) async fn list(
    ctx: &mut Context,
    filters: Vec<Condition>,
    sorting: Sorting,
    page: Page,
) -> Result<List<Group>> {
    let visibility = ctx.caller.visibility(Permission::GroupRead);
    let select = Select::instance("groups", COLUMNS, FROM)
        .keyed("g.id")
        .and(Condition::visible(&visibility, &VisibleColumns::org("g.org_id")))
        .and(Condition::all(filters))
        .order_by(match sorting {
            Sorting::Created => &["g.created_at", "g.id"],
            Sorting::Changed => &["g.changed_at", "g.id"],
            Sorting::Id => &["g.id"],
            Sorting::Name => &["g.name", "g.id"],
        })
        .page(page);
    ctx.read().await?.list(&select, sql::read).await
}

pub(super) async fn list_members(
    ctx: &mut Context,
    filters: Vec<Condition>,
    sorting: MemberSorting,
    page: Page,
) -> Result<List<Member>> {
    let visibility = ctx.caller.visibility(Permission::GroupUserRead);
    let select = Select::instance("users of groups", MEMBER_COLUMNS, MEMBER_FROM)
        .joined(MEMBER_JOINS)
        .keyed("(m.group_id, m.user_id)")
        .and(Condition::visible(&visibility, &VisibleColumns::org("g.org_id")))
        .and(Condition::all(filters))
        .order_by(match sorting {
            MemberSorting::Created => &["m.created_at", "m.group_id", "m.user_id"],
            MemberSorting::User => &["m.user_id", "m.group_id"],
            MemberSorting::Group => &["m.group_id", "m.user_id"],
        })
        .page(page);
    ctx.read().await?.list(&select, read_member).await
}

fn read_member(row: &Row) -> Result<Member> {
    Ok(Member {
        group_id: row.text(0)?,
        org_id: row.text(1)?,
        user_id: row.text(2)?,
        created_at: row.timestamp(3)?,
        user_org_id: row.text(4)?,
        avatar_key: row.text(5)?,
        display_name: row.text(6)?,
        login_name: row.text(7)?,
    })
}
