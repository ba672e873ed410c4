//! v1, v2 and v2beta side by side: conversion only, no rules.

use castellan_kernel::{Owner, Result};
use castellan_proto::zitadel::{admin::v1 as admin, auth::v1 as auth, management::v1 as management, policy, settings};
use castellan_rpc::{Context, convert};

use super::{Asset, command};
use crate::assets;
use crate::documents::{LabelPolicy, LabelPreview};
use crate::policies;
use crate::policies::rpc::{Values as _, asked_org, owner_type, v2_details, values};
use crate::store::{self, Stored};
use crate::wire::{twin, via};

values! {
    LabelPolicy: admin::UpdateLabelPolicyRequest, management::AddCustomLabelPolicyRequest,
        management::UpdateCustomLabelPolicyRequest;
    |request, held| LabelPolicy {
        primary_color: request.primary_color,
        background_color: request.background_color,
        warn_color: request.warn_color,
        font_color: request.font_color,
        primary_color_dark: request.primary_color_dark,
        background_color_dark: request.background_color_dark,
        warn_color_dark: request.warn_color_dark,
        font_color_dark: request.font_color_dark,
        hide_login_name_suffix: request.hide_login_name_suffix,
        disable_watermark: request.disable_watermark,
        theme_mode: request.theme_mode,
        ..held.clone()
    }
}

pub(in crate::policies) async fn admin_get(
    ctx: &mut Context,
    _: admin::GetLabelPolicyRequest,
) -> Result<admin::GetLabelPolicyResponse> {
    let stored = policies::read_default::<LabelPolicy>(ctx).await?;
    Ok(admin::GetLabelPolicyResponse { policy: Some(wire(&stored, ctx)) })
}

pub(in crate::policies) async fn admin_get_preview(
    ctx: &mut Context,
    _: admin::GetPreviewLabelPolicyRequest,
) -> Result<admin::GetPreviewLabelPolicyResponse> {
    let stored = preview(ctx, "").await?;
    Ok(admin::GetPreviewLabelPolicyResponse { policy: Some(wire(&stored, ctx)) })
}

pub(in crate::policies) async fn admin_update(
    ctx: &mut Context,
    request: admin::UpdateLabelPolicyRequest,
) -> Result<admin::UpdateLabelPolicyResponse> {
    let receipt = command::change(ctx, &Owner::Instance, |held| request.apply(held)).await?;
    Ok(admin::UpdateLabelPolicyResponse { details: convert::changed(&receipt) })
}

pub(in crate::policies) async fn admin_activate(
    ctx: &mut Context,
    _: admin::ActivateLabelPolicyRequest,
) -> Result<admin::ActivateLabelPolicyResponse> {
    let receipt = command::activate(ctx, &Owner::Instance).await?;
    Ok(admin::ActivateLabelPolicyResponse { details: convert::changed(&receipt) })
}

pub(in crate::policies) async fn get(
    ctx: &mut Context,
    _: management::GetLabelPolicyRequest,
) -> Result<management::GetLabelPolicyResponse> {
    let org = ctx.caller.org.clone();
    let stored = policies::read::<LabelPolicy>(ctx, &org).await?;
    let policy = Some(wire(&stored, ctx));
    Ok(management::GetLabelPolicyResponse { policy, is_default: stored.is_default() })
}

pub(in crate::policies) async fn get_preview(
    ctx: &mut Context,
    _: management::GetPreviewLabelPolicyRequest,
) -> Result<management::GetPreviewLabelPolicyResponse> {
    let org = ctx.caller.org.clone();
    let stored = preview(ctx, &org).await?;
    let policy = Some(wire(&stored, ctx));
    Ok(management::GetPreviewLabelPolicyResponse { policy, is_default: stored.is_default() })
}

pub(in crate::policies) async fn get_default(
    ctx: &mut Context,
    _: management::GetDefaultLabelPolicyRequest,
) -> Result<management::GetDefaultLabelPolicyResponse> {
    let stored = policies::read_default::<LabelPolicy>(ctx).await?;
    Ok(management::GetDefaultLabelPolicyResponse { policy: Some(wire(&stored, ctx)) })
}

pub(in crate::policies) async fn add(
    ctx: &mut Context,
    request: management::AddCustomLabelPolicyRequest,
) -> Result<management::AddCustomLabelPolicyResponse> {
    let org = ctx.caller.org.clone();
    let receipt = command::add(ctx, &org, request.apply(&LabelPolicy::default())).await?;
    Ok(management::AddCustomLabelPolicyResponse { details: convert::added(&receipt) })
}

pub(in crate::policies) async fn update(
    ctx: &mut Context,
    request: management::UpdateCustomLabelPolicyRequest,
) -> Result<management::UpdateCustomLabelPolicyResponse> {
    let owner = Owner::Org(ctx.caller.org.clone());
    let receipt = command::change(ctx, &owner, |held| request.apply(held)).await?;
    Ok(management::UpdateCustomLabelPolicyResponse { details: convert::changed(&receipt) })
}

