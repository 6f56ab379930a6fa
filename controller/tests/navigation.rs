//! Goals are reached with their headings and held, paths are driven in order, and a robot that cannot
//! get on says so. A small world of walls with a robot that obeys within its limits.
#![allow(clippy::unwrap_used)]

use std::f64::consts::{FRAC_PI_2, PI};

use controller::{Agent, ControllerSettings, Goal, Limits, NavigationStatus, RegularMpc};
use perception::{
    Footprint, LaserScan, Odometry, Point2, Pose2, SensorEvent, Stamp, Stamped, Twist, wrap_angle,
};

const PERIOD_S: f64 = 0.05;
const BEAMS: usize = 540;

/// A wall from one point to another.
type Wall = [(f64, f64); 2];

fn rectangle(x: [f64; 2], y: [f64; 2]) -> Vec<Wall> {
    let corners = [(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])];
    (0..4)
        .map(|index| [corners[index], corners[(index + 1) % 4]])
        .collect()
}

/// Distance along a ray to the nearest wall.
fn range(walls: &[Wall], from: Point2, angle: f64) -> f64 {
    let (sin, cos) = angle.sin_cos();
    let hit = |[a, b]: &Wall| {
        let (ex, ey) = (b.0 - a.0, b.1 - a.1);
        let across = cos * ey - sin * ex;
        let (dx, dy) = (a.0 - from.x, a.1 - from.y);
        let along = (dx * ey - dy * ex) / across;
        let share = (dx * sin - dy * cos) / across;
        (across.abs() > 1e-12 && along > 0.0 && (0.0..=1.0).contains(&share)).then_some(along)
    };
    walls.iter().filter_map(hit).fold(f64::INFINITY, f64::min)
}

/// Least distance of the outline's points to a wall.
fn gap(walls: &[Wall], footprint: &Footprint, pose: Pose2) -> f64 {
    let points = footprint.drawn_corners(32);
    let mut least = f64::INFINITY;
    for [a, b] in walls {
        let (a, b) = (Point2::new(a.0, a.1), Point2::new(b.0, b.1));
        let along = b - a;
        for corner in &points {
            let point = pose * *corner;
            let share = ((point - a).dot(&along) / along.norm_squared()).clamp(0.0, 1.0);
            least = least.min((a + along * share - point).norm());
        }
        // ends of walls against the outline
        for end in [a, b] {
            least = least.min(footprint.signed_distance_m(pose.inverse() * end));
        }
    }
    least
}

/// A robot that obeys within its limits among walls.
struct World {
    agent: Agent,
    settings: ControllerSettings,
    walls: Vec<Wall>,
    field_of_view: f64,
    pose: Pose2,
    velocity: Twist,
    tick: u32,
    gap_min: f64,
}

impl World {
    fn new(settings: ControllerSettings, walls: Vec<Wall>, field_of_view: f64) -> Self {
        let c = settings.clone();
        let policy = RegularMpc::new(&c.footprint, c.limits, c.cost, c.pace, c.mpc).unwrap();
        Self {
            agent: Agent::new(&settings, Box::new(policy)).unwrap(),
            settings,
            walls,
            field_of_view,
            pose: Pose2::IDENTITY,
            velocity: Twist::ZERO,
            tick: 0,
            gap_min: f64::INFINITY,
        }
    }

    fn now_s(&self) -> f64 {
        PERIOD_S * f64::from(self.tick)
    }

    fn goal(&mut self, x: f64, y: f64, yaw: Option<f64>) {
        self.agent.set_goal(Goal {
            position: Point2::new(x, y),
            yaw,
            tolerance_m: 0.1,
            yaw_tolerance_rad: 0.1,
        });
    }

    fn step(&mut self) -> NavigationStatus {
        let stamp = Stamp::from_secs(10.0 + self.now_s());
        let increment = self.field_of_view / BEAMS as f64;
        let first = -0.5 * self.field_of_view;
        let ranges = (0..BEAMS)
            .map(|beam| {
                let angle = self.pose.yaw + first + increment * beam as f64;
                range(&self.walls, self.pose.position(), angle) as f32
            })
            .collect();
        let scan = LaserScan {
            angle_min: first,
            angle_increment: increment,
            time_increment: 0.0,
            range_min: 0.05,
            range_max: 30.0,
            ranges,
        };
        let odometry = Odometry::level(self.pose, self.velocity);
        let base_from_lidar = Pose2::IDENTITY;
        for value in [
            SensorEvent::Odometry(odometry),
            SensorEvent::Scan {
                base_from_lidar,
                scan,
            },
        ] {
            self.agent.observe(&Stamped { stamp, value }).unwrap();
        }
        let command = self.agent.act(stamp).command;
        self.velocity = self
            .settings
            .limits
            .within(command, self.velocity, PERIOD_S);
        self.pose = self.pose * Pose2::exp(self.velocity, PERIOD_S);
        let footprint = self.settings.footprint;
        self.gap_min = self.gap_min.min(gap(&self.walls, &footprint, self.pose));
        self.tick += 1;
        *self.agent.status()
    }

