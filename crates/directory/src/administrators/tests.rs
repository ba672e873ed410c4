//! The rules of this room on every engine.

use castellan_db::testing::on_each_engine;
use castellan_db::{statement, values};
use castellan_kernel::{Caller, Kind, Membership, Page, Result, Scope};
use castellan_proto::zitadel::internal_permission::{v2, v2beta};
use castellan_proto::zitadel::{
    admin::v1 as admin, auth::v1 as auth, filter, management::v1 as management, member, user,
};
use castellan_rpc::Context;

use super::command::{self, Assignment};
use super::query::{self, Sorting};
use super::target::Reach;
use super::{Administrator, Resource, api_v1, api_v2, memberships_of, record_removal_of_user};
use crate::users::testing::{World, events, id};

/// Project `p1` of `o1`, granted to `o2` by the grant `g1`; project `p2` of `o2`.
async fn world(db: castellan_db::Db) -> World {
    let world = World::new(db).await;
    let mut ctx = world.internal();
    let project = statement!(
        "INSERT INTO projects (instance_id, id, org_id, name, name_lower, state, role_assertion, role_check,
         has_project_check, private_labeling, created_at, changed_at, sequence)
         VALUES ($1, $2, $3, $2, $2, 1, FALSE, FALSE, FALSE, 0, 0, 0, 1)"
    );
    let grant = statement!(
        "INSERT INTO project_grants (instance_id, id, project_id, granted_org_id, role_keys, state, created_at,
         changed_at, sequence) VALUES ($1, 'g1', 'p1', 'o2', '[]', 1, 0, 0, 1)"
    );
    let tx = ctx.tx().await.unwrap();
    tx.execute(project, &values!["p1", "o1"]).await.unwrap();
    tx.execute(project, &values!["p2", "o2"]).await.unwrap();
    tx.execute(grant, &[]).await.unwrap();
    ctx.commit().await.unwrap();
    world
}

fn org(org: &str) -> Resource {
    Resource::Org(org.into())
}

fn project(project: &str) -> Resource {
    Resource::Project(project.into())
}

fn grant() -> Resource {
    Resource::ProjectGrant { project: "p1".into(), grant: "g1".into() }
}

fn assignment(resource: Resource, user_id: &str, roles: &[&str]) -> Assignment {
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    Assignment { reach: Reach::Instance, resource, user_id: user_id.into(), roles }
}

async fn add(mut ctx: Context, resource: Resource, user_id: &str, roles: &[&str]) -> Result<()> {
    command::add(&mut ctx, assignment(resource, user_id, roles)).await?;
    ctx.commit().await
}

async fn update(mut ctx: Context, resource: Resource, user_id: &str, roles: &[&str]) -> Result<()> {
    command::update(&mut ctx, assignment(resource, user_id, roles)).await?;
    ctx.commit().await
}

/// Whether there was something to remove.
async fn remove(mut ctx: Context, resource: Resource, user_id: &str) -> Result<bool> {
    let receipt = command::remove(&mut ctx, &Reach::Instance, &resource, user_id).await?;
    ctx.commit().await?;
    Ok(receipt.is_some())
}

fn with(world: &World, scope: Scope, role: &str, org: &str) -> Context {
    let permissions = world.env.roles.permissions([role]);
    let mut caller = Caller::anonymous();
    caller.kind = castellan_kernel::CallerKind::Machine;
    caller.user_id = "caller".into();
    caller.org = org.into();
    caller.memberships = vec![Membership { scope, roles: vec![role.into()], permissions }];
    world.context("i1", caller, true)
}

