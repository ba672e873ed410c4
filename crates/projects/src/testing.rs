//! What the tests of this slice share: a process around a fresh database with two instances, organizations and users in them,
//! callers by role.

use std::sync::Arc;

use castellan_db::{Db, global_statement, statement, values};
use castellan_directory::users::head::Reach;
use castellan_kernel::{
    Caller, CallerKind, FixedClock, IdGenerator, Membership, PageLimits, Result, RoleTable, Scope, SeededRng, Timestamp,
};
use castellan_rpc::hosts::HostOptions;
use castellan_rpc::{Context, Environment, Instance, Services};

use crate::grants::{self, NewGrant};
use crate::projects::{self, NewProject};
use crate::roles::{self, NewRole};

/// A process with the instances `i1` and `i2`. Each has the organizations `o1`, `o2` and `o3`, and in each of these a service
/// user (`u1`, `u2`, `u3`).
pub(crate) struct World {
    pub env: Arc<Environment>,
    pub clock: Arc<FixedClock>,
}

impl World {
    pub(crate) async fn new(db: Db) -> Self {
        Self::reaching(db, castellan_outbound::testing::client(castellan_outbound::Options::default())).await
    }

    /// One whose requests to the outside go through this client.
    pub(crate) async fn reaching(db: Db, client: castellan_outbound::Client) -> Self {
        let mut services = Services::default();
        services.insert(client);
        let rng = Arc::new(SeededRng::new(1));
        let clock = Arc::new(FixedClock::new(Timestamp::parse("2026-06-01T00:00:00Z").unwrap()));
        let env = Arc::new(Environment {
            db,
            clock: clock.clone(),
            ids: IdGenerator::new(&*rng),
            rng,
            roles: RoleTable::default(),
            system_roles: RoleTable::default(),
            page_limits: PageLimits::default(),
            hosts: HostOptions::default(),
            services,
        });
        let world = Self { env, clock };
        for instance in ["i1", "i2"] {
            let mut ctx = world.context(instance, Caller::internal("SETUP"));
            insert_instance(&mut ctx, instance).await;
            ctx.commit().await.unwrap();
        }
        world
    }

    /// A command in that instance.
    pub(crate) fn context(&self, instance: &str, caller: Caller) -> Context {
        let instance = Instance { id: instance.into(), default_language: "en".into(), ..Instance::default() };
        let origin = Arc::from("http://localhost");
        Context::new(Arc::clone(&self.env), Arc::new(instance), Arc::new(caller), origin, true)
    }

    /// The server itself, in the context of `o1`.
    pub(crate) fn internal(&self) -> Context {
        let mut caller = Caller::internal("SETUP");
        caller.org = "o1".into();
        self.context("i1", caller)
    }

    /// Someone with an instance role, in the context of `o1`.
    pub(crate) fn iam(&self, role: &str) -> Context {
        self.member(Scope::Instance, role, "o1")
    }

    /// Someone with an organization role, in the context of that organization.
    pub(crate) fn org(&self, org: &str, role: &str) -> Context {
        self.member(Scope::Org(org.into()), role, org)
    }

    /// Someone with a role on a project of `o1`.
    pub(crate) fn project(&self, project: &str, role: &str) -> Context {
        self.member(Scope::Project { owner: "o1".into(), project: project.into() }, role, "o1")
    }

    /// Someone with a role on a grant of a project of `o1` to `o2`, in the context of `o2`.
    pub(crate) fn grant(&self, project: &str, grant: &str, role: &str) -> Context {
        let scope = Scope::ProjectGrant {
            owner: "o1".into(),
            granted: "o2".into(),
            project: project.into(),
            grant: grant.into(),
        };
        self.member(scope, role, "o2")
    }

    /// A user without any role.
    pub(crate) fn user(&self, user_id: &str, org: &str) -> Context {
        let mut caller = self.caller(Scope::Org(org.into()), "ORG_OWNER", org);
        caller.user_id = user_id.into();
        caller.memberships.clear();
        self.context("i1", caller)
    }

    /// The owner of the other instance.
    pub(crate) fn other_instance(&self) -> Context {
        self.context("i2", self.caller(Scope::Instance, "IAM_OWNER", "o1"))
    }

    fn member(&self, scope: Scope, role: &str, org: &str) -> Context {
        self.context("i1", self.caller(scope, role, org))
    }

    fn caller(&self, scope: Scope, role: &str, org: &str) -> Caller {
        let permissions = self.env.roles.permissions([role]);
        Caller {
            kind: CallerKind::Machine,
            user_id: "caller".into(),
            own_org: org.into(),
            org: org.into(),
            language: None,
            memberships: vec![Membership { scope, roles: vec![role.into()], permissions }],
        }
    }

