//! The examples run.
#![allow(clippy::unwrap_used, dead_code)]

#[path = "../examples/differentiate.rs"]
mod differentiate;
#[path = "../examples/drive_from_scans.rs"]
mod drive_from_scans;
#[path = "../examples/learned_agent.rs"]
mod learned_agent;

#[test]
fn a_robot_drives_from_scans_to_its_goal() {
    drive_from_scans::main().unwrap();
}

#[test]
fn a_learned_agent_adds_a_cost() {
    let model = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../models/navigator.safetensors"
    );
    learned_agent::tick(model).unwrap();
}

#[test]
fn a_loss_on_a_plan_is_differentiated_by_the_cost() {
    differentiate::main().unwrap();
}
