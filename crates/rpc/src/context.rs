//! What a handler works with: the caller, the instance, the transaction, and time, randomness and ids as inputs.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use castellan_db::{Connection, Db, Event, EventOfEach, Remember, Running, Snapshot, Tx};
use castellan_kernel::{
    Caller, CallerKind, Clock, Error, IdGenerator, PageLimits, Permission, Receipt, Result, Rng, RoleTable, Timestamp,
};
use serde::Serialize;

use crate::hosts::{self, HostOptions};

/// The instance (tenant) that a request is for.
#[derive(Debug, Clone, Default)]
pub struct Instance {
    /// Its id; empty for System API calls that are for no instance.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The language of texts where nobody prefers another.
    pub default_language: String,
    /// The organization that new users land in when none is named.
    pub default_org_id: String,
    /// The project that stands for the APIs; a token must carry it as audience.
    pub project_id: String,
    /// The console's client id.
    pub console_client_id: String,
    /// When the instance was created.
    pub created_at: Timestamp,
    /// Whether the operator of the system has blocked it: it then answers nothing but the System API.
    pub is_blocked: bool,
}

impl Remember for Instance {
    const BUDGET: u64 = 1 << 20;

    fn weight(&self) -> u64 {
        let texts = [&self.id, &self.name, &self.default_language, &self.default_org_id, &self.project_id];
        texts.iter().map(|text| text.len() as u64).sum::<u64>() + size_of::<Self>() as u64
    }
}

/// An audit event: its type name and, by its fields, its payload.
pub trait AuditEvent: Serialize {
    /// The type name, such as `user.machine.key.added`.
    const TYPE: &'static str;
}

/// The stream that an event belongs to.
#[derive(Debug, Clone)]
pub struct Aggregate {
    /// `user`, `org`, `project`, `instance` …
    pub kind: &'static str,
    /// The id within the instance.
    pub id: String,
    /// The resource owner: an organization's id, or the instance's.
    pub owner: String,
    /// Whether its id was drawn just now, so that it cannot have events yet.
    pub is_new: bool,
}

impl Aggregate {
    /// An aggregate by kind, id and owner.
    pub fn new(kind: &'static str, id: impl Into<String>, owner: impl Into<String>) -> Self {
        Self { kind, id: id.into(), owner: owner.into(), is_new: false }
    }

    /// An aggregate whose id came from [`Context::new_id`] just now: where its events begin need not be asked of storage.
    pub fn of_new_id(kind: &'static str, id: impl Into<String>, owner: impl Into<String>) -> Self {
        Self { is_new: true, ..Self::new(kind, id, owner) }
    }
}

/// What the process gives to every request.
pub struct Environment {
    /// Storage.
    pub db: Db,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// Ids.
    pub ids: IdGenerator,
    /// Roles of users.
    pub roles: RoleTable,
    /// Roles of system users.
    pub system_roles: RoleTable,
    /// Sizes of `filter.v2` pages.
    pub page_limits: PageLimits,
    /// How hosts are read.
    pub hosts: HostOptions,
    /// Things that slices need and this crate does not know (key ring, password hasher …), by type.
    pub services: Services,
}

