//! The rules for adding and changing lifetimes.

use castellan_kernel::{Fault, Owner, Receipt, Result};
use castellan_rpc::Context;

use crate::defaults::{OidcSettingsChanged, add_oidc_settings};
use crate::documents::OidcSettings;
use crate::policies::event;
use crate::span::Span;
use crate::store;

const ADD_INVALID: Fault = Fault::invalid("INST-10s82j", "Errors.Invalid.Argument");
const UPDATE_INVALID: Fault = Fault::invalid("INST-10sxks", "Errors.Invalid.Argument");
const EXISTS: Fault = Fault::exists("INST-0aaj1o", "Errors.OIDCSettings.AlreadyExists");
const NOT_FOUND: Fault = Fault::not_found("INST-90s32oj", "Errors.OIDCSettings.NotFound");
const UNCHANGED: Fault = Fault::precondition("COMMAND-0pk2nu", "Errors.NoChangesFound");

pub(super) async fn add(ctx: &mut Context, settings: &OidcSettings) -> Result<Receipt> {
    validate(settings, ADD_INVALID)?;
    if store::get::<OidcSettings>(ctx.tx().await?, &Owner::Instance).await?.is_some() {
        return Err(EXISTS.into());
    }
    add_oidc_settings(ctx, settings).await
}

pub(super) async fn update(ctx: &mut Context, settings: &OidcSettings) -> Result<Receipt> {
    validate(settings, UPDATE_INVALID)?;
    let old = store::get::<OidcSettings>(ctx.tx().await?, &Owner::Instance).await?.ok_or(NOT_FOUND)?.value;
    if old == *settings {
        return Err(UNCHANGED.into());
    }
    let payload = event::difference(&event::fields(&old)?, event::fields(settings)?);
    let instance = event::instance_aggregate(&ctx.instance.id);
    let receipt = ctx.record(&instance, &OidcSettingsChanged(payload)).await?;
    store::put(ctx.tx().await?, &Owner::Instance, settings, &receipt).await?;
    Ok(receipt)
}

fn validate(settings: &OidcSettings, invalid: Fault) -> Result<()> {
    let OidcSettings {
        access_token_lifetime,
        id_token_lifetime,
        refresh_token_idle_expiration,
        refresh_token_expiration,
    } = settings;
    let all = [access_token_lifetime, id_token_lifetime, refresh_token_idle_expiration, refresh_token_expiration];
    if all.into_iter().any(|span| *span <= Span::ZERO) { Err(invalid.into()) } else { Ok(()) }
}
