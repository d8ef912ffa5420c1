//! Moves owed effects to their end: budgets, the platform call, what its outcome means, the record.
//!
//! [`limiter`], [`quota`], [`retry`], [`ladder`] and [`breaker`] are pure rules that take `now`; start reading at
//! [`retry::next`].

pub mod breaker;
pub mod ladder;
pub mod limiter;
pub mod quota;
pub mod retry;
