//! One scenario on one server, prepared once and measured as often as wanted.

use std::sync::Arc;

use crate::api::{Api, OwnInstance};
use crate::client::Target;
use crate::command_line::{Entry, Load, Server};
use crate::drive::{Plan, drive};
use crate::failure::Result;
use crate::process::{Watched, Watcher};
use crate::report::Report;
use crate::scenario::{Name, Scenario, Size, fresh_word};

/// A scenario that is ready on a server.
pub struct Ready {
    name: Name,
    /// The server, asked for the instance that the scenario is in.
    pub target: Target,
    /// The scenario.
    pub scenario: Arc<Scenario>,
    pids: Vec<Watched>,
    instance: Option<OwnInstance>,
}

impl Ready {
    /// Prepares a scenario.
    ///
    /// # Errors
    /// When the server cannot be reached, does not let the driver in, or lacks what the scenario needs.
    pub async fn prepare(name: Name, server: &Server, size: &Size, load: &Load) -> Result<Self> {
        let mut target = Target::parse(&server.url, name.needs_http2() || load.http == 2)?;
        let (mut instance, token) = match server.access.entry()? {
            Entry::Token(token) => (None, token),
            Entry::SystemUser(signer) => {
                let made = OwnInstance::create(&target, &signer, &fresh_word()).await?;
                target = made.target.clone();
                let token = made.token.clone();
                (Some(made), token)
            }
        };
        let prepared = Self::scenario(name, &target, &token, size).await;
        match prepared {
            Ok(scenario) => {
                let (scenario, pids) = (Arc::new(scenario), server.pids.clone());
                Ok(Self { name, target, scenario, pids, instance })
            }
            Err(failure) => {
                if let Some(instance) = instance.take() {
                    instance.remove().await?;
                }
                Err(failure)
            }
        }
    }

    async fn scenario(name: Name, target: &Target, token: &str, size: &Size) -> Result<Scenario> {
        let mut api = Api::connect(target, token).await?;
        name.prepare(&mut api, target, size).await
    }

    /// Runs it.
    ///
    /// # Errors
    /// When the server or a watched process ends meanwhile.
    pub fn measure(&self, plan: &Plan) -> Result<Report> {
        let mut watcher = Watcher::new(&self.pids);
        let measured = drive(&self.target, &self.scenario, plan, &mut watcher)?;
        Ok(Report::new(&self.name.to_string(), self.scenario.requests(), plan, &measured, watcher.costs()))
    }

    /// Removes the instance that was made for it, where one was.
    ///
    /// # Errors
    /// When the System API does not.
    pub async fn finish(self) -> Result<()> {
        match self.instance {
            Some(instance) => instance.remove().await,
            None => Ok(()),
        }
    }
}

/// Prepares a scenario, runs it once and cleans up.
///
/// # Errors
/// As [`Ready`].
pub async fn once(name: Name, server: &Server, size: &Size, load: &Load) -> Result<Report> {
    let ready = Ready::prepare(name, server, size, load).await?;
    let report = ready.measure(&load.plan());
    ready.finish().await?;
    report
}
