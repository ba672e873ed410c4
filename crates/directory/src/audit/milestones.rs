//! What an instance has come to: six milestones with the time at which each was reached, told by the audit trail.

use castellan_db::{Connection, statement, values};
use castellan_kernel::{Result, Timestamp};
use castellan_proto::zitadel::admin::v1 as admin;
use castellan_proto::zitadel::milestone::v1::{Milestone, MilestoneFieldName, MilestoneType, milestone_query};
use castellan_rpc::{Context, convert};

pub(super) async fn list(
    ctx: &mut Context,
    request: admin::ListMilestonesRequest,
) -> Result<admin::ListMilestonesResponse> {
    let mut milestones = all(ctx).await?;
    for query in &request.queries {
        if let Some(milestone_query::Query::IsReachedQuery(filter)) = &query.query {
            milestones.retain(|(_, reached_at)| reached_at.is_some() == filter.reached);
        }
    }
    if request.sorting_column() == MilestoneFieldName::ReachedDate {
        milestones.sort_by_key(|(kind, reached_at)| (reached_at.unwrap_or(Timestamp::NEVER), *kind as i32));
    }
    let page = convert::page_v1(request.query.as_ref());
    if !page.ascending {
        milestones.reverse();
    }
    let (shown, total) = convert::page_of(milestones, &page);
    let result = shown.into_iter().map(wire).collect();
    Ok(admin::ListMilestonesResponse { details: convert::list_v1(total, ctx.now()), result })
}

fn wire((kind, reached_at): (MilestoneType, Option<Timestamp>)) -> Milestone {
    Milestone { r#type: kind.into(), reached_date: reached_at.map(convert::timestamp) }
}

/// All milestones by their number. That of a removed instance is never reached by one that can still be asked.
async fn all(ctx: &mut Context) -> Result<Vec<(MilestoneType, Option<Timestamp>)>> {
    let created_at = ctx.instance.created_at;
    let own_project = ctx.instance.project_id.clone();
    let connection = ctx.read().await?;
    Ok(vec![
        (MilestoneType::InstanceCreated, Some(created_at)),
        (MilestoneType::AuthenticationSucceededOnInstance, first_session(connection).await?),
        (MilestoneType::ProjectCreated, first_of_project(connection, "project.added", &own_project).await?),
        (
            MilestoneType::ApplicationCreated,
            first_of_project(connection, "project.application.added", &own_project).await?,
        ),
        (
            MilestoneType::AuthenticationSucceededOnApplication,
            first_session_of_application(connection, &own_project).await?,
        ),
        (MilestoneType::InstanceDeleted, None),
    ])
}

async fn first_session(connection: &mut Connection) -> Result<Option<Timestamp>> {
    let statement = statement!(
        heavy
        "SELECT created_at FROM events
         WHERE instance_id = $1 AND aggregate_type = 'oidc_session' AND event_type = 'oidc_session.added'
         ORDER BY created_at LIMIT 1"
    );
    connection.row(statement, &[]).await?.map(|row| row.timestamp(0)).transpose()
}

/// What the instance was set up with does not count.
async fn first_of_project(
    connection: &mut Connection,
    event_type: &str,
    own_project: &str,
) -> Result<Option<Timestamp>> {
    let statement = statement!(
        heavy
        "SELECT created_at FROM events
         WHERE instance_id = $1 AND aggregate_type = 'project' AND event_type = $2 AND aggregate_id <> $3
         ORDER BY created_at LIMIT 1"
    );
    connection.row(statement, &values![event_type, own_project]).await?.map(|row| row.timestamp(0)).transpose()
}

async fn first_session_of_application(connection: &mut Connection, own_project: &str) -> Result<Option<Timestamp>> {
    let statement = statement!(
        heavy
        "SELECT e.created_at FROM events e
         WHERE e.instance_id = $1 AND e.aggregate_type = 'oidc_session' AND e.event_type = 'oidc_session.added'
           AND EXISTS (SELECT 1 FROM applications a WHERE a.instance_id = $1 AND a.project_id <> $2
                       AND e.payload LIKE '%\"clientID\":\"' || a.client_id || '\"%')
         ORDER BY e.created_at LIMIT 1"
    );
    connection.row(statement, &values![own_project]).await?.map(|row| row.timestamp(0)).transpose()
}
