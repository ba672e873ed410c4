//! Proving a domain: asking for a code to publish, and looking whether it was published.

#[cfg(test)]
mod tests;

use castellan_crypto::keyring::{KeyName, Keyring};
use castellan_db::Connection;
use castellan_kernel::{Error, Fault, Permission, Receipt, Result};
use castellan_outbound::Client;
use castellan_rpc::Context;
use castellan_settings::{GeneratorKind, generator};

use super::command::{aggregate, touch};
use super::event::{DomainVerified, VerificationAdded, VerificationFailed};
use super::{OrgDomain, ValidationType, claimed, proof, sql};
use crate::users::login_names;

const INVALID: Fault = Fault::invalid("ORG-R24hb", "Errors.Org.InvalidDomain");
const TYPE_INVALID: Fault = Fault::invalid("ORG-Gsw31", "Errors.Org.DomainVerificationTypeInvalid");
const GENERATE_NOT_FOUND: Fault = Fault::not_found("ORG-AGD31", "Errors.Org.DomainNotOnOrg");
const VERIFY_NOT_FOUND: Fault = Fault::not_found("ORG-Sjdi3", "Errors.Org.DomainNotOnOrg");
const ALREADY_VERIFIED: Fault = Fault::precondition("ORG-HGw21", "Errors.Org.DomainAlreadyVerified");
const NOT_STARTED: Fault = Fault::precondition("ORG-SFBB3", "Errors.Org.DomainVerificationMissing");

/// What to publish to prove a domain: the code, and where it is looked for.
pub(super) struct Validation {
    pub code: String,
    pub url: String,
}

/// Asks for a proof of a domain; a code asked for before is void.
pub(super) async fn generate(
    ctx: &mut Context,
    org_id: &str,
    domain: &str,
    validation: ValidationType,
) -> Result<Validation> {
    let domain = domain.trim();
    if domain.is_empty() {
        return Err(INVALID.into());
    }
    if validation == ValidationType::None {
        return Err(TYPE_INVALID.into());
    }
    ctx.require(Permission::OrgWrite, org_id, None)?;
    let held = sql::find(ctx.tx().await?, org_id, domain).await?.ok_or(GENERATE_NOT_FOUND)?;
    if held.is_verified {
        return Err(ALREADY_VERIFIED.into());
    }
    let generator = generator(ctx.tx().await?, GeneratorKind::VerifyDomain).await?;
    let code = generator.generate(ctx.rng());
    let keyring = ctx.service::<Keyring>()?;
    let sealed = keyring.seal(KeyName::DomainVerification, &context(ctx, &held), code.as_bytes(), ctx.rng());
    let event = VerificationAdded { domain: &held.domain, validation_type: validation as i64 };
    let receipt = ctx.record(&aggregate(org_id), &event).await?;
    sql::set_validation(ctx.tx().await?, org_id, domain, validation, &sealed, &receipt).await?;
    touch(ctx, org_id, receipt).await?;
    let url = proof::place(validation, &held.domain, &code);
    Ok(Validation { code, url })
}

/// Looks whether the code was published, and if so makes the domain the organization's own: users of other organizations lose
/// the names that end in it. A proof that is missing is recorded.
pub(super) async fn verify(ctx: &mut Context, org_id: &str, domain: &str) -> Result<Receipt> {
    let domain = domain.trim();
    if domain.is_empty() {
        return Err(INVALID.into());
    }
    ctx.require(Permission::OrgWrite, org_id, None)?;
    // The look ends before the network is asked.
    let (held, sealed) = pending(&mut ctx.look(), org_id, domain).await?;
    let published = published(ctx, &held, &sealed).await?;

    let unchanged = pending(ctx.tx().await?, org_id, domain).await?.1 == sealed;
    if let Err(fault) = published {
        if unchanged {
            ctx.record(&aggregate(org_id), &VerificationFailed { domain: &held.domain }).await?;
            // The caller is told why, and what happened stays on record.
            ctx.commit().await?;
        }
        return Err(fault.into());
    }
    if !unchanged {
        return Err(NOT_STARTED.into());
    }
    let receipt = ctx.record(&aggregate(org_id), &DomainVerified { domain: &held.domain }).await?;
    sql::set_verified(ctx.tx().await?, org_id, domain, &receipt).await?;
    claimed::claim_names(ctx, org_id, &held.domain).await?;
    login_names::refresh_org(ctx.tx().await?, org_id).await?;
    touch(ctx, org_id, receipt).await
}

/// What was found for a sealed code.
struct Looked {
    sealed: String,
    found: Result<(), Fault>,
}

/// Whether the code was published; a command that runs again does not look again.
async fn published(ctx: &mut Context, held: &OrgDomain, sealed: &str) -> Result<Result<(), Fault>> {
    if let Some(looked) = ctx.kept::<Looked>().filter(|looked| looked.sealed == sealed) {
        return Ok(looked.found);
    }
    let client = ctx.service::<Client>()?;
    let code = open(ctx, held, sealed)?;
    let found = proof::look_for(&client, held.validation_type, &held.domain, &code).await;
    ctx.keep(Looked { sealed: sealed.to_owned(), found });
    Ok(found)
}

/// The domain with its sealed code, if it is being verified.
async fn pending(connection: &mut Connection, org_id: &str, domain: &str) -> Result<(OrgDomain, String)> {
    let held = sql::find(connection, org_id, domain).await?.ok_or(VERIFY_NOT_FOUND)?;
    if held.is_verified {
        return Err(ALREADY_VERIFIED.into());
    }
    let sealed = sql::sealed_code(connection, org_id, domain).await?.ok_or(NOT_STARTED)?;
    Ok((held, sealed))
}

fn open(ctx: &Context, held: &OrgDomain, sealed: &str) -> Result<String> {
    let keyring = ctx.service::<Keyring>()?;
    let code =
        keyring.open_secret(KeyName::DomainVerification, &context(ctx, held), sealed).map_err(Error::internal)?;
    String::from_utf8(code.to_vec()).map_err(Error::internal)
}

/// What a sealed code belongs to.
fn context(ctx: &Context, held: &OrgDomain) -> String {
    format!("org-domain:{}:{}:{}", ctx.instance.id, held.org_id, held.domain.to_lowercase())
}
