//! What a new instance starts with, and the events that record it (`spec: oauth.md 1.5`).

use castellan_kernel::{Owner, Receipt, Result};
use castellan_rpc::{Aggregate, AuditEvent, Context};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::documents::{
    DomainPolicy, Features, GeneratorKind, LabelPolicy, LabelPreview, Limits, LockoutPolicy, LoginPolicy,
    NotificationPolicy, OidcSettings, PasswordAgePolicy, PasswordComplexityPolicy, PrivacyPolicy, Restrictions,
    SecretGenerator, SecurityPolicy, put_generator,
};
use crate::features;
use crate::policies::{self, event};
use crate::store;

/// All settings of a new instance. The default is what the contract documents; configuration replaces single values.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "each field is documented by its type")]
pub struct InstanceDefaults {
    pub secret_generators: Vec<(GeneratorKind, SecretGenerator)>,
    pub password_complexity_policy: PasswordComplexityPolicy,
    pub password_age_policy: PasswordAgePolicy,
    pub domain_policy: DomainPolicy,
    pub login_policy: LoginPolicy,
    pub privacy_policy: PrivacyPolicy,
    pub notification_policy: NotificationPolicy,
    pub lockout_policy: LockoutPolicy,
    pub label_policy: LabelPolicy,
    pub oidc_settings: OidcSettings,
    pub features: Features,
    pub security_policy: Option<SecurityPolicy>,
    pub limits: Option<Limits>,
    pub restrictions: Option<Restrictions>,
}

impl Default for InstanceDefaults {
    fn default() -> Self {
        Self {
            secret_generators: GeneratorKind::STORED.into_iter().map(|kind| (kind, kind.built_in())).collect(),
            password_complexity_policy: PasswordComplexityPolicy::default(),
            password_age_policy: PasswordAgePolicy::default(),
            domain_policy: DomainPolicy::default(),
            login_policy: LoginPolicy::default(),
            privacy_policy: PrivacyPolicy::default(),
            notification_policy: NotificationPolicy::default(),
            lockout_policy: LockoutPolicy::default(),
            label_policy: LabelPolicy::default(),
            oidc_settings: OidcSettings::default(),
            features: Features::of_new_instance(),
            security_policy: None,
            limits: None,
            restrictions: None,
        }
    }
}

macro_rules! payload_event {
    ($name:ident, $type:literal) => {
        #[derive(Serialize)]
        #[serde(transparent)]
        pub(crate) struct $name(pub Map<String, Value>);
        impl AuditEvent for $name {
            const TYPE: &'static str = $type;
        }
    };
}
payload_event!(GeneratorAdded, "instance.secret.generator.added");
payload_event!(OidcSettingsAdded, "instance.oidc.settings.added");
payload_event!(OidcSettingsChanged, "instance.oidc.settings.changed");
payload_event!(SecuritySet, "instance.policy.security.set");
payload_event!(LimitsSet, "limits.set");
payload_event!(RestrictionsSet, "restrictions.set");
payload_event!(LabelActivated, "instance.policy.label.activated");

/// Writes all settings of a new instance and records their events. The instance's row must be there, and the context in it.
///
/// # Errors
/// The errors of the policies for values that may not be.
pub async fn write_instance_defaults(ctx: &mut Context, defaults: &InstanceDefaults) -> Result<()> {
    let instance = event::instance_aggregate(&ctx.instance.id);
    for (kind, generator) in &defaults.secret_generators {
        add_generator(ctx, *kind, generator).await?;
    }
    policies::insert_default(ctx, &defaults.password_complexity_policy).await?;
    policies::insert_default(ctx, &defaults.password_age_policy).await?;
    policies::insert_default(ctx, &defaults.domain_policy).await?;
    policies::insert_default(ctx, &defaults.login_policy).await?;
    policies::record_initial_factors(ctx, &Owner::Instance, &defaults.login_policy).await?;
    policies::insert_default(ctx, &defaults.privacy_policy).await?;
    policies::insert_default(ctx, &defaults.notification_policy).await?;
    policies::insert_default(ctx, &defaults.lockout_policy).await?;
    policies::insert_default(ctx, &defaults.label_policy).await?;
    let receipt = ctx.record(&instance, &LabelActivated(Map::new())).await?;
    let preview = LabelPreview(defaults.label_policy.clone());
    store::put(ctx.tx().await?, &Owner::Instance, &preview, &receipt).await?;

    if let Some(security) = &defaults.security_policy {
        let payload = event::without_zeros(event::fields(security)?);
        let receipt = ctx.record(&instance, &SecuritySet(payload)).await?;
        store::put(ctx.tx().await?, &Owner::Instance, security, &receipt).await?;
    }
    add_oidc_settings(ctx, &defaults.oidc_settings).await?;
    if let Some(limits) = &defaults.limits {
        let limits_aggregate = own_aggregate(ctx, "limits");
        let receipt = ctx.record(&limits_aggregate, &LimitsSet(event::fields(limits)?)).await?;
        store::put(ctx.tx().await?, &Owner::Instance, limits, &receipt).await?;
    }
    if let Some(restrictions) = &defaults.restrictions {
        let payload = event::without_zeros(event::fields(restrictions)?);
        let restrictions_aggregate = own_aggregate(ctx, "restrictions");
        let receipt = ctx.record(&restrictions_aggregate, &RestrictionsSet(payload)).await?;
        store::put(ctx.tx().await?, &Owner::Instance, restrictions, &receipt).await?;
    }
    features::set_of_instance(ctx, &defaults.features).await?;
    Ok(())
}

/// An aggregate of which an instance has one.
pub(crate) fn own_aggregate(ctx: &Context, kind: &'static str) -> Aggregate {
    Aggregate::new(kind, &ctx.instance.id, &ctx.instance.id)
}

pub(crate) async fn add_generator(
    ctx: &mut Context,
    kind: GeneratorKind,
    generator: &SecretGenerator,
) -> Result<Receipt> {
    let instance = event::instance_aggregate(&ctx.instance.id);
    let mut payload = Map::from_iter([("generatorType".to_owned(), Value::from(kind.number()))]);
    payload.extend(event::without_zeros(event::fields(generator)?));
    let receipt = ctx.record(&instance, &GeneratorAdded(payload)).await?;
    put_generator(ctx.tx().await?, kind, generator, &receipt).await?;
    Ok(receipt)
}

pub(crate) async fn add_oidc_settings(ctx: &mut Context, settings: &OidcSettings) -> Result<Receipt> {
    let instance = event::instance_aggregate(&ctx.instance.id);
    let payload = event::without_zeros(event::fields(settings)?);
    let receipt = ctx.record(&instance, &OidcSettingsAdded(payload)).await?;
    store::put(ctx.tx().await?, &Owner::Instance, settings, &receipt).await?;
    Ok(receipt)
}
