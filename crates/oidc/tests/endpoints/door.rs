//! Who a bearer token is at the door of the APIs: spec oauth.md 5.2 and 5.3.

use castellan_testkit::{Role, on_each_engine};
use serde_json::{Value, json};

use crate::world::{API_SCOPE, World};

const REFUSED: (&str, &str) = ("unauthenticated", "AUTH-7fs1e");

#[tokio::test]
async fn an_access_token_must_be_meant_for_the_apis() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        for robot in [&world.robot, &world.jwt_robot().await] {
            let without = world.access_token(robot, "openid profile").await;
            let answer = world.call_api(&without).await;
            assert_eq!((answer.code().as_str(), answer.error_id().as_str()), REFUSED);
            let literal = format!("openid urn:zitadel:iam:org:project:id:{}:aud", world.one.project_id);
            for scope in [format!("openid {API_SCOPE}"), literal] {
                let token = world.access_token(robot, &scope).await;
                let answer = world.call_api(&token).await.ok();
                assert_eq!(answer["user"]["id"], json!(robot.id));
            }
        }
        assert!(world.call_api(&world.robot.personal_token).await.is_ok(), "personal access tokens are for the APIs");
    })
    .await;
}

#[tokio::test]
async fn an_id_token_opens_nothing() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let robot = world.jwt_robot().await;
        let answer = world.by_key(&robot, &format!("openid {API_SCOPE}")).await.ok();
        let id_token = answer["id_token"].as_str().unwrap();
        let answer = world.call_api(id_token).await;
        assert_eq!((answer.code().as_str(), answer.error_id().as_str()), REFUSED);
        assert_eq!(world.userinfo(id_token).await.status, 401);
    })
    .await;
}

#[tokio::test]
async fn truncated_and_altered_tokens_are_refused() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let opaque = world.access_token(&world.robot, API_SCOPE).await;
        let jwt = world.access_token(&world.jwt_robot().await, API_SCOPE).await;
        for token in [&opaque, &jwt, &world.robot.personal_token] {
            assert!(world.call_api(token).await.is_ok());
            for cut in [1, 2, 3, 4, 8, 16, 22, 23, token.len() / 2] {
                let answer = world.call_api(&token[..token.len() - cut]).await;
                assert_eq!((answer.code().as_str(), answer.error_id().as_str()), REFUSED, "{cut} characters cut");
            }
            for at in (0..token.len()).step_by(7) {
                let other = if &token[at..=at] == "A" { "B" } else { "A" };
                let altered = format!("{}{other}{}", &token[..at], &token[at + 1..]);
                // The last character of a part may hold spare bits that decoders ignore or refuse; nothing else may change.
                let answer = world.call_api(&altered).await;
                assert!(!answer.is_ok(), "a changed character at {at} went unnoticed");
            }
            assert!(!world.call_api(&format!("{token}A")).await.is_ok());
            assert!(!world.call_api(&format!("{token}.")).await.is_ok());
        }
    })
    .await;
}

#[tokio::test]
async fn the_header_must_have_its_form() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let token = &world.robot.personal_token;
        let call = async |header: Option<&str>| world.app.get(&world.one.host, "/auth/v1/users/me", header).await;
        assert!(call(Some(&format!("Bearer {token}"))).await.is_ok());
        let missing = call(None).await;
        assert_eq!(missing.status, 401);
        assert_eq!(missing.json(), json!({ "code": 16, "message": "auth header missing" }));
        for header in [
            "Bearer",
            "Bearer ",
            &format!("bearer {token}"),
            token,
            &format!("Basic {token}"),
            &format!("Bearer {token} x"),
        ] {
            let answer = call(Some(header)).await;
            assert_eq!(answer.status, 401, "{header}");
            assert!(matches!(answer.error_id().as_str(), "AUTH-toLo1" | "AUTH-7fs1e"), "{header}: {}", answer.text());
        }
        let invalid = call(Some("Bearer garbage")).await;
        assert_eq!(invalid.json()["message"], json!("Errors.Token.Invalid (AUTH-7fs1e)"));
        assert!(!invalid.header("www-authenticate").is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_organization_in_the_header_decides_which_roles_count() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let acme = world.app.new_org(&world.one, "Acme").await;
        let globex = world.app.new_org(&world.one, "Globex").await;
        let owner = world.app.new_machine(&world.one, &acme, "owner", &[Role::Org(&acme, "ORG_OWNER")]).await;
        let get = async |caller: &castellan_testkit::Actor| {
            world.app.rest(caller, "GET", "/management/v1/orgs/me", Value::Null).await
        };
        assert_eq!(get(&owner).await.ok()["org"]["id"], json!(acme));
        assert_eq!(get(&owner.in_org(&acme)).await.ok()["org"]["id"], json!(acme));
        let denied = get(&owner.in_org(&globex)).await;
        assert_eq!((denied.status.as_u16(), denied.error_id().as_str()), (404, "AUTHZ-cdgFk"));
        let unknown = get(&owner.in_org("123")).await;
        assert_eq!((unknown.status.as_u16(), unknown.error_id().as_str()), (403, "AUTH-Bs7Ds"));
        // Who owns the instance is at home everywhere.
        assert_eq!(get(&world.one.owner.in_org(&globex)).await.ok()["org"]["id"], json!(globex));
    })
    .await;
}

