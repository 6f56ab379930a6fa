//! Transforms between frames: a group along chains, geodesics in time, whatever the order.
#![allow(clippy::unwrap_used)]

use nalgebra::{Translation3, UnitQuaternion, Vector3};
use perception::{Pose3, Stamp, TransformBuffer, TransformError, TransformSettings};
use proptest::prelude::*;

fn buffer() -> TransformBuffer {
    TransformBuffer::new(TransformSettings::default()).unwrap()
}

fn at(seconds: f64) -> Stamp {
    Stamp::from_secs(seconds)
}

fn pose() -> impl Strategy<Value = Pose3> {
    let number = || -5.0_f64..5.0;
    let turn = || -3.0_f64..3.0;
    ([number(), number(), number()], [turn(), turn(), turn()]).prop_map(|(place, turn)| {
        Pose3::from_parts(
            Translation3::from(Vector3::from(place)),
            UnitQuaternion::from_scaled_axis(Vector3::from(turn)),
        )
    })
}

fn apart(a: &Pose3, b: &Pose3) -> f64 {
    let between = a.inverse() * b;
    between.translation.vector.norm() + between.rotation.angle()
}

/// One told transform of a tree of eight frames: frame `i` hangs under some frame before it.
#[derive(Debug, Clone)]
struct Told {
    parent: usize,
    child: usize,
    stamp: Option<Stamp>,
    pose: Pose3,
}

fn name(frame: usize) -> String {
    format!("frame_{frame}")
}

/// Every frame moves, with samples at 0, 1, 2 and 3 s, or is fixed.
fn tree() -> impl Strategy<Value = Vec<Told>> {
    let link = |child: usize| {
        let poses = prop::collection::vec(pose(), 4);
        (0..child, any::<bool>(), poses).prop_map(move |(parent, is_fixed, poses)| {
            let told = |(index, pose): (usize, Pose3)| Told {
                parent,
                child,
                stamp: (!is_fixed).then(|| at(index as f64)),
                pose,
            };
            let count = if is_fixed { 1 } else { 4 };
            let told = poses.into_iter().take(count).enumerate().map(told);
            told.collect::<Vec<_>>()
        })
    };
    let links: Vec<_> = (1..8).map(link).collect();
    links.prop_map(|links| links.concat())
}

fn tell(buffer: &mut TransformBuffer, told: &Told) {
    let (parent, child) = (name(told.parent), name(told.child));
    match told.stamp {
        Some(stamp) => buffer.insert(&parent, &child, stamp, told.pose),
        None => buffer.insert_fixed(&parent, &child, told.pose),
    }
    .unwrap();
}

fn filled(told: &[Told]) -> TransformBuffer {
    let mut buffer = buffer();
    for told in told {
        tell(&mut buffer, told);
    }
    buffer
}

