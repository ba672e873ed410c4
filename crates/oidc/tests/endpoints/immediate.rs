//! What takes a credential away works at once: nothing is cached across requests (spec oauth.md 4.7; advisory CVE-2023-22492).

use castellan_testkit::on_each_engine;
use serde_json::json;

use crate::world::{API_SCOPE, Client, Robot, World, text};

/// Every token of the user is void everywhere.
async fn assert_void(world: &World, client: &Client, tokens: &[String], why: &str) {
    for token in tokens {
        let answer = world.call_api(token).await;
        assert_eq!(answer.code(), "unauthenticated", "{why}: the APIs");
        assert_eq!(answer.error_id(), "AUTH-7fs1e", "{why}");
        let (status, code, _) = world.userinfo(token).await.oauth_error();
        assert_eq!((status, code.as_str()), (401, "access_denied"), "{why}: userinfo");
        assert_eq!(world.introspect(client, token).await.ok(), json!({ "active": false }), "{why}: introspection");
    }
}

async fn assert_good(world: &World, client: &Client, tokens: &[String], why: &str) {
    for token in tokens {
        assert!(world.call_api(token).await.is_ok(), "{why}: the APIs");
        assert!(world.userinfo(token).await.is_ok(), "{why}: userinfo");
        assert_eq!(world.introspect(client, token).await.ok()["active"], json!(true), "{why}: introspection");
    }
}

/// An opaque access token, a JWT and a personal access token of one user.
async fn tokens(world: &World, robot: &Robot, client: &Client) -> Vec<String> {
    let scope = format!("openid {API_SCOPE} urn:zitadel:iam:org:project:id:{}:aud", client.project);
    vec![
        text(&world.by_key(robot, &scope).await.ok(), "access_token"),
        text(&world.by_secret(robot, &scope).await.ok(), "access_token"),
        robot.personal_token.clone(),
    ]
}

#[tokio::test]
async fn a_deactivated_locked_or_removed_user_is_out_at_once() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let client = world.api_client().await;
        for robot in [&world.robot, &world.jwt_robot().await] {
            let user = json!({ "id": robot.id });
            for (take, give_back) in [("DeactivateUser", "ReactivateUser"), ("LockUser", "UnlockUser")] {
                let before = tokens(&world, robot, &client).await;
                assert_good(&world, &client, &before, "before").await;
                world.manage(take, user.clone()).await;
                assert_void(&world, &client, &before, take).await;
                for answer in [world.by_secret(robot, "openid").await, world.by_key(robot, "openid").await] {
                    let refused = answer.oauth_error();
                    assert_eq!(refused, (400, "invalid_request".into(), "Errors.User.NotActive".into()), "{take}");
                }
                world.app.clock.advance_seconds(1);
                world.manage(give_back, user.clone()).await;
                // Access tokens from before stay void; personal access tokens are credentials and work again.
                assert_void(&world, &client, &before[..2], give_back).await;
                assert_good(&world, &client, &before[2..], give_back).await;
                world.app.clock.advance_seconds(1);
                let after = tokens(&world, robot, &client).await;
                assert_good(&world, &client, &after, "after").await;
            }
            let before = tokens(&world, robot, &client).await;
            world.manage("RemoveUser", user).await;
            assert_void(&world, &client, &before, "RemoveUser").await;
            assert_eq!(world.by_secret(robot, "openid").await.oauth_error().1, "invalid_client");
            assert_eq!(world.by_key(robot, "openid").await.oauth_error().1, "invalid_grant");
        }
    })
    .await;
}

#[tokio::test]
async fn a_removed_personal_access_token_is_void_at_once() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let client = world.api_client().await;
        let added = world.manage("AddPersonalAccessToken", json!({ "userId": world.robot.id })).await;
        let token = vec![text(&added, "token")];
        assert_good(&world, &client, &token, "before").await;
        let id = text(&added, "tokenId");
        world.manage("RemovePersonalAccessToken", json!({ "userId": world.robot.id, "tokenId": id })).await;
        assert_void(&world, &client, &token, "removed").await;
        assert_good(&world, &client, std::slice::from_ref(&world.robot.personal_token), "the other one").await;
    })
    .await;
}

