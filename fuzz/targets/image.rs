//! Images of maps, in all modes. The first byte chooses the mode.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mapping::{MapMeta, MapMode, StaticMap};

fuzz_target!(|bytes: &[u8]| {
    let Some((mode, bytes)) = bytes.split_first() else {
        return;
    };
    let meta = MapMeta {
        image: "map.png".to_owned(),
        mode: [MapMode::Trinary, MapMode::Scale, MapMode::Raw][usize::from(mode % 3)],
        resolution: 0.05,
        origin: [0.0; 3],
        negate: mode & 0x80 != 0,
        occupied_thresh: 0.65,
        free_thresh: 0.196,
    };
    if let Ok(map) = StaticMap::read(&meta, bytes) {
        assert_eq!(map.occupancy().len(), map.frame().len());
    }
});
