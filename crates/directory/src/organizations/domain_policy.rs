//! Rules of login names and domains, of the instance and of organizations. RPCs: Admin …DomainPolicy and the older …OrgIAMPolicy,
//! Management GetDomainPolicy and GetOrgIAMPolicy, settings v2 and v2beta GetDomainSettings. Document `domain_policy`. Events
//! `*.policy.domain.*`. Unlike other policies it stands here: login names follow it. Rules: spec api.md 4.9.

use castellan_kernel::{Fault, Owner, Receipt, Result};
use castellan_proto::methods::{admin_v1, management_v1, settings_v2, settings_v2beta};
use castellan_proto::zitadel::{admin::v1 as admin, management::v1 as management, policy::v1 as policy, settings};
use castellan_rpc::{Context, Registry, convert};
use castellan_settings::DomainPolicy;
use castellan_settings::policies::{self, rpc};
use castellan_settings::store::{self, Stored};
use castellan_settings::wire::{twin, via};

use super::sql;
use crate::users::login_names;

const ORG_NOT_FOUND: Fault = Fault::precondition("COMMAND-QXPGs", "Errors.Org.NotFound");

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/organizations/domain_policy")
        .query::<admin_v1::GetDomainPolicy>(get_default)
        .command::<admin_v1::UpdateDomainPolicy>(update_default)
        .query::<admin_v1::GetCustomDomainPolicy>(get_custom)
        .command::<admin_v1::AddCustomDomainPolicy>(add_custom)
        .command::<admin_v1::UpdateCustomDomainPolicy>(update_custom)
        .command::<admin_v1::ResetCustomDomainPolicyToDefault>(reset_custom)
        .query::<admin_v1::GetOrgIAMPolicy>(older_get_default)
        .command::<admin_v1::UpdateOrgIAMPolicy>(older_update_default)
        .query::<admin_v1::GetCustomOrgIAMPolicy>(older_get_custom)
        .command::<admin_v1::AddCustomOrgIAMPolicy>(older_add_custom)
        .command::<admin_v1::UpdateCustomOrgIAMPolicy>(older_update_custom)
        .command::<admin_v1::ResetCustomOrgIAMPolicyToDefault>(older_reset_custom)
        .query::<management_v1::GetDomainPolicy>(get)
        .query::<management_v1::GetOrgIAMPolicy>(older_get)
        .query::<settings_v2::GetDomainSettings>(v2_get)
        .query::<settings_v2beta::GetDomainSettings>(v2beta_get);
}

/// Changes the policy of this owner. Where names were unique per organization and are not any more, they must be unique in the
/// instance.
async fn change(
    ctx: &mut Context,
    owner: &Owner,
    edit: impl FnOnce(&DomainPolicy) -> DomainPolicy + Send,
) -> Result<Receipt> {
    let before = must_be_domain(ctx, owner).await?;
    let receipt = policies::change(ctx, owner, edit).await?;
    follow(ctx, owner, before).await?;
    Ok(receipt)
}

async fn add(ctx: &mut Context, org_id: &str, policy: &DomainPolicy) -> Result<Receipt> {
    if !sql::exists(ctx.tx().await?, org_id).await? {
        return Err(ORG_NOT_FOUND.into());
    }
    let owner = Owner::Org(org_id.to_owned());
    let before = must_be_domain(ctx, &owner).await?;
    let receipt = policies::add(ctx, org_id, policy).await?;
    follow(ctx, &owner, before).await?;
    Ok(receipt)
}

async fn reset(ctx: &mut Context, org_id: &str) -> Result<Receipt> {
    let owner = Owner::Org(org_id.to_owned());
    let before = must_be_domain(ctx, &owner).await?;
    let receipt = policies::remove::<DomainPolicy>(ctx, org_id).await?;
    follow(ctx, &owner, before).await?;
    Ok(receipt)
}

/// What is in force for that owner.
async fn must_be_domain(ctx: &mut Context, owner: &Owner) -> Result<bool> {
    let org_id = if let Owner::Org(org_id) = owner { org_id.as_str() } else { "" };
    Ok(store::effective::<DomainPolicy>(ctx.tx().await?, org_id).await?.value.user_login_must_be_domain)
}

