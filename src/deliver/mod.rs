//! Moves owed effects to their end: order, budgets, render, call, record.
//!
//! Pure: [`queue`] (who goes next), [`plan`] (what to do for a message), [`view`] (what it shows, what people know),
//! [`way`] (by which API), [`limiter`], [`breaker`], [`retry`], [`ladder`], [`outcome`] (what an answer means). Effects:
//! [`worker`] (one message), [`dispatch`] (the loop), [`follow`] (what became of batches), [`attach`] (pictures and files that follow
//! messages), [`uploads`] (no bytes twice at once). Start reading at [`dispatch::Deliverer`].

mod attach;
pub mod batch;
pub mod behind;
pub mod breaker;
pub mod dispatch;
mod follow;
pub mod ladder;
pub mod limiter;
mod notice;
pub mod outcome;
pub mod plan;
pub mod queue;
pub mod quota;
pub mod retry;
mod status;
pub mod storm;
mod uploads;
pub mod view;
pub mod way;
mod worker;
