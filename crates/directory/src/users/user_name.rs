//! Changing user names, and asking whether one is free.
//! RPCs: Management UpdateUserName, IsUserUnique; Auth UpdateMyUserName. Table `users`. Event `user.username.changed`.
//! Rules: spec api.md 4.1.4, 4.1.11 and 4.1.12.

use castellan_db::{Connection, DbResultExt, statement, values};
use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_proto::methods::{auth_v1 as auth, management_v1 as management};
use castellan_proto::zitadel::{auth::v1 as auth_v1, management::v1};
use castellan_rpc::{AuditEvent, Context, Registry, convert};
use serde::Serialize;

use super::head::{Reach, UserHead, UserKind};
use super::login_names::{self, NameRules, USER_NAME_INDEX, USER_NAME_TAKEN};

const NAME_MISSING: Fault = Fault::invalid("COMMAND-2N9fs", "Errors.IDMissing");
const NOT_FOUND: Fault = Fault::not_found("COMMAND-5N9ds", "Errors.User.NotFound");
const NOT_CHANGED: Fault = Fault::precondition("COMMAND-6m9gs", "Errors.User.UsernameNotChanged");
const DOMAIN_RESERVED: Fault = Fault::invalid("COMMAND-SFd21", "Errors.User.DomainNotAllowedAsUsername");

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/users/user_name")
        .command::<management::UpdateUserName>(v1_update)
        .query::<management::IsUserUnique>(v1_is_unique)
        .command::<auth::UpdateMyUserName>(v1_update_my);
}

#[derive(Serialize)]
struct UserNameChanged<'a> {
    #[serde(rename = "userName")]
    user_name: &'a str,
}

impl AuditEvent for UserNameChanged<'_> {
    const TYPE: &'static str = "user.username.changed";
}

async fn v1_update(ctx: &mut Context, request: v1::UpdateUserNameRequest) -> Result<v1::UpdateUserNameResponse> {
    let reach = Reach::context(ctx);
    let receipt = update(ctx, &reach, &request.user_id, &request.user_name, false).await?;
    Ok(v1::UpdateUserNameResponse { details: convert::changed(&receipt) })
}

async fn v1_update_my(
    ctx: &mut Context,
    request: auth_v1::UpdateMyUserNameRequest,
) -> Result<auth_v1::UpdateMyUserNameResponse> {
    let own = ctx.caller.user_id.clone();
    let receipt = update(ctx, &Reach::Instance, &own, &request.user_name, true).await?;
    Ok(auth_v1::UpdateMyUserNameResponse { details: convert::changed(&receipt) })
}

async fn v1_is_unique(ctx: &mut Context, request: v1::IsUserUniqueRequest) -> Result<v1::IsUserUniqueResponse> {
    let org_id = ctx.caller.org.clone();
    let is_unique = is_unique(ctx.read().await?, &org_id, &request.user_name, &request.email).await?;
    Ok(v1::IsUserUniqueResponse { is_unique })
}

async fn update(ctx: &mut Context, reach: &Reach, user_id: &str, user_name: &str, own: bool) -> Result<Receipt> {
    let user_name = user_name.trim();
    if user_name.is_empty() {
        return Err(NAME_MISSING.into());
    }
    let user = UserHead::find(ctx.tx().await?, reach, user_id).await?.ok_or(NOT_FOUND)?;
    if own {
        ctx.caller.require_or_self(Permission::UserWrite, &user.org_id, &user.id)?;
    } else {
        ctx.require(Permission::UserWrite, &user.org_id, None)?;
    }
    if user.user_name == user_name {
        return Err(NOT_CHANGED.into());
    }
    change(ctx, &user, user_name).await
}

/// Gives the user another name; the caller has checked permission and that the name is another one.
///
/// # Errors
/// `COMMAND-SFd21` when a person's name ends in a domain of another organization, `V3-DKcYh` when it is taken.
pub(super) async fn change(ctx: &mut Context, user: &UserHead, user_name: &str) -> Result<Receipt> {
    let tx = ctx.tx().await?;
    let rules = NameRules::of_org(tx, &user.org_id).await?;
    if user.kind == UserKind::Human {
        check_domain(tx, rules, &user.org_id, user_name).await?;
    }
    let receipt = ctx.record(&user.aggregate(), &UserNameChanged { user_name }).await?;
    let statement = statement!(
        "UPDATE users SET user_name = $3, user_name_lower = $4, user_name_key = $5, changed_at = $6, sequence = $7
         WHERE instance_id = $1 AND id = $2"
    );
    let values = values![
        &user.id,
        user_name,
        user_name.to_lowercase(),
        rules.key(user_name, &user.org_id),
        receipt.changed_at,
        receipt.sequence,
    ];
    let tx = ctx.tx().await?;
    tx.execute(statement, &values).await.on_unique(USER_NAME_INDEX, USER_NAME_TAKEN)?;
    login_names::refresh(tx, &user.id, user_name, &user.org_id, rules).await?;
    Ok(receipt)
}

/// Refuses a person's user name that ends in a verified domain of another organization, unless login names get a domain of
/// their own anyway.
///
/// # Errors
/// `COMMAND-SFd21`.
pub(super) async fn check_domain(
    connection: &mut Connection,
    rules: NameRules,
    org_id: &str,
    user_name: &str,
) -> Result<()> {
    let Some((_, domain)) = user_name.rsplit_once('@').filter(|_| !rules.must_be_domain) else { return Ok(()) };
    let statement = statement!(
        "SELECT 1 FROM org_domains WHERE instance_id = $1 AND domain_lower = $2 AND is_verified AND org_id <> $3"
    );
    match connection.row(statement, &values![domain.to_lowercase(), org_id]).await? {
        Some(_) => Err(DOMAIN_RESERVED.into()),
        None => Ok(()),
    }
}

/// Whether nobody has this user name (in the organization only, where names are scoped) or this e-mail address; an empty
/// value is not looked for.
async fn is_unique(connection: &mut Connection, org_id: &str, user_name: &str, email: &str) -> Result<bool> {
    if !user_name.is_empty() {
        let key = NameRules::of_org(connection, org_id).await?.key(user_name, org_id);
        let statement = statement!("SELECT 1 FROM users WHERE instance_id = $1 AND user_name_key = $2");
        if connection.row(statement, &values![key]).await?.is_some() {
            return Ok(false);
        }
    }
    if email.is_empty() {
        return Ok(true);
    }
    let statement = statement!("SELECT 1 FROM users WHERE instance_id = $1 AND email_lower = $2 LIMIT 1");
    Ok(connection.row(statement, &values![email.to_lowercase()]).await?.is_none())
}
