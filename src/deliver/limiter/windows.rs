//! The calls of one budget, and when one more keeps within its windows.
//!
//! A call reaches the platform at some moment between its admission and its answer. So it counts from the one until the other,
//! and for the length of the window after it: wherever the platform's own window lies, it holds no more than ours.

use std::collections::VecDeque;
use std::time::Duration;

/// A call that has not ended after so long was lost with whoever made it; it counts as just ended.
pub const LOST_AFTER: Duration = Duration::from_secs(90);
const LOST_MS: i64 = 90_000;

/// At most so many calls within any span (ms).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Calls.
    pub most: u32,
    /// Milliseconds.
    pub span: i64,
}

/// The calls of one budget. Memory is bounded by the calls of the longest window.
#[derive(Debug, Default)]
pub struct Windows {
    /// When calls ended, in ms, ascending, as far back as the longest window reaches.
    ended: VecDeque<i64>,
    /// When those under way were admitted, ascending.
    open: VecDeque<i64>,
}

impl Windows {
    /// A call begins.
    pub fn begin(&mut self, now: i64) {
        self.open.push_back(now);
    }

    /// A call ended: whatever came of it, the platform may have seen it until now.
    pub fn end(&mut self, now: i64) {
        // Where it was taken for lost it has been counted as ended already.
        if self.open.pop_front().is_some() {
            self.ended.push_back(now);
        }
    }

    /// A call that was admitted is not made. The youngest: who came first keeps their place.
    pub fn release(&mut self) {
        self.open.pop_back();
    }

    /// Calls that may still count.
    pub fn len(&self) -> usize {
        self.ended.len() + self.open.len()
    }

    /// Drops calls that ended `longest` or more ago. Times from the future (the clock was set back) count as just now, so
    /// that they neither block for hours nor are forgotten.
    pub fn forget(&mut self, now: i64, longest: i64) {
        for times in [&mut self.ended, &mut self.open] {
            for time in times.iter_mut().rev().take_while(|time| **time > now) {
                *time = now;
            }
        }
        while self.open.front().is_some_and(|begun| *begun <= now - LOST_MS) {
            self.end(now);
        }
        while self.ended.front().is_some_and(|ended| *ended <= now - longest) {
            self.ended.pop_front();
        }
    }

    /// The first moment from `now` on at which one more call may keep within the rule. With calls under way it is the earliest
    /// there can be: ask again then.
    pub fn free_at(&self, rule: Rule, now: i64) -> i64 {
        match self.len().checked_sub(rule.most as usize) {
            None => now,
            Some(index) => (self.ended.get(index).copied().unwrap_or(now) + rule.span).max(now),
        }
    }
}
