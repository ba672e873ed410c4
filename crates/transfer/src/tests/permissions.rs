use std::sync::Arc;

use castellan_kernel::{Caller, CallerKind, Membership, RoleTable, Scope};
use castellan_proto::zitadel::admin::v1 as wire;
use castellan_rpc::Context;
use castellan_testkit::{Role, on_each_engine};

use super::*;

#[tokio::test]
async fn only_who_may_change_the_instance_imports_reads_hashes_or_writes_files() {
    on_each_engine(|app| async move {
        let instance = app.new_instance("a").await;
        import(&app, &instance, &[acme(), partner()]).await;
        let data = json!({"dataOrgs": {"orgs": []}});
        for name in ["IAM_OWNER_VIEWER", "IAM_LOGIN_CLIENT"] {
            let reader = app.new_machine(&instance, &instance.org_id, name, &[Role::Instance(name)]).await;
            assert_eq!(app.rest(&reader, "POST", "/admin/v1/import", data.clone()).await.status, 403, "{name}");
            let _ = app.rest(&reader, "POST", "/admin/v1/export", json!({"orgIds": ["acme"]})).await.ok();
            for secret in
                [json!({"withPasswords": true}), json!({"withOtp": true}), json!({"localOutput": {"path": "x"}})]
            {
                let answer = app.rest(&reader, "POST", "/admin/v1/export", secret.clone()).await;
                assert_eq!(answer.status, 403, "{name} {secret}");
            }
        }
        let owner = app.new_machine(&instance, "acme", "owner", &[Role::Org("acme", "ORG_OWNER")]).await;
        for path in ["/admin/v1/import", "/admin/v1/export"] {
            assert!(matches!(app.rest(&owner, "POST", path, data.clone()).await.status.as_u16(), 403 | 404), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn another_instance_has_its_own_organizations_under_the_same_ids() {
    on_each_engine(|app| async move {
        let (one, two) = (app.new_instance("a").await, app.new_instance("b").await);
        import(&app, &one, &[acme(), partner()]).await;
        let request = json!({"orgIds": ["acme"]});
        let answer = app.rest(&two.owner, "POST", "/admin/v1/export", request).await;
        assert_eq!(answer.status, 404);
        assert!(answer.text().contains("acme"), "{}", answer.text());

        let mut org = json!({"orgId": "acme", "org": {"name": "Another"}});
        org["userGrants"] = json!([{"userId": "acme-grace", "projectId": "acme-shop", "roleKeys": []}]);
        let answer = import(&app, &two, &[org]).await;
        assert_eq!(errors(&answer), [("user_grant".to_owned(), "acme-shop acme-grace".to_owned())]);
        assert_eq!(export(&app, &two, &["acme"]).await[0]["org"]["name"], "Another");
        assert_eq!(export(&app, &one, &["acme"]).await[0]["org"]["name"], "Acme");
    })
    .await;
}

#[tokio::test]
async fn an_import_does_nothing_that_its_caller_could_not_do_by_hand() {
    on_each_engine(|app| async move {
        let instance = app.new_instance("a").await;
        let names = ["iam.write", "org.write", "user.write", "project.create"].map(str::to_owned).to_vec();
        let permissions = RoleTable::new([("HALF".to_owned(), names)]).unwrap().permissions(["HALF"]);
        let caller = Caller {
            kind: CallerKind::Machine,
            user_id: instance.owner.user_id.clone(),
            own_org: instance.org_id.clone(),
            org: instance.org_id.clone(),
            language: None,
            memberships: vec![Membership { scope: Scope::Instance, roles: vec!["HALF".to_owned()], permissions }],
        };
        let internal = app.internal(&instance.id).await;
        let mut ctx =
            Context::new(Arc::clone(&app.env), internal.instance.clone(), Arc::new(caller), Arc::from(""), true);
        let org = |change: &dyn Fn(&mut Value)| {
            let mut org = json!({"orgId": "half", "org": {"name": "Half"}, "projects": [{"projectId": "half-p",
                "project": {"name": "P"}}]});
            change(&mut org);
            crate::json_file::read_org(org.to_string().as_bytes()).unwrap().org.into_owned()
        };
        let role = |org: &mut Value| {
            org["projectRoles"] = json!([{"projectId": "half-p", "roleKey": "r", "displayName": "R"}]);
        };
        let policy = |org: &mut Value| org["lockoutPolicy"] = json!({"maxPasswordAttempts": 1});
        for (change, kind) in [(&role as &dyn Fn(&mut Value), "project_role"), (&policy, "lockout_policy")] {
            let data = wire::import_data_request::Data::DataOrgs(wire::ImportDataOrg { orgs: vec![org(change)] });
            let request = wire::ImportDataRequest { data: Some(data), timeout: String::new() };
            let answer = crate::api::import_data(&mut ctx, request).await.unwrap();
            assert_eq!(answer.errors[0].r#type, kind);
            assert!(answer.errors[0].message.contains("AUTH-5mWD2"), "{answer:?}");
            assert!(answer.success.is_none());
        }
        let data = wire::import_data_request::Data::DataOrgs(wire::ImportDataOrg { orgs: vec![org(&|_| {})] });
        let request = wire::ImportDataRequest { data: Some(data), timeout: String::new() };
        assert!(crate::api::import_data(&mut ctx, request).await.unwrap().errors.is_empty());
        assert_eq!(ctx.caller.org, instance.org_id, "the context is as it was");
    })
    .await;
}
