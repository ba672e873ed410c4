//! OpenID Connect Core 5.3, as spec oauth.md 4.10 has it.

use castellan_testkit::on_each_engine;
use serde_json::json;

use crate::world::{USERINFO, World};

#[tokio::test]
async fn the_scopes_decide_what_is_told() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let robot = &world.robot;
        let token = world.access_token(robot, "urn:zitadel:iam:user:metadata").await;
        assert_eq!(world.userinfo(&token).await.ok(), json!({ "sub": robot.id }), "openid is not needed for sub");

        world.manage("SetUserMetadata", json!({ "id": robot.id, "key": "colour", "value": "cmVkPz8_" })).await;
        let scope = "openid profile email phone urn:zitadel:iam:user:metadata urn:zitadel:iam:user:resourceowner";
        let token = world.access_token(robot, scope).await;
        let told = world.userinfo(&token).await.ok();
        assert_eq!((&told["sub"], &told["name"]), (&json!(robot.id), &json!("A robot")));
        assert_eq!(told["preferred_username"], json!(robot.name));
        assert!(told["updated_at"].is_i64());
        assert_eq!(told["urn:zitadel:iam:user:metadata"]["colour"], json!("cmVkPz8_"), "base64url without padding");
        assert_eq!(told["urn:zitadel:iam:user:resourceowner:id"], json!(world.one.org_id));
        assert_eq!(told["urn:zitadel:iam:user:resourceowner:name"], json!("Castellan"));
        assert_eq!(told["urn:zitadel:iam:user:resourceowner:primary_domain"], json!("castellan.localhost"));
        for absent in ["email", "email_verified", "phone_number", "given_name", "locale"] {
            assert!(told.get(absent).is_none(), "{absent}");
        }
    })
    .await;
}

#[tokio::test]
async fn each_new_token_tells_what_is_so_now_and_what_its_own_scopes_ask_for() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let (robot, other) = (&world.robot, &world.jwt_robot().await);
        let told = async |robot, scope: &str| world.userinfo(&world.access_token(robot, scope).await).await.ok();
        let first = told(robot, "openid profile").await;
        assert_eq!(told(robot, "openid profile").await, first, "the same of another token");
        assert_eq!(told(robot, "openid").await, json!({ "sub": robot.id }), "fewer scopes");
        assert_eq!(told(other, "openid profile").await["sub"], json!(other.id), "another user");

        let renamed = json!({ "userId": robot.id, "name": "A renamed robot" });
        world.manage("UpdateMachine", renamed).await;
        assert_eq!(told(robot, "openid profile").await["name"], json!("A renamed robot"));
        let set = json!({ "id": robot.id, "key": "colour", "value": "cmVkPz8_" });
        let scope = "openid urn:zitadel:iam:user:metadata";
        assert!(told(robot, scope).await.get("urn:zitadel:iam:user:metadata").is_none());
        world.manage("SetUserMetadata", set).await;
        assert_eq!(told(robot, scope).await["urn:zitadel:iam:user:metadata"], json!({ "colour": "cmVkPz8_" }));
    })
    .await;
}

#[tokio::test]
async fn roles_are_told_for_the_projects_in_the_audience() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let client = world.api_client().await;
        world.give_role(&world.robot.id, &client.project, "reader").await;
        let scope =
            format!("openid urn:zitadel:iam:org:projects:roles urn:zitadel:iam:org:project:id:{}:aud", client.project);
        let told = world.userinfo(&world.access_token(&world.robot, &scope).await).await.ok();
        let roles = &told[format!("urn:zitadel:iam:org:project:{}:roles", client.project)];
        assert_eq!(roles["reader"][&world.one.org_id], json!("castellan.localhost"));
        assert!(told.get("urn:zitadel:iam:org:project:roles").is_none(), "a service user is no client of the project");
    })
    .await;
}

#[tokio::test]
async fn a_personal_access_token_tells_who_its_user_is() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let told = world.userinfo(&world.robot.personal_token).await.ok();
        assert_eq!(told["sub"], json!(world.robot.id));
        assert_eq!(told["preferred_username"], json!(world.robot.name));
        assert_eq!(told["urn:zitadel:iam:user:resourceowner:id"], json!(world.one.org_id));
    })
    .await;
}

#[tokio::test]
async fn the_token_may_be_a_parameter_and_must_be_good() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let host = &world.one.host;
        let token = world.access_token(&world.robot, "openid").await;
        assert!(world.app.form(host, USERINFO, &[("access_token", &token)], None).await.is_ok());
        let missing = world.app.get(host, USERINFO, None).await.oauth_error();
        assert_eq!(missing, (401, "invalid_request".into(), "access token missing".into()));
        for header in ["Bearer", "Bearer ", "bearer x", "Basic abc", "Bearer a b", &format!("Bearer Bearer {token}")] {
            let (status, code, _) = world.app.get(host, USERINFO, Some(header)).await.oauth_error();
            assert_eq!(status, 401, "{header}");
            assert!(code == "invalid_request" || code == "access_denied", "{header}: {code}");
        }
        for bad in ["garbage", &token[..token.len() - 1], &format!("{token}A"), &token[1..]] {
            let answer = world.userinfo(bad).await.oauth_error();
            assert_eq!(answer, (401, "access_denied".into(), "access token invalid".into()), "{bad}");
        }
        world.app.clock.advance_seconds(43_200);
        assert_eq!(world.userinfo(&token).await.oauth_error().0, 401);
    })
    .await;
}

#[tokio::test]
async fn a_token_of_another_instance_is_nothing_here() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let two = world.app.new_instance("two").await;
        for token in [world.access_token(&world.robot, "openid").await, world.robot.personal_token.clone()] {
            let answer = world.app.get(&two.host, USERINFO, Some(&format!("Bearer {token}"))).await;
            assert_eq!(answer.oauth_error().1, "access_denied");
        }
        // The assertion for one issuer is not accepted by another either.
        let assertion = world.robot.key.assertion(&two.origin(), world.now()).sign();
        let pairs = [("grant_type", crate::world::JWT_BEARER), ("assertion", assertion.as_str()), ("scope", "openid")];
        let answer = world.app.form(&two.host, crate::world::TOKEN, &pairs, None).await;
        assert_eq!(answer.oauth_error().1, "invalid_grant");
    })
    .await;
}
