use castellan_db::testing::on_each_engine;
use castellan_kernel::{Error, Owner};

use super::*;
use crate::documents::{GeneratorKind, LockoutPolicy, LoginPolicy, PasswordComplexityPolicy, generator};
use crate::testing::{World, events};
use crate::{InstanceDefaults, write_instance_defaults};

fn org() -> Owner {
    Owner::Org("o1".to_owned())
}

async fn with_defaults(world: &World) {
    for instance in ["i1", "i2"] {
        let mut ctx = world.internal(instance);
        write_instance_defaults(&mut ctx, &InstanceDefaults::default()).await.unwrap();
        ctx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_new_instance_records_the_settings_it_starts_with() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        with_defaults(&world).await;
        let recorded = events(&mut world.admin("i1"), "instance").await;
        let payload = |name: &str| recorded.iter().find(|(event, _)| event == name).map(|(_, payload)| payload.clone());
        let generators = recorded.iter().filter(|(name, _)| name == "instance.secret.generator.added").count();
        assert_eq!(generators, 10);
        assert_eq!(payload("instance.policy.lockout.added").unwrap(), serde_json::json!({"showLockOutFailures": true}));
        assert!(payload("instance.policy.domain.added").unwrap().is_null());
        let login = payload("instance.policy.login.added").unwrap();
        assert_eq!(login["passwordCheckLifetime"], 864_000_000_000_000_i64);
        assert!(login.get("secondFactors").is_none());
        assert!(payload("instance.policy.login.multifactor.added").is_some());
        assert!(payload("instance.policy.label.activated").is_some());
        let features = events(&mut world.admin("i1"), "feature").await;
        assert_eq!(features.len(), 3);
        let mut look = world.admin("i1").look();
        assert_eq!(generator(&mut look, GeneratorKind::AppSecret).await.unwrap().length, 64);
    })
    .await;
}

#[tokio::test]
async fn an_override_is_added_once_changed_and_removed() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        with_defaults(&world).await;
        let id = |error: Error| error.id().to_owned();
        let strict = LockoutPolicy { max_password_attempts: 5, ..LockoutPolicy::default() };
        let same = |held: &LockoutPolicy| held.clone();

        let missing = change::<LockoutPolicy>(&mut world.admin("i1"), &org(), same).await.unwrap_err();
        assert_eq!(id(missing), "ORG-ADfs1");
        assert_eq!(id(remove::<LockoutPolicy>(&mut world.admin("i1"), "o1").await.unwrap_err()), "ORG-D4zuz");
        let mut ctx = world.admin("i1");
        add(&mut ctx, "o1", &strict).await.unwrap();
        ctx.commit().await.unwrap();
        assert_eq!(id(add(&mut world.admin("i1"), "o1", &strict).await.unwrap_err()), "ORG-0olDf");
        let unchanged = change::<LockoutPolicy>(&mut world.admin("i1"), &org(), same).await.unwrap_err();
        assert_eq!(id(unchanged), "ORG-0JFSr");
        let own = read::<LockoutPolicy>(&mut world.admin("i1"), "o1").await.unwrap();
        assert!(!own.is_default() && own.value.max_password_attempts == 5);
        assert!(read::<LockoutPolicy>(&mut world.admin("i2"), "o1").await.unwrap().is_default());

        let mut ctx = world.admin("i1");
        let fewer = |held: &LockoutPolicy| LockoutPolicy { max_password_attempts: 0, ..held.clone() };
        change::<LockoutPolicy>(&mut ctx, &org(), fewer).await.unwrap();
        remove::<LockoutPolicy>(&mut ctx, "o1").await.unwrap();
        let recorded = events(&mut ctx, "org").await;
        ctx.commit().await.unwrap();
        assert_eq!(recorded[1].1, serde_json::json!({"maxPasswordAttempts": 0}));
        assert_eq!(recorded[2].0, "org.policy.lockout.removed");
        assert!(read::<LockoutPolicy>(&mut world.admin("i1"), "o1").await.unwrap().is_default());
    })
    .await;
}

