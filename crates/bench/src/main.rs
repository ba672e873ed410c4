//! `castellan-bench`: a load driver for any server with the ZITADEL API. It uses public APIs only.

mod api;
mod assertion;
mod client;
mod command_line;
mod compare;
mod drive;
mod failure;
mod floor;
mod goals;
mod measure;
mod overload;
mod process;
mod prototype;
mod report;
mod scenario;
mod soak;

use std::process::ExitCode;

use clap::Parser as _;
use serde_json::json;

use crate::command_line::{Arguments, Command, Floor};
use crate::failure::{Failure, Result};
use crate::prototype::{Kind, Running};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Load comes from threads of its own (`drive`); this runtime prepares scenarios, or serves a prototype.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
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
                let report = measure::once(scenario, &run.server, &run.size, &run.load).await?;
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
        Command::Compare(compare) => compare::run(&compare).await,
        Command::Goals(goals) => goals::run(&goals).await,
        Command::Overload(overload) => overload::run(&overload).await,
        Command::Soak(soak) => soak::run(&soak).await,
        Command::Floor(floor) => print_floor(&floor).await,
        Command::Prototype(prototype) => prototype::run(prototype.kind, prototype.port, &prototype.directory).await,
    }
}

async fn print_floor(floor: &Floor) -> Result<()> {
    let kinds = if floor.prototypes.is_empty() { Kind::all() } else { &floor.prototypes };
    let mut all = Vec::new();
    for &kind in kinds {
        let report = Running::start(kind, &floor.directory, floor.load.http == 2).await?.measure(&floor.load.plan())?;
        if !floor.load.json {
            print!("{}", report.table());
        }
        all.push(report.json());
    }
    let mut parts = Vec::new();
    if floor.prototypes.is_empty() {
        for waiters in [1, 8, 64] {
            parts.push(floor::commits(&floor.directory, waiters).await?);
        }
        parts.extend(floor::cryptography()?);
    }
    if floor.load.json {
        let parts: Vec<_> = parts.iter().map(|part| json!({"part": part.name, "perSecond": part.per_second})).collect();
        println!("{}", json!({"prototypes": all, "parts": parts}));
    } else {
        for part in &parts {
            println!("{:<34} {:>10.0}/s   {:.2} µs", part.name, part.per_second, 1e6 / part.per_second.max(1e-9));
        }
    }
    Ok(())
}
