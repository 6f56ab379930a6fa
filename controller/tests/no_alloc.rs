//! A tick allocates nothing once every buffer has its size.
#![allow(clippy::unwrap_used)]

use controller::mpc::AdjointStatus;
use controller::{
    Agent, ControllerSettings, CostParameters, Goal, KNOT_LEN, LearnedCost, Observation,
    PlanCotangent, Planner, RegularMpc, Start,
};
use perception::{
    LaserScan, Odometry, Point2, Pose2, SensorEvent, Snapshot, Stamp, Stamped, Twist,
};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// A round room of 4 m seen from a pose.
fn events(t_s: f64, pose: Pose2) -> [Stamped<SensorEvent>; 2] {
    let stamp = Stamp::from_secs(t_s);
    let ranges = (0..720)
        .map(|beam| {
            let angle = pose.yaw - 2.35 + 0.0065 * f64::from(beam);
            let along = pose.x * angle.cos() + pose.y * angle.sin();
            ((along * along + 16.0 - pose.position().coords.norm_squared()).sqrt() - along) as f32
        })
        .collect();
    [
        Stamped {
            stamp,
            value: SensorEvent::Odometry(Odometry::level(pose, Twist::new(0.4, 0.1))),
        },
        Stamped {
            stamp,
            value: SensorEvent::Scan {
                base_from_lidar: Pose2::IDENTITY,
                scan: LaserScan {
                    angle_min: -2.35,
                    angle_increment: 0.0065,
                    time_increment: 0.0,
                    range_min: 0.1,
                    range_max: 20.0,
                    ranges,
                },
            },
        },
    ]
}

/// A warm agent does not allocate.
fn main() {
    let settings = ControllerSettings::default();
    let c = settings.clone();
    let policy = RegularMpc::new(&c.footprint, c.limits, c.cost, c.pace, c.mpc).unwrap();
    let mut agent = Agent::new(&settings, Box::new(policy)).unwrap();
    agent.set_goal(Goal {
        position: Point2::new(2.5, 1.0),
        yaw: None,
        tolerance_m: 0.3,
        yaw_tolerance_rad: 0.1,
    });
    let ticks: Vec<_> = (0..120)
        .map(|tick| {
            let t_s = 0.05 * f64::from(tick);
            let pose = Pose2::new(-1.5, 0.0, 0.0) * Pose2::exp(Twist::new(0.4, 0.1), t_s);
            (Stamp::from_secs(t_s), events(t_s, pose))
        })
        .collect();
    let profiler = dhat::Profiler::builder().testing().build();
    let mut run = |ticks: &[(Stamp, [Stamped<SensorEvent>; 2])]| {
        for (now, events) in ticks {
            for event in events {
                agent.observe(event).unwrap();
            }
            agent.act(*now);
        }
    };
    run(&ticks[..60]);
    let before = dhat::HeapStats::get().total_blocks;
    run(&ticks[60..]);
    assert_eq!(dhat::HeapStats::get().total_blocks - before, 0);
    learn(&settings, agent.snapshot());
    drop(profiler);
}

/// Solving under a learned cost and carrying a loss back.
fn learn(settings: &ControllerSettings, snapshot: &Snapshot) {
    let c = settings.clone();
    let horizon = c.mpc.horizon;
    let mut planner = Planner::new(&c.footprint, c.limits, c.cost, c.pace, c.mpc).unwrap();
    let mut learned = LearnedCost {
        parameters: CostParameters(vec![0.3; 4 * KNOT_LEN]),
        odom_from_view: snapshot.odom_from_base,
    };
    let observation = Observation::new(
        snapshot.stamp,
        snapshot,
        Goal {
            position: Point2::new(2.5, 1.0),
            yaw: None,
            tolerance_m: 0.3,
            yaw_tolerance_rad: 0.1,
        },
        &[],
    );
    let inputs = vec![[0.0; 2]; horizon];
    let cotangent = PlanCotangent {
        states: vec![[0.1; 5]; horizon + 1],
        inputs: vec![[0.1; 2]; horizon],
    };
    let mut gradient = CostParameters::default();
    let mut before = 0;
    for round in 0..6 {
        learned.parameters.0[7] = 0.1 * f64::from(round);
        for start in [Start::Policy, Start::Inputs(&inputs)] {
            planner.solve(&observation, Some(&learned), start).unwrap();
            let status = planner.gradient(&snapshot.field, &cotangent, &mut gradient);
            assert_eq!(status, AdjointStatus::Solved);
        }
        if round == 2 {
            before = dhat::HeapStats::get().total_blocks;
        }
    }
    assert_eq!(dhat::HeapStats::get().total_blocks - before, 0);
}
