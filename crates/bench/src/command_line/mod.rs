//! The command line.

mod access;
mod load;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use access::{Access, Entry, Server};
pub use load::Load;

use crate::process::Watched;
use crate::prototype::Kind;
use crate::scenario::{Name, Size};

const EXAMPLES: &str = "\
Examples:
  Measure two scenarios, with the CPU and memory of the server:
    castellan-bench run --token-file admin.pat --pid server=$(pidof castellan) user_info create_machine_user
  At a fixed rate, to see latencies as users would:
    castellan-bench run --token-file admin.pat --rate 2000 --connections 64 user_info
  Two servers in turn:
    castellan-bench compare --a http://localhost:8080 --b http://localhost:9080 --token-a a.pat --token-b b.pat user_info
  What this machine could do at best, and what part of it the server reaches:
    castellan-bench floor
    castellan-bench goals --token-file admin.pat --pid server=$(pidof castellan)
  What four times the highest rate does to the server, and what an hour of everything does:
    castellan-bench overload --token-file admin.pat --pid server=$(pidof castellan) create_machine_user
    castellan-bench soak --token-file admin.pat --pid server=$(pidof castellan) --minutes 60 --rate 500

The administrator needs the roles IAM_OWNER and ORG_OWNER; scenarios make users and projects of their own and leave them there.
With --key-file they get an instance of their own, which is removed afterwards.
The driver runs beside the server and takes a part of the machine, which it reports; compare numbers of one call only.";

/// Measures how fast a server with the ZITADEL API answers.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Arguments {
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
    /// Measure a server and, in turn, bare prototypes of the same scenarios; print what part of them it reaches.
    Goals(Goals),
    /// Offer more than the server can take, and measure how soon it is itself again and what memory that took.
    Overload(Overload),
    /// Run a mix of scenarios for a long time, and fail when memory, connections or open files grow.
    Soak(Soak),
    /// Measure what this machine can do at best: prototypes, signatures, durable commits.
    Floor(Floor),
    /// Run a bare prototype, to be driven or profiled by other means; `GET /sample` tells how.
    Prototype(Prototype),
}

/// Measure one server.
#[derive(Debug, Clone, Args)]
pub struct Run {
    /// What to measure, in this order.
    #[arg(required = true)]
    pub scenarios: Vec<Name>,
    /// The server.
    #[command(flatten)]
    pub server: Server,
    /// How large the prepared data is.
    #[command(flatten)]
    pub size: Size,
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
    /// Processes of server A, such as `server=4711`; may be repeated.
    #[arg(long = "pid-a", value_name = "NAME=PID")]
    pub pids_a: Vec<Watched>,
    /// Processes of server B.
    #[arg(long = "pid-b", value_name = "NAME=PID")]
    pub pids_b: Vec<Watched>,
    /// How often each server is measured.
    #[arg(long, default_value_t = 2)]
    pub rounds: u32,
    /// How large the prepared data is.
    #[command(flatten)]
    pub size: Size,
    /// How much load.
    #[command(flatten)]
    pub load: Load,
}

/// Measure a server against prototypes.
#[derive(Debug, Clone, Args)]
pub struct Goals {
    /// What to measure; without it, everything that there is a prototype for.
    pub scenarios: Vec<Name>,
    /// The server.
    #[command(flatten)]
    pub server: Server,
    /// How often server and prototype are measured.
    #[arg(long, default_value_t = 2)]
    pub rounds: u32,
    /// Where prototypes write; take the disk that the server writes to.
    #[arg(long, default_value = ".")]
    pub directory: PathBuf,
    /// How large the prepared data is.
    #[command(flatten)]
    pub size: Size,
    /// How much load.
    #[command(flatten)]
    pub load: Load,
}

/// Offer more than the server can take.
#[derive(Debug, Clone, Args)]
pub struct Overload {
    /// With what.
    pub scenario: Name,
    /// How many times the highest rate is offered.
    #[arg(long, default_value_t = 4.0)]
    pub factor: f64,
    /// For how many seconds.
    #[arg(long, default_value_t = 10.0)]
    pub seconds: f64,
    /// Over how many connections.
    #[arg(long, default_value_t = 256)]
    pub crowd: usize,
    /// The server is itself again when p99 is at most so many times that of a quarter of the highest rate.
    #[arg(long, default_value_t = 2.0)]
    pub bound: f64,
    /// After how many seconds it must be; otherwise the command fails.
    #[arg(long, default_value_t = 30.0)]
    pub recovery: f64,
    /// The server.
    #[command(flatten)]
    pub server: Server,
    /// How large the prepared data is.
    #[command(flatten)]
    pub size: Size,
    /// How much load is normal.
    #[command(flatten)]
    pub load: Load,
}

/// Run a mix for a long time.
#[derive(Debug, Clone, Args)]
pub struct Soak {
    /// What is mixed; without it, everything but lists and gRPC.
    pub scenarios: Vec<Name>,
    /// For how long.
    #[arg(long, default_value_t = 10.0)]
    pub minutes: f64,
    /// Seconds between two looks at the processes.
    #[arg(long, default_value_t = 5.0)]
    pub every: f64,
    /// By how many percent the last quarter of the run may exceed the first, in memory that was allocated, open files, and
    /// sockets. The pages of mapped database files do not count; 8 MB and 16 files are no growth.
    #[arg(long, default_value_t = 20.0)]
    pub growth: f64,
    /// The server.
    #[command(flatten)]
    pub server: Server,
    /// How large the prepared data is.
    #[command(flatten)]
    pub size: Size,
    /// How much load.
    #[command(flatten)]
    pub load: Load,
}

/// Measure what the machine can do.
#[derive(Debug, Clone, Args)]
pub struct Floor {
    /// Only these prototypes, and nothing else.
    pub prototypes: Vec<Kind>,
    /// Where is written; take the disk that the server writes to.
    #[arg(long, default_value = ".")]
    pub directory: PathBuf,
    /// How much load.
    #[command(flatten)]
    pub load: Load,
}

/// Run a prototype.
#[derive(Debug, Clone, Args)]
pub struct Prototype {
    /// Which one.
    pub kind: Kind,
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Where it writes.
    #[arg(long, default_value = ".")]
    pub directory: PathBuf,
}

impl Compare {
    /// One of the two servers: 0 is A, 1 is B.
    pub fn server(&self, index: usize) -> Server {
        let (url, token, pids) = match index {
            0 => (&self.a, &self.token_a, &self.pids_a),
            _ => (&self.b, &self.token_b, &self.pids_b),
        };
        Server { url: url.clone(), access: Access::of_file(token.clone()), pids: pids.clone() }
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
