//! RFC 7009, as spec oauth.md 4.12 has it.

use castellan_testkit::on_each_engine;
use serde_json::json;

use crate::world::{REVOKE, World};

#[tokio::test]
async fn a_revoked_token_is_void_at_once_and_revoking_again_is_no_error() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let client = world.oidc_client().await;
        let scope = format!("openid urn:zitadel:iam:org:project:id:{}:aud", client.id);
        let token = world.access_token(&world.robot, &scope).await;
        let other = world.access_token(&world.robot, &scope).await;
        assert!(world.userinfo(&token).await.is_ok());
        let pairs =
            [("token", token.as_str()), ("client_id", client.id.as_str()), ("client_secret", client.secret.as_str())];
        for _ in 0..2 {
            let answer = world.app.form(&world.one.host, REVOKE, &pairs, None).await;
            assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, ""));
        }
        assert_eq!(world.userinfo(&token).await.status, 401);
        assert!(world.userinfo(&other).await.is_ok(), "other tokens of the user stay good");
        let unknown = [("token", "garbage"), pairs[1], pairs[2]];
        assert_eq!(world.app.form(&world.one.host, REVOKE, &unknown, None).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn only_a_client_of_the_audience_revokes() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let client = world.oidc_client().await;
        let (id, secret) = (("client_id", client.id.as_str()), ("client_secret", client.secret.as_str()));
        let foreign = world.access_token(&world.robot, "openid").await;
        for token in [foreign.as_str(), world.robot.personal_token.as_str()] {
            let answer = world.app.form(&world.one.host, REVOKE, &[("token", token), id, secret], None).await;
            let (status, code, _) = answer.oauth_error();
            assert_eq!((status, code.as_str()), (401, "invalid_client"));
            assert!(world.userinfo(token).await.is_ok());
        }
        let token = ("token", foreign.as_str());
        let post =
            async |pairs: &[(&str, &str)]| world.app.form(&world.one.host, REVOKE, pairs, None).await.oauth_error();
        assert_eq!(post(&[id, secret]).await, (400, "invalid_request".into(), "token missing".into()));
        assert_eq!(post(&[token]).await.1, "invalid_request");
        assert_eq!(
            post(&[token, id, ("client_secret", "wrong")]).await,
            (400, "invalid_client".into(), "invalid secret".into())
        );
        assert_eq!(post(&[token, id]).await, (400, "invalid_client".into(), "empty client secret".into()));
        assert_eq!(post(&[token, ("client_id", "nobody"), secret]).await.1, "invalid_client");
        // Neither service users nor API applications revoke.
        let robot = [token, ("client_id", world.robot.name.as_str()), ("client_secret", world.robot.secret.as_str())];
        assert_eq!(post(&robot).await.1, "invalid_client");
        let api = world.api_client().await;
        let api = [token, ("client_id", api.id.as_str()), ("client_secret", api.secret.as_str())];
        assert_eq!(post(&api).await.1, "invalid_client");
        let _ = json!(null);
    })
    .await;
}
