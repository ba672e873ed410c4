//! The rules of this room on every engine.

use castellan_db::testing::on_each_engine;
use castellan_proto::zitadel::auth::v1 as auth;
use castellan_proto::zitadel::authorization::{v2, v2beta};
use castellan_proto::zitadel::filter;
use castellan_proto::zitadel::management::v1;
use castellan_proto::zitadel::user::v1 as user;
use castellan_rpc::Context;
use serde_json::{Value, json};

use super::{ClaimedRole, api_v1, api_v2, api_v2beta, roles_for_claims};
use crate::testing::{World, done, event, events, id};

fn create(project_id: &str, org: &str, user_id: &str, roles: &[&str]) -> v2::CreateAuthorizationRequest {
    v2::CreateAuthorizationRequest {
        user_id: user_id.into(),
        project_id: project_id.into(),
        organization_id: org.into(),
        role_keys: roles.iter().map(|role| (*role).into()).collect(),
    }
}

fn update(id: &str, roles: &[&str]) -> v2::UpdateAuthorizationRequest {
    v2::UpdateAuthorizationRequest { id: id.into(), role_keys: roles.iter().map(|role| (*role).into()).collect() }
}

fn v1_add(project_id: &str, grant_id: &str, roles: &[&str]) -> v1::AddUserGrantRequest {
    v1::AddUserGrantRequest {
        user_id: "u2".into(),
        project_id: project_id.into(),
        project_grant_id: grant_id.into(),
        role_keys: roles.iter().map(|role| (*role).into()).collect(),
    }
}

#[tokio::test]
async fn what_cannot_be_given_is_refused() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin", "clerk"]).await;
        world.granted(&shop, "o2", &["clerk"]).await;
        let owner = || world.iam("IAM_OWNER");
        assert_eq!(id(done!(owner(), api_v2::create(create("", "o1", "u1", &[])))), "COMMAND-kVfMa");
        assert_eq!(id(done!(owner(), api_v2::create(create("none", "o1", "u1", &[])))), "COMMAND-3n77S");
        assert_eq!(id(done!(owner(), api_v2::create(create(&shop, "o1", "none", &[])))), "COMMAND-4f8sg");
        assert_eq!(id(done!(owner(), api_v2::create(create(&shop, "o3", "u1", &[])))), "COMMAND-4m9ff");
        assert_eq!(id(done!(owner(), api_v2::create(create(&shop, "o1", "u1", &["king"])))), "COMMAND-mm9F4");
        assert_eq!(
            id(done!(owner(), api_v2::create(create(&shop, "o2", "u1", &["admin"])))),
            "COMMAND-mm9F4",
            "only granted roles can be given"
        );
        done!(owner(), api_v2::create(create(&shop, "o1", "u1", &["admin"]))).unwrap();
        let twice = done!(owner(), api_v2::create(create(&shop, "o1", "u1", &[]))).unwrap_err();
        assert_eq!((twice.id(), twice.key()), ("V3-DKcYh", "Errors.UserGrant.AlreadyExists"));
        done!(owner(), api_v2::create(create(&shop, "o2", "u1", &["clerk"]))).unwrap();
    })
    .await;
}

#[tokio::test]
async fn who_gives_roles_of_a_granted_project_is_the_organization_that_has_it() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let grant = world.granted(&shop, "o2", &["admin"]).await;
        let give = |user: &str| create(&shop, "o2", user, &["admin"]);
        assert_eq!(id(done!(world.org("o1", "ORG_OWNER"), api_v2::create(give("u2")))), "AUTHZ-cdgFk");
        assert_eq!(id(done!(world.project(&shop, "PROJECT_OWNER"), api_v2::create(give("u2")))), "AUTHZ-cdgFk");
        let by_grant = || world.grant(&shop, &grant, "PROJECT_GRANT_OWNER");
        let given = done!(by_grant(), api_v2::create(give("u2"))).unwrap().id;
        done!(world.org("o2", "ORG_OWNER"), api_v2::create(give("u1"))).unwrap();
        assert_eq!(
            id(done!(world.grant(&shop, "other", "PROJECT_GRANT_OWNER"), api_v2::update(update(&given, &[])))),
            "AUTH-Swrgg2"
        );
        // Rights on a grant do not reach what the owner of the project gives.
        let own = create(&shop, "o1", "u1", &["admin"]);
        assert_eq!(id(done!(by_grant(), api_v2::create(own))), "AUTH-Swrgg2");
        let first = events(&world, "usergrant", &given).await.remove(0);
        let payload = json!({"userId": "u2", "projectId": shop, "grantId": grant, "roleKeys": ["admin"]});
        assert_eq!(first, event("user.grant.added", payload));
    })
    .await;
}

