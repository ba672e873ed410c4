//! What makes numbers worth less than they look.

use crate::drive::{Measured, Plan};
use crate::process::Costs;

/// What to say about a run.
#[allow(clippy::cast_precision_loss, reason = "numbers for people")]
pub fn of(plan: &Plan, measured: &Measured, costs: &Costs) -> Vec<String> {
    let mut all = Vec::new();
    let watched: f64 = costs.processes.iter().map(|usage| usage.cpu_seconds).sum();
    let is_watched = !costs.processes.is_empty();
    // Of a server that is not watched all that is known is that it is among the others.
    let under_test = if is_watched { watched } else { costs.foreign };
    if costs.driver > under_test {
        let percent = 100.0 * costs.driver / (costs.driver + under_test);
        all.push(format!("the driver took {percent:.0} % of the CPU; the server could do more on its own"));
    }
    let core = plan.duration.as_secs_f64();
    if costs.driver > 0.95 * core * plan.threads as f64 {
        all.push("the driver had no time left; try more --threads".to_owned());
    }
    if is_watched && costs.foreign > 0.05 * costs.available {
        let percent = 100.0 * costs.foreign / costs.available;
        all.push(format!("{percent:.0} % of the machine went to others; repeat it when the machine is quiet"));
    }
    let failures = measured.failures();
    if failures as f64 > 0.001 * (measured.latencies.len() + failures) as f64 {
        all.push("more than one in 1,000 iterations failed; the rate means nothing".to_owned());
    }
    if measured.unsent > 0 {
        all.push(format!(
            "{} iterations were due and not sent, because all connections waited; the rate is more than the server takes",
            measured.unsent
        ));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Trouble;
    use crate::process::Usage;
    use crate::report::tests::plan;

    fn costs(server: f64, driver: f64, foreign: f64) -> Costs {
        let usage = Usage { name: "server".to_owned(), cpu_seconds: server, peak_memory: 0 };
        Costs { processes: vec![usage], driver, foreign, available: 2.0 }
    }

    fn good() -> Measured {
        let mut measured = Measured::new().unwrap();
        measured.good(1);
        measured
    }

    #[test]
    fn a_fair_run_has_none() {
        assert!(of(&plan(), &good(), &costs(1.0, 0.9, 0.05)).is_empty());
    }

    #[test]
    fn a_driver_that_took_most_of_the_cpu_says_so() {
        let all = of(&plan(), &good(), &costs(0.5, 0.9, 0.0));
        assert!(all.len() == 1 && all[0].contains("64 %"), "{all:?}");
        assert!(of(&plan(), &good(), &costs(1.0, 0.97, 0.0))[0].contains("--threads"));
    }

    #[test]
    fn others_on_the_machine_are_noticed() {
        assert!(of(&plan(), &good(), &costs(1.0, 0.5, 0.3))[0].contains("15 %"));
    }

    #[test]
    fn a_server_that_is_not_watched_is_among_the_others() {
        let costs = |foreign| Costs { processes: Vec::new(), driver: 0.8, foreign, available: 2.0 };
        assert!(of(&plan(), &good(), &costs(1.0)).is_empty());
        assert!(of(&plan(), &good(), &costs(0.2))[0].contains("80 %"));
    }

    #[test]
    fn errors_and_what_was_not_sent_void_the_rate() {
        let mut measured = good();
        measured.failed(&Trouble::Refused("status 500".to_owned()));
        measured.unsent = 7;
        assert_eq!(of(&plan(), &measured, &costs(1.0, 0.5, 0.0)).len(), 2);
    }
}