/// Values by their type.
#[derive(Default, Clone)]
pub struct Services(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl Services {
    /// Adds a value; a later one of the same type replaces it.
    pub fn insert<T: Any + Send + Sync>(&mut self, value: T) {
        self.0.insert(TypeId::of::<T>(), Arc::new(value));
    }

    /// The value of that type.
    ///
    /// # Errors
    /// Internal, when the wiring forgot it.
    pub fn get<T: Any + Send + Sync>(&self) -> Result<Arc<T>> {
        self.0
            .get(&TypeId::of::<T>())
            .and_then(|value| Arc::clone(value).downcast::<T>().ok())
            .ok_or_else(|| Error::internal(format!("no service of type {}", std::any::type_name::<T>())))
    }
}

enum Work {
    Read(Snapshot),
    Write(Tx),
}

/// What a command has learnt outside of its transaction.
pub(crate) type Kept = Option<Box<dyn Any + Send + Sync>>;

/// One request in progress. Queries read from one snapshot, commands from their own transaction; both begin lazily.
pub struct Context {
    /// Who calls.
    pub caller: Arc<Caller>,
    /// For which instance.
    pub instance: Arc<Instance>,
    /// The origin that the caller used: issuer of tokens and base of links.
    pub origin: Arc<str>,
    env: Arc<Environment>,
    writes: bool,
    kept: Kept,
    after_commit: Vec<Box<dyn FnOnce() + Send + Sync>>,
    // Never locked: the mutex only lets `&Context` cross threads, which a database session alone may not.
    work: Mutex<Option<Work>>,
    /// Whether something was asked for that another run may find different, although no row has changed.
    varies: AtomicBool,
}

impl Context {
    /// A context for a command (`writes`) or a query.
    pub fn new(
        env: Arc<Environment>,
        instance: Arc<Instance>,
        caller: Arc<Caller>,
        origin: Arc<str>,
        writes: bool,
    ) -> Self {
        Self::with(env, instance, caller, origin, writes, None)
    }

    /// A context for a query that goes on reading where the door has begun.
    pub fn reading(
        env: Arc<Environment>,
        instance: Arc<Instance>,
        caller: Arc<Caller>,
        origin: Arc<str>,
        snapshot: Snapshot,
    ) -> Self {
        Self::with(env, instance, caller, origin, false, Some(Work::Read(snapshot)))
    }

    fn with(
        env: Arc<Environment>,
        instance: Arc<Instance>,
        caller: Arc<Caller>,
        origin: Arc<str>,
        writes: bool,
        work: Option<Work>,
    ) -> Self {
        Self {
            caller,
            instance,
            origin,
            env,
            writes,
            kept: None,
            after_commit: Vec::new(),
            work: Mutex::new(work),
            varies: AtomicBool::new(false),
        }
    }

    /// The snapshot of a finished query, if its outcome followed from rows, caller and request alone: neither time nor chance
    /// nor a service took part.
    pub(crate) fn settled(&mut self) -> Option<&mut Snapshot> {
        let varies = self.varies.load(Ordering::Relaxed);
        match self.slot() {
            Some(Work::Read(snapshot)) if !varies => Some(snapshot),
            _ => None,
        }
    }

    fn note_variation(&self) {
        self.varies.store(true, Ordering::Relaxed);
    }

    /// A command of the server itself: setup and background jobs.
    pub fn internal(env: Arc<Environment>, instance: Arc<Instance>, service: &str) -> Self {
        Self::new(env, instance, Arc::new(Caller::internal(service)), Arc::from(""), true)
    }

    /// Keeps what was learnt outside (an answer from somebody else's server) for the case that the command has to run again
    /// because its transaction lost against another one: whoever lost holds up others, and must not wait for the network.
    pub fn keep<T: Any + Send + Sync>(&mut self, value: T) {
        self.kept = Some(Box::new(value));
    }

    /// What an earlier run of this command has kept.
    pub fn kept<T: Any>(&self) -> Option<&T> {
        self.kept.as_ref()?.downcast_ref()
    }

    pub(crate) fn swap_kept(&mut self, kept: &mut Kept) {
        std::mem::swap(&mut self.kept, kept);
    }

    /// Has something done once the command's transaction is durable, and never if it is not.
    pub fn after_commit(&mut self, work: impl FnOnce() + Send + Sync + 'static) {
        self.after_commit.push(Box::new(work));
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.note_variation();
        self.env.clock.now()
    }

    /// The source of randomness.
    pub fn rng(&self) -> &dyn Rng {
        self.note_variation();
        &*self.env.rng
    }

    /// A new resource id.
    pub fn new_id(&self) -> String {
        self.note_variation();
        self.env.ids.next(&*self.env.clock)
    }

    /// The domain that the caller used, in lower case and without port: the public host's, or else the instance's. Where nobody
    /// called by a host (setup, background jobs) it is the domain of the configuration.
    pub fn requested_domain(&self) -> String {
        match self.origin.split_once("://") {
            Some((_, host)) if !host.is_empty() => hosts::domain(host).into(),
            _ => self.env.hosts.external_domain.clone(),
        }
    }

    /// What the process gives to every request.
    pub fn env(&self) -> &Arc<Environment> {
        self.note_variation();
        &self.env
    }

    /// A service by type.
    ///
    /// # Errors
    /// Internal, when the wiring forgot it.
    pub fn service<T: Any + Send + Sync>(&self) -> Result<Arc<T>> {
        self.note_variation();
        self.env.services.get()
    }

    /// The connection to read from: the command's transaction, or the query's snapshot.
    ///
    /// # Errors
    /// When storage does not answer.
    #[allow(clippy::unused_async, reason = "beginning may wait on another engine")]
    pub async fn read(&mut self) -> Result<&mut Connection> {
        if self.writes {
            return self.tx().await;
        }
        if self.slot().is_none() {
            let snapshot = self.look();
            *self.slot() = Some(Work::Read(snapshot));
        }
        self.connection()
    }

    /// A snapshot of its own for a look before the transaction: commands that do expensive work (key generation, hashing)
    /// check first that the caller may ask for it, and check again inside the transaction.
    pub fn look(&self) -> Snapshot {
        self.note_variation();
        self.env.db.snapshot(Some(self.instance.id.as_str()))
    }

    /// The command's transaction, begun at its first use. Do expensive work (hashing, key generation, HTTP) before.
    ///
    /// # Errors
    /// When storage does not answer, or in a query.
    pub async fn tx(&mut self) -> Result<&mut Connection> {
        self.begun()
    }

    fn begun(&mut self) -> Result<&mut Connection> {
        if !self.writes {
            return Err(Error::internal("a query asked for a write transaction"));
        }
        if self.slot().is_none() {
            let tx = self.env.db.begin(Some(self.instance.id.as_str()));
            *self.slot() = Some(Work::Write(tx));
        }
        self.connection()
    }

    fn slot(&mut self) -> &mut Option<Work> {
        self.work.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    fn connection(&mut self) -> Result<&mut Connection> {
        match self.slot() {
            Some(Work::Read(snapshot)) => Ok(snapshot),
            Some(Work::Write(tx)) => Ok(tx),
            None => Err(Error::internal("no transaction has begun")),
        }
    }

    /// Continues in another instance (System API): statements are bound to it from here on.
    pub fn enter(&mut self, instance: Arc<Instance>) {
        match self.slot() {
            Some(Work::Read(snapshot)) => snapshot.scope(&instance.id),
            Some(Work::Write(tx)) => tx.scope(&instance.id),
            None => {}
        }
        self.instance = instance;
    }

    /// Appends an audit event in the command's transaction, with the caller as its editor.
    ///
    /// # Errors
    /// When storage does not answer.
    pub fn record<E: AuditEvent>(&mut self, aggregate: &Aggregate, event: &E) -> Running<'_, Receipt> {
        let event = match self.event(aggregate, event) {
            Ok(event) => event,
            Err(error) => return Running::done(Err(error)),
        };
        match self.begun() {
            Ok(connection) => connection.append_event(event),
            Err(error) => Running::done(Err(error)),
        }
    }

    fn event<E: AuditEvent>(&self, aggregate: &Aggregate, event: &E) -> Result<Event> {
        // Most payloads fit without growing.
        let mut payload = Vec::with_capacity(512);
        serde_json::to_writer(&mut payload, event).map_err(Error::internal)?;
        let payload = String::from_utf8(payload).map_err(Error::internal)?;
        Ok(Event {
            aggregate_type: aggregate.kind.into(),
            aggregate_id: aggregate.id.as_str().into(),
            event_type: E::TYPE.into(),
            payload: Some(payload).filter(|payload| !matches!(payload.as_str(), "null" | "{}")),
            editor: self.caller.user_id.as_str().into(),
            owner: aggregate.owner.clone(),
            created_at: self.now(),
            is_new: aggregate.is_new,
        })
    }

    /// The same for many aggregates at once; editor and time are the command's. Returns when.
    ///
    /// # Errors
    /// When storage does not answer.
    pub async fn record_of_each(&mut self, event: &EventOfEach) -> Result<Timestamp> {
        let (caller, now) = (Arc::clone(&self.caller), self.now());
        self.tx().await?.append_event_of_each(event, &caller.user_id, now).await
    }

    /// The resource check of commands and queries; see [`Caller::require`].
    ///
    /// # Errors
    /// As [`Caller::require`].
    pub fn require(&self, permission: Permission, org: &str, resource: Option<&str>) -> Result<()> {
        self.caller.require(permission, org, resource)
    }

    /// Whether the caller is a user of this instance (not the system, not anonymous).
    pub fn is_user(&self) -> bool {
        matches!(self.caller.kind, CallerKind::Human | CallerKind::Machine)
    }

    /// Ends the work: commits a command; a query just closes its snapshot. Returns after the durable commit.
    ///
    /// # Errors
    /// A conflict that may be retried, or a storage failure.
    pub async fn commit(&mut self) -> Result<()> {
        let work = std::mem::take(&mut self.after_commit);
        if let Some(Work::Write(tx)) = self.slot().take() {
            tx.commit().await?;
        }
        for work in work {
            work();
        }
        Ok(())
    }

    /// Ends the work without effect.
    pub fn rollback(&mut self) {
        self.after_commit.clear();
        if let Some(Work::Write(tx)) = self.slot().take() {
            tx.rollback();
        }
    }
}
