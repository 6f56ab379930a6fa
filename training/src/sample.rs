//! One moment of a demonstration: everything that a training step needs.

use controller::performer::{STATE_LEN, View};
use controller::{Goal, Observation};
use perception::{DistanceField, GridFrame, Point2, Pose2, Snapshot, Stamp, Twist};

/// What the expert does from a moment on, odometry frame.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Label {
    /// Time from a state to the next, s. The first state holds when the command takes effect.
    pub dt_s: f64,
    /// `[N+1]` states: x (m), y (m), yaw (rad), v (m/s), omega (rad/s).
    pub states: Vec<[f64; 5]>,
    /// `[N]` inputs: linear (m/s^2) and angular (rad/s^2) acceleration.
    pub inputs: Vec<[f64; 2]>,
    /// Steps that were planned or driven; those behind them stand still at the goal.
    pub valid: usize,
}

/// Occupied cells of the window in which distances count, one bit each.
#[derive(Debug, Clone, PartialEq)]
pub struct Obstacles {
    /// The window, odometry frame.
    pub frame: GridFrame,
    /// Distances are capped here, m.
    pub field_max_m: f64,
    /// Row-major, lowest bit first.
    bits: Vec<u64>,
}

impl Obstacles {
    /// The occupied cells of a distance field.
    pub fn of(field: &DistanceField) -> Self {
        let mut bits = vec![0; field.frame().len().div_ceil(64)];
        for (cell, &distance_m) in field.distances_m().iter().enumerate() {
            if distance_m == 0.0 {
                bits[cell / 64] |= 1 << (cell % 64);
            }
        }
        Self {
            frame: *field.frame(),
            field_max_m: field.max_distance_m(),
            bits,
        }
    }

    /// True when the cell is occupied.
    pub fn is_occupied(&self, column: usize, row: usize) -> bool {
        let cell = self.frame.index(column, row);
        self.bits[cell / 64] >> (cell % 64) & 1 == 1
    }

    /// Writes the distance field that they came from, bit for bit.
    pub fn restore(&self, field: &mut DistanceField) {
        if field.max_distance_m() != self.field_max_m {
            *field = DistanceField::new(self.field_max_m);
        }
        field.update_where(self.frame, |column, row| self.is_occupied(column, row));
    }

    fn mirrored(&self) -> Self {
        let GridFrame {
            origin,
            resolution_m,
            width,
            height,
        } = self.frame;
        let mut mirrored = Self {
            frame: GridFrame {
                origin: Point2::new(origin.x, -origin.y - height as f64 * resolution_m),
                ..self.frame
            },
            field_max_m: self.field_max_m,
            bits: vec![0; self.bits.len()],
        };
        for row in 0..height {
            for column in (0..width).filter(|&column| self.is_occupied(column, row)) {
                let cell = self.frame.index(column, height - 1 - row);
                mirrored.bits[cell / 64] |= 1 << (cell % 64);
            }
        }
        mirrored
    }
}

/// A moment: what the robot saw and knew, and what the expert did.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// When.
    pub stamp: Stamp,
    /// What the network sees.
    pub view: View,
    /// Cells a side of the view.
    pub view_cells: usize,
    /// Where the robot was.
    pub odom_from_base: Pose2,
    /// How it moved.
    pub velocity: Twist,
    /// Where it was to go.
    pub goal: Goal,
    /// What stood there.
    pub obstacles: Obstacles,
    /// What the expert did.
    pub label: Label,
}

impl Sample {
    /// What a policy saw at this moment, for a planner; `scratch` holds the restored distances and
    /// may be used again. The grid itself is not kept.
    pub fn observation<'a>(&self, scratch: &'a mut Snapshot) -> Observation<'a> {
        scratch.stamp = self.stamp;
        scratch.scan_stamp = Some(self.stamp);
        scratch.odom_from_base = self.odom_from_base;
        scratch.velocity = self.velocity;
        self.obstacles.restore(&mut scratch.field);
        Observation {
            now: self.stamp,
            snapshot: scratch,
            goal: self.goal,
            path: &[],
        }
    }

    /// The same moment in a mirror along the x axis of the odometry frame; in the view left and
    /// right change places.
    pub fn mirrored(&self) -> Self {
        Self {
            stamp: self.stamp,
            view: mirrored_view(&self.view, self.view_cells),
            view_cells: self.view_cells,
            odom_from_base: mirrored_pose(self.odom_from_base),
            velocity: Twist::new(self.velocity.linear, -self.velocity.angular),
            goal: Goal {
                position: Point2::new(self.goal.position.x, -self.goal.position.y),
                yaw: self.goal.yaw.map(|yaw| -yaw),
                ..self.goal
            },
            obstacles: self.obstacles.mirrored(),
            label: Label {
                states: self
                    .label
                    .states
                    .iter()
                    .map(|&[x, y, yaw, v, omega]| [x, -y, -yaw, v, -omega])
                    .collect(),
                inputs: self
                    .label
                    .inputs
                    .iter()
                    .map(|&[a, alpha]| [a, -alpha])
                    .collect(),
                ..self.label
            },
        }
    }

    /// Memory that it takes, bytes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.view.image.capacity()
            + size_of_val(self.obstacles.bits.as_slice())
            + size_of_val(self.label.states.as_slice())
            + size_of_val(self.label.inputs.as_slice())
    }
}

fn mirrored_pose(pose: Pose2) -> Pose2 {
    Pose2::new(pose.x, -pose.y, -pose.yaw)
}

/// Rows in reverse, and what points left points right.
fn mirrored_view(view: &View, cells: usize) -> View {
    let [far, near, cos, sin, v, omega, goal_cos, goal_sin] = view.state;
    let state: [f32; STATE_LEN] = [far, near, cos, -sin, v, -omega, goal_cos, -goal_sin];
    let mut image = Vec::with_capacity(view.image.len());
    for channel in view.image.chunks_exact(cells * cells) {
        for row in channel.chunks_exact(cells).rev() {
            image.extend_from_slice(row);
        }
    }
    View {
        image,
        state,
        odom_from_view: mirrored_pose(view.odom_from_view),
    }
}
