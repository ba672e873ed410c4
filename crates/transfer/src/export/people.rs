//! People and service users with their metadata and keys.

use castellan_db::{Row, statement, values};
use castellan_directory::users::recovery_codes;
use castellan_kernel::Result;
use castellan_proto::zitadel::admin::v1::DataOrg;
use castellan_proto::zitadel::management::v1 as wire;
use castellan_proto::zitadel::management::v1::import_human_user_request as human;
use castellan_proto::zitadel::management::v1::import_human_user_request::recovery_code::CodeType;
use castellan_proto::zitadel::v1::v1::{DataHumanUser, DataMachineKey, DataMachineUser};
use castellan_rpc::{Context, convert};

use super::Selection;

/// The kinds of users as storage numbers them.
const HUMAN: i64 = 1;
const MACHINE: i64 = 2;

pub(super) async fn read(ctx: &mut Context, org_id: &str, selection: &Selection, org: &mut DataOrg) -> Result<()> {
    let now = ctx.now();
    let codes = if selection.with_otp { recovery_codes::hashes_of_org(ctx, org_id).await? } else { Vec::new() };
    let connection = ctx.read().await?;
    let people = statement!(
        heavy "SELECT id, state, user_name, first_name, last_name, nick_name, display_name, preferred_language, gender,
         email, email_verified, phone, phone_verified, password_hash, password_change_required
         FROM users WHERE instance_id = $1 AND org_id = $2 AND kind = $3"
    );
    let rows = connection.rows(people, &values![org_id, HUMAN]).await?;
    org.human_users = rows.iter().map(|row| person(row, selection.with_passwords)).collect::<Result<_>>()?;
    org.human_users.sort_by(|one, other| one.user_id.cmp(&other.user_id));
    for human in &mut org.human_users {
        let start = codes.partition_point(|(id, _)| *id < human.user_id);
        let own = codes[start..].iter().take_while(|(id, _)| *id == human.user_id);
        let code = |hash: &String| human::RecoveryCode { code_type: Some(CodeType::Hash(hash.clone())) };
        if let Some(user) = &mut human.user {
            user.recovery_codes = own.map(|(_, hash)| code(hash)).collect();
        }
    }

    let machines = statement!(
        heavy "SELECT id, state, user_name, name, description, access_token_type
         FROM users WHERE instance_id = $1 AND org_id = $2 AND kind = $3"
    );
    let rows = connection.rows(machines, &values![org_id, MACHINE]).await?;
    org.machine_users = rows.iter().map(machine).collect::<Result<_>>()?;
    org.machine_users.sort_by(|one, other| one.user_id.cmp(&other.user_id));

    let metadata = statement!(
        heavy "SELECT m.user_id, m.key, m.value FROM user_metadata m
         JOIN users u ON u.instance_id = m.instance_id AND u.id = m.user_id
         WHERE m.instance_id = $1 AND u.org_id = $2"
    );
    let rows = connection.rows(metadata, &values![org_id]).await?;
    let pair = |row: &Row| -> Result<_> {
        Ok(wire::SetUserMetadataRequest { id: row.text(0)?, key: row.text(1)?, value: row.bytes(2)? })
    };
    org.user_metadata = rows.iter().map(pair).collect::<Result<_>>()?;
    org.user_metadata.sort_by(|one, other| (&one.id, &one.key).cmp(&(&other.id, &other.key)));

    // Expired keys do not exist any more for whoever verifies with them.
    let keys = statement!(
        heavy "SELECT k.id, k.user_id, k.type, k.expires_at, k.public_key FROM user_keys k
         JOIN users u ON u.instance_id = k.instance_id AND u.id = k.user_id
         WHERE k.instance_id = $1 AND u.org_id = $2 AND k.expires_at > $3"
    );
    let rows = connection.rows(keys, &values![org_id, now]).await?;
    org.machine_keys = rows.iter().map(key).collect::<Result<_>>()?;
    org.machine_keys.sort_by(|one, other| one.key_id.cmp(&other.key_id));
    Ok(())
}

fn person(row: &Row, with_passwords: bool) -> Result<DataHumanUser> {
    let phone = row.text(11)?;
    let hash = if with_passwords { row.opt_text(13)? } else { None };
    Ok(DataHumanUser {
        user_id: row.text(0)?,
        state: row.small(1)?,
        user: Some(wire::ImportHumanUserRequest {
            user_name: row.text(2)?,
            profile: Some(human::Profile {
                first_name: row.text(3)?,
                last_name: row.text(4)?,
                nick_name: row.text(5)?,
                display_name: row.text(6)?,
                preferred_language: row.text(7)?,
                gender: row.small(8)?,
            }),
            email: Some(human::Email { email: row.text(9)?, is_email_verified: row.boolean(10)? }),
            phone: if phone.is_empty() {
                None
            } else {
                Some(human::Phone { phone, is_phone_verified: row.boolean(12)? })
            },
            // Without its password nobody has to change it.
            password_change_required: hash.is_some() && row.boolean(14)?,
            hashed_password: hash.map(|value| human::HashedPassword { value }),
            ..wire::ImportHumanUserRequest::default()
        }),
    })
}

fn machine(row: &Row) -> Result<DataMachineUser> {
    Ok(DataMachineUser {
        user_id: row.text(0)?,
        state: row.small(1)?,
        user: Some(wire::AddMachineUserRequest {
            user_name: row.text(2)?,
            name: row.text(3)?,
            description: row.text(4)?,
            access_token_type: row.small(5)?,
            user_id: None,
        }),
    })
}

fn key(row: &Row) -> Result<DataMachineKey> {
    Ok(DataMachineKey {
        key_id: row.text(0)?,
        user_id: row.text(1)?,
        r#type: row.small(2)?,
        expiration_date: Some(convert::timestamp(row.timestamp(3)?)),
        public_key: row.bytes(4)?,
    })
}
