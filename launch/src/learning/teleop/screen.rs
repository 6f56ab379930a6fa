//! The terminal during teleoperation.

use std::io::{Stdout, Write as _, stdout};
use std::time::Duration;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{Event, poll, read};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};

use super::Press;

/// A terminal in raw mode for frames and single keys; restored when dropped.
pub(super) struct Screen {
    out: Stdout,
}

impl Screen {
    pub fn open() -> std::io::Result<Self> {
        enable_raw_mode()?;
        let mut screen = Self { out: stdout() };
        execute!(
            screen.out,
            EnterAlternateScreen,
            Hide,
            Clear(ClearType::All)
        )?;
        Ok(screen)
    }

    /// Draws lines from the top left.
    pub fn show(&mut self, lines: &[String]) -> std::io::Result<()> {
        for (row, line) in (0..).zip(lines) {
            queue!(self.out, MoveTo(0, row))?;
            write!(self.out, "{line}")?;
            queue!(self.out, Clear(ClearType::UntilNewLine))?;
        }
        self.out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // a failure here cannot be reported
        let _ = execute!(self.out, Show, LeaveAlternateScreen);
        let _ = disable_raw_mode();
    }
}

/// Keys since the last call.
pub(super) fn presses() -> std::io::Result<Vec<Press>> {
    let mut presses = Vec::new();
    while poll(Duration::ZERO)? {
        if let Event::Key(key) = read()? {
            presses.extend(Press::of(&key));
        }
    }
    Ok(presses)
}