proptest! {
    #[test]
    fn a_transform_and_its_inverse_cancel(
        told in tree(), a in 0_usize..8, b in 0_usize..8, seconds in 0.0_f64..=3.0,
    ) {
        let buffer = filled(&told);
        let (a, b) = (name(a), name(b));
        let there = buffer.lookup(&a, &b, at(seconds)).unwrap();
        let back = buffer.lookup(&b, &a, at(seconds)).unwrap();
        prop_assert!(apart(&(there * back), &Pose3::identity()) < 1e-6);
    }

    #[test]
    fn chains_compose(
        told in tree(), a in 0_usize..8, b in 0_usize..8, c in 0_usize..8,
        seconds in 0.0_f64..=3.0,
    ) {
        let buffer = filled(&told);
        let look = |a, b| buffer.lookup(&name(a), &name(b), at(seconds)).unwrap();
        prop_assert!(apart(&(look(a, b) * look(b, c)), &look(a, c)) < 1e-6);
    }

    #[test]
    fn the_order_of_telling_does_not_matter(
        (told, shuffled) in tree().prop_flat_map(|told| {
            (Just(told.clone()), Just(told).prop_shuffle())
        }),
        a in 0_usize..8, b in 0_usize..8, seconds in -0.5_f64..=3.5,
    ) {
        let (one, other) = (filled(&told), filled(&shuffled));
        let (a, b) = (name(a), name(b));
        let answer = |buffer: &TransformBuffer| buffer.lookup(&a, &b, at(seconds));
        prop_assert_eq!(answer(&one).ok(), answer(&other).ok());
        prop_assert_eq!(one.latest_common_stamp(&a, &b), other.latest_common_stamp(&a, &b));
    }

    /// Between two samples: places on the straight line, rotations about one axis, in proportion.
    #[test]
    fn interpolation_follows_the_geodesic(from in pose(), to in pose(), fraction in 0.0_f64..=1.0) {
        let mut buffer = buffer();
        buffer.insert("odom", "base", at(1.0), from).unwrap();
        buffer.insert("odom", "base", at(2.0), to).unwrap();
        let stamp = at(1.0 + fraction);
        let fraction = stamp.secs_since(at(1.0));
        let found = buffer.lookup("odom", "base", stamp).unwrap();
        let line = from.translation.vector.lerp(&to.translation.vector, fraction);
        prop_assert!((found.translation.vector - line).norm() < 1e-9);
        let whole = from.rotation.angle_to(&to.rotation);
        prop_assert!((from.rotation.angle_to(&found.rotation) - fraction * whole).abs() < 1e-6);
        prop_assert!((found.rotation.angle_to(&to.rotation) - (1.0 - fraction) * whole).abs() < 1e-6);
    }

    /// What the latest common stamp promises is there.
    #[test]
    fn the_latest_common_stamp_is_available(
        told in tree(), a in 0_usize..8, b in 0_usize..8,
    ) {
        let buffer = filled(&told);
        let latest = buffer.lookup_latest(&name(a), &name(b)).unwrap();
        let again = buffer.lookup(&name(a), &name(b), latest.stamp).unwrap();
        prop_assert_eq!(latest.value, again);
    }

    /// Memory is bounded in time and in number, and the newest are those that stay.
    #[test]
    fn the_window_holds(
        mut times in prop::collection::vec(0_u32..40, 1..60),
        window_s in 1.0_f64..20.0,
        samples_max in 2_usize..20,
    ) {
        let settings = TransformSettings { window_s, samples_max, ..TransformSettings::default() };
        let mut buffer = TransformBuffer::new(settings).unwrap();
        for &time in &times {
            let pose = Pose3::translation(f64::from(time), 0.0, 0.0);
            let _ = buffer.insert("odom", "base", at(f64::from(time)), pose);
        }
        times.sort_unstable();
        times.dedup();
        let newest = *times.last().unwrap();
        let kept: Vec<u32> = times
            .iter()
            .copied()
            .filter(|&time| f64::from(newest - time) <= window_s)
            .collect();
        let kept = &kept[kept.len().saturating_sub(samples_max)..];
        for &time in &times {
            let found = buffer.lookup("odom", "base", at(f64::from(time)));
            if kept.contains(&time) {
                prop_assert_eq!(found.unwrap().translation.x, f64::from(time));
            } else {
                prop_assert!(found.is_err());
            }
        }
    }
}

#[test]
fn failed_lookups_name_their_cause() {
    let mut buffer = buffer();
    let step = Pose3::translation(1.0, 0.0, 0.0);
    let message = |buffer: &TransformBuffer, target: &str, source: &str, seconds: f64| {
        buffer
            .lookup(target, source, at(seconds))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        message(&buffer, "odom", "base", 0.0),
        "frame \"odom\" is unknown; known are none"
    );
    buffer.insert("odom", "base", at(1.0), step).unwrap();
    buffer.insert("odom", "base", at(2.0), step).unwrap();
    buffer.insert_fixed("world", "tower", step).unwrap();
    assert_eq!(
        message(&buffer, "odom", "camera", 1.0),
        "frame \"camera\" is unknown; known are \"base\", \"odom\", \"tower\", \"world\""
    );
    assert_eq!(
        message(&buffer, "base", "tower", 1.0),
        "no transform from \"tower\" to \"base\": \"tower\" hangs under \"world\", \"base\" under \
         \"odom\""
    );
    assert_eq!(
        message(&buffer, "odom", "base", 2.5),
        "\"base\" in \"odom\" at 2.5 s: the newest is of 2 s"
    );
    assert_eq!(
        message(&buffer, "base", "odom", 0.5),
        "\"base\" in \"odom\" at 0.5 s: the oldest kept is of 1 s"
    );
}

