//! Differentiates a loss on the planned path by the parameters of the learned cost.
//!
//! ```sh
//! cargo run --release -p performer-mpc-controller --example differentiate
//! ```

use controller::mpc::AdjointStatus;
use controller::{
    ControllerSettings, CostParameters, Goal, LearnedCost, Observation, PlanCotangent, Planner,
    Start,
};
use perception::{
    DistanceField, GridFrame, LogOdds, OccupancyGrid, Point2, Pose2, Snapshot, Stamp,
};

/// Step of the central difference.
const STEP: f64 = 1e-4;

/// Compares the gradient with a central difference.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = ControllerSettings::default();
    settings.mpc.sqp.tolerance = 1e-12;
    settings.mpc.sqp.max_iterations = 200;
    let horizon = settings.mpc.horizon;
    let mut planner = settings.planner()?;
    let snapshot = free_room();
    let mut cost = LearnedCost {
        parameters: CostParameters::zeros(3),
        odom_from_view: Pose2::IDENTITY,
    };
    cost.parameters.0.fill_with(|| 0.5);

    // dLoss/dplan of the loss y(end): the robot is to end further right
    let mut cotangent = PlanCotangent {
        states: vec![[0.0; 5]; horizon + 1],
        inputs: vec![[0.0; 2]; horizon],
    };
    cotangent.states[horizon][1] = 1.0;
    end_y_m(&mut planner, &snapshot, &cost)?;
    let mut gradient = CostParameters::default();
    let status = planner.gradient(&snapshot.field, &cotangent, &mut gradient);
    if status != AdjointStatus::Solved {
        return Err("the plan is no strict minimum".into());
    }

    // the largest entry against a central difference
    let largest = |a: &(usize, &f64), b: &(usize, &f64)| a.1.abs().total_cmp(&b.1.abs());
    let (index, derivative) =
        (gradient.0.iter().enumerate().max_by(largest)).ok_or("no parameters")?;
    let at = cost.parameters.0[index];
    cost.parameters.0[index] = at + STEP;
    let above = end_y_m(&mut planner, &snapshot, &cost)?;
    cost.parameters.0[index] = at - STEP;
    let below = end_y_m(&mut planner, &snapshot, &cost)?;
    let difference = (above - below) / (2.0 * STEP);
    println!("d y(end) / d parameter {index}: {derivative:.6}, by difference {difference:.6}");
    if (derivative - difference).abs() > 1e-3 * derivative.abs() {
        return Err("gradient and central difference differ".into());
    }
    Ok(())
}

/// Solves, and returns the last y of the plan, m.
fn end_y_m(
    planner: &mut Planner,
    snapshot: &Snapshot,
    cost: &LearnedCost,
) -> Result<f64, Box<dyn std::error::Error>> {
    let goal = Goal {
        position: Point2::new(2.0, 0.3),
        yaw: None,
        tolerance_m: 0.3,
        yaw_tolerance_rad: 0.1,
    };
    let observation = Observation::new(snapshot.stamp, snapshot, goal, &[]);
    let cold = vec![[0.0; 2]; planner.settings().horizon];
    let solution = planner.solve(&observation, Some(cost), Start::Inputs(&cold))?;
    Ok(solution.x.last().ok_or("an empty plan")?[1])
}

/// A free room of 6 by 6 m about the robot.
fn free_room() -> Snapshot {
    let frame = GridFrame {
        origin: Point2::new(-3.0, -3.0),
        resolution_m: 0.05,
        width: 120,
        height: 120,
    };
    let grid = OccupancyGrid::unknown(frame, LogOdds::default());
    let mut field = DistanceField::new(2.0);
    field.update(&grid);
    Snapshot {
        stamp: Stamp::from_secs(1.0),
        field,
        ..Snapshot::default()
    }
}
