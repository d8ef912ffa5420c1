//! Cuts one input into what a target needs: a few choices, then texts or bytes, record separators (0x1E) between them.
//!
//! A choice is one byte, counted from the digit `0`, so that seeds can be read and written by hand.

use std::borrow::Cow;

/// Between two parts; a control character, so that no text of interest needs it.
pub const SEPARATOR: u8 = 0x1E;

/// One input.
pub struct Parts<'d> {
    choices: &'d [u8],
    tail: &'d [u8],
    rest: std::slice::Split<'d, u8, fn(&u8) -> bool>,
}

impl<'d> Parts<'d> {
    /// The first part has the choices.
    pub fn of(data: &'d [u8]) -> Self {
        let mut rest = data.split((|byte| *byte == SEPARATOR) as fn(&u8) -> bool);
        let choices = rest.next().unwrap_or_default();
        Self { choices, tail: data.get(choices.len() + 1..).unwrap_or_default(), rest }
    }

    /// One of `options` numbers; the first where the input says nothing.
    pub fn choice(&self, at: usize, options: usize) -> usize {
        usize::from(self.choices.get(at).map_or(0, |byte| byte.wrapping_sub(b'0'))) % options
    }

    /// One of several things.
    pub fn pick<T: Copy>(&self, at: usize, options: &[T]) -> T {
        options[self.choice(at, options.len())]
    }

    /// The next part as it is.
    pub fn bytes(&mut self) -> &'d [u8] {
        self.rest.next().unwrap_or_default()
    }

    /// Everything after the choices, separators and all.
    pub fn tail(&self) -> &'d [u8] {
        self.tail
    }

    /// The next part as text.
    pub fn text(&mut self) -> Cow<'d, str> {
        String::from_utf8_lossy(self.bytes())
    }

    /// All other parts as texts.
    pub fn texts(self) -> Vec<Cow<'d, str>> {
        self.rest.map(String::from_utf8_lossy).collect()
    }
}
