//! CARMEN logs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recordings::{CarmenReader, CarmenSettings};

fuzz_target!(|bytes: &[u8]| {
    for scan in CarmenReader::new(bytes, CarmenSettings::default()).flatten() {
        assert!(scan.map_from_lidar.is_finite() && scan.scan.validate().is_ok());
    }
});
