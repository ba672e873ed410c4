//! Adding hosts to an instance. It belongs to the directory but for one thing: the console has to be allowed to take people back to
//! the new host, and its application is a project's.

use castellan_directory::instances;
use castellan_kernel::{Receipt, Result};
use castellan_proto::zitadel::instance::{v2, v2beta};
use castellan_proto::zitadel::system::v1 as system;
use castellan_rpc::{Context, convert};
use castellan_settings::wire::{twin, via};

use super::InstanceTemplate;
use super::command::origin;
use crate::applications;

/// Adds a host to the context's instance; the receipt is the instance's.
async fn add(ctx: &mut Context, domain: &str) -> Result<Receipt> {
    let template = ctx.service::<InstanceTemplate>()?;
    let receipt = instances::add_domain(ctx, domain, false).await?;
    applications::add_console_origin(ctx, &origin(&template, &domain.trim().to_lowercase())).await?;
    Ok(receipt)
}

pub(super) async fn system_add(
    ctx: &mut Context,
    request: system::AddDomainRequest,
) -> Result<system::AddDomainResponse> {
    let receipt = add(ctx, &request.domain).await?;
    Ok(system::AddDomainResponse { details: convert::added(&receipt) })
}

pub(super) async fn v2_add(
    ctx: &mut Context,
    request: v2::AddCustomDomainRequest,
) -> Result<v2::AddCustomDomainResponse> {
    let receipt = add(ctx, &request.custom_domain).await?;
    Ok(v2::AddCustomDomainResponse { creation_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn v2beta_add(
    ctx: &mut Context,
    request: v2beta::AddCustomDomainRequest,
) -> Result<v2beta::AddCustomDomainResponse> {
    via(v2_add(ctx, twin(&request)?).await)
}