    /// A project of that organization with roles; returns its id.
    pub(crate) async fn project_with_roles(&self, org: &str, name: &str, role_keys: &[&str]) -> String {
        let mut ctx = self.internal();
        let project = NewProject { org_id: org.into(), name: name.into(), ..NewProject::default() };
        let created = projects::create(&mut ctx, project).await.unwrap();
        if !role_keys.is_empty() {
            let new: Vec<NewRole> = role_keys
                .iter()
                .map(|key| NewRole { key: (*key).into(), display_name: format!("The {key}"), group: "staff".into() })
                .collect();
            roles::add(&mut ctx, &Reach::Instance, &created.id, &new).await.unwrap();
        }
        ctx.commit().await.unwrap();
        created.id
    }

    /// Grants a project to an organization; returns the grant's id.
    pub(crate) async fn granted(&self, project_id: &str, org: &str, role_keys: &[&str]) -> String {
        let mut ctx = self.internal();
        let grant = NewGrant {
            id: None,
            project_id: project_id.into(),
            granted_org_id: org.into(),
            role_keys: role_keys.iter().map(|key| (*key).into()).collect(),
        };
        let created = grants::create(&mut ctx, &Reach::Instance, grant).await.unwrap();
        ctx.commit().await.unwrap();
        created.id
    }
}

async fn insert_instance(ctx: &mut Context, instance: &str) {
    let row = global_statement!(
        "INSERT INTO instances (id, name, name_lower, default_language, default_org_id, project_id, console_app_id,
         console_client_id, created_at, changed_at, sequence) VALUES ($1, $1, $1, 'en', 'o1', '', '', '', 0, 0, 1)"
    );
    let org = statement!(
        "INSERT INTO organizations (instance_id, id, name, name_lower, state, primary_domain, created_at, changed_at,
         sequence) VALUES ($1, $2, $3, $3, 1, $4, 0, 0, 1)"
    );
    let user = statement!(
        "INSERT INTO users (instance_id, id, org_id, kind, state, user_name, user_name_lower, user_name_key, name,
         name_lower, created_at, changed_at, sequence, has_domain_login_names)
         VALUES ($1, $2, $3, 2, 1, $2, $2, $2, $4, $5, 0, 0, 1, TRUE)"
    );
    let login_name = statement!(
        "INSERT INTO domain_login_names (instance_id, login_name_lower, user_id, login_name, is_primary)
         VALUES ($1, $2, $3, $2, TRUE)"
    );
    let tx = ctx.tx().await.unwrap();
    tx.execute(row, &values![instance]).await.unwrap();
    for number in 1..=3 {
        let (o, u) = (format!("o{number}"), format!("u{number}"));
        let values = values![o.as_str(), format!("org {number}"), format!("{o}.localhost")];
        tx.execute(org, &values).await.unwrap();
        tx.execute(user, &values![u.as_str(), o, format!("User {number}"), format!("user {number}")]).await.unwrap();
        tx.execute(login_name, &values![format!("{u}@localhost"), u]).await.unwrap();
    }
}

/// Types and payloads of the events of an aggregate, in order.
pub(crate) async fn events(world: &World, kind: &str, id: &str) -> Vec<(String, serde_json::Value)> {
    let statement = statement!(
        "SELECT event_type, payload FROM events WHERE instance_id = $1 AND aggregate_type = $2 AND aggregate_id = $3
         ORDER BY sequence"
    );
    let mut ctx = world.internal();
    let rows = ctx.tx().await.unwrap().rows(statement, &values![kind, id]).await.unwrap();
    rows.iter().map(|row| (row.text(0).unwrap(), row.opt_json(1).unwrap().unwrap_or_default())).collect()
}

/// An event as [`events`] returns it.
pub(crate) fn event(kind: &str, payload: serde_json::Value) -> (String, serde_json::Value) {
    (kind.to_owned(), payload)
}

/// Commits what a command did and keeps its answer.
pub(crate) async fn committed<T>(mut ctx: Context, answer: Result<T>) -> Result<T> {
    let answer = answer?;
    ctx.commit().await?;
    Ok(answer)
}

/// The id of an error.
pub(crate) fn id<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.id().to_owned(),
    }
}

/// Runs a handler or command in a context of its own and commits it: `done!(world.internal(), command::remove(&reach, "1"))`
/// calls `command::remove(&mut ctx, &reach, "1")`.
macro_rules! done {
    ($ctx:expr, $($path:ident)::+ ( $($argument:expr),* $(,)? )) => {{
        let mut ctx = $ctx;
        let answer = $($path)::+(&mut ctx, $($argument),*).await;
        $crate::testing::committed(ctx, answer).await
    }};
}

pub(crate) use done;
