//! What is remembered between requests is never older than what was acknowledged, by the whole server.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use castellan_server::wiring::registry;
use castellan_testkit::{Setup, on_each_engine_with};
use serde_json::json;

const GET_IAM: &str = "zitadel.management.v1.ManagementService/GetIAM";
const GET_MY_ORG: &str = "zitadel.management.v1.ManagementService/GetMyOrg";

#[tokio::test]
async fn an_answer_made_of_the_instance_alone_changes_with_the_instance() {
    on_each_engine_with(Setup { registry, ..Setup::default() }, async |app| {
        let instance = app.new_instance("one").await;
        let added = app
            .connect(
                &instance.owner,
                "zitadel.org.v2.OrganizationService/AddOrganization",
                &json!({ "name": "Second" }),
            )
            .await
            .ok();
        let second = added["organizationId"].as_str().unwrap();
        for _ in 0..2 {
            let before = app.connect(&instance.owner, GET_IAM, &json!({})).await.ok();
            assert_eq!(before["defaultOrgId"], instance.org_id.as_str());
        }
        let set = json!({ "orgId": second });
        assert!(app.connect(&instance.owner, "zitadel.admin.v1.AdminService/SetDefaultOrg", &set).await.is_ok());
        let after = app.connect(&instance.owner, GET_IAM, &json!({})).await.ok();
        assert_eq!(after["defaultOrgId"], second);
    })
    .await;
}

#[tokio::test]
async fn an_answer_changes_with_its_rows_and_with_what_the_caller_may_do() {
    on_each_engine_with(Setup { registry, ..Setup::default() }, async |app| {
        let instance = app.new_instance("one").await;
        let robot = json!({ "userName": "robot", "name": "Robot" });
        let robot =
            app.connect(&instance.owner, "zitadel.management.v1.ManagementService/AddMachineUser", &robot).await;
        let robot = robot.ok()["userId"].as_str().unwrap().to_owned();
        let member = json!({ "userId": robot, "roles": ["ORG_OWNER"] });
        let add = "zitadel.management.v1.ManagementService/AddOrgMember";
        assert!(app.connect(&instance.owner, add, &member).await.is_ok());
        let token = "zitadel.management.v1.ManagementService/AddPersonalAccessToken";
        let token = app.connect(&instance.owner, token, &json!({ "userId": robot })).await.ok();
        let robot_actor = instance.owner.with_token(token["token"].as_str().unwrap());

        let name = async || app.connect(&robot_actor, GET_MY_ORG, &json!({})).await.ok()["org"]["name"].clone();
        let first = name().await;
        assert_eq!(name().await, first);
        let rename = "zitadel.management.v1.ManagementService/UpdateOrg";
        assert!(app.connect(&instance.owner, rename, &json!({ "name": "Renamed" })).await.is_ok());
        assert_eq!(name().await, "Renamed");

        let remove = "zitadel.management.v1.ManagementService/RemoveOrgMember";
        assert!(app.connect(&instance.owner, remove, &json!({ "userId": robot })).await.is_ok());
        assert!(!app.connect(&robot_actor, GET_MY_ORG, &json!({})).await.is_ok());
        assert!(app.connect(&instance.owner, add, &member).await.is_ok());
        assert_eq!(name().await, "Renamed");

        let lock = "zitadel.management.v1.ManagementService/LockUser";
        assert!(app.connect(&instance.owner, lock, &json!({ "id": robot })).await.is_ok());
        assert_eq!(app.connect(&robot_actor, GET_MY_ORG, &json!({})).await.code(), "unauthenticated");
    })
    .await;
}