#[tokio::test]
async fn roles_on_each_level_count_from_the_next_call_on() {
    on_each_engine(|db| async {
        let world = world(db).await;
        let user = world.machine("o1", "robot").await;
        for (resource, role) in [
            (Resource::Instance, "IAM_OWNER_VIEWER"),
            (org("o1"), "ORG_OWNER"),
            (project("p1"), "PROJECT_OWNER"),
            (grant(), "PROJECT_GRANT_OWNER"),
        ] {
            add(world.iam("IAM_OWNER"), resource, &user, &[role]).await.unwrap();
        }
        let mut ctx = world.internal();
        let mut held = memberships_of(ctx.read().await.unwrap(), &world.env.roles, &user).await.unwrap();
        held.sort_by_key(|membership| membership.roles[0].clone());
        let scopes: Vec<Scope> = held.iter().map(|membership| membership.scope.clone()).collect();
        let (owner, project) = ("o1".to_owned(), "p1".to_owned());
        assert_eq!(
            scopes,
            [
                Scope::Instance,
                Scope::Org("o1".into()),
                Scope::ProjectGrant {
                    owner: owner.clone(),
                    granted: "o2".into(),
                    project: project.clone(),
                    grant: "g1".into()
                },
                Scope::Project { owner, project },
            ]
        );
        assert_eq!(held[1].permissions, world.env.roles.permissions(["ORG_OWNER"]));
    })
    .await;
}

