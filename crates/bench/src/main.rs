//! `castellan-bench`: a load driver for any server with the ZITADEL API. It uses public APIs only.

mod api;
mod assertion;
mod command_line;
mod connection;
mod drive;
mod failure;
mod floor;
mod process;
mod report;
mod scenario;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use serde_json::json;

use crate::api::Api;
use crate::command_line::{Arguments, Command, Compare, Run};
use crate::connection::Target;
use crate::drive::drive;
use crate::failure::{Failure, Result};
use crate::process::Watched;
use crate::report::{Report, Usage, median};
use crate::scenario::Name;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let threads = arguments.threads.max(1);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(execute(arguments)),
        Err(cause) => Err(Failure::of("the driver cannot start its threads", cause)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("castellan-bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn execute(arguments: Arguments) -> Result<()> {
    match arguments.command {
        Command::Run(run) => {
            let mut reports = Vec::new();
            for &scenario in &run.scenarios {
                let report = measure(scenario, &run).await?;
                if !run.load.json {
                    print!("{}", report.table());
                }
                reports.push(report.json());
            }
            if run.load.json {
                println!("{}", json!(reports));
            }
            Ok(())
        }
        Command::Compare(compare) => in_turn(&compare).await,
        Command::Floor(load) => {
            println!("empty server, HTTP/1.1   {:>10.0}/s", floor::empty_server(&load.plan()).await?);
            println!("RS256 signature          {:>10.0}/s on one thread", floor::rs256()?);
            println!("ES256 signature          {:>10.0}/s on one thread", floor::es256()?);
            println!("commit of 3 rows         {:>10.0}/s one after the other", floor::commits(3)?);
            println!("commit of 192 rows       {:>10.0}/s one after the other", floor::commits(192)?);
            Ok(())
        }
    }
}

/// Prepares a scenario on a server and runs it.
async fn measure(name: Name, run: &Run) -> Result<Report> {
    let target = Target::parse(&run.url, name.needs_http2() || run.load.http == 2)?;
    let mut api = Api::connect(&target, &run.token()?).await?;
    let mut spare = target.over(false).connect().await?;
    let scenario = Arc::new(name.prepare(&mut api, &mut spare, &run.size()).await?);
    let mut before = Vec::new();
    let mut unreadable = None;
    let measured = drive(&target, scenario, &run.load.plan(), || match cpu(&run.pids) {
        Ok(seconds) => before = seconds,
        Err(failure) => unreadable = Some(failure),
    })
    .await?;
    if let Some(failure) = unreadable {
        return Err(failure);
    }
    let mut processes = Vec::with_capacity(run.pids.len());
    for ((watched, before), after) in run.pids.iter().zip(before).zip(cpu(&run.pids)?) {
        let (name, cpu_seconds) = (watched.name.clone(), after - before);
        processes.push(Usage { name, cpu_seconds, peak_memory: watched.peak_memory()? });
    }
    let label = clap::ValueEnum::to_possible_value(&name).map(|value| value.get_name().to_owned());
    Ok(Report::new(&label.unwrap_or_default(), &measured, processes))
}

fn cpu(watched: &[Watched]) -> Result<Vec<f64>> {
    watched.iter().map(Watched::cpu_seconds).collect()
}

/// A B A B: what changes on the machine between two runs hits both servers alike.
async fn in_turn(compare: &Compare) -> Result<()> {
    let servers = [compare.server(0), compare.server(1)];
    for &name in &compare.scenarios {
        let mut rates = [Vec::new(), Vec::new()];
        let mut latencies = [Vec::new(), Vec::new()];
        for _ in 0..compare.rounds {
            for (index, server) in servers.iter().enumerate() {
                let report = measure(name, server).await?;
                if !compare.load.json {
                    print!("{} {}", ["A", "B"][index], report.table());
                }
                rates[index].push(report.per_second);
                latencies[index].push(report.latencies[0]);
            }
        }
        let [a, b] = rates.map(|rates| median(&rates));
        let [a_p50, b_p50] = latencies.map(|latencies| median(&latencies));
        let label = clap::ValueEnum::to_possible_value(&name).map(|value| value.get_name().to_owned());
        let label = label.unwrap_or_default();
        if compare.load.json {
            println!("{}", json!({"scenario": label, "a": a, "b": b, "ratio": b / a, "p50A": a_p50, "p50B": b_p50}));
        } else {
            println!("{label}: A {a:.0}/s, B {b:.0}/s, B is {:.2} times A (medians of {})\n", b / a, compare.rounds);
        }
    }
    Ok(())
}
