//! What processes use: memory and processor time, as the kernel counts them.

use std::time::Duration;

/// Ticks of `/proc/PID/stat`: `CLK_TCK` is 100 on every Linux there is.
const TICK: Duration = Duration::from_millis(10);

/// Resident memory in MiB, now.
pub fn memory(pid: u32) -> f64 {
    status(pid, "VmRSS:")
}

/// Resident memory in MiB, the most there was.
pub fn peak(pid: u32) -> f64 {
    status(pid, "VmHWM:")
}

fn status(pid: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// Processor time used so far, user and system.
pub fn cpu(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in brackets may hold spaces.
    let fields: Vec<&str> = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let ticks: u32 = [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<u32>().ok()).sum();
    TICK * ticks
}