#[tokio::test]
async fn each_level_has_its_own_events() {
    on_each_engine(|db| async {
        let world = world(db).await;
        let user = world.machine("o1", "robot").await;
        let owner = || world.iam("IAM_OWNER");
        add(owner(), grant(), &user, &["PROJECT_GRANT_OWNER"]).await.unwrap();
        update(owner(), grant(), &user, &["PROJECT_GRANT_OWNER_VIEWER"]).await.unwrap();
        assert!(remove(owner(), grant(), &user).await.unwrap());
        add(owner(), org("o1"), &user, &["ORG_OWNER"]).await.unwrap();
        let mut ctx = world.internal();
        let recorded = events(&mut ctx, "project", "p1").await;
        assert_eq!(
            recorded,
            [
                (
                    "project.grant.member.added".to_owned(),
                    serde_json::json!({"roles": ["PROJECT_GRANT_OWNER"], "userId": user, "grantId": "g1"})
                ),
                (
                    "project.grant.member.changed".to_owned(),
                    serde_json::json!({"roles": ["PROJECT_GRANT_OWNER_VIEWER"], "userId": user, "grantId": "g1"})
                ),
                ("project.grant.member.removed".to_owned(), serde_json::json!({"userId": user, "grantId": "g1"})),
            ]
        );
        let recorded = events(&mut ctx, "org", "o1").await;
        assert_eq!(
            recorded.last().unwrap(),
            &("org.member.added".to_owned(), serde_json::json!({"roles": ["ORG_OWNER"], "userId": user}))
        );
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_added_is_refused_with_the_fault_of_the_level() {
    on_each_engine(|db| async {
        let world = world(db).await;
        let user = world.machine("o1", "robot").await;
        let owner = || world.iam("IAM_OWNER");
        for (resource, incomplete, bad_role, no_user, role) in [
            (Resource::Instance, "INSTA-SDSfs", "INSTANCE-4m0fS", "INSTA-GSXOn", "IAM_OWNER"),
            (org("o1"), "ORG-4Mlfs", "Org-4N8es", "ORG-GoXOn", "ORG_OWNER"),
            (project("p1"), "PROJECT-W8m4l", "PROJECT-3m9ds", "COMMAND-uXHNj", "PROJECT_OWNER"),
            (grant(), "PROJECT-8fi7G", "PROJECT-m9gKK", "COMMAND-uXHNj", "PROJECT_GRANT_OWNER"),
        ] {
            assert_eq!(id(add(owner(), resource.clone(), "", &[role]).await), incomplete);
            assert_eq!(id(add(owner(), resource.clone(), &user, &["SYSTEM_OWNER"]).await), bad_role);
            assert_eq!(id(add(owner(), resource, "nobody", &[role]).await), no_user);
        }
        assert_eq!(id(add(owner(), Resource::Instance, &user, &[]).await), "INSTANCE-4m0fS");
        assert_eq!(id(add(owner(), org("o1"), &user, &[]).await), "ORG-4Mlfs");
        assert_eq!(id(add(owner(), org("none"), &user, &["ORG_OWNER"]).await), "COMMAND-QXPGs");
        assert_eq!(id(add(owner(), project("none"), &user, &["PROJECT_OWNER"]).await), "COMMAND-EbFMN");
        let none = Resource::ProjectGrantTo { project: "p1".into(), org: "o1".into() };
        assert_eq!(id(add(owner(), none, &user, &["PROJECT_GRANT_OWNER"]).await), "PROJECT-D8JxR");
    })
    .await;
}

#[tokio::test]
async fn a_second_membership_on_the_same_resource_is_refused_with_the_documented_code() {
    on_each_engine(|db| async {
        let world = world(db).await;
        let user = world.machine("o1", "robot").await;
        for (resource, role, fault, kind) in [
            (Resource::Instance, "IAM_OWNER", "INSTA-pFDwe", Kind::AlreadyExists),
            (org("o1"), "ORG_OWNER", "ORG-poWwe", Kind::AlreadyExists),
            (project("p1"), "PROJECT_OWNER", "PROJECT-PtXi1", Kind::AlreadyExists),
            (grant(), "PROJECT_GRANT_OWNER", "PROJECT-37fug", Kind::NotFound),
        ] {
            add(world.iam("IAM_OWNER"), resource.clone(), &user, &[role]).await.unwrap();
            let error = add(world.iam("IAM_OWNER"), resource, &user, &[role]).await.unwrap_err();
            assert_eq!((error.id(), error.kind()), (fault, kind));
        }
    })
    .await;
}

#[tokio::test]
async fn an_update_replaces_the_roles_and_an_unchanged_one_records_nothing() {
    on_each_engine(|db| async {
        let world = world(db).await;
        let user = world.machine("o1", "robot").await;
        let owner = || world.iam("IAM_OWNER");
        add(owner(), org("o1"), &user, &["ORG_OWNER"]).await.unwrap();
        let before = events(&mut world.internal(), "org", "o1").await.len();
        update(owner(), org("o1"), &user, &["ORG_OWNER"]).await.unwrap();
        assert_eq!(events(&mut world.internal(), "org", "o1").await.len(), before);
        update(owner(), org("o1"), &user, &["ORG_OWNER_VIEWER", "ORG_OWNER"]).await.unwrap();
        update(owner(), org("o1"), &user, &["ORG_OWNER", "ORG_OWNER_VIEWER"]).await.unwrap();
        assert_eq!(events(&mut world.internal(), "org", "o1").await.len(), before + 2, "the order counts");
        for (resource, empty, bad_role, missing, role) in [
            (Resource::Instance, "INSTANCE-LiaZi", "INSTANCE-3m9fs", "INSTANCE-D8JxR", "IAM_OWNER"),
            (org("o2"), "Org-LiaZi", "INST-m9fG8", "Org-D8JxR", "ORG_OWNER"),
            (project("p1"), "PROJECT-LiaZi", "PROJECT-3m9d", "PROJECT-D8JxR", "PROJECT_OWNER"),
            (grant(), "PROJECT-109fs", "PROJECT-m0sDf", "PROJECT-37fug", "PROJECT_GRANT_OWNER"),
        ] {
            assert_eq!(id(update(owner(), resource.clone(), &user, &[]).await), empty);
            assert_eq!(id(update(owner(), resource.clone(), &user, &["SELF_MANAGEMENT_GLOBAL"]).await), bad_role);
            assert_eq!(id(update(owner(), resource, &user, &[role]).await), missing);
        }
    })
    .await;
}

#[tokio::test]
async fn removing_what_is_not_there_succeeds_for_those_who_could_have_removed_it() {
    on_each_engine(|db| async {
        let world = world(db).await;
        let user = world.machine("o1", "robot").await;
        assert!(!remove(world.org("o1", "ORG_OWNER"), org("o1"), &user).await.unwrap());
        assert!(!remove(world.org("o1", "ORG_OWNER"), project("none"), &user).await.unwrap());
        assert_eq!(id(remove(world.org("o1", "ORG_OWNER_VIEWER"), org("o1"), &user).await), "AUTH-AWfge");
        assert_eq!(id(remove(world.user(&user, "o1"), project("none"), &user).await), "AUTHZ-cdgFk");
        assert_eq!(id(remove(world.org("o1", "ORG_OWNER"), org("o1"), "").await), "Org-LiaZi");
    })
    .await;
}

#[tokio::test]
async fn managers_of_one_organization_have_no_say_in_another() {
    on_each_engine(|db| async {
        let world = world(db).await;
        let user = world.machine("o1", "robot").await;
        let stranger = || world.org("o2", "ORG_OWNER");
        assert_eq!(id(add(stranger(), Resource::Instance, &user, &["IAM_OWNER"]).await), "AUTHZ-cdgFk");
        assert_eq!(id(add(stranger(), org("o1"), &user, &["ORG_OWNER"]).await), "AUTHZ-cdgFk");
        assert_eq!(id(add(stranger(), project("p1"), &user, &["PROJECT_OWNER"]).await), "AUTHZ-cdgFk");
        add(world.iam("IAM_OWNER"), org("o1"), &user, &["ORG_OWNER"]).await.unwrap();
        assert_eq!(id(update(stranger(), org("o1"), &user, &["ORG_OWNER_VIEWER"]).await), "AUTHZ-cdgFk");
        assert_eq!(id(remove(stranger(), org("o1"), &user).await), "AUTHZ-cdgFk");
        // v1: projects of other organizations read as absent.
        let mut ctx = stranger();
        let mut command = assignment(project("p1"), &user, &["PROJECT_OWNER"]);
        command.reach = Reach::Org("o2".into());
        assert_eq!(id(command::add(&mut ctx, command).await), "COMMAND-EbFMN");
    })
    .await;
}

#[tokio::test]
async fn the_organization_that_has_a_grant_decides_who_administers_it() {
    on_each_engine(|db| async {
        let world = world(db).await;
        let user = world.machine("o1", "robot").await;
        let role = &["PROJECT_GRANT_OWNER"];
        assert_eq!(id(add(world.org("o1", "ORG_OWNER"), grant(), &user, role).await), "AUTHZ-cdgFk");
        add(world.org("o2", "ORG_OWNER"), grant(), &user, role).await.unwrap();
        let scope =
            Scope::ProjectGrant { owner: "o1".into(), granted: "o2".into(), project: "p1".into(), grant: "g1".into() };
        assert!(remove(with(&world, scope, role[0], "o2"), grant(), &user).await.unwrap());
        let other =
            Scope::ProjectGrant { owner: "o1".into(), granted: "o2".into(), project: "p1".into(), grant: "g2".into() };
        assert_eq!(id(add(with(&world, other, role[0], "o2"), grant(), &user, role).await), "AUTH-Swrgg2");
    })
    .await;
}

#[tokio::test]
async fn a_project_owner_administers_that_project_only() {
    on_each_engine(|db| async {
        let world = world(db).await;
        let user = world.machine("o1", "robot").await;
        let of = |project: &str| Scope::Project { owner: "o1".into(), project: project.into() };
        let role = &["PROJECT_OWNER_VIEWER"];
        add(with(&world, of("p1"), "PROJECT_OWNER", "o1"), project("p1"), &user, role).await.unwrap();
        let other = with(&world, of("p3"), "PROJECT_OWNER", "o1");
        assert_eq!(id(update(other, project("p1"), &user, role).await), "AUTH-Swrgg2");
    })
    .await;
}

#[tokio::test]
async fn administrators_of_one_instance_do_not_exist_in_another() {
    on_each_engine(|db| async {
        let world = world(db).await;
        let user = world.machine("o1", "robot").await;
        add(world.iam("IAM_OWNER"), Resource::Instance, &user, &["IAM_OWNER"]).await.unwrap();
        add(world.iam("IAM_OWNER"), project("p1"), &user, &["PROJECT_OWNER"]).await.unwrap();
        let other = || world.other_instance();
        assert_eq!(id(add(other(), Resource::Instance, &user, &["IAM_OWNER"]).await), "INSTA-GSXOn");
        assert_eq!(id(update(other(), Resource::Instance, &user, &["IAM_OWNER_VIEWER"]).await), "INSTANCE-D8JxR");
        assert!(!remove(other(), Resource::Instance, &user).await.unwrap());
        assert!(!remove(other(), project("p1"), &user).await.unwrap());
        let mut ctx = other();
        assert_eq!(query::visible(&mut ctx, vec![], Sorting::Created, Page::default()).await.unwrap().total, 0);
        let read = ctx.read().await.unwrap();
        assert!(memberships_of(read, &world.env.roles, &user).await.unwrap().is_empty());
    })
    .await;
}

async fn visible(mut ctx: Context) -> Vec<(String, u64)> {
    let list = query::visible(&mut ctx, vec![], Sorting::Created, Page::default()).await.unwrap();
    let name = |administrator: &Administrator| administrator.roles.join(",");
    let mut names: Vec<(String, u64)> = list.items.iter().map(|item| (name(item), list.total)).collect();
    names.sort();
    names
}

#[tokio::test]
async fn lists_and_totals_show_what_the_caller_may_see() {
    on_each_engine(|db| async {
        let world = world(db).await;
        let user = world.machine("o1", "robot").await;
        let owner = || world.iam("IAM_OWNER");
        add(owner(), Resource::Instance, &user, &["IAM_USER_MANAGER"]).await.unwrap();
        add(owner(), org("o1"), &user, &["ORG_OWNER"]).await.unwrap();
        add(owner(), org("o2"), &user, &["ORG_OWNER_VIEWER"]).await.unwrap();
        add(owner(), project("p1"), &user, &["PROJECT_OWNER"]).await.unwrap();
        add(owner(), project("p2"), &user, &["PROJECT_OWNER_VIEWER"]).await.unwrap();
        add(owner(), grant(), &user, &["PROJECT_GRANT_OWNER"]).await.unwrap();
        let names = |roles: &[&str], total| roles.iter().map(|role| ((*role).to_owned(), total)).collect::<Vec<_>>();
        assert_eq!(visible(owner()).await.len(), 6);
        assert_eq!(
            visible(world.org("o1", "ORG_OWNER")).await,
            names(&["ORG_OWNER", "PROJECT_GRANT_OWNER", "PROJECT_OWNER"], 3)
        );
        assert_eq!(
            visible(world.org("o2", "ORG_OWNER")).await,
            names(&["ORG_OWNER_VIEWER", "PROJECT_GRANT_OWNER", "PROJECT_OWNER_VIEWER"], 3)
        );
        let scope = Scope::Project { owner: "o2".into(), project: "p2".into() };
        assert_eq!(visible(with(&world, scope, "PROJECT_OWNER", "o2")).await, names(&["PROJECT_OWNER_VIEWER"], 1));
        assert!(visible(world.user("someone", "o1")).await.is_empty());
        assert_eq!(visible(world.user(&user, "o1")).await.len(), 6, "own rows always show");
    })
    .await;
}

fn searched(filter: v2::administrator_search_filter::Filter) -> v2::AdministratorSearchFilter {
    v2::AdministratorSearchFilter { filter: Some(filter) }
}

async fn roles(mut ctx: Context, filter: v2::administrator_search_filter::Filter) -> Result<Vec<String>> {
    let request = v2::ListAdministratorsRequest { filters: vec![searched(filter)], ..Default::default() };
    let list = api_v2::list(&mut ctx, request).await?;
    let mut roles: Vec<String> = list.administrators.into_iter().flat_map(|found| found.roles).collect();
    roles.sort();
    Ok(roles)
}

#[tokio::test]
async fn filters_can_be_nested() {
    use v2::administrator_search_filter::Filter;
    on_each_engine(|db| async {
        let world = world(db).await;
        let user = world.machine("o1", "robot").await;
        let owner = || world.iam("IAM_OWNER");
        add(owner(), Resource::Instance, &user, &["IAM_OWNER"]).await.unwrap();
        add(owner(), org("o1"), &user, &["ORG_OWNER"]).await.unwrap();
        add(owner(), grant(), &user, &["PROJECT_GRANT_OWNER"]).await.unwrap();
        let role = |key: &str| Filter::Role(v2::RoleFilter { role_key: key.into() });
        let resource = |resource| Filter::Resource(v2::ResourceFilter { resource: Some(resource) });
        assert_eq!(roles(owner(), role("ORG_OWNER")).await.unwrap(), ["ORG_OWNER"]);
        assert!(roles(owner(), role("ORG_OWN")).await.unwrap().is_empty(), "the whole name counts");
        let either =
            Filter::Or(v2::OrFilter { queries: vec![searched(role("ORG_OWNER")), searched(role("IAM_OWNER"))] });
        assert_eq!(roles(owner(), either).await.unwrap(), ["IAM_OWNER", "ORG_OWNER"]);
        let not = Filter::Not(Box::new(v2::NotFilter { query: Some(Box::new(searched(role("ORG_OWNER")))) }));
        assert_eq!(roles(owner(), not).await.unwrap(), ["IAM_OWNER", "PROJECT_GRANT_OWNER"]);
        let instance = resource(v2::resource_filter::Resource::Instance(true));
        assert_eq!(roles(owner(), instance).await.unwrap(), ["IAM_OWNER"]);
        let granted = v2::resource_filter::ProjectGrant { project_id: "p1".into(), organization_id: "o2".into() };
        let granted = resource(v2::resource_filter::Resource::ProjectGrant(granted));
        assert_eq!(roles(owner(), granted).await.unwrap(), ["PROJECT_GRANT_OWNER"]);
        let name = v2::UserDisplayNameFilter { display_name: "name OF".into(), method: 3 };
        assert_eq!(roles(owner(), Filter::UserDisplayName(name)).await.unwrap().len(), 3);
        let mut ctx = world.internal();
        let rename = statement!("UPDATE users SET name = 'Örn', name_lower = 'örn' WHERE instance_id = $1");
        ctx.tx().await.unwrap().execute(rename, &[]).await.unwrap();
        ctx.commit().await.unwrap();
        let name = v2::UserDisplayNameFilter { display_name: "ÖRN".into(), method: 1 };
        assert_eq!(roles(owner(), Filter::UserDisplayName(name)).await.unwrap().len(), 3);
        let name = v2::UserPreferredLoginNameFilter { preferred_login_name: "robot".into(), method: 0 };
        assert_eq!(roles(owner(), Filter::UserPreferredLoginName(name)).await.unwrap().len(), 3);
        assert_eq!(id(roles(owner(), Filter::InUserIdsFilter(Default::default())).await), "PERM-Dsg3z");
        let empty = Filter::And(v2::AndFilter { queries: vec![] });
        assert_eq!(roles(owner(), empty).await.unwrap_err().kind(), Kind::InvalidArgument);
        let mut deep = role("ORG_OWNER");
        for _ in 0..21 {
            deep = Filter::And(v2::AndFilter { queries: vec![searched(deep)] });
        }
        assert_eq!(id(roles(owner(), deep).await), "PERM-zsQ97");
    })
    .await;
}

#[tokio::test]
async fn v2_and_v2beta_name_the_same_resources() {
    on_each_engine(|db| async {
        let world = world(db).await;
        let user = world.machine("o1", "robot").await;
        let resource = v2::ResourceType {
            resource: Some(v2::resource_type::Resource::ProjectGrant(v2::resource_type::ProjectGrant {
                project_id: "p1".into(),
                organization_id: "o2".into(),
            })),
        };
        let mut ctx = world.iam("IAM_OWNER");
        let request = v2::CreateAdministratorRequest {
            user_id: user.clone(),
            resource: Some(resource),
            roles: vec!["PROJECT_GRANT_OWNER".into()],
        };
        assert!(api_v2::create(&mut ctx, request).await.unwrap().creation_date.is_some());
        let filter = v2beta::AdministratorSearchFilter {
            filter: Some(v2beta::administrator_search_filter::Filter::Resource(v2beta::ResourceFilter {
                resource: Some(v2beta::resource_filter::Resource::ProjectGrantId("g1".into())),
            })),
        };
        let request = v2beta::ListAdministratorsRequest {
            pagination: Some(filter::v2beta::PaginationRequest { offset: 0, limit: 5, asc: true }),
            sorting_column: None,
            filters: vec![filter],
        };
        let list = api_v2::beta_list(&mut ctx, request).await.unwrap();
        assert_eq!(list.pagination.unwrap().applied_limit, 5);
        let administrator = &list.administrators[0];
        assert_eq!(administrator.user.as_ref().unwrap().preferred_login_name, "robot");
        let Some(v2beta::administrator::Resource::ProjectGrant(grant)) = &administrator.resource else {
            panic!("not a project grant: {administrator:?}")
        };
        assert_eq!((grant.id.as_str(), grant.granted_organization_id.as_str()), ("g1", "o2"));
        let resource = v2beta::ResourceType {
            resource: Some(v2beta::resource_type::Resource::ProjectGrant(v2beta::resource_type::ProjectGrant {
                project_id: "p1".into(),
                organization_id: "o2".into(),
            })),
        };
        let request = v2beta::DeleteAdministratorRequest { user_id: user.clone(), resource: Some(resource) };
        assert!(api_v2::beta_delete(&mut ctx, request.clone()).await.unwrap().deletion_date.is_some());
        assert!(api_v2::beta_delete(&mut ctx, request).await.unwrap().deletion_date.is_none());
        let nothing = v2::CreateAdministratorRequest { user_id: user, resource: None, roles: vec![] };
        assert_eq!(id(api_v2::create(&mut ctx, nothing).await), "ADMIN-IbPp47HDP5");
    })
    .await;
}

#[tokio::test]
async fn v1_lists_members_with_what_is_known_of_the_user() {
    on_each_engine(|db| async {
        let world = world(db).await;
        let user = world.machine("o2", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let request = management::AddOrgMemberRequest { user_id: user.clone(), roles: vec!["ORG_OWNER".into()] };
        let details = api_v1::add_to_org(&mut ctx, request).await.unwrap().details.unwrap();
        assert!(details.creation_date.is_some() && details.change_date.is_none());
        assert_eq!(details.resource_owner, "o1");
        let query = member::v1::search_query::Query::UserIdQuery(member::v1::UserIdQuery { user_id: user.clone() });
        let request = management::ListOrgMembersRequest {
            query: None,
            queries: vec![member::v1::SearchQuery { query: Some(query) }],
        };
        let list = api_v1::list_of_org(&mut ctx, request).await.unwrap();
        assert_eq!(list.details.unwrap().total_result, 1);
        let member = &list.result[0];
        assert_eq!((member.user_id.as_str(), member.preferred_login_name.as_str()), (user.as_str(), "robot"));
        assert_eq!((member.display_name.as_str(), member.user_resource_owner.as_str()), ("Name of robot", "o2"));
        assert_eq!(member.user_type, 2);
        let request = management::RemoveOrgMemberRequest { user_id: user.clone() };
        assert!(
            api_v1::remove_from_org(&mut ctx, request.clone()).await.unwrap().details.unwrap().change_date.is_some()
        );
        assert!(api_v1::remove_from_org(&mut ctx, request).await.unwrap().details.unwrap().change_date.is_none());
    })
    .await;
}

#[tokio::test]
async fn v1_shows_grant_members_to_both_organizations_and_to_nobody_else() {
    on_each_engine(|db| async {
        let world = world(db).await;
        let user = world.machine("o2", "robot").await;
        add(world.iam("IAM_OWNER"), grant(), &user, &["PROJECT_GRANT_OWNER"]).await.unwrap();
        let request = || management::ListProjectGrantMembersRequest {
            project_id: "p1".into(),
            grant_id: "g1".into(),
            ..Default::default()
        };
        let shown = async |mut ctx: Context| api_v1::list_of_grant(&mut ctx, request()).await.unwrap().result.len();
        assert_eq!(shown(world.org("o1", "ORG_OWNER")).await, 1);
        assert_eq!(shown(world.org("o2", "ORG_OWNER")).await, 1);
        assert_eq!(shown(world.org("o3", "ORG_OWNER")).await, 0);
        let other =
            Scope::ProjectGrant { owner: "o1".into(), granted: "o2".into(), project: "p1".into(), grant: "g2".into() };
        assert_eq!(shown(with(&world, other, "PROJECT_GRANT_OWNER", "o2")).await, 0);
    })
    .await;
}

#[tokio::test]
async fn v1_shows_the_memberships_of_a_user_that_concern_the_organization() {
    on_each_engine(|db| async {
        let world = world(db).await;
        let user = world.machine("o2", "robot").await;
        let owner = || world.iam("IAM_OWNER");
        add(owner(), Resource::Instance, &user, &["IAM_OWNER"]).await.unwrap();
        add(owner(), org("o1"), &user, &["ORG_OWNER"]).await.unwrap();
        add(owner(), org("o2"), &user, &["ORG_OWNER"]).await.unwrap();
        add(owner(), project("p1"), &user, &["PROJECT_OWNER"]).await.unwrap();
        let list = async |mut ctx: Context| {
            let request = management::ListUserMembershipsRequest { user_id: user.clone(), ..Default::default() };
            let list = api_v1::list_of_user(&mut ctx, request).await.unwrap();
            let mut names: Vec<String> = list.result.iter().map(|found| found.display_name.clone()).collect();
            names.sort();
            names
        };
        assert_eq!(list(world.org("o1", "ORG_OWNER")).await, ["o1", "p1"], "the user is not of this organization");
        assert_eq!(list(world.org("o2", "ORG_OWNER")).await, ["", "o2"]);
        assert_eq!(list(owner()).await, ["", "o1", "p1"]);
        let mut ctx = world.user(&user, "o2");
        let mine = api_v1::list_of_caller(&mut ctx, auth::ListMyMembershipsRequest::default()).await.unwrap();
        assert_eq!(mine.details.unwrap().total_result, 4);
        let iam = user::v1::membership_query::Query::IamQuery(user::v1::MembershipIamQuery { iam: true });
        let request = auth::ListMyMembershipsRequest {
            query: None,
            queries: vec![user::v1::MembershipQuery { query: Some(iam) }],
        };
        let mine = api_v1::list_of_caller(&mut ctx, request).await.unwrap();
        assert_eq!(mine.result[0].r#type, Some(user::v1::membership::Type::Iam(true)));
    })
    .await;
}

#[tokio::test]
async fn own_permissions_and_role_names_are_told() {
    on_each_engine(|db| async {
        let world = world(db).await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let mine = api_v1::permissions_of_caller(&mut ctx, auth::ListMyZitadelPermissionsRequest {}).await.unwrap();
        assert!(mine.result.contains(&"org.write".to_owned()));
        let roles = api_v1::instance_roles(&mut ctx, admin::ListIamMemberRolesRequest {}).await.unwrap();
        assert_eq!(roles.details.unwrap().total_result, roles.roles.len() as u64);
        assert!(roles.roles.contains(&"IAM_OWNER".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_user_who_is_removed_loses_all_roles_with_an_event_each() {
    on_each_engine(|db| async {
        let world = world(db).await;
        let user = world.machine("o1", "robot").await;
        add(world.iam("IAM_OWNER"), org("o1"), &user, &["ORG_OWNER"]).await.unwrap();
        add(world.iam("IAM_OWNER"), project("p1"), &user, &["PROJECT_OWNER"]).await.unwrap();
        let mut ctx = world.internal();
        record_removal_of_user(&mut ctx, &user).await.unwrap();
        let expected = serde_json::json!({ "userId": user });
        let last = events(&mut ctx, "org", "o1").await.pop().unwrap();
        assert_eq!(last, ("org.member.cascade.removed".to_owned(), expected.clone()));
        let last = events(&mut ctx, "project", "p1").await.pop().unwrap();
        assert_eq!(last, ("project.member.cascade.removed".to_owned(), expected));
    })
    .await;
}
