//! The rules of this room on every engine.

use castellan_db::testing::on_each_engine;
use castellan_directory::users::head::Reach;
use castellan_proto::zitadel::management::v1;
use castellan_proto::zitadel::project::v2;
use castellan_rpc::Context;
use serde_json::json;

use super::{NewRole, api_v1, api_v2};
use crate::authorizations::{self, NewAuthorization};
use crate::grants;
use crate::testing::{World, done, event, events, id};

fn role(project_id: &str, key: &str) -> v1::AddProjectRoleRequest {
    v1::AddProjectRoleRequest { project_id: project_id.into(), role_key: key.into(), ..Default::default() }
}

#[tokio::test]
async fn a_key_is_unique_within_the_project_whatever_its_case() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let till = world.project_with_roles("o1", "Till", &[]).await;
        let taken = done!(owner(), api_v1::add(role(&shop, "ADMIN"))).unwrap_err();
        assert_eq!((taken.id(), taken.key()), ("V3-DKcYh", "Errors.Project.Role.AlreadyExists"));
        done!(owner(), api_v1::add(role(&till, "admin"))).unwrap();
        assert_eq!(id(done!(owner(), api_v1::add(role(&shop, "")))), "COMMAND-4m9vS");
        assert_eq!(id(done!(owner(), api_v1::add(role("none", "admin")))), "COMMAND-EbFMN");
    })
    .await;
}

#[tokio::test]
async fn many_roles_are_added_all_or_none() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let request = |keys: &[&str]| v1::BulkAddProjectRolesRequest {
            project_id: shop.clone(),
            roles: keys
                .iter()
                .map(|key| v1::bulk_add_project_roles_request::Role { key: (*key).into(), ..Default::default() })
                .collect(),
        };
        let owner = || world.org("o1", "ORG_OWNER");
        assert_eq!(id(done!(owner(), api_v1::add_many(request(&["one", "admin"])))), "V3-DKcYh");
        done!(owner(), api_v1::add_many(request(&["one", "two"]))).unwrap();
        let list = v1::ListProjectRolesRequest { project_id: shop.clone(), ..Default::default() };
        assert_eq!(done!(owner(), api_v1::list(list)).unwrap().details.unwrap().total_result, 3);
    })
    .await;
}

#[tokio::test]
async fn names_that_v2_leaves_out_are_cleared_and_an_unchanged_role_records_nothing() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let update = |name: Option<&str>| v2::UpdateProjectRoleRequest {
            project_id: shop.clone(),
            role_key: "admin".into(),
            display_name: name.map(str::to_owned),
            group: None,
        };
        done!(owner(), api_v2::update(update(Some("Boss")))).unwrap();
        done!(owner(), api_v2::update(update(Some("Boss")))).unwrap();
        let recorded = events(&world, "project", &shop).await;
        let changed = json!({"key": "admin", "displayName": "Boss", "group": ""});
        assert_eq!(recorded[2..], [event("project.role.changed", changed)]);
        let mut unknown = update(None);
        unknown.role_key = "none".into();
        assert_eq!(id(done!(owner(), api_v2::update(unknown))), "COMMAND-vv8M9");
    })
    .await;
}

