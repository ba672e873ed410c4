//! One running server without its sockets.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::Body;
use castellan_crypto::jose::{Algorithm, SigningKey, VerifyingKey};
use castellan_crypto::keyring::{KeyName, Keyring};
use castellan_crypto::opaque::OpaqueKey;
use castellan_crypto::password::{PasswordHasher, Scheme};
use castellan_db::testing::TestDb;
use castellan_db::{Db, DbOptions, Durability, SqliteOptions};
use castellan_directory::instances::quotas::{QuotaSignal, RequestMeter};
use castellan_kernel::{FixedClock, IdGenerator, PageLimits, Rng, RoleTable, SystemRng, Timestamp};
use castellan_oidc::system_user::{SystemMembership, SystemUser, SystemUsers};
use castellan_oidc::{Options, TokenGate};
use castellan_projects::instance_setup::{HumanOwner, InstanceTemplate, MachineOwner, NewInstance, create_instance};
use castellan_rpc::hosts::HostOptions;
use castellan_rpc::service::{ServiceOptions, service};
use castellan_rpc::{Context, Environment, Instance, Meter, Registry, Router, Services};
use castellan_settings::InstanceDefaults;
use castellan_settings::web_keys::{Curve, WebKeyKind};
use http::{Request, header};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::scratch::Scratch;
use crate::{Actor, Answer};

/// The port in every host of a test.
const PORT: u16 = 8080;

/// How the server of a test is set up.
#[derive(Clone, Copy)]
pub struct Setup {
    /// The rooms that it serves.
    pub registry: fn() -> Registry,
    /// The kind of signing keys that new instances get; RSA takes long to make.
    pub web_keys: WebKeyKind,
    /// Whether authenticated requests are counted.
    pub quotas: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self { registry: slices, web_keys: WebKeyKind::Ecdsa(Curve::P256), quotas: false }
    }
}

fn slices() -> Registry {
    let mut registry = Registry::default();
    castellan_settings::register(&mut registry);
    castellan_directory::register(&mut registry);
    castellan_projects::register(&mut registry);
    castellan_transfer::register(&mut registry);
    registry
}

/// A server on its own database, at a time that tests may move.
pub struct Application {
    /// What every request gets.
    pub env: Arc<Environment>,
    /// The time.
    pub clock: Arc<FixedClock>,
    /// What counts authenticated requests, if the setup asks for it.
    pub meter: Option<Arc<RequestMeter>>,
    service: axum::Router,
    setup: Setup,
    system_key: Arc<SigningKey>,
    _scratch: Option<Scratch>,
}

/// An instance with the service user that owns it.
#[derive(Debug, Clone)]
pub struct TestInstance {
    /// Its id.
    pub id: String,
    /// Its host with the port.
    pub host: String,
    /// Its first organization, the default one.
    pub org_id: String,
    /// The project that stands for the APIs.
    pub project_id: String,
    /// The owner, with a personal access token.
    pub owner: Actor,
}

impl TestInstance {
    /// The origin, which is the issuer of its tokens.
    pub fn origin(&self) -> String {
        format!("http://{}", self.host)
    }

    /// Somebody without credentials.
    pub fn anonymous(&self) -> Actor {
        Actor { host: self.host.clone(), ..Actor::default() }
    }
}

/// Runs the test on a fresh server on each engine: always on the embedded one, and on PostgreSQL when `TEST_POSTGRES` is set.
pub async fn on_each_engine<F, Fut>(test: F)
where
    F: Fn(Application) -> Fut,
    Fut: Future<Output = ()>,
{
    on_each_engine_with(Setup::default(), test).await;
}

/// [`on_each_engine`] with a setup of its own.
pub async fn on_each_engine_with<F, Fut>(setup: Setup, test: F)
where
    F: Fn(Application) -> Fut,
    Fut: Future<Output = ()>,
{
    let embedded = TestDb::sqlite().await;
    test(Application::on(embedded.clone(), setup)).await;
    if let Some(postgres) = TestDb::postgres().await {
        test(Application::on(postgres.clone(), setup)).await;
    }
}

/// Every server of the process starts an hour later than the one before, so that no two of them draw the same ids.
fn start() -> Timestamp {
    static COUNT: AtomicI64 = AtomicI64::new(0);
    let first = Timestamp::parse("2026-06-01T00:00:00Z").unwrap();
    first.plus_seconds(3_600 * COUNT.fetch_add(1, Ordering::Relaxed))
}

