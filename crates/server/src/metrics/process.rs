//! What Linux says about this process, read at each scrape; on other systems these metrics are absent.

use castellan_kernel::Clock;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Ticks of a second in `/proc/*/stat`; the kernel reports in this unit on every architecture.
const TICKS: f64 = 100.0;

/// Reads `/proc/self`.
#[derive(Debug)]
pub(super) struct ProcessCollector {
    started_seconds: i64,
}

impl ProcessCollector {
    pub fn new(clock: &dyn Clock) -> Self {
        Self { started_seconds: clock.now().seconds() }
    }
}

/// The number after a name in a file of lines such as `VmRSS:    1234 kB`.
fn number(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// User and system time in seconds from `/proc/self/stat`. The name of the program may contain anything, so fields are
/// counted from its closing bracket.
fn seconds_of(stat: &str) -> Option<f64> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    #[allow(clippy::cast_precision_loss, reason = "a process does not run for so long")]
    Some(ticks as f64 / TICKS)
}

/// How much time of processors this process has used until now, in seconds; `None` where the system does not say.
pub fn processor_seconds() -> Option<f64> {
    seconds_of(&std::fs::read_to_string("/proc/self/stat").ok()?)
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default();
        let (status, limits) = (read("status"), read("limits"));
        let open = std::fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count() as u64);
        let gauges = [
            (
                "process_resident_memory_bytes",
                "Resident memory size in bytes",
                number(&status, "VmRSS:").map(|kilobytes| kilobytes * 1024),
            ),
            (
                "process_virtual_memory_bytes",
                "Virtual memory size in bytes",
                number(&status, "VmSize:").map(|kilobytes| kilobytes * 1024),
            ),
            ("process_threads", "Threads of the process", number(&status, "Threads:")),
            ("process_open_fds", "Open file descriptors", open),
            ("process_max_fds", "File descriptors that may be open", number(&limits, "Max open files")),
            (
                "process_start_time_seconds",
                "Start of the process in seconds since the epoch",
                u64::try_from(self.started_seconds).ok(),
            ),
        ];
        for (name, help, value) in gauges {
            if let Some(value) = value {
                let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
                gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
            }
        }
        if let Some(seconds) = processor_seconds() {
            let counter = ConstCounter::new(seconds);
            let help = "User and system time spent in seconds";
            counter.encode(encoder.encode_descriptor("process_cpu_seconds", help, None, counter.metric_type())?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let stat = "1 (a) b) c) S 0 1 1 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0";
        assert_eq!(seconds_of(stat), Some(3.0));
    }
}
