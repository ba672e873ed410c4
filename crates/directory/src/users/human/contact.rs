//! E-mail addresses and phone numbers of people: setting, proving and removing them. Both follow the same rules; what differs is
//! in [`Channel`].

use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_rpc::Context;
use castellan_settings::GeneratorKind;

use super::codes::{self, Attempt, CodeKind, Delivery};
use super::event::{
    EmailChanged, EmailCodeAdded, EmailVerificationFailed, EmailVerified, PhoneChanged, PhoneCodeAdded, PhoneRemoved,
    PhoneVerificationFailed, PhoneVerified,
};
use super::sql::Stored;
use super::{NewAddress, Verification, address, sql};
use crate::users::head::{Reach, UserHead, UserState};

/// What the contract says in one API generation when a change is not possible.
pub(super) struct Faults {
    /// No such person.
    pub not_found: Fault,
    /// The person has no such address.
    pub missing: Fault,
    pub not_initialised: Fault,
    pub not_changed: Fault,
}

/// E-mail or phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Email,
    Phone,
}

impl Channel {
    const fn code(self) -> CodeKind {
        match self {
            Self::Email => CodeKind::Email,
            Self::Phone => CodeKind::Phone,
        }
    }

    const fn generator(self) -> GeneratorKind {
        match self {
            Self::Email => GeneratorKind::VerifyEmailCode,
            Self::Phone => GeneratorKind::VerifyPhoneCode,
        }
    }

    /// The address in the form that is stored.
    fn normalise(self, given: &str) -> Result<String> {
        match self {
            Self::Email => address::check_email(given).map(|()| given.to_owned()),
            Self::Phone => address::normalise_phone(given),
        }
    }

    async fn stored(self, ctx: &mut Context, user_id: &str) -> Result<Stored> {
        match self {
            Self::Email => sql::email(ctx.tx().await?, user_id).await,
            Self::Phone => sql::phone(ctx.tx().await?, user_id).await,
        }
    }

    async fn store(self, ctx: &mut Context, user: &UserHead, new: &Stored, receipt: &Receipt) -> Result<()> {
        let tx = ctx.tx().await?;
        match self {
            Self::Email => sql::set_email(tx, &user.id, &new.address, new.verified, receipt).await,
            Self::Phone => sql::set_phone(tx, &user.id, &new.address, new.verified, receipt).await,
        }
    }

    async fn record_changed(self, ctx: &mut Context, user: &UserHead, new: &str) -> Result<Receipt> {
        match self {
            Self::Email => ctx.record(&user.aggregate(), &EmailChanged { email: new }).await,
            Self::Phone => ctx.record(&user.aggregate(), &PhoneChanged { phone: new }).await,
        }
    }

    async fn record_verified(self, ctx: &mut Context, user: &UserHead) -> Result<Receipt> {
        match self {
            Self::Email => ctx.record(&user.aggregate(), &EmailVerified {}).await,
            Self::Phone => ctx.record(&user.aggregate(), &PhoneVerified {}).await,
        }
    }

    async fn record_failed(self, ctx: &mut Context, user: &UserHead) -> Result<Receipt> {
        match self {
            Self::Email => ctx.record(&user.aggregate(), &EmailVerificationFailed {}).await,
            Self::Phone => ctx.record(&user.aggregate(), &PhoneVerificationFailed {}).await,
        }
    }
}

/// What a change left behind: the receipt of its last event, and the code if it was to be returned.
pub(super) struct Changed {
    pub receipt: Receipt,
    pub code: Option<String>,
}

/// Checks that the caller may set an address with this kind of proof: on oneself only when the proof comes by the channel.
pub(super) fn require_write(ctx: &Context, user: &UserHead, verification: &Verification) -> Result<()> {
    match verification {
        Verification::Verified | Verification::Return => ctx.require(Permission::UserWrite, &user.org_id, None),
        _ => ctx.caller.require_or_self(Permission::UserWrite, &user.org_id, &user.id),
    }
}

/// Sets the address of a person.
pub(super) async fn set(
    ctx: &mut Context,
    channel: Channel,
    reach: &Reach,
    user_id: &str,
    new: NewAddress,
    faults: &Faults,
) -> Result<Changed> {
    let normal = channel.normalise(&new.address)?;
    let user = UserHead::find_human(ctx.tx().await?, reach, user_id).await?.ok_or(faults.not_found)?;
    require_write(ctx, &user, &new.verification)?;
    if user.state == UserState::Initial {
        return Err(faults.not_initialised.into());
    }
    let new = NewAddress { address: normal, ..new };
    apply(ctx, channel, &user, new).await?.ok_or_else(|| faults.not_changed.into())
}

/// Applies an address that was checked and normalised: a new one is recorded and proven as asked for; an old one becomes verified
/// when that is asked for; else nothing happens.
pub(super) async fn apply(
    ctx: &mut Context,
    channel: Channel,
    user: &UserHead,
    new: NewAddress,
) -> Result<Option<Changed>> {
    let before = channel.stored(ctx, &user.id).await?;
    let same = before.address == new.address;
    let verified = new.verification == Verification::Verified;
    if same && (before.verified || !verified) {
        return Ok(None);
    }
    let mut receipt = None;
    if !same {
        receipt = Some(channel.record_changed(ctx, user, &new.address).await?);
        codes::clear(ctx.tx().await?, &user.id, channel.code()).await?;
    }
    let mut code = None;
    if verified {
        receipt = Some(channel.record_verified(ctx, user).await?);
        codes::clear(ctx.tx().await?, &user.id, channel.code()).await?;
    } else if new.verification != Verification::Unverified {
        let added = add_code(ctx, channel, user, &new.verification).await?;
        code = added.code;
        receipt = Some(added.receipt);
    }
    let Some(receipt) = receipt else { return Ok(None) };
    channel.store(ctx, user, &Stored { address: new.address, verified }, &receipt).await?;
    Ok(Some(Changed { receipt, code }))
}

