//! Services of a managed node, the one that loads another model, and the one by which Nav2's
//! behaviour trees clear the local map.

use std::cell::RefCell;
use std::rc::Rc;

use futures::executor::LocalSpawner;
use futures::future::ready;
use futures::stream::StreamExt as _;
use futures::task::LocalSpawnExt as _;
use perception::Stamp;
use r2r::lifecycle_msgs::msg::{
    State as StateMessage, Transition as Change, TransitionDescription,
};
use r2r::lifecycle_msgs::srv::{
    ChangeState, GetAvailableStates, GetAvailableTransitions, GetState,
};
use r2r::nav2_msgs::srv::ClearEntireCostmap;
use r2r::performer_mpc_msgs::srv::LoadModel;
use r2r::{Node, PublisherUntyped, QosProfile, ServiceRequest};
use serde::Serialize;

use super::NodeError;
use super::machine::Machine;
use super::topics::say;
use crate::node::{State, Transition};

/// Serves the state of the machine.
pub(super) fn serve(
    node: &mut Node,
    spawner: &LocalSpawner,
    machine: &Rc<RefCell<Machine>>,
) -> Result<(), NodeError> {
    let name = node.name()?;
    let qos = QosProfile::services_default;

    let asked =
        node.create_service::<ChangeState::Service>(&format!("{name}/change_state"), qos())?;
    let held = Rc::clone(machine);
    spawner.spawn_local(asked.for_each(move |request| {
        change(&held, request);
        ready(())
    }))?;

    let asked = node.create_service::<GetState::Service>(&format!("{name}/get_state"), qos())?;
    let held = Rc::clone(machine);
    spawner.spawn_local(asked.for_each(move |request| {
        let current_state = state(held.borrow().state());
        answer(request, GetState::Response { current_state });
        ready(())
    }))?;

    let service = format!("{name}/get_available_states");
    let asked = node.create_service::<GetAvailableStates::Service>(&service, qos())?;
    spawner.spawn_local(asked.for_each(move |request| {
        let available_states = State::ALL.map(state).to_vec();
        answer(request, GetAvailableStates::Response { available_states });
        ready(())
    }))?;

    for (service, is_graph) in [
        ("get_available_transitions", false),
        ("get_transition_graph", true),
    ] {
        let service = format!("{name}/{service}");
        let asked = node.create_service::<GetAvailableTransitions::Service>(&service, qos())?;
        let held = Rc::clone(machine);
        spawner.spawn_local(asked.for_each(move |request| {
            let current = held.borrow().state();
            let states = State::ALL
                .into_iter()
                .filter(|&from| is_graph || from == current);
            let available_transitions = states.flat_map(transitions).collect();
            answer(
                request,
                GetAvailableTransitions::Response {
                    available_transitions,
                },
            );
            ready(())
        }))?;
    }

    let service = format!("{name}/load_model");
    let asked = node.create_service::<LoadModel::Service>(&service, qos())?;
    let held = Rc::clone(machine);
    spawner.spawn_local(asked.for_each(move |request| {
        let loaded = held.borrow_mut().load_model(&request.message.path);
        let (success, message) = match loaded {
            Ok(message) => (true, message),
            Err(message) => (false, message),
        };
        answer(request, LoadModel::Response { success, message });
        ready(())
    }))?;

    let service = "local_costmap/clear_entirely_local_costmap";
    let asked = node.create_service::<ClearEntireCostmap::Service>(service, qos())?;
    let held = Rc::clone(machine);
    spawner.spawn_local(asked.for_each(move |request| {
        held.borrow_mut().clear_map();
        answer(request, ClearEntireCostmap::Response::default());
        ready(())
    }))?;
    Ok(())
}

fn change(machine: &Rc<RefCell<Machine>>, request: ServiceRequest<ChangeState::Service>) {
    let asked = &request.message.transition;
    let transition = machine.borrow().state().asked(asked.id, &asked.label);
    let Some(transition) = transition else {
        answer(request, ChangeState::Response { success: false });
        return;
    };
    let done = |success| answer(request, ChangeState::Response { success });
    machine.borrow_mut().change(transition, Box::new(done));
}

fn state(state: State) -> StateMessage {
    StateMessage {
        id: state.id(),
        label: state.label().to_owned(),
    }
}

fn transitions(from: State) -> impl Iterator<Item = TransitionDescription> {
    from.transitions()
        .iter()
        .map(move |transition| TransitionDescription {
            transition: Change {
                id: transition.id(from),
                label: transition.label().to_owned(),
            },
            start_state: state(from),
            goal_state: state(transition.target()),
        })
}

/// `lifecycle_msgs/msg/TransitionEvent`.
#[derive(Serialize)]
struct TransitionEvent {
    timestamp: u64,
    transition: (u8, &'static str),
    start_state: (u8, &'static str),
    goal_state: (u8, &'static str),
}

/// Tells of a change of state.
pub(super) fn tell(publisher: &PublisherUntyped, now: Stamp, transition: Transition, from: State) {
    let to = transition.target();
    let event = TransitionEvent {
        timestamp: now.0.unsigned_abs(),
        transition: (transition.id(from), transition.label()),
        start_state: (from.id(), from.label()),
        goal_state: (to.id(), to.label()),
    };
    say(publisher, &event);
}

/// Answers a request. Who asked may be gone by now.
pub(super) fn answer<T: r2r::WrappedServiceTypeSupport + 'static>(
    request: ServiceRequest<T>,
    response: T::Response,
) {
    if request.respond(response).is_err() {
        tracing::debug!("a request was not answered");
    }
}
