//! Several changes to a person at once (user v2 UpdateUser, UpdateHumanUser): all or none.

use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_rpc::Context;

use super::contact::{self, Channel};
use super::password::{self, PasswordChange, Proof};
use super::profile::{self, ProfileChange};
use super::{NewAddress, Verification, address};
use crate::users::head::{Reach, UserHead};
use crate::users::{metadata, user_name};

const NOT_FOUND: Fault = Fault::not_found("COMMAND-ugjs0upun6", "Errors.User.NotFound");

/// A change to the phone number.
pub(in crate::users) enum PhoneChange {
    Remove,
    Set(NewAddress),
}

/// A change to a person; what is `None` stays.
#[derive(Default)]
pub(in crate::users) struct UpdateHuman {
    pub user_id: String,
    pub user_name: Option<String>,
    pub profile: ProfileChange,
    pub email: Option<NewAddress>,
    pub phone: Option<PhoneChange>,
    pub password: Option<PasswordChange>,
    pub metadata: Vec<(String, Vec<u8>)>,
}

/// What an update left behind.
pub(in crate::users) struct UpdatedHuman {
    /// Of the last event, or the stored state when nothing had to change.
    pub receipt: Receipt,
    pub email_code: Option<String>,
    pub phone_code: Option<String>,
}

/// Changes a person; users may change themselves where nothing is claimed to be proven.
pub(in crate::users) async fn update(ctx: &mut Context, mut command: UpdateHuman) -> Result<UpdatedHuman> {
    if let Some(email) = &command.email {
        address::check_email(&email.address)?;
    }
    if let Some(PhoneChange::Set(phone)) = &mut command.phone {
        phone.address = address::normalise_phone(&phone.address)?;
    }
    let password = match command.password.take() {
        None => None,
        Some(change) => {
            let user =
                UserHead::find_human(&mut ctx.look(), &Reach::Instance, &command.user_id).await?.ok_or(NOT_FOUND)?;
            require(ctx, &user, &command, change.proof == Proof::Permission)?;
            Some(password::prove_and_prepare(ctx, &user, change).await?)
        }
    };
    let user = UserHead::find_human(ctx.tx().await?, &Reach::Instance, &command.user_id).await?.ok_or(NOT_FOUND)?;
    require(ctx, &user, &command, false)?;

    let mut receipt = None;
    let (mut email_code, mut phone_code) = (None, None);
    if let Some(name) = command.user_name.filter(|name| *name != user.user_name) {
        receipt = Some(user_name::change(ctx, &user, &name).await?);
    }
    if let Some(changed) = profile::apply(ctx, &user, command.profile).await? {
        receipt = Some(changed);
    }
    if let Some(email) = command.email
        && let Some(changed) = contact::apply(ctx, Channel::Email, &user, email).await?
    {
        (receipt, email_code) = (Some(changed.receipt), changed.code);
    }
    match command.phone {
        None => {}
        Some(PhoneChange::Remove) => receipt = Some(contact::clear_phone(ctx, &user).await?),
        Some(PhoneChange::Set(phone)) => {
            if let Some(changed) = contact::apply(ctx, Channel::Phone, &user, phone).await? {
                (receipt, phone_code) = (Some(changed.receipt), changed.code);
            }
        }
    }
    if let Some(password) = password {
        receipt = Some(password::store(ctx, &user, &password).await?);
    }
    if let Some(changed) = metadata::apply(ctx, &user, command.metadata).await? {
        receipt = Some(changed);
    }
    Ok(UpdatedHuman { receipt: receipt.unwrap_or_else(|| user.unchanged()), email_code, phone_code })
}

/// The permission, or being the user where that suffices.
fn require(ctx: &Context, user: &UserHead, command: &UpdateHuman, strict: bool) -> Result<()> {
    let claims = |address: &NewAddress| matches!(address.verification, Verification::Verified | Verification::Return);
    let strict = strict
        || !command.metadata.is_empty()
        || command.email.as_ref().is_some_and(claims)
        || matches!(&command.phone, Some(PhoneChange::Set(phone)) if claims(phone));
    if strict {
        ctx.require(Permission::UserWrite, &user.org_id, None)
    } else {
        ctx.caller.require_or_self(Permission::UserWrite, &user.org_id, &user.id)
    }
}