#[tokio::test]
async fn v1_gives_roles_in_the_context_organization() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let grant = world.granted(&shop, "o2", &["admin"]).await;
        done!(world.org("o1", "ORG_OWNER"), api_v1::add(v1_add(&shop, "", &["admin"]))).unwrap();
        let granted = || world.org("o2", "ORG_OWNER");
        assert_eq!(id(done!(granted(), api_v1::add(v1_add(&shop, "", &["admin"])))), "COMMAND-3n77S");
        assert_eq!(id(done!(granted(), api_v1::add(v1_add(&shop, "none", &["admin"])))), "COMMAND-4m9ff");
        done!(granted(), api_v1::add(v1_add(&shop, &grant, &["admin"]))).unwrap();
        assert_eq!(id(done!(world.org("o3", "ORG_OWNER"), api_v1::add(v1_add(&shop, &grant, &[])))), "COMMAND-4m9ff");
        assert_eq!(
            id(done!(world.project("other", "PROJECT_OWNER"), api_v1::add(v1_add(&shop, "", &[])))),
            "EVENT-Shu7e"
        );
    })
    .await;
}

#[tokio::test]
async fn unchanged_roles_are_an_error_in_v1_and_fine_in_v2() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin", "clerk"]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let given = done!(owner(), api_v2::create(create(&shop, "o1", "u2", &["admin"]))).unwrap();
        let v1_update = |user: &str, roles: &[&str]| v1::UpdateUserGrantRequest {
            user_id: user.into(),
            grant_id: given.id.clone(),
            role_keys: roles.iter().map(|role| (*role).into()).collect(),
        };
        assert_eq!(id(done!(owner(), api_v1::update(v1_update("u2", &["admin"])))), "COMMAND-Rs8fy");
        assert_eq!(id(done!(owner(), api_v1::update(v1_update("u1", &["clerk"])))), "COMMAND-3M9sd");
        let same = done!(owner(), api_v2::update(update(&given.id, &["admin"]))).unwrap();
        assert_eq!(same.change_date, given.creation_date);
        done!(owner(), api_v1::update(v1_update("u2", &["clerk"]))).unwrap();
        done!(owner(), api_v2::update(update(&given.id, &["admin", "clerk"]))).unwrap();
        assert_eq!(id(done!(owner(), api_v2::update(update(&given.id, &["king"])))), "COMMAND-mm9F4");
        assert_eq!(id(done!(owner(), api_v2::update(update("none", &[])))), "COMMAND-3M9sd");
        let recorded = events(&world, "usergrant", &given.id).await;
        assert_eq!(
            recorded[1..],
            [
                event("user.grant.changed", json!({"userId": "u2", "roleKeys": ["clerk"]})),
                event("user.grant.cascade.changed", json!({"roleKeys": ["admin", "clerk"]})),
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn only_active_authorizations_give_roles() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        world.granted(&shop, "o2", &["admin"]).await;
        let owner = || world.iam("IAM_OWNER");
        let own = done!(owner(), api_v2::create(create(&shop, "o1", "u1", &["admin"]))).unwrap().id;
        done!(owner(), api_v2::create(create(&shop, "o2", "u1", &["admin"]))).unwrap();
        let claimed = async || {
            let mut ctx = world.internal();
            roles_for_claims(ctx.tx().await.unwrap(), "u1", std::slice::from_ref(&shop)).await.unwrap()
        };
        let role = |org: &str| ClaimedRole {
            project_id: shop.clone(),
            role_key: "admin".into(),
            org_id: org.into(),
            org_domain: format!("{org}.localhost"),
        };
        assert_eq!(claimed().await, [role("o1"), role("o2")]);
        let off = || v2::DeactivateAuthorizationRequest { id: own.clone() };
        let first = done!(owner(), api_v2::deactivate(off())).unwrap().change_date;
        world.clock.advance_seconds(5);
        assert_eq!(done!(owner(), api_v2::deactivate(off())).unwrap().change_date, first, "it is inactive already");
        assert_eq!(claimed().await, [role("o2")]);
        let on = v2::ActivateAuthorizationRequest { id: own.clone() };
        done!(owner(), api_v2::activate(on)).unwrap();
        assert_eq!(claimed().await.len(), 2);
        let none = v2::ActivateAuthorizationRequest { id: "none".into() };
        assert_eq!(id(done!(owner(), api_v2::activate(none))), "COMMAND-Lp0gs");
        let none = v2::DeactivateAuthorizationRequest { id: "none".into() };
        assert_eq!(id(done!(owner(), api_v2::deactivate(none))), "COMMAND-3M9sd");
        let mut ctx = world.internal();
        assert!(roles_for_claims(ctx.tx().await.unwrap(), "u1", &[]).await.unwrap().is_empty());
        drop(ctx);
        let recorded = events(&world, "usergrant", &own).await;
        assert_eq!(
            recorded[1..],
            [event("user.grant.deactivated", Value::Null), event("user.grant.reactivated", Value::Null)]
        );
    })
    .await;
}

