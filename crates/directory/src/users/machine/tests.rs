use castellan_db::testing::on_each_engine;
use castellan_proto::zitadel::management::v1;
use castellan_rpc::Context;
use serde_json::json;

use super::{AccessTokenType, AddMachine, UpdateMachine, api, create, update};
use crate::users::head::Reach;
use crate::users::testing::{World, events, id};

fn request(user_name: &str) -> v1::AddMachineUserRequest {
    v1::AddMachineUserRequest {
        user_name: user_name.into(),
        name: "Robot".into(),
        description: "Does things".into(),
        access_token_type: 1,
        user_id: None,
    }
}

fn change(user_id: &str, name: &str) -> v1::UpdateMachineRequest {
    v1::UpdateMachineRequest {
        user_id: user_id.into(),
        name: name.into(),
        description: String::new(),
        access_token_type: 0,
    }
}

/// Why a user is refused; that its name is taken comes out no later than at the commit.
async fn refusal(ctx: &mut Context, request: v1::AddMachineUserRequest) -> String {
    let added = match api::v1_add(ctx, request).await {
        Ok(_) => ctx.commit().await,
        Err(error) => Err(error),
    };
    id(added)
}

#[tokio::test]
async fn an_added_service_user_leaves_its_event_and_answers_with_the_change_date() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let answer = api::v1_add(&mut ctx, request("Robot")).await.unwrap();
        let details = answer.details.unwrap();
        assert_eq!((details.sequence, details.resource_owner.as_str()), (1, "o1"));
        assert!(details.change_date.is_some() && details.creation_date.is_none());
        assert_eq!(
            events(&mut ctx, "user", &answer.user_id).await,
            [(
                "user.machine.added".to_owned(),
                json!({"userName": "Robot", "name": "Robot", "description": "Does things", "accessTokenType": 1})
            )]
        );
    })
    .await;
}

#[tokio::test]
async fn without_a_user_name_the_id_is_the_name_and_a_chosen_id_is_kept() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.internal();
        let command =
            AddMachine { org_id: "o1".into(), user_id: Some("mine".into()), name: "R".into(), ..Default::default() };
        let added = create(&mut ctx, command.clone()).await.unwrap();
        assert_eq!(added.user_id, "mine");
        assert_eq!(events(&mut ctx, "user", "mine").await[0].1["userName"], "mine");
        assert_eq!(id(create(&mut ctx, command).await), "COMMAND-k2una");
    })
    .await;
}

#[tokio::test]
async fn a_user_name_is_taken_whatever_its_case_and_organization() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        world.machine("o1", "robot").await;
        let mut ctx = world.org("o2", "ORG_OWNER");
        assert_eq!(refusal(&mut ctx, request("ROBOT")).await, "V3-DKcYh");
        ctx.rollback();
        assert!(api::v1_add(&mut world.other_instance(), request("robot")).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn scoped_user_names_may_repeat_in_another_organization() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        world.settings("o1", "organization_settings", r#"{"organizationScopedUsernames":true}"#).await;
        world.settings("o2", "organization_settings", r#"{"organizationScopedUsernames":true}"#).await;
        world.machine("o1", "robot").await;
        let mut ctx = world.org("o2", "ORG_OWNER");
        assert!(api::v1_add(&mut ctx, request("robot")).await.is_ok());
        assert_eq!(refusal(&mut ctx, request("Robot")).await, "V3-DKcYh");
    })
    .await;
}

#[tokio::test]
async fn names_must_not_be_empty_and_the_organization_must_exist() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.iam("IAM_OWNER");
        assert_eq!(id(api::v1_add(&mut ctx, request("")).await), "COMMAND-bm9Ds");
        let nameless = AddMachine { org_id: "o1".into(), ..Default::default() };
        assert_eq!(id(create(&mut ctx, nameless).await), "COMMAND-bs9Ds");
        let lost = AddMachine { org_id: "o9".into(), name: "R".into(), ..Default::default() };
        assert_eq!(id(create(&mut ctx, lost).await), "COMMAND-QXPGs");
    })
    .await;
}

#[tokio::test]
async fn only_who_may_write_users_of_the_organization_adds_them() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let command = || AddMachine { org_id: "o2".into(), name: "R".into(), ..Default::default() };
        assert_eq!(id(create(&mut world.org("o1", "ORG_OWNER"), command()).await), "AUTHZ-cdgFk");
        assert_eq!(id(create(&mut world.org("o2", "ORG_OWNER_VIEWER"), command()).await), "AUTH-AWfge");
        assert!(create(&mut world.iam("IAM_OWNER"), command()).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn an_update_records_what_changed_and_refuses_when_nothing_did() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let details = api::v1_update(&mut ctx, change(&robot, "New")).await.unwrap().details.unwrap();
        assert_eq!(details.sequence, 2);
        assert_eq!(events(&mut ctx, "user", &robot).await[1], ("user.machine.changed".into(), json!({"name": "New"})));
        assert_eq!(id(api::v1_update(&mut ctx, change(&robot, "New")).await), "COMMAND-2n8vs");
    })
    .await;
}

#[tokio::test]
async fn service_users_of_other_organizations_and_instances_read_as_absent() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        for mut ctx in [world.org("o2", "ORG_OWNER"), world.other_instance()] {
            assert_eq!(id(api::v1_update(&mut ctx, change(&robot, "New")).await), "COMMAND-5M0od");
        }
    })
    .await;
}

#[tokio::test]
async fn a_service_user_may_change_itself_but_not_its_metadata() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let command = UpdateMachine {
            reach: Reach::Instance,
            not_found: castellan_kernel::Fault::not_found("X", "X"),
            user_id: robot.clone(),
            user_name: Some("Android".into()),
            name: None,
            description: None,
            access_token_type: Some(AccessTokenType::Jwt),
            metadata: Vec::new(),
        };
        let mut ctx = world.user(&robot, "o1");
        assert!(update(&mut ctx, command.clone()).await.unwrap().receipt.is_some());
        assert_eq!(events(&mut ctx, "user", &robot).await[1].1, json!({"userName": "Android"}));
        let with_metadata = UpdateMachine { metadata: vec![("k".into(), b"v".to_vec())], ..command };
        assert_eq!(id(update(&mut ctx, with_metadata).await), "AUTHZ-cdgFk");
    })
    .await;
}
