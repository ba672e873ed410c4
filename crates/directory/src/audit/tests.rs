use castellan_db::testing::on_each_engine;
use castellan_proto::zitadel::admin::v1::{self as admin, list_events_request::CreationDateFilter};
use castellan_proto::zitadel::{change::v1::ChangeQuery, management::v1 as management, milestone::v1 as milestone, v1};
use castellan_rpc::{Aggregate, AuditEvent, Context, convert};
use serde::Serialize;

use super::{api, milestones};
use crate::users::testing::{START, World};

#[derive(Serialize)]
struct Renamed {
    name: &'static str,
    #[serde(rename = "appId", skip_serializing_if = "Option::is_none")]
    app: Option<&'static str>,
}

impl AuditEvent for Renamed {
    const TYPE: &'static str = "project.application.changed";
}

#[derive(Serialize)]
struct ProjectAdded {}

impl AuditEvent for ProjectAdded {
    const TYPE: &'static str = "project.added";
}

/// The events of a page: type and sequence.
async fn events(ctx: &mut Context, request: admin::ListEventsRequest) -> Vec<(String, u64)> {
    let answer = api::list_events(ctx, request).await.unwrap();
    answer.events.into_iter().map(|event| (event.r#type.unwrap().r#type, event.sequence)).collect()
}

#[tokio::test]
async fn events_are_listed_newest_first_with_editor_and_payload() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.context("i1", world.user(&robot, "o1").caller.as_ref().clone(), true);
        ctx.record(&Aggregate::new("project", "p1", "o1"), &Renamed { name: "New", app: None }).await.unwrap();
        ctx.commit().await.unwrap();
        let mut ctx = world.iam("IAM_OWNER");
        let answer = api::list_events(&mut ctx, admin::ListEventsRequest::default()).await.unwrap();
        let newest = &answer.events[0];
        let editor = newest.editor.as_ref().unwrap();
        assert_eq!((editor.user_id.as_str(), editor.service.as_str()), (robot.as_str(), "zitadel"));
        assert_eq!(editor.display_name, "Name of robot");
        let payload = newest.payload.as_ref().unwrap();
        assert_eq!(payload.fields["name"].kind, Some(prost_types::value::Kind::StringValue("New".into())));
        let kind = newest.r#type.as_ref().unwrap().localized.as_ref().unwrap();
        assert_eq!(kind.key, "EventTypes.project.application.changed");
        assert_eq!(kind.localized_message, "Project application changed");
        let aggregate = newest.aggregate.as_ref().unwrap();
        assert_eq!((aggregate.id.as_str(), aggregate.resource_owner.as_str()), ("p1", "o1"));
        assert_eq!(answer.events[1].editor.as_ref().unwrap().display_name, "", "SETUP is no user");
        ctx.rollback();
        let other = api::list_events(&mut world.other_instance(), admin::ListEventsRequest::default()).await.unwrap();
        assert!(other.events.is_empty());
    })
    .await;
}

#[tokio::test]
async fn every_filter_of_events_narrows_the_list() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        world.clock.advance_seconds(60);
        let mut ctx = world.internal();
        for name in ["One", "Two", "Three"] {
            ctx.record(&Aggregate::new("project", "p1", "o2"), &Renamed { name, app: None }).await.unwrap();
        }
        ctx.commit().await.unwrap();
        let mut ctx = world.iam("IAM_OWNER");
        let all = admin::ListEventsRequest::default;
        let changed = |sequence| ("project.application.changed".to_owned(), sequence);
        let start = castellan_kernel::Timestamp::parse(START).unwrap();
        let at = |seconds| Some(convert::timestamp(start.plus_seconds(seconds)));
        let newest_first = vec![changed(3), changed(2), changed(1)];
        for request in [
            admin::ListEventsRequest { aggregate_types: vec!["project".into()], ..all() },
            admin::ListEventsRequest { event_types: vec!["project.application.changed".into()], ..all() },
            admin::ListEventsRequest { aggregate_id: "p1".into(), ..all() },
            admin::ListEventsRequest { resource_owner: "o2".into(), ..all() },
            admin::ListEventsRequest {
                creation_date_filter: Some(CreationDateFilter::Range(admin::list_events_request::CreationDateRange {
                    since: at(59),
                    until: at(61),
                })),
                ..all()
            },
        ] {
            assert_eq!(events(&mut ctx, request).await, newest_first);
        }
        let after = admin::ListEventsRequest { sequence: 1, asc: true, aggregate_id: "p1".into(), ..all() };
        assert_eq!(events(&mut ctx, after).await, [changed(2), changed(3)]);
        let limited = admin::ListEventsRequest { limit: 1, aggregate_id: "p1".into(), ..all() };
        assert_eq!(events(&mut ctx, limited).await, [changed(3)]);
        let nobody = admin::ListEventsRequest { editor_user_id: robot.clone(), ..all() };
        assert!(events(&mut ctx, nobody).await.is_empty());
        let both = admin::ListEventsRequest {
            aggregate_types: vec!["user".into()],
            event_types: vec!["project.application.changed".into()],
            ..all()
        };
        assert!(events(&mut ctx, both).await.is_empty());
        let from = |asc| admin::ListEventsRequest {
            asc,
            creation_date_filter: Some(CreationDateFilter::From(at(30).unwrap())),
            ..all()
        };
        assert_eq!(events(&mut ctx, from(true)).await.len(), 3, "ascending: what came after");
        assert!(events(&mut ctx, from(false)).await.iter().all(|(kind, _)| kind.starts_with("user.")));
    })
    .await;
}