#[tokio::test]
async fn removing_again_succeeds_in_v2_and_finds_nothing_in_v1() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let own = done!(owner(), api_v2::create(create(&shop, "o1", "u1", &[]))).unwrap().id;
        let delete = || v2::DeleteAuthorizationRequest { id: own.clone() };
        assert!(done!(owner(), api_v2::delete(delete())).unwrap().deletion_date.is_some());
        assert!(done!(owner(), api_v2::delete(delete())).unwrap().deletion_date.is_none());
        assert_eq!(id(done!(world.user("u1", "o1"), api_v2::delete(delete()))), "AUTHZ-cdgFk");
        let remove = v1::RemoveUserGrantRequest { user_id: "u1".into(), grant_id: own.clone() };
        assert_eq!(id(done!(owner(), api_v1::remove(remove))), "COMMAND-1My0t");
        let removed = events(&world, "usergrant", &own).await.pop().unwrap();
        assert_eq!(removed, event("user.grant.removed", json!({"userId": "u1", "projectId": shop})));
    })
    .await;
}

#[tokio::test]
async fn many_are_removed_all_or_none() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let one = done!(owner(), api_v2::create(create(&shop, "o1", "u1", &[]))).unwrap().id;
        let two = done!(owner(), api_v2::create(create(&shop, "o1", "u2", &[]))).unwrap().id;
        let bulk =
            |ids: &[&str]| v1::BulkRemoveUserGrantRequest { grant_id: ids.iter().map(|id| (*id).to_owned()).collect() };
        assert_eq!(id(done!(owner(), api_v1::remove_many(bulk(&[])))), "COMMAND-5M0sd");
        assert_eq!(id(done!(owner(), api_v1::remove_many(bulk(&[&one, "none"])))), "COMMAND-1My0t");
        assert_eq!(id(done!(world.org("o2", "ORG_OWNER"), api_v1::remove_many(bulk(&[&one])))), "COMMAND-1My0t");
        done!(owner(), api_v1::remove_many(bulk(&[&one, &two]))).unwrap();
        let list = done!(owner(), api_v1::list(v1::ListUserGrantRequest::default())).unwrap();
        assert_eq!(list.details.unwrap().total_result, 0);
    })
    .await;
}

