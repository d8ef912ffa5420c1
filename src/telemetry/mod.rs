//! What operators see of a running process: logs and metrics.
//!
//! [`log`] sets up tracing once per process. [`Metrics`] holds every metric family as a field of one struct;
//! nothing else registers metrics. Label values come from enums and from names in the configuration, never
//! from what a sender sends.

mod delivery;
pub mod labels;
pub mod log;
mod metrics;
mod recent;

pub use metrics::{CONTENT_TYPE, Metrics};
pub use recent::{Counted, LastHour, Recent};
