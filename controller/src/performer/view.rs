//! Input of the network: a local map around the robot, rotated so that the target lies ahead.
//!
//! ```text
//! x = (column + ½ - cells/2) cell_m,   y = (row + ½ - cells/2) cell_m      view frame, origin at the base
//! channels: occupied, free, clearance, occupied at each age of history_s;
//!           with the motion layer: appeared, vanished;  with the route: the followed route
//! state:    min(d, 20)/10, exp(-d/2), cos ψ, sin ψ, v, ω, cos γ, sin γ
//! ```
//!
//! `d` is the distance to the goal, `ψ` the heading of the robot and `γ` the prescribed heading at
//! the goal, in the view frame; the last two entries are 0 without a prescribed heading. Rotation
//! toward the goal removes one symmetry from the learning problem. With the route in the view, the
//! view is rotated toward the route point at `look_ahead_m`, and `d` is the remaining route.

use std::collections::VecDeque;

use perception::{Cell, MotionLayer, Pose2, Snapshot, wrap_angle};

use super::occupancy::Occupancy;
use super::route;
use super::walk::Walk;
use super::{STATE_LEN, ViewSettings};
use crate::policy::Observation;

/// Distance from the goal below which its direction is undefined, m.
const AT_GOAL_M: f64 = 0.05;
/// Capacity of the history, grids; at higher tick rates later grids replace earlier ones.
const REMEMBERED: f64 = 32.0;
/// Tolerance of the ages of the history, s.
const AGE_SLACK_S: f64 = 1e-6;

/// Network input: an image of the surroundings and the state of the robot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View {
    /// `[channels, cells, cells]`; row 0 at the lowest y.
    pub image: Vec<u8>,
    /// Goal, heading and velocity; see the documentation of the module.
    pub state: [f32; STATE_LEN],
    /// Pose of the view in the odometry frame.
    pub odom_from_view: Pose2,
}

/// Builds views, with a history of recent grids.
#[derive(Debug, Clone)]
pub struct ViewBuilder {
    settings: ViewSettings,
    /// Oldest first.
    past: VecDeque<Occupancy>,
    spare: Vec<Occupancy>,
}

impl ViewBuilder {
    /// A builder without history.
    pub fn new(settings: &ViewSettings) -> Self {
        Self {
            settings: settings.clone(),
            past: VecDeque::new(),
            spare: Vec::new(),
        }
    }

    /// Settings of the views.
    pub fn settings(&self) -> &ViewSettings {
        &self.settings
    }

    /// Clears the history, but keeps its allocated memory.
    pub fn reset(&mut self) {
        self.spare.extend(self.past.drain(..));
    }

    /// Stores the occupied cells for later views. To be called once per tick; a clock that is set
    /// back clears the history.
    pub fn remember(&mut self, snapshot: &Snapshot) {
        let stamp = snapshot.stamp;
        if self.past.back().is_some_and(|last| last.stamp > stamp) {
            self.reset();
        }
        let horizon_s = self.settings.history_s.iter().copied().fold(0.0, f64::max);
        // the latest grid is replaced when it is too close in time to the one before it
        let close = self.past.iter().rev().nth(1).is_some_and(|before| {
            let last = self.past.back().map_or(stamp, |last| last.stamp);
            last.secs_since(before.stamp) < horizon_s / REMEMBERED
        });
        let same = self.past.back().is_some_and(|last| last.stamp == stamp);
        let mut now = if close || same {
            self.past.pop_back()
        } else {
            self.spare.pop()
        }
        .unwrap_or_default();
        now.copy_from(&snapshot.grid, stamp);
        self.past.push_back(now);
        while let Some(second) = self.past.get(1)
            && stamp.secs_since(second.stamp) >= horizon_s
        {
            self.spare.extend(self.past.pop_front());
        }
    }