impl Application {
    /// A server on this empty database.
    pub fn on(db: Db, setup: Setup) -> Self {
        let rng: Arc<dyn Rng> = Arc::new(SystemRng::default());
        let system_key = Arc::new(SigningKey::generate("system", Algorithm::ES256).unwrap());
        let ring = Keyring::ephemeral(&*rng);
        let mut services = Services::default();
        services.insert(OpaqueKey::new(ring.key(KeyName::Oidc), true));
        services.insert(ring);
        services.insert(PasswordHasher::new(Scheme::Bcrypt { cost: 4 }, Arc::clone(&rng)).unwrap());
        services.insert(castellan_outbound::Client::new(&castellan_outbound::Options::default()).unwrap());
        services.insert(QuotaSignal::default());
        services.insert(system_users(&system_key));
        services.insert(template(setup.web_keys));
        let clock = Arc::new(FixedClock::new(start()));
        Self::with(db, services, rng, clock, system_key, setup, None)
    }

    fn with(
        db: Db,
        services: Services,
        rng: Arc<dyn Rng>,
        clock: Arc<FixedClock>,
        system_key: Arc<SigningKey>,
        setup: Setup,
        scratch: Option<Scratch>,
    ) -> Self {
        let env = Arc::new(Environment {
            db,
            clock: clock.clone(),
            ids: IdGenerator::new(&*rng),
            rng,
            roles: RoleTable::default(),
            system_roles: RoleTable::default().only(|role| role.starts_with("SYSTEM_") || role.starts_with("IAM_")),
            page_limits: PageLimits::default(),
            hosts: HostOptions::default(),
            services,
        });
        let mut router = Router::new((setup.registry)(), TokenGate, Arc::clone(&env)).unwrap();
        let meter = setup.quotas.then(|| Arc::new(RequestMeter::new(Arc::clone(&env))));
        if let Some(meter) = &meter {
            router = router.metered(Arc::clone(meter) as Arc<dyn Meter>);
        }
        let apis = service(Arc::new(router), ServiceOptions::default()).into_router();
        let assets = castellan_settings::asset_routes(Arc::clone(&env), Arc::new(TokenGate));
        let options = Options { meter: meter.clone().map(|meter| meter as Arc<dyn Meter>), ..Options::default() };
        let service = castellan_oidc::Endpoints::new(Arc::clone(&env), options).into_router().merge(apis).merge(assets);
        Self { env, clock, meter, service, setup, system_key, _scratch: scratch }
    }

    /// Another server on a copy of this one's data as it is now, with the same keys: what happens there stays there.
    /// Embedded databases only.
    pub async fn fork(&self) -> Self {
        let scratch = Scratch::new();
        let path = scratch.file("castellan.db");
        self.env.db.backup_to(&path).await.unwrap();
        let options = SqliteOptions { durability: Durability::None, readers: Some(2), ..SqliteOptions::new(path) };
        let db = Db::open(DbOptions::Sqlite(options)).await.unwrap();
        let (services, rng) = (self.env.services.clone(), Arc::clone(&self.env.rng));
        Self::with(db, services, rng, Arc::clone(&self.clock), Arc::clone(&self.system_key), self.setup, Some(scratch))
    }

    /// Creates an instance at `<name>.localhost`, as the first start and the System API do.
    pub async fn new_instance(&self, name: &str) -> TestInstance {
        let host = format!("{name}.localhost");
        let mut ctx = Context::internal(Arc::clone(&self.env), Arc::new(Instance::default()), "SYSTEM");
        let new = NewInstance {
            name: name.to_owned(),
            org_name: "Castellan".to_owned(),
            custom_domain: Some(host.clone()),
            machine: Some(MachineOwner {
                user_name: "root".to_owned(),
                name: "Root".to_owned(),
                token: Some((Timestamp::NEVER, Vec::new())),
                ..MachineOwner::default()
            }),
            ..NewInstance::default()
        };
        let created = create_instance(&mut ctx, new).await.unwrap();
        ctx.commit().await.unwrap();
        let machine = created.machine.unwrap();
        let host = format!("{host}:{PORT}");
        let mut reads = self.env.db.single_reads(None);
        let instance = castellan_directory::instances::by_id(&mut reads, &created.instance_id).await.unwrap().unwrap();
        TestInstance {
            owner: Actor {
                token: machine.token,
                host: host.clone(),
                user_id: machine.user_id,
                org_id: created.org_id.clone(),
                in_org: None,
            },
            id: created.instance_id,
            host,
            org_id: created.org_id,
            project_id: instance.project_id,
        }
    }

