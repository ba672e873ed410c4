//! Organizations and service users, made by the product's own commands.

use castellan_directory::administrators::{self, Resource};
use castellan_directory::organizations;
use castellan_directory::users::head::Reach;
use castellan_directory::users::machine::{self, AddMachine};
use castellan_directory::users::tokens::{self, AddToken};

use crate::{Actor, Application, TestInstance};

/// A manager role and where it holds.
#[derive(Debug, Clone)]
pub enum Role<'a> {
    /// On the instance, such as `IAM_OWNER`.
    Instance(&'a str),
    /// On an organization by id, such as `ORG_OWNER`.
    Org(&'a str, &'a str),
    /// On a project by id, such as `PROJECT_OWNER`.
    Project(&'a str, &'a str),
}

impl Application {
    /// Creates an organization; returns its id.
    pub async fn new_org(&self, instance: &TestInstance, name: &str) -> String {
        let mut ctx = self.internal(&instance.id).await;
        let id = ctx.new_id();
        organizations::create_with_id(&mut ctx, &id, name, "localhost").await.unwrap();
        ctx.commit().await.unwrap();
        id
    }

    /// Creates a service user with these roles and a personal access token.
    pub async fn new_machine(
        &self,
        instance: &TestInstance,
        org_id: &str,
        user_name: &str,
        roles: &[Role<'_>],
    ) -> Actor {
        let mut ctx = self.internal(&instance.id).await;
        let command = AddMachine {
            org_id: org_id.to_owned(),
            user_name: Some(user_name.to_owned()),
            name: user_name.to_owned(),
            ..AddMachine::default()
        };
        let user_id = machine::create(&mut ctx, command).await.unwrap().user_id;
        for role in roles {
            let (resource, name) = match role {
                Role::Instance(name) => (Resource::Instance, name),
                Role::Org(id, name) => (Resource::Org((*id).to_owned()), name),
                Role::Project(id, name) => (Resource::Project((*id).to_owned()), name),
            };
            administrators::grant(&mut ctx, resource, &user_id, &[name]).await.unwrap();
        }
        let command = AddToken { reach: Reach::Instance, user_id: user_id.clone(), expires_at: None, scopes: None };
        let token = tokens::create(&mut ctx, command).await.unwrap().token;
        ctx.commit().await.unwrap();
        Actor { token: Some(token), host: instance.host.clone(), user_id, org_id: org_id.to_owned(), in_org: None }
    }
}
