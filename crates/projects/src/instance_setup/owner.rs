//! The owners of a new instance: a person, a service user, and the service user of a login application.

use castellan_crypto::password::PasswordHasher;
use castellan_directory::administrators::{self, Resource};
use castellan_directory::users::head::Reach;
use castellan_directory::users::human::{self, AddHuman, InitialCode, NewAddress, PreparedPassword, Verification};
use castellan_directory::users::keys::{self, AddKey, KeyMaterial};
use castellan_directory::users::machine::{self, AddMachine};
use castellan_directory::users::tokens::{self, AddToken};
use castellan_kernel::{Error, Fault, Result};
use castellan_rpc::Context;

use super::command::CreatedMachine;
use super::{HumanOwner, InstanceTemplate, MachineOwner, NewInstance};

const MACHINE_INVALID: Fault = Fault::invalid("COMMAND-bm9Ds", "Errors.User.Invalid");

/// What was made for the owners before the transaction.
#[derive(Default)]
pub(super) struct Prepared {
    password: Option<PreparedPassword>,
    machine_key: Option<KeyMaterial>,
    login_client_key: Option<KeyMaterial>,
}

pub(super) struct Owners {
    pub machine: Option<CreatedMachine>,
    pub login_client: Option<CreatedMachine>,
    pub human_login_name: Option<String>,
}

/// Checks what can be checked and makes what takes time: hashes and key pairs.
pub(super) async fn prepare(ctx: &Context, template: &InstanceTemplate, new: &NewInstance) -> Result<Prepared> {
    let mut prepared = Prepared::default();
    for machine in [&new.machine, &new.login_client].into_iter().flatten() {
        if machine.user_name.is_empty() || machine.name.is_empty() {
            return Err(MACHINE_INVALID.into());
        }
    }
    if let Some(human) = new.human.as_ref().filter(|human| !human.password.is_empty()) {
        human::check_new_password(&template.defaults.password_complexity_policy, &human.password)?;
        let hasher = ctx.service::<PasswordHasher>()?;
        prepared.password = Some(PreparedPassword {
            hash: hasher.hash(human.password.clone()).await.map_err(Error::internal)?,
            change_required: human.password_change_required,
        });
    }
    prepared.machine_key = key_material(new.machine.as_ref()).await?;
    prepared.login_client_key = key_material(new.login_client.as_ref()).await?;
    Ok(prepared)
}

async fn key_material(machine: Option<&MachineOwner>) -> Result<Option<KeyMaterial>> {
    match machine {
        Some(machine) if machine.key.is_some() => KeyMaterial::make().await.map(Some),
        _ => Ok(None),
    }
}

pub(super) async fn create(
    ctx: &mut Context,
    template: &InstanceTemplate,
    org_id: &str,
    new: &NewInstance,
    prepared: Prepared,
) -> Result<Owners> {
    let mut owners = Owners { machine: None, login_client: None, human_login_name: None };
    if let Some(machine) = &new.machine {
        let created = add_machine(ctx, org_id, machine, prepared.machine_key).await?;
        own_everything(ctx, org_id, &created.user_id).await?;
        owners.machine = Some(created);
    }
    if let Some(human) = &new.human {
        let (user_id, login_name) = add_human(ctx, template, org_id, &new.org_name, human, prepared.password).await?;
        own_everything(ctx, org_id, &user_id).await?;
        owners.human_login_name = Some(login_name);
    }
    if let Some(client) = &new.login_client {
        let created = add_machine(ctx, org_id, client, prepared.login_client_key).await?;
        administrators::grant(ctx, Resource::Instance, &created.user_id, &["IAM_LOGIN_CLIENT"]).await?;
        owners.login_client = Some(created);
    }
    Ok(owners)
}

async fn own_everything(ctx: &mut Context, org_id: &str, user_id: &str) -> Result<()> {
    administrators::grant(ctx, Resource::Org(org_id.to_owned()), user_id, &["ORG_OWNER"]).await?;
    administrators::grant(ctx, Resource::Instance, user_id, &["IAM_OWNER"]).await.map(|_| ())
}

async fn add_machine(
    ctx: &mut Context,
    org_id: &str,
    owner: &MachineOwner,
    material: Option<KeyMaterial>,
) -> Result<CreatedMachine> {
    let command = AddMachine {
        org_id: org_id.to_owned(),
        user_name: Some(owner.user_name.clone()),
        name: owner.name.clone(),
        description: owner.description.clone(),
        ..AddMachine::default()
    };
    let user_id = machine::create(ctx, command).await?.user_id;
    let key_file = match (owner.key, material) {
        (Some(expires_at), Some(material)) => {
            let command = AddKey {
                reach: Reach::Instance,
                user_id: user_id.clone(),
                key_id: None,
                expires_at: Some(expires_at),
                public_key: None,
            };
            keys::create(ctx, command, material).await?.key_file
        }
        _ => None,
    };
    let token = match &owner.token {
        Some((expires_at, scopes)) => {
            let command = AddToken {
                reach: Reach::Instance,
                user_id: user_id.clone(),
                expires_at: Some(*expires_at),
                scopes: Some(scopes.clone()),
            };
            Some(tokens::create(ctx, command).await?.token)
        }
        None => None,
    };
    Ok(CreatedMachine { user_id, key_file, token })
}

/// Returns the user's id and login name.
async fn add_human(
    ctx: &mut Context,
    template: &InstanceTemplate,
    org_id: &str,
    org_name: &str,
    owner: &HumanOwner,
    password: Option<PreparedPassword>,
) -> Result<(String, String)> {
    let org_domain = castellan_directory::organizations::generated_domain(org_name, &template.external_domain)?;
    let must_be_domain = template.defaults.domain_policy.user_login_must_be_domain;
    let user_name = if must_be_domain || owner.user_name.contains('@') {
        owner.user_name.clone()
    } else {
        format!("{}@{org_domain}", owner.user_name)
    };
    let email = if owner.email.is_empty() {
        if user_name.contains('@') { user_name.clone() } else { format!("{user_name}@{org_domain}") }
    } else {
        owner.email.clone()
    };
    let command = AddHuman {
        org_id: org_id.to_owned(),
        user_name: Some(user_name.clone()),
        first_name: owner.first_name.clone(),
        last_name: owner.last_name.clone(),
        nick_name: owner.nick_name.clone(),
        display_name: owner.display_name.clone(),
        preferred_language: owner.preferred_language.clone(),
        email: NewAddress { address: email, verification: verification(owner.email_verified) },
        phone: (!owner.phone.is_empty())
            .then(|| NewAddress { address: owner.phone.clone(), verification: verification(owner.phone_verified) }),
        password_change_required: owner.password_change_required,
        initial_code: InitialCode::Never,
        ..AddHuman::default()
    };
    let user_id = human::create(ctx, command, password).await?.user_id;
    let login_name = if must_be_domain { format!("{user_name}@{org_domain}") } else { user_name };
    Ok((user_id, login_name))
}

fn verification(proven: bool) -> Verification {
    if proven { Verification::Verified } else { Verification::Unverified }
}
