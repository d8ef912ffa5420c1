//! The life of one incident and its messages: a pure state machine.
//!
//! ```text
//!            report: something fires
//!   (none) ──────────────────────────> Firing ──> Gone ──> Firing ...    (absent from snapshots; back again)
//!                                        │  ^       │
//!                   nothing fires, some  │  │       │ not heard of for expire_after
//!                   resolved             v  │       v
//!                                     Resolved   Expired
//!                                        │ fires again within reopen_within: back to Firing, same messages
//!                                        └ later: a new incident
//! ```
//!
//! [`step`](step::step) takes the state, an event and `now`, and returns the new state with its effects. It runs inside the
//! store's single writer in arrival order; effects are written in the same transaction. No clock, no I/O, no ids
//! of its own: ids are handed in. Start with [`state`] and [`event`].

pub mod digest;
pub mod event;
pub mod pictures;
pub mod report;
pub mod state;
pub mod step;

#[cfg(test)]
mod tests;
