//! Places where a test may kill the process: the durable steps.
//!
//! `LARKHOOK_FAILPOINT=name` (or `name:3` for the third passage) aborts the process there, as a power
//! cut would. Only in builds with debug assertions; release builds compile it to nothing.

/// Aborts the process when `LARKHOOK_FAILPOINT` names this place.
#[cfg(debug_assertions)]
pub fn hit(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};
    static ARMED: OnceLock<Option<(String, u32)>> = OnceLock::new();
    static PASSED: AtomicU32 = AtomicU32::new(0);
    let armed = ARMED.get_or_init(|| {
        let text = std::env::var("LARKHOOK_FAILPOINT").ok()?;
        let (name, count) = text.split_once(':').unwrap_or((&text, "1"));
        Some((name.to_owned(), count.parse().unwrap_or(1)))
    });
    if let Some((wanted, count)) = armed
        && wanted == name
        && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *count
    {
        std::process::abort();
    }
}

/// Does nothing in this build.
#[cfg(not(debug_assertions))]
pub fn hit(_name: &str) {}
