//! Services of the stop devices.

use std::cell::RefCell;
use std::rc::Rc;

use futures::executor::LocalSpawner;
use r2r::std_srvs::srv::{SetBool, Trigger};
use r2r::{Node, QosProfile};

use super::NodeError;
use super::machine::Machine;
use super::services::{Services, answer};

/// Serves the emergency stop and the reset of latched stops.
pub(super) fn serve(
    node: &mut Node,
    spawner: &LocalSpawner,
    machine: &Rc<RefCell<Machine>>,
) -> Result<(), NodeError> {
    let name = node.name()?;
    let mut services = Services {
        node,
        spawner,
        qos: QosProfile::services_default(),
    };
    let held = Rc::clone(machine);
    services.receive::<SetBool::Service>(&format!("{name}/emergency_stop"), move |request| {
        let is_pressed = request.message.data;
        let told = move |outcome| {
            let (success, message) = in_words(outcome);
            answer(request, SetBool::Response { success, message });
        };
        held.borrow_mut()
            .set_emergency_stop(is_pressed, Box::new(told));
    })?;
    let held = Rc::clone(machine);
    services.receive::<Trigger::Service>(&format!("{name}/reset_stop"), move |request| {
        let told = move |outcome| {
            let (success, message) = in_words(outcome);
            answer(request, Trigger::Response { success, message });
        };
        held.borrow_mut().reset_stop(Box::new(told));
    })
}

fn in_words(outcome: Result<(), String>) -> (bool, String) {
    match outcome {
        Ok(()) => (true, String::new()),
        Err(error) => (false, error),
    }
}