    /// Steps until a status holds; the time that took, s.
    fn until(&mut self, limit_s: f64, holds: impl Fn(&NavigationStatus) -> bool) -> Option<f64> {
        let begun_s = self.now_s();
        while self.now_s() - begun_s < limit_s {
            if holds(&self.step()) {
                return Some(self.now_s() - begun_s);
            }
        }
        None
    }
}

/// A small quick rectangle and a slower disc, with the field of view of their scanners.
fn robots() -> [(ControllerSettings, f64); 2] {
    let disc = ControllerSettings::default();
    let rectangle = ControllerSettings {
        footprint: Footprint::Rectangle {
            length_m: 0.5,
            width_m: 0.42,
        },
        limits: Limits {
            speed_max_mps: 1.5,
            turn_rate_max_radps: 2.0,
            turn_acceleration_max_radps2: 6.0,
            ..Limits::default()
        },
        ..ControllerSettings::default()
    };
    [(disc, 2.0 * PI), (rectangle, 1.5 * PI)]
}

fn hall() -> Vec<Wall> {
    rectangle([-8.0, 10.0], [-8.0, 8.0])
}

#[test]
fn goals_are_reached_with_their_headings_and_held() {
    let wall = vec![[(2.0, -0.45), (6.0, -0.45)]];
    for (settings, field_of_view) in robots() {
        for (x, y, yaw) in [
            (4.0, 0.0, FRAC_PI_2),
            (4.0, 0.0, PI),
            (0.0, 0.4, 0.0),
            (0.3, 0.3, PI),
            (-0.5, 0.0, 0.0),
            (0.0, 0.0, PI),
            (0.0, 0.0, -2.0),
        ] {
            let walls = [hall(), wall.clone()].concat();
            let mut world = World::new(settings.clone(), walls, field_of_view);
            world.goal(x, y, Some(yaw));
            let limits = &settings.limits;
            let ideal_s = f64::hypot(x, y) / limits.speed_max_mps
                + 2.0
                + 2.0 * PI / limits.turn_rate_max_radps;
            let arrived = world.until(ideal_s + 8.0, |s| *s == NavigationStatus::Arrived);
            let case = format!("{:?} to ({x}, {y}, {yaw})", settings.footprint);
            assert!(arrived.is_some(), "{case}: at {:?}", world.pose);
            let held = world.pose;
            for _ in 0..100 {
                world.step();
                let off_m = f64::hypot(world.pose.x - x, world.pose.y - y);
                assert!(off_m <= 0.13, "{case}: {off_m} m off");
                assert!(wrap_angle(world.pose.yaw - yaw).abs() <= 0.12, "{case}");
            }
            assert!(
                (world.pose.position() - held.position()).norm() < 0.05,
                "{case}"
            );
            assert!(world.gap_min > 0.0, "{case}");
        }
    }
}

#[test]
fn paths_that_come_back_are_driven_in_order() {
    let paths: [&[(f64, f64)]; 3] = [
        &[(0.0, 0.0), (5.0, 0.0), (0.0, 0.0)],
        &[(0.0, 0.0), (5.0, 0.0), (2.0, 0.0), (2.0, 3.0)],
        &[
            (0.0, 0.0),
            (5.0, 0.0),
            (5.0, 0.6),
            (0.0, 0.6),
            (0.0, 1.2),
            (5.0, 1.2),
        ],
    ];
    for (settings, field_of_view) in robots() {
        for path in paths {
            let mut world = World::new(settings.clone(), hall(), field_of_view);
            let path: Vec<Point2> = path.iter().map(|&(x, y)| Point2::new(x, y)).collect();
            let end = path[path.len() - 1];
            world.goal(end.x, end.y, None);
            // visits every corner in turn, and drives every long leg along its middle
            let mut next = 0;
            let mut driven = vec![[false; 30]; path.len()];
            for _ in 0..1800 {
                world.agent.set_path(&path);
                let status = world.step();
                while next < path.len() && (world.pose.position() - path[next]).norm() < 0.3 {
                    next += 1;
                }
                if (1..path.len()).contains(&next) {
                    let leg = path[next] - path[next - 1];
                    let off = world.pose.position() - path[next - 1];
                    let along_m = off.dot(&leg) / leg.norm();
                    let aside_m = (off - leg * (along_m / leg.norm())).norm();
                    if aside_m < 0.15 && (1.0..4.0).contains(&along_m) {
                        driven[next][(10.0 * (along_m - 1.0)) as usize] = true;
                    }
                }
                if status == NavigationStatus::Arrived {
                    break;
                }
            }
            assert_eq!(*world.agent.status(), NavigationStatus::Arrived, "{path:?}");
            assert_eq!(next, path.len(), "{path:?}");
            for (leg, driven) in driven.iter().enumerate().skip(1) {
                let tenths = driven.iter().filter(|driven| **driven).count();
                let is_long = (path[leg] - path[leg - 1]).norm() >= 5.0;
                assert!(!is_long || tenths >= 24, "{path:?}: {tenths} of leg {leg}");
            }
        }
    }
}

