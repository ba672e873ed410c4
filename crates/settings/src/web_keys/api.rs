//! v2 and v2beta side by side: conversion only, no rules.

use castellan_kernel::Result;
use castellan_proto::zitadel::webkey::{v2, v2beta};
use castellan_rpc::{Context, convert};

use super::{Curve, Hasher, RsaSize, WebKey, WebKeyKind, command, sql};
use crate::wire::{twin, via};

pub(super) async fn v2_create(ctx: &mut Context, request: v2::CreateWebKeyRequest) -> Result<v2::CreateWebKeyResponse> {
    let (id, receipt) = command::create(ctx, kind(request.key.as_ref())).await?;
    Ok(v2::CreateWebKeyResponse { id, creation_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn v2_activate(
    ctx: &mut Context,
    request: v2::ActivateWebKeyRequest,
) -> Result<v2::ActivateWebKeyResponse> {
    let receipt = command::activate(ctx, &request.id).await?;
    Ok(v2::ActivateWebKeyResponse { change_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn v2_delete(ctx: &mut Context, request: v2::DeleteWebKeyRequest) -> Result<v2::DeleteWebKeyResponse> {
    let receipt = command::delete(ctx, &request.id).await?;
    Ok(v2::DeleteWebKeyResponse { deletion_date: receipt.map(|receipt| convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn v2_list(ctx: &mut Context, _request: v2::ListWebKeysRequest) -> Result<v2::ListWebKeysResponse> {
    let keys = sql::list(ctx.read().await?).await?;
    Ok(v2::ListWebKeysResponse { web_keys: keys.iter().map(v2_key).collect() })
}

pub(super) async fn v2beta_create(
    ctx: &mut Context,
    request: v2beta::CreateWebKeyRequest,
) -> Result<v2beta::CreateWebKeyResponse> {
    via(v2_create(ctx, twin(&request)?).await)
}

pub(super) async fn v2beta_activate(
    ctx: &mut Context,
    request: v2beta::ActivateWebKeyRequest,
) -> Result<v2beta::ActivateWebKeyResponse> {
    via(v2_activate(ctx, twin(&request)?).await)
}

pub(super) async fn v2beta_delete(
    ctx: &mut Context,
    request: v2beta::DeleteWebKeyRequest,
) -> Result<v2beta::DeleteWebKeyResponse> {
    via(v2_delete(ctx, twin(&request)?).await)
}

pub(super) async fn v2beta_list(
    ctx: &mut Context,
    request: v2beta::ListWebKeysRequest,
) -> Result<v2beta::ListWebKeysResponse> {
    via(v2_list(ctx, twin(&request)?).await)
}

fn kind(key: Option<&v2::create_web_key_request::Key>) -> WebKeyKind {
    use v2::create_web_key_request::Key;
    match key {
        None => WebKeyKind::default(),
        Some(Key::Rsa(rsa)) => {
            let size = match rsa.bits() {
                v2::RsaBits::RsaBits3072 => RsaSize::Bits3072,
                v2::RsaBits::RsaBits4096 => RsaSize::Bits4096,
                v2::RsaBits::RsaBits2048 | v2::RsaBits::Unspecified => RsaSize::Bits2048,
            };
            let hasher = match rsa.hasher() {
                v2::RsaHasher::Sha384 => Hasher::Sha384,
                v2::RsaHasher::Sha512 => Hasher::Sha512,
                v2::RsaHasher::Sha256 | v2::RsaHasher::Unspecified => Hasher::Sha256,
            };
            WebKeyKind::Rsa(size, hasher)
        }
        Some(Key::Ecdsa(ecdsa)) => WebKeyKind::Ecdsa(match ecdsa.curve() {
            v2::EcdsaCurve::P384 => Curve::P384,
            v2::EcdsaCurve::P512 => Curve::P521,
            v2::EcdsaCurve::P256 | v2::EcdsaCurve::Unspecified => Curve::P256,
        }),
        Some(Key::Ed25519(_)) => WebKeyKind::Ed25519,
    }
}

fn v2_key(key: &WebKey) -> v2::WebKey {
    use v2::web_key::Key;
    v2::WebKey {
        id: key.id.clone(),
        creation_date: Some(convert::timestamp(key.created_at)),
        change_date: Some(convert::timestamp(key.changed_at)),
        state: key.state as i32,
        key: Some(match key.kind {
            WebKeyKind::Rsa(size, hasher) => Key::Rsa(v2::Rsa { bits: size as i32, hasher: hasher as i32 }),
            WebKeyKind::Ecdsa(curve) => Key::Ecdsa(v2::Ecdsa { curve: curve as i32 }),
            WebKeyKind::Ed25519 => Key::Ed25519(v2::Ed25519 {}),
        }),
    }
}
