//! The expert: regular MPC along the cheapest path on the ground-truth map.
//!
//! ```text
//! World ─▶ price of a metre ─▶ cost-to-go ─▶ path from the robot ─▶ RegularMpc ─▶ Plan
//! ```
//!
//! Among pedestrians the best of many sampled rollouts against their predicted trajectories
//! replaces the plan of regular MPC: see `yielding`. The expert then also uses the ground truth of
//! pedestrians, from [`Company`].
//!
//! It drives as a [`Policy`] for demonstrations, or labels the states of a learner with its own
//! plans (Ross, Gordon, Bagnell, "A reduction of imitation learning and structured prediction to
//! no-regret online learning", 2011). Without pedestrians only the path is privileged: obstacle
//! avoidance uses the same map as the learner.

mod company;
mod corner;
mod ground;
mod marching;
mod yielding;

use std::sync::Arc;

use controller::{
    Action, ControllerSettings, CostSettings, Goal, Observation, Plan, Policy, PolicyError,
    RegularMpc, SolveStatus,
};
use perception::{Point2, Pose2, SettingsError, Twist, wrap_angle};

use crate::robot::RobotModel;
use crate::scenario::{SimGoal, Situation};
pub use company::Company;
use corner::Corner;
use ground::Ground;
use marching::CostToGo;
use yielding::{Judge, Norm, Yielding};

/// Minimum weight of backward motion.
const REVERSE_WEIGHT: f64 = 10.0;
/// Minimum weight of the heading along the path.
const HEADING_WEIGHT: f64 = 2.0;
/// Minimum iteration limit of a solve: demonstrations need converged plans.
const ITERATIONS: u32 = 20;

/// The expert of one situation.
pub struct Expert {
    start: Pose2,
    goal: SimGoal,
    cost_to_go: CostToGo,
    mpc: RegularMpc,
    controller: ControllerSettings,
    radius_m: f64,
    company: Company,
    yielding: Yielding,
    /// The blind corner of the path, if it has one.
    corner: Option<Corner>,
    /// Maximum speed at every point of the path, m/s.
    sight_mps: Vec<f64>,
    /// The path of the last tick, odometry frame.
    way: Vec<Point2>,
    action: Action,
}

impl Expert {
    /// Prepares the expert of a situation for a robot with these controller settings.
    pub fn new(
        settings: &ControllerSettings,
        robot: &RobotModel,
        situation: &Situation,
    ) -> Result<Self, SettingsError> {
        let goal = situation.goal;
        // between the radii of the inscribed and the circumscribed circle
        let radius_m =
            0.5 * (robot.footprint.inscribed_radius_m() + robot.footprint.circumscribed_radius_m());
        let deceleration_max_mps2 = settings.limits.deceleration_max_mps2;
        let corner = Corner::new(&situation.inner_corners, radius_m, deceleration_max_mps2);
        let ground = Ground::of(
            &situation.world,
            radius_m,
            robot,
            &[situation.start.position(), goal.position],
            corner.as_ref(),
        )?;
        // if the path leads backward, the robot turns first: it has no sensors behind
        let cost = CostSettings {
            reverse_weight: settings.cost.reverse_weight.max(REVERSE_WEIGHT),
            heading_weight: settings.cost.heading_weight.max(HEADING_WEIGHT),
            ..settings.cost.clone()
        };
        let mut mpc = settings.mpc.clone();
        mpc.sqp.max_iterations = mpc.sqp.max_iterations.max(ITERATIONS);
        Ok(Self {
            start: situation.start,
            goal,
            cost_to_go: CostToGo::march(ground, goal.position),
            controller: settings.clone(),
            radius_m,
            company: Company::default(),
            yielding: Yielding::default(),
            corner,
            sight_mps: Vec::new(),
            mpc: RegularMpc::new(
                &settings.footprint,
                settings.limits,
                cost,
                settings.pace,
                mpc,
            )?,
            way: Vec::new(),
            action: Action::default(),
        })
    }

    /// The mailbox of ground-truth pedestrians. Without it the expert knows only those on the map.
    pub fn company(&self) -> Company {
        self.company.clone()
    }

    /// The expert's plan at `world_from_base` with the learner's observation, in the learner's
    /// odometry frame. False, without a plan, if the expert has none.
    pub fn advise(
        &mut self,
        observation: &Observation<'_>,
        world_from_base: Pose2,
        plan: &mut Plan,
    ) -> bool {
        let mut action = std::mem::take(&mut self.action);
        let solved = self
            .decide(observation, world_from_base, &mut action)
            .is_ok()
            && matches!(
                action.status,
                SolveStatus::Solved | SolveStatus::MaxIterations
            );
        if solved {
            plan.clone_from(&action.plan);
        } else {
            plan.states.clear();
            plan.inputs.clear();
        }
        self.action = action;
        solved
    }

    /// The path of the last tick, odometry frame.
    pub fn way(&self) -> &[Point2] {
        &self.way
    }

