//! Emphasis: `**bold**`, `*italic*`, `~~struck~~`, and what a post makes of them.

use super::Dialect;
use super::inline::{Inline, Style};
use super::reader::{Kind, Reader};

impl Reader<'_> {
    /// Reads a run of marks.
    pub fn mark(&mut self, c: char) -> bool {
        if self.dialect == Dialect::Post {
            return self.flat_mark(c);
        }
        let rest = self.rest();
        let run = rest.len() - rest.trim_start_matches(c).len();
        let after = rest.get(run..).and_then(|tail| tail.chars().next());
        let before = self.text.get(..self.at).and_then(|head| head.chars().next_back());
        let blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
        let word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let opens = !blank(after) && (c != '_' || !word(before));
        let mut closes = !blank(before) && (c != '_' || !word(after));
        if run > 3 || (c == '~' && run != 2) {
            self.take(run);
            return true;
        }
        let mut left = run;
        while left > 0 && closes {
            match self.opener(c, left) {
                Some((depth, len)) => {
                    if let Some(frame) = self.close(depth) {
                        let style = match (c, len) {
                            ('~', _) => Style::Strike,
                            (_, 2) => Style::Bold,
                            _ => Style::Italic,
                        };
                        self.push(Inline::Styled(style, frame.inside), len);
                    }
                    left -= len;
                }
                None => closes = false,
            }
        }
        while left > 0 {
            let len = left.min(2);
            if !opens || !self.open(Kind::Mark(c, len), len) {
                self.take(len);
            }
            left -= len;
        }
        true
    }

    /// The mark that a run of so many closes: within the innermost tag, of the same length first.
    fn opener(&self, c: char, run: usize) -> Option<(usize, usize)> {
        let within = self.frames.iter().rposition(|frame| !matches!(frame.kind, Kind::Mark(..))).unwrap_or(0);
        let mut marks = self.frames.iter().enumerate().skip(within).rev().filter_map(|(depth, frame)| match frame.kind {
            Kind::Mark(mark, len)
                if mark == c && !(frame.inside.is_empty() && self.frames.len() == depth + 1 && self.buffer.is_empty()) =>
            {
                Some((depth, len))
            }
            _ => None,
        });
        if run >= 3 {
            return marks.next();
        }
        let all: Vec<(usize, usize)> = marks.collect();
        all.iter().find(|(_, len)| *len == run).or_else(|| all.iter().find(|(_, len)| *len <= run)).copied()
    }

    /// Posts: what stands between two marks is text.
    fn flat_mark(&mut self, c: char) -> bool {
        let rest = self.rest();
        let run = rest.len() - rest.trim_start_matches(c).len();
        let styles: &[Style] = match (c, run) {
            ('*' | '_', 1) => &[Style::Italic],
            ('*' | '_', 2) => &[Style::Bold],
            ('*' | '_', 3) => &[Style::Bold, Style::Italic],
            ('~', 1) => &[Style::Underline],
            ('~', 2) => &[Style::Strike],
            _ => {
                self.take(run);
                return true;
            }
        };
        let close = c.to_string().repeat(run);
        let from = self.at + run;
        let inside = match self.later(from, &close) {
            Some(end) => self.text.get(from..end).unwrap_or_default(),
            None => "",
        };
        if inside.trim() != inside || inside.is_empty() || inside.contains('\n') {
            self.take(run);
            return true;
        }
        let mut piece = Inline::Text(inside.to_owned());
        for style in styles.iter().rev() {
            piece = Inline::Styled(*style, vec![piece]);
        }
        self.push(piece, 2 * run + inside.len())
    }
}
