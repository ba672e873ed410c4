//! What the server says about itself without credentials: health (`grpc.health.v1`) and reflection (`v1`, `v1alpha`).

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use connectrpc::Router;
use connectrpc_health::{HEALTH_SERVICE_NAME, HealthExt as _, HealthService, StaticChecker, Status};
use connectrpc_reflection::Reflector;

use crate::call::Invoke;
use crate::descriptor::Contract;

/// How the services of this module begin.
pub const PREFIX: &str = "grpc.";

const REFLECTION: &str = "grpc.reflection.";

const REFLECTION_SERVICES: [&str; 2] =
    ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];

/// The health of the process as gRPC clients and orchestrators ask for it. Clones share one state.
#[derive(Clone)]
pub struct Health(Arc<StaticChecker>);

impl Health {
    /// Everything is serving.
    pub fn new() -> Self {
        Self(Arc::new(StaticChecker::new()))
    }

    /// Sets the state of the process and of every service; watchers are told. Say `false` before a shutdown.
    pub fn set_serving(&self, is_serving: bool) {
        let status = if is_serving { Status::Serving } else { Status::NotServing };
        for service in self.0.services() {
            // Only a service removed in between is not there, and none ever is.
            let _ = self.0.set_status(service, status);
        }
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Health").finish()
    }
}

/// The RPCs of the server itself.
pub struct System {
    health: Router,
    /// Built when somebody first asks: an index of all descriptors takes time and memory that most servers never need.
    reflection: OnceLock<Router>,
    served: BTreeSet<&'static str>,
}

impl System {
    /// Health and reflection of the services that have at least one RPC behind `invoke`.
    pub fn new(invoke: &dyn Invoke, health: &Health) -> Self {
        let served: BTreeSet<&'static str> = Contract::get()
            .paths()
            .filter(|path| invoke.serves(path))
            .filter_map(|path| Some(path.split_once('/')?.0))
            .collect();
        for service in &served {
            // A service that is registered already keeps its state.
            let _ = health.0.register(*service);
        }
        let service = Arc::new(HealthService::from_arc(Arc::clone(&health.0)));
        let router = service.register(Router::new());
        let health = connectrpc_health::apply_request_limits(router, connectrpc_health::request_limits());
        Self { health, reflection: OnceLock::new(), served }
    }

    /// The router that has the RPC of that path, if any has.
    pub fn router(&self, path: &str) -> &Router {
        if path.starts_with(REFLECTION) { self.reflection.get_or_init(|| self.reflect()) } else { &self.health }
    }

    fn reflect(&self) -> Router {
        let names = self.served.iter().copied().chain([HEALTH_SERVICE_NAME]).chain(REFLECTION_SERVICES);
        match Reflector::from_descriptor_set_bytes(castellan_proto::DESCRIPTORS) {
            Ok(reflector) => connectrpc_reflection::install(Router::new(), reflector.with_services(names)),
            Err(error) => {
                tracing::error!(%error, "the descriptors cannot be read, reflection is not served");
                Router::new()
            }
        }
    }
}
