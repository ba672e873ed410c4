//! System v1: conversion only, no rules.

use castellan_kernel::Result;
use castellan_proto::zitadel::{quota, system::v1};
use castellan_rpc::{Context, convert};
use castellan_settings::Span;

use super::{Notification, Terms, command};

pub(super) async fn add(ctx: &mut Context, request: v1::AddQuotaRequest) -> Result<v1::AddQuotaResponse> {
    let terms = Terms {
        starts_at: convert::from_timestamp(&request.from.unwrap_or_default()),
        interval: Span::from_proto(request.reset_interval.as_ref()),
        amount: request.amount,
        is_limit: request.limit,
        notifications: request.notifications.into_iter().map(notification).collect(),
    };
    let receipt = command::add(ctx, request.unit, terms).await?;
    Ok(v1::AddQuotaResponse { details: convert::added(&receipt) })
}

pub(super) async fn set(ctx: &mut Context, request: v1::SetQuotaRequest) -> Result<v1::SetQuotaResponse> {
    let terms = Terms {
        starts_at: convert::from_timestamp(&request.from.unwrap_or_default()),
        interval: Span::from_proto(request.reset_interval.as_ref()),
        amount: request.amount,
        is_limit: request.limit,
        notifications: request.notifications.into_iter().map(notification).collect(),
    };
    let receipt = command::set(ctx, request.unit, terms).await?;
    Ok(v1::SetQuotaResponse { details: convert::changed(&receipt) })
}

pub(super) async fn remove(ctx: &mut Context, request: v1::RemoveQuotaRequest) -> Result<v1::RemoveQuotaResponse> {
    let receipt = command::remove(ctx, request.unit).await?;
    Ok(v1::RemoveQuotaResponse { details: convert::changed(&receipt) })
}

/// The id is given when it is stored.
fn notification(request: quota::v1::Notification) -> Notification {
    Notification { id: String::new(), percent: request.percent, repeat: request.repeat, call_url: request.call_url }
}
