//! The rules of this room on every engine.

use castellan_db::testing::on_each_engine;
use castellan_proto::zitadel::management::v1;
use castellan_proto::zitadel::project::{v1 as v1_project, v2, v2beta};
use castellan_rpc::Context;
use serde_json::{Value, json};

use super::{api_v1, api_v2};
use crate::authorizations::{self, NewAuthorization};
use crate::testing::{World, done, event, events, id};

fn create(project_id: &str, org: &str, roles: &[&str]) -> v2::CreateProjectGrantRequest {
    v2::CreateProjectGrantRequest {
        project_id: project_id.into(),
        granted_organization_id: org.into(),
        role_keys: roles.iter().map(|role| (*role).into()).collect(),
    }
}

fn update(project_id: &str, org: &str, roles: &[&str]) -> v2::UpdateProjectGrantRequest {
    v2::UpdateProjectGrantRequest {
        project_id: project_id.into(),
        granted_organization_id: org.into(),
        role_keys: roles.iter().map(|role| (*role).into()).collect(),
    }
}

fn delete(project_id: &str, org: &str) -> v2::DeleteProjectGrantRequest {
    v2::DeleteProjectGrantRequest { project_id: project_id.into(), granted_organization_id: org.into() }
}

/// Gives `u2` these roles in `o2`; returns the authorization's id.
async fn authorized(world: &World, project_id: &str, roles: &[&str]) -> String {
    let new = NewAuthorization {
        org_id: Some("o2".into()),
        user_id: "u2".into(),
        project_id: project_id.into(),
        grant_id: None,
        role_keys: roles.iter().map(|role| (*role).into()).collect(),
    };
    done!(world.internal(), authorizations::create(new)).unwrap().id
}

#[tokio::test]
async fn what_cannot_be_granted_is_refused() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        assert_eq!(id(done!(owner(), api_v2::create(create("", "o2", &[])))), "COMMAND-FYRnWEzBzV");
        assert_eq!(id(done!(owner(), api_v2::create(create(&shop, "", &[])))), "COMMAND-PPhHpWGRAE");
        assert_eq!(id(done!(owner(), api_v2::create(create("none", "o2", &[])))), "COMMAND-m9gsd");
        assert_eq!(id(done!(owner(), api_v2::create(create(&shop, "none", &[])))), "COMMAND-3m9gg");
        assert_eq!(id(done!(owner(), api_v2::create(create(&shop, "o2", &["king"])))), "COMMAND-6m9gd");
        assert_eq!(id(done!(owner(), api_v2::create(create(&shop, "o1", &[])))), "PROJECT-ckUpbvboAH");
        done!(owner(), api_v2::create(create(&shop, "o2", &["admin"]))).unwrap();
        let twice = done!(owner(), api_v2::create(create(&shop, "o2", &[]))).unwrap_err();
        assert_eq!((twice.id(), twice.key()), ("V3-DKcYh", "Errors.Project.Grant.AlreadyExists"));
        assert_eq!(id(done!(world.org("o2", "ORG_OWNER"), api_v2::create(create(&shop, "o3", &[])))), "AUTHZ-cdgFk");
    })
    .await;
}

#[tokio::test]
async fn roles_taken_from_a_grant_are_taken_from_its_authorizations_in_v2_too() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin", "clerk"]).await;
        let grant = world.granted(&shop, "o2", &["admin", "clerk"]).await;
        let authorization = authorized(&world, &shop, &["admin", "clerk"]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        done!(owner(), api_v2::update(update(&shop, "o2", &["clerk"]))).unwrap();
        let changed = events(&world, "project", &shop).await.pop().unwrap();
        assert_eq!(changed, event("project.grant.changed", json!({"grantId": grant, "roleKeys": ["clerk"]})));
        let cascade = events(&world, "usergrant", &authorization).await.pop().unwrap();
        assert_eq!(cascade, event("user.grant.cascade.changed", json!({"roleKeys": ["clerk"]})));
        let before = events(&world, "project", &shop).await.len();
        done!(owner(), api_v2::update(update(&shop, "o2", &["clerk"]))).unwrap();
        assert_eq!(events(&world, "project", &shop).await.len(), before, "nothing changed");
        assert_eq!(id(done!(owner(), api_v2::update(update(&shop, "o2", &["king"])))), "COMMAND-6m9gd");
        assert_eq!(id(done!(owner(), api_v2::update(update(&shop, "o3", &[])))), "PROJECT-D8JxR");
        assert_eq!(id(done!(owner(), api_v2::update(update(&shop, "", &[])))), "PROJECT-1j83s");
    })
    .await;
}

