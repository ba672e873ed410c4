//! The rules for applications: creating them, changing name and configuration, their state and their secret.

use castellan_db::{Connection, DbResultExt as _};
use castellan_directory::users::head::Reach;
use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_rpc::{Aggregate, Context};

use super::event::{
    ApiConfigAdded, ApiConfigChanged, ApiSecretChanged, ApplicationAdded, ApplicationChanged, ApplicationDeactivated,
    ApplicationReactivated, ApplicationRemoved, OidcConfigAdded, OidcConfigChanged, OidcFields, OidcSecretChanged,
    SamlConfigAdded, SamlConfigChanged,
};
use super::oidc::{self, OidcChange};
use super::saml::{For, SamlConfig, SamlSettings};
use super::secret::Secret;
use super::sql::Stored;
use super::{Application, ApplicationState, AuthMethod, Kind, OidcConfig, sql};
use crate::projects::ProjectHead;

const OIDC_PROJECT_MISSING: Fault = Fault::invalid("PROJECT-34Fm0", "Errors.Project.App.Invalid");
const OIDC_INVALID: Fault = Fault::invalid("PROJECT-1n8df", "Errors.Project.App.Invalid");
const API_PROJECT_MISSING: Fault = Fault::invalid("PROJECT-5m9E", "Errors.Project.App.Invalid");
const API_NAME_MISSING: Fault = Fault::invalid("PROJECT-Bff2g", "Errors.Project.App.Invalid");
const SAML_PROJECT_MISSING: Fault = Fault::invalid("PROJECT-35Fn0", "Errors.Project.App.Invalid");
const SAML_INVALID: Fault = Fault::invalid("PROJECT-1n9df", "Errors.Project.App.Invalid");
const ENTITY_ID_TAKEN: Fault = Fault::exists("V3-DKcYh", "Errors.Project.App.SAMLEntityIDAlreadyExists");
const PROJECT_NOT_FOUND: Fault = Fault::precondition("COMMAND-EbFMN", "Errors.Project.NotFound");
const OIDC_ID_TAKEN: Fault = Fault::precondition("PROJECT-lxowmp", "Errors.Project.App.AlreadyExisting");
const API_ID_TAKEN: Fault = Fault::precondition("PROJECT-mabu12", "Errors.Project.App.AlreadyExisting");
const NAME_TAKEN: Fault = Fault::exists("V3-DKcYh", "Errors.Project.App.AlreadyExists");
const NAME_INVALID: Fault = Fault::invalid("COMMAND-4m9vS", "Errors.Project.App.Invalid");
const RENAME_NOT_FOUND: Fault = Fault::not_found("COMMAND-28di9", "Errors.Project.App.NotExisting");
const SAME_NAME: Fault = Fault::precondition("COMMAND-2m8vx", "Errors.NoChangesFound");
const UPDATE_NOT_FOUND: Fault = Fault::not_found("COMMAND-2n8uU", "Errors.Project.App.NotExisting");
const UPDATE_NOT_OIDC: Fault = Fault::invalid("COMMAND-GBr34", "Errors.Project.App.IsNotOIDC");
const UPDATE_NOT_API: Fault = Fault::invalid("COMMAND-Gnwt3", "Errors.Project.App.IsNotAPI");
const UPDATE_NOT_SAML: Fault = Fault::invalid("COMMAND-GBr35", "Errors.Project.App.IsNotSAML");
const UPDATE_INVALID: Fault = Fault::invalid("COMMAND-5m9fs", "Errors.Project.App.OIDCConfigInvalid");
const SAME_CONFIG: Fault = Fault::precondition("COMMAND-1m88i", "Errors.NoChangesFound");
const STATE_NOT_FOUND: Fault = Fault::not_found("COMMAND-ov9d3", "Errors.Project.App.NotExisting");
const NOT_ACTIVE: Fault = Fault::precondition("COMMAND-dsh35", "Errors.Project.App.NotActive");
const NOT_INACTIVE: Fault = Fault::precondition("COMMAND-1n8cM", "Errors.Project.App.NotInactive");
const REMOVE_NOT_FOUND: Fault = Fault::not_found("COMMAND-0po9s", "Errors.Project.App.NotExisting");
const SECRET_IDS_MISSING: Fault = Fault::invalid("COMMAND-KJ29c", "Errors.IDMissing");
const SECRET_NOT_FOUND: Fault = Fault::not_found("COMMAND-Kd92s", "Errors.Project.App.NotExisting");
const SECRET_NOT_FOUND_V1: Fault = Fault::not_found("COMMAND-2g66f", "Errors.Project.App.NotExisting");
const SECRET_NOT_OIDC: Fault = Fault::invalid("COMMAND-Ghrh3", "Errors.Project.App.IsNotOIDC");
const SECRET_NOT_API: Fault = Fault::invalid("COMMAND-aeH4", "Errors.Project.App.IsNotAPI");

