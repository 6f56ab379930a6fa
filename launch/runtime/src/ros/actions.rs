//! `follow_path`, as in Nav2's controller server, and `navigate_to_pose` for use without Nav2.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures::executor::LocalSpawner;
use futures::stream::StreamExt as _;
use futures::task::LocalSpawnExt as _;
use r2r::nav2_msgs::action::{FollowPath, NavigateToPose};
use r2r::{ActionServerGoal, ActionServerGoalRequest, Node, WrappedActionTypeSupport};
use recordings::cdr;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::NodeError;
use super::machine::{Client, Machine, Outcome};
use crate::node::{RawInput, Source, State};

/// Error codes of `FollowPath` before the drive begins.
const UNKNOWN: u16 = 100;
const INVALID_CONTROLLER: u16 = 101;
const INVALID_PATH: u16 = 103;
/// Period of feedback.
const FEEDBACK: Duration = Duration::from_millis(100);

/// An action of this node.
trait Drivable: WrappedActionTypeSupport + 'static {
    /// Its name.
    const NAME: &'static str;

    /// The message for a goal, or Nav2's error code.
    fn message(goal: &Self::Goal, controllers: &[String]) -> Result<RawInput, u16>;

    /// Feedback. Fields unknown to this distribution are omitted.
    fn feedback(distance_m: f64, speed_mps: f64, since: Duration) -> serde_json::Value;
}

impl Drivable for FollowPath::Action {
    const NAME: &'static str = "follow_path";

    fn message(goal: &FollowPath::Goal, controllers: &[String]) -> Result<RawInput, u16> {
        let id = &goal.controller_id;
        if !id.is_empty() && !controllers.contains(id) {
            return Err(INVALID_CONTROLLER);
        }
        if goal.path.poses.is_empty() {
            return Err(INVALID_PATH);
        }
        raw(Source::Plan, &goal.path)
    }

    fn feedback(distance_m: f64, speed_mps: f64, _: Duration) -> serde_json::Value {
        json!({"distance_to_goal": distance_m as f32, "speed": speed_mps as f32})
    }
}

impl Drivable for NavigateToPose::Action {
    const NAME: &'static str = "navigate_to_pose";

    fn message(goal: &NavigateToPose::Goal, _: &[String]) -> Result<RawInput, u16> {
        raw(Source::GoalPose, &goal.pose)
    }

    fn feedback(distance_m: f64, _: f64, since: Duration) -> serde_json::Value {
        json!({
            "distance_remaining": distance_m as f32,
            "navigation_time": {"sec": since.as_secs() as i32, "nanosec": since.subsec_nanos()},
        })
    }
}

/// A ROS message as received on a topic.
fn raw<T: Serialize>(source: Source, message: &T) -> Result<RawInput, u16> {
    Ok(RawInput {
        source,
        arrival: perception::Stamp(0),
        bytes: cdr::encode(message).map_err(|_| UNKNOWN)?,
    })
}

/// Client of a goal.
struct GoalClient<A: Drivable> {
    goal: ActionServerGoal<A>,
    begun: Instant,
    told: Option<Instant>,
}

impl<A: Drivable> GoalClient<A>
where
    A::Result: DeserializeOwned + Default,
    A::Feedback: DeserializeOwned,
{
    fn new(goal: ActionServerGoal<A>) -> Self {
        Self {
            goal,
            begun: Instant::now(),
            told: None,
        }
    }

    fn abort(&mut self, code: u16, why: &str) {
        tracing::warn!("{} ends with {code}: {why}", A::NAME);
        log_failure(self.goal.abort(result::<A>(code, why)));
    }
}

/// The result for a code, as far as this distribution supports results.
fn result<A: Drivable>(code: u16, why: &str) -> A::Result
where
    A::Result: DeserializeOwned + Default,
{
    let fields = json!({"error_code": code, "error_msg": why});
    serde_json::from_value(fields).unwrap_or_default()
}

fn log_failure(outcome: r2r::Result<()>) {
    if let Err(error) = outcome {
        tracing::warn!("the result of a goal could not be told: {error}");
    }
}

impl<A: Drivable> Client for GoalClient<A>
where
    A::Result: DeserializeOwned + Default,
    A::Feedback: DeserializeOwned,
{
    fn driving(&mut self, distance_m: f64, speed_mps: f64) {
        if self.told.is_some_and(|told| told.elapsed() < FEEDBACK) {
            return;
        }
        self.told = Some(Instant::now());
        let fields = A::feedback(distance_m, speed_mps, self.begun.elapsed());
        if let Ok(feedback) = serde_json::from_value(fields) {
            log_failure(self.goal.publish_feedback(feedback));
        }
    }

    fn done(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Ended(end) if end.code() == 0 => {
                tracing::info!("{}: {}", A::NAME, end.words());
                log_failure(self.goal.succeed(result::<A>(0, "")));
            }
            Outcome::Ended(end) => self.abort(end.code(), end.words()),
            Outcome::Refused(fault) => self.abort(INVALID_PATH, &fault.to_string()),
            Outcome::Cancelled => log_failure(self.goal.cancel(result::<A>(0, ""))),
            Outcome::Displaced => self.abort(UNKNOWN, "it gave way"),
        }
    }
}

/// Offers both actions.
pub(super) fn serve(
    node: &mut Node,
    spawner: &LocalSpawner,
    machine: &Rc<RefCell<Machine>>,
) -> Result<(), NodeError> {
    offer::<FollowPath::Action>(node, spawner, machine)?;
    offer::<NavigateToPose::Action>(node, spawner, machine)
}

fn offer<A: Drivable>(
    node: &mut Node,
    spawner: &LocalSpawner,
    machine: &Rc<RefCell<Machine>>,
) -> Result<(), NodeError>
where
    A::Result: DeserializeOwned + Default,
    A::Feedback: DeserializeOwned,
{
    let mut requests = node.create_action_server::<A>(A::NAME)?;
    let (machine, tasks) = (Rc::clone(machine), spawner.clone());
    spawner.spawn_local(async move {
        while let Some(request) = requests.next().await {
            if let Err(error) = take::<A>(request, &machine, &tasks) {
                tracing::warn!("{}: {error}", A::NAME);
            }
        }
    })?;
    Ok(())
}

/// Accepts a goal if the node is active, and its later cancellation.
fn take<A: Drivable>(
    request: ActionServerGoalRequest<A>,
    machine: &Rc<RefCell<Machine>>,
    tasks: &LocalSpawner,
) -> Result<(), NodeError>
where
    A::Result: DeserializeOwned + Default,
    A::Feedback: DeserializeOwned,
{
    if machine.borrow().state() != State::Active {
        tracing::warn!("{}: the node is not active", A::NAME);
        return Ok(request.reject()?);
    }
    let (goal, mut cancels) = request.accept()?;
    let controllers = machine
        .borrow()
        .parameters()
        .config()
        .node
        .controller_ids
        .clone();
    let message = A::message(&goal.goal, &controllers);
    let mut client = GoalClient::new(goal);
    let message = match message {
        Ok(message) => message,
        Err(code) => {
            client.abort(code, "the goal cannot be driven to");
            return Ok(());
        }
    };
    let drive = machine.borrow_mut().go(message, Box::new(client));
    let machine = Rc::clone(machine);
    tasks.spawn_local(async move {
        while let Some(cancel) = cancels.next().await {
            cancel.accept();
            machine.borrow_mut().cancel(drive);
        }
    })?;
    Ok(())
}
