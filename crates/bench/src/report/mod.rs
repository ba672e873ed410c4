//! Numbers for people (a table) and for programs (JSON).

mod warnings;

use serde_json::{Value, json};

use crate::drive::{Measured, Plan};
use crate::process::Costs;

/// The result of a run.
#[derive(Debug, Clone)]
pub struct Report {
    /// The scenario.
    pub scenario: String,
    /// Good iterations per second.
    pub per_second: f64,
    /// Latencies in milliseconds: p50, p90, p99, maximum.
    pub latencies: [f64; 4],
    /// Good iterations.
    pub iterations: u64,
    /// Requests of an iteration.
    pub requests: usize,
    /// Failed iterations by error.
    pub errors: Vec<(String, u64)>,
    /// Iterations of an open loop that were due and never sent.
    pub unsent: u64,
    /// What it cost.
    pub costs: Costs,
    /// What makes the numbers worth less than they look.
    pub warnings: Vec<String>,
}

impl Report {
    /// Summarizes a run.
    pub fn new(scenario: &str, requests: usize, plan: &Plan, measured: &Measured, costs: Costs) -> Self {
        Self {
            scenario: scenario.to_owned(),
            per_second: measured.per_second(),
            latencies: [0.5, 0.9, 0.99, 1.0].map(|quantile| measured.milliseconds(quantile)),
            iterations: measured.latencies.len(),
            requests,
            errors: measured.errors.iter().map(|(error, count)| (error.clone(), *count)).collect(),
            unsent: measured.unsent,
            warnings: warnings::of(plan, measured, &costs),
            costs,
        }
    }

    /// Seconds per 1,000 iterations, which is also milliseconds per iteration.
    #[allow(clippy::cast_precision_loss, reason = "numbers for people")]
    fn per_thousand(&self, seconds: f64) -> f64 {
        if self.iterations == 0 { 0.0 } else { seconds * 1_000.0 / self.iterations as f64 }
    }

    /// Microseconds of CPU that the driver spends on a request.
    #[allow(clippy::cast_precision_loss, reason = "numbers for people")]
    pub fn driver_micros(&self) -> f64 {
        self.per_thousand(self.costs.driver) * 1_000.0 / self.requests.max(1) as f64
    }

    /// Seconds of CPU of all watched processes per 1,000 iterations.
    pub fn cpu_per_thousand(&self) -> f64 {
        self.per_thousand(self.costs.processes.iter().map(|usage| usage.cpu_seconds).sum())
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let [p50, p90, p99, max] = self.latencies;
        let errors: serde_json::Map<_, _> =
            self.errors.iter().map(|(error, count)| (error.clone(), json!(count))).collect();
        let share = |seconds: f64| if self.costs.available > 0.0 { seconds / self.costs.available } else { 0.0 };
        json!({
            "scenario": self.scenario,
            "iterationsPerSecond": self.per_second,
            "iterations": self.iterations,
            "requestsPerIteration": self.requests,
            "latencyMilliseconds": {"p50": p50, "p90": p90, "p99": p99, "max": max},
            "errors": errors,
            "unsent": self.unsent,
            "processes": self.costs.processes.iter().map(|usage| json!({
                "name": usage.name,
                "cpuSecondsPer1000": self.per_thousand(usage.cpu_seconds),
                "peakMemoryBytes": usage.peak_memory,
            })).collect::<Vec<_>>(),
            "driver": {
                "cpuSecondsPer1000": self.per_thousand(self.costs.driver),
                "cpuMicrosecondsPerRequest": self.driver_micros(),
                "shareOfMachine": share(self.costs.driver),
            },
            "foreignShareOfMachine": share(self.costs.foreign),
            "warnings": self.warnings,
        })
    }

    /// For people.
    #[allow(clippy::cast_precision_loss, reason = "numbers for people")]
    pub fn table(&self) -> String {
        let [p50, p90, p99, max] = self.latencies;
        let failed: u64 = self.errors.iter().map(|(_, count)| count).sum();
        let mut text = format!(
            "{:<34} {:>10.0}/s   p50 {p50:.2}  p90 {p90:.2}  p99 {p99:.2}  max {max:.2} ms   {failed} errors\n",
            self.scenario, self.per_second
        );
        for (error, count) in &self.errors {
            text.push_str(&format!("    {count} × {error}\n"));
        }
        for usage in &self.costs.processes {
            text.push_str(&format!(
                "    {}: {:.4} CPU seconds per 1,000 iterations, at most {:.1} MB\n",
                usage.name,
                self.per_thousand(usage.cpu_seconds),
                usage.peak_memory as f64 / 1e6
            ));
        }
        text.push_str(&format!(
            "    driver: {:.4} CPU seconds per 1,000 iterations, {:.1} µs per request\n",
            self.per_thousand(self.costs.driver),
            self.driver_micros()
        ));
        for warning in &self.warnings {
            text.push_str(&format!("    note: {warning}\n"));
        }
        text
    }
}

/// The middle one of the values; of an even number, the mean of the two in the middle.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => 0.0,
        (length, middle) if length % 2 == 1 => sorted[middle],
        (_, middle) => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::client::Trouble;
    use crate::process::Usage;

    pub fn plan() -> Plan {
        let second = Duration::from_secs(1);
        Plan { connections: 1, threads: 1, warm_up: second, duration: second, rate: None }
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!([median(&[]), median(&[3.0, 1.0, 2.0]), median(&[4.0, 1.0, 2.0, 3.0])], [0.0, 2.0, 2.5]);
    }

    #[test]
    fn a_report_counts_cpu_per_thousand_iterations() {
        let mut measured = Measured::new().unwrap();
        for _ in 0..500 {
            measured.good(2_000);
        }
        measured.failed(&Trouble::Refused("status 500".to_owned()));
        measured.seconds = 1.0;
        let usage = |name: &str| Usage { name: name.to_owned(), cpu_seconds: 0.05, peak_memory: 20_000_000 };
        let costs =
            Costs { processes: vec![usage("server"), usage("database")], driver: 0.01, foreign: 0.2, available: 2.0 };
        let report = Report::new("user_info", 2, &plan(), &measured, costs);
        let json = report.json();
        assert_eq!(json["iterationsPerSecond"], 500.0);
        assert_eq!(json["processes"][0]["cpuSecondsPer1000"], 0.1);
        assert_eq!(json["driver"]["cpuMicrosecondsPerRequest"], 10.0);
        assert_eq!(json["foreignShareOfMachine"], 0.1);
        assert_eq!(json["errors"]["status 500"], 1);
        assert!((report.cpu_per_thousand() - 0.2).abs() < 1e-9);
        let table = report.table();
        assert!(table.contains("database: 0.1000 CPU seconds per 1,000 iterations, at most 20.0 MB"), "{table}");
        assert!(table.contains("1 × status 500"), "{table}");
    }

    #[test]
    fn a_run_without_a_good_iteration_has_no_costs_per_iteration() {
        let report = Report::new("user_info", 1, &plan(), &Measured::new().unwrap(), Costs::default());
        assert_eq!(report.json()["driver"]["cpuSecondsPer1000"], 0.0);
    }
}
