//! v1 Management and Auth: conversion only, no rules.

use castellan_kernel::{Fault, Result};
use castellan_proto::zitadel::{auth::v1 as auth_v1, management::v1, user::v1 as wire};
use castellan_rpc::{Context, convert};

use super::filter::{self, Filter};
use super::query::{self, Sorting};
use super::{Profile, User};

const PROFILE_NOT_HUMAN: Fault = Fault::precondition("QUERY-WLTce", "Errors.User.NotHuman");
const EMAIL_NOT_HUMAN: Fault = Fault::precondition("QUERY-pt7HY", "Errors.User.NotHuman");
const PHONE_NOT_HUMAN: Fault = Fault::precondition("QUERY-hliQl", "Errors.User.NotHuman");

pub(super) async fn get(ctx: &mut Context, request: v1::GetUserByIdRequest) -> Result<v1::GetUserByIdResponse> {
    let user = query::get_in_context(ctx, &request.id).await?;
    Ok(v1::GetUserByIdResponse { user: Some(to_wire(&user, &ctx.origin)) })
}

pub(super) async fn get_by_login_name(
    ctx: &mut Context,
    request: v1::GetUserByLoginNameGlobalRequest,
) -> Result<v1::GetUserByLoginNameGlobalResponse> {
    let user = query::get_by_login_name(ctx, &request.login_name).await?;
    Ok(v1::GetUserByLoginNameGlobalResponse { user: Some(to_wire(&user, &ctx.origin)) })
}

pub(super) async fn list(ctx: &mut Context, request: v1::ListUsersRequest) -> Result<v1::ListUsersResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let sorting = Sorting::from_number(request.sorting_column);
    let condition = filter::all(request.queries, &read_query)?;
    let users = query::list_in_context(ctx, condition, sorting, page).await?;
    Ok(v1::ListUsersResponse {
        details: convert::list_v1(users.total, ctx.now()),
        sorting_column: request.sorting_column,
        result: users.items.iter().map(|user| to_wire(user, &ctx.origin)).collect(),
    })
}

pub(super) async fn get_profile(
    ctx: &mut Context,
    request: v1::GetHumanProfileRequest,
) -> Result<v1::GetHumanProfileResponse> {
    let user = query::get_in_context(ctx, &request.user_id).await?;
    Ok(v1::GetHumanProfileResponse { details: details(&user), profile: Some(profile(&user, &ctx.origin)?) })
}

pub(super) async fn get_email(
    ctx: &mut Context,
    request: v1::GetHumanEmailRequest,
) -> Result<v1::GetHumanEmailResponse> {
    let user = query::get_in_context(ctx, &request.user_id).await?;
    Ok(v1::GetHumanEmailResponse { details: details(&user), email: Some(email(&user)?) })
}

pub(super) async fn get_phone(
    ctx: &mut Context,
    request: v1::GetHumanPhoneRequest,
) -> Result<v1::GetHumanPhoneResponse> {
    let user = query::get_in_context(ctx, &request.user_id).await?;
    Ok(v1::GetHumanPhoneResponse { details: details(&user), phone: Some(phone(&user)?) })
}

pub(super) async fn get_my(ctx: &mut Context, _: auth_v1::GetMyUserRequest) -> Result<auth_v1::GetMyUserResponse> {
    let user = query::get_own(ctx).await?;
    Ok(auth_v1::GetMyUserResponse { user: Some(to_wire(&user, &ctx.origin)), last_login: None })
}

pub(super) async fn get_my_profile(
    ctx: &mut Context,
    _: auth_v1::GetMyProfileRequest,
) -> Result<auth_v1::GetMyProfileResponse> {
    let user = query::get_own(ctx).await?;
    Ok(auth_v1::GetMyProfileResponse { details: details(&user), profile: Some(profile(&user, &ctx.origin)?) })
}

pub(super) async fn get_my_email(
    ctx: &mut Context,
    _: auth_v1::GetMyEmailRequest,
) -> Result<auth_v1::GetMyEmailResponse> {
    let user = query::get_own(ctx).await?;
    Ok(auth_v1::GetMyEmailResponse { details: details(&user), email: Some(email(&user)?) })
}