/// What every new application has.
#[derive(Debug, Clone, Default)]
pub struct NewApplication {
    /// The project it belongs to.
    pub project_id: String,
    /// An id of the caller's choice; else one is drawn.
    pub id: Option<String>,
    /// The name, unique within the project whatever its case.
    pub name: String,
}

/// A created application.
#[derive(Debug, Clone)]
pub struct Added {
    /// Its id.
    pub id: String,
    /// The client id that it uses in OAuth; empty for SAML applications.
    pub client_id: String,
    /// The secret, where the authentication method has one; it cannot be read again.
    pub client_secret: Option<String>,
    /// The receipt of the creation.
    pub receipt: Receipt,
}

/// A change of the configuration.
pub(super) enum ConfigChange {
    Oidc(Box<OidcChange>),
    Api(AuthMethod),
    Saml(Box<SamlSettings>),
}

/// Which applications a new secret may be asked for, and how a missing one is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretOf {
    /// v2: applications of every kind.
    Any,
    Oidc,
    Api,
}

/// Creates an API application: one that checks tokens by introspection.
///
/// # Errors
/// An unknown project, a missing or taken name, a taken id, a caller without `project.app.write` on the project.
pub async fn create_api(
    ctx: &mut Context,
    reach: &Reach,
    application: NewApplication,
    auth_method: AuthMethod,
) -> Result<Added> {
    create_api_as(ctx, reach, application, None, auth_method).await
}

/// As [`create_api`], with a client id of the caller's choice.
///
/// # Errors
/// As [`create_api`], and a client id that is taken.
pub async fn create_api_as(
    ctx: &mut Context,
    reach: &Reach,
    application: NewApplication,
    client_id: Option<String>,
    auth_method: AuthMethod,
) -> Result<Added> {
    if application.project_id.is_empty() {
        return Err(API_PROJECT_MISSING.into());
    }
    if application.name.trim().is_empty() {
        return Err(API_NAME_MISSING.into());
    }
    let prepared = prepare(ctx, reach, application, client_id, auth_method, API_ID_TAKEN).await?;
    let event = ApiConfigAdded {
        app_id: &prepared.id,
        client_id: &prepared.client_id,
        hashed_secret: prepared.hash(),
        auth_method_type: auth_method.api_number(),
    };
    let receipt = ctx.record(&prepared.stream, &event).await?;
    store(ctx, prepared, auth_method, Stored::Api, receipt, API_ID_TAKEN).await
}

/// Creates an OIDC application: one that signs users in.
///
/// # Errors
/// As [`create_api`], a configuration whose parts do not fit together, and notices of logouts to where this server may not reach.
pub async fn create_oidc(
    ctx: &mut Context,
    reach: &Reach,
    application: NewApplication,
    auth_method: AuthMethod,
    config: OidcConfig,
) -> Result<Added> {
    let is_complete = !application.project_id.is_empty() && !application.name.trim().is_empty();
    if is_complete && !config.back_channel_logout_uri.is_empty() {
        let mut before = ctx.look();
        permitted_project(ctx, &mut before, reach, &application.project_id).await?;
        drop(before);
        oidc::check_logout_address(ctx, &config.back_channel_logout_uri).await?;
    }
    create_oidc_as(ctx, reach, application, None, auth_method, config).await
}

/// As [`create_oidc`], with a client id of the caller's choice and without a look at where notices of logouts lead, so that it
/// can be part of a larger transaction.
///
/// # Errors
/// As [`create_oidc`], and a client id that is taken.
pub async fn create_oidc_as(
    ctx: &mut Context,
    reach: &Reach,
    application: NewApplication,
    client_id: Option<String>,
    auth_method: AuthMethod,
    config: OidcConfig,
) -> Result<Added> {
    if application.project_id.is_empty() {
        return Err(OIDC_PROJECT_MISSING.into());
    }
    if application.name.trim().is_empty() {
        return Err(OIDC_INVALID.into());
    }
    let config = oidc::normalized(config);
    oidc::check(&config, OIDC_INVALID)?;
    let prepared = prepare(ctx, reach, application, client_id, auth_method, OIDC_ID_TAKEN).await?;
    let event = OidcConfigAdded {
        app_id: &prepared.id,
        client_id: &prepared.client_id,
        hashed_secret: prepared.hash(),
        fields: OidcFields::changed(&config, auth_method, &OidcConfig::default(), AuthMethod::default()),
    };
    let receipt = ctx.record(&prepared.stream, &event).await?;
    store(ctx, prepared, auth_method, Stored::Oidc(&config), receipt, OIDC_ID_TAKEN).await
}