#[tokio::test]
async fn authorizations_of_other_organizations_and_instances_are_out_of_reach() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let own = done!(world.org("o1", "ORG_OWNER"), api_v2::create(create(&shop, "o1", "u1", &[]))).unwrap().id;
        let stranger = || world.org("o2", "ORG_OWNER");
        let other = || world.other_instance();
        let off = || v2::DeactivateAuthorizationRequest { id: own.clone() };
        let delete = || v2::DeleteAuthorizationRequest { id: own.clone() };
        assert_eq!(id(done!(stranger(), api_v2::update(update(&own, &["admin"])))), "AUTHZ-cdgFk");
        assert_eq!(id(done!(stranger(), api_v2::deactivate(off()))), "AUTHZ-cdgFk");
        assert_eq!(id(done!(stranger(), api_v2::delete(delete()))), "AUTHZ-cdgFk");
        let v1_off = v1::DeactivateUserGrantRequest { user_id: "u1".into(), grant_id: own.clone() };
        assert_eq!(id(done!(stranger(), api_v1::deactivate(v1_off))), "COMMAND-3M9sd");
        let v1_update = v1::UpdateUserGrantRequest { user_id: "u1".into(), grant_id: own.clone(), role_keys: vec![] };
        assert_eq!(id(done!(stranger(), api_v1::update(v1_update))), "COMMAND-3M9sd");
        let get = || v1::GetUserGrantByIdRequest { user_id: "u1".into(), grant_id: own.clone() };
        assert_eq!(id(done!(stranger(), api_v1::get(get()))), "QUERY-wIPkA");
        assert!(done!(world.org("o1", "ORG_OWNER"), api_v1::get(get())).is_ok());
        assert_eq!(id(done!(world.project("other", "PROJECT_OWNER"), api_v1::get(get()))), "QUERY-wIPkA");
        assert_eq!(id(done!(other(), api_v2::update(update(&own, &["admin"])))), "COMMAND-3M9sd");
        assert_eq!(id(done!(other(), api_v2::deactivate(off()))), "COMMAND-3M9sd");
        assert!(done!(other(), api_v2::delete(delete())).unwrap().deletion_date.is_none());
        let mut ctx = other();
        assert!(roles_for_claims(ctx.tx().await.unwrap(), "u1", std::slice::from_ref(&shop)).await.unwrap().is_empty());
    })
    .await;
}

async fn users(ctx: Context, filters: Vec<v2::authorizations_search_filter::Filter>) -> Vec<String> {
    let request = v2::ListAuthorizationsRequest {
        filters: filters.into_iter().map(|filter| v2::AuthorizationsSearchFilter { filter: Some(filter) }).collect(),
        sorting_column: v2::AuthorizationFieldName::UserId as i32,
        pagination: Some(filter::v2::PaginationRequest { offset: 0, limit: 0, asc: true }),
    };
    let list = done!(ctx, api_v2::list(request)).unwrap();
    assert_eq!(list.pagination.unwrap().total_result, list.authorizations.len() as u64);
    let name = |found: v2::Authorization| format!("{} in {}", found.user.unwrap().id, found.organization.unwrap().id);
    list.authorizations.into_iter().map(name).collect()
}

