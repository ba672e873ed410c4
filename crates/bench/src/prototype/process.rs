//! A prototype in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;

use super::kind::Kind;
use crate::api::Api;
use crate::client::{Request, Target};
use crate::drive::{Plan, drive};
use crate::failure::{Failure, Result};
use crate::process::{Watched, Watcher};
use crate::report::Report;
use crate::scenario::{Scenario, Step};

/// A prototype that runs. It ends, and its data is removed, when this is dropped.
pub struct Running {
    kind: Kind,
    child: Child,
    target: Target,
    scenario: Arc<Scenario>,
    _data: TempDir,
}

impl Running {
    /// Starts it; its data lies in a new directory under `directory`.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(kind: Kind, directory: &Path, http2: bool) -> Result<Self> {
        let data = tempfile::Builder::new().prefix("prototype-").tempdir_in(directory);
        let data = data.map_err(|cause| Failure::of(&format!("{}", directory.display()), cause))?;
        let failed = |cause: std::io::Error| Failure::of(&format!("the prototype {kind} does not start"), cause);
        let own = std::env::current_exe().map_err(failed)?;
        let mut command = Command::new(own);
        command.args(["prototype", &kind.to_string(), "--port", "0", "--directory"]).arg(data.path());
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(failed)?;
        }
        let address = line.trim().strip_prefix("listening on ").map(str::to_owned);
        let ready = match address {
            Some(address) => Self::prepare(&address, http2).await,
            None => Err(Failure::new(format!("the prototype {kind} does not start"))),
        };
        match ready {
            Ok((target, scenario)) => Ok(Self { kind, child, target, scenario, _data: data }),
            Err(failure) => {
                // It may have ended on its own.
                let _ = child.kill();
                let _ = child.wait();
                Err(failure)
            }
        }
    }

    /// Asks a prototype how it is to be driven, over HTTP/2 or HTTP/1.1.
    pub(super) async fn prepare(address: &str, http2: bool) -> Result<(Target, Arc<Scenario>)> {
        let target = Target::parse(&format!("http://{address}"), http2)?;
        let sample = Api::with_token(&target, String::new()).await?.send(Request::get("/sample")).await?;
        let steps = sample["steps"].as_array().into_iter().flatten().map(read_step).collect::<Option<Vec<_>>>();
        let steps = steps.ok_or_else(|| Failure::new("a prototype does not say how it is to be driven"))?;
        let scenario = Scenario::new(steps, Some("bench-19f0a1b2c3d".to_owned()), &target);
        Ok((target, Arc::new(scenario)))
    }

    /// Drives it.
    ///
    /// # Errors
    /// When it ends meanwhile.
    pub fn measure(&self, plan: &Plan) -> Result<Report> {
        let mut watcher = Watcher::new(&[Watched { name: "prototype".to_owned(), id: self.child.id() }]);
        let measured = drive(&self.target, &self.scenario, plan, &mut watcher)?;
        let requests = self.scenario.requests();
        Ok(Report::new(&format!("prototype {}", self.kind), requests, plan, &measured, watcher.costs()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended on its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_step(step: &Value) -> Option<Step> {
    let requests = step["requests"].as_array()?.iter().map(Request::read).collect::<Option<_>>()?;
    let takes = step["takes"].as_array()?.iter();
    let takes = takes.map(|take| Some((take[0].as_str()?.to_owned(), usize::try_from(take[1].as_u64()?).ok()?)));
    Some(Step { requests, takes: takes.collect::<Option<_>>()? })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::server::{listen, serve};
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_prototype_does_what_it_is_driven_with() {
        for kind in Kind::all() {
            let directory = tempfile::tempdir().unwrap();
            let listener = listen(0).await.unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let path = directory.path().to_owned();
            let server = tokio::spawn(async move { serve(*kind, listener, &path).await });
            let (target, scenario) = Running::prepare(&address, false).await.unwrap();
            let duration = Duration::from_millis(300);
            let plan = Plan { connections: 3, threads: 2, warm_up: Duration::ZERO, duration, rate: None };
            let measured = tokio::task::block_in_place(|| drive(&target, &scenario, &plan, &mut ())).unwrap();
            assert!(measured.errors.is_empty(), "{kind}: {:?}", measured.errors);
            assert!(!measured.latencies.is_empty(), "{kind}");
            server.abort();
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_open_loop_keeps_its_rate() {
        let directory = tempfile::tempdir().unwrap();
        let listener = listen(0).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let path = directory.path().to_owned();
        tokio::spawn(async move { serve(Kind::Empty, listener, &path).await });
        let (target, scenario) = Running::prepare(&address, false).await.unwrap();
        let duration = Duration::from_millis(500);
        let plan = Plan { connections: 4, threads: 1, warm_up: Duration::ZERO, duration, rate: Some(100.0) };
        let measured = tokio::task::block_in_place(|| drive(&target, &scenario, &plan, &mut ())).unwrap();
        assert!((40..=50).contains(&measured.latencies.len()), "{}", measured.latencies.len());
    }
}