#[tokio::test]
async fn a_removed_role_is_taken_out_of_grants_and_authorizations() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin", "clerk"]).await;
        let grant = world.granted(&shop, "o2", &["admin", "clerk"]).await;
        let give = |org: &str| NewAuthorization {
            org_id: Some(org.into()),
            user_id: "u2".into(),
            project_id: shop.clone(),
            grant_id: None,
            role_keys: vec!["admin".into()],
        };
        let own = done!(world.internal(), authorizations::create(give("o1"))).unwrap().id;
        let granted = done!(world.internal(), authorizations::create(give("o2"))).unwrap().id;
        let remove = || v2::RemoveProjectRoleRequest { project_id: shop.clone(), role_key: "admin".into() };
        let owner = || world.org("o1", "ORG_OWNER");
        assert!(done!(owner(), api_v2::remove(remove())).unwrap().removal_date.is_some());
        assert!(done!(owner(), api_v2::remove(remove())).unwrap().removal_date.is_none());
        let recorded = events(&world, "project", &shop).await;
        let length = recorded.len();
        assert_eq!(
            recorded[length - 2..],
            [
                event("project.role.removed", json!({"key": "admin"})),
                event("project.grant.cascade.changed", json!({"grantId": grant, "roleKeys": ["clerk"]})),
            ]
        );
        for authorization in [own, granted] {
            let last = events(&world, "usergrant", &authorization).await.pop().unwrap();
            assert_eq!(last, event("user.grant.cascade.changed", serde_json::Value::Null));
        }
        let mut ctx = world.internal();
        let stored = grants::find_by_id(ctx.tx().await.unwrap(), &shop, &grant).await.unwrap().unwrap();
        assert_eq!(stored.role_keys, ["clerk"]);
        let claimed = authorizations::roles_for_claims(ctx.tx().await.unwrap(), "u2", &[shop]).await.unwrap();
        assert!(claimed.is_empty());
    })
    .await;
}

#[tokio::test]
async fn roles_of_other_organizations_and_instances_are_out_of_reach() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let remove = || v2::RemoveProjectRoleRequest { project_id: shop.clone(), role_key: "admin".into() };
        let update = |key: &str| v2::UpdateProjectRoleRequest {
            project_id: shop.clone(),
            role_key: key.into(),
            ..Default::default()
        };
        let stranger = || world.org("o2", "ORG_OWNER");
        assert_eq!(id(done!(stranger(), api_v2::remove(remove()))), "AUTHZ-cdgFk");
        assert_eq!(id(done!(stranger(), api_v2::update(update("admin")))), "AUTHZ-cdgFk");
        assert_eq!(id(done!(stranger(), api_v1::add(role(&shop, "x")))), "COMMAND-EbFMN");
        assert_eq!(id(done!(world.project("other", "PROJECT_OWNER"), api_v2::remove(remove()))), "AUTH-Swrgg2");
        let other = || world.other_instance();
        assert!(done!(other(), api_v2::remove(remove())).unwrap().removal_date.is_none());
        assert_eq!(id(done!(other(), api_v2::update(update("admin")))), "COMMAND-EbFMN");
        let list = async |ctx: Context| {
            let request = v2::ListProjectRolesRequest { project_id: shop.clone(), ..Default::default() };
            let list = done!(ctx, api_v2::list(request)).unwrap();
            (list.project_roles.len(), list.pagination.unwrap().total_result)
        };
        assert_eq!(list(world.org("o1", "ORG_OWNER")).await, (1, 1));
        assert_eq!(list(world.project(&shop, "PROJECT_OWNER_VIEWER")).await, (1, 1));
        assert_eq!(list(stranger()).await, (0, 0));
        assert_eq!(list(other()).await, (0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_granted_project_shows_the_granted_roles_only() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin", "clerk"]).await;
        let grant = world.granted(&shop, "o2", &["clerk"]).await;
        let request = || v1::ListGrantedProjectRolesRequest {
            project_id: shop.clone(),
            grant_id: grant.clone(),
            ..Default::default()
        };
        let list = done!(world.org("o2", "ORG_OWNER"), api_v1::list_granted(request())).unwrap();
        assert_eq!(list.result.iter().map(|role| role.key.as_str()).collect::<Vec<_>>(), ["clerk"]);
        assert_eq!(id(done!(world.org("o3", "ORG_OWNER"), api_v1::list_granted(request()))), "QUERY-n98GGs");
    })
    .await;
}

#[tokio::test]
async fn setup_can_add_roles_by_the_same_rules() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let roles = [NewRole { key: "admin".into(), ..NewRole::default() }];
        done!(world.internal(), super::add(&Reach::Instance, &shop, &roles)).unwrap();
        assert_eq!(id(done!(world.internal(), super::add(&Reach::Instance, &shop, &[]))), "COMMAND-4m9vS");
    })
    .await;
}