#[tokio::test]
async fn v2_lists_what_the_caller_may_see_and_its_own() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let grant = world.granted(&shop, "o2", &["admin"]).await;
        let owner = || world.iam("IAM_OWNER");
        done!(owner(), api_v2::create(create(&shop, "o1", "u1", &["admin"]))).unwrap();
        done!(owner(), api_v2::create(create(&shop, "o2", "u2", &["admin"]))).unwrap();
        assert_eq!(users(owner(), vec![]).await, ["u1 in o1", "u2 in o2"]);
        assert_eq!(users(world.org("o1", "ORG_OWNER"), vec![]).await, ["u1 in o1"]);
        assert_eq!(users(world.org("o2", "ORG_OWNER"), vec![]).await, ["u2 in o2"]);
        assert_eq!(users(world.project(&shop, "PROJECT_OWNER"), vec![]).await, ["u1 in o1"]);
        assert_eq!(users(world.grant(&shop, &grant, "PROJECT_GRANT_OWNER"), vec![]).await, ["u2 in o2"]);
        assert_eq!(users(world.user("u2", "o2"), vec![]).await, ["u2 in o2"], "own rows always show");
        assert!(users(world.user("u3", "o3"), vec![]).await.is_empty());
        assert!(users(world.other_instance(), vec![]).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn v2_filters_and_shows_the_names_of_roles() {
    use v2::authorizations_search_filter::Filter;
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin", "clerk"]).await;
        let owner = || world.iam("IAM_OWNER");
        done!(owner(), api_v2::create(create(&shop, "o1", "u1", &["admin"]))).unwrap();
        done!(owner(), api_v2::create(create(&shop, "o1", "u2", &["clerk", "admin"]))).unwrap();
        let by_id = |id: &str| filter::v2::IdFilter { id: id.into() };
        let role = |key: &str| Filter::RoleKey(v2::RoleKeyQuery { key: key.into(), method: 0 });
        assert_eq!(users(owner(), vec![role("clerk")]).await, ["u2 in o1"]);
        assert_eq!(users(owner(), vec![Filter::UserOrganizationId(by_id("o2"))]).await, ["u2 in o1"]);
        let name = v2::UserPreferredLoginNameQuery { login_name: "u1@".into(), method: 2 };
        assert_eq!(users(owner(), vec![Filter::UserPreferredLoginName(name)]).await, ["u1 in o1"]);
        let name = v2::UserDisplayNameQuery { display_name: "USER 2".into(), method: 1 };
        assert_eq!(users(owner(), vec![Filter::UserDisplayName(name)]).await, ["u2 in o1"]);
        let mut ctx = world.internal();
        let rename = castellan_db::statement!(
            "UPDATE users SET name = 'Örn', name_lower = 'örn', first_name = 'Ágnes', first_name_lower = 'ágnes'
             WHERE instance_id = $1 AND id = 'u2'"
        );
        ctx.tx().await.unwrap().execute(rename, &[]).await.unwrap();
        ctx.commit().await.unwrap();
        let name = v2::UserDisplayNameQuery { display_name: "öRN".into(), method: 1 };
        assert_eq!(users(owner(), vec![Filter::UserDisplayName(name)]).await, ["u2 in o1"]);
        let ids = filter::v2::InIDsFilter { ids: vec!["u1".into(), "u3".into()] };
        assert_eq!(users(owner(), vec![Filter::InUserIds(ids), role("admin")]).await, ["u1 in o1"]);
        assert!(users(owner(), vec![Filter::ProjectGrantId(by_id("none"))]).await.is_empty());
        for nobody in
            [Filter::InUserIds(filter::v2::InIDsFilter::default()), Filter::AuthorizationIds(Default::default())]
        {
            let filters = vec![v2::AuthorizationsSearchFilter { filter: Some(nobody) }];
            let request = v2::ListAuthorizationsRequest { filters, ..Default::default() };
            assert_eq!(id(done!(owner(), api_v2::list(request))), "QUERY-Prj1n");
        }
        let request = v2::ListAuthorizationsRequest {
            filters: vec![v2::AuthorizationsSearchFilter { filter: Some(role("clerk")) }],
            ..Default::default()
        };
        let found = done!(owner(), api_v2::list(request)).unwrap().authorizations.remove(0);
        assert_eq!(
            found.roles[0],
            v2::Role { key: "clerk".into(), display_name: "The clerk".into(), group: "staff".into() }
        );
        assert_eq!(found.project.unwrap().name, "Shop");
        let beta = v2beta::ListAuthorizationsRequest {
            filters: vec![v2beta::AuthorizationsSearchFilter {
                filter: Some(v2beta::authorizations_search_filter::Filter::UserId(filter::v2beta::IdFilter {
                    id: "u2".into(),
                })),
            }],
            ..Default::default()
        };
        let beta = done!(owner(), api_v2beta::list(beta)).unwrap();
        assert_eq!(beta.authorizations[0].roles, ["clerk", "admin"]);
        assert_eq!(beta.pagination.unwrap().applied_limit, 100);
    })
    .await;
}

