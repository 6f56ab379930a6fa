//! What the node does about the controller: rates, frames, when a goal is reached or given up.

use perception::SettingsError;
use serde::{Deserialize, Serialize};

use super::black_box::IncidentSettings;

/// Most names in a list.
const NAMES_MAX: usize = 16;

/// Settings of the node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeSettings {
    /// Model that drives, a file or the name of an installed one; empty: regular MPC.
    pub model: String,
    /// Control ticks a second, Hz.
    pub controller_frequency: f64,
    /// Frame that rides on the robot.
    pub base_frame: String,
    /// Frame that odometry is told in.
    pub odom_frame: String,
    /// Age up to which a transform between the path's frame and odometry's is used, s.
    pub transform_tolerance_s: f64,
    /// Distance to the goal at which it is reached, m.
    pub xy_goal_tolerance_m: f64,
    /// Difference to the goal's heading at which it is reached, rad.
    pub yaw_goal_tolerance_rad: f64,
    /// False: the goal is reached whatever the robot's heading there.
    pub use_goal_heading: bool,
    /// Distance that counts as progress, m.
    pub required_movement_radius_m: f64,
    /// Time without progress after which a goal is given up, s.
    pub movement_time_allowance_s: f64,
    /// Time without a valid command after which a goal is given up, s; 0: at once, negative: never.
    pub failure_tolerance_s: f64,
    /// Names by which a path may ask for this controller.
    pub controller_ids: Vec<String>,
    /// Time after which a speed limit that is not renewed expires, s; 0: never.
    pub speed_limit_timeout_s: f64,
    /// Time without a message after which the emergency stop counts as pressed, s; 0: it may be silent.
    pub emergency_stop_timeout_s: f64,
    /// Time without a message after which the protective field counts as occupied, s; 0: it may be
    /// silent.
    pub protective_field_timeout_s: f64,
    /// True: a protective field that was occupied is reset by hand, else by itself.
    pub protective_field_manual_reset: bool,
    /// Periods by which a tick may be late before the watchdog stops the robot.
    pub watchdog_periods: f64,
    /// True: plans and goals that are published are driven to as they come.
    pub follow_topics: bool,
    /// True: commands are `TwistStamped`, else `Twist`.
    pub enable_stamped_cmd_vel: bool,
    /// Names of depth cameras: `NAME/image_raw` and `NAME/camera_info` are read.
    pub depth_cameras: Vec<String>,
    /// Time between pictures of the map and of the learned cost, s.
    pub view_period_s: f64,
    /// Time between heartbeats to Nav2's lifecycle manager, s; 0: none.
    pub bond_heartbeat_period_s: f64,
    /// True: what comes in and goes out is written to an MCAP file.
    pub record: bool,
    /// Directory of recordings.
    pub record_directory: String,
    /// True: the control loop runs before everything else on the machine (`SCHED_FIFO`).
    pub use_realtime_priority: bool,
    /// True: the node configures and activates itself.
    pub autostart: bool,
    /// Files of the seconds around incidents.
    pub incidents: IncidentSettings,
}

impl Default for NodeSettings {
    fn default() -> Self {
        Self {
            model: String::new(),
            controller_frequency: 20.0,
            base_frame: "base_link".to_owned(),
            odom_frame: "odom".to_owned(),
            transform_tolerance_s: 1.0,
            xy_goal_tolerance_m: 0.25,
            yaw_goal_tolerance_rad: 0.25,
            use_goal_heading: true,
            required_movement_radius_m: 0.5,
            movement_time_allowance_s: 10.0,
            failure_tolerance_s: 5.0,
            controller_ids: vec!["FollowPath".to_owned()],
            speed_limit_timeout_s: 0.0,
            emergency_stop_timeout_s: 0.0,
            protective_field_timeout_s: 0.0,
            protective_field_manual_reset: false,
            watchdog_periods: 5.0,
            follow_topics: false,
            enable_stamped_cmd_vel: false,
            depth_cameras: Vec::new(),
            view_period_s: 0.5,
            bond_heartbeat_period_s: 0.1,
            record: false,
            record_directory: ".".to_owned(),
            use_realtime_priority: false,
            autostart: false,
            incidents: IncidentSettings::default(),
        }
    }
}

impl NodeSettings {
    /// Refuses what no node can do.
    pub fn validate(&self) -> Result<(), SettingsError> {
        self.incidents.validate()?;
        let section = "node";
        SettingsError::ensure(
            (1.0..=200.0).contains(&self.controller_frequency),
            section,
            "controller_frequency",
            &self.controller_frequency,
            "1 to 200 Hz",
        )?;
        for (field, frame) in [
            ("base_frame", &self.base_frame),
            ("odom_frame", &self.odom_frame),
        ] {
            SettingsError::ensure(!frame.is_empty(), section, field, frame, "a name")?;
        }
        SettingsError::ensure_within(
            section,
            &[
                (
                    "transform_tolerance_s",
                    self.transform_tolerance_s,
                    0.001..=60.0,
                ),
                (
                    "xy_goal_tolerance_m",
                    self.xy_goal_tolerance_m,
                    0.001..=10.0,
                ),
                (
                    "yaw_goal_tolerance_rad",
                    self.yaw_goal_tolerance_rad,
                    0.001..=7.0,
                ),
                (
                    "required_movement_radius_m",
                    self.required_movement_radius_m,
                    0.001..=100.0,
                ),
                (
                    "movement_time_allowance_s",
                    self.movement_time_allowance_s,
                    0.1..=86_400.0,
                ),
                ("view_period_s", self.view_period_s, 0.01..=3600.0),
            ],
        )?;
        for (field, seconds) in [
            ("speed_limit_timeout_s", self.speed_limit_timeout_s),
            ("emergency_stop_timeout_s", self.emergency_stop_timeout_s),
            (
                "protective_field_timeout_s",
                self.protective_field_timeout_s,
            ),
        ] {
            SettingsError::ensure(
                seconds == 0.0 || (0.02..=3600.0).contains(&seconds),
                section,
                field,
                &seconds,
                "0, or 0.02 to 3600 s",
            )?;
        }
        let periods = [("watchdog_periods", self.watchdog_periods, 2.0..=100.0)];
        SettingsError::ensure_within(section, &periods)?;
        let tolerance = [(
            "failure_tolerance_s",
            self.failure_tolerance_s,
            -86_400.0..=86_400.0,
        )];
        SettingsError::ensure_within(section, &tolerance)?;
        SettingsError::ensure_within(
            section,
            &[
                ("controller_ids", self.controller_ids.len(), 0..=NAMES_MAX),
                ("depth_cameras", self.depth_cameras.len(), 0..=NAMES_MAX),
            ],
        )?;
        SettingsError::ensure(
            self.bond_heartbeat_period_s == 0.0
                || (0.02..=10.0).contains(&self.bond_heartbeat_period_s),
            section,
            "bond_heartbeat_period_s",
            &self.bond_heartbeat_period_s,
            "0, or 0.02 to 10 s",
        )
    }
}