/// Has the names of users follow, if something else is in force now.
async fn follow(ctx: &mut Context, owner: &Owner, before: bool) -> Result<()> {
    if must_be_domain(ctx, owner).await? == before {
        return Ok(());
    }
    match owner {
        Owner::Instance => login_names::follow_default_policy(ctx).await,
        Owner::Org(org_id) => login_names::follow_policy(ctx, org_id).await,
    }
}

async fn get_default(ctx: &mut Context, _: admin::GetDomainPolicyRequest) -> Result<admin::GetDomainPolicyResponse> {
    let stored = policies::read_default(ctx).await?;
    Ok(admin::GetDomainPolicyResponse { policy: Some(wire(&stored, &ctx.instance.id)) })
}

async fn update_default(
    ctx: &mut Context,
    request: admin::UpdateDomainPolicyRequest,
) -> Result<admin::UpdateDomainPolicyResponse> {
    let policy = DomainPolicy {
        user_login_must_be_domain: request.user_login_must_be_domain,
        validate_org_domains: request.validate_org_domains,
        smtp_sender_address_matches_instance_domain: request.smtp_sender_address_matches_instance_domain,
    };
    let receipt = change(ctx, &Owner::Instance, |_| policy).await?;
    Ok(admin::UpdateDomainPolicyResponse { details: convert::changed(&receipt) })
}

async fn get_custom(
    ctx: &mut Context,
    request: admin::GetCustomDomainPolicyRequest,
) -> Result<admin::GetCustomDomainPolicyResponse> {
    let stored = policies::read(ctx, &request.org_id).await?;
    let policy = Some(wire(&stored, &ctx.instance.id));
    Ok(admin::GetCustomDomainPolicyResponse { policy, is_default: stored.is_default() })
}

async fn add_custom(
    ctx: &mut Context,
    request: admin::AddCustomDomainPolicyRequest,
) -> Result<admin::AddCustomDomainPolicyResponse> {
    let policy = DomainPolicy {
        user_login_must_be_domain: request.user_login_must_be_domain,
        validate_org_domains: request.validate_org_domains,
        smtp_sender_address_matches_instance_domain: request.smtp_sender_address_matches_instance_domain,
    };
    let receipt = add(ctx, &request.org_id, &policy).await?;
    Ok(admin::AddCustomDomainPolicyResponse { details: convert::added(&receipt) })
}

async fn update_custom(
    ctx: &mut Context,
    request: admin::UpdateCustomDomainPolicyRequest,
) -> Result<admin::UpdateCustomDomainPolicyResponse> {
    let policy = DomainPolicy {
        user_login_must_be_domain: request.user_login_must_be_domain,
        validate_org_domains: request.validate_org_domains,
        smtp_sender_address_matches_instance_domain: request.smtp_sender_address_matches_instance_domain,
    };
    let receipt = change(ctx, &Owner::Org(request.org_id), |_| policy).await?;
    Ok(admin::UpdateCustomDomainPolicyResponse { details: convert::changed(&receipt) })
}

async fn reset_custom(
    ctx: &mut Context,
    request: admin::ResetCustomDomainPolicyToDefaultRequest,
) -> Result<admin::ResetCustomDomainPolicyToDefaultResponse> {
    let receipt = reset(ctx, &request.org_id).await?;
    Ok(admin::ResetCustomDomainPolicyToDefaultResponse { details: convert::changed(&receipt) })
}

async fn get(ctx: &mut Context, _: management::GetDomainPolicyRequest) -> Result<management::GetDomainPolicyResponse> {
    let org = ctx.caller.org.clone();
    let stored = policies::read(ctx, &org).await?;
    Ok(management::GetDomainPolicyResponse { policy: Some(wire(&stored, &ctx.instance.id)) })
}

