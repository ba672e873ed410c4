//! The rules for creating and changing service users.

use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_rpc::Context;

use super::event::{MachineAdded, MachineChanged};
use super::{AccessTokenType, AddedUser, sql};
use crate::users::head::{self, Reach, UserHead};
use crate::users::login_names::{self, NameRules};
use crate::users::{metadata, user_name};

const USER_NAME_MISSING: Fault = Fault::invalid("COMMAND-bm9Ds", "Errors.User.Invalid");
const NAME_MISSING: Fault = Fault::invalid("COMMAND-bs9Ds", "Errors.User.Invalid");
const OWNER_MISSING: Fault = Fault::invalid("COMMAND-xiown3", "Errors.ResourceOwnerMissing");
pub(super) const ID_TAKEN: Fault = Fault::precondition("COMMAND-k2una", "Errors.User.AlreadyExisting");

/// A service user to create.
#[derive(Debug, Clone, Default)]
pub struct AddMachine {
    /// The organization that it shall belong to.
    pub org_id: String,
    /// The id that the caller wants; `None` has one drawn.
    pub user_id: Option<String>,
    /// The user name; `None` takes the id.
    pub user_name: Option<String>,
    /// The name to show.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// The kind of access tokens it gets.
    pub access_token_type: AccessTokenType,
    /// Metadata to start with: key and value.
    pub metadata: Vec<(String, Vec<u8>)>,
}

/// Creates a service user. Does no expensive work, so it can be part of a larger transaction (setup).
///
/// # Errors
/// `COMMAND-bm9Ds` and `COMMAND-bs9Ds` for empty names, `COMMAND-QXPGs` without the organization, `COMMAND-k2una` when the id is
/// in use, and what the permission check says; `V3-DKcYh` when the user name is in use, perhaps only from the commit.
pub async fn create(ctx: &mut Context, command: AddMachine) -> Result<AddedUser> {
    if command.org_id.is_empty() {
        return Err(OWNER_MISSING.into());
    }
    if command.user_name.as_ref().is_some_and(String::is_empty) {
        return Err(USER_NAME_MISSING.into());
    }
    if command.name.is_empty() {
        return Err(NAME_MISSING.into());
    }
    metadata::check_new(&command.metadata)?;
    ctx.require(Permission::UserWrite, &command.org_id, None)?;

    let wanted_id = command.user_id.filter(|id| !id.is_empty());
    let is_id_wanted = wanted_id.is_some();
    let user_id = wanted_id.unwrap_or_else(|| ctx.new_id());
    let user_name = command.user_name.unwrap_or_else(|| user_id.clone());
    let tx = ctx.tx().await?;
    tx.announce(|| head::questions_of_new_user(&command.org_id));
    head::require_org(tx, &command.org_id).await?;
    if is_id_wanted && UserHead::find(tx, &Reach::Instance, &user_id).await?.is_some() {
        return Err(ID_TAKEN.into());
    }
    let rules = NameRules::of_org(tx, &command.org_id).await?;

    let aggregate = head::new_user(is_id_wanted, &user_id, &command.org_id);
    let event = MachineAdded {
        user_name: &user_name,
        name: &command.name,
        description: &command.description,
        access_token_type: command.access_token_type.number(),
    };
    let mut receipt = ctx.record(&aggregate, &event).await?;
    let user = sql::NewMachine {
        id: &user_id,
        org_id: &command.org_id,
        user_name: &user_name,
        user_name_key: rules.key(&user_name, &command.org_id),
        has_domain_login_names: rules.must_be_domain,
        name: &command.name,
        description: &command.description,
        access_token_type: command.access_token_type,
    };
    let tx = ctx.tx().await?;
    sql::insert(tx, &user, &receipt).await?;
    login_names::add(tx, &user_id, &user_name, &command.org_id, rules).await?;
    if let Some(last) = metadata::add_to_new(ctx, &aggregate, &command.metadata).await? {
        receipt = last;
    }
    Ok(AddedUser { user_id, receipt })
}

/// A change to a service user; what is `None` stays.
#[derive(Debug, Clone)]
pub struct UpdateMachine {
    /// Whose service users the caller sees.
    pub reach: Reach,
    /// The fault for a user that is not there; API generations differ in it.
    pub not_found: Fault,
    /// Which user.
    pub user_id: String,
    /// A new user name.
    pub user_name: Option<String>,
    /// A new name to show.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// Another kind of access tokens.
    pub access_token_type: Option<AccessTokenType>,
    /// Metadata to set; an empty value removes the key.
    pub metadata: Vec<(String, Vec<u8>)>,
}

/// The outcome of an update.
#[derive(Debug)]
pub struct UpdatedUser {
    /// The user as it was before.
    pub before: UserHead,
    /// Of the last event; `None` when nothing had to change.
    pub receipt: Option<Receipt>,
}

/// Changes a service user; users may change themselves, but not their metadata.
///
/// # Errors
/// The command's `not_found`, `V3-DKcYh` when the user name is taken, and what the permission check says.
pub async fn update(ctx: &mut Context, command: UpdateMachine) -> Result<UpdatedUser> {
    let tx = ctx.tx().await?;
    let user = UserHead::find_machine(tx, &command.reach, &command.user_id).await?.ok_or(command.not_found)?;
    let before = sql::fields(tx, &user.id).await?.ok_or(command.not_found)?;
    if command.metadata.is_empty() {
        ctx.caller.require_or_self(Permission::UserWrite, &user.org_id, &user.id)?;
    } else {
        ctx.require(Permission::UserWrite, &user.org_id, None)?;
    }

    let mut receipt = None;
    if let Some(name) = command.user_name.filter(|name| *name != user.user_name) {
        receipt = Some(user_name::change(ctx, &user, &name).await?);
    }
    let changed = MachineChanged {
        name: command.name.filter(|name| *name != before.name),
        description: command.description.filter(|description| *description != before.description),
        access_token_type: command
            .access_token_type
            .filter(|kind| *kind != before.access_token_type)
            .map(AccessTokenType::number),
    };
    if changed.name.as_ref().is_some_and(String::is_empty) {
        return Err(NAME_MISSING.into());
    }
    if changed.any() {
        let recorded = ctx.record(&user.aggregate(), &changed).await?;
        sql::update(ctx.tx().await?, &user.id, &changed, &recorded).await?;
        receipt = Some(recorded);
    }
    if let Some(recorded) = metadata::apply(ctx, &user, command.metadata).await? {
        receipt = Some(recorded);
    }
    Ok(UpdatedUser { before: user, receipt })
}