pub(super) async fn get_my_phone(
    ctx: &mut Context,
    _: auth_v1::GetMyPhoneRequest,
) -> Result<auth_v1::GetMyPhoneResponse> {
    let user = query::get_own(ctx).await?;
    Ok(auth_v1::GetMyPhoneResponse { details: details(&user), phone: Some(phone(&user)?) })
}

fn read_query(query: wire::SearchQuery) -> Result<Filter<wire::SearchQuery>> {
    use filter::{method, name, text, user_name};
    use wire::search_query::Query;
    Ok(Filter::Row(match query.query.ok_or_else(filter::invalid)? {
        Query::UserNameQuery(query) => user_name(method(query.method)?, &query.user_name),
        Query::FirstNameQuery(query) => {
            text("u.first_name", "u.first_name_lower", method(query.method)?, &query.first_name)
        }
        Query::LastNameQuery(query) => {
            text("u.last_name", "u.last_name_lower", method(query.method)?, &query.last_name)
        }
        Query::NickNameQuery(query) => {
            text("u.nick_name", "u.nick_name_lower", method(query.method)?, &query.nick_name)
        }
        Query::DisplayNameQuery(query) => {
            text("u.display_name", "u.display_name_lower", method(query.method)?, &query.display_name)
        }
        Query::EmailQuery(query) => name("u.email", "u.email_lower", method(query.method)?, &query.email_address),
        // States are stored under their v1 numbers.
        Query::StateQuery(query) => filter::state(query.state),
        Query::TypeQuery(query) => filter::kind(query.r#type),
        Query::LoginNameQuery(query) => filter::login_name(method(query.method)?, &query.login_name),
        Query::InUserIdsQuery(query) => filter::id_in(query.user_ids)?,
        Query::InUserEmailsQuery(query) => filter::email_in(query.user_emails)?,
        Query::OrQuery(query) => return Ok(Filter::Any(query.queries)),
        Query::AndQuery(query) => return Ok(Filter::All(query.queries)),
        Query::NotQuery(query) => return Ok(Filter::Not(*query.query.ok_or_else(filter::invalid)?)),
    }))
}

fn details(user: &User) -> Option<castellan_proto::zitadel::v1::ObjectDetails> {
    convert::read(user.sequence, user.created_at, user.changed_at, &user.org_id)
}

fn profile(user: &User, origin: &str) -> Result<wire::Profile> {
    let human = query::human(user, PROFILE_NOT_HUMAN)?;
    Ok(wire::Profile {
        first_name: human.first_name.clone(),
        last_name: human.last_name.clone(),
        nick_name: human.nick_name.clone(),
        display_name: human.display_name.clone(),
        preferred_language: human.shown_language(),
        gender: human.gender,
        avatar_url: user.avatar_url(human, origin),
    })
}

fn email(user: &User) -> Result<wire::Email> {
    let human = query::human(user, EMAIL_NOT_HUMAN)?;
    Ok(wire::Email { email: human.email.clone(), is_email_verified: human.email_verified })
}

fn phone(user: &User) -> Result<wire::Phone> {
    let human = query::human(user, PHONE_NOT_HUMAN)?;
    Ok(wire::Phone { phone: human.phone.clone(), is_phone_verified: human.phone_verified })
}

fn to_wire(user: &User, origin: &str) -> wire::User {
    let r#type = match &user.profile {
        Profile::Human(human) => wire::user::Type::Human(wire::Human {
            profile: profile(user, origin).ok(),
            email: email(user).ok(),
            phone: phone(user).ok(),
            password_changed: human.password_changed_at.map(convert::timestamp),
        }),
        Profile::Machine(machine) => wire::user::Type::Machine(wire::Machine {
            name: machine.name.clone(),
            description: machine.description.clone(),
            has_secret: machine.has_secret,
            access_token_type: machine.access_token_type as i32,
        }),
    };
    wire::User {
        id: user.id.clone(),
        details: details(user),
        state: user.state as i32,
        user_name: user.user_name.clone(),
        login_names: user.login_names.clone(),
        preferred_login_name: user.preferred_login_name.clone(),
        r#type: Some(r#type),
    }
}