/// Creates a SAML application: a service provider, which signs users in.
///
/// # Errors
/// As [`create_api`], metadata that is missing or no SAML metadata, and an entity id that is taken.
pub(super) async fn create_saml(
    ctx: &mut Context,
    reach: &Reach,
    application: NewApplication,
    mut settings: SamlSettings,
) -> Result<Added> {
    if application.project_id.is_empty() {
        return Err(SAML_PROJECT_MISSING.into());
    }
    if application.name.trim().is_empty() {
        return Err(SAML_INVALID.into());
    }
    if settings.is_elsewhere() {
        let mut before = ctx.look();
        permitted_project(ctx, &mut before, reach, &application.project_id).await?;
        drop(before);
        settings.fetch(ctx, For::Create).await?;
    }
    let config = settings.apply(&SamlConfig::default(), For::Create)?;
    // No client authenticates for it, and no client id is spent on it.
    let auth_method = AuthMethod::None;
    let prepared = prepare(ctx, reach, application, Some(String::new()), auth_method, OIDC_ID_TAKEN).await?;
    let receipt = ctx.record(&prepared.stream, &SamlConfigAdded::new(&prepared.id, &config)).await?;
    store(ctx, prepared, auth_method, Stored::Saml(&config), receipt, OIDC_ID_TAKEN).await
}

/// An application about to be stored, its `added` event recorded.
struct Prepared {
    id: String,
    client_id: String,
    project_id: String,
    name: String,
    secret: Option<Secret>,
    stream: Aggregate,
}

impl Prepared {
    fn hash(&self) -> Option<&str> {
        self.secret.as_ref().map(|secret| secret.hash.as_str())
    }
}

/// A look at whether the caller may add applications to the project, before something is fetched for them.
async fn permitted_project(ctx: &Context, look: &mut Connection, reach: &Reach, project_id: &str) -> Result<()> {
    let project = ProjectHead::find(look, reach, project_id).await?.ok_or(PROJECT_NOT_FOUND)?;
    ctx.require(Permission::ProjectAppWrite, &project.org_id, Some(&project.id))
}

async fn prepare(
    ctx: &mut Context,
    reach: &Reach,
    application: NewApplication,
    client_id: Option<String>,
    auth_method: AuthMethod,
    id_taken: Fault,
) -> Result<Prepared> {
    let project = ProjectHead::find(ctx.tx().await?, reach, &application.project_id).await?.ok_or(PROJECT_NOT_FOUND)?;
    ctx.require(Permission::ProjectAppWrite, &project.org_id, Some(&project.id))?;
    let id = match application.id.filter(|id| !id.is_empty()) {
        Some(id) if sql::exists(ctx.tx().await?, &id).await? => return Err(id_taken.into()),
        Some(id) => id,
        None => ctx.new_id(),
    };
    let name = application.name.trim().to_owned();
    let stream = project.aggregate();
    ctx.record(&stream, &ApplicationAdded { app_id: &id, name: &name }).await?;
    Ok(Prepared {
        id,
        client_id: client_id.unwrap_or_else(|| ctx.new_id()),
        project_id: project.id,
        name,
        secret: auth_method.has_secret().then(|| Secret::generate(ctx.rng())),
        stream,
    })
}

async fn store(
    ctx: &mut Context,
    prepared: Prepared,
    auth_method: AuthMethod,
    config: Stored<'_>,
    receipt: Receipt,
    id_taken: Fault,
) -> Result<Added> {
    let row = sql::NewRow {
        id: &prepared.id,
        project_id: &prepared.project_id,
        name: &prepared.name,
        client_id: (!prepared.client_id.is_empty()).then_some(prepared.client_id.as_str()),
        secret_hash: prepared.hash(),
        auth_method,
        config,
    };
    sql::insert(ctx.tx().await?, &row, &receipt)
        .await
        .on_unique(sql::NAME_INDEX, NAME_TAKEN)
        .on_unique(sql::ENTITY_ID_INDEX, ENTITY_ID_TAKEN)
        .on_unique(sql::CLIENT_ID_INDEX, id_taken)
        .on_unique(sql::ID_INDEX, id_taken)?;
    Ok(Added {
        id: prepared.id,
        client_id: prepared.client_id,
        client_secret: prepared.secret.map(|secret| secret.plain),
        receipt,
    })
}

