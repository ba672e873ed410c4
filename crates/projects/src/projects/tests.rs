//! The rules of this room on every engine.

use castellan_db::testing::on_each_engine;
use castellan_kernel::Kind;
use castellan_proto::zitadel::management::v1;
use castellan_proto::zitadel::project::{v1 as v1_project, v2, v2beta};
use castellan_rpc::Context;
use serde_json::{Value, json};

use super::{NewProject, api_v1, api_v2, create};
use crate::testing::{World, done, event, events, id};

fn new(org: &str, name: &str) -> NewProject {
    NewProject { org_id: org.into(), name: name.into(), ..NewProject::default() }
}

#[tokio::test]
async fn a_name_is_unique_within_the_organization_whatever_its_case() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        done!(world.org("o1", "ORG_OWNER"), create(new("o1", "Shop"))).unwrap();
        let taken = done!(world.org("o1", "ORG_OWNER"), create(new("o1", "SHOP"))).unwrap_err();
        assert_eq!((taken.id(), taken.key()), ("V3-DKcYh", "Errors.Project.AlreadyExists"));
        done!(world.org("o2", "ORG_OWNER"), create(new("o2", "Shop"))).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_project_belongs_to_an_organization_that_exists() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let owner = || world.iam("IAM_OWNER");
        assert_eq!(done!(owner(), create(new("none", "Shop"))).unwrap_err().kind(), Kind::NotFound);
        assert_eq!(id(done!(world.org("o1", "ORG_OWNER"), create(new("none", "Shop")))), "AUTHZ-cdgFk");
        assert_eq!(id(done!(owner(), create(new("", "Shop")))), "COMMAND-fmq7bqQX1s");
        assert_eq!(id(done!(owner(), create(new("o1", "")))), "PROJECT-IOVCC");
    })
    .await;
}

#[tokio::test]
async fn a_chosen_id_can_be_used_once() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let chosen = |name: &str| NewProject { id: Some("mine".into()), ..new("o1", name) };
        assert_eq!(done!(world.iam("IAM_OWNER"), create(chosen("a"))).unwrap().id, "mine");
        assert_eq!(id(done!(world.iam("IAM_OWNER"), create(chosen("b")))), "COMMAND-opamwu");
    })
    .await;
}

#[tokio::test]
async fn events_carry_what_is_set_and_later_what_changed() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let request = v2::CreateProjectRequest {
            organization_id: "o1".into(),
            name: "Shop".into(),
            authorization_required: true,
            ..Default::default()
        };
        let project_id = done!(world.org("o1", "ORG_OWNER"), api_v2::create(request)).unwrap().project_id;
        let update = |name: Option<&str>, required| v2::UpdateProjectRequest {
            project_id: project_id.clone(),
            name: name.map(str::to_owned),
            authorization_required: required,
            ..Default::default()
        };
        let owner = || world.org("o1", "ORG_OWNER");
        let changed = done!(owner(), api_v2::update(update(None, Some(false)))).unwrap().change_date;
        world.clock.advance_seconds(5);
        let again = done!(owner(), api_v2::update(update(Some("Shop"), Some(false)))).unwrap().change_date;
        assert_eq!(again, changed, "nothing changed");
        done!(owner(), api_v2::update(update(Some("Store"), None))).unwrap();
        assert_eq!(id(done!(owner(), api_v2::update(update(Some(""), None)))), "COMMAND-4m9vS");
        assert_eq!(
            events(&world, "project", &project_id).await,
            [
                event("project.added", json!({"name": "Shop", "projectRoleCheck": true})),
                event("project.changed", json!({"projectRoleCheck": false})),
                event("project.changed", json!({"name": "Store"})),
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn v1_sets_every_field_of_an_update() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let request = v1::AddProjectRequest { name: "Shop".into(), project_role_assertion: true, ..Default::default() };
        let added = done!(owner(), api_v1::add(request)).unwrap();
        assert!(added.details.unwrap().creation_date.is_some());
        let request = v1::UpdateProjectRequest { id: added.id.clone(), name: "Shop".into(), ..Default::default() };
        done!(owner(), api_v1::update(request)).unwrap();
        let read = done!(owner(), api_v1::get(v1::GetProjectByIdRequest { id: added.id })).unwrap().project.unwrap();
        assert!(!read.project_role_assertion);
        assert_eq!(read.details.unwrap().sequence, 2);
    })
    .await;
}

#[tokio::test]
async fn an_inactive_project_cannot_be_deactivated_again() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let project_id = world.project_with_roles("o1", "Shop", &[]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let off = || v2::DeactivateProjectRequest { project_id: project_id.clone() };
        let on = || v2::ActivateProjectRequest { project_id: project_id.clone() };
        assert_eq!(id(done!(owner(), api_v2::activate(on()))), "COMMAND-5M9bs");
        done!(owner(), api_v2::deactivate(off())).unwrap();
        assert_eq!(id(done!(owner(), api_v2::deactivate(off()))), "COMMAND-mki55");
        done!(owner(), api_v2::activate(on())).unwrap();
        let none = v2::DeactivateProjectRequest { project_id: "none".into() };
        assert_eq!(id(done!(owner(), api_v2::deactivate(none))), "COMMAND-112M9");
        let recorded = events(&world, "project", &project_id).await;
        assert_eq!(
            recorded[1..],
            [event("project.deactivated", Value::Null), event("project.reactivated", Value::Null)]
        );
    })
    .await;
}