#[tokio::test]
async fn values_that_may_not_be_are_refused_for_both_owners() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        with_defaults(&world).await;
        let short = PasswordComplexityPolicy { min_length: 0, ..PasswordComplexityPolicy::default() };
        let error = add(&mut world.admin("i1"), "o1", &short).await.unwrap_err();
        assert_eq!(error.id(), "MODEL-Lsp0e");
        let script = |held: &LoginPolicy| LoginPolicy { default_redirect_uri: "javascript:1".into(), ..held.clone() };
        let error = change::<LoginPolicy>(&mut world.admin("i1"), &Owner::Instance, script).await.unwrap_err();
        assert_eq!(error.id(), "INST-SFdqd");
    })
    .await;
}

mod rpcs {
    use castellan_proto::zitadel::{admin::v1 as admin, management::v1 as management, settings};

    use super::*;
    use crate::policies::{label, lockout, login};

    #[tokio::test]
    async fn an_organization_reads_its_own_policy_and_falls_back_to_the_instances() {
        on_each_engine(|db| async {
            let world = World::new(db).await;
            with_defaults(&world).await;
            let read = async || {
                let request = management::GetLockoutPolicyRequest {};
                lockout::get(&mut world.admin("i1"), request).await.unwrap()
            };
            assert!(read().await.is_default);
            let mut ctx = world.admin("i1");
            let request = management::AddCustomLockoutPolicyRequest { max_password_attempts: 5, max_otp_attempts: 3 };
            let added = lockout::add(&mut ctx, request).await.unwrap();
            ctx.commit().await.unwrap();
            assert_eq!(added.details.unwrap().resource_owner, "o1");
            let own = read().await;
            assert!(!own.is_default);
            assert_eq!(own.policy.unwrap().max_password_attempts, 5);

            let asked = |owner| settings::v2::GetLockoutSettingsRequest {
                ctx: Some(castellan_proto::zitadel::object::v2::RequestContext { resource_owner: Some(owner) }),
            };
            use castellan_proto::zitadel::object::v2::request_context::ResourceOwner;
            let org = lockout::v2_get(&mut world.admin("i1"), asked(ResourceOwner::OrgId("o1".into()))).await.unwrap();
            let own = org.settings.unwrap();
            assert_eq!((own.max_otp_attempts, own.resource_owner_type), (3, 2));
            let default = lockout::v2_get(&mut world.admin("i1"), asked(ResourceOwner::Instance(true))).await.unwrap();
            assert_eq!(default.settings.unwrap().resource_owner_type, 1);
            assert_eq!(default.details.unwrap().resource_owner, "i1");
            let context = settings::v2beta::GetLockoutSettingsRequest { ctx: None };
            let beta = lockout::v2beta_get(&mut world.admin("i1"), context).await.unwrap();
            assert_eq!(beta.settings.unwrap().max_password_attempts, 5);
        })
        .await;
    }

    #[tokio::test]
    async fn changing_a_login_policy_keeps_its_factors() {
        on_each_engine(|db| async {
            let world = World::new(db).await;
            with_defaults(&world).await;
            let mut ctx = world.admin("i1");
            let request = admin::UpdateLoginPolicyRequest { allow_register: true, ..Default::default() };
            login::api::admin_update(&mut ctx, request).await.unwrap();
            ctx.commit().await.unwrap();
            let read = login::api::admin_get(&mut world.admin("i1"), admin::GetLoginPolicyRequest {}).await.unwrap();
            let policy = read.policy.unwrap();
            assert!(policy.allow_register && !policy.allow_username_password);
            assert_eq!((policy.second_factors, policy.multi_factors), (vec![1, 2], vec![1]));
        })
        .await;
    }

