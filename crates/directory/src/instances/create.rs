//! Making an instance and giving it hosts. The caller's permission was checked by the command that calls these.

use castellan_db::{DbResultExt as _, global_statement, statement};
use castellan_kernel::{Fault, Receipt, Result};
use castellan_rpc::{Aggregate, AuditEvent, Context, Instance};
use serde::Serialize;

/// The host belongs to this or another instance.
const DOMAIN_TAKEN: Fault = Fault::exists("V3-DKcYh", "Errors.Instance.Domain.AlreadyExists");
const DOMAIN_INVALID: Fault = Fault::invalid("INST-S3v3w", "Errors.Instance.Domain.InvalidCharacter");
const DOMAIN_NOT_FOUND: Fault = Fault::not_found("INSTANCE-9nkWf", "Errors.Instance.Domain.NotFound");

#[derive(Serialize)]
struct InstanceAdded<'a> {
    name: &'a str,
}

impl AuditEvent for InstanceAdded<'_> {
    const TYPE: &'static str = "instance.added";
}

#[derive(Serialize)]
struct DefaultLanguageSet<'a> {
    language: &'a str,
}

impl AuditEvent for DefaultLanguageSet<'_> {
    const TYPE: &'static str = "instance.default.language.set";
}

#[derive(Serialize)]
struct DomainAdded<'a> {
    domain: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    generated: bool,
}

impl AuditEvent for DomainAdded<'_> {
    const TYPE: &'static str = "instance.domain.added";
}

#[derive(Serialize)]
struct PrimaryDomainSet<'a> {
    domain: &'a str,
}

impl AuditEvent for PrimaryDomainSet<'_> {
    const TYPE: &'static str = "instance.domain.primary.set";
}

#[derive(Serialize)]
struct TrustedDomainAdded<'a> {
    domain: &'a str,
}

impl AuditEvent for TrustedDomainAdded<'_> {
    const TYPE: &'static str = "instance.trusted_domain.added";
}

/// The event stream of the context's instance.
pub(crate) fn aggregate(ctx: &Context) -> Aggregate {
    Aggregate::new("instance", &ctx.instance.id, &ctx.instance.id)
}

/// Stores a new instance; the context must have entered it.
///
/// # Errors
/// When storage does not answer.
pub async fn insert(ctx: &mut Context, instance: &Instance, console_app_id: &str) -> Result<Receipt> {
    let aggregate = aggregate(ctx);
    ctx.record(&aggregate, &InstanceAdded { name: &instance.name }).await?;
    let receipt = ctx.record(&aggregate, &DefaultLanguageSet { language: &instance.default_language }).await?;
    let statement = statement!(
        "INSERT INTO instances (id, name, name_lower, default_language, default_org_id, project_id, console_app_id,
                                console_client_id, created_at, changed_at, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    let values = [
        instance.name.as_str().into(),
        instance.name.to_lowercase().into(),
        instance.default_language.as_str().into(),
        instance.default_org_id.as_str().into(),
        instance.project_id.as_str().into(),
        console_app_id.into(),
        instance.console_client_id.as_str().into(),
        receipt.changed_at.into(),
        receipt.changed_at.into(),
        receipt.sequence.into(),
    ];
    ctx.tx().await?.execute(statement, &values).await?;
    Ok(receipt)
}

/// A domain as it is stored: lower case, of letters, digits, dots and dashes.
pub(crate) fn normalized(domain: &str) -> Result<String> {
    let domain = domain.trim().to_lowercase();
    let valid = !domain.is_empty()
        && domain.len() <= 253
        && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    if valid { Ok(domain) } else { Err(DOMAIN_INVALID.into()) }
}

/// Adds a host to the context's instance.
///
/// # Errors
/// `INST-S3v3w` for characters that no host has, `V3-DKcYh` when any instance answers on it.
pub async fn add_domain(ctx: &mut Context, domain: &str, generated: bool) -> Result<Receipt> {
    let domain = normalized(domain)?;
    let aggregate = aggregate(ctx);
    let receipt = ctx.record(&aggregate, &DomainAdded { domain: &domain, generated }).await?;
    let statement = statement!(
        "INSERT INTO instance_domains (instance_id, domain, is_generated, is_primary, created_at, changed_at, sequence)
         VALUES ($1, $2, $3, FALSE, $4, $5, $6)"
    );
    let values = [
        domain.into(),
        generated.into(),
        receipt.changed_at.into(),
        receipt.changed_at.into(),
        receipt.sequence.into(),
    ];
    ctx.tx().await?.execute(statement, &values).await.on_unique("instance_domains_pkey", DOMAIN_TAKEN)?;
    Ok(receipt)
}

/// Makes one of the instance's hosts the primary one.
///
/// # Errors
/// `INSTANCE-9nkWf` when the instance does not have it.
pub async fn set_primary_domain(ctx: &mut Context, domain: &str) -> Result<Receipt> {
    let domain = normalized(domain)?;
    let exists = global_statement!("SELECT 1 FROM instance_domains WHERE domain = $1 AND instance_id = $2");
    let instance_id = ctx.instance.id.clone();
    if ctx.tx().await?.row(exists, &[domain.as_str().into(), instance_id.into()]).await?.is_none() {
        return Err(DOMAIN_NOT_FOUND.into());
    }
    let aggregate = aggregate(ctx);
    let receipt = ctx.record(&aggregate, &PrimaryDomainSet { domain: &domain }).await?;
    let statement = statement!("UPDATE instance_domains SET is_primary = (domain = $2) WHERE instance_id = $1");
    ctx.tx().await?.execute(statement, &[domain.into()]).await?;
    Ok(receipt)
}

/// Adds a public host that the instance may be reached under through a proxy.
///
/// # Errors
/// `INST-S3v3w` for characters that no host has, `V3-DKcYh` when it is trusted already.
pub async fn add_trusted_domain(ctx: &mut Context, domain: &str) -> Result<Receipt> {
    let domain = normalized(domain)?;
    let aggregate = aggregate(ctx);
    let receipt = ctx.record(&aggregate, &TrustedDomainAdded { domain: &domain }).await?;
    let statement = statement!(
        "INSERT INTO trusted_domains (instance_id, domain, created_at, sequence) VALUES ($1, $2, $3, $4)"
    );
    let values = [domain.into(), receipt.changed_at.into(), receipt.sequence.into()];
    ctx.tx().await?.execute(statement, &values).await.on_unique("trusted_domains_pkey", DOMAIN_TAKEN)?;
    Ok(receipt)
}