/// A look at an application that the caller may change, before something outside is looked at for it: what it is.
async fn permitted_kind(ctx: &Context, reach: &Reach, project_id: &str, id: &str, not_found: Fault) -> Result<Kind> {
    let found = sql::find(&mut ctx.look(), reach, id).await?;
    let application = found.filter(|application| application.is_in(project_id)).ok_or(not_found)?;
    ctx.require(Permission::ProjectAppWrite, &application.org_id, Some(&application.project_id))?;
    Ok(application.kind)
}

/// Changes name, configuration, or both: all of it or nothing.
pub(super) async fn update(
    ctx: &mut Context,
    reach: &Reach,
    project_id: &str,
    id: &str,
    name: Option<String>,
    mut config: Option<ConfigChange>,
) -> Result<Receipt> {
    if name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        return Err(NAME_INVALID.into());
    }
    let not_found = if name.is_some() { RENAME_NOT_FOUND } else { UPDATE_NOT_FOUND };
    match &mut config {
        Some(ConfigChange::Saml(settings)) if settings.is_elsewhere() => {
            let kind = permitted_kind(ctx, reach, project_id, id, not_found).await?;
            if kind != Kind::Saml {
                return Err(UPDATE_NOT_SAML.into());
            }
            settings.fetch(ctx, For::Update).await?;
        }
        Some(ConfigChange::Oidc(change)) => {
            if let Some(address) = change.back_channel_logout_uri.as_deref().filter(|address| !address.is_empty())
                && permitted_kind(ctx, reach, project_id, id, not_found).await? == Kind::Oidc
            {
                oidc::check_logout_address(ctx, address).await?;
            }
        }
        _ => {}
    }
    let application = permitted(ctx, reach, project_id, id, Permission::ProjectAppWrite, not_found).await?;
    let mut receipt = application.receipt();
    if let Some(name) = name {
        receipt = rename(ctx, &application, name.trim()).await?;
    }
    match config {
        Some(ConfigChange::Oidc(change)) => change_oidc(ctx, &application, *change).await,
        Some(ConfigChange::Api(auth_method)) => change_api(ctx, &application, auth_method).await,
        Some(ConfigChange::Saml(settings)) => change_saml(ctx, &application, *settings).await,
        None => Ok(receipt),
    }
}

async fn rename(ctx: &mut Context, application: &Application, name: &str) -> Result<Receipt> {
    if name == application.name {
        return Err(SAME_NAME.into());
    }
    let event = ApplicationChanged { app_id: &application.id, name };
    let receipt = ctx.record(&application.aggregate(), &event).await?;
    sql::set_name(ctx.tx().await?, &application.id, name, &receipt).await.on_unique(sql::NAME_INDEX, NAME_TAKEN)?;
    Ok(receipt)
}

/// Changes an OIDC configuration; permission is the caller's to check.
pub(super) async fn change_oidc(ctx: &mut Context, application: &Application, change: OidcChange) -> Result<Receipt> {
    if application.kind != Kind::Oidc {
        return Err(UPDATE_NOT_OIDC.into());
    }
    let auth_method = change.auth_method.unwrap_or(application.auth_method);
    let config = change.apply(&application.oidc);
    oidc::check(&config, UPDATE_INVALID)?;
    let fields = OidcFields::changed(&config, auth_method, &application.oidc, application.auth_method);
    if fields.is_empty() {
        return Err(SAME_CONFIG.into());
    }
    let event = OidcConfigChanged { app_id: &application.id, fields };
    let receipt = ctx.record(&application.aggregate(), &event).await?;
    sql::set_config(ctx.tx().await?, &application.id, auth_method, Stored::Oidc(&config), &receipt).await?;
    Ok(receipt)
}

async fn change_api(ctx: &mut Context, application: &Application, auth_method: AuthMethod) -> Result<Receipt> {
    if application.kind != Kind::Api {
        return Err(UPDATE_NOT_API.into());
    }
    if auth_method == application.auth_method {
        return Err(SAME_CONFIG.into());
    }
    let event = ApiConfigChanged { app_id: &application.id, auth_method_type: auth_method.api_number() };
    let receipt = ctx.record(&application.aggregate(), &event).await?;
    sql::set_config(ctx.tx().await?, &application.id, auth_method, Stored::Api, &receipt).await?;
    Ok(receipt)
}

