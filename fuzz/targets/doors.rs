//! Lists of doors, each placed on a small map.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mapping::{MapMeta, StaticMap};
use sim::{RobotModel, read_doors};

/// 5 by 5 m with a wall across that has a door.
static MAP: LazyLock<StaticMap> = LazyLock::new(|| {
    let yaml = "image: m.pgm\nresolution: 0.1\norigin: [0, 0, 0]\nnegate: 0\n\
                occupied_thresh: 0.65\nfree_thresh: 0.196\n";
    let meta = MapMeta::from_yaml(yaml).expect("fields of a map");
    let is_wall = |cell: usize| cell % 50 == 25 && !(20..30).contains(&(cell / 50));
    let shades = (0..2500).map(|cell| if is_wall(cell) { 0 } else { 254 });
    let image: Vec<u8> = b"P5 50 50 255\n".iter().copied().chain(shades).collect();
    StaticMap::read(&meta, &image).expect("an image of a map")
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(doors) = read_doors(bytes) else {
        return;
    };
    for door in doors.iter().take(2) {
        if let Ok(place) = door.place(&MAP) {
            let _ = place.is_passable(&RobotModel::round());
        }
    }
});
