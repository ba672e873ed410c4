//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::drive::Plan;
use crate::failure::{Failure, Result};
use crate::process::Watched;
use crate::scenario::{Name, Size};

/// Measures how fast a server with the ZITADEL API answers.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
#[command(after_help = "Examples:
  castellan-bench run --token-file admin.pat user_info orgs_me_rest
  castellan-bench run --token-file admin.pat --pid server=4711 --connections 64 create_machine_user
  castellan-bench compare --a http://localhost:8080 --b http://localhost:9080 --token-a a.pat --token-b b.pat user_info
  castellan-bench floor

The driver runs beside the server and takes part of the machine: compare numbers of one run only.")]
pub struct Arguments {
    /// Threads of the driver itself.
    #[arg(long, global = true, default_value_t = 1)]
    pub threads: usize,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure one server.
    Run(Run),
    /// Measure two servers in turn, A B A B, and print the ratio of the medians.
    Compare(Compare),
    /// Measure what this machine can do at best: an empty server, signatures, durable commits.
    Floor(Load),
}

/// How much load, and how it is shown.
#[derive(Debug, Clone, Args)]
pub struct Load {
    /// Connections, each with one request at a time.
    #[arg(long, default_value_t = 16)]
    pub connections: usize,
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

/// Measure one server.
#[derive(Debug, Clone, Args)]
pub struct Run {
    /// What to measure, in this order.
    #[arg(required = true)]
    pub scenarios: Vec<Name>,
    /// The base URL of the server.
    #[arg(long, default_value = "http://localhost:8080")]
    pub url: String,
    /// An administrator's personal access token.
    #[arg(long, env = "CASTELLAN_BENCH_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// A file with that token.
    #[arg(long, conflicts_with = "token")]
    pub token_file: Option<PathBuf>,
    /// Processes whose CPU time and memory are reported, such as `server=4711`; may be repeated.
    #[arg(long = "pid", value_name = "NAME=PID")]
    pub pids: Vec<Watched>,
    /// Projects in the audience of the introspected token.
    #[arg(long, default_value_t = 600)]
    pub projects: usize,
    /// Users among which is searched; they are created once and kept.
    #[arg(long, default_value_t = 100_000)]
    pub users: usize,
    /// How much load.
    #[command(flatten)]
    pub load: Load,
}

/// Measure two servers.
#[derive(Debug, Clone, Args)]
pub struct Compare {
    /// What to measure, in this order.
    #[arg(required = true)]
    pub scenarios: Vec<Name>,
    /// The base URL of server A.
    #[arg(long)]
    pub a: String,
    /// The base URL of server B.
    #[arg(long)]
    pub b: String,
    /// A file with an administrator's personal access token of server A.
    #[arg(long)]
    pub token_a: PathBuf,
    /// The same of server B.
    #[arg(long)]
    pub token_b: PathBuf,
    /// How often each server is measured.
    #[arg(long, default_value_t = 2)]
    pub rounds: u32,
    /// Projects in the audience of the introspected token.
    #[arg(long, default_value_t = 600)]
    pub projects: usize,
    /// Users among which is searched; they are created once and kept.
    #[arg(long, default_value_t = 100_000)]
    pub users: usize,
    /// How much load.
    #[command(flatten)]
    pub load: Load,
}

impl Load {
    /// The plan of a run.
    pub fn plan(&self) -> Plan {
        let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
        Plan {
            connections: self.connections.max(1),
            warm_up: seconds(self.warm_up),
            duration: seconds(self.duration),
            rate: self.rate.filter(|rate| *rate > 0.0),
        }
    }
}

impl Run {
    /// The administrator's token.
    pub fn token(&self) -> Result<String> {
        match (&self.token, &self.token_file) {
            (Some(token), _) => Ok(token.clone()),
            (None, Some(file)) => std::fs::read_to_string(file)
                .map(|token| token.trim().to_owned())
                .map_err(|cause| Failure::of(&format!("the token file {} cannot be read", file.display()), cause)),
            (None, None) => Err(Failure::new(
                "give an administrator's personal access token with --token-file FILE, or in CASTELLAN_BENCH_TOKEN",
            )),
        }
    }

    /// How large the prepared data is.
    pub fn size(&self) -> Size {
        Size { projects: self.projects, users: self.users, url: self.url.trim_end_matches('/').to_owned() }
    }
}

impl Compare {
    /// One of the two servers: 0 is A, 1 is B.
    pub fn server(&self, index: usize) -> Run {
        let (url, token) = if index == 0 { (&self.a, &self.token_a) } else { (&self.b, &self.token_b) };
        Run {
            scenarios: self.scenarios.clone(),
            url: url.clone(),
            token: None,
            token_file: Some(token.clone()),
            pids: Vec::new(),
            projects: self.projects,
            users: self.users,
            load: self.load.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
        let arguments =
            Arguments::parse_from(["castellan-bench", "run", "--token", "t", "list_users_100k", "user_info"]);
        let Command::Run(run) = arguments.command else { panic!("another command") };
        assert_eq!(run.scenarios, [Name::ListUsers100k, Name::UserInfo]);
    }
}
