//! Role claims: which projects' roles are asserted, and their shape.

use std::collections::BTreeMap;
use std::sync::Arc;

use castellan_db::{Connection, Recalled, Remember};
use castellan_kernel::Result;
use castellan_projects::authorizations::{self, ClaimedRole};
use serde_json::{Map, Value};

use super::Claims;
use crate::scope::Scopes;

/// Who asks for roles.
#[derive(Debug, Clone, Copy, Default)]
pub struct RoleQuestion<'a> {
    /// The project of the client that asks, if there is one.
    pub client_project: Option<&'a str>,
    /// Whether that project asserts roles without being asked.
    pub project_asserts: bool,
    /// Introspection always considers the roles of the caller's project, and only those.
    pub is_introspection: bool,
    /// The instance's API project, for the `zitadel` audience scope.
    pub api_project: &'a str,
}

/// The roles of a user in some projects.
struct Held(Vec<ClaimedRole>);

impl Remember for Held {
    const BUDGET: u64 = 1 << 20;

    fn weight(&self) -> u64 {
        self.0.len() as u64 * 192 + 32
    }
}

async fn held(connection: &mut Connection, user_id: &str, projects: &[String]) -> Result<Arc<Held>> {
    let parts: Vec<&str> = std::iter::once(user_id).chain(projects.iter().map(String::as_str)).collect();
    match connection.recall::<Held>(connection.key(&parts)).await? {
        Recalled::Known(held) => Ok(held),
        Recalled::Unknown(recording) => {
            let roles = authorizations::roles_for_claims(connection, user_id, projects).await?;
            Ok(connection.keep(recording, Held(roles)))
        }
    }
}

/// The projects whose roles are told.
pub(super) fn projects(scopes: &Scopes, question: &RoleQuestion<'_>) -> Vec<String> {
    let asked = !scopes.role_keys().is_empty() || scopes.all_project_roles();
    let mut projects =
        if asked && !question.is_introspection { scopes.audience(question.api_project) } else { Vec::new() };
    if let Some(own) = question.client_project
        && (question.project_asserts || !projects.is_empty() || asked || question.is_introspection)
        && !projects.iter().any(|project| project == own)
    {
        projects.push(own.to_owned());
    }
    projects
}

/// Tells the roles in these projects.
pub(super) async fn assert(
    connection: &mut Connection,
    user_id: &str,
    scopes: &Scopes,
    question: &RoleQuestion<'_>,
    projects: &[String],
    claims: &mut Claims,
) -> Result<()> {
    let (keys, orgs) = (scopes.role_keys(), scopes.role_orgs());
    // project → role → granting organization → its primary domain
    let mut by_project: BTreeMap<String, BTreeMap<String, Map<String, Value>>> = BTreeMap::new();
    for role in &held(connection, user_id, projects).await?.0 {
        let wanted = (keys.is_empty() || question.is_introspection || keys.contains(&role.role_key.as_str()))
            && (orgs.is_empty() || orgs.contains(&role.org_id.as_str()));
        if wanted {
            let roles = by_project.entry(role.project_id.clone()).or_default();
            let granted = roles.entry(role.role_key.clone()).or_default();
            granted.insert(role.org_id.clone(), Value::from(role.org_domain.as_str()));
        }
    }
    for (project, roles) in by_project {
        let roles: Map<String, Value> = roles.into_iter().map(|(key, orgs)| (key, Value::Object(orgs))).collect();
        if question.client_project == Some(project.as_str()) {
            claims.insert("urn:zitadel:iam:org:project:roles".to_owned(), Value::Object(roles.clone()));
        }
        claims.insert(format!("urn:zitadel:iam:org:project:{project}:roles"), Value::Object(roles));
    }
    Ok(())
}
