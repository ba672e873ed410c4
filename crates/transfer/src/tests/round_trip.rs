use castellan_db::testing::TestDb;
use castellan_kernel::Permission;
use castellan_testkit::{Setup, on_each_engine};
use serde_json::Value;

use super::*;

/// Sorted by what every export sorts by, to compare data with an export.
fn has_all_of(given: &Value, exported: &Value, path: &str) {
    match given {
        Value::Object(members) => {
            for (name, value) in members {
                // Unset and zero are the same in the JSON of the contract.
                if matches!(value, Value::Bool(false)) && exported[name].is_null() {
                    continue;
                }
                has_all_of(value, &exported[name], &format!("{path}.{name}"));
            }
        }
        Value::Array(items) => {
            let there = exported.as_array().unwrap_or_else(|| panic!("{path} is missing"));
            let id = |item: &Value| ["userId", "id", "domainName", "roleKey"].map(|name| item[name].to_string());
            for item in items {
                let same = there.iter().find(|other| item.is_object() && id(other) == id(item)).or(there.first());
                has_all_of(item, same.unwrap_or(&Value::Null), path);
            }
        }
        value => assert_eq!(exported, value, "{path}"),
    }
}

#[tokio::test]
async fn what_is_imported_is_exported_again_with_every_id() {
    on_each_engine(|app| async move {
        let instance = app.new_instance("a").await;
        let answer = import(&app, &instance, &[acme(), partner()]).await;
        assert!(errors(&answer).is_empty(), "{answer}");
        let success = &answer["success"]["orgs"];
        assert_eq!(success[0]["orgId"], "acme");
        assert_eq!(success[0]["humanUserIds"].as_array().unwrap().len(), 4);
        assert_eq!(success[0]["projectGrants"][0]["grantId"], "acme-to-partner");
        assert_eq!(success[1]["userGrants"][0]["userId"], "partner-paul");

        let exported = export(&app, &instance, &["acme", "partner"]).await;
        has_all_of(&acme(), &exported[0], "acme");
        has_all_of(&partner(), &exported[1], "partner");
        assert_eq!(exported[1]["domains"][0]["domainName"], "partner.localhost");
    })
    .await;
}

#[tokio::test]
async fn an_export_imported_into_an_empty_server_and_exported_again_is_equal_on_and_between_engines() {
    let mut pairs = vec![(TestDb::sqlite().await, TestDb::sqlite().await)];
    if let (Some(one), Some(two), Some(three)) =
        (TestDb::postgres().await, TestDb::postgres().await, TestDb::postgres().await)
    {
        pairs.push((one, two));
        pairs.push((TestDb::sqlite().await, three));
    }
    for (from, to) in pairs {
        let from = Application::on(from.clone(), Setup::default());
        let source = from.new_instance("a").await;
        let answer = import(&from, &source, &[partner(), acme()]).await;
        assert!(errors(&answer).is_empty(), "{answer}");
        let first = export(&from, &source, &["acme", "partner"]).await;

        let to = Application::on(to.clone(), Setup::default());
        let target = to.new_instance("b").await;
        let answer = import(&to, &target, &first).await;
        assert!(errors(&answer).is_empty(), "{answer}");
        assert_eq!(export(&to, &target, &["acme", "partner"]).await, first);
    }
}

#[tokio::test]
async fn the_same_data_again_changes_nothing_and_says_so() {
    on_each_engine(|app| async move {
        let instance = app.new_instance("a").await;
        import(&app, &instance, &[acme(), partner()]).await;
        let before = export(&app, &instance, &[]).await;
        let answer = import(&app, &instance, &[acme(), partner()]).await;
        let told: Vec<_> = ["acme", "partner"].map(|id| ("org".to_owned(), id.to_owned())).into();
        assert_eq!(errors(&answer), told);
        assert!(message(&answer, "org").contains("exists already"));
        assert_eq!(export(&app, &instance, &[]).await, before);
    })
    .await;
}

#[tokio::test]
async fn nothing_of_the_apis_own_project_and_of_secrets_is_exported() {
    on_each_engine(|app| async move {
        let instance = app.new_instance("a").await;
        let own = export(&app, &instance, &[&instance.org_id]).await.remove(0);
        assert!(own["projects"].is_null() && own["oidcApps"].is_null(), "{own}");
        assert_eq!(own["machineUsers"][0]["user"]["userName"], "root");
        import(&app, &instance, &[acme(), partner()]).await;
        let request = json!({"orgIds": ["acme"]});
        let answer = app.rest(&instance.owner, "POST", "/admin/v1/export", request).await;
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(!text.contains("$2a$") && !text.contains("passwordChangeRequired"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn an_imported_person_signs_in_with_the_password_and_with_its_hash() {
    use castellan_directory::users::human::check_password;
    on_each_engine(|app| async move {
        let instance = app.new_instance("a").await;
        let mut org = acme();
        org["humanUsers"][0]["user"]["password"] = "a-long-1-secret".into();
        let answer = import(&app, &instance, &[org, partner()]).await;
        assert!(errors(&answer).is_empty(), "{answer}");
        let mut ctx = app.internal(&instance.id).await;
        check_password(&mut ctx, "acme-grace", "a-long-1-secret").await.unwrap();
        assert!(check_password(&mut ctx, "acme-grace", "another").await.is_err());
        let mut reads = app.env.db.snapshot(Some(&instance.id));
        let member =
            castellan_directory::administrators::memberships_of(&mut reads, &app.env.roles, "acme-grace").await;
        assert!(member.unwrap()[0].permissions.full.contains(Permission::OrgWrite));
    })
    .await;
}

#[tokio::test]
async fn recovery_codes_come_along_and_are_good_once_at_the_other_end() {
    use castellan_directory::users::recovery_codes::redeem;
    on_each_engine(|app| async move {
        let (source, target) = (app.new_instance("a").await, app.new_instance("b").await);
        let mut org = acme();
        org["humanUsers"][0]["user"]["recoveryCodes"] = json!([{"raw": "aaaaa-11111"}, {"raw": "bbbbb-22222"}]);
        let answer = import(&app, &source, &[org, partner()]).await;
        assert!(errors(&answer).is_empty(), "{answer}");

        assert!(export(&app, &source, &["acme"]).await[0]["humanUsers"][0]["user"]["recoveryCodes"].is_null());
        let request = json!({"orgIds": ["acme", "partner"], "withPasswords": true, "withOtp": true});
        let exported = app.rest(&source.owner, "POST", "/admin/v1/export", request).await.json();
        let codes = &exported["orgs"][0]["humanUsers"][0]["user"]["recoveryCodes"];
        assert_eq!(codes.as_array().unwrap().len(), 2, "{codes}");
        assert!(codes[0]["hash"].as_str().unwrap().starts_with('$') && !codes.to_string().contains("aaaaa-11111"));

        let answer = import(&app, &target, exported["orgs"].as_array().unwrap()).await;
        assert!(errors(&answer).is_empty(), "{answer}");
        let mut ctx = app.internal(&target.id).await;
        assert!(redeem(&mut ctx, "acme-grace", "aaaaa-11111").await.unwrap());
        assert!(!redeem(&mut ctx, "acme-grace", "aaaaa-11111").await.unwrap());
        assert!(redeem(&mut ctx, "acme-grace", "bbbbb-22222").await.unwrap());
    })
    .await;
}
