//! The v2 RPCs that take people and service users alike: CreateUser, UpdateUser. Conversion only; the rules are those of the rooms
//! `machine` and `human`.

#[cfg(test)]
mod tests;

use castellan_kernel::{Fault, Result};
use castellan_proto::methods::user_v2;
use castellan_proto::zitadel::user::v2;
use castellan_rpc::{Context, Registry, convert};

use super::head::{Reach, UserHead, UserKind};
use super::human::{self, AddHuman, UpdateHuman};
use super::machine::{self, AccessTokenType, AddMachine, UpdateMachine};

const NOT_FOUND: Fault = Fault::not_found("COMMAND-ugjs0upun6", "Errors.User.NotFound");
const TYPE_MISSING: Fault = Fault::invalid("USERv2-Type1", "Errors.Invalid.Argument");
const METADATA_TWICE: Fault = Fault::invalid("USERv2-j0z7uy", "Errors.User.Metadata.Conflicting");

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/users/either")
        .command::<user_v2::CreateUser>(create)
        .command::<user_v2::UpdateUser>(update);
}

fn pairs(metadata: Vec<v2::Metadata>) -> Vec<(String, Vec<u8>)> {
    metadata.into_iter().map(|pair| (pair.key, pair.value)).collect()
}

async fn create(ctx: &mut Context, mut request: v2::CreateUserRequest) -> Result<v2::CreateUserResponse> {
    use v2::create_user_request::UserType;
    match request.user_type.take().ok_or(TYPE_MISSING)? {
        UserType::Machine(machine) => create_machine(ctx, request, machine).await,
        UserType::Human(human) => create_human(ctx, request, human).await,
    }
}

async fn create_machine(
    ctx: &mut Context,
    request: v2::CreateUserRequest,
    machine: v2::create_user_request::Machine,
) -> Result<v2::CreateUserResponse> {
    let command = AddMachine {
        org_id: request.organization_id,
        user_id: request.user_id,
        user_name: request.username,
        name: machine.name,
        description: machine.description.unwrap_or_default(),
        access_token_type: AccessTokenType::from_number(machine.access_token_type.into()),
        metadata: pairs(request.metadata),
    };
    let added = machine::create(ctx, command).await?;
    Ok(v2::CreateUserResponse {
        id: added.user_id,
        creation_date: Some(convert::timestamp(added.receipt.changed_at)),
        email_code: None,
        phone_code: None,
    })
}

#[allow(deprecated, reason = "the contract still takes metadata in the older place")]
async fn create_human(
    ctx: &mut Context,
    request: v2::CreateUserRequest,
    human: v2::create_user_request::Human,
) -> Result<v2::CreateUserResponse> {
    use v2::create_user_request::human::PasswordType;
    human::refuse_later_parts("CreateUser", !human.idp_links.is_empty(), human.totp_secret.as_deref())?;
    if !request.metadata.is_empty() && !human.metadata.is_empty() {
        return Err(METADATA_TWICE.into());
    }
    let metadata = if request.metadata.is_empty() { human.metadata } else { request.metadata };
    let (plain, hashed) = match human.password_type {
        None => (None, None),
        Some(PasswordType::Password(plain)) => (Some(plain), None),
        Some(PasswordType::HashedPassword(hashed)) => (None, Some(hashed)),
    };
    let (password, password_change_required) = human::password_from_v2(plain, hashed);
    let command = AddHuman {
        org_id: request.organization_id,
        user_id: request.user_id,
        user_name: request.username,
        email: human::email_from_v2(human.email.unwrap_or_default()),
        phone: human.phone.filter(|phone| !phone.phone.is_empty()).map(human::phone_from_v2),
        password,
        password_change_required,
        metadata: pairs(metadata),
        ..human::profile_of_new(human.profile.unwrap_or_default())
    };
    let added = human::add(ctx, command).await?;
    Ok(v2::CreateUserResponse {
        id: added.user_id,
        creation_date: Some(convert::timestamp(added.receipt.changed_at)),
        email_code: added.email_code,
        phone_code: added.phone_code,
    })
}

async fn update(ctx: &mut Context, mut request: v2::UpdateUserRequest) -> Result<v2::UpdateUserResponse> {
    use v2::update_user_request::UserType;
    match request.user_type.take() {
        Some(UserType::Machine(machine)) => update_machine(ctx, request, machine).await,
        Some(UserType::Human(human)) => update_human(ctx, request, human).await,
        // What both kinds have can change without saying which kind it is.
        None => {
            let user = UserHead::find(&mut ctx.look(), &Reach::Instance, &request.user_id).await?.ok_or(NOT_FOUND)?;
            match user.kind {
                UserKind::Machine => update_machine(ctx, request, v2::update_user_request::Machine::default()).await,
                UserKind::Human => update_human(ctx, request, v2::update_user_request::Human::default()).await,
            }
        }
    }
}

async fn update_machine(
    ctx: &mut Context,
    request: v2::UpdateUserRequest,
    machine: v2::update_user_request::Machine,
) -> Result<v2::UpdateUserResponse> {
    let command = UpdateMachine {
        reach: Reach::Instance,
        not_found: NOT_FOUND,
        user_id: request.user_id,
        user_name: request.username,
        name: machine.name,
        description: machine.description,
        access_token_type: machine.access_token_type.map(|number| AccessTokenType::from_number(number.into())),
        metadata: pairs(request.metadata),
    };
    let updated = machine::update(ctx, command).await?;
    let changed_at = updated.receipt.map_or(updated.before.changed_at, |receipt| receipt.changed_at);
    Ok(v2::UpdateUserResponse { change_date: Some(convert::timestamp(changed_at)), email_code: None, phone_code: None })
}

async fn update_human(
    ctx: &mut Context,
    request: v2::UpdateUserRequest,
    human: v2::update_user_request::Human,
) -> Result<v2::UpdateUserResponse> {
    let profile = human.profile.unwrap_or_default();
    let command = UpdateHuman {
        user_id: request.user_id,
        user_name: request.username,
        profile: human::ProfileChange {
            first_name: profile.given_name,
            last_name: profile.family_name,
            nick_name: profile.nick_name,
            display_name: profile.display_name,
            preferred_language: profile.preferred_language,
            gender: profile.gender,
        },
        email: human.email.map(human::email_from_v2),
        phone: human.phone.map(human::phone_change_from_v2).transpose()?,
        password: human.password.map(human::password_change_from_v2).transpose()?,
        metadata: pairs(request.metadata),
    };
    let updated = human::update(ctx, command).await?;
    Ok(v2::UpdateUserResponse {
        change_date: Some(convert::timestamp(updated.receipt.changed_at)),
        email_code: updated.email_code,
        phone_code: updated.phone_code,
    })
}
