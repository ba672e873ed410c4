//! The registry of handlers, and the one path that every RPC takes (`ARCHITECTURE.md`, "A request, walked"):
//! instance → credentials → permission → validation → handler → commit.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use ::http::HeaderMap;
use bytes::Bytes;
use castellan_db::{Connection, Recalled, Remember, Retry, memory_key};
use castellan_kernel::{Caller, CallerKind, Error, Fault, Kind, Result};
use castellan_proto::Method;
use prost::Message as _;

use crate::call::{BoxFuture, Call, Failure, Invoke, Reply};
use crate::context::{Context, Environment, Instance};
use crate::descriptor::{Auth, Contract, MethodInfo, NamedOrganization};
use crate::failure;
use crate::hosts::RequestedHost;
use crate::validate;

const BLOCKED: Fault = Fault::new(Kind::ResourceExhausted, "LIMITS-molsj", "Errors.Limits.Instance.Blocked");
const EXHAUSTED: Fault = Fault::new(Kind::ResourceExhausted, "QUOTA-vjAy8", "Quota.Access.Exhausted");
const MALFORMED: Fault = Fault::invalid("RPC-Bad01", "Errors.Request.Malformed");

type LocalFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type Run = Box<dyn for<'a> Fn(&'a mut Context, Bytes) -> LocalFuture<'a, Result<Bytes>> + Send + Sync>;

/// An async function of a room: `async fn(&mut Context, Request) -> Result<Response>`.
pub trait Handler<'a, Request, Response>: Send + Sync + 'static {
    /// The future that the function returns.
    type Future: Future<Output = Result<Response>> + Send + 'a;
    /// Calls the function.
    fn call(&self, ctx: &'a mut Context, request: Request) -> Self::Future;
}

impl<'a, F, Fut, Request, Response> Handler<'a, Request, Response> for F
where
    F: Fn(&'a mut Context, Request) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Response>> + Send + 'a,
{
    type Future = Fut;
    fn call(&self, ctx: &'a mut Context, request: Request) -> Fut {
        self(ctx, request)
    }
}

struct Entry {
    run: Run,
    writes: bool,
    room: &'static str,
}

/// Where rooms register their handlers.
#[derive(Default)]
pub struct Registry {
    entries: HashMap<&'static str, Entry>,
    duplicates: Vec<&'static str>,
    room: &'static str,
}

impl Registry {
    /// Names the room that registers next, for the method table.
    pub fn room(&mut self, name: &'static str) -> &mut Self {
        self.room = name;
        self
    }

    /// Registers a handler that may write: it runs in one serializable transaction and may be run again on a conflict.
    // Registering runs once and would otherwise touch a page of the binary for each of some 650 methods.
    #[inline(always)]
    pub fn command<M: Method>(
        &mut self,
        handler: impl for<'a> Handler<'a, M::Request, M::Response> + Copy,
    ) -> &mut Self {
        self.add::<M>(handler, true)
    }

    /// Registers a handler that only reads, from one consistent snapshot.
    #[inline(always)]
    pub fn query<M: Method>(&mut self, handler: impl for<'a> Handler<'a, M::Request, M::Response> + Copy) -> &mut Self {
        self.add::<M>(handler, false)
    }

    #[inline(always)]
    fn add<M: Method>(
        &mut self,
        handler: impl for<'a> Handler<'a, M::Request, M::Response> + Copy,
        writes: bool,
    ) -> &mut Self {
        let run: Run = Box::new(move |ctx, body| {
            Box::pin(async move {
                let request = M::Request::decode(body).map_err(|cause| Error::from(MALFORMED).because(cause))?;
                let response = handler.call(ctx, request).await?;
                Ok(Bytes::from(response.encode_to_vec()))
            })
        });
        self.insert(M::PATH, run, writes)
    }

    #[inline(never)]
    fn insert(&mut self, path: &'static str, run: Run, writes: bool) -> &mut Self {
        if self.entries.insert(path, Entry { run, writes, room: self.room }).is_some() {
            self.duplicates.push(path);
        }
        self
    }

    /// The registered methods with their rooms and whether they write, by path.
    pub fn methods(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        self.entries.iter().map(|(path, entry)| (*path, entry.room, entry.writes))
    }
}

/// Handlers that other handlers call inside their own transaction or snapshot: what composes requests of the contract (an import)
/// goes through the same door, the same field rules and the same commands as a caller that sends them one by one.
pub struct Handlers(HashMap<&'static str, Entry>);

impl Registry {
    /// Closes the registry for calls from inside.
    pub fn into_handlers(self) -> Handlers {
        Handlers(self.entries)
    }
}

impl Handlers {
    /// Runs one RPC in this context, as its caller and in the organization of that caller's context. Nothing is committed.
    ///
    /// # Errors
    /// What a caller would be told who sends this request: a missing permission, a broken field rule, the handler's own refusal.
    pub async fn call<M: Method>(&self, ctx: &mut Context, request: &M::Request) -> Result<M::Response> {
        let unknown = || Error::internal(format!("{} has no handler here", M::PATH));
        let entry = self.0.get(M::PATH).ok_or_else(unknown)?;
        let method = Contract::get().method(M::PATH).ok_or_else(unknown)?;
        let body = Bytes::from(request.encode_to_vec());
        permit(method, &ctx.caller, &body)?;
        check_fields(method, &body)?;
        let response = (entry.run)(ctx, body).await?;
        M::Response::decode(response).map_err(Error::internal)
    }
}

/// Whether the caller has the method's permission in the context organization.
fn permit(method: &MethodInfo, caller: &Caller, body: &Bytes) -> Result<()> {
    if let Auth::Permission(permission) = &method.auth {
        let check = method.check_value(body);
        caller.require_for_method(*permission, check.as_deref())?;
    }
    Ok(())
}

/// Whether the request keeps the field rules of the contract.
fn check_fields(method: &MethodInfo, body: &Bytes) -> Result<()> {
    validate::validate(method.request(), body)
        .map_err(|violation| Error::bare(Kind::InvalidArgument, violation.to_string()))
}

/// What the router must learn from the directory and the token rooms.
pub trait Gate: Send + Sync + 'static {
    /// The instance that the host names; `Err` is answered as it is, before everything else. `connection` is bound to no
    /// instance.
    fn instance_by_host<'a>(
        &'a self,
        env: &'a Arc<Environment>,
        connection: &'a mut Connection,
        host: &'a RequestedHost,
    ) -> LocalFuture<'a, Result<Arc<Instance>>>;

    /// The instance of that id, for the System API.
    fn instance_by_id<'a>(
        &'a self,
        connection: &'a mut Connection,
        id: &'a str,
    ) -> LocalFuture<'a, Result<Option<Arc<Instance>>>>;