async fn v2_get(
    ctx: &mut Context,
    request: settings::v2::GetDomainSettingsRequest,
) -> Result<settings::v2::GetDomainSettingsResponse> {
    let org = rpc::asked_org(ctx, request.ctx.as_ref())?;
    let stored = policies::read::<DomainPolicy>(ctx, &org).await?;
    Ok(settings::v2::GetDomainSettingsResponse {
        details: rpc::v2_details(&stored, &ctx.instance.id),
        settings: Some(settings::v2::DomainSettings {
            login_name_includes_domain: stored.value.user_login_must_be_domain,
            require_org_domain_verification: stored.value.validate_org_domains,
            smtp_sender_address_matches_instance_domain: stored.value.smtp_sender_address_matches_instance_domain,
            resource_owner_type: rpc::owner_type(&stored),
        }),
    })
}

async fn v2beta_get(
    ctx: &mut Context,
    request: settings::v2beta::GetDomainSettingsRequest,
) -> Result<settings::v2beta::GetDomainSettingsResponse> {
    via(v2_get(ctx, twin(&request)?).await)
}

// The older methods know one of the three values; the other two stay as they are.

async fn older_get_default(
    ctx: &mut Context,
    _: admin::GetOrgIamPolicyRequest,
) -> Result<admin::GetOrgIamPolicyResponse> {
    let stored = policies::read_default(ctx).await?;
    Ok(admin::GetOrgIamPolicyResponse { policy: Some(older_wire(&stored, &ctx.instance.id)) })
}

async fn older_update_default(
    ctx: &mut Context,
    request: admin::UpdateOrgIamPolicyRequest,
) -> Result<admin::UpdateOrgIamPolicyResponse> {
    let user_login_must_be_domain = request.user_login_must_be_domain;
    let edit = |held: &DomainPolicy| DomainPolicy { user_login_must_be_domain, ..held.clone() };
    let receipt = change(ctx, &Owner::Instance, edit).await?;
    Ok(admin::UpdateOrgIamPolicyResponse { details: convert::changed(&receipt) })
}

async fn older_get_custom(
    ctx: &mut Context,
    request: admin::GetCustomOrgIamPolicyRequest,
) -> Result<admin::GetCustomOrgIamPolicyResponse> {
    let stored = policies::read(ctx, &request.org_id).await?;
    let policy = Some(older_wire(&stored, &ctx.instance.id));
    Ok(admin::GetCustomOrgIamPolicyResponse { policy, is_default: stored.is_default() })
}

async fn older_add_custom(
    ctx: &mut Context,
    request: admin::AddCustomOrgIamPolicyRequest,
) -> Result<admin::AddCustomOrgIamPolicyResponse> {
    let policy =
        DomainPolicy { user_login_must_be_domain: request.user_login_must_be_domain, ..DomainPolicy::default() };
    let receipt = add(ctx, &request.org_id, &policy).await?;
    Ok(admin::AddCustomOrgIamPolicyResponse { details: convert::added(&receipt) })
}

async fn older_update_custom(
    ctx: &mut Context,
    request: admin::UpdateCustomOrgIamPolicyRequest,
) -> Result<admin::UpdateCustomOrgIamPolicyResponse> {
    let user_login_must_be_domain = request.user_login_must_be_domain;
    let edit = |held: &DomainPolicy| DomainPolicy { user_login_must_be_domain, ..held.clone() };
    let receipt = change(ctx, &Owner::Org(request.org_id), edit).await?;
    Ok(admin::UpdateCustomOrgIamPolicyResponse { details: convert::changed(&receipt) })
}

async fn older_reset_custom(
    ctx: &mut Context,
    request: admin::ResetCustomOrgIamPolicyToDefaultRequest,
) -> Result<admin::ResetCustomOrgIamPolicyToDefaultResponse> {
    let receipt = reset(ctx, &request.org_id).await?;
    Ok(admin::ResetCustomOrgIamPolicyToDefaultResponse { details: convert::changed(&receipt) })
}

async fn older_get(
    ctx: &mut Context,
    _: management::GetOrgIamPolicyRequest,
) -> Result<management::GetOrgIamPolicyResponse> {
    let org = ctx.caller.org.clone();
    let stored = policies::read(ctx, &org).await?;
    Ok(management::GetOrgIamPolicyResponse { policy: Some(older_wire(&stored, &ctx.instance.id)) })
}

