//! What an agent sends is its last word: speed limits, monitor and demanded stops are part of it.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use controller::{
    Action, Agent, ControllerSettings, Goal, GuardMode, Intervention, Observation, Policy,
    PolicyError, RegularMpc, SolveStatus, SpeedLimit, StopDemand,
};
use perception::{LaserScan, Odometry, Point2, Pose2, SensorEvent, Stamp, Stamped, Twist};

const PERIOD_S: f64 = 0.05;

/// Wants one command, and keeps what it was told of the last one.
struct Parrot {
    wanted: Twist,
    told: Arc<Mutex<Vec<Option<Stamped<Twist>>>>>,
}

impl Policy for Parrot {
    fn name(&self) -> &'static str {
        "parrot"
    }

    fn reset(&mut self) {}

    fn act(
        &mut self,
        observation: &Observation<'_>,
        action: &mut Action,
    ) -> Result<(), PolicyError> {
        self.told.lock().unwrap().push(observation.sent);
        action.command = self.wanted;
        action.status = SolveStatus::Solved;
        Ok(())
    }
}

fn regular(settings: &ControllerSettings) -> Box<dyn Policy> {
    let c = settings.clone();
    Box::new(RegularMpc::new(&c.footprint, c.limits, c.cost, c.pace, c.mpc).unwrap())
}

/// A robot in a corridor along x that ends in a wall, which does as it is told.
struct World {
    agent: Agent,
    x: f64,
    wall_x: f64,
    sent: Twist,
    tick: u32,
}

impl World {
    fn new(agent: Agent) -> Self {
        let mut this = Self {
            agent,
            x: 0.0,
            wall_x: 20.0,
            sent: Twist::ZERO,
            tick: 0,
        };
        this.agent.set_goal(Goal {
            position: Point2::new(15.0, 0.0),
            yaw: None,
            tolerance_m: 0.3,
            yaw_tolerance_rad: 0.1,
        });
        this
    }

    fn now(&self) -> Stamp {
        Stamp::from_secs(10.0 + PERIOD_S * f64::from(self.tick))
    }

