//! rosbag2 databases.
#![no_main]

use libfuzzer_sys::fuzz_target;
use perception::recording::messages::LaserScanMessage;
use perception::recording::{BagReader as _, SqliteBag};

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut bag) = SqliteBag::from_bytes(vec![bytes.to_vec()]) else {
        return;
    };
    while let Ok(Some(message)) = bag.next_message() {
        let _ = message.decode::<LaserScanMessage>();
    }
});
