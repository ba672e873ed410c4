//! People and service users with their metadata and keys.

use std::collections::HashMap;
use std::sync::Arc;

use castellan_directory::users::head::Reach;
use castellan_directory::users::human::{self, InitialCode, NewPassword, PreparedPassword, Verification};
use castellan_directory::users::keys::{self, AddKey, KeyMaterial};
use castellan_directory::users::machine::{self, AccessTokenType, AddMachine};
use castellan_kernel::{Error, Fault, Result};
use castellan_proto::methods::management_v1 as management;
use castellan_proto::zitadel::admin::v1::{DataOrg, ImportDataSuccessOrg, ImportDataSuccessUserMetadata};
use castellan_proto::zitadel::management::v1 as wire;
use castellan_proto::zitadel::user::v1::UserState;
use castellan_proto::zitadel::v1::v1::{DataHumanUser, DataMachineUser};
use castellan_rpc::{Context, convert};
use castellan_settings::{PasswordComplexityPolicy, store};
use tokio::task::JoinSet;

use super::{Listener, Refused, unserved};
use crate::rooms;

const USER_MISSING: Fault = Fault::invalid("ADMIN-Im7pU", "Errors.Import.UserNotDescribed");
const STATE_INVALID: Fault = Fault::invalid("ADMIN-Im8pU", "Errors.Import.UserState");

/// Passwords ready to be stored, by the position of their person in the data.
pub(super) type Passwords = HashMap<usize, PreparedPassword>;

/// Hashes the plain passwords of an organization, several at a time, and looks at the hashes. Nothing is locked meanwhile.
pub(super) async fn hash_passwords(
    ctx: &Context,
    org: &DataOrg,
    listener: &mut dyn Listener,
) -> Result<Passwords, Refused> {
    let at_a_time = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let policy = Arc::new(policy(ctx, org).await.map_err(Refused::new("org", org.org_id.as_str()))?);
    let mut running: JoinSet<(usize, Result<PreparedPassword>)> = JoinSet::new();
    let mut done = Passwords::new();
    for (at, human) in org.human_users.iter().enumerate() {
        let Some(user) = &human.user else { continue };
        let hash = user.hashed_password.as_ref().map(|hashed| hashed.value.as_str()).filter(|hash| !hash.is_empty());
        let password = match (user.password.is_empty(), hash) {
            (false, _) => NewPassword::Plain(user.password.clone()),
            (true, Some(hash)) => NewPassword::Hashed(hash.to_owned()),
            (true, None) => continue,
        };
        let change_required = user.password_change_required;
        if matches!(password, NewPassword::Hashed(_)) {
            let prepared = human::prepare_password(ctx, &policy, password, change_required).await;
            done.insert(at, prepared.map_err(Refused::new("human_user", human.user_id.as_str()))?);
            continue;
        }
        while running.len() >= at_a_time {
            collect(&mut running, &mut done, org, listener).await?;
        }
        // The task outlives this borrow, so it gets a context of its own, for the services alone.
        let own = Context::internal(Arc::clone(ctx.env()), Arc::clone(&ctx.instance), "IMPORT");
        let policy = Arc::clone(&policy);
        running.spawn(async move { (at, human::prepare_password(&own, &policy, password, change_required).await) });
    }
    while !running.is_empty() {
        collect(&mut running, &mut done, org, listener).await?;
    }
    Ok(done)
}

async fn collect(
    running: &mut JoinSet<(usize, Result<PreparedPassword>)>,
    done: &mut Passwords,
    org: &DataOrg,
    listener: &mut dyn Listener,
) -> Result<(), Refused> {
    let Some(joined) = running.join_next().await else { return Ok(()) };
    let (at, prepared) = joined.map_err(|cause| Refused::new("human_user", "")(Error::internal(cause)))?;
    let id = org.human_users.get(at).map_or("", |human| human.user_id.as_str());
    done.insert(at, prepared.map_err(Refused::new("human_user", id))?);
    listener.step();
    Ok(())
}

/// What plain passwords must fulfil: the policy that the organization brings along, else the instance's.
async fn policy(ctx: &Context, org: &DataOrg) -> Result<PasswordComplexityPolicy> {
    match &org.password_complexity_policy {
        Some(policy) => Ok(PasswordComplexityPolicy {
            min_length: policy.min_length,
            has_lowercase: policy.has_lowercase,
            has_uppercase: policy.has_uppercase,
            has_number: policy.has_number,
            has_symbol: policy.has_symbol,
        }),
        None => Ok(store::of_instance::<PasswordComplexityPolicy>(&mut ctx.look()).await?.value),
    }
}

