use proptest::prelude::*;

use super::*;

/// A plant without relevant limits or errors.
fn ideal() -> PlantSettings {
    PlantSettings {
        speed_max_mps: 10.0,
        turn_rate_max_radps: 10.0,
        acceleration_max_mps2: 1e9,
        deceleration_max_mps2: 1e9,
        turn_acceleration_max_radps2: 1e9,
        ..PlantSettings::default()
    }
}

fn driven(plant: &mut Plant, command: Twist, seconds: f64) {
    plant.command(command);
    let substeps = (seconds / plant.settings().substep_s).round() as usize;
    for _ in 0..substeps {
        plant.advance();
    }
}

proptest! {
    #[test]
    fn an_ideal_drive_follows_exact_arcs(
        v in -0.9..3.0, omega in -3.0..3.0, x in -5.0..5.0, yaw in -3.0..3.0,
    ) {
        let start = Pose2::new(x, 1.0, yaw);
        let mut plant = Plant::new(ideal(), start, 0).unwrap();
        driven(&mut plant, Twist::new(v, omega), 0.8);
        let arc = Pose2::exp(Twist::new(v, omega), 0.8);
        let apart = (start * arc).inverse() * plant.world_from_base();
        prop_assert!(apart.x.hypot(apart.y) < 1e-9 && apart.yaw.abs() < 1e-9);
        let odometry = plant.odometry();
        let drift = arc.inverse() * odometry.odom_from_base;
        prop_assert!(drift.x.hypot(drift.y) < 1e-9 && drift.yaw.abs() < 1e-9);
        prop_assert_eq!(odometry.velocity, Twist::new(v, omega));
    }

    #[test]
    fn no_limit_is_ever_passed(
        commands in prop::collection::vec((-9.0..9.0, -9.0..9.0), 1..20), seed in any::<u64>(),
    ) {
        for settings in [PlantSettings::jackal(), PlantSettings::round()] {
            let mut plant = Plant::new(settings.clone(), Pose2::IDENTITY, seed).unwrap();
            let harder = settings.acceleration_max_mps2.max(settings.deceleration_max_mps2);
            for &(v, omega) in &commands {
                plant.command(Twist::new(v, omega));
                for _ in 0..10 {
                    let before = plant.wheels;
                    plant.advance();
                    let now = plant.wheels;
                    let body = plant.velocity();
                    prop_assert!(body.linear <= settings.speed_max_mps);
                    prop_assert!(body.linear >= -settings.reverse_speed_max_mps);
                    prop_assert!(body.angular.abs() <= settings.turn_rate_max_radps);
                    let gain = (now.linear - before.linear).abs() / settings.substep_s;
                    prop_assert!(gain <= harder + 1e-9);
                    let turn = (now.angular - before.angular).abs() / settings.substep_s;
                    prop_assert!(turn <= settings.turn_acceleration_max_radps2 + 1e-9);
                }
            }
        }
    }

    #[test]
    fn the_same_seed_moves_the_same(seed in any::<u64>()) {
        let run = || {
            let mut plant = Plant::new(PlantSettings::jackal(), Pose2::IDENTITY, seed).unwrap();
            driven(&mut plant, Twist::new(1.5, 0.7), 2.0);
            (plant.world_from_base(), plant.odometry())
        };
        prop_assert_eq!(run(), run());
    }
}

#[test]
fn latency_delays_by_so_many_substeps() {
    let settings = PlantSettings {
        latency_s: 0.02,
        ..ideal()
    };
    let mut plant = Plant::new(settings, Pose2::IDENTITY, 0).unwrap();
    driven(&mut plant, Twist::new(1.0, 0.0), 0.02);
    assert_eq!(plant.world_from_base(), Pose2::IDENTITY);
    plant.advance();
    assert!((plant.world_from_base().x - 0.005).abs() < 1e-12);
}

#[test]
fn lag_reaches_63_percent_after_its_time() {
    let settings = PlantSettings {
        speed_lag_s: 0.1,
        ..ideal()
    };
    let mut plant = Plant::new(settings, Pose2::IDENTITY, 0).unwrap();
    driven(&mut plant, Twist::new(1.0, 0.0), 0.1);
    assert!((plant.velocity().linear - (1.0 - (-1.0_f64).exp())).abs() < 1e-9);
}

#[test]
fn braking_and_gaining_speed_have_their_own_limits() {
    let settings = PlantSettings {
        acceleration_max_mps2: 1.0,
        deceleration_max_mps2: 4.0,
        ..PlantSettings::default()
    };
    let mut plant = Plant::new(settings, Pose2::IDENTITY, 0).unwrap();
    driven(&mut plant, Twist::new(1.0, 0.0), 0.5);
    assert!((plant.velocity().linear - 0.5).abs() < 1e-9);
    driven(&mut plant, Twist::ZERO, 0.125);
    assert!(plant.velocity().linear.abs() < 1e-9);
}

#[test]
fn slip_loses_ground_that_wheels_do_not_notice() {
    let settings = PlantSettings {
        speed_slip_max: 0.5,
        ..ideal()
    };
    let mut plant = Plant::new(settings, Pose2::IDENTITY, 5).unwrap();
    driven(&mut plant, Twist::new(1.0, 0.0), 1.0);
    assert!((plant.odometry().odom_from_base.x - 1.0).abs() < 1e-9);
    let lost = 1.0 - plant.world_from_base().x;
    assert!(lost > 0.0 && lost < 0.5);
}

#[test]
fn a_command_that_is_no_number_is_a_stop() {
    let mut plant = Plant::new(ideal(), Pose2::IDENTITY, 0).unwrap();
    driven(&mut plant, Twist::new(f64::NAN, 0.0), 0.1);
    assert_eq!(plant.world_from_base(), Pose2::IDENTITY);
}

#[test]
fn impossible_settings_are_refused_by_name() {
    let settings = PlantSettings {
        turn_slip_max: 1.5,
        ..PlantSettings::default()
    };
    let error = Plant::new(settings, Pose2::IDENTITY, 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "plant.turn_slip_max is 1.5: expected 0 to 1"
    );
}