#[test]
fn a_closed_room_ends_in_no_route_and_an_opening_in_arrival() {
    for (settings, field_of_view) in robots() {
        let room = rectangle([-2.0, 4.0], [-2.0, 2.0]);
        let outside = rectangle([-6.0, 10.0], [-6.0, 6.0]);
        let mut world = World::new(settings, [room.clone(), outside].concat(), field_of_view);
        world.goal(7.0, 0.0, None);
        let no_route =
            |status: &NavigationStatus| matches!(status, NavigationStatus::NoRoute { .. });
        let took = world.until(30.0, no_route);
        assert!(took.is_some(), "{}", world.agent.status());
        let rests = world.pose;
        for _ in 0..200 {
            assert!(no_route(&world.step()), "{}", world.agent.status());
        }
        assert!((world.pose.position() - rests.position()).norm() < 0.05);
        // the wall in front goes
        world.walls.retain(|wall| *wall != room[1]);
        let arrived = world.until(40.0, |status| *status == NavigationStatus::Arrived);
        assert!(arrived.is_some(), "{}", world.agent.status());
        assert!(world.gap_min > 0.0);
    }
}

#[test]
fn a_box_on_the_given_path_is_driven_round() {
    for (settings, field_of_view) in robots() {
        let walls = [
            rectangle([-2.0, 11.0], [-2.0, 2.0]),
            rectangle([4.0, 4.6], [-0.3, 0.3]),
        ];
        let mut world = World::new(settings, walls.concat(), field_of_view);
        world.goal(9.0, 0.0, None);
        let path: Vec<Point2> = (0..=90)
            .map(|i| Point2::new(0.1 * f64::from(i), 0.0))
            .collect();
        world.agent.set_path(&path);
        let arrived = world.until(40.0, |status| *status == NavigationStatus::Arrived);
        assert!(arrived.is_some(), "{}", world.agent.status());
        assert!(world.gap_min > 0.1, "{}", world.gap_min);
    }
}

#[test]
fn an_occupied_goal_is_waited_for_at_a_distance() {
    for (settings, field_of_view) in robots() {
        let walls = [
            rectangle([-3.0, 9.0], [-3.0, 3.0]),
            rectangle([5.8, 6.2], [-0.2, 0.2]),
        ];
        let mut world = World::new(settings, walls.concat(), field_of_view);
        world.goal(6.0, 0.0, None);
        let took = world.until(30.0, NavigationStatus::is_given_up);
        assert!(took.is_some(), "{}", world.agent.status());
        let rest_m = gap(&world.walls, &world.settings.footprint, world.pose);
        assert!(rest_m > 0.2, "{rest_m}");
        // on the way to rest it comes 2 cm nearer
        assert!(world.gap_min > 0.15, "{}", world.gap_min);
        assert!(world.velocity.linear.abs() < 0.1);
    }
}

#[test]
fn a_rectangle_leaves_a_corner_that_is_too_narrow_to_turn_in() {
    let [_, (settings, _)] = robots();
    let (mut left, mut starts) = (0, 0);
    for nose_m in [0.02, 0.1, 0.2] {
        for side_m in [0.02, 0.05, 0.1, 0.15] {
            for mirrored in [1.0, -1.0] {
                let (front, beside) = (0.25 + nose_m, mirrored * (0.21 + side_m));
                let (back, far) = (front - 8.0, beside - mirrored * 4.0);
                let walls = rectangle([back, front], [beside, far]);
                let mut world = World::new(settings.clone(), walls, 2.0 * PI);
                world.goal(front - 7.0, beside - mirrored * 2.0, None);
                starts += 1;
                for _ in 0..(12.0 / PERIOD_S) as usize {
                    world.step();
                }
                left += usize::from(world.pose.position().coords.norm() > 1.0);
                assert!(world.gap_min > 0.0, "nose {nose_m}, side {side_m}");
            }
        }
    }
    assert!(left * 10 >= starts * 9, "{left} of {starts} left");
}
