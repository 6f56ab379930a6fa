//! Optimal control problems: any state, goal and learned cost. The planner ends within its
//! iterations, and a plan that it calls solved is finite and within the limits.
//!
//! Every number is two bytes, and zeros follow the last.
#![no_main]

use std::sync::LazyLock;

use controller::{
    CostParameters, CostSettings, Goal, KNOT_LEN, LearnedCost, Limits, MpcSettings, Observation,
    PaceSettings, Planner, SolveStatus, Start,
};
use libfuzzer_sys::fuzz_target;
use perception::{
    DistanceField, Footprint, GridFrame, LogOdds, OccupancyGrid, Point2, Pose2, Snapshot, Stamp,
    Twist,
};

const KNOTS: usize = 2;
const HORIZON: usize = 8;

/// 4 by 4 m with a post.
static MAP: LazyLock<(OccupancyGrid, DistanceField)> = LazyLock::new(|| {
    let frame = GridFrame {
        origin: Point2::new(-2.0, -2.0),
        resolution_m: 0.1,
        width: 40,
        height: 40,
    };
    let mut grid = OccupancyGrid::unknown(frame, LogOdds::default());
    for index in 0..frame.len() {
        grid.declare_free(index);
    }
    for _ in 0..4 {
        grid.mark(frame.index(28, 20));
    }
    let mut field = DistanceField::new(2.0);
    field.update(&grid);
    (grid, field)
});

fuzz_target!(|bytes: &[u8]| {
    let pairs = bytes.as_chunks::<2>().0.iter();
    let mut numbers = pairs.map(|pair| match i16::from_le_bytes(*pair) {
        i16::MAX => f64::INFINITY,
        i16::MIN => f64::NAN,
        value @ 32_000.. => 10_f64.powi(i32::from(value - 32_000)),
        value => f64::from(value) / 4096.0,
    });
    let mut next = || numbers.next().unwrap_or(0.0);
    let snapshot = Snapshot {
        stamp: Stamp(0),
        scan_stamp: Some(Stamp(0)),
        odom_from_base: Pose2::new(next(), next(), next()),
        velocity: Twist::new(next(), next()),
        grid: MAP.0.clone(),
        field: MAP.1.clone(),
        ..Snapshot::default()
    };
    let goal = Goal {
        position: Point2::new(next(), next()),
        yaw: None,
        tolerance_m: 0.1,
        yaw_tolerance_rad: 0.1,
    };
    let observation = Observation::new(Stamp(0), &snapshot, goal, &[]);
    let learned = LearnedCost {
        parameters: CostParameters((0..KNOTS * KNOT_LEN).map(|_| next()).collect()),
        odom_from_view: Pose2::new(next(), next(), next()),
    };
    let settings = MpcSettings {
        horizon: HORIZON,
        ..MpcSettings::default()
    };
    // trials of all starts, then the finalists, or one warm solve
    let (search, each) = (&settings.multi_start, settings.sqp.max_iterations);
    let trials = (search.candidates as u32 + 1) * search.trial_iterations;
    let iterations_max = trials + (search.finalists as u32 + 1) * each;
    let (limits, footprint) = (Limits::default(), Footprint::Disc { radius_m: 0.3 });
    let (cost, pace) = (CostSettings::default(), PaceSettings::default());
    let mut planner =
        Planner::new(&footprint, limits, cost, pace, settings).expect("the usual settings");
    for _ in 0..2 {
        let Ok(plan) = planner.solve(&observation, Some(&learned), Start::Policy) else {
            return;
        };
        assert!(plan.iterations <= iterations_max);
        if plan.status == SolveStatus::Solved {
            assert!(plan.cost.is_finite());
            assert!(plan.x.iter().flatten().all(|value| value.is_finite()));
            for input in &plan.u {
                assert!(input[0] <= limits.acceleration_max_mps2 + 1e-6);
                assert!(input[1].abs() <= limits.turn_acceleration_max_radps2 + 1e-6);
            }
        }
    }
});