#[tokio::test]
async fn a_second_delete_succeeds_in_v2_and_finds_nothing_in_v1() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let project_id = world.project_with_roles("o1", "Shop", &["admin"]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let delete = || v2::DeleteProjectRequest { project_id: project_id.clone() };
        assert_eq!(id(done!(world.org("o2", "ORG_OWNER"), api_v2::delete(delete()))), "AUTHZ-cdgFk");
        assert_eq!(id(done!(world.org("o1", "ORG_OWNER_VIEWER"), api_v2::delete(delete()))), "AUTH-AWfge");
        assert!(done!(owner(), api_v2::delete(delete())).unwrap().deletion_date.is_some());
        assert!(done!(owner(), api_v2::delete(delete())).unwrap().deletion_date.is_none());
        assert_eq!(id(done!(world.user("u1", "o1"), api_v2::delete(delete()))), "AUTHZ-cdgFk");
        assert_eq!(
            id(done!(owner(), api_v1::remove(v1::RemoveProjectRequest { id: project_id.clone() }))),
            "COMMAND-3M9sd"
        );
        done!(owner(), create(new("o1", "Shop"))).unwrap();
    })
    .await;
}

#[tokio::test]
async fn projects_of_other_organizations_read_as_absent_in_v1_and_as_forbidden_in_v2() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let project_id = world.project_with_roles("o1", "Shop", &[]).await;
        let stranger = || world.org("o2", "ORG_OWNER");
        let id_of = || project_id.clone();
        assert_eq!(id(done!(stranger(), api_v1::get(v1::GetProjectByIdRequest { id: id_of() }))), "QUERY-fk2fs");
        let update = v1::UpdateProjectRequest { id: id_of(), name: "x".into(), ..Default::default() };
        assert_eq!(id(done!(stranger(), api_v1::update(update))), "COMMAND-3M9sd");
        let off = v1::DeactivateProjectRequest { id: id_of() };
        assert_eq!(id(done!(stranger(), api_v1::deactivate(off))), "COMMAND-112M9");
        assert_eq!(id(done!(stranger(), api_v1::remove(v1::RemoveProjectRequest { id: id_of() }))), "COMMAND-3M9sd");
        let get = || v2::GetProjectRequest { project_id: id_of() };
        assert_eq!(id(done!(stranger(), api_v2::get(get()))), "AUTHZ-cdgFk");
        assert_eq!(id(done!(world.project("other", "PROJECT_OWNER"), api_v2::get(get()))), "AUTH-Swrgg2");
        assert!(done!(world.project(&project_id, "PROJECT_OWNER_VIEWER"), api_v2::get(get())).is_ok());
        assert_eq!(id(done!(world.org("o1", "ORG_PROJECT_CREATOR"), api_v2::get(get()))), "AUTH-Swrgg2");
    })
    .await;
}

#[tokio::test]
async fn projects_of_one_instance_do_not_exist_in_another() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let project_id = world.project_with_roles("o1", "Shop", &[]).await;
        let other = || world.other_instance();
        let id_of = || project_id.clone();
        assert_eq!(id(done!(other(), api_v2::get(v2::GetProjectRequest { project_id: id_of() }))), "QUERY-fk2fs");
        assert_eq!(id(done!(other(), api_v1::get(v1::GetProjectByIdRequest { id: id_of() }))), "QUERY-fk2fs");
        let update = v2::UpdateProjectRequest { project_id: id_of(), name: Some("x".into()), ..Default::default() };
        assert_eq!(id(done!(other(), api_v2::update(update))), "COMMAND-3M9sd");
        let off = v2::DeactivateProjectRequest { project_id: id_of() };
        assert_eq!(id(done!(other(), api_v2::deactivate(off))), "COMMAND-112M9");
        let delete = v2::DeleteProjectRequest { project_id: id_of() };
        assert!(done!(other(), api_v2::delete(delete)).unwrap().deletion_date.is_none());
        assert_eq!(done!(other(), api_v2::list(v2::ListProjectsRequest::default())).unwrap().projects, []);
        let get = v2::GetProjectRequest { project_id: id_of() };
        assert!(done!(world.iam("IAM_OWNER"), api_v2::get(get)).is_ok());
    })
    .await;
}

/// Names of the listed projects with the organization that they are granted to.
async fn listed(ctx: Context, filters: Vec<v2::project_search_filter::Filter>) -> (Vec<String>, u64) {
    let request = v2::ListProjectsRequest {
        filters: filters.into_iter().map(|filter| v2::ProjectSearchFilter { filter: Some(filter) }).collect(),
        ..Default::default()
    };
    let list = done!(ctx, api_v2::list(request)).unwrap();
    let mut names: Vec<String> = list
        .projects
        .iter()
        .map(|project| match &project.granted_organization_id {
            Some(org) => format!("{} to {org}", project.name),
            None => project.name.clone(),
        })
        .collect();
    names.sort();
    (names, list.pagination.unwrap().total_result)
}

