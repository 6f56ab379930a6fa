//! The node of ROS 2: topics, actions, services and parameters about the control loop of
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

/// Time for which the node waits for messages before it looks at what else there is to do.
const SPIN: Duration = Duration::from_millis(5);
/// Time after the last command in which the middleware sends it.
const FLUSH: Duration = Duration::from_millis(100);

/// Why the node cannot be, or cannot change its state.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NodeError {
    /// ROS refuses.
    #[error("ROS 2: {0}")]
    Ros(#[from] r2r::Error),
    /// Parameters that cannot be.
    #[error("parameters: {0}")]
    Parameters(String),
    /// Settings that make no controller.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// A model that cannot drive.
    #[error("{0}")]
    Model(#[from] ModelError),
    /// An instruction set that the network cannot compute with.
    #[error(transparent)]
    Isa(#[from] IsaError),
    /// Nothing can be recorded.
    #[error("{0}")]
    Record(#[from] RecorderError),
    /// A task could not be started.
    #[error("tasks: {0}")]
    Spawn(#[from] futures::task::SpawnError),
    /// Signals cannot be heard.
    #[error("signals: {0}")]
    Signals(#[from] std::io::Error),
    /// The control loop would have to wait like others.
    #[error(transparent)]
    Priority(#[from] priority::PriorityError),
    /// The control loop ended badly.
    #[error("the control loop panicked or hangs: clean up and configure the node again")]
    Loop,
}

/// Runs the node until it is asked to stop.
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