/// Makes a code for the stored address, and sends or returns it.
pub(super) async fn add_code(
    ctx: &mut Context,
    channel: Channel,
    user: &UserHead,
    verification: &Verification,
) -> Result<Changed> {
    let url_template = match verification {
        Verification::Send(template) => template.clone(),
        _ => None,
    };
    let returned = *verification == Verification::Return;
    let delivery = Delivery { url_template, application_name: None, returned };
    let code = codes::add(ctx, &user.id, channel.code(), channel.generator(), &delivery).await?;
    let expiry = code.expiry_nanos;
    let receipt = match channel {
        Channel::Email => {
            let url_template = delivery.url_template.as_deref();
            let event = EmailCodeAdded { expiry, url_template, code_returned: returned };
            ctx.record(&user.aggregate(), &event).await?
        }
        Channel::Phone => ctx.record(&user.aggregate(), &PhoneCodeAdded { expiry, code_returned: returned }).await?,
    };
    if !returned {
        codes::send(ctx, &user.id, channel.code(), channel == Channel::Phone).await?;
    }
    Ok(Changed { receipt, code: returned.then_some(code.code) })
}

/// How [`request_code`] treats a person without a pending code.
pub(super) enum Pending {
    /// One must be pending.
    Required(Fault),
    /// None needs to be, unless the address is proven already.
    Unproven(Fault),
    /// None needs to be.
    Optional,
}

/// Sends or returns a new code for the stored address.
pub(super) async fn request_code(
    ctx: &mut Context,
    channel: Channel,
    reach: &Reach,
    user_id: &str,
    verification: Verification,
    pending: Pending,
    faults: &Faults,
) -> Result<Changed> {
    let user = UserHead::find_human(ctx.tx().await?, reach, user_id).await?.ok_or(faults.not_found)?;
    require_write(ctx, &user, &verification)?;
    if user.state == UserState::Initial {
        return Err(faults.not_initialised.into());
    }
    let stored = channel.stored(ctx, &user.id).await?;
    if stored.address.is_empty() {
        return Err(faults.missing.into());
    }
    let earlier = codes::pending(ctx.tx().await?, &user.id, channel.code()).await?;
    match pending {
        Pending::Required(fault) if earlier.is_none() => return Err(fault.into()),
        Pending::Unproven(fault) if stored.verified => return Err(fault.into()),
        _ => {}
    }
    let verification = match verification {
        // A new mail has the link of the one before, unless told otherwise.
        Verification::Send(None) | Verification::Unspecified => {
            Verification::Send(earlier.and_then(|earlier| earlier.url_template))
        }
        other => other,
    };
    add_code(ctx, channel, &user, &verification).await
}

/// Proves the address with the code that came by it; everyone who knows the code may.
pub(super) async fn verify(
    ctx: &mut Context,
    channel: Channel,
    user_id: &str,
    typed: &str,
    wrong: Fault,
    faults: &Faults,
) -> Result<Receipt> {
    let user = UserHead::find_human(ctx.tx().await?, &Reach::Instance, user_id).await?.ok_or(faults.not_found)?;
    if user.state == UserState::Initial {
        return Err(faults.not_initialised.into());
    }
    if codes::attempt(ctx, &user.id, channel.code(), typed).await? != Attempt::Right {
        channel.record_failed(ctx, &user).await?;
        ctx.commit().await?;
        return Err(wrong.into());
    }
    let receipt = channel.record_verified(ctx, &user).await?;
    let address = channel.stored(ctx, &user.id).await?.address;
    channel.store(ctx, &user, &Stored { address, verified: true }, &receipt).await?;
    Ok(receipt)
}

/// Removes the phone number of a person.
pub(super) async fn remove_phone(ctx: &mut Context, reach: &Reach, user_id: &str, faults: &Faults) -> Result<Receipt> {
    let user = UserHead::find_human(ctx.tx().await?, reach, user_id).await?.ok_or(faults.not_found)?;
    ctx.caller.require_or_self(Permission::UserWrite, &user.org_id, &user.id)?;
    if sql::phone(ctx.tx().await?, &user.id).await?.address.is_empty() {
        return Err(faults.missing.into());
    }
    clear_phone(ctx, &user).await
}

/// Records that the phone number is gone; permission is the caller's to check.
pub(super) async fn clear_phone(ctx: &mut Context, user: &UserHead) -> Result<Receipt> {
    let receipt = ctx.record(&user.aggregate(), &PhoneRemoved {}).await?;
    let tx = ctx.tx().await?;
    sql::set_phone(tx, &user.id, "", false, &receipt).await?;
    codes::clear(tx, &user.id, CodeKind::Phone).await?;
    Ok(receipt)
}
