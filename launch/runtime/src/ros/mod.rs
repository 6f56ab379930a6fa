//! The ROS 2 node: topics, actions, services and parameters around the control loop of
//! [`crate::node`].
//!
//! ```text
//! ROS thread: spin ─▶ mailboxes, requests        control loop: its own thread, publishes commands
//!             events ─▶ results of actions       watchdog: its own thread, publishes zero commands
//! ```

mod actions;
mod bond;
mod clock;
mod lifecycle;
mod machine;
mod parameters;
mod priority;
mod services;
mod stops;
mod topics;
mod values;

use std::cell::RefCell;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use controller::performer::IsaError;
use futures::executor::LocalPool;

use crate::driver::ModelError;
use crate::interruption::Interruption;
use crate::layers::ConfigError;
use crate::node::{Mailboxes, Parameters, RecorderError, State, Transition};
use clock::RosClock;
use machine::Machine;

/// Maximum time of a wait for messages.
const SPIN: Duration = Duration::from_millis(5);
/// Time after the last command for the middleware to send it.
const FLUSH: Duration = Duration::from_millis(100);

/// Errors of the node.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NodeError {
    /// An error of ROS.
    #[error("ROS 2: {0}")]
    Ros(#[from] r2r::Error),
    /// Invalid parameters.
    #[error("parameters: {0}")]
    Parameters(String),
    /// Settings without a valid controller.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// An unusable model.
    #[error("{0}")]
    Model(#[from] ModelError),
    /// An instruction set that is not available.
    #[error(transparent)]
    Isa(#[from] IsaError),
    /// The recorder cannot start.
    #[error("{0}")]
    Record(#[from] RecorderError),
    /// A task cannot be started.
    #[error("tasks: {0}")]
    Spawn(#[from] futures::task::SpawnError),
    /// Signals cannot be handled.
    #[error("signals: {0}")]
    Signals(#[from] std::io::Error),
    /// Real-time priority is not permitted.
    #[error(transparent)]
    Priority(#[from] priority::PriorityError),
    /// The control loop failed.
    #[error("the control loop panicked or hangs: clean up and configure the node again")]
    Loop,
}

/// Runs the node until a stop is requested.
pub fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()),
        )
        .init();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), NodeError> {
    let interruption = Interruption::listen()?;
    let mut node = r2r::Node::create(r2r::Context::create()?, "performer_mpc", "")?;
    let given = parameters::given(&node)?;
    let is_simulated = given.use_sim_time;
    let parameters = Parameters::new(&given.values).map_err(NodeError::Parameters)?;
    let mut pool = LocalPool::new();
    let spawner = pool.spawner();
    let clock = if is_simulated {
        let time = Arc::new(AtomicI64::new(0));
        topics::hear_time(&mut node, &spawner, Arc::clone(&time))?;
        RosClock::Simulated(time)
    } else {
        RosClock::Wall
    };
    let mailboxes = Arc::new(Mailboxes::new(&topics::inputs(parameters.config())));
    topics::subscribe(&mut node, &spawner, &mailboxes, &clock)?;
    let machine = Machine::new(&mut node, parameters, clock, mailboxes)?;
    let machine = Rc::new(RefCell::new(machine));
    parameters::serve(&mut node, &spawner, &machine)?;
    lifecycle::serve(&mut node, &spawner, &machine)?;
    actions::serve(&mut node, &spawner, &machine)?;
    stops::serve(&mut node, &spawner, &machine)?;
    machine.borrow_mut().start()?;
    while !interruption.is_asked() {
        node.spin_once(SPIN);
        pool.run_until_stalled();
        machine.borrow_mut().attend();
    }
    while machine.borrow().state() != State::Finalized {
        if !machine.borrow().is_resting() {
            machine
                .borrow_mut()
                .change(Transition::Shutdown, Box::new(|_| ()));
        }
        node.spin_once(SPIN);
        pool.run_until_stalled();
        machine.borrow_mut().attend();
    }
    node.spin_once(SPIN);
    std::thread::sleep(FLUSH);
    Ok(())
}
