//! YAML of maps and of bags.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mapping::MapMeta;
use recordings::BagMetadata;

fuzz_target!(|text: &str| {
    if let Ok(meta) = MapMeta::from_yaml(text) {
        let again = meta.to_yaml().expect("what was read can be written");
        assert_eq!(MapMeta::from_yaml(&again).expect("and read again"), meta);
    }
    let _ = BagMetadata::from_yaml(text);
});
