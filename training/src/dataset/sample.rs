//! One time of a drive: the observation and the expert's plan.

use controller::performer::{STATE_LEN, View};
use controller::{FEATURES, Goal, Observation};
use perception::{
    DistanceField, GridFrame, Point2, Pose2, Snapshot, Stamp, Surface, Twist, wrap_angle,
};

/// Inputs and labels of one training sample, about 45 kB. Poses and plans are in the odometry
/// frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Index of the domain, which selects the controller.
    pub ground: usize,
    /// `[channels, cells, cells]` network image.
    pub image: Vec<u8>,
    /// Side of the image, cells.
    pub cells: usize,
    /// Network state input.
    pub state: [f32; STATE_LEN],
    /// Frame of the network input and of the cost.
    pub odom_from_view: Pose2,
    /// Time of the observation.
    pub stamp: Stamp,
    /// Measured pose.
    pub odom_from_base: Pose2,
    /// Measured velocity.
    pub velocity: Twist,
    /// Goal.
    pub goal: Goal,
    /// Path that the robot follows; empty without a path.
    pub path: Vec<Point2>,
    /// Frame of the occupancy grid.
    pub frame: GridFrame,
    /// Maximum distance of the distance field, m.
    pub distance_max_m: f64,
    /// Occupied cells of the frame, one bit each, row-major.
    pub occupied: Vec<u64>,
    /// Surfaces of the occupied cells, in their order; empty if distances are to cells.
    pub surfaces: Vec<Surface>,
    /// `[N+1]` states of the expert: x, y, yaw, v, omega.
    pub states: Vec<[f64; 5]>,
    /// `[N]` accelerations of the expert.
    pub inputs: Vec<[f64; 2]>,
    /// Number of known steps.
    pub valid: usize,
}

/// Buffers for the observation of a sample.
#[derive(Debug, Default)]
pub struct Scratch {
    snapshot: Snapshot,
    surfaces: Vec<Surface>,
}

/// An image `[channels, cells, cells]` with its rows reversed.
fn flipped(image: &[u8], cells: usize) -> Vec<u8> {
    image
        .chunks_exact(cells * cells)
        .flat_map(|channel| channel.chunks_exact(cells).rev())
        .flatten()
        .copied()
        .collect()
}

/// The expert's trajectory: `[N+1]` states, `[N]` inputs, and the number of known steps.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Label {
    pub states: Vec<[f64; 5]>,
    pub inputs: Vec<[f64; 2]>,
    pub valid: usize,
}

impl Sample {
    pub(super) fn new(
        view: &View,
        cells: usize,
        observation: &Observation<'_>,
        distance_max_m: f64,
        label: Label,
    ) -> Self {
        let snapshot = observation.snapshot;
        let field = &snapshot.field;
        let mut occupied = vec![0; field.frame().len().div_ceil(64)];
        let mut surfaces = Vec::new();
        for (cell, surface) in field.surfaces().iter().enumerate() {
            if surface.is_some() {
                occupied[cell / 64] |= 1 << (cell % 64);
                if field.is_placed() {
                    surfaces.push(*surface);
                }
            }
        }
        Self {
            ground: 0,
            image: view.image.clone(),
            cells,
            state: view.state,
            odom_from_view: view.odom_from_view,
            stamp: observation.now,
            odom_from_base: snapshot.odom_from_base,
            velocity: snapshot.velocity,
            goal: observation.goal,
            path: observation.path.to_vec(),
            frame: *field.frame(),
            distance_max_m,
            occupied,
            surfaces,
            states: label.states,
            inputs: label.inputs,
            valid: label.valid,
        }
    }

