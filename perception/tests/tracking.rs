//! What tracks of movers promise.
#![allow(clippy::unwrap_used)]

use perception::{
    DistanceField, LaserScan, Mapper, MapperSettings, Odometry, Point2, Pose2, SensorEvent,
    Snapshot, Stamp, Stamped, Track, Twist, Vector2,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const PERIOD_S: f64 = 0.05;
const PERSON_M: f64 = 0.25;
/// Slower tracks stand.
const MOVING_MPS: f64 = 0.35;

/// Discs in a room of 12 by 6 m about the origin.
struct Room {
    discs: Vec<(Point2, f64)>,
}

impl Room {
    /// Distance from a point in a direction to what is there, m.
    fn range(&self, from: Point2, angle: f64) -> f64 {
        let ahead = Vector2::new(angle.cos(), angle.sin());
        let wall = |at: f64, step: f64, half: f64| {
            if step.abs() < 1e-9 {
                f64::INFINITY
            } else {
                (half * step.signum() - at) / step
            }
        };
        let walls = wall(from.x, ahead.x, 6.0).min(wall(from.y, ahead.y, 3.0));
        self.discs.iter().fold(walls, |nearest, (middle, radius)| {
            let to = middle - from;
            let along = to.dot(&ahead);
            let off = to.norm_squared() - along * along;
            let half = radius * radius - off;
            if half < 0.0 || along < 0.0 {
                nearest
            } else {
                nearest.min(along - half.sqrt())
            }
        })
    }

    fn scan(&self, lidar: Pose2, noise: &mut ChaCha8Rng) -> LaserScan {
        let (angle_min, angle_increment) = (-2.356, 0.006_55);
        let ranges = (0..720)
            .map(|beam| {
                let angle = lidar.yaw + angle_min + angle_increment * f64::from(beam);
                let fault = (0..4).map(|_| noise.random::<f64>() - 0.5).sum::<f64>();
                (self.range(lidar.position(), angle) + 0.017 * fault) as f32
            })
            .collect();
        LaserScan {
            angle_min,
            angle_increment,
            time_increment: 0.0,
            range_min: 0.1,
            range_max: 20.0,
            ranges,
        }
    }
}

/// Drives through a room and hands every snapshot to `see`.
fn watch(
    ticks: u32,
    pose: impl Fn(f64) -> Pose2,
    drift: impl Fn(f64, Pose2) -> Pose2,
    room: impl Fn(f64) -> Room,
    mut see: impl FnMut(f64, &Snapshot),
) {
    let mut mapper = Mapper::new(MapperSettings::default()).unwrap();
    let mut snapshot = Snapshot::default();
    let mut noise = ChaCha8Rng::seed_from_u64(4);
    for tick in 0..ticks {
        let t_s = PERIOD_S * f64::from(tick);
        let stamp = Stamp::from_secs(t_s);
        let odometry = Odometry::level(drift(t_s, pose(t_s)), Twist::ZERO);
        let scan = room(t_s).scan(pose(t_s), &mut noise);
        for value in [
            SensorEvent::Odometry(odometry),
            SensorEvent::Scan {
                base_from_lidar: Pose2::IDENTITY,
                scan,
            },
        ] {
            mapper.observe(&Stamped { stamp, value }).unwrap();
        }
        mapper.refresh(&mut snapshot);
        see(t_s, &snapshot);
    }
}

fn nearest(snapshot: &Snapshot, to: Point2) -> Option<&Track> {
    let away = |track: &Track| (track.position - to).norm();
    let nearest = snapshot
        .tracks
        .iter()
        .min_by(|a, b| away(a).total_cmp(&away(b)));
    nearest.filter(|track| away(track) < 0.4)
}

fn exact(_: f64, pose: Pose2) -> Pose2 {
    pose
}

#[test]
fn straight_walkers_are_tracked_within_half_a_second() {
    for (from, velocity) in [
        (Point2::new(5.0, 0.5), Vector2::new(-1.3, 0.0)),
        (Point2::new(1.5, -2.0), Vector2::new(0.0, 1.0)),
        (Point2::new(4.0, 1.5), Vector2::new(-0.7, -0.5)),
    ] {
        let comes_s = 1.0;
        let at = |t_s: f64| from + velocity * (t_s - comes_s);
        let mut seen = 0;
        watch(
            58,
            |_| Pose2::IDENTITY,
            exact,
            |t_s| Room {
                discs: if t_s < comes_s {
                    Vec::new()
                } else {
                    vec![(at(t_s), PERSON_M)]
                },
            },
            |t_s, snapshot| {
                if t_s > comes_s + 0.55 {
                    let track = nearest(snapshot, at(t_s)).unwrap();
                    let off = (track.velocity - velocity).norm();
                    assert!(off < 0.15, "at {t_s} s off by {off} m/s");
                    assert!((track.position - at(t_s)).norm() < 0.12);
                    assert!((track.radius_m - PERSON_M).abs() < 0.1);
                    seen += 1;
                }
            },
        );
        assert!(seen > 20);
    }
}

/// Posts, a pillar and a bin.
fn furniture() -> Vec<(Point2, f64)> {
    [
        (1.0, 0.9, 0.04),
        (1.5, -0.8, 0.05),
        (2.5, 1.2, 0.25),
        (-1.0, 1.0, 0.15),
        (3.5, -1.5, 0.3),
        (0.0, -1.2, 0.08),
    ]
    .iter()
    .map(|&(x, y, radius_m)| (Point2::new(x, y), radius_m))
    .collect()
}

#[test]
fn static_obstacles_have_no_velocity_for_any_robot_motion() {
    let pose = |t_s: f64| Pose2::new(-4.0 + 0.9 * t_s, 0.2 * t_s.sin(), 0.5 * (1.3 * t_s).sin());
    // odometry that is too fast, turns too far and shakes
    let drift = |t_s: f64, pose: Pose2| {
        let shake = 0.004 * (37.0 * t_s).sin();
        Pose2::new(
            pose.x * 1.01 + shake,
            pose.y - shake,
            pose.yaw + 0.004 * t_s + shake,
        )
    };
    watch(
        160,
        pose,
        drift,
        |_| Room { discs: furniture() },
        |t_s, snapshot| {
            for track in &snapshot.tracks {
                assert!(!track.moves(MOVING_MPS), "{track:?} at {t_s} s");
            }
        },
    );
}

#[test]
fn a_track_behind_a_post_is_predicted() {
    let at = |t_s: f64| Point2::new(3.0, -2.5 + 1.2 * t_s);
    watch(
        80,
        |_| Pose2::IDENTITY,
        exact,
        |t_s| Room {
            // it stands in the line of sight
            discs: vec![(at(t_s), PERSON_M), (Point2::new(1.5, 0.0), 0.08)],
        },
        |t_s, snapshot| {
            if t_s > 1.0 {
                let track = nearest(snapshot, at(t_s)).unwrap();
                // half hidden, one seems to stay behind
                assert!(track.velocity.y > 0.3, "{track:?} at {t_s} s");
            }
        },
    );
}

#[test]
fn two_crossing_pedestrians_are_two_tracks() {
    let first = |t_s: f64| Point2::new(2.0 + 0.3 * t_s, -2.0 + 1.1 * t_s);
    let second = |t_s: f64| Point2::new(3.4, 2.4 - 1.1 * t_s);
    watch(
        76,
        |_| Pose2::IDENTITY,
        exact,
        |t_s| Room {
            discs: vec![(first(t_s), PERSON_M), (second(t_s), PERSON_M)],
        },
        |t_s, snapshot| {
            // one hides the other from 1.6 s to 2.4 s
            if !(1.0..1.6).contains(&t_s) && t_s < 3.2 {
                return;
            }
            for (at, velocity) in [
                (first(t_s), Vector2::new(0.3, 1.1)),
                (second(t_s), Vector2::new(0.0, -1.1)),
            ] {
                let track = nearest(snapshot, at).unwrap();
                let off = (track.velocity - velocity).norm();
                assert!(off < 0.3, "{track:?} at {t_s} s");
            }
        },
    );
}

/// A row of people who walk across the line of sight, one behind the other.
fn queue(t_s: f64) -> impl Iterator<Item = Point2> {
    (0..20)
        .map(move |place| Point2::new(2.0, 1.0 * t_s - 2.0 - 0.6 * f64::from(place)))
        .filter(|at| at.y.abs() < 2.2)
}

#[test]
fn a_pedestrian_that_follows_another_is_tracked() {
    let mut seen = 0;
    watch(
        240,
        |_| Pose2::IDENTITY,
        exact,
        |t_s| Room {
            discs: queue(t_s).map(|at| (at, 0.2)).collect(),
        },
        |t_s, snapshot| {
            if t_s > 1.5 {
                for at in queue(t_s).filter(|at| (-0.9..1.2).contains(&at.y)) {
                    let track = nearest(snapshot, at).unwrap();
                    assert!(track.velocity.y > 0.5, "{track:?} at {t_s} s, {at}");
                    seen += 1;
                }
            }
        },
    );
    assert!(seen > 600, "{seen}");
}

#[test]
fn a_starting_pedestrian_is_tentative_before_it_is_tracked() {
    let mut first = [None; 2];
    watch(
        20,
        |_| Pose2::IDENTITY,
        exact,
        |t_s| Room {
            discs: vec![(Point2::new(1.5, -0.5 + t_s), PERSON_M)],
        },
        |t_s, snapshot| {
            for (first, count) in
                (first.iter_mut()).zip([snapshot.suspects.len(), snapshot.tracks.len()])
            {
                if count > 0 {
                    first.get_or_insert(t_s);
                }
            }
        },
    );
    let [Some(suspected_s), Some(tracked_s)] = first else {
        panic!("{first:?}");
    };
    assert!(suspected_s <= 0.25 && suspected_s < tracked_s, "{first:?}");
}

#[test]
fn the_velocity_of_an_approaching_wide_disc_is_known_immediately() {
    // its front alone is new ground at first: it must not seem to move aside
    let velocities = [Vector2::new(0.0, 1.2), Vector2::new(-0.8, 0.9)];
    for (velocity, came_s) in velocities.into_iter().flat_map(|v| [(v, 1.0), (v, 0.0)]) {
        let at = |t_s: f64| Point2::new(2.5, -1.2) + velocity * (t_s - came_s);
        watch(
            50,
            |_| Pose2::IDENTITY,
            exact,
            |t_s| Room {
                discs: vec![(at(t_s), 0.5); usize::from(t_s > came_s - 0.01)],
            },
            |t_s, snapshot| {
                if (came_s + 0.3..2.4).contains(&t_s) && t_s > 0.5 {
                    let track = nearest(snapshot, at(t_s)).expect("a track");
                    let error = (track.velocity - velocity).norm();
                    assert!(error < 0.5, "{error} m/s after {t_s} s");
                }
            },
        );
    }
}

#[test]
fn moving_objects_are_excluded_from_the_static_field() {
    let at = |t_s: f64| Point2::new(2.0, -2.0 + t_s);
    let post = Point2::new(3.2, 0.3);
    watch(
        60,
        |_| Pose2::IDENTITY,
        exact,
        |t_s| Room {
            discs: vec![(at(t_s), PERSON_M), (post, 0.1)],
        },
        |t_s, snapshot| {
            let (all, at_rest) = (&snapshot.field, snapshot.static_field());
            let distance_m = |field: &DistanceField, place| field.sample(place).distance_m;
            if t_s < 1.0 {
                return;
            }
            assert!(distance_m(all, at(t_s)) < 0.4, "{t_s}");
            let free_m = (at(t_s) - post).norm().min(1.0) - 0.25;
            assert!(distance_m(at_rest, at(t_s)) > free_m.min(0.8), "{t_s}");
            let front = post - Vector2::new(0.1, 0.0);
            assert!(distance_m(at_rest, front) < 0.1, "the post stays, {t_s}");
            for cell in snapshot
                .field
                .distances_m()
                .iter()
                .zip(at_rest.distances_m())
            {
                assert!(cell.0 <= cell.1, "what stands is no more than all");
            }
        },
    );
}

#[test]
fn a_static_scene_has_no_moving_objects() {
    watch(
        40,
        |t_s| Pose2::new(0.5 * t_s, 0.0, 0.2 * t_s),
        exact,
        |_| Room { discs: furniture() },
        |_, snapshot| {
            assert!(snapshot.moving_cells.is_empty());
            assert!(std::ptr::eq(
                snapshot.static_field(),
                &raw const snapshot.field
            ));
        },
    );
}

#[test]
fn a_pedestrian_that_stops_becomes_static() {
    let at = |t_s: f64| Point2::new(2.0, -2.0 + t_s.min(2.0));
    watch(
        180,
        |_| Pose2::IDENTITY,
        exact,
        |t_s| Room {
            discs: vec![(at(t_s), PERSON_M)],
        },
        |t_s, snapshot| {
            // it becomes part of what stands from 3.7 s on, bit by bit
            if (2.8..3.6).contains(&t_s) {
                for track in &snapshot.tracks {
                    assert!(!track.moves(MOVING_MPS), "{track:?} at {t_s} s");
                }
            }
            if t_s > 7.0 {
                assert!(snapshot.tracks.is_empty(), "{:?} {t_s}", snapshot.tracks);
            }
        },
    );
}

#[test]
fn without_tracking_there_are_no_tracks() {
    let mut settings = MapperSettings::default();
    settings.tracking.enabled = false;
    let mut mapper = Mapper::new(settings).unwrap();
    let mut snapshot = Snapshot::default();
    let stamp = Stamp::from_secs(0.0);
    let value = SensorEvent::Odometry(Odometry::level(Pose2::IDENTITY, Twist::ZERO));
    mapper.observe(&Stamped { stamp, value }).unwrap();
    mapper.refresh(&mut snapshot);
    assert!(snapshot.tracks.is_empty());
}
