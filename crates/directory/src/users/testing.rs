//! What the tests of users share: a process around a fresh database with two instances, organizations in them, callers by role.

use std::sync::Arc;

use castellan_crypto::keyring::{KeyName, Keyring};
use castellan_crypto::opaque::OpaqueKey;
use castellan_crypto::password::{PasswordHasher, Scheme};
use castellan_db::{Connection, Db, global_statement, statement, values};
use castellan_kernel::{
    Caller, CallerKind, FixedClock, IdGenerator, Membership, PageLimits, Permission, RoleTable, Scope, SeededRng,
    Timestamp,
};
use castellan_rpc::hosts::HostOptions;
use castellan_rpc::{Context, Environment, Instance, Services};

use super::machine::{self, AddMachine};

pub(crate) struct World {
    pub env: Arc<Environment>,
    pub clock: Arc<FixedClock>,
}

/// The clock's start.
pub(crate) const START: &str = "2026-06-01T00:00:00Z";

impl World {
    /// A process on this database with the instances `i1` and `i2`, each with the organizations `o1` and `o2`.
    pub(crate) async fn new(db: Db) -> Self {
        Self::reaching(db, castellan_outbound::testing::client(castellan_outbound::Options::default())).await
    }

    /// The same with a client of the test's own for requests to the outside.
    pub(crate) async fn reaching(db: Db, client: castellan_outbound::Client) -> Self {
        let rng = Arc::new(SeededRng::new(1));
        let keyring = Keyring::ephemeral(&*rng);
        let mut services = Services::default();
        services.insert(OpaqueKey::new(keyring.key(KeyName::Oidc), false));
        services.insert(keyring);
        services.insert(client);
        let scheme = Scheme::Bcrypt { cost: 4 };
        services.insert(PasswordHasher::new(scheme, rng.clone()).unwrap());
        let clock = Arc::new(FixedClock::new(Timestamp::parse(START).unwrap()));
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
        for id in ["i1", "i2"] {
            let mut ctx = world.context(id, Caller::internal("SETUP"), true);
            insert_instance(ctx.tx().await.unwrap(), id).await;
            ctx.commit().await.unwrap();
        }
        world
    }

    pub(crate) fn context(&self, instance: &str, caller: Caller, writes: bool) -> Context {
        let instance = Instance { id: instance.into(), default_language: "en".into(), ..Instance::default() };
        Context::new(Arc::clone(&self.env), Arc::new(instance), Arc::new(caller), Arc::from("http://localhost"), writes)
    }

    /// A command of the server itself in instance `i1`.
    pub(crate) fn internal(&self) -> Context {
        self.context("i1", Caller::internal("SETUP"), true)
    }

    /// A command of someone with an instance role in `i1`, in the context of `o1`.
    pub(crate) fn iam(&self, role: &str) -> Context {
        self.context("i1", self.member(Scope::Instance, role, "o1"), true)
    }

    /// A command of someone with an organization role in `i1`, in the context of that organization.
    pub(crate) fn org(&self, org: &str, role: &str) -> Context {
        self.context("i1", self.member(Scope::Org(org.into()), role, org), true)
    }

    /// A command of a user without any role in `i1`.
    pub(crate) fn user(&self, user_id: &str, org: &str) -> Context {
        let mut caller = self.member(Scope::Org(org.into()), "ORG_OWNER", org);
        caller.user_id = user_id.into();
        caller.memberships.clear();
        self.context("i1", caller, true)
    }

    /// A command of an owner of instance `i2`.
    pub(crate) fn other_instance(&self) -> Context {
        self.context("i2", self.member(Scope::Instance, "IAM_OWNER", "o1"), true)
    }

    fn member(&self, scope: Scope, role: &str, org: &str) -> Caller {
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

    /// A service user of `i1` in that organization, by its user name; returns the id.
    pub(crate) async fn machine(&self, org: &str, user_name: &str) -> String {
        let mut ctx = self.internal();
        let command = AddMachine {
            org_id: org.into(),
            user_name: Some(user_name.into()),
            name: format!("Name of {user_name}"),
            ..AddMachine::default()
        };
        let added = machine::create(&mut ctx, command).await.unwrap();
        ctx.commit().await.unwrap();
        added.user_id
    }

    /// Stores a settings document of the instance or an organization.
    pub(crate) async fn settings(&self, org: &str, kind: &str, value: &str) {
        let mut ctx = self.internal();
        let statement = statement!(
            "INSERT INTO settings (instance_id, org_id, kind, value, created_at, changed_at, sequence)
             VALUES ($1, $2, $3, $4, 0, 0, 1)
             ON CONFLICT (instance_id, org_id, kind) DO UPDATE SET value = excluded.value"
        );
        ctx.tx().await.unwrap().execute(statement, &values![org, kind, value]).await.unwrap();
        ctx.commit().await.unwrap();
    }
}

async fn insert_instance(connection: &mut Connection, id: &str) {
    let instance = global_statement!(
        "INSERT INTO instances (id, name, name_lower, default_language, default_org_id, project_id, console_app_id,
         console_client_id, created_at, changed_at, sequence) VALUES ($1, $1, $1, 'en', 'o1', '', '', '', 0, 0, 1)"
    );
    connection.execute(instance, &values![id]).await.unwrap();
    let org = global_statement!(
        "INSERT INTO organizations (instance_id, id, name, name_lower, state, primary_domain, created_at, changed_at,
         sequence) VALUES ($1, $2, $2, $2, 1, $3, 0, 0, 1)"
    );
    let domain = global_statement!(
        "INSERT INTO org_domains (instance_id, org_id, domain, domain_lower, is_verified, is_primary, validation_type,
         created_at, changed_at, sequence) VALUES ($1, $2, $3, $3, TRUE, TRUE, 0, 0, 0, 1)"
    );
    for name in ["o1", "o2"] {
        let values = values![id, name, format!("{name}.localhost")];
        connection.execute(org, &values).await.unwrap();
        connection.execute(domain, &values).await.unwrap();
    }
}

/// Types and payloads of the events of an aggregate, in order.
pub(crate) async fn events(ctx: &mut Context, kind: &str, id: &str) -> Vec<(String, serde_json::Value)> {
    let statement = statement!(
        "SELECT event_type, payload FROM events WHERE instance_id = $1 AND aggregate_type = $2 AND aggregate_id = $3
         ORDER BY sequence"
    );
    let rows = ctx.tx().await.unwrap().rows(statement, &values![kind, id]).await.unwrap();
    rows.iter().map(|row| (row.text(0).unwrap(), row.opt_json(1).unwrap().unwrap_or_default())).collect()
}

/// The id of an error.
pub(crate) fn id<T>(result: castellan_kernel::Result<T>) -> String {
    match result {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.id().to_owned(),
    }
}

#[test]
fn an_organization_owner_may_write_users() {
    assert!(RoleTable::default().permissions(["ORG_OWNER"]).full.contains(Permission::UserWrite));
}
