//! Every statement of this room.

use castellan_db::query::{Condition, Select};
use castellan_db::{Connection, Row};
use castellan_kernel::Result;

use super::{Human, Machine, Profile, User};
use crate::users::head::{UserKind, UserState};
use crate::users::machine::AccessTokenType;

const COLUMNS: &str = "u.id, u.org_id, u.kind, u.state, u.user_name, u.created_at, u.changed_at, u.sequence, u.name,
     u.description, u.secret_hash IS NOT NULL, u.access_token_type, u.first_name, u.last_name, u.nick_name, u.display_name,
     u.preferred_language, u.gender, u.avatar_key, u.email, u.email_verified, u.phone, u.phone_verified,
     u.password_change_required, u.password_changed_at, u.mfa_init_skipped_at";
const FROM: &str = "users u WHERE u.instance_id = $1";

/// A list query on users, to be narrowed and sorted by the caller. Rows come without login names.
pub(super) fn select() -> Select {
    Select::instance("users", COLUMNS, FROM).keyed("u.id")
}

pub(super) fn read(row: &Row) -> Result<User> {
    let profile = if row.int(2)? == UserKind::Machine as i64 {
        Profile::Machine(Machine {
            name: row.text(8)?,
            description: row.text(9)?,
            has_secret: row.boolean(10)?,
            access_token_type: AccessTokenType::from_number(row.int(11)?),
        })
    } else {
        Profile::Human(Box::new(read_human(row)?))
    };
    Ok(User {
        id: row.text(0)?,
        org_id: row.text(1)?,
        state: UserState::from_number(row.int(3)?),
        user_name: row.text(4)?,
        login_names: Vec::new(),
        preferred_login_name: String::new(),
        profile,
        created_at: row.timestamp(5)?,
        changed_at: row.timestamp(6)?,
        sequence: row.unsigned(7)?,
    })
}

fn read_human(row: &Row) -> Result<Human> {
    Ok(Human {
        first_name: row.text(12)?,
        last_name: row.text(13)?,
        nick_name: row.text(14)?,
        display_name: row.text(15)?,
        preferred_language: row.text(16)?,
        gender: row.small(17)?,
        avatar_key: row.text(18)?,
        email: row.text(19)?,
        email_verified: row.boolean(20)?,
        phone: row.text(21)?,
        phone_verified: row.boolean(22)?,
        password_change_required: row.boolean(23)?,
        password_changed_at: row.opt_timestamp(24)?,
        mfa_init_skipped_at: row.opt_timestamp(25)?,
    })
}

/// Adds their login names to users.
pub(super) async fn add_login_names(connection: &mut Connection, users: &mut [User]) -> Result<()> {
    if users.is_empty() {
        return Ok(());
    }
    let ids = users.iter().map(|user| user.id.clone()).collect();
    let select = Select::instance(
        "login names",
        "n.user_id, n.login_name, n.is_primary",
        "domain_login_names n WHERE n.instance_id = $1",
    )
    .and(Condition::in_list("n.user_id", ids))
    .order_by(&["n.user_id", "n.login_name_lower"]);
    let names = connection.list(&select, |row| Ok((row.text(0)?, row.text(1)?, row.boolean(2)?))).await?.items;
    for user in users {
        let start = names.partition_point(|(id, ..)| *id < user.id);
        for (_, name, is_primary) in names[start..].iter().take_while(|(id, ..)| *id == user.id) {
            if *is_primary {
                user.preferred_login_name.clone_from(name);
            }
            user.login_names.push(name.clone());
        }
        if user.login_names.is_empty() {
            user.login_names.push(user.user_name.clone());
        }
        if user.preferred_login_name.is_empty() {
            user.preferred_login_name.clone_from(&user.login_names[0]);
        }
    }
    Ok(())
}
