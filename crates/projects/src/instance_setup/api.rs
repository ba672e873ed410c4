//! The System API's two ways to create an instance: conversion only.

use castellan_kernel::{Result, Timestamp};
use castellan_proto::zitadel::system::v1;
use castellan_rpc::{Context, convert};

use super::command::{CreatedInstance, create_instance};
use super::{HumanOwner, InstanceTemplate, MachineOwner, NewInstance};

/// The scopes of personal access tokens made through an API (`spec: oauth.md 3.6`).
const TOKEN_SCOPES: [&str; 4] =
    ["openid", "profile", "urn:zitadel:iam:user:metadata", "urn:zitadel:iam:user:resourceowner"];

pub(super) async fn v1_create(
    ctx: &mut Context,
    request: v1::CreateInstanceRequest,
) -> Result<v1::CreateInstanceResponse> {
    use v1::create_instance_request::Owner;
    let (mut human, mut machine) = (None, None);
    match request.owner {
        Some(Owner::Human(wire)) => {
            let (email, profile) = (wire.email.unwrap_or_default(), wire.profile.unwrap_or_default());
            let password = wire.password.unwrap_or_default();
            human = Some(HumanOwner {
                user_name: wire.user_name,
                first_name: profile.first_name,
                last_name: profile.last_name,
                preferred_language: profile.preferred_language,
                email: email.email,
                email_verified: email.is_email_verified,
                password: password.password,
                password_change_required: password.password_change_required,
                ..HumanOwner::default()
            });
        }
        Some(Owner::Machine(wire)) => {
            let until = |date: Option<_>| date.as_ref().map_or(Timestamp::NEVER, convert::from_timestamp);
            machine = Some(MachineOwner {
                user_name: wire.user_name,
                name: wire.name,
                description: String::new(),
                key: wire.machine_key.map(|key| until(key.expiration_date)),
                token: wire
                    .personal_access_token
                    .map(|token| (until(token.expiration_date), TOKEN_SCOPES.map(str::to_owned).to_vec())),
            });
        }
        None => {}
    }
    let org_name =
        if request.first_org_name.is_empty() { request.instance_name.clone() } else { request.first_org_name };
    let created = create_instance(
        ctx,
        NewInstance {
            name: request.instance_name,
            default_language: request.default_language,
            org_name,
            custom_domain: (!request.custom_domain.is_empty()).then_some(request.custom_domain),
            human,
            machine,
            ..NewInstance::default()
        },
    )
    .await?;
    let details = convert::added(&created.receipt);
    let CreatedInstance { instance_id, machine, .. } = created;
    let (pat, machine_key) = machine.map_or_else(Default::default, |machine| {
        (machine.token.unwrap_or_default(), machine.key_file.unwrap_or_default())
    });
    Ok(v1::CreateInstanceResponse { instance_id, details, pat, machine_key })
}

pub(super) async fn v1_add(ctx: &mut Context, request: v1::AddInstanceRequest) -> Result<v1::AddInstanceResponse> {
    let template = ctx.service::<InstanceTemplate>()?;
    let merged = |own: String, other: &str| if own.is_empty() { other.to_owned() } else { own };
    let base = &template.human;
    let (email, profile) = (request.owner_email.unwrap_or_default(), request.owner_profile.unwrap_or_default());
    let password = request.owner_password;
    let human = HumanOwner {
        user_name: merged(request.owner_user_name, &base.user_name),
        first_name: merged(profile.first_name, &base.first_name),
        last_name: merged(profile.last_name, &base.last_name),
        preferred_language: merged(profile.preferred_language, &base.preferred_language),
        email: merged(email.email, &base.email),
        email_verified: email.is_email_verified,
        password: password.as_ref().map(|password| password.password.clone()).unwrap_or_default(),
        password_change_required: password.is_some_and(|password| password.password_change_required),
        ..HumanOwner::default()
    };
    let org_name =
        if request.first_org_name.is_empty() { request.instance_name.clone() } else { request.first_org_name };
    let created = create_instance(
        ctx,
        NewInstance {
            name: request.instance_name,
            default_language: request.default_language,
            org_name,
            custom_domain: (!request.custom_domain.is_empty()).then_some(request.custom_domain),
            human: Some(human),
            ..NewInstance::default()
        },
    )
    .await?;
    Ok(v1::AddInstanceResponse { details: convert::added(&created.receipt), instance_id: created.instance_id })
}
