//! Soak: a mix of everything for a long time, and whether memory, connections or open files grow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::command_line::Soak;
use crate::drive::{Measured, Plan, Watch, drive};
use crate::failure::{Failure, Result};
use crate::measure::Ready;
use crate::process::{Processes, Watched};
use crate::report::median;
use crate::scenario::{Name, Scenario};

/// What is mixed when nothing is named.
const MIX: [Name; 8] = [
    Name::UserInfo,
    Name::MachinePatLogin,
    Name::OrgsMeRest,
    Name::Introspect,
    Name::MachineJwtProfileGrant,
    Name::MachineClientCredentialsLogin,
    Name::CreateMachineUser,
    Name::ManipulateUser,
];

/// Assertions are good for an hour, so everything is prepared anew after this time.
const LAP: Duration = Duration::from_secs(1_800);

/// Fewer files or sockets more than this are no growth.
const FEW_FILES: f64 = 16.0;

/// Less memory more than this is no growth, in bytes.
const LITTLE_MEMORY: f64 = 8e6;

/// The watched processes at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sample {
    seconds: f64,
    /// Everything that is in memory, mapped files included.
    memory: f64,
    /// What the processes allocated.
    allocated: f64,
    files: f64,
    sockets: f64,
}

/// Measures and prints.
///
/// # Errors
/// When the server does not run, iterations fail, or something grows.
pub async fn run(soak: &Soak) -> Result<()> {
    if soak.server.pids.is_empty() {
        return Err(Failure::new("say which processes to watch with --pid, such as --pid server=$(pidof castellan)"));
    }
    let names = if soak.scenarios.is_empty() { MIX.to_vec() } else { soak.scenarios.clone() };
    let whole = Duration::try_from_secs_f64(soak.minutes * 60.0).unwrap_or_default();
    let mut sampler = Sampler::new(&soak.server.pids, Duration::try_from_secs_f64(soak.every).unwrap_or(LAP));
    let mut all = Measured::new()?;
    let mut left = whole;
    while !left.is_zero() {
        let lap = left.min(LAP);
        let mut ready = Vec::new();
        for &name in names.iter().filter(|name| !name.needs_http2()) {
            ready.push(Ready::prepare(name, &soak.server, &soak.size, &soak.load).await?);
        }
        let Some(target) = ready.first().map(|first| first.target.clone()) else {
            return Err(Failure::new("none of these scenarios can be mixed; those over gRPC cannot"));
        };
        let mix = Arc::new(Scenario::mix(ready.iter().map(|ready| Arc::clone(&ready.scenario))));
        let warm_up = if left == whole { soak.load.plan().warm_up } else { Duration::ZERO };
        let measured = drive(&target, &mix, &Plan { warm_up, duration: lap, ..soak.load.plan() }, &mut sampler);
        for ready in ready {
            ready.finish().await?;
        }
        let seconds = all.seconds;
        let measured = measured?;
        all.merge(&measured)?;
        all.seconds = seconds + measured.seconds;
        left -= lap;
    }
    report(soak, &all, &sampler.samples)
}

fn report(soak: &Soak, all: &Measured, samples: &[Sample]) -> Result<()> {
    let growths = growths(samples);
    if soak.load.json {
        let samples: Vec<Value> = samples
            .iter()
            .map(|sample| {
                json!({
                    "seconds": sample.seconds, "memoryBytes": sample.memory, "allocatedBytes": sample.allocated,
                    "files": sample.files, "sockets": sample.sockets,
                })
            })
            .collect();
        println!(
            "{}",
            json!({
                "iterationsPerSecond": all.per_second(), "errors": all.errors, "samples": samples,
                "p50Milliseconds": all.milliseconds(0.5), "p99Milliseconds": all.milliseconds(0.99),
            })
        );
    } else {
        let latencies = [0.5, 0.99, 1.0].map(|quantile| all.milliseconds(quantile));
        println!(
            "{:.0} iterations per second, p50 {:.2}  p99 {:.2}  max {:.2} ms, {} errors",
            all.per_second(),
            latencies[0],
            latencies[1],
            latencies[2],
            all.failures()
        );
        for (error, count) in &all.errors {
            println!("    {count} × {error}");
        }
        for growth in &growths {
            println!(
                "    {:<10} {:>14.0} in the first quarter, {:>14.0} in the last",
                growth.what, growth.first, growth.last
            );
        }
    }
    if all.failures() > 0 {
        return Err(Failure::new("iterations failed"));
    }
    let grown: Vec<&str> =
        growths.iter().filter(|growth| growth.is_beyond(soak.growth)).map(|growth| growth.what).collect();
    if grown.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("these grew by more than {:.0} %: {}", soak.growth, grown.join(", "))))
}

