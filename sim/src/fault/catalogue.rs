//! The catalogue of faults by name.

use std::f64::consts::{FRAC_PI_2, PI};

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::case::{FaultCase, Onset, TWO_AT_ONCE, draw, object, sector};
use super::kind::{ClockScope, Fault, InvalidReading, SensorScope, VelocityGlitch};

type Recipe = fn(&mut ChaCha8Rng) -> Fault;

/// A fault of all sensors that begins during the drive; it may be one of two simultaneous faults.
const fn case(name: &'static str, is_promised: bool, draw: Recipe) -> FaultCase {
    FaultCase {
        name,
        is_promised,
        onset: Onset::Driving,
        combines: true,
        sensors: SensorScope::All,
        draw,
    }
}

/// The same, from the start.
const fn from_start(name: &'static str, is_promised: bool, draw: Recipe) -> FaultCase {
    FaultCase {
        onset: Onset::Start,
        combines: false,
        ..case(name, is_promised, draw)
    }
}

/// The same, from start to end.
const fn always(name: &'static str, is_promised: bool, draw: Recipe) -> FaultCase {
    FaultCase {
        onset: Onset::Always,
        ..case(name, is_promised, draw)
    }
}

/// The same, never one of two.
const fn alone(case: FaultCase) -> FaultCase {
    FaultCase {
        combines: false,
        ..case
    }
}

/// The same for the planar LiDAR only.
const fn planar(name: &'static str, draw: Recipe) -> FaultCase {
    FaultCase {
        sensors: SensorScope::Planar,
        combines: false,
        ..case(name, true, draw)
    }
}

fn sign(rng: &mut ChaCha8Rng) -> f64 {
    if rng.random::<bool>() { 1.0 } else { -1.0 }
}