#[test]
fn invalid_transforms_are_rejected_without_effect() {
    let mut buffer = buffer();
    let step = Pose3::translation(1.0, 0.0, 0.0);
    buffer.insert("odom", "base", at(1.0), step).unwrap();
    buffer.insert_fixed("base", "laser", step).unwrap();
    let mut long = step;
    long.rotation = UnitQuaternion::new_unchecked(nalgebra::Quaternion::new(2.0, 0.0, 0.0, 0.0));
    let nowhere = Pose3::translation(f64::NAN, 0.0, 0.0);
    let cases = [
        (
            buffer.insert("map", "base", at(2.0), step),
            "\"base\" hangs under \"odom\" and cannot hang under \"map\" too",
        ),
        (
            buffer.insert_fixed("odom", "base", step),
            "\"base\" was told as moving before and now as fixed",
        ),
        (
            buffer.insert("base", "laser", at(2.0), step),
            "\"laser\" was told as fixed before and now as moving",
        ),
        (
            buffer.insert("laser", "odom", at(2.0), step),
            "\"odom\" cannot hang under \"laser\", which hangs under \"odom\"",
        ),
        (
            buffer.insert_fixed("camera", "/camera", step),
            "\"camera\" cannot hang under \"camera\", which hangs under \"camera\"",
        ),
        (
            buffer.insert_fixed("base", "/", step),
            "frame \"\": expected a name",
        ),
        (
            buffer.insert_fixed("base", "camera", long),
            "\"camera\" in \"base\": length of the quaternion is 2, expected 1 within a hundredth",
        ),
        (
            buffer.insert_fixed("base", "camera", nowhere),
            "\"camera\" in \"base\": translation is [NaN, 0.0, 0.0], expected finite numbers",
        ),
    ];
    for (outcome, expected) in cases {
        assert_eq!(outcome.unwrap_err().to_string(), expected);
    }
    assert!(buffer.frames().eq(["base", "laser", "odom"]));
    // the window is of 10 s
    buffer.insert("odom", "base", at(20.0), step).unwrap();
    let late = buffer.insert("odom", "base", at(5.0), step);
    assert!(matches!(late, Err(TransformError::TooOld { .. })));
}

#[test]
fn frames_are_bounded_and_slashes_do_not_count() {
    let settings = TransformSettings {
        frames_max: 3,
        ..TransformSettings::default()
    };
    let mut buffer = TransformBuffer::new(settings).unwrap();
    let step = Pose3::translation(1.0, 0.0, 0.0);
    buffer.insert_fixed("/a", "b", step).unwrap();
    buffer.insert_fixed("a", "/c", step).unwrap();
    assert_eq!(
        buffer.lookup("c", "/b", at(7.0)).unwrap(),
        Pose3::identity()
    );
    let more = buffer.insert_fixed("c", "d", step).unwrap_err().to_string();
    assert_eq!(
        more,
        "frame \"d\" would be one more than the 3 that are allowed"
    );
    assert!(buffer.knows("/c") && !buffer.knows("d"));
    let wrong = TransformSettings {
        window_s: 0.0,
        ..settings
    };
    assert!(TransformBuffer::new(wrong).is_err());
}

#[test]
fn old_samples_expire_and_static_transforms_remain() {
    let mut buffer = buffer();
    let pose = Pose3::translation(1.0, 0.0, 0.0);
    buffer.insert("odom", "base", at(100.0), pose).unwrap();
    buffer.insert_fixed("base", "laser", pose).unwrap();
    buffer.forget_motion();
    assert_eq!(buffer.lookup("base", "laser", at(0.0)), Ok(pose));
    assert!(buffer.lookup("odom", "base", at(100.0)).is_err());
    // time begins anew, long before what was kept
    buffer.insert("odom", "base", at(1.0), pose).unwrap();
    assert_eq!(buffer.lookup("odom", "base", at(1.0)), Ok(pose));
}