    /// A command of the server itself in that instance, for what no API does.
    pub async fn internal(&self, instance_id: &str) -> Context {
        let mut reads = self.env.db.single_reads(None);
        let instance = castellan_directory::instances::by_id(&mut reads, instance_id).await.unwrap().unwrap();
        Context::internal(Arc::clone(&self.env), Arc::new(instance), "SETUP")
    }

    /// The system user `superuser` (role `SYSTEM_OWNER`) or `everywhere` (also `IAM_OWNER`), with a token for the next hour.
    pub fn system_user(&self, name: &str, host: &str) -> Actor {
        let now = castellan_kernel::Clock::now(&*self.clock).seconds();
        let claims = serde_json::json!({
            "iss": name, "sub": name, "aud": system_audience(), "iat": now, "exp": now + 3_600
        });
        let token = self.system_key.sign("JWT", claims.to_string().as_bytes()).unwrap();
        Actor { token: Some(token), host: host.to_owned(), ..Actor::default() }
    }

    /// The key that system users sign with.
    pub fn system_key(&self) -> &SigningKey {
        &self.system_key
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.service.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Calls an RPC (`zitadel.user.v2.UserService/AddKey`) over Connect with a JSON message.
    pub async fn connect(&self, actor: &Actor, rpc: &str, message: &Value) -> Answer {
        self.send(request(actor, "POST", &format!("/{rpc}"), Some(message))).await
    }

    /// Calls a REST route; `null` sends no body.
    pub async fn rest(&self, actor: &Actor, verb: &str, path: &str, message: Value) -> Answer {
        self.send(request(actor, verb, path, (!message.is_null()).then_some(&message))).await
    }

    /// Posts a form, as OAuth clients do, with an `Authorization` header if one is given.
    pub async fn form(&self, host: &str, path: &str, pairs: &[(&str, &str)], authorization: Option<&str>) -> Answer {
        let body: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let mut request = Request::post(path)
            .header(header::HOST, host)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        self.send(request.body(Body::from(body.join("&"))).unwrap()).await
    }

    /// Gets a path without a body, with an `Authorization` header if one is given.
    pub async fn get(&self, host: &str, path: &str, authorization: Option<&str>) -> Answer {
        let mut request = Request::get(path).header(header::HOST, host);
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }
}

fn request(actor: &Actor, verb: &str, path: &str, message: Option<&Value>) -> Request<Body> {
    let mut request = Request::builder().method(verb).uri(path).header(header::HOST, &actor.host);
    if let Some(token) = &actor.token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    if let Some(org) = &actor.in_org {
        request = request.header("x-zitadel-orgid", org);
    }
    let body = match message {
        Some(message) => {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(message.to_string())
        }
        None => Body::empty(),
    };
    request.body(body).unwrap()
}

/// A form component: everything but letters and digits as `%XX`.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn system_audience() -> String {
    format!("http://localhost:{PORT}")
}

fn system_users(key: &SigningKey) -> SystemUsers {
    let user = |name: &str, memberships: Vec<SystemMembership>| {
        let key = Arc::new(VerifyingKey::new(key.public_key().clone()).unwrap());
        SystemUser { name: name.to_owned(), key: Box::new(move |_| Some(key.clone())), memberships }
    };
    let roles =
        |names: &[&str]| SystemMembership::System { roles: names.iter().map(|name| (*name).to_owned()).collect() };
    SystemUsers {
        users: vec![
            user("superuser", vec![roles(&["SYSTEM_OWNER"])]),
            user("everywhere", vec![roles(&["SYSTEM_OWNER", "IAM_OWNER"])]),
        ],
        audience: system_audience(),
    }
}

fn template(web_keys: WebKeyKind) -> InstanceTemplate {
    InstanceTemplate {
        defaults: InstanceDefaults::default(),
        web_keys,
        external_domain: "localhost".to_owned(),
        external_port: Some(PORT),
        external_secure: false,
        default_language: "en".to_owned(),
        instance_name: "Castellan".to_owned(),
        human: HumanOwner {
            user_name: "admin".to_owned(),
            first_name: "Ada".to_owned(),
            last_name: "Admin".to_owned(),
            password: "Password1!".to_owned(),
            email_verified: true,
            ..HumanOwner::default()
        },
    }
}
