//! The rules for the files of branding: like all its changes they touch the preview, and activation publishes them. A file that
//! neither the preview nor the published branding shows is removed.

use castellan_kernel::{Owner, Receipt, Result};
use castellan_rpc::Context;

use super::asset::{Asset, Change, record};
use crate::assets::{self, File};
use crate::documents::{LabelPolicy, LabelPreview};
use crate::store::{self, Stored};

/// Where the files of branding are stored.
const PATH: &str = "policy/label/";

/// Puts a file in place of the one that the owner's preview shows. Its media type must be one that the asset takes.
///
/// # Errors
/// The asset's error when the owner has no branding of its own.
pub(crate) async fn upload(ctx: &mut Context, owner: &Owner, asset: Asset, file: &File) -> Result<Receipt> {
    let mut preview = preview(ctx, owner, asset, Change::Added).await?.value;
    let name = assets::new_name(ctx.rng(), asset.path());
    let (instance_id, now) = (ctx.instance.id.clone(), ctx.now());
    assets::insert(ctx.tx().await?, owner, &instance_id, &name, file, now).await?;
    let receipt = record(ctx, owner, asset, Change::Added, &name).await?;
    *asset.key_mut(&mut preview.0) = name;
    store::put(ctx.tx().await?, owner, &preview, &receipt).await?;
    sweep(ctx, owner).await?;
    Ok(receipt)
}

/// Takes a file out of the owner's preview; where it shows none, nothing happens.
///
/// # Errors
/// The asset's error when the owner has no branding of its own.
pub(super) async fn remove(ctx: &mut Context, owner: &Owner, asset: Asset) -> Result<Receipt> {
    let stored = preview(ctx, owner, asset, Change::Removed).await?;
    let (sequence, changed_at) = (stored.sequence, stored.changed_at);
    let mut preview = stored.value;
    let name = std::mem::take(asset.key_mut(&mut preview.0));
    if name.is_empty() {
        let owner = assets::owner_id(owner, &ctx.instance.id).to_owned();
        return Ok(Receipt { sequence, created_at: None, changed_at, owner });
    }
    let receipt = record(ctx, owner, asset, Change::Removed, &name).await?;
    store::put(ctx.tx().await?, owner, &preview, &receipt).await?;
    sweep(ctx, owner).await?;
    Ok(receipt)
}

/// Removes the owner's files that are shown nowhere.
pub(super) async fn sweep(ctx: &mut Context, owner: &Owner) -> Result<()> {
    let owner_id = assets::owner_id(owner, &ctx.instance.id).to_owned();
    let tx = ctx.tx().await?;
    let shown = [
        store::get::<LabelPreview>(tx, owner).await?.map(|stored| stored.value.0),
        store::get::<LabelPolicy>(tx, owner).await?.map(|stored| stored.value),
    ];
    let names: Vec<&str> =
        shown.iter().flatten().flat_map(|policy| Asset::ALL.map(|asset| asset.key(policy))).collect();
    assets::keep_only(tx, &owner_id, PATH, &names).await
}

async fn preview(ctx: &mut Context, owner: &Owner, asset: Asset, change: Change) -> Result<Stored<LabelPreview>> {
    Ok(store::get::<LabelPreview>(ctx.tx().await?, owner).await?.ok_or(asset.missing(owner, change))?)
}