    fn decide(
        &mut self,
        observation: &Observation<'_>,
        world_from_base: Pose2,
        action: &mut Action,
    ) -> Result<(), PolicyError> {
        let odom_from_world = observation.snapshot.odom_from_base * world_from_base.inverse();
        action.status = SolveStatus::NotRun;
        if !self
            .cost_to_go
            .way_from(world_from_base.position(), &mut self.way)
        {
            self.way.clear();
            return Ok(());
        }
        if self.give_way(observation, world_from_base, action) {
            return Ok(());
        }
        for point in &mut self.way {
            *point = odom_from_world * *point;
        }
        let informed = Observation {
            goal: Goal {
                position: odom_from_world * self.goal.position,
                yaw: self.goal.yaw.map(|yaw| yaw + odom_from_world.yaw),
                tolerance_m: self.goal.tolerance_m,
                yaw_tolerance_rad: Goal::YAW_TOLERANCE_RAD,
            },
            path: &self.way,
            ..*observation
        };
        self.mpc.act(&informed, action)
    }
}

impl Expert {
    /// The best motion if there are or may be pedestrians; else false, and no motion.
    fn give_way(
        &mut self,
        observation: &Observation<'_>,
        world_from_base: Pose2,
        action: &mut Action,
    ) -> bool {
        let now_s = observation.now.as_secs();
        let (companions, age_s) = match self.company.known(now_s) {
            Some(known) => known,
            None if self.corner.is_some() => (Arc::from([]), 0.0),
            None => return false,
        };
        match &self.corner {
            Some(corner) => {
                let ground = self.cost_to_go.ground();
                corner.pace(ground, &self.way, &mut self.sight_mps);
            }
            None => self.sight_mps.clear(),
        }
        let mpc = &self.controller.mpc;
        let velocity = observation.snapshot.velocity;
        let judge = Judge {
            cost_to_go: &self.cost_to_go,
            companions: &companions,
            sight_mps: &self.sight_mps,
            age_s: age_s + mpc.latency_s,
            limits: &self.controller.limits,
            pace: &self.controller.pace,
            radius_m: self.radius_m,
            norm: if self.corner.is_some() {
                &Norm::CORNER
            } else {
                &Norm::OPEN
            },
            dt_s: mpc.dt_s,
        };
        // the plan starts where its command takes effect
        let start = world_from_base * Pose2::exp(velocity, mpc.latency_s);
        let plan = self
            .yielding
            .choose(&judge, &self.way, start, velocity, mpc.horizon);
        let odom_from_world = observation.snapshot.odom_from_base * world_from_base.inverse();
        action.plan.clone_from(plan);
        for state in &mut action.plan.states {
            let moved = odom_from_world * Pose2::new(state[0], state[1], state[2]);
            [state[0], state[1], state[2]] = [moved.x, moved.y, wrap_angle(moved.yaw)];
        }
        action.command = velocity_at(&action.plan, mpc.lead_s);
        action.status = SolveStatus::Solved;
        for point in &mut self.way {
            *point = odom_from_world * *point;
        }
        true
    }
}

/// Width of a cell and rounding of shapes to cells, m: reduced by it, a robot fits on the map's
/// cells wherever it fits in the world.
const ROUNDING_M: f64 = 0.1;

/// Lengths of the shortest paths from two places to the goal, m, infinite without a path; none for
/// worlds beyond the maximum map size.
pub(crate) fn shortest_ways(
    situation: &Situation,
    robot: &RobotModel,
    from: [Point2; 2],
) -> Option<[f64; 2]> {
    let goal = situation.goal.position;
    let radius_m = (robot.footprint.inscribed_radius_m() - ROUNDING_M).max(0.0);
    let ground = Ground::of(
        &situation.world,
        radius_m,
        robot,
        &[from[0], from[1], goal],
        None,
    )
    .ok()?;
    let ways = CostToGo::march(ground.even(radius_m), goal);
    Some(from.map(|place| ways.cost_from(place)))
}

/// Length of the shortest path to within the goal's tolerance on the ground-truth map, m. None
/// without a path, and for worlds beyond the maximum map size.
pub fn shortest_way_m(situation: &Situation, robot: &RobotModel) -> Option<f64> {
    let start = situation.start.position();
    let [way_m, _] = shortest_ways(situation, robot, [start; 2])?;
    way_m
        .is_finite()
        .then(|| (way_m - situation.goal.tolerance_m).max(0.0))
}

/// The plan's velocity at a time after its start.
fn velocity_at(plan: &Plan, time_s: f64) -> Twist {
    let knot = time_s / plan.dt_s;
    let share = knot.fract();
    let at = |knot: usize| {
        let state = plan.states.get(knot).or(plan.states.last());
        state.map_or(Twist::ZERO, |state| Twist::new(state[3], state[4]))
    };
    let (before, after) = (at(knot as usize), at(knot as usize + 1));
    Twist::new(
        before.linear + share * (after.linear - before.linear),
        before.angular + share * (after.angular - before.angular),
    )
}

impl Policy for Expert {
    fn name(&self) -> &'static str {
        "expert"
    }

    fn reset(&mut self) {
        self.mpc.reset();
        self.yielding.reset();
        self.company.forget();
        self.way.clear();
    }

    /// Assumes that odometry began at the situation's start.
    fn act(
        &mut self,
        observation: &Observation<'_>,
        action: &mut Action,
    ) -> Result<(), PolicyError> {
        let world_from_base = self.start * observation.snapshot.odom_from_base;
        self.decide(observation, world_from_base, action)
    }
}
