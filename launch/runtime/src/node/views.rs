//! Messages for the views of a tick: command, plan, map, learned cost.

use controller::{Action, LearnedCost, LearnedTerm};
use perception::{Cell, Footprint, OccupancyGrid, Pose2, Stamp, Twist};
use recordings::messages::{Header, PathMessage, Pose, PoseStamped, Time, TwistStamped, Vector3};

use super::messages::{
    Colour, CompressedImage, CostmapMessage, CostmapMetaData, MapMetaData, Marker, MarkerArray,
    MeshFile, OccupancyGridMessage, PolygonStamped,
};
use super::recorder::header;

/// Horizon steps with markers.
const STEPS: usize = 8;
/// Maximum half axis of an ellipse, m: the learned cost may be flat along it.
const AXIS_MAX_M: f64 = 2.0;
/// Corners of a disc's outline.
const CORNERS: usize = 16;
/// Kinds and actions of `visualization_msgs/Marker`.
const SPHERE: i32 = 2;
const LINE_STRIP: i32 = 4;
const ADD: i32 = 0;
const DELETE_ALL: i32 = 3;

/// A command in a frame.
pub fn twist_stamped(stamp: Stamp, frame: &str, command: Twist) -> TwistStamped {
    TwistStamped {
        header: header(stamp, frame),
        twist: command.into(),
    }
}

/// The predicted trajectory.
pub fn local_plan(stamp: Stamp, odom_frame: &str, action: &Action) -> PathMessage {
    let poses = action.plan.states.iter().enumerate().map(|(k, state)| {
        let at = Stamp(stamp.0 + (k as f64 * action.plan.dt_s * 1e9) as i64);
        PoseStamped {
            header: header(at, odom_frame),
            pose: Pose::from(Pose2::new(state[0], state[1], state[2])),
        }
    });
    PathMessage {
        header: header(stamp, odom_frame),
        poses: poses.collect(),
    }
}

/// The local map: -1 unknown, 0 free, 100 occupied.
pub fn costmap(stamp: Stamp, odom_frame: &str, grid: &OccupancyGrid) -> OccupancyGridMessage {
    let frame = grid.frame();
    let cells = grid
        .log_odds()
        .iter()
        .map(|&cell| match grid.classify(cell) {
            Cell::Unknown => -1,
            Cell::Free => 0,
            Cell::Occupied => 100,
        });
    OccupancyGridMessage {
        header: header(stamp, odom_frame),
        info: MapMetaData {
            map_load_time: Time::default(),
            resolution: frame.resolution_m as f32,
            width: frame.width as u32,
            height: frame.height as u32,
            origin: Pose::from(Pose2::new(frame.origin.x, frame.origin.y, 0.0)),
        },
        data: cells.collect(),
    }
}

/// The same in Nav2's encoding: 255 unknown, 0 free, 254 occupied.
pub fn costmap_raw(stamp: Stamp, odom_frame: &str, grid: &OccupancyGrid) -> CostmapMessage {
    let frame = grid.frame();
    let costs = grid
        .log_odds()
        .iter()
        .map(|&cell| match grid.classify(cell) {
            Cell::Unknown => 255,
            Cell::Free => 0,
            Cell::Occupied => 254,
        });
    CostmapMessage {
        header: header(stamp, odom_frame),
        metadata: CostmapMetaData {
            map_load_time: Time::default(),
            update_time: stamp.into(),
            layer: "master".to_owned(),
            resolution: frame.resolution_m as f32,
            size_x: frame.width as u32,
            size_y: frame.height as u32,
            origin: Pose::from(Pose2::new(frame.origin.x, frame.origin.y, 0.0)),
        },
        data: costs.collect(),
    }
}

/// The outline of the robot at its pose.
pub fn outline(
    stamp: Stamp,
    odom_frame: &str,
    footprint: &Footprint,
    base: Pose2,
) -> PolygonStamped {
    let corners = footprint.drawn_corners(CORNERS);
    let placed = corners.iter().map(|&corner| {
        let place = base * corner;
        [place.x as f32, place.y as f32, 0.0]
    });
    PolygonStamped {
        header: header(stamp, odom_frame),
        points: placed.collect(),
    }
}