    /// The expert's states as `z = [p_x, p_y, cos θ, sin θ, v, ω]` in the view frame, at equally
    /// spaced knots from the first state to the last; `None` if unknown.
    pub fn expert_at_knots(&self, knots: usize, into: &mut Vec<Option<[f64; FEATURES]>>) {
        let view_from_odom = self.odom_from_view.inverse();
        let horizon = self.states.len().saturating_sub(1);
        into.clear();
        into.extend((0..knots).map(|knot| {
            let along = if knots == 1 {
                1.0
            } else {
                knot as f64 / (knots - 1) as f64
            };
            let step = (along * horizon as f64).round() as usize;
            let &[x, y, yaw, v, omega] = self.states.get(step).filter(|_| step <= self.valid)?;
            let position = view_from_odom * Point2::new(x, y);
            let (sin, cos) = wrap_angle(yaw - self.odom_from_view.yaw).sin_cos();
            Some([position.x, position.y, cos, sin, v, omega])
        }));
    }

    /// The policy's observation, with recomputed distances and without the grid.
    pub fn observation<'a>(&'a self, scratch: &'a mut Scratch) -> Observation<'a> {
        let Scratch { snapshot, surfaces } = scratch;
        snapshot.stamp = self.stamp;
        snapshot.scan_stamp = Some(self.stamp);
        snapshot.odom_from_base = self.odom_from_base;
        snapshot.velocity = self.velocity;
        if snapshot.field.max_distance_m() != self.distance_max_m {
            snapshot.field = DistanceField::new(self.distance_max_m);
        }
        let width = self.frame.width;
        let is_occupied = |cell: usize| self.occupied[cell / 64] >> (cell % 64) & 1 == 1;
        if self.surfaces.is_empty() {
            snapshot
                .field
                .update_where(self.frame, |column, row| is_occupied(row * width + column));
        } else {
            surfaces.clear();
            let mut known = self.surfaces.iter().copied();
            surfaces.extend((0..self.frame.len()).map(|cell| {
                let surface = is_occupied(cell).then(|| known.next());
                surface.flatten().unwrap_or(Surface::NONE)
            }));
            snapshot
                .field
                .update_surfaces(self.frame, |column, row| surfaces[row * width + column]);
        }
        Observation::new(self.stamp, snapshot, self.goal, &self.path)
    }

    /// The sample of the mirrored world: y becomes -y in all frames.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let pose = |pose: Pose2| Pose2::new(pose.x, -pose.y, -pose.yaw);
        let mut state = self.state;
        for entry in [3, 5, 7] {
            state[entry] = -state[entry];
        }
        let frame = self.frame;
        let mut occupied = vec![0; self.occupied.len()];
        let mut rows: Vec<Vec<Surface>> = Vec::with_capacity(frame.height);
        let mut surfaces = self.surfaces.iter();
        for row in 0..frame.height {
            let mut mirrored = Vec::new();
            for column in 0..frame.width {
                let from = row * frame.width + column;
                if self.occupied[from / 64] >> (from % 64) & 1 == 1 {
                    mirrored.extend(surfaces.next().map(|surface| surface.mirrored()));
                    let to = (frame.height - 1 - row) * frame.width + column;
                    occupied[to / 64] |= 1 << (to % 64);
                }
            }
            rows.push(mirrored);
        }
        let top = frame.origin.y + frame.height as f64 * frame.resolution_m;
        Self {
            ground: self.ground,
            image: flipped(&self.image, self.cells),
            cells: self.cells,
            state,
            odom_from_view: pose(self.odom_from_view),
            stamp: self.stamp,
            odom_from_base: pose(self.odom_from_base),
            velocity: Twist::new(self.velocity.linear, -self.velocity.angular),
            goal: Goal {
                position: Point2::new(self.goal.position.x, -self.goal.position.y),
                yaw: self.goal.yaw.map(|yaw| -yaw),
                ..self.goal
            },
            frame: GridFrame {
                origin: Point2::new(frame.origin.x, -top),
                ..frame
            },
            path: self.path.iter().map(|p| Point2::new(p.x, -p.y)).collect(),
            distance_max_m: self.distance_max_m,
            occupied,
            surfaces: rows.into_iter().rev().flatten().collect(),
            states: self
                .states
                .iter()
                .map(|&[x, y, yaw, v, omega]| [x, -y, -yaw, v, -omega])
                .collect(),
            inputs: self.inputs.iter().map(|&[a, alpha]| [a, -alpha]).collect(),
            valid: self.valid,
        }
    }
}
