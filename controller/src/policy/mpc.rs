//! Model predictive control with a cost model; regular MPC has no learned cost.

use perception::{Footprint, SettingsError, Twist, wrap_angle};

use super::openness;
use super::stall::{Stall, Turn};
use super::{Action, MpcSettings, Observation, Planner, Policy, PolicyError, Start};
use crate::cost::{CostModel, CostSettings, HandEngineered, LearnedCost, PaceSettings};
use crate::limits::Limits;

/// MPC policy: a planner and the cost model that adds a learned term to its objective.
pub struct MpcPolicy<C> {
    planner: Planner,
    model: C,
    learned: LearnedCost,
    stall: Stall,
    is_learned: bool,
}

/// MPC with the hand-engineered cost alone.
pub type RegularMpc = MpcPolicy<HandEngineered>;

impl MpcPolicy<HandEngineered> {
    /// A policy without history.
    pub fn new(
        footprint: &Footprint,
        limits: Limits,
        cost: CostSettings,
        pace: PaceSettings,
        settings: MpcSettings,
    ) -> Result<Self, SettingsError> {
        let planner = Planner::new(footprint, limits, cost, pace, settings)?;
        Ok(Self::with(planner, HandEngineered))
    }
}

impl<C: CostModel> MpcPolicy<C> {
    /// A planner with a cost model.
    pub fn with(planner: Planner, model: C) -> Self {
        Self {
            stall: Stall::new(planner.settings().stall),
            planner,
            model,
            learned: LearnedCost::default(),
            is_learned: false,
        }
    }

    /// The cost model.
    pub fn model(&self) -> &C {
        &self.model
    }

    /// The plan's velocity at `time_s` after its start.
    fn velocity_at(&self, time_s: f64) -> Twist {
        let settings = self.planner.settings();
        let states = &self.planner.solution().x;
        let knot = time_s / settings.dt_s;
        let k = (knot as usize).min(settings.horizon - 1);
        let share = (knot - k as f64).min(1.0);
        let (before, after) = (&states[k], &states[k + 1]);
        Twist::new(
            before[3] + share * (after[3] - before[3]),
            before[4] + share * (after[4] - before[4]),
        )
    }

    fn report(&self, action: &mut Action) {
        let solution = self.planner.solution();
        action.status = solution.status;
        action.plan.dt_s = self.planner.settings().dt_s;
        action.plan.states.clear();
        action.plan.states.extend(
            solution
                .x
                .iter()
                .map(|x| [x[0], x[1], wrap_angle(x[2]), x[3], x[4]]),
        );
        action.plan.inputs.clear();
        action
            .plan
            .inputs
            .extend(solution.u.iter().map(|u| [u[0], u[1]]));
    }
}

impl<C: CostModel> Policy for MpcPolicy<C> {
    fn name(&self) -> &'static str {
        self.model.name()
    }

    fn reset(&mut self) {
        self.planner.reset();
        self.model.reset();
        self.stall.reset();
    }

    fn act(
        &mut self,
        observation: &Observation<'_>,
        action: &mut Action,
    ) -> Result<(), PolicyError> {
        self.planner.check(observation)?;
        self.is_learned = false;
        let (turn, is_new) = self.stall.look(observation);
        if is_new {
            self.planner.reset();
        }
        let mut aim = *observation;
        if let Turn::Back(position) = turn {
            (aim.goal.position, aim.goal.yaw, aim.path) = (position, None, &[]);
        }
        self.is_learned = turn == Turn::Learned && self.model.learned(&aim, &mut self.learned)?;
        if self.is_learned {
            let weight = openness::weight(&aim, self.planner.settings());
            openness::fade(&mut self.learned.parameters, weight);
        }
        let learned = self.is_learned.then_some(&self.learned);
        self.planner.solve(&aim, learned, Start::Policy)?;
        self.report(action);
        action.command = if self.planner.has_plan() {
            self.velocity_at(self.planner.settings().lead_s)
        } else {
            Twist::ZERO
        };
        Ok(())
    }

    fn learned(&self) -> Option<&LearnedCost> {
        self.is_learned.then_some(&self.learned)
    }
}