    fn step(&mut self) -> Action {
        let stamp = self.now();
        let pose = Pose2::new(self.x, 0.0, 0.0);
        let (ahead_m, aside_m) = (self.wall_x - self.x, 1.5);
        let ranges = (0..720)
            .map(|beam| {
                let angle = -2.35 + 0.0065 * f64::from(beam);
                let to_wall = if angle.cos() > 0.01 {
                    ahead_m / angle.cos()
                } else {
                    f64::INFINITY
                };
                to_wall.min(aside_m / angle.sin().abs().max(1e-3)) as f32
            })
            .collect();
        let events = [
            SensorEvent::Odometry(Odometry::level(pose, self.sent)),
            SensorEvent::Scan {
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
        ];
        for value in events {
            self.agent.observe(&Stamped { stamp, value }).unwrap();
        }
        let action = self.agent.act(stamp).clone();
        self.sent = action.command;
        self.x += self.sent.linear * PERIOD_S;
        self.tick += 1;
        action
    }

    fn steps(&mut self, count: usize) -> Vec<Action> {
        (0..count).map(|_| self.step()).collect()
    }
}

#[test]
fn the_next_observation_contains_the_sent_command() {
    let settings = ControllerSettings::default();
    let told = Arc::new(Mutex::new(Vec::new()));
    let parrot = Parrot {
        wanted: Twist::new(0.8, 0.0),
        told: Arc::clone(&told),
    };
    let mut world = World::new(Agent::new(&settings, Box::new(parrot)).unwrap());
    let mut sent = Vec::new();
    for tick in 0..60 {
        let demand = (30..40)
            .contains(&tick)
            .then_some(StopDemand::ProtectiveField);
        world.agent.demand_stop(demand);
        let stamp = world.now();
        let value = world.step().command;
        sent.push(Some(Stamped { stamp, value }));
        if tick == 50 {
            // a command that was replaced on its way to the wheels
            world.agent.set_sent(stamp, Twist::ZERO);
            sent.pop();
            let value = Twist::ZERO;
            sent.push(Some(Stamped { stamp, value }));
        }
    }
    let told = told.lock().unwrap();
    assert_eq!(told[0], None);
    assert_eq!(told[1..], sent[..told.len() - 1]);
    assert!(
        sent[30..40]
            .iter()
            .all(|sent| sent.unwrap().value == Twist::ZERO)
    );
}

#[test]
fn a_demanded_stop_is_zero_at_once_and_survives_a_reset() {
    let settings = ControllerSettings::default();
    let mut world = World::new(Agent::new(&settings, regular(&settings)).unwrap());
    assert!(world.steps(40).last().unwrap().command.linear > 0.8);
    for (demand, reason) in [
        (StopDemand::ProtectiveField, Intervention::ProtectiveField),
        (StopDemand::EmergencyStop, Intervention::EmergencyStop),
    ] {
        world.agent.demand_stop(Some(demand));
        let action = world.step();
        assert_eq!(action.command, Twist::ZERO);
        assert_eq!(action.intervention, Some(reason));
    }
    world.agent.reset();
    assert_eq!(world.step().command, Twist::ZERO);
    world.agent.demand_stop(None);
    world.agent.set_goal(Goal {
        position: Point2::new(15.0, 0.0),
        yaw: None,
        tolerance_m: 0.3,
        yaw_tolerance_rad: 0.1,
    });
    assert!(world.steps(20).last().unwrap().command.linear > 0.5);
}

#[test]
fn a_speed_limit_is_planned_with_and_reached_within_the_deceleration_limit() {
    let settings = ControllerSettings::default();
    let mut world = World::new(Agent::new(&settings, regular(&settings)).unwrap());
    let mut last = world.steps(40).last().unwrap().command.linear;
    assert!(last > 0.8);
    let expires = world.now() + std::time::Duration::from_secs(3);
    world
        .agent
        .set_speed_limit(Some(SpeedLimit::Speed(0.3)), Some(expires));
    let slowest = settings.limits.deceleration_max_mps2 * PERIOD_S;
    while world.now() < expires {
        let action = world.step();
        let command = action.command.linear;
        assert!(last - command <= slowest + 1e-9, "{last} to {command}");
        // 0.7 m/s at 1.5 m/s² are over after half a second
        if expires.secs_since(world.now()) < 2.4 {
            assert!(command <= 0.3 + 1e-9, "{command}");
            let planned = action.plan.states.iter().map(|state| state[3]);
            assert!(planned.fold(0.0, f64::max) <= 0.3 + 1e-3);
        }
        last = command;
    }
    assert_eq!(world.agent.speed_limit(world.now()), None);
    assert!(world.steps(20).last().unwrap().command.linear > 0.8);
}

#[test]
fn a_policy_that_ignores_a_speed_limit_is_held_to_it_on_its_arc() {
    let settings = ControllerSettings::default();
    let parrot = Parrot {
        wanted: Twist::new(0.8, 0.4),
        told: Arc::default(),
    };
    let mut world = World::new(Agent::new(&settings, Box::new(parrot)).unwrap());
    world
        .agent
        .set_speed_limit(Some(SpeedLimit::Share(0.2)), None);
    let action = world.steps(5).pop().unwrap();
    assert!((action.command.linear - 0.2).abs() < 1e-9);
    assert!((action.command.angular - 0.1).abs() < 1e-9);
    assert_eq!(action.intervention, None);
}

#[test]
fn the_monitor_stops_before_a_pedestrian_at_a_wall_and_the_action_reports_it() {
    let settings = ControllerSettings::default();
    let parrot = || {
        Box::new(Parrot {
            wanted: Twist::new(0.8, 0.0),
            told: Arc::default(),
        })
    };
    let agent = Agent::with_mode(&settings, parrot(), GuardMode::Teleoperated).unwrap();
    assert_eq!(agent.mode().name(), "teleoperated");
    let mut world = World::new(agent);
    world.wall_x = 2.0;
    let actions = world.steps(100);
    assert!(world.x + 0.3 < 2.0, "{}", world.x);
    assert_eq!(
        actions.last().unwrap().intervention,
        Some(Intervention::Monitor)
    );
    let finding = world.agent.monitor().finding().unwrap();
    assert!(finding.share < 0.2, "{finding:?}");
    // limits alone are kept without it
    let mut alone = settings.clone();
    alone.monitor.enabled = false;
    let agent = Agent::with_mode(&alone, parrot(), GuardMode::Teleoperated).unwrap();
    let mut world = World::new(agent);
    world.wall_x = 2.0;
    let faster = settings.limits.acceleration_max_mps2 * PERIOD_S;
    let mut last = 0.0;
    while world.x < 1.6 {
        let command = world.step().command.linear;
        assert!(command - last <= faster + 1e-9);
        last = command;
    }
    assert_eq!(last, 0.8);
}