    #[tokio::test]
    async fn factors_are_added_once_and_removed_once() {
        on_each_engine(|db| async {
            let world = World::new(db).await;
            with_defaults(&world).await;
            let id = |error: Error| error.id().to_owned();
            let add = |r#type| management::AddSecondFactorToLoginPolicyRequest { r#type };
            let remove = |r#type| management::RemoveSecondFactorFromLoginPolicyRequest { r#type };
            let without = login::api::add_second_factor(&mut world.admin("i1"), add(3)).await.unwrap_err();
            assert_eq!(id(without), "Org-M0sif");
            let mut ctx = world.admin("i1");
            let request = management::AddCustomLoginPolicyRequest { second_factors: vec![1], ..Default::default() };
            login::api::add(&mut ctx, request).await.unwrap();
            login::api::add_second_factor(&mut ctx, add(3)).await.unwrap();
            ctx.commit().await.unwrap();
            let again = login::api::add_second_factor(&mut world.admin("i1"), add(3)).await.unwrap_err();
            assert_eq!(id(again), "Org-2B0ps");
            let request = management::ListLoginPolicySecondFactorsRequest {};
            let listed = login::api::second_factors(&mut world.admin("i1"), request).await.unwrap();
            assert_eq!(listed.result, [1, 3]);
            let mut ctx = world.admin("i1");
            login::api::remove_second_factor(&mut ctx, remove(1)).await.unwrap();
            ctx.commit().await.unwrap();
            let missing = login::api::remove_second_factor(&mut world.admin("i1"), remove(1)).await.unwrap_err();
            assert_eq!(id(missing), "Org-3M9od");
            let names: Vec<_> = events(&mut world.admin("i1"), "org").await.into_iter().map(|(name, _)| name).collect();
            assert_eq!(
                names,
                [
                    "org.policy.login.added",
                    "org.policy.login.secondfactor.added",
                    "org.policy.login.secondfactor.added",
                    "org.policy.login.secondfactor.removed"
                ]
            );
        })
        .await;
    }

    #[tokio::test]
    async fn branding_changes_show_after_activation() {
        on_each_engine(|db| async {
            let world = World::new(db).await;
            with_defaults(&world).await;
            let mut ctx = world.admin("i1");
            let request = management::AddCustomLabelPolicyRequest {
                primary_color: "#abc".into(),
                disable_watermark: true,
                theme_mode: 2,
                ..Default::default()
            };
            label::api::add(&mut ctx, request).await.unwrap();
            ctx.commit().await.unwrap();
            let published = async || {
                let request = management::GetLabelPolicyRequest {};
                label::api::get(&mut world.admin("i1"), request).await.unwrap()
            };
            assert!(published().await.is_default);
            let request = management::GetPreviewLabelPolicyRequest {};
            let preview = label::api::get_preview(&mut world.admin("i1"), request).await.unwrap();
            assert_eq!(preview.policy.unwrap().primary_color, "#abc");
            let mut ctx = world.admin("i1");
            label::api::activate(&mut ctx, management::ActivateCustomLabelPolicyRequest {}).await.unwrap();
            ctx.commit().await.unwrap();
            let now = published().await;
            assert!(!now.is_default);
            assert!(now.policy.unwrap().disable_watermark);
            let request = settings::v2::GetBrandingSettingsRequest { ctx: None };
            let v2 = label::api::v2_get(&mut world.admin("i1"), request).await.unwrap().settings.unwrap();
            assert_eq!(v2.theme_mode(), settings::v2::ThemeMode::Dark);
            let recorded = events(&mut world.admin("i1"), "org").await;
            assert_eq!(recorded[0].1["disableMsgPopup"], true);

            let colour = management::UpdateCustomLabelPolicyRequest { font_color: "red".into(), ..Default::default() };
            let error = label::api::update(&mut world.admin("i1"), colour).await.unwrap_err();
            assert_eq!(error.id(), "POLICY-93mSf");
            let mut ctx = world.admin("i1");
            label::api::reset(&mut ctx, management::ResetLabelPolicyToDefaultRequest {}).await.unwrap();
            ctx.commit().await.unwrap();
            assert!(published().await.is_default);
        })
        .await;
    }
}
