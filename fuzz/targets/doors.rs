//! Lists of doors, each placed on a small map.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use perception::{GridFrame, Point2, StaticMap};
use sim::{RobotModel, read_doors};

/// 5 by 5 m with a wall across that has a door.
static MAP: LazyLock<StaticMap> = LazyLock::new(|| {
    let frame = GridFrame {
        origin: Point2::origin(),
        resolution_m: 0.1,
        width: 50,
        height: 50,
    };
    let is_wall = |cell: usize| cell % 50 == 25 && !(20..30).contains(&(cell / 50));
    let cells = (0..2500).map(|cell| if is_wall(cell) { 100 } else { 0 });
    StaticMap::new(frame, cells.collect())
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
