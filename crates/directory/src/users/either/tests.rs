use castellan_db::testing::on_each_engine;
use castellan_proto::zitadel::user::v2;
use serde_json::json;

use crate::users::testing::{World, events, id};

fn machine() -> v2::CreateUserRequest {
    v2::CreateUserRequest {
        organization_id: "o1".into(),
        user_type: Some(v2::create_user_request::UserType::Machine(v2::create_user_request::Machine {
            name: "Robot".into(),
            description: None,
            access_token_type: v2::AccessTokenType::Jwt.into(),
        })),
        ..Default::default()
    }
}

fn human() -> v2::CreateUserRequest {
    v2::CreateUserRequest {
        organization_id: "o1".into(),
        user_type: Some(v2::create_user_request::UserType::Human(v2::create_user_request::Human {
            profile: Some(v2::SetHumanProfile {
                given_name: "Anna".into(),
                family_name: "Muster".into(),
                ..Default::default()
            }),
            email: Some(v2::SetHumanEmail {
                email: "anna@example.com".into(),
                verification: Some(v2::set_human_email::Verification::ReturnCode(Default::default())),
            }),
            ..Default::default()
        })),
        ..Default::default()
    }
}

fn update(user_id: &str) -> v2::UpdateUserRequest {
    v2::UpdateUserRequest { user_id: user_id.into(), ..Default::default() }
}

fn machine_update(user_id: &str, name: &str) -> v2::UpdateUserRequest {
    let machine = v2::update_user_request::Machine { name: Some(name.into()), ..Default::default() };
    v2::UpdateUserRequest { user_type: Some(v2::update_user_request::UserType::Machine(machine)), ..update(user_id) }
}

fn human_update(user_id: &str, human: v2::update_user_request::Human) -> v2::UpdateUserRequest {
    v2::UpdateUserRequest { user_type: Some(v2::update_user_request::UserType::Human(human)), ..update(user_id) }
}

#[tokio::test]
async fn a_service_user_is_named_by_its_id_and_updated_without_an_event_when_nothing_changes() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let request = v2::CreateUserRequest {
            metadata: vec![v2::Metadata { key: "k".into(), value: b"v".to_vec() }],
            ..machine()
        };
        let robot = super::create(&mut ctx, request).await.unwrap().id;
        let recorded = events(&mut ctx, "user", &robot).await;
        assert_eq!(recorded[0].1, json!({"userName": robot, "name": "Robot", "accessTokenType": 1}));
        assert_eq!(recorded[1].0, "user.metadata.set");
        super::update(&mut ctx, machine_update(&robot, "Robot")).await.unwrap();
        assert_eq!(events(&mut ctx, "user", &robot).await.len(), 2);
        super::update(&mut ctx, machine_update(&robot, "Android")).await.unwrap();
        assert_eq!(events(&mut ctx, "user", &robot).await[2].1, json!({"name": "Android"}));
        let renamed = v2::UpdateUserRequest { username: Some("Bot".into()), ..update(&robot) };
        ctx.commit().await.unwrap();
        super::update(&mut ctx, renamed).await.unwrap();
        assert_eq!(events(&mut ctx, "user", &robot).await[3].1, json!({"userName": "Bot"}));
    })
    .await;
}

#[tokio::test]
async fn a_person_is_named_by_its_address_and_gets_the_code_that_was_asked_for() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let created = super::create(&mut ctx, human()).await.unwrap();
        assert_eq!(created.email_code.unwrap().len(), 6);
        assert_eq!(events(&mut ctx, "user", &created.id).await[0].1["userName"], "anna@example.com");
        ctx.commit().await.unwrap();
        assert_eq!(id(super::update(&mut ctx, machine_update(&created.id, "X")).await), "COMMAND-ugjs0upun6");
        ctx.rollback();
        let change = v2::update_user_request::Human {
            profile: Some(v2::update_user_request::human::Profile {
                nick_name: Some("An".into()),
                ..Default::default()
            }),
            phone: Some(v2::SetHumanPhone {
                phone: "+41710000000".into(),
                verification: Some(v2::set_human_phone::Verification::ReturnCode(Default::default())),
            }),
            ..Default::default()
        };
        let updated = super::update(&mut ctx, human_update(&created.id, change)).await.unwrap();
        assert_eq!(updated.phone_code.unwrap().len(), 6);
        let removal = |verification| v2::update_user_request::Human {
            phone: Some(v2::SetHumanPhone { phone: String::new(), verification }),
            ..Default::default()
        };
        super::update(&mut ctx, human_update(&created.id, removal(None))).await.unwrap();
        assert_eq!(events(&mut ctx, "user", &created.id).await.pop().unwrap().0, "user.human.phone.removed");
        let proven = removal(Some(v2::set_human_phone::Verification::IsVerified(true)));
        assert_eq!(id(super::update(&mut ctx, human_update(&created.id, proven)).await), "USERv2-4f3d6");
    })
    .await;
}

#[tokio::test]
async fn several_changes_happen_together_or_not_at_all() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        world.machine("o2", "taken").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let created = super::create(&mut ctx, human()).await.unwrap().id;
        ctx.commit().await.unwrap();
        let change = v2::update_user_request::Human {
            profile: Some(v2::update_user_request::human::Profile {
                nick_name: Some("An".into()),
                ..Default::default()
            }),
            ..Default::default()
        };
        let request =
            v2::UpdateUserRequest { username: Some("TAKEN".into()), ..human_update(&created, change.clone()) };
        assert_eq!(id(super::update(&mut ctx, request).await), "V3-DKcYh");
        ctx.rollback();
        assert_eq!(events(&mut ctx, "user", &created).await.len(), 2);
        ctx.rollback();
        let foreign = super::update(&mut world.org("o2", "ORG_OWNER"), human_update(&created, change.clone())).await;
        assert_eq!(id(foreign), "AUTHZ-cdgFk");
        let elsewhere = super::update(&mut world.other_instance(), human_update(&created, change.clone())).await;
        assert_eq!(id(elsewhere), "COMMAND-ugjs0upun6");
        super::update(&mut world.user(&created, "o1"), human_update(&created, change)).await.unwrap();
    })
    .await;
}
