//! The parameter services of the node (`rcl_interfaces`).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use futures::executor::LocalSpawner;
use r2r::rcl_interfaces::msg::{
    FloatingPointRange, IntegerRange, ListParametersResult, Parameter as ParameterMessage,
    ParameterDescriptor, ParameterEvent, ParameterValue as ValueMessage, SetParametersResult,
};
use r2r::rcl_interfaces::srv::{
    DescribeParameters, GetParameterTypes, GetParameters, ListParameters, SetParameters,
    SetParametersAtomically,
};
use r2r::{Node, Publisher, QosProfile};
use toml::Value;

use super::NodeError;
use super::machine::Machine;
use super::services::Services;
use super::values::{DOUBLE, INTEGER, from_message, from_ros, to_message};
use crate::node::{Parameters, Settable, State, bounds, settable};

const SIM_TIME: &str = "use_sim_time";

/// Parameters of the command line and of parameter files.
pub(super) struct Given {
    /// True if the time comes from `/clock`.
    pub use_sim_time: bool,
    /// Other parameters by name.
    pub values: BTreeMap<String, Value>,
}

/// Parameters of this node from the command line and parameter files.
pub(super) fn given(node: &Node) -> Result<Given, NodeError> {
    let mut values = BTreeMap::new();
    let held = node.params.lock();
    let held = held.map_err(|_| NodeError::Parameters("are locked".to_owned()))?;
    for (name, parameter) in held.iter() {
        // launch files of Nav2 set these for every node
        if name.starts_with("qos_overrides.") {
            continue;
        }
        let value = from_ros(&parameter.value).ok_or_else(|| {
            NodeError::Parameters(format!("{name}: expected a number, text or list"))
        })?;
        values.insert(name.clone(), value);
    }
    let use_sim_time = values.remove(SIM_TIME) == Some(Value::Boolean(true));
    Ok(Given {
        use_sim_time,
        values,
    })
}

/// All parameters, including that of time.
struct Desk {
    machine: Rc<RefCell<Machine>>,
    use_sim_time: bool,
    changes: Publisher<ParameterEvent>,
    node: String,
}

/// Serves the parameters of the machine.
pub(super) fn serve(
    node: &mut Node,
    spawner: &LocalSpawner,
    machine: &Rc<RefCell<Machine>>,
) -> Result<(), NodeError> {
    let name = node.name()?;
    let desk = Rc::new(Desk {
        use_sim_time: given(node)?.use_sim_time,
        changes: node.create_publisher("/parameter_events", QosProfile::parameter_events())?,
        node: node.fully_qualified_name()?,
        machine: Rc::clone(machine),
    });

    let mut services = Services {
        node,
        spawner,
        qos: QosProfile::parameters(),
    };
    let held = Rc::clone(&desk);
    services.serve::<GetParameters::Service>(
        &format!("{name}/get_parameters"),
        move |request| {
            let values = request.names.iter().map(|name| held.value(name)).collect();
            GetParameters::Response { values }
        },
    )?;
    let held = Rc::clone(&desk);
    let service = format!("{name}/get_parameter_types");
    services.serve::<GetParameterTypes::Service>(&service, move |request| {
        let types = request.names.iter().map(|name| held.value(name).type_);
        GetParameterTypes::Response {
            types: types.collect(),
        }
    })?;
    let held = Rc::clone(&desk);
    services.serve::<ListParameters::Service>(
        &format!("{name}/list_parameters"),
        move |request| ListParameters::Response {
            result: held.list(&request.prefixes, request.depth),
        },
    )?;
    let held = Rc::clone(&desk);
    let service = format!("{name}/describe_parameters");
    services.serve::<DescribeParameters::Service>(&service, move |request| {
        let descriptors = request.names.iter().map(|name| held.describe(name));
        DescribeParameters::Response {
            descriptors: descriptors.collect(),
        }
    })?;
    let held = Rc::clone(&desk);
    services.serve::<SetParameters::Service>(
        &format!("{name}/set_parameters"),
        move |request| {
            let one = |parameter| held.set(std::slice::from_ref(parameter));
            SetParameters::Response {
                results: request.parameters.iter().map(one).collect(),
            }
        },
    )?;
    let service = format!("{name}/set_parameters_atomically");
    services.serve::<SetParametersAtomically::Service>(&service, move |request| {
        SetParametersAtomically::Response {
            result: desk.set(&request.parameters),
        }
    })
}