    /// The id of the organization that a request names instead of the header; `connection` is bound to the instance.
    fn organization<'a>(
        &'a self,
        connection: &'a mut Connection,
        named: NamedOrganization,
    ) -> LocalFuture<'a, Result<String>>;

    /// Who presents these credentials. `instance` has an empty id when the call is for no instance; else `connection` is bound
    /// to it. The same `Arc` is given out only for as long as nothing has changed about the caller.
    fn authenticate<'a>(
        &'a self,
        env: &'a Arc<Environment>,
        connection: &'a mut Connection,
        instance: &'a Instance,
        host: &'a RequestedHost,
        headers: &'a HeaderMap,
    ) -> LocalFuture<'a, Result<Arc<Caller>>>;
}

/// Counts the authenticated requests of instances that have a quota for them.
pub trait Meter: std::fmt::Debug + Send + Sync + 'static {
    /// Counts one request, and says whether it is still within what is granted.
    fn admit<'a>(&'a self, instance_id: &'a str) -> LocalFuture<'a, bool>;

    /// Whether nothing is left for the instance, as far as is known; counts nothing.
    fn is_exhausted(&self, instance_id: &str) -> bool;
}

/// All handlers behind one door.
pub struct Router {
    entries: HashMap<&'static str, Entry>,
    gate: Box<dyn Gate>,
    meter: Option<Arc<dyn Meter>>,
    env: Arc<Environment>,
}

