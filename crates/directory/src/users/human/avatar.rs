//! The picture of a person: taking it away. The picture itself is a file of the organization, and goes with it.

use castellan_db::{Connection, statement, values};
use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_proto::zitadel::{auth::v1 as auth_v1, management::v1};
use castellan_rpc::{AuditEvent, Context, convert};
use castellan_settings::assets;
use serde::Serialize;

use crate::users::head::{Reach, UserHead};

const ID_MISSING: Fault = Fault::invalid("USER-1B8sd", "Errors.IDMissing");
const NOT_FOUND: Fault = Fault::not_found("USER-35N8f", "Errors.Users.NotFound");

#[derive(Serialize)]
struct AvatarRemoved<'a> {
    #[serde(rename = "storeKey")]
    key: &'a str,
}

impl AuditEvent for AvatarRemoved<'_> {
    const TYPE: &'static str = "user.human.avatar.removed";
}

pub(super) async fn v1_remove(
    ctx: &mut Context,
    request: v1::RemoveHumanAvatarRequest,
) -> Result<v1::RemoveHumanAvatarResponse> {
    let reach = Reach::context(ctx);
    let receipt = remove(ctx, &reach, &request.user_id).await?;
    Ok(v1::RemoveHumanAvatarResponse { details: convert::changed(&receipt) })
}

pub(super) async fn remove_my(
    ctx: &mut Context,
    _: auth_v1::RemoveMyAvatarRequest,
) -> Result<auth_v1::RemoveMyAvatarResponse> {
    let own = ctx.caller.user_id.clone();
    let receipt = remove(ctx, &Reach::Instance, &own).await?;
    Ok(auth_v1::RemoveMyAvatarResponse { details: convert::changed(&receipt) })
}

/// Takes the picture away; a person who has none stays as it is.
async fn remove(ctx: &mut Context, reach: &Reach, user_id: &str) -> Result<Receipt> {
    if user_id.is_empty() {
        return Err(ID_MISSING.into());
    }
    let user = UserHead::find_human(ctx.tx().await?, reach, user_id).await?.ok_or(NOT_FOUND)?;
    ctx.caller.require_or_self(Permission::UserWrite, &user.org_id, &user.id)?;
    let key = stored_key(ctx.tx().await?, &user.id).await?;
    if key.is_empty() {
        return Ok(user.unchanged());
    }
    let receipt = ctx.record(&user.aggregate(), &AvatarRemoved { key: &key }).await?;
    let tx = ctx.tx().await?;
    clear(tx, &user.id, &receipt).await?;
    assets::keep_only(tx, &user.org_id, &key, &[]).await?;
    Ok(receipt)
}

async fn stored_key(connection: &mut Connection, user_id: &str) -> Result<String> {
    let statement = statement!("SELECT avatar_key FROM users WHERE instance_id = $1 AND id = $2");
    connection.row(statement, &values![user_id]).await?.map_or_else(|| Ok(String::new()), |row| row.text(0))
}

async fn clear(connection: &mut Connection, user_id: &str, receipt: &Receipt) -> Result<()> {
    let statement = statement!(
        "UPDATE users SET avatar_key = '', changed_at = $3, sequence = $4 WHERE instance_id = $1 AND id = $2"
    );
    connection.execute(statement, &values![user_id, receipt.changed_at, receipt.sequence]).await.map(|_| ())
}
