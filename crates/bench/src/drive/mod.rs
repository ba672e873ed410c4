//! The run: connections that send as fast as they can (closed loop) or at a fixed rate (open loop). Each thread has a runtime
//! of its own with its share of the connections, so that nothing is handed between threads.

mod measured;
mod pace;
mod worker;

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

pub use measured::Measured;
pub use pace::Pace;

use crate::client::Target;
use crate::failure::{Failure, Result};
use crate::scenario::Scenario;
use worker::Share;

/// How often the watcher looks while a run is counted.
const GLANCE: Duration = Duration::from_millis(500);

/// How a run is done.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Connections, each with one request at a time.
    pub connections: usize,
    /// Threads of the driver.
    pub threads: usize,
    /// Time before anything is counted.
    pub warm_up: Duration,
    /// Time that is counted.
    pub duration: Duration,
    /// Iterations per second over all connections; `None` for as many as possible.
    pub rate: Option<f64>,
}

/// Somebody who looks at the machine during a run.
pub trait Watch {
    /// Counting begins now.
    ///
    /// # Errors
    /// When what is to be watched is not there; the run is given up.
    fn begin(&mut self) -> Result<()>;

    /// Counting goes on.
    fn glance(&mut self) {}

    /// Counting ends now.
    ///
    /// # Errors
    /// When what was watched is not there any more.
    fn end(&mut self) -> Result<()>;
}

/// Nobody.
impl Watch for () {
    fn begin(&mut self) -> Result<()> {
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        Ok(())
    }
}

/// When a run begins, is counted from, and ends.
#[derive(Debug, Clone, Copy)]
struct Times {
    begin: Instant,
    count_from: Instant,
    end: Instant,
}

/// Runs a prepared scenario.
///
/// # Errors
/// When the server cannot be reached, and what `watch` returns.
pub fn drive(target: &Target, scenario: &Arc<Scenario>, plan: &Plan, watch: &mut dyn Watch) -> Result<Measured> {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let threads = plan.threads.clamp(1, plan.connections);
    let done = Arc::new(AtomicU64::new(0));
    let (ready, is_ready) = channel();
    let mut starts = Vec::with_capacity(threads);
    let mut running = Vec::with_capacity(threads);
    for thread in 0..threads {
        let share = Share {
            target: target.clone(),
            scenario: Arc::clone(scenario),
            plan: *plan,
            run,
            // Every so-manieth connection, so that shares differ by one at most.
            workers: (thread..plan.connections).step_by(threads).collect(),
            done: Arc::clone(&done),
        };
        let (start, is_started) = channel();
        starts.push(start);
        let ready = ready.clone();
        running.push(thread::spawn(move || one_thread(share, &ready, &is_started)));
    }
    drop(ready);
    for _ in 0..threads {
        is_ready.recv().map_err(|_| Failure::new("a thread of the driver ended early"))??;
    }
    let begin = Instant::now();
    let count_from = begin + plan.warm_up;
    let times = Times { begin, count_from, end: count_from + plan.duration };
    for start in starts {
        // A thread that is not there any more says so when it is joined.
        let _ = start.send(times);
    }
    thread::sleep(count_from.saturating_duration_since(Instant::now()));
    watch.begin()?;
    progress(&done, times, watch);
    watch.end()?;

    let mut all = Measured::new()?;
    for thread in running {
        all.merge(&thread.join().map_err(|_| Failure::new("a thread of the driver ended early"))??)?;
    }
    all.seconds = plan.duration.as_secs_f64();
    Ok(all)
}

fn one_thread(share: Share, ready: &Sender<Result<()>>, is_started: &Receiver<Times>) -> Result<Measured> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().event_interval(61).build();
    let runtime = runtime.map_err(|cause| Failure::of("the driver cannot start its threads", cause))?;
    let tasks = tokio::task::LocalSet::new();
    let connections = match tasks.block_on(&runtime, share.connect()) {
        Ok(connections) => connections,
        Err(failure) => {
            // It is reported once, by who waits for the connections.
            let _ = ready.send(Err(failure.clone()));
            return Err(failure);
        }
    };
    let _ = ready.send(Ok(()));
    let Ok(times) = is_started.recv() else { return Measured::new() };
    tasks.block_on(&runtime, share.work(connections, times))
}

/// Looks twice a second, and shows a line that is rewritten every second where somebody can see it.
fn progress(done: &AtomicU64, times: Times, watch: &mut dyn Watch) {
    let mut error = std::io::stderr();
    let is_seen = error.is_terminal();
    let (mut before, mut half) = (0, false);
    while Instant::now() + GLANCE <= times.end {
        thread::sleep(GLANCE);
        watch.glance();
        half = !half;
        if is_seen && !half {
            let now = done.load(Ordering::Relaxed);
            let (spent, all) = (times.count_from.elapsed().as_secs(), (times.end - times.count_from).as_secs());
            // The line is for people only; when it cannot be written, nothing is lost.
            let _ = write!(error, "\r\x1b[K{spent} of {all} s, {} per second", now - before);
            before = now;
        }
    }
    thread::sleep(times.end.saturating_duration_since(Instant::now()));
    if is_seen {
        let _ = write!(error, "\r\x1b[K");
    }
}