impl Desk {
    fn value(&self, name: &str) -> ValueMessage {
        let machine = self.machine.borrow();
        if name == SIM_TIME {
            return to_message(Some(&Value::Boolean(self.use_sim_time)));
        }
        to_message(machine.parameters().values().get(name))
    }

    fn list(&self, prefixes: &[String], depth: u64) -> ListParametersResult {
        let machine = self.machine.borrow();
        let held = machine.parameters().values().keys().map(String::as_str);
        let levels = |text: &str| text.matches('.').count() as u64;
        let is_asked = |name: &str| {
            let near = |below: u64| depth == 0 || below < depth;
            if prefixes.is_empty() {
                return near(levels(name));
            }
            prefixes.iter().any(|prefix| {
                name == prefix
                    || name
                        .strip_prefix(prefix.as_str())
                        .and_then(|rest| rest.strip_prefix('.'))
                        .is_some_and(|rest| near(levels(rest)))
            })
        };
        let names: Vec<String> = held
            .chain([SIM_TIME])
            .filter(|name| is_asked(name))
            .map(str::to_owned)
            .collect();
        let mut found: Vec<String> = names
            .iter()
            .filter_map(|name| name.rsplit_once('.').map(|(prefix, _)| prefix.to_owned()))
            .collect();
        found.dedup();
        ListParametersResult {
            names,
            prefixes: found,
        }
    }

    fn describe(&self, name: &str) -> ParameterDescriptor {
        let machine = self.machine.borrow();
        let type_ = self.value(name).type_;
        let range = machine.parameters().range(name);
        let bounds_of = |kind: u8| bounds(&range).filter(|_| type_ == kind).into_iter();
        ParameterDescriptor {
            name: name.to_owned(),
            type_,
            description: Parameters::description(name),
            read_only: settable(name) == Settable::AtStart,
            floating_point_range: bounds_of(DOUBLE)
                .map(|[from_value, to_value]| FloatingPointRange {
                    from_value,
                    to_value,
                    step: 0.0,
                })
                .collect(),
            integer_range: bounds_of(INTEGER)
                .map(|[least, greatest]| IntegerRange {
                    from_value: least as i64,
                    to_value: greatest as i64,
                    step: 1,
                })
                .collect(),
            additional_constraints: range,
            ..ParameterDescriptor::default()
        }
    }

    fn set(&self, asked: &[ParameterMessage]) -> SetParametersResult {
        let outcome = self.change(asked);
        if outcome.is_ok() {
            let event = ParameterEvent {
                node: self.node.clone(),
                changed_parameters: asked.to_vec(),
                ..ParameterEvent::default()
            };
            if self.changes.publish(&event).is_err() {
                tracing::debug!("a change of parameters was not published");
            }
        }
        SetParametersResult {
            successful: outcome.is_ok(),
            reason: outcome.err().unwrap_or_default(),
        }
    }

    fn change(&self, asked: &[ParameterMessage]) -> Result<(), String> {
        let mut changes = Vec::new();
        for parameter in asked {
            let name = parameter.name.clone();
            let value = from_message(&parameter.value);
            if name == SIM_TIME {
                if value == Some(Value::Boolean(self.use_sim_time)) {
                    continue;
                }
                return Err(format!("{name} is read when the node starts"));
            }
            let value = value.ok_or_else(|| format!("{name}: expected a number, text or list"))?;
            changes.push((name, value));
        }
        let mut machine = self.machine.borrow_mut();
        let is_active = machine.state() == State::Active;
        let parameters = machine.parameters().with(&changes, is_active)?;
        machine
            .adjust(parameters)
            .map_err(|error| error.to_string())
    }
}
