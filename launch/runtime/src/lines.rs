//! Reader of lines with a maximum length.

use std::io::{BufRead, Read as _, Result};

/// A line within the maximum length, or a longer one.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// The line without its newline.
    Whole(&'a [u8]),
    /// A longer line; its rest is skipped.
    TooLong,
}

/// The lines of a reader.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    bytes_max: usize,
    bytes: Vec<u8>,
    is_within: bool,
}

impl<R: BufRead> Lines<R> {
    /// Lines of at most `bytes_max`.
    pub fn new(reader: R, bytes_max: usize) -> Self {
        Self {
            reader,
            bytes_max,
            bytes: Vec::new(),
            is_within: false,
        }
    }

    /// The next line; none at the end. A line that is too long is returned as soon as it exceeds
    /// the length, since its end may never come.
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>> {
        if self.is_within {
            self.reader.skip_until(b'\n')?;
            self.is_within = false;
        }
        self.bytes.clear();
        let limit = self.bytes_max as u64 + 1;
        let mut reader = self.reader.by_ref().take(limit);
        if reader.read_until(b'\n', &mut self.bytes)? == 0 {
            return Ok(None);
        }
        if self.bytes.last() == Some(&b'\n') {
            self.bytes.pop();
        } else if self.bytes.len() > self.bytes_max {
            self.is_within = true;
            return Ok(Some(Line::TooLong));
        }
        Ok(Some(Line::Whole(&self.bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, repeat};

    #[test]
    fn a_line_that_is_too_long_is_skipped_and_the_next_is_read() {
        let text: &[u8] = b"123\n\n1234\n12345678\n56\n12345\n1";
        let mut lines = Lines::new(BufReader::with_capacity(2, text), 3);
        let mut read = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            read.push(match line {
                Line::Whole(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Line::TooLong => "too long".to_owned(),
            });
        }
        let expected = ["123", "", "too long", "too long", "56", "too long", "1"];
        assert_eq!(read, expected);
    }

    #[test]
    fn a_line_without_end_is_told_at_once() {
        let mut lines = Lines::new(BufReader::new(repeat(b'x')), 1000);
        assert_eq!(lines.next_line().unwrap(), Some(Line::TooLong));
    }
}