    /// Writes the view of this tick. A snapshot that is not in the history is stored first.
    pub fn build(&mut self, observation: &Observation<'_>, view: &mut View) {
        let snapshot = observation.snapshot;
        if self
            .past
            .back()
            .is_none_or(|last| last.stamp != snapshot.stamp)
        {
            self.remember(snapshot);
        }
        let settings = &self.settings;
        place(observation, settings, view);
        let area = settings.cells * settings.cells;
        view.image.resize(settings.channels() * area, 0);
        let mut channels = view.image.chunks_exact_mut(area);
        let odom_from_view = view.odom_from_view;
        if let (Some(occupied), Some(now)) = (channels.next(), self.past.back()) {
            now.draw(&odom_from_view, settings, occupied);
        }
        if let (Some(free), Some(clearance)) = (channels.next(), channels.next()) {
            draw_now(snapshot, &odom_from_view, settings, free, clearance);
        }
        for (age_s, image) in settings.history_s.iter().zip(&mut channels) {
            let old_enough =
                |past: &&Occupancy| snapshot.stamp.secs_since(past.stamp) >= age_s - AGE_SLACK_S;
            let then = self.past.iter().rev().find(old_enough);
            if let Some(then) = then.or(self.past.front()) {
                then.draw(&odom_from_view, settings, image);
            }
        }
        if settings.motion
            && let (Some(came), Some(went)) = (channels.next(), channels.next())
        {
            draw_motion(&snapshot.motion, &odom_from_view, settings, came, went);
        }
        if let Some(way) = channels.next() {
            let position = snapshot.odom_from_base.position();
            route::draw(observation.path, position, &odom_from_view, settings, way);
        }
    }
}

/// Sets the view frame and writes the state.
fn place(observation: &Observation<'_>, settings: &ViewSettings, view: &mut View) {
    let base = observation.snapshot.odom_from_base;
    let velocity = observation.snapshot.velocity;
    let goal = observation.goal;
    let followed = settings
        .route
        .then(|| route::ahead(observation.path, base.position(), settings.look_ahead_m))
        .flatten();
    let to_aim = followed.map_or(goal.position, |way| way.aim) - base.position();
    let distance_m = followed.map_or(to_aim.norm(), |way| way.left_m);
    let yaw = if to_aim.norm() > AT_GOAL_M {
        to_aim.y.atan2(to_aim.x)
    } else {
        base.yaw
    };
    view.odom_from_view = Pose2::new(base.x, base.y, yaw);
    let (sin, cos) = wrap_angle(base.yaw - yaw).sin_cos();
    let (goal_sin, goal_cos) = goal
        .yaw
        .map_or((0.0, 0.0), |goal| wrap_angle(goal - yaw).sin_cos());
    view.state = [
        distance_m.min(20.0) / 10.0,
        (-0.5 * distance_m).exp(),
        cos,
        sin,
        velocity.linear,
        velocity.angular,
        goal_cos,
        goal_sin,
    ]
    .map(|entry| entry as f32);
}

/// Writes appeared and vanished cells: the maximum of each over the lookups of a cell.
fn draw_motion(
    motion: &MotionLayer,
    odom_from_view: &Pose2,
    settings: &ViewSettings,
    came: &mut [u8],
    went: &mut [u8],
) {
    let frame = motion.frame();
    let walk = Walk::new(frame, odom_from_view, settings, settings.lookups);
    let byte = |value: f32| (value.min(1.0) * 255.0 + 0.5) as u8;
    let rows = came
        .chunks_exact_mut(settings.cells)
        .zip(went.chunks_exact_mut(settings.cells));
    for (row, (came, went)) in rows.enumerate() {
        came.fill(0);
        went.fill(0);
        for line in row * settings.lookups..(row + 1) * settings.lookups {
            let mut places = walk.row(line);
            for (came, went) in came.iter_mut().zip(&mut *went) {
                for (column, row) in places.by_ref().take(settings.lookups).flatten() {
                    let value = motion.values()[frame.index(column, row)];
                    *came = byte(value).max(*came);
                    *went = byte(-value).max(*went);
                }
            }
        }
    }
}

/// Writes the channels with one lookup per cell: free, and clearance.
fn draw_now(
    snapshot: &Snapshot,
    odom_from_view: &Pose2,
    settings: &ViewSettings,
    free: &mut [u8],
    clearance: &mut [u8],
) {
    let half = 0.5 * settings.cells as f64;
    let (sin, cos) = odom_from_view.yaw.sin_cos();
    let walk = Walk::new(snapshot.grid.frame(), odom_from_view, settings, 1);
    for row in 0..settings.cells {
        let y = (row as f64 + 0.5 - half) * settings.cell_m;
        for (column, place) in walk.row(row).take(settings.cells).enumerate() {
            let x = (column as f64 + 0.5 - half) * settings.cell_m;
            let mut point = odom_from_view.position();
            point.x += cos * x - sin * y;
            point.y += sin * x + cos * y;
            let index = row * settings.cells + column;
            let is_free =
                place.is_some_and(|(column, row)| snapshot.grid.cell(column, row) == Cell::Free);
            free[index] = if is_free { 255 } else { 0 };
            let share = snapshot.field.sample_cells(point).distance_m / settings.clearance_max_m;
            // to the nearest: a distance is never negative
            clearance[index] = (share.min(1.0) * 255.0 + 0.5) as u8;
        }
    }
}
