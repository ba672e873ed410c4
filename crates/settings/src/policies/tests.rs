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