impl Router {
    /// Closes the registry.
    ///
    /// # Errors
    /// A text that names methods registered twice or unknown to the contract.
    pub fn new(registry: Registry, gate: impl Gate, env: Arc<Environment>) -> std::result::Result<Self, String> {
        if let Some(path) = registry.duplicates.first() {
            return Err(format!("{path} is registered twice"));
        }
        if let Some(path) = registry.entries.keys().find(|path| !Contract::get().has_method(path)) {
            return Err(format!("{path} is not a method of the contract"));
        }
        Ok(Self { entries: registry.entries, gate: Box::new(gate), meter: None, env })
    }

    /// Has authenticated requests counted.
    #[must_use]
    pub fn metered(self, meter: Arc<dyn Meter>) -> Self {
        Self { meter: Some(meter), ..self }
    }

    /// The environment that handlers get.
    pub fn env(&self) -> &Arc<Environment> {
        &self.env
    }

    /// The gate, for the OAuth endpoints, which resolve instances the same way.
    pub fn gate(&self) -> &dyn Gate {
        &*self.gate
    }

    /// The registered methods with their rooms and whether they write, by path.
    pub fn methods(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        self.entries.iter().map(|(path, entry)| (*path, entry.room, entry.writes))
    }

    async fn run(&self, call: &Call, language: &mut Option<String>) -> Result<Reply> {
        let method = call.method;
        let entry = self.entries.get(method.path).ok_or_else(|| {
            Error::bare(Kind::Unimplemented, format!("{} is not served by this version of Castellan", method.path))
        })?;
        let host = RequestedHost::read(&call.headers, &call.origin, &self.env.hosts);
        // One snapshot for the door and, if the handler only reads, for the handler.
        let mut look = self.env.db.snapshot(None);
        let instance = self.instance(call, &mut look, &host).await?;
        if !instance.id.is_empty() {
            look.scope(&instance.id);
        }
        *language = Some(instance.default_language.clone());
        if instance.is_blocked && method.service != "zitadel.system.v1.SystemService" {
            return Err(Error::from(BLOCKED).untranslated());
        }

        let mut caller = match &method.auth {
            Auth::None => Arc::new(Caller::anonymous()),
            Auth::Authenticated | Auth::Permission(_) => self
                .gate
                .authenticate(&self.env, &mut look, &instance, &host, &call.headers)
                .await
                .map_err(Error::untranslated)?,
        };
        if let Some(preferred) = &caller.language {
            *language = Some(preferred.clone());
        }
        if let Some(named) = method.named_organization(&call.body) {
            Arc::make_mut(&mut caller).org = self.gate.organization(&mut look, named).await?;
        }
        let origin = Arc::<str>::from(host.origin());
        // Only what the gate holds on to can come again.
        let may_recur = Arc::strong_count(&caller) > 1 && Arc::strong_count(&instance) > 1;
        let recording = if entry.writes || !may_recur {
            None
        } else {
            let key = Answer::key(call, &instance, &caller, &origin);
            match look.recall::<Answer>(key).await? {
                Recalled::Known(answer) => {
                    self.admit(&caller, &instance).await?;
                    return Ok(Reply { body: answer.body.clone() });
                }
                Recalled::Unknown(recording) => Some(recording),
            }
        };
        permit(method, &caller, &call.body)?;
        self.admit(&caller, &instance).await?;
        check_fields(method, &call.body)?;

        if !entry.writes {
            let env = Arc::clone(&self.env);
            let mut ctx = Context::reading(env, Arc::clone(&instance), Arc::clone(&caller), origin, look);
            let body = (entry.run)(&mut ctx, call.body.clone()).await?;
            if let (Some(snapshot), Some(recording)) = (ctx.settled(), recording)
                && body.len() <= Answer::LARGEST
            {
                snapshot.keep(recording, Answer { body: body.clone(), _held: (instance, caller) });
            }
            return Ok(Reply { body });
        }
        drop(look);
        let mut retry = Retry::new(&self.env.db);
        let mut kept = None;
        loop {
            let mut ctx = Context::new(
                Arc::clone(&self.env),
                Arc::clone(&instance),
                Arc::clone(&caller),
                Arc::clone(&origin),
                true,
            );
            ctx.swap_kept(&mut kept);
            let outcome = match (entry.run)(&mut ctx, call.body.clone()).await {
                Ok(body) => ctx.commit().await.map(|()| Reply { body }),
                Err(error) => {
                    ctx.rollback();
                    Err(error)
                }
            };
            match outcome {
                Err(error) if error.is_conflict() => {
                    ctx.swap_kept(&mut kept);
                    if !retry.again().await {
                        return Err(error);
                    }
                    tracing::debug!(method = method.path, losses = retry.losses(), "lost against another transaction");
                }
                outcome => return outcome,
            }
        }
    }

