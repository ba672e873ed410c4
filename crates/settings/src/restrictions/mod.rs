//! What an instance restricts itself to. RPCs: Admin Set-, GetRestrictions. Document `restrictions`. Event `restrictions.set`.
//! Rules: spec api.md 4.16.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use castellan_db::statement;
use castellan_kernel::{Fault, Owner, Receipt, Result};
use castellan_proto::methods::admin_v1;
use castellan_proto::zitadel::admin::v1 as admin;
use castellan_rpc::{Context, Registry, convert};

use crate::defaults::{RestrictionsSet, own_aggregate};
use crate::documents::Restrictions;
use crate::policies::event;
use crate::store;

/// The languages that users and instances can prefer (BCP 47), in the order of their tags (`spec: oauth.md 2.5`).
pub const SUPPORTED_LANGUAGES: [&str; 22] = [
    "ar", "bg", "cs", "de", "en", "es", "fr", "hu", "id", "it", "ja", "ko", "mk", "nl", "pl", "pt", "ro", "ru", "sv",
    "tr", "uk", "zh",
];

const NONE_GIVEN: Fault = Fault::invalid("COMMAND-oASwj", "Errors.Restrictions.NoneSpecified");
const DEFAULT_MUST_STAY: Fault =
    Fault::precondition("COMMAND-L0m2u", "Errors.Restrictions.DefaultLanguageMustBeAllowed");
const DUPLICATES: Fault = Fault::invalid("LANG-3M9f2", "Errors.Language.Duplicate");
const NOT_SUPPORTED: Fault = Fault::invalid("LANG-lg4DP", "Errors.Language.NotSupported");

pub(crate) fn register(registry: &mut Registry) {
    registry
        .room("settings/restrictions")
        .query::<admin_v1::GetRestrictions>(get)
        .command::<admin_v1::SetRestrictions>(v1_set);
}

async fn get(ctx: &mut Context, _: admin::GetRestrictionsRequest) -> Result<admin::GetRestrictionsResponse> {
    let stored = store::of_instance::<Restrictions>(ctx.read().await?).await?;
    Ok(admin::GetRestrictionsResponse {
        details: stored.details(&ctx.instance.id),
        disallow_public_org_registration: stored.value.disallow_public_org_registration,
        allowed_languages: stored.value.allowed_languages,
    })
}

async fn v1_set(ctx: &mut Context, request: admin::SetRestrictionsRequest) -> Result<admin::SetRestrictionsResponse> {
    let languages = request.allowed_languages.map(|languages| languages.list);
    let receipt = set(ctx, request.disallow_public_org_registration, languages).await?;
    Ok(admin::SetRestrictionsResponse { details: convert::changed(&receipt) })
}

/// Sets what is given; the rest stays.
async fn set(
    ctx: &mut Context,
    disallow_public_org_registration: Option<bool>,
    languages: Option<Vec<String>>,
) -> Result<Receipt> {
    if disallow_public_org_registration.is_none() && languages.is_none() {
        return Err(NONE_GIVEN.into());
    }
    if let Some(languages) = &languages {
        check_languages(ctx, languages).await?;
    }
    let stored = store::of_instance::<Restrictions>(ctx.tx().await?).await?;
    let held = stored.value.clone();
    let new = Restrictions {
        disallow_public_org_registration: disallow_public_org_registration
            .unwrap_or(held.disallow_public_org_registration),
        allowed_languages: languages.unwrap_or(held.allowed_languages),
    };
    if new == stored.value {
        return Ok(Receipt {
            sequence: stored.sequence,
            created_at: None,
            changed_at: stored.changed_at,
            owner: ctx.instance.id.clone(),
        });
    }
    let payload = event::difference(&event::fields(&stored.value)?, event::fields(&new)?);
    let aggregate = own_aggregate(ctx, "restrictions");
    let receipt = ctx.record(&aggregate, &RestrictionsSet(payload)).await?;
    store::put(ctx.tx().await?, &Owner::Instance, &new, &receipt).await?;
    Ok(receipt)
}

/// An empty list allows all languages.
async fn check_languages(ctx: &mut Context, languages: &[String]) -> Result<()> {
    if languages.iter().collect::<HashSet<_>>().len() < languages.len() {
        return Err(DUPLICATES.into());
    }
    if languages.iter().any(|language| !SUPPORTED_LANGUAGES.contains(&language.as_str())) {
        return Err(NOT_SUPPORTED.into());
    }
    let statement = statement!("SELECT default_language FROM instances WHERE id = $1");
    let row = ctx.tx().await?.row(statement, &[]).await?;
    let default = row.map(|row| row.text(0)).transpose()?.unwrap_or_default();
    if !languages.is_empty() && !languages.contains(&default) {
        return Err(DEFAULT_MUST_STAY.into());
    }
    Ok(())
}
