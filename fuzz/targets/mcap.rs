//! MCAP containers, and the messages in them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recordings::messages::{LaserScanMessage, OdometryMessage, Transforms};
use recordings::{BagReader as _, McapBag};

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut bag) = McapBag::from_bytes(&[bytes], |_| true) else {
        return;
    };
    while let Ok(Some(message)) = bag.next_message() {
        let _ = message.decode::<LaserScanMessage>();
        let _ = message.decode::<OdometryMessage>();
        let _ = message.decode::<Transforms>();
    }
});