#[tokio::test]
async fn the_users_of_a_deactivated_organization_are_out_at_once() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let acme = world.app.new_org(&world.one, "Acme").await;
        let member = world.app.new_machine(&world.one, &acme, "member", &[]).await;
        let token = member.token.clone().unwrap();
        assert!(world.call_api(&token).await.is_ok());
        let owner = world.one.owner.in_org(&acme);
        let deactivate = "zitadel.org.v2.OrganizationService/DeactivateOrganization";
        let answer = world.app.connect(&owner, deactivate, &json!({ "organizationId": acme })).await;
        assert!(answer.is_ok(), "{}", answer.text());
        assert_eq!(world.call_api(&token).await.code(), "unauthenticated");
        assert_eq!(world.userinfo(&token).await.status, 401);
        let activate = "zitadel.org.v2.OrganizationService/ActivateOrganization";
        assert!(world.app.connect(&owner, activate, &json!({ "organizationId": acme })).await.is_ok());
        assert!(world.call_api(&token).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_role_that_is_given_or_taken_counts_in_the_next_request() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let caller = world.one.anonymous().with_token(&world.robot.personal_token);
        let list =
            async || world.app.connect(&caller, "zitadel.management.v1.ManagementService/ListUsers", &json!({})).await;
        assert_eq!(list().await.error_id(), "AUTHZ-cdgFk");
        world.manage("AddOrgMember", json!({ "userId": world.robot.id, "roles": ["ORG_OWNER"] })).await;
        assert!(list().await.is_ok());
        world.manage("UpdateOrgMember", json!({ "userId": world.robot.id, "roles": ["ORG_SETTINGS_MANAGER"] })).await;
        assert_eq!(list().await.error_id(), "AUTH-5mWD2");
        world.manage("RemoveOrgMember", json!({ "userId": world.robot.id })).await;
        assert_eq!(list().await.error_id(), "AUTHZ-cdgFk");
    })
    .await;
}

#[tokio::test]
async fn a_token_is_the_same_on_its_first_use_as_when_it_is_read_from_storage() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let client = world.api_client().await;
        for robot in [&world.robot, &world.jwt_robot().await] {
            for token in tokens(&world, robot, &client).await {
                let first = world.introspect(&client, &token).await.ok();
                // Rows of users changed: nothing that was made of such rows is remembered.
                world.manage("LockUser", json!({ "id": client_of_nobody(&world).await })).await;
                assert_eq!(world.introspect(&client, &token).await.ok(), first);
                assert_eq!(first["active"], json!(true));
            }
        }
    })
    .await;
}

/// A service user that nothing else in the test is about.
async fn client_of_nobody(world: &World) -> String {
    let name = format!("nobody-{}", world.app.env.ids.next(&*world.app.env.clock));
    text(&world.manage("AddMachineUser", json!({ "userName": name, "name": "Nobody" })).await, "userId")
}

#[tokio::test]
async fn a_token_that_was_never_used_is_void_at_once_as_well() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let client = world.api_client().await;
        let robot = &world.robot;
        let user = json!({ "id": robot.id });
        let unused = tokens(&world, robot, &client).await;
        world.manage("LockUser", user.clone()).await;
        assert_void(&world, &client, &unused, "locked").await;
        world.app.clock.advance_seconds(1);
        world.manage("UnlockUser", user.clone()).await;
        assert_void(&world, &client, &unused[..2], "unlocked").await;
        world.app.clock.advance_seconds(1);
        let unused = tokens(&world, robot, &client).await;
        world.app.clock.advance_seconds(43_200);
        assert_void(&world, &client, &unused[..2], "expired").await;
        let unused = tokens(&world, robot, &client).await;
        world.manage("RemoveUser", user).await;
        assert_void(&world, &client, &unused, "removed").await;
    })
    .await;
}

#[tokio::test]
async fn a_new_user_with_the_id_of_a_removed_one_does_not_get_its_tokens() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let client = world.api_client().await;
        let robot = &world.robot;
        let before = tokens(&world, robot, &client).await;
        let unused = tokens(&world, robot, &client).await;
        assert_good(&world, &client, &before, "before").await;
        world.manage("RemoveUser", json!({ "id": robot.id })).await;
        world.app.clock.advance_seconds(1);
        let again = json!({ "organizationId": world.one.org_id, "userId": robot.id, "username": robot.name,
                            "machine": { "name": "Another robot" } });
        let made = world.app.connect(&world.one.owner, "zitadel.user.v2.UserService/CreateUser", &again).await;
        assert!(made.is_ok(), "{}", made.text());
        assert_eq!(text(&made.json(), "id"), robot.id);
        assert_void(&world, &client, &before, "another user").await;
        assert_void(&world, &client, &unused, "another user").await;
    })
    .await;
}
