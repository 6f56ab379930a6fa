use proptest::prelude::*;

use super::*;

/// Commands and measured speeds of a robot that stops several times from a speed, with latency
/// `latency_s` and constant deceleration, sampled at a rate.
fn recorded(
    speed: f64,
    latency_s: f64,
    deceleration: f64,
    rate_hz: f64,
    count: usize,
) -> (Vec<Speed>, Vec<Speed>) {
    let cycle_s = 8.0;
    let (mut commands, mut measured) = (Vec::new(), Vec::new());
    let wanted = |t_s: f64| {
        if (1.0..4.0).contains(&(t_s % cycle_s)) {
            speed
        } else {
            0.0
        }
    };
    let mut now = 0.0_f64;
    let step_s = 0.001;
    let (command_every, measure_every) = (20, (1.0 / (rate_hz * step_s)).round() as usize);
    for step in 0..(cycle_s * count as f64 / step_s) as usize {
        let t_s = step_s * step as f64;
        let goal = wanted(t_s - latency_s);
        let change = (goal - now).clamp(-deceleration * step_s, deceleration * step_s);
        now += change;
        if step % command_every == 0 {
            commands.push(Speed {
                t_s,
                mps: wanted(t_s),
            });
        }
        if step % measure_every == 0 {
            measured.push(Speed { t_s, mps: now });
        }
    }
    (commands, measured)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Latency and deceleration are recovered, forward and backward, to within one odometry period.
    #[test]
    fn stops_are_measured(
        speed in prop_oneof![-1.5_f64..-0.4, 0.4_f64..2.0],
        latency_s in 0.0_f64..0.5,
        deceleration in 0.4_f64..4.0,
        rate_hz in 20.0_f64..200.0,
        count in 1_usize..4,
    ) {
        // the robot reaches its speed before the command
        prop_assume!(latency_s + speed.abs() / deceleration < 2.5);
        let (commands, measured) = recorded(speed, latency_s, deceleration, rate_hz, count);
        let found = stops(&commands, &measured);
        prop_assert_eq!(found.len(), count);
        // a command is recorded within 20 ms
        let slack_s = 1.0 / rate_hz + 0.021;
        for stop in found {
            prop_assert!((stop.speed_mps - speed.abs()).abs() < 1e-6);
            prop_assert!((stop.latency_s - latency_s).abs() <= slack_s, "{} of {latency_s}", stop.latency_s);
            // the speed is known only at odometry messages
            let fall_s = 0.7 * speed.abs() / deceleration;
            if fall_s > 4.0 / rate_hz {
                let share = stop.deceleration_mps2 / deceleration;
                prop_assert!((share - 1.0).abs() <= 1.0 / (rate_hz * fall_s) + 0.02, "{share}");
            }
            let distance = speed.abs() * latency_s + speed * speed / (2.0 * deceleration);
            prop_assert!((stop.distance_m - distance).abs() <= speed.abs() * (slack_s + 1.0 / rate_hz) + 0.01 * distance + 0.01, "{} of {distance}", stop.distance_m);
        }
    }
}

#[test]
fn ramps_and_stops_that_are_broken_off_are_none() {
    let ramp: Vec<Speed> = (0..100)
        .map(|tick| {
            let t_s = 0.05 * f64::from(tick);
            Speed {
                t_s,
                mps: (1.0 - 0.5 * t_s).max(0.0),
            }
        })
        .collect();
    assert_eq!(stops(&ramp, &ramp), []);
    let (mut commands, measured) = recorded(1.0, 0.1, 0.5, 50.0, 1);
    commands.retain(|command| command.t_s < 4.5);
    commands.push(Speed { t_s: 4.6, mps: 1.0 });
    assert_eq!(stops(&commands, &measured), []);
}