#[tokio::test]
async fn a_removed_grant_takes_its_authorizations_with_it() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let grant = world.granted(&shop, "o2", &["admin"]).await;
        let authorization = authorized(&world, &shop, &["admin"]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        assert!(done!(owner(), api_v2::delete(delete(&shop, "o2"))).unwrap().deletion_date.is_some());
        let removed = events(&world, "project", &shop).await.pop().unwrap();
        assert_eq!(removed, event("project.grant.removed", json!({ "grantId": grant })));
        let cascade = events(&world, "usergrant", &authorization).await.pop().unwrap();
        assert_eq!(cascade, event("user.grant.cascade.removed", Value::Null));
        let mut ctx = world.internal();
        let claimed =
            authorizations::roles_for_claims(ctx.tx().await.unwrap(), "u2", std::slice::from_ref(&shop)).await.unwrap();
        assert!(claimed.is_empty());
        drop(ctx);
        assert!(done!(owner(), api_v2::delete(delete(&shop, "o2"))).unwrap().deletion_date.is_none());
        assert_eq!(id(done!(world.user("u1", "o1"), api_v2::delete(delete(&shop, "o2")))), "AUTHZ-cdgFk");
        let again = v1::RemoveProjectGrantRequest { project_id: shop.clone(), grant_id: grant };
        assert_eq!(id(done!(owner(), api_v1::remove(again))), "PROJECT-D8JxR");
    })
    .await;
}

#[tokio::test]
async fn an_inactive_grant_gives_no_roles_and_repeating_a_state_is_fine() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let grant = world.granted(&shop, "o2", &["admin"]).await;
        authorized(&world, &shop, &["admin"]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let off = || v1::DeactivateProjectGrantRequest { project_id: shop.clone(), grant_id: grant.clone() };
        let first = done!(owner(), api_v1::deactivate(off())).unwrap().details;
        world.clock.advance_seconds(5);
        assert_eq!(done!(owner(), api_v1::deactivate(off())).unwrap().details, first);
        let claims = async || {
            let mut ctx = world.internal();
            let read = ctx.tx().await.unwrap();
            authorizations::roles_for_claims(read, "u2", std::slice::from_ref(&shop)).await.unwrap().len()
        };
        assert_eq!(claims().await, 0);
        let on = v2::ActivateProjectGrantRequest { project_id: shop.clone(), granted_organization_id: "o2".into() };
        done!(owner(), api_v2::activate(on)).unwrap();
        assert_eq!(claims().await, 1);
        let none = v2::ActivateProjectGrantRequest { project_id: "none".into(), granted_organization_id: "o2".into() };
        assert_eq!(id(done!(owner(), api_v2::activate(none))), "COMMAND-EbFMN");
        let none = v2::ActivateProjectGrantRequest { project_id: shop.clone(), granted_organization_id: "o3".into() };
        assert_eq!(id(done!(owner(), api_v2::activate(none))), "PROJECT-D8JxR");
        let none = v2::ActivateProjectGrantRequest { project_id: shop.clone(), granted_organization_id: String::new() };
        assert_eq!(id(done!(owner(), api_v2::activate(none))), "PROJECT-p0s4V");
    })
    .await;
}

#[tokio::test]
async fn who_has_a_grant_cannot_change_it() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin", "clerk"]).await;
        let grant = world.granted(&shop, "o2", &["clerk"]).await;
        let more = || update(&shop, "o2", &["admin", "clerk"]);
        assert_eq!(id(done!(world.org("o2", "ORG_OWNER"), api_v2::update(more()))), "AUTHZ-cdgFk");
        assert_eq!(id(done!(world.grant(&shop, &grant, "PROJECT_GRANT_OWNER"), api_v2::update(more()))), "AUTH-AWfge");
        assert_eq!(id(done!(world.project("other", "PROJECT_OWNER"), api_v2::update(more()))), "AUTH-Swrgg2");
        let v1_update =
            v1::UpdateProjectGrantRequest { project_id: shop.clone(), grant_id: grant.clone(), role_keys: vec![] };
        assert_eq!(id(done!(world.org("o2", "ORG_OWNER"), api_v1::update(v1_update))), "PROJECT-D8JxR");
        done!(world.project(&shop, "PROJECT_OWNER"), api_v2::update(more())).unwrap();
        assert_eq!(id(done!(world.other_instance(), api_v2::update(more()))), "PROJECT-D8JxR");
        assert!(done!(world.other_instance(), api_v2::delete(delete(&shop, "o2"))).unwrap().deletion_date.is_none());
    })
    .await;
}

