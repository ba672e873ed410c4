//! Embedding in frames and impersonation, instance only. RPCs: Admin Get-, SetSecurityPolicy, settings v2 and v2beta Get-,
//! SetSecuritySettings. Document `security_policy`. Event `instance.policy.security.set`. Rules: spec api.md 4.9.

#[cfg(test)]
mod tests;

use castellan_kernel::{Owner, Receipt, Result};
use castellan_proto::methods::{admin_v1, settings_v2, settings_v2beta};
use castellan_proto::zitadel::{admin::v1 as admin, settings};
use castellan_rpc::{Context, Registry, convert};

use crate::defaults::SecuritySet;
use crate::documents::SecurityPolicy;
use crate::policies::{event, rpc::v2_details};
use crate::store;
use crate::wire::{twin, via};

pub(crate) fn register(registry: &mut Registry) {
    registry
        .room("settings/security")
        .query::<admin_v1::GetSecurityPolicy>(v1_get)
        .command::<admin_v1::SetSecurityPolicy>(v1_set)
        .query::<settings_v2::GetSecuritySettings>(v2_get)
        .command::<settings_v2::SetSecuritySettings>(v2_set)
        .query::<settings_v2beta::GetSecuritySettings>(v2beta_get)
        .command::<settings_v2beta::SetSecuritySettings>(v2beta_set);
}

/// Stores the policy; the same one again changes nothing.
async fn set(ctx: &mut Context, policy: SecurityPolicy) -> Result<Receipt> {
    let stored = store::of_instance::<SecurityPolicy>(ctx.tx().await?).await?;
    if stored.value == policy {
        return Ok(Receipt {
            sequence: stored.sequence,
            created_at: None,
            changed_at: stored.changed_at,
            owner: ctx.instance.id.clone(),
        });
    }
    let payload = event::difference(&event::fields(&stored.value)?, event::fields(&policy)?);
    let instance = event::instance_aggregate(&ctx.instance.id);
    let receipt = ctx.record(&instance, &SecuritySet(payload)).await?;
    store::put(ctx.tx().await?, &Owner::Instance, &policy, &receipt).await?;
    Ok(receipt)
}

async fn v1_get(ctx: &mut Context, _: admin::GetSecurityPolicyRequest) -> Result<admin::GetSecurityPolicyResponse> {
    let stored = store::of_instance::<SecurityPolicy>(ctx.read().await?).await?;
    Ok(admin::GetSecurityPolicyResponse {
        policy: Some(settings::v1::SecurityPolicy {
            details: stored.details(&ctx.instance.id),
            enable_iframe_embedding: stored.value.enable_iframe_embedding,
            allowed_origins: stored.value.allowed_origins,
            enable_impersonation: stored.value.enable_impersonation,
        }),
    })
}

async fn v1_set(
    ctx: &mut Context,
    request: admin::SetSecurityPolicyRequest,
) -> Result<admin::SetSecurityPolicyResponse> {
    let policy = SecurityPolicy {
        enable_iframe_embedding: request.enable_iframe_embedding,
        allowed_origins: request.allowed_origins,
        enable_impersonation: request.enable_impersonation,
    };
    let receipt = set(ctx, policy).await?;
    Ok(admin::SetSecurityPolicyResponse { details: convert::changed(&receipt) })
}

async fn v2_get(
    ctx: &mut Context,
    _: settings::v2::GetSecuritySettingsRequest,
) -> Result<settings::v2::GetSecuritySettingsResponse> {
    let stored = store::of_instance::<SecurityPolicy>(ctx.read().await?).await?;
    Ok(settings::v2::GetSecuritySettingsResponse {
        details: v2_details(&stored, &ctx.instance.id),
        settings: Some(settings::v2::SecuritySettings {
            embedded_iframe: Some(settings::v2::EmbeddedIframeSettings {
                enabled: stored.value.enable_iframe_embedding,
                allowed_origins: stored.value.allowed_origins,
            }),
            enable_impersonation: stored.value.enable_impersonation,
        }),
    })
}

async fn v2_set(
    ctx: &mut Context,
    request: settings::v2::SetSecuritySettingsRequest,
) -> Result<settings::v2::SetSecuritySettingsResponse> {
    let embedding = request.embedded_iframe.unwrap_or_default();
    let policy = SecurityPolicy {
        enable_iframe_embedding: embedding.enabled,
        allowed_origins: embedding.allowed_origins,
        enable_impersonation: request.enable_impersonation,
    };
    let receipt = set(ctx, policy).await?;
    Ok(settings::v2::SetSecuritySettingsResponse { details: convert::details_v2(&receipt) })
}

async fn v2beta_get(
    ctx: &mut Context,
    request: settings::v2beta::GetSecuritySettingsRequest,
) -> Result<settings::v2beta::GetSecuritySettingsResponse> {
    via(v2_get(ctx, twin(&request)?).await)
}

async fn v2beta_set(
    ctx: &mut Context,
    request: settings::v2beta::SetSecuritySettingsRequest,
) -> Result<settings::v2beta::SetSecuritySettingsResponse> {
    via(v2_set(ctx, twin(&request)?).await)
}
