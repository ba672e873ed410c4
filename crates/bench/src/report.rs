//! Numbers for people (a table) and for programs (JSON).

use serde_json::{Value, json};

use crate::drive::Measured;

/// One process over one run.
#[derive(Debug, Clone)]
pub struct Usage {
    /// What it is called.
    pub name: String,
    /// Seconds of CPU while the run was counted.
    pub cpu_seconds: f64,
    /// The most memory it ever held, in bytes.
    pub peak_memory: u64,
}

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
    /// Failed iterations by error.
    pub errors: Vec<(String, u64)>,
    /// The watched processes.
    pub processes: Vec<Usage>,
}

impl Report {
    /// Summarizes a run.
    #[allow(clippy::cast_precision_loss, reason = "numbers for people")]
    pub fn new(scenario: &str, measured: &Measured, processes: Vec<Usage>) -> Self {
        let at = |quantile: f64| measured.latencies.value_at_quantile(quantile) as f64 / 1_000.0;
        Self {
            scenario: scenario.to_owned(),
            per_second: measured.per_second(),
            latencies: [at(0.5), at(0.9), at(0.99), measured.latencies.max() as f64 / 1_000.0],
            iterations: measured.latencies.len(),
            errors: measured.errors.iter().map(|(error, count)| (error.clone(), *count)).collect(),
            processes,
        }
    }

    /// CPU seconds of a process per 1,000 iterations.
    #[allow(clippy::cast_precision_loss, reason = "numbers for people")]
    fn cpu_per_thousand(&self, usage: &Usage) -> f64 {
        if self.iterations == 0 { 0.0 } else { usage.cpu_seconds * 1_000.0 / self.iterations as f64 }
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let [p50, p90, p99, max] = self.latencies;
        json!({
            "scenario": self.scenario,
            "iterationsPerSecond": self.per_second,
            "iterations": self.iterations,
            "latencyMilliseconds": {"p50": p50, "p90": p90, "p99": p99, "max": max},
            "errors": self.errors.iter().map(|(error, count)| (error.clone(), json!(count))).collect::<serde_json::Map<_, _>>(),
            "processes": self.processes.iter().map(|usage| json!({
                "name": usage.name,
                "cpuSecondsPer1000": self.cpu_per_thousand(usage),
                "peakMemoryBytes": usage.peak_memory,
            })).collect::<Vec<_>>(),
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
        for usage in &self.processes {
            text.push_str(&format!(
                "    {}: {:.4} CPU seconds per 1,000 iterations, at most {:.1} MB\n",
                usage.name,
                self.cpu_per_thousand(usage),
                usage.peak_memory as f64 / 1e6
            ));
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
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!([median(&[]), median(&[3.0, 1.0, 2.0]), median(&[4.0, 1.0, 2.0, 3.0])], [0.0, 2.0, 2.5]);
    }

    #[test]
    fn a_report_counts_cpu_per_thousand_iterations() {
        let mut measured = Measured::new().unwrap();
        for _ in 0..500 {
            measured.latencies.saturating_record(2_000);
        }
        measured.seconds = 1.0;
        let usage = Usage { name: "server".to_owned(), cpu_seconds: 0.05, peak_memory: 20_000_000 };
        let report = Report::new("user_info", &measured, vec![usage]);
        let json = report.json();
        assert_eq!(json["iterationsPerSecond"], 500.0);
        assert_eq!(json["processes"][0]["cpuSecondsPer1000"], 0.1);
        assert!(report.table().contains("at most 20.0 MB"), "{}", report.table());
    }
}
