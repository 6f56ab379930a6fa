//! The lifecycle of the node and its resources. All of it runs on the ROS thread.

mod running;
mod stops;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use controller::performer::Backend;
use perception::Twist;
use r2r::{Node, PublisherUntyped, QosProfile};

use super::NodeError;
use super::bond::Bond;
use super::clock::RosClock;
use super::priority;
use super::topics::Publications;
use crate::RobotConfig;
use crate::driver::{Driver, read_model};
use crate::node::{
    End, Event, Health, Mailbox, Mailboxes, MessageFault, NodeClock as _, Outlet as _, Parameters,
    Pilot, RawInput, Recorder, Request, Source, State, Transition,
};
use running::Running;
use stops::Asked;

/// Maximum time for a hanging loop to come to rest before it is abandoned.
const REST_MAX: Duration = Duration::from_secs(10);

/// End of a drive.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    /// Ended by the loop.
    Ended(End),
    /// Rejected.
    Refused(MessageFault),
    /// Cancelled on request.
    Cancelled,
    /// Replaced by another drive, or the node is no longer active.
    Displaced,
}

/// Client of a drive.
pub(super) trait Client {
    /// Feedback: distance to the goal, m, and speed, m/s.
    fn driving(&mut self, distance_m: f64, speed_mps: f64);

    /// Result.
    fn done(&mut self, outcome: Outcome);
}

struct Drive {
    client: Box<dyn Client>,
    is_cancelled: bool,
}

/// A change of state that waits for the robot to come to rest.
struct Resting {
    transition: Transition,
    done: Done,
    since: Instant,
}

/// Callback with the success of a change of state.
pub(super) type Done = Box<dyn FnOnce(bool)>;

/// The node without its services.
pub(super) struct Machine {
    state: State,
    parameters: Parameters,
    clock: RosClock,
    mailboxes: Arc<Mailboxes>,
    publications: Publications,
    changes: PublisherUntyped,
    bond: Bond,
    pilot: Option<Pilot>,
    /// Frames and stops of an earlier controller.
    retired: Option<Pilot>,
    running: Option<Running>,
    resting: Option<Resting>,
    asked: Vec<Asked>,
    drives: BTreeMap<u64, Drive>,
    drive_count: u64,
}

impl Machine {
    pub(super) fn new(
        node: &mut Node,
        parameters: Parameters,
        clock: RosClock,
        mailboxes: Arc<Mailboxes>,
    ) -> Result<Self, NodeError> {
        let topic = format!("{}/transition_event", node.name()?);
        let kind = "lifecycle_msgs/msg/TransitionEvent";
        Ok(Self {
            state: State::Unconfigured,
            publications: Publications::new(node, parameters.config())?,
            changes: node.create_publisher_untyped(&topic, kind, QosProfile::default())?,
            bond: Bond::new(node)?,
            parameters,
            clock,
            mailboxes,
            pilot: None,
            retired: None,
            running: None,
            resting: None,
            asked: Vec::new(),
            drives: BTreeMap::new(),
            drive_count: 0,
        })
    }