pub(in crate::policies) async fn activate(
    ctx: &mut Context,
    _: management::ActivateCustomLabelPolicyRequest,
) -> Result<management::ActivateCustomLabelPolicyResponse> {
    let owner = Owner::Org(ctx.caller.org.clone());
    let receipt = command::activate(ctx, &owner).await?;
    Ok(management::ActivateCustomLabelPolicyResponse { details: convert::changed(&receipt) })
}

pub(in crate::policies) async fn reset(
    ctx: &mut Context,
    _: management::ResetLabelPolicyToDefaultRequest,
) -> Result<management::ResetLabelPolicyToDefaultResponse> {
    let org = ctx.caller.org.clone();
    let receipt = command::remove(ctx, &org).await?;
    Ok(management::ResetLabelPolicyToDefaultResponse { details: convert::changed(&receipt) })
}

pub(in crate::policies) async fn get_mine(
    ctx: &mut Context,
    _: auth::GetMyLabelPolicyRequest,
) -> Result<auth::GetMyLabelPolicyResponse> {
    let org = ctx.caller.own_org.clone();
    let stored = policies::read(ctx, &org).await?;
    Ok(auth::GetMyLabelPolicyResponse { policy: Some(wire(&stored, ctx)) })
}

pub(in crate::policies) async fn v2_get(
    ctx: &mut Context,
    request: settings::v2::GetBrandingSettingsRequest,
) -> Result<settings::v2::GetBrandingSettingsResponse> {
    let org = asked_org(ctx, request.ctx.as_ref())?;
    let stored = policies::read::<LabelPolicy>(ctx, &org).await?;
    Ok(settings::v2::GetBrandingSettingsResponse {
        details: v2_details(&stored, &ctx.instance.id),
        settings: Some(v2_wire(&stored, ctx)),
    })
}

pub(in crate::policies) async fn v2beta_get(
    ctx: &mut Context,
    request: settings::v2beta::GetBrandingSettingsRequest,
) -> Result<settings::v2beta::GetBrandingSettingsResponse> {
    via(v2_get(ctx, twin(&request)?).await)
}

/// The preview of an organization, else of the instance.
pub(crate) async fn preview(ctx: &mut Context, org_id: &str) -> Result<Stored<LabelPolicy>> {
    let Stored { value, org_id, created_at, changed_at, sequence } =
        store::effective::<LabelPreview>(ctx.read().await?, org_id).await?;
    Ok(Stored { value: value.0, org_id, created_at, changed_at, sequence })
}

/// The address of a file; empty when there is none.
fn file(stored: &Stored<LabelPolicy>, ctx: &Context, asset: Asset) -> String {
    assets::url(&ctx.origin, stored.owner(&ctx.instance.id), asset.key(&stored.value))
}

fn wire(stored: &Stored<LabelPolicy>, ctx: &Context) -> policy::v1::LabelPolicy {
    let value = stored.value.clone();
    policy::v1::LabelPolicy {
        details: stored.details(&ctx.instance.id),
        primary_color: value.primary_color,
        is_default: stored.is_default(),
        hide_login_name_suffix: value.hide_login_name_suffix,
        warn_color: value.warn_color,
        background_color: value.background_color,
        font_color: value.font_color,
        primary_color_dark: value.primary_color_dark,
        background_color_dark: value.background_color_dark,
        warn_color_dark: value.warn_color_dark,
        font_color_dark: value.font_color_dark,
        disable_watermark: value.disable_watermark,
        theme_mode: value.theme_mode,
        logo_url: file(stored, ctx, Asset::Logo),
        icon_url: file(stored, ctx, Asset::Icon),
        logo_url_dark: file(stored, ctx, Asset::LogoDark),
        icon_url_dark: file(stored, ctx, Asset::IconDark),
        font_url: file(stored, ctx, Asset::Font),
    }
}

fn v2_wire(stored: &Stored<LabelPolicy>, ctx: &Context) -> settings::v2::BrandingSettings {
    use policy::v1::ThemeMode as V1;
    use settings::v2::ThemeMode as V2;
    let value = stored.value.clone();
    // The two versions number light and dark the other way round.
    let theme_mode = match V1::try_from(value.theme_mode) {
        Ok(V1::Auto) => V2::Auto,
        Ok(V1::Dark) => V2::Dark,
        Ok(V1::Light) => V2::Light,
        Ok(V1::Unspecified) | Err(_) => V2::Unspecified,
    };
    settings::v2::BrandingSettings {
        light_theme: Some(settings::v2::Theme {
            primary_color: value.primary_color,
            background_color: value.background_color,
            warn_color: value.warn_color,
            font_color: value.font_color,
            logo_url: file(stored, ctx, Asset::Logo),
            icon_url: file(stored, ctx, Asset::Icon),
        }),
        dark_theme: Some(settings::v2::Theme {
            primary_color: value.primary_color_dark,
            background_color: value.background_color_dark,
            warn_color: value.warn_color_dark,
            font_color: value.font_color_dark,
            logo_url: file(stored, ctx, Asset::LogoDark),
            icon_url: file(stored, ctx, Asset::IconDark),
        }),
        font_url: file(stored, ctx, Asset::Font),
        hide_login_name_suffix: value.hide_login_name_suffix,
        disable_watermark: value.disable_watermark,
        resource_owner_type: owner_type(stored),
        theme_mode: theme_mode as i32,
    }
}
