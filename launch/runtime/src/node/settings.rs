//! Settings of the node: rates, frames, goal checker and progress checker.

use perception::SettingsError;
use serde::{Deserialize, Serialize};

use super::black_box::IncidentSettings;

/// Maximum number of names in a list.
const NAMES_MAX: usize = 16;

/// Settings of the node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeSettings {
    /// Model, a file or the name of an installed one; regular MPC if empty.
    pub model: String,
    /// Control frequency, Hz.
    pub controller_frequency: f64,
    /// Base frame of the robot.
    pub base_frame: String,
    /// Odometry frame.
    pub odom_frame: String,
    /// Maximum age of a transform between the path's frame and odometry's, s.
    pub transform_tolerance_s: f64,
    /// Distance to the goal at which it is reached, m.
    pub xy_goal_tolerance_m: f64,
    /// Difference to the goal's heading at which it is reached, rad.
    pub yaw_goal_tolerance_rad: f64,
    /// False to accept any heading at the goal.
    pub use_goal_heading: bool,
    /// Minimum distance that counts as progress, m.
    pub required_movement_radius_m: f64,
    /// Time without progress after which a goal is aborted, s.
    pub movement_time_allowance_s: f64,
    /// Time without a valid command after which a goal is aborted, s; 0: immediately, negative:
    /// never.
    pub failure_tolerance_s: f64,
    /// Names by which a path may select this controller.
    pub controller_ids: Vec<String>,
    /// Time after which a speed limit that is not renewed expires, s; 0: never.
    pub speed_limit_timeout_s: f64,
    /// Time without a message after which the emergency stop counts as pressed, s; 0: not
    /// monitored.
    pub emergency_stop_timeout_s: f64,
    /// Time without a message after which the protective field counts as occupied, s; 0: not
    /// monitored.
    pub protective_field_timeout_s: f64,
    /// True if a protective field needs a manual reset, else it resets automatically.
    pub protective_field_manual_reset: bool,
    /// Delay of a tick in periods after which the watchdog stops the robot.
    pub watchdog_periods: f64,
    /// True to follow published plans and goals.
    pub follow_topics: bool,
    /// True: commands are `TwistStamped`, else `Twist`.
    pub enable_stamped_cmd_vel: bool,
    /// Names of depth cameras: `NAME/image_raw` and `NAME/camera_info` are read.
    pub depth_cameras: Vec<String>,
    /// Period of views of the map and the learned cost, s.
    pub view_period_s: f64,
    /// Period of heartbeats to Nav2's lifecycle manager, s; 0: none.
    pub bond_heartbeat_period_s: f64,
    /// True to record inputs and outputs to an MCAP file.
    pub record: bool,
    /// Directory of recordings.
    pub record_directory: String,
    /// True to run the control loop with real-time priority (`SCHED_FIFO`).
    pub use_realtime_priority: bool,
    /// True: the node configures and activates itself.
    pub autostart: bool,
    /// Settings of incident files.
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
    /// Rejects values out of bounds.
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
