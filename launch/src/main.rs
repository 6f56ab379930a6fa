//! `performer-mpc`: the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    launch::cli::main()
}
