//! Project grants, user grants and administrators. Grants that are out of use stay behind: the format has no state for them, and
//! elsewhere they would give rights that were taken away.

use castellan_db::{Row, statement, values};
use castellan_kernel::Result;
use castellan_proto::zitadel::admin::v1::DataOrg;
use castellan_proto::zitadel::management::v1 as wire;
use castellan_proto::zitadel::v1::v1::DataProjectGrant;
use castellan_rpc::Context;

/// The levels of administrators as storage numbers them.
const ORG: i64 = 2;
const PROJECT: i64 = 3;

pub(super) async fn read(ctx: &mut Context, org_id: &str, org: &mut DataOrg) -> Result<()> {
    let api_project = ctx.instance.project_id.clone();
    let connection = ctx.read().await?;
    let grants = statement!(
        heavy "SELECT g.id, g.project_id, g.granted_org_id, g.role_keys FROM project_grants g
         JOIN projects p ON p.instance_id = g.instance_id AND p.id = g.project_id
         WHERE g.instance_id = $1 AND p.org_id = $2 AND p.id <> $3 AND g.state = 1"
    );
    let rows = connection.rows(grants, &values![org_id, &api_project]).await?;
    org.project_grants = rows.iter().map(grant).collect::<Result<_>>()?;
    org.project_grants.sort_by(|one, other| one.grant_id.cmp(&other.grant_id));

    let given = statement!(
        heavy "SELECT a.user_id, a.project_id, a.grant_id, a.role_keys FROM authorizations a
         LEFT JOIN project_grants g ON g.instance_id = a.instance_id AND g.id = a.grant_id
         WHERE a.instance_id = $1 AND a.org_id = $2 AND a.project_id <> $3 AND a.state = 1
         AND (a.grant_id = '' OR g.state = 1)"
    );
    let rows = connection.rows(given, &values![org_id, &api_project]).await?;
    org.user_grants = rows.iter().map(user_grant).collect::<Result<_>>()?;
    org.user_grants.sort_by(|one, other| {
        (&one.user_id, &one.project_id, &one.project_grant_id).cmp(&(
            &other.user_id,
            &other.project_id,
            &other.project_grant_id,
        ))
    });

    let members = statement!(
        heavy "SELECT m.level, m.user_id, m.roles, m.project_id, m.grant_id FROM administrators m
         LEFT JOIN project_grants g ON g.instance_id = m.instance_id AND g.id = m.grant_id
         WHERE m.instance_id = $1 AND m.org_id = $2 AND (m.project_id IS NULL OR m.project_id <> $3)
         AND (m.grant_id IS NULL OR g.state = 1)"
    );
    for row in connection.rows(members, &values![org_id, &api_project]).await? {
        add_member(&row, org)?;
    }
    org.org_members.sort_by(|one, other| one.user_id.cmp(&other.user_id));
    org.project_members.sort_by(|one, other| (&one.project_id, &one.user_id).cmp(&(&other.project_id, &other.user_id)));
    org.project_grant_members
        .sort_by(|one, other| (&one.grant_id, &one.user_id).cmp(&(&other.grant_id, &other.user_id)));
    Ok(())
}

fn grant(row: &Row) -> Result<DataProjectGrant> {
    Ok(DataProjectGrant {
        grant_id: row.text(0)?,
        project_grant: Some(wire::AddProjectGrantRequest {
            project_id: row.text(1)?,
            granted_org_id: row.text(2)?,
            role_keys: row.json(3)?,
        }),
    })
}

fn user_grant(row: &Row) -> Result<wire::AddUserGrantRequest> {
    Ok(wire::AddUserGrantRequest {
        user_id: row.text(0)?,
        project_id: row.text(1)?,
        project_grant_id: row.text(2)?,
        role_keys: row.json(3)?,
    })
}

fn add_member(row: &Row, org: &mut DataOrg) -> Result<()> {
    let (user_id, roles): (String, Vec<String>) = (row.text(1)?, row.json(2)?);
    let project_id = row.opt_text(3)?.unwrap_or_default();
    match row.int(0)? {
        ORG => org.org_members.push(wire::AddOrgMemberRequest { user_id, roles }),
        PROJECT => org.project_members.push(wire::AddProjectMemberRequest { project_id, user_id, roles }),
        _ => {
            let grant_id = row.opt_text(4)?.unwrap_or_default();
            let member = wire::AddProjectGrantMemberRequest { project_id, grant_id, user_id, roles };
            org.project_grant_members.push(member);
        }
    }
    Ok(())
}
