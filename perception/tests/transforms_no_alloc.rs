//! Asking for a transform allocates nothing, nor does telling one once the window is full.
#![allow(clippy::unwrap_used)]

use perception::{Pose3, Stamp, TransformBuffer, TransformSettings};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// A full window allocates nothing.
fn main() {
    let settings = TransformSettings {
        window_s: 1.0,
        ..TransformSettings::default()
    };
    let mut buffer = TransformBuffer::new(settings).unwrap();
    let step = |index: i64| Pose3::translation(index as f64, 0.0, 0.0);
    let stamp = |index: i64| Stamp(index * 20_000_000);
    buffer.insert_fixed("base", "mast", step(1)).unwrap();
    buffer.insert_fixed("mast", "laser", step(1)).unwrap();
    for index in 0..200 {
        buffer
            .insert("odom", "base", stamp(index), step(index))
            .unwrap();
    }
    let profiler = dhat::Profiler::builder().testing().build();
    for index in 200..400 {
        buffer
            .insert("odom", "/base", stamp(index), step(index))
            .unwrap();
        let between = Stamp(stamp(index).0 - 5_000_000);
        let found = buffer.lookup("odom", "laser", between).unwrap();
        assert!((found.translation.x - (index as f64 + 1.75)).abs() < 1e-9);
        assert_eq!(
            buffer.lookup_latest("/laser", "odom").unwrap().stamp,
            stamp(index)
        );
    }
    let stats = dhat::HeapStats::get();
    drop(profiler);
    assert_eq!(stats.total_blocks, 0);
}
