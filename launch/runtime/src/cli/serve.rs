//! `serve`: JSON lines on standard input and output, one per tick.

use std::io::Write as _;

use clap::Args;

use super::options::{PolicyOptions, RouteKind, SettingsOptions};
use super::{Blame as _, Fault};
use crate::RobotConfig;
use crate::lines::{Line, Lines};
use crate::serve::Session;

/// Maximum length of a line, bytes: ten times that of the longest scan and path.
const LINE_BYTES_MAX: usize = 16 << 20;

/// Read sensor data from standard input and write commands to standard output, as JSON lines.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc serve --policy regular --robot jackal
  performer-mpc serve --robot round --set controller.limits.speed_max_mps=0.5

In, a line a tick:
  {\"t\": s, \"scan\": {\"angle_min\", \"angle_increment\", \"range_min\", \"range_max\", \"ranges\": []},
   \"lidar_pose\": [x, y, yaw], \"odom\": [x, y, yaw], \"velocity\": [v, omega],
   \"goal\": [x, y, yaw or null], \"tolerance\": [m, rad] or absent, \"path\": [[x, y]...] or absent}
Out, a line:
  {\"v\", \"omega\", \"state\", \"detail\", \"status\", \"intervention\", \"tick_ms\", \"plan\": [[x, y, yaw]...]}
A line that cannot be used is answered with {\"error\": ...}. docs/serve.md says more.")]
pub struct ServeArguments {
    #[command(flatten)]
    policy: PolicyOptions,
    /// Robot: `all_round`, jackal, `mobile_base` or round.
    #[arg(long, default_value = "jackal")]
    robot: String,
    /// Plan a route on the map built so far if a line contains no path.
    #[arg(long, value_enum, default_value = "on")]
    route: RouteKind,
    #[command(flatten)]
    settings: SettingsOptions,
}

impl ServeArguments {
    /// Processes lines until the input ends.
    pub fn run(&self) -> anyhow::Result<()> {
        run(self)
    }
}

fn run(arguments: &ServeArguments) -> anyhow::Result<()> {
    let mut config: RobotConfig = arguments.settings.load(&arguments.robot)?;
    config.controller.planning.enabled &= arguments.route != RouteKind::Off;
    let driver = arguments.policy.driver_with(&config.node.model)?;
    let mut session = Session::new(driver.agent(&config.controller).blame(Fault::Usage)?);
    tracing::info!(robot = %arguments.robot, policy = driver.name(), "serving");
    let mut out = std::io::stdout().lock();
    let mut lines = Lines::new(std::io::stdin().lock(), LINE_BYTES_MAX);
    while let Some(line) = lines.next_line()? {
        let answer = match line {
            Line::Whole(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                if text.trim().is_empty() {
                    continue;
                }
                session.answer(text.trim())
            }
            Line::TooLong => session.refuse(format!(
                "the line is longer than {LINE_BYTES_MAX} bytes: expected a tick a line"
            )),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}