pub(super) async fn import(
    ctx: &mut Context,
    id: &str,
    org: &DataOrg,
    passwords: &Passwords,
    success: &mut ImportDataSuccessOrg,
    listener: &mut dyn Listener,
) -> Result<(), Refused> {
    for (at, human) in org.human_users.iter().enumerate() {
        let added = add_human(ctx, id, human, passwords.get(&at)).await;
        success.human_user_ids.push(added.map_err(Refused::new("human_user", human.user_id.as_str()))?);
        listener.step();
    }
    for machine in &org.machine_users {
        let added = add_machine(ctx, id, machine).await;
        success.machine_user_ids.push(added.map_err(Refused::new("machine_user", machine.user_id.as_str()))?);
        listener.step();
    }
    for pair in &org.user_metadata {
        let refused = Refused::new("user_metadata", format!("{} {}", pair.id, pair.key));
        rooms().call::<management::SetUserMetadata>(ctx, pair).await.map_err(refused)?;
        let (user_id, key) = (pair.id.clone(), pair.key.clone());
        success.user_metadata.push(ImportDataSuccessUserMetadata { user_id, key });
        listener.step();
    }
    let now = ctx.now();
    for key in org.machine_keys.iter().filter(|key| !unserved::is_expired(key.expiration_date.as_ref(), now)) {
        let command = AddKey {
            reach: Reach::Org(id.to_owned()),
            user_id: key.user_id.clone(),
            key_id: Some(key.key_id.clone()),
            expires_at: key.expiration_date.as_ref().map(convert::from_timestamp),
            public_key: Some(key.public_key.clone()),
        };
        let material = KeyMaterial::Own(key.public_key.clone());
        let added = keys::create(ctx, command, material).await;
        success.machine_keys.push(added.map_err(Refused::new("machine_key", key.key_id.as_str()))?.key_id);
        listener.step();
    }
    Ok(())
}

async fn add_human(
    ctx: &mut Context,
    org_id: &str,
    human: &DataHumanUser,
    password: Option<&PreparedPassword>,
) -> Result<String> {
    let request = human.user.clone().ok_or(USER_MISSING)?;
    let mut command = human::from_import(org_id.to_owned(), request)?;
    command.user_id = Some(human.user_id.trim().to_owned());
    command.password = None;
    let state = human.state();
    if state != UserState::Unspecified {
        // The state says how far the person has come: nobody is asked again to prove an address.
        command.initial_code = if state == UserState::Initial { InitialCode::Always } else { InitialCode::Never };
        for address in [Some(&mut command.email), command.phone.as_mut()].into_iter().flatten() {
            if address.verification != Verification::Verified {
                address.verification = Verification::Unverified;
            }
        }
    }
    let added = human::create(ctx, command, password.cloned()).await?;
    enter_state(ctx, &added.user_id, state).await?;
    Ok(added.user_id)
}

async fn add_machine(ctx: &mut Context, org_id: &str, machine: &DataMachineUser) -> Result<String> {
    let request = machine.user.clone().ok_or(USER_MISSING)?;
    let user_id = Some(machine.user_id.trim().to_owned()).filter(|id| !id.is_empty()).or(request.user_id);
    let command = AddMachine {
        org_id: org_id.to_owned(),
        user_id,
        user_name: Some(request.user_name),
        name: request.name,
        description: request.description,
        access_token_type: AccessTokenType::from_number(request.access_token_type.into()),
        metadata: Vec::new(),
    };
    let state = machine.state();
    if state == UserState::Initial {
        return Err(STATE_INVALID.into());
    }
    let added = machine::create(ctx, command).await?;
    // What is refused must be told of this user, not of what comes after it.
    ctx.tx().await?.settle().await?;
    enter_state(ctx, &added.user_id, state).await?;
    Ok(added.user_id)
}

async fn enter_state(ctx: &mut Context, user_id: &str, state: UserState) -> Result<()> {
    let id = user_id.to_owned();
    match state {
        UserState::Unspecified | UserState::Active | UserState::Initial => {}
        UserState::Inactive => {
            rooms().call::<management::DeactivateUser>(ctx, &wire::DeactivateUserRequest { id }).await?;
        }
        UserState::Locked => {
            rooms().call::<management::LockUser>(ctx, &wire::LockUserRequest { id }).await?;
        }
        UserState::Deleted | UserState::Suspend => return Err(STATE_INVALID.into()),
    }
    Ok(())
}
