//! rosbag2 databases.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recordings::messages::LaserScanMessage;
use recordings::{BagReader as _, SqliteBag};

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut bag) = SqliteBag::from_bytes(vec![bytes.to_vec()]) else {
        return;
    };
    while let Ok(Some(message)) = bag.next_message() {
        let _ = message.decode::<LaserScanMessage>();
    }
});