    /// Counts the request of a user, where the instance has a quota.
    async fn admit(&self, caller: &Caller, instance: &Instance) -> Result<()> {
        if let Some(meter) = &self.meter
            && matches!(caller.kind, CallerKind::Human | CallerKind::Machine)
            && !meter.admit(&instance.id).await
        {
            return Err(EXHAUSTED.into());
        }
        Ok(())
    }

    async fn instance(&self, call: &Call, connection: &mut Connection, host: &RequestedHost) -> Result<Arc<Instance>> {
        let named = call.method.takes_instance_id().then(|| call.method.instance_id(&call.body)).flatten();
        match call.method.service {
            "zitadel.system.v1.SystemService" => match named {
                None => Ok(Arc::new(Instance::default())),
                Some(id) => self.gate.instance_by_id(connection, &id).await?.ok_or_else(|| {
                    Error::bare(
                        Kind::NotFound,
                        format!("unable to set instance using id {id}: there is no such instance"),
                    )
                }),
            },
            "zitadel.instance.v2.InstanceService" | "zitadel.instance.v2beta.InstanceService" => match named {
                Some(id) if !id.is_empty() => Ok(self.gate.instance_by_id(connection, &id).await?.unwrap_or_default()),
                _ => self.gate.instance_by_host(&self.env, connection, host).await,
            },
            _ => self.gate.instance_by_host(&self.env, connection, host).await,
        }
    }
}

/// The answer to a query that follows from rows, caller and request alone.
struct Answer {
    body: Bytes,
    // The key holds their addresses, which must not become another one's.
    _held: (Arc<Instance>, Arc<Caller>),
}

impl Answer {
    /// Larger answers are made anew each time.
    const LARGEST: usize = 32 << 10;

    /// Everything that the answer depends on besides the rows that the handler reads. What a caller may do, and what is known of
    /// the instance, is part of which one it is: after a change the gate gives out another.
    fn key(call: &Call, instance: &Arc<Instance>, caller: &Arc<Caller>, origin: &str) -> Vec<u8> {
        let instance = (Arc::as_ptr(instance) as usize).to_ne_bytes();
        let caller = (Arc::as_ptr(caller) as usize).to_ne_bytes();
        let parts: [&[u8]; 5] = [&instance, call.method.path.as_bytes(), origin.as_bytes(), &caller, &call.body];
        memory_key(&parts)
    }
}

impl Remember for Answer {
    const BUDGET: u64 = 2 << 20;

    fn weight(&self) -> u64 {
        self.body.len() as u64
    }
}

impl Invoke for Router {
    fn serves(&self, path: &str) -> bool {
        self.entries.contains_key(path)
    }

    fn invoke(self: Arc<Self>, call: Call) -> BoxFuture<Result<Reply, Failure>> {
        Box::pin(async move {
            let mut language = None;
            match self.run(&call, &mut language).await {
                Ok(reply) => Ok(reply),
                Err(error) => {
                    log(call.method, &error);
                    Err(failure::render(&error, &failure::languages(language.as_deref(), &call.headers)))
                }
            }
        })
    }
}

fn log(method: &MethodInfo, error: &Error) {
    match error.kind() {
        Kind::Internal | Kind::Unknown | Kind::DataLoss | Kind::Unavailable => {
            tracing::error!(method = method.path, error = ?error, "the call failed");
        }
        _ => tracing::debug!(method = method.path, error = ?error, "the call was refused"),
    }
}
