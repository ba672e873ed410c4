//! The texts of `/proc`.

use std::fs;

/// Clock ticks per second; the same on every Linux that runs today.
const TICKS_PER_SECOND: f64 = 100.0;

/// `/proc/PID/stat`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stat {
    /// Who started it.
    pub parent: u32,
    /// Seconds of CPU in user and kernel mode, all threads.
    pub own_cpu: f64,
    /// The same of its children that have ended.
    pub ended_children_cpu: f64,
}

impl Stat {
    /// Reads it.
    pub fn parse(stat: &str) -> Option<Self> {
        // The name of the program comes before the last parenthesis and may contain anything.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own_cpu: (ticks(11)? + ticks(12)?) / TICKS_PER_SECOND,
            ended_children_cpu: (ticks(13)? + ticks(14)?) / TICKS_PER_SECOND,
        })
    }
}

/// A line such as `Pss:  12 kB`.
pub fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

/// `/proc/stat`: what all cores together did so far, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Machine {
    /// Working for processes of this machine.
    pub busy: f64,
    /// Working for other machines on the same hardware.
    pub stolen: f64,
}

impl Machine {
    /// Until now; nothing where the kernel does not tell.
    pub fn now() -> Self {
        fs::read_to_string("/proc/stat").ok().and_then(|text| Self::parse(&text)).unwrap_or_default()
    }

    fn parse(text: &str) -> Option<Self> {
        let line = text.lines().next()?.strip_prefix("cpu ")?;
        let ticks: Vec<f64> = line.split_whitespace().filter_map(|ticks| ticks.parse().ok()).collect();
        // user nice system idle iowait irq softirq steal
        let &[user, nice, system, _, _, irq, softirq, steal, ..] = ticks.as_slice() else { return None };
        Some(Self { busy: (user + nice + system + irq + softirq) / TICKS_PER_SECOND, stolen: steal / TICKS_PER_SECOND })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_program_may_contain_anything() {
        let stat = "4711 (a) b (c) S 12 1 1 0 -1 4194304 100 0 0 0 250 50 30 20 20 0 9 0 100 1000 200";
        assert_eq!(Stat::parse(stat), Some(Stat { parent: 12, own_cpu: 3.0, ended_children_cpu: 0.5 }));
        assert_eq!(Stat::parse("nonsense"), None);
    }

    #[test]
    fn a_size_is_found_by_its_name() {
        assert_eq!(kilobytes("Rss:\t 9 kB\nPss:\t  2048 kB\nPss_Anon:\t 1 kB\n", "Pss:"), Some(2_048));
        assert_eq!(kilobytes("Rss:\t 9 kB\n", "Pss:"), None);
    }

    #[test]
    fn waiting_is_no_work() {
        let text = "cpu  100 200 300 9999 8888 10 20 70 0 0\ncpu0 1 2 3\n";
        assert_eq!(Machine::parse(text), Some(Machine { busy: 6.3, stolen: 0.7 }));
        assert_eq!(Machine::parse("intr 1 2\n"), None);
    }
}