#[tokio::test]
async fn events_older_than_the_retention_cannot_be_read() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let changes = || management::ListUserChangesRequest { user_id: robot.clone(), query: None };
        world.settings("", "limits", r#"{"auditLogRetention": 60000000000}"#).await;
        for (seconds, readable) in [(60, true), (1, false)] {
            world.clock.advance_seconds(seconds);
            let mut ctx = world.iam("IAM_OWNER");
            assert_eq!(!events(&mut ctx, admin::ListEventsRequest::default()).await.is_empty(), readable);
            let one = admin::ListEventsRequest { aggregate_id: robot.clone(), ..Default::default() };
            assert_eq!(!events(&mut ctx, one).await.is_empty(), readable);
            assert_eq!(!api::list_user_changes(&mut ctx, changes()).await.unwrap().result.is_empty(), readable);
        }
    })
    .await;
}

#[tokio::test]
async fn a_retention_below_the_resolution_of_times_is_not_without_end() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        world.machine("o1", "robot").await;
        world.clock.advance_seconds(1);
        for (nanos, readable) in [(1, false), (999, false), (0, true)] {
            world.settings("", "limits", &format!(r#"{{"auditLogRetention": {nanos}}}"#)).await;
            let found = events(&mut world.iam("IAM_OWNER"), admin::ListEventsRequest::default()).await;
            assert_eq!(!found.is_empty(), readable, "{nanos}");
        }
    })
    .await;
}

#[tokio::test]
async fn changes_of_a_user_are_those_of_the_context_organization() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let changes = || management::ListUserChangesRequest { user_id: robot.clone(), query: None };
        let mut ctx = world.org("o1", "ORG_OWNER");
        let result = api::list_user_changes(&mut ctx, changes()).await.unwrap().result;
        assert_eq!(result.len(), 1);
        assert_eq!(result[0].event_type.as_ref().unwrap().key, "EventTypes.user.machine.added");
        assert_eq!((result[0].editor_id.as_str(), result[0].resource_owner_id.as_str()), ("SETUP", "o1"));
        ctx.rollback();
        for mut ctx in [world.org("o2", "ORG_OWNER"), world.other_instance(), world.user(&robot, "o1")] {
            assert!(api::list_user_changes(&mut ctx, changes()).await.unwrap().result.is_empty());
        }
        let own = castellan_proto::zitadel::auth::v1::ListMyUserChangesRequest::default();
        assert_eq!(api::list_my_user_changes(&mut world.user(&robot, "o1"), own).await.unwrap().result.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn changes_of_an_application_are_those_of_its_project_that_name_it() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.internal();
        for app in [Some("a1"), Some("a2"), None, Some("a1")] {
            ctx.record(&Aggregate::new("project", "p1", "o1"), &Renamed { name: "a1", app }).await.unwrap();
        }
        ctx.commit().await.unwrap();
        let mut ctx = world.org("o1", "ORG_OWNER");
        let request =
            |app: &str, query| management::ListAppChangesRequest { query, project_id: "p1".into(), app_id: app.into() };
        let sequences = |answer: management::ListAppChangesResponse| {
            answer.result.iter().map(|change| change.sequence).collect::<Vec<_>>()
        };
        assert_eq!(sequences(api::list_application_changes(&mut ctx, request("a1", None)).await.unwrap()), [4, 1]);
        let later = Some(ChangeQuery { sequence: 1, limit: 1, asc: true });
        assert_eq!(sequences(api::list_application_changes(&mut ctx, request("a1", later)).await.unwrap()), [4]);
        assert!(sequences(api::list_application_changes(&mut ctx, request("a%", None)).await.unwrap()).is_empty());
        let project = management::ListProjectChangesRequest { query: None, project_id: "p1".into() };
        assert_eq!(api::list_project_changes(&mut ctx, project).await.unwrap().result.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn every_type_of_the_contract_is_named() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.iam("IAM_OWNER");
        let events = api::list_event_types(&mut ctx, admin::ListEventTypesRequest {}).await.unwrap().event_types;
        assert!(events.iter().any(|kind| kind.r#type == "user.machine.key.added"));
        assert!(events.iter().all(|kind| !kind.localized.as_ref().unwrap().localized_message.is_empty()));
        let aggregates = api::list_aggregate_types(&mut ctx, admin::ListAggregateTypesRequest {}).await.unwrap();
        let names: Vec<_> = aggregates.aggregate_types.iter().map(|kind| kind.r#type.as_str()).collect();
        assert!(names.is_sorted() && names.contains(&"usergrant") && names.len() == 30, "{names:?}");
    })
    .await;
}

#[tokio::test]
async fn a_milestone_is_reached_by_the_first_event_that_makes_it() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let reached = |reached| admin::ListMilestonesRequest {
            query: Some(v1::ListQuery { asc: true, ..v1::ListQuery::default() }),
            sorting_column: milestone::MilestoneFieldName::Type.into(),
            queries: vec![milestone::MilestoneQuery {
                query: Some(milestone::milestone_query::Query::IsReachedQuery(milestone::IsReachedQuery { reached })),
            }],
        };
        let types =
            |answer: admin::ListMilestonesResponse| answer.result.iter().map(|found| found.r#type).collect::<Vec<_>>();
        let mut ctx = world.iam("IAM_OWNER");
        assert_eq!(types(milestones::list(&mut ctx, reached(true)).await.unwrap()), [1]);
        ctx.rollback();
        let mut setup = world.internal();
        setup.record(&Aggregate::new("project", "p1", "o1"), &ProjectAdded {}).await.unwrap();
        setup.commit().await.unwrap();
        let mut ctx = world.iam("IAM_OWNER");
        assert_eq!(types(milestones::list(&mut ctx, reached(true)).await.unwrap()), [1, 3]);
        assert_eq!(types(milestones::list(&mut ctx, reached(false)).await.unwrap()), [2, 4, 5, 6]);
    })
    .await;
}
