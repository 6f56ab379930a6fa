//! Services of a managed node, the service that loads another model, and the one by which Nav2's
//! behaviour trees clear the local map.

use std::cell::RefCell;
use std::rc::Rc;

use futures::executor::LocalSpawner;
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
use super::services::{Services, answer};
use super::topics::say;
use crate::node::{State, Transition};

/// Serves the state of the node.
pub(super) fn serve(
    node: &mut Node,
    spawner: &LocalSpawner,
    machine: &Rc<RefCell<Machine>>,
) -> Result<(), NodeError> {
    let name = node.name()?;
    let held = || Rc::clone(machine);
    let mut services = Services {
        node,
        spawner,
        qos: QosProfile::services_default(),
    };
    let machine = held();
    services.receive::<ChangeState::Service>(&format!("{name}/change_state"), move |request| {
        change(&machine, request);
    })?;
    let machine = held();
    services.serve::<GetState::Service>(&format!("{name}/get_state"), move |_| {
        GetState::Response {
            current_state: state(machine.borrow().state()),
        }
    })?;
    services.serve::<GetAvailableStates::Service>(
        &format!("{name}/get_available_states"),
        |_| GetAvailableStates::Response {
            available_states: State::ALL.map(state).to_vec(),
        },
    )?;
    for (service, is_graph) in [
        ("get_available_transitions", false),
        ("get_transition_graph", true),
    ] {
        let machine = held();
        services.serve::<GetAvailableTransitions::Service>(
            &format!("{name}/{service}"),
            move |_| {
                let current = machine.borrow().state();
                let states = State::ALL
                    .into_iter()
                    .filter(|&from| is_graph || from == current);
                GetAvailableTransitions::Response {
                    available_transitions: states.flat_map(transitions).collect(),
                }
            },
        )?;
    }
    let machine = held();
    services.serve::<LoadModel::Service>(&format!("{name}/load_model"), move |request| {
        let (success, message) = match machine.borrow_mut().load_model(&request.path) {
            Ok(message) => (true, message),
            Err(message) => (false, message),
        };
        LoadModel::Response { success, message }
    })?;
    let machine = held();
    let service = "local_costmap/clear_entirely_local_costmap";
    services.serve::<ClearEntireCostmap::Service>(service, move |_| {
        machine.borrow_mut().clear_map();
        ClearEntireCostmap::Response::default()
    })
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

/// Publishes a change of state.
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
