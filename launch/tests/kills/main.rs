//! The recording node, `report` and `train`, killed at random moments (SIGKILL), again and again:
//! nothing that was flushed is lost, and nothing that is left behind keeps the next run from going on.
//! A disk that is full costs the recording and not the drive.
//!
//! ```sh
//! cargo test -p performer-mpc-launch --test kills           # 3 kills of each
//! cargo test -p performer-mpc-launch --test kills -- 50     # 50 kills of each
//! cargo test -p performer-mpc-launch --test kills -- 50 node
//! ```
#![allow(clippy::unwrap_used)]

#[path = "../node/messages.rs"]
mod messages;
mod node;
#[path = "../node/paths.rs"]
mod paths;
mod report;
mod robot;
mod train;

use std::process::{Child, Command, Output};
use std::time::Duration;

/// The command line.
const PROGRAM: &str = env!("CARGO_BIN_EXE_performer-mpc");
/// Kills of each, unless told otherwise.
const KILLS: u32 = 3;

/// A test that takes the number of kills.
type Part = fn(u32);

/// Numbers that are drawn from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005) + 1;
        (self.0 >> 33) % limit
    }

    fn wait(&mut self, longest_ms: u64) {
        std::thread::sleep(Duration::from_millis(self.below(longest_ms)));
    }
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Runs a command that must succeed.
fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [role, directory, seconds] = arguments.as_slice()
        && role == robot::ROLE
    {
        return robot::drive(directory.as_ref(), seconds.parse().unwrap());
    }
    let kills = arguments.iter().find_map(|text| text.parse().ok());
    let kills = kills.unwrap_or(KILLS);
    let parts: [(&str, Part); 4] = [
        ("node", node::survives_kills),
        ("disk", |_| node::survives_a_full_disk()),
        ("report", report::survives_kills),
        ("train", train::survives_kills),
    ];
    let is_named = |name: &str| arguments.iter().any(|argument| argument == name);
    let is_any_named = parts.iter().any(|(name, _)| is_named(name));
    for (name, part) in parts {
        if !is_any_named || is_named(name) {
            part(kills);
        }
    }
}