/// The middle of the first and of the last quarter of a run.
struct Growth {
    what: &'static str,
    first: f64,
    last: f64,
    /// What may be added without being growth.
    little: f64,
}

impl Growth {
    fn is_beyond(&self, percent: f64) -> bool {
        self.last - self.first > (self.first * percent / 100.0).max(self.little)
    }
}

fn growths(samples: &[Sample]) -> Vec<Growth> {
    let quarter = samples.len().div_ceil(4);
    let middle = |part: &[Sample], value: fn(&Sample) -> f64| median(&part.iter().map(value).collect::<Vec<_>>());
    let growth = |what, value, little| Growth {
        what,
        first: middle(&samples[..quarter], value),
        last: middle(&samples[samples.len() - quarter..], value),
        little,
    };
    vec![
        growth("allocated", |sample| sample.allocated, LITTLE_MEMORY),
        growth("files", |sample| sample.files, FEW_FILES),
        growth("sockets", |sample| sample.sockets, FEW_FILES),
    ]
}

/// Looks every few seconds.
struct Sampler {
    watched: Vec<Watched>,
    every: Duration,
    begin: Instant,
    last: Option<Instant>,
    samples: Vec<Sample>,
}

impl Sampler {
    fn new(watched: &[Watched], every: Duration) -> Self {
        Self { watched: watched.to_vec(), every, begin: Instant::now(), last: None, samples: Vec::new() }
    }

    #[allow(clippy::cast_precision_loss, reason = "numbers for people")]
    fn sample(&self) -> Result<Sample> {
        let processes = Processes::now();
        let seconds = self.begin.elapsed().as_secs_f64();
        let mut sum = Sample { seconds, memory: 0.0, allocated: 0.0, files: 0.0, sockets: 0.0 };
        for watched in &self.watched {
            let tree = processes.tree(watched)?;
            let (files, sockets) = tree.files();
            sum.memory += tree.memory() as f64;
            sum.allocated += tree.allocated() as f64;
            sum.files += files as f64;
            sum.sockets += sockets as f64;
        }
        Ok(sum)
    }
}

impl Watch for Sampler {
    fn begin(&mut self) -> Result<()> {
        self.samples.push(self.sample()?);
        Ok(())
    }

    fn glance(&mut self) {
        if self.last.is_some_and(|last| last.elapsed() < self.every) {
            return;
        }
        self.last = Some(Instant::now());
        // A process that ended is reported at the end.
        if let Ok(sample) = self.sample() {
            self.samples.push(sample);
        }
    }

    fn end(&mut self) -> Result<()> {
        self.samples.push(self.sample()?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(allocated: impl Fn(f64) -> f64) -> Vec<Sample> {
        let sample = |second: u32| {
            let seconds = f64::from(second);
            Sample { seconds, memory: 1e9, allocated: allocated(seconds), files: 40.0, sockets: 20.0 }
        };
        (0..100).map(sample).collect()
    }

    fn grown(samples: &[Sample]) -> Vec<&'static str> {
        growths(samples).into_iter().filter(|growth| growth.is_beyond(10.0)).map(|growth| growth.what).collect()
    }

    #[test]
    fn what_goes_up_and_down_does_not_grow() {
        assert!(grown(&samples(|second| 100e6 + 50e6 * (second % 7.0))).is_empty());
        assert!(grown(&samples(|second| if second == 99.0 { 900e6 } else { 100e6 })).is_empty());
        assert!(grown(&[]).is_empty());
    }

    #[test]
    fn what_goes_up_all_the_time_grows() {
        assert_eq!(grown(&samples(|second| 100e6 + 1e6 * second)), ["allocated"]);
        let mut leaking = samples(|_| 100e6);
        for (number, sample) in (0_u32..).zip(&mut leaking) {
            sample.files += f64::from(number);
            sample.sockets += f64::from(number);
        }
        assert_eq!(grown(&leaking), ["files", "sockets"]);
    }

    #[test]
    fn this_process_can_be_sampled() {
        let own = Watched { name: "self".to_owned(), id: std::process::id() };
        let mut sampler = Sampler::new(&[own], Duration::ZERO);
        sampler.begin().unwrap();
        sampler.glance();
        sampler.end().unwrap();
        assert_eq!(sampler.samples.len(), 3);
        assert!(sampler.samples[0].allocated > 0.0 && sampler.samples[0].files > 0.0);
    }
}