/// All named faults. The first is no fault, the last is two of the others simultaneously.
pub static CATALOGUE: [FaultCase; 78] = [
    alone(always("none", true, |_| Fault::HeedlessPeople)),
    case("scan_dropout_10", true, |_| Fault::ScanDropout {
        share: 0.1,
    }),
    case("scan_dropout_50", true, |_| Fault::ScanDropout {
        share: 0.5,
    }),
    case("scan_dropout_90", true, |_| Fault::ScanDropout {
        share: 0.9,
    }),
    case("scan_nan", true, |_| Fault::ScanInvalid {
        reading: InvalidReading::Nan,
    }),
    case("scan_zero", true, |_| Fault::ScanInvalid {
        reading: InvalidReading::Zero,
    }),
    case("scan_negative", true, |_| Fault::ScanInvalid {
        reading: InvalidReading::Negative,
    }),
    case("scan_infinity", true, |_| Fault::ScanInvalid {
        reading: InvalidReading::Infinity,
    }),
    case("scan_range_max", true, |_| Fault::ScanInvalid {
        reading: InvalidReading::RangeMax,
    }),
    case("scan_constant_near", true, |rng| Fault::ScanConstant {
        range_m: draw([0.4, 0.8], rng),
    }),
    case("scan_constant_far", true, |rng| Fault::ScanConstant {
        range_m: draw([3.0, 8.0], rng),
    }),
    case("scan_frozen", true, |_| Fault::ScanFrozen),
    case("scan_stale_100_ms", true, |_| Fault::ScanStale {
        age_s: 0.1,
    }),
    case("scan_stale_300_ms", false, |_| Fault::ScanStale {
        age_s: 0.3,
    }),
    case("scan_stale_600_ms", false, |_| Fault::ScanStale {
        age_s: 0.6,
    }),
    case("scan_stale_1000_ms", false, |_| Fault::ScanStale {
        age_s: 1.0,
    }),
    case("scan_blind_front", true, |_| Fault::ScanSector {
        centre_rad: 0.0,
        width_rad: FRAC_PI_2,
        reading: InvalidReading::Nan,
    }),
    case("scan_blind_left", true, |_| Fault::ScanSector {
        centre_rad: FRAC_PI_2,
        width_rad: PI,
        reading: InvalidReading::Nan,
    }),
    case("scan_blind_sector", true, |rng| {
        let [centre_rad, width_rad] = sector(rng);
        Fault::ScanSector {
            centre_rad,
            width_rad,
            reading: InvalidReading::Nan,
        }
    }),
    case("scan_front_infinity", false, |_| Fault::ScanSector {
        centre_rad: 0.0,
        width_rad: FRAC_PI_2,
        reading: InvalidReading::Infinity,
    }),
    case("scan_noise_3_cm", true, |_| Fault::ScanNoise {
        deviation_m: 0.03,
    }),
    case("scan_noise_10_cm", false, |_| Fault::ScanNoise {
        deviation_m: 0.1,
    }),
    case("scan_phantoms_1", true, |_| Fault::ScanPhantoms {
        share: 0.01,
        range_m: [0.5, 3.0],
    }),
    case("scan_phantoms_5", true, |_| Fault::ScanPhantoms {
        share: 0.05,
        range_m: [0.5, 3.0],
    }),
    from_start("scan_never_valid", true, |_| Fault::ScanInvalid {
        reading: InvalidReading::Nan,
    }),
    case("scan_silent", true, |_| Fault::ScanSilent),
    from_start("scan_never_came", true, |_| Fault::ScanSilent),
    planar("planar_nan", |_| Fault::ScanInvalid {
        reading: InvalidReading::Nan,
    }),
    planar("planar_frozen", |_| Fault::ScanFrozen),
    planar("planar_silent", |_| Fault::ScanSilent),
    case("scan_delay_150_ms", true, |_| Fault::ScanDelay {
        delay_s: 0.15,
    }),
    case("scan_delay_300_ms", true, |_| Fault::ScanDelay {
        delay_s: 0.3,
    }),
    case("scan_delay_500_ms", true, |_| Fault::ScanDelay {
        delay_s: 0.5,
    }),
    case("messages_swapped", true, |_| Fault::MessagesSwapped),
    case("messages_lost_30", true, |_| Fault::MessagesLost {
        share: 0.3,
    }),
    case("messages_lost_90", true, |_| Fault::MessagesLost {
        share: 0.9,
    }),
    case("messages_lost_all", true, |_| Fault::MessagesLost {
        share: 1.0,
    }),
    case("clock_forward_300_ms", true, |_| Fault::ClockJump {
        jump_s: 0.3,
        scope: ClockScope::All,
    }),
    case("clock_forward_10_s", true, |_| Fault::ClockJump {
        jump_s: 10.0,
        scope: ClockScope::All,
    }),
    case("clock_back_300_ms", true, |_| Fault::ClockJump {
        jump_s: -0.3,
        scope: ClockScope::All,
    }),
    case("clock_back_10_s", true, |_| Fault::ClockJump {
        jump_s: -10.0,
        scope: ClockScope::All,
    }),
    case("clock_scans_ahead", true, |_| Fault::ClockJump {
        jump_s: 0.3,
        scope: ClockScope::RangeSensors,
    }),
    case("clock_scans_behind", true, |_| Fault::ClockJump {
        jump_s: -0.3,
        scope: ClockScope::RangeSensors,
    }),
    case("clock_one_odometry", true, |_| Fault::ClockJump {
        jump_s: 10.0,
        scope: ClockScope::OneOdometryMessage,
    }),
    case("clock_one_scan", true, |_| Fault::ClockJump {
        jump_s: 10.0,
        scope: ClockScope::OneRangeMessage,
    }),
    case("mounting_yaw", false, |rng| Fault::Mounting {
        offset_m: [0.0; 2],
        yaw_rad: sign(rng) * draw([0.1, 0.3], rng),
    }),
    from_start("mounting_yaw_from_start", false, |rng| Fault::Mounting {
        offset_m: [0.0; 2],
        yaw_rad: sign(rng) * draw([0.1, 0.3], rng),
    }),
    case("mounting_quarter_turn", false, |rng| Fault::Mounting {
        offset_m: [0.0; 2],
        yaw_rad: sign(rng) * FRAC_PI_2,
    }),
    case("mounting_offset", false, |rng| Fault::Mounting {
        offset_m: [sign(rng) * 0.3, 0.0],
        yaw_rad: 0.0,
    }),
    from_start("mounting_offset_from_start", false, |rng| Fault::Mounting {
        offset_m: [sign(rng) * 0.3, 0.0],
        yaw_rad: 0.0,
    }),
    case("odometry_slip", false, |_| Fault::OdometryScale {
        linear: 1.25,
        angular: 1.1,
    }),
    case("odometry_double", false, |_| Fault::OdometryScale {
        linear: 2.0,
        angular: 1.0,
    }),
    case("odometry_half", false, |_| Fault::OdometryScale {
        linear: 0.5,
        angular: 1.0,
    }),
    case("odometry_jump_along", false, |rng| Fault::OdometryJump {
        offset_m: [sign(rng), 0.0],
        yaw_rad: 0.0,
    }),
    case("odometry_jump_aside", false, |rng| Fault::OdometryJump {
        offset_m: [0.0, sign(rng)],
        yaw_rad: 0.0,
    }),
    case("odometry_jump_turn", false, |rng| Fault::OdometryJump {
        offset_m: [0.0; 2],
        yaw_rad: 0.5 * sign(rng),
    }),
    case("odometry_pose_frozen", false, |_| Fault::OdometryFrozen {
        velocity: false,
    }),
    case("odometry_frozen", false, |_| Fault::OdometryFrozen {
        velocity: true,
    }),
    case("odometry_nan", true, |_| Fault::OdometryInvalid),
    case("velocity_zero", true, |_| Fault::Velocity {
        glitch: VelocityGlitch::Zero,
    }),
    case("velocity_frozen", true, |_| Fault::Velocity {
        glitch: VelocityGlitch::Frozen,
    }),
    case("velocity_sign", true, |_| Fault::Velocity {
        glitch: VelocityGlitch::Sign,
    }),
    case("velocity_spikes", true, |_| Fault::Velocity {
        glitch: VelocityGlitch::Spikes {
            share: 0.1,
            height: 3.0,
        },
    }),
    case("plant_lag", true, |_| Fault::PlantLag { lag_s: 0.1 }),
    case("latency_150_ms", true, |_| Fault::Latency { extra_s: 0.15 }),
    case("latency_500_ms", false, |_| Fault::Latency { extra_s: 0.5 }),
    case("brakes_80", true, |_| Fault::WeakBrakes { share: 0.8 }),
    case("brakes_60", true, |_| Fault::WeakBrakes { share: 0.6 }),
    case("brakes_33", false, |_| Fault::WeakBrakes { share: 0.33 }),
    case("dead_zone", true, |_| Fault::DeadZone {
        linear_mps: 0.08,
        angular_radps: 0.15,
    }),
    always("footprint_1_cm", true, |_| Fault::LargerFootprint {
        by_m: 0.01,
    }),
    always("footprint_3_cm", false, |_| Fault::LargerFootprint {
        by_m: 0.03,
    }),
    alone(always("heedless_people", true, |_| Fault::HeedlessPeople)),
    case("appearing_object", true, object),
    case("ticks_skipped", true, |_| Fault::TicksSkipped {
        share: 0.5,
    }),
    case("ticks_stalled", false, |_| Fault::TicksStalled {
        stall_s: 0.3,
        every_s: 1.5,
    }),
    case("ticks_late", true, |_| Fault::TicksLate { late_s: 0.1 }),
    alone(case(TWO_AT_ONCE, false, |_| Fault::HeedlessPeople)),
];