#[tokio::test]
async fn v2beta_gives_roles_of_the_owner_when_no_organization_is_named() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let request = v2beta::CreateAuthorizationRequest {
            user_id: "u1".into(),
            project_id: shop.clone(),
            organization_id: None,
            role_keys: vec!["admin".into()],
        };
        let created = done!(world.org("o1", "ORG_OWNER"), api_v2beta::create(request)).unwrap();
        let update = v2beta::UpdateAuthorizationRequest { id: created.id.clone(), role_keys: vec![] };
        done!(world.org("o1", "ORG_OWNER"), api_v2beta::update(update)).unwrap();
        let delete = v2beta::DeleteAuthorizationRequest { id: created.id };
        assert!(done!(world.org("o1", "ORG_OWNER"), api_v2beta::delete(delete)).unwrap().deletion_date.is_some());
    })
    .await;
}

#[tokio::test]
async fn v1_lists_own_grants_and_those_on_own_projects_if_asked() {
    use user::user_grant_query::Query;
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let grant = world.granted(&shop, "o2", &["admin"]).await;
        done!(world.org("o1", "ORG_OWNER"), api_v1::add(v1_add(&shop, "", &["admin"]))).unwrap();
        done!(world.org("o2", "ORG_OWNER"), api_v1::add(v1_add(&shop, &grant, &[]))).unwrap();
        let list = async |ctx: Context, queries: Vec<Query>| {
            let queries = queries.into_iter().map(|query| user::UserGrantQuery { query: Some(query) }).collect();
            let request = v1::ListUserGrantRequest { query: None, queries };
            done!(ctx, api_v1::list(request)).unwrap().result
        };
        let with_granted = || Query::WithGrantedQuery(user::UserGrantWithGrantedQuery { with_granted: true });
        let own = list(world.org("o1", "ORG_OWNER"), vec![]).await;
        assert_eq!((own.len(), own[0].org_id.as_str(), own[0].granted_org_id.as_str()), (1, "o1", ""));
        assert_eq!(list(world.org("o1", "ORG_OWNER"), vec![with_granted()]).await.len(), 2);
        let theirs = list(world.org("o2", "ORG_OWNER"), vec![with_granted()]).await;
        assert_eq!((theirs.len(), theirs[0].granted_org_name.as_str()), (1, "org 2"));
        let role = user::UserGrantRoleKeyQuery { role_key: "admin".into(), method: 0 };
        assert_eq!(list(world.org("o1", "ORG_OWNER"), vec![Query::RoleKeyQuery(role)]).await.len(), 1);
        assert!(list(world.project("other", "PROJECT_OWNER"), vec![with_granted()]).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn users_see_their_own_grants_and_roles() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin", "clerk"]).await;
        let till = world.project_with_roles("o1", "Till", &["admin"]).await;
        let owner = || world.iam("IAM_OWNER");
        done!(owner(), api_v2::create(create(&shop, "o1", "u1", &["clerk", "admin"]))).unwrap();
        done!(owner(), api_v2::create(create(&till, "o1", "u1", &["admin"]))).unwrap();
        let mine = done!(world.user("u1", "o1"), api_v1::list_of_caller(auth::ListMyUserGrantsRequest::default()));
        let mine = mine.unwrap();
        assert_eq!(mine.details.unwrap().total_result, 2);
        assert_eq!((mine.result[0].org_name.as_str(), mine.result[0].org_domain.as_str()), ("org 1", "o1.localhost"));
        let roles = done!(world.user("u1", "o1"), api_v1::roles_of_caller(auth::ListMyProjectPermissionsRequest {}));
        assert_eq!(roles.unwrap().result, ["admin", "clerk"]);
        let roles = done!(world.user("u1", "o2"), api_v1::roles_of_caller(auth::ListMyProjectPermissionsRequest {}));
        assert!(roles.unwrap().result.is_empty(), "roles count in the organization that gave them");
    })
    .await;
}

#[tokio::test]
async fn a_removed_project_takes_its_authorizations_with_it() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let own = done!(world.iam("IAM_OWNER"), api_v2::create(create(&shop, "o1", "u1", &["admin"]))).unwrap().id;
        let mut ctx = world.internal();
        super::remove_of_project(&mut ctx, &shop).await.unwrap();
        ctx.commit().await.unwrap();
        let last = events(&world, "usergrant", &own).await.pop().unwrap();
        assert_eq!(last, event("user.grant.cascade.removed", Value::Null));
    })
    .await;
}
