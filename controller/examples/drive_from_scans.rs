//! Drives a simulated robot along a corridor to a goal, from laser scans and odometry.
//!
//! ```sh
//! cargo run --release -p performer-mpc-controller --example drive_from_scans
//! ```

use controller::{Agent, ControllerSettings, Goal, NavigationStatus};
use perception::{LaserScan, Odometry, Point2, Pose2, SensorEvent, Stamp, Stamped, Twist};

const PERIOD_S: f64 = 0.05;

/// Drives until the robot has arrived.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut agent = Agent::regular(&ControllerSettings::default())?;
    agent.set_goal(Goal {
        position: Point2::new(4.0, 0.5),
        yaw: None,
        tolerance_m: 0.3,
        yaw_tolerance_rad: 0.1,
    });
    let (mut pose, mut velocity) = (Pose2::IDENTITY, Twist::ZERO);
    for tick in 0..400 {
        let stamp = Stamp::from_secs(PERIOD_S * f64::from(tick));
        let odometry = SensorEvent::Odometry(Odometry::level(pose, velocity));
        let (base_from_lidar, scan) = (Pose2::IDENTITY, corridor(pose));
        let scan = SensorEvent::Scan {
            base_from_lidar,
            scan,
        };
        for value in [odometry, scan] {
            agent.observe(&Stamped { stamp, value })?;
        }
        velocity = agent.act(stamp).command;
        if *agent.status() == NavigationStatus::Arrived {
            println!(
                "arrived at {:.2}, {:.2} after {:.1} s",
                pose.x,
                pose.y,
                stamp.as_secs()
            );
            return Ok(());
        }
        pose = pose * Pose2::exp(velocity, PERIOD_S);
    }
    Err("the robot has not arrived".into())
}

/// Ranges in a corridor along x, 3 m wide, that ends at x = -4 and x = 8.
fn corridor(pose: Pose2) -> LaserScan {
    let (angle_min, angle_increment) = (-std::f64::consts::PI, std::f64::consts::TAU / 720.0);
    let range = |beam: u32| {
        let direction = pose.yaw + angle_min + f64::from(beam) * angle_increment;
        let (sin, cos) = direction.sin_cos();
        let along_m = if cos > 0.0 {
            8.0 - pose.x
        } else {
            pose.x + 4.0
        };
        let across_m = if sin > 0.0 {
            1.5 - pose.y
        } else {
            pose.y + 1.5
        };
        (along_m / cos.abs()).min(across_m / sin.abs()) as f32
    };
    LaserScan {
        angle_min,
        angle_increment,
        time_increment: 0.0,
        range_min: 0.05,
        range_max: 20.0,
        ranges: (0..720).map(range).collect(),
    }
}
