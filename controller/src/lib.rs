//! Local planning and control: from the map and the goal to a velocity command.
//!
//! ```text
//! Snapshot + Goal ─▶ Reference ─▶ Ocp ─▶ Sqp ⇄ LqSolver ─▶ Action ─▶ Guarded ─▶ Monitor ─▶ Twist
//! ```
//!
//! An [`Agent`] is the complete pipeline from sensor events to velocity commands. This crate opens
//! no file and reads no clock.

mod agent;
mod agents;
mod cost;
mod explicit;
mod guard;
mod limits;
mod monitor;
pub mod mpc;
mod navigation;
pub mod performer;
mod policy;
mod settings;
mod speed_limit;
mod stop_demand;

pub use agent::Agent;
pub use cost::{
    BaseObjective, CostHeadSettings, CostModel, CostParameters, CostSettings, FACTOR_LEN, FEATURES,
    FootprintDiscs, HandEngineered, KNOT_LEN, LearnedCost, LearnedTerm, MoverSettings, MoverTerm,
    PaceSettings, Reference, WithLearned,
};
pub use explicit::{
    PathHeadSettings, PathModel, PathParameters, PurePursuit, PursuitSettings, RegressedPath,
};
pub use guard::{
    Finding, GuardSettings, Guarded, Motion, MotionEstimator, MotionFault, PassiveSettings,
    SightSettings,
};
pub use limits::Limits;
pub use monitor::{
    Monitor, MonitorCause, MonitorFinding, MonitorSettings, Travel, ZoneAction, ZoneSettings,
    ZoneShape,
};
pub use navigation::{Behavior, NavigationSettings, NavigationStatus};
pub use policy::{
    Action, ExplicitPolicy, Goal, GuardMode, Intervention, LqBackend, MpcPolicy, MpcSettings,
    Observation, Plan, PlanCotangent, Planner, Policy, PolicyError, RegularMpc, SolveStatus, Stall,
    StallSettings, Start, Turn,
};
pub use settings::{ControllerSettings, PlanningSettings};
pub use speed_limit::{SpeedBounds, SpeedLimit};
pub use stop_demand::StopDemand;
