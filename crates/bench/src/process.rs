//! CPU time and memory of the processes under test, from `/proc` (Linux).

use std::fs;
use std::str::FromStr;

use crate::failure::{Failure, Result};

/// Clock ticks per second; the same on every Linux that runs today.
const TICKS_PER_SECOND: f64 = 100.0;

/// A process to watch, such as `server=4711`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// What it is called in the report.
    pub name: String,
    /// Its id.
    pub id: u32,
}

impl FromStr for Watched {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self> {
        let (name, id) = text.split_once('=').unwrap_or(("server", text));
        let id = id.parse().map_err(|_| Failure::new(format!("{text}: write NAME=PID, such as server=4711")))?;
        Ok(Self { name: name.to_owned(), id })
    }
}

impl Watched {
    /// Seconds of CPU that it has used so far, in user and kernel mode, with its threads.
    pub fn cpu_seconds(&self) -> Result<f64> {
        cpu_seconds(&self.read("stat")?).ok_or_else(|| self.unreadable("stat"))
    }

    /// The most memory that it has held, in bytes.
    pub fn peak_memory(&self) -> Result<u64> {
        peak_memory(&self.read("status")?).ok_or_else(|| self.unreadable("status"))
    }

    fn read(&self, file: &str) -> Result<String> {
        let path = format!("/proc/{}/{file}", self.id);
        fs::read_to_string(&path)
            .map_err(|cause| Failure::of(&format!("{path} (is {} still running?)", self.name), cause))
    }

    fn unreadable(&self, file: &str) -> Failure {
        Failure::new(format!("/proc/{}/{file} has an unknown form", self.id))
    }
}

fn cpu_seconds(stat: &str) -> Option<f64> {
    // The name of the program comes before the last parenthesis and may contain anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS_PER_SECOND)
}

fn peak_memory(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_program_may_contain_anything() {
        let stat = "4711 (a) b (c) S 1 1 1 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 9 0 100 1000 200";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(cpu_seconds("nonsense"), None);
    }

    #[test]
    fn memory_is_the_highest_it_ever_was() {
        assert_eq!(peak_memory("VmPeak:\t 9 kB\nVmHWM:\t  2048 kB\nVmRSS:\t 1024 kB\n"), Some(2048 * 1024));
        assert_eq!(peak_memory("VmRSS:\t 1024 kB\n"), None);
    }

    #[test]
    fn this_process_can_be_watched() {
        let own = Watched { name: "self".to_owned(), id: std::process::id() };
        assert!(own.peak_memory().unwrap() > 0 && own.cpu_seconds().unwrap() >= 0.0);
    }

    #[test]
    fn a_process_is_written_as_name_and_id() {
        assert_eq!("db=7".parse::<Watched>().unwrap(), Watched { name: "db".to_owned(), id: 7 });
        assert_eq!("7".parse::<Watched>().unwrap().name, "server");
        assert!("db=x".parse::<Watched>().is_err());
    }
}
