use castellan_db::testing::on_each_engine;

use super::*;
use crate::testing::{World, events};
use crate::{InstanceDefaults, write_instance_defaults};

fn otp(length: u32) -> admin::UpdateSecretGeneratorRequest {
    admin::UpdateSecretGeneratorRequest {
        generator_type: 7,
        length,
        expiry: Some(Span::from_seconds(300).to_proto()),
        include_digits: true,
        ..Default::default()
    }
}

#[tokio::test]
async fn a_generator_is_changed_and_shows_what_changed() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.internal("i1");
        write_instance_defaults(&mut ctx, &InstanceDefaults::default()).await.unwrap();
        ctx.commit().await.unwrap();
        assert_eq!(update(&mut world.admin("i1"), otp(8)).await.unwrap_err().id(), "COMMAND-m0o3f");
        let unknown = admin::UpdateSecretGeneratorRequest { generator_type: 0, ..otp(6) };
        assert_eq!(update(&mut world.admin("i1"), unknown).await.unwrap_err().id(), "COMMAND-33k9f");
        let mut ctx = world.admin("i1");
        update(&mut ctx, otp(6)).await.unwrap();
        let (name, payload) = events(&mut ctx, "instance").await.pop().unwrap();
        ctx.commit().await.unwrap();
        assert_eq!(name, "instance.secret.generator.changed");
        assert_eq!(payload, serde_json::json!({"generatorType": 8, "length": 6}));
        let request = admin::GetSecretGeneratorRequest { generator_type: 7 };
        let read = get(&mut world.admin("i1"), request).await.unwrap().secret_generator.unwrap();
        assert_eq!((read.length, read.include_digits, read.include_upper_letters), (6, true, false));
    })
    .await;
}

#[tokio::test]
async fn a_generator_must_draw_something_and_not_too_much() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let without_letters = admin::UpdateSecretGeneratorRequest { include_digits: false, ..otp(8) };
        for unusable in [otp(0), otp(4_097), otp(u32::MAX), without_letters] {
            assert_eq!(update(&mut world.admin("i1"), unusable).await.unwrap_err().id(), "COMMAND-Gen01");
        }
    })
    .await;
}

#[tokio::test]
async fn lists_leave_out_what_the_contract_does_not_number() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.internal("i1");
        write_instance_defaults(&mut ctx, &InstanceDefaults::default()).await.unwrap();
        ctx.commit().await.unwrap();
        let all = list(&mut world.admin("i1"), admin::ListSecretGeneratorsRequest::default()).await.unwrap();
        assert_eq!(
            all.result.iter().map(|entry| entry.generator_type).collect::<Vec<_>>(),
            [9, 8, 7, 6, 5, 4, 3, 2, 1]
        );
        let query = settings::secret_generator_query::Query::TypeQuery(settings::SecretGeneratorTypeQuery {
            generator_type: 6,
        });
        let request = admin::ListSecretGeneratorsRequest {
            queries: vec![settings::SecretGeneratorQuery { query: Some(query) }],
            ..Default::default()
        };
        let one = list(&mut world.admin("i1"), request).await.unwrap();
        assert_eq!((one.result.len(), one.result[0].length), (1, 64));
        let none = admin::GetSecretGeneratorRequest { generator_type: 6 };
        assert_eq!(get(&mut world.admin("i2"), none).await.unwrap_err().id(), "QUERY-m9wff");
    })
    .await;
}
