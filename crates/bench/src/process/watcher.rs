//! What a run cost: the processes under test, the driver itself, and everybody else.

use std::time::Instant;

use super::{Machine, Processes, Watched};
use crate::drive::Watch;
use crate::failure::Result;

/// One process, with its children, over one run.
#[derive(Debug, Clone)]
pub struct Usage {
    /// What it is called.
    pub name: String,
    /// Seconds of CPU while the run was counted.
    pub cpu_seconds: f64,
    /// The most memory it held while the run was counted, in bytes (PSS).
    pub peak_memory: u64,
}

/// What a run cost.
#[derive(Debug, Clone, Default)]
pub struct Costs {
    /// The processes under test.
    pub processes: Vec<Usage>,
    /// Seconds of CPU that the driver used.
    pub driver: f64,
    /// Seconds of CPU that nobody of them used, but others on this machine, or on the same hardware.
    pub foreign: f64,
    /// Seconds of CPU that the machine had.
    pub available: f64,
}

/// Looks at the processes during a run.
pub struct Watcher {
    watched: Vec<Watched>,
    own: Watched,
    cpu: Vec<f64>,
    driver: f64,
    machine: Machine,
    began: Instant,
    peaks: Vec<u64>,
    costs: Costs,
}

impl Watcher {
    /// Will look at these.
    pub fn new(watched: &[Watched]) -> Self {
        Self {
            watched: watched.to_vec(),
            own: Watched { name: "driver".to_owned(), id: std::process::id() },
            cpu: Vec::new(),
            driver: 0.0,
            machine: Machine::default(),
            began: Instant::now(),
            peaks: vec![0; watched.len()],
            costs: Costs::default(),
        }
    }

    /// What the run cost, when it is over.
    pub fn costs(self) -> Costs {
        self.costs
    }

    /// Of this process alone: prototypes are its children, and watched on their own.
    fn driver(processes: &Processes, own: &Watched) -> f64 {
        processes.0.get(&own.id).map_or(0.0, |stat| stat.own_cpu)
    }
}

impl Watch for Watcher {
    fn begin(&mut self) -> Result<()> {
        let processes = Processes::now();
        self.cpu.clear();
        for watched in &self.watched {
            self.cpu.push(processes.tree(watched)?.cpu_seconds());
        }
        self.driver = Self::driver(&processes, &self.own);
        (self.machine, self.began) = (Machine::now(), Instant::now());
        Ok(())
    }

    fn glance(&mut self) {
        let processes = Processes::now();
        for (watched, peak) in self.watched.iter().zip(&mut self.peaks) {
            *peak = (*peak).max(processes.tree(watched).map_or(0, |tree| tree.memory()));
        }
    }

    fn end(&mut self) -> Result<()> {
        let (processes, machine, seconds) = (Processes::now(), Machine::now(), self.began.elapsed().as_secs_f64());
        let mut costs = Costs { driver: Self::driver(&processes, &self.own) - self.driver, ..Costs::default() };
        for ((watched, before), peak) in self.watched.iter().zip(&self.cpu).zip(&self.peaks) {
            let tree = processes.tree(watched)?;
            costs.processes.push(Usage {
                name: watched.name.clone(),
                cpu_seconds: (tree.cpu_seconds() - before).max(0.0),
                peak_memory: (*peak).max(tree.memory()),
            });
        }
        let own: f64 = costs.driver + costs.processes.iter().map(|usage| usage.cpu_seconds).sum::<f64>();
        let all = machine.busy - self.machine.busy + machine.stolen - self.machine.stolen;
        costs.foreign = (all - own).max(0.0);
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        costs.available = seconds * f64::from(u32::try_from(cores).unwrap_or(1));
        self.costs = costs;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_works_is_told_apart_from_the_driver() {
        let mut child = std::process::Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        let mut watcher = Watcher::new(&[Watched { name: "busy".to_owned(), id: child.id() }]);
        watcher.begin().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(600));
        watcher.glance();
        watcher.end().unwrap();
        let costs = watcher.costs();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(costs.processes[0].cpu_seconds > 0.0 && costs.processes[0].peak_memory > 0, "{costs:?}");
        assert!(costs.available > 0.0);
    }
}