#[tokio::test]
async fn v2_lists_owned_and_granted_projects_as_rows_of_their_own() {
    use v2::project_organization_id_filter::Type;
    use v2::project_search_filter::Filter;
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        world.project_with_roles("o1", "Till", &[]).await;
        world.project_with_roles("o2", "Desk", &[]).await;
        world.granted(&shop, "o2", &[]).await;
        let all = ["Desk", "Shop", "Shop to o2", "Till"].map(str::to_owned).to_vec();
        assert_eq!(listed(world.iam("IAM_OWNER"), vec![]).await, (all, 4));
        let own = ["Shop", "Shop to o2", "Till"].map(str::to_owned).to_vec();
        assert_eq!(listed(world.org("o1", "ORG_OWNER"), vec![]).await, (own, 3));
        let theirs = ["Desk", "Shop to o2"].map(str::to_owned).to_vec();
        assert_eq!(listed(world.org("o2", "ORG_OWNER"), vec![]).await, (theirs, 2));
        let one = ["Shop", "Shop to o2"].map(str::to_owned).to_vec();
        assert_eq!(listed(world.project(&shop, "PROJECT_OWNER"), vec![]).await, (one, 2));
        assert_eq!(listed(world.user("u1", "o1"), vec![]).await, (vec![], 0));
        let of = |org: &str, how: Type| {
            let by = v2::ProjectOrganizationIdFilter { organization_id: org.into(), r#type: how as i32 };
            vec![Filter::OrganizationIdFilter(by)]
        };
        let owner = || world.iam("IAM_OWNER");
        assert_eq!(listed(owner(), of("o2", Type::Owned)).await.0, ["Desk"]);
        assert_eq!(listed(owner(), of("o2", Type::Granted)).await.0, ["Shop to o2"]);
        assert_eq!(listed(owner(), of("o2", Type::Unspecified)).await.0, ["Desk", "Shop to o2"]);
        let name = v2::ProjectNameFilter { project_name: "sho".into(), method: 3 };
        assert_eq!(listed(owner(), vec![Filter::ProjectNameFilter(name)]).await.0, ["Shop", "Shop to o2"]);
    })
    .await;
}

#[tokio::test]
async fn v2beta_speaks_of_the_same_projects() {
    use v2beta::project_search_filter::Filter;
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let request = v2beta::CreateProjectRequest {
            organization_id: "o1".into(),
            name: "Shop".into(),
            project_access_required: true,
            ..Default::default()
        };
        let project_id = done!(owner(), api_v2::beta_create(request)).unwrap().id;
        world.granted(&project_id, "o2", &[]).await;
        let get = v2beta::GetProjectRequest { id: project_id.clone() };
        let read = done!(owner(), api_v2::beta_get(get)).unwrap().project.unwrap();
        assert!(read.project_access_required && read.name == "Shop" && read.id == project_id);
        let list = async |filter| {
            let request = v2beta::ListProjectsRequest {
                filters: vec![v2beta::ProjectSearchFilter { filter: Some(filter) }],
                ..Default::default()
            };
            done!(owner(), api_v2::beta_list(request)).unwrap().projects.len()
        };
        let by = |id: &str| castellan_proto::zitadel::filter::v2beta::IdFilter { id: id.into() };
        assert_eq!(list(Filter::ProjectResourceOwnerFilter(by("o1"))).await, 2);
        assert_eq!(list(Filter::ProjectGrantResourceOwnerFilter(by("o1"))).await, 1);
        assert_eq!(list(Filter::ProjectOrganizationIdFilter(by("o2"))).await, 1);
    })
    .await;
}

#[tokio::test]
async fn v1_lists_own_projects_and_only_single_ones_to_who_has_rights_on_those() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        world.project_with_roles("o1", "Till", &[]).await;
        world.project_with_roles("o2", "Desk", &[]).await;
        let names = async |ctx: Context, queries| {
            let request = v1::ListProjectsRequest { query: None, queries };
            let list = done!(ctx, api_v1::list(request)).unwrap();
            assert_eq!(list.details.unwrap().total_result, list.result.len() as u64);
            let mut names: Vec<String> = list.result.into_iter().map(|project| project.name).collect();
            names.sort();
            names
        };
        assert_eq!(names(world.org("o1", "ORG_OWNER"), vec![]).await, ["Shop", "Till"]);
        assert_eq!(names(world.project(&shop, "PROJECT_OWNER"), vec![]).await, ["Shop"]);
        let name = v1_project::ProjectNameQuery { name: "ill".into(), method: 6 };
        let query = v1_project::project_query::Query::NameQuery(name);
        let queries = vec![v1_project::ProjectQuery { query: Some(query) }];
        assert_eq!(names(world.iam("IAM_OWNER"), queries).await, ["Till"]);
    })
    .await;
}
