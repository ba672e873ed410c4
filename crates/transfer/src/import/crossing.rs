//! What may name things of other organizations: project grants, user grants and administrators. Each stands for itself: one that is
//! refused leaves the others in place.

use castellan_db::{Connection, statement, values};
use castellan_directory::users::head::Reach;
use castellan_kernel::{Fault, Result};
use castellan_projects::grants::{self, NewGrant};
use castellan_proto::methods::management_v1 as management;
use castellan_proto::zitadel::admin::v1::{
    DataOrg, ImportDataSuccessOrg, ImportDataSuccessProjectGrant, ImportDataSuccessProjectGrantMember,
    ImportDataSuccessProjectMember, ImportDataSuccessUserGrant,
};
use castellan_proto::zitadel::management::v1 as wire;
use castellan_proto::zitadel::v1::v1::DataProjectGrant;
use castellan_rpc::Context;

use super::tries::Tries;
use super::{Listener, Refusal, Severity, ends_import, text};
use crate::rooms;

const GRANT_MISSING: Fault = Fault::invalid("ADMIN-Im1qG", "Errors.Import.GrantNotDescribed");

/// Items that share a transaction. One that is refused takes its fellows along, so these are then tried one by one.
const TOGETHER: usize = 100;

/// The levels of administrators as storage numbers them.
const ORG: i64 = 2;
const PROJECT: i64 = 3;
const PROJECT_GRANT: i64 = 4;

/// In which order things are imported that build on each other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Project grants of all organizations.
    Grants,
    /// User grants and administrators, which may build on them.
    Rights,
}

