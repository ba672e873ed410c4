//! v2 and v2beta: conversion only, no rules.

use castellan_kernel::{Result, TextMethod};
use castellan_proto::zitadel::{object, user::v2};
use castellan_rpc::{Context, convert};

use super::filter::{self, Filter, Pair};
use super::query::{self, Sorting};
use super::{Human, Profile, User};
use crate::users::head::UserState;
use crate::users::twin::v2beta_twins;

pub(super) async fn get(ctx: &mut Context, request: v2::GetUserByIdRequest) -> Result<v2::GetUserByIdResponse> {
    let user = query::get_visible(ctx, &request.user_id).await?;
    Ok(v2::GetUserByIdResponse { details: details(&user), user: Some(to_wire(&user, &ctx.origin)) })
}

pub(super) async fn list(ctx: &mut Context, request: v2::ListUsersRequest) -> Result<v2::ListUsersResponse> {
    let page = convert::page_object_v2(request.query.as_ref());
    let sorting = Sorting::from_number(request.sorting_column);
    let condition = filter::all(request.queries, &read_query)?;
    let users = query::list_visible(ctx, condition, sorting, page).await?;
    Ok(v2::ListUsersResponse {
        details: convert::list_object_v2(users.total, ctx.now()),
        sorting_column: request.sorting_column,
        result: users.items.iter().map(|user| to_wire(user, &ctx.origin)).collect(),
    })
}

v2beta_twins! {
    v2beta_get = get, GetUserByIdRequest, GetUserByIdResponse;
    v2beta_list = list, ListUsersRequest, ListUsersResponse;
}

fn read_query(query: v2::SearchQuery) -> Result<Filter<v2::SearchQuery>> {
    use filter::{method, name, text, user_name};
    use v2::search_query::Query;
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
        Query::PhoneQuery(query) => text("u.phone", "u.phone", method(query.method)?, &query.number),
        Query::StateQuery(query) => filter::state(stored_state(query.state)),
        Query::TypeQuery(query) => filter::kind(query.r#type),
        Query::LoginNameQuery(query) => filter::login_name(method(query.method)?, &query.login_name),
        Query::InUserIdsQuery(query) => filter::id_in(query.user_ids)?,
        Query::InUserEmailsQuery(query) => filter::email_in(query.user_emails)?,
        Query::OrganizationIdQuery(query) => filter::org(query.organization_id),
        Query::MetadataKeyFilter(filter) => {
            let method = TextMethod::from_number(filter.method).ok_or_else(filter::invalid)?;
            return Ok(Filter::Metadata(Pair::Key(method, filter.key)));
        }
        Query::MetadataValueFilter(filter) => {
            return Ok(Filter::Metadata(Pair::Value { equal: filter.method == 0, value: filter.value }));
        }
        Query::OrQuery(query) => return Ok(Filter::Any(query.queries)),
        Query::AndQuery(query) => return Ok(Filter::All(query.queries)),
        Query::NotQuery(query) => return Ok(Filter::Not(*query.query.ok_or_else(filter::invalid)?)),
    }))
}

/// v2 has another number for the initial state than storage and v1.
fn stored_state(number: i32) -> i32 {
    if number == v2::UserState::Initial as i32 { UserState::Initial as i32 } else { number }
}

fn state(state: UserState) -> v2::UserState {
    match state {
        UserState::Active => v2::UserState::Active,
        UserState::Inactive => v2::UserState::Inactive,
        UserState::Locked => v2::UserState::Locked,
        UserState::Initial => v2::UserState::Initial,
    }
}

fn details(user: &User) -> Option<object::v2::Details> {
    Some(object::v2::Details {
        sequence: user.sequence,
        change_date: Some(convert::timestamp(user.changed_at)),
        resource_owner: user.org_id.clone(),
        creation_date: Some(convert::timestamp(user.created_at)),
    })
}

fn to_wire(user: &User, origin: &str) -> v2::User {
    let r#type = match &user.profile {
        Profile::Human(human) => v2::user::Type::Human(human_to_wire(user, human, origin)),
        Profile::Machine(machine) => v2::user::Type::Machine(v2::MachineUser {
            name: machine.name.clone(),
            description: machine.description.clone(),
            has_secret: machine.has_secret,
            access_token_type: machine.access_token_type as i32,
        }),
    };
    v2::User {
        user_id: user.id.clone(),
        details: details(user),
        state: state(user.state).into(),
        username: user.user_name.clone(),
        login_names: user.login_names.clone(),
        preferred_login_name: user.preferred_login_name.clone(),
        r#type: Some(r#type),
    }
}

fn human_to_wire(user: &User, human: &Human, origin: &str) -> v2::HumanUser {
    v2::HumanUser {
        // The fields that the user around it has stay empty here.
        profile: Some(v2::HumanProfile {
            given_name: human.first_name.clone(),
            family_name: human.last_name.clone(),
            nick_name: Some(human.nick_name.clone()),
            display_name: Some(human.display_name.clone()),
            preferred_language: Some(human.shown_language()),
            gender: Some(human.gender),
            avatar_url: user.avatar_url(human, origin),
        }),
        email: Some(v2::HumanEmail { email: human.email.clone(), is_verified: human.email_verified }),
        phone: Some(v2::HumanPhone { phone: human.phone.clone(), is_verified: human.phone_verified }),
        password_change_required: human.password_change_required,
        password_changed: human.password_changed_at.map(convert::timestamp),
        mfa_init_skipped: human.mfa_init_skipped_at.map(convert::timestamp),
        ..v2::HumanUser::default()
    }
}
