//! What the tests of this crate share: a process around a fresh database, an instance with an organization, callers by role.

use std::sync::Arc;

use castellan_crypto::keyring::Keyring;
use castellan_db::{Connection, Db, global_statement};
use castellan_kernel::{
    Caller, CallerKind, FixedClock, IdGenerator, Membership, PageLimits, RoleTable, Scope, SeededRng, Timestamp,
};
use castellan_rpc::hosts::HostOptions;
use castellan_rpc::{Context, Environment, Instance, Services};

pub(crate) struct World {
    pub env: Arc<Environment>,
}

impl World {
    /// A process on this database with the instances `i1` and `i2`, each with the organization `o1`.
    pub(crate) async fn new(db: Db) -> Self {
        let rng = SeededRng::new(1);
        let mut services = Services::default();
        services.insert(Keyring::ephemeral(&rng));
        let env = Arc::new(Environment {
            db,
            clock: Arc::new(FixedClock::new(Timestamp::parse("2026-06-01T00:00:00Z").unwrap())),
            ids: IdGenerator::new(&rng),
            rng: Arc::new(rng),
            roles: RoleTable::default(),
            system_roles: RoleTable::default(),
            page_limits: PageLimits::default(),
            hosts: HostOptions::default(),
            services,
        });
        let world = Self { env };
        for id in ["i1", "i2"] {
            let mut ctx = world.internal(id);
            insert_instance(ctx.tx().await.unwrap(), id).await;
            ctx.commit().await.unwrap();
        }
        world
    }

    /// A command of the server itself in this instance.
    pub(crate) fn internal(&self, instance: &str) -> Context {
        self.context(instance, Caller::internal("SETUP"), true)
    }

    /// A command of an administrator of this instance, in the context of organization `o1`.
    pub(crate) fn admin(&self, instance: &str) -> Context {
        let permissions = self.env.roles.permissions(["IAM_OWNER"]);
        let caller = Caller {
            kind: CallerKind::Machine,
            user_id: "admin".into(),
            own_org: "o1".into(),
            org: "o1".into(),
            language: None,
            memberships: vec![Membership { scope: Scope::Instance, roles: vec!["IAM_OWNER".into()], permissions }],
        };
        self.context(instance, caller, true)
    }

    fn context(&self, instance: &str, caller: Caller, writes: bool) -> Context {
        let instance = Instance { id: instance.into(), default_language: "en".into(), ..Instance::default() };
        Context::new(Arc::clone(&self.env), Arc::new(instance), Arc::new(caller), Arc::from("http://localhost"), writes)
    }
}

async fn insert_instance(connection: &mut Connection, id: &str) {
    let instance = global_statement!(
        "INSERT INTO instances (id, name, name_lower, default_language, default_org_id, project_id, console_app_id,
         console_client_id, created_at, changed_at, sequence) VALUES ($1, $1, $1, 'en', 'o1', '', '', '', 0, 0, 1)"
    );
    connection.execute(instance, &[id.into()]).await.unwrap();
    let org = global_statement!(
        "INSERT INTO organizations (instance_id, id, name, name_lower, state, primary_domain, created_at, changed_at,
         sequence) VALUES ($1, 'o1', 'Acme', 'acme', 1, 'acme.localhost', 0, 0, 1)"
    );
    connection.execute(org, &[id.into()]).await.unwrap();
}

/// Types and payloads of the events of an aggregate kind in the instance, in order.
pub(crate) async fn events(ctx: &mut Context, kind: &str) -> Vec<(String, serde_json::Value)> {
    let statement = castellan_db::statement!(
        "SELECT event_type, payload FROM events WHERE instance_id = $1 AND aggregate_type = $2 ORDER BY position"
    );
    let rows = ctx.tx().await.unwrap().rows(statement, &[kind.into()]).await.unwrap();
    rows.iter().map(|row| (row.text(0).unwrap(), row.opt_json(1).unwrap().unwrap_or_default())).collect()
}
