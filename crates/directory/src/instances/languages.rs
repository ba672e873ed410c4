//! Languages of an instance: those that exist, those that it allows, and its default. RPCs: Admin Get-, SetDefaultLanguage,
//! GetAllowedLanguages; Admin, Management and Auth GetSupportedLanguages; settings v2 and v2beta GetGeneralSettings. Column `instances.default_language`, document
//! `restrictions`. Event `instance.default.language.set`. Rules: spec oauth.md 2.5, api.md 4.10 and 4.15.

use castellan_db::Connection;
use castellan_kernel::{Fault, Receipt, Result};
use castellan_proto::methods::{admin_v1, auth_v1, management_v1, settings_v2, settings_v2beta};
use castellan_proto::zitadel::{admin::v1 as admin, auth::v1 as auth, management::v1 as management, settings};
use castellan_rpc::{Context, Registry, convert};
use castellan_settings::wire::{twin, via};
use castellan_settings::{Restrictions, SUPPORTED_LANGUAGES, store};

use super::event::{DefaultLanguageSet, aggregate};
use super::sql;

const UNDEFINED: Fault = Fault::invalid("LANG-3M9f2", "Errors.Language.Undefined");
const NOT_ALLOWED: Fault = Fault::precondition("LANG-2M9fs", "Errors.Language.NotAllowed");
const NOT_CHANGED: Fault = Fault::precondition("INST-DS3rq", "Errors.Instance.NotChanged");
const NOT_FOUND: Fault = Fault::not_found("QUERY-n0wng", "Errors.Instance.NotFound");

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/instances/languages")
        .query::<admin_v1::GetSupportedLanguages>(admin_supported)
        .query::<management_v1::GetSupportedLanguages>(management_supported)
        .query::<auth_v1::GetSupportedLanguages>(auth_supported)
        .query::<admin_v1::GetAllowedLanguages>(get_allowed)
        .query::<admin_v1::GetDefaultLanguage>(get_default)
        .command::<admin_v1::SetDefaultLanguage>(v1_set_default)
        .query::<settings_v2::GetGeneralSettings>(general)
        .query::<settings_v2beta::GetGeneralSettings>(beta_general);
}

/// The languages that the instance allows: those of its restrictions, or all supported ones.
///
/// # Errors
/// When storage does not answer.
pub async fn allowed(connection: &mut Connection) -> Result<Vec<String>> {
    let restricted = store::of_instance::<Restrictions>(connection).await?.value.allowed_languages;
    Ok(if restricted.is_empty() { supported() } else { restricted })
}

fn supported() -> Vec<String> {
    SUPPORTED_LANGUAGES.map(str::to_owned).to_vec()
}

async fn admin_supported(
    _: &mut Context,
    _: admin::GetSupportedLanguagesRequest,
) -> Result<admin::GetSupportedLanguagesResponse> {
    Ok(admin::GetSupportedLanguagesResponse { languages: supported() })
}

async fn management_supported(
    _: &mut Context,
    _: management::GetSupportedLanguagesRequest,
) -> Result<management::GetSupportedLanguagesResponse> {
    Ok(management::GetSupportedLanguagesResponse { languages: supported() })
}

async fn auth_supported(
    _: &mut Context,
    _: auth::GetSupportedLanguagesRequest,
) -> Result<auth::GetSupportedLanguagesResponse> {
    Ok(auth::GetSupportedLanguagesResponse { languages: supported() })
}

async fn get_allowed(
    ctx: &mut Context,
    _: admin::GetAllowedLanguagesRequest,
) -> Result<admin::GetAllowedLanguagesResponse> {
    Ok(admin::GetAllowedLanguagesResponse { languages: allowed(ctx.read().await?).await? })
}

async fn get_default(
    ctx: &mut Context,
    _: admin::GetDefaultLanguageRequest,
) -> Result<admin::GetDefaultLanguageResponse> {
    let id = ctx.instance.id.clone();
    let stored = sql::find(ctx.read().await?, &id).await?.ok_or(NOT_FOUND)?;
    Ok(admin::GetDefaultLanguageResponse { language: stored.instance.default_language })
}

async fn v1_set_default(
    ctx: &mut Context,
    request: admin::SetDefaultLanguageRequest,
) -> Result<admin::SetDefaultLanguageResponse> {
    let receipt = set_default(ctx, request.language.trim()).await?;
    Ok(admin::SetDefaultLanguageResponse { details: convert::changed(&receipt) })
}

pub(super) async fn set_default(ctx: &mut Context, language: &str) -> Result<Receipt> {
    if language.is_empty() {
        return Err(UNDEFINED.into());
    }
    let id = ctx.instance.id.clone();
    let tx = ctx.tx().await?;
    if !allowed(tx).await?.iter().any(|tag| tag == language) {
        return Err(NOT_ALLOWED.into());
    }
    let stored = sql::find(tx, &id).await?.ok_or(NOT_FOUND)?;
    if stored.instance.default_language == language {
        return Err(NOT_CHANGED.into());
    }
    let receipt = ctx.record(&aggregate(ctx), &DefaultLanguageSet { language }).await?;
    sql::set_default_language(ctx.tx().await?, &id, language, &receipt).await?;
    Ok(receipt)
}

async fn general(
    ctx: &mut Context,
    _: settings::v2::GetGeneralSettingsRequest,
) -> Result<settings::v2::GetGeneralSettingsResponse> {
    let id = ctx.instance.id.clone();
    let connection = ctx.read().await?;
    let instance = sql::find(connection, &id).await?.ok_or(NOT_FOUND)?.instance;
    #[allow(deprecated, reason = "readers of earlier versions look there")]
    Ok(settings::v2::GetGeneralSettingsResponse {
        default_org_id: instance.default_org_id.clone(),
        default_language: instance.default_language,
        supported_languages: supported(),
        default_organization_id: instance.default_org_id,
        allowed_languages: allowed(connection).await?,
    })
}

async fn beta_general(
    ctx: &mut Context,
    request: settings::v2beta::GetGeneralSettingsRequest,
) -> Result<settings::v2beta::GetGeneralSettingsResponse> {
    via(general(ctx, twin(&request)?).await)
}
