//! Gazebo worlds, and rays in them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nalgebra::Vector2;
use sim::{gazebo_trial, read_gazebo_world};

fuzz_target!(|text: &str| {
    let Ok(world) = read_gazebo_world(text) else {
        return;
    };
    let situation = gazebo_trial("world", world);
    let start = situation.start.position();
    let distance_m = situation.world.cast(start, Vector2::y(), 0.3, 20.0);
    assert!(distance_m.is_none_or(|distance_m| (0.0..=20.0).contains(&distance_m)));
});