#[derive(Clone, Copy)]
enum Item<'a> {
    ProjectGrant(&'a DataProjectGrant),
    UserGrant(&'a wire::AddUserGrantRequest),
    OrgMember(&'a wire::AddOrgMemberRequest),
    ProjectMember(&'a wire::AddProjectMemberRequest),
    ProjectGrantMember(&'a wire::AddProjectGrantMemberRequest),
}

/// Imports one stage of an organization; the context is the organization's.
pub(super) async fn import(
    ctx: &mut Context,
    org_id: &str,
    org: &DataOrg,
    stage: Stage,
    listener: &mut dyn Listener,
) -> Result<()> {
    let items: Vec<Item<'_>> = match stage {
        Stage::Grants => org.project_grants.iter().map(Item::ProjectGrant).collect(),
        Stage::Rights => org
            .user_grants
            .iter()
            .map(Item::UserGrant)
            .chain(org.org_members.iter().map(Item::OrgMember))
            .chain(org.project_members.iter().map(Item::ProjectMember))
            .chain(org.project_grant_members.iter().map(Item::ProjectGrantMember))
            .collect(),
    };
    for together in items.chunks(TOGETHER) {
        if run(ctx, org_id, together, listener).await.is_ok() {
            continue;
        }
        for item in together {
            let Err(error) = run(ctx, org_id, std::slice::from_ref(item), listener).await else { continue };
            if ends_import(&error) {
                return Err(error);
            }
            let (kind, id) = item.name();
            listener.refused(Refusal { kind, id, message: text(ctx, &error), severity: Severity::Failed });
        }
    }
    Ok(())
}

/// Imports items in one transaction, all or none.
async fn run(ctx: &mut Context, org_id: &str, items: &[Item<'_>], listener: &mut dyn Listener) -> Result<()> {
    let mut tries = Tries::default();
    loop {
        let mut success = ImportDataSuccessOrg { org_id: org_id.to_owned(), ..ImportDataSuccessOrg::default() };
        let outcome = async {
            for item in items {
                item.import(ctx, org_id, &mut success).await?;
            }
            ctx.commit().await
        }
        .await;
        match outcome {
            Ok(()) => {
                items.iter().for_each(|_| listener.step());
                listener.imported(success);
                return Ok(());
            }
            Err(error) => {
                if !tries.again(ctx, &error).await {
                    return Err(error);
                }
            }
        }
    }
}

impl Item<'_> {
    /// What it is, and what names it.
    fn name(&self) -> (&'static str, String) {
        match self {
            Self::ProjectGrant(grant) => ("project_grant", grant.grant_id.clone()),
            Self::UserGrant(grant) => ("user_grant", format!("{} {}", grant.project_id, grant.user_id)),
            Self::OrgMember(member) => ("org_member", member.user_id.clone()),
            Self::ProjectMember(member) => ("project_member", format!("{} {}", member.project_id, member.user_id)),
            Self::ProjectGrantMember(member) => {
                ("project_grant_member", format!("{} {} {}", member.project_id, member.grant_id, member.user_id))
            }
        }
    }

    /// Adds it unless the same is there already, from an earlier run.
    async fn import(&self, ctx: &mut Context, org_id: &str, success: &mut ImportDataSuccessOrg) -> Result<()> {
        match self {
            Self::ProjectGrant(data) => {
                let request = data.project_grant.as_ref().ok_or(GRANT_MISSING)?;
                let grant_id = project_grant(ctx, org_id, &data.grant_id, request).await?;
                let (project_id, org_id) = (request.project_id.clone(), request.granted_org_id.clone());
                success.project_grants.push(ImportDataSuccessProjectGrant { grant_id, project_id, org_id });
            }
            Self::UserGrant(grant) => {
                let held = user_grant_roles(ctx.tx().await?, org_id, grant).await?;
                if !held.is_some_and(|held| same(&held, &grant.role_keys)) {
                    rooms().call::<management::AddUserGrant>(ctx, grant).await?;
                }
                let (project_id, user_id) = (grant.project_id.clone(), grant.user_id.clone());
                success.user_grants.push(ImportDataSuccessUserGrant { project_id, user_id });
            }
            Self::OrgMember(member) => {
                if !is_member(ctx, ORG, org_id, &member.user_id, &member.roles).await? {
                    rooms().call::<management::AddOrgMember>(ctx, member).await?;
                }
                success.org_members.push(member.user_id.clone());
            }
            Self::ProjectMember(member) => {
                if !is_member(ctx, PROJECT, &member.project_id, &member.user_id, &member.roles).await? {
                    rooms().call::<management::AddProjectMember>(ctx, member).await?;
                }
                let (project_id, user_id) = (member.project_id.clone(), member.user_id.clone());
                success.project_members.push(ImportDataSuccessProjectMember { project_id, user_id });
            }
            Self::ProjectGrantMember(member) => {
                if !is_member(ctx, PROJECT_GRANT, &member.grant_id, &member.user_id, &member.roles).await? {
                    rooms().call::<management::AddProjectGrantMember>(ctx, member).await?;
                }
                let (project_id, grant_id) = (member.project_id.clone(), member.grant_id.clone());
                let user_id = member.user_id.clone();
                success.project_grant_members.push(ImportDataSuccessProjectGrantMember {
                    project_id,
                    grant_id,
                    user_id,
                });
            }
        }
        Ok(())
    }
}

async fn project_grant(
    ctx: &mut Context,
    org_id: &str,
    id: &str,
    request: &wire::AddProjectGrantRequest,
) -> Result<String> {
    let there = statement!(
        "SELECT g.id, g.role_keys FROM project_grants g
         JOIN projects p ON p.instance_id = g.instance_id AND p.id = g.project_id
         WHERE g.instance_id = $1 AND g.project_id = $2 AND g.granted_org_id = $3 AND p.org_id = $4"
    );
    let values = values![&request.project_id, &request.granted_org_id, org_id];
    if let Some(row) = ctx.tx().await?.row(there, &values).await? {
        let (there, roles): (String, Vec<String>) = (row.text(0)?, row.json(1)?);
        if (id.is_empty() || id == there) && same(&roles, &request.role_keys) {
            return Ok(there);
        }
    }
    let grant = NewGrant {
        id: Some(id.to_owned()),
        project_id: request.project_id.clone(),
        granted_org_id: request.granted_org_id.clone(),
        role_keys: request.role_keys.clone(),
    };
    Ok(grants::create(ctx, &Reach::Org(org_id.to_owned()), grant).await?.id)
}

async fn user_grant_roles(
    connection: &mut Connection,
    org_id: &str,
    grant: &wire::AddUserGrantRequest,
) -> Result<Option<Vec<String>>> {
    let statement = statement!(
        "SELECT role_keys FROM authorizations
         WHERE instance_id = $1 AND org_id = $2 AND user_id = $3 AND project_id = $4 AND grant_id = $5"
    );
    let values = values![org_id, &grant.user_id, &grant.project_id, &grant.project_grant_id];
    connection.row(statement, &values).await?.map(|row| row.json(0)).transpose()
}

async fn is_member(ctx: &mut Context, level: i64, aggregate_id: &str, user_id: &str, roles: &[String]) -> Result<bool> {
    let statement = statement!(
        "SELECT roles FROM administrators WHERE instance_id = $1 AND level = $2 AND aggregate_id = $3 AND user_id = $4"
    );
    let row = ctx.tx().await?.row(statement, &values![level, aggregate_id, user_id]).await?;
    let held: Option<Vec<String>> = row.map(|row| row.json(0)).transpose()?;
    Ok(held.is_some_and(|held| same(&held, roles)))
}

/// The same roles in any order.
fn same(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|role| other.contains(role))
}
