//! Settings v2: conversion only, no rules.

use castellan_kernel::{Fault, Owner, Result};
use castellan_proto::zitadel::settings::v2;
use castellan_rpc::Context;

use super::query::{self, Level};
use super::{command, tree};
use crate::owner::require_known;
use crate::texts::language::is_tag;

const READ_LEVEL_INVALID: Fault = Fault::invalid("QUERY-YB6Sri", "Errors.Arguments.Level.Invalid");
const READ_LOCALE_INVALID: Fault = Fault::invalid("QUERY-rZLAGi", "Errors.Arguments.Locale.Invalid");
const SET_LEVEL_INVALID: Fault = Fault::invalid("COMMA-YB6Sri", "Errors.Arguments.Level.Invalid");
const SET_LOCALE_INVALID: Fault = Fault::invalid("COMMA-xmjATA", "Errors.Arguments.Locale.Invalid");

pub(super) async fn get(
    ctx: &mut Context,
    request: v2::GetHostedLoginTranslationRequest,
) -> Result<v2::GetHostedLoginTranslationResponse> {
    use v2::get_hosted_login_translation_request::Level as Asked;
    let level = match request.level {
        Some(Asked::System(true)) => Level::System,
        Some(Asked::Instance(true)) => Level::Owner(Owner::Instance),
        Some(Asked::OrganizationId(org)) if !org.is_empty() => Level::Owner(Owner::Org(org)),
        _ => return Err(READ_LEVEL_INVALID.into()),
    };
    if !is_tag(&request.locale) {
        return Err(READ_LOCALE_INVALID.into());
    }
    let connection = ctx.read().await?;
    if let Level::Owner(owner) = &level {
        require_known(connection, owner).await?;
    }
    let translation = query::read(connection, &level, &request.locale, request.ignore_inheritance).await?;
    Ok(v2::GetHostedLoginTranslationResponse {
        etag: tree::etag(&translation)?,
        translations: Some(tree::to_struct(translation)),
    })
}

pub(super) async fn set(
    ctx: &mut Context,
    request: v2::SetHostedLoginTranslationRequest,
) -> Result<v2::SetHostedLoginTranslationResponse> {
    use v2::set_hosted_login_translation_request::Level as Asked;
    let owner = match request.level {
        Some(Asked::Instance(true)) => Owner::Instance,
        Some(Asked::OrganizationId(org)) if !org.is_empty() => Owner::Org(org),
        _ => return Err(SET_LEVEL_INVALID.into()),
    };
    if !is_tag(&request.locale) {
        return Err(SET_LOCALE_INVALID.into());
    }
    let translation = tree::from_struct(request.translations.unwrap_or_default());
    command::set(ctx, &owner, &request.locale, &translation).await?;
    Ok(v2::SetHostedLoginTranslationResponse { etag: tree::etag(&translation)? })
}
