//! Where concrete choices meet: opens the database, builds the services, serves them.
//! Every command of the binary that needs more than the configuration ends here.

mod coverage;
mod environment;
mod first_instance;
mod housekeeping;
mod keys;
mod quotas;
mod registry;
mod rest;
mod store;
mod system_users;
mod template;
mod transfer;

use std::sync::Arc;

use castellan_oidc::TokenGate;
use castellan_rpc::framing::Health;
use castellan_rpc::service::{ServiceOptions, service};

use crate::config::Settings;
use crate::door::Door;
use crate::failure::{Failure, Result};
use crate::master_key::MasterKey;
use crate::observe::ObserveLayer;

pub use coverage::api_coverage;
pub use keys::{NewKey, keys_list, keys_new};
pub use registry::registry;
pub use store::{backup, restore};
pub use transfer::{Export, Import, export, import};

/// What a command works with.
#[derive(Debug)]
pub struct Process {
    /// The checked configuration.
    pub settings: Settings,
    /// The master key.
    pub master_key: MasterKey,
}

/// Brings the database up to date, creates the first instance if there is none, and serves until told to stop.
///
/// # Errors
/// The database cannot be opened, or the address is taken.
pub async fn serve(process: Process) -> Result<()> {
    let env = environment::build(&process).await?;
    let Process { settings, .. } = process;
    let announcement = first_instance::ensure(&env, &settings).await?;

    let metrics = crate::metrics::Metrics::new(&castellan_kernel::SystemClock);
    let shown = (settings.metrics.kind == crate::config::MetricsType::Prometheus).then(|| metrics.clone());
    let db = env.db.clone();
    let mut router = castellan_rpc::Router::new(registry(), TokenGate, Arc::clone(&env)).map_err(Failure::new)?;
    let meter = quotas::meter(&env, &settings);
    if let Some(meter) = &meter {
        router = router.metered(Arc::clone(meter) as Arc<dyn castellan_rpc::Meter>);
    }
    let health = Health::new();
    let options = ServiceOptions {
        clock: Arc::clone(&env.clock),
        rng: Arc::clone(&env.rng),
        health: health.clone(),
        ..ServiceOptions::default()
    };
    let apis = service(Arc::new(router), options);
    let oidc = castellan_oidc::Options {
        meter: meter.clone().map(|meter| meter as Arc<dyn castellan_rpc::Meter>),
        ..template::oidc_options(&settings)
    };
    let routes = crate::debug::router(shown, move || {
        let db = db.clone();
        async move {
            db.ping().await.map_err(|cause| {
                tracing::error!(error = ?cause, "the database does not answer");
                "the database does not answer".to_owned()
            })
        }
    })
    .merge(castellan_settings::asset_routes(Arc::clone(&env), Arc::new(TokenGate)));
    let endpoints = castellan_oidc::Endpoints::new(Arc::clone(&env), oidc);
    let door = Door::new(apis, endpoints, routes, &ObserveLayer::new(&settings, metrics.clone()));

    let listener = crate::listener::Listener::bind(&settings, metrics).await?;
    announcement.print(&settings)?;
    // A start runs through more of the program than serving does, the first one above all: 5 to 8 MB that would stay.
    castellan_allocator::forget_program();
    let stop = crate::listener::Stop::on_signals()
        .map_err(|cause| Failure::new("the signals to stop cannot be listened to").because(cause))?;
    let mut work = vec![housekeeping::start(Arc::clone(&env), stop.clone()), rest::start(stop.clone())];
    if let Some(meter) = &meter {
        work.extend(quotas::start(Arc::clone(&env), meter, stop.clone()));
    }
    let mut told = stop.clone();
    let leaving = tokio::spawn(async move {
        told.wait().await;
        health.set_serving(false);
    });
    listener.serve(door, stop).await;
    leaving.abort();
    for job in work {
        job.abort();
    }
    if let Some(meter) = &meter {
        quotas::finish(meter).await;
    }
    env.db.close().await?;
    Ok(())
}

/// Brings the database up to date and creates the first instance if there is none.
///
/// # Errors
/// The database cannot be opened or changed.
pub async fn setup(process: Process) -> Result<()> {
    let env = environment::build(&process).await?;
    first_instance::ensure(&env, &process.settings).await?.print(&process.settings)?;
    env.db.close().await?;
    Ok(())
}
