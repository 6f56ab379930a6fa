//! Command lines: input and output of the robot's commands, and shared parts of all programs.

/// Writes a status line to standard error and ignores a closed pipe.
#[macro_export]
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($part)*);
    }};
}

/// Writes a line of the result to standard output and ignores a closed pipe.
#[macro_export]
macro_rules! tell {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($part)*);
    }};
}

mod explain;
mod options;
mod recorded;
mod replay;
mod serve;

pub use options::{
    EXPLICIT, KernelKind, MODEL, PolicyKind, PolicyOptions, RouteKind, SettingsOptions,
    refuse_learned, write_json,
};
pub use recorded::{TopicOptions, Way, foreign, foreign_config, own_topics};
pub use replay::ReplayArguments;
pub use serve::ServeArguments;

use std::path::Path;
use std::process::ExitCode;

/// Meaning of the exit codes.
pub const EXIT_CODES: &str = "Exit codes:
  0  done
  1  failed
  2  wrong arguments or settings
  3  an input file is missing or damaged";

/// Fault of the caller, for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Arguments or settings.
    #[error("wrong arguments or settings")]
    Usage,
    /// A file.
    #[error("bad input file")]
    Input,
}

/// Starts the log on standard error: warnings, more with `--verbose`, other than what `quiet` filters
/// out, or what the environment variable `RUST_LOG` selects.
pub fn start_log(verbose: u8, quiet: &str) {
    let level = ["warn", "info", "debug"][usize::from(verbose.min(2))];
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(filter.unwrap_or_else(|_| format!("{level}{quiet}").into()))
        .init();
}

/// Reports an error and returns the exit code of the program.
pub fn exit_code(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => ExitCode::from(tell_of(&error)),
    }
}

/// Reports an error and returns its exit code.
pub fn tell_of(error: &anyhow::Error) -> u8 {
    let fault = error.downcast_ref::<Fault>().copied();
    // the fault only sets the exit code; its cause is reported below it
    let skip = usize::from(fault.is_some());
    let mut chain: Vec<String> = Vec::new();
    for text in error.chain().skip(skip).map(ToString::to_string) {
        // some errors contain the text of their cause
        if !chain.last().is_some_and(|last| last.ends_with(&text)) {
            chain.push(text);
        }
    }
    say!("error: {}", chain.join(": "));
    match fault {
        Some(Fault::Usage) => 2,
        Some(Fault::Input) => 3,
        None => 1,
    }
}

/// Marks an error as a fault of the caller.
pub trait Blame<T> {
    /// The same error with its fault.
    fn blame(self, fault: Fault) -> anyhow::Result<T>;

    /// The same error, with the file that it is about in front.
    fn blame_file(self, fault: Fault, path: &Path) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> Blame<T> for Result<T, E> {
    /// The same error with its fault.
    fn blame(self, fault: Fault) -> anyhow::Result<T> {
        self.map_err(|error| error.into().context(fault))
    }

    /// The same error, with the file that it is about in front.
    fn blame_file(self, fault: Fault, path: &Path) -> anyhow::Result<T> {
        self.map_err(|error| error.into().context(path.display().to_string()))
            .blame(fault)
    }
}
