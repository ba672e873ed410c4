//! Admin v1: conversion only, no rules.

use castellan_kernel::{Fault, Owner, Result};
use castellan_proto::zitadel::{admin::v1, settings::v1 as settings};
use castellan_rpc::{Context, convert};

use super::command;
use crate::documents::OidcSettings;
use crate::span::Span;
use crate::store;

const NOT_FOUND: Fault = Fault::not_found("QUERY-s9nlw", "Errors.OIDCSettings.NotFound");

pub(super) async fn get(ctx: &mut Context, _: v1::GetOidcSettingsRequest) -> Result<v1::GetOidcSettingsResponse> {
    let stored = store::get::<OidcSettings>(ctx.read().await?, &Owner::Instance).await?.ok_or(NOT_FOUND)?;
    Ok(v1::GetOidcSettingsResponse {
        settings: Some(settings::OidcSettings {
            details: stored.details(&ctx.instance.id),
            access_token_lifetime: Some(stored.value.access_token_lifetime.to_proto()),
            id_token_lifetime: Some(stored.value.id_token_lifetime.to_proto()),
            refresh_token_idle_expiration: Some(stored.value.refresh_token_idle_expiration.to_proto()),
            refresh_token_expiration: Some(stored.value.refresh_token_expiration.to_proto()),
        }),
    })
}

pub(super) async fn add(ctx: &mut Context, request: v1::AddOidcSettingsRequest) -> Result<v1::AddOidcSettingsResponse> {
    let settings = OidcSettings {
        access_token_lifetime: Span::from_proto(request.access_token_lifetime.as_ref()),
        id_token_lifetime: Span::from_proto(request.id_token_lifetime.as_ref()),
        refresh_token_idle_expiration: Span::from_proto(request.refresh_token_idle_expiration.as_ref()),
        refresh_token_expiration: Span::from_proto(request.refresh_token_expiration.as_ref()),
    };
    let receipt = command::add(ctx, &settings).await?;
    Ok(v1::AddOidcSettingsResponse { details: convert::added(&receipt) })
}

pub(super) async fn update(
    ctx: &mut Context,
    request: v1::UpdateOidcSettingsRequest,
) -> Result<v1::UpdateOidcSettingsResponse> {
    let settings = OidcSettings {
        access_token_lifetime: Span::from_proto(request.access_token_lifetime.as_ref()),
        id_token_lifetime: Span::from_proto(request.id_token_lifetime.as_ref()),
        refresh_token_idle_expiration: Span::from_proto(request.refresh_token_idle_expiration.as_ref()),
        refresh_token_expiration: Span::from_proto(request.refresh_token_expiration.as_ref()),
    };
    let receipt = command::update(ctx, &settings).await?;
    Ok(v1::UpdateOidcSettingsResponse { details: convert::changed(&receipt) })
}