/// The learned cost over the horizon: a line through its references, and around each the ellipse
/// with a cost rate of 0.5 per second. Empty without a learned cost.
pub fn learned_markers(
    stamp: Stamp,
    odom_frame: &str,
    learned: Option<&LearnedCost>,
    horizon: usize,
    dt_s: f64,
) -> MarkerArray {
    let blank = Marker {
        action: DELETE_ALL,
        ..marker(header(stamp, odom_frame), 0)
    };
    let mut markers = vec![blank];
    let Some(learned) = learned.filter(|learned| learned.parameters.knots() > 0) else {
        return MarkerArray { markers };
    };
    let mut term = LearnedTerm::default();
    term.set(learned, horizon, dt_s);
    let places = (0..=horizon).map(|k| {
        let place = term.position(k);
        Vector3 {
            x: place.x,
            y: place.y,
            z: 0.05,
        }
    });
    markers.push(Marker {
        kind: LINE_STRIP,
        points: places.collect(),
        scale: Vector3 {
            x: 0.04,
            y: 0.0,
            z: 0.0,
        },
        ..marker(header(stamp, odom_frame), 1)
    });
    for step in 1..=STEPS {
        let k = step * horizon / STEPS;
        let (half_axes, yaw) = ellipse(term.stiffness(k));
        let place = term.position(k);
        markers.push(Marker {
            kind: SPHERE,
            pose: Pose::from(Pose2::new(place.x, place.y, yaw)),
            scale: Vector3 {
                x: 2.0 * half_axes[0],
                y: 2.0 * half_axes[1],
                z: 0.02,
            },
            color: Colour { a: 0.25, ..COLOUR },
            ..marker(header(stamp, odom_frame), 1 + step as i32)
        });
    }
    MarkerArray { markers }
}

/// Half axes (m) of `p' A p = 1` and direction of the first one, from `[xx, xy, yy]` of `A`.
fn ellipse([xx, xy, yy]: [f64; 3]) -> ([f64; 2], f64) {
    let mean = 0.5 * (xx + yy);
    let spread = (0.25 * (xx - yy).powi(2) + xy * xy).sqrt();
    let half = |stiffness: f64| (1.0 / stiffness.max(f64::MIN_POSITIVE).sqrt()).min(AXIS_MAX_M);
    // the first axis is the stiffer one
    let yaw = 0.5 * (2.0 * xy).atan2(xx - yy);
    ([half(mean + spread), half(mean - spread)], yaw)
}

const COLOUR: Colour = Colour {
    r: 0.1,
    g: 0.6,
    b: 0.9,
    a: 1.0,
};

fn marker(header: Header, id: i32) -> Marker {
    Marker {
        header,
        ns: "learned_cost".to_owned(),
        id,
        kind: SPHERE,
        action: ADD,
        pose: Pose::from(Pose2::IDENTITY),
        scale: Vector3::default(),
        color: COLOUR,
        lifetime: Time::default(),
        frame_locked: false,
        points: Vec::new(),
        colors: Vec::new(),
        texture_resource: String::new(),
        texture: CompressedImage::default(),
        uv_coordinates: Vec::new(),
        text: String::new(),
        mesh_resource: String::new(),
        mesh_file: MeshFile::default(),
        mesh_use_embedded_materials: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outlines_are_where_the_robot_is() {
        let base = Pose2::new(1.0, 2.0, std::f64::consts::FRAC_PI_2);
        let shape = Footprint::Rectangle {
            length_m: 0.6,
            width_m: 0.4,
        };
        let outline = outline(Stamp::default(), "odom", &shape, base);
        let expected: [[f32; 3]; 4] = [
            [0.8, 2.3, 0.0],
            [0.8, 1.7, 0.0],
            [1.2, 1.7, 0.0],
            [1.2, 2.3, 0.0],
        ];
        for (found, expected) in outline.points.iter().zip(expected) {
            assert!((0..3).all(|k| (found[k] - expected[k]).abs() < 1e-6));
        }
    }

    #[test]
    fn the_stiffer_axis_is_the_shorter() {
        let (half_axes, yaw) = ellipse([4.0, 0.0, 1.0]);
        assert_eq!((half_axes, yaw), ([0.5, 1.0], 0.0));
        let (half_axes, yaw) = ellipse([1.0, 0.0, 4.0]);
        assert_eq!(half_axes, [0.5, 1.0]);
        assert!((yaw - std::f64::consts::FRAC_PI_2).abs() < 1e-12);
        assert_eq!(ellipse([0.0, 0.0, 0.0]).0, [AXIS_MAX_M; 2]);
    }
}
