//! Hosts of instances, by the whole server.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use castellan_server::wiring::registry;
use castellan_testkit::{Application, Setup, TestInstance, on_each_engine_with};
use serde_json::{Value, json};

/// Where the console of the instance may take people back to: after they signed in, and after they signed out.
async fn console(app: &Application, instance: &TestInstance) -> (Vec<Value>, Vec<Value>) {
    let apps = json!({ "projectId": instance.project_id });
    let apps = app.connect(&instance.owner, "zitadel.management.v1.ManagementService/ListApps", &apps).await.ok();
    let console = apps["result"].as_array().unwrap().iter().find(|app| app["name"] == "Management Console").unwrap();
    let uris = |name: &str| console["oidcConfig"][name].as_array().unwrap().clone();
    (uris("redirectUris"), uris("postLogoutRedirectUris"))
}

#[tokio::test]
async fn the_console_takes_people_back_to_every_host_of_its_instance() {
    on_each_engine_with(Setup { registry, ..Setup::default() }, async |app| {
        let (one, two) = (app.new_instance("one").await, app.new_instance("two").await);
        let system = app.system_user("superuser", &two.host);
        let (before, other) = (console(&app, &one).await, console(&app, &two).await);
        for (rpc, field, domain) in [
            ("zitadel.instance.v2.InstanceService/AddCustomDomain", "customDomain", "ID.acme.example"),
            ("zitadel.instance.v2beta.InstanceService/AddCustomDomain", "domain", "beta.acme.example"),
            ("zitadel.system.v1.SystemService/AddDomain", "domain", "old.acme.example"),
        ] {
            let added = app.connect(&system, rpc, &json!({ "instanceId": one.id, field: domain })).await;
            assert!(added.is_ok(), "{rpc}: {}", added.text());
            let (signed_in, signed_out) = console(&app, &one).await;
            let origin = format!("http://{}:8080", domain.to_lowercase());
            assert!(signed_in.contains(&json!(format!("{origin}/ui/console/auth/callback"))), "{signed_in:?}");
            assert!(signed_out.contains(&json!(format!("{origin}/ui/console/signedout"))), "{signed_out:?}");
        }
        let after = console(&app, &one).await;
        assert_eq!((&after.0[..before.0.len()], &after.1[..before.1.len()]), (&before.0[..], &before.1[..]));
        assert_eq!(console(&app, &two).await, other);
    })
    .await;
}
