use castellan_db::testing::on_each_engine;
use castellan_kernel::Fault;
use castellan_proto::zitadel::filter::v2 as filter;
use castellan_proto::zitadel::group::v2;
use castellan_rpc::Context;

use super::api;
use crate::users::head::Reach;
use crate::users::state::{self, RemoveUser};
use crate::users::testing::{World, events, id};

fn group(org: &str, name: &str) -> v2::CreateGroupRequest {
    v2::CreateGroupRequest {
        organization_id: org.into(),
        name: name.into(),
        description: String::new(),
        id: Some(format!("{org}-{name}")),
    }
}

async fn created(world: &World, org: &str, name: &str) -> String {
    let mut ctx = world.org(org, "ORG_OWNER");
    let answer = api::create(&mut ctx, group(org, name)).await.unwrap();
    ctx.commit().await.unwrap();
    answer.id
}

fn add(group: &str, users: &[&str]) -> v2::AddUsersToGroupRequest {
    v2::AddUsersToGroupRequest { id: group.into(), user_ids: users.iter().map(|&id| id.into()).collect() }
}

fn take(group: &str, users: &[&str]) -> v2::RemoveUsersFromGroupRequest {
    v2::RemoveUsersFromGroupRequest { id: group.into(), user_ids: users.iter().map(|&id| id.into()).collect() }
}

async fn listed(ctx: &mut Context, filters: Vec<v2::groups_search_filter::Filter>) -> Vec<String> {
    let request = v2::ListGroupsRequest {
        filters: filters.into_iter().map(|filter| v2::GroupsSearchFilter { filter: Some(filter) }).collect(),
        pagination: Some(filter::PaginationRequest { asc: true, ..filter::PaginationRequest::default() }),
        sorting_column: Some(v2::FieldName::Name.into()),
    };
    let answer = api::list(ctx, request).await.unwrap();
    assert_eq!(answer.pagination.unwrap().total_result, answer.groups.len() as u64);
    answer.groups.into_iter().map(|group| group.id).collect()
}

#[tokio::test]
async fn a_name_is_given_once_per_organization_whatever_its_case() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        created(&world, "o1", "Staff").await;
        created(&world, "o2", "staff").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        assert_eq!(id(api::create(&mut ctx, group("o1", "STAFF")).await), "V3-DKcYh");
        ctx.rollback();
        assert_eq!(id(api::create(&mut ctx, group("o1", "Staff")).await), "CMDGRP-shRut3");
        assert_eq!(id(api::create(&mut ctx, group("o1", "  ")).await), "GROUP-m177lN");
        assert_eq!(id(api::create(&mut ctx, group("", "x")).await), "CMDGRP-msc0Tt");
        assert_eq!(id(api::create(&mut ctx, group("o2", "x")).await), "AUTHZ-cdgFk");
        ctx.rollback();
        assert_eq!(id(api::create(&mut world.org("o1", "ORG_OWNER_VIEWER"), group("o1", "x")).await), "AUTH-AWfge");
        assert_eq!(id(api::create(&mut world.iam("IAM_OWNER"), group("none", "x")).await), "CMDGRP-j1mH8l");
    })
    .await;
}

#[tokio::test]
async fn a_change_is_recorded_only_when_something_changes() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let staff = created(&world, "o1", "Staff").await;
        let change = |name: Option<&str>, description: Option<&str>| v2::UpdateGroupRequest {
            id: staff.clone(),
            name: name.map(str::to_owned),
            description: description.map(str::to_owned),
        };
        let mut ctx = world.org("o1", "ORG_OWNER");
        api::update(&mut ctx, change(Some("Staff"), None)).await.unwrap();
        api::update(&mut ctx, change(Some("Staff"), Some("All of us"))).await.unwrap();
        let recorded = events(&mut ctx, "group", &staff).await;
        assert_eq!(recorded[0], ("group.added".into(), serde_json::json!({"name": "Staff"})));
        assert_eq!(recorded[1..], [("group.changed".into(), serde_json::json!({"description": "All of us"}))]);
        let read = api::get(&mut ctx, v2::GetGroupRequest { id: staff.clone() }).await.unwrap().group.unwrap();
        assert_eq!((read.name.as_str(), read.description.as_str()), ("Staff", "All of us"));
        assert_eq!(id(api::update(&mut ctx, change(Some(" "), None)).await), "GROUP-dUNd3r");
        ctx.commit().await.unwrap();
        assert_eq!(id(api::update(&mut world.org("o2", "ORG_OWNER"), change(Some("x"), None)).await), "AUTHZ-cdgFk");
        assert_eq!(id(api::update(&mut world.other_instance(), change(Some("x"), None)).await), "CMDGRP-b33zly");
    })
    .await;
}