fn wire(stored: &Stored<DomainPolicy>, instance_id: &str) -> policy::DomainPolicy {
    policy::DomainPolicy {
        details: stored.details(instance_id),
        user_login_must_be_domain: stored.value.user_login_must_be_domain,
        is_default: stored.is_default(),
        validate_org_domains: stored.value.validate_org_domains,
        smtp_sender_address_matches_instance_domain: stored.value.smtp_sender_address_matches_instance_domain,
    }
}

fn older_wire(stored: &Stored<DomainPolicy>, instance_id: &str) -> policy::OrgIamPolicy {
    policy::OrgIamPolicy {
        details: stored.details(instance_id),
        user_login_must_be_domain: stored.value.user_login_must_be_domain,
        is_default: stored.is_default(),
    }
}

#[cfg(test)]
mod tests {
    use castellan_db::testing::on_each_engine;

    use super::*;
    use crate::users::head::{Reach, UserHead};
    use crate::users::testing::{World, events, id};

    fn custom(org: &str, must_be_domain: bool) -> admin::AddCustomDomainPolicyRequest {
        admin::AddCustomDomainPolicyRequest {
            org_id: org.into(),
            user_login_must_be_domain: must_be_domain,
            ..Default::default()
        }
    }

    async fn preferred(world: &World, user: &str) -> Option<String> {
        login_names::preferred(&mut world.internal().look(), user).await.unwrap()
    }

    #[tokio::test]
    async fn login_names_follow_the_policy_of_their_organization() {
        on_each_engine(|db| async {
            let world = World::new(db).await;
            let robot = world.machine("o1", "robot").await;
            let other = world.machine("o2", "other").await;
            assert_eq!(id(add_custom(&mut world.iam("IAM_OWNER"), custom("gone", true)).await), "COMMAND-QXPGs");
            let mut ctx = world.iam("IAM_OWNER");
            add_custom(&mut ctx, custom("o1", true)).await.unwrap();
            ctx.commit().await.unwrap();
            assert_eq!(preferred(&world, &robot).await.as_deref(), Some("robot@o1.localhost"));
            assert_eq!(preferred(&world, &other).await.as_deref(), Some("other"));
            let read = get(&mut world.org("o1", "ORG_OWNER"), management::GetDomainPolicyRequest {}).await.unwrap();
            assert!(read.policy.unwrap().user_login_must_be_domain);
            assert_eq!(id(add_custom(&mut world.iam("IAM_OWNER"), custom("o1", true)).await), "ORG-1M8ds");

            let mut ctx = world.iam("IAM_OWNER");
            let request = admin::ResetCustomDomainPolicyToDefaultRequest { org_id: "o1".into() };
            reset_custom(&mut ctx, request.clone()).await.unwrap();
            ctx.commit().await.unwrap();
            assert_eq!(preferred(&world, &robot).await.as_deref(), Some("robot"));
            assert_eq!(id(reset_custom(&mut world.iam("IAM_OWNER"), request).await), "ORG-Dvsh3");
        })
        .await;
    }

    #[tokio::test]
    async fn names_that_collide_keep_a_policy_from_being_reset() {
        on_each_engine(|db| async {
            let world = World::new(db).await;
            let mut ctx = world.iam("IAM_OWNER");
            add_custom(&mut ctx, custom("o1", true)).await.unwrap();
            ctx.commit().await.unwrap();
            world.machine("o1", "robot").await;
            world.machine("o2", "robot").await;
            let request = admin::ResetCustomDomainPolicyToDefaultRequest { org_id: "o1".into() };
            assert_eq!(id(reset_custom(&mut world.iam("IAM_OWNER"), request).await), "V3-DKcYh");
        })
        .await;
    }

    /// The names that events of this user tell beside its creation.
    async fn renamed(world: &World, user: &str) -> Vec<serde_json::Value> {
        let recorded = events(&mut world.internal(), "user", user).await;
        recorded.into_iter().filter(|(kind, _)| kind == "user.username.changed").map(|(_, payload)| payload).collect()
    }