    /// Configures and activates itself if the parameters request it.
    pub(super) fn start(&mut self) -> Result<(), NodeError> {
        if self.parameters.config().node.autostart {
            for transition in [Transition::Configure, Transition::Activate] {
                self.step(transition)?;
                self.arrive(transition);
            }
        }
        Ok(())
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    /// True while a change of state waits for the robot to come to rest.
    pub(super) fn is_resting(&self) -> bool {
        self.resting.is_some()
    }

    pub(super) fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Applies changed parameters, in the running loop if possible.
    pub(super) fn adjust(&mut self, parameters: Parameters) -> Result<(), NodeError> {
        let config = parameters.config();
        if let Some(running) = &self.running {
            let request = Request::Adjust(Box::new(config.node.clone()));
            running
                .requests
                .try_send(request)
                .map_err(|_| NodeError::Loop)?;
        } else if self.pilot.is_some() {
            let pilot = Pilot::new(config, &driver(config)?)?;
            self.succeed(pilot);
        }
        self.parameters = parameters;
        Ok(())
    }

    /// Requests a change of state; `done` receives the result, immediately or once the robot is at
    /// rest.
    pub(super) fn change(&mut self, transition: Transition, done: Done) {
        if self.resting.is_some() || !self.state.transitions().contains(&transition) {
            tracing::warn!(
                "{} from {} is no transition",
                transition.label(),
                self.state.label()
            );
            done(false);
            return;
        }
        if let Some(running) = &self.running {
            running.stop();
            self.resting = Some(Resting {
                transition,
                done,
                since: Instant::now(),
            });
            return;
        }
        match self.step(transition) {
            Ok(()) => {
                self.arrive(transition);
                done(true);
            }
            Err(error) => {
                tracing::error!("{}: {error}", transition.label());
                done(false);
            }
        }
    }

    /// Executes a transition while no loop runs.
    fn step(&mut self, transition: Transition) -> Result<(), NodeError> {
        match transition {
            Transition::Configure => {
                let config = self.parameters.config();
                let pilot = Pilot::new(config, &driver(config)?)?;
                self.succeed(pilot);
            }
            Transition::Activate => self.activate()?,
            Transition::Deactivate => {}
            Transition::Cleanup | Transition::Shutdown => {
                self.retired = self.pilot.take().or(self.retired.take());
            }
        }
        Ok(())
    }

    /// Replaces the current or former pilot; the new one takes over frames and stops.
    fn succeed(&mut self, mut pilot: Pilot) {
        if let Some(earlier) = self.pilot.take().or(self.retired.take()) {
            pilot.inherit(earlier);
        }
        self.pilot = Some(pilot);
    }

    fn activate(&mut self) -> Result<(), NodeError> {
        let config = self.parameters.config();
        if config.node.use_realtime_priority {
            priority::ensure_permitted()?;
        }
        let recorder = Recorder::of(config, self.clock.now())?;
        let mut pilot = self.pilot.take().ok_or(NodeError::Loop)?;
        pilot.reset();
        for source in [Source::Plan, Source::GoalPose] {
            // requests to an inactive node expire
            while self.mailboxes.of(&source).and_then(Mailbox::take).is_some() {}
        }
        self.publications.adjust(config);
        self.running = Some(Running::begin(
            pilot,
            config,
            &self.mailboxes,
            &self.clock,
            &self.publications,
            recorder,
        )?);
        let period_s = config.node.bond_heartbeat_period_s;
        self.bond.form(period_s);
        Ok(())
    }

    fn arrive(&mut self, transition: Transition) {
        let from = self.state;
        self.state = transition.target();
        tracing::info!("{} -> {}", from.label(), self.state.label());
        super::lifecycle::tell(&self.changes, self.clock.now(), transition, from);
    }

    /// Starts a drive for a client.
    pub(super) fn go(&mut self, message: RawInput, client: Box<dyn Client>) -> u64 {
        self.drive_count += 1;
        let drive = self.drive_count;
        let mut asked = Drive {
            client,
            is_cancelled: false,
        };
        match &self.running {
            Some(running)
                if running
                    .requests
                    .try_send(Request::Go { drive, message })
                    .is_ok() =>
            {
                self.drives.insert(drive, asked);
            }
            _ => asked.client.done(Outcome::Displaced),
        }
        drive
    }

    /// Stops a drive.
    pub(super) fn cancel(&mut self, drive: u64) {
        if let (Some(asked), Some(running)) = (self.drives.get_mut(&drive), &self.running) {
            asked.is_cancelled = true;
            if running
                .requests
                .try_send(Request::Cancel { drive })
                .is_err()
            {
                // if the loop does not accept the cancellation of one drive, all are stopped
                running.stop();
            }
        }
    }

    /// Clears the map.
    pub(super) fn clear_map(&mut self) {
        if let Some(running) = &self.running {
            let _ = running.requests.try_send(Request::ClearMap); // a loop that ended has no map
        } else if let Some(pilot) = &mut self.pilot {
            pilot.clear_map();
        }
    }

    /// Loads another model while the node is not active.
    pub(super) fn load_model(&mut self, path: &str) -> Result<String, String> {
        let change = ("model".to_owned(), toml::Value::from(path));
        let parameters = self
            .parameters
            .with(&[change], self.state == State::Active)?;
        let driver = driver(parameters.config()).map_err(|error| error.to_string())?;
        self.adjust(parameters).map_err(|error| error.to_string())?;
        Ok(format!("{} drives", driver.name()))
    }

    /// Forwards events of the control loop, and completes pending changes.
    pub(super) fn attend(&mut self) {
        let events: Vec<Event> = self
            .running
            .iter()
            .flat_map(|r| r.events.try_iter())
            .collect();
        for event in events {
            self.pass_on(event);
        }
        self.attend_stops();
        self.beat();
        if self.running.as_ref().is_some_and(|running| {
            let is_overdue = |resting: &Resting| resting.since.elapsed() > REST_MAX;
            let is_hung = running.health() == Health::Late;
            running.is_finished() || (is_hung && self.resting.as_ref().is_some_and(is_overdue))
        }) && let Some(running) = self.running.take()
        {
            self.rest(running);
        }
    }

    /// Sends heartbeats while the loop ticks: a hanging loop sends none.
    fn beat(&mut self) {
        let is_active = self.running.is_some() && self.resting.is_none();
        let is_ticking = |running: &Running| running.health() == Health::Ticking;
        if !is_active || self.running.as_ref().is_some_and(is_ticking) {
            self.bond.beat(self.clock.now(), is_active);
        }
    }

    fn rest(&mut self, running: Running) {
        let left: Vec<Event> = running.events.try_iter().collect();
        for event in left {
            self.pass_on(event);
        }
        self.pilot = running.finish();
        if self.pilot.is_none() {
            tracing::error!("{}", NodeError::Loop);
            self.publications.command(self.clock.now(), Twist::ZERO);
        }
        for (_, mut drive) in std::mem::take(&mut self.drives) {
            drive.client.done(Outcome::Displaced);
        }
        let deactivate = || (Transition::Deactivate, Box::new(|_| ()) as Done);
        let (transition, done) = self
            .resting
            .take()
            .map_or_else(deactivate, |resting| (resting.transition, resting.done));
        let stepped = self.step(transition);
        self.arrive(transition);
        done(stepped.is_ok());
    }

    fn pass_on(&mut self, event: Event) {
        let (drive, outcome) = match event {
            Event::Driving {
                drive,
                distance_m,
                speed_mps,
            } => {
                if let Some(drive) = self.drives.get_mut(&drive) {
                    drive.client.driving(distance_m, speed_mps);
                }
                return;
            }
            Event::Refused { drive, fault } => (drive, Outcome::Refused(fault)),
            Event::Ended { drive, end } => (drive, Outcome::Ended(end)),
            Event::Stopped { drive } => (drive, Outcome::Displaced),
        };
        if let Some(mut asked) = self.drives.remove(&drive) {
            let outcome = match outcome {
                Outcome::Displaced if asked.is_cancelled => Outcome::Cancelled,
                outcome => outcome,
            };
            asked.client.done(outcome);
        }
    }
}

/// The policy of these settings.
fn driver(config: &RobotConfig) -> Result<Driver, NodeError> {
    if config.node.model.is_empty() {
        return Ok(Driver::Regular);
    }
    let (_, weights) = read_model(Path::new(&config.node.model))?;
    Ok(Driver::learned(weights, Backend::best()?))
}
