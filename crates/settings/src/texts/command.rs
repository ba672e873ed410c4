//! The rules for texts: an owner's texts of a template and language are set all at once and go back to the default all at once.

use std::collections::BTreeMap;

use castellan_kernel::{Fault, Owner, Receipt, Result};
use castellan_rpc::Context;

use super::query::{Values, kind};
use super::template::Template;
use super::{event, language};
use crate::store::{self, Stored};

const ORG_MESSAGE_NOT_FOUND: Fault = Fault::not_found("Org-3b8Jf", "Errors.CustomMessageText.NotFound");
const INSTANCE_MESSAGE_NOT_FOUND: Fault = Fault::not_found("INSTANCE-fju90", "Errors.CustomMessageText.NotFound");
const ORG_MESSAGE_INVALID: Fault = Fault::invalid("Org-j59f", "Errors.CustomMessageText.Invalid");
const INSTANCE_MESSAGE_INVALID: Fault = Fault::invalid("INSTANCE-fjw9b", "Errors.CustomMessageText.Invalid");
const ORG_LOGIN_NOT_FOUND: Fault = Fault::not_found("Org-9ru44", "Errors.CustomText.NotFound");
const INSTANCE_LOGIN_NOT_FOUND: Fault = Fault::not_found("INST-fru44", "Errors.CustomText.NotFound");
const ORG_LOGIN_INVALID: Fault = Fault::invalid("Org-5ZZmo", "Errors.CustomText.Invalid");
const INSTANCE_LOGIN_INVALID: Fault = Fault::invalid("INST-Gfbg3", "Errors.CustomText.Invalid");

/// Says all texts of a template in a language for this owner, by their names in storage. A text that is not among them is the
/// default again. The same texts again change nothing and record nothing.
///
/// # Errors
/// `LANG-3M9f2` and `LANG-lg4DP` for a language that cannot be.
pub async fn set(
    ctx: &mut Context,
    owner: &Owner,
    template: Template,
    language: &str,
    texts: BTreeMap<String, String>,
) -> Result<Receipt> {
    language::check(language)?;
    let kind = kind(template, language);
    let stored = store::get_as::<Values>(ctx.tx().await?, owner, &kind).await?.unwrap_or_else(|| {
        let org_id = owner.org().unwrap_or_default().to_owned();
        Stored { org_id, ..Stored::built_in(Values::new()) }
    });
    let mut receipt = None;
    for slot in template.slots()? {
        receipt = match (stored.value.get(&slot.key), texts.get(&slot.key)) {
            (old, Some(new)) if old != Some(new) => {
                Some(event::set(ctx, owner, template, language, &slot.key, new).await?)
            }
            (Some(_), None) => Some(event::removed(ctx, owner, template, language, &slot.key).await?),
            _ => receipt,
        };
    }
    let Some(receipt) = receipt else {
        return Ok(Receipt {
            sequence: stored.sequence,
            created_at: None,
            changed_at: stored.changed_at,
            owner: stored.owner(&ctx.instance.id).to_owned(),
        });
    };
    let tx = ctx.tx().await?;
    if texts.is_empty() {
        store::reset_as(tx, owner, &kind).await?;
    } else {
        store::put_as(tx, owner, &kind, &texts, &receipt).await?;
    }
    Ok(receipt)
}

/// Removes all of the owner's texts of a template in a language.
///
/// # Errors
/// The template's errors for a language that is empty and for an owner that has no texts of its own.
pub async fn reset(ctx: &mut Context, owner: &Owner, template: Template, language: &str) -> Result<Receipt> {
    let (not_found, invalid) = match (owner, template) {
        (Owner::Org(_), Template::Login) => (ORG_LOGIN_NOT_FOUND, ORG_LOGIN_INVALID),
        (Owner::Instance, Template::Login) => (INSTANCE_LOGIN_NOT_FOUND, INSTANCE_LOGIN_INVALID),
        (Owner::Org(_), _) => (ORG_MESSAGE_NOT_FOUND, ORG_MESSAGE_INVALID),
        (Owner::Instance, _) => (INSTANCE_MESSAGE_NOT_FOUND, INSTANCE_MESSAGE_INVALID),
    };
    if !language::is_tag(language) {
        return Err(invalid.into());
    }
    if !store::reset_as(ctx.tx().await?, owner, &kind(template, language)).await? {
        return Err(not_found.into());
    }
    event::reset(ctx, owner, template, language).await
}