    #[tokio::test]
    async fn every_user_whose_name_is_unique_elsewhere_gets_an_event() {
        on_each_engine(|db| async {
            let world = World::new(db).await;
            let (robot, twin) = (world.machine("o1", "Ro\"bot\u{e9}").await, world.machine("o1", "twin").await);
            let other = world.machine("o2", "other").await;
            let told = serde_json::json!({"userName": "Ro\"bot\u{e9}"});
            let commit = async |mut ctx: Context| ctx.commit().await.unwrap();

            // What the instance says anyway is no change.
            let mut ctx = world.iam("IAM_OWNER");
            add_custom(&mut ctx, custom("o1", false)).await.unwrap();
            commit(ctx).await;
            assert!(renamed(&world, &robot).await.is_empty());

            world.clock.advance_seconds(7);
            let mut ctx = world.iam("IAM_OWNER");
            let request = admin::UpdateCustomDomainPolicyRequest {
                org_id: "o1".into(),
                user_login_must_be_domain: true,
                ..Default::default()
            };
            update_custom(&mut ctx, request).await.unwrap();
            commit(ctx).await;
            assert_eq!(renamed(&world, &robot).await, [told]);
            assert_eq!(renamed(&world, &twin).await.len(), 1);
            assert!(renamed(&world, &other).await.is_empty());
            let head = |user: String| {
                let mut look = world.internal().look();
                async move { UserHead::find(&mut look, &Reach::Instance, &user).await.unwrap().unwrap() }
            };
            let user = head(robot.clone()).await;
            assert_eq!((user.sequence, user.changed_at), (2, world.internal().now()));
            assert_eq!(head(other.clone()).await.sequence, 1);

            // The instance's policy reaches those that have none of their own.
            let request = admin::UpdateOrgIamPolicyRequest { user_login_must_be_domain: true };
            world.settings("", "domain_policy", "{}").await;
            let mut ctx = world.iam("IAM_OWNER");
            older_update_default(&mut ctx, request).await.unwrap();
            commit(ctx).await;
            assert_eq!((renamed(&world, &robot).await.len(), renamed(&world, &other).await.len()), (1, 1));

            // Nothing of it stays when names collide.
            world.machine("o2", "TWIN").await;
            let mut ctx = world.iam("IAM_OWNER");
            let request = admin::UpdateOrgIamPolicyRequest { user_login_must_be_domain: false };
            older_update_default(&mut ctx, request).await.unwrap();
            commit(ctx).await;
            let request = admin::ResetCustomDomainPolicyToDefaultRequest { org_id: "o1".into() };
            assert_eq!(id(reset_custom(&mut world.iam("IAM_OWNER"), request).await), "V3-DKcYh");
            assert_eq!((renamed(&world, &robot).await.len(), renamed(&world, &other).await.len()), (1, 2));
            assert_eq!(head(robot).await.sequence, 2);
        })
        .await;
    }

    #[tokio::test]
    async fn the_instances_policy_reaches_all_organizations_without_an_own_one() {
        on_each_engine(|db| async {
            let world = World::new(db).await;
            world.settings("", "domain_policy", r#"{"validateOrgDomains":true}"#).await;
            let robot = world.machine("o1", "robot").await;
            let request = admin::UpdateOrgIamPolicyRequest { user_login_must_be_domain: true };
            let mut ctx = world.iam("IAM_OWNER");
            older_update_default(&mut ctx, request).await.unwrap();
            ctx.commit().await.unwrap();
            assert_eq!(preferred(&world, &robot).await.as_deref(), Some("robot@o1.localhost"));
            assert_eq!(id(older_update_default(&mut world.iam("IAM_OWNER"), request).await), "INSTANCE-pl9fN");
            let asked = settings::v2beta::GetDomainSettingsRequest { ctx: None };
            let read = v2beta_get(&mut world.org("o1", "ORG_OWNER"), asked).await.unwrap().settings.unwrap();
            assert!(read.login_name_includes_domain && read.require_org_domain_verification);
        })
        .await;
    }
}
