//! Two servers in turn, A B A B: what changes on the machine between two runs hits both alike.

use serde_json::json;

use crate::command_line::Compare;
use crate::failure::Result;
use crate::measure::Ready;
use crate::report::{Report, median};

/// Measures and prints.
///
/// # Errors
/// When a server does not run.
pub async fn run(compare: &Compare) -> Result<()> {
    let plan = compare.load.plan();
    for &name in &compare.scenarios {
        let mut ready = Vec::new();
        for index in [0, 1] {
            ready.push(Ready::prepare(name, &compare.server(index), &compare.size, &compare.load).await?);
        }
        let mut reports = [Vec::new(), Vec::new()];
        for _ in 0..compare.rounds.max(1) {
            for ((server, reports), letter) in ready.iter().zip(&mut reports).zip(["A", "B"]) {
                let report = server.measure(&plan)?;
                if !compare.load.json {
                    print!("{letter} {}", report.table());
                }
                reports.push(report);
            }
        }
        for server in ready {
            server.finish().await?;
        }
        let medians = |value: fn(&Report) -> f64| {
            reports.each_ref().map(|reports| median(&reports.iter().map(value).collect::<Vec<_>>()))
        };
        let [a, b] = medians(|report| report.per_second);
        let [a_p50, b_p50] = medians(|report| report.latencies[0]);
        let [a_cpu, b_cpu] = medians(Report::cpu_per_thousand);
        let ratio = |a: f64, b: f64| if a > 0.0 { b / a } else { 0.0 };
        if compare.load.json {
            println!(
                "{}",
                json!({
                    "scenario": name.to_string(), "a": a, "b": b, "ratio": ratio(a, b), "p50A": a_p50, "p50B": b_p50,
                    "cpuSecondsPer1000A": a_cpu, "cpuSecondsPer1000B": b_cpu,
                    "runsA": reports[0].iter().map(Report::json).collect::<Vec<_>>(),
                    "runsB": reports[1].iter().map(Report::json).collect::<Vec<_>>(),
                })
            );
        } else {
            println!(
                "{name}: A {a:.0}/s, B {b:.0}/s, B is {:.2} times A (medians of {}); p50 {a_p50:.2} and {b_p50:.2} ms\n",
                ratio(a, b),
                compare.rounds.max(1)
            );
        }
    }
    Ok(())
}
