//! Simulated worlds, sensors, robots and pedestrians.
//!
//! ```text
//! Scenario + seed ─▶ Situation ─▶ drive(robot, agent) ─▶ Episode
//!                       │              ▲
//!                     World ─▶ Lidar ──┤
//!                              Plant ──┘
//! ```
//!
//! A [`Situation`] is a [`World`], a start, a goal and the rules of the trial; [`drive`] closes the
//! loop between an agent and a [`RobotModel`] in it. The robot's [`Plant`] deliberately differs
//! from the controller's model: it has latency, lag, slip and drift. The same seeds give the same
//! [`Episode`], byte for byte. This crate opens no file and reads no clock.

mod adversary;
mod crowd;
mod drive;
mod episode;
mod expert;
mod fault;
mod import;
mod inspection;
mod metrics;
mod robot;
mod scenario;
mod sensing;
mod world;

pub use adversary::{Charging, Wild};
pub use crowd::{Body, Companion, Crowd, Habit, Person, Temper};
pub use drive::{CLEARANCE_REACH_M, DriveSettings, TickView, drive};
pub use episode::{ContactBy, Encounters, Episode, Hazard, Interventions, Metrics, Outcome};
pub use expert::{Company, Expert, shortest_way_m};
pub use fault::{
    CATALOGUE, ClockScope, ContactClass, ContactTruth, Fault, FaultCase, FaultPlan, FaultyDrive,
    GroundTruth, InvalidReading, Persistence, Rest, ScheduledFault, SensorScope, Sight, Stopping,
    Touched, VelocityGlitch, corridor,
};
pub use import::{
    BarnError, BarnWorld, DoorDirection, DoorError, DoorPlace, GazeboError, GazeboWorld,
    MappedDoor, OpenModel, Recording, RecordingError, Track, gazebo_trial, read_barn_worlds,
    read_doors, read_gazebo_world,
};
pub use inspection::{Findings, Inspection, InspectionSettings, ObjectFinding, ObjectKind, Share};
pub use metrics::{
    Disturbance, Motion, Nearness, TTC_REACH_S, TrackingMetrics, TrackingTally, spl,
    time_to_collision_s_min,
};
pub use perception::SettingsError;
pub use robot::{Plant, PlantSettings, RobotModel};
pub use scenario::{
    BARN_GOAL, BARN_START, BarnLikeSettings, BlindCornerSettings, Building, DoorwaySettings,
    ObstacleCourseSettings, PedestrianSettings, Place, ReplaySettings, RoomsSettings, Rules,
    Scenario, ScenarioError, SimGoal, Situation, Style, Walk,
};
pub use sensing::{
    DepthCamera, DepthCameraSettings, Dropout, Inclinometer, InclinometerSettings, Lidar,
    LidarSettings, Mounting, RingLidar, RingLidarSettings,
};
pub use world::{
    Band, CellTruth, FloorPatch, Footing, Gap, Hit, Material, Mover, Obstacle, Scene, Shape,
    Surroundings, Truth, World, WorldError,
};
