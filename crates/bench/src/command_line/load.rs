//! How much load, and how it is shown.

use std::time::Duration;

use clap::Args;

use crate::drive::Plan;

/// How much load, and how it is shown.
#[derive(Debug, Clone, Args)]
pub struct Load {
    /// Connections, each with one request at a time.
    #[arg(long, default_value_t = 16)]
    pub connections: usize,
    /// Threads of the driver. One leaves most of the machine to the server; more are for machines with cores to spare.
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
    /// Seconds that are counted.
    #[arg(long, default_value_t = 10.0)]
    pub duration: f64,
    /// Seconds before counting begins.
    #[arg(long, default_value_t = 2.0)]
    pub warm_up: f64,
    /// Iterations per second over all connections (open loop); without it, as many as possible (closed loop).
    #[arg(long)]
    pub rate: Option<f64>,
    /// The version of HTTP; gRPC scenarios always use 2.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub http: u8,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
}

impl Load {
    /// The plan of a run.
    pub fn plan(&self) -> Plan {
        let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
        Plan {
            connections: self.connections.max(1),
            threads: self.threads.max(1),
            warm_up: seconds(self.warm_up),
            duration: seconds(self.duration),
            rate: self.rate.filter(|rate| *rate > 0.0 && rate.is_finite()),
        }
    }
}