#[tokio::test]
async fn only_users_of_the_organization_join_and_each_but_once() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let staff = created(&world, "o1", "Staff").await;
        let (one, two) = (world.machine("o1", "one").await, world.machine("o1", "two").await);
        let foreign = world.machine("o2", "foreign").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        api::add_users(&mut ctx, add(&staff, &[&one, &one])).await.unwrap();
        api::add_users(&mut ctx, add(&staff, &[&one, &two])).await.unwrap();
        api::add_users(&mut ctx, add(&staff, &[&one])).await.unwrap();
        let recorded = events(&mut ctx, "group", &staff).await;
        assert_eq!(
            recorded[1..],
            [
                ("group.users.added".into(), serde_json::json!({"userIds": [one]})),
                ("group.users.added".into(), serde_json::json!({"userIds": [two]})),
            ]
        );
        assert_eq!(id(api::add_users(&mut ctx, add(&staff, &[&foreign])).await), "COMMAND-uXHNj");
        assert_eq!(id(api::add_users(&mut ctx, add("none", &[&one])).await), "CMDGRP-eQfeur");
        api::remove_users(&mut ctx, take(&staff, &[&one])).await.unwrap();
        api::remove_users(&mut ctx, take(&staff, &[&one])).await.unwrap();
        assert_eq!(events(&mut ctx, "group", &staff).await.len(), 4);
        ctx.commit().await.unwrap();
        for mut ctx in [world.org("o2", "ORG_OWNER"), world.user(&one, "o1")] {
            assert_eq!(id(api::add_users(&mut ctx, add(&staff, &[&one])).await), "AUTHZ-cdgFk");
            assert_eq!(id(api::remove_users(&mut ctx, take(&staff, &[&two])).await), "AUTHZ-cdgFk");
        }
        let all = v2::ListGroupUsersRequest::default;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let members = api::list_users(&mut ctx, all()).await.unwrap().group_users;
        assert_eq!(members.len(), 1);
        let of = |filter| v2::ListGroupUsersRequest {
            filters: vec![v2::GroupUsersSearchFilter { filter: Some(filter) }],
            ..all()
        };
        let ids = |id: &str| filter::InIDsFilter { ids: vec![id.to_owned()] };
        for (filter, expected) in [
            (v2::group_users_search_filter::Filter::GroupIds(ids(&staff)), 1),
            (v2::group_users_search_filter::Filter::UserIds(ids(&one)), 0),
        ] {
            assert_eq!(api::list_users(&mut ctx, of(filter)).await.unwrap().group_users.len(), expected);
        }
        let user = members[0].user.as_ref().unwrap();
        assert_eq!((user.id.as_str(), user.display_name.as_str()), (two.as_str(), "Name of two"));
        assert!(user.preferred_login_name.starts_with("two"));
        ctx.rollback();
        assert!(api::list_users(&mut world.org("o2", "ORG_OWNER"), all()).await.unwrap().group_users.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_removed_user_leaves_its_groups() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let staff = created(&world, "o1", "Staff").await;
        let one = world.machine("o1", "one").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        api::add_users(&mut ctx, add(&staff, &[&one])).await.unwrap();
        let not_found = Fault::not_found("TEST-gone", "gone");
        let command = RemoveUser { reach: Reach::Instance, not_found, user_id: one.clone() };
        state::remove(&mut ctx, command).await.unwrap();
        let last = events(&mut ctx, "group", &staff).await.pop().unwrap();
        assert_eq!(last, ("group.users.removed".into(), serde_json::json!({"userIds": [one]})));
        assert!(api::list_users(&mut ctx, v2::ListGroupUsersRequest::default()).await.unwrap().group_users.is_empty());
    })
    .await;
}

#[tokio::test]
async fn lists_hold_what_the_caller_may_see_and_asked_for() {
    use v2::groups_search_filter::Filter;
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let (a, b) = (created(&world, "o1", "Alpha").await, created(&world, "o1", "Beta").await);
        let foreign = created(&world, "o2", "Gamma").await;
        let all = [a.clone(), b.clone(), foreign.clone()];
        assert_eq!(listed(&mut world.iam("IAM_OWNER"), vec![]).await, all);
        let mut ctx = world.org("o1", "ORG_OWNER");
        assert_eq!(listed(&mut ctx, vec![]).await, [a.clone(), b.clone()]);
        let name = Filter::NameFilter(v2::GroupNameFilter { name: "ET".into(), method: 5 });
        assert_eq!(listed(&mut ctx, vec![name]).await, std::slice::from_ref(&b));
        let none = v2::GroupsSearchFilter { filter: Some(Filter::GroupIds(filter::InIDsFilter::default())) };
        let request = v2::ListGroupsRequest { filters: vec![none], ..Default::default() };
        assert_eq!(id(api::list(&mut world.iam("IAM_OWNER"), request).await), "GRPC-g3f4g");
        let ids = Filter::GroupIds(filter::InIDsFilter { ids: vec![a.clone(), foreign.clone()] });
        assert_eq!(listed(&mut ctx, vec![ids]).await, std::slice::from_ref(&a));
        let org = Filter::OrganizationId(filter::IdFilter { id: "o2".into() });
        assert!(listed(&mut ctx, vec![org]).await.is_empty());
        ctx.rollback();
        assert!(listed(&mut world.other_instance(), vec![]).await.is_empty());
        let get = |id: &str| v2::GetGroupRequest { id: id.into() };
        assert_eq!(id(api::get(&mut ctx, get(&foreign)).await), "QUERY-SG4WbR");
        assert_eq!(api::get(&mut ctx, get(&a)).await.unwrap().group.unwrap().id, a);
        ctx.rollback();
        assert_eq!(id(api::get(&mut world.other_instance(), get(&a)).await), "QUERY-SG4WbR");
    })
    .await;
}

#[tokio::test]
async fn a_group_that_is_not_there_is_as_good_as_removed() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let staff = created(&world, "o1", "Staff").await;
        let delete = || v2::DeleteGroupRequest { id: staff.clone() };
        assert_eq!(id(api::delete(&mut world.org("o2", "ORG_OWNER"), delete()).await), "AUTHZ-cdgFk");
        let mut ctx = world.org("o1", "ORG_OWNER");
        assert!(api::delete(&mut ctx, delete()).await.unwrap().deletion_date.is_some());
        assert!(api::delete(&mut ctx, delete()).await.unwrap().deletion_date.is_none());
        assert_eq!(events(&mut ctx, "group", &staff).await.len(), 2);
    })
    .await;
}
