//! Reads the weights of a model, and says what cost the network adds to the plan of one tick.
//!
//! ```sh
//! cargo run --release -p performer-mpc-controller --example learned_agent -- models/navigator.safetensors
//! ```

use controller::performer::{Backend, Weights};
use controller::{Agent, ControllerSettings, Goal};
use perception::{LaserScan, Odometry, Point2, Pose2, SensorEvent, Stamp, Stamped, Twist};

/// Reads the file of the first argument.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1);
    tick(&file.ok_or("expected a file of weights")?)
}

/// One tick in an open room 10 m wide.
pub fn tick(file: &str) -> Result<(), Box<dyn std::error::Error>> {
    let weights = Weights::from_safetensors(&std::fs::read(file)?)?;
    let settings = ControllerSettings::default();
    let mut agent = Agent::performer(&settings, &weights, Backend::best()?)?;
    agent.set_goal(Goal {
        position: Point2::new(4.0, 0.0),
        yaw: None,
        tolerance_m: 0.3,
        yaw_tolerance_rad: 0.1,
    });
    let stamp = Stamp::from_secs(0.0);
    let odometry = SensorEvent::Odometry(Odometry::level(Pose2::IDENTITY, Twist::ZERO));
    let scan = SensorEvent::Scan {
        base_from_lidar: Pose2::IDENTITY,
        scan: LaserScan {
            angle_min: -std::f64::consts::PI,
            angle_increment: std::f64::consts::TAU / 720.0,
            time_increment: 0.0,
            range_min: 0.05,
            range_max: 20.0,
            ranges: (0_u16..720)
                .map(|beam| 5.0 + 0.3 * (f32::from(beam) * 0.3).sin())
                .collect(),
        },
    };
    for value in [odometry, scan] {
        agent.observe(&Stamped { stamp, value })?;
    }
    let command = agent.act(stamp).command;
    let learned = agent.learned().ok_or("no learned cost")?;
    println!("{:.2} m/s, {:.2} rad/s", command.linear, command.angular);
    println!(
        "{} parameters of the learned cost",
        learned.parameters.0.len()
    );
    Ok(())
}
