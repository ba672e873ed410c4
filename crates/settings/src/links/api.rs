//! Settings v2: conversion only, no rules.

use castellan_kernel::{Owner, Result};
use castellan_proto::zitadel::settings::v2;
use castellan_rpc::{Context, convert};

use super::{Link, Links, command};
use crate::owner::{asked, owner_of_application, owner_of_project, require_known};
use crate::store::{self, Stored};

pub(super) async fn get(ctx: &mut Context, request: v2::GetLinkSettingsRequest) -> Result<v2::GetLinkSettingsResponse> {
    let owner = asked(ctx, request.ctx.as_ref());
    let stored = in_force(ctx, &owner).await?;
    Ok(v2::GetLinkSettingsResponse { source: source(&stored) as i32, settings: Some(wire(stored.value)) })
}

pub(super) async fn set(ctx: &mut Context, request: v2::SetLinkSettingsRequest) -> Result<v2::SetLinkSettingsResponse> {
    let owner = asked(ctx, request.ctx.as_ref());
    let links = Links(request.links.into_iter().map(link).collect());
    let changed_at = command::set(ctx, &owner, &links).await?;
    Ok(v2::SetLinkSettingsResponse { change_date: Some(convert::timestamp(changed_at)), settings: Some(wire(links)) })
}

pub(super) async fn reset(
    ctx: &mut Context,
    request: v2::ResetLinkSettingsRequest,
) -> Result<v2::ResetLinkSettingsResponse> {
    let owner = asked(ctx, request.ctx.as_ref());
    let removed_at = command::reset(ctx, &owner).await?;
    let inherited = in_force(ctx, &owner).await?;
    Ok(v2::ResetLinkSettingsResponse {
        change_date: removed_at.map(convert::timestamp),
        settings: Some(wire(inherited.value)),
    })
}

/// Projects and applications have no links of their own: those of the organization that owns them hold.
pub(super) async fn effective(
    ctx: &mut Context,
    request: v2::GetEffectiveSettingsRequest,
) -> Result<v2::GetEffectiveSettingsResponse> {
    let wanted = request.types.is_empty() || request.types().any(|kind| kind == v2::SettingsType::LinkSettings);
    if !wanted {
        return Ok(v2::GetEffectiveSettingsResponse::default());
    }
    let filled = |id: Option<String>| id.filter(|id| !id.is_empty());
    let (project, application) = (filled(request.project_id), filled(request.application_id));
    let owner = match (filled(request.organization_id), application, project) {
        (Some(org), _, _) => Owner::Org(org),
        (None, Some(application), _) => owner_of_application(ctx.read().await?, &application).await?,
        (None, None, Some(project)) => owner_of_project(ctx.read().await?, &project).await?,
        (None, None, None) => asked(ctx, None),
    };
    let stored = in_force(ctx, &owner).await?;
    Ok(v2::GetEffectiveSettingsResponse { links: Some(wire(stored.value)) })
}

async fn in_force(ctx: &mut Context, owner: &Owner) -> Result<Stored<Links>> {
    let connection = ctx.read().await?;
    require_known(connection, owner).await?;
    store::effective::<Links>(connection, owner.org().unwrap_or_default()).await
}

fn source(stored: &Stored<Links>) -> v2::Source {
    match (stored.is_default(), stored.sequence) {
        (false, _) => v2::Source::Organization,
        (true, 0) => v2::Source::System,
        (true, _) => v2::Source::Instance,
    }
}

fn wire(links: Links) -> v2::LinkSettings {
    let links = links.0.into_iter().map(|link| v2::Link {
        r#type: link.kind,
        url: link.url,
        translation_key: link.translation_key,
        target: link.target,
    });
    v2::LinkSettings { links: links.collect() }
}

fn link(link: v2::Link) -> Link {
    Link { kind: link.r#type, url: link.url, translation_key: link.translation_key, target: link.target }
}
