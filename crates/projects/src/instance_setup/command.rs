//! Creating an instance: one transaction, so that it is there whole or not at all.

use castellan_crypto::jose::SigningKey;
use castellan_directory::{instances, organizations};
use castellan_kernel::{Fault, Receipt, Result, random_string};
use castellan_rpc::{Aggregate, Context, Instance};
use castellan_settings::web_keys;
use std::sync::Arc;

use super::event::{ConsoleSet, DefaultOrgSet, MilestoneReached, ProjectSet};
use super::owner;
use super::{InstanceTemplate, NewInstance};
use crate::applications;
use crate::projects::{self, NewProject};

const INVALID_NAME: Fault = Fault::invalid("INST-092mid", "Errors.Instance.Name.Invalid");

/// The name of the project that stands for the APIs.
const API_PROJECT: &str = "ZITADEL";

/// How many signing keys a new instance has; the first one is active.
const WEB_KEYS: usize = 2;

/// A service user made for the instance, with its credentials: shown once, kept nowhere.
#[derive(Debug, Clone)]
pub struct CreatedMachine {
    /// The user's id.
    pub user_id: String,
    /// The key file (JSON), if one was asked for.
    pub key_file: Option<Vec<u8>>,
    /// The personal access token, if one was asked for.
    pub token: Option<String>,
}

/// A new instance.
#[derive(Debug, Clone)]
pub struct CreatedInstance {
    /// Its id.
    pub instance_id: String,
    /// Its first organization.
    pub org_id: String,
    /// The receipt of the organization.
    pub receipt: Receipt,
    /// The service user that owns it.
    pub machine: Option<CreatedMachine>,
    /// The service user of a login application.
    pub login_client: Option<CreatedMachine>,
    /// The login name of the person who owns it.
    pub human_login_name: Option<String>,
}

/// Creates an instance with everything that a new one has. The caller's permission was checked at the door
/// (`system.instance.write`); inside, the server itself acts.
///
/// # Errors
/// `V3-DKcYh` when the host is taken, `INST-S3v3w` for a bad host, and what the owners' rules say.
pub async fn create_instance(ctx: &mut Context, new: NewInstance) -> Result<CreatedInstance> {
    let template = ctx.service::<InstanceTemplate>()?;
    let name = new.name.trim().to_owned();
    if name.is_empty() {
        return Err(INVALID_NAME.into());
    }
    // Everything that takes processor time happens before the transaction.
    let keys = web_keys::generate(ctx, template.web_keys, WEB_KEYS).await?;
    let prepared = owner::prepare(ctx, &template, &new).await?;

    let ids = Ids {
        instance: ctx.new_id(),
        org: ctx.new_id(),
        project: ctx.new_id(),
        console_app: ctx.new_id(),
        console_client: ctx.new_id(),
    };
    let now = ctx.now();
    let language = if new.default_language.is_empty() { &template.default_language } else { &new.default_language };
    let instance = Instance {
        id: ids.instance.clone(),
        name: name.clone(),
        default_language: language.clone(),
        default_org_id: ids.org.clone(),
        project_id: ids.project.clone(),
        console_client_id: ids.console_client.clone(),
        created_at: now,
        is_blocked: false,
    };
    let caller = Arc::clone(&ctx.caller);
    let came_from = Arc::clone(&ctx.instance);
    // From here on the server itself acts, under the caller's name in the events.
    let mut acting = castellan_kernel::Caller::internal(&caller.user_id);
    acting.org = ids.org.clone();
    ctx.caller = Arc::new(acting);
    ctx.enter(Arc::new(instance.clone()));
    let created = build(ctx, &template, new, &instance, &ids, keys, prepared).await;
    ctx.caller = caller;
    ctx.enter(came_from);
    created
}

struct Ids {
    instance: String,
    org: String,
    project: String,
    console_app: String,
    console_client: String,
}

async fn build(
    ctx: &mut Context,
    template: &InstanceTemplate,
    new: NewInstance,
    instance: &Instance,
    ids: &Ids,
    keys: Vec<SigningKey>,
    prepared: owner::Prepared,
) -> Result<CreatedInstance> {
    let aggregate = Aggregate::new("instance", &ids.instance, &ids.instance);
    instances::insert(ctx, instance, &ids.console_app).await?;
    castellan_settings::write_instance_defaults(ctx, &template.defaults).await?;
    web_keys::insert_initial(ctx, template.web_keys, &keys).await?;

    let receipt = organizations::create_with_id(ctx, &ids.org, new.org_name.trim(), &template.external_domain).await?;
    ctx.record(&aggregate, &DefaultOrgSet { org_id: &ids.org }).await?;

    let project = NewProject {
        org_id: ids.org.clone(),
        id: Some(ids.project.clone()),
        name: API_PROJECT.to_owned(),
        ..NewProject::default()
    };
    projects::create(ctx, project).await?;
    ctx.record(&aggregate, &ProjectSet { project_id: &ids.project }).await?;
    for app in ["Management-API", "Admin-API", "Auth-API"] {
        applications::create_api_with_private_key(ctx, &ids.project, app).await?;
    }

    // Hosts first, so that the console knows where it may be returned to.
    let generated = generated_host(ctx, &instance.name, &template.external_domain);
    instances::add_domain(ctx, &generated, true).await?;
    let custom = new.custom_domain.as_deref().map(str::trim).filter(|domain| !domain.is_empty());
    if let Some(domain) = custom {
        instances::add_domain(ctx, domain, false).await?;
    }
    instances::set_primary_domain(ctx, custom.unwrap_or(&generated)).await?;
    for domain in &new.trusted_domains {
        instances::add_trusted_domain(ctx, domain).await?;
    }
    let origins: Vec<String> =
        [Some(generated.as_str()), custom].into_iter().flatten().map(|host| origin(template, host)).collect();
    applications::create_console(
        ctx,
        &ids.project,
        &ids.console_app,
        &ids.console_client,
        &origins,
        !template.external_secure,
    )
    .await?;
    ctx.record(&aggregate, &ConsoleSet { client_id: &ids.console_client, app_id: &ids.console_app }).await?;

    let owners = owner::create(ctx, template, &ids.org, &new, prepared).await?;
    let milestone = Aggregate::new("milestone", ctx.new_id(), &ids.instance);
    ctx.record(&milestone, &MilestoneReached { kind: "instance_created" }).await?;
    Ok(CreatedInstance {
        instance_id: ids.instance.clone(),
        org_id: ids.org.clone(),
        receipt,
        machine: owners.machine,
        login_client: owners.login_client,
        human_login_name: owners.human_login_name,
    })
}

/// `<name with dashes>-<6 random characters>.<external domain>`, lower case.
fn generated_host(ctx: &Context, name: &str, external_domain: &str) -> String {
    let label: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c == ' ' { '-' } else { c })
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(56)
        .collect();
    let random = random_string(ctx.rng(), 6, b"abcdefghijklmnopqrstuvwxyz0123456789");
    format!("{}-{random}.{external_domain}", label.trim_matches('-')).trim_start_matches('-').to_owned()
}

/// The origin of a host of this installation.
pub(super) fn origin(template: &InstanceTemplate, host: &str) -> String {
    let scheme = if template.external_secure { "https" } else { "http" };
    match template.external_port {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    }
}

/// Whether the database holds any instance: a second start finds everything in place.
///
/// # Errors
/// When storage does not answer.
pub async fn any_instance(connection: &mut castellan_db::Connection) -> Result<bool> {
    let statement = castellan_db::global_statement!("SELECT 1 FROM instances LIMIT 1");
    Ok(connection.row(statement, &[]).await?.is_some())
}
