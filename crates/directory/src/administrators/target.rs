//! What somebody administers: the resource as callers name it, and as storage knows it.

use castellan_db::Connection;
use castellan_kernel::Result;
use castellan_rpc::{Aggregate, Context};

use super::Level;
use super::sql;

/// A resource to administer, as callers name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// The instance of the request.
    Instance,
    /// An organization.
    Org(String),
    /// A project.
    Project(String),
    /// A project grant by its id (v1).
    ProjectGrant {
        /// The granted project.
        project: String,
        /// The grant.
        grant: String,
    },
    /// A project grant by the organization that has it (v2).
    ProjectGrantTo {
        /// The granted project.
        project: String,
        /// The organization that the project is granted to.
        org: String,
    },
}

impl Resource {
    /// On which level the resource stands.
    pub(super) fn level(&self) -> Level {
        match self {
            Self::Instance => Level::Instance,
            Self::Org(_) => Level::Org,
            Self::Project(_) => Level::Project,
            Self::ProjectGrant { .. } | Self::ProjectGrantTo { .. } => Level::ProjectGrant,
        }
    }
}

/// Which resources a command reaches: v1 Management stays inside the organization of its context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    /// Any organization of the instance.
    Instance,
    /// Projects of this organization, and grants that it gave or has.
    Org(String),
}

/// A resource that exists.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub level: Level,
    /// The instance, organization, project or grant.
    pub id: String,
    /// The resource owner: the organization, or the instance.
    pub owner: String,
    /// The organization on which the permission is checked; empty for the instance.
    pub permission_org: String,
    pub org_id: Option<String>,
    pub project_id: Option<String>,
    pub grant_id: Option<String>,
}

impl Target {
    /// The resource, if it exists within reach. An organization is not looked up here: whether it exists is told only to
    /// callers who have the permission on it.
    pub async fn find(ctx: &mut Context, reach: &Reach, resource: &Resource) -> Result<Option<Self>> {
        let instance = ctx.instance.id.clone();
        let connection = ctx.read().await?;
        Ok(match resource {
            Resource::Instance => Some(Self {
                level: Level::Instance,
                id: instance.clone(),
                owner: instance,
                permission_org: String::new(),
                org_id: None,
                project_id: None,
                grant_id: None,
            }),
            Resource::Org(org) => Some(Self {
                level: Level::Org,
                id: org.clone(),
                owner: org.clone(),
                permission_org: org.clone(),
                org_id: Some(org.clone()),
                project_id: None,
                grant_id: None,
            }),
            Resource::Project(project) => Self::project(connection, reach, project).await?,
            Resource::ProjectGrant { project, grant } => {
                Self::grant(sql::grant_by_id(connection, project, grant).await?, reach)
            }
            Resource::ProjectGrantTo { project, org } => {
                Self::grant(sql::grant_by_org(connection, project, org).await?, reach)
            }
        })
    }

    async fn project(connection: &mut Connection, reach: &Reach, project: &str) -> Result<Option<Self>> {
        let owner = sql::project_owner(connection, project).await?;
        Ok(owner.filter(|owner| matches!(reach, Reach::Instance) || *reach == Reach::Org(owner.clone())).map(|owner| {
            Self {
                level: Level::Project,
                id: project.to_owned(),
                owner: owner.clone(),
                permission_org: owner.clone(),
                org_id: Some(owner),
                project_id: Some(project.to_owned()),
                grant_id: None,
            }
        }))
    }

    fn grant(grant: Option<sql::Grant>, reach: &Reach) -> Option<Self> {
        let within = |grant: &sql::Grant| match reach {
            Reach::Instance => true,
            Reach::Org(org) => grant.owner == *org || grant.granted_org == *org,
        };
        grant.filter(within).map(|grant| Self {
            level: Level::ProjectGrant,
            id: grant.id.clone(),
            // Who administers a grant manages the users of the organization that has it, so that one decides.
            permission_org: grant.granted_org,
            org_id: Some(grant.owner.clone()),
            owner: grant.owner,
            project_id: Some(grant.project),
            grant_id: Some(grant.id),
        })
    }

    /// The resource that a limited permission must name.
    pub fn permission_resource(&self) -> Option<&str> {
        self.grant_id.as_deref().or(self.project_id.as_deref())
    }

    /// The event stream of the resource; that of the project for its grants.
    pub fn aggregate(&self) -> Aggregate {
        match self.level {
            Level::Instance => Aggregate::new("instance", &self.id, &self.owner),
            Level::Org => Aggregate::new("org", &self.id, &self.owner),
            Level::Project | Level::ProjectGrant => {
                Aggregate::new("project", self.project_id.as_deref().unwrap_or_default(), &self.owner)
            }
        }
    }
}
