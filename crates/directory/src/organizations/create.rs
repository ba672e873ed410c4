//! The rules for creating an organization.

use castellan_db::{DbResultExt as _, statement};
use castellan_kernel::{Fault, Receipt, Result};
use castellan_rpc::{Aggregate, AuditEvent, Context};
use serde::Serialize;

use super::generated_domain;

const NAME_INVALID: Fault = Fault::invalid("ORG-mruNY", "Errors.Invalid.Argument");
const NAME_TAKEN: Fault = Fault::exists("V3-DKcYh", "Errors.Org.AlreadyExists");
const DOMAIN_TAKEN: Fault = Fault::exists("V3-DKcYh", "Errors.Org.Domain.AlreadyExists");

#[derive(Serialize)]
struct OrgAdded<'a> {
    name: &'a str,
}

impl AuditEvent for OrgAdded<'_> {
    const TYPE: &'static str = "org.added";
}

macro_rules! domain_event {
    ($name:ident, $type:literal) => {
        #[derive(Serialize)]
        struct $name<'a> {
            domain: &'a str,
        }

        impl AuditEvent for $name<'_> {
            const TYPE: &'static str = $type;
        }
    };
}
domain_event!(DomainAdded, "org.domain.added");
domain_event!(DomainVerified, "org.domain.verified");
domain_event!(PrimaryDomainSet, "org.domain.primary.set");

/// Creates an organization under a new id; returns the id.
///
/// # Errors
/// As [`create_with_id`].
pub async fn create(ctx: &mut Context, name: &str, external_domain: &str) -> Result<(String, Receipt)> {
    let id = ctx.new_id();
    let receipt = create_with_id(ctx, &id, name, external_domain).await?;
    Ok((id, receipt))
}

/// Creates an organization with its generated domain, verified and primary. The caller's permission was checked.
///
/// # Errors
/// `ORG-mruNY` for an empty name, `ORG-RrfXY` for a name that gives no domain, `V3-DKcYh` when name, id or domain is taken.
pub async fn create_with_id(ctx: &mut Context, id: &str, name: &str, external_domain: &str) -> Result<Receipt> {
    let name = name.trim();
    if name.is_empty() {
        return Err(NAME_INVALID.into());
    }
    let domain = generated_domain(name, external_domain)?;
    let aggregate = Aggregate::new("org", id, id);
    let added = ctx.record(&aggregate, &OrgAdded { name }).await?;
    ctx.record(&aggregate, &DomainAdded { domain: &domain }).await?;
    ctx.record(&aggregate, &DomainVerified { domain: &domain }).await?;
    let receipt = ctx.record(&aggregate, &PrimaryDomainSet { domain: &domain }).await?;

    let statement = statement!(
        "INSERT INTO organizations (instance_id, id, name, name_lower, state, primary_domain, created_at, changed_at,
                                    sequence)
         VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8)"
    );
    let values = [
        id.into(),
        name.into(),
        name.to_lowercase().into(),
        domain.as_str().into(),
        added.changed_at.into(),
        receipt.changed_at.into(),
        receipt.sequence.into(),
    ];
    ctx.tx()
        .await?
        .execute(statement, &values)
        .await
        .on_unique("organizations_name", NAME_TAKEN)
        .on_unique("organizations_pkey", NAME_TAKEN)?;
    let statement = statement!(
        "INSERT INTO org_domains (instance_id, org_id, domain, domain_lower, is_verified, is_primary, validation_type,
                                  created_at, changed_at, sequence)
         VALUES ($1, $2, $3, $4, TRUE, TRUE, 0, $5, $6, $7)"
    );
    let values = [
        id.into(),
        domain.as_str().into(),
        domain.to_lowercase().into(),
        receipt.changed_at.into(),
        receipt.changed_at.into(),
        receipt.sequence.into(),
    ];
    ctx.tx().await?.execute(statement, &values).await.on_unique("org_domains_verified", DOMAIN_TAKEN)?;
    Ok(receipt)
}