async fn change_saml(ctx: &mut Context, application: &Application, settings: SamlSettings) -> Result<Receipt> {
    if application.kind != Kind::Saml {
        return Err(UPDATE_NOT_SAML.into());
    }
    let config = settings.apply(&application.saml, For::Update)?;
    if config == application.saml {
        return Err(SAME_CONFIG.into());
    }
    let event = SamlConfigChanged::new(&application.id, &config, &application.saml);
    let receipt = ctx.record(&application.aggregate(), &event).await?;
    sql::set_config(ctx.tx().await?, &application.id, application.auth_method, Stored::Saml(&config), &receipt)
        .await
        .on_unique(sql::ENTITY_ID_INDEX, ENTITY_ID_TAKEN)?;
    Ok(receipt)
}

pub(super) async fn deactivate(ctx: &mut Context, reach: &Reach, project_id: &str, id: &str) -> Result<Receipt> {
    let application = permitted(ctx, reach, project_id, id, Permission::ProjectAppWrite, STATE_NOT_FOUND).await?;
    if application.state != ApplicationState::Active {
        return Err(NOT_ACTIVE.into());
    }
    let event = ApplicationDeactivated { app_id: &application.id };
    let receipt = ctx.record(&application.aggregate(), &event).await?;
    sql::set_state(ctx.tx().await?, &application.id, ApplicationState::Inactive, &receipt).await?;
    Ok(receipt)
}

pub(super) async fn reactivate(ctx: &mut Context, reach: &Reach, project_id: &str, id: &str) -> Result<Receipt> {
    let application = permitted(ctx, reach, project_id, id, Permission::ProjectAppWrite, STATE_NOT_FOUND).await?;
    if application.state != ApplicationState::Inactive {
        return Err(NOT_INACTIVE.into());
    }
    let event = ApplicationReactivated { app_id: &application.id };
    let receipt = ctx.record(&application.aggregate(), &event).await?;
    sql::set_state(ctx.tx().await?, &application.id, ApplicationState::Active, &receipt).await?;
    Ok(receipt)
}

/// Removes the application with its keys.
pub(super) async fn remove(ctx: &mut Context, reach: &Reach, project_id: &str, id: &str) -> Result<Receipt> {
    let application = permitted(ctx, reach, project_id, id, Permission::ProjectAppDelete, REMOVE_NOT_FOUND).await?;
    let event = ApplicationRemoved { app_id: &application.id };
    let receipt = ctx.record(&application.aggregate(), &event).await?;
    sql::delete(ctx.tx().await?, &application.id).await?;
    Ok(receipt)
}

/// Replaces the secret; the old one is void at once. Which authentication method the application has does not matter.
pub(super) async fn regenerate_secret(
    ctx: &mut Context,
    reach: &Reach,
    project_id: &str,
    id: &str,
    of: SecretOf,
) -> Result<(String, Receipt)> {
    if project_id.is_empty() || id.is_empty() {
        return Err(SECRET_IDS_MISSING.into());
    }
    let not_found = if of == SecretOf::Any { SECRET_NOT_FOUND } else { SECRET_NOT_FOUND_V1 };
    let application = permitted(ctx, reach, project_id, id, Permission::ProjectAppWrite, not_found).await?;
    match (of, application.kind) {
        (SecretOf::Any, _) | (SecretOf::Oidc, Kind::Oidc) | (SecretOf::Api, Kind::Api) => {}
        (SecretOf::Api, _) => return Err(SECRET_NOT_API.into()),
        (SecretOf::Oidc, _) => return Err(SECRET_NOT_OIDC.into()),
    }
    let secret = Secret::generate(ctx.rng());
    let stream = application.aggregate();
    let (app_id, hashed_secret) = (application.id.as_str(), secret.hash.as_str());
    let receipt = match application.kind {
        Kind::Api => ctx.record(&stream, &ApiSecretChanged { app_id, hashed_secret }).await?,
        Kind::Oidc | Kind::Saml => ctx.record(&stream, &OidcSecretChanged { app_id, hashed_secret }).await?,
    };
    sql::set_secret(ctx.tx().await?, &application.id, &secret.hash, &receipt).await?;
    Ok((secret.plain, receipt))
}

/// The application of that id in that project, for a caller who has the permission on the project.
pub(super) async fn permitted(
    ctx: &mut Context,
    reach: &Reach,
    project_id: &str,
    id: &str,
    permission: Permission,
    not_found: Fault,
) -> Result<Application> {
    let application = sql::find(ctx.tx().await?, reach, id)
        .await?
        .filter(|application| application.is_in(project_id))
        .ok_or(not_found)?;
    ctx.require(permission, &application.org_id, Some(&application.project_id))?;
    Ok(application)
}
