//! Gazebo worlds with the models that they include, and rays in them. What follows a 0 in the text is the
//! model of every name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nalgebra::Vector2;
use sim::{GazeboWorld, gazebo_trial};

fuzz_target!(|text: &str| {
    let (world, model) = text.split_once('\0').unwrap_or((text, ""));
    let mut open = |_: &str| (!model.is_empty()).then(|| model.to_owned());
    let Ok(read) = GazeboWorld::read(world, &mut open) else {
        return;
    };
    let situation = gazebo_trial("world", read.world);
    let start = situation.start.position();
    let distance_m = situation.world.cast(start, Vector2::y(), 0.3, 20.0);
    assert!(distance_m.is_none_or(|distance_m| (0.0..=20.0).contains(&distance_m)));
});