#[tokio::test]
async fn an_expired_personal_access_token_is_refused() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let soon = castellan_kernel::Timestamp::from_seconds(world.now() + 60).to_rfc3339();
        let token = json!({ "userId": world.robot.id, "expirationDate": soon });
        let token = world.manage("AddPersonalAccessToken", token).await;
        let token = token["token"].as_str().unwrap();
        assert!(world.call_api(token).await.is_ok());
        world.app.clock.advance_seconds(60);
        let answer = world.call_api(token).await;
        assert_eq!((answer.code().as_str(), answer.error_id().as_str()), REFUSED);
    })
    .await;
}

#[tokio::test]
async fn a_blocked_instance_answers_nothing_but_the_system_api() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let system = world.app.system_user("superuser", &world.one.host);
        let limit = async |block: bool| {
            let message = json!({"instanceId": world.one.id, "block": block});
            let answer = world.app.connect(&system, "zitadel.system.v1.SystemService/SetLimits", &message).await;
            assert!(answer.is_ok(), "{}", answer.text());
        };
        limit(true).await;
        let anonymous = world.one.anonymous();
        for (actor, rpc) in [
            (&anonymous, "zitadel.management.v1.ManagementService/Healthz"),
            (&world.one.owner, "zitadel.auth.v1.AuthService/GetMyUser"),
        ] {
            let answer = world.app.connect(actor, rpc, &json!({})).await;
            assert_eq!((answer.code().as_str(), answer.error_id().as_str()), ("resource_exhausted", "LIMITS-molsj"));
        }
        let rest = world.app.rest(&world.one.owner, "GET", "/auth/v1/users/me", Value::Null).await;
        assert_eq!(rest.status, 429);
        assert!(rest.header("set-cookie").starts_with("zitadel.quota.exhausted=true"));
        assert_eq!(world.by_secret(&world.robot, "openid").await.status, 429);
        limit(false).await;
        assert!(world.call_api(&world.robot.personal_token).await.is_ok());
        assert!(world.by_secret(&world.robot, "openid").await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn the_organization_that_a_request_names_decides_which_roles_count() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let other = world.app.new_org(&world.one, "Other").await;
        let roles = [Role::Org(&other, "ORG_OWNER")];
        let manager = world.app.new_machine(&world.one, &world.one.org_id, "manager-of-other", &roles).await;
        let add = async |organization: Value, name: &str| {
            let message = json!({
                "organization": organization,
                "username": name,
                "profile": {"givenName": "Ada", "familyName": "Lovelace"},
                "email": {"email": format!("{name}@example.com"), "isVerified": true},
            });
            world.app.connect(&manager, "zitadel.user.v2.UserService/AddHumanUser", &message).await
        };
        let created = add(json!({"orgId": other}), "ada").await.ok();
        assert_eq!(created["details"]["resourceOwner"], json!(other));
        assert_eq!(add(json!({"orgId": world.one.org_id}), "eve").await.error_id(), "AUTHZ-cdgFk");
        assert_eq!(add(json!({"orgId": "1"}), "eve").await.error_id(), "AUTH-Bs7Ds");
        assert_eq!(add(Value::Null, "eve").await.error_id(), "AUTHZ-cdgFk", "the own organization is the context");
    })
    .await;
}
