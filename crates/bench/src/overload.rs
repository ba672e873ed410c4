//! Overload: more than the server can take for a while, and how soon it is itself again.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::command_line::Overload;
use crate::drive::{Measured, Plan, drive};
use crate::failure::{Failure, Result};
use crate::measure::Ready;

/// How long each look at the recovering server takes.
const LOOK: Duration = Duration::from_millis(500);

/// What of the highest rate is normal load.
const NORMAL: f64 = 0.25;

/// Measures and prints.
///
/// # Errors
/// When the server does not run, or is not itself again in time.
pub async fn run(overload: &Overload) -> Result<()> {
    let ready = Ready::prepare(overload.scenario, &overload.server, &overload.size, &overload.load).await?;
    let outcome = measure(&ready, overload);
    ready.finish().await?;
    outcome
}

fn measure(ready: &Ready, overload: &Overload) -> Result<()> {
    let plan = Plan { rate: None, ..overload.load.plan() };
    let highest = ready.measure(&plan)?;
    if highest.per_second <= 0.0 {
        return Err(Failure::new(format!("no iteration succeeded: {}", highest.table())));
    }
    let normal_plan = Plan { rate: Some(highest.per_second * NORMAL), ..plan };
    let normal = ready.measure(&normal_plan)?;
    if !normal.errors.is_empty() || normal.latencies[2] <= 0.0 {
        return Err(Failure::new(format!("normal load does not succeed: {}", normal.table())));
    }
    let offered = highest.per_second * overload.factor;
    let storm = ready.measure(&Plan {
        connections: overload.crowd.max(1),
        warm_up: Duration::ZERO,
        duration: Duration::try_from_secs_f64(overload.seconds).unwrap_or_default(),
        rate: Some(offered),
        ..plan
    })?;
    let over = Instant::now();
    let bound = normal.latencies[2] * overload.bound;
    let look = Plan { warm_up: Duration::ZERO, duration: LOOK, ..normal_plan };
    let patience = Duration::try_from_secs_f64(overload.recovery).unwrap_or_default();
    let recovered = recovery(over, patience, bound, || drive(&ready.target, &ready.scenario, &look, &mut ()));
    if overload.load.json {
        println!(
            "{}",
            json!({
                "highest": highest.json(), "normal": normal.json(), "overload": storm.json(), "offeredPerSecond": offered,
                "recoverySeconds": recovered.map(|time| time.as_secs_f64()), "p99BoundMilliseconds": bound,
            })
        );
    } else {
        println!("highest rate\n{}normal load\n{}", highest.table(), normal.table());
        println!("overload, {offered:.0}/s offered\n{}", storm.table());
        if let Some(time) = recovered {
            println!("p99 was below {bound:.1} ms again {:.1} s after the overload", time.as_secs_f64());
        }
    }
    match recovered {
        Some(_) => Ok(()),
        None => Err(Failure::new(format!(
            "{:.0} s after the overload p99 was still above {bound:.1} ms, which is {} times the normal one",
            overload.recovery, overload.bound
        ))),
    }
}

/// How long after `over` a look first found no errors and p99 within `bound` milliseconds; `None` when patience ended before.
fn recovery(
    over: Instant,
    patience: Duration,
    bound: f64,
    mut look: impl FnMut() -> Result<Measured>,
) -> Option<Duration> {
    loop {
        let begin = over.elapsed();
        // A server that does not take connections has not recovered.
        let is_normal = look()
            .is_ok_and(|seen| seen.failures() == 0 && !seen.latencies.is_empty() && seen.milliseconds(0.99) <= bound);
        if is_normal {
            return Some(begin);
        }
        if over.elapsed() > patience {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(micros: u64) -> Measured {
        let mut measured = Measured::new().unwrap();
        measured.good(micros);
        measured
    }

    #[test]
    fn a_server_has_recovered_when_it_is_as_fast_as_before() {
        let mut latencies = [90_000, 20_000, 4_000, 1_000].into_iter();
        let mut looks = 0;
        let recovered = recovery(Instant::now(), Duration::from_secs(60), 5.0, || {
            looks += 1;
            Ok(seen(latencies.next().unwrap()))
        });
        assert!(recovered.is_some());
        assert_eq!(looks, 3);
    }

    #[test]
    fn a_server_that_stays_slow_or_refuses_connections_has_not() {
        let now = Instant::now();
        assert!(recovery(now, Duration::ZERO, 5.0, || Ok(seen(90_000))).is_none());
        assert!(recovery(now, Duration::ZERO, 5.0, || Err(Failure::new("refused"))).is_none());
        assert!(recovery(now, Duration::ZERO, 5.0, Measured::new).is_none());
    }
}
