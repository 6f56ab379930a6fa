//! No setting disarms the guard.
#![allow(clippy::unwrap_used)]

use controller::ControllerSettings;

fn refused(change: impl FnOnce(&mut ControllerSettings)) -> String {
    let mut settings = ControllerSettings::default();
    settings.validate().unwrap();
    change(&mut settings);
    settings.validate().unwrap_err().to_string()
}

#[test]
fn settings_with_which_no_stop_is_possible_are_refused_with_the_arithmetic() {
    let text = refused(|settings| settings.mapper.field_max_m = 0.1);
    assert!(
        text.contains("mapper.field_max_m") && text.contains("0.10 m"),
        "{text}"
    );
    let text = refused(|settings| settings.mapper.range_m = 0.5);
    assert!(
        text.contains("to stop") && text.contains("0.76 m"),
        "{text}"
    );
    let text = refused(|settings| settings.limits.speed_max_mps = 8.0);
    assert!(text.contains("8 m/s x (0.15 s + 0.05 s)"), "{text}");
}

#[test]
fn values_that_would_make_a_check_void_are_refused() {
    for value in [10.0, 0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
        refused(|settings| settings.guard.braking_share = value);
        refused(|settings| settings.guard.scan_age_max_s = value);
        refused(|settings| settings.guard.odometry_age_max_s = value);
        refused(|settings| settings.guard.sight.periods = value);
    }
    for value in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
        refused(|settings| settings.guard.margin_m = value);
        refused(|settings| settings.guard.padding_m = value);
        refused(|settings| settings.guard.latency_s = value);
        refused(|settings| settings.guard.sight.blind_age_s = value);
        refused(|settings| settings.guard.sight.blind_swing_mps = value);
        refused(|settings| settings.guard.passive.speed_min_mps = value);
        refused(|settings| settings.guard.passive.standing_for_s = value);
    }
}
