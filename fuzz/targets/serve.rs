//! Lines of `serve`: every one is answered by one line of JSON with finite speeds or an error.
#![no_main]

use std::sync::LazyLock;

use launch::Config;
use libfuzzer_sys::fuzz_target;
use runtime::{Driver, Session};

static CONFIG: LazyLock<Config> =
    LazyLock::new(|| Config::load("round", None, &[]).expect("the shipped robot"));

fuzz_target!(|text: &str| {
    let agent = Driver::Regular.agent(&CONFIG.controller).expect("the shipped robot");
    let mut session = Session::new(agent);
    for line in text.lines().take(8) {
        let answer = session.answer(line);
        assert!(!answer.contains('\n') && answer.starts_with('{'));
        assert!(!answer.contains("\"v\":null") && !answer.contains("\"omega\":null"));
    }
});