#[tokio::test]
async fn both_organizations_see_a_grant_and_nobody_else() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let grant = world.granted(&shop, "o2", &["admin"]).await;
        world.granted(&shop, "o3", &[]).await;
        let list = async |ctx: Context| {
            let list = done!(ctx, api_v2::list(v2::ListProjectGrantsRequest::default())).unwrap();
            let total = list.pagination.unwrap().total_result;
            assert_eq!(total, list.project_grants.len() as u64);
            total
        };
        assert_eq!(list(world.org("o1", "ORG_OWNER")).await, 2);
        assert_eq!(list(world.org("o2", "ORG_OWNER")).await, 1);
        assert_eq!(list(world.project(&shop, "PROJECT_OWNER")).await, 2);
        assert_eq!(list(world.grant(&shop, &grant, "PROJECT_GRANT_OWNER")).await, 1);
        assert_eq!(list(world.user("u1", "o1")).await, 0);
        assert_eq!(list(world.other_instance()).await, 0);
        let get = || v1::GetProjectGrantByIdRequest { project_id: shop.clone(), grant_id: grant.clone() };
        for ctx in [world.org("o1", "ORG_OWNER"), world.org("o2", "ORG_OWNER")] {
            let read = done!(ctx, api_v1::get(get())).unwrap().project_grant.unwrap();
            assert_eq!((read.project_owner_name.as_str(), read.granted_org_name.as_str()), ("org 1", "org 2"));
        }
        assert_eq!(id(done!(world.org("o3", "ORG_OWNER"), api_v1::get(get()))), "QUERY-n98GGs");
        assert_eq!(
            id(done!(world.grant(&shop, "other", "PROJECT_GRANT_OWNER"), api_v1::get(get()))),
            "QUERY-n98GGs",
            "rights on another grant do not open this one"
        );
        let granted = v1::GetGrantedProjectByIdRequest { project_id: shop.clone(), grant_id: grant.clone() };
        assert_eq!(id(done!(world.org("o1", "ORG_OWNER"), api_v1::get_granted(granted))), "QUERY-n98GGs");
    })
    .await;
}

#[tokio::test]
async fn lists_narrow_by_role_project_and_organization() {
    use v2::project_grant_search_filter::Filter;
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin", "clerk"]).await;
        let till = world.project_with_roles("o1", "Till", &["clerk"]).await;
        world.granted(&shop, "o2", &["admin"]).await;
        world.granted(&shop, "o3", &["clerk", "admin"]).await;
        world.granted(&till, "o2", &["clerk"]).await;
        let count = async |filter| {
            let request = v2::ListProjectGrantsRequest {
                filters: vec![v2::ProjectGrantSearchFilter { filter: Some(filter) }],
                ..Default::default()
            };
            done!(world.iam("IAM_OWNER"), api_v2::list(request)).unwrap().project_grants.len()
        };
        let by_role = |key: &str, method| Filter::RoleKeyFilter(v2::ProjectRoleKeyFilter { key: key.into(), method });
        assert_eq!(count(by_role("admin", 0)).await, 2);
        assert_eq!(count(by_role("adm", 0)).await, 0);
        assert_eq!(count(by_role("adm", 2)).await, 2);
        assert_eq!(count(by_role("ERK", 7)).await, 2);
        assert_eq!(count(by_role("ERK", 6)).await, 0);
        let id_of = |id: &str| castellan_proto::zitadel::filter::v2::IdFilter { id: id.into() };
        assert_eq!(count(Filter::GrantedOrganizationIdFilter(id_of("o2"))).await, 2);
        assert_eq!(count(Filter::OrganizationIdFilter(id_of("o2"))).await, 0);
        let beta = v2beta::ListProjectGrantsRequest {
            filters: vec![v2beta::ProjectGrantSearchFilter {
                filter: Some(v2beta::project_grant_search_filter::Filter::ProjectGrantResourceOwnerFilter(
                    castellan_proto::zitadel::filter::v2beta::IdFilter { id: "o3".into() },
                )),
            }],
            ..Default::default()
        };
        let beta = done!(world.iam("IAM_OWNER"), api_v2::beta_list(beta)).unwrap();
        assert_eq!(beta.project_grants[0].granted_role_keys, ["clerk", "admin"]);
        let of_project = v1::ListProjectGrantsRequest { project_id: shop.clone(), ..Default::default() };
        let of_project = done!(world.org("o1", "ORG_OWNER"), api_v1::list_of_project(of_project)).unwrap();
        assert_eq!(of_project.result.len(), 2);
        let query = v1_project::all_project_grant_query::Query::GrantedOrgIdQuery(v1_project::GrantedOrgIdQuery {
            granted_org_id: "o2".into(),
        });
        let all = v1::ListAllProjectGrantsRequest {
            query: None,
            queries: vec![v1_project::AllProjectGrantQuery { query: Some(query) }],
        };
        assert_eq!(done!(world.org("o1", "ORG_OWNER"), api_v1::list_of_org(all)).unwrap().result.len(), 2);
        let mine = v1::ListGrantedProjectsRequest::default();
        let mine = done!(world.org("o2", "ORG_OWNER"), api_v1::list_granted(mine)).unwrap();
        assert_eq!(mine.details.unwrap().total_result, 2);
    })
    .await;
}
