//! What was pressed and what became of it, the newest.

use super::{Press, Pressed};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::VecDeque;

const KEPT: usize = 200;

/// A press and its end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PressRecord {
    /// When.
    pub at: Timestamp,
    /// Who was told.
    pub app_id: String,
    /// What was done.
    pub press: Press,
    /// What became of it.
    pub result: Pressed,
}

/// The newest presses, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Presses(VecDeque<PressRecord>);

impl Presses {
    pub fn add(&mut self, record: PressRecord) {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back(record);
    }

    pub fn all(&self) -> Vec<PressRecord> {
        self.0.iter().cloned().collect()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}
