//! BARN worlds, and rays in them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nalgebra::Vector2;
use sim::read_barn_worlds;

fuzz_target!(|bytes: &[u8]| {
    let Ok(worlds) = read_barn_worlds(bytes) else {
        return;
    };
    for world in worlds.iter().take(4) {
        let situation = &world.situation;
        let start = situation.start.position();
        let distance_m = situation.world.cast(start, Vector2::x(), 0.0, 20.0);
        assert!(distance_m.is_none_or(|distance_m| (0.0..=20.0).contains(&distance_m)));
    }
});
