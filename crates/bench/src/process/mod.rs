//! CPU time, memory, connections and files of the processes under test, with all their children, from `/proc` (Linux).

mod stat;
mod watcher;

use std::collections::BTreeMap;
use std::fs;
use std::str::FromStr;

pub use stat::Machine;
#[cfg(test)]
pub use watcher::Usage;
pub use watcher::{Costs, Watcher};

use crate::failure::{Failure, Result};
use stat::Stat;

/// A process to watch, with its children, such as `server=4711`.
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

/// All processes of the machine at one moment.
pub struct Processes(BTreeMap<u32, Stat>);

impl Processes {
    /// Reads them; those that end meanwhile are left out.
    pub fn now() -> Self {
        let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let read = |id: u32| Some((id, Stat::parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)?));
        Self(ids.filter_map(read).collect())
    }

    /// A process and everything below it.
    ///
    /// # Errors
    /// When it is not running.
    pub fn tree(&self, watched: &Watched) -> Result<Tree<'_>> {
        if !self.0.contains_key(&watched.id) {
            return Err(Failure::new(format!("{} (process {}) is not running", watched.name, watched.id)));
        }
        let mut ids = vec![watched.id];
        let mut next = 0;
        while let Some(parent) = ids.get(next).copied() {
            ids.extend(self.0.iter().filter(|(_, stat)| stat.parent == parent).map(|(id, _)| *id));
            next += 1;
        }
        Ok(Tree { ids, processes: self })
    }
}

/// A process and everything below it.
pub struct Tree<'a> {
    ids: Vec<u32>,
    processes: &'a Processes,
}

impl Tree<'_> {
    /// Seconds of CPU used so far, those of children that have ended included.
    pub fn cpu_seconds(&self) -> f64 {
        self.ids
            .iter()
            .filter_map(|id| self.processes.0.get(id))
            .map(|stat| stat.own_cpu + stat.ended_children_cpu)
            .sum()
    }

    /// Memory in bytes. What processes share is counted once, a part for each (PSS); what the kernel does not tell is none.
    pub fn memory(&self) -> u64 {
        let one = |id: &u32| stat::kilobytes(&fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?, "Pss:");
        self.ids.iter().filter_map(one).sum::<u64>() * 1024
    }

    /// What the processes allocated themselves, in bytes: their memory without the pages of mapped files.
    pub fn allocated(&self) -> u64 {
        let one =
            |id: &u32| stat::kilobytes(&fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?, "Pss_Anon:");
        self.ids.iter().filter_map(one).sum::<u64>() * 1024
    }

    /// Open files, and how many of them are sockets.
    pub fn files(&self) -> (u64, u64) {
        let mut counts = (0, 0);
        for id in &self.ids {
            for file in fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten() {
                let is_socket = fs::read_link(file.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"));
                counts.0 += 1;
                counts.1 += u64::from(is_socket);
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Watched {
        Watched { name: "self".to_owned(), id: std::process::id() }
    }

    #[test]
    fn a_process_is_written_as_name_and_id() {
        assert_eq!("db=7".parse::<Watched>().unwrap(), Watched { name: "db".to_owned(), id: 7 });
        assert_eq!("7".parse::<Watched>().unwrap().name, "server");
        assert!("db=x".parse::<Watched>().is_err());
    }

    #[test]
    fn a_process_is_watched_with_its_children() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let processes = Processes::now();
        let tree = processes.tree(&own()).unwrap();
        assert!(tree.ids.contains(&child.id()));
        assert!(tree.memory() > 0 && tree.cpu_seconds() >= 0.0 && tree.files().0 > 0 && tree.allocated() > 0);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_process_that_is_not_running_is_named() {
        let gone = Watched { name: "database".to_owned(), id: u32::MAX };
        let failure = Processes::now().tree(&gone).err().unwrap().to_string();
        assert!(failure.contains("database"), "{failure}");
    }
}
